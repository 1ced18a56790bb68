//! From one state of a table to another: the clauses, with the fewest moves of columns.

use super::collation::{self, effective};
use super::{count, engine, left_alone, same_column, same_method, same_partitions, same_parts};
use crate::features::{Feature, has};
use driftless_model::{
    Column, MyTable, Name, ObjectId, Options, PartitionDef, Partitioning, Table, Verdict,
};
use driftless_planner::{Action, Cx, PartitionClause, Position, TableClause};
use std::collections::BTreeSet;

/// What is said of columns and options.
pub fn columns_and_options(id: &ObjectId, before: &Table, after: &Table, cx: &Cx) -> Vec<Action> {
    let mut out = Vec::new();
    let gone = before
        .columns
        .iter()
        .filter(|c| after.column(&c.name).is_none());
    for column in gone {
        out.push(Action::table(
            id,
            TableClause::DropColumn {
                column: column.name.clone(),
                if_exists: false,
                cascade: false,
                only: false,
            },
        ));
    }
    let default_changes =
        collation::of_table(before, cx.before, cx) != collation::of_table(after, cx.after, cx);
    let said = |column: &Column| {
        let mut column = column.clone();
        collation::unsaid(&mut column, after);
        Box::new(column)
    };
    let stay = unmoved(before, after);
    let made_anew = remade_all(id, before, after, cx);
    let mut previous: Option<&Name> = None;
    for (at, column) in after.columns.iter().enumerate() {
        let place = match previous {
            None => Position::First,
            Some(name) => Position::After(name.clone()),
        };
        previous = Some(&column.name);
        match before.column(&column.name) {
            None => {
                // At the end it need not be said.
                let last = after.columns[at..]
                    .iter()
                    .all(|c| before.column(&c.name).is_none());
                out.push(Action::table(
                    id,
                    TableClause::AddColumn {
                        column: said(column),
                        if_not_exists: false,
                        position: (!last).then_some(place),
                    },
                ));
            }
            Some(was) => {
                let moved = !stay.contains(&column.name);
                let was_collated = effective(was, before, cx.before, cx);
                let is_collated = effective(column, after, cx.after, cx);
                let same = same_column((was, was_collated), (column, is_collated)) == Verdict::Same;
                if made_anew.contains(&column.name) {
                    out.push(Action::table(
                        id,
                        TableClause::DropColumn {
                            column: column.name.clone(),
                            if_exists: false,
                            cascade: false,
                            only: false,
                        },
                    ));
                    out.push(Action::table(
                        id,
                        TableClause::AddColumn {
                            column: said(column),
                            if_not_exists: false,
                            position: Some(place),
                        },
                    ));
                } else if moved || !same {
                    out.push(Action::table(
                        id,
                        TableClause::ChangeColumn {
                            name: column.name.clone(),
                            column: said(column),
                            position: moved.then_some(place),
                        },
                    ));
                }
            }
        }
    }
    out.extend(options(id, before, after, default_changes, cx));
    out
}

/// The columns that are dropped and added; where the product wants it, those that read such ones too.
fn remade_all(id: &ObjectId, before: &Table, after: &Table, cx: &Cx) -> BTreeSet<Name> {
    let pairs: Vec<(&Column, &Column)> = after
        .columns
        .iter()
        .filter_map(|now| Some((before.column(&now.name)?, now)))
        .collect();
    let mut out: BTreeSet<Name> = pairs
        .iter()
        .filter(|(was, now)| remade(was, now))
        .map(|(_, now)| now.name.clone())
        .collect();
    if has(cx.server, Feature::ReplacesUnderGenerated) {
        return out;
    }
    loop {
        let reads = |column: &Column| {
            column.generated.as_ref().is_some_and(|g| {
                let parts = g.expr.parts();
                let mut own = parts
                    .filter(|p| p.object == *id)
                    .filter_map(|p| p.member.as_ref());
                own.any(|m| out.contains(m))
            })
        };
        let more: Vec<Name> = pairs
            .iter()
            .filter(|(was, now)| {
                !out.contains(&now.name) && now.generated.is_some() && (reads(was) || reads(now))
            })
            .map(|(_, now)| now.name.clone())
            .collect();
        if more.is_empty() {
            return out;
        }
        out.extend(more);
    }
}

/// A column becomes generated, or stops, or is kept in another way: servers want it dropped and added (manual, ALTER
/// TABLE and Generated Columns).
fn remade(was: &Column, now: &Column) -> bool {
    match (&was.generated, &now.generated) {
        (Some(b), Some(a)) => b.stored != a.stored,
        (Some(b), None) => !b.stored,
        (None, Some(a)) => !a.stored,
        (None, None) => false,
    }
}

/// The columns of both sides that can stay where they are: a longest run in the same order.
fn unmoved(before: &Table, after: &Table) -> BTreeSet<Name> {
    let rank = |name: &Name| before.columns.iter().position(|c| c.name == *name);
    let kept: Vec<(usize, &Name)> = after
        .columns
        .iter()
        .filter_map(|c| Some((rank(&c.name)?, &c.name)))
        .collect();
    // Patience sorting: the tails of the best runs of each length, with the way back.
    let mut tails: Vec<usize> = Vec::new();
    let mut back: Vec<Option<usize>> = vec![None; kept.len()];
    for (i, (r, _)) in kept.iter().enumerate() {
        let at = tails.partition_point(|t| kept[*t].0 < *r);
        back[i] = at.checked_sub(1).map(|p| tails[p]);
        if at == tails.len() {
            tails.push(i);
        } else {
            tails[at] = i;
        }
    }
    let mut out = BTreeSet::new();
    let mut next = tails.last().copied();
    while let Some(i) = next {
        out.insert(kept[i].1.clone());
        next = back[i];
    }
    out
}

