//! When did this column appear, in which migration, and why? Every change of an object, told from the replay.
//!
//! Neighbours: `event` says what each file changes; the caller adds what git and the ledger know by version.
//! Invariant: an object is followed under all the names that it had, by the renames that statements made.

use crate::event::{Event, What, events};
use crate::folder::Folder;
use crate::ground::Ground;
use crate::replay::{State, walk};
use driftless_model::{Kind, ObjectId, Part};
use driftless_sql::Diagnostic;
use serde::Serialize;

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// `None`: a repeatable migration.
    pub version: Option<u64>,
    /// The migration's name and file.
    pub name: String,
    pub path: String,
    pub why: Option<String>,
    /// The object under its name afterwards, and what it was called before.
    pub kind: &'static str,
    pub object: String,
    pub was: Option<String>,
    /// `added`, `changed`, `dropped`, `renamed`.
    pub what: &'static str,
    pub detail: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct History {
    /// What was asked for, as it was found; `None`: everything.
    pub object: Option<String>,
    pub kind: Option<&'static str>,
    /// Oldest first.
    pub entries: Vec<Entry>,
    /// What could not be told, in lower-case sentences.
    pub notes: Vec<String>,
}

struct Told {
    version: Option<u64>,
    name: String,
    path: String,
    why: Option<String>,
    events: Vec<Event>,
}

/// The history of one object (`orders`, `orders.status`, `index:orders_status_idx`), or of all.
pub fn history(
    folder: &Folder,
    ground: &Ground,
    object: Option<&str>,
) -> Result<History, Diagnostic> {
    let mut told = Vec::new();
    let state = walk(folder, ground, None, &mut |stage| {
        let header = stage.file.migration.header.as_ref();
        told.push(Told {
            version: stage.versioned.map(|v| v.version),
            name: stage.file.name.clone(),
            path: stage.file.path.clone(),
            why: header.and_then(|h| h.why().map(str::to_string)),
            events: events(ground, stage.before, stage.replay).list,
        });
    });
    let mut history = History {
        notes: notes(folder, &state),
        ..History::default()
    };
    let Some(object) = object else {
        history.entries = told
            .iter()
            .flat_map(|t| t.events.iter().filter(|e| !e.along).map(|e| entry(t, e)))
            .collect();
        return Ok(history);
    };
    let mut part = find(object, &told, &mut history.notes)?;
    history.object = Some(part.to_string());
    history.kind = Some(match part.member {
        Some(_) if part.object.kind == Kind::Enum => "value",
        Some(_) => "column",
        None => part.object.kind.noun(),
    });
    for t in told.iter().rev() {
        // Renames stand first, in their order; what a diff found speaks of the names after them.
        for event in t.events.iter().rev() {
            if concerns(event, &part) {
                history.entries.push(entry(t, event));
            }
            if let What::Renamed(from) = &event.what {
                backwards(&mut part, &event.part, from);
            }
        }
    }
    history.entries.reverse();
    history.namesakes(&told);
    Ok(history)
}

impl Entry {
    /// `20261122093000 add_status`, `R__totals`
    pub fn called(&self) -> String {
        match self.version {
            Some(version) => format!("{version} {}", self.name),
            None => format!("R__{}", self.name),
        }
    }
}

impl History {
    /// Says of other objects that bore the name and are gone.
    fn namesakes(&mut self, told: &[Told]) {
        let Some(name) = self.object.clone() else {
            return;
        };
        for t in told {
            for event in &t.events {
                let mine = |e: &&Entry| {
                    e.path == t.path && e.what == event.what.word() && e.object == name
                };
                if event.what == What::Dropped
                    && event.part.to_string() == name
                    && !self.entries.iter().any(|e| mine(&e))
                {
                    self.notes.push(format!(
                        "another `{name}` was dropped by `{}`: its history is not told here",
                        t.path
                    ));
                }
            }
        }
    }
}

fn notes(folder: &Folder, state: &State) -> Vec<String> {
    let mut out: Vec<String> = state
        .taints
        .iter()
        .map(|(path, t)| {
            let object = t.object.as_deref().unwrap_or("any object");
            format!(
                "`{path}` may have changed {object} in a way that cannot be replayed: {}",
                t.why
            )
        })
        .collect();
    if state.has_errors() {
        out.push("a migration cannot be replayed, so what follows it is not certain".into());
    }
    if !folder.repeatable.is_empty() {
        out.push(
            "a repeatable migration runs again when it changes; told is what it does now, the rest is git's"
                .into(),
        );
    }
    out
}

fn entry(told: &Told, event: &Event) -> Entry {
    Entry {
        version: told.version,
        name: told.name.clone(),
        path: told.path.clone(),
        why: told.why.clone(),
        kind: match (&event.part.member, event.part.object.kind) {
            (Some(_), Kind::Enum) => "value",
            (Some(_), _) => "column",
            (None, kind) => kind.noun(),
        },
        object: shown(event),
        was: match &event.what {
            What::Renamed(from) => Some(from.to_string()),
            _ => None,
        },
        what: event.what.word(),
        detail: event.detail.clone(),
    }
}

