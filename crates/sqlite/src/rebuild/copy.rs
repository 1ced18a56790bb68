//! The rows' way from the standing table into the new one.

use super::{free_rowid, has_rowid, rowid_alias};
use crate::canon::ROWID;
use crate::text::{quoted, unwrapped};
use driftless_model::{Column, Constraint, Name, ObjectId, Table};
use driftless_planner::{Cx, Data};

/// `INSERT INTO scratch (…) SELECT … FROM table`.
pub fn rows(
    table: &ObjectId,
    scratch: &ObjectId,
    before: &Table,
    after: &Table,
    constraints: &[&Constraint],
    cx: &Cx,
) -> Data {
    let mut columns: Vec<(Name, String)> = Vec::new();
    for column in after.columns.iter().filter(|c| c.generated.is_none()) {
        if let Some(value) = value(table, column, before, cx) {
            columns.push((column.name.clone(), value));
        }
    }
    keep_rowid(&mut columns, table, before, after, constraints, cx);
    if columns.is_empty() {
        // Rows without any value of before: each is one row of defaults.
        if let Some(column) = after.columns.iter().find(|c| c.generated.is_none()) {
            let value = column
                .default
                .as_ref()
                .map_or("NULL".into(), |d| bracketed(&d.written));
            columns.push((column.name.clone(), value));
        }
    }
    Data::Copy {
        from: table.clone(),
        to: scratch.clone(),
        columns,
    }
}

/// Whether these columns (`None`: all of before) have the values that they had, in rows that have the rowids that they
/// had.
pub fn is_verbatim(copy: &Data, before: &Table, after: &Table, columns: Option<&[Name]>) -> bool {
    let Data::Copy {
        columns: copied, ..
    } = copy
    else {
        return false;
    };
    let kept = |name: &Name| {
        let (Some(was), Some(now)) = (before.column(name), after.column(name)) else {
            return false;
        };
        let own = |(n, expr): &(Name, String)| n == name && *expr == quoted(name);
        let value = was.generated.is_some() || copied.iter().any(own);
        let (was, now) = (&was.ty.text, &now.ty.text);
        value && was.eq_ignore_ascii_case(now)
    };
    let all = || before.columns.iter().map(|c| &c.name).collect::<Vec<_>>();
    let columns = columns.map_or_else(all, |c| c.iter().collect());
    // The rowid comes from its hidden name, or from the column that was its alias already.
    let rowid = has_rowid(before) && has_rowid(after);
    rowid && columns.into_iter().all(kept)
}

/// What fills the column; `None`: its default, or nothing.
fn value(table: &ObjectId, column: &Column, before: &Table, cx: &Cx) -> Option<String> {
    let part = table.member(&column.name);
    let backfill = cx.hints.backfills.get(&part).map(|t| bracketed(&t.written));
    let Some(was) = before.column(&column.name) else {
        return backfill;
    };
    if let Some(using) = cx.hints.usings.get(&part) {
        return Some(bracketed(&using.written));
    }
    let plain = quoted(&column.name);
    if !column.not_null || was.not_null {
        return Some(plain);
    }
    let default = || {
        let written = &column.default.as_ref()?.written;
        (!written.eq_ignore_ascii_case("null")).then(|| bracketed(written))
    };
    Some(match backfill.or_else(default) {
        Some(value) => format!("coalesce({plain}, {})", unwrapped(&value)),
        None => plain,
    })
}

fn bracketed(written: &str) -> String {
    let bare = unwrapped(written);
    if crate::text::is_simple_default(bare) {
        bare.to_owned()
    } else {
        format!("({bare})")
    }
}

/// Rowids stay what they are: where they have no column of their own they are copied by their hidden name; a column
/// that becomes their alias takes them.
fn keep_rowid(
    columns: &mut Vec<(Name, String)>,
    table: &ObjectId,
    before: &Table,
    after: &Table,
    constraints: &[&Constraint],
    cx: &Cx,
) {
    if !has_rowid(before) || !has_rowid(after) {
        return;
    }
    let Some(hidden) = free_rowid(&[before, after], ROWID) else {
        return;
    };
    let was: Vec<&Constraint> = super::constraints(cx.before, table)
        .map(|(_, c)| c)
        .collect();
    let had_alias = rowid_alias(before, &was).is_some();
    match rowid_alias(after, constraints) {
        Some(alias) if !columns.iter().any(|(n, _)| n == alias) => {
            columns.insert(0, (alias.clone(), hidden.to_owned()));
        }
        Some(_) => {}
        // Without an alias before and after they are hidden on both sides; an alias that ends leaves its values.
        None if had_alias || !columns.is_empty() || !before.columns.is_empty() => {
            columns.push((Name::folded(hidden), hidden.to_owned()));
        }
        None => {}
    }
}
