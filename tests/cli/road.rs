//! The road on SQLite: diff, plan, apply, inspect; formats, consent, states.
//!
//! Neighbours: `postgres` goes the same road with a server. Invariant: a command that only looks changes no file.

use crate::project::{Project, git, without_client_lines};

const CONFIG: &str =
    "dialect: sqlite\nschema: schema/\nenvironments: { dev: { url: 'sqlite:dev.db' } }\n";
const SCHEMA: &str = "\
CREATE TABLE orders (
  id INTEGER PRIMARY KEY,
  customer INTEGER NOT NULL REFERENCES customers (id),
  total REAL NOT NULL DEFAULT 0 CHECK (total >= 0)
);
CREATE INDEX orders_customer ON orders (customer);
CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE);
CREATE VIEW totals AS SELECT customer, sum(total) AS total FROM orders GROUP BY customer;
";

fn project() -> Project {
    Project::of(&[("driftless.yaml", CONFIG), ("schema/all.sql", SCHEMA)])
}

#[test]
fn from_nothing_to_the_declared_schema() {
    let project = project();
    project
        .run(&["plan"])
        .ends(0)
        .says("table orders")
        .says("next: ");
    project.run(&["plan", "--exit-code"]).ends(2);
    project
        .run(&["apply", "--declarative", "--dry-run"])
        .ends(0)
        .says("table orders");
    project
        .run(&["apply", "--declarative"])
        .ends(3)
        .warns("D0005")
        .warns("--yes");
    assert!(!project.has("dev.db"), "looking made a file");

    project.run(&["apply", "--declarative", "--yes"]).ends(0);
    let tables: i64 = project
        .base("dev.db")
        .query_row(
            "SELECT count(*) FROM sqlite_schema WHERE sql IS NOT NULL",
            [],
            |row| row.get(0),
        )
        .expect("a count");
    assert_eq!(tables, 4);
    project.run(&["plan", "--exit-code"]).ends(0);
    project.run(&["apply", "--declarative"]).ends(0);
}

#[test]
fn every_format_of_a_plan() {
    let project = project();
    let diff = |format: &str| {
        project.run(&[
            "diff",
            "--from",
            "sqlite:dev.db",
            "--to",
            "schema/",
            "--format",
            format,
        ])
    };
    let sql = diff("sql").ends(0);
    assert_eq!(sql.err, "", "{sql:?}");
    project
        .base("made.db")
        .execute_batch(&without_client_lines(&sql.out))
        .expect("the script runs without the client's own line");
    let made = [
        "diff",
        "--from",
        "sqlite:made.db",
        "--to",
        "schema/",
        "--exit-code",
    ];
    project.run(&made).ends(0);

    let json: serde_json::Value =
        serde_json::from_str(&diff("json").ends(0).out).expect("it is JSON");
    assert!(json.is_object(), "{json}");
    diff("text").ends(0).says("table customers");
    diff("markdown").ends(0).says("customers");
    diff("text").ends(0).says("4 changes").hides("\u{1b}[");
}

#[test]
fn every_format_of_a_schema() {
    let project = project();
    project.run(&["apply", "--declarative", "--yes"]).ends(0);
    let before = std::fs::read(project.path().join("dev.db")).expect("a file");
    let sql = project.run(&["inspect", "env:dev"]).ends(0);
    project.write("printed.sql", sql.out.as_bytes());
    let same = [
        "diff",
        "--from",
        "env:dev",
        "--to",
        "printed.sql",
        "--exit-code",
    ];
    project.run(&same).ends(0);
    let json = project
        .run(&["inspect", "sqlite:dev.db", "--format", "json"])
        .ends(0);
    let json: serde_json::Value = serde_json::from_str(&json.out).expect("it is JSON");
    assert!(json.to_string().contains("orders_customer"), "{json}");
    project
        .run(&["inspect", "sqlite:dev.db", "--format", "mermaid"])
        .ends(0)
        .says("erDiagram")
        .says("orders");
    project
        .run(&["inspect", "sqlite:dev.db", "--split", "parts"])
        .ends(0);
    let same = ["diff", "--from", "env:dev", "--to", "parts/", "--exit-code"];
    project.run(&same).ends(0);
    let after = std::fs::read(project.path().join("dev.db")).expect("a file");
    assert!(before == after, "inspecting changed the file");
}

#[test]
fn what_is_lost_needs_consent() {
    let project = project();
    project.run(&["apply", "--declarative", "--yes"]).ends(0);
    let state = project.state("dev.db");
    project.write(
        "schema/all.sql",
        SCHEMA
            .replace(", email TEXT NOT NULL UNIQUE", "")
            .as_bytes(),
    );

    project
        .run(&["plan"])
        .ends(0)
        .says("--allow D0202:customers.email");
    let bare = project.run(&["plan", "--format", "sql"]).ends(3);
    assert_eq!(bare.out, "", "{bare:?}");
    bare.warns("error[D0202]")
        .warns("--allow D0202:customers.email");
    project
        .run(&["apply", "--declarative", "--yes"])
        .ends(3)
        .warns("error[D0202]");
    project
        .run(&["apply", "--declarative", "--yes", "--allow", "D0202:other"])
        .ends(3);
    assert_eq!(project.state("dev.db"), state);

    project
        .run(&[
            "plan",
            "--format",
            "sql",
            "--allow",
            "D0202:customers.email",
        ])
        .ends(0)
        .says("customers");
    project
        .run(&["plan", "--format", "sql", "--allow-destructive"])
        .ends(0);
    project
        .run(&[
            "apply",
            "--declarative",
            "--yes",
            "--allow",
            "D0202:customers.email",
        ])
        .ends(0);
    project.run(&["plan", "--exit-code"]).ends(0);
}

