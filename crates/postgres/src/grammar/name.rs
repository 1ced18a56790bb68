//! Names in statements → names and ids of the model.
//!
//! Invariant: a schema that was not written is the empty name; names are cut at 63 bytes as the server cuts them.

use super::{Read, data_type, list};
use driftless_model::{Kind, Name, ObjectId};
use driftless_sql::{Cursor, Diagnostic, Ident, Span, Syntax, quote_name};

/// NAMEDATALEN - 1 (manual, 4.1.1).
const LONGEST: usize = 63;

pub(super) fn exact(text: &str) -> Name {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    Name::exact(&text[..end])
}

/// One name without a schema.
pub(super) fn single(c: &mut Cursor, what: &str) -> Read<Name> {
    Ok(exact(&c.ident(what)?.text))
}

/// The kind with its article, as messages say it.
pub(super) fn a(kind: Kind) -> String {
    let noun = kind.noun();
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {noun}")
}

/// `name` or `schema.name` (a database in front is not kept), with the span of the whole.
pub(super) fn object(c: &mut Cursor, kind: Kind, what: &str) -> Read<(ObjectId, Span)> {
    let from = c.pos();
    let parts = c.name(what)?;
    let span = c.span_from(from);
    Ok((id(c, kind, &parts, span)?, span))
}

/// The id that dotted names mean.
pub(super) fn id(c: &Cursor, kind: Kind, parts: &[Ident], span: Span) -> Read<ObjectId> {
    let flat = !kind.has_schema();
    match parts {
        [name] => Ok(ObjectId::new(kind, Name::default(), exact(&name.text))),
        [schema, name] | [_, schema, name] if !flat => {
            Ok(ObjectId::new(kind, exact(&schema.text), exact(&name.text)))
        }
        _ => Err(Diagnostic::error(
            "D0101",
            format!("the name of a {} has too many parts", kind.noun()),
        )
        .at(c.place(span))
        .label(if flat {
            "expected one name"
        } else {
            "expected `schema.name`"
        })),
    }
}

/// `relation.column`, `schema.relation.column`.
pub(super) fn column(c: &mut Cursor) -> Read<(ObjectId, Name)> {
    let from = c.pos();
    let parts = c.name("a column")?;
    let span = c.span_from(from);
    match parts.split_last() {
        Some((last, relation)) if !relation.is_empty() => {
            Ok((id(c, Kind::Table, relation, span)?, exact(&last.text)))
        }
        _ => Err(Diagnostic::error("D0101", "a column without its table")
            .at(c.place(span))
            .label("expected `table.column`")),
    }
}

/// The name as SQL, quoted where it must be: for what the model keeps as text (collations, operator classes).
pub(super) fn spelled(c: &mut Cursor, what: &str) -> Read<String> {
    let parts = c.name(what)?;
    let quoted: Vec<String> = parts
        .iter()
        .map(|p| quote_name(exact(&p.text).as_str(), Syntax::Postgres))
        .collect();
    Ok(quoted.join("."))
}

/// A role; `CURRENT_USER` and its like stay words, PUBLIC is the empty name.
pub(super) fn role(c: &mut Cursor) -> Read<String> {
    let quoted = c
        .peek()
        .is_some_and(|t| t.kind == driftless_sql::TokenKind::Quoted);
    let name = single(c, "a role")?;
    if !quoted && name.as_str() == "public" {
        return Ok(String::new());
    }
    Ok(name.as_str().to_owned())
}

/// `name(types)` or, where only one exists, `name`.
pub(super) fn routine(c: &mut Cursor, kind: Kind) -> Read<(ObjectId, Span)> {
    let (id, span) = object(c, kind, "a routine's name")?;
    if !c.at_symbol("(") {
        return Ok((id, span));
    }
    let mut group = c.group_cursor()?;
    let mut types = Vec::new();
    let every = kind == Kind::Aggregate && group.eat_symbol("*");
    if !(every || group.done()) {
        for argument in list(&mut group, data_type::argument)? {
            if matches!(argument.mode, "in" | "inout" | "variadic") {
                types.push(argument.ty.text);
            }
        }
    }
    group.finish()?;
    Ok((id.with_args(types.join(", ")), span))
}

/// `USING` method, `LANGUAGE` name and their like: a word, a quoted name or a string.
pub(super) fn word_or_string(c: &mut Cursor, what: &str) -> Read<String> {
    super::value(c, what)
}
