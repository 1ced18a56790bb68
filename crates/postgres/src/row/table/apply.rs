//! Clauses of ALTER TABLE, executed on the model as the server does.
//!
//! Invariant: what the server passes on to children is passed on here; what depends on a changed column is settled
//! again.

use super::{heritage, pg_mut, resolve};
use crate::row::view::change_options;
use crate::row::{copies, domain::with_path, general, naming, not_null, sequence};
use driftless_model::{
    Canon, Catalog, Column, Kind, Name, Object, ObjectId, Part, Partition, Sequence, SqlText,
    Table, Trigger,
};
use driftless_planner::{ColumnClause, Fault, Moment, TableClause};

fn table_mut<'m>(id: &ObjectId, moment: &'m mut Moment) -> Result<&'m mut Table, Fault> {
    moment
        .catalog
        .item_mut::<Table>(id)
        .ok_or_else(|| Fault::missing("table", id))
}

pub(super) fn table(id: &ObjectId, clause: &TableClause, moment: &mut Moment) -> Result<(), Fault> {
    match clause {
        TableClause::AddColumn {
            column,
            if_not_exists,
            ..
        } => return add_column(id, column, *if_not_exists, moment),
        TableClause::DropColumn {
            column,
            if_exists,
            cascade,
            only,
        } => {
            if *only {
                keep_in_children(id, column, moment);
            }
            return drop_column(id, column, *if_exists, *cascade, moment);
        }
        TableClause::Inherit { parent, stop } => return inherit(id, parent, *stop, moment),
        TableClause::Of(ty) => {
            let ty = ty.as_ref().map(|ty| super::resolve::composite(ty, moment));
            let ty = ty.transpose()?;
            let table = moment.catalog.item_mut::<Table>(id);
            if let Some(pg) = table.and_then(|t| t.pg_mut()) {
                pg.of_type = ty;
            }
            return Ok(());
        }
        TableClause::Attach { partition, bound } => return attach(id, partition, bound, moment),
        TableClause::Detach { partition, .. } => return detach(id, partition, moment),
        TableClause::Triggers { enabled, .. } => {
            let owned = moment.catalog.owned(id).map(|(i, _)| i.clone());
            for trigger in owned.collect::<Vec<_>>() {
                if let Some(t) = moment.catalog.item_mut::<Trigger>(&trigger) {
                    t.enabled = *enabled;
                }
            }
            return Ok(());
        }
        _ => {}
    }
    if let TableClause::Cluster(Some(index)) = clause
        && !moment.lenient
    {
        let own = ObjectId::new(Kind::Index, id.schema.clone(), index.clone());
        let key = ObjectId::owned(Kind::Constraint, id, index.clone());
        let copied = copies::of(&moment.catalog, id).iter();
        let mut copied = copied.filter(|c| c.name == *index);
        let stands = moment.catalog.contains(&own) || moment.catalog.contains(&key);
        if !stands && copied.next().is_none() {
            return Err(Fault::missing("index", &own));
        }
    }
    let item = table_mut(id, moment)?;
    let Some(pg) = pg_mut(item) else {
        return Err(general::foreign(id));
    };
    match clause {
        TableClause::Options(changes) => change_options(&mut pg.options, changes),
        TableClause::Logged(on) => {
            pg.unlogged = !on;
            let sequences: Vec<ObjectId> = owned_sequences(&moment.catalog, id, None);
            for s in sequences {
                if let Some(item) = moment.catalog.item_mut::<Sequence>(&s) {
                    item.unlogged = !on;
                }
            }
        }
        TableClause::RowSecurity(on) => pg.row_security = *on,
        TableClause::ForceRowSecurity(on) => pg.force_row_security = *on,
        TableClause::ReplicaIdentity(to) => pg.replica_identity.clone_from(to),
        TableClause::Cluster(index) => pg.cluster.clone_from(index),
        TableClause::Foreign(edits) => {
            if let Some(foreign) = &mut pg.foreign {
                crate::definition::tell(&mut foreign.options, edits);
            }
        }
        TableClause::Method(m) => pg.method = (m != "heap").then(|| m.clone()),
        TableClause::Tablespace(t) => pg.tablespace = (t != "pg_default").then(|| t.clone()),
        _ => {}
    }
    Ok(())
}

