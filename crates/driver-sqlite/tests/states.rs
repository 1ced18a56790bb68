//! Every state a SQLite file can be in, and what a session does.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use driftless_driver_sqlite::SqliteDriver;
use driftless_runtime::{ConnectOptions, Connection, DbError, DbErrorKind, Driver};

async fn open(url: &str) -> Result<Box<dyn Connection>, DbError> {
    SqliteDriver.connect(url, &ConnectOptions::default()).await
}

async fn failed(url: &str) -> DbError {
    match open(url).await {
        Ok(_) => panic!("{url} opened"),
        Err(error) => error,
    }
}

fn url(path: &Path) -> String {
    format!("sqlite://{}", path.display())
}

async fn create(path: &Path, sql: &str) -> Box<dyn Connection> {
    let options = ConnectOptions {
        create: true,
        ..ConnectOptions::default()
    };
    let mut connection = SqliteDriver.connect(&url(path), &options).await.unwrap();
    connection.batch(sql).await.unwrap();
    connection
}

async fn one(connection: &mut dyn Connection, sql: &str) -> Option<String> {
    let rows = connection.batch(sql).await.unwrap();
    rows[0].first()?.get(0).map(str::to_owned)
}

#[tokio::test]
async fn a_missing_file_reads_as_empty_and_stays_missing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a b.db");
    let mut connection = open(&url(&path)).await.unwrap();
    let count = one(&mut *connection, "SELECT count(*) FROM sqlite_schema").await;
    assert_eq!(count.as_deref(), Some("0"));
    let error = connection.batch("CREATE TABLE t (a)").await.unwrap_err();
    assert_eq!(error.kind, DbErrorKind::ReadOnly);
    connection.close().await;
    assert!(!path.exists());

    let deep = folder.path().join("none/x.db");
    assert!(open(&url(&deep)).await.is_ok());
    let options = ConnectOptions {
        create: true,
        ..ConnectOptions::default()
    };
    let refused = SqliteDriver.connect(&url(&deep), &options).await;
    assert_eq!(refused.err().map(|e| e.kind), Some(DbErrorKind::Io));
}

#[tokio::test]
async fn a_zero_byte_file_reads_as_empty_and_keeps_zero_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    fs::write(&path, "").unwrap();
    let mut connection = open(&url(&path)).await.unwrap();
    assert!(connection.batch("CREATE TABLE t (a)").await.is_err());
    connection.close().await;
    assert_eq!(fs::metadata(&path).unwrap().len(), 0);
    create(&path, "CREATE TABLE t (a)").await.close().await;
    let mut again = open(&url(&path)).await.unwrap();
    let name = one(&mut *again, "SELECT name FROM sqlite_schema").await;
    assert_eq!(name.as_deref(), Some("t"));
}

#[tokio::test]
async fn what_is_no_database_is_named_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    fs::write(&path, "just a few lines of text\n".repeat(9)).unwrap();
    let error = failed(&url(&path)).await;
    assert_eq!(error.kind, DbErrorKind::NotADatabase);
    assert!(error.message.contains("notes.txt"), "{error}");
    assert!(error.detail.unwrap().contains("encrypted"));

    let noise: Vec<u8> = (0..8192u32)
        .map(|i| ((i * 7919) >> 3) as u8 | 0x80)
        .collect();
    fs::write(&path, noise).unwrap();
    let error = failed(&url(&path)).await;
    assert_eq!(error.kind, DbErrorKind::Encrypted);
    assert_eq!(error.diagnostic().code, "D0508");

    assert_eq!(
        failed(&url(folder.path())).await.kind,
        DbErrorKind::NotADatabase
    );
}

#[tokio::test]
async fn a_truncated_database_is_corrupt() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let fill = "CREATE TABLE t (a); CREATE INDEX i ON t (a);
        INSERT INTO t SELECT value FROM json_each('[1,2,3,4,5,6,7,8]');
        INSERT INTO t SELECT hex(zeroblob(4000)) FROM t;";
    create(&path, fill).await.close().await;
    let whole = fs::read(&path).unwrap();
    for (length, kind) in [
        (whole.len() / 2, DbErrorKind::Corrupt),
        (50, DbErrorKind::Corrupt),
    ] {
        fs::write(&path, &whole[..length]).unwrap();
        assert_eq!(failed(&url(&path)).await.kind, kind, "{length}");
    }
}

