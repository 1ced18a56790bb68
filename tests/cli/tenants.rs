//! One schema for many: names are left unsaid, and each environment says which of its schemas is the project's own.
//!
//! Neighbours: planner's `stand_in`. Invariant: no statement reaches another schema than its environment's.

use crate::project::Project;
use driftless_testkit::{Database, Server, dump, engine};

const SCHEMA: &str = "\
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE t (id serial PRIMARY KEY, m mood NOT NULL DEFAULT 'ok', n int CHECK (n > 0));
CREATE INDEX t_n ON t (n) WHERE m = 'ok';
CREATE VIEW v AS SELECT id, m FROM t;
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT count(*)::int FROM t';
CREATE TABLE u (id int DEFAULT nextval('t_id_seq'), t int REFERENCES t);
";

fn project(database: &Database) -> Project {
    let url = database.url();
    let config = format!(
        "dialect: postgres@15\nschema: schema.sql\nmigrations: migrations/\n\
         manage: {{ schemas: public, names: unqualified }}\n\
         environments:\n  a: {{ url: '{url}', schema: a }}\n  b: {{ url: '{url}', schema: '${{B_SCHEMA:-b}}' }}\n"
    );
    Project::of(&[("driftless.yaml", &config), ("schema.sql", SCHEMA)])
}

/// What pg_dump says of a schema, without its name.
fn state(server: &Server, database: &Database, schema: &str) -> Vec<String> {
    let all = dump::pg_dump(server, database.name()).expect("a dump");
    let name = format!("{schema}.");
    let own = all.iter().filter(|l| l.contains(&name));
    own.map(|l| l.replace(&name, "")).collect()
}

#[test]
fn a_schema_for_each_tenant() {
    let Ok(server) = engine::postgres() else {
        return;
    };
    engine::ran_live("a schema per tenant");
    let database = server.fresh_database("tenants").expect("a database");
    database
        .query("CREATE SCHEMA a; CREATE SCHEMA b; CREATE TABLE public.t (another int)")
        .expect("schemas");
    let project = project(&database);
    let generate = |name: &str| {
        let why = ["generate", name, "--why", "tenants", "--allow-destructive"];
        project.run(&why).ends(0);
    };
    generate("first");
    for env in ["a", "b"] {
        project
            .run(&["apply", "--env", env])
            .ends(0)
            .says("applied 1 migration");
        project
            .run(&["plan", "--env", env])
            .ends(0)
            .says("no changes");
    }
    project.write("schema.sql", SCHEMA.replace("n > 0", "n > 1").as_bytes());
    generate("second");
    project.run(&["apply", "--env", "a"]).ends(0);
    project.run(&["verify"]).ends(0);
    project
        .run(&["drift", "a", "b"])
        .ends(0)
        .says("~ check t.t_n_check  differs");
    project.run(&["apply", "--env", "b"]).ends(0);
    project.run(&["drift", "a", "b"]).ends(0).says("the same");
    let (a, b) = (state(server, &database, "a"), state(server, &database, "b"));
    for name in ["driftless_history", "t_id_seq"] {
        assert!(a.iter().any(|l| l.contains(name)), "{a:#?}");
    }
    assert_eq!(a, b);
    // The database's own `public` is nobody's, and was not touched.
    let rows = database.query("SELECT another FROM public.t");
    assert!(rows.expect("the table").is_empty());
    database
        .query("ALTER TABLE b.t ADD x int; CREATE VIEW b.w AS SELECT x FROM b.t")
        .expect("drift");
    project
        .run(&["drift", "b"])
        .ends(2)
        .says("+ column x: integer")
        .says("+ view w");
}

#[test]
fn what_cannot_stand_for_it_is_named() {
    let Ok(server) = engine::postgres() else {
        return;
    };
    engine::ran_live("a schema per tenant, mistakes");
    let database = server.fresh_database("tenants").expect("a database");
    let project = project(&database);
    project
        .run(&["plan", "--env", "a"])
        .ends(1)
        .warns("D0511")
        .warns("CREATE SCHEMA a");
    database
        .query(
            "CREATE SCHEMA a; CREATE TABLE public.shared (id int PRIMARY KEY);
             CREATE TABLE a.x (s int REFERENCES public.shared)",
        )
        .expect("schemas");
    project
        .run(&["plan", "--env", "a"])
        .ends(1)
        .warns("refers to `public.shared`");
    let url = database.url();
    for (manage, environment) in [
        ("{ names: unqualified }", String::new()),
        ("{ schemas: public }", ", schema: a".into()),
    ] {
        let config = format!(
            "dialect: postgres@15\nschema: schema.sql\nmanage: {manage}\nenvironments: {{ a: {{ url: '{url}'{environment} }} }}\n"
        );
        project.write("driftless.yaml", config.as_bytes());
        project.run(&["plan", "--env", "a"]).ends(1).warns("D0511");
    }
}
