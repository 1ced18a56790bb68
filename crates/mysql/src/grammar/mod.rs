//! MySQL's statements → Actions, one file per family.
//!
//! Neighbours: `inspect` reads a server's own print through the same files. Invariant: every token of a statement is
//! consumed by its grammar, or the statement is an error by name. Nothing is resolved here: names are as written.

mod alter;
mod block;
mod column;
mod data;
mod event;
pub mod grant;
mod index;
mod misc;
mod option;
mod partition;
mod routine;
mod sequence;
mod table;
mod trigger;
mod types;
mod view;

use crate::text::id;
use driftless_model::{Kind, Name, ObjectId, Options, Server, SqlText};
use driftless_planner::{Action, Drop, Parsed};
use driftless_sql::{Cursor, Diagnostic, Ident, RawStatement, SourceId, Span};

pub use column::SAID;
pub use index::unsaid_action;
pub use misc::{DATABASE, DATABASE_COLLATION};
pub use routine::PARAMETERS;
pub use table::set as set_option;
pub use trigger::PRECEDES;
pub use types::is_text;

/// One statement.
pub fn read(
    statement: &RawStatement,
    text: &str,
    source: SourceId,
    server: Server,
) -> Result<Parsed, Diagnostic> {
    let syntax = server.dialect.syntax();
    let mut cur = Cursor::new(text, &statement.tokens, source, syntax);
    let parsed = match cur.word().as_deref() {
        // A comment that is code of another product leaves nothing.
        None if cur.done() => Parsed::default(),
        Some("create") => create(&mut cur, server)?,
        Some("alter") => alter(&mut cur, server)?,
        Some("drop") => drop(&mut cur)?,
        Some("rename") if cur.at_seq(&["rename", "user"]) => accounts(&mut cur),
        Some("rename") => alter::rename_tables(&mut cur)?,
        Some("insert" | "replace" | "update" | "delete" | "with" | "load" | "truncate") => {
            data::read(&mut cur)?
        }
        Some("grant" | "revoke") => grant::read(&mut cur, server)?,
        Some("begin") if cur.at_seq(&["begin", "not"]) => block::read(&mut cur, server)?,
        _ => misc::read(&mut cur)?,
    };
    cur.finish()?;
    Ok(parsed)
}

/// What stands between CREATE and the kind's word.
#[derive(Debug, Default)]
pub struct Lead {
    pub or_replace: bool,
    /// `definer` and the like.
    pub options: Options,
}

/// `'app'@'%'`, `root@localhost`, CURRENT_USER: as the server shows it.
pub fn user(cur: &mut Cursor) -> Result<String, Diagnostic> {
    if cur.eat("current_user") {
        if cur.at_symbol("(") {
            cur.group()?;
        }
        return Ok("current_user".into());
    }
    let part = |cur: &mut Cursor| match cur.string("a user") {
        Ok(text) => Ok(text),
        Err(_) => cur.ident("a user").map(|i| i.text),
    };
    let name = part(cur)?;
    // `@host` is lexed as one word by some, as a symbol and a word by others.
    if cur.eat_symbol("@") {
        let host = part(cur)?;
        return Ok(format!("{name}@{host}"));
    }
    if let Some(token) = cur.peek()
        && let Some(host) = cur.text(token.span).strip_prefix('@')
        && !host.is_empty()
    {
        cur.bump();
        return Ok(format!("{name}@{}", host.trim_matches(['`', '\'', '"'])));
    }
    Ok(format!("{name}@%"))
}

/// The words between CREATE or ALTER and the kind's.
fn lead(cur: &mut Cursor, or_replace: bool) -> Result<Lead, Diagnostic> {
    let mut lead = Lead {
        or_replace,
        ..Lead::default()
    };
    loop {
        let (option, value) = if cur.eat("algorithm") {
            cur.eat_symbol("=");
            let word = cur.ident("UNDEFINED, MERGE or TEMPTABLE")?.text;
            ("algorithm", word.to_ascii_lowercase())
        } else if cur.eat("definer") {
            cur.expect_symbol("=")?;
            ("definer", user(cur)?)
        } else if cur.eat_seq(&["sql", "security"]) {
            let word = cur.ident("DEFINER or INVOKER")?.text;
            ("security", word.to_ascii_lowercase())
        } else {
            return Ok(lead);
        };
        lead.options.insert(option.into(), value);
    }
}

fn create(cur: &mut Cursor, server: Server) -> Result<Parsed, Diagnostic> {
    cur.expect("create")?;
    let or_replace = cur.eat_seq(&["or", "replace"]);
    let at = cur.here();
    if cur.eat("temporary") {
        return Err(misc::temporary(cur, at));
    }
    let lead = lead(cur, or_replace)?;
    if cur.at_seq(&["aggregate", "function"]) {
        return Err(unsupported(cur, "aggregate functions"));
    }
    match cur.word().as_deref() {
        Some("table") => table::create(cur, lead, server),
        Some("unique" | "fulltext" | "spatial" | "vector" | "index") => {
            index::create(cur, lead, server)
        }
        Some("view") => view::create(cur, lead, server),
        Some("trigger") => trigger::create(cur, lead, server),
        Some("procedure" | "function") => routine::create(cur, lead, server),
        Some("event") => event::create(cur, lead, server),
        Some("sequence") => sequence::create(cur, lead, server),
        Some("database" | "schema") => misc::new_database(cur),
        Some("user" | "role") => Ok(accounts(cur)),
        Some(_) => Err(unsupported(
            cur,
            &format!("`CREATE {}`", cur.word().unwrap_or_default().to_uppercase()),
        )),
        None => Err(cur.unexpected("what is created")),
    }
}

