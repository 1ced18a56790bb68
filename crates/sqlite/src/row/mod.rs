//! The rows of SQLite: one file per kind.
//!
//! Neighbours: `rebuild` decides how a table's changes are done. Invariant: a row answers from the two states alone.

pub mod constraint;
mod demand;
pub mod index;
pub mod table;
pub mod trigger;
pub mod view;
pub mod virtual_table;

use crate::canon::Missing;
use driftless_model::{Catalog, Kind, Name, ObjectId, SqlText};
use driftless_planner::{Clause, Cx, Draft, Facts, Fault, Held, Lock, Row};
use driftless_sql::{Diagnostic, Place};

pub fn of(kind: Kind) -> Option<&'static dyn Row> {
    Some(match kind {
        Kind::Table => &table::Tables,
        Kind::VirtualTable => &virtual_table::VirtualTables,
        Kind::Constraint => &constraint::Constraints,
        Kind::Index => &index::Indexes,
        Kind::View => &view::Views,
        Kind::Trigger => &trigger::Triggers,
        _ => return None,
    })
}

const RELATIONS: [Kind; 3] = [Kind::Table, Kind::VirtualTable, Kind::View];

/// The relation with this name.
fn relation(catalog: &Catalog, name: &Name) -> Option<ObjectId> {
    catalog.find(&RELATIONS, &Name::default(), name)
}

/// SQLite locks the whole file for writing while the transaction runs; readers wait at its commit only (in WAL mode
/// not at all).
fn lock(on: &ObjectId, held: Held) -> Lock {
    Lock {
        on: on.clone(),
        mode: "EXCLUSIVE",
        blocks_reads: false,
        blocks_writes: true,
        held,
    }
}

fn instant(on: &ObjectId) -> Facts {
    Facts {
        locks: vec![lock(on, Held::Instant)],
        ..Facts::default()
    }
}

/// A relation of another kind under the same name must be gone first.
fn after_namesake(mut draft: Draft, id: &ObjectId, before: &Catalog) -> Draft {
    for kind in RELATIONS.into_iter().filter(|k| *k != id.kind) {
        let other = id.of_kind(kind);
        if before.contains(&other) {
            draft.reach.gives.push(other.part());
        }
    }
    draft
}

/// What hung on another table under this name goes with that table, when it is rebuilt or dropped: not before.
fn after_home(mut draft: Draft, was: Option<&ObjectId>, now: &ObjectId, cx: &Cx) -> Draft {
    if let Some(was) = was.filter(|w| *w != now) {
        if cx.after.contains(was) {
            draft.reach.needs.push(was.part());
        } else {
            draft.reach.gives.push(was.part());
        }
    }
    draft
}

/// The place of something within a text.
fn place_in(text: &SqlText, missing: &Missing) -> Option<Place> {
    text.place.map(|p| Place {
        source: p.source,
        span: missing.span.shift(p.span.start),
    })
}

fn no_clause(id: &ObjectId, _clause: &Clause) -> Result<(), Fault> {
    Err(Diagnostic::error(
        "D0003",
        format!("SQLite cannot alter {} `{id}` in this way", id.kind.noun()),
    )
    .help("drop it and create it anew")
    .into())
}