/// The sequences that a table's columns (or one of them) own.
pub(super) fn owned_sequences(
    catalog: &Catalog,
    id: &ObjectId,
    column: Option<&Name>,
) -> Vec<ObjectId> {
    catalog
        .using::<Sequence>(id)
        .filter(|(_, s)| {
            s.owned_by.as_ref().is_some_and(|p| {
                p.object == *id && (column.is_none() || p.member.as_ref() == column)
            })
        })
        .map(|(i, _)| i.clone())
        .collect()
}

fn add_column(
    id: &ObjectId,
    column: &Column,
    lenient: bool,
    moment: &mut Moment,
) -> Result<(), Fault> {
    let mut column = column.clone();
    column.name = naming::clip(&column.name);
    let Some(item) = moment.catalog.item::<Table>(id) else {
        return Err(Fault::missing("table", id));
    };
    if item.column(&column.name).is_some() {
        if lenient {
            return Ok(());
        }
        let message = format!("the table `{id}` has the column `{}` already", column.name);
        return Err(naming::wrong("D0304", message, moment));
    }
    let unlogged = item.pg().is_some_and(|pg| pg.unlogged);
    for text in column
        .default
        .iter_mut()
        .chain(column.generated.iter_mut().map(|g| &mut g.expr))
    {
        *text = with_path(std::mem::take(text), moment);
    }
    let made = resolve::column_type(id, &mut column, unlogged, &[], moment)?;
    resolve::drop_null_default(&mut column);
    match &made {
        // Its default refers to a sequence that is made along with it.
        Some(_) => {}
        None => resolve::check_column(id, &column, moment)?,
    }
    let for_children = resolve::inherited(&column);
    table_mut(id, moment)?.columns.push(column);
    resolve::insert_sequences(made.into_iter().collect(), moment);
    for child in naming::descendants(&moment.catalog, id) {
        let item = table_mut(&child, moment)?;
        if item.column(&for_children.name).is_none() {
            item.columns.push(for_children.clone());
            resettle(&child, moment);
        }
    }
    Ok(())
}

/// Columns that children have from this table become their own.
fn keep_in_children(id: &ObjectId, column: &Name, moment: &mut Moment) {
    for child in naming::children(&moment.catalog, id) {
        let others = moment.catalog.item::<Table>(&child).is_some_and(|t| {
            naming::parents(t).into_iter().any(|p| {
                let parent = moment.catalog.item::<Table>(p);
                p != id && parent.is_some_and(|p| p.column(column).is_some())
            })
        });
        let item = moment.catalog.item_mut::<Table>(&child);
        if let Some(c) = item.and_then(|t| t.column_mut(column)) {
            c.inherited &= others;
        }
    }
}