fn alter(cur: &mut Cursor, server: Server) -> Result<Parsed, Diagnostic> {
    cur.expect("alter")?;
    let start = cur.pos();
    // ALTER ONLINE | IGNORE TABLE are MariaDB's.
    while cur.eat("online") || cur.eat("ignore") {}
    if cur.at("table") {
        return alter::table(cur, server);
    }
    cur.reset(start);
    let lead = lead(cur, true)?;
    match cur.word().as_deref() {
        Some("user") => Ok(accounts(cur)),
        Some("view") => view::create(cur, lead, server),
        Some("event") => event::alter(cur, lead, server),
        Some("sequence") => sequence::alter(cur, server),
        Some("procedure" | "function") => routine::alter(cur),
        Some("database" | "schema") => misc::database(cur),
        _ => Err(cur.unexpected("`TABLE`, `VIEW`, `EVENT`, `SEQUENCE`, `PROCEDURE` or `FUNCTION`")),
    }
}

fn drop(cur: &mut Cursor) -> Result<Parsed, Diagnostic> {
    cur.expect("drop")?;
    if cur.eat("temporary") {
        cur.rest();
        return Ok(ignored("temporary objects are not schema"));
    }
    let kind = match cur.word().as_deref() {
        Some("table" | "tables") => Kind::Table,
        Some("view") => Kind::View,
        Some("trigger") => Kind::Trigger,
        Some("procedure") => Kind::Procedure,
        Some("function") => Kind::Function,
        Some("event") => Kind::Event,
        Some("sequence") => Kind::Sequence,
        Some("index") => return index::drop(cur),
        Some("user" | "role") => return Ok(accounts(cur)),
        Some("database" | "schema") => {
            cur.rest();
            return Ok(ignored("a schema is one database, that of the URL"));
        }
        _ => return Err(cur.unexpected("what is dropped")),
    };
    cur.bump();
    let if_exists = cur.eat_seq(&["if", "exists"]);
    let mut actions = Vec::new();
    loop {
        let id = object_id(cur, kind, "a name")?;
        actions.push(Action::Drop(Drop {
            id,
            if_exists,
            cascade: false,
            concurrently: false,
        }));
        if !cur.eat_symbol(",") {
            break;
        }
    }
    // Both words mean nothing (manual, DROP TABLE Statement).
    if !cur.eat("restrict") {
        cur.eat("cascade");
    }
    Ok(Parsed {
        actions,
        ..Parsed::default()
    })
}

/// What is about users and roles as such.
pub fn accounts(cur: &mut Cursor) -> Parsed {
    cur.rest();
    ignored("users and roles are the server's")
}

/// `a`, or `db.a`.
pub fn object_id(cur: &mut Cursor, kind: Kind, what: &str) -> Result<ObjectId, Diagnostic> {
    Ok(named(cur, kind, what)?.0)
}

/// As [`object_id`], with the place of the name.
pub fn named(cur: &mut Cursor, kind: Kind, what: &str) -> Result<(ObjectId, Span), Diagnostic> {
    let first = cur.ident(what)?;
    if !cur.eat_symbol(".") {
        return Ok((id(kind, first.text), first.span));
    }
    let second = cur.ident(what)?;
    let out = ObjectId::new(kind, Name::folded(first.text), Name::folded(second.text));
    Ok((out, first.span.to(second.span)))
}

pub fn column_name(ident: Ident) -> Name {
    Name::folded(ident.text)
}

/// A statement that is no declaration.
pub fn ignored(why: &'static str) -> Parsed {
    Parsed {
        ignored: Some(why),
        ..Parsed::default()
    }
}

pub fn if_not_exists(cur: &mut Cursor) -> bool {
    cur.eat_seq(&["if", "not", "exists"])
}

pub fn unsupported(cur: &Cursor, what: &str) -> Diagnostic {
    Diagnostic::error("D0003", format!("{what} are not supported"))
        .at(cur.place(cur.here()))
        .help("take the statement out of the schema's files")
}

/// A piece of SQL as written.
pub fn sql_text(cur: &Cursor, span: Span) -> SqlText {
    SqlText::new(cur.text(span).trim()).at(cur.place(span))
}

/// The inside of a `( … )`.
pub fn bracketed(cur: &mut Cursor) -> Result<SqlText, Diagnostic> {
    let open = cur.here();
    let span = cur.group()?;
    if cur.text(span).trim().is_empty() {
        return Err(Diagnostic::error("D0101", "an expression is missing")
            .at(cur.place(open))
            .label("nothing stands in these brackets"));
    }
    Ok(sql_text(cur, span))
}
