//! The cases.

pub const ROUND_TRIPS: &[&str] = &[
    "CREATE TABLE t (a)",
    "create table T ([a b] UNSIGNED BIG INT(10,-2) not null on conflict fail default -1, `c` text collate nocase)",
    "CREATE TABLE t (id INTEGER PRIMARY KEY ON CONFLICT ABORT AUTOINCREMENT, b INT CONSTRAINT u UNIQUE ON CONFLICT IGNORE)",
    "CREATE TABLE t (id INTEGER PRIMARY KEY DESC)",
    "CREATE TABLE t (a INT, b INT, PRIMARY KEY (a DESC, b COLLATE rtrim) ON CONFLICT REPLACE) WITHOUT ROWID, STRICT",
    "CREATE TABLE t (a INT, CHECK (a > 0) ON CONFLICT FAIL CONSTRAINT x CHECK (a <> 3) UNIQUE (a))",
    "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (a INT REFERENCES p ON DELETE SET NULL ON UPDATE CASCADE MATCH FULL DEFERRABLE INITIALLY DEFERRED, FOREIGN KEY (a) REFERENCES p (id) NOT DEFERRABLE)",
    "CREATE TABLE t (a INT, g INT GENERATED ALWAYS AS (a + 1) STORED, h AS (a || 'x'))",
    "CREATE TABLE t (a DEFAULT (datetime('now')), b DEFAULT CURRENT_TIMESTAMP, c DEFAULT x'0f', d DEFAULT +1.5, e DEFAULT 'it''s', f DEFAULT \"x\")",
    "CREATE TABLE t (a, \"select\", [from]); CREATE UNIQUE INDEX i ON t (\"select\" COLLATE nocase DESC, lower(a) || 'x' ASC, a + 1) WHERE [from] IS NOT NULL",
    "CREATE TABLE t (a, b); CREATE VIEW v (x, y) AS WITH w AS (SELECT a, b FROM t) SELECT * FROM w -- a comment\n WHERE a = 1",
    "CREATE TABLE t (a, b); CREATE VIEW v AS SELECT a FROM t; CREATE TRIGGER g INSTEAD OF UPDATE OF a, b ON v FOR EACH ROW WHEN new.a > CASE old.a WHEN 1 THEN 2 ELSE 3 END BEGIN UPDATE t SET a = CASE WHEN 1 THEN 2 END; DELETE FROM t; END",
    "CREATE VIRTUAL TABLE f USING fts4(body TEXT, tokenize=unicode61 \"tokenchars=.=\" \"separators=X\")",
    "CREATE TABLE t (a, b); ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME COLUMN a TO \"c d\"; ALTER TABLE u ADD COLUMN e INT DEFAULT 3 CHECK (e > 0); ALTER TABLE u DROP COLUMN b",
];

pub const SAME: &[(&str, &str)] = &[
    (
        "CREATE TABLE t (a INT)",
        "CREATE TABLE main.\"T\" ([A] int)",
    ),
    (
        "CREATE TABLE t (a VARCHAR(10))",
        "CREATE TABLE t (a varchar ( 10 ))",
    ),
    (
        "CREATE TABLE t (a DEFAULT 0)",
        "CREATE TABLE t (a DEFAULT (0))",
    ),
    (
        "CREATE TABLE t (a INT PRIMARY KEY)",
        "CREATE TABLE t (a INT, PRIMARY KEY (a))",
    ),
    ("CREATE TABLE t (a, b)", "CREATE TABLE t (b, a)"),
    (
        "CREATE TABLE t (a CHECK (a > 0))",
        "CREATE TABLE t (a, CHECK ((a)>0))",
    ),
    (
        "CREATE TABLE t (a, CHECK (a == 1 AND a != 2))",
        "CREATE TABLE t (a, CHECK (t.a = 1 AND a <> 2))",
    ),
    (
        "CREATE TABLE t (a REFERENCES t)",
        "CREATE TABLE t (a, FOREIGN KEY (a) REFERENCES t)",
    ),
    (
        "CREATE TABLE t (a); CREATE INDEX i ON t (a)",
        "CREATE TABLE t (a); CREATE INDEX IF NOT EXISTS i ON t ([a] ASC)",
    ),
    (
        "CREATE TABLE t (a); CREATE INDEX i ON t (a) WHERE a NOTNULL",
        "CREATE TABLE t (a); CREATE INDEX i ON t (a) WHERE (a IS NOT NULL)",
    ),
    (
        "CREATE TABLE t (a); CREATE VIEW v AS SELECT a FROM t",
        "CREATE VIEW v AS select\n a /* x */ from t; CREATE TABLE t (a)",
    ),
    (
        "CREATE TABLE t (a); CREATE TRIGGER g INSERT ON t BEGIN SELECT 1; END",
        "CREATE TABLE t (a); CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW BEGIN select 1 ; END",
    ),
    (
        "CREATE TABLE t (a TEXT PRIMARY KEY) WITHOUT ROWID",
        "CREATE TABLE t (a TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID",
    ),
];

