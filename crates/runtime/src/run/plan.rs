//! What is to run, and whether it may: the folder, the history and what is there, held against each other.
//!
//! Neighbours: `expected` says what should be there, `execute` runs the jobs. Invariant: nothing here changes the
//! database; every refusal says what differs and which command leads on.

use std::collections::BTreeSet;

use driftless_migrations::{Difference, File, Folder, Ground, Versioned, commutes};
use driftless_planner::{Action, Consent};
use driftless_sql::{Diagnostic, Problems, Severity};

use super::expected::{Against, Expected, line, one, partly};
use super::job::{Job, code, frame, name};
use super::{Policy, Trouble};
use crate::ledger::{Begun, Book, Held, Taken};
use crate::site::Site;

/// What will happen.
pub struct Prepared<'f> {
    pub jobs: Vec<Job<'f>>,
    /// Their results are there already: they are recorded, and do not run.
    pub adopted: Vec<&'f Versioned>,
    pub warnings: Vec<Diagnostic>,
    /// The state behind all jobs.
    pub expected: Expected,
}

/// How many differences a message lists.
const LINES: usize = 12;

pub fn prepare<'f>(
    site: &Site<'f>,
    folder: &'f Folder,
    policy: &Policy,
    consent: &Consent,
) -> Result<Prepared<'f>, Trouble> {
    let ground = site.ground();
    let empty = Book::default();
    let book = site.book.as_ref().unwrap_or(&empty);
    let mut warnings = Vec::new();
    agrees(folder, &ground, book, &mut warnings)?;
    if let Some(to) = policy.to
        && folder.get(to).is_none()
    {
        return Err(Trouble::failed(no_version(folder, to)));
    }
    let applied = book.applied();
    let mut pending: Vec<&Versioned> = folder
        .versioned
        .iter()
        .filter(|v| !applied.contains(&v.version) && policy.to.is_none_or(|to| v.version <= to))
        .collect();
    let repeatable: Vec<&File> = folder
        .repeatable
        .iter()
        .filter(|f| policy.to.is_none() && book.repeated(f.stem()) != Some(&f.hash()))
        .collect();
    let mut expected = Expected::of(folder, &ground, book);
    let mut prepared = Prepared {
        jobs: Vec::new(),
        adopted: Vec::new(),
        warnings,
        expected: Expected::of(&Folder::default(), &ground, &empty),
    };
    if pending.is_empty() && repeatable.is_empty() {
        prepared.expected = expected;
        return Ok(prepared);
    }
    let begun = resumed(site, &mut expected, &mut pending, book)?;
    if begun.is_none() {
        let against = expected.against(site);
        if site.book.is_none() && !against.differences.is_empty() {
            return Err(unknown_database(site, folder, &against));
        }
        prepared.adopted = settle(
            site,
            &mut expected,
            &against,
            &pending,
            policy,
            &mut prepared.warnings,
        )?;
        pending.retain(|v| prepared.adopted.iter().all(|a| a.version != v.version));
    }
    late(
        folder,
        &ground,
        &applied,
        &pending,
        policy,
        &mut prepared.warnings,
    )?;
    for versioned in pending {
        let mine = begun.as_ref().filter(|(n, _)| *n == name(&versioned.up));
        let mine = mine.map(|(_, b)| b.clone());
        let file = (&versioned.up, Some(versioned.version));
        prepared
            .jobs
            .push(job(&ground, &mut expected, file, mine, consent)?);
    }
    for file in repeatable {
        prepared
            .jobs
            .push(job(&ground, &mut expected, (file, None), None, consent)?);
    }
    prepared.expected = expected;
    Ok(prepared)
}

