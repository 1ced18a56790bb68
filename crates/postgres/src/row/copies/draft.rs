//! What a plan says of copies: most is done by the server along with their roots; names are given behind it.
//!
//! Invariant: a draft names a copy as it is called at that moment.

use super::{automatic, below, equal, is_same, name, of, roots};
use crate::row::{naming, table};
use driftless_model::{Catalog, Copied, Kind, Name, Object, ObjectId, Part, Partition, Table};
use driftless_planner::{Action, Clause, Cx, Draft, IndexClause, TableClause};

/// The names of a new root's copies.
pub(in crate::row) fn named(root: &ObjectId, object: &Object, cx: &Cx) -> Vec<Draft> {
    let Some(table) = object.owner_relation() else {
        return Vec::new();
    };
    let mut out = Vec::new();
    for partition in below(cx.after, table) {
        // A new partition finds a root that stands.
        let finds = stands(root, cx) && !cx.before.contains(&partition);
        let copies = of(cx.after, &partition).iter();
        let copy = copies.filter(|_| !finds).find(|c| c.of == *root);
        out.extend(copy.and_then(|c| born(&partition, c, cx)));
    }
    out
}

/// Whether a partition lacks its copy of a root, which is then made for its table ONLY.
pub(in crate::row) fn are_lacking(root: &ObjectId, table: &ObjectId, cx: &Cx) -> bool {
    let partitions = below(cx.after, table);
    partitions.iter().any(|p| lacks(root, p, cx))
}

fn lacks(root: &ObjectId, partition: &ObjectId, cx: &Cx) -> bool {
    let mut copies = of(cx.after, partition).iter();
    copies.any(|c| c.of == *root && c.name.is_empty())
}

/// A root alone, behind all partitions, and then the copies that are there.
pub(in crate::row) fn alone_drafts(
    drafts: &mut Vec<Draft>,
    root: &ObjectId,
    table: &ObjectId,
    cx: &Cx,
) {
    let partitions = below(cx.after, table);
    for draft in drafts.iter_mut() {
        let parts = partitions.iter().map(ObjectId::part);
        draft.reach.needs.extend(parts);
    }
    for partition in &partitions {
        let mut copies = of(cx.after, partition).iter();
        let copy = copies.find(|c| c.of == *root && !c.name.is_empty());
        drafts.extend(copy.and_then(|c| attached(partition, c, cx)));
    }
}

/// The names of a new partition's copies of roots that stand.
pub(in crate::row) fn joining(partition: &ObjectId, copies: &[Copied], cx: &Cx) -> Vec<Draft> {
    let standing = copies.iter().filter(|c| !c.name.is_empty());
    let standing = standing.filter(|c| stands(&c.of, cx));
    let named = standing.filter_map(|c| match backer(partition, c, cx) {
        Some(key) if cx.is_new(&key) => backed(partition, c, &key, cx),
        _ => born(partition, c, cx),
    });
    named.collect()
}

/// What leads from the copies of a partition that stays one to those that are meant.
pub(in crate::row) fn changed(partition: &ObjectId, after: &[Copied], cx: &Cx) -> Vec<Draft> {
    let mut out = Vec::new();
    for copy in after {
        let former = former(&copy.of, cx);
        let was = former.and_then(|of| name(cx.before, partition, of));
        out.extend(was.and_then(|was| renamed(partition, copy, was, cx)));
    }
    let there = after.iter().filter(|c| !c.name.is_empty());
    for copy in there.filter(|c| stands(&c.of, cx)) {
        match name(cx.before, partition, &copy.of) {
            Some(_) if is_plain(partition, copy, cx) => {}
            Some(was) => match (
                backer(partition, copy, cx),
                backed_before(partition, copy, cx),
            ) {
                (Some(key), _) if *was != copy.name => {
                    out.extend(backed(partition, copy, &key, cx));
                }
                (None, Some(key)) => out.extend(freed(partition, copy, key, cx)),
                _ => out.extend(renamed(partition, copy, was, cx)),
            },
            // A root that was made for its table ONLY; else the partition, or one that it is in, comes to it now.
            None if roots(cx.before, partition).contains(&copy.of) => {
                out.extend(attached(partition, copy, cx));
            }
            None => out.extend(born(partition, copy, cx)),
        }
    }
    out
}

/// What a root was a copy of, until the table that has it left.
fn former<'a>(root: &ObjectId, cx: &Cx<'a>) -> Option<&'a ObjectId> {
    let table = cx.after.get(root)?.owner_relation()?;
    let mut copies = left(table, cx).filter(|_| cx.is_new(root));
    let copy = copies.find(|copy| left_as(table, copy, cx).as_ref() == Some(root));
    copy.map(|copy| &copy.of)
}

