//! Indexes, unique ones among them: part of their table's ALTER.

use super::{no_clause, online};
use crate::canon::settle_expr;
use crate::features::{Feature, has};
use crate::print;
use driftless_model::{
    Catalog, Constraint, Index, IndexKey, KeyExpr, Kind, Name, Object, ObjectId, Origin, Server,
    Table, Verdict,
};
use driftless_planner::{
    Action, Alter, Clause, Create, Cx, Draft, Facts, Fault, Fuse, Hit, IndexClause, KindOps,
    Moment, Printed, Tx, bare,
};

pub struct Indexes;

fn same_key(before: &IndexKey, after: &IndexKey) -> Verdict {
    let plain = before.descending == after.descending
        && before.prefix == after.prefix
        && before.opclass == after.opclass;
    Verdict::of(plain).and(match (&before.expr, &after.expr) {
        (KeyExpr::Column(b), KeyExpr::Column(a)) => Verdict::of(b == a),
        (KeyExpr::Expr(b), KeyExpr::Expr(a)) => b.compare(a),
        _ => Verdict::Different,
    })
}

/// Everything but whether the optimizer sees it.
fn same_body(before: &Index, after: &Index) -> Verdict {
    let options = |i: &Index| {
        let mut options = i.options.clone();
        options.remove("invisible");
        options
    };
    let plain = before.unique == after.unique
        && before.method == after.method
        && before.keys.len() == after.keys.len()
        && options(before) == options(after);
    before
        .keys
        .iter()
        .zip(&after.keys)
        .fold(Verdict::of(plain), |v, (b, a)| v.and(same_key(b, a)))
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
    }

    fn same(&self, before: &Index, after: &Index, _cx: &Cx) -> Verdict {
        let hidden = |i: &Index| i.options.contains_key("invisible");
        same_body(before, after).and(Verdict::of(hidden(before) == hidden(after)))
    }

    fn create(&self, id: &ObjectId, object: &Object, item: &Index, cx: &Cx) -> Vec<Draft> {
        // A foreign key that is made brings its own.
        if object.origin == Origin::Implied && brought(id, item, cx) {
            return Vec::new();
        }
        let draft = cx.draft(Action::create(id.clone(), bare(object)));
        vec![draft.fuse(Fuse::Must(item.table.clone()))]
    }

    fn drop(&self, id: &ObjectId, item: &Index, cx: &Cx) -> Vec<Draft> {
        let draft = cx.draft(Action::drop(id.clone()));
        vec![draft.fuse(Fuse::Must(item.table.clone()))]
    }

    fn alter(&self, id: &ObjectId, before: &Index, after: &Index, hits: &[Hit], cx: &Cx) -> Alter {
        let again = hits.iter().any(|h| h.gone && h.part.member.is_some());
        if self.same(before, after, cx) == Verdict::Same && !again {
            return Alter::Drafts(Vec::new());
        }
        if same_body(before, after) == Verdict::Same && !again {
            let hidden = after.options.contains_key("invisible").then(String::new);
            let options = driftless_model::Options::from_iter([("invisible".to_owned(), hidden)]);
            let clause = Clause::Index(IndexClause::Options(options));
            let draft = cx.draft(Action::alter(id, clause));
            return Alter::Drafts(vec![draft.fuse(Fuse::Must(after.table.clone()))]);
        }
        let mut drafts = self.drop(id, before, cx);
        let object = Object::new(after.clone());
        drafts.extend(self.create(id, &object, after, cx));
        Alter::Drafts(drafts)
    }

    fn resolve(&self, create: &mut Create, moment: &mut Moment) -> Result<(), Fault> {
        let Some(index) = create.object.get_mut::<Index>() else {
            return Ok(());
        };
        let Some(table) = moment.catalog.item::<Table>(&index.table) else {
            return Err(Fault::missing("table", &index.table));
        };
        for key in &mut index.keys {
            let KeyExpr::Column(name) = &key.expr else {
                continue;
            };
            let Some(column) = table.column(name) else {
                return Err(Fault::missing("column", index.table.member(name)));
            };
            // A prefix as long as the column is none.
            if let Some(length) = key.prefix
                && whole(&column.ty.text) == Some(length)
            {
                key.prefix = None;
            }
            if matches!(index.method.as_str(), "fulltext" | "spatial") {
                key.prefix = None;
            }
        }
        // InnoDB has no hash indexes; MySQL shows it as if nothing were said.
        let innodb = table
            .my()
            .is_none_or(|m| super::table::engine(m) == "innodb");
        if innodb
            && index.method == "hash"
            && moment.catalog.server.dialect == driftless_model::Dialect::Mysql
        {
            index.method = String::new();
        }
        if create.id.name.is_empty() {
            let base = match index.keys.first().map(|k| &k.expr) {
                Some(KeyExpr::Column(name)) => name.as_str().to_owned(),
                _ => "functional_index".to_owned(),
            };
            create.id.name = free(&base, &index.table, &moment.catalog);
        }
        Ok(())
    }

    fn created(&self, id: &ObjectId, moment: &mut Moment) -> Result<(), Fault> {
        let Some(index) = moment.catalog.item::<Index>(id).cloned() else {
            return Ok(());
        };
        if moment
            .catalog
            .get(id)
            .is_some_and(|o| o.origin == Origin::Implied)
        {
            return Ok(());
        }
        // One that a foreign key made for itself goes when another can serve it (manual, FOREIGN KEY Constraints).
        let covered: Vec<ObjectId> = moment
            .catalog
            .owned(&index.table)
            .filter(|(i, o)| {
                *i != id
                    && o.origin == Origin::Implied
                    && o.get::<Index>()
                        .is_some_and(|other| leads(&index, &columns(other), moment.catalog.server))
            })
            .map(|(i, _)| i.clone())
            .collect();
        for id in covered {
            moment.remove(&id);
        }
        Ok(())
    }

    fn clause(&self, id: &ObjectId, clause: &Clause, moment: &mut Moment) -> Result<(), Fault> {
        let Clause::Index(IndexClause::Options(options)) = clause else {
            return no_clause(id, clause);
        };
        if let Some(index) = moment.catalog.item_mut::<Index>(id) {
            match options.get("invisible") {
                Some(Some(_)) => {
                    index.options.insert("invisible".into(), String::new());
                }
                _ => {
                    index.options.remove("invisible");
                }
            }
        }
        Ok(())
    }

    fn tx(&self, _action: &Action) -> Tx {
        Tx::Outside
    }

    fn facts(&self, action: &Action, moment: &Moment) -> Facts {
        let mut out = online::alone(action, moment);
        let made = match action {
            Action::Create(c) => c.object.get::<Index>(),
            _ => None,
        };
        if let Some(index) = made.filter(|i| i.unique && !moment.fresh.contains(&i.table)) {
            let table = &index.table;
            out.hazards
                .push(format!("fails where rows of {table} have the same values"));
        }
        out
    }

    fn print(&self, action: &Action, _inside: Option<&Action>, server: Server) -> Printed {
        Printed::plain(print::statement(std::slice::from_ref(action), server))
    }
}

