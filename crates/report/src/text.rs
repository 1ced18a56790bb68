//! The face: a plan at a terminal. Every line answers what, what it costs, what it may lose.
//!
//! Invariant: colour changes no character, without it the text is the same; a long group is cut, but never a line that
//! loses something; nothing that a database or a file holds reaches the terminal as a control sequence.

use crate::safe::{counted, cut, listed, one_line, padded, width};
use crate::summary::{hazards, locks, summary};
use anstyle::{AnsiColor, Style};
use driftless_planner::{Group, Held, Line, Mark, Plan, UNPROVEN};

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

/// Lines of a group before the rest is counted.
const LINES: usize = 24;
/// Names of a list before the rest is counted.
const NAMES: usize = 8;
/// Hazards before the rest is counted.
const HAZARDS: usize = 10;
/// The whole, where names are short.
const PAGE: usize = 88;
/// A thing or a detail of more cells moves only its own line; a detail of more than twice as many is cut, names never.
const WHAT: usize = 36;
const DETAIL: usize = 48;

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
    let mut out = title(heading, &ink);
    let groups: Vec<Rows> = plan.groups.iter().map(Rows::of).collect();
    let columns = Columns::of(&groups);
    if !groups.is_empty() {
        out.push('\n');
    }
    for group in &groups {
        group.write(&mut out, &columns, &ink);
    }
    unproven(&mut out, plan, &ink);
    hints(&mut out, plan, &ink);
    out.push('\n');
    out.push_str(&summary(plan));
    out.push('\n');
    if let Some(locks) = locks(plan) {
        out.push_str(&format!("locks: {locks}\n"));
    }
    let hazards = hazards(plan);
    for hazard in hazards.iter().take(HAZARDS) {
        out.push_str(&format!("{} {hazard}\n", ink.paint(YELLOW, "hazard:")));
    }
    if hazards.len() > HAZARDS {
        let more = hazards.len() - HAZARDS;
        out.push_str(&format!(
            "{} and {more} more\n",
            ink.paint(YELLOW, "hazard:")
        ));
    }
    left_alone(&mut out, plan);
    for loss in &plan.refused {
        let object = one_line(&loss.object);
        let line = format!(
            "needs consent: loses {} (--allow {})",
            one_line(&loss.what),
            argument(&format!("{}:{object}", loss.code))
        );
        out.push_str(&format!("{}\n", ink.paint(RED, &line)));
    }
    if let Some(next) = heading.next.as_ref().filter(|_| !plan.is_empty()) {
        out.push_str(&format!("next: {next}\n"));
    }
    out
}

fn title(heading: &Heading, ink: &Ink) -> String {
    let title = one_line(&format!("{} against {}", heading.after, heading.before));
    let gap = PAGE
        .saturating_sub(width(&title) + width(&heading.dialect))
        .max(2);
    format!(
        "{title}{}{}\n",
        " ".repeat(gap),
        ink.paint(DIM, &heading.dialect)
    )
}

/// A word of a shell's command line.
fn argument(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-.:,/@%+=".contains(c);
    if text.chars().all(plain) {
        text.to_string()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// What the plan does not touch, and why.
fn left_alone(out: &mut String, plan: &Plan) {
    if plan.outside > 0 {
        let objects = counted(plan.outside, "object");
        out.push_str(&format!("outside `manage`, left alone: {objects}\n"));
    }
    if !plan.kept.is_empty() {
        let names = plan
            .kept
            .iter()
            .map(|id| format!("{} {id}", id.kind.noun()));
        out.push_str(&format!("not declared, kept: {}\n", listed(names, NAMES)));
    }
    if !plan.unmodelled.is_empty() {
        let names = plan.unmodelled.iter().map(ToString::to_string);
        let names = listed(names, NAMES);
        out.push_str(&format!("not modelled, left alone: {names}\n"));
    }
}

/// A group's lines as cells.
struct Rows<'a> {
    head: String,
    rows: Vec<Row<'a>>,
    /// Lines that are only counted.
    more: usize,
}

struct Row<'a> {
    line: &'a Line,
    what: String,
    detail: String,
}

