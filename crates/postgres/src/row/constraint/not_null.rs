//! NOT NULL as a constraint of its own, from PostgreSQL 18 on.
//!
//! The server keeps one behind every NOT NULL. The catalog has those that say more than the column's own mark: a name
//! that is not the automatic one, NO INHERIT, NOT VALID, a comment. The others are unsaid: a statement may name them
//! all the same, and a rename of their table or column leaves them with a name that is no longer automatic. Invariant:
//! what says nothing is no object, and before 18 there is none.

use super::{Constraint, ConstraintBody, dropped, text};
use crate::features::{Feature, has};
use crate::row::{naming, table};
use driftless_model::{Catalog, Column, Kind, Name, Object, ObjectId, Table};
use driftless_planner::{
    Action, Alter, Clause, ColumnClause, ConstraintClause, Cx, Draft, Fault, Hit, Moment,
};

/// The name that the server gives where nobody else has it.
pub(crate) fn automatic(table: &Name, column: &Name) -> Name {
    let name = naming::joined(table.as_str(), Some(column.as_str()), "not_null");
    Name::exact(name)
}

/// `table_column_not_null`, shortened in turns to 63 bytes, with a number where the name was taken.
pub(crate) fn is_automatic(name: &Name, table: &Name, column: &Name) -> bool {
    if *name == automatic(table, column) {
        return true;
    }
    let base = name.as_str().trim_end_matches(|c: char| c.is_ascii_digit());
    let number = &name.as_str()[base.len()..];
    let label = format!("not_null{number}");
    !number.is_empty()
        && name.as_str() == naming::joined(table.as_str(), Some(column.as_str()), &label)
}

/// Whether it is what the column's own mark says already.
pub(crate) fn goes_without_saying(id: &ObjectId, object: &Object) -> bool {
    let Some(item) = object.get::<Constraint>() else {
        return false;
    };
    item.not_null().is_some_and(|column| {
        item.validated
            && !item.no_inherit
            && object.comment.is_none()
            && is_automatic(&id.name, &item.table.name, column)
    })
}

/// The constraint that stands behind the column's NOT NULL, where it is said.
pub(crate) fn of<'c>(
    catalog: &'c Catalog,
    table: &ObjectId,
    column: &Name,
) -> Option<(&'c ObjectId, &'c Constraint)> {
    catalog
        .owned(table)
        .filter_map(|(id, o)| Some((id, o.get::<Constraint>()?)))
        .find(|(_, c)| c.not_null() == Some(column))
}

/// What the constraint behind the column's NOT NULL is called.
pub(in crate::row) fn name_in(catalog: &Catalog, table: &ObjectId, column: &Name) -> Name {
    if let Some((id, _)) = of(catalog, table, column) {
        return id.name.clone();
    }
    let item = catalog.item::<Table>(table);
    if let Some(c) = item.and_then(|t| t.column(column)).filter(|c| c.inherited) {
        let parent = item.into_iter().flat_map(naming::parents).find(|p| {
            let given = catalog.item::<Table>(p).and_then(|t| t.column(column));
            given.is_some_and(|c| c.not_null) && is_inherited(catalog, p, column)
        });
        match (&c.not_null_as, parent) {
            (Some(name), _) => return name.clone(),
            (None, Some(parent)) => return name_in(catalog, parent, column),
            (None, None) => {}
        }
    }
    automatic(&table.name, column)
}

/// Whether the column of a partition has its NOT NULL from the whole: then only its name is its own, which no statement
/// changes.
fn is_given(catalog: &Catalog, table: &ObjectId, column: &Name) -> bool {
    let item = catalog.item::<Table>(table).and_then(Table::pg);
    let Some(of) = item.and_then(|pg| pg.partition_of.as_ref()) else {
        return false;
    };
    let whole = catalog.item::<Table>(&of.parent);
    whole
        .and_then(|t| t.column(column))
        .is_some_and(|c| c.not_null)
}

