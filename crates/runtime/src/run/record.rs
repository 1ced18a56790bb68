//! Writes down what is already so: a version that a database has without a history, and what a failed run left.
//!
//! Invariant: nothing is written that a look at the database does not prove, or that a person did not insist on.

use driftless_migrations::{Folder, Versioned};
use driftless_sql::Diagnostic;

use super::execute::lost;
use super::expected::{Expected, one};
use super::plan::listed;
use super::{Trouble, code, name};
use crate::ledger::{Book, Entry, Event, Taken};
use crate::site::Site;

/// Records that a database has a version (the one that its state names, without one). Returns that version.
pub async fn baseline(
    site: &mut Site<'_>,
    folder: &Folder,
    version: Option<u64>,
    force: bool,
) -> Result<(u64, Vec<Diagnostic>), Trouble> {
    if let Some(known) = site
        .book
        .as_ref()
        .map(Book::applied)
        .filter(|a| !a.is_empty())
    {
        let last = known.last().copied().unwrap_or(0);
        return Err(Trouble::refused(
            Diagnostic::error(
                "D0816",
                format!("{} has a history already: it is at {last}", site.place()),
            )
            .help("driftless status says what it holds"),
        ));
    }
    let version = match version {
        Some(version) if folder.get(version).is_some() => version,
        Some(version) => {
            return Err(Trouble::failed(
                Diagnostic::error("D0732", format!("the folder has no version {version}"))
                    .help("name one of its files by its version"),
            ));
        }
        None => recognized(site, folder)?,
    };
    let ground = site.ground();
    let expected = Expected::upto(folder, &ground, version);
    let against = expected.against(site);
    let mut warnings = Vec::new();
    if !against.differences.is_empty() {
        let what = format!("{} is not in the state of version {version}", site.place());
        if !force {
            return Err(Trouble::refused(
                listed(Diagnostic::error("D0807", what), &against.differences)
                    .note("nothing was recorded")
                    .help("name the version that it has, or insist with --force: the differences are drift then"),
            ));
        }
        warnings.push(
            listed(Diagnostic::warning("D0807", what), &against.differences)
                .help("look at it with `driftless drift`"),
        );
    }
    site.ensure_book().await?;
    for versioned in folder.versioned.iter().filter(|v| v.version <= version) {
        let mut entry = of_file(site, Event::Baselined, versioned);
        if versioned.version == version {
            entry.to = Some(against.print.clone());
        }
        site.append(entry).await.map_err(lost)?;
    }
    Ok((version, warnings))
}

fn recognized(site: &Site, folder: &Folder) -> Result<u64, Trouble> {
    let ground = site.ground();
    let mut state = Expected::of(&Folder::default(), &ground, &Book::default());
    let mut found = None;
    for versioned in &folder.versioned {
        state.follow(&ground, &versioned.up);
        let print = ground.fingerprint(&site.managed(&state.catalog));
        if state.fingerprint(&ground).as_deref() == Some(&print) {
            found = Some(versioned.version);
        }
    }
    found.ok_or_else(|| {
        Trouble::refused(
            Diagnostic::error(
                "D0807",
                format!(
                    "the state of {} is that of no version of the folder",
                    site.place()
                ),
            )
            .help("name the version that it has: driftless baseline VERSION"),
        )
    })
}

fn of_file(site: &Site, event: Event, versioned: &Versioned) -> Entry {
    let file = &versioned.up;
    let mut entry = Entry::new(event, Some(versioned.version), name(file));
    entry.file = Some(file.hash());
    entry.code = Some(code(&site.ground(), file, usize::MAX));
    entry
}

/// What was repaired, and what could not be, in lower-case sentences.
#[derive(Debug, Default)]
pub struct Repaired {
    pub done: Vec<String>,
    pub left: Vec<String>,
}

/// Settles what failed or was interrupted, and files whose comments were edited, as far as a look proves it.
pub async fn repair(site: &mut Site<'_>, folder: &Folder) -> Result<Repaired, Trouble> {
    let Some(book) = site.book.clone() else {
        return Ok(Repaired::default());
    };
    let ground = site.ground();
    let mut out = Repaired::default();
    let mut entries = Vec::new();
    let held = book.held();
    let expected = Expected::of(folder, &ground, &book);
    for versioned in &folder.versioned {
        let file = &versioned.up;
        let Some(held) = held.get(name(file)) else {
            continue;
        };
        let entry = &held.record.entry;
        if held.how == Taken::In {
            if entry
                .file
                .as_deref()
                .is_none_or(|known| known == file.hash())
            {
                continue;
            }
            let mut repaired = of_file(site, Event::Repaired, versioned);
            repaired.to = book.state().map(str::to_string);
            match entry.code == repaired.code {
                true => {
                    out.done.push(format!(
                        "`{}`: only comments or blanks were edited; its hash is recorded anew",
                        file.path
                    ));
                    entries.push(repaired);
                }
                false => out.left.push(format!(
                    "`{}` was edited after it was applied: restore it from git",
                    file.path
                )),
            }
            continue;
        }
        let before = expected.catalog.clone();
        let mut after = Expected::of(&Folder::default(), &ground, &Book::default());
        after.unknown.clone_from(&expected.unknown);
        after.take(&file.path, one(&ground, file, before.clone()));
        let moved = ground.fingerprint(&before) != ground.fingerprint(&after.catalog);
        let there = after.against(site);
        if moved && after.is_known() && there.differences.is_empty() {
            let mut repaired = of_file(site, Event::Repaired, versioned);
            repaired.to = Some(there.print);
            entries.push(repaired);
            out.done.push(format!(
                "`{}`: its result is there, so it is recorded as applied",
                file.path
            ));
        } else if moved && expected.is_known() && expected.against(site).differences.is_empty() {
            let mut back = of_file(site, Event::RolledBack, versioned);
            back.to = book
                .state()
                .map(str::to_string)
                .or_else(|| expected.fingerprint(&ground));
            entries.push(back);
            out.done.push(format!(
                "`{}`: nothing of it is there, so it is pending again",
                file.path
            ));
        } else {
            out.left.push(format!(
                "`{}` is partly there, or the catalog cannot show it",
                file.path
            ));
        }
    }
    if !entries.is_empty() {
        site.ensure_book().await?;
    }
    for entry in entries {
        site.append(entry).await.map_err(lost)?;
    }
    Ok(out)
}