/// One file, replayed onto what is expected before it.
pub(super) fn job<'f>(
    ground: &Ground<'f>,
    expected: &mut Expected,
    (file, version): (&'f File, Option<u64>),
    begun: Option<Begun>,
    consent: &Consent,
) -> Result<Job<'f>, Trouble> {
    let from = expected.fingerprint(ground);
    let before = expected.catalog.clone();
    let replay = one(ground, file, before.clone());
    let wrong: Vec<Diagnostic> = replay
        .problems
        .iter()
        .filter(|d| d.severity == Severity::Error)
        .cloned()
        .collect();
    if !wrong.is_empty() && expected.is_known() {
        return Err(Trouble::Failed(Problems(wrong)));
    }
    let statements = expected.take(&file.path, replay);
    let frame = frame(ground, &statements, &before, &expected.catalog);
    let job = Job {
        file,
        version,
        from,
        to: expected.fingerprint(ground),
        statements,
        frame,
        begun,
    };
    if let Some(problem) = job.impossible() {
        return Err(Trouble::failed(problem));
    }
    let lost = lost(&job, consent);
    if !lost.is_empty() {
        return Err(Trouble::Refused(Problems(lost)));
    }
    Ok(job)
}

/// What a file loses without a line that allows it.
fn lost(job: &Job, consent: &Consent) -> Vec<Diagnostic> {
    let mut out: Vec<Diagnostic> = Vec::new();
    for step in job.file.migration.steps() {
        for loss in job.replayed(step).iter().flat_map(|r| &r.facts.losses) {
            if consent.allows(loss.code, &loss.object)
                || job.file.migration.allows(loss.code, &loss.object)
            {
                continue;
            }
            out.push(
                Diagnostic::error(loss.code, format!("this loses {}", loss.what))
                    .at(job.file.place(step.at.0))
                    .help(format!(
                        "allow it with --allow {}:{}",
                        loss.code, loss.object
                    )),
            );
        }
    }
    out
}

/// The history's files are the folder's.
fn agrees(
    folder: &Folder,
    ground: &Ground,
    book: &Book,
    warnings: &mut Vec<Diagnostic>,
) -> Result<(), Trouble> {
    let newest = folder.newest().map_or(0, |v| v.version);
    let mut problems = Problems::default();
    for (name, held) in book.held() {
        let Some(version) = held.record.entry.version else {
            continue;
        };
        if name.starts_with(driftless_migrations::DOWN) {
            continue;
        }
        match folder.get(version) {
            Some(versioned) if held.how == Taken::In => {
                edited(ground, versioned, &held, &mut problems, warnings);
            }
            Some(_) => {}
            None if version > newest => warnings.push(
                Diagnostic::warning(
                    "D0809",
                    format!("this database has {name}, which is newer than this folder"),
                )
                .help("look whether the folder is the one that was meant"),
            ),
            None if held.how == Taken::In => problems.push(
                Diagnostic::error(
                    "D0809",
                    format!("`{name}` is applied here, and its file is missing"),
                )
                .note(format!("applied {}", held.record.at))
                .help("restore the file from git"),
            ),
            None => {}
        }
    }
    match problems.0.is_empty() {
        true => Ok(()),
        false => Err(Trouble::Failed(problems)),
    }
}

fn edited(
    ground: &Ground,
    versioned: &Versioned,
    held: &Held,
    problems: &mut Problems,
    warnings: &mut Vec<Diagnostic>,
) {
    let file = &versioned.up;
    let entry = &held.record.entry;
    if entry
        .file
        .as_deref()
        .is_none_or(|known| known == file.hash())
    {
        return;
    }
    let same = entry.code.as_deref() == Some(&code(ground, file, usize::MAX));
    let what = format!("`{}` was edited after it was applied here", file.path);
    if same {
        warnings.push(
            Diagnostic::warning("D0806", what)
                .at(file.start())
                .note("only comments or blanks changed: its statements are the same")
                .help("driftless repair records the file as it is now"),
        );
        return;
    }
    problems.push(
        Diagnostic::error("D0806", what)
            .at(file.start())
            .note(format!("applied {}", held.record.at))
            .help("restore it from git, and put the change into a new migration"),
    );
}

fn no_version(folder: &Folder, version: u64) -> Diagnostic {
    let d = Diagnostic::error("D0732", format!("the folder has no version {version}"));
    let near = folder
        .versioned
        .iter()
        .min_by_key(|v| v.version.abs_diff(version));
    match near {
        Some(near) => d.help(format!("the nearest is {} {}", near.version, near.up.name)),
        None => d.help("it holds no migration at all"),
    }
}

