//! DROP of every kind.
//!
//! Invariant: one action per name of a list, in written order.

use super::{Read, Reader, cascade, definition, list, name, types, unmodelled};
use driftless_model::{Kind, ObjectId};
use driftless_planner::{Action, Drop};

pub(super) fn read(r: &mut Reader) -> Read<()> {
    let start = r.pos();
    r.expect("drop")?;
    let word = r.word().unwrap_or_default();
    let kind = match word.as_str() {
        "table" => Kind::Table,
        "foreign" if r.at_seq(&["foreign", "table"]) => {
            r.bump();
            Kind::ForeignTable
        }
        "view" => Kind::View,
        "sequence" => Kind::Sequence,
        "index" => Kind::Index,
        "schema" => Kind::Schema,
        "extension" => Kind::Extension,
        "type" | "domain" => types::kind(&word),
        "function" | "routine" => Kind::Function,
        "procedure" => Kind::Procedure,
        "aggregate" => Kind::Aggregate,
        "materialized" => Kind::MaterializedView,
        "trigger" => Kind::Trigger,
        "policy" => Kind::Policy,
        "rule" => Kind::Rule,
        "statistics" => Kind::Statistics,
        "role" | "group" | "owned" => return r.ignore("roles belong to the cluster"),
        "user" if !r.at_seq(&["user", "mapping"]) => {
            return r.ignore("roles belong to the cluster");
        }
        _ => return defined(r, start),
    };
    r.bump();
    if kind == Kind::MaterializedView {
        r.expect("view")?;
    }
    let concurrently = kind == Kind::Index && r.eat("concurrently");
    let if_exists = r.if_exists();
    let ids = match kind {
        Kind::Trigger | Kind::Policy | Kind::Rule => vec![owned(r, kind)?],
        kind if kind.is_routine() => list(r, |c| Ok(name::routine(c, kind)?.0))?,
        Kind::Enum | Kind::Domain => types::ids(r, kind)?,
        _ => list(r, |c| Ok(name::object(c, kind, &name::a(kind))?.0))?,
    };
    let cascade = cascade(r);
    for id in ids {
        r.action(Action::Drop(Drop {
            id,
            if_exists,
            cascade,
            concurrently,
        }));
    }
    Ok(())
}

/// A kind that is made of clauses alone.
fn defined(r: &mut Reader, start: usize) -> Read<()> {
    let _ = r.eat("trusted");
    let Some(kind) = definition::kind(r) else {
        return unmodelled::drop(r, start);
    };
    let if_exists = r.if_exists();
    let ids = list(r, |c| Ok(definition::object(c, kind)?.0))?;
    let cascade = cascade(r);
    for id in ids {
        r.action(Action::Drop(Drop {
            id,
            if_exists,
            cascade,
            concurrently: false,
        }));
    }
    Ok(())
}

fn owned(r: &mut Reader, kind: Kind) -> Read<ObjectId> {
    let title = name::single(r, &name::a(kind))?;
    r.expect("on")?;
    let (table, _) = name::object(r, Kind::Table, "a table")?;
    Ok(ObjectId::owned(kind, &table, title))
}
