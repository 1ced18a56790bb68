//! CREATE VIEW and ALTER VIEW.

use super::{Lead, column_name, if_not_exists, named, sql_text};
use driftless_model::{Kind, Object, Server, View};
use driftless_planner::{Action, Create, Parsed};
use driftless_sql::{Cursor, Diagnostic};

pub fn create(cur: &mut Cursor, lead: Lead, _server: Server) -> Result<Parsed, Diagnostic> {
    cur.expect("view")?;
    let if_not_exists = if_not_exists(cur);
    let (id, span) = named(cur, Kind::View, "a view's name")?;
    let mut view = View {
        populated: true,
        options: lead.options,
        ..View::default()
    };
    // What is as usual is not said.
    if view
        .options
        .get("algorithm")
        .is_some_and(|a| a == "undefined")
    {
        view.options.remove("algorithm");
    }
    if view.options.get("security").is_some_and(|s| s == "definer") {
        view.options.remove("security");
    }
    if cur.at_symbol("(") {
        let columns = cur.ident_list("a column name")?;
        view.columns = columns.into_iter().map(column_name).collect();
    }
    cur.expect("as")?;
    let begin = cur.here();
    let query = cur.until(&|c: &Cursor| checked(c));
    if cur.text(query).trim().is_empty() {
        return Err(Diagnostic::error("D0101", "a query is missing")
            .at(cur.place(begin))
            .label("expected SELECT"));
    }
    view.query = sql_text(cur, query);
    if cur.eat("with") {
        let local = cur.eat("local");
        if !local {
            cur.eat("cascaded");
        }
        cur.expect_seq(&["check", "option"])?;
        view.check_option = Some(if local { "local" } else { "cascaded" }.into());
    }
    Ok(Parsed {
        parts: vec![(id.part(), span)],
        actions: vec![Action::Create(Box::new(Create {
            id,
            object: Object::new(view),
            if_not_exists,
            or_replace: lead.or_replace,
            concurrently: false,
        }))],
        ..Parsed::default()
    })
}

/// `WITH … CHECK OPTION` begins here, not a common table expression.
fn checked(cur: &Cursor) -> bool {
    cur.at_seq(&["with", "check", "option"])
        || cur.at_seq(&["with", "cascaded", "check"])
        || cur.at_seq(&["with", "local", "check"])
}
