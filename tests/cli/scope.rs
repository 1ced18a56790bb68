//! What is managed, seen through commands: outsiders stay, and what files say of themselves stays true.
//!
//! Neighbours: crate `model` knows the patterns. Invariant: an object outside of the scope is never touched.

use crate::project::Project;
use driftless_testkit::engine;

const SCHEMA: &str =
    "CREATE TABLE a (id INTEGER PRIMARY KEY);\nCREATE TABLE b (id INTEGER PRIMARY KEY);\n";

fn config(manage: &str) -> String {
    format!(
        "dialect: sqlite\nschema: schema.sql\nmigrations: migrations/\n{manage}environments: {{ dev: {{ url: 'sqlite:dev.db' }} }}\n"
    )
}

fn generate(project: &Project, name: &str, schema: &str) {
    project.write("schema.sql", schema.as_bytes());
    project
        .run(&["generate", name, "--why", "the story goes on"])
        .ends(0);
}

#[test]
fn a_head_stays_true_when_less_or_more_is_managed() {
    let project = Project::of(&[("driftless.yaml", &config(""))]);
    generate(&project, "tables", SCHEMA);
    project.run(&["apply"]).ends(0);
    for manage in [
        "manage: { exclude: ['table:b'] }\n",
        "manage: { include: ['table:a'] }\n",
        "manage: { undeclared: keep }\n",
    ] {
        project.write("driftless.yaml", config(manage).as_bytes());
        project.run(&["verify"]).ends(0);
        project.run(&["plan", "--exit-code"]).ends(0);
        project.run(&["drift"]).ends(0).says("1 clean");
        project.run(&["apply"]).ends(0).says("nothing is pending");
    }
    // And what is written under a narrow scope is true under a wide one.
    project.write(
        "driftless.yaml",
        config("manage: { exclude: ['table:b'] }\n").as_bytes(),
    );
    generate(
        &project,
        "more",
        &SCHEMA.replace(
            "a (id INTEGER PRIMARY KEY",
            "a (id INTEGER PRIMARY KEY, x INT",
        ),
    );
    project.write("driftless.yaml", config("").as_bytes());
    project.run(&["verify"]).ends(0);
    project.run(&["apply"]).ends(0).says("applied 1 migration");
    project.run(&["drift"]).ends(0).says("1 clean");
}

#[test]
fn where_an_environment_stands_is_told_by_its_history() {
    let project = Project::of(&[("driftless.yaml", &config(""))]);
    generate(&project, "tables", SCHEMA);
    project
        .run(&["plan", "--env", "dev"])
        .ends(0)
        .says("is empty")
        .says("next: driftless apply --env dev");
    project.run(&["apply"]).ends(0);
    project
        .run(&["plan", "--env", "dev"])
        .ends(0)
        .says(" tables: no drift")
        .hides("outside")
        .hides("next:");
    let more = format!("{SCHEMA}CREATE TABLE c (id INTEGER);\n");
    project.write("schema.sql", more.as_bytes());
    project
        .run(&["plan", "--env", "dev"])
        .ends(0)
        .says("not yet generated: 1 change")
        .says("next: driftless generate");
    project
        .base("dev.db")
        .execute_batch("CREATE TABLE d (id INTEGER)")
        .expect("drift");
    project
        .run(&["plan", "--env", "dev"])
        .ends(0)
        .says("1 difference is drift")
        .says("pending: none")
        .says("next: driftless drift dev");
}

#[test]
fn expressions_speak_of_columns_by_their_names_of_now() {
    let project = Project::of(&[("driftless.yaml", &config(""))]);
    generate(
        &project,
        "base",
        "CREATE TABLE a (id INTEGER PRIMARY KEY, state TEXT);",
    );
    let schema = "CREATE TABLE a (id INTEGER PRIMARY KEY,\n  -- driftless:renamed-from state\n  -- driftless:backfill upper(state)\n  status TEXT NOT NULL);";
    project.write("schema.sql", schema.as_bytes());
    project
        .run(&["plan"])
        .ends(1)
        .warns("D0307")
        .warns("schema.sql:3")
        .warns("write `status`");
    project.write(
        "schema.sql",
        schema.replace("upper(state)", "'state'").as_bytes(),
    );
    project.run(&["plan"]).ends(0);
}

