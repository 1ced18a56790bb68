//! A partition's copies of the indexes and keys of the tables above it, and what they are called.
//!
//! Neighbours: `index` and `constraint` tell of a root that is made or gone, `table` of a partition that joins or
//! leaves. Invariant: every copy that stands has its entry in its table, under the uppermost index or constraint that
//! it copies (its root); one whose name is the server's own says nothing (`DefineIndex`, `AttachPartitionEnsureIndexes`).

mod draft;

use super::{constraint, index, naming};
use crate::dialect::POSTGRES;
use driftless_model::{Catalog, Constraint, Copied, Index, Kind, Name, Object, ObjectId, Table};
use driftless_planner::{Fault, Moment, addressed, settle_made};

pub(super) use draft::{
    alone_drafts, are_lacking, backers, becomes, changed, dropped, frees, joining, leaving, named,
    remains, same, strangers,
};

/// The copies that a table has.
pub(super) fn of<'c>(catalog: &'c Catalog, table: &ObjectId) -> &'c [Copied] {
    let pg = catalog.item::<Table>(table).and_then(Table::pg);
    pg.map_or(&[], |pg| pg.copies.as_slice())
}

/// What the table's copy of a root is called.
pub(super) fn name<'c>(
    catalog: &'c Catalog,
    table: &ObjectId,
    root: &ObjectId,
) -> Option<&'c Name> {
    let mut copies = of(catalog, table).iter();
    let copy = copies.find(|c| c.of == *root && !c.name.is_empty());
    copy.map(|c| &c.name)
}

/// The partitions below a table, however deep. (Heirs have no copies.)
fn below(catalog: &Catalog, table: &ObjectId) -> Vec<ObjectId> {
    let mut out = naming::partitions(catalog, table);
    let mut at = 0;
    while let Some(partition) = out.get(at).cloned() {
        out.extend(naming::partitions(catalog, &partition));
        at += 1;
    }
    out
}

/// The indexes and keys that a table has itself.
fn own(catalog: &Catalog, table: &ObjectId) -> Vec<ObjectId> {
    let keys = catalog.owned(table).filter(|(_, o)| {
        let item = o.get::<Constraint>();
        item.is_some_and(Constraint::is_indexed)
    });
    let indexes = catalog.using::<Index>(table);
    let indexes = indexes.filter(|(_, i)| i.table == *table);
    let keys = keys.map(|(id, _)| id.clone());
    keys.chain(indexes.map(|(id, _)| id.clone())).collect()
}

/// The indexes and keys of the tables above one, which it has copies of.
pub(super) fn roots(catalog: &Catalog, table: &ObjectId) -> Vec<ObjectId> {
    let mut out = Vec::new();
    let mut at = naming::whole(catalog, table);
    while let Some(whole) = at {
        out.extend(own(catalog, whole));
        at = naming::whole(catalog, whole);
    }
    out
}

/// As YAML declares a copy: whether an index or a key is meant shows later.
fn index_named(root: &ObjectId) -> ObjectId {
    ObjectId::new(Kind::Index, root.schema.clone(), root.name.clone())
}

/// What stands behind the table's name in the names of a root's copies.
fn stem(root: &Object) -> Option<(Option<String>, &'static str)> {
    match root.get::<Index>() {
        Some(item) => Some((Some(index::addition(item)), "idx")),
        None => constraint::stem(root.get::<Constraint>()?),
    }
}

/// The name that the server gives a new copy.
pub(super) fn automatic(catalog: &Catalog, root: &Object, table: &ObjectId) -> Name {
    match stem(root) {
        Some((second, label)) => naming::choose(catalog, table, second.as_deref(), label, true),
        None => Name::default(),
    }
}

/// Whether the server could have given the name.
fn is_automatic(root: &Object, table: &ObjectId, name: &Name) -> bool {
    let Some((second, label)) = stem(root) else {
        return false;
    };
    let base = name.as_str().trim_end_matches(|c: char| c.is_ascii_digit());
    let number = &name.as_str()[base.len()..];
    let named = |label: &str| naming::joined(table.name.as_str(), second.as_deref(), label);
    name.as_str() == named(label) || name.as_str() == named(&format!("{label}{number}"))
}