/// Makes the constraint of a partition's column a name of what its whole gives, where it says no more.
fn give(id: &ObjectId, catalog: &mut Catalog) -> bool {
    let Some(object) = catalog.get(id).filter(|o| o.comment.is_none()) else {
        return false;
    };
    let Some(item) = object
        .get::<Constraint>()
        .filter(|c| c.validated && !c.no_inherit)
    else {
        return false;
    };
    let (table, column) = (item.table.clone(), item.not_null().cloned());
    let Some(column) = column.filter(|c| is_given(catalog, &table, c)) else {
        return false;
    };
    catalog.objects.remove(id);
    let theirs = name_in(catalog, &table, &column);
    let item = catalog.item_mut::<Table>(&table);
    if let Some(c) = item.and_then(|t| t.column_mut(&column)) {
        c.not_null_as = (id.name != theirs).then(|| id.name.clone());
    }
    true
}

/// The names that a new partition gives to what its whole brings.
pub(in crate::row) fn named(table: &ObjectId, item: &Table, cx: &Cx) -> Vec<Draft> {
    let columns = item.columns.iter().filter(|c| c.not_null && c.inherited);
    let named = columns.filter_map(|c| Some((c, c.not_null_as.clone()?)));
    let drafts = named.map(|(c, name)| {
        let id = ObjectId::owned(Kind::Constraint, table, name);
        let mut object = made(table, &c.name);
        object.named = true;
        let action = Action::create(id, Object::new(object));
        cx.draft(action).may(table)
    });
    drafts.collect()
}

/// Whether a table below calls it otherwise: then the server renames it in none (ALTER TABLE looks for the one name
/// in all of them).
fn is_stuck(catalog: &Catalog, table: &ObjectId, column: &Name) -> bool {
    naming::descendants(catalog, table).iter().any(|child| {
        let c = catalog.item::<Table>(child).and_then(|t| t.column(column));
        c.is_some_and(|c| c.inherited && c.not_null)
            && (of(catalog, child, column).is_some() || c.is_some_and(|c| c.not_null_as.is_some()))
    })
}

/// Takes what an inspected catalog says too much: names of inherited ones that are their parents', and such of parents
/// that would be automatic if their table or column had not been renamed, and that no statement can rename.
pub(crate) fn tidy(catalog: &mut Catalog) {
    if !has(catalog.server, Feature::NamedNotNull) {
        return;
    }
    let mut named: Vec<(ObjectId, Name)> = Vec::new();
    for (id, table) in catalog.of::<Table>() {
        let columns = table.columns.iter().filter(|c| c.not_null_as.is_some());
        named.extend(columns.map(|c| (id.clone(), c.name.clone())));
    }
    for (id, column) in named {
        let given = catalog.item::<Table>(&id).and_then(|t| {
            let named = |p: &&ObjectId| {
                let c = catalog.item::<Table>(p).and_then(|t| t.column(&column));
                c.is_some_and(|c| c.not_null)
            };
            let parent = naming::parents(t).into_iter().find(named)?;
            Some(name_in(catalog, parent, &column))
        });
        let item = catalog.item_mut::<Table>(&id);
        if let Some(c) = item.and_then(|t| t.column_mut(&column))
            && c.not_null_as == given
        {
            c.not_null_as = None;
        }
    }
    let partitions = catalog
        .of::<Constraint>()
        .filter(|(_, c)| c.not_null().is_some_and(|n| is_given(catalog, &c.table, n)));
    let partitions: Vec<ObjectId> = partitions.map(|(id, _)| id.clone()).collect();
    for id in partitions {
        give(&id, catalog);
    }
    let stuck = catalog.of::<Constraint>().filter(|(id, c)| {
        let plain = c.validated && !c.no_inherit && id.name.as_str().ends_with("_not_null");
        let told = catalog.get(id).is_some_and(|o| o.comment.is_some());
        plain && !told && c.not_null().is_some_and(|n| is_stuck(catalog, &c.table, n))
    });
    let stuck: Vec<ObjectId> = stuck.map(|(id, _)| id.clone()).collect();
    for id in stuck {
        catalog.objects.remove(&id);
    }
}

/// The columns of a table that leaves a parent keep what stood behind their NOT NULL, as their own.
pub(in crate::row) fn left(table: &ObjectId, moment: &mut Moment) {
    if !has(moment.catalog.server, Feature::NamedNotNull) {
        return;
    }
    for column in theirs(&moment.catalog, table) {
        let name = name_in(&moment.catalog, table, &column);
        let id = ObjectId::owned(Kind::Constraint, table, name);
        let object = Object::new(made(table, &column));
        if !goes_without_saying(&id, &object) {
            moment.catalog.objects.insert(id, object);
        }
    }
}

