//! The checks, and of partitions the foreign keys, that a table has from a parent: what they are when it leaves, and
//! what it must have itself before it joins.
//!
//! Neighbours: `copies` has the indexes and keys, `not_null` what is said of columns. Invariant: what a parent gives is
//! no object of the child's as long as the child is one.

use super::hand_on;
use crate::row::{constraint, naming};
use driftless_model::{
    Catalog, Constraint, ConstraintBody, Kind, Object, ObjectId, Part, requirements,
};
use driftless_planner::{Action, Cx, Draft, Fault, Moment};

/// What a parent gives its partitions, or its heirs.
fn given<'c>(
    catalog: &'c Catalog,
    parent: &ObjectId,
    partition: bool,
) -> impl Iterator<Item = (&'c ObjectId, &'c Object, &'c Constraint)> {
    let all = catalog.owned(parent);
    let all = all.filter_map(|(id, o)| Some((id, o, o.get::<Constraint>()?)));
    all.filter(move |(_, _, c)| match &c.body {
        ConstraintBody::Check(_) => !c.no_inherit,
        ConstraintBody::ForeignKey(_) => partition,
        _ => false,
    })
}

/// The constraints that a whole gives its partitions.
pub(super) fn gifts(whole: &ObjectId, cx: &Cx) -> Vec<Part> {
    let all = given(cx.before, whole, true);
    all.map(|(id, ..)| id.part()).collect()
}

/// As the child's own.
fn as_own(id: &ObjectId, object: &Object, child: &ObjectId) -> (ObjectId, Object) {
    let mut own = Object::new(object.body.clone());
    hand_on(&mut own, child);
    (
        ObjectId::owned(Kind::Constraint, child, id.name.clone()),
        own,
    )
}

/// What a child that leaves keeps as its own.
pub(super) fn kept(
    catalog: &Catalog,
    parent: &ObjectId,
    child: &ObjectId,
    partition: bool,
) -> Vec<(ObjectId, Object)> {
    let all = given(catalog, parent, partition);
    all.map(|(id, object, _)| as_own(id, object, child))
        .collect()
}

/// A partition joins: what it has itself that its whole gives is the whole's from now on; a check must be there.
pub(super) fn join(parent: &ObjectId, child: &ObjectId, moment: &mut Moment) -> Result<(), Fault> {
    let all = given(&moment.catalog, parent, true);
    let all: Vec<(ObjectId, Constraint)> = all.map(|(id, _, c)| (id.clone(), c.clone())).collect();
    for (id, item) in all {
        let there = constraint::absorb_into(&item, Some(&id.name), child, moment);
        if !there && item.foreign_key().is_none() && !moment.lenient {
            let own = ObjectId::owned(Kind::Constraint, child, id.name.clone());
            return Err(Fault::missing("constraint", own));
        }
    }
    Ok(())
}

fn has(catalog: &Catalog, id: &ObjectId, like: &Constraint) -> bool {
    let own = catalog.item::<Constraint>(id);
    own.is_some_and(|own| constraint::is_alike(like, own))
}

/// The drops of what a partition keeps when it leaves and is not meant to have.
pub(super) fn leaving(child: &ObjectId, cx: &Cx) -> Vec<Draft> {
    let mut out = Vec::new();
    for (own, object) in former(child, cx) {
        let item = object.get::<Constraint>();
        if !item.is_some_and(|c| has(cx.after, &own, c)) {
            let frees = requirements(&own, &object);
            let mut draft = cx.draft(Action::drop(own));
            draft.reach.frees.extend(frees);
            draft.target = child.clone();
            draft.lane = Some(child.part());
            out.push(draft);
        }
    }
    out
}

/// What a partition that leaves its whole has from there.
fn former(child: &ObjectId, cx: &Cx) -> Vec<(ObjectId, Object)> {
    match naming::whole(cx.before, child).filter(|_| naming::leaves(child, cx)) {
        Some(whole) => kept(cx.before, whole, child, true),
        None => Vec::new(),
    }
}

/// Whether a partition that leaves has the constraint already.
pub(in crate::row) fn remains(id: &ObjectId, item: &Constraint, cx: &Cx) -> bool {
    let mut former = former(&item.table, cx).into_iter();
    former.any(|(own, object)| {
        let given = object.get::<Constraint>();
        own == *id && given.is_some_and(|g| constraint::is_alike(g, item))
    })
}

fn joins<'a>(child: &ObjectId, cx: &Cx<'a>) -> Option<&'a ObjectId> {
    let joins = cx.before.contains(child)
        && naming::whole(cx.before, child) != naming::whole(cx.after, child);
    naming::whole(cx.after, child).filter(|_| joins)
}

/// Whether what a table has itself becomes its whole's when it joins: then nobody drops it.
pub(in crate::row) fn becomes(id: &ObjectId, item: &Constraint, cx: &Cx) -> bool {
    let whole = joins(&item.table, cx);
    let mut given = whole.into_iter().flat_map(|w| given(cx.after, w, true));
    given.any(|(of, _, c)| {
        (of.name == id.name || c.foreign_key().is_some()) && constraint::is_alike(c, item)
    })
}

/// The checks that a table lacks before it can join.
pub(super) fn joining(child: &ObjectId, cx: &Cx) -> Vec<Draft> {
    let mut out = Vec::new();
    let given = joins(child, cx)
        .into_iter()
        .flat_map(|whole| given(cx.after, whole, true));
    for (id, object, item) in given.filter(|(_, _, c)| c.foreign_key().is_none()) {
        let (own, made) = as_own(id, object, child);
        let had = former(child, cx).into_iter().any(|(id, _)| id == own);
        if !had && !has(cx.before, &own, item) {
            let mut draft = cx.draft(Action::create(own, made));
            draft.target = child.clone();
            draft.lane = Some(child.part());
            out.push(draft.because(format!("{} has it", item.table)));
        }
    }
    out
}
