//! Statements that are no declarations, each by its rule; client lines; what is not understood.
//!
//! Invariant: what has no rule is an error with its place.

use super::{Read, Reader, block, expression, folded, function, list, name, unknown};
use driftless_model::{Kind, ObjectId};
use driftless_planner::{Action, Data, Parsed, Session};
use driftless_sql::{Cursor, Diagnostic, SourceId, Span, Syntax, lex};

/// First words that change no schema, and why their statement is left out.
pub(super) const QUIET: &[(&str, &str)] = &[
    ("abort", TRANSACTION),
    ("analyze", "upkeep of the server"),
    ("analyse", "upkeep of the server"),
    ("begin", TRANSACTION),
    ("checkpoint", "upkeep of the server"),
    ("close", "cursors live in a session"),
    ("cluster", "upkeep of the server"),
    ("commit", TRANSACTION),
    ("deallocate", "prepared statements live in a session"),
    ("declare", "cursors live in a session"),
    ("discard", "settings of a session"),
    ("end", TRANSACTION),
    ("execute", "prepared statements live in a session"),
    ("explain", "it only reads"),
    ("fetch", "cursors live in a session"),
    ("listen", "notifications live in a session"),
    ("load", "libraries are loaded into a session"),
    ("lock", TRANSACTION),
    ("move", "cursors live in a session"),
    ("notify", "notifications live in a session"),
    ("prepare", "prepared statements live in a session"),
    ("reassign", "roles belong to the cluster"),
    ("reindex", "upkeep of the server"),
    ("release", TRANSACTION),
    ("rollback", TRANSACTION),
    ("savepoint", TRANSACTION),
    ("show", "it only reads"),
    ("start", TRANSACTION),
    ("table", "it only reads"),
    ("unlisten", "notifications live in a session"),
    ("vacuum", "upkeep of the server"),
    ("values", "it only reads"),
];

const TRANSACTION: &str = "transactions are driftless' own";
const ROWS: &str = "it changes rows only";
const SETTING: &str = "settings of a session";

pub(super) fn read(r: &mut Reader) -> Read<()> {
    let start = r.pos();
    let word = r.word().unwrap_or_default();
    if r.at_symbol("(") {
        return r.ignore("it only reads");
    }
    match word.as_str() {
        "set" => set(r),
        "reset" => reset(r),
        "select" | "with" => select(r),
        "update" => update(r),
        "insert" | "delete" | "truncate" | "copy" | "merge" => rows(r),
        "do" => block::read(r),
        "call" => {
            r.rest();
            r.out.taint = Some("CALL runs a procedure that only a server can execute".to_owned());
            Ok(())
        }
        "security" => label(r),
        "import" => {
            // Its options may hold secrets: only the schema is named.
            r.expect_seq(&["import", "foreign", "schema"])?;
            let span = r.here();
            let schema = name::single(r, "a schema")?;
            r.rest();
            r.unmodelled("import of foreign schema", schema.as_str(), None, span);
            Ok(())
        }
        _ => match QUIET.iter().find(|(quiet, _)| *quiet == word) {
            Some((_, why)) => r.ignore(why),
            None => Err(unknown::statement(r, start)),
        },
    }
}

/// SET search_path is honoured to the file's end; other settings are noted.
fn set(r: &mut Reader) -> Read<()> {
    r.expect("set")?;
    if r.at_any(&["constraints", "transaction"]) || r.at_seq(&["session", "characteristics"]) {
        return r.ignore(TRANSACTION);
    }
    let _ = r.eat("session") || r.eat("local");
    if r.at_any(&["role", "authorization"]) {
        return r.ignore("roles belong to the cluster");
    }
    if r.eat("schema") {
        let schema = r.string("a schema in quotes")?;
        r.action(Action::Session(Session::SearchPath([schema].into())));
        return Ok(());
    }
    let key = if r.eat_seq(&["time", "zone"]) {
        "timezone".to_owned()
    } else if r.eat_seq(&["xml", "option"]) {
        "xmloption".to_owned()
    } else {
        let parts = r.name("a setting")?;
        let parts: Vec<String> = parts.iter().map(|p| p.text.to_ascii_lowercase()).collect();
        if !r.eat("to") && parts != ["names"] {
            r.expect_symbol("=")?;
        }
        parts.join(".")
    };
    if key == "search_path" {
        let path = if r.eat("default") {
            vec!["public".to_owned()]
        } else {
            list(r, |c| super::value(c, "a schema"))?
        };
        r.action(Action::Session(Session::SearchPath(known(path).into())));
        return Ok(());
    }
    let from = r.pos();
    let value = match function::setting_value(r, &key) {
        Ok(value) if r.done() => value,
        // `interval '1' hour to minute` and its like.
        _ => {
            r.reset(from);
            r.rest();
            folded(r, from)
        }
    };
    r.action(Action::Session(Session::Set { name: key, value }));
    r.out.ignored = Some(SETTING);
    Ok(())
}

/// `"$user"` is a role's schema: no part of what is declared. An empty name is no schema.
fn known(path: Vec<String>) -> Vec<String> {
    path.into_iter()
        .filter(|s| !s.is_empty() && s != "$user")
        .collect()
}

fn reset(r: &mut Reader) -> Read<()> {
    r.expect("reset")?;
    if r.eat("search_path") || r.at("all") {
        r.eat("all");
        let path = vec!["public".to_owned()];
        r.action(Action::Session(Session::SearchPath(path.into())));
        return Ok(());
    }
    r.ignore(SETTING)
}