#[test]
fn what_a_recreated_view_keeps_is_told() {
    let Ok(server) = engine::postgres() else {
        return;
    };
    engine::ran_live("a recreated view");
    let database = server.fresh_database("keeps").expect("a database");
    database
        .query("CREATE TABLE a (id int, x varchar(9)); CREATE VIEW v AS SELECT id, x FROM a; COMMENT ON VIEW v IS 'seen'; GRANT SELECT ON v TO PUBLIC")
        .expect("a schema");
    let project = Project::of(&[(
        "schema.sql",
        "CREATE TABLE a (id int, x text); CREATE VIEW v AS SELECT id, x FROM a; COMMENT ON VIEW v IS 'seen';",
    )]);
    project
        .run(&["diff", "--from", database.url(), "--to", "schema.sql"])
        .ends(0)
        .says("= recreated, it reads a.x")
        .says("keeps its comment, its owner and");
}

#[test]
fn what_has_no_name_is_told_by_what_it_says() {
    let project = Project::of(&[("driftless.yaml", &config(""))]);
    generate(
        &project,
        "base",
        "CREATE TABLE a (id INTEGER PRIMARY KEY, n INT CHECK (n > 0));",
    );
    project.run(&["apply"]).ends(0);
    let base = project.base("dev.db");
    base.execute_batch("DROP TABLE a; CREATE TABLE a (id INTEGER PRIMARY KEY, n INT)")
        .expect("drift");
    project
        .run(&["drift"])
        .ends(2)
        .says("check a  missing")
        .says("n > 0")
        .hides("{>}");
    // A database without a history is held against the version that it comes nearest to.
    let more = "CREATE TABLE a (id INTEGER PRIMARY KEY, n INT CHECK (n > 0), m INT);";
    generate(&project, "more", more);
    base.execute_batch("DROP TABLE driftless_history")
        .expect("no history");
    project
        .run(&["drift"])
        .ends(2)
        .says("nearest to")
        .says(" base")
        .says("pending: ");
}

#[test]
fn what_is_said_of_the_servers_own_objects_is_left_out() {
    let own = "CREATE TABLE orders (id int PRIMARY KEY);\n\
               GRANT SELECT ON TABLE pg_catalog.pg_proc TO public;\n\
               REVOKE EXECUTE ON FUNCTION pg_sleep(float8) FROM public;\n\
               COMMENT ON FUNCTION pg_catalog.now() IS 'the time';\n";
    let other =
        "CREATE TABLE orders (id int PRIMARY KEY);\nGRANT SELECT ON TABLE people TO public;\n";
    let project = Project::of(&[("own.sql", own), ("other.sql", other)]);
    let diff = |file: &str| {
        let arguments = [
            "diff",
            "--from",
            "empty",
            "--to",
            file,
            "--dialect",
            "postgres@15",
            "--manage",
            "grants",
        ];
        project.run(&arguments)
    };
    diff("own.sql")
        .ends(0)
        .says("table orders")
        .warns("3 statements (it is about the server's own objects)");
    diff("other.sql")
        .ends(1)
        .warns("table `people` is not declared");
}

#[test]
fn what_hangs_on_a_table_is_told_by_name() {
    let before = "CREATE TABLE orders (id int PRIMARY KEY, city text, zip text);\n";
    let after = format!(
        "{before}CREATE RULE kept AS ON DELETE TO orders DO INSTEAD NOTHING;\n\
         CREATE STATISTICS places ON city, zip FROM orders;\n"
    );
    let project = Project::of(&[("before.sql", before), ("after.sql", &after)]);
    let diff = |from: &str, to: &str| {
        project.run(&[
            "diff",
            "--from",
            from,
            "--to",
            to,
            "--dialect",
            "postgres@15",
        ])
    };
    diff("before.sql", "after.sql")
        .ends(0)
        .says("+ rule kept")
        .says("instead on delete")
        .says("+ statistics places")
        .says("(city, zip)");
    diff("after.sql", "before.sql")
        .says("- rule kept")
        .says("- statistics places");
}