impl<'a> Rows<'a> {
    fn of(group: &'a Group) -> Rows<'a> {
        let (shown, more) = capped(group, LINES);
        Rows {
            head: one_line(&format!("{} {}", group.object.kind.noun(), group.object)),
            rows: shown.into_iter().map(Row::of).collect(),
            more,
        }
    }

    fn write(&self, out: &mut String, columns: &Columns, ink: &Ink) {
        out.push_str(&format!("{}\n", ink.paint(BOLD, &self.head)));
        for row in &self.rows {
            row.write(out, columns, ink);
        }
        if self.more > 0 {
            let more = format!("… and {} more", self.more);
            out.push_str(&format!("  {}\n", ink.paint(DIM, &more)));
        }
    }
}

impl<'a> Row<'a> {
    fn of(line: &'a Line) -> Row<'a> {
        let (what, detail) = cells(line);
        Row {
            line,
            what,
            detail: cut(&detail, 2 * DETAIL),
        }
    }

    fn write(&self, out: &mut String, columns: &Columns, ink: &Ink) {
        let style = match self.line.mark {
            Mark::Add => GREEN,
            Mark::Drop => RED,
            Mark::Change => YELLOW,
            Mark::Rename | Mark::Remake => BLUE,
        };
        let sign = ink.paint(style, &self.line.mark.sign().to_string());
        // Where one cell is too wide or has no other beside it, the two share their room.
        let body = if self.detail.is_empty() {
            self.what.clone()
        } else {
            format!("{}  {}", padded(&self.what, columns.what), self.detail)
        };
        let body = padded(&body, columns.what + 2 + columns.detail);
        let cost = ink.paint(DIM, cost(self.line));
        out.push_str(&format!("  {sign} {body}  {cost}\n"));
        for loss in &self.line.losses {
            let loss = ink.paint(RED, &format!("loses {}", one_line(loss)));
            out.push_str(&format!("      {loss}\n"));
        }
    }
}

/// The widths that all groups share, so that costs stand below each other.
struct Columns {
    what: usize,
    detail: usize,
}

impl Columns {
    fn of(groups: &[Rows]) -> Columns {
        let rows = || groups.iter().flat_map(|g| &g.rows);
        let what = rows()
            .filter(|r| !r.detail.is_empty())
            .map(|r| width(&r.what))
            .filter(|w| *w <= WHAT)
            .max()
            .unwrap_or(0);
        let detail = rows()
            .map(|r| {
                let alone = r.detail.is_empty();
                let over = width(&r.what).saturating_sub(what);
                if alone {
                    over.saturating_sub(2)
                } else {
                    width(&r.detail) + over
                }
            })
            .filter(|w| *w <= DETAIL)
            .max()
            .unwrap_or(0);
        Columns { what, detail }
    }
}

/// The first lines of a group, and behind them those that lose something; how many are left out.
pub(crate) fn capped(group: &Group, most: usize) -> (Vec<&Line>, usize) {
    // One line more costs no more than saying that it is there.
    let most = if group.lines.len() == most + 1 {
        most + 1
    } else {
        most
    };
    let shown: Vec<&Line> = group
        .lines
        .iter()
        .enumerate()
        .filter(|(at, line)| *at < most || !line.losses.is_empty())
        .map(|(_, line)| line)
        .collect();
    let more = group.lines.len() - shown.len();
    (shown, more)
}

/// What happens, and its detail; `recreated, it reads orders.note` is one cell.
pub(crate) fn cells(line: &Line) -> (String, String) {
    let detail = one_line(&line.detail);
    let because = line.because.as_deref().map(one_line);
    if line.what.is_empty() {
        let verb = match line.mark {
            Mark::Add => "created",
            Mark::Drop => "dropped",
            Mark::Change => "altered",
            Mark::Rename => "moved",
            Mark::Remake => "recreated",
        };
        if let (Mark::Remake, Some(why)) = (line.mark, &because) {
            return (format!("{verb}, {why}"), detail);
        }
        return (verb.to_string(), explained(detail, because));
    }
    (one_line(&line.what), explained(detail, because))
}

fn explained(detail: String, because: Option<String>) -> String {
    match (because, detail.is_empty()) {
        (Some(why), true) => why,
        (Some(why), false) => format!("{detail} ({why})"),
        (None, _) => detail,
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
        let id = one_line(&u.id.to_string());
        let flag = format!("--allow {}", argument(&format!("{UNPROVEN}:{id}")));
        out.push_str(&format!(
            "  {} {} {id}  {}\n",
            ink.paint(YELLOW, "?"),
            u.id.kind.noun(),
            ink.paint(DIM, &flag)
        ));
    }
}

fn hints(out: &mut String, plan: &Plan, ink: &Ink) {
    for (from, to) in &plan.likely_renames {
        let name = from.member.as_ref().unwrap_or(&from.object.name);
        let text = one_line(&format!(
            "if {from} became {to}, say so beside it and its rows stay: -- driftless:renamed-from {name}"
        ));
        out.push_str(&format!("\n{} {text}\n", ink.paint(BLUE, "hint:")));
    }
}
