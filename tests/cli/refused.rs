//! Desired states that a server would refuse are refused first, with the place in the file; what it takes is taken.
//!
//! Neighbours: the planner's `read` tells them. Invariant: each claim is held against a live server, both ways.

use crate::project::Project;
use driftless_testkit::{Engine, Server, engine};

/// A schema, the code, and what stands at the place.
const REFUSED: &[(&str, &str, &str)] = &[
    (
        "CREATE TABLE t (a integer CHECK (nowhere(a)));",
        "D0302",
        "nowhere(a)",
    ),
    (
        "CREATE TABLE t (a integer);\nCREATE INDEX i ON t (nowhere(a));",
        "D0302",
        "nowhere(a)",
    ),
    (
        "CREATE TABLE t (a integer);\nCREATE POLICY p ON t USING (nowhere(a) = 1);",
        "D0302",
        "nowhere(a)",
    ),
    ("CREATE VIEW v AS SELECT nowhere(1);", "D0302", "nowhere(1)"),
    (
        "CREATE VIEW v AS SELECT public.nowhere(1);",
        "D0302",
        "public.nowhere(1)",
    ),
    ("CREATE VIEW v AS SELECT 1::nowhere;", "D0301", "1::nowhere"),
    (
        "CREATE VIEW v AS SELECT '2020-01-01'::date::point;",
        "D0305",
        "date::point",
    ),
    ("CREATE TABLE t (a integer DEFAULT true);", "D0305", "true"),
    ("CREATE TABLE t (a date DEFAULT 5);", "D0305", "5"),
    (
        "CREATE TABLE t (a integer) PARTITION BY RANGE (b);",
        "D0303",
        "CREATE TABLE t",
    ),
    (
        "CREATE TABLE t (a integer) PARTITION BY RANGE (a);\nCREATE TABLE x PARTITION OF t FOR VALUES FROM (1) TO (10);\nCREATE TABLE y PARTITION OF t FOR VALUES FROM (5) TO (15);",
        "D0305",
        "CREATE TABLE y",
    ),
    (
        "CREATE TABLE t (a text) PARTITION BY LIST (a);\nCREATE TABLE x PARTITION OF t FOR VALUES IN ('a', 'b');\nCREATE TABLE y PARTITION OF t FOR VALUES IN ('b');",
        "D0305",
        "CREATE TABLE y",
    ),
    (
        "CREATE TABLE t (a integer) PARTITION BY HASH (a);\nCREATE TABLE x PARTITION OF t FOR VALUES WITH (modulus 2, remainder 0);\nCREATE TABLE y PARTITION OF t FOR VALUES WITH (modulus 4, remainder 2);",
        "D0305",
        "CREATE TABLE y",
    ),
    (
        "CREATE TABLE t (a integer) PARTITION BY LIST (a);\nCREATE TABLE x PARTITION OF t DEFAULT;\nCREATE TABLE y PARTITION OF t DEFAULT;",
        "D0305",
        "CREATE TABLE y",
    ),
    (
        "CREATE TABLE t (a integer) PARTITION BY RANGE (a);\nCREATE TABLE x PARTITION OF t FOR VALUES FROM (5) TO (5);",
        "D0305",
        "CREATE TABLE x",
    ),
    (
        "CREATE OPERATOR === (FUNCTION = nowhere, LEFTARG = integer, RIGHTARG = integer);",
        "D0302",
        "CREATE OPERATOR",
    ),
];

/// Other notations, and neighbours that only touch.
const TAKEN: &[&str] = &[
    "CREATE TABLE t (a integer, b text);\nCREATE VIEW v AS SELECT a(t) AS x, int4('5') AS y, date('2020-01-01') AS z FROM t;",
    "CREATE TYPE mood AS ENUM ('a');\nCREATE VIEW v AS SELECT mood('a') AS m;",
    "CREATE TYPE fr AS RANGE (subtype = float8, multirange_type_name = frs);\nCREATE VIEW v AS SELECT fr(1, 2) AS r, frs(fr(1, 2)) AS m;",
    "CREATE TABLE t (a text DEFAULT 5, b numeric DEFAULT 1, c date DEFAULT now(), d jsonb DEFAULT '{}');",
    "CREATE VIEW v AS SELECT later(1) AS x;\nCREATE FUNCTION later(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';",
    "CREATE TABLE t (a date) PARTITION BY RANGE (a);\nCREATE TABLE x PARTITION OF t FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');\nCREATE TABLE y PARTITION OF t FOR VALUES FROM ('2024-02-01') TO (MAXVALUE);",
    "CREATE TABLE t (a integer, b integer) PARTITION BY RANGE (a, b);\nCREATE TABLE x PARTITION OF t FOR VALUES FROM (1, MINVALUE) TO (1, 10);\nCREATE TABLE y PARTITION OF t FOR VALUES FROM (1, 10) TO (2, MINVALUE);",
    "CREATE TABLE t (a text) PARTITION BY RANGE (lower(a));\nCREATE TABLE x PARTITION OF t FOR VALUES FROM ('b') TO ('c');\nCREATE TABLE y PARTITION OF t FOR VALUES FROM ('a') TO ('b');",
    "CREATE TABLE t (a integer) PARTITION BY HASH (a);\nCREATE TABLE x PARTITION OF t FOR VALUES WITH (modulus 2, remainder 0);\nCREATE TABLE y PARTITION OF t FOR VALUES WITH (modulus 4, remainder 1);",
];

fn postgres() -> Option<&'static Server> {
    match engine("postgres") {
        Ok(Engine::Postgres(server)) => Some(server),
        _ => None,
    }
}

/// Whether the server takes it; the order of statements is the file's own, so later ones may come first.
fn loads(server: &Server, schema: &str) -> bool {
    let database = server.fresh_database("refused").unwrap();
    if database.query(schema).is_ok() {
        return true;
    }
    let turned: Vec<&str> = schema.lines().rev().collect();
    let database = server.fresh_database("refused").unwrap();
    database.query(&turned.join("\n")).is_ok()
}

fn read(schema: &str) -> crate::project::Ran {
    let project = Project::of(&[("schema.sql", schema)]);
    project.run(&[
        "diff",
        "--from",
        "empty",
        "--to",
        "schema.sql",
        "--dialect",
        "postgres@15",
        "--format",
        "sql",
        "--scratch=off",
    ])
}

#[test]
fn what_a_server_refuses_is_refused_with_its_place() {
    for (schema, code, at) in REFUSED {
        let ran = read(schema);
        assert_eq!(ran.code, Some(1), "{schema}\n{ran:?}");
        assert!(
            ran.err.contains(&format!("error[{code}]")),
            "{schema}\n{}",
            ran.err
        );
        assert!(ran.err.contains(at), "{schema}\n{}", ran.err);
        assert!(ran.err.contains("--> schema.sql:"), "{schema}\n{}", ran.err);
    }
    let Some(server) = postgres() else { return };
    for (schema, ..) in REFUSED {
        assert!(!loads(server, schema), "the server takes {schema}");
    }
    driftless_testkit::engine::ran_live("refusals");
}

#[test]
fn what_a_server_takes_is_taken() {
    for schema in TAKEN {
        let ran = read(schema);
        assert_eq!(ran.code, Some(0), "{schema}\n{}", ran.err);
    }
    let Some(server) = postgres() else { return };
    for schema in TAKEN {
        assert!(loads(server, schema), "the server refuses {schema}");
    }
    driftless_testkit::engine::ran_live("what is taken");
}
