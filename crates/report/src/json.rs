//! A plan as JSON, by `schema/plan.schema.json`.
//!
//! Invariant: nothing is shortened or capped; a reader of one revision can read all of that revision.

use crate::summary::{is_reversible, losses, sizes};
use crate::text::Heading;
use driftless_planner::{Facts, Group, Held, Plan, Segment, Step};
use serde_json::{Value, json};

/// The revision of the document; it grows when a reader of the former would break.
const VERSION: u32 = 1;

pub fn plan_json(plan: &Plan, heading: &Heading) -> String {
    let document = json!({
        "version": VERSION,
        "before": heading.before,
        "after": heading.after,
        "dialect": heading.dialect,
        "summary": {
            "changes": plan.changes,
            "steps": plan.steps().count(),
            "transactions": plan.segments.iter().filter(|s| s.transaction).count(),
            "losses": losses(plan),
            "reversible": is_reversible(plan),
        },
        "changes": plan.groups.iter().map(group).collect::<Vec<_>>(),
        "frame": {
            "client": plan.frame.client,
            "head": plan.frame.head,
            "begin": plan.frame.begin,
            "commit": plan.frame.commit,
            "tail": plan.frame.tail,
        },
        "segments": plan.segments.iter().map(segment).collect::<Vec<_>>(),
        "unproven": plan.unproven.iter().map(|u| json!({
            "kind": u.id.kind.noun(), "object": u.id.to_string(), "planned": u.planned,
        })).collect::<Vec<_>>(),
        "refused": plan.refused.iter().map(|l| json!({
            "code": l.code, "object": l.object, "loses": l.what,
        })).collect::<Vec<_>>(),
        "kept": plan.kept.iter().map(|id| json!({
            "kind": id.kind.noun(), "object": id.to_string(),
        })).collect::<Vec<_>>(),
        "unmodelled": plan.unmodelled.iter().map(|u| json!({
            "what": u.what, "name": u.name, "on": u.on.as_ref().map(ToString::to_string),
        })).collect::<Vec<_>>(),
        "likely_renames": plan.likely_renames.iter().map(|(from, to)| json!({
            "from": from.to_string(), "to": to.to_string(),
        })).collect::<Vec<_>>(),
        "outside": plan.outside,
        "sizes": sizes(plan).map(|(id, (rows, bytes))| json!({
            "kind": id.kind.noun(), "object": id.to_string(), "rows": rows, "bytes": bytes,
        })).collect::<Vec<_>>(),
    });
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

fn group(group: &Group) -> Value {
    json!({
        "kind": group.object.kind.noun(),
        "object": group.object.to_string(),
        "lines": group.lines.iter().map(|l| json!({
            "mark": l.mark.sign().to_string(),
            "what": l.what,
            "detail": l.detail,
            "cost": held(l.held),
            "loses": l.losses,
            "because": l.because,
        })).collect::<Vec<_>>(),
    })
}

fn segment(segment: &Segment) -> Value {
    json!({
        "transaction": segment.transaction,
        "steps": segment.steps.iter().map(step).collect::<Vec<_>>(),
    })
}

fn step(step: &Step) -> Value {
    let Facts {
        locks,
        rewrite,
        scan,
        losses,
        hazards,
        demands: _,
        irreversible,
    } = &step.facts;
    json!({
        "sql": step.text,
        "because": step.because,
        "locks": locks.iter().map(|l| json!({
            "on": l.on.to_string(), "mode": l.mode, "blocks_reads": l.blocks_reads, "blocks_writes": l.blocks_writes,
            "held": held(l.held),
        })).collect::<Vec<_>>(),
        "rewrite": rewrite,
        "scan": scan,
        "losses": losses.iter().map(|l| json!({ "code": l.code, "object": l.object, "what": l.what })).collect::<Vec<_>>(),
        "hazards": hazards,
        "irreversible": irreversible,
    })
}

fn held(held: Held) -> &'static str {
    match held {
        Held::Instant => "instant",
        Held::Scan => "scan",
        Held::Rewrite => "rewrite",
    }
}