fn drop_column(
    id: &ObjectId,
    column: &Name,
    lenient: bool,
    cascade: bool,
    moment: &mut Moment,
) -> Result<(), Fault> {
    let Some(item) = moment.catalog.item::<Table>(id) else {
        return Err(Fault::missing("table", id));
    };
    if item.column(column).is_none() {
        return if lenient {
            Ok(())
        } else {
            Err(Fault::missing("column", id.member(column)))
        };
    }
    let part = id.member(column);
    let (own, foreign) = dependents(&part, id, moment);
    if let Some(user) = foreign.first().filter(|_| !cascade) {
        let d = driftless_sql::Diagnostic::error(
            "D0305",
            format!(
                "the column `{part}` cannot be dropped: {} `{user}` uses it",
                user.kind.noun()
            ),
        );
        return Err(d
            .at_least(moment.place)
            .help("drop what uses it first, or say CASCADE")
            .into());
    }
    if cascade {
        let falls = driftless_planner::falls(&part, &moment.catalog);
        driftless_planner::take(&falls, moment);
    }
    for dead in &own {
        copies::gone(dead, id, moment);
        moment.remove(dead);
    }
    for sequence in owned_sequences(&moment.catalog, id, Some(column)) {
        moment.remove(&sequence);
    }
    table_mut(id, moment)?.columns.retain(|c| c.name != *column);
    if let Some(object) = moment.catalog.objects.get_mut(id) {
        let grants = object.grants.iter_mut();
        grants.for_each(|grants| grants.retain(|g| g.column.as_ref() != Some(column)));
    }
    for child in naming::children(&moment.catalog, id) {
        let drops = moment
            .catalog
            .item::<Table>(&child)
            .and_then(|t| t.column(column))
            .is_some_and(|c| c.inherited);
        if drops {
            drop_column(&child, column, true, cascade, moment)?;
        }
    }
    Ok(())
}

/// What goes with a column: the table's own indexes and constraints, and what would need CASCADE.
fn dependents(part: &Part, table: &ObjectId, moment: &Moment) -> (Vec<ObjectId>, Vec<ObjectId>) {
    let mut own = Vec::new();
    let mut foreign = Vec::new();
    let catalog = &moment.catalog;
    for id in catalog.objects.users_of_part(part) {
        let owner = catalog.get(id).and_then(Object::owner_relation);
        let mine = owner == Some(table);
        match id.kind {
            Kind::Index | Kind::Constraint | Kind::Statistics if mine => own.push(id.clone()),
            Kind::Sequence => {}
            _ => foreign.push(id.clone()),
        }
    }
    if let Some(t) = moment.catalog.item::<Table>(table) {
        let generated = t.columns.iter().any(|c| {
            Some(&c.name) != part.member.as_ref()
                && c.generated
                    .as_ref()
                    .is_some_and(|g| g.expr.parts().any(|p| p == part))
        });
        if generated {
            foreign.push(table.clone());
        }
    }
    (own, foreign)
}

fn inherit(id: &ObjectId, parent: &ObjectId, stop: bool, moment: &mut Moment) -> Result<(), Fault> {
    let parent = naming::relation(parent, &naming::TABLES, moment)?;
    let of = moment
        .catalog
        .item::<Table>(&parent)
        .cloned()
        .unwrap_or_default();
    if !stop {
        for column in &of.columns {
            naming::has_column(id, &column.name, moment)?;
        }
    }
    let alone = moment.catalog.item::<Table>(id).map(naming::parents);
    if stop && alone.is_some_and(|parents| parents == [&parent]) {
        not_null::left(id, moment);
    }
    let item = table_mut(id, moment)?;
    let Some(pg) = pg_mut(item) else {
        return Err(general::foreign(id));
    };
    if !stop {
        pg.inherits.push(parent);
        return Ok(());
    }
    pg.inherits.retain(|p| *p != parent);
    let rest = pg.inherits.clone();
    if rest.is_empty() {
        item.columns.iter_mut().for_each(|c| c.inherited = false);
    }
    let mut own = heritage::kept(&moment.catalog, &parent, id, false);
    let given = |p: &ObjectId| heritage::kept(&moment.catalog, p, id, false);
    let still: Vec<_> = rest.iter().flat_map(given).map(|(id, _)| id).collect();
    own.retain(|(id, _)| !still.contains(id));
    keep(own, moment);
    Ok(())
}

