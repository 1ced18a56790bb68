//! Tables with their columns: what differs becomes clauses of one ALTER TABLE.
//!
//! Neighbours: `change` finds the clauses, `clause` executes them, `cost` tells their price. Invariant: MODIFY restates
//! everything that a column has.

pub mod change;
mod clause;
pub mod collation;
mod cost;
pub mod fill;

use crate::canon::{settle_default, settle_expr};
use crate::grammar::SAID;
use crate::print;
use collation::{Effective, effective};
use driftless_model::{
    Catalog, Column, Constraint, Index, MyTable, Object, ObjectId, PartitionDef, Partitioning,
    Server, SqlText, Table, Verdict,
};
use driftless_planner::{
    Action, Alter, Clause, Create, Cx, Draft, Facts, Fault, Fuse, Hit, KindOps, Moment, Printed,
    Tx, bare,
};
use driftless_sql::Diagnostic;

pub struct Tables;

/// The nature of two columns of one name, each with the collation that its table and database give it.
pub fn same_column(
    before: (&Column, Option<Effective>),
    after: (&Column, Option<Effective>),
) -> Verdict {
    let ((b, b_collation), (a, a_collation)) = (before, after);
    let plain = b.ty.text == a.ty.text
        && b.not_null == a.not_null
        && b_collation == a_collation
        && b.comment == a.comment
        && same_rest(b, a);
    let generated = match (&b.generated, &a.generated) {
        (Some(b), Some(a)) => Verdict::of(b.stored == a.stored).and(b.expr.compare(&a.expr)),
        (None, None) => Verdict::Same,
        _ => Verdict::Different,
    };
    let check = |c: &Column| c.my.as_ref().and_then(|m| m.check.clone());
    Verdict::of(plain)
        .and(SqlText::compare_option(&b.default, &a.default))
        .and(generated)
        .and(SqlText::compare_option(&check(b), &check(a)))
}

fn same_rest(before: &Column, after: &Column) -> bool {
    let (mut b, mut a) = (
        before.my.as_deref().cloned().unwrap_or_default(),
        after.my.as_deref().cloned().unwrap_or_default(),
    );
    // Part of the collation.
    b.options.remove(SAID);
    a.options.remove(SAID);
    // MariaDB does not show it (SHOW CREATE TABLE), so there it is no difference.
    if !(b.options.contains_key("srid") && a.options.contains_key("srid")) {
        b.options.remove("srid");
        a.options.remove("srid");
    }
    b.auto_increment == a.auto_increment
        && b.on_update == a.on_update
        && b.invisible == a.invisible
        && b.options == a.options
}

/// InnoDB where none is said.
pub fn engine(my: &MyTable) -> String {
    my.engine
        .as_deref()
        .unwrap_or("innodb")
        .to_ascii_lowercase()
}

fn same_options(before: &MyTable, after: &MyTable) -> bool {
    engine(before) == engine(after)
        && before.options == after.options
        && before.versioned == after.versioned
        && before.periods == after.periods
}

/// A partition without what only repeats the table.
fn told(part: &PartitionDef, engine: &str) -> PartitionDef {
    let mut part = part.clone();
    if part
        .options
        .get("engine")
        .is_some_and(|e| e.eq_ignore_ascii_case(engine))
    {
        part.options.remove("engine");
    }
    part.parts = part.parts.iter().map(|p| told(p, engine)).collect();
    part
}

pub fn same_parts(before: &[PartitionDef], after: &[PartitionDef], engine: &str) -> bool {
    let each = |parts: &[PartitionDef]| -> Vec<PartitionDef> {
        parts.iter().map(|p| told(p, engine)).collect()
    };
    each(before) == each(after)
}

/// How many there are, named or numbered.
pub fn count(p: &Partitioning) -> u32 {
    let named = u32::try_from(p.parts.len()).unwrap_or(u32::MAX);
    if named > 0 {
        named
    } else {
        p.count.unwrap_or(1)
    }
}

