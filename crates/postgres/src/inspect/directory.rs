//! Which object an oid means.
//!
//! Neighbours: every part looks its references up here. Invariant: relations of extensions are known too (a foreign key
//! may point there) but flagged, since they are outside of what is managed.

use super::answer::{Read, Sheet};
use super::fragment::{OWN_SCHEMA, member};
use super::{Decoder, index};
use driftless_model::Server;
use driftless_model::{Kind, Name, ObjectId, SqlText, TypeRef, Unmodelled};
use std::collections::{BTreeMap, HashMap};

pub(super) type Oid = u32;

#[derive(Debug)]
pub(super) struct Relation {
    pub id: ObjectId,
    /// Outside of the catalog: an extension's, or of a kind that is not modelled.
    pub outside: bool,
}

#[derive(Debug, Default)]
pub(super) struct Directory {
    pub relations: HashMap<Oid, Relation>,
    /// Names by number, of tables, views and composite types.
    pub columns: HashMap<Oid, HashMap<i32, Name>>,
    pub types: HashMap<Oid, ObjectId>,
    pub routines: HashMap<Oid, ObjectId>,
    pub constraints: HashMap<Oid, ObjectId>,
    pub schemas: HashMap<Oid, ObjectId>,
    pub triggers: HashMap<Oid, ObjectId>,
    pub index_ids: HashMap<Oid, ObjectId>,
    pub keys: HashMap<Oid, Vec<index::SpecialKey>>,
    pub indexes: HashMap<Oid, index::Found>,
    /// Indexes that are partitions of others: of which, on which table, and their names.
    pub attached: BTreeMap<Oid, (Oid, ObjectId, Name)>,
}

pub(super) fn query(_: Server) -> String {
    format!(
        "SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind AS kind, {} AS member, c.reltype AS type, \
         t.typarray AS array_type
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_type t ON t.oid = c.reltype
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c', 'S') AND {OWN_SCHEMA}",
        member("pg_class", "c.oid")
    )
}

pub(super) fn decode(d: &mut Decoder, sheet: &Sheet) -> Read<()> {
    for line in sheet.lines() {
        let oid: Oid = line.number("oid")?;
        let kind = line.letter("kind")?;
        let member = line.flag("member")?;
        let id = ObjectId::new(
            kind_of(kind),
            Name::exact(line.text("schema")?),
            Name::exact(line.text("name")?),
        );
        let outside = member;
        if !outside {
            for column in ["type", "array_type"] {
                if let Some(ty) = line.number_or_null::<Oid>(column)?.filter(|t| *t != 0) {
                    d.directory.types.insert(ty, id.clone());
                }
            }
        }
        d.directory.relations.insert(oid, Relation { id, outside });
    }
    Ok(())
}

fn kind_of(relkind: char) -> Kind {
    match relkind {
        'v' => Kind::View,
        'm' => Kind::MaterializedView,
        'S' => Kind::Sequence,
        'c' => Kind::Composite,
        _ => Kind::Table,
    }
}

impl Directory {
    /// The relation of that oid where it is in the catalog.
    pub fn relation(&self, oid: Oid) -> Option<&ObjectId> {
        self.relations
            .get(&oid)
            .filter(|r| !r.outside)
            .map(|r| &r.id)
    }
    /// The relation of that oid, also one outside of the catalog.
    pub fn known(&self, oid: Oid) -> Option<&ObjectId> {
        self.relations.get(&oid).map(|r| &r.id)
    }
    pub fn column(&self, relation: Oid, number: i32) -> Option<Name> {
        self.columns.get(&relation)?.get(&number).cloned()
    }
    pub fn ty(&self, text: &str, oid: Oid) -> TypeRef {
        TypeRef {
            text: text.to_owned(),
            target: self.types.get(&oid).cloned(),
        }
    }
}

impl Decoder {
    pub fn unmodelled(&mut self, what: &str, name: impl Into<String>, on: Option<ObjectId>) {
        self.catalog.unmodelled.push(Unmodelled {
            what: what.to_owned(),
            name: name.into(),
            on,
            place: None,
        });
    }
}

/// Text that the server printed under an empty search path.
pub(super) fn text(printed: &str) -> SqlText {
    SqlText::new(super::fixpoint::steady(printed))
}
