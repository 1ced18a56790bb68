//! `cargo xtask test`: one command from a fresh Debian machine with a Rust toolchain to a verdict.
//!
//! Neighbours: `machine` gets what is missing, `testkit::engine` skips or fails by `DRIFTLESS_TEST_ENGINES` and records
//! what it did. Invariant: every step runs even if one before failed, and the summary tells all of them.

use crate::machine;
use anyhow::{Context, Result};
use driftless_testkit::{engine, workspace};
use std::process::{Command, Stdio};
use std::time::Instant;

#[derive(clap::Args)]
pub struct Options {
    /// Install nothing, only say what is missing
    #[arg(long)]
    no_install: bool,
    /// Arguments for `cargo test --workspace`
    #[arg(last = true)]
    arguments: Vec<String>,
}

/// What the linter must not find in code that ships; tests may.
const NO_PANICS: &[&str] = &[
    "clippy::unwrap_used",
    "clippy::expect_used",
    "clippy::panic",
    "clippy::unreachable",
    "clippy::todo",
    "clippy::unimplemented",
    "clippy::dbg_macro",
];

struct Step {
    name: &'static str,
    outcome: Outcome,
    seconds: f64,
}

enum Outcome {
    Passed,
    Failed,
    Skipped(&'static str),
}

pub fn run(options: &Options) -> Result<bool> {
    let missing = machine::provide(!options.no_install);
    for need in &missing {
        eprintln!(
            "missing: {}; install it with `apt-get install {}`",
            need.what, need.package
        );
    }
    let record = tempfile::NamedTempFile::new().context("cannot create a temporary file")?;
    let mut steps = vec![format()?];
    steps.extend(lints()?);
    let mut tests = vec!["test", "--workspace", "--no-fail-fast"];
    tests.extend(options.arguments.iter().map(String::as_str));
    steps.push(step(
        "tests",
        cargo(&tests).env(engine::RECORD, record.path()),
    )?);
    let record = std::fs::read_to_string(record.path()).unwrap_or_default();
    Ok(summary(&steps, &record))
}

fn format() -> Result<Step> {
    if !component("fmt") {
        return Ok(skipped(
            "format",
            "there is no rustfmt; `rustup component add rustfmt`",
        ));
    }
    step("format", &mut cargo(&["fmt", "--all", "--check"]))
}

fn lints() -> Result<Vec<Step>> {
    if !component("clippy") {
        return Ok(vec![skipped(
            "lints",
            "there is no clippy; `rustup component add clippy`",
        )]);
    }
    let all = step(
        "lints",
        &mut cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "-q",
            "--",
            "-D",
            "warnings",
        ]),
    )?;
    let mut strict = cargo(&["clippy", "--workspace", "--lib", "--bins", "-q"]);
    for development in ["driftless-testkit", "driftless-xtask"] {
        strict.args(["--exclude", development]);
    }
    strict.arg("--");
    for lint in NO_PANICS {
        strict.args(["-D", lint]);
    }
    Ok(vec![all, step("no panics", &mut strict)?])
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(workspace::root());
    // This process was itself started by cargo, whose variables describe xtask and not what is run now.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

fn component(subcommand: &str) -> bool {
    let mut command = cargo(&[subcommand, "--version"]);
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn step(name: &'static str, command: &mut Command) -> Result<Step> {
    let arguments: Vec<_> = command
        .get_args()
        .map(|argument| argument.to_string_lossy())
        .collect();
    eprintln!("== {name}: cargo {}", arguments.join(" "));
    let start = Instant::now();
    let status = command
        .status()
        .with_context(|| format!("cannot run cargo for {name}"))?;
    let outcome = if status.success() {
        Outcome::Passed
    } else {
        Outcome::Failed
    };
    Ok(Step {
        name,
        outcome,
        seconds: start.elapsed().as_secs_f64(),
    })
}

fn skipped(name: &'static str, why: &'static str) -> Step {
    Step {
        name,
        outcome: Outcome::Skipped(why),
        seconds: 0.0,
    }
}

/// Prints it; whether all went well.
fn summary(steps: &[Step], record: &str) -> bool {
    println!("\nsummary");
    let mut good = true;
    for step in steps {
        let outcome = match step.outcome {
            Outcome::Passed => format!("passed in {:.0} s", step.seconds),
            Outcome::Failed => "FAILED".to_owned(),
            Outcome::Skipped(why) => format!("skipped: {why}"),
        };
        good &= !matches!(step.outcome, Outcome::Failed);
        println!("  {:10} {outcome}", step.name);
    }
    let lines = |word: &str| {
        record
            .lines()
            .filter(move |line| line.split('\t').next() == Some(word))
            .collect::<Vec<_>>()
    };
    println!("  {:10} {} cases", "live", lines("live").len());
    let required = std::env::var(engine::REQUIRED).unwrap_or_default();
    println!(
        "  {:10} {}",
        "required",
        if required.is_empty() {
            "no engine"
        } else {
            &required
        }
    );
    for line in lines("skipped") {
        let mut fields = line.split('\t').skip(1);
        let (test, why) = (
            fields.next().unwrap_or_default(),
            fields.next().unwrap_or_default(),
        );
        println!("  skipped: {test}: {why}");
    }
    good
}
