//! Primary keys, checks and foreign keys.

use super::index::{columns, free, leads, whole};
use super::{lock, no_clause, online};
use crate::canon::settle_expr;
use crate::features::{Feature, has};
use crate::print;
use driftless_model::{
    Catalog, Column, Constraint, ConstraintBody, Index, IndexKey, Kind, Name, Object, ObjectId,
    Options, Origin, Server, Table, Verdict,
};
use driftless_planner::{
    Action, Alter, Clause, ConstraintClause, Create, Cx, Draft, Facts, Fault, Fuse, Held, Hit,
    KindOps, Moment, Printed, Tx, bare,
};
use driftless_sql::Diagnostic;

pub struct Constraints;

/// Engines without foreign keys.
const FORGETFUL: &[&str] = &[
    "myisam",
    "aria",
    "memory",
    "csv",
    "archive",
    "blackhole",
    "mrg_myisam",
    "merge",
];

fn same_body(before: &Constraint, after: &Constraint) -> Verdict {
    match (&before.body, &after.body) {
        (ConstraintBody::PrimaryKey(b), ConstraintBody::PrimaryKey(a)) => {
            Verdict::of(b.columns == a.columns && b.options == a.options)
        }
        (ConstraintBody::Check(b), ConstraintBody::Check(a)) => b.expr.compare(&a.expr),
        (ConstraintBody::ForeignKey(b), ConstraintBody::ForeignKey(a)) => Verdict::of(b == a),
        _ => Verdict::Different,
    }
}

fn is_foreign(constraint: &Constraint) -> bool {
    constraint.foreign_key().is_some()
}