/// The columns whose NOT NULL is a parent's.
fn theirs(catalog: &Catalog, table: &ObjectId) -> Vec<Name> {
    let Some(item) = catalog.item::<Table>(table) else {
        return Vec::new();
    };
    let columns = item.columns.iter().filter(|c| c.not_null && c.inherited);
    let alone = columns.filter(|c| of(catalog, table, &c.name).is_none());
    alone.map(|c| c.name.clone()).collect()
}

/// The constraints of a table that becomes a partition are its parent's from now on, under their own names.
pub(in crate::row) fn joined(table: &ObjectId, parent: &ObjectId, moment: &mut Moment) {
    if !has(moment.catalog.server, Feature::NamedNotNull) {
        return;
    }
    let Some(item) = moment.catalog.item::<Table>(parent) else {
        return;
    };
    let columns = item.columns.iter().filter(|c| c.not_null);
    let columns: Vec<Name> = columns.map(|c| c.name.clone()).collect();
    for column in columns {
        let name = name_in(&moment.catalog, table, &column);
        let said = of(&moment.catalog, table, &column).map(|(id, _)| id.clone());
        if let Some(id) = said {
            moment.remove(&id);
        }
        let item = moment.catalog.item_mut::<Table>(table);
        if let Some(c) = item.and_then(|t| t.column_mut(&column)) {
            c.not_null_as = Some(name);
        }
    }
}

/// Drafts for a table that becomes a partition: its own are its parent's from then on, and their names cannot be
/// changed any more.
pub(in crate::row) fn together(table: &ObjectId, cx: &Cx) -> Vec<Draft> {
    if !has(cx.server, Feature::NamedNotNull) {
        return Vec::new();
    }
    let mut out = Vec::new();
    for column in theirs(cx.after, table) {
        let was = cx
            .before
            .item::<Table>(table)
            .and_then(|t| t.column(&column));
        if !was.is_some_and(|c| c.not_null && !c.inherited) {
            continue;
        }
        let id = |side| {
            let name = name_in(side, table, &column);
            ObjectId::owned(Kind::Constraint, table, name)
        };
        let said = of(cx.before, table, &column).map(|(_, c)| c.clone());
        let standing = said.unwrap_or_else(|| made(table, &column));
        let (from, to) = (id(cx.before), id(cx.after));
        out.extend(turned(&from, &standing, &to, &made(table, &column), cx));
    }
    for draft in &mut out {
        draft.lane = Some(table.part());
    }
    out
}

/// NOT NULL under the name that it will have in the partition that the table becomes, where that is not the automatic one.
pub(in crate::row) fn before_joining(table: &ObjectId, is: &Column, cx: &Cx) -> Option<Draft> {
    if !has(cx.server, Feature::NamedNotNull)
        || !is.inherited
        || !is_given(cx.after, table, &is.name)
    {
        return None;
    }
    let was = cx.before.item::<Table>(table)?.column(&is.name)?;
    let name = name_in(cx.after, table, &is.name);
    if was.inherited || is_automatic(&name, &table.name, &is.name) {
        return None;
    }
    let id = ObjectId::owned(Kind::Constraint, table, name);
    let action = Action::create(id, Object::new(made(table, &is.name)));
    let mut draft = cx.draft(action).may(table);
    draft.lane = Some(table.member(&is.name));
    Some(draft)
}