/// The file that an earlier run left half done, if there is one, and where it goes on.
fn resumed(
    site: &Site,
    expected: &mut Expected,
    pending: &mut [&Versioned],
    book: &Book,
) -> Result<Option<(String, Begun)>, Trouble> {
    let found = pending.iter().find_map(|v| {
        let begun = book.begun(name(&v.up))?;
        (begun.done > 0 || begun.open.is_some()).then_some((*v, begun))
    });
    let Some((versioned, mut begun)) = found else {
        return Ok(None);
    };
    let file = &versioned.up;
    let ground = site.ground();
    if begun.done > 0 && begun.code.as_deref() != Some(&code(&ground, file, begun.done)) {
        return Err(Trouble::failed(
            Diagnostic::error(
                "D0812",
                format!(
                    "`{}` was changed in its first {} statements, which are done already",
                    file.path, begun.done
                ),
            )
            .at(file.start())
            .help("leave those as they were when they ran, and mend only what follows"),
        ));
    }
    // It runs first: whatever is pending before it arrived later.
    pending.sort_by_key(|v| (v.version != versioned.version, v.version));
    let state = |done: usize| {
        let end = match done {
            0 => 0,
            n => file.migration.steps().nth(n - 1).map_or(0, |s| s.at.0.end),
        };
        let mut state = Expected::of(&Folder::default(), &ground, &Book::default());
        state.unknown.clone_from(&expected.unknown);
        state.take(
            &file.path,
            partly(&ground, file, expected.catalog.clone(), end),
        );
        state
    };
    let before = state(begun.done);
    let against = before.against(site);
    let Some(open) = begun.open else {
        return match against.differences.is_empty() {
            true => Ok(Some((name(file).to_string(), begun))),
            false => Err(half_done(site, file, &begun, &against.differences)),
        };
    };
    let after = state(open);
    let visible = ground.fingerprint(&before.catalog) != ground.fingerprint(&after.catalog);
    let is_after = visible && after.against(site).differences.is_empty();
    // Who rewrites the statement says that it may run.
    let rewritten = begun.open_code.as_deref() != Some(&code(&ground, file, open));
    let is_before =
        against.differences.is_empty() && (visible || rewritten || begun.error.is_some());
    match (is_after, is_before) {
        (true, _) => begun.done = open,
        (_, true) => {}
        _ => return Err(half_done(site, file, &begun, &against.differences)),
    }
    Ok(Some((name(file).to_string(), begun)))
}

fn half_done(site: &Site, file: &File, begun: &Begun, found: &[Difference]) -> Trouble {
    let mut d = Diagnostic::error(
        "D0814",
        format!(
            "`{}` is half done at {}, and it cannot be told how far",
            file.path,
            site.place()
        ),
    )
    .at(file.start())
    .note(format!("{} of its statements are done", begun.done));
    if let Some(open) = begun.open {
        d = d.note(format!(
            "statement {open} began outside of any transaction, and there is no word of its end"
        ));
    }
    if found.is_empty() {
        d = d.note("it changes nothing that the catalog would show");
    }
    Trouble::refused(listed(d, found).help(
        "look at the database, and make it as it was before the statement or as it should be after it; or rewrite the statement so that it may run (again), seal the file, and run the same command",
    ))
}

/// A database that driftless has never worked on is not empty.
fn unknown_database(site: &Site, folder: &Folder, against: &Against) -> Trouble {
    let ground = site.ground();
    let mut known: Option<(u64, String)> = None;
    let mut state = Expected::of(&Folder::default(), &ground, &Book::default());
    for versioned in &folder.versioned {
        state.follow(&ground, &versioned.up);
        if state.fingerprint(&ground).as_deref() == Some(&against.print) {
            known = Some((versioned.version, versioned.up.name.clone()));
        }
    }
    let d = Diagnostic::error(
        "D0807",
        format!(
            "{} holds objects, and no history of driftless",
            site.place()
        ),
    );
    Trouble::refused(match known {
        Some((version, name)) => d
            .note(format!("its state is that of {version} {name}"))
            .help(format!("record that: driftless baseline {version}")),
        None => listed(d, &against.differences)
            .note("its state is that of no version of the folder")
            .help("adopt it with `driftless init STATE`, or record which version it has with `driftless baseline VERSION`"),
    })
}

