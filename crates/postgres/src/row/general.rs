//! Actions that every kind has: drop, rename, move, comment, owner, grant.
//!
//! Neighbours: rows print and cost these through here unless they know better.

use super::lock::{ACCESS_EXCLUSIVE, ACCESS_SHARE, Cost, SHARE_UPDATE};
use crate::features::{Feature, has};
use crate::print::{addressed, literal, name, owner, part, qualified, role, words};
use driftless_model::{DefaultPrivileges, Grant, Kind, ObjectId, Part};
use driftless_planner::{Action, Printed};

/// The text of an action that is not the kind's own.
pub(super) fn print(action: &Action) -> Printed {
    match action {
        Action::Drop(d) => drop(d),
        Action::Rename { part, to } => rename(part, &name(to)),
        Action::Move { id, schema } => Printed::plain(format!(
            "ALTER {} {} SET SCHEMA {}",
            words(id.kind),
            addressed(id),
            name(schema)
        )),
        Action::Comment { part, text } => comment(part, text.as_deref()),
        Action::Owner { id, to } => Printed::plain(format!(
            "ALTER {} {} OWNER TO {}",
            words(id.kind),
            addressed(id),
            role(to)
        )),
        Action::Grant { id, grant, revoke } => Printed::plain(privilege(id, grant, *revoke)),
        // The rows print the rest themselves.
        Action::Create(_) | Action::Alter { .. } | Action::Data(_) | Action::Session(_) => {
            Printed::default()
        }
    }
}

fn drop(d: &driftless_planner::Drop) -> Printed {
    let exists = if d.if_exists { "IF EXISTS " } else { "" };
    let cascade = if d.cascade { " CASCADE" } else { "" };
    let id = &d.id;
    match id.kind {
        Kind::Constraint => Printed::clause(
            format!("ALTER TABLE {}", owner(id)),
            format!("DROP CONSTRAINT {exists}{}{cascade}", name(&id.name)),
        ),
        Kind::Trigger | Kind::Policy | Kind::Rule => Printed::plain(format!(
            "DROP {} {exists}{} ON {}{cascade}",
            words(id.kind),
            name(&id.name),
            owner(id)
        )),
        kind => {
            let concurrently = if d.concurrently { "CONCURRENTLY " } else { "" };
            Printed::plain(format!(
                "DROP {} {concurrently}{exists}{}{cascade}",
                words(kind),
                addressed(id)
            ))
        }
    }
}

fn rename(part: &Part, to: &str) -> Printed {
    let id = &part.object;
    let text = match (&part.member, id.kind) {
        (Some(m), Kind::Enum) => format!(
            "ALTER TYPE {} RENAME VALUE {} TO {}",
            qualified(id),
            literal(m.as_str()),
            literal(&unquoted(to))
        ),
        (Some(m), Kind::Composite) => format!(
            "ALTER TYPE {} RENAME ATTRIBUTE {} TO {to}",
            qualified(id),
            name(m)
        ),
        (Some(m), kind) => format!(
            "ALTER {} {} RENAME COLUMN {} TO {to}",
            words(kind),
            qualified(id),
            name(m)
        ),
        (None, Kind::Constraint) => format!(
            "ALTER TABLE {} RENAME CONSTRAINT {} TO {to}",
            owner(id),
            name(&id.name)
        ),
        (None, Kind::Trigger | Kind::Policy | Kind::Rule) => format!(
            "ALTER {} {} ON {} RENAME TO {to}",
            words(id.kind),
            name(&id.name),
            owner(id)
        ),
        (None, kind) => format!("ALTER {} {} RENAME TO {to}", words(kind), addressed(id)),
    };
    Printed::plain(text)
}

fn unquoted(name: &str) -> String {
    match name.strip_prefix('"').and_then(|n| n.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => name.to_owned(),
    }
}

fn comment(on: &Part, text: Option<&str>) -> Printed {
    let id = &on.object;
    let what = match (&on.member, id.kind) {
        (Some(check), Kind::Domain) => {
            format!("CONSTRAINT {} ON DOMAIN {}", name(check), qualified(id))
        }
        (Some(_), _) => format!("COLUMN {}", part(on)),
        (None, Kind::Constraint | Kind::Trigger | Kind::Policy | Kind::Rule) => {
            format!("{} {} ON {}", words(id.kind), name(&id.name), owner(id))
        }
        (None, kind) => format!("{} {}", words(kind), addressed(id)),
    };
    let text = text.map_or("NULL".into(), literal);
    Printed::plain(format!("COMMENT ON {what} IS {text}"))
}