pub const DIFFERENT: &[(&str, &str)] = &[
    ("CREATE TABLE t (a INT)", "CREATE TABLE t (a INTEGER)"),
    (
        "CREATE TABLE t (a VARCHAR(10))",
        "CREATE TABLE t (a VARCHAR(20))",
    ),
    ("CREATE TABLE t (a INT)", "CREATE TABLE t (a INT) STRICT"),
    (
        "CREATE TABLE t (a DEFAULT 0)",
        "CREATE TABLE t (a DEFAULT '0')",
    ),
    (
        "CREATE TABLE t (a DEFAULT 1)",
        "CREATE TABLE t (a DEFAULT 1.0)",
    ),
    (
        "CREATE TABLE t (id INTEGER PRIMARY KEY)",
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT)",
    ),
    (
        "CREATE TABLE t (id INTEGER PRIMARY KEY DESC)",
        "CREATE TABLE t (id INTEGER, PRIMARY KEY (id DESC))",
    ),
    (
        "CREATE TABLE t (a UNIQUE)",
        "CREATE TABLE t (a UNIQUE ON CONFLICT IGNORE)",
    ),
    (
        "CREATE TABLE t (a TEXT)",
        "CREATE TABLE t (a TEXT COLLATE NOCASE)",
    ),
    (
        "CREATE TABLE t (a NOT NULL)",
        "CREATE TABLE t (a NOT NULL ON CONFLICT REPLACE)",
    ),
    (
        "CREATE TABLE t (a REFERENCES t)",
        "CREATE TABLE t (a REFERENCES t DEFERRABLE INITIALLY DEFERRED)",
    ),
    (
        "CREATE TABLE t (a, CHECK (a = \"x\"))",
        "CREATE TABLE t (a, CHECK (a = \"X\"))",
    ),
    (
        "CREATE TABLE t (a, b AS (a + 1))",
        "CREATE TABLE t (a, b AS (a + 1) STORED)",
    ),
    (
        "CREATE TABLE t (a); CREATE INDEX i ON t (a)",
        "CREATE TABLE t (a); CREATE INDEX i ON t (a COLLATE NOCASE)",
    ),
    (
        "CREATE TABLE t (a); CREATE INDEX i ON t (a) WHERE a = 1",
        "CREATE TABLE t (a); CREATE INDEX i ON t (a) WHERE a = '1'",
    ),
    (
        "CREATE TABLE t (a); CREATE TRIGGER g INSERT ON t BEGIN SELECT 'a'; END",
        "CREATE TABLE t (a); CREATE TRIGGER g INSERT ON t BEGIN SELECT 'A'; END",
    ),
    (
        "CREATE TABLE t (a); CREATE VIEW v AS SELECT a FROM t",
        "CREATE TABLE t (a); CREATE VIEW v AS SELECT a AS b FROM t",
    ),
];

pub const MISTAKES: &[(&str, &str)] = &[
    ("CREATE TABLE t (a INT", "D0101"),
    ("CREATE TABLE t (a INT,)", "D0101"),
    ("CREATE TABLE t (a INT CHECK ())", "D0101"),
    ("CREATE TABLE t (a, A)", "D0304"),
    ("CREATE TABLE t (a); CREATE VIEW t AS SELECT 1", "D0304"),
    ("CREATE TABLE t (a PRIMARY KEY, b PRIMARY KEY)", "D0304"),
    ("CREATE TABLE t (a VARCHAR) STRICT", "D0301"),
    ("CREATE TABLE t (a) WITHOUT ROWID", "D0305"),
    ("CREATE TABLE t (a TEXT PRIMARY KEY AUTOINCREMENT)", "D0305"),
    ("CREATE TABLE t (a, CHECK (b > 0))", "D0303"),
    ("CREATE TABLE t (a, UNIQUE (b))", "D0303"),
    ("CREATE INDEX i ON t (a)", "D0302"),
    ("CREATE TABLE t (a); CREATE INDEX i ON t (b)", "D0303"),
    ("CREATE TRIGGER g INSERT ON t BEGIN SELECT 1; END", "D0302"),
    ("CREATE TEMP TABLE t (a)", "D0003"),
    ("CREATE TABLE other.t (a)", "D0003"),
    ("CREATE TABLE t AS SELECT 1", "D0003"),
    ("ATTACH 'x.db' AS x", "D0102"),
    (".read other.sql", "D0102"),
];

pub const IGNORED: &[&str] = &[
    "INSERT INTO t VALUES (1)",
    "WITH a AS (SELECT 1) DELETE FROM t",
    "PRAGMA main.foreign_keys = ON",
    "PRAGMA journal_mode(wal)",
    "BEGIN TRANSACTION; COMMIT",
    "SELECT 1",
    "ANALYZE t; VACUUM",
    ".headers on",
    "CREATE TABLE sqlite_sequence(name,seq)",
    "CREATE TABLE IF NOT EXISTS 'f_data'(id INTEGER PRIMARY KEY, block BLOB)",
    "CREATE TABLE IF NOT EXISTS \"r_node\"(nodeno INTEGER PRIMARY KEY,data)",
];
