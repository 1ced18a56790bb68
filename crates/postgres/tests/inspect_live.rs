//! Inspection of live servers: one object of each kind, everything that is not modelled, and a role with no rights.
//!
//! Neighbours: `src/inspect/tests.rs` holds what needs no server.

use driftless_driver_postgres::PostgresDriver;
use driftless_model::{Catalog, Kind, Scope};
use driftless_planner::{Dialect, Inspected};
use driftless_postgres::POSTGRES;
use driftless_runtime::{ConnectOptions, Driver};
use driftless_testkit::{Engine, engine};

const SCHEMA: &str = r#"
CREATE SCHEMA "Odd ""S";
CREATE TYPE mood AS ENUM ('sad', 'o''k', '"x"');
CREATE DOMAIN pos AS numeric(10,2) DEFAULT 1 NOT NULL CONSTRAINT pos_ck CHECK (VALUE > 0);
CREATE TYPE pair AS (a integer, b mood[], c text COLLATE "C");
CREATE SEQUENCE sq AS integer START 5 INCREMENT 2 CACHE 3 CYCLE;
CREATE FUNCTION add(a integer, b integer DEFAULT 1, OUT c bigint) LANGUAGE plpgsql STABLE STRICT SECURITY DEFINER COST 7
  SET search_path TO public, pg_temp SET "TimeZone" TO 'UTC' AS $$begin c := a + b; end$$;
CREATE FUNCTION tab(x char(3)) RETURNS TABLE (y mood, z public.pair) LANGUAGE sql ROWS 5 AS 'select null::mood, null::pair';
CREATE FUNCTION atom(x integer) RETURNS integer LANGUAGE sql IMMUTABLE RETURN x + 1;
CREATE PROCEDURE pr(INOUT a integer, VARIADIC b text[]) LANGUAGE plpgsql AS $$begin null; end$$;
CREATE TABLE t (
  id bigint GENERATED ALWAYS AS IDENTITY (START 10), s serial, m mood DEFAULT 'sad', p pair, d pos, r int4range, j jsonb,
  n varchar(20) COLLATE "C" NOT NULL, g integer GENERATED ALWAYS AS (s + 1) STORED,
  CONSTRAINT t_pk PRIMARY KEY (id) INCLUDE (s) WITH (fillfactor = 80), CONSTRAINT t_ck CHECK (s > 0) NO INHERIT,
  CONSTRAINT t_u UNIQUE (n, s) DEFERRABLE INITIALLY DEFERRED, CONSTRAINT t_x EXCLUDE USING gist (r WITH &&) WHERE (s > 0)
) WITH (fillfactor = 70, toast.autovacuum_enabled = false);
ALTER TABLE t ALTER j SET STORAGE external, ALTER n SET STATISTICS 55, ALTER n SET (n_distinct = 5);
CREATE TABLE u (id bigint, tid bigint);
ALTER TABLE u ADD CONSTRAINT u_fk FOREIGN KEY (tid) REFERENCES t (id) MATCH FULL ON DELETE SET NULL ON UPDATE CASCADE NOT VALID;
CREATE INDEX t_i ON t (lower(n) DESC, s NULLS FIRST, (s + 1)) INCLUDE (id) WHERE s > 5;
CREATE INDEX t_i2 ON t (n text_pattern_ops, (lower(n)) COLLATE "POSIX");
CREATE TABLE parts (k integer PRIMARY KEY, v text, CHECK (k > 0)) PARTITION BY RANGE (k);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (1) TO (10);
CREATE TABLE parts_d PARTITION OF parts DEFAULT;
CREATE INDEX parts_v ON parts (v);
INSERT INTO parts SELECT i, 'x' FROM generate_series(1, 1000) i;
CREATE TABLE kid (extra text) INHERITS (u);
CREATE VIEW v WITH (security_barrier) AS SELECT id, n FROM t WHERE s > 1 WITH LOCAL CHECK OPTION;
CREATE MATERIALIZED VIEW mv AS SELECT count(*) AS c FROM t WITH NO DATA;
CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS $$begin return new; end$$;
CREATE TRIGGER tr BEFORE UPDATE OF n, s OR INSERT ON t FOR EACH ROW WHEN (new.s > 0) EXECUTE FUNCTION tf('a', 'it''s');
ALTER TABLE t ENABLE ALWAYS TRIGGER tr;
CREATE CONSTRAINT TRIGGER ctr AFTER DELETE ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tf();
CREATE TRIGGER trr AFTER UPDATE ON u REFERENCING OLD TABLE AS o NEW TABLE AS nn FOR EACH STATEMENT EXECUTE FUNCTION tf();
CREATE TRIGGER trp AFTER INSERT ON parts FOR EACH ROW EXECUTE FUNCTION tf();
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
CREATE POLICY pol ON t AS RESTRICTIVE FOR SELECT TO PUBLIC USING (s > 0);
ALTER TABLE u REPLICA IDENTITY FULL;
COMMENT ON COLUMN t.n IS 'cc';
COMMENT ON CONSTRAINT t_ck ON t IS 'kc';
COMMENT ON TRIGGER tr ON t IS 'trc';
COMMENT ON POLICY pol ON t IS 'pc';
COMMENT ON COLUMN v.n IS 'vc';
COMMENT ON INDEX t_i IS 'ic';
COMMENT ON TYPE mood IS 'mc';
COMMENT ON SCHEMA "Odd ""S" IS 'sc';
GRANT SELECT ON t TO PUBLIC;
GRANT UPDATE (n) ON t TO PUBLIC;
REVOKE EXECUTE ON FUNCTION tf() FROM PUBLIC;
CREATE TABLE "Odd ""S"."T ""x" ("C ""y" integer UNIQUE);
"#;

