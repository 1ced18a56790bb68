//! What a view or a stored program keeps of the session that made it: its `sql_mode`, an event's time zone, the client's
//! character set and the connection's collation (manual, CREATE PROCEDURE, CREATE EVENT and SHOW CREATE VIEW Statement).
//!
//! Neighbours: `dialect` stamps what is read, rows frame what they write. Invariant: what was kept before is kept when an
//! object is made anew; modes and zones count where the desired state says them, character sets of clients are not
//! compared.

use crate::features::default_collation;
use crate::row::collation_of;
use crate::text::literal;
use driftless_model::{Body, Catalog, Dialect, Kind, Object, ObjectId, Options, Server};
use driftless_planner::{Action, Clause, Cx, Draft, Parsed, Session};
use driftless_sql::modes::{SQL_MODE, assign, modes};
use driftless_sql::{SourceId, Syntax, TokenKind, lex, token_text};
use std::collections::BTreeMap;

/// A session's variable, and the option of an object that holds its value.
struct Kept {
    variable: &'static str,
    option: &'static str,
    /// The columns of SHOW CREATE that tell it, counted from that with the text.
    column: isize,
}

/// The option with the character set in which a view's client spoke.
pub const CLIENT_CHARSET: &str = "client charset";

const CHARSET: Kept = Kept {
    variable: "character_set_client",
    option: CLIENT_CHARSET,
    column: 1,
};
const COLLATION: Kept = Kept {
    variable: "collation_connection",
    option: "client collation",
    column: 2,
};
const MODE: Kept = Kept {
    variable: SQL_MODE,
    option: "sql mode",
    column: -1,
};
const ZONE: Kept = Kept {
    variable: "time_zone",
    option: "time zone",
    column: -1,
};

const VIEW: [Kept; 2] = [CHARSET, COLLATION];
const PROGRAM: [Kept; 3] = [CHARSET, COLLATION, MODE];
const EVENT: [Kept; 4] = [CHARSET, COLLATION, Kept { column: -2, ..MODE }, ZONE];

/// Modes that MySQL no longer has, and dumps of its elders still name.
const GONE: [&str; 1] = ["NO_AUTO_CREATE_USER"];

fn of(kind: Kind) -> &'static [Kept] {
    match kind {
        Kind::View => &VIEW,
        Kind::Event => &EVENT,
        Kind::Function | Kind::Procedure | Kind::Trigger => &PROGRAM,
        _ => &[],
    }
}

fn options(object: &Object) -> Option<&Options> {
    match &object.body {
        Body::View(v) => Some(&v.options),
        Body::Function(f) => Some(&f.options),
        Body::Trigger(t) => Some(&t.options),
        Body::Event(e) => Some(&e.options),
        _ => None,
    }
}

fn options_mut(object: &mut Object) -> Option<&mut Options> {
    match &mut object.body {
        Body::View(v) => Some(&mut v.options),
        Body::Function(f) => Some(&mut f.options),
        Body::Trigger(t) => Some(&mut t.options),
        Body::Event(e) => Some(&mut e.options),
        _ => None,
    }
}

/// Executes a setting on what is known of the session.
pub fn set(session: &mut BTreeMap<String, String>, name: &str, value: &str, server: Server) {
    let syntax = server.dialect.syntax();
    let (tokens, _, _) = lex(name, syntax, SourceId(0));
    let words: Vec<String> = tokens
        .iter()
        .map(|t| match t.kind {
            TokenKind::Text => token_text(t, name, syntax),
            _ => t.span.of(name).to_ascii_lowercase(),
        })
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (charset, collation) = match words.as_slice() {
        ["names" | "charset", "default"] | ["character", "set", "default"] => {
            session.remove(CHARSET.variable);
            session.remove(COLLATION.variable);
            return;
        }
        ["names", charset] => (*charset, format!("charset:{charset}")),
        ["names", charset, "collate", collation] => (*charset, (*collation).to_owned()),
        ["character", "set", charset] | ["charset", charset] => (*charset, String::new()),
        _ => return assign(session, name, value, syntax),
    };
    session.insert(CHARSET.variable.into(), charset.to_owned());
    session.insert(COLLATION.variable.into(), collation);
}

/// What is made in a session keeps what the text said of it.
pub fn stamp(parsed: &mut Parsed, catalog: &Catalog) {
    if catalog.session.is_empty() {
        return;
    }
    for action in &mut parsed.actions {
        let (kind, options) = match action {
            Action::Create(create) => (create.id.kind, options_mut(&mut create.object)),
            Action::Alter {
                id,
                clause: Clause::Event(event),
            } => (id.kind, Some(&mut event.options)),
            _ => continue,
        };
        let Some(options) = options else { continue };
        for kept in of(kind) {
            let said = catalog.session.get(kept.variable);
            if let Some(said) = said.filter(|s| !s.is_empty() || kept.option == MODE.option)
                && !options.contains_key(kept.option)
            {
                let value = spelled(kept, said, catalog.server);
                options.insert(kept.option.into(), value);
            }
        }
        as_always(
            options,
            "utf8mb4",
            &default_collation(catalog.server, "utf8mb4"),
        );
    }
}

/// What one object keeps, another does as well.
pub fn carry(from: &Object, to: &mut Object) {
    let (Some(from), Some(to)) = (options(from), options_mut(to)) else {
        return;
    };
    for kept in &EVENT {
        if let Some(value) = from.get(kept.option) {
            to.insert(kept.option.into(), value.clone());
        }
    }
}

