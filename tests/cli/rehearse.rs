//! Rehearsals on engines: what they find, what they claim, and that nothing of them is left.
//!
//! Neighbours: `shop` rehearses a whole folder. Invariant: what a rehearsal left behind is asked of the engine and of
//! the file system.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::project::Project;
use driftless_testkit::{Server, engine};

fn project(dialect: &str, more: &str) -> Project {
    let config = format!("dialect: {dialect}\nschema: schema.sql\nmigrations: migrations/\n{more}");
    Project::of(&[("driftless.yaml", &config)])
}

fn generate(project: &Project, name: &str, schema: &str, more: &[&str]) -> crate::project::Ran {
    project.write("schema.sql", schema.as_bytes());
    let mut args = vec!["generate", name, "--why", "the story goes on"];
    args.extend(more);
    project.run(&args)
}

/// A server, and a project that declares its version; the machine's programs serve the same major.
fn postgres(more: &str) -> Option<(&'static Server, Project)> {
    let server = engine::postgres().ok()?;
    engine::ran_live("a rehearsal");
    Some((server, project("postgres", more)))
}

fn scratches(server: &Server) -> i64 {
    let database = server.fresh_database("asks").expect("a database");
    let rows =
        database.query("SELECT count(*) FROM pg_database WHERE datname LIKE 'driftless_scratch_%'");
    rows.expect("a count")[0][0]
        .as_deref()
        .unwrap_or("")
        .parse()
        .expect("a number")
}

/// Nothing is left behind. Other tests use the server too, and theirs may be there for a moment.
fn left_nothing(server: &Server) {
    within("nothing is left", &mut || scratches(server) == 0);
}

/// Folders of private servers below that temporary folder.
fn folders(dir: &std::path::Path) -> usize {
    let entries = std::fs::read_dir(dir).expect("a folder").flatten();
    entries
        .filter(|e| e.file_name().to_string_lossy().starts_with("driftless-pg-"))
        .count()
}

#[test]
fn a_head_says_on_which_engine_it_was_rehearsed() {
    let Some((server, project)) = postgres("") else {
        return;
    };
    let url = format!("--scratch={}", server.url());
    for scratch in ["--scratch=auto", url.as_str()] {
        let table = if scratch == url { "a" } else { "b" };
        let schema = format!("CREATE TABLE {table} (id int PRIMARY KEY);");
        generate(
            &project,
            table,
            &schema,
            &["--rehearse", scratch, "--allow-destructive"],
        )
        .ends(0)
        .says("rehearsed: postgres ");
        project
            .run(&["verify", "--rehearse", scratch])
            .ends(0)
            .says("rehearsed on postgres ");
    }
    left_nothing(server);
}

#[test]
fn what_only_an_engine_finds_is_found() {
    let Some((server, project)) = postgres("") else {
        return;
    };
    let url = format!("--scratch={}", server.url());
    // No replay on the model divides by zero.
    generate(
        &project,
        "base",
        "CREATE TABLE a (id int PRIMARY KEY);",
        &[],
    )
    .ends(0);
    let text = "-- driftless:migration 30000101000000 broken\n-- why: by hand\n\nINSERT INTO a VALUES (1 / 0);\n";
    project.write("migrations/30000101000000_broken.sql", text.as_bytes());
    project.run(&["seal"]).ends(0);
    project.run(&["verify"]).ends(0);
    project
        .run(&["verify", "--rehearse", &url])
        .ends(2)
        .says("D0735")
        .says("division by zero");
    left_nothing(server);
}

