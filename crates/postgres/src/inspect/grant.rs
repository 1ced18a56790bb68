//! Privileges: what differs from those that the engine gives by itself.
//!
//! Invariant: what the owner has by default is never listed, and that it was taken away is named.

use super::Decoder;
use super::answer::{Line, Read};
use driftless_model::{Grant, Name, ObjectId};
use serde::Deserialize;

/// Role (empty: everybody), privilege, grantable, the owner's own.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Entry(String, String, bool, bool);

/// `None`: the engine's default privileges.
pub(super) fn read(d: &mut Decoder, line: &Line, on: &ObjectId) -> Read<Option<Vec<Grant>>> {
    if line.maybe("acl")?.is_none() {
        return Ok(None);
    }
    let entries: Vec<Entry> = line.list("acl")?;
    let default: Vec<Entry> = line.list("acl_default")?;
    let same =
        default.iter().all(|e| entries.contains(e)) && entries.iter().all(|e| default.contains(e));
    if same {
        return Ok(None);
    }
    for lost in default.iter().filter(|e| e.3) {
        if !entries.iter().any(|e| e.3 && e.1 == lost.1) {
            d.unmodelled(
                "privilege withheld from the owner",
                lost.1.clone(),
                Some(on.clone()),
            );
        }
    }
    Ok(Some(listed(entries, &default, None)))
}

/// The grants on one column.
pub(super) fn of_column(line: &Line, column: &Name) -> Read<Vec<Grant>> {
    Ok(listed(line.list("acl")?, &[], Some(column)))
}

fn listed(entries: Vec<Entry>, default: &[Entry], column: Option<&Name>) -> Vec<Grant> {
    let mut out: Vec<Grant> = entries
        .into_iter()
        .filter(|e| !(e.3 && default.contains(e)))
        .map(|Entry(role, privilege, grantable, _)| Grant {
            role,
            privilege,
            grantable,
            column: column.cloned(),
        })
        .collect();
    tidy(&mut out);
    out
}

/// Sorted; the same privilege from two grantors is one, with the stronger right.
pub(super) fn tidy(grants: &mut Vec<Grant>) {
    grants.sort_by(|a, b| {
        let key = |g: &Grant| (g.role.clone(), g.privilege.clone(), g.column.clone());
        key(a).cmp(&key(b)).then(b.grantable.cmp(&a.grantable))
    });
    grants.dedup_by(|b, a| a.role == b.role && a.privilege == b.privilege && a.column == b.column);
    grants.sort();
}
