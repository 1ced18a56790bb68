//! The table rebuild: what SQLite's ALTER TABLE cannot do is done by a new table that takes the rows over.
//!
//! Neighbours: the rows of tables and constraints ask [`decide`] which way a table's changes go, and mark their drafts
//! as one `Must` group; the dialect's weld writes the group here. Invariant: no row, rowid, high-water mark, clause,
//! index, trigger or view is lost: rows and rowids are copied, indexes and triggers of the table are made anew by their
//! own rows, views and the triggers of other tables stay, because the renaming runs with `legacy_alter_table` on.

mod copy;
mod decide;

pub use decide::{columns_in, decide};

use crate::grammar::OWN_PREFIX;
use crate::row::constraint::key_target;
use crate::text::{id, unqualified};
use driftless_model::{
    Catalog, Constraint, ConstraintBody, Kind, Name, Object, ObjectId, Part, Table, TableExt,
    Unmodelled,
};
use driftless_planner::{Action, Clause, Cx, Data, Draft, Fuse, Reach, Session, TableClause};
use driftless_sql::{Diagnostic, quote_text};

/// What a draft of a table that is rebuilt does to others: everything that hangs on the table hears of it.
pub fn rebuilding(mut draft: Draft, table: &ObjectId) -> Draft {
    draft.reach.changes.push(table.part());
    draft.fuse(Fuse::Must(table.clone()))
}

/// One draft for all changes of one table.
pub fn weld(group: Vec<Draft>, cx: &Cx) -> Result<Draft, Diagnostic> {
    let Some(Fuse::Must(table)) = group.first().map(|d| d.fuse.clone()) else {
        return Err(Diagnostic::error(
            "D0404",
            "drafts without a key cannot be welded",
        ));
    };
    let because = group.iter().find_map(|d| d.because.clone());
    let mut reach = joined(&group);
    let actions: Vec<Action> = group
        .into_iter()
        .flat_map(|d| d.statements)
        .flatten()
        .collect();
    let statements = if !cx.before.contains(&table) {
        vec![created(actions)]
    } else if decide(&table, cx).native {
        native(actions)
    } else {
        if let Some(u) = cx
            .before
            .unmodelled
            .iter()
            .find(|u| u.on.as_ref() == Some(&table))
        {
            return Err(stands_on(&table, u));
        }
        reach.changes.push(table.part());
        reach.needs.retain(|p| p.object != table);
        rebuilt(&table, &actions, cx)
    };
    reach.needs.retain(|p| !reach.gives.contains(p));
    Ok(Draft {
        lane: Some(table.part()),
        target: table,
        statements,
        reach,
        fuse: Fuse::Never,
        because,
        told: None,
    })
}

/// The rebuild would take it down, and could not bring it back.
fn stands_on(table: &ObjectId, unmodelled: &Unmodelled) -> Diagnostic {
    let what = format!("{} {}", unmodelled.what, unmodelled.name);
    Diagnostic::error(
        "D0402",
        format!("table `{table}` cannot be rebuilt: {what} is on it"),
    )
    .note("SQLite cannot make this change in place, and a new table would be without it")
    .help("drop it by hand first, or leave the table out with `exclude`")
}

fn joined(group: &[Draft]) -> Reach {
    let mut out = Reach::default();
    for draft in group {
        out.needs.extend(draft.reach.needs.iter().cloned());
        out.gives.extend(draft.reach.gives.iter().cloned());
        out.frees.extend(draft.reach.frees.iter().cloned());
        out.changes.extend(draft.reach.changes.iter().cloned());
        out.removes.extend(draft.reach.removes.iter().cloned());
    }
    for list in [
        &mut out.needs,
        &mut out.gives,
        &mut out.frees,
        &mut out.changes,
        &mut out.removes,
    ] {
        list.sort();
        list.dedup();
    }
    // A constraint that is replaced is removed and given by one statement.
    let replaced: Vec<Part> = out
        .removes
        .iter()
        .filter(|p| out.gives.contains(p))
        .cloned()
        .collect();
    out.removes.retain(|p| !replaced.contains(p));
    out
}

/// CREATE TABLE with its constraints in it.
fn created(actions: Vec<Action>) -> Vec<Action> {
    let is_table = |a: &Action| matches!(a, Action::Create(c) if c.id.kind == Kind::Table);
    let (mut tables, others): (Vec<Action>, Vec<Action>) = actions.into_iter().partition(is_table);
    tables.extend(sorted(others));
    tables
}

/// Primary key, then unique, checks, foreign keys; in id order otherwise.
fn sorted(mut constraints: Vec<Action>) -> Vec<Action> {
    constraints.sort_by_key(|a| match a {
        Action::Create(c) => (c.object.get::<Constraint>().map_or(9, rank), c.id.clone()),
        _ => (9, id(Kind::Schema, "")),
    });
    constraints
}