/// Drafts for a table that leaves its parent: what stood behind its columns' NOT NULL keeps the name that it had there,
/// and could not be dropped before.
pub(in crate::row) fn alone(table: &ObjectId, cx: &Cx) -> Vec<Draft> {
    if !has(cx.server, Feature::NamedNotNull) {
        return Vec::new();
    }
    let mut out = Vec::new();
    let was = cx.before.item::<Table>(table);
    let was = was.into_iter().flat_map(|t| &t.columns);
    for column in was.filter(|c| c.not_null && c.inherited).map(|c| &c.name) {
        let is = cx.after.item::<Table>(table).and_then(|t| t.column(column));
        let Some(is) = is.filter(|c| !c.inherited) else {
            continue;
        };
        let name = name_in(cx.before, table, column);
        let from = ObjectId::owned(Kind::Constraint, table, name);
        let said = of(cx.before, table, column).map(|(_, c)| c.clone());
        if !is.not_null {
            out.extend(said.map(|c| dropped(&from, &c, cx)));
            continue;
        }
        let standing = said.unwrap_or_else(|| made(table, column));
        match of(cx.after, table, column) {
            Some((id, item)) => out.extend(turned(&from, &standing, id, item, cx)),
            None if !is_automatic(&from.name, &table.name, column) => {
                let name = automatic(&table.name, column);
                let id = ObjectId::owned(Kind::Constraint, table, name);
                out.extend(turned(&from, &standing, &id, &made(table, column), cx));
            }
            None => {}
        }
    }
    for draft in &mut out {
        draft.lane = Some(table.part());
    }
    out
}

fn made(table: &ObjectId, column: &Name) -> Constraint {
    let mut made = Constraint::new(table.clone(), ConstraintBody::NotNull(column.clone()));
    made.named = false;
    made
}

/// The constraints of a table that are there and unsaid.
pub(crate) fn unsaid(table: &ObjectId, catalog: &Catalog) -> Vec<(ObjectId, Object)> {
    if !has(catalog.server, Feature::NamedNotNull) {
        return Vec::new();
    }
    let Some(item) = catalog.item::<Table>(table) else {
        return Vec::new();
    };
    // An inherited column has its parent's.
    let own = |c: &&Column| {
        let alone = !c.inherited && of(catalog, table, &c.name).is_none();
        c.not_null && alone && !is_stuck(catalog, table, &c.name)
    };
    item.columns
        .iter()
        .filter(own)
        .map(|c| {
            let name = automatic(&table.name, &c.name);
            let id = ObjectId::owned(Kind::Constraint, table, name);
            (id, Object::new(made(table, &c.name)))
        })
        .collect()
}

/// The constraints that a copy of the table's columns gets, under the names of the original's.
pub(in crate::row) fn copied(from: &ObjectId, catalog: &Catalog) -> Vec<(Name, Constraint)> {
    let said = catalog.owned(from).filter_map(|(id, o)| {
        let item = o.get::<Constraint>().filter(|c| c.not_null().is_some())?;
        Some((id.name.clone(), item.clone()))
    });
    let unsaid = unsaid(from, catalog).into_iter().filter_map(|(id, o)| {
        let item = o.get::<Constraint>()?.clone();
        Some((id.name.clone(), item))
    });
    said.chain(unsaid).collect()
}

/// One column has one: another name is refused, save where this very statement (a new table) says both.
pub(super) fn resolve(
    column: &mut Name,
    table: &ObjectId,
    name: &Name,
    moment: &Moment,
) -> Result<(), Fault> {
    *column = naming::clip(column);
    naming::has_column(table, column, moment)?;
    match of(&moment.catalog, table, column) {
        Some((standing, _)) if standing.name != *name => {
            let message = format!(
                "NOT NULL of the column `{}` has the name `{}` already",
                table.member(column),
                standing.name
            );
            Err(naming::wrong("D0304", message, moment))
        }
        _ => Ok(()),
    }
}

/// Sets the column's mark, where the constraint reaches.
pub(super) fn created(id: &ObjectId, item: &Constraint, column: &Name, moment: &mut Moment) {
    set_mark(item, column, moment);
    if !give(id, &mut moment.catalog) {
        hush(id, moment);
    }
}

fn set_mark(item: &Constraint, column: &Name, moment: &mut Moment) {
    match item.no_inherit {
        false => table::set_not_null(&item.table, column, true, moment),
        true => mark(&item.table, column, true, moment),
    }
}

fn mark(table: &ObjectId, column: &Name, on: bool, moment: &mut Moment) {
    let item = moment.catalog.item_mut::<Table>(table);
    if let Some(c) = item.and_then(|t| t.column_mut(column)) {
        c.not_null = on;
    }
}

