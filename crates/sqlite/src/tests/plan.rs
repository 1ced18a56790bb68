//! Plans between two texts.

use super::{SERVER, catalog, desired};
use crate::SQLITE;
use driftless_model::{Scope, Server, Version};
use driftless_planner::{Consent, Plan, Request, plan};

fn planned_at(before: &str, after: &str, server: Server) -> Plan {
    let after = desired(after).unwrap_or_else(|p| panic!("{after}\n{p}"));
    let request = Request {
        dialect: &SQLITE,
        before: driftless_model::Catalog {
            server,
            ..catalog(before)
        },
        after: after.catalog,
        hints: after.hints,
        scope: &Scope::default(),
        consent: &Consent {
            all: true,
            ..Consent::default()
        },
    };
    plan(request).unwrap_or_else(|p| panic!("{before}\n{p:?}"))
}

fn planned(before: &str, after: &str) -> Plan {
    planned_at(before, after, SERVER)
}

fn texts(plan: &Plan) -> Vec<String> {
    plan.steps().map(|s| s.text.clone()).collect()
}

fn losses(plan: &Plan) -> Vec<String> {
    plan.steps()
        .flat_map(|s| &s.facts.losses)
        .map(|l| format!("{} {}", l.code, l.object))
        .collect()
}

#[test]
fn native_where_it_can_be() {
    let cases = [
        (
            "CREATE TABLE t (a)",
            "CREATE TABLE t (a, b TEXT NOT NULL DEFAULT '')",
            "ALTER TABLE t ADD COLUMN b TEXT NOT NULL DEFAULT ''",
        ),
        (
            "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t (a)",
            "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t (a, b REFERENCES p CHECK (b > 0))",
            "ALTER TABLE t ADD COLUMN b CHECK (b > 0) REFERENCES p",
        ),
        (
            "CREATE TABLE t (a, b)",
            "CREATE TABLE t (a)",
            "ALTER TABLE t DROP COLUMN b",
        ),
        (
            "CREATE TABLE t (a, b)",
            "CREATE TABLE t (a, c -- driftless:renamed-from b\n)",
            "ALTER TABLE t RENAME COLUMN b TO c",
        ),
        (
            "CREATE TABLE t (a, b, UNIQUE (a, b), CHECK (b > 0))",
            "CREATE TABLE t (a, c, -- driftless:renamed-from b\n UNIQUE (a, c), CHECK (c > 0))",
            "ALTER TABLE t RENAME COLUMN b TO c",
        ),
        (
            "CREATE TABLE t (a)",
            "-- driftless:renamed-from t\nCREATE TABLE u (a)",
            "ALTER TABLE t RENAME TO u",
        ),
        ("CREATE TABLE t (a)", "", "DROP TABLE t"),
        ("CREATE VIRTUAL TABLE f USING fts5(x)", "", "DROP TABLE f"),
    ];
    for (before, after, sql) in cases {
        assert_eq!(texts(&planned(before, after)), [sql], "{before}\n{after}");
    }
}

#[test]
fn the_target_s_version_decides() {
    let old = Server {
        version: Version::new(3, 34),
        ..SERVER
    };
    let plan = planned_at("CREATE TABLE t (a, b)", "CREATE TABLE t (a)", old);
    assert!(texts(&plan).iter().all(|t| !t.contains("DROP COLUMN")));
    assert_eq!(losses(&plan), ["D0202 t.b"]);
}

#[test]
fn a_rebuild_takes_everything_along() {
    let parts = "CREATE INDEX i ON t (a); CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END; \
        CREATE VIEW v AS SELECT a FROM t; CREATE TABLE o (x); \
        CREATE TRIGGER h AFTER INSERT ON o BEGIN DELETE FROM t; END;";
    let before = format!("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT); {parts}");
    let after = format!(
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT NOT NULL DEFAULT 'x'); {parts}"
    );
    let plan = planned(&before, &after);
    let expected = [
        "CREATE TABLE driftless_new_t (\n    id INTEGER PRIMARY KEY AUTOINCREMENT,\n    a TEXT NOT NULL DEFAULT 'x'\n)",
        "INSERT OR ABORT INTO driftless_new_t (id, a)\nSELECT id, coalesce(a, 'x')\nFROM t",
        "DELETE FROM sqlite_sequence WHERE name = 'driftless_new_t'",
        "INSERT INTO sqlite_sequence (name, seq)\nSELECT 'driftless_new_t', seq FROM sqlite_sequence WHERE name = 't' COLLATE NOCASE",
        "DROP TABLE t",
        "PRAGMA legacy_alter_table = ON",
        "ALTER TABLE driftless_new_t RENAME TO t",
        "PRAGMA legacy_alter_table = OFF",
        "CREATE INDEX i ON t (a)",
        "CREATE TRIGGER g AFTER INSERT ON t\nBEGIN\n    SELECT 1;\nEND",
    ];
    assert_eq!(texts(&plan), expected);
    assert_eq!(losses(&plan), Vec::<String>::new());
    assert_eq!(plan.frame.head, ["PRAGMA foreign_keys = OFF"]);
}

