//! Sequences: CREATE, ALTER, and the option list that identity columns share.
//!
//! Invariant: options come in any order; what was not written stays `None` for the rows to fill in.

use super::{Mode, Read, Reader, data_type, name};
use driftless_model::{Kind, Name, ObjectId, Part, Sequence};
use driftless_planner::{Action, Clause, SequenceClause};
use driftless_sql::Cursor;

/// What an option list said.
#[derive(Debug, Default)]
pub(super) struct Options {
    pub sequence: Sequence,
    /// `Some(None)`: OWNED BY NONE.
    pub owned_by: Option<Option<Part>>,
    pub restart: Option<Option<i64>>,
    /// SEQUENCE NAME, of an identity.
    pub name: Option<ObjectId>,
    pub logged: Option<bool>,
    /// One of the options of [`Sequence`] itself was written.
    pub any: bool,
}

/// Reads options while there are some; `set` also takes a SET before each (ALTER COLUMN).
pub(super) fn options(c: &mut Cursor, out: &mut Options, set: bool) -> Read<()> {
    loop {
        let start = c.pos();
        if set {
            c.eat("set");
        }
        if !option(c, out)? {
            c.reset(start);
            return Ok(());
        }
    }
}

fn option(c: &mut Cursor, out: &mut Options) -> Read<bool> {
    let Some(word) = c.word() else {
        return Ok(false);
    };
    let s = &mut out.sequence;
    match word.as_str() {
        "as" => {
            c.bump();
            s.ty = data_type::read(c)?.text;
        }
        "increment" => {
            c.bump();
            c.eat("by");
            s.increment = Some(c.integer("a number")?);
        }
        "start" => {
            c.bump();
            c.eat("with");
            s.start = Some(c.integer("a number")?);
        }
        "minvalue" => {
            c.bump();
            s.min = Some(c.integer("a number")?);
        }
        "maxvalue" => {
            c.bump();
            s.max = Some(c.integer("a number")?);
        }
        "cache" => {
            c.bump();
            s.cache = Some(c.integer("a number")?);
        }
        "cycle" => {
            c.bump();
            s.cycle = true;
        }
        "no" => {
            c.bump();
            match c.word().as_deref() {
                Some("minvalue") => s.min = None,
                Some("maxvalue") => s.max = None,
                Some("cycle") => s.cycle = false,
                _ => return Err(c.unexpected("`MINVALUE`, `MAXVALUE` or `CYCLE`")),
            }
            c.bump();
        }
        _ => return apart(c, out, &word),
    }
    out.any = true;
    Ok(true)
}

/// Options that are no part of the sequence's own definition.
fn apart(c: &mut Cursor, out: &mut Options, word: &str) -> Read<bool> {
    match word {
        "owned" => {
            c.bump();
            c.expect("by")?;
            out.owned_by = Some(if c.eat("none") {
                None
            } else {
                let (table, column) = name::column(c)?;
                Some(table.member(&column))
            });
        }
        "restart" => {
            c.bump();
            let with = c.eat("with");
            let number = c.peek().is_some_and(|t| {
                matches!(c.text(t.span).as_bytes(), [b'0'..=b'9' | b'-' | b'+', ..])
            });
            out.restart = Some(if with || number {
                Some(c.integer("a number")?)
            } else {
                None
            });
        }
        "sequence" => {
            c.bump();
            c.expect("name")?;
            out.name = Some(name::object(c, Kind::Sequence, "a sequence")?.0);
        }
        "logged" | "unlogged" => {
            c.bump();
            out.logged = Some(word == "logged");
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// From SEQUENCE on.
pub(super) fn create(r: &mut Reader, unlogged: bool) -> Read<()> {
    r.expect("sequence")?;
    let mode = Mode {
        if_not_exists: r.if_not_exists(),
        ..Mode::default()
    };
    let (id, span) = name::object(r, Kind::Sequence, "a sequence")?;
    let mut read = Options::default();
    options(r, &mut read, false)?;
    let mut sequence = read.sequence;
    sequence.unlogged = unlogged;
    r.part(id.part(), span);
    r.create(id.clone(), sequence, mode);
    // Its table may come later than the sequence itself: the link is a step of its own.
    if let Some(Some(owner)) = read.owned_by {
        r.action(Action::alter(
            &id,
            Clause::Sequence(SequenceClause::OwnedBy(Some(owner))),
        ));
    }
    Ok(())
}

/// From SEQUENCE on.
pub(super) fn alter(r: &mut Reader) -> Read<()> {
    r.expect("sequence")?;
    r.if_exists();
    let (id, _) = name::object(r, Kind::Sequence, "a sequence")?;
    if common(r, &id)? {
        return Ok(());
    }
    let mut read = Options::default();
    options(r, &mut read, true)?;
    if read.any {
        r.action(Action::alter(
            &id,
            Clause::Sequence(SequenceClause::Set(read.sequence)),
        ));
    }
    if let Some(owner) = read.owned_by {
        r.action(Action::alter(
            &id,
            Clause::Sequence(SequenceClause::OwnedBy(owner)),
        ));
    }
    if let Some(restart) = read.restart {
        r.action(Action::alter(
            &id,
            Clause::Sequence(SequenceClause::Restart(restart)),
        ));
    }
    if let Some(logged) = read.logged {
        r.action(Action::alter(
            &id,
            Clause::Sequence(SequenceClause::Logged(logged)),
        ));
    }
    if r.out.actions.is_empty() {
        return Err(r.unexpected("a sequence option"));
    }
    Ok(())
}

/// `OWNER TO`, `RENAME TO`, `SET SCHEMA`: what most kinds have.
pub(super) fn common(r: &mut Reader, id: &ObjectId) -> Read<bool> {
    if r.eat_seq(&["owner", "to"]) {
        let to = name::role(r)?;
        r.action(Action::Owner { id: id.clone(), to });
    } else if r.eat_seq(&["rename", "to"]) {
        let to: Name = name::single(r, "a name")?;
        r.action(Action::Rename {
            part: id.part(),
            to,
        });
    } else if r.eat_seq(&["set", "schema"]) {
        let schema = name::single(r, "a schema")?;
        r.action(Action::Move {
            id: id.clone(),
            schema,
        });
    } else {
        return Ok(false);
    }
    Ok(true)
}
