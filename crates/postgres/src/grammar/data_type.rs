//! Types and routine arguments: how far they reach in the text.
//!
//! Invariant: a type is kept as written, white space folded; what it means is for the rows.

use super::{Read, bracketed, expression, folded, name};
use driftless_model::{Argument, TypeRef};
use driftless_sql::{Cursor, TokenKind};

/// Words that no type starts with: a column without a type stands before them.
const NEVER: &[&str] = &[
    "check",
    "collate",
    "constraint",
    "default",
    "not",
    "null",
    "primary",
    "references",
    "unique",
    "using",
];

pub(super) fn read(c: &mut Cursor) -> Read<TypeRef> {
    let from = c.pos();
    base(c)?;
    loop {
        if c.at_symbol("[") {
            c.bump();
            if c.peek().is_some_and(|t| t.kind == TokenKind::Number) {
                c.bump();
            }
            c.expect_symbol("]")?;
        } else if !c.eat("array") {
            break;
        }
    }
    Ok(TypeRef::new(folded(c, from)))
}

fn base(c: &mut Cursor) -> Read<()> {
    if c.at_any(NEVER) {
        return Err(c.unexpected("a type"));
    }
    let dotted = c.peek_nth(1).is_some_and(|t| c.text(t.span) == ".");
    let word = c.word().filter(|_| !dotted);
    match word.as_deref() {
        Some("double") if c.eat_seq(&["double", "precision"]) => return Ok(()),
        Some("national")
            if c.at_seq(&["national", "character"]) || c.at_seq(&["national", "char"]) =>
        {
            c.bump();
            c.bump();
            c.eat("varying");
        }
        Some("character" | "char" | "nchar" | "bit") => {
            c.bump();
            c.eat("varying");
        }
        Some("timestamp" | "time") => {
            c.bump();
            modifier(c)?;
            let _ = c.eat_seq(&["with", "time", "zone"]) || c.eat_seq(&["without", "time", "zone"]);
            return Ok(());
        }
        Some("interval") => {
            c.bump();
            interval_fields(c);
        }
        _ => {
            c.name("a type")?;
            if c.at_symbol("%") {
                c.bump();
                return c.expect("type");
            }
        }
    }
    modifier(c)
}

fn modifier(c: &mut Cursor) -> Read<()> {
    if c.at_symbol("(") {
        let group = c.group_cursor()?;
        if group.done() {
            return Err(group.unexpected("a number"));
        }
    }
    Ok(())
}

fn interval_fields(c: &mut Cursor) {
    const FIELDS: &[&str] = &["year", "month", "day", "hour", "minute", "second"];
    if c.at_any(FIELDS) {
        c.bump();
        if c.at("to") {
            c.bump();
            if c.at_any(FIELDS) {
                c.bump();
            }
        }
    }
}

/// `COLLATE name`, where written.
pub(super) fn collation(c: &mut Cursor) -> Read<Option<String>> {
    if c.eat("collate") {
        return name::spelled(c, "a collation").map(Some);
    }
    Ok(None)
}

/// `[mode] [name] type [DEFAULT value]`, the mode also behind the name.
pub(super) fn argument(c: &mut Cursor) -> Read<Argument> {
    let mut mode = mode(c);
    let mut argument_name = None;
    let start = c.pos();
    let mut ty = None;
    if let Ok(unnamed) = read(c)
        && (c.done() || c.at_symbol(",") || at_default(c))
    {
        ty = Some(unnamed);
    }
    let ty = match ty {
        Some(ty) => ty,
        None => {
            c.reset(start);
            argument_name = Some(name::single(c, "an argument")?);
            mode = mode.or_else(|| self::mode(c));
            read(c)?
        }
    };
    let default = if at_default(c) {
        c.bump();
        Some(expression(c, &[])?)
    } else {
        None
    };
    Ok(Argument {
        mode: mode.unwrap_or("in"),
        name: argument_name,
        ty,
        default,
    })
}

fn at_default(c: &Cursor) -> bool {
    c.at("default") || c.at_symbol("=") || c.at_symbol(":=")
}

fn mode(c: &mut Cursor) -> Option<&'static str> {
    if c.eat_seq(&["in", "out"]) || c.eat("inout") {
        return Some("inout");
    }
    ["in", "out", "variadic"]
        .into_iter()
        .find(|word| c.eat(word))
}

/// An operator: symbols, or `OPERATOR(schema.op)`, as written.
pub(super) fn operator(c: &mut Cursor) -> Read<String> {
    let from = c.pos();
    if c.eat("operator") {
        bracketed(c)?;
        return Ok(folded(c, from));
    }
    match c.peek() {
        Some(t) if t.kind == TokenKind::Symbol && !matches!(c.text(t.span), "," | "(" | ")") => {
            c.bump();
            Ok(c.text(t.span).to_owned())
        }
        _ => Err(c.unexpected("an operator")),
    }
}