fn attach(
    id: &ObjectId,
    child: &ObjectId,
    bound: &SqlText,
    moment: &mut Moment,
) -> Result<(), Fault> {
    let child = naming::relation(child, &naming::TABLES, moment)?;
    let columns: Vec<Name> = moment.catalog.item::<Table>(id).map_or_else(Vec::new, |t| {
        t.columns.iter().map(|c| c.name.clone()).collect()
    });
    for column in &columns {
        naming::has_column(&child, column, moment)?;
    }
    let bound = with_path(bound.clone(), moment);
    not_null::joined(&child, id, moment);
    let item = table_mut(&child, moment)?;
    for c in &mut item.columns {
        c.inherited = true;
    }
    if let Some(pg) = pg_mut(item) {
        pg.partition_of = Some(Partition {
            parent: id.clone(),
            bound,
        });
    }
    resettle(&child, moment);
    copies::joined(&child, moment);
    heritage::join(id, &child, moment)
}

/// The former partition keeps copies of what its parent gave it, as its own.
fn detach(id: &ObjectId, child: &ObjectId, moment: &mut Moment) -> Result<(), Fault> {
    let child = naming::relation(child, &naming::TABLES, moment)?;
    not_null::left(&child, moment);
    let item = table_mut(&child, moment)?;
    item.columns.iter_mut().for_each(|c| c.inherited = false);
    if let Some(pg) = pg_mut(item) {
        pg.partition_of = None;
    }
    let mut own = copies::left(&child, moment);
    own.extend(heritage::kept(&moment.catalog, id, &child, true));
    keep(own, moment);
    Ok(())
}

fn keep(own: Vec<(ObjectId, Object)>, moment: &mut Moment) {
    for (id, object) in own {
        if !moment.catalog.contains(&id) {
            moment.catalog.objects.insert(id.clone(), object);
            resettle(&id, moment);
        }
    }
}

/// Settles one object again.
fn resettle(id: &ObjectId, moment: &mut Moment) {
    let (Some(row), Some(mut object)) = (crate::row::of(id.kind), moment.catalog.get(id).cloned())
    else {
        return;
    };
    row.settle(id, &mut object, &moment.catalog);
    moment.catalog.objects.insert(id.clone(), object);
}

/// Settles everyone whose texts read a column that changed.
fn resettle_users(part: &Part, moment: &mut Moment) {
    let mut users = vec![part.object.clone()];
    users.extend(
        moment
            .catalog
            .objects
            .users_of_part(part)
            .into_iter()
            .cloned(),
    );
    for user in users {
        let reads = |object: &mut Object| {
            let texts = object.texts_mut();
            texts.iter().any(|t| t.parts().any(|p| p == part))
        };
        if moment.catalog.objects.get_mut(&user).is_some_and(reads) {
            resettle(&user, moment);
        }
    }
}

/// NOT NULL of a column and of the same column below.
pub(in crate::row) fn set_not_null(table: &ObjectId, column: &Name, on: bool, moment: &mut Moment) {
    let mut all = vec![table.clone()];
    all.extend(naming::descendants(&moment.catalog, table));
    for id in all {
        if let Some(c) = moment
            .catalog
            .item_mut::<Table>(&id)
            .and_then(|t| t.column_mut(column))
        {
            c.not_null = on;
        }
    }
}

pub(super) fn column(
    id: &ObjectId,
    column: &Name,
    clause: &ColumnClause,
    only: bool,
    moment: &mut Moment,
) -> Result<(), Fault> {
    naming::has_column(id, column, moment)?;
    let mut clause = clause.clone();
    prepare(id, column, &mut clause, moment)?;
    if let ColumnClause::NotNull(on) = clause
        && not_null::set(id, column, on, moment)
    {
        return Ok(());
    }
    let stays = matches!(
        clause,
        ColumnClause::Identity(_) | ColumnClause::Compression(_) | ColumnClause::Options(_)
    );
    let mut all = vec![id.clone()];
    if !(only || stays) {
        all.extend(naming::descendants(&moment.catalog, id));
    }
    for table in &all {
        if let Some(c) = moment
            .catalog
            .item_mut::<Table>(table)
            .and_then(|t| t.column_mut(column))
        {
            change(c, &clause);
        }
        if table != id {
            resettle(table, moment);
        }
    }
    if matches!(clause, ColumnClause::Type { .. }) {
        for table in &all {
            resettle(table, moment);
            resettle_users(&table.member(column), moment);
        }
    }
    Ok(())
}

