//! Kinds that the server has and the model does not: named, never skipped in silence.
//!
//! Neighbours: `comment` and `drop` ask [`target`] what a phrase means. Invariant: a statement is named with the kind's
//! noun and the object's name; what sits on a table says so.

use super::{Read, Reader, folded, grant, unknown};
use driftless_model::ObjectId;
use driftless_sql::Span;

/// How the name behind a noun looks.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    /// `a.b`
    Dotted,
    /// A number.
    Number,
}

/// The words of a kind, its noun, and the form of its names.
const KINDS: &[(&[&str], &str, Form)] = &[
    (&["large", "object"], "large object", Form::Number),
    (&["database"], "database", Form::Dotted),
    (&["tablespace"], "tablespace", Form::Dotted),
];

/// What a phrase like `TEXT SEARCH PARSER a.b` means.
pub(super) struct Target {
    noun: &'static str,
    name: String,
    on: Option<ObjectId>,
    span: Span,
}

/// From the noun to behind the name; `None`: no noun of an unmodelled kind.
pub(super) fn target(r: &mut Reader) -> Read<Option<Target>> {
    let Some((words, noun, form)) = KINDS.iter().find(|(words, _, _)| r.at_seq(words)) else {
        return Ok(None);
    };
    for _ in *words {
        r.bump();
    }
    let _ = r.if_not_exists() || r.if_exists();
    let start = r.pos();
    named(r, *form)?;
    let name = match folded(r, start) {
        unnamed if unnamed.is_empty() => "without a name".to_owned(),
        name => name,
    };
    let span = r.span_from(start);
    Ok(Some(Target {
        noun,
        name,
        on: None,
        span,
    }))
}

fn named(r: &mut Reader, form: Form) -> Read<()> {
    match form {
        Form::Dotted => {
            r.name("a name")?;
        }
        Form::Number => {
            r.number_text("a number")?;
        }
    }
    Ok(())
}

fn push(r: &mut Reader, target: Target) {
    r.unmodelled(target.noun, target.name, target.on, target.span);
}

/// CREATE of a kind that no other file reads.
pub(super) fn create(r: &mut Reader, start: usize) -> Read<()> {
    let Some(target) = target(r)? else {
        return Err(unknown::statement(r, start));
    };
    r.rest();
    push(r, target);
    Ok(())
}

/// ALTER of a kind that no other file reads.
pub(super) fn alter(r: &mut Reader, start: usize) -> Read<()> {
    let from = r.pos();
    if r.at_seq(&["default", "privileges"]) {
        return grant::defaults(r, start);
    }
    let setting = if r.eat("system") {
        Some("server setting")
    } else {
        None
    };
    if let Some(what) = setting {
        let body = r.pos();
        r.rest();
        let span = r.span_from(from);
        let written = folded(r, body);
        r.unmodelled(what, written, None, span);
        return Ok(());
    }
    let Some(target) = target(r)? else {
        return Err(unknown::statement(r, start));
    };
    let owner = r.at_seq(&["owner", "to"]);
    r.rest();
    if owner {
        r.out.ignored = Some("owners of what is not modelled");
        return Ok(());
    }
    push(r, target);
    Ok(())
}

/// DROP of a kind that no other file reads: what it drops was named where it was made.
pub(super) fn drop(r: &mut Reader, start: usize) -> Read<()> {
    if target(r)?.is_none() {
        return Err(unknown::statement(r, start));
    }
    r.ignore("it drops what is not modelled")
}

/// Every first noun, for suggestions.
pub(super) fn nouns() -> impl Iterator<Item = &'static str> {
    KINDS
        .iter()
        .filter_map(|(words, _, _)| words.first().copied())
}