/// Without it the column takes nulls, and so does what has the column from there.
pub(super) fn gone(item: &Constraint, column: &Name, moment: &mut Moment) {
    mark(&item.table, column, false, moment);
    if item.no_inherit {
        return;
    }
    for child in naming::descendants(&moment.catalog, &item.table) {
        if of(&moment.catalog, &child, column).is_none() {
            mark(&child, column, false, moment);
        }
    }
}

/// `NOT NULL column`, as it stands behind its name.
pub(super) fn definition(column: &Name) -> String {
    format!("NOT NULL {}", crate::print::name(column))
}

fn clause(id: &ObjectId, item: &Constraint, clause: ConstraintClause, cx: &Cx) -> Draft {
    let action = Action::alter(id, Clause::Constraint(clause));
    cx.draft(action).may(&item.table)
}

fn column<'c>(catalog: &'c Catalog, item: &Constraint, name: &Name) -> Option<&'c Column> {
    catalog.item::<Table>(&item.table)?.column(name)
}

/// Whether the tables below get the column's NOT NULL.
pub(in crate::row) fn is_inherited(catalog: &Catalog, table: &ObjectId, column: &Name) -> bool {
    of(catalog, table, column).is_none_or(|(_, c)| !c.no_inherit)
}

/// A comment that the constraint had under its former name, and has no more.
fn uncommented(from: &ObjectId, id: &ObjectId, cx: &Cx) -> Option<Draft> {
    let had = |c: &Catalog, id: &ObjectId| c.get(id).is_some_and(|o| o.comment.is_some());
    let action = Action::Comment {
        part: id.part(),
        text: None,
    };
    (had(cx.before, from) && !had(cx.after, id)).then(|| cx.draft(action))
}

/// A rename of the constraint that stands, then what else changes of it.
fn turned(
    from: &ObjectId,
    standing: &Constraint,
    id: &ObjectId,
    item: &Constraint,
    cx: &Cx,
) -> Vec<Draft> {
    let mut out = Vec::new();
    if from.name != id.name {
        let action = Action::Rename {
            part: from.part(),
            to: id.name.clone(),
        };
        out.push(cx.draft(action));
    }
    out.extend(changed(id, standing, item, cx));
    out.extend(uncommented(from, id, cx));
    out
}

fn changed(id: &ObjectId, before: &Constraint, after: &Constraint, cx: &Cx) -> Vec<Draft> {
    let mut out = Vec::new();
    if before.no_inherit != after.no_inherit {
        let inherit = ConstraintClause::Inherit(!after.no_inherit);
        let mut draft = clause(id, after, inherit, cx);
        // What the tables below do about theirs waits for it.
        draft.reach.gives.push(id.part());
        out.push(draft);
    }
    if !before.validated && after.validated {
        out.push(clause(id, after, ConstraintClause::Validate, cx));
    }
    out
}

/// What stands behind the column's NOT NULL becomes this one; where null was allowed, old rows get their value first.
pub(super) fn create(
    id: &ObjectId,
    object: &Object,
    item: &Constraint,
    name: &Name,
    cx: &Cx,
) -> Vec<Draft> {
    let mut out = Vec::new();
    let was = column(cx.before, item, name);
    let is = column(cx.after, item, name);
    let given = |c: Option<&Column>| c.is_some_and(|c| c.not_null && c.inherited);
    if given(was) && !given(is) {
        // The table leaves its parent, and says for itself what becomes of it.
        return Vec::new();
    }
    if was.is_some_and(|c| c.not_null && !c.inherited) {
        let said = of(cx.before, &item.table, name);
        let (from, standing) = match said {
            Some((from, standing)) => (from.clone(), standing.clone()),
            None => {
                let name = automatic(&item.table.name, name);
                let from = ObjectId::owned(Kind::Constraint, &item.table, name);
                (from, made(&item.table, name_of(item)))
            }
        };
        let again = cx.before.contains(id);
        let stuck = is_stuck(cx.before, &item.table, name);
        if !again && !stuck && (item.validated || !standing.validated) {
            return turned(&from, &standing, id, item, cx);
        }
        if !again {
            out.push(match said {
                Some(_) => dropped(&from, &standing, cx),
                None => {
                    let clause = ColumnClause::NotNull(false);
                    cx.draft(Action::column(&item.table, name, clause))
                }
            });
        }
    } else if let Some(fill) = table::filled(&item.table, name, cx) {
        out.push(fill);
    }
    let action = Action::create(id.clone(), driftless_planner::bare(object));
    out.push(cx.draft(action).may(&item.table));
    for draft in &mut out {
        draft.lane = Some(id.part());
    }
    out
}

