//! A drift: text, JSON (`schema/drift.schema.json`) and Markdown.
//!
//! Neighbours: crate `migrations` has the document, the runtime fills it in. Invariant: drift, pending and ignored are
//! told apart, the direction is named, and an environment that could not be reached is never shown as clean.

use anstyle::{AnsiColor, Style};
use driftless_migrations::{Between, Difference, Drift, DriftDirection, Environment, Standing};
use serde_json::{Value, json};

use crate::markdown::cell;
use crate::safe::{counted, one_line};

/// The revision of the document.
const VERSION: u32 = 1;
/// Differences that a Markdown report lists for one environment.
const ROWS: usize = 100;
/// Pending migrations that are named.
const NAMED: usize = 8;

const DIM: Style = Style::new().dimmed();
const BOLD: Style = Style::new().bold();
const GREEN: Style = AnsiColor::Green.on_default();
const RED: Style = AnsiColor::Red.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();

/// Seen from what should be.
fn sign(direction: DriftDirection) -> (char, &'static str, Style) {
    match direction {
        DriftDirection::OnlyThere => ('+', "only there", GREEN),
        DriftDirection::Missing => ('-', "missing", RED),
        DriftDirection::Differs => ('~', "differs", YELLOW),
        DriftDirection::Unproven => ('?', "may differ", YELLOW),
    }
}

fn standing(environment: &Environment) -> String {
    one_line(&match &environment.standing {
        Standing::At { version, name } => format!("at {version} {name}"),
        Standing::Like {
            version,
            name,
            exactly: true,
        } => format!("no history; its state is that of {version} {name}"),
        Standing::Like {
            version,
            name,
            exactly: false,
        } => format!("no history; it comes nearest to {version} {name}"),
        Standing::Empty if environment.drift.is_empty() => "empty, and without a history".into(),
        Standing::Empty => "no history; it comes nearest to an empty database".into(),
        Standing::Unknown { why } => format!("unknown: {why}"),
    })
}

fn verdict(environment: &Environment) -> (&'static str, Style) {
    match (&environment.standing, environment.drift.is_empty()) {
        (Standing::Unknown { .. }, _) => ("unknown", RED),
        (_, false) => ("drifted", YELLOW),
        (_, true) => ("clean", GREEN),
    }
}

fn pending(environment: &Environment) -> String {
    let all = &environment.pending;
    let mut names: Vec<String> = all
        .iter()
        .take(NAMED)
        .map(|m| one_line(&format!("{} {}", m.version, m.name)))
        .collect();
    if all.len() > NAMED {
        names.push(format!("and {} more", all.len() - NAMED));
    }
    names.join(", ")
}

pub fn drift_text(drift: &Drift, colour: bool) -> String {
    let paint = |style: Style, text: &str| match colour && !text.is_empty() {
        true => format!("{style}{text}{style:#}"),
        false => text.to_string(),
    };
    let lines = |out: &mut String, found: &[Difference]| {
        for d in found {
            let (sign, word, style) = sign(d.direction);
            let what = one_line(&format!("{} {}", d.kind, d.object));
            out.push_str(&format!(
                "  {} {what}  {}\n",
                paint(style, &sign.to_string()),
                paint(DIM, word)
            ));
            for detail in &d.details {
                out.push_str(&format!("      {}\n", one_line(detail)));
            }
        }
    };
    let mut out = String::new();
    for environment in &drift.environments {
        let (word, style) = verdict(environment);
        out.push_str(&format!(
            "{}  {}  {}\n",
            paint(BOLD, &one_line(&environment.name)),
            paint(style, word),
            paint(DIM, &standing(environment))
        ));
        lines(&mut out, &environment.drift);
        if !environment.pending.is_empty() {
            out.push_str(&format!("  pending: {}\n", pending(environment)));
        }
        if !environment.ignored.is_empty() {
            let count = counted(environment.ignored.len(), "difference");
            out.push_str(&format!("  outside `manage`, left alone: {count}\n"));
        }
        for note in &environment.notes {
            out.push_str(&format!("  note: {}\n", one_line(note)));
        }
        out.push('\n');
    }
    for between in &drift.between {
        out.push_str(&paint(BOLD, &pair(between)));
        if between.differences.is_empty() {
            out.push_str("  the same\n\n");
            continue;
        }
        out.push_str(&format!(
            "  {}, seen from {}\n",
            counted(between.differences.len(), "difference"),
            one_line(&between.first)
        ));
        lines(&mut out, &between.differences);
        out.push('\n');
    }
    out.push_str(&summary(drift));
    out
}

fn pair(between: &Between) -> String {
    one_line(&format!("{} ↔ {}", between.first, between.second))
}

fn summary(drift: &Drift) -> String {
    let count = |word: &str| {
        let all = drift.environments.iter();
        all.filter(|e| verdict(e).0 == word).count()
    };
    let parts: Vec<String> = ["clean", "drifted", "unknown"]
        .into_iter()
        .map(|word| (count(word), word))
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| format!("{n} {word}"))
        .collect();
    match parts.is_empty() {
        true => "no environment\n".into(),
        false => format!("{}\n", parts.join(" · ")),
    }
}

pub fn drift_json(drift: &Drift) -> String {
    let mut document = json!({
        "version": VERSION,
        "clean": drift.is_clean(),
    });
    if let (Value::Object(out), Ok(Value::Object(fields))) =
        (&mut document, serde_json::to_value(drift))
    {
        out.extend(fields);
    }
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

pub fn drift_markdown(drift: &Drift) -> String {
    let mut out = String::from("### Drift\n\n| environment | | stands | pending |\n|-|-|-|-|\n");
    for environment in &drift.environments {
        out.push_str(&format!(
            "| {} | {} | {} | {} |\n",
            cell(&environment.name),
            verdict(environment).0,
            cell(&standing(environment)),
            cell(&pending(environment)),
        ));
    }
    for environment in &drift.environments {
        let about = format!("{} against what its version should be", environment.name);
        table(&mut out, &about, &environment.drift);
    }
    for between in &drift.between {
        let about = format!("{}, seen from {}", pair(between), between.first);
        table(&mut out, &about, &between.differences);
    }
    out
}

fn table(out: &mut String, about: &str, found: &[Difference]) {
    if found.is_empty() {
        return;
    }
    out.push_str(&format!(
        "\n**{}**\n\n| | object | | details |\n|-|-|-|-|\n",
        cell(about)
    ));
    for d in found.iter().take(ROWS) {
        let (sign, word, _) = sign(d.direction);
        out.push_str(&format!(
            "| `{sign}` | {} | {word} | {} |\n",
            cell(&format!("{} {}", d.kind, d.object)),
            cell(&d.details.join("; ")),
        ));
    }
    if found.len() > ROWS {
        out.push_str(&format!("\nand {} more\n", found.len() - ROWS));
    }
}
