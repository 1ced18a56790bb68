//! The objects of a catalog and, derived from them when first asked for, who uses whom.
//!
//! Neighbours: `catalog` owns it. A clone shares the objects until one side writes, for a plan holds several catalogs
//! that differ in little. Invariant: the reverse references are those of the objects as they are now. They are
//! kept up with what is written one by one, and derived anew after a change of everything.

use crate::id::{Kind, Name, ObjectId, Part};
use crate::object::Object;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap, btree_map};
use std::ops::Bound;
use std::sync::{Arc, OnceLock};

/// How many objects may be given out to be written before the reverse references take them in: until then each question looks at them.
const BACKLOG: usize = 32;

#[derive(Debug, Default)]
pub struct Objects {
    map: Arc<BTreeMap<ObjectId, Arc<Object>>>,
    /// Who used an object or a member of it at some time: a question leaves out who does no longer.
    users: OnceLock<HashMap<ObjectId, BTreeSet<ObjectId>>>,
    /// Given out to be written since they were taken in.
    written: BTreeSet<ObjectId>,
}

/// An object of one side, and the one of the same id on the other.
pub type Beside<'a> = (
    Option<(&'a ObjectId, &'a Object)>,
    Option<(&'a ObjectId, &'a Object)>,
);

impl Clone for Objects {
    /// The reverse references stay behind: the clone is about to become another catalog.
    fn clone(&self) -> Self {
        Objects {
            map: Arc::clone(&self.map),
            ..Objects::default()
        }
    }
}

