//! SQLite's statements → Actions, one file per family.
//!
//! Invariant: every token of a statement is consumed by its grammar, or the statement is an error by name. Nothing is
//! resolved here: names are as written.

mod alter;
mod column;
mod constraint;
mod data;
mod index;
mod misc;
mod table;
mod trigger;
mod view;
mod virtual_table;

use crate::text::{SYNTAX, id};

pub use constraint::{automatic, free_name};
use driftless_model::{Kind, ObjectId, Server, SqlText};
use driftless_planner::{Action, Drop, Parsed};
use driftless_sql::{Cursor, Diagnostic, Ident, RawStatement, SourceId, Span, StatementKind};
pub use misc::OWN_PREFIX;
pub use virtual_table::{canon as virtual_canon, split_arguments};

/// One statement.
pub fn read(
    statement: &RawStatement,
    text: &str,
    source: SourceId,
    server: Server,
) -> Result<Parsed, Diagnostic> {
    if statement.kind == StatementKind::Meta {
        return misc::shell_line(statement, text);
    }
    let mut cur = Cursor::new(text, &statement.tokens, source, SYNTAX);
    let parsed = match cur.word().as_deref() {
        Some("create") => create(&mut cur, server)?,
        Some("alter") => alter::alter(&mut cur, server)?,
        Some("drop") => drop(&mut cur)?,
        Some("insert" | "replace" | "update" | "delete" | "with") => data::read(&mut cur)?,
        _ => misc::read(&mut cur)?,
    };
    cur.finish()?;
    Ok(parsed)
}

fn create(cur: &mut Cursor, server: Server) -> Result<Parsed, Diagnostic> {
    cur.expect("create")?;
    let at = cur.here();
    let temporary = cur.eat("temp") || cur.eat("temporary");
    let unique = cur.at("unique");
    if unique {
        cur.bump();
    }
    match cur.word().as_deref() {
        Some("table") if temporary => misc::own_temporary(cur, at),
        Some(_) if temporary => Err(misc::temporary(cur, at)),
        Some("index") => index::create(cur, unique),
        _ if unique => Err(cur.unexpected("`INDEX`")),
        Some("table") => table::create(cur, server),
        Some("view") => view::create(cur),
        Some("trigger") => trigger::create(cur),
        Some("virtual") => virtual_table::create(cur),
        _ => Err(cur.unexpected("`TABLE`, `INDEX`, `VIEW`, `TRIGGER` or `VIRTUAL TABLE`")),
    }
}

fn drop(cur: &mut Cursor) -> Result<Parsed, Diagnostic> {
    cur.expect("drop")?;
    let kind = match cur.word().as_deref() {
        Some("table") => Kind::Table,
        Some("index") => Kind::Index,
        Some("view") => Kind::View,
        Some("trigger") => Kind::Trigger,
        _ => return Err(cur.unexpected("`TABLE`, `INDEX`, `VIEW` or `TRIGGER`")),
    };
    cur.bump();
    let if_exists = cur.eat_seq(&["if", "exists"]);
    let Some(name) = object_name_or_temporary(cur)? else {
        return Ok(ignored("temporary objects are not schema"));
    };
    Ok(Parsed {
        actions: vec![Action::Drop(Drop {
            id: id(kind, name.text),
            if_exists,
            cascade: false,
            concurrently: false,
        })],
        ..Parsed::default()
    })
}

/// A statement that is no declaration.
fn ignored(why: &'static str) -> Parsed {
    Parsed {
        ignored: Some(why),
        ..Parsed::default()
    }
}

fn if_not_exists(cur: &mut Cursor) -> bool {
    cur.eat_seq(&["if", "not", "exists"])
}

/// `x` or `main.x`; another schema is an error by name.
fn object_name(cur: &mut Cursor, what: &str) -> Result<Ident, Diagnostic> {
    let first = cur.ident(what)?;
    if !cur.eat_symbol(".") {
        return Ok(first);
    }
    if first.text.eq_ignore_ascii_case("main") {
        return cur.ident(what);
    }
    let problem = if first.text.eq_ignore_ascii_case("temp") {
        Diagnostic::error("D0003", "temporary objects are not schema")
            .help("declare the object without `temp.`, or leave the statement out")
    } else {
        Diagnostic::error(
            "D0003",
            format!(
                "`{}` is an attached database, and one file is one schema",
                first.text
            ),
        )
        .help("declare each database file in a state of its own")
    };
    Err(problem.at(cur.place(first.span)))
}

/// As [`object_name`]; `None` for one of `temp`.
fn object_name_or_temporary(cur: &mut Cursor) -> Result<Option<Ident>, Diagnostic> {
    let start = cur.pos();
    let first = cur.ident("a name")?;
    if first.text.eq_ignore_ascii_case("temp") && cur.eat_symbol(".") {
        cur.ident("a name")?;
        return Ok(None);
    }
    cur.reset(start);
    object_name(cur, "a name").map(Some)
}

/// A piece of SQL as written.
fn sql_text(cur: &Cursor, span: Span) -> SqlText {
    SqlText::new(cur.text(span).trim()).at(cur.place(span))
}

/// The inside of a `( … )`.
fn bracketed(cur: &mut Cursor) -> Result<SqlText, Diagnostic> {
    let open = cur.here();
    let span = cur.group()?;
    if cur.text(span).trim().is_empty() {
        return Err(Diagnostic::error("D0101", "an expression is missing")
            .at(cur.place(open))
            .label("nothing stands in these brackets"));
    }
    Ok(sql_text(cur, span))
}

/// `ON CONFLICT action`.
fn on_conflict(cur: &mut Cursor) -> Result<Option<String>, Diagnostic> {
    if !cur.eat_seq(&["on", "conflict"]) {
        return Ok(None);
    }
    let word = cur.word().unwrap_or_default();
    if !["rollback", "abort", "fail", "ignore", "replace"].contains(&word.as_str()) {
        return Err(cur.unexpected("ROLLBACK, ABORT, FAIL, IGNORE or REPLACE"));
    }
    cur.bump();
    Ok(Some(word))
}

fn table_id(name: &Ident) -> ObjectId {
    id(Kind::Table, name.text.clone())
}
