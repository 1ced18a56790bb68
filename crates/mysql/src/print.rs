//! Actions → SQL.
//!
//! Neighbours: rows print their kind through this; `grammar` reads it back. Invariant: what is printed reads back as
//! the same Actions.

mod table;

use crate::print_grant::together;
use crate::text::{literal, qualified, quoted};
use driftless_model::{Constraint, Kind, Server, Table};
use driftless_planner::{Action, Data, Session};

/// Whether `next` may stand in the statement of `group`: foreign keys with each other, and in their table's creation.
pub fn fuses(group: &[Action], next: &Action) -> bool {
    let foreign = |a: &Action| match a {
        Action::Create(c) => c
            .object
            .get::<Constraint>()
            .is_some_and(|c| c.foreign_key().is_some()),
        _ => false,
    };
    let dropped = |a: &Action| matches!(a, Action::Drop(d) if d.id.kind == Kind::Constraint);
    let creation = group
        .first()
        .is_some_and(|a| matches!(a, Action::Create(c) if c.object.get::<Table>().is_some()));
    let same_table = |a: &Action, b: &Action| table_of(a).is_some() && table_of(a) == table_of(b);
    match group.first() {
        Some(first) if matches!(next, Action::Grant { .. }) => together(first, next),
        Some(first) if creation => foreign(next) && same_table(first, next),
        Some(first) if foreign(next) => group.iter().all(foreign) && same_table(first, next),
        Some(first) if dropped(next) => group.iter().all(dropped) && same_table(first, next),
        _ => false,
    }
}

/// The table that a clause is about.
fn table_of(action: &Action) -> Option<driftless_model::ObjectId> {
    let id = action.target()?;
    match id.kind {
        Kind::Table => Some(id.clone()),
        Kind::Index | Kind::Constraint => {
            let owner = id.owner.clone()?;
            Some(driftless_model::ObjectId::new(
                Kind::Table,
                id.schema.clone(),
                owner,
            ))
        }
        _ => None,
    }
}

/// One statement for actions that share it, without its semicolon.
pub fn statement(actions: &[Action], server: Server) -> String {
    let Some(first) = actions.first() else {
        return String::new();
    };
    match first {
        Action::Create(c) if c.object.get::<Table>().is_some() => {
            table::create(c, &actions[1..], server)
        }
        Action::Rename { part, to } if part.member.is_none() && part.object.kind == Kind::Table => {
            format!("RENAME TABLE {} TO {}", qualified(&part.object), quoted(to))
        }
        Action::Drop(d) if d.id.kind == Kind::Table => format!("DROP TABLE {}", qualified(&d.id)),
        Action::Grant { .. } => crate::print_grant::statement(actions, server),
        Action::Data(data) => data_text(data),
        Action::Session(_) => settings(actions),
        _ => match table_of(first) {
            Some(id) => table::alter(&id, actions, server),
            None => crate::print_program::single(first, server),
        },
    }
}

/// `SET a = 1, b = 2`
fn settings(actions: &[Action]) -> String {
    let each = actions.iter().filter_map(|action| match action {
        Action::Session(Session::Set { name, value }) if value.is_empty() => Some(name.clone()),
        Action::Session(Session::Set { name, value }) => Some(format!("{name} = {value}")),
        _ => None,
    });
    format!("SET {}", each.collect::<Vec<_>>().join(", "))
}

fn data_text(data: &Data) -> String {
    match data {
        Data::Fill {
            table,
            column,
            value,
        } => format!(
            "UPDATE {} SET {column} = {} WHERE {column} IS NULL",
            qualified(table),
            value.written,
            column = quoted(column)
        ),
        Data::Other { text, .. } | Data::Assert { text } => text.clone(),
        Data::Copy { .. } => String::new(),
    }
}

/// ` COMMENT 'x'`
pub fn comment(text: &str) -> String {
    format!(" COMMENT {}", literal(text))
}
