//! Statements that are no declarations.
//!
//! Invariant: each has a rule; what has none is an error by name.

use super::types::word_or_text;
use super::{column, ignored, unsupported};
use driftless_planner::{Action, Parsed, Session};
use driftless_sql::modes::assignments;
use driftless_sql::{Cursor, Diagnostic, Span};

pub fn read(cur: &mut Cursor) -> Result<Parsed, Diagnostic> {
    let why = match cur.word().as_deref() {
        Some("begin" | "commit" | "start" | "rollback" | "savepoint" | "release") => {
            "every statement that changes the schema commits by itself"
        }
        Some("select" | "values" | "explain" | "describe" | "desc" | "show") => {
            "SELECT and SHOW change nothing"
        }
        Some("analyze" | "optimize" | "repair" | "check" | "flush") => {
            "ANALYZE, OPTIMIZE and FLUSH change no schema"
        }
        Some("lock" | "unlock") => "LOCK TABLES is about the session",
        Some("use") => return own_database(cur),
        Some("delimiter") => "lines for the client",
        Some("set") => return set(cur),
        _ => return Err(unknown(cur)),
    };
    cur.rest();
    Ok(ignored(why))
}

/// The setting of a session that says which collation its database has.
pub const DATABASE_COLLATION: &str = "collation_database";

/// ALTER DATABASE: the database is that of the URL, but what its tables inherit is said here.
pub fn database(cur: &mut Cursor) -> Result<Parsed, Diagnostic> {
    cur.bump();
    let (mut charset, mut collation) = (None, None);
    while !cur.done() {
        if cur.eat("charset") || cur.eat_seq(&["character", "set"]) {
            cur.eat_symbol("=");
            charset = Some(word_or_text(cur, "a character set")?);
        } else if cur.eat("collate") {
            cur.eat_symbol("=");
            collation = Some(word_or_text(cur, "a collation")?);
        } else {
            cur.bump();
        }
    }
    let mut out = ignored("a schema is one database, that of the URL");
    if let Some(value) = column::collation(charset, collation, false) {
        let name = DATABASE_COLLATION.to_owned();
        out.actions
            .push(Action::Session(Session::Set { name, value }));
    }
    Ok(out)
}

/// The setting of a session that says how its database is called.
pub const DATABASE: &str = "database";

/// `CREATE DATABASE shop`: as `USE`, for nothing else can be meant.
pub fn new_database(cur: &mut Cursor) -> Result<Parsed, Diagnostic> {
    cur.bump();
    super::if_not_exists(cur);
    let out = database_called(cur)?;
    cur.rest();
    Ok(out)
}

/// `USE shop`: what is qualified with that name is the schema's own.
fn own_database(cur: &mut Cursor) -> Result<Parsed, Diagnostic> {
    cur.bump();
    database_called(cur)
}

fn database_called(cur: &mut Cursor) -> Result<Parsed, Diagnostic> {
    let value = cur.ident("a database's name")?.text;
    let mut out = ignored("a schema is one database, that of the URL");
    let name = DATABASE.to_owned();
    out.actions
        .push(Action::Session(Session::Set { name, value }));
    Ok(out)
}

fn unknown(cur: &Cursor) -> Diagnostic {
    let first = cur.peek().map(|t| t.span).unwrap_or_default();
    let what = cur.text(first).to_ascii_uppercase();
    Diagnostic::error("D0102", format!("a `{what}` statement is not understood"))
        .at(cur.place(first))
        .label("there is no rule for it in a schema")
        .help("take it out of the schema's files")
}

/// `SET [SESSION] name = value, …`
fn set(cur: &mut Cursor) -> Result<Parsed, Diagnostic> {
    cur.expect("set")?;
    if cur.at("statement") {
        return Err(unsupported(cur, "settings for one statement"));
    }
    let actions = assignments(cur.remaining(), cur.whole())
        .into_iter()
        .map(|(name, value)| Action::Session(Session::Set { name, value }));
    cur.rest();
    Ok(Parsed {
        actions: actions.collect(),
        ignored: Some("SET is about the session"),
        ..Parsed::default()
    })
}

pub fn temporary(cur: &mut Cursor, at: Span) -> Diagnostic {
    Diagnostic::error("D0003", "temporary objects are not schema")
        .at(cur.place(at))
        .label("they vanish with the session that makes them")
        .help("declare the object without TEMPORARY, or leave the statement out")
}