fn name_of(item: &Constraint) -> &Name {
    item.not_null().unwrap_or(&item.table.name)
}

/// It goes with its column; where the column stays NOT NULL, it only loses its name.
pub(super) fn drop(id: &ObjectId, item: &Constraint, name: &Name, cx: &Cx) -> Vec<Draft> {
    let Some(is) = column(cx.after, item, name) else {
        return Vec::new();
    };
    let was = column(cx.before, item, name).is_some_and(|c| c.inherited);
    let table = cx.after.item::<Table>(&item.table).and_then(Table::pg);
    let joins = table.is_some_and(|pg| pg.partition_of.is_some()) && is.not_null;
    if is.inherited != was && (was || joins) {
        // The table leaves its parent, or comes to one, and says for itself what becomes of it.
        return Vec::new();
    }
    if cx.after.contains(id) || !is.not_null {
        let mut draft = dropped(id, item, cx);
        // A primary key that goes as well goes before.
        draft.reach.changes.push(item.table.member(name));
        return vec![draft];
    }
    match of(cx.after, &item.table, name) {
        // The one that comes is made of this one.
        Some(_) => Vec::new(),
        None => {
            if is_stuck(cx.before, &item.table, name) {
                let clause = ColumnClause::NotNull(true);
                let mut again = cx.draft(Action::column(&item.table, name, clause));
                again.lane = Some(id.part());
                return vec![dropped(id, item, cx), again];
            }
            let now = ObjectId::owned(
                Kind::Constraint,
                &item.table,
                automatic(&item.table.name, name),
            );
            turned(id, item, &now, &made(&item.table, name), cx)
        }
    }
}

pub(super) fn alter(
    id: &ObjectId,
    before: &Constraint,
    after: &Constraint,
    hits: &[Hit],
    cx: &Cx,
) -> Alter {
    let of = before.not_null();
    let gone = |h: &&Hit| h.gone && h.part.object == before.table && h.part.member.as_ref() == of;
    if let Some(hit) = hits.iter().find(gone) {
        return Alter::Recreate(format!("it uses {}", hit.part));
    }
    if of != after.not_null() || (before.validated && !after.validated) {
        return Alter::Recreate("its definition changes".into());
    }
    Alter::Drafts(changed(id, before, after, cx))
}

/// ALTER TABLE … [NO] INHERIT of it, on the model.
pub(super) fn inherit(id: &ObjectId, on: bool, moment: &mut Moment) {
    let Some(item) = moment.catalog.item_mut::<Constraint>(id) else {
        return;
    };
    item.no_inherit = !on;
    let item = item.clone();
    if let Some(column) = item.not_null().filter(|_| on) {
        set_mark(&item, column, moment);
    }
}

/// SET and DROP NOT NULL of a column whose constraint is said: it is validated, or dropped. False: there is none.
pub(in crate::row) fn set(table: &ObjectId, column: &Name, on: bool, moment: &mut Moment) -> bool {
    let Some((id, item)) = of(&moment.catalog, table, column) else {
        return false;
    };
    let (id, item) = (id.clone(), item.clone());
    if on {
        if let Some(c) = moment.catalog.item_mut::<Constraint>(&id) {
            c.validated = true;
        }
        hush(&id, moment);
    } else {
        moment.remove(&id);
        gone(&item, column, moment);
    }
    true
}

/// Takes what says nothing any more out of the catalog.
pub(super) fn hush(id: &ObjectId, moment: &mut Moment) {
    let silent = |o: &Object| goes_without_saying(id, o);
    if moment.catalog.get(id).is_some_and(silent) {
        moment.remove(id);
    }
}

/// ALTER CONSTRAINT … [NO] INHERIT.
pub(super) fn inherit_text(id: &ObjectId, on: bool) -> String {
    let no = if on { "" } else { "NO " };
    format!("{} {no}INHERIT", text::altered(id))
}
