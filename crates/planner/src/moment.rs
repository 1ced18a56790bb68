//! The state that an action runs in, and how it fails.
//!
//! Invariant: the catalog of a moment is always settled as far as its statements went.

use driftless_model::{Body, Catalog, Definition, Kind, Name, ObjectId};
use driftless_sql::{Diagnostic, Place};
use std::collections::BTreeSet;

pub struct Moment {
    pub catalog: Catalog,
    /// The search path in force; empty on engines without schemas, or where all is qualified.
    pub path: driftless_model::SearchPath,
    /// Made since the start: empty, and locked by nobody else.
    pub fresh: BTreeSet<ObjectId>,
    /// Their rows were copied elsewhere: dropping them loses nothing.
    pub copied: BTreeSet<ObjectId>,
    /// Keep references that lead nowhere (an inspected SQLite file may hold them).
    pub lenient: bool,
    /// Where the statement at hand stands.
    pub place: Option<Place>,
    /// What is made is settled together, at the end or when something asks: many statements make many objects.
    pub together: bool,
    /// Made and not settled yet.
    pub unsettled: Vec<ObjectId>,
}

/// Why an action could not be applied.
#[derive(Debug)]
pub enum Fault {
    /// Something that another statement may still bring.
    Missing {
        /// The noun of what is looked for: `table`, `type`, `column`.
        what: &'static str,
        name: String,
        /// Its own place, where known.
        place: Option<Place>,
    },
    Wrong(Box<Diagnostic>),
}

impl From<Diagnostic> for Fault {
    fn from(d: Diagnostic) -> Self {
        Fault::Wrong(Box::new(d))
    }
}

impl Fault {
    pub fn missing(what: &'static str, name: impl ToString) -> Fault {
        Fault::Missing {
            what,
            name: name.to_string(),
            place: None,
        }
    }
}

impl Moment {
    pub fn new(catalog: Catalog, path: impl Into<driftless_model::SearchPath>) -> Moment {
        Moment {
            catalog,
            path: path.into(),
            fresh: BTreeSet::new(),
            copied: BTreeSet::new(),
            lenient: false,
            place: None,
            together: false,
            unsettled: Vec::new(),
        }
    }

    /// The object of one of `kinds` that the name means under the search path.
    pub fn find(&self, kinds: &[Kind], schema: &Name, name: &Name) -> Option<ObjectId> {
        if !schema.is_empty() || self.path.is_empty() {
            return self.catalog.find(kinds, schema, name);
        }
        self.path
            .iter()
            .find_map(|s| self.catalog.find(kinds, &Name::exact(s.clone()), name))
    }

    /// The schema that an unqualified new object goes into: the first of the path that exists.
    pub fn creation_schema(&self) -> Option<Name> {
        self.path.iter().map(|s| Name::exact(s.clone())).find(|s| {
            self.catalog
                .contains(&ObjectId::new(Kind::Schema, Name::default(), s.clone()))
        })
    }

    pub fn insert(&mut self, id: ObjectId, object: driftless_model::Object) {
        if let Some(place) = self.place {
            self.catalog.places.insert(id.clone(), place);
        }
        self.fresh.insert(id.clone());
        self.catalog.objects.insert(id, object);
    }

    /// Publications lose what is gone, without a word.
    fn unpublish(&mut self, gone: &[ObjectId]) {
        for id in gone
            .iter()
            .filter(|id| matches!(id.kind, Kind::Table | Kind::Schema))
        {
            let users = self.catalog.objects.users_of(id).into_iter();
            let of: Vec<ObjectId> = users
                .filter(|u| u.kind == Kind::Publication)
                .cloned()
                .collect();
            for publication in of {
                if let Some(item) = self.catalog.item_mut::<Definition>(&publication) {
                    item.pieces
                        .retain(|p| !p.parts().iter().any(|part| part.object == *id));
                }
            }
        }
    }

    /// Takes an object and all that lives in its namespace or belongs to it out of the catalog.
    pub fn remove(&mut self, id: &ObjectId) {
        let mut gone = vec![id.clone()];
        if id.kind.is_relation() {
            let catalog = &self.catalog;
            let owned = catalog.owned(id).map(|(i, _)| i);
            gone.extend(owned.filter(|i| i.owner.is_some()).cloned());
            let belongs = |i: &&ObjectId| {
                catalog.get(i).is_some_and(|object| match &object.body {
                    Body::Sequence(s) => s.owned_by.as_ref().is_some_and(|p| p.object == *id),
                    // Partitions go with their whole.
                    Body::Table(t) => t
                        .pg()
                        .and_then(|pg| pg.partition_of.as_ref())
                        .is_some_and(|of| of.parent == *id),
                    _ => object.owner_relation() == Some(id),
                })
            };
            let users = catalog.objects.users_of(id).into_iter();
            gone.extend(users.filter(belongs).cloned());
        }
        self.unpublish(&gone);
        for i in gone {
            if i.kind == Kind::Table && i != *id {
                self.remove(&i);
            }
            self.catalog.objects.remove(&i);
            self.catalog.places.remove(&i);
            self.fresh.remove(&i);
            self.copied.remove(&i);
        }
    }
}