/// Says of the roots above a table, once all copies that stand are known, which it has no copy of.
pub(crate) fn lacking(table: &ObjectId, catalog: &mut Catalog) {
    let mut roots = roots(catalog, table);
    let known = of(catalog, table);
    roots.retain(|root| known.iter().all(|c| c.of != *root));
    let pg = catalog.item_mut::<Table>(table).and_then(Table::pg_mut);
    if let Some(pg) = pg {
        pg.copies.extend(roots.into_iter().map(|of| Copied {
            of,
            name: Name::default(),
            said: true,
        }));
    }
}

/// Tells which of a table's copies have names of their own.
pub(super) fn settle(table: &ObjectId, copies: &mut [Copied], catalog: &Catalog) {
    for copy in copies {
        if let Some(root) = catalog.get(&copy.of) {
            copy.said = !is_automatic(root, table, &copy.name);
        }
    }
}

/// What a table has itself that can be its copy of a root.
pub(super) fn equal(root: &Object, table: &ObjectId, catalog: &Catalog) -> Option<ObjectId> {
    let taken = |id: &ObjectId| of(catalog, table).iter().any(|c| c.name == id.name);
    let fits = |id: &ObjectId| {
        let object = catalog.get(id);
        object.is_some_and(|object| is_same(root, object)) && !taken(id)
    };
    own(catalog, table).into_iter().find(fits)
}

/// An index can be copied by the index of a key, a key by a key alone.
fn is_same(root: &Object, own: &Object) -> bool {
    match (root.get::<Index>(), own.get::<Index>()) {
        (Some(root), Some(own)) => index::is_copy(root, own),
        (Some(root), None) => {
            let key = own.get::<Constraint>().and_then(index::of_key);
            key.is_some_and(|key| index::is_copy(root, &key))
        }
        (None, Some(_)) => false,
        (None, None) => match (root.get::<Constraint>(), own.get::<Constraint>()) {
            (Some(root), Some(own)) => constraint::is_copy(root, own),
            _ => false,
        },
    }
}

/// A root is made: each partition below finds its copy among what it has, or gets a new one.
pub(super) fn made(root: &ObjectId, moment: &mut Moment) {
    let owner = moment.catalog.get(root).and_then(Object::owner_relation);
    let Some(table) = owner.cloned() else { return };
    if naming::partitions(&moment.catalog, &table).is_empty() {
        return;
    }
    settle_made(&POSTGRES, moment);
    spread(root, &table, moment);
}

fn spread(root: &ObjectId, table: &ObjectId, moment: &mut Moment) {
    for partition in naming::partitions(&moment.catalog, table) {
        copy(root, &partition, moment);
    }
}

fn copy(root: &ObjectId, table: &ObjectId, moment: &mut Moment) {
    let Some(object) = moment.catalog.get(root).cloned() else {
        return;
    };
    if let Some(own) = equal(&object, table, &moment.catalog) {
        return take(root, &own, table, moment);
    }
    let name = match asked(&moment.catalog, table, root) {
        Some(name) => name,
        None => automatic(&moment.catalog, &object, table),
    };
    put(root, name, table, moment);
    spread(root, table, moment);
}

/// The name that was declared before the root was there.
fn asked(catalog: &Catalog, table: &ObjectId, root: &ObjectId) -> Option<Name> {
    let mut copies = of(catalog, table).iter();
    let asked = index_named(root);
    let copy = copies.find(|c| c.said && c.of == asked);
    copy.map(|c| c.name.clone())
}

