//! A populated file through a plan: no row, rowid, high-water mark, child row, index, trigger, view or full-text index
//! is lost.

use driftless_model::{Catalog, Dialect as Engine, Scope, Server, Version};
use driftless_planner::{Consent, Dialect, Plan, Request, Rows, plan, read_desired, settle_all};
use driftless_sql::Sources;
use driftless_sqlite::{DEFAULT_VERSION, SQLITE};
use rusqlite::Connection;

const SERVER: Server = Server {
    dialect: Engine::Sqlite,
    version: DEFAULT_VERSION,
};

fn live(connection: &Connection, server: Server) -> Catalog {
    let batch = &SQLITE.queries("", &Scope::default())[0];
    let mut answers = Vec::new();
    for sql in batch.split_inclusive(';') {
        let mut statement = connection.prepare(sql).expect("a query");
        let width = statement.column_count();
        let mut rows = statement.query([]).expect("an answer");
        let mut answer = Rows::new(vec![String::new(); width]);
        while let Some(row) = rows.next().expect("a row") {
            let cells = (0..width).map(|i| row.get::<_, Option<String>>(i).expect("a text"));
            let cells: Vec<Option<String>> = cells.collect();
            answer.push(cells.iter().map(Option::as_deref));
        }
        answers.push(answer);
    }
    let mut catalog = SQLITE.decode(&answers, server).expect("a catalog").catalog;
    settle_all(&SQLITE, &mut catalog);
    catalog
}

/// The script from what the connection has to what the text declares.
fn script(connection: &Connection, after: &str) -> String {
    script_at(connection, after, SERVER)
}

