//! Extended statistics.

use super::lock::{Cost, SHARE_UPDATE};
use super::{general, ground, naming, stored};
use crate::print::{expression, is_enclosed, qualified};
use driftless_model::{Catalog, Object, ObjectId, Server, SqlText, Statistics, Verdict};
use driftless_planner::{
    Action, Alter, Clause, Create, Cx, Draft, Facts, Fault, Hit, KindOps, Moment, Printed, bare,
};
use driftless_sql::{SourceId, Syntax, TokenKind, lex, token_name};

pub(super) struct All;

/// One name: a column.
fn named(key: &SqlText) -> Option<String> {
    let (tokens, _, _) = lex(&key.written, Syntax::Postgres, SourceId(0));
    match tokens.as_slice() {
        [only] if matches!(only.kind, TokenKind::Word | TokenKind::Quoted) => {
            Some(token_name(only, &key.written, Syntax::Postgres))
        }
        _ => None,
    }
}

fn is_column(key: &SqlText) -> bool {
    named(key).is_some()
}

/// Columns have no order, expressions keep theirs behind them.
fn sorted(keys: &[SqlText]) -> Vec<&SqlText> {
    let (mut columns, expressions): (Vec<&SqlText>, Vec<&SqlText>) =
        keys.iter().partition(|k| is_column(k));
    columns.sort_by_cached_key(|k| named(k));
    columns.into_iter().chain(expressions).collect()
}

fn definition(before: &Statistics, after: &Statistics) -> Verdict {
    let plain = before.table == after.table
        && before.kinds == after.kinds
        && before.keys.len() == after.keys.len();
    let (b, a) = (sorted(&before.keys), sorted(&after.keys));
    let pairs = b.into_iter().zip(a);
    pairs.fold(Verdict::of(plain), |v, (b, a)| v.and(b.compare(a)))
}

/// No kind at all is every kind; a single expression has none.
fn tidy(item: &mut Statistics) {
    item.kinds.sort();
    item.kinds.dedup();
    let single = item.keys.len() == 1;
    if single || item.kinds == Statistics::KINDS {
        item.kinds.clear();
    }
}

fn targeted(id: &ObjectId, target: Option<i64>, cx: &Cx) -> Draft {
    cx.draft(Action::alter(id, Clause::Statistics(target)))
}

fn made(object: &Object) -> Object {
    let mut out = bare(object);
    if let Some(item) = out.get_mut::<Statistics>() {
        item.target = None;
    }
    out
}

impl KindOps for All {
    type Item = Statistics;

    fn settle(&self, _: &ObjectId, item: &mut Statistics, catalog: &Catalog) {
        tidy(item);
        let table = item.table.clone();
        for key in &mut item.keys {
            ground::settle(key, &ground::row(&table), catalog);
        }
    }

    fn same(&self, before: &Statistics, after: &Statistics, _: &Cx) -> Verdict {
        definition(before, after).and(Verdict::of(before.target == after.target))
    }

    fn create(&self, id: &ObjectId, object: &Object, item: &Statistics, cx: &Cx) -> Vec<Draft> {
        let mut drafts = vec![cx.draft(Action::create(id.clone(), made(object)))];
        if item.target.is_some() {
            drafts.push(targeted(id, item.target, cx));
        }
        drafts
    }

    /// They go with their table.
    fn drop(&self, id: &ObjectId, item: &Statistics, cx: &Cx) -> Vec<Draft> {
        match cx.before.contains(&item.table) && !cx.after.contains(&item.table) {
            true => Vec::new(),
            false => vec![cx.draft(Action::drop(id.clone()))],
        }
    }

    fn alter(
        &self,
        id: &ObjectId,
        before: &Statistics,
        after: &Statistics,
        hits: &[Hit],
        cx: &Cx,
    ) -> Alter {
        if hits.iter().any(|h| h.gone && h.part == before.table.part()) {
            return Alter::Dies;
        }
        if let Some(hit) = hits.iter().find(|h| h.gone) {
            return Alter::Recreate(format!("it uses {}", hit.part));
        }
        if definition(before, after) != Verdict::Same {
            return Alter::Recreate("what statistics are of is fixed".into());
        }
        match before.target == after.target {
            true => Alter::Drafts(Vec::new()),
            false => Alter::Drafts(vec![targeted(id, after.target, cx)]),
        }
    }

    fn resolve(&self, create: &mut Create, moment: &mut Moment) -> Result<(), Fault> {
        let unnamed = create.id.name.is_empty();
        if !unnamed {
            naming::place(create, moment)?;
        }
        let Some(item) = create.object.get_mut::<Statistics>() else {
            return Ok(());
        };
        item.table = naming::relation(&item.table, &naming::RELATIONS, moment)?;
        tidy(item);
        if unnamed {
            // As the server does (statscmds.c, ChooseExtendedStatisticNameAddition).
            let names = item.keys.iter().map(named);
            let names: Vec<String> = names.map(|n| n.unwrap_or("expr".into())).collect();
            let second = naming::addition(names.iter().map(String::as_str));
            let table = &item.table;
            create.id.schema = table.schema.clone();
            create.id.name = naming::choose(&moment.catalog, table, Some(&second), "stat", true);
        }
        for key in &item.keys {
            ground::check(key, &ground::row(&item.table), moment)?;
        }
        stored::only(&item.table, [], &item.keys, "statistics", moment)?;
        Ok(())
    }

    fn clause(&self, id: &ObjectId, clause: &Clause, moment: &mut Moment) -> Result<(), Fault> {
        let (Clause::Statistics(target), Some(item)) =
            (clause, moment.catalog.item_mut::<Statistics>(id))
        else {
            return Err(general::foreign(id));
        };
        item.target = *target;
        Ok(())
    }

    fn facts(&self, action: &Action, moment: &Moment) -> Facts {
        let mut cost = Cost::new(moment);
        match action {
            Action::Create(c) => {
                if let Some(item) = c.object.get::<Statistics>() {
                    let on = cost.find(&item.table);
                    cost.instant(&on, SHARE_UPDATE);
                }
            }
            Action::Drop(d) => {
                let id = driftless_planner::located(&d.id, moment).ok();
                let table = id.and_then(|id| moment.catalog.item::<Statistics>(&id));
                if let Some(on) = table.map(|s| s.table.clone()) {
                    cost.instant(&on, SHARE_UPDATE);
                }
            }
            Action::Alter { .. } => {}
            other => general::cost(other, &mut cost),
        }
        cost.done()
    }

    fn print(&self, action: &Action, _: Option<&Action>, _: Server) -> Printed {
        match action {
            Action::Create(c) => {
                let Some(item) = c.object.get::<Statistics>() else {
                    return Printed::default();
                };
                let kinds = match item.kinds.as_slice() {
                    [] => String::new(),
                    some => format!(" ({})", some.join(", ")),
                };
                let key = |key: &SqlText| {
                    let text = expression(key);
                    match is_column(key) || is_enclosed(&text) {
                        true => text,
                        false => format!("({text})"),
                    }
                };
                let keys: Vec<String> = item.keys.iter().map(key).collect();
                Printed::plain(format!(
                    "CREATE STATISTICS {}{kinds} ON {} FROM {}",
                    qualified(&c.id),
                    keys.join(", "),
                    qualified(&item.table)
                ))
            }
            Action::Alter {
                id,
                clause: Clause::Statistics(target),
            } => Printed::plain(format!(
                "ALTER STATISTICS {} SET STATISTICS {}",
                qualified(id),
                target.unwrap_or(-1)
            )),
            other => general::print(other),
        }
    }
}
