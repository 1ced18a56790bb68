//! CREATE TRIGGER. Triggers share one namespace in SQLite: their ids have no owner.

use super::{if_not_exists, object_name, sql_text};
use crate::text::id;
use driftless_model::{Kind, Name, Object, SqlText, Trigger, TriggerEvent};
use driftless_planner::{Action, Create, Parsed};
use driftless_sql::{Cursor, Diagnostic};

pub fn create(cur: &mut Cursor) -> Result<Parsed, Diagnostic> {
    cur.expect("trigger")?;
    let if_not_exists = if_not_exists(cur);
    let name = object_name(cur, "a trigger name")?;
    let timing = timing(cur)?;
    let event = event(cur)?;
    cur.expect("on")?;
    let table = cur.ident("a table or view name")?;
    let each_row = cur.eat_seq(&["for", "each", "row"]);
    let mut when = None;
    if cur.eat("when") {
        let span = cur.until(&|c: &Cursor| c.at("begin"));
        when = Some(sql_text(cur, span));
    }
    let body = body(cur)?;
    let trigger = Trigger {
        follows: None,
        options: driftless_model::Options::new(),
        table: id(Kind::Table, table.text),
        timing,
        events: vec![event],
        each_row,
        when,
        function: None,
        arguments: Vec::new(),
        constraint: false,
        deferrable: false,
        initially_deferred: false,
        from: None,
        transition: (None, None),
        enabled: 'O',
        body: Some(body),
    };
    let id = id(Kind::Trigger, name.text);
    Ok(Parsed {
        parts: vec![(id.part(), name.span)],
        actions: vec![Action::Create(Box::new(Create {
            id,
            object: Object::new(trigger),
            if_not_exists,
            or_replace: false,
            concurrently: false,
        }))],
        ..Parsed::default()
    })
}

fn timing(cur: &mut Cursor) -> Result<String, Diagnostic> {
    if cur.eat("before") {
        return Ok("before".into());
    }
    if cur.eat("after") {
        return Ok("after".into());
    }
    if cur.eat("instead") {
        cur.expect("of")?;
        return Ok("instead of".into());
    }
    Ok(String::new())
}

fn event(cur: &mut Cursor) -> Result<TriggerEvent, Diagnostic> {
    if cur.eat("insert") {
        return Ok(TriggerEvent::Insert);
    }
    if cur.eat("delete") {
        return Ok(TriggerEvent::Delete);
    }
    if !cur.eat("update") {
        return Err(cur.unexpected("INSERT, UPDATE or DELETE"));
    }
    let mut columns = Vec::new();
    if cur.eat("of") {
        loop {
            columns.push(Name::folded(cur.ident("a column name")?.text));
            if !cur.eat_symbol(",") {
                break;
            }
        }
    }
    Ok(TriggerEvent::Update(columns))
}

/// Everything between BEGIN and END.
fn body(cur: &mut Cursor) -> Result<SqlText, Diagnostic> {
    cur.expect("begin")?;
    let inside = cur.remaining();
    let Some((end, inside)) = inside.split_last() else {
        return Err(cur.unexpected("the trigger's statements"));
    };
    if !cur.text(end.span).eq_ignore_ascii_case("end") || inside.is_empty() {
        cur.rest();
        return Err(cur.unexpected("`END`"));
    }
    let span = inside[0].span.to(inside[inside.len() - 1].span);
    cur.rest();
    Ok(sql_text(cur, span))
}
