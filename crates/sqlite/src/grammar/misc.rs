//! Statements that are no declarations, and lines for the sqlite3 shell.
//!
//! Invariant: each has a rule; what has none is an error by name.

use super::ignored;
use driftless_planner::{Action, Parsed, Session};
use driftless_sql::{Cursor, Diagnostic, RawStatement, Span};

/// The prefix of the temporary tables that a plan's own script uses for its checks.
pub const OWN_PREFIX: &str = "driftless_";

pub fn read(cur: &mut Cursor) -> Result<Parsed, Diagnostic> {
    let why = match cur.word().as_deref() {
        Some("begin" | "commit" | "end" | "rollback" | "savepoint" | "release") => {
            "the whole plan runs in a transaction of its own"
        }
        Some("select" | "values" | "explain") => "SELECT changes nothing",
        Some("analyze" | "vacuum" | "reindex") => "ANALYZE, VACUUM and REINDEX change no schema",
        Some("pragma") => return pragma(cur),
        _ => return Err(unknown(cur)),
    };
    cur.rest();
    Ok(ignored(why))
}

fn unknown(cur: &Cursor) -> Diagnostic {
    let first = cur.peek().map(|t| t.span).unwrap_or_default();
    let what = cur.text(first).to_ascii_uppercase();
    Diagnostic::error("D0102", format!("a `{what}` statement is not understood"))
        .at(cur.place(first))
        .label("there is no rule for it in a schema")
        .help("take it out of the schema's files")
}

/// `PRAGMA [schema.]name [= value | (value)]`
fn pragma(cur: &mut Cursor) -> Result<Parsed, Diagnostic> {
    cur.expect("pragma")?;
    let mut name = cur.ident("a pragma's name")?.text;
    if cur.eat_symbol(".") {
        name = cur.ident("a pragma's name")?.text;
    }
    let value = if cur.eat_symbol("=") {
        let span = cur.rest();
        cur.text(span).to_owned()
    } else if cur.at_symbol("(") {
        let span = cur.group()?;
        cur.text(span).to_owned()
    } else {
        String::new()
    };
    let session = Session::Set {
        name: name.to_ascii_lowercase(),
        value,
    };
    Ok(Parsed {
        actions: vec![Action::Session(session)],
        ignored: Some("PRAGMA sets the session, not the schema"),
        ..Parsed::default()
    })
}

pub fn temporary(cur: &Cursor, at: Span) -> Diagnostic {
    Diagnostic::error("D0003", "temporary objects are not schema")
        .at(cur.place(at))
        .label("they vanish with the session that makes them")
        .help("declare the object without TEMP, or leave the statement out")
}

/// `CREATE TEMP TABLE`: only a plan's own check is let through.
pub fn own_temporary(cur: &mut Cursor, at: Span) -> Result<Parsed, Diagnostic> {
    let own = cur
        .peek_nth(1)
        .is_some_and(|t| cur.text(t.span).trim_matches('"').starts_with(OWN_PREFIX));
    if !own {
        return Err(temporary(cur, at));
    }
    cur.rest();
    Ok(ignored("temporary objects are not schema"))
}

/// Lines of the shell that only say how to print.
const HARMLESS: &[&str] = &[
    "bail",
    "binary",
    "changes",
    "dbinfo",
    "echo",
    "eqp",
    "explain",
    "headers",
    "header",
    "mode",
    "nullvalue",
    "print",
    "prompt",
    "schema",
    "separator",
    "show",
    "stats",
    "tables",
    "timeout",
    "timer",
    "width",
    "databases",
    "dump",
    "fullschema",
    "indexes",
    "indices",
    "quit",
    "exit",
    "crlf",
    "filectrl",
    "limit",
    "lint",
    "parameter",
    "progress",
    "scanstats",
    "version",
    "vfsinfo",
    "vfslist",
    "vfsname",
    "help",
];

pub fn shell_line(statement: &RawStatement, text: &str) -> Result<Parsed, Diagnostic> {
    let line = statement.span.of(text);
    let word = line
        .trim_start_matches('.')
        .split_whitespace()
        .next()
        .unwrap_or("")
        .to_ascii_lowercase();
    if HARMLESS.contains(&word.as_str()) {
        return Ok(ignored("lines for the sqlite3 shell"));
    }
    Err(Diagnostic::error(
        "D0102",
        format!("the shell line `.{word}` is not understood"),
    )
    .label("what it brings in is not known here")
    .help("give the files that it names to driftless instead"))
}
