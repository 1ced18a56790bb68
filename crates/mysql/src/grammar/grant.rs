//! GRANT and REVOKE.
//!
//! Invariant: one action per object, privilege, column and account. GRANT OPTION is a privilege of its own, for it
//! belongs to all that an account may do to an object (manual, GRANT Statement). What is about the server as a whole
//! (`*.*`, membership in roles, proxies) is no part of a schema.

use super::{column_name, ignored, named, user};
use crate::features::{Feature, has};
use driftless_model::{DefaultPrivileges, Grant, Kind, Name, ObjectId, Server};
use driftless_planner::{Action, Parsed};
use driftless_sql::{Cursor, Diagnostic, Span};

/// What the privileges on all of a database are called beside those on one object.
const DATABASE: &str = "database";

/// The option to pass on what one may do.
pub const GRANT_OPTION: &str = "GRANT OPTION";

const ON_COLUMN: [&str; 4] = ["SELECT", "INSERT", "UPDATE", "REFERENCES"];
const ON_ROUTINE: [&str; 2] = ["EXECUTE", "ALTER ROUTINE"];
const ON_TABLE: [&str; 12] = [
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "CREATE",
    "DROP",
    "REFERENCES",
    "INDEX",
    "ALTER",
    "CREATE VIEW",
    "SHOW VIEW",
    "TRIGGER",
];
const ON_DATABASE: [&str; 6] = [
    "CREATE TEMPORARY TABLES",
    "LOCK TABLES",
    "EXECUTE",
    "CREATE ROUTINE",
    "ALTER ROUTINE",
    "EVENT",
];

/// The privileges on the database as a whole.
pub fn database() -> ObjectId {
    DefaultPrivileges::id(DefaultPrivileges::MAKER, &Name::default(), DATABASE)
}

/// What ALL means on an object (manual, Privileges Provided): everything but GRANT OPTION.
pub fn all(id: &ObjectId, server: Server) -> Vec<&'static str> {
    let mut out = Vec::new();
    if !id.kind.is_routine() {
        out.extend(ON_TABLE);
        out.extend(has(server, Feature::Periods).then_some("DELETE HISTORY"));
    }
    if id.kind == Kind::DefaultPrivileges {
        out.extend(ON_DATABASE);
    }
    if id.kind.is_routine() {
        out.extend(ON_ROUTINE);
    }
    if id.kind.is_routine() || id.kind == Kind::DefaultPrivileges {
        out.extend(has(server, Feature::ShowRoutine).then_some("SHOW CREATE ROUTINE"));
    }
    out
}

/// An account as the model names it: without its host where that is everywhere, empty for PUBLIC.
pub fn account(user: &str, host: &str) -> String {
    match host {
        "" | "%" if !user.is_empty() && !user.contains('@') => user.to_owned(),
        host => format!("{user}@{host}"),
    }
}

/// A privilege with the columns it is limited to.
struct Privilege {
    word: String,
    span: Span,
    columns: Vec<Name>,
}

pub fn read(cur: &mut Cursor, server: Server) -> Result<Parsed, Diagnostic> {
    let revoke = cur.eat("revoke");
    if !revoke {
        cur.expect("grant")?;
    }
    cur.eat_seq(&["if", "exists"]);
    let start = cur.pos();
    cur.until(&|c| c.at("on"));
    if cur.done() {
        return Ok(ignored("who has which role is the server's"));
    }
    cur.reset(start);
    if cur.at("proxy") {
        cur.rest();
        return Ok(ignored("who may act for whom is the server's"));
    }
    let privileges = privileges(cur)?;
    cur.expect("on")?;
    let Some(id) = object(cur)? else {
        cur.rest();
        return Ok(ignored("privileges on every database are the server's"));
    };
    cur.expect(if revoke { "from" } else { "to" })?;
    let mut accounts = vec![grantee(cur, server)?];
    while cur.eat_symbol(",") {
        accounts.push(grantee(cur, server)?);
    }
    let mut grantable = false;
    while !cur.done() {
        match cur.eat_seq(&["grant", "option"]) {
            true => grantable = true,
            false => _ = cur.bump(),
        }
    }
    let mut actions = Vec::new();
    for account in &accounts {
        let mut say = |privilege: &str, column: Option<Name>| {
            actions.push(Action::Grant {
                id: id.clone(),
                grant: Grant {
                    role: account.clone(),
                    privilege: privilege.to_owned(),
                    grantable: false,
                    column,
                },
                revoke,
            });
        };
        for privilege in &privileges {
            for word in words(privilege, &id, server, cur)? {
                match privilege.columns.as_slice() {
                    [] => say(word, None),
                    columns => columns.iter().for_each(|c| say(word, Some(c.clone()))),
                }
            }
        }
        if grantable {
            say(GRANT_OPTION, None);
        }
    }
    Ok(Parsed {
        actions,
        ..Parsed::default()
    })
}

