//! A column's definition, in CREATE TABLE and in ALTER TABLE.
//!
//! Invariant: keys, checks and foreign keys in it become objects of the table, in the order written.

use super::index::{Found, named_constraint};
use super::types::{self, word_or_text};
use super::{bracketed, column_name, index, sql_text};
use crate::features::{Feature, has};
use driftless_model::{
    Check, Column, Constraint, ConstraintBody, Dialect, Generated, MyColumn, Name, ObjectId,
    Server, SqlText, TypeRef,
};
use driftless_sql::{Cursor, Diagnostic, Span, TokenKind};

/// It says a collation.
pub const SAID: &str = MyColumn::SAID_COLLATION;

/// A column with what hangs on it.
pub struct Definition {
    pub column: Column,
    pub span: Span,
    pub found: Vec<Found>,
}

pub fn read(cur: &mut Cursor, table: &ObjectId, server: Server) -> Result<Definition, Diagnostic> {
    let name = cur.ident("a column name")?;
    let span = name.span;
    let ty = types::canonical(cur, server)?;
    let charset = ty.charset.is_some() || ty.binary;
    let name = column_name(name);
    let mut out = Definition {
        column: Column {
            name: name.clone(),
            ty: TypeRef::new(ty.text),
            collation: collation(ty.charset, ty.collation, ty.binary),
            ..Column::default()
        },
        span,
        found: Vec::new(),
    };
    let mut my = MyColumn::default();
    if ty.serial {
        out.column.not_null = true;
        my.auto_increment = true;
        out.found.push(index::unique_of(table, &name));
    }
    if ty.json {
        let expr = format!("json_valid({})", crate::text::quoted(&name));
        my.check = Some(SqlText::new(expr));
    }
    while clause(cur, table, server, &mut out, &mut my)? {}
    if server.dialect == Dialect::Mysql && out.column.collation.is_some() {
        let how = if charset { "charset" } else { "collation" };
        my.options.insert(SAID.into(), how.into());
    }
    if my != MyColumn::default() {
        out.column.my = Some(Box::new(my));
    }
    Ok(out)
}

/// A collation, or what stands for the default one of a character set until the table is made (`charset:latin1`).
pub fn collation(
    charset: Option<String>,
    collation: Option<String>,
    binary: bool,
) -> Option<String> {
    match (charset, collation) {
        // A collation of several character sets (manual of MariaDB, Supported Character Sets).
        (Some(charset), Some(collation)) if collation.starts_with("uca1400_") => {
            Some(format!("{charset}_{collation}"))
        }
        (_, Some(collation)) => Some(collation),
        (Some(charset), None) if binary => Some(format!("{charset}_bin")),
        (Some(charset), None) => Some(format!("charset:{charset}")),
        (None, None) if binary => Some("binary:".into()),
        (None, None) => None,
    }
}

fn check(table: &ObjectId, name: Option<Name>, expr: SqlText) -> Found {
    let conflict = None;
    let body = ConstraintBody::Check(Check { expr, conflict });
    named_constraint(name, Constraint::new(table.clone(), body))
}

