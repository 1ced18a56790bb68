//! INSERT, UPDATE, DELETE and their like: rows, not schema.

use super::object_id;
use driftless_model::Kind;
use driftless_planner::{Action, Data, Parsed};
use driftless_sql::{Cursor, Diagnostic};

const WHY: &str = "INSERT, UPDATE and DELETE change rows only";

pub fn read(cur: &mut Cursor) -> Result<Parsed, Diagnostic> {
    let start = cur.pos();
    let tables = tables(cur);
    cur.reset(start);
    let span = cur.rest();
    let data = Data::Other {
        tables,
        text: cur.text(span).to_owned(),
    };
    Ok(Parsed {
        actions: vec![Action::Data(data)],
        ignored: Some(WHY),
        ..Parsed::default()
    })
}

/// The table that the statement writes into.
fn tables(cur: &mut Cursor) -> Vec<driftless_model::ObjectId> {
    while !cur.done() && !cur.at_any(&["into", "update", "from", "truncate"]) {
        cur.bump();
    }
    cur.bump();
    cur.eat("table");
    object_id(cur, Kind::Table, "a table").into_iter().collect()
}