/// `SELECT, INSERT (a, b), ALL PRIVILEGES`
fn privileges(cur: &mut Cursor) -> Result<Vec<Privilege>, Diagnostic> {
    let mut out = Vec::new();
    loop {
        let from = cur.pos();
        let mut words = Vec::new();
        while !cur.at("on") && !cur.at_symbol(",") && !cur.at_symbol("(") {
            words.push(cur.ident("a privilege")?.text.to_ascii_uppercase());
        }
        if words.is_empty() {
            return Err(cur.unexpected("a privilege"));
        }
        let span = cur.span_from(from);
        let columns = match cur.at_symbol("(") {
            true => cur.ident_list("a column")?,
            false => Vec::new(),
        };
        out.push(Privilege {
            word: words.join(" "),
            span,
            columns: columns.into_iter().map(column_name).collect(),
        });
        if !cur.eat_symbol(",") {
            return Ok(out);
        }
    }
}

/// The privileges behind a word, as the object can have them.
fn words(
    privilege: &Privilege,
    id: &ObjectId,
    server: Server,
    cur: &Cursor,
) -> Result<Vec<&'static str>, Diagnostic> {
    let on_columns = !privilege.columns.is_empty();
    let known = match on_columns {
        true => ON_COLUMN.to_vec(),
        false => all(id, server),
    };
    let word = match privilege.word.as_str() {
        "ALL" | "ALL PRIVILEGES" => return Ok(known),
        // It says that there is an account, and nothing else.
        "USAGE" => return Ok(Vec::new()),
        GRANT_OPTION if !on_columns => return Ok(vec![GRANT_OPTION]),
        "DELETE VERSIONING ROWS" => "DELETE HISTORY",
        word => word,
    };
    match known.iter().find(|k| **k == word) {
        Some(word) => Ok(vec![word]),
        None => {
            let on = match id.kind {
                _ if on_columns => "a column",
                Kind::DefaultPrivileges => "a database",
                kind if kind.is_routine() => "a routine",
                _ => "a table",
            };
            Err(
                Diagnostic::error("D0101", format!("`{word}` is no privilege on {on}"))
                    .at(cur.place(privilege.span))
                    .label("not known here")
                    .help(format!("it can be {} or {GRANT_OPTION}", known.join(", "))),
            )
        }
    }
}

/// What stands behind ON; `None`: every database.
fn object(cur: &mut Cursor) -> Result<Option<ObjectId>, Diagnostic> {
    let kind = match cur.word().as_deref() {
        Some("function") => Kind::Function,
        Some("procedure") => Kind::Procedure,
        _ => Kind::Table,
    };
    if kind != Kind::Table || cur.at("table") {
        cur.bump();
    }
    if cur.eat_symbol("*") {
        if !cur.eat_symbol(".") {
            return Ok(Some(database()));
        }
        cur.expect_symbol("*")?;
        return Ok(None);
    }
    let start = cur.pos();
    let first = cur.ident("a table's name")?;
    if cur.eat_symbol(".") && cur.eat_symbol("*") {
        // A name with its wildcards taken away is that name.
        let plain = first.text.replace("\\_", "_").replace("\\%", "%");
        return Ok(Some(database().in_schema(Name::folded(plain))));
    }
    cur.reset(start);
    Ok(Some(named(cur, kind, "a table's name")?.0))
}

/// An account or a role, with what GRANT may say of how it logs in, which is no privilege.
fn grantee(cur: &mut Cursor, server: Server) -> Result<String, Diagnostic> {
    let at = cur.here();
    let public = cur.at("public") && has(server, Feature::PlainRoles);
    if public {
        cur.bump();
        return Ok(String::new());
    }
    let user = user(cur)?;
    if user == "current_user" {
        return Err(
            Diagnostic::error("D0003", "a privilege of CURRENT_USER is not supported")
                .at(cur.place(at))
                .label("who that is depends on who runs the file")
                .help("name the account or the role"),
        );
    }
    if cur.eat("identified") {
        cur.until(&|c| {
            c.at_symbol(",") || c.at_any(&["require"]) || c.at_seq(&["with", "grant", "option"])
        });
    }
    let (name, host) = user.rsplit_once('@').unwrap_or((&user, "%"));
    Ok(account(name, host))
}