/// A constraint without a name is called by its table and what it is.
fn shown(event: &Event) -> String {
    let id = &event.part.object;
    if id.kind == Kind::Constraint && !event.called.ends_with(id.name.as_str()) {
        return format!("{} {}", event.home, event.called);
    }
    event.part.to_string()
}

/// Whether an event is about the part: a column's history holds what happens to its table as a whole by name.
fn concerns(event: &Event, part: &Part) -> bool {
    match &part.member {
        Some(_) => {
            event.part == *part
                || (event.part == part.whole() && matches!(event.what, What::Renamed(_)))
        }
        None => {
            let mine = event.part.object == part.object || event.home == part.object;
            // The columns of a new table are told by the table.
            mine && !event.along || event.along && event.part == *part
        }
    }
}

/// The part under the name that it had before the rename.
fn backwards(part: &mut Part, now: &Part, from: &Part) {
    if *part == *now {
        *part = from.clone();
        return;
    }
    if now.member.is_some() {
        return;
    }
    if part.object == now.object {
        part.object = from.object.clone();
    } else if part.object.owner.as_ref() == Some(&now.object.name)
        && part.object.schema == now.object.schema
        && now.object.kind.is_relation()
    {
        part.object.owner = Some(from.object.name.clone());
        part.object.schema = from.object.schema.clone();
    }
}

/// The latest part that the text means.
fn find(text: &str, told: &[Told], notes: &mut Vec<String>) -> Result<Part, Diagnostic> {
    let (kind, name) = match text.split_once(':') {
        Some((kind, name)) => (Some(kind.replace(['-', '_'], " ")), name),
        None => (None, text),
    };
    let fits = |part: &Part| {
        kind.as_deref().is_none_or(|k| match part.member {
            Some(_) => k == "column" || k == "value",
            None => k == part.object.kind.noun(),
        }) && spelled(part, name)
    };
    let all: Vec<&Event> = told.iter().flat_map(|t| &t.events).collect();
    let renames: Vec<(usize, &Part, &Part)> = all
        .iter()
        .enumerate()
        .filter_map(|(at, e)| match &e.what {
            What::Renamed(from) => Some((at, from, &e.part)),
            _ => None,
        })
        .collect();
    let mut found: Vec<Part> = Vec::new();
    for (at, event) in all.iter().enumerate().rev() {
        // Under the name that it had then, or under the one that it ends up with.
        let mut meant = vec![(at + 1, &event.part)];
        if let What::Renamed(from) = &event.what {
            meant.push((at, from));
        }
        for (since, part) in meant {
            let now = forwards(part.clone(), &renames, since);
            if (fits(part) || fits(&now)) && !found.contains(&now) {
                found.push(now);
            }
        }
    }
    // What bears the name now before what once did; relations and their columns before what belongs to them.
    found.sort_by_key(|p| (!fits(p), p.object.owner.is_some()));
    let Some(first) = found.first().cloned() else {
        return Err(unknown(text, told));
    };
    if let Some(other) = found.iter().skip(1).find(|p| spelled(p, name)) {
        notes.push(format!(
            "`{text}` can also mean the {} `{other}`: ask for it with its kind before a colon",
            other.object.kind.noun()
        ));
    }
    Ok(first)
}

/// The part under the name that it ends up with.
fn forwards(mut part: Part, renames: &[(usize, &Part, &Part)], since: usize) -> Part {
    for (_, from, to) in renames.iter().filter(|(at, ..)| *at >= since) {
        backwards(&mut part, from, to);
    }
    part
}

fn spelled(part: &Part, name: &str) -> bool {
    let id = &part.object;
    let shown = part.to_string();
    let plain = match &part.member {
        Some(m) => format!("{}.{m}", id.name),
        None => id.name.to_string(),
    };
    let same = |text: &str| {
        text == name || (id.name.key() != id.name.as_str() && text.eq_ignore_ascii_case(name))
    };
    let whole = format!("{}.{plain}", id.schema);
    same(&shown) || same(&whole) || same(&plain)
}

fn unknown(text: &str, told: &[Told]) -> Diagnostic {
    let wanted = text.to_lowercase();
    let last = wanted.rsplit(['.', ':']).next().unwrap_or(&wanted);
    let near: Option<&ObjectId> = told
        .iter()
        .flat_map(|t| &t.events)
        .map(|e| &e.part)
        .find(|p| {
            let name = p.member.as_ref().unwrap_or(&p.object.name);
            name.as_str().to_lowercase() == last || p.object.name.as_str().to_lowercase() == wanted
        })
        .map(|p| &p.object);
    let d = Diagnostic::error(
        "D0721",
        format!("no migration ever changed an object `{text}`"),
    );
    match near {
        Some(id) => d.help(format!("did you mean something of `{id}`?")),
        None => d.help("name it as `table`, `table.column` or `kind:name`"),
    }
}
