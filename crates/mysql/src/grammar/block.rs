//! BEGIN NOT ATOMIC … END: a block of statements outside of a routine (MariaDB).
//!
//! Invariant: a block that only declares what goes on after an error and creates objects declares those objects; of any
//! other one only the server knows what it does.

use super::create;
use driftless_model::Server;
use driftless_planner::Parsed;
use driftless_sql::{Cursor, Diagnostic, Token};

pub fn read(cur: &mut Cursor, server: Server) -> Result<Parsed, Diagnostic> {
    for word in ["begin", "not", "atomic"] {
        cur.expect(word)?;
    }
    let mut out = Parsed::default();
    while !cur.done() && !cur.at("end") {
        if cur.at("declare") && handler(cur) {
            continue;
        }
        if !cur.at("create") {
            cur.rest();
            return Ok(Parsed {
                taint: Some("a block runs code that only a server can execute".to_owned()),
                ..Parsed::default()
            });
        }
        let tokens = statement(cur);
        let mut inner = cur.over(tokens);
        let read = create(&mut inner, server)?;
        inner.finish()?;
        out.actions.extend(read.actions);
        out.parts.extend(read.parts);
        out.unmodelled.extend(read.unmodelled);
        out.ignored = out.ignored.or(read.ignored);
    }
    cur.expect("end")?;
    Ok(out)
}

/// The tokens up to the next semicolon, which is passed.
fn statement<'t>(cur: &mut Cursor<'t>) -> &'t [Token] {
    let all = cur.remaining();
    let mut length = 0;
    while !cur.done() && !cur.eat_symbol(";") {
        cur.bump();
        length += 1;
    }
    all.get(..length).unwrap_or(all)
}

/// `DECLARE EXIT HANDLER FOR … BEGIN END;`: passed, if it does nothing.
fn handler(cur: &mut Cursor) -> bool {
    let start = cur.pos();
    let declared = (cur.eat_seq(&["declare", "exit", "handler", "for"])
        || cur.eat_seq(&["declare", "continue", "handler", "for"]))
        && {
            while !cur.done() && !cur.at_any(&["begin"]) && !cur.at_symbol(";") {
                cur.bump();
            }
            cur.eat_seq(&["begin", "end"]) && cur.eat_symbol(";")
        };
    if !declared {
        cur.reset(start);
    }
    declared
}
