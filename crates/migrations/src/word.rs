//! The single lines and words of a migration: step marks, consent, what steers a transaction.
//!
//! Neighbours: `parse` puts them together.

use crate::header::Spot;
use crate::migration::{Allow, Mark};
use driftless_sql::{Directive, RawStatement, Span, TokenKind};

/// How a statement steers a transaction.
pub(crate) enum Control {
    Begin,
    Commit,
    Other,
}

/// Whether a statement steers a transaction. Savepoints do not leave it.
pub(crate) fn control(statement: &RawStatement, text: &str) -> Option<Control> {
    let word = |at: usize| {
        let token = statement.tokens.get(at)?;
        (token.kind == TokenKind::Word).then(|| token.span.of(text).to_ascii_lowercase())
    };
    let second = word(1).unwrap_or_default();
    match word(0)?.as_str() {
        "begin" => Some(Control::Begin),
        "start" if second == "transaction" => Some(Control::Begin),
        "commit" if second == "prepared" => Some(Control::Other),
        "commit" | "end" => Some(Control::Commit),
        "rollback" => {
            let to = (1..4).any(|at| word(at).is_some_and(|w| w == "to"));
            (!to).then_some(Control::Other)
        }
        "abort" => Some(Control::Other),
        _ => None,
    }
}

pub(crate) fn allow(d: &Directive) -> Option<Allow> {
    let (code, object) = match d.value.split_once(char::is_whitespace) {
        Some((code, object)) => (code, Some(object.trim().to_string())),
        None => (d.value.as_str(), None),
    };
    let shaped = code.len() == 5
        && code.starts_with('D')
        && code.bytes().skip(1).all(|b| b.is_ascii_digit());
    shaped.then(|| Allow {
        code: code.to_string(),
        object: object.filter(|o| !o.is_empty()),
        at: Spot(d.span),
    })
}

/// `2/3 title  [tx 1 · …]`
pub(crate) fn mark(text: &str, span: Span) -> Option<Mark> {
    let (number, rest) = text.split_once('/')?;
    let (total, rest) = rest.split_once(' ')?;
    let (title, notes) = rest.rsplit_once("  [")?;
    let notes = notes.strip_suffix(']')?;
    if !notes.starts_with("tx ") && !notes.starts_with("no tx") {
        return None;
    }
    Some(Mark {
        number: number.parse().ok()?,
        total: total.parse().ok()?,
        title: title.to_string(),
        notes: notes.to_string(),
        at: Spot(span),
    })
}
