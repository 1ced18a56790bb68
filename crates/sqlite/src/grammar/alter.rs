//! ALTER TABLE.

use super::{bracketed, column, constraint, object_name, table_id};
use crate::features::{Feature, has};
use driftless_model::{Check, Constraint, ConstraintBody, Kind, Name, ObjectId, Server};
use driftless_planner::{Action, ColumnClause, Parsed, TableClause};
use driftless_sql::{Cursor, Diagnostic};

pub fn alter(cur: &mut Cursor, server: Server) -> Result<Parsed, Diagnostic> {
    cur.expect("alter")?;
    cur.expect("table")?;
    let name = object_name(cur, "a table name")?;
    let id = table_id(&name);
    let mut parts = vec![(id.part(), name.span)];
    let newer = has(server, Feature::AlterConstraint);
    let actions = if cur.eat("rename") {
        vec![rename(cur, &id)?]
    } else if cur.eat("add") {
        if newer && cur.at_any(&["constraint", "check"]) {
            add_check(cur, &id)?
        } else {
            cur.eat("column");
            let definition = column::read(cur, &id)?;
            parts.push((id.member(&definition.column.name), definition.span));
            let mut actions = vec![Action::table(
                &id,
                TableClause::AddColumn {
                    column: Box::new(definition.column),
                    if_not_exists: false,
                    position: None,
                },
            )];
            actions.extend(constraint::creations(definition.constraints, true));
            actions
        }
    } else if cur.eat("drop") {
        if newer && cur.eat("constraint") {
            let name = Name::folded(cur.ident("a constraint name")?.text);
            vec![Action::drop(ObjectId::owned(Kind::Constraint, &id, name))]
        } else {
            cur.eat("column");
            let column = Name::folded(cur.ident("a column name")?.text);
            vec![Action::table(
                &id,
                TableClause::DropColumn {
                    column,
                    if_exists: false,
                    cascade: false,
                    only: false,
                },
            )]
        }
    } else if newer && cur.eat("alter") {
        vec![not_null(cur, &id)?]
    } else {
        return Err(cur.unexpected("RENAME, ADD or DROP"));
    };
    Ok(Parsed {
        actions,
        parts,
        ..Parsed::default()
    })
}

fn rename(cur: &mut Cursor, id: &ObjectId) -> Result<Action, Diagnostic> {
    if cur.eat("to") {
        let to = Name::folded(cur.ident("a table name")?.text);
        return Ok(Action::Rename {
            part: id.part(),
            to,
        });
    }
    cur.eat("column");
    let from = Name::folded(cur.ident("a column name")?.text);
    cur.expect("to")?;
    let to = Name::folded(cur.ident("a column name")?.text);
    Ok(Action::Rename {
        part: id.member(&from),
        to,
    })
}

/// `[CONSTRAINT n] CHECK (…)`
fn add_check(cur: &mut Cursor, id: &ObjectId) -> Result<Vec<Action>, Diagnostic> {
    let mut name = None;
    if cur.eat("constraint") {
        name = Some(Name::folded(cur.ident("a constraint name")?.text));
    }
    cur.expect("check")?;
    let expr = bracketed(cur)?;
    let conflict = super::on_conflict(cur)?;
    let found = constraint::Found {
        name,
        constraint: Constraint::new(id.clone(), ConstraintBody::Check(Check { expr, conflict })),
    };
    Ok(constraint::creations(vec![found], false))
}

/// `[COLUMN] c SET | DROP NOT NULL`
fn not_null(cur: &mut Cursor, id: &ObjectId) -> Result<Action, Diagnostic> {
    cur.eat("column");
    let column = Name::folded(cur.ident("a column name")?.text);
    let set = cur.eat("set");
    if !set {
        cur.expect("drop")?;
    }
    cur.expect_seq(&["not", "null"])?;
    Ok(Action::column(id, &column, ColumnClause::NotNull(set)))
}