fn rank(constraint: &Constraint) -> u8 {
    match constraint.body {
        ConstraintBody::PrimaryKey(_) => 0,
        ConstraintBody::Unique(_) => 1,
        ConstraintBody::Check(_) => 2,
        ConstraintBody::ForeignKey(_) => 3,
        ConstraintBody::Exclude(_) | ConstraintBody::NotNull(_) => 4,
    }
}

/// ALTER TABLE statements; the constraints of a new column share its statement.
fn native(actions: Vec<Action>) -> Vec<Vec<Action>> {
    let mut statements: Vec<Vec<Action>> = Vec::new();
    let mut constraints = Vec::new();
    for action in actions {
        match &action {
            Action::Create(_) => constraints.push(action),
            _ => statements.push(vec![action]),
        }
    }
    for action in sorted(constraints) {
        let Action::Create(c) = &action else { continue };
        let columns = c
            .object
            .get::<Constraint>()
            .map(decide::columns_in)
            .unwrap_or_default();
        let home = statements.iter_mut().find(|s| {
            matches!(s.first(), Some(Action::Alter { clause: Clause::Table(TableClause::AddColumn { column, .. }), .. })
                if columns.contains(&column.name))
        });
        match home {
            Some(statement) => statement.push(action),
            None => statements.push(vec![action]),
        }
    }
    statements
}

/// The statements of a rebuild.
fn rebuilt(table: &ObjectId, actions: &[Action], cx: &Cx) -> Vec<Vec<Action>> {
    let (Some(before), Some(after)) = (
        cx.before.item::<Table>(table),
        cx.after.item::<Table>(table),
    ) else {
        return Vec::new();
    };
    let scratch = ObjectId::new(Kind::Table, table.schema.clone(), scratch_name(table, cx));
    let constraints = constraints_after(table, actions, cx.before);
    let mut shape = after.clone();
    for column in &mut shape.columns {
        if let Some(g) = &mut column.generated {
            g.expr.written = unqualified(&g.expr.written, &table.name);
        }
    }
    let mut create = vec![Action::create(scratch.clone(), Object::new(shape))];
    create.extend(sorted(
        constraints
            .iter()
            .map(|(id, c)| moved(id, c, table, &scratch))
            .collect(),
    ));
    let all: Vec<&Constraint> = constraints.iter().map(|(_, c)| c).collect();
    let copied = copy::rows(table, &scratch, before, after, &all, cx);
    let mut indexes = Vec::new();
    for (index, columns) in crate::full_text::over(table, cx.before, cx.after) {
        let same = copy::is_verbatim(&copied, before, after, columns.as_deref());
        if !same || moves_rows(table, before, after, &all, cx) {
            indexes.push(vec![crate::full_text::again(index)]);
        }
    }
    let mut statements = vec![create, vec![Action::Data(copied)]];
    statements.extend(sequence(table, &scratch, &all, cx));
    statements.extend(statistics(table, &scratch, cx));
    statements.extend(put_in_place(table, &scratch));
    statements.extend(statistics(&scratch, table, cx));
    statements.extend(indexes);
    statements
}

/// The standing table goes, and the new one takes its name.
pub fn put_in_place(table: &ObjectId, scratch: &ObjectId) -> Vec<Vec<Action>> {
    vec![
        vec![Action::drop(table.clone())],
        vec![legacy("ON")],
        vec![Action::Rename {
            part: scratch.part(),
            to: table.name.clone(),
        }],
        vec![legacy("OFF")],
    ]
}

/// A column that was not the rowid's alias becomes it: the rows get its values for rowids.
fn moves_rows(
    table: &ObjectId,
    before: &Table,
    after: &Table,
    all: &[&Constraint],
    cx: &Cx,
) -> bool {
    let was: Vec<&Constraint> = constraints(cx.before, table).map(|(_, c)| c).collect();
    let alias = rowid_alias(after, all);
    alias.is_some_and(|a| before.column(a).is_some()) && rowid_alias(before, &was) != alias
}

/// With it SQLite renames the table and looks at no view and no other table's trigger: they keep meaning the name.
fn legacy(value: &str) -> Action {
    Action::Session(Session::Set {
        name: "legacy_alter_table".into(),
        value: value.into(),
    })
}

/// A name that nothing has.
pub fn scratch_name(table: &ObjectId, cx: &Cx) -> Name {
    let mut name = format!("{OWN_PREFIX}new_{}", table.name);
    let kinds = [Kind::Table, Kind::VirtualTable, Kind::View, Kind::Index];
    let taken = |name: &str, catalog: &Catalog| {
        catalog
            .find(&kinds, &Name::default(), &Name::folded(name))
            .is_some()
    };
    while taken(&name, cx.before) || taken(&name, cx.after) {
        name.push('_');
    }
    Name::folded(name)
}

