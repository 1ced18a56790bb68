//! CREATE TABLE → a table and its constraints.
//!
//! Neighbours: `column`, `constraint`. Invariant: the order of the actions is the order of the text.

use super::constraint::{self, Found};
use super::{column, if_not_exists, ignored, object_name, table_id};
use crate::features::{Feature, has, since};
use driftless_model::{ConstraintBody, LiteTable, Object, Part, Server, Table, TableExt};
use driftless_planner::{Action, Create, Parsed};
use driftless_sql::{Cursor, Diagnostic, Ident, Span, TokenKind};

pub fn create(cur: &mut Cursor, server: Server) -> Result<Parsed, Diagnostic> {
    cur.expect("table")?;
    let if_not_exists = if_not_exists(cur);
    let shadow = is_shadow(cur);
    let name = object_name(cur, "a table name")?;
    if name.text.to_ascii_lowercase().starts_with("sqlite_") {
        cur.rest();
        return Ok(ignored("SQLite keeps its own tables itself"));
    }
    if cur.at("as") {
        return Err(Diagnostic::error(
            "D0003",
            format!("`CREATE TABLE {} AS SELECT` declares no columns", name.text),
        )
        .at(cur.place(name.span))
        .label("its columns depend on what the query gives")
        .help("write the columns out: `CREATE TABLE name (column type, …)`"));
    }
    if shadow {
        cur.rest();
        return Ok(ignored("shadow tables belong to their virtual table"));
    }
    let id = table_id(&name);
    let mut parts: Vec<(Part, Span)> = vec![(id.part(), name.span)];
    let mut table = Table::default();
    let mut found: Vec<Found> = Vec::new();
    let mut inner = cur.group_cursor()?;
    loop {
        if !table.columns.is_empty() && constraint::begins(&inner) {
            constraints(&mut inner, &id, &mut found)?;
            break;
        }
        let definition = column::read(&mut inner, &id)?;
        if definition.column.generated.is_some() {
            require(
                &inner,
                server,
                Feature::GeneratedColumns,
                "generated columns",
                definition.span,
            )?;
        }
        if table.column(&definition.column.name).is_some() {
            return Err(Diagnostic::error(
                "D0304",
                format!("column `{}` is declared twice", definition.column.name),
            )
            .at(inner.place(definition.span))
            .label("declared again here")
            .help("remove one of the two"));
        }
        parts.push((id.member(&definition.column.name), definition.span));
        table.columns.push(definition.column);
        found.extend(definition.constraints);
        if !inner.eat_symbol(",") {
            break;
        }
    }
    inner.finish()?;
    let options = options(cur, server)?;
    check_options(cur, &name, &options, &table, &found, &parts)?;
    table.ext = TableExt::Sqlite(options);
    let mut actions = vec![Action::Create(Box::new(Create {
        id,
        object: Object::new(table),
        if_not_exists,
        or_replace: false,
        concurrently: false,
    }))];
    actions.extend(constraint::creations(found, if_not_exists));
    Ok(Parsed {
        actions,
        parts,
        ..Parsed::default()
    })
}

/// To the end of the list; the commas between constraints may be missing.
fn constraints(
    cur: &mut Cursor,
    id: &driftless_model::ObjectId,
    found: &mut Vec<Found>,
) -> Result<(), Diagnostic> {
    loop {
        found.extend(constraint::read(cur, id)?);
        cur.eat_symbol(",");
        if cur.done() {
            return Ok(());
        }
    }
}

fn require(
    cur: &Cursor,
    server: Server,
    feature: Feature,
    what: &str,
    span: Span,
) -> Result<(), Diagnostic> {
    if has(server, feature) {
        return Ok(());
    }
    Err(
        Diagnostic::error("D0003", format!("SQLite {} has no {what}", server.version))
            .at(cur.place(span))
            .label(format!("since {}", since(feature)))
            .help("declare a newer version: `dialect: sqlite@VERSION`"),
    )
}

