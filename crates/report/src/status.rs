//! The status of an environment: text, JSON (`schema/status.schema.json`) and Markdown.
//!
//! Neighbours: crate `migrations` has the document, the runtime fills it in. Invariant: one file, one line; nothing
//! that did not come to its end is shown as applied.

use anstyle::{AnsiColor, Style};
use driftless_migrations::{FileState, FileStatus, Status};
use serde_json::{Value, json};

use crate::markdown::cell;
use crate::safe::{counted, one_line, padded, width};

/// The revision of the document.
const VERSION: u32 = 1;
/// Files that are settled and old are counted, not listed, in Markdown.
const ROWS: usize = 100;

const DIM: Style = Style::new().dimmed();
const BOLD: Style = Style::new().bold();
const GREEN: Style = AnsiColor::Green.on_default();
const RED: Style = AnsiColor::Red.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();

fn style(state: FileState) -> Style {
    match state {
        s if s.is_wrong() => RED,
        s if s.is_pending() => YELLOW,
        _ => GREEN,
    }
}

/// `2026-11-22 09:30:00` of `2026-11-22T09:30:00.123Z`
fn when(at: &str) -> String {
    let at = at.split('.').next().unwrap_or(at);
    one_line(&at.replacen('T', " ", 1))
}

fn took(file: &FileStatus) -> String {
    file.duration_ms
        .map_or_else(String::new, |ms| format!("{ms} ms"))
}

fn title(status: &Status) -> String {
    one_line(&format!("{} ({})", status.environment, status.place))
}

pub fn status_text(status: &Status, colour: bool) -> String {
    let paint = |style: Style, text: &str| match colour && !text.is_empty() {
        true => format!("{style}{text}{style:#}"),
        false => text.to_string(),
    };
    let at = match status.version {
        Some(version) => format!("at {version}"),
        None if status.known => "at no version".into(),
        None => "no history yet".into(),
    };
    let mut out = format!("{}  {}\n\n", paint(BOLD, &title(status)), paint(DIM, &at));
    let wide = status.files.iter().map(|f| width(&f.name)).max();
    let wide = wide.unwrap_or(0).min(60);
    for file in &status.files {
        let state = paint(style(file.state), &padded(file.state.word(), 11));
        let facts: Vec<String> = [
            file.at.as_deref().map(when).unwrap_or_default(),
            took(file),
            file.by.clone().unwrap_or_default(),
        ]
        .into_iter()
        .filter(|f| !f.is_empty())
        .map(|f| one_line(&f))
        .collect();
        let name = padded(&one_line(&file.name), wide);
        let line = format!("{state}  {name}  {}", paint(DIM, &facts.join("  ")));
        out.push_str(&format!("{}\n", line.trim_end()));
        if let Some(note) = &file.note {
            out.push_str(&format!("             {}\n", paint(DIM, &one_line(note))));
        }
    }
    if status.files.is_empty() {
        out.push_str("there are no migrations\n");
    }
    out.push_str(&format!("\n{}\n", summary(status)));
    out
}

/// `2 applied · 1 pending`
fn summary(status: &Status) -> String {
    let mut counts: Vec<(FileState, usize)> = Vec::new();
    for file in &status.files {
        match counts.iter_mut().find(|(state, _)| *state == file.state) {
            Some((_, n)) => *n += 1,
            None => counts.push((file.state, 1)),
        }
    }
    if counts.is_empty() {
        return counted(0, "file");
    }
    let parts: Vec<String> = counts
        .iter()
        .map(|(state, n)| format!("{n} {}", state.word()))
        .collect();
    parts.join(" · ")
}

pub fn status_json(status: &Status) -> String {
    let mut document = json!({
        "version": VERSION,
        "settled": status.is_settled(),
    });
    if let (Value::Object(out), Ok(Value::Object(fields))) =
        (&mut document, serde_json::to_value(status))
    {
        out.extend(fields);
    }
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

pub fn status_markdown(status: &Status) -> String {
    let mut out = format!("### Status of {}\n\n", cell(&title(status)));
    out.push_str(&format!("{}\n\n", summary(status)));
    out.push_str("| state | migration | since | took | by | |\n|-|-|-|-|-|-|\n");
    let from = status.files.len().saturating_sub(ROWS);
    for file in status.files.iter().skip(from) {
        out.push_str(&format!(
            "| {} | {} | {} | {} | {} | {} |\n",
            file.state.word(),
            cell(&file.name),
            file.at.as_deref().map(when).unwrap_or_default(),
            took(file),
            cell(file.by.as_deref().unwrap_or("")),
            cell(file.note.as_deref().unwrap_or("")),
        ));
    }
    if from > 0 {
        out.push_str(&format!("\nand {} before these\n", counted(from, "file")));
    }
    out
}
