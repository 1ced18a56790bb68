//! CREATE SEQUENCE and ALTER SEQUENCE (MariaDB).

use super::{Lead, if_not_exists, named, unsupported};
use driftless_model::{Kind, Object, Sequence, Server};
use driftless_planner::{Action, Clause, Create, Parsed, SequenceClause};
use driftless_sql::{Cursor, Diagnostic};

/// The greatest and least values of a sequence that says none (manual of MariaDB, CREATE SEQUENCE).
const MAX: i64 = i64::MAX - 1;

pub fn create(cur: &mut Cursor, lead: Lead, _server: Server) -> Result<Parsed, Diagnostic> {
    cur.expect("sequence")?;
    let if_not_exists = if_not_exists(cur);
    let (id, span) = named(cur, Kind::Sequence, "a sequence's name")?;
    let sequence = options(cur)?;
    Ok(Parsed {
        parts: vec![(id.part(), span)],
        actions: vec![Action::Create(Box::new(Create {
            id,
            object: Object::new(sequence),
            if_not_exists,
            or_replace: lead.or_replace,
            concurrently: false,
        }))],
        ..Parsed::default()
    })
}

/// Every option in force, the usual ones too: an ALTER says them all.
fn options(cur: &mut Cursor) -> Result<Sequence, Diagnostic> {
    let mut out = Sequence {
        ty: "bigint".into(),
        ..Sequence::default()
    };
    while !cur.done() {
        if cur.eat("start") {
            if !cur.eat("with") {
                cur.eat_symbol("=");
            }
            out.start = Some(cur.integer("a number")?);
        } else if cur.eat("increment") {
            if !cur.eat("by") {
                cur.eat_symbol("=");
            }
            out.increment = Some(cur.integer("a number")?);
        } else if cur.eat("minvalue") {
            cur.eat_symbol("=");
            out.min = Some(cur.integer("a number")?);
        } else if cur.eat("maxvalue") {
            cur.eat_symbol("=");
            out.max = Some(cur.integer("a number")?);
        } else if cur.eat("cache") {
            cur.eat_symbol("=");
            out.cache = Some(cur.integer("a number")?);
        } else if cur.eat("nocache") {
            out.cache = Some(0);
        } else if cur.eat("cycle") {
            out.cycle = true;
        } else if cur.eat("nocycle") {
            out.cycle = false;
        } else if cur.eat("no") {
            if !cur.eat("minvalue") && !cur.eat("maxvalue") {
                cur.expect("cycle")?;
            }
        } else if cur.eat("nominvalue") || cur.eat("nomaxvalue") {
            // As usual.
        } else if cur.eat("engine") {
            cur.eat_symbol("=");
            cur.ident("an engine")?;
        } else {
            return Err(cur.unexpected("an option of the sequence"));
        }
    }
    let increment = out.increment.unwrap_or(1);
    let (min, max) = match increment < 0 {
        true => (-MAX, -1),
        false => (1, MAX),
    };
    let min = out.min.unwrap_or(min);
    let max = out.max.unwrap_or(max);
    out.start = out.start.or(Some(if increment < 0 { max } else { min }));
    out.increment = Some(increment);
    out.min = Some(min);
    out.max = Some(max);
    out.cache = out.cache.or(Some(1000));
    Ok(out)
}

pub fn alter(cur: &mut Cursor, _server: Server) -> Result<Parsed, Diagnostic> {
    cur.expect("sequence")?;
    cur.eat_seq(&["if", "exists"]);
    let (id, _) = named(cur, Kind::Sequence, "a sequence's name")?;
    if cur.at("restart") {
        return Err(unsupported(cur, "`ALTER SEQUENCE … RESTART`"));
    }
    let set = SequenceClause::Set(options(cur)?);
    Ok(Parsed {
        actions: vec![Action::alter(&id, Clause::Sequence(set))],
        ..Parsed::default()
    })
}
