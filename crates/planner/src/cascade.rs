//! What DROP … CASCADE takes along.
//!
//! Neighbours: `apply` takes it out of the catalog, `replay` tells what is lost with it. Invariant: closed over itself:
//! nothing that stays refers to anything that falls.

use crate::action::{Action, Clause, TableClause};
use crate::apply::{addressed, located};
use crate::facts::{Facts, Loss};
use crate::moment::{Fault, Moment};
use driftless_model::{Body, Catalog, ConstraintBody, Kind, Name, Object, ObjectId, Part, Table};
use driftless_sql::Diagnostic;
use std::collections::BTreeSet;

/// What falls besides the thing itself.
#[derive(Debug, Default)]
pub struct Falls {
    pub objects: BTreeSet<ObjectId>,
    /// Columns of tables and attributes of composite types.
    pub columns: BTreeSet<Part>,
    /// Columns and domains that lose their default.
    pub defaults: BTreeSet<Part>,
    /// Checks of domains.
    pub checks: BTreeSet<(ObjectId, Name)>,
}

/// Everything that goes with a part, and with what goes with it.
pub fn falls(part: &Part, catalog: &Catalog) -> Falls {
    let mut out = Falls::default();
    let mut open = vec![part.clone()];
    while let Some(part) = open.pop() {
        let mut next = Vec::new();
        if part.member.is_none() && part.object.kind == Kind::Schema {
            let ids = catalog.objects.keys();
            let inside = ids.filter(|id| id.schema == part.object.name);
            next.extend(inside.map(ObjectId::part));
        }
        let users = match part.member {
            Some(_) => catalog.objects.users_of_part(&part),
            None => catalog.objects.users_of(&part.object),
        };
        for id in users {
            if let Some(object) = catalog.get(id) {
                user(id, object, &part, &mut next, &mut out);
            }
        }
        keys(&part, catalog, &mut next);
        if part.member.is_some()
            && let Some(table) = catalog.item::<Table>(&part.object)
        {
            generated(table, &part, &mut next);
        }
        for found in next {
            let new = match found.member {
                Some(_) => out.columns.insert(found.clone()),
                None => out.objects.insert(found.object.clone()),
            };
            if new {
                open.push(found);
            }
        }
    }
    out.objects.remove(&part.object);
    out.columns.remove(part);
    out
}

/// How one object that refers to the part falls, wholly or in a piece.
fn user(id: &ObjectId, object: &Object, gone: &Part, next: &mut Vec<Part>, out: &mut Falls) {
    let meant = |p: &Part| match gone.member {
        Some(_) => p == gone,
        None => p.object == gone.object,
    };
    match &object.body {
        Body::Table(t) => {
            let pg = t.pg();
            let child = |pg: &driftless_model::PgTable| {
                pg.inherits.contains(&gone.object)
                    || pg
                        .partition_of
                        .as_ref()
                        .is_some_and(|p| p.parent == gone.object)
            };
            if pg.is_some_and(child) {
                match &gone.member {
                    None => next.push(id.part()),
                    Some(column) if t.column(column).is_some_and(|c| c.inherited) => {
                        next.push(id.member(column));
                    }
                    Some(_) => {}
                }
            }
            for column in &t.columns {
                let part = id.member(&column.name);
                let computed = column.generated.as_ref();
                if column.ty.parts().any(|p| meant(&p))
                    || computed.is_some_and(|g| g.expr.parts().any(meant))
                {
                    next.push(part);
                } else if column
                    .default
                    .as_ref()
                    .is_some_and(|d| d.parts().any(meant))
                {
                    out.defaults.insert(part);
                }
            }
        }
        Body::Composite(c) => {
            let attributes = c.attributes.iter();
            let of = attributes.filter(|a| a.ty.parts().any(|p| meant(&p)));
            next.extend(of.map(|a| id.member(&a.name)));
        }
        Body::Domain(d) => {
            if d.base.parts().any(|p| meant(&p)) {
                next.push(id.part());
                return;
            }
            if d.default.as_ref().is_some_and(|t| t.parts().any(meant)) {
                out.defaults.insert(id.part());
            }
            let checks = d.checks.iter().filter(|c| c.expr.parts().any(meant));
            out.checks
                .extend(checks.map(|c| (id.clone(), c.name.clone())));
        }
        // What it publishes goes out of it (Moment::remove).
        Body::Definition(_) if id.kind == Kind::Publication && gone.member.is_none() => {}
        _ => next.push(id.part()),
    }
}

/// Foreign keys lean on the key they refer to.
fn keys(part: &Part, catalog: &Catalog, next: &mut Vec<Part>) {
    let Some(gone) = catalog.item::<driftless_model::Constraint>(&part.object) else {
        return;
    };
    let (ConstraintBody::PrimaryKey(key) | ConstraintBody::Unique(key)) = &gone.body else {
        return;
    };
    let mut columns: Vec<&Name> = key.columns.iter().map(|c| &c.column).collect();
    columns.sort();
    for id in catalog.objects.users_of(&gone.table) {
        let item = catalog.item::<driftless_model::Constraint>(id);
        if let Some(f) = item.and_then(driftless_model::Constraint::foreign_key)
            && f.target == gone.table
        {
            let mut target: Vec<&Name> = f.target_columns.iter().collect();
            target.sort();
            if target == columns {
                next.push(id.part());
            }
        }
    }
}

