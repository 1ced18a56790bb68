//! CREATE INDEX.

use super::{if_not_exists, object_name, sql_text};
use crate::text::id;
use driftless_model::{Index, IndexKey, KeyExpr, Kind, Name, Object};
use driftless_planner::{Action, Create, Parsed};
use driftless_sql::{Cursor, Diagnostic, TokenKind};

pub fn create(cur: &mut Cursor, unique: bool) -> Result<Parsed, Diagnostic> {
    cur.expect("index")?;
    let if_not_exists = if_not_exists(cur);
    let name = object_name(cur, "an index name")?;
    cur.expect("on")?;
    let table = cur.ident("a table name")?;
    let mut inner = cur.group_cursor()?;
    let mut keys = Vec::new();
    loop {
        keys.push(key(&mut inner)?);
        if !inner.eat_symbol(",") {
            break;
        }
    }
    inner.finish()?;
    let mut filter = None;
    if cur.eat("where") {
        let span = cur.rest();
        filter = Some(sql_text(cur, span));
    }
    let index = Index {
        table: id(Kind::Table, table.text),
        unique,
        method: "btree".into(),
        keys,
        include: Vec::new(),
        filter,
        nulls_not_distinct: false,
        options: driftless_model::Options::new(),
        tablespace: None,
        valid: true,
    };
    let id = id(Kind::Index, name.text);
    Ok(Parsed {
        parts: vec![(id.part(), name.span)],
        actions: vec![Action::Create(Box::new(Create {
            id,
            object: Object::new(index),
            if_not_exists,
            or_replace: false,
            concurrently: false,
        }))],
        ..Parsed::default()
    })
}

/// `expr [COLLATE c] [ASC | DESC]`: a lone name is a column, whatever quotes it has.
fn key(cur: &mut Cursor) -> Result<IndexKey, Diagnostic> {
    let from = cur.pos();
    let lone = cur.peek().is_some_and(|t| {
        matches!(
            t.kind,
            TokenKind::Word | TokenKind::Quoted | TokenKind::Text
        )
    }) && is_end(cur, 1);
    let expr = if lone {
        KeyExpr::Column(Name::folded(cur.ident("a column name")?.text))
    } else {
        let span = cur.until(&|c: &Cursor| {
            c.at_symbol(",") || c.at("asc") || c.at("desc") || (c.at("collate") && ends_after(c))
        });
        if cur.pos() == from {
            return Err(cur.unexpected("a column or an expression"));
        }
        KeyExpr::Expr(sql_text(cur, span))
    };
    let mut key = IndexKey {
        expr,
        collation: None,
        opclass: None,
        descending: false,
        nulls_first: false,
        prefix: None,
        statistics: None,
    };
    if cur.eat("collate") {
        key.collation = Some(cur.ident("a collation")?.text);
    }
    if cur.eat("desc") {
        key.descending = true;
    } else {
        cur.eat("asc");
    }
    Ok(key)
}

/// The key's own end stands at the nth token: a comma, a direction, a collation.
fn is_end(cur: &Cursor, n: usize) -> bool {
    match cur.peek_nth(n) {
        None => true,
        Some(t) => {
            let raw = cur.text(t.span);
            raw == ","
                || ["asc", "desc", "collate"]
                    .iter()
                    .any(|w| raw.eq_ignore_ascii_case(w))
        }
    }
}

/// Behind `COLLATE name` the key ends: it is the key's collation, not a part of the expression.
fn ends_after(cur: &Cursor) -> bool {
    match cur.peek_nth(2) {
        None => true,
        Some(t) => {
            let raw = cur.text(t.span);
            raw == "," || raw.eq_ignore_ascii_case("asc") || raw.eq_ignore_ascii_case("desc")
        }
    }
}
