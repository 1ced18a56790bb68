//! The crates' arrows, held against the table of the architecture page.
//!
//! Neighbours: `docs/ARCHITECTURE.md`. A crate that is missing in the table, and an arrow that it does not allow, both
//! fail; dev-dependencies may be any.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// What each crate may use. `cli` may use all that ships; `testkit` and `xtask` may use any.
const MAY_USE: &[(&str, &[&str])] = &[
    ("sql", &[]),
    ("model", &["sql"]),
    ("planner", &["sql", "model"]),
    ("postgres", &["sql", "model", "planner"]),
    ("mysql", &["sql", "model", "planner"]),
    ("sqlite", &["sql", "model", "planner"]),
    ("migrations", &["sql", "model", "planner"]),
    ("lint", &["sql", "model", "planner"]),
    (
        "report",
        &[
            "sql",
            "model",
            "planner",
            "postgres",
            "mysql",
            "sqlite",
            "migrations",
            "lint",
        ],
    ),
    (
        "runtime",
        &[
            "sql",
            "model",
            "planner",
            "postgres",
            "mysql",
            "sqlite",
            "migrations",
        ],
    ),
    ("driver-postgres", &["runtime"]),
    ("driver-mysql", &["runtime"]),
    ("driver-sqlite", &["runtime"]),
];

const DEVELOPMENT: &[&str] = &["testkit", "xtask"];

#[test]
fn dependencies_point_upward_only() {
    let allowed: BTreeMap<&str, &[&str]> = MAY_USE.iter().copied().collect();
    let mut wrong = Vec::new();
    for (name, uses) in graph() {
        for used in &uses {
            let fine = match name.as_str() {
                "testkit" | "xtask" => true,
                "cli" => !DEVELOPMENT.contains(&used.as_str()),
                other => allowed
                    .get(other)
                    .is_some_and(|may| may.contains(&used.as_str())),
            };
            if !fine {
                wrong.push(format!("{name} → {used}"));
            }
        }
        if name != "cli"
            && !DEVELOPMENT.contains(&name.as_str())
            && !allowed.contains_key(name.as_str())
        {
            wrong.push(format!("{name} is not in the table"));
        }
    }
    assert!(
        wrong.is_empty(),
        "not allowed by the architecture: {}",
        wrong.join(", ")
    );
}

/// A rule of the page that the table cannot hold: what runs plans names no engine.
#[test]
fn the_runtime_and_the_reports_name_no_engine() {
    let engines = [
        "postgres",
        "mysql",
        "sqlite",
        "driver-postgres",
        "driver-mysql",
        "driver-sqlite",
    ];
    for (name, uses) in graph() {
        if name == "runtime" || name == "report" {
            let named: Vec<_> = uses
                .iter()
                .filter(|used| engines.contains(&used.as_str()))
                .collect();
            assert!(named.is_empty(), "{name} uses {named:?}");
        }
    }
}

/// Every crate of the workspace with the workspace crates that it needs to be built, without their prefix.
fn graph() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .current_dir(driftless_testkit::workspace::root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let data: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let short = |value: &serde_json::Value| {
        value
            .as_str()
            .unwrap()
            .strip_prefix("driftless-")
            .map(str::to_owned)
    };
    let mut graph = BTreeMap::new();
    for package in data["packages"].as_array().unwrap() {
        let name = short(&package["name"])
            .unwrap_or_else(|| panic!("{} lacks the prefix", package["name"]));
        let uses = package["dependencies"].as_array().unwrap().iter();
        let uses = uses
            .filter(|used| used["kind"] != "dev")
            .filter_map(|used| short(&used["name"]));
        graph.insert(name, uses.collect());
    }
    assert!(graph.len() > 5, "{graph:?}");
    graph
}