/// Columns of the table itself that are computed from the part.
fn generated(table: &Table, gone: &Part, next: &mut Vec<Part>) {
    for column in &table.columns {
        let computed = column.generated.as_ref();
        if Some(&column.name) != gone.member.as_ref()
            && computed.is_some_and(|g| g.expr.parts().any(|p| p == gone))
        {
            next.push(gone.object.member(&column.name));
        }
    }
}

/// Refuses to drop what others need that would not go along by themselves (as its own constraints, indexes, sequences and
/// partitions do).
pub fn restrict(id: &ObjectId, moment: &Moment) -> Result<(), Fault> {
    let falls = falls(&id.part(), &moment.catalog);
    let hanging = |i: &ObjectId| {
        let owner = moment.catalog.get(i).and_then(Object::owner_relation);
        let hangs = i.owner.is_some() || matches!(i.kind, Kind::Index | Kind::Statistics);
        hangs && owner == Some(id)
    };
    let others = falls.objects.iter().any(|i| !hanging(i));
    if !others && falls.columns.is_empty() && falls.defaults.is_empty() && falls.checks.is_empty() {
        return Ok(());
    }
    let mut after = Moment::new(moment.catalog.clone(), moment.path.clone());
    after.remove(id);
    let stays = |i: &&ObjectId| after.catalog.contains(i);
    let objects = falls
        .objects
        .iter()
        .filter(stays)
        .map(|i| (i, i.to_string()));
    let parts = falls.columns.iter().chain(&falls.defaults);
    let parts = parts
        .filter(|p| stays(&&p.object))
        .map(|p| (&p.object, p.to_string()));
    let checks = falls.checks.iter().filter(|(d, _)| stays(&d));
    let checks = checks.map(|(d, name)| (d, format!("{d}.{name}")));
    let still: Vec<String> = objects
        .chain(parts)
        .chain(checks)
        .map(|(i, name)| format!("{} `{name}`", i.kind.noun()))
        .collect();
    let Some(first) = still.first() else {
        return Ok(());
    };
    let message = format!(
        "{} `{id}` cannot be dropped: {first} needs it",
        id.kind.noun()
    );
    let mut problem = Diagnostic::error("D0308", message);
    if still.len() > 1 {
        problem = problem.note(format!("{} more need it", still.len() - 1));
    }
    Err(problem
        .help("drop what needs it first, or say CASCADE")
        .into())
}

/// Takes all of it out of the catalog.
pub fn take(falls: &Falls, moment: &mut Moment) {
    for id in &falls.objects {
        moment.remove(id);
    }
    for part in &falls.columns {
        let Some(name) = &part.member else { continue };
        if let Some(table) = moment.catalog.item_mut::<Table>(&part.object) {
            table.columns.retain(|c| c.name != *name);
        } else if let Some(composite) = moment
            .catalog
            .item_mut::<driftless_model::Composite>(&part.object)
        {
            composite.attributes.retain(|a| a.name != *name);
        }
    }
    for part in &falls.defaults {
        match &part.member {
            Some(name) => {
                let table = moment.catalog.item_mut::<Table>(&part.object);
                if let Some(column) = table.and_then(|t| t.column_mut(name)) {
                    column.default = None;
                }
            }
            None => {
                if let Some(d) = moment
                    .catalog
                    .item_mut::<driftless_model::Domain>(&part.object)
                {
                    d.default = None;
                }
            }
        }
    }
    for (id, name) in &falls.checks {
        if let Some(d) = moment.catalog.item_mut::<driftless_model::Domain>(id) {
            d.checks.retain(|c| c.name != *name);
        }
    }
}

/// What an action with CASCADE loses besides its own thing.
pub(crate) fn losses(action: &Action, moment: &Moment, facts: &mut Facts) {
    let part = match action {
        Action::Drop(d) if d.cascade => {
            let id = addressed(&d.id, moment).or_else(|_| located(&d.id, moment));
            id.map(|id| id.part())
        }
        Action::Alter {
            id,
            clause:
                Clause::Table(TableClause::DropColumn {
                    column,
                    cascade: true,
                    ..
                }),
        } => addressed(id, moment).map(|id| id.member(column)),
        _ => return,
    };
    let Ok(part) = part else { return };
    let falls = falls(&part, &moment.catalog);
    let kept = |id: &ObjectId| moment.fresh.contains(id) || moment.copied.contains(id);
    let tables = falls.objects.iter().filter(|id| id.kind == Kind::Table);
    for id in tables.filter(|id| !kept(id)) {
        facts.losses.push(Loss {
            code: "D0201",
            object: id.to_string(),
            what: format!("the rows of {id}"),
        });
    }
    let gone = |id: &ObjectId| falls.objects.contains(id) || kept(id);
    for part in falls.columns.iter().filter(|p| !gone(&p.object)) {
        facts.losses.push(Loss {
            code: "D0202",
            object: part.to_string(),
            what: format!("the values of {part}"),
        });
    }
    if !facts.losses.is_empty() {
        let why = "what CASCADE takes along does not come back";
        facts.irreversible.get_or_insert_with(|| why.into());
    }
}
