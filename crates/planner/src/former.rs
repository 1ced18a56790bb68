//! Conversions and fillings that speak of a column by the name that it has no more when they run.
//!
//! Neighbours: `rename` asks, since renames come first. Invariant: only what is certain is told; within a query the
//! name may be another table's.

use crate::action::Action;
use crate::dialect::Dialect;
use driftless_model::{Hints, Name, SqlText};
use driftless_sql::{Diagnostic, SourceId, Token, TokenKind, lex, token_name};

/// What is wrong with the expressions of `hints` once `renames` have run.
pub(crate) fn former(dialect: &dyn Dialect, hints: &Hints, renames: &[Action]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for action in renames {
        let Action::Rename { part, to } = action else {
            continue;
        };
        let Some(member) = &part.member else {
            continue;
        };
        let all = hints.usings.iter().chain(&hints.backfills);
        for (_, text) in all.filter(|(of, _)| of.object == part.object) {
            if speaks(dialect, text, member) {
                let what =
                    format!("the expression speaks of `{member}`, which is `{to}` when it runs");
                let mut d = Diagnostic::error("D0307", what)
                    .note("renames come first; all else is planned under the names of now")
                    .help(format!("write `{to}`"));
                d.place = text.place;
                found.push(d);
            }
        }
    }
    found
}

fn speaks(dialect: &dyn Dialect, text: &SqlText, member: &Name) -> bool {
    let written = text.written.as_str();
    let (tokens, ..) = lex(written, dialect.syntax(), SourceId(0));
    let mark = |at: Option<usize>| at.and_then(|at| tokens.get(at)).map(|t| t.span.of(written));
    let is_query = |t: &Token| t.span.of(written).eq_ignore_ascii_case("select");
    if tokens.iter().any(is_query) {
        return false;
    }
    tokens.iter().enumerate().any(|(at, token)| {
        let named = matches!(token.kind, TokenKind::Word | TokenKind::Quoted);
        // A function's or a schema's name, or a type's.
        let other =
            matches!(mark(Some(at + 1)), Some("(" | ".")) || mark(at.checked_sub(1)) == Some("::");
        let name = || dialect.name(token_name(token, written, dialect.syntax()));
        named && !other && name() == *member
    })
}
