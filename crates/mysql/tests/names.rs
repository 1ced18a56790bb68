//! Names whose case the server keeps, or does not (manual, Identifier Case Sensitivity); what a session says is quoted.

use driftless_model::{Catalog, Dialect, Hints, Scope, Server, Version};
use driftless_mysql::MARIADB;
use driftless_planner::{Consent, Request, plan, read_desired};
use driftless_sql::Sources;

fn catalog(text: &str) -> Catalog {
    let server = Server {
        dialect: Dialect::Mariadb,
        version: Version::new(10, 11),
    };
    let mut sources = Sources::default();
    let id = sources.add("schema.sql", text);
    let read = read_desired(&MARIADB, &sources, &[id], server);
    read.unwrap_or_else(|p| panic!("{text}\n{p}")).catalog
}

/// What leads from a server with this setting to the text.
fn planned(names: &str, live: &str, text: &str) -> Vec<String> {
    let mut before = catalog(live);
    let setting = ("lower_case_table_names".to_owned(), names.to_owned());
    before.settings.extend([setting]);
    let request = Request {
        dialect: &MARIADB,
        before,
        after: catalog(text),
        hints: Hints::default(),
        scope: &Scope::default(),
        consent: &Consent::default(),
    };
    let plan = plan(request).unwrap_or_else(|p| panic!("{text}\n{p}"));
    plan.steps().map(|s| s.text.clone()).collect()
}

#[test]
fn a_table_is_spelled_anew_only_where_the_server_keeps_the_spelling() {
    let (live, text) = (
        "CREATE TABLE orders (id int PRIMARY KEY)",
        "CREATE TABLE Orders (id int PRIMARY KEY)",
    );
    assert_eq!(
        planned("0", live, text),
        ["RENAME TABLE `orders` TO `Orders`"]
    );
    assert!(planned("1", live, text).is_empty());
    assert!(planned("2", live, text).is_empty());
}

#[test]
fn what_a_session_says_is_never_spliced() {
    let made = |set: &str| {
        let text = format!(
            "CREATE TABLE t (id int PRIMARY KEY);\n{set};\nCREATE VIEW v AS SELECT id FROM t"
        );
        let plan = planned("0", "CREATE TABLE t (id int PRIMARY KEY)", &text);
        plan.join("; ")
    };
    assert_eq!(
        made("SET NAMES DEFAULT"),
        "CREATE VIEW `v` AS SELECT id FROM t"
    );
    assert_eq!(
        made("SET NAMES utf8mb4"),
        "CREATE VIEW `v` AS SELECT id FROM t"
    );
    let odd = made("SET character_set_client = 'utf8; DROP TABLE t'");
    assert!(
        odd.contains("character_set_client = 'utf8; drop table t'"),
        "{odd}"
    );
}