/// As servers tell it.
fn spelled(kept: &Kept, value: &str, server: Server) -> String {
    match kept.option {
        CLIENT_CHARSET if value.eq_ignore_ascii_case("utf8") => "utf8mb3".into(),
        CLIENT_CHARSET => value.to_ascii_lowercase(),
        option if option == COLLATION.option => {
            let read = collation_of(value, server);
            match read.strip_prefix("utf8_") {
                Some(rest) => format!("utf8mb3_{rest}"),
                None => read,
            }
        }
        _ => value.to_owned(),
    }
}

/// What every connection of this tool has need not be said.
fn as_always(options: &mut Options, charset: &str, collation: &str) {
    let usual = |kept: &Kept, value: &str| options.get(kept.option).is_none_or(|v| v == value);
    if usual(&CHARSET, charset) && usual(&COLLATION, collation) {
        options.remove(CHARSET.option);
        options.remove(COLLATION.option);
    }
}

/// What SHOW CREATE tells beside the text, where it is not as the server has it for everybody. `cell` gives a column,
/// counted from that with the text.
pub fn told<'a>(
    action: &mut Action,
    kind: Kind,
    cell: impl Fn(isize) -> Option<&'a str>,
    catalog: &Catalog,
) {
    let Action::Create(create) = action else {
        return;
    };
    let Some(options) = options_mut(&mut create.object) else {
        return;
    };
    let syntax = catalog.server.dialect.syntax();
    let usual = |kept: &Kept| catalog.settings.get(kept.variable).map(String::as_str);
    for kept in of(kind) {
        let own = |value: &&str| {
            kept.column > 0 || usual(kept).is_none_or(|usual| !equal(value, usual, syntax))
        };
        if let Some(value) = cell(kept.column).filter(own) {
            options.insert(kept.option.into(), value.to_owned());
        }
    }
    let ours = |kept: &Kept| usual(kept).unwrap_or_default().to_owned();
    as_always(options, &ours(&CHARSET), &ours(&COLLATION));
}

fn equal(one: &str, other: &str, syntax: Syntax) -> bool {
    let plain = |list: &str| {
        let mut out = modes(list, syntax);
        GONE.iter().for_each(|m| {
            out.remove(*m);
        });
        out
    };
    one.eq_ignore_ascii_case(other) || plain(one) == plain(other)
}

/// Whether the modes and the zone that the desired state says are there.
pub fn same(before: &Options, after: &Options, cx: &Cx) -> bool {
    let syntax = cx.server.dialect.syntax();
    [MODE, ZONE].iter().all(|kept| {
        let usual = || cx.before.settings.get(kept.variable);
        after.get(kept.option).is_none_or(|wanted| {
            let found = before.get(kept.option).or_else(usual);
            found.is_some_and(|found| equal(found, wanted, syntax))
        })
    })
}

/// Leaves the options that are compared word by word.
pub fn without(options: &mut Options) {
    for kept in &EVENT {
        options.remove(kept.option);
    }
}

/// The list without modes that the product does not have.
fn known(list: &str, server: Server) -> String {
    let gone = |word: &&str| {
        server.dialect == Dialect::Mysql && GONE.iter().any(|g| word.trim().eq_ignore_ascii_case(g))
    };
    let left: Vec<&str> = list.split(',').filter(|w| !gone(w)).collect();
    left.join(",")
}

/// The statement in a session that has what the object shall keep; behind it all is as it was.
pub fn framed(mut draft: Draft, id: &ObjectId, after: &Options, cx: &Cx) -> Draft {
    // What a view's casts mean hangs on it, so there the desired state alone decides.
    let before = cx.before.get(id).filter(|_| id.kind != Kind::View);
    let before = before.and_then(options);
    let (mut first, mut last) = (Vec::new(), Vec::new());
    for kept in of(id.kind) {
        let was = || before.and_then(|b| b.get(kept.option));
        let Some(value) = after.get(kept.option).or_else(was) else {
            continue;
        };
        if kept.option == CLIENT_CHARSET && !readable(value, &draft, cx.server) {
            continue;
        }
        let value = literal(&known(value, cx.server));
        let saved = format!("@driftless_{}", kept.variable);
        let set = |name: &str, value: String| {
            let name = name.to_owned();
            Action::Session(Session::Set { name, value })
        };
        first.push(set(&saved, format!("@@{}", kept.variable)));
        first.push(set(kept.variable, value));
        last.push(set(kept.variable, saved));
    }
    if !first.is_empty() {
        draft.statements.insert(0, first);
        draft.statements.push(last);
    }
    draft
}

/// The server understands the statement, which is sent as UTF-8, where it takes it for this character set.
fn readable(charset: &str, draft: &Draft, server: Server) -> bool {
    let text = |actions: &Vec<Action>| crate::print::statement(actions, server);
    charset.starts_with("utf8") || draft.statements.iter().all(|s| text(s).is_ascii())
}

/// As [`framed`], of the statement that makes an object.
pub fn created(draft: Draft, id: &ObjectId, object: &Object, cx: &Cx) -> Draft {
    match options(object) {
        Some(options) => framed(draft, id, options, cx),
        None => draft,
    }
}
