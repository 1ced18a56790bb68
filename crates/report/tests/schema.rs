//! Schemas as one SQL text, as files, as a diagram.

mod support;

use driftless_model::{
    Catalog, Column, Constraint, ConstraintBody, ForeignKey, Kind, Name, Object, ObjectId, Table,
    TypeRef,
};
use driftless_report::{schema_files, schema_mermaid, schema_sql};
use driftless_testkit::assert_file;
use std::collections::BTreeSet;
use support::schema::{build, shop};
use support::sqlite::{Spelling, notebook};
use support::{SERVER, empty_plan, expected, name, table};

#[test]
fn a_schema_as_sql() {
    let text = schema_sql(&build(&shop()));
    assert_file(&expected("shop.sql"), &text);
    assert!(!text.contains("BEGIN;") && !text.contains("COMMIT;"));
    assert!(
        text.lines().all(|l| !l.starts_with("DROP")),
        "a name left its comment:\n{text}"
    );
    assert_eq!(schema_sql(&empty_plan()), "");
}

#[test]
fn a_schema_as_files() {
    let files = schema_files(&build(&shop()));
    let text: String = files
        .iter()
        .map(|(path, text)| format!("==> {path}\n{text}"))
        .collect();
    assert_file(&expected("shop.files"), &text);
}

#[test]
fn files_hold_every_statement_once() {
    let plan = build(&shop());
    let files = schema_files(&plan);
    for step in plan.steps() {
        let line = format!("\n{};\n", step.text);
        let found: usize = files
            .iter()
            .map(|(_, text)| times(&format!("\n{text}"), &line))
            .sum();
        assert_eq!(found, 1, "{line}");
    }
}

/// How often it is there; one may begin with the line break that ends another.
fn times(text: &str, line: &str) -> usize {
    text.char_indices()
        .filter(|(at, _)| text[*at..].starts_with(line))
        .count()
}

/// Names that no file system, or not every one, would take; and names that differ in case alone.
const HOSTILE: [&str; 20] = [
    "../../etc/passwd",
    "..",
    ".",
    "",
    "CON",
    "nul",
    "com1",
    "a/b",
    "a\\b",
    "a:b",
    "a\u{0}b",
    "Orders",
    "ORDERS",
    "orders",
    "trailing. ",
    "-rf",
    "größe",
    "gro\u{308}ße",
    "受注",
    "new\nline",
];

fn bare(names: impl IntoIterator<Item = ObjectId>) -> Catalog {
    let mut catalog = Catalog::new(SERVER);
    for id in names {
        let columns = vec![Column {
            name: name("id"),
            ty: TypeRef::new("bigint"),
            ..Column::default()
        }];
        let table = Table {
            columns,
            ..Table::default()
        };
        catalog.objects.insert(id, Object::new(table));
    }
    catalog
}

#[test]
fn paths_are_safe_everywhere() {
    let long = "x".repeat(300);
    let mut ids: Vec<ObjectId> = HOSTILE
        .into_iter()
        .chain([long.as_str()])
        .map(|n| ObjectId::new(Kind::Table, name("public"), name(n)))
        .collect();
    for schema in ["tables", "Tables", "Billing", "billing", "../x", "aux"] {
        ids.push(ObjectId::new(Kind::Table, name(schema), name("orders")));
    }
    let files = schema_files(&build(&bare(ids.clone())));
    assert_eq!(files.len(), ids.len());
    let mut seen = BTreeSet::new();
    for (path, _) in &files {
        assert!(seen.insert(path.to_lowercase()), "{path} comes twice");
        for part in path.split('/') {
            let stem = part.strip_suffix(".sql").unwrap_or(part);
            assert!(!stem.is_empty() && stem.len() <= 100, "{path}");
            assert!(
                stem.bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')),
                "{path}"
            );
            assert!(!stem.starts_with('-'), "{path}");
            let device = ["con", "nul", "aux", "com1"].contains(&stem.to_lowercase().as_str());
            assert!(!device, "{path}");
        }
    }
    // Who else is there does not move a plain name.
    for path in ["tables/orders.sql", "billing/tables/orders.sql"] {
        assert!(files.iter().any(|(p, _)| p == path), "{path}: {files:#?}");
    }
}

#[test]
fn a_schema_as_a_diagram() {
    assert_file(&expected("shop.mmd"), &schema_mermaid(&shop()));
    let plain = Spelling {
        shouts: false,
        turned: false,
    };
    let lite = schema_mermaid(&notebook(&plain));
    assert_file(&expected("notebook.mmd"), &lite);
    assert_eq!(schema_mermaid(&Catalog::new(SERVER)), "erDiagram\n");
}

#[test]
fn no_name_breaks_a_diagram() {
    let names = [
        "a\" { x y }",
        "%%{init: {}}%%",
        "end",
        "style",
        "class",
        "many",
        "o",
        "line\nbreak",
        "`tick`",
        "ends in \\",
        "<script>",
        "#35;",
        "",
        "x y",
        "x.y",
        "PK",
    ];
    let mut catalog = bare(names.iter().map(|n| table("t").with_name(n)));
    let columns = names.iter().map(|n| Column {
        name: name(n),
        ty: TypeRef::new(*n),
        not_null: true,
        ..Column::default()
    });
    let columns = columns.collect();
    let table = Table {
        columns,
        ..Table::default()
    };
    let all = support::table("all");
    catalog.objects.insert(all.clone(), Object::new(table));
    for target in names {
        let key = ForeignKey {
            columns: vec![name(target)],
            target: all.with_name(target),
            target_columns: Vec::new(),
            on_delete: String::new(),
            on_update: String::new(),
            match_kind: String::new(),
            set_columns: Vec::new(),
            period: false,
        };
        let id = ObjectId::owned(Kind::Constraint, &all, name(target));
        let constraint = Constraint::new(all.clone(), ConstraintBody::ForeignKey(key));
        catalog.objects.insert(id, Object::new(constraint));
    }
    let text = schema_mermaid(&catalog);
    assert_file(&expected("hostile.mmd"), &text);
    // One line each: what opens a table, an attribute, what closes it, a relation.
    for line in text.lines().skip(1) {
        let quotes = line.matches('"').count();
        assert!(quotes % 2 == 0, "{line}");
        assert!(!line.contains('%') && !line.contains('`'), "{line}");
    }
    let relations = text.lines().filter(|l| l.contains("||--o{")).count();
    assert_eq!(relations, names.len());
}

trait Renamed {
    fn with_name(&self, text: &str) -> ObjectId;
}

impl Renamed for ObjectId {
    fn with_name(&self, text: &str) -> ObjectId {
        self.named(Name::exact(text))
    }
}