/// What becomes of the copies that a partition keeps when it leaves: names, and drops of those that are not meant.
pub(in crate::row) fn leaving(partition: &ObjectId, cx: &Cx) -> Vec<Draft> {
    let mut out = Vec::new();
    for copy in left(partition, cx) {
        let now = left_as(partition, copy, cx);
        let id = own_id(partition, copy, &copy.name);
        if let Some(now) = &now {
            let meant = Copied {
                name: now.name.clone(),
                ..copy.clone()
            };
            out.extend(renamed(partition, &meant, &copy.name, cx));
        } else if cx.after.get(&id).and_then(Object::owner_relation) != Some(partition)
            && passed(partition, copy, cx).is_none()
        {
            out.push(cx.draft(Action::drop(id)));
        }
    }
    for draft in &mut out {
        draft.target = partition.clone();
        draft.lane = Some(partition.part());
        draft.reach.needs.clear();
        draft.reach.frees.clear();
    }
    out
}

/// What a copy becomes in the whole that a partition moves to: a copy of something alike.
fn passed<'a>(partition: &ObjectId, copy: &Copied, cx: &Cx<'a>) -> Option<&'a Copied> {
    let root = cx.before.get(&copy.of)?;
    let mut copies = of(cx.after, partition).iter();
    copies.find(|c| cx.after.get(&c.of).is_some_and(|now| is_same(root, now)))
}

/// Whether a partition that leaves has it already, as a copy.
pub(in crate::row) fn remains(own: &ObjectId, object: &Object, cx: &Cx) -> bool {
    object.owner_relation().is_some() && former(own, cx).is_some()
}

/// The copies of a partition whose roots are above it no more, while it stays.
fn left<'a>(partition: &ObjectId, cx: &Cx<'a>) -> impl Iterator<Item = &'a Copied> {
    let above = roots(cx.after, partition);
    let leaves = naming::leaves(partition, cx);
    let copies = of(cx.before, partition).iter();
    copies.filter(move |c| leaves && !above.contains(&c.of))
}

/// What a copy is to the table that has left: of the same name, or else what is new there.
fn left_as(partition: &ObjectId, copy: &Copied, cx: &Cx) -> Option<ObjectId> {
    let root = cx.before.get(&copy.of)?;
    let own = super::own(cx.after, partition).into_iter();
    let same = own.filter(|id| cx.after.get(id).is_some_and(|o| is_same(root, o)));
    let same = same.filter(|id| id.kind == copy.of.kind && cx.is_new(id));
    let same: Vec<ObjectId> = same.collect();
    let named = same.iter().find(|id| id.name == copy.name);
    named.or(same.first()).cloned()
}

fn own_id(partition: &ObjectId, copy: &Copied, name: &Name) -> ObjectId {
    match copy.of.kind {
        Kind::Constraint => ObjectId::owned(Kind::Constraint, partition, name.clone()),
        _ => ObjectId::new(Kind::Index, partition.schema.clone(), name.clone()),
    }
}

/// Whether a root is the same one on both sides, so that no copies are made along with it.
fn stands(root: &ObjectId, cx: &Cx) -> bool {
    match (cx.before.get(root), cx.after.get(root)) {
        (Some(b), Some(a)) => b.owner_relation() == a.owner_relation() && is_same(b, a),
        _ => false,
    }
}

/// Whether a copy has the server's own name on both sides, and no key behind it.
fn is_plain(partition: &ObjectId, copy: &Copied, cx: &Cx) -> bool {
    let mut was = of(cx.before, partition).iter();
    let said = was.any(|c| c.of == copy.of && c.said);
    !said && !copy.said && backed_before(partition, copy, cx).is_none()
}

/// The key whose index was the copy, and which goes.
fn backed_before(partition: &ObjectId, copy: &Copied, cx: &Cx) -> Option<ObjectId> {
    let was = name(cx.before, partition, &copy.of)?;
    let key = ObjectId::owned(Kind::Constraint, partition, was.clone());
    let goes = cx.before.contains(&key) && !cx.after.contains(&key);
    (copy.of.kind == Kind::Index && goes).then_some(key)
}

/// Whether a key goes while its index is a copy of one that stands: its partition has to leave for that.
pub(in crate::row) fn frees(key: &ObjectId, table: &ObjectId, cx: &Cx) -> bool {
    let mut copies = of(cx.after, table).iter();
    copies.any(|copy| stands(&copy.of, cx) && backed_before(table, copy, cx).as_ref() == Some(key))
}