impl Objects {
    pub fn get(&self, id: &ObjectId) -> Option<&Object> {
        self.map.get(id).map(Arc::as_ref)
    }
    /// The id as it stands here: equal ids may be spelled otherwise.
    pub fn get_key_value(&self, id: &ObjectId) -> Option<(&ObjectId, &Object)> {
        self.map.get_key_value(id).map(shown)
    }
    pub fn contains_key(&self, id: &ObjectId) -> bool {
        self.map.contains_key(id)
    }
    pub fn len(&self) -> usize {
        self.map.len()
    }
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }
    pub fn iter(&self) -> impl Iterator<Item = (&ObjectId, &Object)> {
        self.map.iter().map(shown)
    }
    pub fn keys(&self) -> impl Iterator<Item = &ObjectId> {
        self.map.keys()
    }
    pub fn values(&self) -> impl Iterator<Item = &Object> {
        self.map.values().map(Arc::as_ref)
    }
    /// Both sides in step, in id order: what is on one side only has nothing beside it.
    pub fn beside<'a>(&'a self, other: &'a Objects) -> impl Iterator<Item = Beside<'a>> {
        let mut here = self.iter().peekable();
        let mut there = other.iter().peekable();
        std::iter::from_fn(move || {
            let order = match (here.peek(), there.peek()) {
                (None, None) => return None,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some((h, _)), Some((t, _))) => h.cmp(t),
            };
            Some((
                order.is_le().then(|| here.next()).flatten(),
                order.is_ge().then(|| there.next()).flatten(),
            ))
        })
    }
    /// Those from this id on, in id order.
    pub fn from<'a>(
        &'a self,
        first: &ObjectId,
    ) -> impl Iterator<Item = (&'a ObjectId, &'a Object)> + use<'a> {
        let range = (Bound::Included(first), Bound::Unbounded);
        self.map.range::<ObjectId, _>(range).map(shown)
    }
    /// Those up to this id, in id order.
    pub fn until<'a>(
        &'a self,
        last: &ObjectId,
    ) -> impl DoubleEndedIterator<Item = (&'a ObjectId, &'a Object)> + use<'a> {
        let range = (Bound::Unbounded, Bound::Included(last));
        self.map.range::<ObjectId, _>(range).map(shown)
    }
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&ObjectId, &mut Object)> {
        self.forget();
        Arc::make_mut(&mut self.map)
            .iter_mut()
            .map(|(id, o)| (id, Arc::make_mut(o)))
    }
    /// What stood there before.
    pub fn insert(&mut self, id: ObjectId, object: Object) -> Option<Arc<Object>> {
        if let Some(users) = self.users.get_mut() {
            take_in(users, &id, &object);
        }
        Arc::make_mut(&mut self.map).insert(id, Arc::new(object))
    }
    pub fn remove(&mut self, id: &ObjectId) -> Option<Object> {
        if !self.map.contains_key(id) {
            return None;
        }
        Arc::make_mut(&mut self.map)
            .remove(id)
            .map(Arc::unwrap_or_clone)
    }
    pub fn get_mut(&mut self, id: &ObjectId) -> Option<&mut Object> {
        if !self.map.contains_key(id) {
            return None;
        }
        self.note(id);
        Arc::make_mut(&mut self.map).get_mut(id).map(Arc::make_mut)
    }
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Object> {
        self.forget();
        Arc::make_mut(&mut self.map).values_mut().map(Arc::make_mut)
    }

    /// Who refers to this very part, in id order.
    pub fn users_of_part(&self, part: &Part) -> Vec<&ObjectId> {
        self.still(&part.object, |p| p == part)
    }
    /// Who refers to the object or to any of its members, in id order.
    pub fn users_of(&self, id: &ObjectId) -> Vec<&ObjectId> {
        self.still(id, |p| p.object == *id)
    }

    fn still(&self, of: &ObjectId, uses: impl Fn(&Part) -> bool) -> Vec<&ObjectId> {
        let known = self.users().get(of).into_iter().flatten();
        let asked: BTreeSet<&ObjectId> = known.chain(&self.written).collect();
        asked
            .into_iter()
            .filter(|id| {
                let object = self.map.get(id);
                object.is_some_and(|o| requirements(id, o).iter().any(&uses))
            })
            .collect()
    }

    fn users(&self) -> &HashMap<ObjectId, BTreeSet<ObjectId>> {
        self.users.get_or_init(|| {
            let mut users = HashMap::new();
            for (id, object) in self.map.iter() {
                take_in(&mut users, id, object);
            }
            users
        })
    }

    /// The object is given out to be written.
    fn note(&mut self, id: &ObjectId) {
        let Some(users) = self.users.get_mut() else {
            return;
        };
        if self.written.len() == BACKLOG {
            for id in std::mem::take(&mut self.written) {
                if let Some(object) = self.map.get(&id) {
                    take_in(users, &id, object);
                }
            }
        }
        self.written.insert(id.clone());
    }

    fn forget(&mut self) {
        self.users.take();
        self.written.clear();
    }
}

fn take_in(users: &mut HashMap<ObjectId, BTreeSet<ObjectId>>, id: &ObjectId, object: &Object) {
    let mut parts = requirements(id, object);
    parts.dedup_by(|a, b| a.object == b.object);
    for part in parts {
        users.entry(part.object).or_default().insert(id.clone());
    }
}

/// Everything that an object needs to be there: what it refers to, and its schema.
pub fn requirements(id: &ObjectId, object: &Object) -> Vec<Part> {
    let mut out = object.parts();
    out.retain(|p| p.object != *id);
    if !id.schema.is_empty() {
        out.push(ObjectId::new(Kind::Schema, Name::default(), id.schema.clone()).part());
    }
    out.sort();
    out.dedup();
    out
}

fn shown<'a>((id, object): (&'a ObjectId, &'a Arc<Object>)) -> (&'a ObjectId, &'a Object) {
    (id, object)
}

type Shown<'a> = fn((&'a ObjectId, &'a Arc<Object>)) -> (&'a ObjectId, &'a Object);