/// What a partition has itself becomes its copy, and what is below a copy of the root as well. The constraint of a key
/// stays where an index is copied.
pub(super) fn take(root: &ObjectId, own: &ObjectId, table: &ObjectId, moment: &mut Moment) {
    for partition in below(&moment.catalog, table) {
        if let Some(copies) = copies_mut(&partition, moment) {
            copies.retain(|c| c.of != *root);
            let theirs = copies.iter_mut().filter(|c| c.of == *own);
            theirs.for_each(|c| c.of = root.clone());
        }
    }
    if root.kind == own.kind {
        moment.remove(own);
    }
    put(root, own.name.clone(), table, moment);
}

fn put(root: &ObjectId, name: Name, table: &ObjectId, moment: &mut Moment) {
    let asked = index_named(root);
    let object = moment.catalog.get(root);
    let said = object.is_some_and(|object| !is_automatic(object, table, &name));
    let of = root.clone();
    if let Some(copies) = copies_mut(table, moment) {
        copies.retain(|c| c.of != *root && c.of != asked);
        copies.push(Copied { of, name, said });
    }
}

fn copies_mut<'m>(table: &ObjectId, moment: &'m mut Moment) -> Option<&'m mut Vec<Copied>> {
    let table = moment.catalog.item_mut::<Table>(table)?;
    Some(&mut table.pg_mut()?.copies)
}

/// A root is made for its table ONLY: the partitions that are there lack their copies.
pub(super) fn alone(root: &ObjectId, moment: &mut Moment) {
    let owner = moment.catalog.get(root).and_then(Object::owner_relation);
    let Some(table) = owner.cloned() else { return };
    for partition in below(&moment.catalog, &table) {
        put(root, Name::default(), &partition, moment);
    }
}

/// A partition is made, or joins: it gets its copies of all that is above it.
pub(super) fn joined(table: &ObjectId, moment: &mut Moment) {
    let roots = roots(&moment.catalog, table);
    if !roots.is_empty() {
        settle_made(&POSTGRES, moment);
    }
    for root in &roots {
        copy(root, table, moment);
    }
}

/// A partition leaves: what were copies are its own from now on. Constraints behind which the index of a key was are
/// its own all the time.
pub(super) fn left(table: &ObjectId, moment: &mut Moment) -> Vec<(ObjectId, Object)> {
    let copies = copies_mut(table, moment).map(std::mem::take);
    let mut out = Vec::new();
    for copy in copies.unwrap_or_default() {
        let key = ObjectId::owned(Kind::Constraint, table, copy.name.clone());
        let own = match copy.of.kind {
            Kind::Constraint => key.clone(),
            _ if moment.catalog.contains(&key) => key.clone(),
            _ => ObjectId::new(Kind::Index, table.schema.clone(), copy.name.clone()),
        };
        for partition in below(&moment.catalog, table) {
            let copies = copies_mut(&partition, moment).into_iter().flatten();
            let theirs = copies.filter(|c| c.of == copy.of);
            theirs.for_each(|c| c.of = own.clone());
        }
        let object = moment.catalog.get(&copy.of);
        if let Some(object) = object.filter(|_| !moment.catalog.contains(&own)) {
            let mut object = Object::new(object.body.clone());
            super::table::hand_on(&mut object, table);
            out.push((own, object));
        }
    }
    out
}

/// A root is gone, and its copies with it.
pub(super) fn gone(root: &ObjectId, table: &ObjectId, moment: &mut Moment) {
    for partition in below(&moment.catalog, table) {
        if let Some(copies) = copies_mut(&partition, moment) {
            copies.retain(|c| c.of != *root);
        }
    }
}

/// ALTER INDEX … ATTACH PARTITION.
pub(super) fn attach(
    root: &ObjectId,
    partition: &ObjectId,
    moment: &mut Moment,
) -> Result<(), Fault> {
    let found = addressed(partition, moment)?;
    let own = moment.catalog.get(&found).and_then(Object::owner_relation);
    let Some(table) = own.cloned() else {
        return Err(Fault::missing("index", partition));
    };
    // A copy of what it is attached to may stand in its place as yet, as if that one had made it.
    take(root, &found, &table, moment);
    Ok(())
}