const LEFTOVERS: &str = r#"
CREATE AGGREGATE agg(integer) (SFUNC = int4pl, STYPE = integer);
CREATE STATISTICS st ON s, g FROM t;
CREATE RULE ru AS ON INSERT TO u DO ALSO NOTHING;
CREATE TYPE ra AS RANGE (subtype = float8);
CREATE PUBLICATION pb FOR TABLE ONLY u;
CREATE OPERATOR === (LEFTARG = integer, RIGHTARG = integer, FUNCTION = int4eq);
CREATE COLLATION co FROM "C";
ALTER TABLE t CLUSTER ON t_i2;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO PUBLIC;
CREATE FOREIGN DATA WRAPPER w;
CREATE SERVER srv FOREIGN DATA WRAPPER w;
CREATE FOREIGN TABLE ft (a integer) SERVER srv;
CREATE USER MAPPING FOR PUBLIC SERVER srv;
CREATE TEXT SEARCH CONFIGURATION tsc (COPY = simple);
CREATE CAST (mood AS integer) WITH INOUT;
ALTER INDEX t_i ALTER COLUMN 1 SET STATISTICS 9;
ALTER TABLE parts_1 DISABLE TRIGGER trp;
"#;

fn inspect(url: &str) -> Inspected {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (version, answers) = runtime.block_on(async {
        let options = ConnectOptions::default();
        let mut connection = PostgresDriver.connect(url, &options).await.unwrap();
        let version = connection.server().to_owned();
        let mut answers = Vec::new();
        for batch in POSTGRES.queries(&version, &Scope::default()) {
            answers.extend(connection.batch(&batch).await.unwrap());
        }
        connection.close().await;
        (version, answers)
    });
    let server = POSTGRES.server(&version).unwrap();
    POSTGRES.decode(&answers, server).unwrap()
}

/// `kind name` → everything about it.
fn told(catalog: &Catalog, name: &str) -> String {
    catalog
        .objects
        .iter()
        .find(|(id, _)| format!("{} {id}", id.kind.noun()) == name)
        .map_or_else(|| panic!("there is no {name}"), |(_, o)| format!("{o:?}"))
}

