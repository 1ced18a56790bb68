//! A plan as SQL that the engine's own client runs as it stands.
//!
//! Invariant: the statements are the proved ones, byte for byte; what is not planned is a comment.

use driftless_planner::{Plan, Segment, Step};

/// The whole script; empty where there is nothing to do.
pub fn script(plan: &Plan) -> String {
    let mut out = String::new();
    for u in plan.unproven.iter().filter(|u| !u.planned) {
        out.push_str(&format!("-- unproven: {} {}\n", u.id.kind.noun(), u.id));
    }
    if plan.is_empty() {
        return out;
    }
    lines(&mut out, &plan.frame.head);
    for segment in &plan.segments {
        segment_text(&mut out, plan, segment);
    }
    lines(&mut out, &plan.frame.tail);
    out
}

fn segment_text(out: &mut String, plan: &Plan, segment: &Segment) {
    if segment.transaction {
        lines(out, &plan.frame.begin);
    }
    for step in &segment.steps {
        statement(out, step);
    }
    if segment.transaction {
        lines(out, &plan.frame.commit);
    }
}

fn statement(out: &mut String, step: &Step) {
    out.push_str(&step.text);
    out.push_str(";\n");
}

fn lines(out: &mut String, texts: &[String]) {
    for text in texts {
        out.push_str(text);
        out.push_str(";\n");
    }
}
