//! A private server as a whole: start, databases, the dump, and the end of it.

use driftless_testkit::{dump, engine};

#[test]
fn databases_are_fresh_and_dropped() {
    let Ok(server) = engine::postgres() else {
        return;
    };
    let count = |name: &str| {
        let rows = server
            .query(&format!(
                "SELECT count(*) FROM pg_database WHERE datname = '{name}'"
            ))
            .unwrap();
        rows[0][0].clone().unwrap()
    };
    let database = server.fresh_database("A name, with signs!").unwrap();
    let name = database.name().to_owned();
    assert!(name.starts_with("dl_a_name__with_signs"), "{name}");
    assert_eq!(count(&name), "1");
    database
        .query("CREATE TABLE t (a integer); INSERT INTO t VALUES (1), (NULL)")
        .unwrap();
    let rows = database.query("SELECT a FROM t ORDER BY a").unwrap();
    assert_eq!(rows, [[Some("1".to_owned())], [None]]);
    let kept = dump::postgres_rows(&database).unwrap();
    assert_eq!(kept["public.t"], [r#"{"a": 1}"#, r#"{"a": null}"#]);
    if let Some(printed) = database.psql("SELECT count(*) FROM t") {
        assert_eq!(printed.unwrap().trim(), "2");
    }
    drop(database);
    assert_eq!(count(&name), "0");
    engine::ran_live("testkit server");
}

#[test]
fn an_error_says_what_the_server_said() {
    let Ok(server) = engine::postgres() else {
        return;
    };
    let error = server
        .query("SELECT * FROM missing")
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("\"missing\" does not exist") && error.contains("42P01"),
        "{error}"
    );
}

#[test]
fn two_dumps_of_one_schema_are_equal() {
    let Ok(server) = engine::postgres() else {
        return;
    };
    if server.pg_dump_path().is_none() {
        assert!(!engine::required("postgres"), "no pg_dump for this server");
        return;
    }
    let (one, other) = (
        server.fresh_database("one").unwrap(),
        server.fresh_database("other").unwrap(),
    );
    one.query(
        "CREATE TABLE t (a integer, b text DEFAULT 'x;y'); CREATE INDEX i ON t (b); COMMENT ON TABLE t IS 'it''s'; \
         CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS $$ SELECT 1; $$;",
    )
    .unwrap();
    other
        .query(
            "CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS $$ SELECT 1; $$; CREATE TABLE t (b text DEFAULT 'x;y', \
             a integer); COMMENT ON TABLE t IS 'it''s'; CREATE INDEX i ON t (b);",
        )
        .unwrap();
    let dumped = dump::pg_dump(server, one.name()).unwrap();
    assert_eq!(dumped, dump::pg_dump(server, other.name()).unwrap());
    assert_eq!(dumped.len(), 4, "{dumped:#?}");
    other.query("ALTER TABLE t ADD c integer").unwrap();
    assert_ne!(dumped, dump::pg_dump(server, other.name()).unwrap());
}

#[test]
fn a_dropped_server_leaves_nothing() {
    if driftless_testkit::engine("postgres").is_err()
        || std::env::var_os(driftless_testkit::server::URL).is_some()
    {
        return;
    }
    let server = driftless_testkit::Postgres::start(None).unwrap();
    let folder = server.socket_folder().unwrap();
    assert!(folder.join("data").is_dir());
    let url = server.url().to_owned();
    drop(server);
    assert!(!folder.exists());
    let address = url.split('@').nth(1).unwrap().split('/').next().unwrap();
    assert!(std::net::TcpStream::connect(address).is_err());
}

#[test]
fn it_works_inside_a_runtime() {
    let Ok(server) = engine::postgres() else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async { assert!(server.query("SELECT 1").is_ok()) });
}
