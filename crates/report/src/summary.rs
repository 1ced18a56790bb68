//! A plan in numbers: how much changes, what is locked and for how long, what may go wrong.
//!
//! Neighbours: every face of a plan. Invariant: each fact once, however many steps share it.

use crate::safe::{counted, one_line, plural};
use driftless_model::ObjectId;
use driftless_planner::{Held, Lock, Plan};
use std::collections::{BTreeMap, BTreeSet};

/// Relations whose locks are shown.
const LOCKED: usize = 12;

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
    let steps = counted(plan.steps().count(), "step");
    let inside = plan.segments.iter().filter(|s| s.transaction).count();
    let outside = plan.segments.len() - inside;
    let places = match (inside, outside) {
        (0, _) => "outside of a transaction".to_string(),
        (_, 0) => format!("in {}", counted(inside, "transaction")),
        (_, n) => format!("in {} and {n} outside", counted(inside, "transaction")),
    };
    let lost = match losses(plan) {
        0 => "nothing is lost".to_string(),
        n => plural(n, "loss", "losses"),
    };
    let back = if is_reversible(plan) {
        "reversible"
    } else {
        "not wholly reversible"
    };
    format!(
        "{} · {steps} {places} · {lost} · {back}",
        counted(plan.changes, "change")
    )
}

/// How many different things are lost.
pub(crate) fn losses(plan: &Plan) -> usize {
    plan.steps()
        .flat_map(|s| &s.facts.losses)
        .map(|l| (l.code, &l.object, &l.what))
        .collect::<BTreeSet<_>>()
        .len()
}

/// The way back brings everything back.
pub(crate) fn is_reversible(plan: &Plan) -> bool {
    plan.steps()
        .all(|s| s.facts.irreversible.is_none() && s.facts.losses.is_empty())
}

/// Per relation, the longest time each mode is held.
pub(crate) fn locks(plan: &Plan) -> Option<String> {
    let mut by: BTreeMap<String, BTreeMap<&str, Held>> = BTreeMap::new();
    let mut order: Vec<String> = Vec::new();
    let sizes: BTreeMap<String, (u64, u64)> = sizes(plan)
        .map(|(id, size)| (one_line(&id.to_string()), size))
        .collect();
    for lock in plan.steps().flat_map(|s| &s.facts.locks) {
        let Lock { on, mode, held, .. } = lock;
        let name = one_line(&on.to_string());
        if !by.contains_key(&name) {
            order.push(name.clone());
        }
        let known = by.entry(name).or_default().entry(mode).or_insert(*held);
        *known = (*known).max(*held);
    }
    if order.is_empty() {
        return None;
    }
    let mut parts: Vec<String> = order
        .iter()
        .take(LOCKED)
        .filter_map(|name| {
            let modes: Vec<String> = by.get(name)?.iter().map(mode_text).collect();
            let size = sizes.get(name).map(|s| format!(", {}", sized(*s)));
            let size = size.unwrap_or_default();
            Some(format!("{name} {}{size}", modes.join(", ")))
        })
        .collect();
    if order.len() > LOCKED {
        parts.push(format!("and {} more", order.len() - LOCKED));
    }
    Some(parts.join(" · "))
}

/// The relations that are read or written whole, or lose something, with their estimated rows and bytes.
pub(crate) fn sizes(plan: &Plan) -> impl Iterator<Item = (&ObjectId, (u64, u64))> {
    let mut costly: BTreeSet<&ObjectId> = BTreeSet::new();
    for step in plan.steps() {
        let lost = |on: &ObjectId| {
            let name = on.to_string();
            step.facts.losses.iter().any(|l| {
                let rest = l.object.strip_prefix(&name);
                rest.is_some_and(|r| r.is_empty() || r.starts_with('.'))
            })
        };
        let locks = step.facts.locks.iter();
        costly.extend(
            locks
                .filter(|l| l.held > Held::Instant || lost(&l.on))
                .map(|l| &l.on),
        );
    }
    costly
        .into_iter()
        .filter_map(|id| Some((id, *plan.sizes.get(id)?)))
}

/// `about 1200000 rows, 340 MB`
fn sized((rows, bytes): (u64, u64)) -> String {
    format!("about {}, {}", counted(rows as usize, "row"), people(bytes))
}

/// Bytes as people say them, in powers of 1024 as PostgreSQL's `pg_size_pretty` does.
fn people(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "kB", "MB", "GB", "TB"];
    let (mut value, mut unit) = (bytes, 0);
    while value >= 10 * 1024 && unit + 1 < UNITS.len() {
        value /= 1024;
        unit += 1;
    }
    format!("{value} {}", UNITS[unit])
}

fn mode_text((mode, held): (&&str, &Held)) -> String {
    let held = match held {
        Held::Instant => "instant",
        Held::Scan => "while it is scanned",
        Held::Rewrite => "while it is rewritten",
    };
    format!("{mode} ({held})")
}

pub(crate) fn hazards(plan: &Plan) -> Vec<String> {
    let mut seen = BTreeSet::new();
    plan.steps()
        .flat_map(|s| &s.facts.hazards)
        .map(|h| one_line(h))
        .filter(|h| seen.insert(h.clone()))
        .collect()
}
