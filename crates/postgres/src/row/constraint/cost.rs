//! What constraints cost.
//!
//! Invariant: measured on PostgreSQL 15, what 18 brings on 18; a foreign key locks both tables in the same mode.

use super::{Constraint, ConstraintBody, USING_INDEX};
use crate::row::lock::{ACCESS_EXCLUSIVE, Cost, ROW_SHARE, SHARE_ROW, SHARE_UPDATE};
use crate::row::{general, naming};
use driftless_model::{Index, KeyExpr, Kind, Name, ObjectId};
use driftless_planner::{Action, Clause, ConstraintClause, Facts, Held, Moment};

pub(super) fn facts(action: &Action, moment: &Moment) -> Facts {
    let mut cost = Cost::new(moment);
    match action {
        Action::Create(c) => {
            if let Some(item) = c.object.get::<Constraint>() {
                add(item, &mut cost);
            }
        }
        Action::Drop(d) => {
            let table = cost.find(&general::relation_of(&d.id));
            cost.lock_tree(&table, ACCESS_EXCLUSIVE, Held::Instant);
            let id = ObjectId::owned(Kind::Constraint, &table, d.id.name.clone());
            let target = moment
                .catalog
                .item::<Constraint>(&id)
                .and_then(Constraint::foreign_key)
                .map(|f| f.target.clone());
            if let Some(target) = target {
                cost.lock_tree(&target, ACCESS_EXCLUSIVE, Held::Instant);
            }
            if d.cascade {
                crate::row::table::cost_cascade(&id.part(), &mut cost);
            }
        }
        Action::Alter {
            id,
            clause: Clause::Constraint(clause),
        } => alter(id, clause, &mut cost),
        other => general::cost(other, &mut cost),
    }
    cost.done()
}

fn add(item: &Constraint, cost: &mut Cost) {
    let table = cost.find(&item.table);
    match &item.body {
        ConstraintBody::ForeignKey(f) => {
            let target = cost.find(&f.target);
            let held = if item.validated && !cost.is_fresh(&table) {
                Held::Scan
            } else {
                Held::Instant
            };
            cost.lock_tree(&table, SHARE_ROW, held);
            cost.lock_tree(&target, SHARE_ROW, held);
            if item.validated && !cost.is_fresh(&table) {
                scan_tree(&table, cost);
                cost.hazard(format!(
                    "fails if rows of {table} refer to none of {target}"
                ));
            }
        }
        ConstraintBody::NotNull(column) => {
            let scans = item.validated
                && !crate::row::table::is_proven_not_null(&table, column, cost.moment);
            let held = if scans { Held::Scan } else { Held::Instant };
            cost.lock_tree(&table, ACCESS_EXCLUSIVE, held);
            if scans {
                scan_tree(&table, cost);
                if !cost.is_fresh(&table) {
                    cost.hazard(format!("fails if a row of {table} has no {column}"));
                }
            }
        }
        ConstraintBody::Check(_) => {
            let held = if item.validated {
                Held::Scan
            } else {
                Held::Instant
            };
            cost.lock_tree(&table, ACCESS_EXCLUSIVE, held);
            if item.validated {
                scan_tree(&table, cost);
                if !cost.is_fresh(&table) {
                    cost.hazard(format!("fails if rows of {table} break it"));
                }
            }
        }
        ConstraintBody::PrimaryKey(key) | ConstraintBody::Unique(key) => {
            if let Some(index) = key.options.get(USING_INDEX) {
                using_index(item, index, &table, cost);
                return;
            }
            cost.lock_tree(&table, ACCESS_EXCLUSIVE, Held::Scan);
            scan_tree(&table, cost);
            if !cost.is_fresh(&table) {
                cost.hazard(format!("fails if rows of {table} hold the same key"));
            }
        }
        ConstraintBody::Exclude(_) => {
            cost.lock_tree(&table, ACCESS_EXCLUSIVE, Held::Scan);
            scan_tree(&table, cost);
            if !cost.is_fresh(&table) {
                cost.hazard(format!("fails if rows of {table} break it"));
            }
        }
    }
}

/// Nothing is built; a primary key still has to see that no column is null.
fn using_index(item: &Constraint, index: &str, table: &ObjectId, cost: &mut Cost) {
    let id = ObjectId::new(Kind::Index, table.schema.clone(), Name::exact(index));
    let columns: Vec<Name> = cost
        .moment
        .catalog
        .item::<Index>(&id)
        .map_or_else(Vec::new, |i| {
            i.keys
                .iter()
                .filter_map(|k| match &k.expr {
                    KeyExpr::Column(c) => Some(c.clone()),
                    KeyExpr::Expr(_) => None,
                })
                .collect()
        });
    let primary = matches!(item.body, ConstraintBody::PrimaryKey(_));
    let proven = !primary
        || columns
            .iter()
            .all(|c| crate::row::table::is_proven_not_null(table, c, cost.moment));
    let held = if proven { Held::Instant } else { Held::Scan };
    cost.lock_tree(table, ACCESS_EXCLUSIVE, held);
    if !proven {
        scan_tree(table, cost);
    }
}

pub(super) fn scan_tree(table: &ObjectId, cost: &mut Cost) {
    cost.scan(table);
    for child in naming::descendants(&cost.moment.catalog, table) {
        cost.scan(&child);
    }
}

fn alter(id: &ObjectId, clause: &ConstraintClause, cost: &mut Cost) {
    let table = cost.find(&general::relation_of(id));
    let owned = ObjectId::owned(Kind::Constraint, &table, id.name.clone());
    let item = cost.moment.catalog.item::<Constraint>(&owned).cloned();
    match clause {
        ConstraintClause::Inherit(_) => cost.lock_tree(&table, ACCESS_EXCLUSIVE, Held::Instant),
        ConstraintClause::Enforced(on) => {
            let open = *on && item.as_ref().is_some_and(|c| !c.enforced);
            let held = if open { Held::Scan } else { Held::Instant };
            cost.lock_tree(&table, ACCESS_EXCLUSIVE, held);
            let target = item.as_ref().and_then(Constraint::foreign_key);
            if let Some(f) = target {
                // Triggers are made on both sides, or dropped.
                let mode = if *on { SHARE_ROW } else { ACCESS_EXCLUSIVE };
                cost.lock_tree(&f.target, mode, held);
            }
            if open {
                scan_tree(&table, cost);
                cost.hazard(format!("fails if rows of {table} break it"));
            }
        }
        ConstraintClause::Validate => {
            let open = item.as_ref().is_some_and(|c| !c.validated);
            let held = if open { Held::Scan } else { Held::Instant };
            cost.lock_tree(&table, SHARE_UPDATE, held);
            if !open {
                return;
            }
            scan_tree(&table, cost);
            if let Some(f) = item.as_ref().and_then(Constraint::foreign_key) {
                cost.lock_tree(&f.target, ROW_SHARE, held);
            }
        }
        ConstraintClause::Timing { .. } => cost.lock_tree(&table, ACCESS_EXCLUSIVE, Held::Instant),
    }
}
