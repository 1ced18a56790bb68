//! A plan for a pull-request comment: grouped, and capped so that a large one never swamps it.
//!
//! Invariant: a line that loses something and a consent that is missing are never cut away; no name opens a markup.

use crate::safe::{counted, one_line};
use crate::summary::{hazards, locks, summary};
use crate::text::{Heading, capped, cells, cost};
use driftless_planner::{Group, Line, Plan};

/// Lines per group, and groups, that are shown before the rest is counted.
const LINES: usize = 12;
const GROUPS: usize = 40;
/// Hazards, unproven and unmodelled things that are shown before the rest is counted.
const NOTES: usize = 10;
/// A longer script is not shown: hosts of pull requests cut comments at 65,536 characters.
const SCRIPT_BYTES: usize = 30_000;

pub fn plan_markdown(plan: &Plan, heading: &Heading) -> String {
    let mut out = format!(
        "### {} against {}\n\n",
        cell(&heading.after),
        cell(&heading.before)
    );
    out.push_str(&format!("{} · `{}`\n", summary(plan), heading.dialect));
    table(&mut out, plan);
    out.push('\n');
    if let Some(locks) = locks(plan) {
        out.push_str(&format!("**Locks** {}\n\n", cell(&locks)));
    }
    notes(&mut out, "Hazard", &hazards(plan));
    let unproven: Vec<String> = plan
        .unproven
        .iter()
        .filter(|u| !u.planned)
        .map(|u| format!("{} {}", u.id.kind.noun(), u.id))
        .collect();
    notes(&mut out, "Unproven", &unproven);
    for loss in &plan.refused {
        out.push_str(&format!(
            "**Needs consent** loses {} ({})\n\n",
            cell(&loss.what),
            code(&format!("--allow {}:{}", loss.code, loss.object))
        ));
    }
    let unmodelled: Vec<String> = plan.unmodelled.iter().map(ToString::to_string).collect();
    notes(&mut out, "Not modelled", &unmodelled);
    script(&mut out, plan);
    out
}

fn table(out: &mut String, plan: &Plan) {
    if plan.groups.is_empty() {
        return;
    }
    out.push_str("\n| | what | detail | cost |\n|-|-|-|-|\n");
    let loses = |g: &Group| g.lines.iter().any(|l| !l.losses.is_empty());
    let mut more = 0;
    for (at, group) in plan.groups.iter().enumerate() {
        if at >= GROUPS && !loses(group) {
            more += 1;
            continue;
        }
        out.push_str(&format!(
            "| | **{} {}** | | |\n",
            group.object.kind.noun(),
            cell(&group.object.to_string())
        ));
        let (lines, left) = capped(group, LINES);
        for line in lines {
            out.push_str(&row(line));
        }
        if left > 0 {
            out.push_str(&format!("| | … and {left} more | | |\n"));
        }
    }
    if more > 0 {
        out.push_str(&format!("\n… and {}\n", counted(more, "more object")));
    }
}

fn row(line: &Line) -> String {
    let (what, detail) = cells(line);
    let losses: String = line
        .losses
        .iter()
        .map(|l| format!(" · **loses {}**", cell(l)))
        .collect();
    format!(
        "| `{}` | {} | {} | {}{losses} |\n",
        line.mark.sign(),
        cell(&what),
        cell(&detail),
        cost(line)
    )
}

fn notes(out: &mut String, word: &str, notes: &[String]) {
    for note in notes.iter().take(NOTES) {
        out.push_str(&format!("**{word}** {}\n\n", cell(note)));
    }
    if notes.len() > NOTES {
        out.push_str(&format!("**{word}** and {} more\n\n", notes.len() - NOTES));
    }
}

fn script(out: &mut String, plan: &Plan) {
    if plan.is_empty() {
        return;
    }
    let text = crate::script::script(plan);
    if text.len() > SCRIPT_BYTES {
        out.push_str(&format!(
            "The SQL is {} long: see `--format sql`.\n",
            counted(text.lines().count(), "line")
        ));
        return;
    }
    let fence = "`".repeat(longest_run(&text).max(2) + 1);
    out.push_str("<details><summary>SQL</summary>\n\n");
    out.push_str(&format!("{fence}sql\n{text}{fence}\n\n</details>\n"));
}

/// The longest run of backticks: a fence or a code span must be longer.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// A code span, whatever is in it.
fn code(text: &str) -> String {
    let text = one_line(text).replace('|', "\\|");
    let ticks = "`".repeat(longest_run(&text) + 1);
    let pad = if text.contains('`') { " " } else { "" };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

/// Text that cannot break a table or open a markup.
pub(crate) fn cell(text: &str) -> String {
    let mut out = String::new();
    for c in one_line(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '|' | '\\' | '`' | '*' | '[' | ']' | '~' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}
