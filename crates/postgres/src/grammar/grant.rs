//! GRANT and REVOKE.
//!
//! Invariant: one action per object, privilege and role; ALL stands for every privilege of the kind. What the model
//! cannot hold (role membership, unmodelled kinds) is named.

use super::{Read, Reader, cascade, definition, list, name};
use crate::features::{Feature, has};
use driftless_model::{DefaultPrivileges, Grant, Kind, Name, ObjectId};
use driftless_planner::Action;

/// A privilege with the columns it is limited to; `None`: ALL.
struct Privilege {
    word: Option<String>,
    columns: Vec<Name>,
}

pub(super) fn read(r: &mut Reader) -> Read<()> {
    let start = r.pos();
    statement(r, start, &objects)
}

/// ALTER DEFAULT PRIVILEGES, from DEFAULT on.
pub(super) fn defaults(r: &mut Reader, start: usize) -> Read<()> {
    r.expect_seq(&["default", "privileges"])?;
    let (mut roles, mut schemas) = (Vec::new(), Vec::new());
    loop {
        if r.eat_seq(&["for", "role"]) || r.eat_seq(&["for", "user"]) {
            roles = list(r, name::role)?;
        } else if r.eat_seq(&["in", "schema"]) {
            schemas = list(r, |c| name::single(c, "a schema"))?;
        } else {
            break;
        }
    }
    let maker = |role: &mut String| {
        if matches!(role.as_str(), "current_role" | "session_user") {
            *role = DefaultPrivileges::MAKER.to_owned();
        }
    };
    roles.iter_mut().for_each(maker);
    if roles.is_empty() {
        roles.push(DefaultPrivileges::MAKER.to_owned());
    }
    if schemas.is_empty() {
        schemas.push(Name::default());
    }
    if !r.at_any(&["grant", "revoke"]) {
        return Err(r.unexpected("`GRANT` or `REVOKE`"));
    }
    statement(r, start, &|r| {
        if r.at_seq(&["large", "objects"]) {
            return Ok(None);
        }
        let on = match r.word().as_deref() {
            Some(on @ ("tables" | "sequences" | "functions" | "types" | "schemas")) => {
                on.to_owned()
            }
            Some("routines") => "functions".to_owned(),
            _ => {
                return Err(
                    r.unexpected("`TABLES`, `SEQUENCES`, `FUNCTIONS`, `TYPES` or `SCHEMAS`")
                );
            }
        };
        r.bump();
        let all = roles.iter().flat_map(|role| {
            let on = &on;
            schemas
                .iter()
                .map(move |s| DefaultPrivileges::id(role, s, on))
        });
        Ok(Some(all.collect()))
    })
}

/// From GRANT or REVOKE on.
fn statement(
    r: &mut Reader,
    start: usize,
    objects: &dyn Fn(&mut Reader) -> Read<Option<Vec<ObjectId>>>,
) -> Read<()> {
    let revoke = r.eat("revoke");
    if !revoke {
        r.expect("grant")?;
    }
    let only_option = revoke && option_for(r);
    let privileges = privileges(r)?;
    if !r.at("on") || only_option {
        let what = match (only_option, revoke) {
            (true, _) => "revoked grant option",
            (false, true) => "revoked role membership",
            (false, false) => "role membership",
        };
        return apart(r, start, what);
    }
    r.bump();
    let Some(objects) = objects(r)? else {
        return apart(r, start, if revoke { "revoke" } else { "grant" });
    };
    r.expect(if revoke { "from" } else { "to" })?;
    let roles = list(r, |c| {
        c.eat("group");
        name::role(c)
    })?;
    let grantable = r.eat_seq(&["with", "grant", "option"]);
    if r.eat_seq(&["granted", "by"]) {
        name::role(r)?;
    }
    cascade(r);
    for id in &objects {
        for privilege in &privileges {
            each(r, id, privilege, &roles, grantable, revoke);
        }
    }
    Ok(())
}

/// `GRANT OPTION FOR`, `ADMIN OPTION FOR` and their like.
fn option_for(r: &mut Reader) -> bool {
    ["grant", "admin", "inherit", "set"]
        .iter()
        .any(|word| r.eat_seq(&[word, "option", "for"]))
}

/// Named as a whole.
fn apart(r: &mut Reader, start: usize, what: &str) -> Read<()> {
    r.rest();
    let span = r.span_from(start);
    let written = super::folded(r, start + 1);
    r.unmodelled(what, written, None, span);
    Ok(())
}

fn privileges(r: &mut Reader) -> Read<Vec<Privilege>> {
    list(r, |c| {
        let word = name::single(c, "a privilege")?
            .as_str()
            .to_ascii_uppercase();
        let word = match word.as_str() {
            "ALL" => {
                c.eat("privileges");
                None
            }
            // ALTER SYSTEM: two words, of a kind that is not modelled.
            "ALTER" if c.eat("system") => Some("ALTER SYSTEM".to_owned()),
            _ => Some(word),
        };
        let columns = if c.at_symbol("(") {
            super::names(c.ident_list("a column")?)
        } else {
            Vec::new()
        };
        Ok(Privilege { word, columns })
    })
}

