//! Keys, checks and foreign keys: in SQLite they live in the text of their table, so every change is the table's.

use super::{demand, instant, lock, no_clause, place_in};
use crate::canon::{missing_columns, same_text, settle_expr};
use crate::grammar::{automatic, free_name};
use crate::print;
use crate::rebuild::{decide, rebuilding, rowid_alias, waits_for};
use driftless_model::{
    Catalog, Constraint, ConstraintBody, Key, Kind, Name, Object, ObjectId, Server, Table, Verdict,
};
use driftless_planner::{
    Action, Alter, Clause, Create, Cx, Draft, Facts, Fault, Fuse, Held, Hit, KindOps, Moment,
    Printed, bare,
};
use driftless_sql::Diagnostic;

pub struct Constraints;

/// The table that a foreign key points to.
pub fn key_target(constraint: &Constraint) -> Option<&ObjectId> {
    constraint.foreign_key().map(|f| &f.target)
}

pub fn same(before: &Constraint, after: &Constraint) -> bool {
    let timing = before.deferrable == after.deferrable
        && before.initially_deferred == after.initially_deferred
        && before.named == after.named;
    timing
        && match (&before.body, &after.body) {
            (ConstraintBody::PrimaryKey(b), ConstraintBody::PrimaryKey(a))
            | (ConstraintBody::Unique(b), ConstraintBody::Unique(a)) => same_key(b, a),
            (ConstraintBody::Check(b), ConstraintBody::Check(a)) => {
                b.conflict == a.conflict && same_text(&b.expr, &a.expr)
            }
            (ConstraintBody::ForeignKey(b), ConstraintBody::ForeignKey(a)) => b == a,
            _ => false,
        }
}

fn same_key(before: &Key, after: &Key) -> bool {
    let same_part = |b: &driftless_model::KeyPart, a: &driftless_model::KeyPart| {
        b.column == a.column
            && b.descending == a.descending
            && match (&b.collation, &a.collation) {
                (Some(b), Some(a)) => b.eq_ignore_ascii_case(a),
                (None, None) => true,
                _ => false,
            }
    };
    // INTEGER PRIMARY KEY DESC is no alias of the rowid in a column's definition, and is one in the table's.
    let inline = |k: &Key| k.inline && k.columns.len() == 1 && k.columns[0].descending;
    before.columns.len() == after.columns.len()
        && before
            .columns
            .iter()
            .zip(&after.columns)
            .all(|(b, a)| same_part(b, a))
        && before.conflict == after.conflict
        && before.autoincrement == after.autoincrement
        && inline(before) == inline(after)
}

impl Constraints {
    /// As part of its table's group; what it needs of foreign keys only where their way does not lead back.
    fn grouped(&self, mut draft: Draft, table: &ObjectId, cx: &Cx) -> Draft {
        draft.reach.needs.retain(|p| {
            p.object == *table
                || cx.after.contains(&p.object) && waits_for(table, &p.object, cx.after)
        });
        // Foreign keys are off meanwhile: what one lets go of waits for nothing.
        draft.reach.frees.retain(|p| p.object == *table);
        let after_table = cx.before.contains(table) && cx.after.contains(table);
        if after_table && !decide(table, cx).native {
            return rebuilding(draft, table);
        }
        draft.fuse(Fuse::Must(table.clone()))
    }
}

impl KindOps for Constraints {
    type Item = Constraint;

    fn settle(&self, _id: &ObjectId, item: &mut Constraint, catalog: &Catalog) {
        if let ConstraintBody::Check(check) = &mut item.body {
            settle_expr(&mut check.expr, &item.table, catalog);
        }
    }

    fn same(&self, before: &Constraint, after: &Constraint, _cx: &Cx) -> Verdict {
        Verdict::of(same(before, after))
    }

    fn create(&self, id: &ObjectId, object: &Object, item: &Constraint, cx: &Cx) -> Vec<Draft> {
        let draft = cx.draft(Action::create(id.clone(), bare(object)));
        vec![self.grouped(draft, &item.table, cx)]
    }

