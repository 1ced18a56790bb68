//! The face: a plan at a terminal. Every line answers what, what it costs, what it may lose.
//!
//! Invariant: colour changes no character; without it the text is the same.

use anstyle::{AnsiColor, Style};
use driftless_planner::{Group, Held, Line, Lock, Mark, Plan};
use std::collections::BTreeMap;

/// What stands above a plan.
#[derive(Debug, Clone)]
pub struct Heading {
    pub before: String,
    pub after: String,
    /// `postgres@16`
    pub dialect: String,
    /// The command that comes next, where there is one.
    pub next: Option<String>,
}

const DIM: Style = Style::new().dimmed();
const BOLD: Style = Style::new().bold();
const RED: Style = AnsiColor::Red.on_default();
const GREEN: Style = AnsiColor::Green.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const BLUE: Style = AnsiColor::Cyan.on_default();

struct Ink(bool);

impl Ink {
    fn paint(&self, style: Style, text: &str) -> String {
        if self.0 && !text.is_empty() {
            format!("{style}{text}{style:#}")
        } else {
            text.to_string()
        }
    }
}

/// The plan as people read it.
pub fn plan_text(plan: &Plan, heading: &Heading, colour: bool) -> String {
    let ink = Ink(colour);
    let mut out = String::new();
    let title = format!("{} against {}", heading.after, heading.before);
    let gap = 88usize
        .saturating_sub(title.chars().count() + heading.dialect.chars().count())
        .max(2);
    out.push_str(&format!(
        "{title}{}{}\n",
        " ".repeat(gap),
        ink.paint(DIM, &heading.dialect)
    ));
    for group in &plan.groups {
        out.push('\n');
        group_text(&mut out, group, &ink);
    }
    unproven(&mut out, plan, &ink);
    hints(&mut out, plan, &ink);
    out.push('\n');
    out.push_str(&summary(plan));
    out.push('\n');
    if let Some(locks) = locks(plan) {
        out.push_str(&format!("locks: {locks}\n"));
    }
    for hazard in hazards(plan) {
        out.push_str(&format!("{} {hazard}\n", ink.paint(YELLOW, "hazard:")));
    }
    if plan.outside > 0 {
        out.push_str(&format!(
            "outside `manage`, left alone: {}\n",
            counted(plan.outside, "object")
        ));
    }
    if !plan.kept.is_empty() {
        let names: Vec<String> = plan
            .kept
            .iter()
            .take(8)
            .map(|id| format!("{} {id}", id.kind.noun()))
            .collect();
        let more = if plan.kept.len() > 8 {
            format!(" and {} more", plan.kept.len() - 8)
        } else {
            String::new()
        };
        out.push_str(&format!("not declared, kept: {}{more}\n", names.join(", ")));
    }
    if !plan.unmodelled.is_empty() {
        let names: Vec<String> = plan
            .unmodelled
            .iter()
            .take(8)
            .map(ToString::to_string)
            .collect();
        let more = if plan.unmodelled.len() > 8 {
            format!(" and {} more", plan.unmodelled.len() - 8)
        } else {
            String::new()
        };
        out.push_str(&format!(
            "not modelled, left alone: {}{more}\n",
            names.join(", ")
        ));
    }
    for loss in &plan.refused {
        let line = format!(
            "needs consent: loses {} (--allow {}:{})\n",
            loss.what, loss.code, loss.object
        );
        out.push_str(&ink.paint(RED, &line));
    }
    if let Some(next) = heading.next.as_ref().filter(|_| !plan.is_empty()) {
        out.push_str(&format!("next: {next}\n"));
    }
    out
}

fn group_text(out: &mut String, group: &Group, ink: &Ink) {
    let head = format!("{} {}", group.object.kind.noun(), group.object);
    out.push_str(&format!("{}\n", ink.paint(BOLD, &head)));
    let whats: Vec<String> = group.lines.iter().map(what).collect();
    let wide = whats
        .iter()
        .map(|w| w.chars().count())
        .max()
        .unwrap_or(0)
        .min(48);
    let details: Vec<String> = group.lines.iter().map(detail).collect();
    let span = details
        .iter()
        .map(|d| d.chars().count())
        .max()
        .unwrap_or(0)
        .min(44);
    for ((line, what), detail) in group.lines.iter().zip(&whats).zip(&details) {
        let style = match line.mark {
            Mark::Add => GREEN,
            Mark::Drop => RED,
            Mark::Change => YELLOW,
            Mark::Rename | Mark::Remake => BLUE,
        };
        let sign = ink.paint(style, &line.mark.sign().to_string());
        let text = format!(
            "  {sign} {}  {}  {}",
            padded(what, wide),
            padded(detail, span),
            ink.paint(DIM, cost(line))
        );
        out.push_str(text.trim_end());
        out.push('\n');
        for loss in &line.losses {
            out.push_str(&format!(
                "      {}\n",
                ink.paint(RED, &format!("loses {loss}"))
            ));
        }
    }
}

