//! The objects of a catalog and, derived from them when first asked for, who uses whom.
//!
//! Neighbours: `catalog` owns it. Invariant: the reverse references are those of the objects as they are now. They are
//! kept up with what is written one by one, and derived anew after a change of everything.

use crate::id::{Kind, Name, ObjectId, Part};
use crate::object::Object;
use std::collections::{BTreeMap, BTreeSet, btree_map};
use std::ops::Deref;
use std::sync::OnceLock;

/// How many objects may be written before the reverse references take them in: until then each question looks at them.
const BACKLOG: usize = 32;

#[derive(Debug, Clone, Default)]
pub struct Objects {
    map: BTreeMap<ObjectId, Object>,
    /// Who used a part at some time: a question leaves out who does no longer.
    users: OnceLock<BTreeMap<Part, BTreeSet<ObjectId>>>,
    /// Written since they were taken in.
    written: BTreeSet<ObjectId>,
}

impl Deref for Objects {
    type Target = BTreeMap<ObjectId, Object>;
    fn deref(&self) -> &Self::Target {
        &self.map
    }
}

impl Objects {
    pub fn insert(&mut self, id: ObjectId, object: Object) -> Option<Object> {
        self.note(&id);
        self.map.insert(id, object)
    }
    pub fn remove(&mut self, id: &ObjectId) -> Option<Object> {
        self.map.remove(id)
    }
    pub fn get_mut(&mut self, id: &ObjectId) -> Option<&mut Object> {
        self.note(id);
        self.map.get_mut(id)
    }
    pub fn entry(&mut self, id: ObjectId) -> btree_map::Entry<'_, ObjectId, Object> {
        self.note(&id);
        self.map.entry(id)
    }
    pub fn iter_mut(&mut self) -> btree_map::IterMut<'_, ObjectId, Object> {
        self.forget();
        self.map.iter_mut()
    }
    pub fn values_mut(&mut self) -> btree_map::ValuesMut<'_, ObjectId, Object> {
        self.forget();
        self.map.values_mut()
    }

    /// Who refers to this very part, in id order.
    pub fn users_of_part(&self, part: &Part) -> Vec<&ObjectId> {
        let known = self.users().get(part).into_iter().flatten();
        self.still(known, |p| p == part)
    }
    /// Who refers to the object or to any of its members, in id order.
    pub fn users_of(&self, id: &ObjectId) -> Vec<&ObjectId> {
        let known = self
            .users()
            .range(id.part()..)
            .take_while(|(p, _)| p.object == *id)
            .flat_map(|(_, users)| users);
        self.still(known, |p| p.object == *id)
    }

    fn still<'s>(
        &'s self,
        known: impl Iterator<Item = &'s ObjectId>,
        uses: impl Fn(&Part) -> bool,
    ) -> Vec<&'s ObjectId> {
        let asked: BTreeSet<&ObjectId> = known.chain(&self.written).collect();
        asked
            .into_iter()
            .filter(|id| {
                let object = self.map.get(id);
                object.is_some_and(|o| requirements(id, o).iter().any(&uses))
            })
            .collect()
    }

    fn users(&self) -> &BTreeMap<Part, BTreeSet<ObjectId>> {
        self.users.get_or_init(|| {
            let mut users = BTreeMap::new();
            for (id, object) in &self.map {
                take_in(&mut users, id, object);
            }
            users
        })
    }

    /// The object is about to be written.
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

fn take_in(users: &mut BTreeMap<Part, BTreeSet<ObjectId>>, id: &ObjectId, object: &Object) {
    for part in requirements(id, object) {
        users.entry(part).or_default().insert(id.clone());
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

impl<'a> IntoIterator for &'a Objects {
    type Item = (&'a ObjectId, &'a Object);
    type IntoIter = btree_map::Iter<'a, ObjectId, Object>;
    fn into_iter(self) -> Self::IntoIter {
        self.map.iter()
    }
}

impl<'a> IntoIterator for &'a mut Objects {
    type Item = (&'a ObjectId, &'a mut Object);
    type IntoIter = btree_map::IterMut<'a, ObjectId, Object>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

impl IntoIterator for Objects {
    type Item = (ObjectId, Object);
    type IntoIter = btree_map::IntoIter<ObjectId, Object>;
    fn into_iter(self) -> Self::IntoIter {
        self.map.into_iter()
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
