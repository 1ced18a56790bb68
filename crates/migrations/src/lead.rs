//! Where the folder leads: its last state against the desired one.
//!
//! Neighbours: `verify` asks. Invariant: equality is an empty plan, never an equal hash.

use crate::ground::Ground;
use crate::line::one_line;
use crate::replay::State;
use driftless_model::Catalog;
use driftless_planner::{Consent, Desired, Plan, Request, plan};
use driftless_sql::{Diagnostic, Problems, Severity};

/// What is missing; a sentence where nothing can be compared.
pub(crate) fn leads_to(
    ground: &Ground,
    state: &State,
    desired: &Desired,
) -> Result<Vec<Diagnostic>, String> {
    if state.has_errors() {
        return Err("where the folder leads was not compared with the desired state: a migration cannot be replayed".into());
    }
    let mut found = leads(ground, &state.catalog, desired);
    if !state.taints.is_empty() {
        for d in &mut found {
            d.severity = Severity::Warning;
            d.notes
                .push("a statement could not be replayed, so this is not certain".into());
        }
    }
    Ok(found)
}

/// What a state, however it is known, lacks of the desired one.
pub fn leads(ground: &Ground, reached: &Catalog, desired: &Desired) -> Vec<Diagnostic> {
    let plan = match left(ground, reached, desired) {
        Ok(plan) if !plan.differs() => return Vec::new(),
        Ok(plan) => plan,
        Err(problems) => return problems.0,
    };
    let mut d = Diagnostic::error("D0716", "the migrations do not lead to the desired state")
        .help("write what is missing with `driftless generate NAME --why …`");
    for line in lines(&plan) {
        d = d.note(line);
    }
    vec![d]
}

/// What is still to be done.
fn left(ground: &Ground, reached: &Catalog, desired: &Desired) -> Result<Plan, Problems> {
    plan(Request {
        dialect: ground.dialect,
        before: reached.clone(),
        after: desired.catalog.clone(),
        hints: desired.hints.clone(),
        scope: ground.scope,
        consent: &Consent::default(),
    })
}

/// Differences that one finding names.
const LINES: usize = 12;

fn lines(plan: &Plan) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for group in &plan.groups {
        for line in &group.lines {
            let what = match line.what.is_empty() {
                true => String::new(),
                false => format!(": {}", line.what),
            };
            let text = format!(
                "{} {} {}{what} {}",
                line.mark.sign(),
                group.object.kind.noun(),
                group.object,
                line.detail
            );
            out.push(one_line(&text));
        }
    }
    out.extend(plan.unproven.iter().map(|u| {
        format!(
            "? {} {}: it may differ, nothing here can decide",
            u.id.kind.noun(),
            u.id
        )
    }));
    let more = out.len().saturating_sub(LINES);
    out.truncate(LINES);
    if more > 0 {
        out.push(format!("and {more} more"));
    }
    out
}