#[tokio::test]
async fn a_locked_database_is_busy_after_the_timeout() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let mut holder = create(&path, "CREATE TABLE t (a); BEGIN EXCLUSIVE").await;
    let options = ConnectOptions {
        lock_timeout: Some(Duration::from_millis(50)),
        ..ConnectOptions::default()
    };
    let began = Instant::now();
    let refused = SqliteDriver.connect(&url(&path), &options).await;
    assert_eq!(refused.err().map(|e| e.kind), Some(DbErrorKind::Busy));
    assert!(began.elapsed() < Duration::from_secs(4));
    holder.batch("COMMIT; BEGIN IMMEDIATE").await.unwrap();
    let mut other = SqliteDriver.connect(&url(&path), &options).await.unwrap();
    let error = other.batch("INSERT INTO t VALUES (1)").await.unwrap_err();
    assert_eq!(error.kind, DbErrorKind::Busy);
    assert_eq!(error.diagnostic().code, "D0507");
}

#[cfg(unix)]
#[tokio::test]
async fn a_read_only_file_and_folder_can_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    create(&path, "PRAGMA journal_mode=wal; CREATE TABLE t (a)")
        .await
        .close()
        .await;
    let rights = |mode| fs::Permissions::from_mode(mode);
    fs::set_permissions(&path, rights(0o444)).unwrap();
    fs::set_permissions(folder.path(), rights(0o555)).unwrap();
    if fs::write(folder.path().join("probe"), "").is_ok() {
        // The superuser may write anywhere: there is nothing to see.
        fs::set_permissions(folder.path(), rights(0o755)).unwrap();
        return;
    }
    let mut connection = open(&url(&path)).await.unwrap();
    let name = one(&mut *connection, "SELECT name FROM sqlite_schema").await;
    assert_eq!(name.as_deref(), Some("t"));
    assert!(connection.warnings()[0].contains("WAL mode"));
    let error = connection.batch("DROP TABLE t").await.unwrap_err();
    assert_eq!(error.kind, DbErrorKind::ReadOnly);
    fs::set_permissions(folder.path(), rights(0o755)).unwrap();
    fs::write(folder.path().join("x.db-wal"), "something").unwrap();
    fs::set_permissions(folder.path(), rights(0o555)).unwrap();
    assert_eq!(failed(&url(&path)).await.kind, DbErrorKind::ReadOnly);
    fs::set_permissions(folder.path(), rights(0o755)).unwrap();
    fs::set_permissions(&path, rights(0o000)).unwrap();
    assert_eq!(failed(&url(&path)).await.kind, DbErrorKind::Permission);
}

#[tokio::test]
async fn reading_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    create(&path, "CREATE TABLE t (a)").await.close().await;
    let before = fs::read(&path).unwrap();
    let mut connection = open(&format!("{}?mode=ro", url(&path))).await.unwrap();
    let error = connection.batch("DROP TABLE t").await.unwrap_err();
    assert_eq!(error.kind, DbErrorKind::ReadOnly);
    let mut fixed = open(&format!("{}?immutable=1", url(&path))).await.unwrap();
    let name = one(&mut *fixed, "SELECT name FROM sqlite_schema").await;
    assert_eq!(name.as_deref(), Some("t"));
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn a_batch_gives_rows_per_statement_and_stops_at_the_first_error() {
    let mut connection = open("sqlite::memory:").await.unwrap();
    let rows = connection
        .batch(
            "-- a comment;\n CREATE TABLE t (a, b); ; INSERT INTO t VALUES (1, NULL), (2.5, x'00ff');
             SELECT * FROM t; SELECT a AS c FROM t WHERE 0; /* the end */",
        )
        .await
        .unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0].columns(), ["a", "b"]);
    let all: Vec<Vec<Option<&str>>> = rows[0].iter().map(|r| r.iter().collect()).collect();
    assert_eq!(all, [[Some("1"), None], [Some("2.5"), Some("x'00ff'")]]);
    assert_eq!(rows[1].columns(), ["c"]);
    assert!(rows[1].is_empty());

    let sql = "INSERT INTO t VALUES (3, 3); SELECT nope FROM t; INSERT INTO t VALUES (4, 4)";
    let error = connection.batch(sql).await.unwrap_err();
    assert_eq!(error.kind, DbErrorKind::Statement);
    assert_eq!(error.position, sql.find("nope"));
    let count = one(&mut *connection, "SELECT count(*) FROM t").await;
    assert_eq!(count.as_deref(), Some("3"));

    let sql = "CREATE UNIQUE INDEX u ON t (a);; -- ü\n  INSERT INTO t VALUES (3, 0);";
    let error = connection.batch(sql).await.unwrap_err();
    assert!(error.message.contains("UNIQUE"), "{error}");
    assert_eq!(error.position, sql.find("INSERT"));

    for (sql, at) in [("SELECT 1; SELECT ?", 10), ("SELECT 1;\0 DROP TABLE t", 9)] {
        let error = connection.batch(sql).await.unwrap_err();
        assert_eq!(error.position, Some(at), "{sql:?}");
    }
}

