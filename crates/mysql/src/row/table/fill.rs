//! Values for rows that are there already (`backfill`): MySQL would fill a new NOT NULL column with its type's zero.
//!
//! Neighbour: `dialect` welds a table's clauses through this. Invariant: NOT NULL is said only once every row has a value.

use crate::row::online;
use driftless_model::{Column, ObjectId, SqlText, Table};
use driftless_planner::{Action, Clause, Cx, Data, TableClause};

/// The statements for all that changes about a table.
pub fn statements(mut actions: Vec<Action>, cx: &Cx) -> Vec<Vec<Action>> {
    let mut before: Vec<Vec<Action>> = Vec::new();
    let mut behind: Vec<Vec<Action>> = Vec::new();
    for action in &mut actions {
        let Action::Alter { id, clause } = action else {
            continue;
        };
        let id = id.clone();
        match clause {
            Clause::Table(TableClause::AddColumn { column, .. }) => {
                if let Some(value) = wanted(&id, column, cx) {
                    behind.push(vec![fill(&id, column, value)]);
                    behind.push(vec![settled(&id, column)]);
                    column.not_null = false;
                }
            }
            Clause::Table(TableClause::ChangeColumn { name, column, .. }) => {
                let Some(value) = wanted(&id, column, cx) else {
                    continue;
                };
                let was = cx.before.item::<Table>(&id);
                let Some(was) = was.and_then(|t| t.column(name)).filter(|c| !c.not_null) else {
                    continue;
                };
                if was.ty == column.ty && was.name == column.name {
                    before.push(vec![fill(&id, column, value)]);
                } else {
                    behind.push(vec![fill(&id, column, value)]);
                    behind.push(vec![settled(&id, column)]);
                    column.not_null = false;
                }
            }
            _ => {}
        }
    }
    let mut out = before;
    out.extend(online::split(actions, cx.before));
    out.extend(behind);
    out
}

fn wanted<'c>(id: &ObjectId, column: &Column, cx: &'c Cx) -> Option<&'c SqlText> {
    let value = cx.hints.backfills.get(&id.member(&column.name))?;
    (column.not_null && column.generated.is_none()).then_some(value)
}

fn fill(id: &ObjectId, column: &Column, value: &SqlText) -> Action {
    Action::Data(Data::Fill {
        table: id.clone(),
        column: column.name.clone(),
        value: value.clone(),
    })
}

/// The column as it shall be.
fn settled(id: &ObjectId, column: &Column) -> Action {
    Action::table(
        id,
        TableClause::ChangeColumn {
            name: column.name.clone(),
            column: Box::new(column.clone()),
            position: None,
        },
    )
}
