//! Indexes that are no constraint's.

use super::{after_home, demand, lock, no_clause, place_in, relation};
use crate::canon::{missing_columns, same_option, same_text, settle_expr};
use crate::print;
use driftless_model::{
    Canon, Catalog, Index, IndexKey, KeyExpr, Name, Object, ObjectId, Server, Table, Verdict,
};
use driftless_planner::{
    Action, Alter, Clause, Create, Cx, Draft, Facts, Fault, Held, Hit, KindOps, Moment, Printed,
    bare,
};
use driftless_sql::{Diagnostic, Tree};

pub struct Indexes;

/// A key that is a column however it was written.
fn column(key: &IndexKey) -> Option<Name> {
    match &key.expr {
        KeyExpr::Column(name) => Some(name.clone()),
        KeyExpr::Expr(text) => match &text.canon {
            Canon::Tree(Tree::Column(path)) => Some(Name::folded(path.last()?.text.clone())),
            _ => None,
        },
    }
}

fn same_part(before: &IndexKey, after: &IndexKey) -> bool {
    let collation = match (&before.collation, &after.collation) {
        (Some(b), Some(a)) => b.eq_ignore_ascii_case(a),
        (None, None) => true,
        _ => false,
    };
    let expr = match (column(before), column(after)) {
        (Some(b), Some(a)) => b == a,
        (None, None) => match (&before.expr, &after.expr) {
            (KeyExpr::Expr(b), KeyExpr::Expr(a)) => same_text(b, a),
            _ => false,
        },
        _ => false,
    };
    collation && expr && before.descending == after.descending
}

fn same(before: &Index, after: &Index) -> bool {
    before.table == after.table
        && before.unique == after.unique
        && before.keys.len() == after.keys.len()
        && before
            .keys
            .iter()
            .zip(&after.keys)
            .all(|(b, a)| same_part(b, a))
        && same_option(&before.filter, &after.filter)
}

impl KindOps for Indexes {
    type Item = Index;

    fn settle(&self, _id: &ObjectId, item: &mut Index, catalog: &Catalog) {
        let table = item.table.clone();
        for key in &mut item.keys {
            if let KeyExpr::Expr(text) = &mut key.expr {
                settle_expr(text, &table, catalog);
            }
        }
        if let Some(filter) = &mut item.filter {
            settle_expr(filter, &table, catalog);
        }
    }

    fn same(&self, before: &Index, after: &Index, _cx: &Cx) -> Verdict {
        Verdict::of(same(before, after))
    }

    fn create(&self, id: &ObjectId, object: &Object, item: &Index, cx: &Cx) -> Vec<Draft> {
        let was = cx.before.item::<Index>(id).map(|i| &i.table);
        let draft = cx.draft(Action::create(id.clone(), bare(object)));
        vec![after_home(draft, was, &item.table, cx)]
    }

    fn alter(
        &self,
        _id: &ObjectId,
        before: &Index,
        after: &Index,
        hits: &[Hit],
        _cx: &Cx,
    ) -> Alter {
        // The table is rebuilt: its indexes go with the table that is dropped.
        if hits.iter().any(|h| h.part == before.table.part()) {
            return Alter::Dies;
        }
        if same(before, after) {
            return Alter::Drafts(Vec::new());
        }
        Alter::Recreate("SQLite cannot alter an index".into())
    }

    fn resolve(&self, create: &mut Create, moment: &mut Moment) -> Result<(), Fault> {
        let Some(index) = create.object.get::<Index>() else {
            return Ok(());
        };
        let Some(table) = moment.catalog.item::<Table>(&index.table) else {
            if let Some(other) = relation(&moment.catalog, &index.table.name) {
                return Err(Diagnostic::error(
                    "D0305",
                    format!("index `{}` is on a {}", create.id, other.kind.noun()),
                )
                .help("only tables have indexes")
                .into());
            }
            return Err(Fault::missing("table", &index.table));
        };
        for key in &index.keys {
            match &key.expr {
                KeyExpr::Column(name) if table.column(name).is_none() => {
                    return Err(Fault::missing("column", index.table.member(name)));
                }
                KeyExpr::Column(_) => {}
                KeyExpr::Expr(_) if moment.lenient => {}
                KeyExpr::Expr(text) => {
                    let missing = missing_columns(&text.written, &index.table, &moment.catalog);
                    if let Some(m) = missing.first() {
                        return Err(Fault::Missing {
                            what: "column",
                            name: format!("{}.{}", index.table, m.name),
                            place: place_in(text, m),
                        });
                    }
                }
            }
        }
        Ok(())
    }

    fn clause(&self, id: &ObjectId, clause: &Clause, _moment: &mut Moment) -> Result<(), Fault> {
        no_clause(id, clause)
    }

    fn facts(&self, action: &Action, moment: &Moment) -> Facts {
        let (name, index, held) = match action {
            Action::Create(c) => (&c.id.name, c.object.get::<Index>().cloned(), Held::Scan),
            Action::Drop(d) => {
                let standing = moment.catalog.item::<Index>(&d.id).cloned();
                (&d.id.name, standing, Held::Instant)
            }
            _ => return Facts::default(),
        };
        let Some(index) = index.filter(|i| !moment.fresh.contains(&i.table)) else {
            return Facts::default();
        };
        let mut out = Facts {
            locks: vec![lock(&index.table, held)],
            scan: held == Held::Scan,
            ..Facts::default()
        };
        if index.unique && held == Held::Scan {
            out.demand(demand::of_index(name, &index));
        }
        out
    }

    fn print(&self, action: &Action, _inside: Option<&Action>, _server: Server) -> Printed {
        Printed::plain(print::single(action))
    }
}
