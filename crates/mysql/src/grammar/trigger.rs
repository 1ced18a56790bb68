//! CREATE TRIGGER.

use super::{Lead, column_name, if_not_exists, named, sql_text};
use driftless_model::{Kind, Name, Object, Server, Trigger, TriggerEvent};
use driftless_planner::{Action, Create, Parsed};
use driftless_sql::{Cursor, Diagnostic};

/// The mark of a trigger that is put before another, until it is made.
pub const PRECEDES: &str = "precedes";

pub fn create(cur: &mut Cursor, lead: Lead, _server: Server) -> Result<Parsed, Diagnostic> {
    cur.expect("trigger")?;
    let if_not_exists = if_not_exists(cur);
    let (id, span) = named(cur, Kind::Trigger, "a trigger's name")?;
    let timing = if cur.eat("before") {
        "before"
    } else {
        cur.expect("after")?;
        "after"
    };
    let mut events = Vec::new();
    loop {
        events.push(match cur.word().as_deref() {
            Some("insert") => TriggerEvent::Insert,
            Some("update") => TriggerEvent::Update(Vec::new()),
            Some("delete") => TriggerEvent::Delete,
            _ => return Err(cur.unexpected("INSERT, UPDATE or DELETE")),
        });
        cur.bump();
        if !cur.eat("or") {
            break;
        }
    }
    cur.expect("on")?;
    let (table, _) = named(cur, Kind::Table, "a table name")?;
    cur.expect_seq(&["for", "each", "row"])?;
    let mut options = lead.options;
    let mut follows: Option<Name> = None;
    if cur.eat("follows") {
        follows = Some(column_name(cur.ident("a trigger's name")?));
    } else if cur.eat("precedes") {
        let other = cur.ident("a trigger's name")?;
        options.insert(PRECEDES.into(), other.text);
    }
    let begin = cur.here();
    let body = cur.rest();
    if cur.text(body).trim().is_empty() {
        return Err(
            Diagnostic::error("D0101", "the trigger's statement is missing").at(cur.place(begin)),
        );
    }
    let trigger = Trigger {
        table,
        timing: timing.into(),
        events,
        each_row: true,
        when: None,
        function: None,
        arguments: Vec::new(),
        constraint: false,
        deferrable: false,
        initially_deferred: false,
        from: None,
        transition: (None, None),
        enabled: 'O',
        body: Some(sql_text(cur, body)),
        follows,
        options,
    };
    Ok(Parsed {
        parts: vec![(id.part(), span)],
        actions: vec![Action::Create(Box::new(Create {
            id,
            object: Object::new(trigger),
            if_not_exists,
            or_replace: lead.or_replace,
            concurrently: false,
        }))],
        ..Parsed::default()
    })
}