/// The drop of an index. Partitions in which keys stand behind its copies are away meanwhile: the server drops neither
/// while they are tied.
pub(in crate::row) fn dropped(root: &ObjectId, table: &ObjectId, cx: &Cx) -> Draft {
    let mut draft = cx.draft(Action::drop(root.clone()));
    for partition in below(cx.before, table) {
        let key = name(cx.before, &partition, root);
        let key = key.map(|name| ObjectId::owned(Kind::Constraint, &partition, name.clone()));
        let of = cx.before.item::<Table>(&partition).and_then(Table::pg);
        let of = of.and_then(|pg| pg.partition_of.as_ref());
        let stays = cx.after.contains(&partition) && !naming::leaves(&partition, cx);
        let (Some(key), Some(of)) = (key.filter(|k| stays && cx.before.contains(k)), of) else {
            continue;
        };
        let (detach, attach) = away(&partition, of);
        draft.statements.insert(0, vec![detach]);
        draft.statements.push(vec![attach]);
        draft.reach.frees.extend([key.part(), partition.part()]);
        draft = draft.because(format!("the index of {key} is its copy"));
    }
    draft
}

/// What takes a partition away, and what brings it back.
fn away(partition: &ObjectId, of: &Partition) -> (Action, Action) {
    let on_whole = |clause| Action::alter(&of.parent, Clause::Table(clause));
    let detach = on_whole(TableClause::Detach {
        partition: partition.clone(),
        concurrently: false,
    });
    let attach = on_whole(TableClause::Attach {
        partition: partition.clone(),
        bound: of.bound.clone(),
    });
    (detach, attach)
}

/// Whether what a partition has itself becomes its copy of something: then nobody drops it.
pub(in crate::row) fn becomes(own: &ObjectId, table: &ObjectId, cx: &Cx) -> bool {
    let mut copies = of(cx.after, table).iter();
    copies.any(|c| {
        let root = cx.after.get(&c.of);
        let same = root.and_then(|root| equal(root, table, cx.before));
        name(cx.before, table, &c.of).is_none() && same.as_ref() == Some(own)
    })
}

/// The name of a copy that comes about by itself. What the partition has itself becomes it, where it can; if that is
/// meant to stand beside it, it is made anew.
fn born(partition: &ObjectId, copy: &Copied, cx: &Cx) -> Option<Draft> {
    let own = equal(cx.after.get(&copy.of)?, partition, cx.before);
    let from = match (&own, handed(partition, copy, cx)) {
        (Some(own), _) => own.name.clone(),
        (None, Some(name)) => name.clone(),
        (None, None) => given(partition, copy, cx),
    };
    let mut draft = renamed(partition, copy, &from, cx)?;
    let again = own.and_then(|own| Some((cx.after.get(&own)?, own)));
    if let Some((object, own)) = again {
        let made = Action::create(own, driftless_planner::bare(object));
        draft.statements.push(vec![made]);
    }
    Some(draft)
}

/// The copy of something that becomes a copy itself, when the table that has it joins.
fn handed<'a>(partition: &ObjectId, copy: &Copied, cx: &Cx<'a>) -> Option<&'a Name> {
    if let Some(c) = left(partition, cx).find(|c| passed(partition, c, cx) == Some(copy)) {
        return Some(&c.name);
    }
    let mut copies = of(cx.before, partition).iter();
    let found = copies.find(|c| {
        let root = cx.after.get(&copy.of);
        let table = cx.before.get(&c.of).and_then(Object::owner_relation);
        let same = root.zip(table).and_then(|(r, t)| equal(r, t, cx.before));
        same.as_ref() == Some(&c.of)
    });
    found.map(|c| &c.name)
}

/// What the server calls a new copy.
fn given(partition: &ObjectId, copy: &Copied, cx: &Cx) -> Name {
    match cx.after.get(&copy.of) {
        Some(root) if copy.said => automatic(cx.after, root, partition),
        _ => copy.name.clone(),
    }
}

/// The index of a key takes the place of the copy that the server made: only by leaving and joining again.
fn backed(partition: &ObjectId, copy: &Copied, key: &ObjectId, cx: &Cx) -> Option<Draft> {
    let was = name(cx.before, partition, &copy.of);
    let probe = Copied {
        said: true,
        ..copy.clone()
    };
    let was = was.cloned().unwrap_or_else(|| given(partition, &probe, cx));
    let index = ObjectId::new(Kind::Index, partition.schema.clone(), was);
    let mut draft = apart(partition, copy, vec![Action::drop(index)], cx)?;
    draft.reach.needs.push(key.part());
    Some(draft)
}

/// A key goes whose index was the copy: the server makes another one when the partition joins again.
fn freed(partition: &ObjectId, copy: &Copied, key: ObjectId, cx: &Cx) -> Option<Draft> {
    let part = key.part();
    let mut draft = apart(partition, copy, vec![Action::drop(key)], cx)?;
    draft.reach.removes.push(part);
    if copy.said {
        let from = given(partition, copy, cx);
        let rename = renamed(partition, copy, &from, cx);
        draft
            .statements
            .extend(rename.into_iter().flat_map(|d| d.statements));
    }
    Some(draft)
}

