//! The state that a database should be in, by its history and the files.
//!
//! Neighbours: `plan` and `drift` compare it with what is there. Invariant: what cannot be known is said, and never
//! counted as a difference.

use std::collections::BTreeSet;

use driftless_migrations::{Difference, DriftDirection, File, Folder, Ground, compare};
use driftless_model::{Catalog, ObjectId, Scope};
use driftless_planner::{Replay, differences, replay};
use driftless_sql::Severity;

use crate::drift::whole;
use crate::ledger::Book;
use crate::site::Site;

/// What should be there.
pub struct Expected {
    pub catalog: Catalog,
    /// Why that is not certain.
    pub unknown: Vec<String>,
    /// Objects of repeatable files that have changed since they ran.
    changed: BTreeSet<ObjectId>,
    /// The last state that driftless itself saw or made.
    recorded: Option<String>,
}

impl Expected {
    /// The versions that the history has, in the order in which they ran, and its repeatable files.
    pub fn of(folder: &Folder, ground: &Ground, book: &Book) -> Expected {
        let mut expected = Expected {
            catalog: ground.dialect.empty(ground.server),
            unknown: Vec::new(),
            changed: BTreeSet::new(),
            recorded: book.state().map(str::to_string),
        };
        for version in book.applied() {
            match folder.get(version) {
                Some(versioned) => expected.follow(ground, &versioned.up),
                None => expected
                    .unknown
                    .push(format!("the file of version {version} is not there")),
            }
        }
        for file in &folder.repeatable {
            let Some(hash) = book.repeated(file.stem()) else {
                continue;
            };
            if hash == file.hash() {
                expected.follow(ground, file);
                continue;
            }
            let after = one(ground, file, expected.catalog.clone()).catalog;
            let found = differences(ground.dialect, &expected.catalog, &after, &Scope::default());
            expected.changed.extend(found.into_iter().map(|c| c.id));
        }
        expected
    }

    /// The state of the first versions of the folder.
    pub fn upto(folder: &Folder, ground: &Ground, version: u64) -> Expected {
        let mut expected = Expected {
            catalog: ground.dialect.empty(ground.server),
            unknown: Vec::new(),
            changed: BTreeSet::new(),
            recorded: None,
        };
        for versioned in folder.versioned.iter().filter(|v| v.version <= version) {
            expected.follow(ground, &versioned.up);
        }
        expected
    }

    /// Lets a file run on the model.
    pub fn follow(&mut self, ground: &Ground, file: &File) {
        let catalog = std::mem::replace(&mut self.catalog, Catalog::new(ground.server));
        let replay = one(ground, file, catalog);
        self.take(&file.path, replay);
    }

    /// Takes over the state behind a replay, and what is unknown about it.
    pub fn take(&mut self, path: &str, replay: Replay) -> Vec<driftless_planner::Replayed> {
        let taints = replay.taints.iter().map(|t| format!("`{path}`: {}", t.why));
        self.unknown.extend(taints);
        let errors = replay.problems.iter();
        let errors = errors.filter(|d| d.severity == Severity::Error);
        self.unknown
            .extend(errors.map(|d| format!("`{path}`: {}", d.message)));
        self.catalog = replay.catalog;
        replay.statements
    }

    pub fn is_known(&self) -> bool {
        self.unknown.is_empty()
    }

    /// `None`: not known for certain.
    pub fn fingerprint(&self, ground: &Ground) -> Option<String> {
        self.is_known().then(|| ground.fingerprint(&self.catalog))
    }

    /// How what is there differs from it.
    pub fn against(&self, site: &Site) -> Against {
        let ground = site.ground();
        let is = site.managed(&self.catalog);
        let print = ground.fingerprint(&is);
        // Nothing happened since driftless itself looked: what cannot be told now could not be told then.
        let untouched = self.recorded.as_deref() == Some(print.as_str());
        if untouched && !self.is_known() {
            return Against {
                print,
                differences: Vec::new(),
                unproven: 0,
            };
        }
        let mut found = match self.is_known() {
            true if ground.fingerprint(&self.catalog) == print => Vec::new(),
            _ => compare(&ground, &self.catalog, &is),
        };
        found.retain(|d| !self.changed.iter().any(|id| id.to_string() == d.object));
        let all = found.len();
        found.retain(|d| d.direction != DriftDirection::Unproven);
        let unproven = if untouched { 0 } else { all - found.len() };
        Against {
            print,
            unproven,
            differences: whole(found),
        }
    }
}

/// A comparison with what is there.
pub struct Against {
    /// The fingerprint of what is there.
    pub print: String,
    pub differences: Vec<Difference>,
    /// Objects of which nothing at hand can tell whether they differ.
    pub unproven: usize,
}

/// One file on the model.
pub fn one(ground: &Ground, file: &File, before: Catalog) -> Replay {
    partly(ground, file, before, file.text.len())
}

/// The first `end` bytes of a file on the model.
pub fn partly(ground: &Ground, file: &File, before: Catalog, end: usize) -> Replay {
    replay(
        ground.dialect,
        before,
        ground.dialect.path(),
        file.text.get(..end).unwrap_or(&file.text),
        file.source,
        ground.server,
    )
}

/// `+ table orders`, as seen from what should be.
pub fn line(d: &Difference) -> String {
    let sign = match d.direction {
        DriftDirection::OnlyThere => "+",
        DriftDirection::Missing => "-",
        DriftDirection::Differs => "~",
        DriftDirection::Unproven => "?",
    };
    let what = match d.direction {
        DriftDirection::OnlyThere => "is there, and no migration made it",
        DriftDirection::Missing => "is missing",
        DriftDirection::Differs => "differs",
        DriftDirection::Unproven => "may differ",
    };
    let details = match d.details.is_empty() {
        true => String::new(),
        false => format!(": {}", d.details.join(", ")),
    };
    format!("{sign} {} {} {what}{details}", d.kind, d.object)
}