    fn drop(&self, id: &ObjectId, item: &Constraint, cx: &Cx) -> Vec<Draft> {
        vec![self.grouped(cx.draft(Action::drop(id.clone())), &item.table, cx)]
    }

    fn alter(
        &self,
        id: &ObjectId,
        before: &Constraint,
        after: &Constraint,
        _hits: &[Hit],
        cx: &Cx,
    ) -> Alter {
        if same(before, after) {
            return Alter::Drafts(Vec::new());
        }
        let mut drafts = KindOps::drop(self, id, before, cx);
        drafts.extend(KindOps::create(
            self,
            id,
            &Object::new(after.clone()),
            after,
            cx,
        ));
        Alter::Drafts(drafts)
    }

    fn resolve(&self, create: &mut Create, moment: &mut Moment) -> Result<(), Fault> {
        let Some(constraint) = create.object.get::<Constraint>() else {
            return Ok(());
        };
        let Some(table) = moment.catalog.item::<Table>(&constraint.table) else {
            return Err(Fault::missing("table", &constraint.table));
        };
        resolve(constraint, table, moment)?;
        let second = matches!(constraint.body, ConstraintBody::PrimaryKey(_))
            && !create.if_not_exists
            && crate::rebuild::constraints(&moment.catalog, &constraint.table)
                .any(|(_, c)| matches!(c.body, ConstraintBody::PrimaryKey(_)));
        if second {
            return Err(Diagnostic::error(
                "D0304",
                format!("table `{}` has more than one primary key", constraint.table),
            )
            .help("keep one PRIMARY KEY; use UNIQUE for the other")
            .into());
        }
        if create.id.name.is_empty() {
            let mut taken = moment
                .catalog
                .owned(&constraint.table)
                .map(|(id, _)| id.name.clone())
                .collect();
            create.id.name = free_name(&automatic(constraint), &mut taken);
        }
        Ok(())
    }

    fn created(&self, id: &ObjectId, moment: &mut Moment) -> Result<(), Fault> {
        let Some(constraint) = moment.catalog.item::<Constraint>(id).cloned() else {
            return Ok(());
        };
        let ConstraintBody::PrimaryKey(key) = &constraint.body else {
            return Ok(());
        };
        let Some(table) = moment.catalog.item_mut::<Table>(&constraint.table) else {
            return Ok(());
        };
        // WITHOUT ROWID and STRICT tables take no NULL in their key (withoutrowid, 2.0; stricttables, 2).
        let demands = table.lite().is_some_and(|l| {
            l.without_rowid || (l.strict && rowid_alias(table, &[&constraint]).is_none())
        });
        if demands {
            for part in &key.columns {
                if let Some(column) = table.column_mut(&part.column) {
                    column.not_null = true;
                }
            }
        }
        Ok(())
    }

    fn clause(&self, id: &ObjectId, clause: &Clause, _moment: &mut Moment) -> Result<(), Fault> {
        no_clause(id, clause)
    }

    fn facts(&self, action: &Action, moment: &Moment) -> Facts {
        let table = match action {
            Action::Create(c) => c.object.get::<Constraint>().map(|c| c.table.clone()),
            Action::Drop(d) => moment
                .catalog
                .get(&d.id)
                .and_then(|o| o.owner_relation().cloned()),
            _ => None,
        };
        let Some(table) = table.filter(|t| !moment.fresh.contains(t) && moment.catalog.contains(t))
        else {
            return Facts::default();
        };
        let Action::Create(create) = action else {
            return instant(&table);
        };
        let mut out = Facts {
            locks: vec![lock(&table, Held::Scan)],
            scan: true,
            ..Facts::default()
        };
        if let Some(constraint) = create.object.get::<Constraint>()
            && let Some(demand) = demand::of_added(constraint, moment)
        {
            out.demand(demand);
        }
        out
    }

    fn print(&self, action: &Action, _inside: Option<&Action>, _server: Server) -> Printed {
        Printed::plain(print::single(action))
    }
}

