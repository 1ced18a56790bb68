//! Rewrite rules.

use super::{Mode, Read, Reader, name, sql};
use driftless_model::{Kind, ObjectId, Rule, SqlText};
use driftless_planner::Action;
use driftless_sql::Cursor;

/// From RULE on: `RULE name AS ON event TO table [WHERE condition] DO [ALSO | INSTEAD] { NOTHING | command | ( … ) }`.
pub(super) fn create(r: &mut Reader, mode: Mode) -> Read<()> {
    r.expect("rule")?;
    let span = r.here();
    let title = name::single(r, "a rule")?;
    r.expect_seq(&["as", "on"])?;
    if !r.at_any(&["insert", "update", "delete"]) {
        // A rule on SELECT is a view.
        let at = r.here();
        return Err(r
            .unsupported(at, "a rule on anything but INSERT, UPDATE and DELETE")
            .help("write CREATE VIEW"));
    }
    let event = r.word().unwrap_or_default();
    r.bump();
    r.expect("to")?;
    let (table, _) = name::object(r, Kind::Table, "a table")?;
    let mut rule = Rule {
        table: table.clone(),
        event,
        condition: None,
        instead: false,
        actions: Vec::new(),
        enabled: 'O',
    };
    if r.eat("where") {
        let from = r.pos();
        let span = r.until(&|c| c.at("do"));
        if r.pos() == from {
            return Err(r.unexpected("a condition"));
        }
        rule.condition = Some(sql(r, span));
    }
    r.expect("do")?;
    rule.instead = r.eat("instead");
    if !rule.instead {
        r.eat("also");
    }
    if r.at_symbol("(") {
        r.inside(|r| {
            commands(&mut r.cursor, &mut rule.actions);
            Ok(())
        })?;
    } else if !r.eat("nothing") {
        if r.done() {
            return Err(r.unexpected("`NOTHING` or a command"));
        }
        commands(&mut r.cursor, &mut rule.actions);
    }
    let id = ObjectId::owned(Kind::Rule, &table, title);
    r.part(id.part(), span);
    r.create(id, rule, mode);
    Ok(())
}

/// Commands with semicolons between them.
fn commands(c: &mut Cursor, out: &mut Vec<SqlText>) {
    while !c.done() {
        let from = c.pos();
        let span = c.until(&|c| c.at_symbol(";"));
        if c.pos() > from {
            out.push(sql(c, span));
        }
        c.eat_symbol(";");
    }
}

/// From RULE on: `RULE name ON table RENAME TO name`.
pub(super) fn alter(r: &mut Reader) -> Read<()> {
    r.expect("rule")?;
    let title = name::single(r, "a rule")?;
    r.expect("on")?;
    let (table, _) = name::object(r, Kind::Table, "a table")?;
    r.expect_seq(&["rename", "to"])?;
    let to = name::single(r, "a name")?;
    let id = ObjectId::owned(Kind::Rule, &table, title);
    r.action(Action::Rename {
        part: id.part(),
        to,
    });
    Ok(())
}
