//! Bad input: each kind ends with its code, its place and the next command, and changes nothing.
//!
//! Neighbours: `call` has mistakes in arguments and in the configuration; `postgres` those that need a server.

use crate::project::{Project, Ran};

/// Exit 1, nothing on standard output, a code, a place and a help.
#[track_caller]
pub fn complains(ran: Ran, code: &str, place: &str) -> Ran {
    assert_eq!(ran.out, "", "{ran:?}");
    let ran = ran.ends(1).warns(&format!("error[{code}]"));
    let ran = if place.is_empty() {
        ran
    } else {
        ran.warns(&format!("--> {place}"))
    };
    ran.warns("help: ")
}

fn inspected(dialect: &str, sql: &str) -> Ran {
    Project::of(&[("schema.sql", sql)]).run(&["inspect", "--dialect", dialect, "schema.sql"])
}

#[test]
fn schemas_that_make_no_sense() {
    complains(
        inspected("postgres", "CREATE TABLE t (a intt);"),
        "D0301",
        "schema.sql:1:",
    )
    .warns("intt");
    for dialect in ["postgres", "sqlite"] {
        complains(
            inspected(dialect, "CREATE INDEX i ON missing (a);"),
            "D0302",
            "schema.sql:1:",
        )
        .warns("missing");
        let table = "CREATE TABLE t (a int);\n";
        let sql = format!("{table}CREATE INDEX i ON t (b);");
        complains(inspected(dialect, &sql), "D0303", "schema.sql:2:").warns("`t.b`");
        let sql = format!("{table}CREATE TABLE t (b int);");
        complains(inspected(dialect, &sql), "D0304", "schema.sql:2:");
        complains(
            inspected(dialect, "CREATE TABLE t (a int, a int);"),
            "D0304",
            "schema.sql:1:",
        );
        let sql = format!("{table}CREATE INDEX i ON t (a);\nCREATE INDEX i ON t (a);");
        complains(inspected(dialect, &sql), "D0304", "schema.sql:3:");
        complains(
            inspected(dialect, "CREATE TABLE t (a int"),
            "D0101",
            "schema.sql:1:",
        );
        complains(
            inspected(dialect, "CREATE TABLE t (a int) PLEASE;"),
            "D0101",
            "schema.sql:1:",
        );
        complains(inspected(dialect, "SELEC 1;"), "D0102", "schema.sql:1:1");
        complains(
            inspected(dialect, "CREATE TABLE t (a text DEFAULT 'x);"),
            "D0101",
            "schema.sql:1:",
        );
    }
}

#[test]
fn a_caret_points_at_the_word() {
    let ran = inspected("postgres", "CREATE TABLE t (\n  a intt\n);\n");
    complains(ran, "D0301", "schema.sql:2:5");
    let view = "CREATE TABLE t (a int);\nCREATE VIEW v AS\n  SELECT a\n  FROM missing;";
    complains(inspected("postgres", view), "D0302", "schema.sql:4:8");
    for dialect in ["postgres", "sqlite"] {
        complains(
            inspected(dialect, "CREATE INDEX i ON missing (a);"),
            "D0302",
            "schema.sql:1:19",
        );
        let index = "CREATE TABLE t (a int);\nCREATE INDEX i ON t (b);";
        complains(inspected(dialect, index), "D0303", "schema.sql:2:22");
        let junk = "CREATE TABLE t (a int) PLEASE;";
        complains(inspected(dialect, junk), "D0101", "schema.sql:1:24");
    }
}

#[test]
fn several_mistakes_are_told_in_one_run() {
    let sql = "CREATE TABLE a (x intt);\nCREATE TABLE b (y textt);\nCREATE INDEX i ON c (z);\n";
    complains(inspected("postgres", sql), "D0301", "schema.sql:1:")
        .warns("schema.sql:2:")
        .warns("error[D0302]")
        .warns("schema.sql:3:");
}

#[test]
fn a_cycle_that_cannot_be_split() {
    let sql = "CREATE VIEW a AS SELECT x FROM b;\nCREATE VIEW b AS SELECT x FROM a;\n";
    complains(inspected("postgres", sql), "D0401", "schema.sql:1:");
}

