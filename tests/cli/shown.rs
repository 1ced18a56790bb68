//! What only an engine can tell of a declared state, seen through `diff`: DO blocks are run in a scratch database.
//!
//! Neighbours: `rehearse` holds the scratch databases themselves. Invariant: the live database is only read, and
//! nothing is left of the scratch one.

use crate::project::{Project, fails};
use driftless_testkit::{Engine, Server, engine};

const CONFIG: (&str, &str) = ("driftless.yaml", "dialect: postgres\nschema: schema.sql\n");
const TABLE: &str = "CREATE TABLE t (id integer PRIMARY KEY, note text);\n";
/// A column that only an engine finds, and a view that reads it.
const BLOCK: &str = "DO $$ BEGIN EXECUTE format('ALTER TABLE %I ADD COLUMN %I integer', 't', 'found'); END $$;\n\
                     CREATE VIEW v AS SELECT found FROM t;\n\
                     CREATE POLICY p ON t USING (found > 1);\n";

fn postgres() -> Option<&'static Server> {
    match engine("postgres") {
        Ok(Engine::Postgres(server)) => Some(server),
        _ => None,
    }
}

#[test]
fn a_block_is_run_in_a_scratch_database() {
    let Some(server) = postgres() else { return };
    let database = server.fresh_database("shown").unwrap();
    let project = Project::of(&[("schema.sql", &format!("{TABLE}{BLOCK}")), CONFIG]);
    let beside = format!("--scratch={}", server.url());
    let diff = |more: &[&str]| {
        let mut args = vec!["diff", "--from", database.url(), "--to", "schema.sql"];
        args.extend(["--format", "sql"]);
        args.extend_from_slice(more);
        project.run(&args)
    };
    database.query(TABLE).unwrap();
    diff(&[&beside])
        .ends(0)
        .says("ADD COLUMN found integer")
        .says("CREATE POLICY p ON public.t");
    database.query(BLOCK).unwrap();
    diff(&[&beside, "--exit-code"]).ends(0);
    // Without one nobody knows.
    fails(&diff(&["--scratch=off"]), 1, &["found"]);
    driftless_testkit::engine::ran_live("a block in a scratch database");
}

#[test]
fn a_block_that_fails_is_told_with_what_it_hid() {
    let Some(server) = postgres() else { return };
    let database = server.fresh_database("shown").unwrap();
    let wrong = format!(
        "{TABLE}DO $$ BEGIN RAISE EXCEPTION 'not here'; END $$;\nCREATE VIEW v AS SELECT found FROM t;\n"
    );
    let project = Project::of(&[("schema.sql", &wrong), CONFIG]);
    let beside = format!("--scratch={}", server.url());
    let args = [
        "diff",
        "--from",
        database.url(),
        "--to",
        "schema.sql",
        &beside,
    ];
    fails(&project.run(&args), 1, &["found", "not here"]);
    driftless_testkit::engine::ran_live("a block that fails");
}