fn clause(
    cur: &mut Cursor,
    table: &ObjectId,
    server: Server,
    out: &mut Definition,
    my: &mut MyColumn,
) -> Result<bool, Diagnostic> {
    let column = &mut out.column;
    match cur.word().as_deref() {
        Some("not") if cur.at_seq(&["not", "null"]) => {
            cur.eat_seq(&["not", "null"]);
            column.not_null = true;
        }
        Some("null") => {
            cur.bump();
            column.not_null = false;
        }
        Some("default") => {
            cur.bump();
            let text = default(cur)?;
            let none = text.written.eq_ignore_ascii_case("null");
            column.default = (!none).then_some(text);
        }
        Some("on") if cur.at_seq(&["on", "update"]) => {
            cur.eat_seq(&["on", "update"]);
            my.on_update = Some(now(cur)?);
        }
        Some("auto_increment") => {
            cur.bump();
            my.auto_increment = true;
        }
        Some("primary") | Some("key") => {
            cur.eat("primary");
            cur.expect("key")?;
            let name = column.name.clone();
            // A primary key is never null.
            column.not_null = true;
            out.found.push(index::primary_of(table, &name));
        }
        Some("unique") => {
            cur.bump();
            cur.eat("key");
            let name = column.name.clone();
            out.found.push(index::unique_of(table, &name));
        }
        Some("comment") => {
            cur.bump();
            let text = cur.string("a comment")?;
            column.comment = (!text.is_empty()).then_some(text);
        }
        Some("collate") => {
            cur.bump();
            cur.eat_symbol("=");
            let said = word_or_text(cur, "a collation")?;
            let charset = column.collation.take();
            let charset = charset.and_then(|c| c.strip_prefix("charset:").map(str::to_owned));
            column.collation = collation(charset, Some(said), false);
        }
        Some("charset" | "character") => {
            if !cur.eat("charset") {
                cur.expect_seq(&["character", "set"])?;
            }
            let charset = word_or_text(cur, "a character set")?;
            column.collation = collation(Some(charset), column.collation.take(), false);
        }
        Some("generated" | "as") => generated(cur, column, my)?,
        Some("constraint" | "check") => {
            let mut name = None;
            if cur.eat("constraint") && !cur.at("check") {
                name = Some(column_name(cur.ident("a constraint name")?));
            }
            cur.expect("check")?;
            let expr = bracketed(cur)?;
            let enforced = index::enforced(cur);
            if has(server, Feature::ColumnChecks) {
                my.check = Some(expr);
            } else {
                let mut found = check(table, name, expr);
                found.enforced(enforced);
                out.found.push(found);
            }
        }
        Some("references") => {
            let columns = vec![column.name.clone()];
            let key = index::references(cur, columns)?;
            if has(server, Feature::InlineReferences) {
                let body = ConstraintBody::ForeignKey(key);
                let made = Constraint::new(table.clone(), body);
                out.found.push(named_constraint(None, made));
            }
        }
        Some("invisible") => {
            cur.bump();
            my.invisible = true;
        }
        Some("visible") => {
            cur.bump();
        }
        Some("srid" | "ref_system_id") => {
            cur.bump();
            cur.eat_symbol("=");
            let number = cur.number_text("a spatial reference system")?;
            my.options.insert("srid".into(), number);
        }
        Some(word @ ("column_format" | "storage")) => {
            let word = word.to_owned();
            cur.bump();
            let value = cur.ident("a word")?.text.to_ascii_lowercase();
            if value != "default" {
                my.options.insert(word, value);
            }
        }
        Some(word @ ("engine_attribute" | "secondary_engine_attribute")) => {
            let word = word.to_owned();
            cur.bump();
            cur.eat_symbol("=");
            let value = cur.string("an attribute")?;
            my.options.insert(word, value);
        }
        Some("compressed") => {
            cur.bump();
            let mut how = String::new();
            if cur.eat_symbol("=") {
                how = cur.ident("a method")?.text.to_ascii_lowercase();
            }
            // The one method that servers use where none is said.
            if how == "zlib" {
                how.clear();
            }
            my.options.insert("compressed".into(), how);
        }
        Some("with" | "without") if versioning(cur) => {
            let without = cur.at("without");
            cur.bump();
            cur.expect_seq(&["system", "versioning"])?;
            let with = if without { "without" } else { "with" };
            my.options.insert("system versioning".into(), with.into());
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn versioning(cur: &Cursor) -> bool {
    cur.at_seq(&["with", "system", "versioning"])
        || cur.at_seq(&["without", "system", "versioning"])
}

/// `GENERATED ALWAYS AS (…) STORED`, `AS ROW START`.
fn generated(cur: &mut Cursor, column: &mut Column, my: &mut MyColumn) -> Result<(), Diagnostic> {
    if cur.eat("generated") {
        cur.expect("always")?;
    }
    cur.expect("as")?;
    if cur.eat("row") {
        let start = cur.eat("start");
        if !start {
            cur.expect("end")?;
        }
        let which = if start { "start" } else { "end" };
        my.options.insert("row".into(), which.into());
        return Ok(());
    }
    let expr = bracketed(cur)?;
    let stored = cur.eat("stored") || cur.eat("persistent");
    if !stored {
        cur.eat("virtual");
    }
    column.generated = Some(Box::new(Generated { expr, stored }));
    Ok(())
}

/// A literal, a function of the time, or an expression (in brackets on MySQL, without on MariaDB).
fn default(cur: &mut Cursor) -> Result<SqlText, Diagnostic> {
    let from = cur.pos();
    if cur.at_symbol("-") || cur.at_symbol("+") {
        cur.bump();
    }
    let Some(token) = cur.peek() else {
        return Err(cur.unexpected("a value"));
    };
    if cur.at_symbol("(") {
        cur.group()?;
    } else if token.kind == TokenKind::Symbol {
        return Err(cur.unexpected("a value, or an expression in brackets"));
    } else {
        cur.bump();
        let raw = cur.text(token.span);
        // An introducer and its string.
        let introduces = raw.starts_with('_')
            || ["n", "date", "time", "timestamp"]
                .iter()
                .any(|w| raw.eq_ignore_ascii_case(w));
        if introduces && cur.peek().is_some_and(|t| t.kind == TokenKind::Text) {
            cur.bump();
        }
        let prefix = ["b", "x"].iter().any(|p| raw.eq_ignore_ascii_case(p));
        if prefix && cur.peek().is_some_and(|t| t.kind == TokenKind::Text) {
            cur.bump();
        }
        // Strings beside each other are one.
        while token.kind == TokenKind::Text && cur.peek().is_some_and(|t| t.kind == TokenKind::Text)
        {
            cur.bump();
        }
        if token.kind == TokenKind::Word && cur.eat_symbol(".") {
            cur.bump();
        }
        if token.kind == TokenKind::Word && cur.at_symbol("(") {
            cur.group()?;
        }
        if token.kind == TokenKind::Word && cur.eat_seq(&["value", "for"]) {
            cur.name("a sequence")?;
        }
    }
    Ok(sql_text(cur, cur.span_from(from)))
}

/// `CURRENT_TIMESTAMP(3)` and its synonyms, in one spelling.
fn now(cur: &mut Cursor) -> Result<String, Diagnostic> {
    const WORDS: &[&str] = &["current_timestamp", "now", "localtime", "localtimestamp"];
    if !cur.at_any(WORDS) {
        return Err(cur.unexpected("CURRENT_TIMESTAMP"));
    }
    cur.bump();
    let mut precision = String::new();
    if cur.at_symbol("(") {
        let span = cur.group()?;
        precision = cur.text(span).trim().to_owned();
    }
    Ok(match precision.as_str() {
        "" | "0" => "current_timestamp".into(),
        p => format!("current_timestamp({p})"),
    })
}