#[test]
fn a_killed_rehearsal_leaves_nothing() {
    let Some((server, project)) = postgres("") else {
        return;
    };
    let schema: String = (0..60)
        .map(|n| format!("CREATE TABLE t{n} (id int PRIMARY KEY);\n"))
        .collect();
    generate(&project, "many", &schema, &[]).ends(0);
    for scratch in ["auto", server.url()] {
        let temporary = tempfile::tempdir_in("/tmp").expect("a folder");
        // Whoever runs the server may be another user.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(temporary.path(), open).expect("its mode");
        let mut child = Command::new(env!("CARGO_BIN_EXE_driftless"))
            .args(["verify", "--rehearse", "--scratch", scratch])
            .current_dir(project.path())
            .env("TMPDIR", temporary.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it runs");
        let there = || folders(temporary.path()) > 0 || scratches(server) > 0;
        within("it begins", &mut || {
            there() || child.try_wait().is_ok_and(|s| s.is_some())
        });
        child.kill().expect("it is killed");
        child.wait().expect("it is gone");
        within("nothing is left", &mut || !there());
    }
}

fn within(what: &str, holds: &mut dyn FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn roles_and_extensions_that_a_scratch_lacks() {
    let Some((server, project)) = postgres("manage: { aspects: [grants] }\n") else {
        return;
    };
    let schema = "CREATE TABLE a (id int PRIMARY KEY);\nGRANT SELECT ON a TO nobody_has_it;\n";
    generate(&project, "granted", schema, &[]).ends(0);
    // A server of its own gets the role; on another's server it is named.
    project
        .run(&["verify", "--rehearse"])
        .ends(0)
        .says("rehearsed on");
    let url = format!("--scratch={}", server.url());
    project
        .run(&["verify", "--rehearse", &url])
        .ends(0)
        .says("D0736")
        .says("role \"nobody_has_it\" does not exist");
    let text = "-- driftless:migration 30000101000000 far\n-- why: by hand\n\nCREATE EXTENSION no_such_extension;\n";
    project.write("migrations/30000101000000_far.sql", text.as_bytes());
    project.write(
        "schema.sql",
        format!("{schema}CREATE EXTENSION no_such_extension;\n").as_bytes(),
    );
    project.run(&["seal"]).ends(0);
    project
        .run(&["verify", "--rehearse"])
        .ends(0)
        .says("D0736")
        .says("no_such_extension");
    left_nothing(server);
}

#[test]
fn an_engine_shows_what_cannot_be_replayed() {
    let Some((_, project)) = postgres("") else {
        return;
    };
    generate(
        &project,
        "base",
        "CREATE TABLE a (id int PRIMARY KEY);",
        &[],
    )
    .ends(0);
    let text = "-- driftless:migration 30000101000000 done\n-- why: by hand\n\nDO $$ BEGIN EXECUTE 'CREATE TABLE b (id int)'; END $$;\n";
    project.write("migrations/30000101000000_done.sql", text.as_bytes());
    project.run(&["seal"]).ends(0);
    let schema = "CREATE TABLE a (id int PRIMARY KEY);\nCREATE TABLE b (id int);\n";
    project.write("schema.sql", schema.as_bytes());
    project
        .run(&["verify"])
        .ends(0)
        .says("D0716")
        .says("not certain");
    project
        .run(&["verify", "--rehearse"])
        .ends(0)
        .hides("D0716");
    let more = format!("{schema}CREATE TABLE c (id int);\n");
    generate(&project, "more", &more, &[]).ends(3);
    generate(&project, "more", &more, &["--rehearse"])
        .ends(0)
        .says("1 change")
        .hides("table b");
}

#[test]
fn where_there_shall_be_no_scratch() {
    let project = project("postgres", "scratch: off\n");
    generate(
        &project,
        "base",
        "CREATE TABLE a (id int);",
        &["--rehearse"],
    )
    .ends(1)
    .warns("D0738");
    let ran = generate(
        &project,
        "base",
        "CREATE TABLE a (id int);",
        &["--rehearse", "--scratch", "sqlite:x.db"],
    );
    ran.ends(1).warns("D0004");
    let nowhere = "--scratch=postgres://postgres:hush@127.0.0.1:1/postgres";
    generate(
        &project,
        "base",
        "CREATE TABLE a (id int);",
        &["--rehearse", nowhere],
    )
    .ends(1)
    .warns("D0738")
    .hides("hush");
    assert!(!project.has("migrations"));
}

#[test]
fn a_plan_from_a_live_database_runs_on_a_copy_without_its_rows() {
    let environment = "environments: { dev: { url: 'sqlite:dev.db' } }\n";
    let project_lite = project("sqlite", environment);
    project_lite
        .base("dev.db")
        .execute_batch(
            "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT); CREATE INDEX i ON t (b);
             INSERT INTO t VALUES (1, 'x'); ANALYZE;",
        )
        .expect("a database");
    let schema = "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT NOT NULL DEFAULT ''); CREATE INDEX i ON t (b);";
    project_lite.write("schema.sql", schema.as_bytes());
    let plan = ["plan", "--env", "dev", "--rehearse"];
    project_lite.run(&plan).ends(0).warns("rehearsed: sqlite");
    project_lite.write("schema.sql", b"CREATE TABLE t (a INTEGER PRIMARY KEY);");
    project_lite
        .run(&plan)
        .warns("not rehearsed: a consent is missing");

    let Some((server, project)) = postgres("") else {
        return;
    };
    let database = server.fresh_database("live").expect("a database");
    database
        .query("CREATE TABLE t (id serial PRIMARY KEY, a text); CREATE VIEW v AS SELECT a FROM t")
        .expect("a schema");
    let config = format!(
        "dialect: postgres\nschema: schema.sql\nscratch: '{}'\nenvironments: {{ dev: {{ url: '{}' }} }}\n",
        server.url(),
        database.url()
    );
    project.write("driftless.yaml", config.as_bytes());
    project.write(
        "schema.sql",
        b"CREATE TABLE t (id serial PRIMARY KEY, a text NOT NULL DEFAULT ''); CREATE VIEW v AS SELECT a, id FROM t;",
    );
    project.run(&plan).ends(0).warns("rehearsed: postgres");
    left_nothing(server);
}