/// Resolves what the clause brings.
fn prepare(
    id: &ObjectId,
    column: &Name,
    clause: &mut ColumnClause,
    moment: &Moment,
) -> Result<(), Fault> {
    let standing = moment
        .catalog
        .item::<Table>(id)
        .and_then(|t| t.column(column));
    let ty = standing.map(|c| c.ty.clone()).unwrap_or_default();
    match clause {
        ColumnClause::Type { ty, collation, .. } => {
            *ty = naming::type_of(ty, moment)?;
            naming::qualify(Kind::Collation, collation, None, moment);
        }
        ColumnClause::Default(Some(text)) => {
            *text = with_path(std::mem::take(text), moment);
            crate::row::ground::check(text, &crate::row::ground::default(&ty), moment)?;
            if resolve::is_null_constant(text, &ty) {
                *clause = ColumnClause::Default(None);
            }
        }
        ColumnClause::Expression(Some(g)) => {
            g.expr = with_path(std::mem::take(&mut g.expr), moment);
            crate::row::ground::check(&g.expr, &crate::row::ground::stored(id, &ty), moment)?;
            if let Some(standing) = standing.and_then(|c| c.generated.as_ref()) {
                g.stored = standing.stored;
            }
        }
        ColumnClause::Identity(None) if standing.is_some_and(|c| c.identity.is_none()) => {
            let message = format!("the column `{}` is no identity", id.member(column));
            return Err(naming::wrong("D0305", message, moment));
        }
        _ => {}
    }
    Ok(())
}

fn change(c: &mut Column, clause: &ColumnClause) {
    match clause {
        ColumnClause::Type { ty, collation, .. } => {
            c.ty = ty.clone();
            c.collation.clone_from(collation);
            c.storage = None;
            c.compression = None;
            if let Some(i) = &mut c.identity {
                i.sequence = retyped(&i.sequence, &ty.text);
            }
            if let Some(d) = &mut c.default {
                d.canon = Canon::Raw;
            }
        }
        ColumnClause::Default(text) => c.default.clone_from(text),
        ColumnClause::NotNull(on) => c.not_null = *on,
        ColumnClause::Identity(Some(i)) => {
            let mut made = i.clone();
            if let Some(standing) = &c.identity {
                made.sequence = merged(&standing.sequence, &i.sequence);
            }
            made.sequence.owned_by = None;
            made.sequence = sequence::resolved(&made.sequence, Some(&c.ty.text));
            c.identity = Some(made);
        }
        ColumnClause::Identity(None) => c.identity = None,
        ColumnClause::Expression(g) => c.generated.clone_from(g),
        ColumnClause::Storage(s) => c.storage.clone_from(s),
        ColumnClause::Compression(x) => c.compression.clone_from(x),
        ColumnClause::Statistics(n) => c.statistics = *n,
        ColumnClause::Options(changes) => {
            crate::row::view::change_options(&mut c.attributes, changes);
        }
        ColumnClause::Foreign(edits) => crate::definition::tell(&mut c.foreign, edits),
    }
}

fn merged(standing: &Sequence, said: &Sequence) -> Sequence {
    Sequence {
        start: said.start.or(standing.start),
        increment: said.increment.or(standing.increment),
        min: said.min.or(standing.min),
        max: said.max.or(standing.max),
        cache: said.cache.or(standing.cache),
        ..said.clone()
    }
}

/// An identity's sequence follows its column's type: bounds that were the former type's own become the new one's.
fn retyped(standing: &Sequence, ty: &str) -> Sequence {
    let former = sequence::defaults(&standing.ty, standing.increment.unwrap_or(1));
    let mut out = standing.clone();
    if out.max == former.max {
        out.max = None;
    }
    if out.min == former.min {
        out.min = None;
    }
    ty.clone_into(&mut out.ty);
    sequence::resolved(&out, Some(ty))
}
