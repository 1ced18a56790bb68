//! A plan for a pull-request comment: grouped, and capped so that a large one never swamps it.

use crate::text::{Heading, cost, hazards, locks, summary};
use driftless_planner::{Line, Plan};

/// Lines per group, and groups, that are shown before the rest is counted.
const LINES: usize = 12;
const GROUPS: usize = 40;

pub fn plan_markdown(plan: &Plan, heading: &Heading) -> String {
    let mut out = format!(
        "### {} against {}\n\n",
        cell(&heading.after),
        cell(&heading.before)
    );
    out.push_str(&format!("{} · `{}`\n", summary(plan), heading.dialect));
    if !plan.groups.is_empty() {
        out.push_str("\n| | what | detail | cost |\n|-|-|-|-|\n");
    }
    for group in plan.groups.iter().take(GROUPS) {
        out.push_str(&format!(
            "| | **{} {}** | | |\n",
            group.object.kind.noun(),
            cell(&group.object.to_string())
        ));
        for line in group.lines.iter().take(LINES) {
            out.push_str(&row(line));
        }
        if group.lines.len() > LINES {
            out.push_str(&format!("| | … {} more | | |\n", group.lines.len() - LINES));
        }
    }
    if plan.groups.len() > GROUPS {
        out.push_str(&format!(
            "\n… and {} more objects\n",
            plan.groups.len() - GROUPS
        ));
    }
    out.push('\n');
    if let Some(locks) = locks(plan) {
        out.push_str(&format!("**Locks** {}\n\n", cell(&locks)));
    }
    for hazard in hazards(plan) {
        out.push_str(&format!("**Hazard** {}\n\n", cell(&hazard)));
    }
    for u in plan.unproven.iter().filter(|u| !u.planned) {
        out.push_str(&format!(
            "**Unproven** {} {}\n\n",
            u.id.kind.noun(),
            cell(&u.id.to_string())
        ));
    }
    for loss in &plan.refused {
        out.push_str(&format!(
            "**Needs consent** loses {} (`--allow {}:{}`)\n\n",
            cell(&loss.what),
            loss.code,
            loss.object
        ));
    }
    for u in &plan.unmodelled {
        out.push_str(&format!("**Not modelled** {}\n\n", cell(&u.to_string())));
    }
    if !plan.is_empty() {
        out.push_str("<details><summary>SQL</summary>\n\n```sql\n");
        out.push_str(&crate::script::script(plan).replace("```", "` ` `"));
        out.push_str("```\n\n</details>\n");
    }
    out
}

fn row(line: &Line) -> String {
    let detail = match (&line.because, line.detail.is_empty()) {
        (Some(why), true) => why.clone(),
        (Some(why), false) => format!("{} ({why})", line.detail),
        (None, _) => line.detail.clone(),
    };
    let losses: String = line
        .losses
        .iter()
        .map(|l| format!(" · **loses {}**", cell(l)))
        .collect();
    format!(
        "| `{}` | {} | {} | {}{losses} |\n",
        line.mark.sign(),
        cell(&line.what),
        cell(&detail),
        cost(line)
    )
}

/// Text that cannot break a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
        .replace(['\n', '\r'], " ")
        .replace('<', "&lt;")
}
