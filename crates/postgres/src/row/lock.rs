//! Lock modes, and the collecting of what an action costs.
//!
//! Invariant: relations made since the start of the moment are nobody else's, so their locks and scans are left out.
//! Modes are those of the manual's "Explicit Locking" (PostgreSQL 14 to 18), measured on 15.

use super::naming;
use driftless_model::{Kind, ObjectId};
use driftless_planner::{Facts, Held, Lock, Loss, Moment};

pub(super) const ACCESS_SHARE: &str = "ACCESS SHARE";
pub(super) const ROW_EXCLUSIVE: &str = "ROW EXCLUSIVE";
pub(super) const ROW_SHARE: &str = "ROW SHARE";
pub(super) const SHARE_UPDATE: &str = "SHARE UPDATE EXCLUSIVE";
pub(super) const SHARE: &str = "SHARE";
pub(super) const SHARE_ROW: &str = "SHARE ROW EXCLUSIVE";
pub(super) const EXCLUSIVE: &str = "EXCLUSIVE";
pub(super) const ACCESS_EXCLUSIVE: &str = "ACCESS EXCLUSIVE";

/// 1 for the weakest to 8 for the strongest.
pub(crate) fn strength(mode: &str) -> u8 {
    [
        ACCESS_SHARE,
        ROW_SHARE,
        ROW_EXCLUSIVE,
        SHARE_UPDATE,
        SHARE,
        SHARE_ROW,
        EXCLUSIVE,
        ACCESS_EXCLUSIVE,
    ]
    .iter()
    .position(|m| *m == mode)
    .map_or(0, |i| i as u8 + 1)
}

pub(super) struct Cost<'m> {
    pub moment: &'m Moment,
    facts: Facts,
}

impl<'m> Cost<'m> {
    pub fn new(moment: &'m Moment) -> Self {
        Cost {
            moment,
            facts: Facts::default(),
        }
    }

    pub fn is_fresh(&self, id: &ObjectId) -> bool {
        self.moment.fresh.contains(id)
    }

    /// The relation that a written id means, as far as it is known.
    pub fn find(&self, id: &ObjectId) -> ObjectId {
        let kinds = [
            id.kind,
            Kind::Table,
            Kind::View,
            Kind::MaterializedView,
            Kind::Sequence,
        ];
        let name = naming::clip(&id.name);
        self.moment
            .find(&kinds, &id.schema, &name)
            .unwrap_or_else(|| id.clone())
    }

    pub fn lock(&mut self, on: &ObjectId, mode: &'static str, held: Held) {
        if self.is_fresh(on) {
            return;
        }
        let strong = strength(mode);
        let lock = Lock {
            on: on.clone(),
            mode,
            blocks_reads: mode == ACCESS_EXCLUSIVE,
            blocks_writes: strong >= strength(SHARE),
            held,
        };
        let one = Facts {
            locks: vec![lock],
            ..Facts::default()
        };
        self.facts.join(one, &strength);
    }

    /// The table and all tables below it.
    pub fn lock_tree(&mut self, on: &ObjectId, mode: &'static str, held: Held) {
        self.lock(on, mode, held);
        for child in naming::descendants(&self.moment.catalog, on) {
            self.lock(&child, mode, held);
        }
    }

    pub fn instant(&mut self, on: &ObjectId, mode: &'static str) {
        self.lock(on, mode, Held::Instant);
    }

    /// All rows of the table are read.
    pub fn scan(&mut self, on: &ObjectId) {
        if !self.is_fresh(on) {
            self.facts.scan = true;
        }
    }

    /// Rows of existing relations are read, whichever.
    pub fn read_all(&mut self) {
        self.facts.scan = true;
    }

    /// The table is written anew.
    pub fn rewrite(&mut self, on: &ObjectId) {
        if !self.is_fresh(on) {
            self.facts.rewrite = true;
            self.facts.scan = true;
        }
    }

    pub fn hazard(&mut self, what: impl Into<String>) {
        let what = what.into();
        if !self.facts.hazards.contains(&what) {
            self.facts.hazards.push(what);
        }
    }

    pub fn loss(&mut self, code: &'static str, object: impl ToString, what: impl Into<String>) {
        self.facts.losses.push(Loss {
            code,
            object: object.to_string(),
            what: what.into(),
        });
    }

    pub fn irreversible(&mut self, why: impl Into<String>) {
        self.facts.irreversible.get_or_insert_with(|| why.into());
    }

    pub fn done(self) -> Facts {
        self.facts
    }
}