/// The columns and the table that a constraint names are there.
fn resolve(constraint: &Constraint, table: &Table, moment: &Moment) -> Result<(), Fault> {
    let id = &constraint.table;
    let known = |name: &Name| -> Result<(), Fault> {
        if table.column(name).is_some() {
            Ok(())
        } else {
            Err(Fault::missing("column", id.member(name)))
        }
    };
    match &constraint.body {
        ConstraintBody::PrimaryKey(key) | ConstraintBody::Unique(key) => {
            key.columns.iter().try_for_each(|p| known(&p.column))?;
            if key.autoincrement && rowid_alias(table, &[constraint]).is_none() {
                return Err(Diagnostic::error(
                    "D0305",
                    format!("AUTOINCREMENT of `{id}` is not on an INTEGER PRIMARY KEY"),
                )
                .help("make the column's type INTEGER, or leave AUTOINCREMENT out")
                .into());
            }
        }
        ConstraintBody::ForeignKey(key) => {
            key.columns.iter().try_for_each(known)?;
            if !moment.lenient {
                foreign_target(key, constraint, moment)?;
            }
        }
        ConstraintBody::Check(check) if !moment.lenient => {
            let missing = missing_columns(&check.expr.written, id, &moment.catalog);
            if let Some(m) = missing.first() {
                return Err(Fault::Missing {
                    what: "column",
                    name: format!("{id}.{}", m.name),
                    place: place_in(&check.expr, m),
                });
            }
        }
        ConstraintBody::Check(_) | ConstraintBody::Exclude(_) | ConstraintBody::NotNull(_) => {}
    }
    Ok(())
}

fn foreign_target(
    key: &driftless_model::ForeignKey,
    constraint: &Constraint,
    moment: &Moment,
) -> Result<(), Fault> {
    let Some(target) = moment.catalog.item::<Table>(&key.target) else {
        return Err(Fault::missing("table", &key.target));
    };
    if let Some(name) = key
        .target_columns
        .iter()
        .find(|n| target.column(n).is_none())
    {
        return Err(Fault::missing("column", key.target.member(name)));
    }
    if !key.target_columns.is_empty() && key.target_columns.len() != key.columns.len() {
        return Err(Diagnostic::error(
            "D0305",
            format!(
                "a foreign key of `{}` has {} columns and refers to {}",
                constraint.table,
                key.columns.len(),
                key.target_columns.len()
            ),
        )
        .help("name as many columns behind REFERENCES as before it")
        .into());
    }
    Ok(())
}

/// Gives the constraints without a name the ids that their new text has, after a rename in or of a table.
pub fn rename_automatic(table: &ObjectId, catalog: &mut Catalog) {
    let stale: Vec<(ObjectId, String)> = catalog
        .around(table)
        .into_iter()
        .filter_map(|id| {
            let c = catalog.item::<Constraint>(&id).filter(|c| !c.named)?;
            (c.table == *table || key_target(c) == Some(table)).then(|| (id, automatic(c)))
        })
        .filter(|(id, name)| {
            let key = id.name.key();
            let base = key.rsplit_once(" #").map_or(key, |(base, n)| {
                if n.chars().all(|c| c.is_ascii_digit()) {
                    base
                } else {
                    key
                }
            });
            base != name.to_ascii_lowercase()
        })
        .collect();
    let mut taken_out = Vec::new();
    for (id, name) in stale {
        if let Some(object) = catalog.objects.remove(&id) {
            let place = catalog.places.remove(&id);
            taken_out.push((id, name, object, place));
        }
    }
    for (id, base, object, place) in taken_out {
        let owned = |n: u32| {
            let name = if n == 1 {
                base.clone()
            } else {
                format!("{base} #{n}")
            };
            id.of_kind(Kind::Constraint).named(Name::folded(name))
        };
        let mut n = 1;
        while catalog.contains(&owned(n)) {
            n += 1;
        }
        let id = owned(n);
        if let Some(place) = place {
            catalog.places.insert(id.clone(), place);
        }
        catalog.objects.insert(id, object);
    }
}