fn privilege(id: &ObjectId, grant: &Grant, revoke: bool) -> String {
    let class = match id.kind {
        Kind::View | Kind::MaterializedView => "TABLE",
        Kind::Aggregate => "FUNCTION",
        // DROP says SERVER.
        Kind::Server => "FOREIGN SERVER",
        kind => words(kind),
    };
    let to = role(&grant.role);
    let mut what = grant.privilege.clone();
    if let Some(column) = &grant.column {
        what = format!("{what} ({})", name(column));
    }
    let mut head = String::new();
    let on = if id.kind == Kind::DefaultPrivileges {
        head.push_str("ALTER DEFAULT PRIVILEGES ");
        if let Some(maker) = id
            .args
            .as_deref()
            .filter(|r| *r != DefaultPrivileges::MAKER)
        {
            head.push_str(&format!("FOR ROLE {} ", role(maker)));
        }
        if !id.schema.is_empty() {
            head.push_str(&format!("IN SCHEMA {} ", name(&id.schema)));
        }
        id.name.as_str().to_ascii_uppercase()
    } else if id.name.is_empty() {
        format!("ALL {class}S IN SCHEMA {}", name(&id.schema))
    } else {
        let args = id.args.as_ref().map(|args| format!("({args})"));
        format!("{class} {}{}", qualified(id), args.unwrap_or_default())
    };
    if revoke {
        return format!("{head}REVOKE {what} ON {on} FROM {to}");
    }
    let option = if grant.grantable {
        " WITH GRANT OPTION"
    } else {
        ""
    };
    format!("{head}GRANT {what} ON {on} TO {to}{option}")
}

/// Whether a trigger or rule fires.
pub(super) fn switched(id: &ObjectId, enabled: char) -> Printed {
    let word = match enabled {
        'D' => "DISABLE",
        'R' => "ENABLE REPLICA",
        'A' => "ENABLE ALWAYS",
        _ => "ENABLE",
    };
    Printed::clause(
        format!("ALTER TABLE {}", owner(id)),
        format!("{word} {} {}", words(id.kind), name(&id.name)),
    )
}

/// Costs of those actions, but of drops.
pub(super) fn cost(action: &Action, cost: &mut Cost) {
    match action {
        Action::Rename { part, .. } => renamed(part, cost),
        Action::Move { id, .. } | Action::Owner { id, .. } if id.kind.is_relation() => {
            let on = cost.find(id);
            cost.instant(&on, ACCESS_EXCLUSIVE);
        }
        Action::Comment { part, .. } => {
            let id = &part.object;
            match id.kind {
                Kind::Constraint | Kind::Trigger | Kind::Policy | Kind::Rule => {
                    let on = cost.find(&relation_of(id));
                    cost.instant(&on, ACCESS_SHARE);
                }
                kind if kind.is_relation() => {
                    let on = cost.find(id);
                    cost.instant(&on, SHARE_UPDATE);
                }
                _ => {}
            }
        }
        // PostgreSQL 18 locks what it grants on.
        Action::Grant { id, .. }
            if id.kind.is_relation() && has(cost.moment.catalog.server, Feature::NamedNotNull) =>
        {
            let on = cost.find(id);
            cost.instant(&on, ACCESS_SHARE);
        }
        _ => {}
    }
}

fn renamed(part: &Part, cost: &mut Cost) {
    let id = &part.object;
    match id.kind {
        Kind::Constraint | Kind::Trigger | Kind::Policy | Kind::Rule => {
            let on = cost.find(&relation_of(id));
            cost.lock_tree(&on, ACCESS_EXCLUSIVE, driftless_planner::Held::Instant);
        }
        Kind::Composite => {
            let on = cost.find(id);
            cost.instant(&on, ACCESS_EXCLUSIVE);
        }
        kind if kind.is_relation() => {
            let on = cost.find(id);
            if !cost.moment.catalog.contains(&on) {
                // ALTER TABLE spelled on an index: no table is locked.
                return;
            }
            match part.member {
                Some(_) => cost.lock_tree(&on, ACCESS_EXCLUSIVE, driftless_planner::Held::Instant),
                None => cost.instant(&on, ACCESS_EXCLUSIVE),
            }
            cost.hazard("statements of running programs that use the former name fail");
        }
        // Only the index itself is locked, and nobody waits for that.
        _ => {}
    }
}

/// The table that an owned id lives on.
pub(super) fn relation_of(id: &ObjectId) -> ObjectId {
    ObjectId::new(
        Kind::Table,
        id.schema.clone(),
        id.owner.clone().unwrap_or_default(),
    )
}

/// What an unknown clause says; rows refuse clauses that are not theirs.
pub(super) fn foreign(id: &ObjectId) -> driftless_planner::Fault {
    driftless_planner::Fault::from(driftless_sql::Diagnostic::error(
        "D0003",
        format!("this change of {} `{id}` is not supported", id.kind.noun()),
    ))
}