/// What must stand in the debug text of an object.
const EXPECTED: &[(&str, &[&str])] = &[
    ("schema \"Odd \"\"S\"", &[r#"comment: Some("sc")"#]),
    ("schema public", &["grants: None"]),
    (
        "enum mood",
        &[
            r#"values: ["sad", "o'k", "\"x\""]"#,
            r#"comment: Some("mc")"#,
            "grants: None",
        ],
    ),
    (
        "domain pos",
        &[
            r#"text: "numeric(10,2)""#,
            "not_null: true",
            r#"name: "pos_ck""#,
            r#"written: "(VALUE > (0)::numeric)""#,
        ],
    ),
    (
        "composite type pair",
        &[
            r#"text: "public.mood[]", target: Some(ObjectId { schema: "public", owner: None, kind: Enum"#,
            r#"collation: Some("\"C\"")"#,
        ],
    ),
    (
        "sequence sq",
        &[
            r#"ty: "integer", start: Some(5), increment: Some(2), min: Some(1), max: Some(2147483647), cache: Some(3), cycle: true"#,
            "owned_by: None",
        ],
    ),
    (
        "sequence t_s_seq",
        &[r#"kind: Table, name: "t", args: None }, member: Some("s")"#],
    ),
    (
        "function add(integer, integer)",
        &[
            r#"cost: Some("7")"#,
            r#"settings: [("search_path", "public, pg_temp"), ("timezone", "UTC")]"#,
            r#"mode: "out""#,
            r#"default: Some(SqlText { written: "1""#,
            "security_definer: true",
        ],
    ),
    (
        "function tab(bpchar)",
        &[
            "returns: None, returns_set: true",
            r#"rows: Some("5")"#,
            r#"mode: "table", name: Some("z")"#,
        ],
    ),
    (
        "function atom(integer)",
        &[r#"body: """#, r#"written: "RETURN (x + 1)""#],
    ),
    ("function tf()", &["grants: Some([])"]),
    (
        "procedure pr(integer, text[])",
        &["returns: None", r#"mode: "variadic""#],
    ),
    (
        "table t",
        &[
            r#"identity: Some(Identity { always: true, sequence: Sequence { ty: "bigint", start: Some(10)"#,
            r#"written: "nextval('public.t_s_seq'::regclass)""#,
            r#"generated: Some(Generated { expr: SqlText { written: "(s + 1)""#,
            r#"storage: Some("external")"#,
            r#"comment: Some("cc")"#,
            "statistics: Some(55)",
            r#"options: {"fillfactor": "70", "toast.autovacuum_enabled": "false"}"#,
            "row_security: true",
            r#"cluster: Some("t_i2")"#,
            r#"grants: Some([Grant { role: "", privilege: "SELECT", grantable: false, column: None }, Grant { role: "", privilege: "UPDATE", grantable: false, column: Some("n") }])"#,
        ],
    ),
    ("table u", &[r#"replica_identity: Some("full")"#]),
    (
        "table kid",
        &[
            r#"name: "tid""#,
            "inherited: true",
            "inherited: false",
            r#"inherits: [ObjectId { schema: "public", owner: None, kind: Table, name: "u""#,
        ],
    ),
    (
        "table parts",
        &[r#"partition_by: Some(SqlText { written: "RANGE (k)""#],
    ),
    (
        "table parts_1",
        &[r#"written: "FOR VALUES FROM (1) TO (10)""#],
    ),
    ("table parts_d", &[r#"written: "DEFAULT""#]),
    (
        "constraint t.t_pk",
        &[r#"include: ["s"]"#, r#"options: {"fillfactor": "80"}"#],
    ),
    (
        "constraint t.t_ck",
        &["no_inherit: true", r#"comment: Some("kc")"#],
    ),
    (
        "constraint t.t_u",
        &["deferrable: true, initially_deferred: true"],
    ),
    (
        "constraint t.t_x",
        &[
            r#"operator: "&&""#,
            r#"method: "gist""#,
            r#"filter: Some(SqlText { written: "(s > 0)""#,
        ],
    ),
    (
        "constraint u.u_fk",
        &[
            r#"on_delete: "set null", on_update: "cascade", match_kind: "full""#,
            "validated: false",
        ],
    ),
    ("constraint parts.parts_k_check", &[r#"written: "(k > 0)""#]),
    (
        "index t_i",
        &[
            r#"written: "lower((n)::text)""#,
            "descending: true, nulls_first: true",
            r#"written: "(s + 1)""#,
            r#"include: ["id"]"#,
            r#"comment: Some("ic")"#,
        ],
    ),
    (
        "index t_i2",
        &[
            r#"opclass: Some("text_pattern_ops")"#,
            r#"collation: Some("\"POSIX\"")"#,
        ],
    ),
    (
        "view v",
        &[
            r#"output: [("id", Some("bigint")), ("n", Some("character varying(20)"))]"#,
            r#"options: {"security_barrier": "true"}, check_option: Some("local")"#,
        ],
    ),
    (
        "materialized view mv",
        &["populated: false", "FROM public.t\""],
    ),
    (
        "trigger t.tr",
        &[
            r#"events: [Insert, Update(["n", "s"])]"#,
            r#"written: "(new.s > 0)""#,
            r#"arguments: ["a", "it's"]"#,
            "enabled: 'A'",
        ],
    ),
    (
        "trigger t.ctr",
        &["constraint: true, deferrable: true, initially_deferred: true"],
    ),
    (
        "trigger u.trr",
        &[r#"transition: (Some("o"), Some("nn"))"#, "each_row: false"],
    ),
    (
        "rule u.ru",
        &[r#"event: "insert", condition: None, instead: false, actions: [], enabled: 'O'"#],
    ),
    (
        "statistics st",
        &[
            r#"kinds: ["ndistinct", "dependencies", "mcv"]"#,
            r#"written: "g""#,
            r#"written: "s""#,
        ],
    ),
    (
        "range type ra",
        &[r#"key: "subtype", name: "", values: [Type(TypeRef { text: "double precision""#],
    ),
    (
        "operator ===(integer, integer)",
        &[r#"name: "int4eq""#, r#"key: "leftarg""#],
    ),
    (
        "collation co",
        &[r#"values: [Word("libc")]"#, r#"key: "locale""#],
    ),
    (
        "cast (public.mood AS integer)",
        &[r#"values: [Word("inout")]"#],
    ),
    (
        "text search configuration tsc",
        &[r#"key: "mapping", name: "asciihword""#],
    ),
    (
        "table ft",
        &[
            r#"foreign: Some(Foreign { server: ObjectId { schema: "", owner: None, kind: Server, name: "srv""#,
        ],
    ),
    ("server srv", &[r#"kind: ForeignDataWrapper, name: "w""#]),
    (
        "user mapping public(srv)",
        &[r#"kind: Server, name: "srv""#],
    ),
    ("publication pb", &[r#"key: "table", name: "public.u""#]),
    (
        "policy t.pol",
        &[
            r#"command: "select", permissive: false, roles: ["public"]"#,
            r#"comment: Some("pc")"#,
        ],
    ),
    (
        "constraint \"Odd \"\"S\".\"T \"\"x\".\"T \"\"x_C \"\"y_key\"",
        &[r#"column: "C \"y""#],
    ),
];

const NAMED: &[&str] = &["state of a partition's trigger trp on parts_1"];

#[test]
fn every_kind_is_decoded_or_named() {
    let Ok(Engine::Postgres(server)) = engine("postgres") else {
        return;
    };
    let database = server.fresh_database("inspect").unwrap();
    database.query(SCHEMA).unwrap();
    database.query(LEFTOVERS).unwrap();
    let inspected = inspect(database.url());
    for (name, parts) in EXPECTED {
        let text = told(&inspected.catalog, name);
        for part in *parts {
            assert!(text.contains(part), "{name} does not say {part}: {text}");
        }
    }
    let count = inspected
        .catalog
        .objects
        .keys()
        .filter(|id| format!("{id}").contains("parts_"))
        .count();
    // Two partitions, the parent's check, key and index; none of the copies that the server made.
    assert_eq!(count, 5);
    let named: Vec<String> = inspected
        .catalog
        .unmodelled
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(named.len(), NAMED.len(), "{named:#?}");
    for (name, expected) in named.iter().zip(NAMED) {
        assert!(name.starts_with(expected), "{name} is not {expected}");
    }
    let sizes = &inspected.observed.sizes;
    let of = |name: &str| {
        sizes
            .iter()
            .find(|(id, _)| id.to_string() == name)
            .unwrap()
            .1
    };
    assert!(of("parts").0 > 100 && of("parts").1 == of("parts_1").1 + of("parts_d").1);
    driftless_testkit::engine::ran_live("inspection of every kind");
}

/// What the entries of a dump's list are called, and the kinds that stand for them.
const ENTRIES: &[(&str, &[Kind])] = &[
    ("AGGREGATE", &[Kind::Aggregate]),
    ("CAST", &[Kind::Cast]),
    ("CHECK CONSTRAINT", &[Kind::Constraint]),
    ("COLLATION", &[Kind::Collation]),
    ("CONSTRAINT", &[Kind::Constraint]),
    ("CONVERSION", &[Kind::Conversion]),
    ("DOMAIN", &[Kind::Domain]),
    ("EVENT TRIGGER", &[Kind::EventTrigger]),
    ("EXTENSION", &[Kind::Extension]),
    ("FK CONSTRAINT", &[Kind::Constraint]),
    ("FOREIGN DATA WRAPPER", &[Kind::ForeignDataWrapper]),
    ("FOREIGN TABLE", &[Kind::Table]),
    ("FUNCTION", &[Kind::Function]),
    ("INDEX", &[Kind::Index]),
    ("MATERIALIZED VIEW", &[Kind::MaterializedView]),
    ("OPERATOR", &[Kind::Operator]),
    ("OPERATOR CLASS", &[Kind::OperatorClass]),
    ("OPERATOR FAMILY", &[Kind::OperatorFamily]),
    ("POLICY", &[Kind::Policy]),
    ("PROCEDURE", &[Kind::Procedure]),
    ("PUBLICATION", &[Kind::Publication]),
    ("PUBLICATION TABLE", &[Kind::Publication]),
    ("ROW SECURITY", &[Kind::Table]),
    ("RULE", &[Kind::Rule]),
    ("SCHEMA", &[Kind::Schema]),
    ("SEQUENCE", &[Kind::Sequence, Kind::Table]),
    ("SERVER", &[Kind::Server]),
    ("STATISTICS", &[Kind::Statistics]),
    ("TABLE", &[Kind::Table]),
    ("TABLE ATTACH", &[Kind::Table]),
    (
        "TEXT SEARCH CONFIGURATION",
        &[Kind::TextSearchConfiguration],
    ),
    ("TRIGGER", &[Kind::Trigger]),
    (
        "TYPE",
        &[Kind::Enum, Kind::Composite, Kind::Range, Kind::BaseType],
    ),
    ("USER MAPPING", &[Kind::UserMapping]),
    ("VIEW", &[Kind::View]),
];

/// Entries that say something of an object of another entry.
const QUALITIES: &[&str] = &[
    "ACL",
    "COMMENT",
    "DEFAULT",
    "DEFAULT ACL",
    "INDEX ATTACH",
    "SEQUENCE OWNED BY",
];

#[test]
fn every_entry_of_a_dump_is_modelled_or_named() {
    let Ok(Engine::Postgres(server)) = engine("postgres") else {
        return;
    };
    let Some(dump) = server.pg_dump_path() else {
        return;
    };
    let database = server.fresh_database("inspect_list").unwrap();
    database.query(SCHEMA).unwrap();
    database.query(LEFTOVERS).unwrap();
    let file = std::env::temp_dir().join(format!("{}.dump", database.name()));
    let url = format!("--dbname={}", database.url());
    let made = std::process::Command::new(&dump)
        .args(["--schema-only", "--format=custom", &url, "--file"])
        .arg(&file)
        .status()
        .unwrap();
    assert!(made.success());
    let listed = std::process::Command::new(dump.with_file_name("pg_restore"))
        .arg("--list")
        .arg(&file)
        .output()
        .unwrap();
    std::fs::remove_file(&file).unwrap();
    let catalog = inspect(database.url()).catalog;
    let listed = String::from_utf8(listed.stdout).unwrap();
    // `3457; 1259 16385 TABLE public t owner`
    let entries = listed.lines().filter(|l| !l.starts_with(';'));
    let entries: Vec<&str> = entries.filter_map(|l| l.splitn(4, ' ').nth(3)).collect();
    // What a partition has from its whole is said of the whole.
    let attached: Vec<&str> = entries
        .iter()
        .filter_map(|e| e.strip_prefix("INDEX ATTACH "))
        .filter_map(|e| e.split(' ').nth(1))
        .collect();
    let mut seen = 0;
    for told in entries {
        if told.split(' ').any(|word| attached.contains(&word)) {
            continue;
        }
        if QUALITIES.iter().any(|q| told.starts_with(&format!("{q} "))) {
            continue;
        }
        let matching = ENTRIES
            .iter()
            .filter(|(word, _)| told.starts_with(&format!("{word} ")));
        let (word, kinds) = matching
            .max_by_key(|(word, _)| word.len())
            .unwrap_or_else(|| panic!("an entry of a kind that nobody knows: {told}"));
        let rest = &told[word.len()..];
        let is_it = |name: &str| rest.contains(&format!(" {name}"));
        let modelled = catalog.objects.keys().any(|id| {
            let name = match id.kind {
                Kind::Cast => id.args.as_deref().unwrap_or_default().to_owned(),
                _ => id.name.as_str().to_owned(),
            };
            kinds.contains(&id.kind) && rest.contains(&name)
        });
        let mut named = catalog.unmodelled.iter();
        assert!(
            modelled || named.any(|u| is_it(&u.name)),
            "neither modelled nor named: {told}"
        );
        seen += 1;
    }
    assert!(seen > 50, "{seen}");
    driftless_testkit::engine::ran_live("a dump's list of entries");
}

#[test]
fn a_role_without_rights_reads_the_catalog() {
    let Ok(Engine::Postgres(server)) = engine("postgres") else {
        return;
    };
    let database = server.fresh_database("inspect_ro").unwrap();
    let role = format!("{}_ro", database.name());
    database.query(SCHEMA).unwrap();
    database.query(LEFTOVERS).unwrap();
    database
        .query(&format!(
            "CREATE ROLE {role}; ALTER DATABASE {} SET role = {role}",
            database.name()
        ))
        .unwrap();
    let inspected = inspect(database.url());
    assert!(inspected.catalog.objects.len() > EXPECTED.len());
    assert_eq!(
        inspected.notes,
        [format!(
            "the role {role} may not use the schema Odd \"S: its objects are known from the catalog only"
        )]
    );
    server
        .query(&format!(
            "ALTER DATABASE {} RESET role; DROP ROLE {role}",
            database.name()
        ))
        .unwrap();
    driftless_testkit::engine::ran_live("inspection by a role without rights");
}
