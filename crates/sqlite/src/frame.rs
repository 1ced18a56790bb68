//! What stands around a plan: one transaction, foreign keys off where tables are replaced, and the check that the plan
//! breaks none that held before and leaves the new tables sound.
//!
//! Invariant: the check stops the script by itself, in the sqlite3 shell (`.bail on`) as in any driver, and counts only what
//! the plan brings. `foreign_keys` does nothing inside a transaction, so it stands before; dropping a table with it on
//! would delete the rows of its children. A session starts with it off unless it asks, so it is not turned on again.

use crate::grammar::OWN_PREFIX;
use crate::rebuild::constraints;
use crate::text::{SYNTAX, id};
use driftless_model::{
    Catalog, Constraint, ConstraintBody, ForeignKey, Index, KeyExpr, Kind, Name, ObjectId, Table,
};
use driftless_planner::{Action, Data, Frame};
use driftless_sql::quote_text;
use std::collections::BTreeSet;

const ALL: &str = "(SELECT count(*) FROM pragma_foreign_key_check)";

/// The frame where only the actions are known.
pub fn whole(segments: &[Vec<&Action>]) -> Frame {
    if replaced(segments).is_empty() {
        return plain();
    }
    let mut check = Check::default();
    check.foreign_keys(ALL, ALL);
    check.rows(&rebuilt(segments));
    check.frame()
}

/// The frame between two known states: a table whose keys refer to no key (SQLite calls it a mismatch) cannot be
/// checked, and one that the plan does not touch need not be.
pub fn between(segments: &[Vec<&Action>], before: &Catalog, after: &Catalog) -> Frame {
    let replaced = replaced(segments);
    if replaced.is_empty() {
        return plain();
    }
    let touched = |id: &ObjectId| {
        let keys = |catalog| {
            constraints(catalog, id)
                .filter_map(|(_, c)| c.foreign_key())
                .any(|k| replaced.contains(&k.target))
        };
        replaced.contains(id) || keys(before) || keys(after)
    };
    let tables: Vec<&ObjectId> = after
        .of::<Table>()
        .map(|(id, _)| id)
        .filter(|id| before.contains(id) && touched(id) && checkable(id, after))
        .collect();
    let known: Vec<Name> = tables
        .iter()
        .filter(|id| checkable(id, before))
        .map(|id| name_at_start(&id.name, segments))
        .collect();
    let now: Vec<Name> = tables.iter().map(|id| id.name.clone()).collect();
    let mut check = Check::default();
    if !now.is_empty() {
        check.foreign_keys(&count(&known), &count(&now));
    }
    let mut whole = rebuilt(segments);
    whole.retain(|name| after.contains(&id(Kind::Table, name.as_str())));
    check.rows(&whole);
    check.frame()
}

fn plain() -> Frame {
    Frame {
        client: vec![".bail on".into()],
        begin: vec!["BEGIN IMMEDIATE".into()],
        commit: vec!["COMMIT".into()],
        ..Frame::default()
    }
}

/// A temporary table whose constraints hold what is to be true at the end: it stops the script as any failing
/// statement does.
#[derive(Default)]
struct Check {
    columns: Vec<&'static str>,
    constraints: Vec<&'static str>,
    start: Vec<String>,
    end: Vec<String>,
}

impl Check {
    /// No more rows break a foreign key than did before.
    fn foreign_keys(&mut self, known: &str, broken: &str) {
        self.columns.extend(["broken INTEGER", "known INTEGER"]);
        self.constraints
            .push("CONSTRAINT foreign_keys_hold CHECK (broken <= known)");
        self.start.extend(["0".into(), known.to_owned()]);
        self.end.push(format!("broken = {broken}"));
    }

    /// The new tables are sound: pages, records, NOT NULL, CHECK. `quick_check` leaves the comparison of rows and
    /// indexes out, which takes longer than the rebuild: they were made from these rows in this transaction.
    fn rows(&mut self, tables: &[Name]) {
        if tables.is_empty() {
            return;
        }
        let faults: Vec<String> = tables
            .iter()
            .map(|name| {
                let name = quote_text(name.as_str(), SYNTAX);
                format!(
                    "(SELECT count(*) FROM pragma_quick_check({name}) WHERE quick_check <> 'ok')"
                )
            })
            .collect();
        self.columns.push("faults INTEGER");
        self.constraints
            .push("CONSTRAINT tables_are_sound CHECK (faults = 0)");
        self.start.push("0".into());
        self.end.push(format!("faults = {}", faults.join(" + ")));
    }