impl<'a> IntoIterator for &'a Objects {
    type Item = (&'a ObjectId, &'a Object);
    type IntoIter = std::iter::Map<btree_map::Iter<'a, ObjectId, Arc<Object>>, Shown<'a>>;
    fn into_iter(self) -> Self::IntoIter {
        self.map.iter().map(shown as Shown<'a>)
    }
}

/// Reverse references of one catalog; of none, nobody uses anything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Users<'a>(Option<&'a Objects>);

impl<'a> Users<'a> {
    pub fn of(catalog: &'a crate::catalog::Catalog) -> Users<'a> {
        Users(Some(&catalog.objects))
    }
    /// Who refers to this very part.
    pub fn of_part(&self, part: &Part) -> Vec<&'a ObjectId> {
        self.0.map_or_else(Vec::new, |o| o.users_of_part(part))
    }
    /// Who refers to the object or to any of its members.
    pub fn of_object(&self, id: &ObjectId) -> Vec<&'a ObjectId> {
        self.0.map_or_else(Vec::new, |o| o.users_of(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Catalog, Dialect, Server, Version};
    use crate::index::{Index, IndexKey};
    use crate::table::{Sequence, Table};

    fn id(kind: Kind, name: &str) -> ObjectId {
        ObjectId::new(kind, Name::default(), Name::exact(name))
    }

    fn index(table: &str) -> Object {
        Object::new(Index {
            table: id(Kind::Table, table),
            unique: false,
            method: "btree".into(),
            keys: vec![IndexKey::column(Name::exact("c"))],
            include: Vec::new(),
            filter: None,
            nulls_not_distinct: false,
            options: crate::Options::new(),
            tablespace: None,
            valid: true,
        })
    }

    fn users(objects: &Objects, table: &str) -> String {
        let users = objects.users_of(&id(Kind::Table, table));
        let names: Vec<String> = users.iter().map(ToString::to_string).collect();
        names.join(" ")
    }

    /// Asked after every write, and only at the end: the answers are the same.
    #[test]
    fn users_are_those_of_now() {
        for always in [true, false] {
            let mut objects = Objects::default();
            let look = |objects: &Objects| {
                if always {
                    users(objects, "t");
                }
            };
            look(&objects);
            for n in 0..3 * BACKLOG {
                objects.insert(id(Kind::Index, &format!("i{n}")), index("t"));
                look(&objects);
            }
            for n in 2..3 * BACKLOG {
                objects.remove(&id(Kind::Index, &format!("i{n}")));
                look(&objects);
            }
            assert_eq!(users(&objects, "t"), "i0 i1");
            let moved = objects.get_mut(&id(Kind::Index, "i1"));
            let moved = moved.and_then(Object::get_mut::<Index>).expect("an index");
            moved.table = id(Kind::Table, "u");
            assert_eq!(users(&objects, "t"), "i0");
            assert_eq!(users(&objects, "u"), "i1");
            for object in objects.values_mut() {
                let index = object.get_mut::<Index>().expect("an index");
                index.table = id(Kind::Table, "v");
            }
            assert_eq!(users(&objects, "t"), "");
            assert_eq!(users(&objects, "v"), "i0 i1");
            let column = id(Kind::Table, "v").member(&Name::exact("c"));
            assert_eq!(objects.users_of_part(&column).len(), 2);
        }
    }

    #[test]
    fn a_rename_is_followed_by_all_who_refer() {
        let server = Server {
            dialect: Dialect::Sqlite,
            version: Version::new(3, 37),
        };
        let mut catalog = Catalog::new(server);
        let table = id(Kind::Table, "t");
        catalog
            .objects
            .insert(table.clone(), Object::new(Table::default()));
        catalog.objects.insert(id(Kind::Index, "i"), index("t"));
        catalog.objects.insert(id(Kind::Index, "j"), index("other"));
        let sequence = Sequence {
            owned_by: Some(table.member(&Name::exact("c"))),
            ..Sequence::default()
        };
        catalog
            .objects
            .insert(id(Kind::Sequence, "s"), Object::new(sequence));
        catalog.rename(&table.part(), &Name::exact("u"), &|text, _| text.to_owned());
        assert_eq!(users(&catalog.objects, "t"), "");
        assert_eq!(users(&catalog.objects, "u"), "s i");
        assert_eq!(users(&catalog.objects, "other"), "j");
        assert!(catalog.contains(&id(Kind::Table, "u")) && !catalog.contains(&table));
    }
}
