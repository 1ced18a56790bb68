//! What `verify` found: text, JSON (`schema/verify.schema.json`), Markdown for a pull request, GitHub's annotations.
//!
//! Neighbours: crate `migrations` finds, `diagnostic` renders one finding. Invariant: a summary line says how it went in
//! every format but the annotations', and a long list is counted, never dropped in silence.

use anstyle::{AnsiColor, Style};
use driftless_sql::{Diagnostic, Severity, Sources};
use serde_json::{Value, json};

use crate::markdown::cell;
use crate::safe::{counted, one_line, plural};

pub struct Verification<'a> {
    /// `migrations/ (3 files, up to 20261122093000)`
    pub folder: String,
    pub schema: String,
    pub files: usize,
    pub findings: &'a [Diagnostic],
    pub notes: &'a [String],
    /// The engine on which all of them ran.
    pub rehearsed: Option<&'a str>,
}

/// The revision of the document.
const VERSION: u32 = 1;
/// Findings of a comment before the rest is counted; GitHub shows no more annotations of a step than ten of a kind.
const SHOWN: usize = 40;
/// Notes of one finding in a comment.
const NOTES: usize = 6;

impl Verification<'_> {
    fn count(&self, severity: Severity) -> usize {
        let same = self.findings.iter().filter(|d| d.severity == severity);
        same.count()
    }

    pub fn is_clean(&self) -> bool {
        self.count(Severity::Error) == 0
    }

    fn summary(&self) -> String {
        let mut parts = Vec::new();
        let (errors, warnings) = (self.count(Severity::Error), self.count(Severity::Warning));
        if errors > 0 {
            parts.push(counted(errors, "error"));
        }
        if warnings > 0 {
            parts.push(counted(warnings, "warning"));
        }
        let files = plural(self.files, "file", "files");
        let mut out = match errors {
            0 => format!(
                "{files} verified: {} leads to {}",
                one_line(&self.folder),
                one_line(&self.schema)
            ),
            _ => format!(
                "{} is not true: {}",
                one_line(&self.folder),
                parts.join(", ")
            ),
        };
        if errors == 0 && warnings > 0 {
            out.push_str(&format!(" · {}", parts.join(", ")));
        }
        if let Some(engine) = self.rehearsed {
            out.push_str(&format!(" · rehearsed on {}", one_line(engine)));
        }
        out
    }
}

pub fn verify_text(found: &Verification, sources: &Sources, colour: bool) -> String {
    let mut out = String::new();
    if !found.findings.is_empty() {
        out.push_str(&crate::render(found.findings, sources, colour));
        out.push('\n');
    }
    for note in found.notes {
        out.push_str(&format!("note: {}\n", one_line(note)));
    }
    let style: Style = match found.is_clean() {
        true => AnsiColor::Green.on_default(),
        false => AnsiColor::Red.on_default(),
    };
    let summary = found.summary();
    out.push_str(&match colour {
        true => format!("{style}{summary}{style:#}\n"),
        false => format!("{summary}\n"),
    });
    out
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    }
}

/// File, first line and column.
fn spot(d: &Diagnostic, sources: &Sources) -> Option<(String, usize, usize)> {
    let place = d.place?;
    let source = sources.get(place.source)?;
    let (line, column) = source.line_column(place.span.start);
    Some((source.name.clone(), line, column))
}

pub fn verify_json(found: &Verification, sources: &Sources) -> String {
    let findings: Vec<Value> = found
        .findings
        .iter()
        .map(|d| {
            let spot = spot(d, sources);
            json!({
                "code": d.code,
                "severity": match d.severity {
                    Severity::Error => "error",
                    Severity::Warning => "warning",
                    Severity::Note => "note",
                },
                "message": d.message,
                "file": spot.as_ref().map(|s| &s.0),
                "line": spot.as_ref().map(|s| s.1),
                "column": spot.as_ref().map(|s| s.2),
                "notes": d.notes,
                "help": d.help,
            })
        })
        .collect();
    let document = json!({
        "version": VERSION,
        "clean": found.is_clean(),
        "files": found.files,
        "findings": findings,
        "notes": found.notes,
        "rehearsed": found.rehearsed,
    });
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

pub fn verify_markdown(found: &Verification, sources: &Sources) -> String {
    let mark = if found.is_clean() { "✅" } else { "❌" };
    let mut out = format!("### {mark} {}\n", cell(&found.summary()));
    if !found.findings.is_empty() {
        out.push_str("\n| | where | what |\n|-|-|-|\n");
    }
    // What breaks comes before what only wants a look.
    let mut findings: Vec<&Diagnostic> = found.findings.iter().collect();
    findings.sort_by_key(|d| d.severity != Severity::Error);
    for d in findings.iter().take(SHOWN) {
        let place = spot(d, sources).map_or_else(String::new, |(file, line, _)| {
            format!("{}:{line}", cell(&file))
        });
        let mut what = cell(&d.message);
        for note in d.notes.iter().take(NOTES) {
            what.push_str(&format!("<br>{}", cell(note)));
        }
        if d.notes.len() > NOTES {
            what.push_str(&format!("<br>… and {} more", d.notes.len() - NOTES));
        }
        if let Some(help) = &d.help {
            what.push_str(&format!("<br>**help** {}", cell(help)));
        }
        out.push_str(&format!(
            "| {} {} | {place} | {what} |\n",
            word(d.severity),
            d.code
        ));
    }
    if findings.len() > SHOWN {
        let more = counted(findings.len() - SHOWN, "more finding");
        out.push_str(&format!("\n… and {more}\n"));
    }
    for note in found.notes.iter().take(SHOWN) {
        out.push_str(&format!("\n**Note** {}\n", cell(note)));
    }
    if found.notes.len() > SHOWN {
        let more = counted(found.notes.len() - SHOWN, "more note");
        out.push_str(&format!("\n… and {more}\n"));
    }
    out
}

/// Workflow commands: one annotation a finding, at its line of the pull request.
pub fn verify_github(found: &Verification, sources: &Sources) -> String {
    let mut out = String::new();
    for d in found.findings {
        let mut properties = Vec::new();
        if let Some((file, line, column)) = spot(d, sources) {
            properties.push(format!("file={}", property(&file)));
            properties.push(format!("line={line}"));
            properties.push(format!("col={column}"));
        }
        properties.push(format!("title={}", property(d.code)));
        let mut message = d.message.clone();
        for note in &d.notes {
            message.push_str(&format!("\n{note}"));
        }
        if let Some(help) = &d.help {
            message.push_str(&format!("\nhelp: {help}"));
        }
        out.push_str(&format!(
            "::{} {}::{}\n",
            word(d.severity),
            properties.join(","),
            data(&message)
        ));
    }
    for note in found.notes {
        out.push_str(&format!("::notice ::{}\n", data(note)));
    }
    out
}

/// The text of a workflow command: a line break in it would start another command.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
