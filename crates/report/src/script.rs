//! A plan as SQL that the engine's own client runs as it stands.
//!
//! Invariant: the statements are the proved ones, byte for byte; what is not planned is a comment.

use crate::safe::one_line;
use driftless_model::Dialect;
use driftless_planner::{Plan, Segment};
use driftless_sql::{SourceId, Syntax, lex, split};

/// The whole script; empty where there is nothing to do.
pub fn script(plan: &Plan) -> String {
    let mut out = String::new();
    for u in plan.unproven.iter().filter(|u| !u.planned) {
        let name = one_line(&u.id.to_string());
        out.push_str(&format!("-- unproven: {} {name}\n", u.id.kind.noun()));
    }
    if plan.is_empty() {
        return out;
    }
    for line in &plan.frame.client {
        out.push_str(line);
        out.push('\n');
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
        out.push_str(&terminated(&step.text, plan.server.dialect));
    }
    if segment.transaction {
        lines(out, &plan.frame.commit);
    }
}

/// The statement with its semicolon, which a comment at the end must not swallow.
pub(crate) fn terminated(text: &str, dialect: Dialect) -> String {
    let syntax = dialect.syntax();
    if syntax.is_mysql() && split(text, syntax, SourceId(0)).0.len() <= 1 && several(text, syntax) {
        return delimited(text);
    }
    let last = text.lines().next_back().unwrap_or_default();
    let open = last.contains("--") && {
        let (_, comments, _) = lex(text, syntax, SourceId(0));
        let end = text.trim_end().len();
        comments.last().is_some_and(|c| c.line && c.span.end >= end)
    };
    format!(
        "{text}{};
",
        if open {
            "
"
        } else {
            ""
        }
    )
}

/// A semicolon stands inside the statement.
fn several(text: &str, syntax: Syntax) -> bool {
    let (tokens, _, _) = lex(text, syntax, SourceId(0));
    tokens.iter().any(|t| t.span.of(text) == ";")
}

/// For a client that cuts at semicolons: the statement with another end.
fn delimited(text: &str) -> String {
    let mut end = "$$".to_owned();
    while text.contains(&end) {
        end.push('$');
    }
    format!("DELIMITER {end}\n{text}{end}\nDELIMITER ;\n")
}

fn lines(out: &mut String, texts: &[String]) {
    for text in texts {
        out.push_str(text);
        out.push_str(";\n");
    }
}