/// What can be done to a partition's copy only while it is none.
fn apart(partition: &ObjectId, copy: &Copied, actions: Vec<Action>, cx: &Cx) -> Option<Draft> {
    let table = cx.after.item::<Table>(partition)?;
    let of = table.pg()?.partition_of.as_ref()?;
    let (detach, attach) = away(partition, of);
    let mut draft = cx.draft(detach);
    draft.statements.extend([actions, vec![attach]]);
    draft.target = partition.clone();
    draft.lane = None;
    draft.reach.frees.clear();
    draft.reach.needs = vec![partition.part(), copy.of.part()];
    Some(draft.because(format!("its copy of {} is the index of a key", copy.of)))
}

/// The key of a partition whose index is its copy of an index.
fn backer(partition: &ObjectId, copy: &Copied, cx: &Cx) -> Option<ObjectId> {
    let key = ObjectId::owned(Kind::Constraint, partition, copy.name.clone());
    (copy.of.kind == Kind::Index && cx.after.contains(&key)).then_some(key)
}

/// The keys of partitions that stand when an index is made, so that theirs become its copies.
pub(in crate::row) fn backers(root: &ObjectId, table: &ObjectId, cx: &Cx) -> Vec<Part> {
    let mut out = Vec::new();
    for partition in below(cx.after, table) {
        let copies = of(cx.after, &partition).iter();
        let keys = copies.filter(|c| c.of == *root);
        let keys = keys.filter_map(|c| backer(&partition, c, cx));
        out.extend(keys.map(|key| key.part()));
    }
    out
}

fn renamed(partition: &ObjectId, copy: &Copied, from: &Name, cx: &Cx) -> Option<Draft> {
    if *from == copy.name || copy.name.is_empty() || backer(partition, copy, cx).is_some() {
        return None;
    }
    let index = |name: &Name| ObjectId::new(Kind::Index, partition.schema.clone(), name.clone());
    let mut draft = cx.draft(Action::Rename {
        part: own_id(partition, copy, from).part(),
        to: copy.name.clone(),
    });
    draft.target = partition.clone();
    draft.lane = None;
    draft.reach.needs = vec![partition.part(), copy.of.part()];
    draft.reach.gives = vec![index(&copy.name).part()];
    draft.reach.removes = vec![index(from).part()];
    Some(draft)
}

/// A root that was made for its table ONLY gets the copy that it lacks.
fn attached(partition: &ObjectId, copy: &Copied, cx: &Cx) -> Option<Draft> {
    let root = cx.after.get(&copy.of)?;
    let index = ObjectId::new(Kind::Index, partition.schema.clone(), copy.name.clone());
    let attach = IndexClause::Attach {
        partition: index.clone(),
    };
    let whole = ObjectId::new(Kind::Index, copy.of.schema.clone(), copy.of.name.clone());
    let attach = Action::alter(&whole, Clause::Index(attach));
    let own = equal(root, partition, cx.before);
    let stands = own.is_some_and(|own| own.name == copy.name);
    let mut draft = cx.draft(attach.clone());
    if !stands {
        let id = own_id(partition, copy, &copy.name);
        let mut made = Object::new(root.body.clone());
        table::hand_on(&mut made, partition);
        draft = cx.draft(Action::create(id, made));
        draft.statements.push(vec![attach]);
        draft.reach.gives.push(index.part());
    }
    draft.target = partition.clone();
    // Something of that name may have to go before.
    draft.lane = None;
    draft.reach.needs.extend([partition.part(), copy.of.part()]);
    Some(draft)
}

/// Whether two states of a partition's copies are the same: of those that the plan does not make along with their root.
pub(in crate::row) fn same(before: &[Copied], after: &[Copied], cx: &Cx) -> bool {
    after.iter().all(|a| {
        let former = former(&a.of, cx);
        let was = before.iter().find(|b| b.of == *former.unwrap_or(&a.of));
        let none = a.name.is_empty() && was.is_none();
        (former.is_none() && !stands(&a.of, cx))
            || none
            || was.is_some_and(|b| (!b.said && !a.said) || b.name == a.name)
    })
}

/// The roots that a partition's copies are declared of, and that are nowhere.
pub(in crate::row) fn strangers(partition: &ObjectId, catalog: &Catalog) -> Vec<ObjectId> {
    let roots = roots(catalog, partition);
    let copies = of(catalog, partition).iter();
    let strange = copies.filter(|c| !roots.contains(&c.of));
    strange.map(|c| c.of.clone()).collect()
}