/// `SELECT set_config('search_path', …)` is honoured; another SELECT only reads.
fn select(r: &mut Reader) -> Read<()> {
    let start = r.pos();
    if r.eat("select") {
        r.eat_seq(&["pg_catalog"]);
        r.eat_symbol(".");
        if r.eat("set_config")
            && let Some(path) = set_config(r)?
        {
            if r.eat("as") {
                r.ident("a name")?;
            }
            r.action(Action::Session(Session::SearchPath(known(path).into())));
            return Ok(());
        }
    }
    r.reset(start);
    r.until(&|c| c.at("into"));
    if r.at("into") && !writes(r, start) {
        let span = r.here();
        return Err(r
            .unsupported(span, "SELECT … INTO")
            .note("what columns it gives only a server can tell")
            .help("declare the table with its columns"));
    }
    r.reset(start);
    if writes(r, start) {
        return r.ignore(ROWS);
    }
    r.ignore("it only reads")
}

/// A WITH query that ends in INSERT, UPDATE, DELETE or MERGE.
fn writes(r: &Reader, start: usize) -> bool {
    let mut c = r.cursor.clone();
    c.reset(start);
    if !c.at("with") {
        return false;
    }
    c.until(&|c| c.at_any(&["insert", "update", "delete", "merge", "select"]));
    !c.done() && !c.at("select")
}

/// `('search_path', 'a, b', false)`; `None`: another setting.
fn set_config(r: &mut Reader) -> Read<Option<Vec<String>>> {
    let mut group = r.group_cursor()?;
    if group.string("a setting").is_ok_and(|s| s == "search_path") && group.eat_symbol(",") {
        let span = group.here();
        let value = group.string("a path in quotes");
        let path = value.ok().and_then(|value| path_of(&value));
        return match path {
            Some(path) => Ok(Some(path)),
            None => Err(r
                .unsupported(span, "a computed search_path")
                .help("write the path out as a string")),
        };
    }
    Ok(None)
}

/// The schemas of a search path as a string.
fn path_of(value: &str) -> Option<Vec<String>> {
    let (tokens, _, _) = lex(value, Syntax::Postgres, SourceId(0));
    let mut c = Cursor::new(value, &tokens, SourceId(0), Syntax::Postgres);
    if c.done() {
        return Some(Vec::new());
    }
    let path = list(&mut c, |c| super::value(c, "a schema")).ok()?;
    c.done().then_some(path)
}

/// `UPDATE t SET c = value WHERE c IS NULL` fills a column; every other one is rows.
fn update(r: &mut Reader) -> Read<()> {
    let start = r.pos();
    if let Ok(fill) = fill(r)
        && r.done()
    {
        r.action(Action::Data(fill));
        r.out.ignored = Some(ROWS);
        return Ok(());
    }
    r.reset(start);
    rows(r)
}

fn fill(r: &mut Reader) -> Read<Data> {
    r.expect("update")?;
    r.eat("only");
    let (table, _) = name::object(r, Kind::Table, "a table")?;
    r.expect("set")?;
    let column = name::single(r, "a column")?;
    r.expect_symbol("=")?;
    let value = expression(r, &["where", "from"])?;
    r.expect("where")?;
    let same = name::single(r, "a column")?;
    r.expect_seq(&["is", "null"])?;
    if same != column {
        return Err(r.unexpected("the column itself"));
    }
    Ok(Data::Fill {
        table,
        column,
        value,
    })
}

/// A statement about rows: which table, as far as it says so.
fn rows(r: &mut Reader) -> Read<()> {
    let start = r.pos();
    let word = r.word().unwrap_or_default();
    r.bump();
    let _ = r.eat("into") || r.eat("from") || r.eat("table");
    r.eat("only");
    let tables: Vec<ObjectId> = if r.at_symbol("(") {
        Vec::new()
    } else if word == "truncate" {
        list(r, |c| {
            let id = name::object(c, Kind::Table, "a table")?.0;
            c.eat_symbol("*");
            Ok(id)
        })?
    } else {
        vec![name::object(r, Kind::Table, "a table")?.0]
    };
    r.rest();
    let span = r.span_from(start);
    let text = r.text(span).to_owned();
    r.action(Action::Data(Data::Other { tables, text }));
    r.out.ignored = Some(ROWS);
    Ok(())
}

/// `SECURITY LABEL …`
fn label(r: &mut Reader) -> Read<()> {
    r.expect_seq(&["security", "label"])?;
    let from = r.pos();
    r.rest();
    let span = r.span_from(from);
    let written = folded(r, from);
    r.unmodelled("security label", written, None, span);
    Ok(())
}

/// Lines that change nothing but what psql shows.
const HARMLESS: &[&str] = &[
    "\\.",
    "\\echo",
    "\\encoding",
    "\\pset",
    "\\qecho",
    "\\restrict",
    "\\set",
    "\\timing",
    "\\unrestrict",
    "\\unset",
    "\\warn",
];

/// A line for psql.
pub(super) fn meta(span: Span, c: &Cursor) -> Read<Parsed> {
    let line = c.text(span);
    let command = line.split_whitespace().next().unwrap_or(line);
    if HARMLESS.contains(&command) {
        return Ok(Parsed {
            ignored: Some("a line for psql"),
            ..Parsed::default()
        });
    }
    let place = c.place(Span::new(span.start, span.start + command.len()));
    Err(Diagnostic::error(
        "D0102",
        format!("the psql line `{command}` is not understood"),
    )
    .at(place)
    .label("only psql can do this")
    .help("remove the line; several files can be named as the schema instead of `\\i`"))
}
