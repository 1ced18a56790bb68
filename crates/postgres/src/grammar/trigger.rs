//! Triggers: CREATE [CONSTRAINT] TRIGGER, ALTER TRIGGER.
//!
//! Invariant: a trigger's function takes no arguments; those in its brackets are strings of the trigger.

use super::{Mode, Read, Reader, bracketed, constraint, index, name};
use driftless_model::{Kind, Name, ObjectId, Trigger, TriggerEvent};
use driftless_planner::Action;
use driftless_sql::TokenKind;

/// From CONSTRAINT or TRIGGER on.
pub(super) fn create(r: &mut Reader, mode: Mode) -> Read<()> {
    let constraint = r.eat("constraint");
    r.expect("trigger")?;
    let span = r.here();
    let title = name::single(r, "a trigger")?;
    let timing = if r.eat("before") {
        "before"
    } else if r.eat("after") {
        "after"
    } else if r.eat_seq(&["instead", "of"]) {
        "instead of"
    } else {
        return Err(r.unexpected("`BEFORE`, `AFTER` or `INSTEAD OF`"));
    };
    let events = events(r)?;
    r.expect("on")?;
    let (table, _) = name::object(r, Kind::Table, "a table")?;
    let mut trigger = Trigger {
        follows: None,
        options: driftless_model::Options::new(),
        table: table.clone(),
        timing: timing.to_owned(),
        events,
        each_row: false,
        when: None,
        function: None,
        arguments: Vec::new(),
        constraint,
        deferrable: false,
        initially_deferred: false,
        from: None,
        transition: (None, None),
        enabled: 'O',
        body: None,
    };
    clauses(r, &mut trigger)?;
    r.expect("execute")?;
    if !r.eat("function") {
        r.expect("procedure")?;
    }
    let (function, _) = name::object(r, Kind::Function, "a function")?;
    trigger.function = Some(function.with_args(""));
    trigger.arguments = r.inside(arguments)?;
    let id = ObjectId::owned(Kind::Trigger, &table, title);
    r.part(id.part(), span);
    r.create(id, trigger, mode);
    Ok(())
}

fn events(r: &mut Reader) -> Read<Vec<TriggerEvent>> {
    let mut out = Vec::new();
    loop {
        out.push(if r.eat("insert") {
            TriggerEvent::Insert
        } else if r.eat("delete") {
            TriggerEvent::Delete
        } else if r.eat("truncate") {
            TriggerEvent::Truncate
        } else if r.eat("update") {
            let mut columns = Vec::new();
            if r.eat("of") {
                columns = super::list(r, |c| name::single(c, "a column"))?;
            }
            TriggerEvent::Update(columns)
        } else {
            return Err(r.unexpected("`INSERT`, `UPDATE`, `DELETE` or `TRUNCATE`"));
        });
        if !r.eat("or") {
            out.sort();
            return Ok(out);
        }
    }
}

/// FROM, DEFERRABLE …, REFERENCING, FOR EACH, WHEN.
fn clauses(r: &mut Reader, trigger: &mut Trigger) -> Read<()> {
    loop {
        if r.eat("from") {
            trigger.from = Some(name::object(r, Kind::Table, "a table")?.0);
        } else if let Some((deferrable, deferred)) = constraint::timing(r) {
            trigger.deferrable = deferrable;
            trigger.initially_deferred = deferred;
        } else if r.eat("referencing") {
            while r.at_any(&["old", "new"]) {
                transition(r, trigger)?;
            }
        } else if r.eat("for") {
            r.eat("each");
            trigger.each_row = r.eat("row");
            if !trigger.each_row {
                r.expect("statement")?;
            }
        } else if r.eat("when") {
            trigger.when = Some(bracketed(r)?);
        } else {
            return Ok(());
        }
    }
}

fn transition(r: &mut Reader, trigger: &mut Trigger) -> Read<()> {
    let old = r.at("old");
    r.bump();
    r.expect("table")?;
    r.eat("as");
    let name: Name = name::single(r, "a name")?;
    if old {
        trigger.transition.0 = Some(name);
    } else {
        trigger.transition.1 = Some(name);
    }
    Ok(())
}

fn arguments(r: &mut Reader) -> Read<Vec<String>> {
    let mut out = Vec::new();
    if r.done() {
        return Ok(out);
    }
    loop {
        out.push(match r.peek().map(|t| t.kind) {
            Some(TokenKind::Text | TokenKind::Word | TokenKind::Quoted) => {
                super::value(r, "an argument")?
            }
            _ => r.number_text("an argument")?,
        });
        if !r.eat_symbol(",") {
            return Ok(out);
        }
    }
}

/// From TRIGGER on.
pub(super) fn alter(r: &mut Reader) -> Read<()> {
    r.expect("trigger")?;
    let title = name::single(r, "a trigger")?;
    r.expect("on")?;
    let (table, _) = name::object(r, Kind::Table, "a table")?;
    let id = ObjectId::owned(Kind::Trigger, &table, title);
    if index::depends(r, &id)? {
        return Ok(());
    }
    r.expect_seq(&["rename", "to"])?;
    let to = name::single(r, "a name")?;
    r.action(Action::Rename {
        part: id.part(),
        to,
    });
    Ok(())
}
