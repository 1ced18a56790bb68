//! A populated file through a plan: no row, rowid, high-water mark, child row, index, trigger, view or full-text index
//! is lost.

use driftless_model::{Catalog, Dialect as Engine, Scope, Server};
use driftless_planner::{Answer, Consent, Dialect, Request, plan, read_desired, settle_all};
use driftless_sql::Sources;
use driftless_sqlite::{DEFAULT_VERSION, SQLITE};
use rusqlite::Connection;

const SERVER: Server = Server {
    dialect: Engine::Sqlite,
    version: DEFAULT_VERSION,
};

fn live(connection: &Connection) -> Catalog {
    let batch = &SQLITE.queries("", &Scope::default())[0];
    let mut answers = Vec::new();
    for sql in batch.split_inclusive(';') {
        let mut statement = connection.prepare(sql).expect("a query");
        let width = statement.column_count();
        let mut rows = statement.query([]).expect("an answer");
        let mut answer = Answer::default();
        while let Some(row) = rows.next().expect("a row") {
            let cells = (0..width).map(|i| row.get::<_, Option<String>>(i).expect("a text"));
            answer.rows.push(cells.collect());
        }
        answers.push(answer);
    }
    let mut catalog = SQLITE.decode(&answers, SERVER).expect("a catalog").catalog;
    settle_all(&SQLITE, &mut catalog);
    catalog
}

/// The script from what the connection has to what the text declares.
fn script(connection: &Connection, after: &str) -> String {
    let mut sources = Sources::default();
    let id = sources.add("after.sql", after);
    let desired = read_desired(&SQLITE, &sources, &[id], SERVER).expect("a schema");
    let consent = Consent {
        all: true,
        ..Consent::default()
    };
    let request = Request {
        dialect: &SQLITE,
        before: live(connection),
        after: desired.catalog,
        hints: desired.hints,
        scope: &Scope::default(),
        consent: &consent,
    };
    let plan = plan(request).expect("a plan");
    let mut lines = plan.frame.head.clone();
    for segment in &plan.segments {
        lines.extend(plan.frame.begin.clone());
        lines.extend(segment.steps.iter().map(|s| s.text.clone()));
        lines.extend(plan.frame.commit.clone());
    }
    lines.extend(plan.frame.tail.clone());
    if lines.is_empty() || plan.is_empty() {
        return String::new();
    }
    lines.join(";\n") + ";"
}

fn all(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(sql).expect("a query");
    let width = statement.column_count();
    let rows = statement
        .query_map([], |row| {
            let cells = (0..width).map(|i| format!("{:?}", row.get_ref(i).expect("a value")));
            Ok(cells.collect::<Vec<_>>().join("|"))
        })
        .expect("an answer");
    rows.map(|r| r.expect("a row")).collect()
}

const BEFORE: &str = "
CREATE TABLE p (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE);
CREATE TABLE c (pid INT REFERENCES p (id) ON DELETE CASCADE, n TEXT COLLATE NOCASE);
CREATE TABLE h (x TEXT);
CREATE INDEX ci ON c (n);
CREATE TRIGGER tr AFTER INSERT ON p BEGIN INSERT INTO h (x) VALUES (new.name); END;
CREATE TRIGGER th AFTER DELETE ON h BEGIN DELETE FROM p WHERE name = old.x; END;
CREATE VIEW v AS SELECT p.*, c.n FROM p JOIN c ON c.pid = p.id;
CREATE VIRTUAL TABLE f USING fts5 (x, content = 'h');";

const AFTER: &str = "
CREATE TABLE p (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL DEFAULT 'none' UNIQUE ON CONFLICT IGNORE);
CREATE TABLE c (pid INT REFERENCES p (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED, n TEXT COLLATE NOCASE);
CREATE TABLE h (x TEXT NOT NULL CHECK (h.x <> ''));
CREATE INDEX ci ON c (n);
CREATE TRIGGER tr AFTER INSERT ON p BEGIN INSERT INTO h (x) VALUES (new.name); END;
CREATE TRIGGER th AFTER DELETE ON h BEGIN DELETE FROM p WHERE name = old.x; END;
CREATE VIEW v AS SELECT p.*, c.n FROM p JOIN c ON c.pid = p.id;
CREATE VIRTUAL TABLE f USING fts5 (x, content = 'h');";

const ROWS: &str = "
INSERT INTO p (name) VALUES ('a'), ('b'), (NULL), ('gone');
DELETE FROM p WHERE name = 'gone';
DELETE FROM h;
INSERT INTO h (rowid, x) VALUES (77, 'hello world'), (99, 'again');
INSERT INTO f (f) VALUES ('rebuild');
INSERT INTO c VALUES (1, 'x'), (2, 'y');";

#[test]
fn nothing_is_lost() {
    let db = Connection::open_in_memory().expect("a database");
    db.execute_batch(BEFORE).expect("a schema");
    // `th` would empty p again.
    db.execute_batch("DROP TRIGGER th").expect("a trigger");
    db.execute_batch(ROWS).expect("rows");
    db.execute_batch(
        "CREATE TRIGGER th AFTER DELETE ON h BEGIN DELETE FROM p WHERE name = old.x; END;",
    )
    .expect("a trigger");
    db.execute_batch("PRAGMA foreign_keys = ON")
        .expect("foreign keys");
    let sql = script(&db, AFTER);
    db.execute_batch(&sql)
        .unwrap_or_else(|e| panic!("{e}\n{sql}"));
    assert_eq!(script(&db, AFTER), "", "a second plan is empty");
    assert_eq!(
        all(&db, "SELECT id, name FROM p"),
        all(&db, "VALUES (1, 'a'), (2, 'b'), (3, 'none')")
    );
    assert_eq!(
        all(&db, "SELECT pid, n FROM c"),
        all(&db, "VALUES (1, 'x'), (2, 'y')")
    );
    assert_eq!(
        all(&db, "SELECT rowid, x FROM h"),
        all(&db, "VALUES (77, 'hello world'), (99, 'again')")
    );
    assert_eq!(
        all(&db, "SELECT rowid FROM f ('hello')"),
        all(&db, "VALUES (77)")
    );
    assert_eq!(
        all(&db, "SELECT seq FROM sqlite_sequence WHERE name = 'p'"),
        all(&db, "VALUES (4)")
    );
    assert_eq!(all(&db, "SELECT count(*) FROM v"), all(&db, "VALUES (2)"));
    assert_eq!(
        all(&db, "PRAGMA integrity_check"),
        all(&db, "VALUES ('ok')")
    );
    let parts = "SELECT count(*) FROM sqlite_schema WHERE type IN ('index', 'trigger', 'view') AND name NOT LIKE 'sqlite_%'";
    assert_eq!(all(&db, parts), all(&db, "VALUES (4)"));
}

#[test]
fn a_broken_foreign_key_stops_the_script() {
    let db = Connection::open_in_memory().expect("a database");
    db.execute_batch(
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (a INT); INSERT INTO c VALUES (5);",
    )
    .expect("a schema");
    let sql = script(
        &db,
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (a INT REFERENCES p (id))",
    );
    let error = db.execute_batch(&sql).expect_err("it must stop");
    assert!(error.to_string().contains("foreign_keys_hold"), "{error}");
    db.execute_batch("ROLLBACK")
        .expect("still in its transaction");
    assert_eq!(all(&db, "SELECT a FROM c"), all(&db, "VALUES (5)"));
}