/// The objects behind ON; `None`: of a kind that is not modelled.
fn objects(r: &mut Reader) -> Read<Option<Vec<ObjectId>>> {
    let kind = match r.word().as_deref() {
        Some("table") => Kind::Table,
        Some("sequence") => Kind::Sequence,
        Some("function" | "routine") => Kind::Function,
        Some("procedure") => Kind::Procedure,
        Some("schema") => Kind::Schema,
        Some("type") => Kind::Enum,
        Some("domain") => Kind::Domain,
        Some("all") if r.peek_nth(1).is_some_and(|t| r.text(t.span) != ".") => return every(r),
        Some("language" | "foreign") if r.peek_nth(1).is_some_and(|t| r.text(t.span) != ".") => {
            let Some(kind) = definition::kind(r) else {
                return Ok(None);
            };
            let ids = list(r, |c| Ok(definition::object(c, kind)?.0))?;
            return Ok(Some(ids));
        }
        Some("database" | "large" | "parameter" | "tablespace")
            if r.peek_nth(1).is_some_and(|t| r.text(t.span) != ".") =>
        {
            return Ok(None);
        }
        _ => {
            let ids = list(r, |c| Ok(name::object(c, Kind::Table, "a table")?.0))?;
            return Ok(Some(ids));
        }
    };
    r.bump();
    let ids = match kind {
        Kind::Function | Kind::Procedure => list(r, |c| Ok(name::routine(c, kind)?.0))?,
        _ => list(r, |c| Ok(name::object(c, kind, &name::a(kind))?.0))?,
    };
    Ok(Some(ids))
}

/// `ALL TABLES IN SCHEMA a, b`: ids without a name.
fn every(r: &mut Reader) -> Read<Option<Vec<ObjectId>>> {
    r.expect("all")?;
    let kinds: &[Kind] = match r.word().as_deref() {
        Some("tables") => &[Kind::Table],
        Some("sequences") => &[Kind::Sequence],
        Some("functions") => &[Kind::Function],
        Some("procedures") => &[Kind::Procedure],
        Some("routines") => &[Kind::Function, Kind::Procedure],
        _ => return Err(r.unexpected("`TABLES`, `SEQUENCES`, `FUNCTIONS` or `ROUTINES`")),
    };
    r.bump();
    r.expect_seq(&["in", "schema"])?;
    let schemas = list(r, |c| name::single(c, "a schema"))?;
    let all = schemas.iter().flat_map(|s| {
        kinds
            .iter()
            .map(|k| ObjectId::new(*k, s.clone(), Name::default()))
    });
    Ok(Some(all.collect()))
}

/// Every privilege of the kind (manual, 5.8).
fn all(r: &Reader, id: &ObjectId, columns: bool) -> Vec<&'static str> {
    let kind = match (id.kind, id.name.as_str()) {
        (Kind::DefaultPrivileges, "tables") => Kind::Table,
        (Kind::DefaultPrivileges, "sequences") => Kind::Sequence,
        (Kind::DefaultPrivileges, "functions") => Kind::Function,
        (Kind::DefaultPrivileges, "schemas") => Kind::Schema,
        (kind, _) => kind,
    };
    match kind {
        Kind::Table if columns => vec!["INSERT", "REFERENCES", "SELECT", "UPDATE"],
        Kind::Table => {
            let mut out = vec![
                "DELETE",
                "INSERT",
                "REFERENCES",
                "SELECT",
                "TRIGGER",
                "TRUNCATE",
                "UPDATE",
            ];
            if has(r.server, Feature::Maintain) {
                out.insert(2, "MAINTAIN");
            }
            out
        }
        Kind::Sequence => vec!["SELECT", "UPDATE", "USAGE"],
        Kind::Function | Kind::Procedure => vec!["EXECUTE"],
        Kind::Schema => vec!["CREATE", "USAGE"],
        _ => vec!["USAGE"],
    }
}

fn each(
    r: &mut Reader,
    id: &ObjectId,
    privilege: &Privilege,
    roles: &[String],
    grantable: bool,
    revoke: bool,
) {
    let words: Vec<String> = match &privilege.word {
        Some(word) => vec![word.clone()],
        None => all(r, id, !privilege.columns.is_empty())
            .into_iter()
            .map(str::to_owned)
            .collect(),
    };
    let columns: Vec<Option<Name>> = if privilege.columns.is_empty() {
        vec![None]
    } else {
        privilege.columns.iter().cloned().map(Some).collect()
    };
    for word in &words {
        for column in &columns {
            for role in roles {
                let grant = Grant {
                    role: role.clone(),
                    privilege: word.clone(),
                    grantable,
                    column: column.clone(),
                };
                r.action(Action::Grant {
                    id: id.clone(),
                    grant,
                    revoke,
                });
            }
        }
    }
}
