//! CREATE VIEW.

use super::{if_not_exists, object_name, sql_text};
use crate::text::id;
use driftless_model::{Kind, Name, Object, View};
use driftless_planner::{Action, Create, Parsed};
use driftless_sql::{Cursor, Diagnostic};

pub fn create(cur: &mut Cursor) -> Result<Parsed, Diagnostic> {
    cur.expect("view")?;
    let if_not_exists = if_not_exists(cur);
    let name = object_name(cur, "a view name")?;
    let columns = if cur.at_symbol("(") {
        cur.ident_list("a column name")?
            .into_iter()
            .map(|i| Name::folded(i.text))
            .collect()
    } else {
        Vec::new()
    };
    cur.expect("as")?;
    if !cur.at_any(&["select", "with", "values"]) {
        return Err(cur.unexpected("a query"));
    }
    let span = cur.rest();
    let view = View {
        query: sql_text(cur, span),
        columns,
        ..View::default()
    };
    let id = id(Kind::View, name.text);
    Ok(Parsed {
        parts: vec![(id.part(), name.span)],
        actions: vec![Action::Create(Box::new(Create {
            id,
            object: Object::new(view),
            if_not_exists,
            or_replace: false,
            concurrently: false,
        }))],
        ..Parsed::default()
    })
}
