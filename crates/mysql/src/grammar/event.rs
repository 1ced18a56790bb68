//! CREATE EVENT and ALTER EVENT.

use super::{Lead, if_not_exists, named, sql_text, unsupported};
use driftless_model::{Event, Kind, Object, Server};
use driftless_planner::{Action, Create, Parsed};
use driftless_sql::{Cursor, Diagnostic, TokenKind};

pub fn create(cur: &mut Cursor, lead: Lead, _server: Server) -> Result<Parsed, Diagnostic> {
    cur.expect("event")?;
    let if_not_exists = if_not_exists(cur);
    let (id, span) = named(cur, Kind::Event, "an event's name")?;
    let mut event = Event {
        status: "enabled".into(),
        options: lead.options,
        ..Event::default()
    };
    cur.expect_seq(&["on", "schedule"])?;
    event.schedule = schedule(cur)?;
    loop {
        if cur.eat_seq(&["on", "completion"]) {
            event.preserve = !cur.eat("not");
            cur.expect("preserve")?;
        } else if cur.eat("enable") {
            event.status = "enabled".into();
        } else if cur.eat("disable") {
            let replica = cur.eat("on");
            if replica {
                cur.ident("SLAVE or REPLICA")?;
            }
            event.status = if replica {
                "disabled on slave"
            } else {
                "disabled"
            }
            .into();
        } else if cur.eat("comment") {
            let text = cur.string("a comment")?;
            if !text.is_empty() {
                event.options.insert("comment".into(), text);
            }
        } else {
            break;
        }
    }
    cur.expect("do")?;
    let begin = cur.here();
    let body = cur.rest();
    if cur.text(body).trim().is_empty() {
        return Err(
            Diagnostic::error("D0101", "the event's statement is missing").at(cur.place(begin)),
        );
    }
    event.body = sql_text(cur, body);
    Ok(Parsed {
        parts: vec![(id.part(), span)],
        actions: vec![Action::Create(Box::new(Create {
            id,
            object: Object::new(event),
            if_not_exists,
            or_replace: lead.or_replace,
            concurrently: false,
        }))],
        ..Parsed::default()
    })
}

/// `AT …` or `EVERY n UNIT [STARTS …] [ENDS …]`, in one spelling.
fn schedule(cur: &mut Cursor) -> Result<String, Diagnostic> {
    let ends = |c: &Cursor| {
        c.at("do")
            || c.at("enable")
            || c.at("disable")
            || c.at("comment")
            || c.at_seq(&["on", "completion"])
    };
    let mut out = String::new();
    while !cur.done() && !ends(cur) {
        let Some(token) = cur.bump() else { break };
        let raw = cur.text(token.span);
        let tight =
            matches!(raw, "(" | ")" | "," | ".") || out.ends_with('(') || out.ends_with('.');
        if !out.is_empty() && !tight {
            out.push(' ');
        }
        match token.kind {
            TokenKind::Word => out.push_str(&raw.to_ascii_uppercase()),
            _ => out.push_str(raw),
        }
    }
    if out.is_empty() {
        return Err(cur.unexpected("AT or EVERY"));
    }
    Ok(out)
}

/// Only an ALTER that says the whole event anew is understood: as this product prints them.
pub fn alter(cur: &mut Cursor, lead: Lead, server: Server) -> Result<Parsed, Diagnostic> {
    let at = cur.pos();
    match create(cur, lead, server) {
        Ok(parsed) => Ok(parsed),
        Err(_) => {
            cur.reset(at);
            Err(unsupported(cur, "`ALTER EVENT` of parts of an event"))
        }
    }
}