/// Foreign keys share statements among themselves and with their table's creation; all else is the table's.
fn fused(draft: Draft, constraint: &Constraint) -> Draft {
    let table = constraint.table.clone();
    match is_foreign(constraint) {
        true => draft.fuse(Fuse::May(table)),
        false => draft.fuse(Fuse::Must(table)),
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
        same_body(before, after).and(Verdict::of(before.enforced == after.enforced))
    }

    fn create(&self, id: &ObjectId, object: &Object, item: &Constraint, cx: &Cx) -> Vec<Draft> {
        let mut draft = cx.draft(Action::create(id.clone(), bare(object)));
        draft.lane = None;
        if let Some(key) = item.foreign_key() {
            draft.reach.needs.extend(served_by(&item.table, cx.after));
            draft.reach.needs.extend(served_by(&key.target, cx.after));
        }
        vec![fused(draft, item)]
    }

    fn drop(&self, id: &ObjectId, item: &Constraint, cx: &Cx) -> Vec<Draft> {
        let mut draft = cx.draft(Action::drop(id.clone()));
        draft.lane = None;
        if let Some(key) = item.foreign_key() {
            draft.reach.frees.extend(served_by(&item.table, cx.before));
            draft.reach.frees.extend(served_by(&key.target, cx.before));
        }
        vec![fused(draft, item)]
    }

    fn alter(
        &self,
        id: &ObjectId,
        before: &Constraint,
        after: &Constraint,
        hits: &[Hit],
        cx: &Cx,
    ) -> Alter {
        let touched = is_foreign(after) && hits.iter().any(|h| h.gone || retyped(h, cx));
        if same_body(before, after) != Verdict::Same || touched {
            let object = Object::new(after.clone());
            let mut drop = self.drop(id, before, cx);
            let mut create = self.create(id, &object, after, cx);
            for draft in drop.iter_mut().chain(&mut create) {
                draft.lane = Some(id.part());
            }
            if touched {
                for draft in drop.iter_mut().chain(&mut create) {
                    draft
                        .because
                        .get_or_insert_with(|| "a column on one of its sides changes".into());
                }
            }
            let kept = kept_index(before, after, &mut create, cx);
            drop.extend(kept);
            drop.extend(create);
            return Alter::Drafts(drop);
        }
        if before.enforced != after.enforced {
            let clause = Clause::Constraint(ConstraintClause::Enforced(after.enforced));
            return Alter::Drafts(vec![fused(cx.draft(Action::alter(id, clause)), after)]);
        }
        Alter::Drafts(Vec::new())
    }

    fn resolve(&self, create: &mut Create, moment: &mut Moment) -> Result<(), Fault> {
        let server = moment.catalog.server;
        let Some(constraint) = create.object.get_mut::<Constraint>() else {
            return Ok(());
        };
        let id = constraint.table.clone();
        let Some(table) = moment.catalog.item::<Table>(&id) else {
            return Err(Fault::missing("table", &id));
        };
        let known = |name: &Name| match table.column(name) {
            Some(_) => Ok(()),
            None => Err(Fault::missing("column", id.member(name))),
        };
        let mut base = String::new();
        match &mut constraint.body {
            ConstraintBody::PrimaryKey(key) => {
                key.columns.iter().try_for_each(|p| known(&p.column))?;
                for part in &mut key.columns {
                    let column = table.column(&part.column);
                    if column.is_some_and(|c| whole(&c.ty.text) == part.prefix) {
                        part.prefix = None;
                    }
                }
                let second = moment.catalog.owned(&id).any(|(_, o)| {
                    o.get::<Constraint>()
                        .is_some_and(|c| matches!(c.body, ConstraintBody::PrimaryKey(_)))
                });
                if second && !create.if_not_exists {
                    return Err(Diagnostic::error(
                        "D0304",
                        format!("table `{id}` has more than one primary key"),
                    )
                    .help("keep one PRIMARY KEY; use UNIQUE for the other")
                    .into());
                }
            }
            ConstraintBody::ForeignKey(key) => {
                key.columns.iter().try_for_each(known)?;
                base = format!("{}_ibfk_", id.name);
                target(key, &id, moment)?;
            }
            ConstraintBody::Check(_) => {
                base = match has(server, Feature::ColumnChecks) {
                    true => "CONSTRAINT_".to_owned(),
                    false => format!("{}_chk_", id.name),
                };
            }
            ConstraintBody::Unique(_) | ConstraintBody::Exclude(_) | ConstraintBody::NotNull(_) => {
            }
        }
        if create.id.name.is_empty() {
            create.id.name = numbered(&base, &id, &moment.catalog);
        }
        Ok(())
    }

    fn created(&self, id: &ObjectId, moment: &mut Moment) -> Result<(), Fault> {
        let Some(constraint) = moment.catalog.item::<Constraint>(id).cloned() else {
            return Ok(());
        };
        match &constraint.body {
            ConstraintBody::PrimaryKey(key) => {
                if let Some(table) = moment.catalog.item_mut::<Table>(&constraint.table) {
                    for part in &key.columns {
                        if let Some(column) = table.column_mut(&part.column) {
                            column.not_null = true;
                        }
                    }
                }
            }
            ConstraintBody::ForeignKey(key) => {
                own_index(id, &constraint, &key.columns, moment);
                // Other engines read foreign keys and forget them (manual, FOREIGN KEY Constraints).
                let table = moment.catalog.item::<Table>(&constraint.table);
                let engine = table.and_then(Table::my).map(super::table::engine);
                if engine.is_some_and(|e| FORGETFUL.contains(&e.as_str())) {
                    moment.remove(id);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn clause(&self, id: &ObjectId, clause: &Clause, moment: &mut Moment) -> Result<(), Fault> {
        match clause {
            Clause::Constraint(ConstraintClause::Enforced(on)) => {
                if let Some(c) = moment.catalog.item_mut::<Constraint>(id) {
                    c.enforced = *on;
                }
                Ok(())
            }
            other => no_clause(id, other),
        }
    }

    fn tx(&self, _action: &Action) -> Tx {
        Tx::Outside
    }

    fn facts(&self, action: &Action, moment: &Moment) -> Facts {
        let constraint = match action {
            Action::Create(c) => c.object.get::<Constraint>().cloned(),
            Action::Drop(d) => moment.catalog.item::<Constraint>(&d.id).cloned(),
            Action::Alter { id, .. } => moment.catalog.item::<Constraint>(id).cloned(),
            _ => None,
        };
        let Some(constraint) = constraint.filter(|c| !moment.fresh.contains(&c.table)) else {
            return Facts::default();
        };
        let mut out = online::alone(action, moment);
        demands(action, &constraint, &mut out);
        out
    }

    fn print(&self, action: &Action, _inside: Option<&Action>, server: Server) -> Printed {
        Printed::plain(print::statement(std::slice::from_ref(action), server))
    }
}

/// The keys of a table, which a foreign key may lean on.
fn served_by(table: &ObjectId, side: &Catalog) -> Vec<driftless_model::Part> {
    let key = |object: &Object| {
        object.get::<Index>().is_some()
            || object
                .get::<Constraint>()
                .is_some_and(|c| c.key().is_some())
    };
    let owned = side.owned(table);
    owned
        .filter(|(_, o)| key(o))
        .map(|(id, _)| id.part())
        .collect()
}

/// An index over just the key's columns may be one that the server made for it, which another foreign key replaces by one
/// of its own name: made anew by name it stays.
fn kept_index(
    before: &Constraint,
    after: &Constraint,
    create: &mut [Draft],
    cx: &Cx,
) -> Vec<Draft> {
    let (Some(was), Some(now)) = (before.foreign_key(), after.foreign_key()) else {
        return Vec::new();
    };
    let own_name = create.first().map(|d| d.target.name.clone());
    let mut out = Vec::new();
    for (id, object) in cx.after.owned(&after.table) {
        let Some(index) = object.get::<Index>() else {
            continue;
        };
        let own = columns(index);
        let stands = cx
            .before
            .item::<Index>(id)
            .is_some_and(|i| columns(i) == own);
        if !stands
            || own_name.as_ref() == Some(&id.name)
            || index.unique
            || own != was.columns
            || own != now.columns
        {
            continue;
        }
        for action in [
            Action::drop(id.clone()),
            Action::create(id.clone(), bare(object)),
        ] {
            let draft = cx.draft(action).fuse(Fuse::Must(after.table.clone()));
            out.push(draft.because("the foreign key would replace it by one of its own"));
        }
        for draft in create.iter_mut() {
            draft.reach.needs.push(id.part());
        }
    }
    out
}

/// What the rows have to be for a new one.
fn demands(action: &Action, constraint: &Constraint, out: &mut Facts) {
    let table = &constraint.table;
    if !matches!(action, Action::Create(_)) {
        return;
    }
    match &constraint.body {
        ConstraintBody::ForeignKey(key) => {
            out.locks.push(lock(&key.target, "METADATA", Held::Instant));
            let target = &key.target;
            out.hazards
                .push(format!("fails where a row of {table} has none in {target}"));
        }
        ConstraintBody::Check(check) if constraint.enforced => {
            let expr = &check.expr.written;
            out.hazards.push(format!(
                "fails where a row of {table} breaks CHECK ({expr})"
            ));
        }
        ConstraintBody::PrimaryKey(_) => out
            .hazards
            .push(format!("fails where rows of {table} have the same key")),
        _ => {}
    }
}

/// The columns that a foreign key points to are there; without a list they are the target's primary key.
fn target(
    key: &mut driftless_model::ForeignKey,
    own: &ObjectId,
    moment: &Moment,
) -> Result<(), Fault> {
    // What is in another database is outside.
    if moment.lenient || !key.target.schema.is_empty() && key.target.schema != own.schema {
        return Ok(());
    }
    let Some(table) = moment.catalog.item::<Table>(&key.target) else {
        return Err(Fault::missing("table", &key.target));
    };
    match key
        .target_columns
        .iter()
        .find(|n| table.column(n).is_none())
    {
        Some(name) => Err(Fault::missing("column", key.target.member(name))),
        None => Ok(()),
    }
}

/// The base with the number after the highest in use.
fn numbered(base: &str, table: &ObjectId, catalog: &Catalog) -> Name {
    let folded = base.to_ascii_lowercase();
    let used = catalog.owned(table).filter_map(|(id, _)| {
        let number = id.name.key().strip_prefix(&folded)?;
        number.parse::<u32>().ok()
    });
    let next = used.max().unwrap_or(0).saturating_add(1);
    Name::folded(format!("{base}{next}"))
}

/// A foreign key without an index over its columns makes one, by its own name or the first column's (manual, FOREIGN
/// KEY Constraints).
fn own_index(id: &ObjectId, constraint: &Constraint, own: &[Name], moment: &mut Moment) {
    let table = &constraint.table;
    let server = moment.catalog.server;
    let served = moment.catalog.owned(table).any(|(_, o)| {
        let primary = o
            .get::<Constraint>()
            .and_then(Constraint::key)
            .is_some_and(|k| {
                let names: Vec<Name> = k.columns.iter().map(|p| p.column.clone()).collect();
                names.starts_with(own)
            });
        primary || o.get::<Index>().is_some_and(|i| leads(i, own, server))
    });
    if served {
        return;
    }
    let name = match constraint.named {
        true => id.name.clone(),
        false => {
            let first = own.first().map_or("", |n| n.as_str());
            free(first, table, &moment.catalog)
        }
    };
    let keys = own.iter().map(|c| IndexKey::column(c.clone())).collect();
    let index = Index {
        table: table.clone(),
        unique: false,
        method: String::new(),
        keys,
        include: Vec::new(),
        filter: None,
        nulls_not_distinct: false,
        options: Options::new(),
        tablespace: None,
        valid: true,
    };
    // It takes the place of another one that was made so and that it covers.
    let covered: Vec<ObjectId> = moment
        .catalog
        .owned(table)
        .filter(|(_, o)| o.origin == Origin::Implied)
        .filter(|(_, o)| {
            o.get::<Index>()
                .is_some_and(|i| own.starts_with(&columns(i)))
        })
        .map(|(i, _)| i.clone())
        .collect();
    for id in covered {
        moment.remove(&id);
    }
    let mut object = Object::new(index);
    object.origin = Origin::Implied;
    moment.insert(ObjectId::owned(Kind::Index, table, name), object);
}

/// The hit column has another type afterwards.
fn retyped(hit: &Hit, cx: &Cx) -> bool {
    let Some(member) = &hit.part.member else {
        return false;
    };
    let of = |catalog: &Catalog| -> Option<Column> {
        let table = catalog.item::<Table>(&hit.part.object)?;
        table.column(member).cloned()
    };
    match (of(cx.before), of(cx.after)) {
        (Some(b), Some(a)) => {
            b.ty.text != a.ty.text || b.collation != a.collation || b.not_null != a.not_null
        }
        _ => true,
    }
}