/// `varchar(20)` is 20 characters long.
pub fn whole(ty: &str) -> Option<u32> {
    let (name, rest) = ty.split_once('(')?;
    matches!(name, "char" | "varchar" | "binary" | "varbinary")
        .then(|| rest.trim_end_matches(')').parse().ok())
        .flatten()
}

/// A name that no index of the table has: the base, then `base_2` … (`primary` is taken by the key).
pub fn free(base: &str, table: &ObjectId, catalog: &Catalog) -> Name {
    let taken = |name: &Name| {
        name.key() == "primary"
            || catalog.contains(&ObjectId::owned(Kind::Index, table, name.clone()))
    };
    let mut name = Name::folded(base);
    let mut n = 2;
    while taken(&name) {
        name = Name::folded(format!("{base}_{n}"));
        n += 1;
    }
    name
}

/// The plain columns of an index, in order.
pub fn columns(index: &Index) -> Vec<Name> {
    let of = |k: &IndexKey| match &k.expr {
        KeyExpr::Column(c) if k.prefix.is_none() => Some(c.clone()),
        _ => None,
    };
    index.keys.iter().map_while(of).collect()
}

/// The index begins with these columns, in a way that serves a foreign key over them.
pub fn leads(index: &Index, columns: &[Name], server: Server) -> bool {
    let falling = index.keys.iter().take(columns.len()).any(|k| k.descending);
    matches!(index.method.as_str(), "" | "btree" | "hash")
        && self::columns(index).starts_with(columns)
        && (!falling || has(server, Feature::DescendingServes))
}

/// A foreign key of the plan makes it, under its own name.
fn brought(made: &ObjectId, index: &Index, cx: &Cx) -> bool {
    let own = columns(index);
    cx.after.owned(&index.table).any(|(id, o)| {
        cx.is_new(id)
            && id.name == made.name
            && o.get::<Constraint>()
                .and_then(Constraint::foreign_key)
                .is_some_and(|f| f.columns == own)
    })
}