#[tokio::test]
async fn foreign_keys_are_off_until_the_caller_turns_them_on() {
    let mut connection = open("sqlite::memory:").await.unwrap();
    let setting = one(&mut *connection, "PRAGMA foreign_keys").await;
    assert_eq!(setting.as_deref(), Some("0"));
    let on = "PRAGMA foreign_keys = ON; PRAGMA foreign_keys";
    assert_eq!(one(&mut *connection, on).await.as_deref(), Some("1"));
}

#[tokio::test]
async fn unknown_functions_collations_and_modules_do_not_matter_for_reading_the_schema() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let odd = "CREATE TABLE t (a, b CHECK (b > 0), c AS (lower(a)));
        CREATE INDEX i ON t (lower(a)); CREATE INDEX j ON t (a COLLATE nocase);
        CREATE VIEW v AS SELECT lower(a) FROM t;
        CREATE VIRTUAL TABLE f USING fts5(x);
        PRAGMA writable_schema = ON;
        UPDATE sqlite_schema SET sql = replace(replace(replace(replace(sql, 'lower(', 'mine('),
            'nocase', 'mine'), 'b > 0', 'mine(b)'), 'fts5', 'mine');";
    create(&path, odd).await.close().await;
    let mut connection = open(&url(&path)).await.unwrap();
    let text = "SELECT group_concat(sql) FROM sqlite_schema";
    let text = one(&mut *connection, text).await.unwrap();
    assert_eq!(text.matches("mine").count(), 6, "{text}");
}

#[tokio::test]
async fn a_text_that_is_not_utf8_is_named() {
    let mut connection = open("sqlite::memory:").await.unwrap();
    let error = connection
        .batch("SELECT CAST(x'61ff62' AS TEXT) AS note")
        .await
        .unwrap_err();
    assert!(error.message.contains("column note"), "{error}");
    assert!(error.message.contains("byte 1"), "{error}");
}

#[tokio::test]
async fn a_running_batch_can_be_cancelled_and_the_session_lives_on() {
    const ENDLESS: &str =
        "WITH RECURSIVE c(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c";
    let mut connection = open("sqlite::memory:").await.unwrap();
    let canceller = connection.canceller().unwrap();
    canceller.cancel().await.unwrap();
    let wait = tokio::time::sleep(Duration::from_millis(100));
    let (result, ()) = tokio::join!(connection.batch(ENDLESS), async {
        wait.await;
        canceller.cancel().await.unwrap();
    });
    assert_eq!(result.unwrap_err().kind, DbErrorKind::Cancelled);
    let dropped = tokio::time::timeout(Duration::from_millis(100), connection.batch(ENDLESS)).await;
    assert!(dropped.is_err());
    let one = one(&mut *connection, "SELECT 1").await;
    assert_eq!(one.as_deref(), Some("1"));
    assert_eq!(connection.place(), "sqlite::memory:");
    assert!(connection.server().starts_with("3."));
}