    fn frame(self) -> Frame {
        let mut frame = plain();
        frame.head.push("PRAGMA foreign_keys = OFF".into());
        if self.end.is_empty() {
            return frame;
        }
        let check = format!("{OWN_PREFIX}check");
        let columns = self.columns.iter().chain(&self.constraints);
        let columns: Vec<&str> = columns.copied().collect();
        frame.begin.push(format!(
            "CREATE TEMP TABLE {check} ({})",
            columns.join(", ")
        ));
        frame.begin.push(format!(
            "INSERT INTO temp.{check} VALUES ({})",
            self.start.join(", ")
        ));
        let update = format!("UPDATE temp.{check} SET {}", self.end.join(", "));
        frame.commit.insert(0, update);
        frame.commit.insert(1, format!("DROP TABLE temp.{check}"));
        frame
    }
}

/// The tables that a rebuild made, under the names they have in the end.
fn rebuilt(segments: &[Vec<&Action>]) -> Vec<Name> {
    let mut out: Vec<Name> = Vec::new();
    for action in segments.iter().flatten() {
        match action {
            Action::Data(Data::Copy { from, to, .. }) if is_scratch(&to.name) => {
                out.push(from.name.clone());
            }
            Action::Rename { part, to } if part.member.is_none() => {
                for name in out.iter_mut().filter(|n| **n == part.object.name) {
                    *name = to.clone();
                }
            }
            _ => {}
        }
    }
    out
}

fn is_scratch(name: &Name) -> bool {
    name.key().starts_with(&format!("{OWN_PREFIX}new_"))
}

/// How many rows of these tables break a foreign key.
fn count(tables: &[Name]) -> String {
    if tables.is_empty() {
        return "0".into();
    }
    let parts: Vec<String> = tables
        .iter()
        .map(|name| {
            let name = quote_text(name.as_str(), SYNTAX);
            format!("(SELECT count(*) FROM pragma_foreign_key_check({name}))")
        })
        .collect();
    parts.join(" + ")
}

/// The tables that are dropped, for good or by a rebuild.
fn replaced(segments: &[Vec<&Action>]) -> BTreeSet<ObjectId> {
    segments
        .iter()
        .flatten()
        .filter_map(|a| match a {
            Action::Drop(d) if matches!(d.id.kind, Kind::Table | Kind::VirtualTable) => {
                Some(d.id.clone())
            }
            Action::Data(Data::Copy { from, .. }) => Some(from.clone()),
            _ => None,
        })
        .collect()
}

/// The name that a table has when the script begins.
fn name_at_start(name: &Name, segments: &[Vec<&Action>]) -> Name {
    let mut name = name.clone();
    for action in segments.iter().flatten().rev() {
        if let Action::Rename { part, to } = action
            && part.member.is_none()
            && *to == name
            && !is_scratch(&part.object.name)
        {
            name = part.object.name.clone();
        }
    }
    name
}

/// Every foreign key of the table refers to a key, or to no table at all.
fn checkable(id: &ObjectId, catalog: &Catalog) -> bool {
    constraints(catalog, id)
        .filter_map(|(_, c)| c.foreign_key())
        .all(|k| fits(k, catalog))
}

fn fits(key: &ForeignKey, catalog: &Catalog) -> bool {
    let namesake = |kind| catalog.contains(&key.target.of_kind(kind));
    let Some(table) = catalog.item::<Table>(&key.target) else {
        return !namesake(Kind::View) && !namesake(Kind::VirtualTable);
    };
    let keys: Vec<&Constraint> = constraints(catalog, &key.target).map(|(_, c)| c).collect();
    let collates = |name: &Name, collation: &Option<String>| {
        let own = table.column(name).and_then(|c| c.collation.as_deref());
        let own = own.unwrap_or("binary");
        table.column(name).is_some()
            && collation
                .as_deref()
                .is_none_or(|c| c.eq_ignore_ascii_case(own))
    };
    if key.target_columns.is_empty() {
        return keys.iter().any(|c| match &c.body {
            ConstraintBody::PrimaryKey(k) => {
                k.columns.len() == key.columns.len()
                    && k.columns.iter().all(|p| collates(&p.column, &p.collation))
            }
            _ => false,
        });
    }
    let wanted: BTreeSet<&Name> = key.target_columns.iter().collect();
    let by_constraint = keys.iter().filter_map(|c| c.key()).any(|k| {
        k.columns.len() == wanted.len()
            && k.columns
                .iter()
                .all(|p| wanted.contains(&p.column) && collates(&p.column, &p.collation))
    });
    let by_index = || {
        catalog.using::<Index>(&key.target).any(|(_, i)| {
            i.table == key.target
                && i.unique
                && i.filter.is_none()
                && i.keys.len() == wanted.len()
                && i.keys.iter().all(|k| match &k.expr {
                    KeyExpr::Column(c) => wanted.contains(c) && collates(c, &k.collation),
                    KeyExpr::Expr(_) => false,
                })
        })
    };
    by_constraint || by_index()
}
