//! What the rows of a history say of each migration now.
//!
//! Invariant: later rows have the last word; nothing here looks at files or at the database.

use std::collections::BTreeMap;

use driftless_migrations::DOWN;

use super::{Event, Record};

/// The rows, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Book {
    pub records: Vec<Record>,
}

/// What the history has of one migration.
#[derive(Debug, Clone)]
pub struct Held<'a> {
    /// The row that says so.
    pub record: &'a Record,
    pub how: Taken,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// In force: applied, adopted, baselined or repaired.
    In,
    /// It began, and there is no word of its end.
    Begun,
    Failed,
}

/// What is done of a file that did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// Statements that are done for good.
    pub done: usize,
    /// The hash of these statements.
    pub code: Option<String>,
    /// A statement outside of any transaction that began, and of whose success there is no word.
    pub open: Option<usize>,
    /// The hash of the statements up to that one.
    pub open_code: Option<String>,
    /// The engine said that it failed; `None`: there is no word at all.
    pub error: Option<String>,
}

impl Book {
    pub fn new(records: Vec<Record>) -> Book {
        Book { records }
    }

    /// Every migration that left something, by name; those that were rolled back are gone.
    pub fn held(&self) -> BTreeMap<&str, Held<'_>> {
        let mut out: BTreeMap<&str, Held> = BTreeMap::new();
        for record in &self.records {
            let name = record.entry.name.as_str();
            let how = match record.entry.event {
                Event::Applied | Event::Baselined | Event::Repaired | Event::Adopted => Taken::In,
                Event::Started | Event::Statement => Taken::Begun,
                Event::Failed => Taken::Failed,
                Event::RolledBack => {
                    out.remove(name);
                    continue;
                }
                Event::Observed => continue,
            };
            // A repeatable file or a way back that fails does not undo what was.
            let was_in = out.get(name).is_some_and(|h| h.how == Taken::In);
            if how == Taken::In || !was_in {
                out.insert(name, Held { record, how });
            }
        }
        out
    }

    /// The versions in force, in the order in which they came to be so.
    pub fn applied(&self) -> Vec<u64> {
        let held = self.held();
        let mut found: Vec<(u64, u64)> = held
            .values()
            .filter(|h| h.how == Taken::In)
            .filter_map(|h| {
                let version = h.record.entry.version?;
                let first = self.since(&h.record.entry.name, h.record.id);
                Some((first, version))
            })
            .collect();
        found.sort_unstable();
        found.into_iter().map(|(_, version)| version).collect()
    }

    /// The row that brought a migration; later rows of it (a repair) do not move it.
    fn since(&self, name: &str, last: u64) -> u64 {
        let mut first = last;
        for record in self.records.iter().rev().filter(|r| r.entry.name == name) {
            match record.entry.event {
                Event::RolledBack => break,
                Event::Applied | Event::Baselined | Event::Repaired | Event::Adopted => {
                    first = first.min(record.id);
                }
                _ => {}
            }
        }
        first
    }

    /// A file that began and did not come to its end.
    pub fn begun(&self, name: &str) -> Option<Begun> {
        let mut out: Option<Begun> = None;
        let fresh = || Begun {
            done: 0,
            code: None,
            open: None,
            open_code: None,
            error: None,
        };
        // A way back ends with a row under the name of what it undid.
        let ends = |r: &Record| {
            r.entry.event == Event::RolledBack && name.strip_prefix(DOWN) == Some(&r.entry.name)
        };
        let mine = |r: &&Record| r.entry.name == name || ends(r);
        for record in self.records.iter().filter(mine) {
            let entry = &record.entry;
            match entry.event {
                Event::Started => {
                    let begun = out.get_or_insert_with(fresh);
                    begun.open = entry.step;
                    begun.open_code.clone_from(&entry.code);
                    begun.error = None;
                }
                Event::Statement => {
                    let begun = out.get_or_insert_with(fresh);
                    begun.done = entry.step.unwrap_or(0);
                    begun.code.clone_from(&entry.code);
                    begun.open = None;
                }
                Event::Failed => {
                    let begun = out.get_or_insert_with(fresh);
                    begun.error = Some(entry.error.clone().unwrap_or_default());
                }
                Event::Observed => {}
                _ => out = None,
            }
        }
        out
    }

    /// The state that the history says the database is in; `None`: it does not know.
    pub fn state(&self) -> Option<&str> {
        let last = self.records.iter().rev().find(|r| {
            !matches!(
                r.entry.event,
                Event::Started | Event::Statement | Event::Failed
            )
        })?;
        last.entry.to.as_deref()
    }

    /// The hash of the text with which a repeatable file ran last.
    pub fn repeated(&self, name: &str) -> Option<&str> {
        self.records
            .iter()
            .rev()
            .find(|r| {
                r.entry.version.is_none() && r.entry.name == name && r.entry.event == Event::Applied
            })?
            .entry
            .file
            .as_deref()
    }
}