fn options(cur: &mut Cursor, server: Server) -> Result<LiteTable, Diagnostic> {
    let mut out = LiteTable::default();
    if cur.done() {
        return Ok(out);
    }
    loop {
        let at = cur.here();
        if cur.eat("strict") {
            require(cur, server, Feature::Strict, "STRICT tables", at)?;
            out.strict = true;
        } else {
            cur.expect_seq(&["without", "rowid"])?;
            out.without_rowid = true;
        }
        if !cur.eat_symbol(",") {
            return Ok(out);
        }
    }
}

/// What STRICT and WITHOUT ROWID demand.
fn check_options(
    cur: &Cursor,
    name: &Ident,
    options: &LiteTable,
    table: &Table,
    found: &[Found],
    parts: &[(Part, Span)],
) -> Result<(), Diagnostic> {
    let key = found.iter().find_map(|f| match &f.constraint.body {
        ConstraintBody::PrimaryKey(k) => Some(k),
        _ => None,
    });
    if options.without_rowid && key.is_none_or(|k| k.autoincrement) {
        let why = match key {
            None => "has no primary key",
            Some(_) => "cannot have AUTOINCREMENT",
        };
        return Err(Diagnostic::error(
            "D0305",
            format!("`{}` is WITHOUT ROWID and {why}", name.text),
        )
        .at(cur.place(name.span))
        .help("declare a primary key without AUTOINCREMENT, or leave WITHOUT ROWID out"));
    }
    if !options.strict {
        return Ok(());
    }
    for (column, (_, span)) in table.columns.iter().zip(parts.iter().skip(1)) {
        let ty = column.ty.text.to_ascii_uppercase();
        if !["INT", "INTEGER", "REAL", "TEXT", "BLOB", "ANY"].contains(&ty.as_str()) {
            return Err(Diagnostic::error(
                "D0301",
                format!("a STRICT table knows no type `{}`", column.ty.text),
            )
            .at(cur.place(*span))
            .label("the type of this column")
            .help("use INT, INTEGER, REAL, TEXT, BLOB or ANY"));
        }
    }
    Ok(())
}

/// The tables in which FTS3, FTS4, FTS5 and R*Tree keep their data, as these modules write them themselves (and
/// `.schema` prints them): the name in the module's quotes, with its ending and its columns.
const SHADOWS: &[(TokenKind, &str, &[&str])] = &[
    (TokenKind::Text, "_data", &["id", "block"]),
    (TokenKind::Text, "_idx", &["segid", "term", "pgno"]),
    (TokenKind::Text, "_config", &["k", "v"]),
    (TokenKind::Text, "_docsize", &["id", "sz"]),
    (TokenKind::Text, "_docsize", &["docid", "size"]),
    (TokenKind::Text, "_content", &["id", "primary", "c0"]),
    (TokenKind::Text, "_content", &["docid", "primary"]),
    (TokenKind::Text, "_segments", &["blockid", "block"]),
    (TokenKind::Text, "_segdir", &["level", "idx", "root"]),
    (TokenKind::Text, "_stat", &["id", "value"]),
    (TokenKind::Quoted, "_node", &["nodeno", "data"]),
    (TokenKind::Quoted, "_parent", &["nodeno", "parentnode"]),
    (TokenKind::Quoted, "_rowid", &["rowid", "nodeno"]),
];

fn is_shadow(cur: &Cursor) -> bool {
    let Some(name) = cur.peek() else {
        return false;
    };
    let raw = cur.text(name.span).trim_matches(['\'', '"']);
    let has = |word: &&str| {
        cur.remaining()
            .iter()
            .any(|t| cur.text(t.span).eq_ignore_ascii_case(word))
    };
    SHADOWS.iter().any(|(kind, ending, words)| {
        *kind == name.kind && raw.ends_with(ending) && words.iter().all(has)
    })
}