fn script_at(connection: &Connection, after: &str, server: Server) -> String {
    let plan = planned(connection, after, server);
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

fn planned(connection: &Connection, after: &str, server: Server) -> Plan {
    let mut sources = Sources::default();
    let id = sources.add("after.sql", after);
    let desired = read_desired(&SQLITE, &sources, &[id], server).expect("a schema");
    let consent = Consent {
        all: true,
        ..Consent::default()
    };
    let request = Request {
        dialect: &SQLITE,
        before: live(connection, server),
        after: desired.catalog,
        hints: desired.hints,
        scope: &Scope::default(),
        consent: &consent,
    };
    plan(request).expect("a plan")
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

/// SQLite 3.53 alters constraints in place.
#[test]
fn newer_versions_rebuild_less() {
    let newer = Server {
        version: Version::new(3, 53),
        ..SERVER
    };
    let db = Connection::open_in_memory().expect("a database");
    db.execute_batch(
        "CREATE TABLE p (id INTEGER PRIMARY KEY);
         CREATE TABLE t (a, -- one
           b TEXT COLLATE NOCASE DEFAULT NULL, c NOT NULL, d,
           CONSTRAINT positive CHECK (a > 0), CONSTRAINT up FOREIGN KEY (d) REFERENCES p (id),
           CONSTRAINT \"keeps ( it\" CHECK (b <> ')'));
         INSERT INTO t VALUES (1, 'x', 2, NULL), (2, 'y', 3, NULL);",
    )
    .expect("a schema");
    let after = "CREATE TABLE p (id INTEGER PRIMARY KEY);
         CREATE TABLE t (a NOT NULL, b TEXT COLLATE NOCASE DEFAULT NULL, c, d,
           CONSTRAINT positive CHECK (a > -1), CONSTRAINT \"keeps ( it\" CHECK (b <> ')'),
           CHECK (c BETWEEN 1 AND 9), CONSTRAINT \"a b\" CHECK (a < c))";
    let sql = script_at(&db, after, newer);
    let altered = sql.lines().filter(|l| l.starts_with("ALTER TABLE")).count();
    assert!(!sql.contains("DROP TABLE") && altered == 7, "{sql}");
    db.execute_batch(&sql)
        .unwrap_or_else(|e| panic!("{e}\n{sql}"));
    assert_eq!(script_at(&db, after, newer), "", "a second plan is empty");
    assert!(script(&db, "CREATE TABLE t (a)").contains("DROP TABLE t"));
    let empty = "INSERT INTO t VALUES (NULL, 'x', 1, 1)";
    assert!(db.execute_batch(empty).is_err());

    // Rows that have no value yet need the rebuild, which gives them one.
    db.execute_batch("DROP TABLE t; CREATE TABLE t (a, b)")
        .expect("a schema");
    for after in [
        "CREATE TABLE t (a NOT NULL DEFAULT 1, b)",
        "CREATE TABLE t (a, b UNIQUE)",
        "CREATE TABLE t (a NOT NULL ON CONFLICT IGNORE, b)",
    ] {
        let sql = script_at(&db, after, newer);
        assert!(sql.contains("DROP TABLE t"), "{sql}");
    }
}

/// What a STRICT column takes is asked of each value as SQLite itself answers.
#[test]
fn demands_count_what_the_engine_refuses() {
    let values = [
        "NULL",
        "1",
        "-7",
        "2.0",
        "2.5",
        "1e300",
        "9223372036854775807",
        "9.3e18",
        "''",
        "'x'",
        "'12'",
        "' 12 '",
        "'12abc'",
        "'1.0'",
        "'1.5'",
        "'1e3'",
        "'0x10'",
        "'9223372036854775808'",
        "x'31'",
        "x''",
        "'+5'",
        "'.5'",
        "'1_000'",
    ];
    for ty in ["INT", "INTEGER", "REAL", "TEXT", "BLOB", "ANY"] {
        for was in ["", "TEXT", "NUMERIC", "REAL"] {
            for value in values {
                let db = Connection::open_in_memory().expect("a database");
                db.execute_batch(&format!(
                    "CREATE TABLE t (a {was}); INSERT INTO t VALUES ({value}); CREATE TABLE n (a {ty}) STRICT;"
                ))
                .expect("a schema");
                let refused = db.execute_batch("INSERT INTO n SELECT a FROM t").is_err();
                let after =
                    format!("CREATE TABLE t (a {ty}) STRICT; CREATE TABLE n (a {ty}) STRICT");
                let counted = demands(&db, &after)
                    .iter()
                    .any(|query| all(&db, query) != all(&db, "VALUES (0)"));
                assert_eq!(counted, refused, "{value} in {was:?} as {ty}");
            }
        }
    }
}

#[test]
fn demands_count_rows() {
    let cases = [
        ("a NOT NULL, b", 1),
        ("a UNIQUE, b", 2),
        ("a PRIMARY KEY COLLATE NOCASE, b", 3),
        ("a, b CHECK (b < 3)", 3),
        ("a, b REFERENCES p (id)", 3),
        ("a, b, c NOT NULL", 5),
    ];
    for (columns, rows) in cases {
        let db = Connection::open_in_memory().expect("a database");
        db.execute_batch(
            "CREATE TABLE p (id INTEGER PRIMARY KEY); INSERT INTO p VALUES (1), (2);
             CREATE TABLE t (a, b); INSERT INTO t VALUES ('x', 1), ('x', 2), ('X', 3), (NULL, 4), ('y', 5);",
        )
        .expect("a schema");
        let after = format!("CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t ({columns})");
        let queries = demands(&db, &after);
        let counted: Vec<_> = queries.iter().map(|q| all(&db, q)).collect();
        assert_eq!(
            counted,
            [all(&db, &format!("VALUES ({rows})"))],
            "{columns}"
        );
    }
}

/// The queries that count what a plan to the text does not take.
fn demands(connection: &Connection, after: &str) -> Vec<String> {
    let steps = planned(connection, after, SERVER).segments;
    let steps = steps.into_iter().flat_map(|s| s.steps);
    steps
        .flat_map(|s| s.facts.demands)
        .filter_map(|d| d.count)
        .collect()
}

#[test]
fn what_analyze_gathered_stays() {
    let db = Connection::open_in_memory().expect("a database");
    db.execute_batch(
        "CREATE TABLE T (a INTEGER PRIMARY KEY, b TEXT UNIQUE, c INT);
         CREATE INDEX i ON t (c);
         INSERT INTO t VALUES (1, 'x', 2), (2, 'y', 2);
         ANALYZE;",
    )
    .expect("a schema");
    let gathered = all(&db, "SELECT tbl, idx, stat FROM sqlite_stat1 ORDER BY 1, 2");
    assert_eq!(gathered.len(), 2);
    let after =
        "CREATE TABLE T (a INTEGER PRIMARY KEY, b TEXT UNIQUE, c TEXT); CREATE INDEX i ON t (c);";
    let sql = script(&db, after);
    assert!(sql.contains("driftless_new_T"), "{sql}");
    db.execute_batch(&sql)
        .unwrap_or_else(|e| panic!("{e}\n{sql}"));
    assert_eq!(
        all(&db, "SELECT tbl, idx, stat FROM sqlite_stat1 ORDER BY 1, 2"),
        gathered
    );
}

#[test]
fn rows_of_virtual_tables_are_taken_over() {
    let db = Connection::open_in_memory().expect("a database");
    db.execute_batch(
        "CREATE VIRTUAL TABLE notes USING fts5 (title, body);
         CREATE VIRTUAL TABLE older USING fts4 (a, b);
         CREATE VIRTUAL TABLE boxes USING rtree (id, x0, x1, +note TEXT);
         CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT);
         CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO notes (rowid, title) VALUES (new.a, new.b); END;
         INSERT INTO t VALUES (5, 'cats running');
         INSERT INTO older (docid, a, b) VALUES (77, 'alpha', 'beta');
         INSERT INTO boxes VALUES (3, 1, 2, 'n');",
    )
    .expect("a schema");
    let after = "CREATE VIRTUAL TABLE notes USING fts5 (title, tags, tokenize = 'porter');
         CREATE VIRTUAL TABLE older USING fts5 (a, b, c);
         CREATE VIRTUAL TABLE boxes USING rtree (id, x0, x1, +note TEXT, +more TEXT);
         CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT);
         CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO notes (rowid, title) VALUES (new.a, new.b); END;";
    let losses: Vec<String> = planned(&db, after, SERVER)
        .steps()
        .flat_map(|s| &s.facts.losses)
        .map(|l| format!("{} {}", l.code, l.object))
        .collect();
    assert_eq!(losses, ["D0202 notes.body"]);
    let sql = script(&db, after);
    db.execute_batch(&sql)
        .unwrap_or_else(|e| panic!("{e}\n{sql}"));
    assert_eq!(script(&db, after), "", "a second plan is empty");
    db.execute_batch("INSERT INTO t VALUES (6, 'a dog')")
        .expect("the trigger finds the new table");
    let found = |sql: &str| all(&db, sql);
    assert_eq!(
        found("SELECT rowid, title FROM notes ORDER BY 1"),
        found("VALUES (5, 'cats running'), (6, 'a dog')")
    );
    assert_eq!(found("SELECT rowid FROM notes ('run')"), found("SELECT 5"));
    assert_eq!(
        found("SELECT rowid, a, b FROM older ('alpha')"),
        found("SELECT 77, 'alpha', 'beta'")
    );
    assert_eq!(
        found("SELECT * FROM boxes WHERE x0 < 2"),
        found("SELECT 3, 1.0, 2.0, 'n', NULL")
    );
}

/// What nobody can bring back is not taken down with the table.
#[test]
fn a_rebuild_beside_what_is_not_understood_is_refused() {
    let answer = |columns: usize, rows: &[&[&str]]| {
        let mut out = Rows::new(vec![String::new(); columns]);
        for row in rows {
            out.push(row.iter().map(|cell| Some(*cell)));
        }
        out
    };
    let answers = [
        answer(
            4,
            &[
                &["table", "t", "CREATE TABLE t (a INT, b TEXT)", "t"],
                &["trigger", "tr", "CREATE TRIGGER tr SOMEHOW ON t", "t"],
            ],
        ),
        answer(1, &[]),
        answer(1, &[]),
    ];
    let after = |text: &str| {
        let mut before = SQLITE.decode(&answers, SERVER).expect("a catalog").catalog;
        settle_all(&SQLITE, &mut before);
        let mut sources = Sources::default();
        let id = sources.add("after.sql", text);
        let desired = read_desired(&SQLITE, &sources, &[id], SERVER).expect("a schema");
        plan(Request {
            dialect: &SQLITE,
            before,
            after: desired.catalog,
            hints: desired.hints,
            scope: &Scope::default(),
            consent: &Consent {
                all: true,
                ..Consent::default()
            },
        })
    };
    let refused = |text: &str| {
        let problems = after(text).expect_err("refused").0;
        assert_eq!(problems[0].code, "D0402", "{problems:?}");
        assert!(problems[0].message.contains("tr is on it"), "{problems:?}");
    };
    refused("CREATE TABLE t (a INT, b INT);");
    refused("CREATE TABLE u (a INT);");
    // In place it stays.
    assert!(after("CREATE TABLE t (a INT, b TEXT, c INT);").is_ok());
}