fn options(
    id: &ObjectId,
    before: &Table,
    after: &Table,
    default_changes: bool,
    cx: &Cx,
) -> Vec<Action> {
    let (Some(b), Some(a)) = (before.my(), after.my()) else {
        return Vec::new();
    };
    let mut out = Vec::new();
    let mut set: Options<Option<String>> = Options::new();
    if engine(b) != engine(a) {
        let name = a.engine.clone().unwrap_or_else(|| "InnoDB".into());
        set.insert("engine".into(), Some(name));
    }
    for (name, value) in &a.options {
        if b.options.get(name) != Some(value) {
            set.insert(name.clone(), Some(value.clone()));
        }
    }
    for name in b.options.keys().filter(|n| !a.options.contains_key(n)) {
        set.insert(name.clone(), None);
    }
    if default_changes {
        let to = collation::of_table(after, cx.after, cx);
        set.insert("collate".into(), Some(to));
    }
    for period in b.periods.iter().filter(|p| !a.periods.contains(p)) {
        out.push(period_action(id, period, true));
    }
    for period in a.periods.iter().filter(|p| !b.periods.contains(p)) {
        out.push(period_action(id, period, false));
    }
    if b.versioned != a.versioned {
        let value = a.versioned.then(String::new);
        set.insert("system_versioning".into(), value);
    }
    if !set.is_empty() {
        out.push(Action::table(id, TableClause::Options(set)));
    }
    out
}

fn period_action(id: &ObjectId, period: &driftless_model::Period, drop: bool) -> Action {
    let period = period.clone();
    Action::table(id, TableClause::Period { period, drop })
}

/// What is said of partitions: the least that leads there.
pub fn partitions(id: &ObjectId, before: &Table, after: &Table, cx: &Cx) -> Vec<Action> {
    let (Some(b), Some(a)) = (before.my(), after.my()) else {
        return Vec::new();
    };
    let clauses = match (&b.partitioning, &a.partitioning) {
        (None, None) => Vec::new(),
        (Some(_), None) => vec![PartitionClause::By(None)],
        (None, Some(p)) => vec![PartitionClause::By(Some(p.clone()))],
        (Some(was), Some(now)) if left_alone(was, now, cx) => Vec::new(),
        (Some(was), Some(now)) => between(was, now, a),
    };
    let table = |clause| Action::table(id, TableClause::Partitions(clause));
    clauses.into_iter().map(table).collect()
}

fn between(was: &Partitioning, now: &Partitioning, my: &MyTable) -> Vec<PartitionClause> {
    let engine = engine(my);
    if same_method(was, now) != Verdict::Same {
        return vec![PartitionClause::By(Some(Box::new(now.clone())))];
    }
    if same_partitions(was, now, &engine) {
        return Vec::new();
    }
    let by = was.by.written.to_ascii_lowercase();
    let counted = was.parts.is_empty() || now.parts.is_empty();
    if counted && (by.contains("hash") || by.starts_with("key") || by.starts_with("linear")) {
        let (from, to) = (count(was), count(now));
        return match from < to {
            true => vec![PartitionClause::AddCount(to - from)],
            false => vec![PartitionClause::Coalesce(from - to)],
        };
    }
    listed(&was.parts, &now.parts, &engine)
        .unwrap_or_else(|| vec![PartitionClause::By(Some(Box::new(now.clone())))])
}

/// RANGE and LIST: dropped ones, and new ones at the end (RANGE) or anywhere (LIST).
fn listed(
    was: &[PartitionDef],
    now: &[PartitionDef],
    engine: &str,
) -> Option<Vec<PartitionClause>> {
    let find =
        |parts: &[PartitionDef], name: &Name| parts.iter().find(|p| p.name == *name).cloned();
    let changed = was.iter().any(|p| {
        find(now, &p.name).is_some_and(|n| !same_parts(std::slice::from_ref(p), &[n], engine))
    });
    let gone: Vec<Name> = was
        .iter()
        .filter(|p| find(now, &p.name).is_none())
        .map(|p| p.name.clone())
        .collect();
    let new: Vec<PartitionDef> = now
        .iter()
        .filter(|p| find(was, &p.name).is_none())
        .cloned()
        .collect();
    if changed || gone.len() == was.len() {
        return None;
    }
    let range = was.iter().any(|p| p.values.starts_with("LESS"));
    let kept = was.len() - gone.len();
    let at_end = now[..kept.min(now.len())]
        .iter()
        .all(|p| find(was, &p.name).is_some());
    if range && !new.is_empty() && !at_end {
        return None;
    }
    let mut out = Vec::new();
    if !gone.is_empty() {
        out.push(PartitionClause::Drop(gone));
    }
    if !new.is_empty() {
        out.push(PartitionClause::Add(new));
    }
    Some(out)
}
