//! What a statement does, in a few words: `add column orders.status`.
//!
//! Neighbours: `told` puts them into the marks of steps. Invariant: made from the actions read back from the text, so a
//! title can be held against its statement at any time.

use crate::line::{capped, one_line};
use driftless_model::{Constraint, Kind, ObjectId};
use driftless_planner::{
    Action, Clause, ColumnClause, ConstraintClause, Data, DomainClause, EnumClause, Session,
    TableClause,
};

/// Clauses that are named of one statement.
const NAMED: usize = 3;

pub fn title(actions: &[Action]) -> String {
    let made: Vec<&ObjectId> = actions
        .iter()
        .filter_map(|a| match a {
            Action::Create(c) if c.id.kind.is_relation() => Some(&c.id),
            _ => None,
        })
        .collect();
    // A CREATE TABLE is read into the table and its keys: the table says it all.
    let told = |a: &&Action| match a {
        Action::Create(c) => match c.id.owner.as_ref() {
            Some(owner) => !made.iter().any(|m| m.name == *owner),
            None => true,
        },
        _ => true,
    };
    let mut words: Vec<String> = Vec::new();
    for action in actions.iter().filter(told) {
        let text = one_line(&words_of(action));
        if !words.contains(&text) {
            words.push(text);
        }
    }
    match words.is_empty() {
        true => "run a statement".into(),
        false => capped(words, NAMED, ", "),
    }
}

/// Where an object that belongs to a relation is named, the relation is too.
fn named(id: &ObjectId) -> String {
    format!("{} {id}", id.kind.noun())
}

fn words_of(action: &Action) -> String {
    match action {
        Action::Create(c) if c.or_replace => format!("replace {}", named(&c.id)),
        Action::Create(c) => {
            let verb = if c.id.kind == Kind::Constraint {
                "add"
            } else {
                "create"
            };
            let what = match c.object.get::<Constraint>() {
                Some(k) if k.named => format!("{} {}", k.noun(), c.id.name),
                Some(k) => k.noun().to_string(),
                None => format!("{} {}", c.id.kind.noun(), c.id.name),
            };
            match c.object.owner_relation() {
                Some(relation) => format!("{verb} {what} on {relation}"),
                None => format!("{verb} {}", named(&c.id)),
            }
        }
        Action::Drop(d) => format!("drop {}", named(&d.id)),
        Action::Rename { part, to } => match (&part.member, part.object.kind) {
            (Some(_), Kind::Enum) => format!("rename value {part} to {to}"),
            (Some(_), _) => format!("rename column {part} to {to}"),
            (None, kind) => format!("rename {} {part} to {to}", kind.noun()),
        },
        Action::Move { id, schema } => format!("move {} into schema {schema}", named(id)),
        Action::Comment { part, .. } => match part.member {
            Some(_) => format!("comment on column {part}"),
            None => format!("comment on {}", named(&part.object)),
        },
        Action::Owner { id, to } => format!("give {} to {to}", named(id)),
        Action::Grant { id, grant, revoke } => {
            let role = match grant.role.is_empty() {
                true => "PUBLIC",
                false => &grant.role,
            };
            match revoke {
                true => format!("revoke {} on {id} from {role}", grant.privilege),
                false => format!("grant {} on {id} to {role}", grant.privilege),
            }
        }
        Action::Alter { id, clause } => clause_words(id, clause),
        Action::Data(Data::Fill { table, column, .. }) => {
            format!("fill column {}", table.member(column))
        }
        Action::Data(Data::Copy { from, to, .. }) => format!("copy the rows of {from} into {to}"),
        Action::Data(Data::Other { tables, .. }) => {
            let names: Vec<String> = tables.iter().map(ToString::to_string).collect();
            match names.is_empty() {
                true => "change rows".into(),
                false => format!("change rows of {}", names.join(" and ")),
            }
        }
        Action::Data(Data::Assert { .. }) => "check that nothing stands in the way".into(),
        Action::Session(Session::Set { name, value }) if value.is_empty() => {
            format!("ask for {name}")
        }
        Action::Session(Session::Set { name, value }) => format!("set {name} to {value}"),
        Action::Session(Session::SearchPath(path)) => {
            format!("set search_path to {}", path.join(", "))
        }
    }
}

fn clause_words(id: &ObjectId, clause: &Clause) -> String {
    match clause {
        Clause::Table(t) => table_words(id, t),
        Clause::Column { column, clause, .. } => {
            let part = id.member(column);
            match clause {
                ColumnClause::Type { .. } => format!("change the type of column {part}"),
                ColumnClause::Default(Some(_)) => format!("set the default of column {part}"),
                ColumnClause::Default(None) => format!("drop the default of column {part}"),
                ColumnClause::NotNull(true) => format!("forbid null in column {part}"),
                ColumnClause::NotNull(false) => format!("allow null in column {part}"),
                ColumnClause::Identity(_) => format!("alter the identity of column {part}"),
                ColumnClause::Expression(_) => format!("alter the expression of column {part}"),
                _ => format!("alter column {part}"),
            }
        }
        Clause::Constraint(ConstraintClause::Validate) => format!("validate {}", named(id)),
        Clause::Enum(EnumClause::Add { value, .. }) => format!("add value '{value}' to enum {id}"),
        Clause::Domain(DomainClause::AddCheck(c)) => {
            format!("add check {} to domain {id}", c.name)
        }
        Clause::Domain(DomainClause::DropCheck { name, .. }) => {
            format!("drop check {name} of domain {id}")
        }
        _ => format!("alter {}", named(id)),
    }
}

fn table_words(id: &ObjectId, clause: &TableClause) -> String {
    match clause {
        TableClause::AddColumn { column, .. } => format!("add column {}", id.member(&column.name)),
        TableClause::DropColumn { column, .. } => format!("drop column {}", id.member(column)),
        TableClause::Attach { partition, .. } => format!("attach partition {partition} to {id}"),
        TableClause::Detach { partition, .. } => format!("detach partition {partition} from {id}"),
        TableClause::RowSecurity(on) => {
            format!(
                "turn row security of {id} {}",
                if *on { "on" } else { "off" }
            )
        }
        _ => format!("alter {}", named(id)),
    }
}
