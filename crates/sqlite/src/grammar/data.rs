//! INSERT, UPDATE, DELETE: rows, not schema. A copy from one table into another is told apart: it is what keeps the
//! rows of a rebuilt table.

use super::object_name_or_temporary;
use crate::text::id;
use driftless_model::{Kind, Name, ObjectId};
use driftless_planner::{Action, Data, Parsed};
use driftless_sql::{Cursor, Diagnostic};

const WHY: &str = "INSERT, UPDATE and DELETE change rows only";

pub fn read(cur: &mut Cursor) -> Result<Parsed, Diagnostic> {
    let start = cur.pos();
    let data = match copy(cur) {
        Some(copy) => copy,
        None => {
            cur.reset(start);
            let tables = tables(cur);
            cur.reset(start);
            let span = cur.rest();
            Data::Other {
                tables,
                text: cur.text(span).to_owned(),
            }
        }
    };
    cur.rest();
    Ok(Parsed {
        actions: vec![Action::Data(data)],
        ignored: Some(WHY),
        ..Parsed::default()
    })
}

/// The table that the statement writes into.
fn tables(cur: &mut Cursor) -> Vec<ObjectId> {
    while !cur.done() && !cur.at_any(&["into", "update", "from"]) {
        cur.bump();
    }
    cur.bump();
    match object_name_or_temporary(cur) {
        Ok(Some(name)) => vec![id(Kind::Table, name.text)],
        _ => Vec::new(),
    }
}

/// `INSERT INTO a (…) SELECT … FROM b`, and nothing behind it.
fn copy(cur: &mut Cursor) -> Option<Data> {
    if !cur.eat_seq(&["insert", "into"]) && !cur.eat_seq(&["insert", "or", "abort", "into"]) {
        return None;
    }
    let to = object_name_or_temporary(cur).ok()??;
    if !cur.at_symbol("(") {
        return None;
    }
    let names = cur.ident_list("a column").ok()?;
    if !cur.eat("select") || cur.at("distinct") {
        return None;
    }
    let mut exprs = Vec::new();
    loop {
        let from = cur.pos();
        let span = cur.until(&|c: &Cursor| c.at_symbol(",") || c.at("from"));
        if cur.pos() == from {
            return None;
        }
        exprs.push(cur.text(span).to_owned());
        if !cur.eat_symbol(",") {
            break;
        }
    }
    cur.expect("from").ok()?;
    let from = object_name_or_temporary(cur).ok()??;
    if !cur.done() || names.len() != exprs.len() {
        return None;
    }
    let columns = names
        .into_iter()
        .map(|n| Name::folded(n.text))
        .zip(exprs)
        .collect();
    Some(Data::Copy {
        from: id(Kind::Table, from.text),
        to: id(Kind::Table, to.text),
        columns,
    })
}