#[test]
fn ten_thousand_brackets() {
    let (open, close) = ("(".repeat(10_000), ")".repeat(10_000));
    for dialect in ["postgres", "sqlite"] {
        for sql in [
            format!("CREATE VIEW v AS SELECT {open}1{close} AS x;"),
            format!("CREATE TABLE t (a int CHECK ({open}a > 1{close}));"),
            format!("CREATE TABLE t (a int DEFAULT {open}1{close});"),
            format!("CREATE TABLE t {open}a int{close};"),
            format!("CREATE VIEW v AS SELECT {open}1 AS x;"),
        ] {
            let ran = inspected(dialect, &sql);
            assert!(ran.err.len() < 20_000, "{} bytes of errors", ran.err.len());
            let ran = ran.ends(1).warns("error[D0").warns("schema.sql:1:");
            ran.warns("help: ");
        }
    }
}

#[test]
fn an_empty_file_is_the_state_empty() {
    for text in ["", "\n\n", "-- nothing yet\n", "\u{feff}"] {
        for dialect in ["postgres", "sqlite"] {
            let project = Project::of(&[("schema.sql", text)]);
            let args = [
                "diff",
                "--dialect",
                dialect,
                "--from",
                "empty",
                "--to",
                "schema.sql",
                "--exit-code",
            ];
            project.run(&args).ends(0);
        }
    }
}

#[test]
fn urls_that_lead_nowhere() {
    let project = Project::of(&[]);
    let inspect = |url: &str| project.run(&["inspect", url]).hides("s3cr3t");
    complains(inspect("postgres://app:s3cr3t@h:port/d"), "D0501", "");
    complains(inspect("postgres://app:s3cr3t@[::1/d"), "D0501", "");
    complains(inspect("postgres://app:s3cr3t@127.0.0.1:1/d"), "D0502", "");
    complains(
        inspect("postgres://app@127.0.0.1:1/d?password=s3cr3t"),
        "D0502",
        "",
    );
    complains(
        inspect("postgres://app:s3cr3t@127.0.0.1:1/d?sslmod=require"),
        "D0501",
        "",
    );
}

#[test]
fn sqlite_files_that_are_none() {
    let project = Project::of(&[("s.sql", "CREATE TABLE t (a INT);")]);
    project.write("garbage.db", &[b'x'; 8192]);
    complains(project.run(&["inspect", "sqlite:garbage.db"]), "D0508", "");

    let base = project.base("torn.db");
    base.execute_batch("CREATE TABLE t (a); CREATE INDEX i ON t (a); PRAGMA wal_checkpoint;")
        .expect("a table");
    drop(base);
    let mut bytes = std::fs::read(project.path().join("torn.db")).expect("a file");
    bytes[100..160].fill(0xff);
    project.write("torn.db", &bytes);
    complains(project.run(&["inspect", "sqlite:torn.db"]), "D0508", "");
    assert!(std::fs::read(project.path().join("torn.db")).expect("a file") == bytes);
}

#[test]
fn a_locked_sqlite_file() {
    let project = Project::of(&[
        (
            "driftless.yaml",
            "dialect: sqlite\nschema: s.sql\nenvironments: { dev: { url: 'sqlite:dev.db', lock_timeout: 50ms } }\n",
        ),
        ("s.sql", "CREATE TABLE t (a INT, b INT);"),
    ]);
    let base = project.base("dev.db");
    base.execute_batch("CREATE TABLE t (a INT); BEGIN EXCLUSIVE")
        .expect("a lock");
    complains(project.run(&["plan"]), "D0507", "");
    base.execute_batch("COMMIT; BEGIN IMMEDIATE")
        .expect("a lock");
    let ran = project.run(&["apply", "--declarative", "--yes"]).ends(1);
    ran.warns("error[D0507]").warns("nothing was changed");
    base.execute_batch("COMMIT").expect("an end");
    project.run(&["apply", "--declarative", "--yes"]).ends(0);
}

#[test]
fn hostile_names_do_no_harm() {
    let project = Project::of(&[]);
    project
        .base("a.db")
        .execute_batch(
            "CREATE TABLE \"../../up\" (\"a\u{1b}[31m\" INT); CREATE TABLE \"x'; DROP TABLE t; --\" (a INT); \
             CREATE TABLE \"line\nbreak\" (a INT);",
        )
        .expect("tables");
    project.run(&["inspect", "sqlite:a.db"]).ends(0);
    for format in ["text", "json", "markdown"] {
        let args = [
            "diff",
            "--from",
            "sqlite:a.db",
            "--to",
            "empty",
            "--format",
            format,
        ];
        project.run(&args).ends(0).hides("\u{1b}");
    }
    let args = ["inspect", "sqlite:a.db", "--split", "deep/parts"];
    project.run(&args);
    assert!(!project.has("up.sql") && !project.has("deep/up.sql"));
}
