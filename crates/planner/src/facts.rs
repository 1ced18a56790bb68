//! What a step costs: locks, scans, rewrites, what it may lose, whether it can be undone.

use driftless_model::ObjectId;

/// How long a lock is held for its own work (transactions hold it to their end besides).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Held {
    Instant,
    /// For a scan of the table or the building of an index.
    Scan,
    /// For a rewrite of the table.
    Rewrite,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    pub on: ObjectId,
    /// The engine's own name: `ACCESS EXCLUSIVE`.
    pub mode: &'static str,
    pub blocks_reads: bool,
    pub blocks_writes: bool,
    pub held: Held,
}

/// Something lost by a step: needs consent by `code`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// `D0201` …
    pub code: &'static str,
    /// What consent names: `orders.note`.
    pub object: String,
    /// A lower-case sentence: `the rows of orders`.
    pub what: String,
}

/// What a step needs the rows to be: the engine stops it where they are not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// The relation whose rows are meant.
    pub on: ObjectId,
    /// What is told where nobody counts: `fails where orders.total is null`.
    pub hazard: String,
    /// A query that counts the rows that do not fit, on the state that the step finds.
    pub count: Option<String>,
    /// What is said of those: `without a value for total`.
    pub fault: String,
    /// How to mend it.
    pub help: String,
    /// Other relations that the query reads.
    pub reads: Vec<ObjectId>,
}

impl Demand {
    /// `2 rows of orders without a value for total`
    pub fn said_of(&self, rows: u64) -> String {
        let noun = if rows == 1 { "row" } else { "rows" };
        format!("{rows} {noun} of {} {}", self.on, self.fault)
    }
}

#[derive(Debug, Clone, Default)]
pub struct Facts {
    pub locks: Vec<Lock>,
    /// The relation is written anew.
    pub rewrite: bool,
    /// All rows of an existing relation are read.
    pub scan: bool,
    pub losses: Vec<Loss>,
    /// What a reviewer should know: lower-case sentences.
    pub hazards: Vec<String>,
    /// What the rows have to be for the step to run; their sentences are among the hazards.
    pub demands: Vec<Demand>,
    /// The way back cannot restore everything: why.
    pub irreversible: Option<String>,
}

impl Facts {
    pub fn demand(&mut self, demand: Demand) {
        self.hazards.push(demand.hazard.clone());
        self.demands.push(demand);
    }
    /// The longest time any of its locks is held.
    pub fn held(&self) -> Held {
        self.locks
            .iter()
            .map(|l| l.held)
            .max()
            .unwrap_or(if self.rewrite {
                Held::Rewrite
            } else if self.scan {
                Held::Scan
            } else {
                Held::Instant
            })
    }
    /// Adds another action's facts of the same statement: the strongest lock per relation is what counts, in the
    /// order in which `strength` ranks modes.
    pub fn join(&mut self, other: Facts, strength: &dyn Fn(&str) -> u8) {
        for lock in other.locks {
            match self.locks.iter_mut().find(|l| l.on == lock.on) {
                Some(mine) => {
                    let held = mine.held.max(lock.held);
                    if strength(lock.mode) > strength(mine.mode) {
                        *mine = lock;
                    }
                    mine.held = held;
                }
                None => self.locks.push(lock),
            }
        }
        self.rewrite |= other.rewrite;
        self.scan |= other.scan;
        self.losses.extend(other.losses);
        for h in other.hazards {
            if !self.hazards.contains(&h) {
                self.hazards.push(h);
            }
        }
        self.demands.extend(other.demands);
        self.irreversible = self.irreversible.take().or(other.irreversible);
    }
}