/// The same function over the rows, whatever its partitions are.
pub fn same_method(before: &Partitioning, after: &Partitioning) -> Verdict {
    let sub = |p: &Partitioning| match &p.sub {
        Some(_) => p.sub_count.or_else(|| {
            let first = p.parts.first()?;
            u32::try_from(first.parts.len()).ok().filter(|n| *n > 0)
        }),
        None => None,
    };
    before
        .by
        .compare(&after.by)
        .and(SqlText::compare_option(&before.sub, &after.sub))
        .and(Verdict::of(sub(before) == sub(after)))
}

/// Ranges and lists are somebody else's, and the table is parted as it shall be.
pub fn left_alone(before: &Partitioning, after: &Partitioning, cx: &Cx) -> bool {
    let by = after.by.written.trim_start().to_ascii_lowercase();
    let named = by.starts_with("range") || by.starts_with("list");
    cx.scope.external_partitions && named && same_method(before, after) == Verdict::Same
}

pub fn same_partitions(before: &Partitioning, after: &Partitioning, engine: &str) -> bool {
    // Numbered ones are called p0, p1 … and show as a number.
    let unnamed = before.parts.is_empty() || after.parts.is_empty();
    count(before) == count(after) && (unnamed || same_parts(&before.parts, &after.parts, engine))
}

impl KindOps for Tables {
    type Item = Table;

    fn settle(&self, id: &ObjectId, item: &mut Table, catalog: &Catalog) {
        for column in &mut item.columns {
            let ty = column.ty.text.clone();
            if let Some(default) = &mut column.default {
                settle_default(default, &ty, catalog);
            }
            if let Some(generated) = &mut column.generated {
                settle_expr(&mut generated.expr, id, catalog);
            }
            if let Some(check) = column.my.as_mut().and_then(|m| m.check.as_mut()) {
                settle_expr(check, id, catalog);
            }
        }
        if let Some(p) = item.my_mut().and_then(|m| m.partitioning.as_mut()) {
            settle_expr(&mut p.by, id, catalog);
            if let Some(sub) = &mut p.sub {
                settle_expr(sub, id, catalog);
            }
        }
    }

    fn same(&self, before: &Table, after: &Table, cx: &Cx) -> Verdict {
        let (Some(b), Some(a)) = (before.my(), after.my()) else {
            return Verdict::Different;
        };
        let plain = same_options(b, a)
            && collation::of_table(before, cx.before, cx)
                == collation::of_table(after, cx.after, cx)
            && before.columns.len() == after.columns.len()
            && before
                .columns
                .iter()
                .zip(&after.columns)
                .all(|(b, a)| b.name == a.name);
        if !plain {
            return Verdict::Different;
        }
        let partitions = match (&b.partitioning, &a.partitioning) {
            (Some(b), Some(a)) if left_alone(b, a, cx) => Verdict::Same,
            (Some(b), Some(a)) => same_method(b, a).and(Verdict::of(same_partitions(
                b,
                a,
                &engine(before.my().unwrap_or(&MyTable::default())),
            ))),
            (None, None) => Verdict::Same,
            _ => Verdict::Different,
        };
        let columns = before.columns.iter().zip(&after.columns);
        columns.fold(partitions, |verdict, (b, a)| {
            let b_collation = effective(b, before, cx.before, cx);
            let a_collation = effective(a, after, cx.after, cx);
            verdict.and(same_column((b, b_collation), (a, a_collation)))
        })
    }

    fn create(&self, id: &ObjectId, object: &Object, item: &Table, cx: &Cx) -> Vec<Draft> {
        let mut object = bare(object);
        if let Some(table) = object.get_mut::<Table>() {
            for column in &mut table.columns {
                collation::unsaid(column, item);
            }
            // What it would inherit is another thing in the database as it is.
            let inherited = collation::of_database(cx.after, cx);
            if inherited != collation::of_database(cx.before, cx)
                && let Some(my) = table.my_mut()
            {
                my.collation.get_or_insert(inherited);
            }
        }
        let draft = cx.draft(Action::create(id.clone(), object));
        vec![draft.fuse(Fuse::Must(id.clone()))]
    }

