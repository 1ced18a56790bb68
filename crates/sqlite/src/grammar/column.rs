//! A column's definition, in CREATE TABLE and in ADD COLUMN.
//!
//! Invariant: keys, checks and foreign keys in it become constraints of the table, in the order written.

use super::constraint::{self, Found};
use super::{bracketed, on_conflict, sql_text};
use crate::text::type_text;
use driftless_model::{
    Check, Column, Constraint, ConstraintBody, Generated, Key, KeyPart, Name, ObjectId, TypeRef,
};
use driftless_sql::{Cursor, Diagnostic, Span, TokenKind};

/// Words that end a type.
const ENDS_TYPE: &[&str] = &[
    "constraint",
    "primary",
    "not",
    "null",
    "unique",
    "check",
    "default",
    "collate",
    "references",
    "as",
    "on",
    "deferrable",
];

pub struct Definition {
    pub column: Column,
    pub span: Span,
    pub constraints: Vec<Found>,
}

pub fn read(cur: &mut Cursor, table: &ObjectId) -> Result<Definition, Diagnostic> {
    let name = cur.ident("a column name")?;
    let mut out = Definition {
        column: Column {
            name: Name::folded(name.text),
            ty: TypeRef::new(column_type(cur)?),
            ..Column::default()
        },
        span: name.span,
        constraints: Vec::new(),
    };
    let mut named = None;
    loop {
        if cur.eat("constraint") {
            named = Some(Name::folded(cur.ident("a constraint name")?.text));
            continue;
        }
        if !clause(cur, table, &mut out, &mut named)? {
            return Ok(out);
        }
    }
}

fn column_type(cur: &mut Cursor) -> Result<String, Diagnostic> {
    let from = cur.pos();
    loop {
        let word = match cur.peek().map(|t| t.kind) {
            Some(TokenKind::Word) => {
                !cur.at_any(ENDS_TYPE) && !cur.at_seq(&["generated", "always"])
            }
            Some(TokenKind::Quoted | TokenKind::Text) => true,
            _ => false,
        };
        if !word {
            break;
        }
        cur.bump();
    }
    if cur.pos() == from {
        return Ok(String::new());
    }
    if cur.at_symbol("(") {
        let mut inner = cur.group_cursor()?;
        type_argument(&mut inner)?;
        if inner.eat_symbol(",") {
            type_argument(&mut inner)?;
        }
        inner.finish()?;
    }
    Ok(type_text(cur.text(cur.span_from(from))))
}

/// A signed number; SQLite also takes words (`VARCHAR(max)`).
fn type_argument(cur: &mut Cursor) -> Result<(), Diagnostic> {
    if cur.peek().is_some_and(|t| t.kind == TokenKind::Word) {
        cur.bump();
        return Ok(());
    }
    cur.number_text("a number").map(|_| ())
}

/// One column constraint; false where none follows.
fn clause(
    cur: &mut Cursor,
    table: &ObjectId,
    out: &mut Definition,
    named: &mut Option<Name>,
) -> Result<bool, Diagnostic> {
    let column = out.column.name.clone();
    let mut found = |body: ConstraintBody, named: &mut Option<Name>| {
        out.constraints.push(Found {
            name: named.take(),
            constraint: Constraint::new(table.clone(), body),
        });
    };
    match cur.word().as_deref() {
        Some("primary") => {
            cur.expect_seq(&["primary", "key"])?;
            let mut key = key_of(column);
            key.columns[0].descending = direction(cur);
            key.conflict = on_conflict(cur)?;
            key.autoincrement = cur.eat("autoincrement");
            found(ConstraintBody::PrimaryKey(key), named);
        }
        Some("unique") => {
            cur.bump();
            let mut key = key_of(column);
            key.conflict = on_conflict(cur)?;
            found(ConstraintBody::Unique(key), named);
        }
        Some("check") => {
            cur.bump();
            let expr = bracketed(cur)?;
            let conflict = None;
            found(ConstraintBody::Check(Check { expr, conflict }), named);
        }
        Some("references") => {
            let key = constraint::references(cur, vec![column])?;
            let mut made = Constraint::new(table.clone(), ConstraintBody::ForeignKey(key));
            constraint::timing(cur, &mut made)?;
            out.constraints.push(Found {
                name: named.take(),
                constraint: made,
            });
        }
        _ => return attribute(cur, &mut out.column, named),
    }
    Ok(true)
}

fn key_of(column: Name) -> Key {
    Key {
        columns: vec![KeyPart::plain(column)],
        inline: true,
        ..Key::default()
    }
}

fn direction(cur: &mut Cursor) -> bool {
    if cur.eat("desc") {
        return true;
    }
    cur.eat("asc");
    false
}

/// What stays with the column.
fn attribute(
    cur: &mut Cursor,
    column: &mut Column,
    named: &mut Option<Name>,
) -> Result<bool, Diagnostic> {
    match cur.word().as_deref() {
        Some("not") => {
            cur.expect_seq(&["not", "null"])?;
            column.not_null = true;
            column.not_null_conflict = on_conflict(cur)?;
        }
        Some("null") => {
            cur.bump();
            on_conflict(cur)?;
        }
        Some("default") => {
            cur.bump();
            column.default = Some(default(cur)?);
        }
        Some("collate") => {
            cur.bump();
            column.collation = Some(cur.ident("a collation")?.text);
        }
        Some("generated" | "as") => {
            if cur.eat("generated") {
                cur.expect("always")?;
            }
            cur.expect("as")?;
            let expr = bracketed(cur)?;
            let stored = cur.eat("stored");
            if !stored {
                cur.eat("virtual");
            }
            column.generated = Some(Box::new(Generated { expr, stored }));
        }
        _ => return Ok(false),
    }
    // The name of such a constraint shows nowhere.
    *named = None;
    Ok(true)
}

fn default(cur: &mut Cursor) -> Result<driftless_model::SqlText, Diagnostic> {
    if cur.at_symbol("(") {
        return bracketed(cur);
    }
    let from = cur.pos();
    if cur.at_symbol("-") || cur.at_symbol("+") {
        cur.bump();
        if cur.at_symbol("(") {
            cur.group()?;
            return Ok(sql_text(cur, cur.span_from(from)));
        }
    }
    match cur.peek().map(|t| t.kind) {
        Some(TokenKind::Symbol | TokenKind::Param) | None => {
            Err(cur.unexpected("a value, or an expression in brackets"))
        }
        Some(_) => {
            cur.bump();
            Ok(sql_text(cur, cur.span_from(from)))
        }
    }
}