fn padded(text: &str, width: usize) -> String {
    let n = text.chars().count();
    format!("{text}{}", " ".repeat(width.saturating_sub(n)))
}

/// The thing itself, or what becomes of the group's own object.
fn what(line: &Line) -> String {
    if !line.what.is_empty() {
        return line.what.clone();
    }
    match line.mark {
        Mark::Add => "created",
        Mark::Drop => "dropped",
        Mark::Change => "altered",
        Mark::Rename => "moved",
        Mark::Remake => "recreated",
    }
    .to_string()
}

fn detail(line: &Line) -> String {
    match (&line.because, line.detail.is_empty()) {
        (Some(why), true) => why.clone(),
        (Some(why), false) => format!("{} ({why})", line.detail),
        (None, _) => line.detail.clone(),
    }
}

pub(crate) fn cost(line: &Line) -> &'static str {
    match line.held {
        Held::Instant => "instant",
        Held::Scan => "scans the table",
        Held::Rewrite => "rewrites the table",
    }
}

fn unproven(out: &mut String, plan: &Plan, ink: &Ink) {
    let open: Vec<_> = plan.unproven.iter().filter(|u| !u.planned).collect();
    if open.is_empty() {
        return;
    }
    out.push_str(&format!(
        "\n{}\n",
        ink.paint(BOLD, "unproven: it may differ, nothing here can decide")
    ));
    for u in open {
        let flag = format!("--allow {}:{}", driftless_planner::UNPROVEN, u.id);
        out.push_str(&format!(
            "  {} {} {}  {}\n",
            ink.paint(YELLOW, "?"),
            u.id.kind.noun(),
            u.id,
            ink.paint(DIM, &flag)
        ));
    }
}

fn hints(out: &mut String, plan: &Plan, ink: &Ink) {
    for (from, to) in &plan.likely_renames {
        let name =
            |p: &driftless_model::Part| p.member.as_ref().unwrap_or(&p.object.name).to_string();
        out.push_str(&format!(
            "\n{} if {from} became {to}, say so beside it and its rows stay: -- driftless:renamed-from {}\n",
            ink.paint(BLUE, "hint:"),
            name(from)
        ));
    }
}

/// `5 changes · 8 steps in 2 transactions · nothing is lost · reversible`
pub(crate) fn summary(plan: &Plan) -> String {
    if plan.is_empty() {
        let open = plan.unproven.len();
        return if open == 0 {
            "no changes".into()
        } else {
            format!("no changes, {open} unproven")
        };
    }
    let steps = plan.steps().count();
    let inside = plan.segments.iter().filter(|s| s.transaction).count();
    let mut places = Vec::new();
    if inside > 0 {
        places.push(counted(inside, "transaction"));
    }
    if plan.segments.len() > inside {
        places.push(format!("{} outside of one", plan.segments.len() - inside));
    }
    let losses: Vec<_> = plan.steps().flat_map(|s| &s.facts.losses).collect();
    let lost = match losses.len() {
        0 => "nothing is lost".to_string(),
        n => counted(n, "loss").replace("losss", "losses"),
    };
    let back = if plan
        .steps()
        .all(|s| s.facts.irreversible.is_none() && s.facts.losses.is_empty())
    {
        "reversible"
    } else {
        "not wholly reversible"
    };
    format!(
        "{} · {} in {} · {lost} · {back}",
        counted(plan.changes, "change"),
        counted(steps, "step"),
        places.join(", ")
    )
}

pub(crate) fn counted(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// Per relation, the strongest way each mode is held.
pub(crate) fn locks(plan: &Plan) -> Option<String> {
    let mut by: BTreeMap<String, BTreeMap<&str, Held>> = BTreeMap::new();
    let mut order: Vec<String> = Vec::new();
    for lock in plan.steps().flat_map(|s| &s.facts.locks) {
        let Lock { on, mode, held, .. } = lock;
        let name = on.to_string();
        if !order.contains(&name) {
            order.push(name.clone());
        }
        let known = by.entry(name).or_default().entry(mode).or_insert(*held);
        *known = (*known).max(*held);
    }
    if order.is_empty() {
        return None;
    }
    let shown = order.len().min(12);
    let mut parts: Vec<String> = order
        .iter()
        .take(shown)
        .map(|name| {
            let modes: Vec<String> = by[name]
                .iter()
                .map(|(mode, held)| {
                    let held = match held {
                        Held::Instant => "instant",
                        Held::Scan => "while it is scanned",
                        Held::Rewrite => "while it is rewritten",
                    };
                    format!("{mode} ({held})")
                })
                .collect();
            format!("{name} {}", modes.join(", "))
        })
        .collect();
    if order.len() > shown {
        parts.push(format!("and {} more", order.len() - shown));
    }
    Some(parts.join(" · "))
}

pub(crate) fn hazards(plan: &Plan) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for h in plan.steps().flat_map(|s| &s.facts.hazards) {
        if !out.contains(h) {
            out.push(h.clone());
        }
    }
    out
}