    fn alter(&self, id: &ObjectId, before: &Table, after: &Table, _hits: &[Hit], cx: &Cx) -> Alter {
        let mut drafts = Vec::new();
        let given = |c: &&Column| cx.hints.usings.contains_key(&id.member(&c.name));
        if let Some(column) = after.columns.iter().find(given) {
            return Alter::Refuse(Box::new(
                Diagnostic::error(
                    "D0003",
                    format!("`using` of {id}.{} cannot be followed", column.name),
                )
                .note("these servers convert values by their own rules when a type changes")
                .help("leave `using` out, or convert the values in a migration of its own (`driftless new`)"),
            ));
        }
        for action in change::columns_and_options(id, before, after, cx) {
            drafts.push(cx.draft(action).fuse(Fuse::Must(id.clone())));
        }
        // Clauses about partitions stand alone (manual, ALTER TABLE Partition Operations).
        for action in change::partitions(id, before, after, cx) {
            let mut draft = cx.draft(action);
            draft.lane = None;
            drafts.push(draft);
        }
        Alter::Drafts(drafts)
    }

    fn resolve(&self, create: &mut Create, moment: &mut Moment) -> Result<(), Fault> {
        let server = moment.catalog.server;
        let Some(table) = create.object.get_mut::<Table>() else {
            return Ok(());
        };
        if let Some(source) = table.my().and_then(|m| m.like.clone()) {
            let Some(found) = moment.catalog.item::<Table>(&source) else {
                return Err(Fault::missing("table", &source));
            };
            *table = found.clone();
            if let Some(my) = table.my_mut() {
                my.like = Some(source);
                my.auto_increment = None;
            }
        }
        if let Some(my) = table.my_mut() {
            my.collation = my
                .collation
                .take()
                .map(|c| collation::resolved(&c, None, server));
        }
        let own = table.my().and_then(|m| m.collation.clone());
        for column in &mut table.columns {
            collation::settle(column, own.as_deref(), server);
        }
        Ok(())
    }

    /// LIKE brings keys and checks along, under their names; foreign keys stay behind (manual, CREATE TABLE … LIKE).
    fn created(&self, id: &ObjectId, moment: &mut Moment) -> Result<(), Fault> {
        let my = moment.catalog.item_mut::<Table>(id).and_then(Table::my_mut);
        let Some(source) = my.and_then(|m| m.like.take()) else {
            return Ok(());
        };
        let owned: Vec<(ObjectId, Object)> = moment
            .catalog
            .owned(&source)
            .map(|(i, o)| (i.clone(), o.clone()))
            .collect();
        for (old, mut object) in owned {
            if let Some(index) = object.get_mut::<Index>() {
                index.table = id.clone();
            } else if let Some(c) = object.get_mut::<Constraint>() {
                if c.foreign_key().is_some() {
                    continue;
                }
                c.table = id.clone();
            } else {
                continue;
            }
            moment.insert(old.under(id.name.clone()), object);
        }
        Ok(())
    }

    fn clause(&self, id: &ObjectId, clause: &Clause, moment: &mut Moment) -> Result<(), Fault> {
        clause::apply(id, clause, moment)
    }

    fn tx(&self, _action: &Action) -> Tx {
        Tx::Outside
    }

    fn facts(&self, action: &Action, moment: &Moment) -> Facts {
        cost::facts(action, moment)
    }

    fn print(&self, action: &Action, _inside: Option<&Action>, server: Server) -> Printed {
        Printed::plain(print::statement(std::slice::from_ref(action), server))
    }
}
