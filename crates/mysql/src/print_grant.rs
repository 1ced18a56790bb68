//! Privileges as SQL.
//!
//! Neighbour: `grammar::grant` reads it. Invariant: the database is `*`, never its name.

use crate::grammar::grant::{GRANT_OPTION, all};
use crate::text::{qualified, quoted};
use driftless_model::{Grant, Kind, Name, ObjectId, Server};
use driftless_planner::Action;

/// Whether both are said in one statement: to one account, on one object.
pub fn together(one: &Action, other: &Action) -> bool {
    matches!((one, other), (
        Action::Grant { id: a, grant: x, revoke: p },
        Action::Grant { id: b, grant: y, revoke: q },
    ) if a == b && p == q && x.role == y.role)
}

/// The statement of actions that stand together.
pub fn statement(actions: &[Action], server: Server) -> String {
    let Some(Action::Grant { id, grant, revoke }) = actions.first() else {
        return String::new();
    };
    let grants = actions.iter().filter_map(|a| match a {
        Action::Grant { grant, .. } => Some(grant),
        _ => None,
    });
    let grants: Vec<&Grant> = grants.collect();
    let option = grants
        .iter()
        .any(|g| g.privilege == GRANT_OPTION || g.grantable);
    let mut said = list(&grants, &all(id, server));
    // REVOKE has no word for all of it and the option (manual, REVOKE Statement).
    if option && (*revoke || said.is_empty()) {
        said = list(&grants, &[]);
        said.push(GRANT_OPTION.to_owned());
    }
    let with = match option && !revoke && said.last().is_none_or(|s| s != GRANT_OPTION) {
        true => " WITH GRANT OPTION",
        false => "",
    };
    let (verb, to) = match revoke {
        true => ("REVOKE", "FROM"),
        false => ("GRANT", "TO"),
    };
    let (said, on, role) = (said.join(", "), place(id), account(&grant.role));
    format!("{verb} {said} ON {on} {to} {role}{with}")
}

/// `SELECT`, `UPDATE (a, b)`; one word where everything is meant.
fn list(grants: &[&Grant], all: &[&str]) -> Vec<String> {
    let mut out: Vec<(&str, Vec<&Name>)> = Vec::new();
    for grant in grants.iter().filter(|g| g.privilege != GRANT_OPTION) {
        match (&grant.column, out.last_mut()) {
            (Some(column), Some((word, columns)))
                if *word == grant.privilege && !columns.is_empty() =>
            {
                columns.push(column);
            }
            (column, _) => out.push((&grant.privilege, column.iter().collect())),
        }
    }
    let whole = |word: &&str| out.iter().any(|(w, c)| w == word && c.is_empty());
    if !all.is_empty() && out.iter().all(|(_, c)| c.is_empty()) && all.iter().all(whole) {
        return vec!["ALL PRIVILEGES".to_owned()];
    }
    let each = out.into_iter().map(|(word, columns)| match columns[..] {
        [] => word.to_owned(),
        _ => {
            let columns: Vec<String> = columns.into_iter().map(quoted).collect();
            format!("{word} ({})", columns.join(", "))
        }
    });
    each.collect()
}

fn place(id: &ObjectId) -> String {
    match id.kind {
        Kind::DefaultPrivileges => "*".to_owned(),
        Kind::Function => format!("FUNCTION {}", qualified(id)),
        Kind::Procedure => format!("PROCEDURE {}", qualified(id)),
        _ => qualified(id),
    }
}

/// `` `app`@`localhost` ``; a role, or an account of every host, without one.
fn account(role: &str) -> String {
    let quote = |text: &str| quoted(&Name::exact(text));
    match role.rsplit_once('@') {
        _ if role.is_empty() => "PUBLIC".to_owned(),
        Some((user, host)) => format!("{}@{}", quote(user), quote(host)),
        None => quote(role),
    }
}
