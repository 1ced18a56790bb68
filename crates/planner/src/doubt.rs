//! Doubt: what nothing here can decide stays as it is before, unless the user consents.
//!
//! Neighbours: `diff` finds, `plan` plans what is left. Invariant: neither does a certain change carry a doubtful one
//! along, nor does a doubt hide a change that is certain.

use crate::diff::{Change, Op, compare};
use crate::ops::Cx;
use crate::plan::{Consent, UNPROVEN, Unproven};
use driftless_model::{Body, Catalog, Domain, Object, ObjectId, SqlText, Table, Verdict};
use std::collections::BTreeSet;

/// Gives the after-state what is doubtful from the before-state, and names the objects.
pub(crate) fn withhold(
    changes: &[Change],
    before: &Catalog,
    after: &mut Catalog,
    consent: &Consent,
) -> Vec<Unproven> {
    let mut out = Vec::new();
    for change in changes.iter().filter(|c| c.op == Op::Alter && c.body) {
        let (Some(was), Some(is)) = (before.get(&change.id), after.get(&change.id)) else {
            continue;
        };
        let mut left = is.clone();
        let pieces = left_as_before(was, &mut left);
        if change.verdict == Verdict::Unproven && !pieces {
            left.body = was.body.clone();
        } else if !pieces {
            continue;
        }
        let planned = consent.allows(UNPROVEN, &change.id.to_string());
        if !planned {
            after.objects.insert(change.id.clone(), left);
        }
        out.push(Unproven {
            id: change.id.clone(),
            planned,
        });
    }
    out
}

/// The changes that are left, once the doubtful ones are taken out.
pub(crate) fn certain(
    dialect: &dyn crate::dialect::Dialect,
    changes: Vec<Change>,
    unproven: &[Unproven],
    cx: &Cx,
) -> Vec<Change> {
    let withheld: BTreeSet<&ObjectId> = unproven
        .iter()
        .filter(|u| !u.planned)
        .map(|u| &u.id)
        .collect();
    let again = |c: Change| match (cx.before.get(&c.id), cx.after.get(&c.id)) {
        (Some(before), Some(after)) if withheld.contains(&c.id) => {
            compare(dialect, &c.id, before, after, cx).filter(|c| c.verdict != Verdict::Unproven)
        }
        _ => Some(c),
    };
    changes.into_iter().filter_map(again).collect()
}

/// Puts back the doubtful pieces of an object that is altered piece by piece; true where there were any.
fn left_as_before(before: &Object, after: &mut Object) -> bool {
    match (&before.body, &mut after.body) {
        (Body::Table(before), Body::Table(after)) => table(before, after),
        (Body::Domain(before), Body::Domain(after)) => domain(before, after),
        _ => false,
    }
}

fn table(before: &Table, after: &mut Table) -> bool {
    let mut any = false;
    for column in &mut after.columns {
        let Some(was) = before.column(&column.name).filter(|c| c.ty == column.ty) else {
            continue;
        };
        any |= optional(&was.default, &mut column.default);
        if let (Some(was), Some(is)) = (&was.generated, &mut column.generated) {
            any |= was.stored == is.stored && piece(&was.expr, &mut is.expr);
        }
    }
    if let (Some(before), Some(after)) = (before.pg(), after.pg_mut()) {
        any |= optional(&before.partition_by, &mut after.partition_by);
        if let (Some(was), Some(is)) = (&before.partition_of, &mut after.partition_of) {
            any |= was.parent == is.parent && piece(&was.bound, &mut is.bound);
        }
    }
    any
}

fn domain(before: &Domain, after: &mut Domain) -> bool {
    if before.base != after.base {
        return false;
    }
    let mut any = optional(&before.default, &mut after.default);
    for check in &mut after.checks {
        if let Some(was) = before.checks.iter().find(|c| c.name == check.name) {
            any |= piece(&was.expr, &mut check.expr);
        }
    }
    any
}

fn optional(before: &Option<SqlText>, after: &mut Option<SqlText>) -> bool {
    match (before, after) {
        (Some(before), Some(after)) => piece(before, after),
        _ => false,
    }
}

fn piece(before: &SqlText, after: &mut SqlText) -> bool {
    let doubtful = before.compare(after) == Verdict::Unproven;
    if doubtful {
        after.clone_from(before);
    }
    doubtful
}