#[test]
fn a_run_that_fails_changes_nothing_and_says_so() {
    let project = project();
    project.run(&["apply", "--declarative", "--yes"]).ends(0);
    project
        .base("dev.db")
        .execute_batch(
            "INSERT INTO customers VALUES (1, 'a'); INSERT INTO orders VALUES (1, 1, 5);",
        )
        .expect("rows");
    let state = project.state("dev.db");
    project.write(
        "schema/all.sql",
        SCHEMA.replace("total >= 0", "total > 100").as_bytes(),
    );
    // The rows that do not fit are counted first.
    project
        .run(&["apply", "--declarative", "--yes"])
        .ends(3)
        .warns("error[D0406]: the plan stops at 1 row of orders breaking CHECK (total > 100)")
        .warns("help:");
    project.run(&["plan"]).ends(0).warns("warning[D0406]");
    assert_eq!(project.state("dev.db"), state);
    // Of a value that the plan computes nobody knows before.
    project.write(
        "schema/all.sql",
        SCHEMA
            .replace("total >= 0", "total > 100")
            .replace("total REAL", "-- driftless:using total + 1\n total NUMERIC")
            .as_bytes(),
    );
    project
        .run(&["apply", "--declarative", "--yes"])
        .ends(1)
        .warns("error[D0509]")
        .warns("nothing was changed")
        .warns("help:");
    assert_eq!(project.state("dev.db"), state);
    let rows: i64 = project
        .base("dev.db")
        .query_row("SELECT count(*) FROM orders", [], |row| row.get(0))
        .expect("a count");
    assert_eq!(rows, 1);
}

#[test]
fn a_state_is_whatever_tells_one() {
    let project = project();
    let from_nothing = |to: &str, input: &str| {
        let args = [
            "diff",
            "--dialect",
            "sqlite",
            "--from",
            "empty",
            "--to",
            to,
            "--format",
            "sql",
        ];
        project.run_fed(&args, input).ends(0).out
    };
    let wanted = from_nothing("schema/", "");
    assert!(wanted.contains("CREATE TABLE"), "{wanted}");
    assert_eq!(from_nothing("schema/all.sql", ""), wanted);
    assert_eq!(from_nothing("schema/*.sql", ""), wanted);
    assert_eq!(from_nothing("-", SCHEMA), wanted);
    assert_eq!(from_nothing("cmd:cat schema/all.sql", ""), wanted);
    git(project.path(), &["init", "-q"]);
    git(project.path(), &["add", "."]);
    let name = ["-c", "user.name=t", "-c", "user.email=t@example.org"];
    git(
        project.path(),
        &[&name[..], &["commit", "-q", "-m", "one"]].concat(),
    );
    project.write("schema/all.sql", b"");
    assert_eq!(from_nothing("git:HEAD:schema", ""), wanted);
    assert_eq!(from_nothing("schema/all.sql", ""), "");
    assert_eq!(from_nothing("env:dev", ""), "");
}

#[test]
fn scope_leaves_outsiders_alone() {
    let project = Project::of(&[
        (
            "driftless.yaml",
            "dialect: sqlite\nschema: s.sql\nmanage: { exclude: ['table:cron_*'] }\nenvironments: { dev: { url: 'sqlite:dev.db' } }\n",
        ),
        ("s.sql", "CREATE TABLE t (a INT);"),
    ]);
    project
        .base("dev.db")
        .execute_batch("CREATE TABLE t (a INT); CREATE TABLE cron_jobs (id INTEGER PRIMARY KEY)")
        .expect("tables");
    project.run(&["plan", "--exit-code"]).ends(0);
    project
        .run(&["plan", "--exit-code", "--exclude", "table:x_*"])
        .warns("x_*");
}

/// The client reads on behind an error unless it is told not to, so the script itself has to stop.
#[test]
fn a_script_that_fails_in_the_client_loses_nothing() {
    let Some(client) = driftless_testkit::workspace::program("sqlite3") else {
        return;
    };
    let project = project();
    project.run(&["apply", "--declarative", "--yes"]).ends(0);
    project.write(
        "schema/all.sql",
        SCHEMA.replace("total >= 0", "total > 100").as_bytes(),
    );
    let script = project.run(&["plan", "--format", "sql"]).ends(0).out;
    project
        .base("dev.db")
        .execute_batch(
            "INSERT INTO customers VALUES (1, 'a'); INSERT INTO orders VALUES (1, 1, 5);",
        )
        .expect("rows that came since");
    let state = project.state("dev.db");
    project.write("script.sql", script.as_bytes());
    let input = std::fs::File::open(project.path().join("script.sql")).expect("a script");
    let ran = std::process::Command::new(client)
        .arg(project.path().join("dev.db"))
        .stdin(input)
        .output()
        .expect("it runs");
    assert!(!ran.status.success(), "the client says that all went well");
    assert_eq!(project.state("dev.db"), state);
    let rows: i64 = project
        .base("dev.db")
        .query_row("SELECT count(*) FROM orders", [], |row| row.get(0))
        .expect("a count");
    assert_eq!(rows, 1, "the rows are lost");
}
