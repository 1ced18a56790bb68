//! What was done to a database, as the database itself keeps it: the rows of `driftless_history` and what they mean.
//!
//! Neighbours: `store` reads and writes the table, `run` appends, `status` and `drift` ask. Invariant: rows are only
//! ever appended, each with a hash over itself and the one before; what cannot be trusted is an error, never a guess.

mod book;
mod store;

pub use book::{Begun, Book, Held, Taken};
pub(crate) use store::{append, create, find, read};

use driftless_migrations::hash;
use driftless_sql::Diagnostic;

/// The shape of the rows that are written now.
pub(crate) const FORMAT: u32 = 1;

/// What a row tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A file with more than one transaction, or a statement outside of any, is about to run.
    Started,
    /// The statements up to `step` are done.
    Statement,
    Applied,
    Failed,
    RolledBack,
    Baselined,
    Repaired,
    /// Its result was already there.
    Adopted,
    /// The state that was found after a run, where it is not the one that was to be expected.
    Observed,
}

const EVENTS: [(Event, &str); 9] = [
    (Event::Started, "started"),
    (Event::Statement, "statement"),
    (Event::Applied, "applied"),
    (Event::Failed, "failed"),
    (Event::RolledBack, "rolled_back"),
    (Event::Baselined, "baselined"),
    (Event::Repaired, "repaired"),
    (Event::Adopted, "adopted"),
    (Event::Observed, "observed"),
];

impl Event {
    pub fn word(self) -> &'static str {
        EVENTS
            .iter()
            .find(|(event, _)| *event == self)
            .map_or("", |(_, word)| word)
    }
    fn read(word: &str) -> Option<Event> {
        EVENTS.iter().find(|(_, w)| *w == word).map(|(e, _)| *e)
    }
}

/// Who does it, and with what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Actor {
    pub os_user: Option<String>,
    pub host: Option<String>,
    /// The commit that is checked out.
    pub commit: Option<String>,
    pub author: Option<String>,
    pub tool: String,
}

/// What is to be written; the rest of a row comes with the writing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub event: Event,
    /// `None`: a repeatable migration, or none at all.
    pub version: Option<u64>,
    /// The file's name without its ending.
    pub name: String,
    /// Of the file's text.
    pub file: Option<String>,
    /// Of its statements alone (of the first `step` of them, for [`Event::Statement`]).
    pub code: Option<String>,
    pub from: Option<String>,
    pub to: Option<String>,
    pub step: Option<usize>,
    pub duration: Option<u64>,
    pub error: Option<String>,
}

impl Entry {
    pub fn new(event: Event, version: Option<u64>, name: &str) -> Entry {
        Entry {
            event,
            version,
            name: name.to_string(),
            file: None,
            code: None,
            from: None,
            to: None,
            step: None,
            duration: None,
            error: None,
        }
    }
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub id: u64,
    pub format: u32,
    /// `2026-11-22T09:30:00.123Z`
    pub at: String,
    pub entry: Entry,
    pub db_user: Option<String>,
    pub actor: Actor,
    pub chain: String,
}

/// The columns, and as what their texts are written.
const COLUMNS: [(&str, &str); 20] = [
    ("id", "bigint"),
    ("format", "integer"),
    ("at", "text"),
    ("event", "text"),
    ("version", "bigint"),
    ("name", "text"),
    ("file_hash", "text"),
    ("code_hash", "text"),
    ("from_state", "text"),
    ("to_state", "text"),
    ("step", "integer"),
    ("duration_ms", "bigint"),
    ("db_user", "text"),
    ("os_user", "text"),
    ("host", "text"),
    ("git_commit", "text"),
    ("author", "text"),
    ("tool_version", "text"),
    ("error", "text"),
    ("chain", "text"),
];

impl Record {
    /// Its values in the order of the columns, without the hash.
    fn values(&self) -> Vec<Option<String>> {
        let entry = &self.entry;
        let number = |n: Option<u64>| n.map(|n| n.to_string());
        vec![
            number(Some(self.id)),
            Some(self.format.to_string()),
            Some(self.at.clone()),
            Some(entry.event.word().to_string()),
            number(entry.version),
            Some(entry.name.clone()),
            entry.file.clone(),
            entry.code.clone(),
            entry.from.clone(),
            entry.to.clone(),
            entry.step.map(|n| n.to_string()),
            number(entry.duration),
            self.db_user.clone(),
            self.actor.os_user.clone(),
            self.actor.host.clone(),
            self.actor.commit.clone(),
            self.actor.author.clone(),
            Some(self.actor.tool.clone()),
            entry.error.clone(),
        ]
    }

    /// From texts by column; an error names the column.
    fn read(column: &dyn Fn(&str) -> Option<String>) -> Result<Record, String> {
        let needed = |name: &str| column(name).ok_or_else(|| format!("`{name}` is empty"));
        let number = |name: &str| -> Result<Option<u64>, String> {
            let text = column(name);
            let read = text.map(|t| t.parse().map_err(|_| format!("`{name}` is no number")));
            read.transpose()
        };
        let small = |n: Option<u64>| n.and_then(|n| usize::try_from(n).ok());
        let event = needed("event")?;
        Ok(Record {
            id: number("id")?.ok_or("`id` is empty")?,
            format: number("format")?
                .and_then(|n| u32::try_from(n).ok())
                .ok_or("`format` is no number")?,
            at: needed("at")?,
            entry: Entry {
                event: Event::read(&event).ok_or(format!("`{event}` is no event"))?,
                version: number("version")?,
                name: needed("name")?,
                file: column("file_hash"),
                code: column("code_hash"),
                from: column("from_state"),
                to: column("to_state"),
                step: small(number("step")?),
                duration: number("duration_ms")?,
                error: column("error"),
            },
            db_user: column("db_user"),
            actor: Actor {
                os_user: column("os_user"),
                host: column("host"),
                commit: column("git_commit"),
                author: column("author"),
                tool: needed("tool_version")?,
            },
            chain: needed("chain")?,
        })
    }

    /// The hash over the row and the one before it.
    fn chained(&self, before: &str) -> String {
        let mut text = before.to_string();
        for value in self.values() {
            match value {
                // A length before each: no two rows give one text.
                Some(value) => text.push_str(&format!("\n{}:{value}", value.len())),
                None => text.push_str("\n-"),
            }
        }
        hash(&text)
    }
}

/// The history was written by a later driftless.
fn newer(what: &str) -> Diagnostic {
    Diagnostic::error(
        "D0802",
        format!("the history of this database is newer than this driftless: {what}"),
    )
    .note("a later version of driftless has worked on this database")
    .help("use that version, or a later one")
}

/// The history is not what driftless wrote.
fn edited(what: String) -> Diagnostic {
    Diagnostic::error("D0803", format!("the history of this database was changed by hand: {what}"))
        .note("driftless only ever appends to `driftless_history`, each row with a hash over itself and the one before")
        .help("restore the table from a backup; `driftless explain D0803` says what else can be done")
}
