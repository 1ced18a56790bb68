//! The history of an object, or of everything: text, JSON (`schema/history.schema.json`) and Markdown.
//!
//! Neighbours: crate `migrations` tells it; dates, authors and runs come from the caller. Invariant: one entry, one
//! line of what happened; nothing that a reason or an author's name holds opens a markup or moves a cursor.

use std::collections::BTreeMap;

use anstyle::{AnsiColor, Style};
use driftless_migrations::{Entry, History};
use serde_json::{Value, json};

use crate::markdown::cell;
use crate::safe::{counted, one_line, padded, width};

/// What git and the ledger know of a migration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// `2026-11-22`
    pub date: Option<String>,
    pub author: Option<String>,
    pub commit: Option<String>,
    pub applied: Vec<Run>,
}

/// Where and when it was applied, taken over or undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub environment: String,
    /// `applied`, `baselined`, `rolled_back` …
    pub what: &'static str,
    pub at: String,
    pub took_ms: Option<u64>,
}

/// A history with the origins of its migrations, by the paths of their files.
pub struct ToldHistory<'a> {
    pub history: &'a History,
    pub origins: &'a BTreeMap<String, Origin>,
    pub folder: String,
}

/// The revision of the document.
const VERSION: u32 = 1;
/// Digits of a commit that people know it by.
const HASH: usize = 10;
/// Entries of a Markdown table: a comment on a pull request ends at 65,536 characters.
const ROWS: usize = 200;

const DIM: Style = Style::new().dimmed();
const BOLD: Style = Style::new().bold();
const GREEN: Style = AnsiColor::Green.on_default();
const RED: Style = AnsiColor::Red.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const BLUE: Style = AnsiColor::Cyan.on_default();

impl ToldHistory<'_> {
    fn title(&self) -> String {
        match (&self.history.kind, &self.history.object) {
            (Some(kind), Some(object)) => one_line(&format!("{kind} {object}")),
            _ => "every object".into(),
        }
    }

    fn origin(&self, entry: &Entry) -> Origin {
        let known = self.origins.get(&entry.path);
        known.cloned().unwrap_or_default()
    }
}

fn sign(entry: &Entry) -> (char, Style) {
    match entry.what {
        "added" => ('+', GREEN),
        "dropped" => ('-', RED),
        "renamed" => ('>', BLUE),
        _ => ('~', YELLOW),
    }
}

/// `column orders.status: was state`; what happened is said by the sign before it.
fn said(entry: &Entry) -> String {
    let what = format!("{} {}", entry.kind, entry.object);
    one_line(&match entry.detail.is_empty() {
        true => what,
        false => format!("{what}: {}", entry.detail),
    })
}

/// `Ada · 3f2a9c1d07`
fn by(origin: &Origin) -> String {
    let commit = origin.commit.as_deref();
    let short = commit.map(|c| c.get(..HASH).unwrap_or(c));
    let parts: Vec<&str> = origin.author.as_deref().into_iter().chain(short).collect();
    one_line(&parts.join(" · "))
}

/// `applied on dev at 2026-11-22T09:31:02.000Z (12 ms)`
fn run(run: &Run) -> String {
    let took = run
        .took_ms
        .map_or_else(String::new, |ms| format!(" ({ms} ms)"));
    let what = run.what.replace('_', " ");
    one_line(&format!(
        "{what} on {} at {}{took}",
        run.environment, run.at
    ))
}

pub fn history_text(told: &ToldHistory, colour: bool) -> String {
    let paint = |style: Style, text: &str| match colour && !text.is_empty() {
        true => format!("{style}{text}{style:#}"),
        false => text.to_string(),
    };
    let mut out = format!(
        "{}  {}\n",
        paint(BOLD, &told.title()),
        paint(DIM, &told.folder)
    );
    let mut last = None;
    let called = |e: &Entry| one_line(&e.called());
    let wide = told.history.entries.iter().map(|e| width(&called(e)));
    let wide = wide.max().unwrap_or(0).min(48);
    for entry in &told.history.entries {
        if last != Some(&entry.path) {
            last = Some(&entry.path);
            let origin = told.origin(entry);
            out.push('\n');
            let date = origin.date.clone().unwrap_or_else(|| "----------".into());
            let head = format!("{date}  {}  {}", padded(&called(entry), wide), by(&origin));
            out.push_str(&format!("{}\n", head.trim_end()));
            if let Some(why) = &entry.why {
                out.push_str(&format!(
                    "  {}\n",
                    paint(DIM, &format!("why: {}", one_line(why)))
                ));
            }
            for applied in &origin.applied {
                out.push_str(&format!("  {}\n", paint(DIM, &run(applied))));
            }
        }
        let (sign, style) = sign(entry);
        out.push_str(&format!(
            "  {} {}\n",
            paint(style, &sign.to_string()),
            said(entry)
        ));
    }
    if told.history.entries.is_empty() {
        out.push_str("\nno migration changes anything\n");
    }
    out.push('\n');
    out.push_str(&summary(told));
    for note in &told.history.notes {
        out.push_str(&format!("{} {}\n", paint(BLUE, "note:"), one_line(note)));
    }
    out
}

fn summary(told: &ToldHistory) -> String {
    let entries = &told.history.entries;
    let mut files: Vec<&str> = entries.iter().map(|e| e.path.as_str()).collect();
    files.dedup();
    format!(
        "{} in {}\n",
        counted(entries.len(), "change"),
        counted(files.len(), "migration")
    )
}

pub fn history_json(told: &ToldHistory) -> String {
    let entries: Vec<Value> = told
        .history
        .entries
        .iter()
        .map(|e| {
            let origin = told.origin(e);
            json!({
                "version": e.version, "name": e.name, "path": e.path, "why": e.why,
                "kind": e.kind, "object": e.object, "was": e.was, "what": e.what, "detail": e.detail,
                "date": origin.date, "author": origin.author, "commit": origin.commit,
                "applied": origin.applied.iter().map(|r| json!({
                    "environment": r.environment, "what": r.what, "at": r.at, "took_ms": r.took_ms,
                })).collect::<Vec<_>>(),
            })
        })
        .collect();
    let document = json!({
        "version": VERSION,
        "object": told.history.object,
        "kind": told.history.kind,
        "entries": entries,
        "notes": told.history.notes,
    });
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

pub fn history_markdown(told: &ToldHistory) -> String {
    let mut out = format!("### History of {}\n\n", cell(&told.title()));
    out.push_str("| date | migration | | change | why | by | applied |\n|-|-|-|-|-|-|-|\n");
    let entries = &told.history.entries;
    // The newest are those that somebody looks for.
    let from = entries.len().saturating_sub(ROWS);
    for entry in entries.iter().skip(from) {
        let origin = told.origin(entry);
        let applied: Vec<String> = origin.applied.iter().map(run).collect();
        out.push_str(&format!(
            "| {} | {} | `{}` | {} | {} | {} | {} |\n",
            origin.date.as_deref().unwrap_or(""),
            cell(&entry.called()),
            sign(entry).0,
            cell(&said(entry)),
            cell(entry.why.as_deref().unwrap_or("")),
            cell(&by(&origin)),
            cell(&applied.join(", ")),
        ));
    }
    if from > 0 {
        out.push_str(&format!("\n… and {}\n", counted(from, "older change")));
    }
    out.push('\n');
    out.push_str(&summary(told));
    for note in &told.history.notes {
        out.push_str(&format!("\n**Note** {}\n", cell(note)));
    }
    out
}