#[test]
fn what_a_plan_loses() {
    let cases: [(&str, &str, &[&str]); 6] = [
        ("CREATE TABLE t (a)", "", &["D0201 t"]),
        (
            "CREATE TABLE t (a, b)",
            "CREATE TABLE t (a)",
            &["D0202 t.b"],
        ),
        (
            "CREATE TABLE t (a, b UNIQUE)",
            "CREATE TABLE t (a)",
            &["D0202 t.b"],
        ),
        (
            "CREATE TABLE t (a TEXT)",
            "CREATE TABLE t (a INT)",
            &["D0203 t.a"],
        ),
        (
            "CREATE TABLE t (a VARCHAR(9))",
            "CREATE TABLE t (a TEXT)",
            &[],
        ),
        (
            "CREATE TABLE t (a TEXT)",
            "CREATE TABLE t (a INT -- driftless:using CAST(a AS INT)\n)",
            &[],
        ),
    ];
    for (before, after, lost) in cases {
        assert_eq!(losses(&planned(before, after)), lost, "{before}\n{after}");
    }
}

#[test]
fn hints_fill_and_convert() {
    let plan = planned(
        "CREATE TABLE t (a TEXT)",
        "CREATE TABLE t (a INT, -- driftless:using CAST(a AS INT)\n b TEXT NOT NULL -- driftless:backfill upper(a)\n)",
    );
    assert_eq!(
        texts(&plan)[1],
        "INSERT OR ABORT INTO driftless_new_t (a, b, rowid)\nSELECT (CAST(a AS INT)), (upper(a)), rowid\nFROM t"
    );
}

#[test]
fn rings_of_foreign_keys() {
    let plan = planned(
        "",
        "CREATE TABLE a (id INTEGER PRIMARY KEY, b REFERENCES b); CREATE TABLE b (id INTEGER PRIMARY KEY, a REFERENCES a)",
    );
    assert_eq!(texts(&plan).len(), 2);
    let plan = planned(
        "CREATE TABLE a (id INTEGER PRIMARY KEY, b); CREATE TABLE b (id INTEGER PRIMARY KEY, a)",
        "CREATE TABLE a (id INTEGER PRIMARY KEY, b REFERENCES b); CREATE TABLE b (id INTEGER PRIMARY KEY, a REFERENCES a)",
    );
    assert_eq!(losses(&plan), Vec::<String>::new());
    let plan = planned(
        "CREATE TABLE a (id INTEGER PRIMARY KEY, b REFERENCES b); CREATE TABLE b (id INTEGER PRIMARY KEY, a REFERENCES a)",
        "",
    );
    assert!(texts(&plan).iter().all(|t| t.starts_with("DROP TABLE")));
}

/// What people read: mark, subject, words.
fn words(plan: &Plan) -> Vec<String> {
    let lines = plan.groups.iter().flat_map(|g| &g.lines);
    lines
        .map(|l| {
            format!("{} {} {}", l.mark.sign(), l.what, l.detail)
                .trim_end()
                .to_owned()
        })
        .collect()
}

#[test]
fn a_plan_tells_what_changes_in_a_column_and_in_a_constraint() {
    let cases: [(&str, &str, &[&str]); 8] = [
        (
            "CREATE TABLE t (a DEFAULT 'x')",
            "CREATE TABLE t (a)",
            &["~ column a no default, was 'x'"],
        ),
        (
            "CREATE TABLE t (a TEXT COLLATE NOCASE NOT NULL)",
            "CREATE TABLE t (a INT NOT NULL ON CONFLICT IGNORE DEFAULT 3)",
            &["~ column a TEXT → INT, not null on conflict ignore, default 3"],
        ),
        (
            "CREATE TABLE t (a TEXT COLLATE NOCASE, b)",
            "CREATE TABLE t (a TEXT, b INT)",
            &["~ column a no collate NOCASE", "~ column b no type → INT"],
        ),
        (
            "CREATE TABLE t (a, b AS (a + 1))",
            "CREATE TABLE t (a, b AS (a + 1) STORED)",
            &["~ column b generated as a + 1 stored"],
        ),
        (
            "CREATE TABLE t (a, CHECK (a > 0), UNIQUE (a))",
            "CREATE TABLE t (a, CHECK (a > 1))",
            &["- check a > 0", "+ check a > 1", "- unique (a)"],
        ),
        (
            "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT)",
            "CREATE TABLE t (id INTEGER PRIMARY KEY)",
            &["= primary key (id), was (id) autoincrement"],
        ),
        (
            "CREATE TABLE t (a PRIMARY KEY, b REFERENCES t (a))",
            "CREATE TABLE t (a PRIMARY KEY, b REFERENCES t (a) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED)",
            &["= foreign key (b) → t (a) on delete cascade initially deferred, was (b) → t (a)"],
        ),
        (
            "CREATE TABLE t (a TEXT)",
            "CREATE TABLE t (a TEXT) STRICT",
            &["~  strict"],
        ),
    ];
    for (before, after, expected) in cases {
        assert_eq!(words(&planned(before, after)), expected, "{after}");
    }
}
