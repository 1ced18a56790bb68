//! Clauses of a parent's column that reach its children's: the server carries them down wherever ONLY is not said.
//!
//! Neighbours: `change` asks for its clauses. Invariant: a clause is carried down only where all children end with what
//! their parent has; where one has its own, each says its own.

use super::change::on_column;
use crate::row::naming;
use driftless_model::{Column, Name, ObjectId, Table};
use driftless_planner::{Action, Clause, ColumnClause, Cx, Draft};

/// The clause for this column, unless it stays as it is or its parent's clause reaches it.
pub(super) fn over_children(
    id: &ObjectId,
    was: &Column,
    is: &Column,
    clause: ColumnClause,
    same: impl Fn(&Column, &Column) -> bool,
    cx: &Cx,
) -> Option<Draft> {
    if same(was, is) || is_reached(id, was, is, &same, cx) {
        return None;
    }
    Some(down(id, &is.name, clause, same, cx))
}

/// The clause, with ONLY where children end with others than their parent.
pub(super) fn down(
    id: &ObjectId,
    name: &Name,
    clause: ColumnClause,
    same: impl Fn(&Column, &Column) -> bool,
    cx: &Cx,
) -> Draft {
    let mut draft = on_column(id, name, clause, cx);
    let own = !reaches(id, name, &same, cx);
    for action in draft.statements.iter_mut().flatten() {
        if let Action::Alter {
            clause: Clause::Column { only, .. },
            ..
        } = action
        {
            *only = own;
        }
    }
    draft
}

/// Whether all children that have the column from here end alike.
fn reaches(id: &ObjectId, name: &Name, same: &impl Fn(&Column, &Column) -> bool, cx: &Cx) -> bool {
    let column = |id: &ObjectId| cx.after.item::<Table>(id)?.column(name);
    let Some(own) = column(id) else {
        return false;
    };
    let below = naming::descendants(cx.after, id);
    let mut below = below.iter().filter_map(column).filter(|c| c.inherited);
    below.all(|c| same(own, c))
}

/// Whether a parent's clause reaches it.
fn is_reached(
    id: &ObjectId,
    was: &Column,
    is: &Column,
    same: &impl Fn(&Column, &Column) -> bool,
    cx: &Cx,
) -> bool {
    if !was.inherited || !is.inherited {
        return false;
    }
    let (Some(before), Some(after)) = (cx.before.item::<Table>(id), cx.after.item::<Table>(id))
    else {
        return false;
    };
    let stays = naming::parents(after);
    let mut parents = naming::parents(before).into_iter();
    parents.any(|p| {
        let column = |side: &driftless_model::Catalog| {
            side.item::<Table>(p)
                .and_then(|t| t.column(&is.name))
                .cloned()
        };
        let changes =
            matches!((column(cx.before), column(cx.after)), (Some(b), Some(a)) if !same(&b, &a));
        stays.contains(&p) && changes && reaches(p, &is.name, same, cx)
    })
}
