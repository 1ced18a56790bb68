//! The road on PostgreSQL, and the mistakes that need a server.
//!
//! Neighbours: `road`. Invariant: without a server each test is reported as skipped, by name.

use crate::hostile::complains;
use crate::project::Project;
use driftless_testkit::{Database, Server, dump, engine};

fn project(database: &Database, schema: &str) -> Project {
    let project = Project::of(&[("schema.sql", schema)]);
    let config = format!(
        "dialect: postgres\nschema: schema.sql\nenvironments: {{ dev: {{ url: '{}' }} }}\n",
        database.url()
    );
    project.write("driftless.yaml", config.as_bytes());
    project
}

fn server() -> Option<&'static Server> {
    let server = engine::postgres().ok()?;
    engine::ran_live("the road");
    Some(server)
}

const SCHEMA: &str = "\
CREATE VIEW open_orders AS SELECT id, total FROM orders WHERE state = 'new';
CREATE TABLE orders (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer bigint NOT NULL REFERENCES customers,
  total numeric(12,2) NOT NULL DEFAULT 0 CHECK (total >= 0),
  state order_state NOT NULL DEFAULT 'new'
);
CREATE TABLE customers (id bigserial PRIMARY KEY, email text UNIQUE);
CREATE TYPE order_state AS ENUM ('new', 'done');
";

#[test]
fn from_nothing_to_the_declared_schema_and_on() {
    let Some(server) = server() else { return };
    let database = server.fresh_database("road").expect("a database");
    let project = project(&database, SCHEMA);
    project
        .run(&["plan", "--exit-code"])
        .ends(2)
        .says("table orders");
    project.run(&["apply", "--declarative", "--yes"]).ends(0);
    project.run(&["plan", "--exit-code"]).ends(0);
    for format in ["sql", "json", "mermaid"] {
        project
            .run(&["inspect", "env:dev", "--format", format])
            .ends(0)
            .says("orders");
    }
    let printed = project.run(&["inspect", "env:dev"]).ends(0);
    project.write("printed.sql", printed.out.as_bytes());
    let same = [
        "diff",
        "--from",
        "env:dev",
        "--to",
        "printed.sql",
        "--exit-code",
    ];
    project.run(&same).ends(0);
    for format in ["text", "sql", "json", "markdown"] {
        let args = [
            "diff", "--from", "empty", "--to", "env:dev", "--format", format,
        ];
        project.run(&args).ends(0).says("orders");
    }

    let before = dump::pg_dump(server, database.name()).expect("a dump");
    project.write(
        "schema.sql",
        SCHEMA.replace(", email text UNIQUE", "").as_bytes(),
    );
    let bare = project.run(&["plan", "--format", "sql"]).ends(3);
    assert_eq!(bare.out, "");
    project
        .run(&["apply", "--declarative", "--yes"])
        .ends(3)
        .warns("error[D0202]");
    assert_eq!(
        dump::pg_dump(server, database.name()).expect("a dump"),
        before
    );
    project
        .run(&["apply", "--declarative", "--yes", "--allow-destructive"])
        .ends(0);
    project.run(&["plan", "--exit-code"]).ends(0);
}

#[test]
fn a_run_that_fails_says_what_is_committed() {
    let Some(server) = server() else { return };
    let database = server.fresh_database("failing").expect("a database");
    let project = project(&database, SCHEMA);
    project.run(&["apply", "--declarative", "--yes"]).ends(0);
    database
        .query(
            "INSERT INTO customers VALUES (1); INSERT INTO orders (customer, total) VALUES (1, 5)",
        )
        .expect("rows");
    let before = dump::pg_dump(server, database.name()).expect("a dump");
    let stricter = SCHEMA.replace("total >= 0", "total > 100");
    project.write("schema.sql", stricter.as_bytes());
    project
        .run(&["apply", "--declarative", "--yes"])
        .ends(1)
        .warns("error[D0509]")
        .warns("nothing was changed")
        .warns("SQLSTATE 23514");
    assert_eq!(
        dump::pg_dump(server, database.name()).expect("a dump"),
        before
    );

    // A new value must be committed before it can be a default, so the check fails in the second transaction.
    let two = stricter
        .replace("'done')", "'done', 'held')")
        .replace("DEFAULT 'new'", "DEFAULT 'held'");
    project.write("schema.sql", two.as_bytes());
    project
        .run(&["apply", "--declarative", "--yes"])
        .ends(1)
        .warns("transactions")
        .warns("committed");
}

#[test]
fn a_wrong_password_is_told_and_never_shown() {
    let Some(server) = server() else { return };
    // Only a server of our own may be told to ask for passwords.
    if server.socket_folder().is_none() {
        return;
    }
    server
        .query(
            "CREATE ROLE guarded LOGIN PASSWORD 'r1ght-s3cr3t'; \
             CREATE TEMP TABLE hba AS SELECT 0 AS n, 'local all guarded scram-sha-256' AS line \
             UNION ALL SELECT 1, 'host all guarded all scram-sha-256' \
             UNION ALL SELECT 2, pg_read_file(current_setting('hba_file')); \
             DO $$ BEGIN EXECUTE format('COPY (SELECT unnest(string_to_array(line, E''\\n'')) FROM hba ORDER BY n) TO %L', \
             current_setting('hba_file')); END $$; SELECT pg_reload_conf()",
        )
        .expect("the server asks for a password");
    std::thread::sleep(std::time::Duration::from_millis(300));
    let database = server.fresh_database("guarded").expect("a database");
    let with = |password: &str| {
        database
            .url()
            .replacen("postgres@", &format!("guarded:{password}@"), 1)
    };
    let project = Project::of(&[("s.sql", "CREATE TABLE t (a int);")]);
    let wrong = with("wr0ng-s3cr3t");
    assert!(wrong.contains("guarded"), "no user in {}", database.url());
    for args in [
        vec!["inspect", wrong.as_str()],
        vec![
            "diff", "--from", &wrong, "--to", "s.sql", "--format", "json",
        ],
    ] {
        complains(project.run(&args), "D0503", "").hides("s3cr3t");
    }
    let right = with("r1ght-s3cr3t");
    for format in ["text", "sql", "json", "markdown"] {
        let args = [
            "diff", "--from", &right, "--to", "s.sql", "--format", format,
        ];
        project.run(&args).ends(0).hides("s3cr3t");
    }
    project
        .run(&["inspect", &right, "--format", "json"])
        .ends(0)
        .hides("s3cr3t");
    let config = format!(
        "dialect: postgres\nschema: s.sql\nenvironments: {{ dev: {{ url: '{right}' }} }}\n"
    );
    project.write("driftless.yaml", config.as_bytes());
    // It may not create in `public`.
    let ran = project
        .run(&["apply", "--declarative", "--yes"])
        .hides("s3cr3t");
    assert!(matches!(ran.code, Some(0 | 1)), "{ran:?}");
}

#[test]
fn a_database_that_does_not_exist() {
    let Some(server) = server() else { return };
    let project = Project::of(&[]);
    complains(
        project.run(&["inspect", &server.database_url("no_such_base")]),
        "D0505",
        "",
    );
}
