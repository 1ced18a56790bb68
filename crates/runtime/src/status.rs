//! Where a database stands: the folder's files held against its history.
//!
//! Neighbours: crate `migrations` has the document, `report` renders it. Invariant: reads only.

use driftless_migrations::{DOWN, File, FileState, FileStatus, Folder, Ground, Status};

use crate::ledger::{Begun, Book, Event, Held, Taken};
use crate::run::{code, name};
use crate::site::Site;

/// The status of one environment.
pub fn status(site: &Site, folder: &Folder, environment: &str) -> Status {
    let empty = Book::default();
    let book = site.book.as_ref().unwrap_or(&empty);
    let held = book.held();
    let applied = book.applied();
    let ground = site.ground();
    let newest = applied.iter().max().copied();
    let mut files: Vec<FileStatus> = folder
        .versioned
        .iter()
        .map(|v| {
            let held = held.get(name(&v.up));
            let late = newest.is_some_and(|newest| v.version < newest);
            let mut file = of_file(&ground, &v.up, held, late);
            if held.is_some_and(|h| h.how != Taken::In) {
                file.note = book.begun(name(&v.up)).map(|b| half(&b));
            }
            file
        })
        .collect();
    for (known, held) in &held {
        let Some(version) = held.record.entry.version else {
            continue;
        };
        let there = folder.versioned.iter().any(|v| name(&v.up) == *known);
        if !there && !known.starts_with(DOWN) {
            files.push(from_record(Some(version), known, FileState::Missing, held));
        }
    }
    files.sort_by(|a, b| (a.version, &a.name).cmp(&(b.version, &b.name)));
    for file in &folder.repeatable {
        let held = held.get(file.stem());
        let state = match (book.repeated(file.stem()), held.map(|h| h.how)) {
            (_, Some(Taken::Failed)) => FileState::Failed,
            (Some(hash), _) if hash == file.hash() => FileState::Applied,
            (Some(_), _) => FileState::Changed,
            (None, _) => FileState::Pending,
        };
        files.push(match held {
            Some(held) => from_record(None, file.stem(), state, held),
            None => bare(None, file.stem(), state),
        });
    }
    Status {
        environment: environment.to_string(),
        place: site.place().to_string(),
        version: newest,
        known: site.book.is_some(),
        files,
    }
}

fn half(begun: &Begun) -> String {
    let done = match begun.done {
        0 => "nothing of it is done".to_string(),
        n => format!("its first {n} statements are done"),
    };
    match &begun.error {
        Some(error) => format!("{error} ({done})"),
        None => done,
    }
}

fn of_file(ground: &Ground, file: &File, held: Option<&Held>, late: bool) -> FileStatus {
    let version = file.version();
    let Some(held) = held else {
        let state = match late {
            true => FileState::Late,
            false => FileState::Pending,
        };
        return bare(version, file.stem(), state);
    };
    let entry = &held.record.entry;
    let known = entry.file.as_deref();
    let state = match (held.how, entry.event) {
        (Taken::Failed, _) => FileState::Failed,
        (Taken::Begun, _) => FileState::Interrupted,
        (Taken::In, _) if known.is_some_and(|hash| hash != file.hash()) => FileState::Edited,
        (Taken::In, Event::Baselined) => FileState::Baselined,
        (Taken::In, Event::Adopted) => FileState::Adopted,
        (Taken::In, _) => FileState::Applied,
    };
    let mut out = from_record(version, file.stem(), state, held);
    if state == FileState::Edited {
        let same = entry.code.as_deref() == Some(&code(ground, file, usize::MAX));
        out.note = Some(match same {
            true => "only comments or blanks: `driftless repair` records it as it is now".into(),
            false => "its statements are not those that ran here".into(),
        });
    }
    out
}

fn bare(version: Option<u64>, name: &str, state: FileState) -> FileStatus {
    FileStatus {
        version,
        name: name.to_string(),
        state,
        at: None,
        duration_ms: None,
        by: None,
        commit: None,
        note: None,
    }
}

fn from_record(version: Option<u64>, name: &str, state: FileState, held: &Held) -> FileStatus {
    let record = held.record;
    FileStatus {
        at: Some(record.at.clone()),
        duration_ms: record.entry.duration,
        by: record.actor.os_user.clone().or(record.db_user.clone()),
        commit: record.actor.commit.clone(),
        note: None,
        ..bare(version, name, state)
    }
}
