//! Desired states in YAML: beside SQL, instead of it, and wrong in every way.
//!
//! Neighbours: `tests/law` holds every fixture against its own YAML.

use crate::project::{Project, fails};

const SHOP: &str = r#"
tables:
  customers: { columns: { id: { type: bigint, identity: always }, email: { type: text, unique: true } }, primary_key: id }
  orders:
    comment: one row per checkout
    columns:
      id:       { type: bigint, identity: always }
      customer: { type: bigint, not_null: true, references: customers.id, on_delete: cascade }
      total:    { type: "numeric(12,2)", not_null: true, backfill: "0", check: "total >= 0" }
      status:   { type: order_status, not_null: true, default: "'new'", renamed_from: state }
      note:     text
    primary_key: [id]
    indexes:
      orders_status_idx: { on: [status, { expr: "lower(note)", desc: true }], where: "status <> 'done'" }
    triggers:
      touched: { timing: before, events: [insert, { event: update, of: [note] }], each_row: true, function: touch }
    grants: { reporting: [select, { privilege: update, column: note }] }
enums: { order_status: [new, paid, done] }
functions:
  touch:
    returns: trigger
    language: plpgsql
    body: |
      BEGIN
        RETURN NEW;
      END
views: { open_orders: "SELECT id, total FROM orders WHERE status <> 'done'" }
schemas:
  billing: { tables: { invoices: { columns: { id: { type: bigint, primary_key: true }, order: { type: bigint, references: orders.id } } } } }
"#;

