//! What a diff cannot know and a user declares: renames, backfills, conversions.
//!
//! Invariant: beside the catalogs, never inside: two catalogs are equal whatever their hints.

use crate::id::{Name, Part};
use crate::text::SqlText;
use driftless_sql::Place;
use std::collections::BTreeMap;

#[derive(Debug, Clone, Default)]
pub struct Hints {
    /// The part under its name of now → the name it had, and where that was said.
    pub renames: BTreeMap<Part, (Name, Option<Place>)>,
    /// A column → the value of rows that are there already.
    pub backfills: BTreeMap<Part, SqlText>,
    /// A column → the conversion of its values to the new type.
    pub usings: BTreeMap<Part, SqlText>,
}

impl Hints {
    /// The hints for the way back: renames turned round; a backfill or a conversion has no inverse.
    pub fn inverse(&self) -> Hints {
        let mut out = Hints::default();
        for (part, (from, place)) in &self.renames {
            let mut back = part.clone();
            let to = match &mut back.member {
                Some(m) => std::mem::replace(m, from.clone()),
                None => std::mem::replace(&mut back.object.name, from.clone()),
            };
            out.renames.insert(back, (to, *place));
        }
        out
    }
    pub fn extend(&mut self, other: Hints) {
        self.renames.extend(other.renames);
        self.backfills.extend(other.backfills);
        self.usings.extend(other.usings);
    }
}
