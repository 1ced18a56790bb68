//! Two settled catalogs → changes.
//!
//! Invariant: a difference that vanishes once the before-object is settled against the after-state is a consequence
//! of another change, not one of its own.

use crate::dialect::Dialect;
use crate::ops::Cx;
use driftless_model::{Catalog, Object, ObjectId, Verdict};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    Create,
    Alter,
    Drop,
}

#[derive(Debug, Clone)]
pub struct Change {
    pub id: ObjectId,
    pub op: Op,
    /// Never `Same`; `Unproven` is a step only by consent.
    pub verdict: Verdict,
    /// The bodies differ; false: only comments, owners or grants do.
    pub body: bool,
}

/// Every change, in id order.
pub fn diff(dialect: &dyn Dialect, cx: &Cx) -> Vec<Change> {
    let alone = |id: &ObjectId, op| {
        Some(Change {
            id: id.clone(),
            op,
            verdict: Verdict::Different,
            body: true,
        })
    };
    let sides = cx.before.objects.beside(&cx.after.objects);
    let changes = sides.filter_map(|beside| match beside {
        (Some((id, before)), Some((_, after))) => compare(dialect, id, before, after, cx),
        (Some((id, _)), None) => alone(id, Op::Drop),
        (None, Some((id, _))) => alone(id, Op::Create),
        (None, None) => None,
    });
    changes.collect()
}

/// What one object that is on both sides has to do.
pub(crate) fn compare(
    dialect: &dyn Dialect,
    id: &ObjectId,
    before: &Object,
    after: &Object,
    cx: &Cx,
) -> Option<Change> {
    let mut verdict = match dialect.row(id.kind) {
        Some(row) => row.same(before, after, cx),
        None => Verdict::Same,
    };
    if verdict != Verdict::Same
        && let Some(row) = dialect.row(id.kind)
    {
        let mut levelled = before.clone();
        row.settle(id, &mut levelled, cx.after);
        if row.same(&levelled, after, cx) == Verdict::Same {
            verdict = Verdict::Same;
        }
    }
    if verdict != Verdict::Same {
        return Some(Change {
            id: id.clone(),
            op: Op::Alter,
            verdict,
            body: true,
        });
    }
    let meta = before.comment != after.comment
        || (dialect.comments_apart() && before.comments() != after.comments())
        || (cx.scope.manages("owners") && after.owner.is_some() && before.owner != after.owner)
        || (cx.scope.manages("grants")
            && grants(dialect, id, before, cx) != grants(dialect, id, after, cx));
    meta.then(|| Change {
        id: id.clone(),
        op: Op::Alter,
        verdict: Verdict::Different,
        body: false,
    })
}

/// The privileges in force, sorted.
pub(crate) fn grants(
    dialect: &dyn Dialect,
    id: &ObjectId,
    object: &Object,
    cx: &Cx,
) -> Vec<driftless_model::Grant> {
    let mut out = match &object.grants {
        Some(grants) => grants.clone(),
        None => dialect.default_grants(id, cx.server),
    };
    // What an owner holds as such is nobody's grant, and no catalog lists it.
    let owner_of = |side: &Catalog| side.get(id).and_then(|o| o.owner.clone());
    let stated = owner_of(cx.after).filter(|_| cx.scope.manages("owners"));
    if let Some(owner) = stated.or_else(|| owner_of(cx.before)) {
        out.retain(|g| g.role != owner || g.column.is_some());
    }
    out.sort();
    out
}