const SHOP_SQL: &str = "
CREATE TABLE customers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text UNIQUE);
CREATE TYPE order_status AS ENUM ('new', 'paid', 'done');
CREATE TABLE orders (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer bigint NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
  total numeric(12,2) NOT NULL CHECK (total >= 0),
  status order_status NOT NULL DEFAULT 'new',
  note text
);
COMMENT ON TABLE orders IS 'one row per checkout';
CREATE INDEX orders_status_idx ON orders (status, lower(note) DESC) WHERE status <> 'done';
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  RETURN NEW;
END
$$;
CREATE TRIGGER touched BEFORE INSERT OR UPDATE OF note ON orders FOR EACH ROW EXECUTE FUNCTION touch();
GRANT SELECT, UPDATE (note) ON orders TO reporting;
CREATE VIEW open_orders AS SELECT id, total FROM orders WHERE status <> 'done';
CREATE SCHEMA billing;
CREATE TABLE billing.invoices (id bigint PRIMARY KEY, \"order\" bigint REFERENCES orders (id));
";

fn same(project: &Project, dialect: &str, from: &str, to: &str) {
    for (from, to) in [(from, to), (to, from)] {
        let args = [
            "diff",
            "--dialect",
            dialect,
            "--from",
            from,
            "--to",
            to,
            "--exit-code",
        ];
        let ran = project.run(&args);
        assert_eq!(ran.code, Some(0), "{from} → {to}: {ran:?}");
    }
}

#[test]
fn the_same_schema_in_both_languages() {
    let project = Project::of(&[("shop.yaml", SHOP), ("shop.sql", SHOP_SQL)]);
    same(&project, "postgres", "shop.sql", "shop.yaml");
    let printed = project
        .run(&[
            "inspect",
            "shop.sql",
            "--dialect",
            "postgres",
            "--format",
            "yaml",
        ])
        .ends(0);
    project.write("again.yaml", printed.out.as_bytes());
    same(&project, "postgres", "shop.yaml", "again.yaml");
}

#[test]
fn hints_stand_beside_what_they_are_about() {
    let before = SHOP_SQL
        .replace("  status order", "  state order")
        .replace("  total numeric(12,2) NOT NULL CHECK (total >= 0),\n", "");
    let before: String = before
        .lines()
        .filter(|l| !l.contains("INDEX") && !l.contains("VIEW"))
        .map(|l| format!("{l}\n"))
        .collect();
    let project = Project::of(&[("shop.yaml", SHOP), ("before.sql", &before)]);
    let args = [
        "diff",
        "--dialect",
        "postgres",
        "--format",
        "sql",
        "--from",
        "before.sql",
    ];
    project
        .run(&[&args[..], &["--to", "shop.yaml"]].concat())
        .ends(0)
        .says("RENAME COLUMN state TO status")
        .says("SET total = 0");
}

#[test]
fn yaml_beside_sql() {
    let project = Project::of(&[
        (
            "schema/a.yaml",
            "tables: { orders: { columns: { id: { type: integer, primary_key: true }, who: { type: integer, references: people.id } } } }\n",
        ),
        (
            "schema/b.sql",
            "CREATE VIEW v AS SELECT id FROM orders;\nCREATE TABLE people (id INTEGER PRIMARY KEY);\n",
        ),
        (
            "schema/c.yml",
            "outside: { people: { indexes: { people_idx: [id] } } }\n",
        ),
        (
            "all.sql",
            "CREATE TABLE people (id INTEGER PRIMARY KEY);\nCREATE INDEX people_idx ON people (id);\nCREATE TABLE orders (id integer PRIMARY KEY, who integer REFERENCES people (id));\nCREATE VIEW v AS SELECT id FROM orders;\n",
        ),
    ]);
    same(&project, "sqlite", "schema/", "all.sql");
    let split = [
        "inspect",
        "schema/",
        "--dialect",
        "sqlite",
        "--format",
        "yaml",
        "--split",
        "out",
    ];
    project.run(&split).ends(0);
    let text = std::fs::read_to_string(project.path().join("out/schema.yaml")).expect("a file");
    assert!(text.starts_with("# yaml-language-server: $schema=schema.schema.json\n"));
    assert!(project.has("out/schema.schema.json"));
    same(&project, "sqlite", "out/", "all.sql");
}

/// What is wrong, the code, and what is said: always with the place.
const WRONG: [(&str, &str, &[&str]); 33] = [
    ("tables: [", "D0600", &["t.yaml:"]),
    (
        "tables: { t: { columns: { a: int } } }\n---\n",
        "D0600",
        &["t.yaml:2:1", "second document"],
    ),
    ("a: &a [x]\nb: !ruby/object *a\n", "D0600", &["t.yaml:2:"]),
    (
        "tabels: {}\n",
        "D0601",
        &["t.yaml:1:1", "did you mean `tables`?"],
    ),
    (
        "tables:\n  t:\n    colums: { a: int }\n",
        "D0601",
        &["t.yaml:3:5", "did you mean `columns`?"],
    ),
    (
        "tables:\n  t:\n    columns:\n      a: { tpye: int }\n",
        "D0601",
        &["t.yaml:4:12", "`type`"],
    ),
    (
        "tables: { t: { columns: { a: { type: int, not_null: 'true' } } } }\n",
        "D0602",
        &["t.yaml:1:53", "true or false"],
    ),
    (
        "tables: { t: { columns: { a: { type: int, not_null: maybe } } } }\n",
        "D0602",
        &["this is `maybe`"],
    ),
    (
        "tables: { t: { columns: [a, b] } }\n",
        "D0602",
        &["t.yaml:1:25", "a map of names"],
    ),
    (
        "tables: { t: { columns: { a: { type: [int] } } } }\n",
        "D0602",
        &["a text", "a list"],
    ),
    (
        "sequences: { s: { start: one } }\n",
        "D0602",
        &["t.yaml:1:26", "a whole number"],
    ),
    (
        "views: { v: { columns: [a] } }\n",
        "D0602",
        &["t.yaml:1:10", "`query` is missing"],
    ),
    ("views: { v: }\n", "D0602", &["t.yaml:1:"]),
    (
        "tables: { t: { columns: { a: { type: int, default: null } } } }\n",
        "D0602",
        &["in quotes"],
    ),
    (
        "tables: { t: { columns: { a: int } } }\ntables: {}\n",
        "D0603",
        &["t.yaml:2:1", "given twice"],
    ),
    (
        "tables: { t: { columns: { a: int, a: text } } }\n",
        "D0603",
        &["t.yaml:1:35"],
    ),
    (
        "x: &x { type: int }\ntables: { t: { columns: { a: { <<: *x } } } }\n",
        "D0600",
        &["t.yaml:2:32", "merge keys"],
    ),
    (
        "tables: { t: { columns: { a: { type: no_such } } } }\n",
        "D0301",
        &["t.yaml:1:38", "no_such"],
    ),
    (
        "tables: { t: { columns: { a: { type: int, references: other.id } } } }\n",
        "D0302",
        &["t.yaml:1:55", "other"],
    ),
    (
        "tables: { t: { columns: { a: int }, primary_key: [a, b] } }\n",
        "D0303",
        &["t.yaml:1:54", "b"],
    ),
    (
        "tables: { t: { columns: { a: int }, indexes: { i: [b] } } }\n",
        "D0303",
        &["t.yaml:1:52"],
    ),
    (
        "tables: { t: { columns: { a: { type: int, references: a.b.c.d } } } }\n",
        "D0602",
        &["t.yaml:1:55", "`table.column`"],
    ),
    (
        "tables: { t: { columns: { a: { type: int, on_delete: cascade } } } }\n",
        "D0602",
        &["`references`"],
    ),
    (
        "tables: { t: { columns: { a: { type: int, on_delete: cascad, references: t.a } } } }\n",
        "D0602",
        &["did you mean `cascade`?"],
    ),
    (
        "tables: { t: { columns: { a: { type: int, check: 'a > 0) , (b' } } } }\n",
        "D0101",
        &["t.yaml:1:51"],
    ),
    (
        "tables: { t: { columns: { a: { type: int, check: 'a > (0' } } } }\n",
        "D0101",
        &["t.yaml:1:51"],
    ),
    (
        "tables: { t: { columns: { a: { type: int, check: 'a > 0; DROP TABLE t' } } } }\n",
        "D0101",
        &["t.yaml:1:51"],
    ),
    (
        "tables: { t: { columns: { a: { type: int, default: \"'open\" } } } }\n",
        "D0102",
        &["t.yaml:1:"],
    ),
    (
        "tables: { t: { columns: { a: 'int, b int' } } }\n",
        "D0305",
        &["t.yaml:1:30"],
    ),
    (
        "tables: { t: { columns: { a: 'int NOT NULL UNIQUE' } } }\n",
        "D0101",
        &["t.yaml:1:"],
    ),
    ("views: { v: 'DELETE FROM t' }\n", "D0101", &["t.yaml:1:"]),
    (
        "functions: { f: { returns: int, body: SELECT 1 } }\n",
        "D0602",
        &["t.yaml:1:14", "`language`"],
    ),
    (
        "tables: { t: { strict: true, columns: { a: int } } }\n",
        "D0003",
        &["t.yaml:1:16", "only SQLite"],
    ),
];

#[test]
fn every_mistake_has_its_place() {
    let mut missed = Vec::new();
    for (text, code, says) in WRONG {
        let project = Project::of(&[("t.yaml", text)]);
        let ran = project.run(&["inspect", "t.yaml", "--dialect", "postgres"]);
        let said = ran.code == Some(1) && ran.err.contains(&format!("[{code}]"));
        if !said || says.iter().any(|s| !ran.err.contains(s)) {
            missed.push(format!("{text}{code} {says:?}\n{}", ran.err));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn an_alias_serves_and_a_bomb_does_not() {
    let project = Project::of(&[
        (
            "t.yaml",
            "tables:\n  a: { columns: { at: &at { type: text, not_null: true } } }\n  b: { columns: { at: *at } }\n",
        ),
        (
            "t.sql",
            "CREATE TABLE a (at text NOT NULL);\nCREATE TABLE b (at text NOT NULL);\n",
        ),
    ]);
    same(&project, "sqlite", "t.yaml", "t.sql");
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..20 {
        let item = format!("*a{}", n - 1);
        let items = [item.as_str(); 10].join(", ");
        bomb.push_str(&format!("a{n}: &a{n} [{items}]\n"));
    }
    project.write("bomb.yaml", bomb.as_bytes());
    let ran = project.run(&["inspect", "bomb.yaml", "--dialect", "sqlite"]);
    fails(
        &ran,
        1,
        &["D0600", "bomb.yaml:5:", "aliases repeat too much"],
    );
    project.write("deep.yaml", "[".repeat(10_000).as_bytes());
    let ran = project.run(&["inspect", "deep.yaml", "--dialect", "sqlite"]);
    fails(&ran, 1, &["D0600", "deep.yaml:1:"]);
}

#[test]
fn names_that_look_like_something_else() {
    let text = "tables:\n  null: { columns: { true: text, 1: { type: text, default: 0 }, 'no': text, ~: text, '<<': text } }\n";
    let sql = "CREATE TABLE \"null\" (\"true\" text, \"1\" text DEFAULT 0, no text, \"~\" text, \"<<\" text);\n";
    let project = Project::of(&[("t.yaml", text), ("t.sql", sql)]);
    same(&project, "sqlite", "t.yaml", "t.sql");
    let printed = project.run(&[
        "inspect",
        "t.sql",
        "--dialect",
        "sqlite",
        "--format",
        "yaml",
    ]);
    project.write("again.yaml", printed.ends(0).out.as_bytes());
    same(&project, "sqlite", "again.yaml", "t.sql");
}

#[test]
fn a_default_of_any_form_is_one_expression() {
    let yaml = "tables: { t: { columns: { a: { type: boolean, default: '1 in (2, 3)', not_null: true } } } }\n";
    let sql = "CREATE TABLE t (a boolean DEFAULT (1 IN (2, 3)) NOT NULL);\n";
    let project = Project::of(&[("t.yaml", yaml), ("t.sql", sql)]);
    same(&project, "postgres", "t.yaml", "t.sql");
}

#[test]
fn an_empty_document_is_an_empty_schema() {
    let project = Project::of(&[("t.yaml", "# nothing yet\n"), ("e.yaml", "tables:\n")]);
    same(&project, "sqlite", "t.yaml", "empty");
    same(&project, "postgres", "e.yaml", "empty");
}

#[test]
fn grants_spell_all_out() {
    let yaml = "tables: { t: { columns: { a: int }, grants: { app: all } } }\n";
    let sql = "CREATE TABLE t (a int);\nGRANT ALL ON t TO app;\n";
    let project = Project::of(&[("t.yaml", yaml), ("t.sql", sql)]);
    let shown = |name: &str| {
        let args = [
            "inspect",
            name,
            "--dialect",
            "postgres@16",
            "--format",
            "json",
        ];
        project.run(&args).ends(0).out
    };
    assert_eq!(shown("t.yaml"), shown("t.sql"));
    assert!(shown("t.yaml").contains("TRUNCATE"));
}