/// Drift: adopted where a pending migration's result is there already, else told or refused.
fn settle<'f>(
    site: &Site<'f>,
    expected: &mut Expected,
    against: &Against,
    pending: &[&'f Versioned],
    policy: &Policy,
    warnings: &mut Vec<Diagnostic>,
) -> Result<Vec<&'f Versioned>, Trouble> {
    if against.differences.is_empty() {
        return Ok(Vec::new());
    }
    let ground = site.ground();
    let mut ahead = Expected::of(&Folder::default(), &ground, &Book::default());
    ahead.unknown.clone_from(&expected.unknown);
    ahead.catalog = expected.catalog.clone();
    let mut there = None;
    for (at, versioned) in pending.iter().enumerate() {
        ahead.follow(&ground, &versioned.up);
        if ahead.fingerprint(&ground).as_deref() == Some(&against.print) {
            there = Some((at + 1, ahead.catalog.clone()));
        }
    }
    if let Some((count, catalog)) = there {
        let adopted: Vec<&Versioned> = pending[..count].to_vec();
        for versioned in &adopted {
            rows_are_not_adopted(&ground, expected, versioned, warnings);
        }
        expected.catalog = catalog;
        return Ok(adopted);
    }
    let what = format!("{} is not in the state that its history says", site.place());
    if policy.warn_drift {
        let d = Diagnostic::warning("D0805", what);
        warnings.push(listed(d, &against.differences).help("look at it with `driftless drift`"));
        return Ok(Vec::new());
    }
    let mut d = listed(Diagnostic::error("D0805", what), &against.differences);
    if !expected.is_known() {
        d = d.note(format!(
            "what should be there is not certain: {}",
            expected.unknown[0]
        ));
    }
    Err(Trouble::refused(d.note("nothing was changed").help(
        "look at it with `driftless drift`; bring the database back, or take the change over into the files; `on_drift: warn` goes on",
    )))
}

/// Only the catalog shows that a result is there; what a file does to rows it does not show.
fn rows_are_not_adopted(
    ground: &Ground,
    before: &Expected,
    versioned: &Versioned,
    warnings: &mut Vec<Diagnostic>,
) {
    let replay = one(ground, &versioned.up, before.catalog.clone());
    let rows = replay
        .statements
        .iter()
        .any(|s| s.ignored.is_some() || s.actions.iter().any(|a| matches!(a, Action::Data(_))));
    if rows {
        warnings.push(
            Diagnostic::warning(
                "D0810",
                format!(
                    "`{}` also changes rows, and the catalog does not show whether that was done",
                    versioned.up.path
                ),
            )
            .at(versioned.up.start())
            .help("run those statements by hand where they are missing"),
        );
    }
}

/// Files that arrive below what is applied.
fn late(
    folder: &Folder,
    ground: &Ground,
    applied: &[u64],
    pending: &[&Versioned],
    policy: &Policy,
    warnings: &mut Vec<Diagnostic>,
) -> Result<(), Trouble> {
    let newest = applied.iter().max().copied().unwrap_or(0);
    let mut ran = applied.to_vec();
    for versioned in pending.iter().filter(|v| v.version < newest) {
        let file = &versioned.up;
        match commutes(folder, ground, versioned.version, &ran) {
            Ok(()) => {}
            Err(why) if policy.late => warnings.push(
                Diagnostic::warning(
                    "D0808",
                    format!("`{}` arrives late, and the order matters", file.path),
                )
                .at(file.start())
                .note(why)
                .help("a fresh database gets another state than this one"),
            ),
            Err(why) => {
                return Err(Trouble::refused(
                    Diagnostic::error("D0808", format!("`{}` arrives late: {newest} is applied already, and the order matters", file.path))
                        .at(file.start())
                        .note(why)
                        .help("make it anew on top of what is applied: `driftless generate NAME --amend`; `late: run` lets it run as it is"),
                ));
            }
        }
        ran.push(versioned.version);
    }
    Ok(())
}

pub(super) fn listed(mut d: Diagnostic, found: &[Difference]) -> Diagnostic {
    let mut told = BTreeSet::new();
    for difference in found {
        if told.len() < LINES {
            let line = line(difference);
            if told.insert(line.clone()) {
                d = d.note(line);
            }
        }
    }
    match found.len().saturating_sub(LINES) {
        0 => d,
        more => d.note(format!("and {more} more")),
    }
}
