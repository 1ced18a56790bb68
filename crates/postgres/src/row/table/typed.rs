//! Typed tables whose type changes: they let go of it, change as plain tables do, and take it up again.
//!
//! Neighbours: `change`; composites say which parts of theirs change. Invariant: nothing cascades from the type, so what
//! reads a column that goes is taken down by the plan itself.

use driftless_model::{Composite, Name, ObjectId, Table};
use driftless_planner::{Action, Cx, Draft, Hit, TableClause};

/// NOT OF before all else, OF behind it, where the type of both sides does not stay as it is.
pub(super) fn apart(
    id: &ObjectId,
    before: &Table,
    after: &Table,
    hits: &[Hit],
    cx: &Cx,
) -> Vec<Draft> {
    let of = |table: &Table| table.pg().and_then(|pg| pg.of_type.clone());
    let Some(ty) = of(before).filter(|ty| of(after).as_ref() == Some(ty)) else {
        return Vec::new();
    };
    let stays = cx.before.item::<Composite>(&ty) == cx.after.item::<Composite>(&ty);
    if stays && hits.iter().all(|hit| hit.part != ty.part()) {
        return Vec::new();
    }
    let member = |name: &Name| id.member(name);
    let mut off = cx.draft(Action::table(id, TableClause::Of(None)));
    off.reach.needs.clear();
    off.reach.gives = vec![id.part()];
    let columns = before.columns.iter().map(|c| member(&c.name));
    off.reach.frees.extend(columns);
    let mut on = cx.draft(Action::table(id, TableClause::Of(Some(ty.clone()))));
    on.reach.frees.clear();
    let columns = after.columns.iter().map(|c| member(&c.name));
    on.reach.needs.extend(columns);
    // Behind the columns that go, too.
    let gone = before
        .columns
        .iter()
        .filter(|c| after.column(&c.name).is_none());
    on.reach.gives.extend(gone.map(|c| member(&c.name)));
    let why = format!("{ty} changes");
    vec![off.because(why.clone()), on.because(why)]
}
