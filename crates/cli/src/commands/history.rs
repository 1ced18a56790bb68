//! `history [OBJECT]`: when did this column appear, in which migration, by whom, and why?
//!
//! Neighbours: crate `migrations` tells it from the files, git knows the commits, the ledger the runs. Invariant: what
//! cannot be told is said.

use std::collections::BTreeMap;

use driftless_migrations::history;
use driftless_report as report;
use driftless_runtime::added_by;

use crate::args::{HistoryArgs, HistoryFormat};
use crate::context::Context;
use crate::engine::{self, Project};
use crate::exit::{Exit, Failure};
use crate::stamp::date;

pub fn run(context: &mut Context, args: &HistoryArgs) -> Result<Exit, Failure> {
    let project = Project::open(context, args.dialect.as_deref(), &args.scope)?;
    project.sound()?;
    let mut history = history(&project.folder, &project.ground(), args.object.as_deref())?;
    let commits = match added_by(&project.dir) {
        Ok(commits) => commits,
        Err(_) => {
            history
                .notes
                .push("git knows nothing of this folder: authors and commits are not told".into());
            BTreeMap::new()
        }
    };
    let mut facts: BTreeMap<String, report::Origin> = BTreeMap::new();
    for entry in &history.entries {
        let commit = commits.get(&entry.path);
        facts
            .entry(entry.path.clone())
            .or_insert_with(|| report::Origin {
                date: entry
                    .version
                    .and_then(date)
                    .or_else(|| commit.map(|c| c.date.clone())),
                author: commit.map(|c| c.author.clone()),
                commit: commit.map(|c| c.hash.clone()),
                applied: Vec::new(),
            });
    }
    if !commits.is_empty() {
        uncommitted(&mut history, &commits);
    }
    let (happened, unasked) = engine::happened(context, &project);
    history.notes.extend(unasked);
    for run in happened {
        let ran = |e: &&driftless_migrations::Entry| {
            e.version == run.version && (e.version.is_some() || e.called() == run.name)
        };
        let path = history.entries.iter().find(ran).map(|e| &e.path);
        if let Some(origin) = path.and_then(|path| facts.get_mut(path)) {
            origin.applied.push(report::Run {
                environment: run.environment,
                what: run.what,
                at: run.at,
                took_ms: run.took_ms,
            });
        }
    }
    let told = report::ToldHistory {
        history: &history,
        origins: &facts,
        folder: project.title(),
    };
    let text = match args.format {
        HistoryFormat::Text => report::history_text(&told, context.colour_out),
        HistoryFormat::Json => report::history_json(&told),
        HistoryFormat::Markdown => report::history_markdown(&told),
    };
    context.print(&text)?;
    Ok(Exit::Ok)
}

/// Files that no commit holds yet have no author.
fn uncommitted(
    history: &mut driftless_migrations::History,
    commits: &BTreeMap<String, driftless_runtime::Commit>,
) {
    let mut open: Vec<&str> = history
        .entries
        .iter()
        .map(|e| e.path.as_str())
        .filter(|path| !commits.contains_key(*path))
        .collect();
    open.dedup();
    let note = match open.as_slice() {
        [] => return,
        [one] => format!("`{one}` is in no commit yet"),
        [one, rest @ ..] => format!("`{one}` and {} more are in no commit yet", rest.len()),
    };
    history.notes.push(note);
}