/// The table's constraints once the actions are done.
fn constraints_after(
    table: &ObjectId,
    actions: &[Action],
    before: &Catalog,
) -> Vec<(ObjectId, Constraint)> {
    let mut out: Vec<(ObjectId, Constraint)> = constraints(before, table)
        .map(|(id, c)| (id.clone(), c.clone()))
        .collect();
    for action in actions {
        match action {
            Action::Drop(d) => out.retain(|(id, _)| *id != d.id),
            Action::Create(c) => {
                if let Some(constraint) = c.object.get::<Constraint>() {
                    out.retain(|(id, _)| *id != c.id);
                    out.push((c.id.clone(), constraint.clone()));
                }
            }
            _ => {}
        }
    }
    out
}

/// A table's constraints, in id order.
pub fn constraints<'c>(
    catalog: &'c Catalog,
    table: &ObjectId,
) -> impl Iterator<Item = (&'c ObjectId, &'c Constraint)> {
    catalog
        .owned(table)
        .filter_map(|(id, o)| Some((id, o.get::<Constraint>()?)))
}

/// The constraint as the scratch table carries it.
fn moved(id: &ObjectId, constraint: &Constraint, table: &ObjectId, scratch: &ObjectId) -> Action {
    let mut constraint = constraint.clone();
    constraint.table = scratch.clone();
    if let ConstraintBody::Check(check) = &mut constraint.body {
        check.expr.written = unqualified(&check.expr.written, &table.name);
    }
    let id = id.under(scratch.name.clone());
    Action::create(id, Object::new(constraint))
}

/// The column that is the rowid under another name.
pub fn rowid_alias<'t>(table: &'t Table, constraints: &[&'t Constraint]) -> Option<&'t Name> {
    if table.lite().is_some_and(|l| l.without_rowid) {
        return None;
    }
    constraints.iter().find_map(|c| match &c.body {
        ConstraintBody::PrimaryKey(k) => match k.columns.as_slice() {
            [part] if !(k.inline && part.descending) => {
                let column = table.column(&part.column)?;
                column
                    .ty
                    .text
                    .eq_ignore_ascii_case("integer")
                    .then_some(&part.column)
            }
            _ => None,
        },
        _ => None,
    })
}

/// Keeps the AUTOINCREMENT high-water mark: the copy set the mark to its own highest rowid.
fn sequence(
    table: &ObjectId,
    scratch: &ObjectId,
    after: &[&Constraint],
    cx: &Cx,
) -> Vec<Vec<Action>> {
    let auto = |c: &Constraint| c.key().is_some_and(|k| k.autoincrement);
    let had = constraints(cx.before, table).any(|(_, c)| auto(c));
    if !had || !after.iter().any(|c| auto(c)) {
        return Vec::new();
    }
    let text = |name: &Name| quote_text(name.as_str(), crate::text::SYNTAX);
    let (new, standing) = (text(&scratch.name), text(&table.name));
    [
        format!("DELETE FROM sqlite_sequence WHERE name = {new}"),
        format!(
            "INSERT INTO sqlite_sequence (name, seq)\nSELECT {new}, seq FROM sqlite_sequence WHERE name = {standing} COLLATE NOCASE"
        ),
    ]
    .into_iter()
    .map(|text| {
        vec![Action::Data(Data::Other {
            tables: Vec::new(),
            text,
        })]
    })
    .collect()
}

/// What ANALYZE gathered about a table goes over to another name: it would be deleted with the table.
fn statistics(from: &ObjectId, to: &ObjectId, cx: &Cx) -> Vec<Vec<Action>> {
    let text = |id: &ObjectId| quote_text(id.name.as_str(), crate::text::SYNTAX);
    let (from, to) = (text(from), text(to));
    let moved = |kept: &String| {
        vec![Action::Data(Data::Other {
            tables: Vec::new(),
            text: format!("UPDATE {kept} SET tbl = {to} WHERE tbl = {from} COLLATE NOCASE"),
        })]
    };
    cx.before.statistics.iter().map(moved).collect()
}

/// How far the way of foreign keys is followed.
const FAR: usize = 64;

/// Whether the target of a foreign key is to stand before the table, as people like to read it: not where the way of
/// keys leads back, or is too long to tell. SQLite itself does not care.
pub fn waits_for(table: &ObjectId, target: &ObjectId, after: &Catalog) -> bool {
    let mut open = vec![target.clone()];
    let mut seen = std::collections::BTreeSet::new();
    while let Some(next) = open.pop() {
        if next == *table || seen.len() > FAR {
            return false;
        }
        if seen.insert(next.clone()) {
            open.extend(constraints(after, &next).filter_map(|(_, c)| key_target(c).cloned()));
        }
    }
    true
}

/// `true` where a name of the rowid is no column's name.
fn free_rowid<'n>(tables: &[&Table], names: &[&'n str]) -> Option<&'n str> {
    names
        .iter()
        .copied()
        .find(|n| tables.iter().all(|t| t.column(&Name::folded(*n)).is_none()))
}

/// Whether the table has rowids of its own.
fn has_rowid(table: &Table) -> bool {
    match &table.ext {
        TableExt::Sqlite(l) => !l.without_rowid,
        TableExt::Postgres(_) | TableExt::Mysql(_) => false,
    }
}
