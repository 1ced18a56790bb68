//! What table actions cost: locks, scans, rewrites, losses.
//!
//! Invariant: measured on PostgreSQL 15 (`fixtures/oracle/pg15-locks.json`); what is not known for certain counts as
//! the dearer.

use super::retype::{self, Work};
use super::{apply, partition};
use crate::canon::known::Known;
use crate::row::lock::{
    ACCESS_EXCLUSIVE, ACCESS_SHARE, Cost, ROW_EXCLUSIVE, SHARE_ROW, SHARE_UPDATE,
};
use crate::row::{general, naming};
use driftless_model::{
    Catalog, Column, Constraint, ConstraintBody, Function, Index, KeyExpr, Kind, Name, ObjectId,
    Part, SqlText, Table, TypeRef,
};
use driftless_planner::{
    Action, Clause, ColumnClause, Create, Data, Facts, Held, Moment, TableClause,
};
use driftless_sql::{Syntax, Tree, read_expr};

pub(super) fn facts(action: &Action, moment: &Moment) -> Facts {
    let mut cost = Cost::new(moment);
    match action {
        Action::Create(c) => create(c, &mut cost),
        Action::Drop(d) => {
            let id = cost.find(&d.id);
            drop(&id, d.cascade, &mut cost);
            // Rows on another server stay there.
            let table = moment.catalog.item::<Table>(&id).and_then(|t| t.pg());
            let foreign = table.is_some_and(|pg| pg.foreign.is_some());
            let kept = foreign || moment.copied.contains(&id);
            if !cost.is_fresh(&id) && moment.catalog.contains(&id) && !kept {
                cost.loss("D0201", &id, format!("the rows of {id}"));
                cost.irreversible("the rows of a dropped table do not come back");
            }
        }
        Action::Alter {
            id,
            clause: Clause::Table(clause),
        } => {
            let id = cost.find(id);
            table(&id, clause, &mut cost);
        }
        Action::Alter {
            id,
            clause:
                Clause::Column {
                    column: name,
                    clause,
                    ..
                },
        } => {
            let id = cost.find(id);
            column(&id, name, clause, &mut cost);
        }
        Action::Data(Data::Fill { table, .. }) => {
            let id = cost.find(table);
            cost.lock(&id, ROW_EXCLUSIVE, Held::Scan);
            cost.scan(&id);
            if !cost.is_fresh(&id) {
                cost.hazard(format!("writes every row of {id} that has no value yet"));
            }
        }
        Action::Data(Data::Copy { from, to, .. }) => {
            let (from, to) = (cost.find(from), cost.find(to));
            cost.lock(&from, ACCESS_SHARE, Held::Scan);
            cost.scan(&from);
            cost.lock(&to, ROW_EXCLUSIVE, Held::Scan);
        }
        other => general::cost(other, &mut cost),
    }
    cost.done()
}

fn create(c: &Create, cost: &mut Cost) {
    let Some(pg) = c.object.get::<Table>().and_then(Table::pg) else {
        return;
    };
    for parent in &pg.inherits {
        let parent = cost.find(parent);
        cost.instant(&parent, SHARE_UPDATE);
    }
    for like in &pg.likes {
        let source = cost.find(&like.source);
        cost.instant(&source, ACCESS_SHARE);
    }
    if let Some(of) = &pg.partition_of {
        let parent = cost.find(&of.parent);
        cost.instant(&parent, ACCESS_EXCLUSIVE);
        check_default(&parent, &of.bound, cost);
    }
}

/// A default partition must hold no row of the new partition's.
fn check_default(parent: &ObjectId, bound: &SqlText, cost: &mut Cost) {
    let Some(default) = partition::default_of(parent, cost.moment) else {
        return;
    };
    let proven = cost
        .moment
        .catalog
        .item::<Table>(parent)
        .is_some_and(|t| partition::is_outside(t, bound, &default, cost.moment));
    let held = if proven { Held::Instant } else { Held::Scan };
    cost.lock(&default, ACCESS_EXCLUSIVE, held);
    if !proven {
        cost.scan(&default);
    }
}

/// DROP of a relation, and with CASCADE of what hangs on it.
pub(in crate::row) fn drop(id: &ObjectId, all: bool, cost: &mut Cost) {
    cost.instant(id, ACCESS_EXCLUSIVE);
    let catalog = &cost.moment.catalog;
    if let Some(table) = catalog.item::<Table>(id) {
        let mut with: Vec<ObjectId> = apply::owned_sequences(catalog, id, None);
        with.extend(
            table
                .columns
                .iter()
                .filter(|c| c.identity.is_some())
                .map(|c| identity_sequence(id, c)),
        );
        with.extend(foreign_keys(id, catalog).map(|f| f.target.clone()));
        let pg = table.pg();
        with.extend(
            pg.and_then(|pg| pg.partition_of.as_ref())
                .map(|of| of.parent.clone()),
        );
        if pg.is_some_and(|pg| pg.partition_by.is_some()) {
            with.extend(naming::descendants(catalog, id));
        }
        for other in with {
            cost.instant(&other, ACCESS_EXCLUSIVE);
        }
    }
    if all {
        cascade(&id.part(), cost);
    }
}

fn foreign_keys<'a>(
    table: &ObjectId,
    catalog: &'a Catalog,
) -> impl Iterator<Item = &'a driftless_model::ForeignKey> {
    catalog
        .owned(table)
        .filter_map(|(_, o)| o.get::<Constraint>()?.foreign_key())
}

/// The name that an identity's sequence has, unless somebody renamed it.
fn identity_sequence(table: &ObjectId, column: &Column) -> ObjectId {
    let name = naming::joined(table.name.as_str(), Some(column.name.as_str()), "seq");
    ObjectId::new(Kind::Sequence, table.schema.clone(), Name::exact(name))
}

/// Locks of what CASCADE takes along with a part.
pub(in crate::row) fn cascade(part: &Part, cost: &mut Cost) {
    let mut open = vec![part.clone()];
    let mut seen: Vec<ObjectId> = vec![part.object.clone()];
    while let Some(p) = open.pop() {
        let objects = &cost.moment.catalog.objects;
        let users = match p.member {
            Some(_) => objects.users_of_part(&p),
            None => objects.users_of(&p.object),
        };
        let users: Vec<ObjectId> = users
            .into_iter()
            .filter(|id| !seen.contains(id))
            .cloned()
            .collect();
        for user in users {
            let relation = cost
                .moment
                .catalog
                .get(&user)
                .and_then(|o| o.owner_relation())
                .cloned();
            match (user.kind, relation) {
                (Kind::Constraint, Some(table)) => {
                    cost.instant(&table, ACCESS_EXCLUSIVE);
                    let target = cost
                        .moment
                        .catalog
                        .item::<Constraint>(&user)
                        .and_then(Constraint::foreign_key)
                        .map(|f| f.target.clone());
                    target
                        .iter()
                        .for_each(|t| cost.instant(t, ACCESS_EXCLUSIVE));
                }
                (_, Some(table)) => cost.instant(&table, ACCESS_EXCLUSIVE),
                (kind, None) if kind.is_relation() => {
                    cost.instant(&user, ACCESS_EXCLUSIVE);
                    if kind != Kind::Table {
                        open.push(user.part());
                    }
                }
                _ => open.push(user.part()),
            }
            seen.push(user);
        }
    }
}

fn table(id: &ObjectId, clause: &TableClause, cost: &mut Cost) {
    match clause {
        TableClause::AddColumn { column, .. } => add_column(id, column, cost),
        TableClause::DropColumn {
            column,
            cascade: all,
            ..
        } => drop_column(id, column, *all, cost),
        TableClause::Options(changes) => {
            let strong = changes.contains_key("user_catalog_table");
            cost.instant(
                id,
                if strong {
                    ACCESS_EXCLUSIVE
                } else {
                    SHARE_UPDATE
                },
            );
        }
        TableClause::Logged(on) => {
            let now = cost
                .moment
                .catalog
                .item::<Table>(id)
                .and_then(Table::pg)
                .map(|pg| !pg.unlogged);
            if now == Some(*on) {
                cost.instant(id, ACCESS_EXCLUSIVE);
            } else {
                cost.lock(id, ACCESS_EXCLUSIVE, Held::Rewrite);
                cost.rewrite(id);
            }
        }
        TableClause::RowSecurity(_)
        | TableClause::ForceRowSecurity(_)
        | TableClause::ReplicaIdentity(_) => {
            cost.instant(id, ACCESS_EXCLUSIVE);
        }
        TableClause::Inherit { parent, stop } => {
            let parent = cost.find(parent);
            cost.instant(id, ACCESS_EXCLUSIVE);
            // NO INHERIT takes ACCESS SHARE on the parent, as the source of 15 has it.
            cost.instant(
                &parent,
                if *stop {
                    crate::row::lock::ACCESS_SHARE
                } else {
                    SHARE_UPDATE
                },
            );
        }
        TableClause::Attach { partition, bound } => {
            let child = cost.find(partition);
            attach(id, &child, bound, cost);
        }
        TableClause::Detach {
            partition,
            concurrently,
        } => {
            let child = cost.find(partition);
            cost.instant(
                id,
                if *concurrently {
                    SHARE_UPDATE
                } else {
                    ACCESS_EXCLUSIVE
                },
            );
            cost.instant(&child, ACCESS_EXCLUSIVE);
            if *concurrently {
                cost.hazard("waits for every transaction that uses the table");
            } else if let Some(default) = partition::default_of(id, cost.moment) {
                cost.instant(&default, ACCESS_EXCLUSIVE);
            }
        }
        // MySQL says these.
        TableClause::ChangeColumn { .. }
        | TableClause::Partitions(_)
        | TableClause::Convert(_)
        | TableClause::Period { .. }
        | TableClause::Pin { .. } => {}
        TableClause::Cluster(_) => cost.instant(id, SHARE_UPDATE),
        TableClause::Foreign(_) | TableClause::Of(_) => cost.instant(id, ACCESS_EXCLUSIVE),
        TableClause::Method(m) => {
            rewritten_unless(m == "heap" && pg_of(id, cost).method.is_none(), id, cost)
        }
        TableClause::Tablespace(t) => {
            let same = pg_of(id, cost)
                .tablespace
                .as_deref()
                .unwrap_or("pg_default")
                == t;
            rewritten_unless(same, id, cost);
        }
        TableClause::Triggers { .. } => cost.lock_tree(id, SHARE_ROW, Held::Instant),
    }
}

fn pg_of(id: &ObjectId, cost: &Cost) -> driftless_model::PgTable {
    cost.moment
        .catalog
        .item::<Table>(id)
        .map(super::pg)
        .unwrap_or_default()
}

fn rewritten_unless(same: bool, id: &ObjectId, cost: &mut Cost) {
    if same {
        cost.instant(id, ACCESS_EXCLUSIVE);
    } else {
        cost.lock(id, ACCESS_EXCLUSIVE, Held::Rewrite);
        cost.rewrite(id);
    }
}

fn attach(parent: &ObjectId, child: &ObjectId, bound: &SqlText, cost: &mut Cost) {
    let catalog = &cost.moment.catalog;
    let inside = catalog
        .item::<Table>(parent)
        .is_some_and(|t| partition::is_inside(t, bound, child, cost.moment));
    let matching: Vec<bool> = catalog
        .using::<Index>(parent)
        .filter(|(_, i)| i.table == *parent)
        .map(|(_, i)| has_index(child, i, catalog))
        .collect();
    let keys = catalog
        .owned(parent)
        .filter_map(|(_, o)| o.get::<Constraint>()?.key());
    let keys_match = keys.into_iter().all(|k| has_key(child, k, catalog));
    let mut reads = !inside || !keys_match || matching.contains(&false);
    let targets: Vec<(ObjectId, bool)> = foreign_keys(parent, catalog)
        .map(|f| {
            let same = foreign_keys(child, catalog).any(|c| {
                c.target == f.target
                    && c.columns == f.columns
                    && c.target_columns == f.target_columns
            });
            (f.target.clone(), same)
        })
        .collect();
    reads |= targets.iter().any(|(_, same)| !same);
    let held = if reads { Held::Scan } else { Held::Instant };
    cost.instant(parent, SHARE_UPDATE);
    cost.lock(child, ACCESS_EXCLUSIVE, held);
    for (target, same) in targets {
        // The candidate's own triggers are dropped where the keys merge.
        cost.lock(
            &target,
            if same { ACCESS_EXCLUSIVE } else { SHARE_ROW },
            held,
        );
    }
    if reads {
        cost.scan(child);
    }
    check_default(parent, bound, cost);
}

fn has_index(table: &ObjectId, like: &Index, catalog: &Catalog) -> bool {
    let columns = |i: &Index| -> Vec<Option<Name>> {
        i.keys
            .iter()
            .map(|k| match &k.expr {
                KeyExpr::Column(c) => Some(c.clone()),
                KeyExpr::Expr(_) => None,
            })
            .collect()
    };
    let wanted = columns(like);
    catalog.using::<Index>(table).any(|(_, i)| {
        i.table == *table
            && i.unique == like.unique
            && i.method == like.method
            && columns(i) == wanted
    })
}

fn has_key(table: &ObjectId, like: &driftless_model::Key, catalog: &Catalog) -> bool {
    catalog
        .owned(table)
        .filter_map(|(_, o)| o.get::<Constraint>()?.key())
        .any(|k| k.columns == like.columns)
}

fn add_column(id: &ObjectId, column: &Column, cost: &mut Cost) {
    let ty = naming::type_of(&column.ty, cost.moment).unwrap_or_else(|_| column.ty.clone());
    let serial = crate::row::sequence::SERIALS
        .iter()
        .any(|(w, _)| column.ty.text.eq_ignore_ascii_case(w))
        || column.ty.text.to_ascii_lowercase().starts_with("serial")
        || column.ty.text.eq_ignore_ascii_case("bigserial");
    let volatile = column
        .default
        .as_ref()
        .is_some_and(|d| is_volatile(&d.written, cost.moment));
    let rewrites = serial
        || volatile
        || column.identity.is_some()
        || column.generated.as_ref().is_some_and(|g| g.stored)
        || retype::is_constrained(&ty, &cost.moment.catalog);
    // Whether a virtual column is null is seen only by computing it for each row.
    let virtual_column = column.generated.as_ref().is_some_and(|g| !g.stored);
    let reads = virtual_column && column.not_null;
    let held = match (rewrites, reads) {
        (true, _) => Held::Rewrite,
        (false, true) => Held::Scan,
        (false, false) => Held::Instant,
    };
    cost.lock_tree(id, ACCESS_EXCLUSIVE, held);
    let mut all = naming::descendants(&cost.moment.catalog, id);
    all.push(id.clone());
    if rewrites {
        all.iter().for_each(|t| cost.rewrite(t));
    } else if reads {
        all.iter().for_each(|t| cost.scan(t));
    }
    if reads && !cost.is_fresh(id) {
        cost.hazard(format!("fails if {} of a row of {id} is null", column.name));
    }
    let valued = serial
        || column.default.is_some()
        || column.identity.is_some()
        || column.generated.is_some();
    if column.not_null && !valued && !cost.is_fresh(id) {
        cost.hazard(format!(
            "fails if {id} has rows, for which {} would be null",
            column.name
        ));
    }
}

/// Whether an expression must be computed for each row.
pub(super) fn is_volatile(written: &str, moment: &Moment) -> bool {
    let Ok(tree) = read_expr(written, Syntax::Postgres) else {
        return true;
    };
    let mut found = false;
    tree.walk(&mut |t| {
        let Tree::Call {
            name, bare: false, ..
        } = t
        else {
            return;
        };
        let Some(last) = name.last() else { return };
        let users: Vec<&Function> = moment
            .catalog
            .of::<Function>()
            .filter(|(id, _)| id.name.as_str() == last.text)
            .map(|(_, f)| f)
            .collect();
        found |= if users.is_empty() {
            let known = Known::get().functions(&last.text);
            known.is_empty() || known.iter().any(|f| f.volatile)
        } else {
            users.iter().any(|f| f.volatility == "volatile")
        };
    });
    found
}

fn drop_column(id: &ObjectId, column: &Name, all: bool, cost: &mut Cost) {
    cost.lock_tree(id, ACCESS_EXCLUSIVE, Held::Instant);
    let part = id.member(column);
    let targets: Vec<ObjectId> = foreign_keys(id, &cost.moment.catalog)
        .filter(|f| f.columns.contains(column))
        .map(|f| f.target.clone())
        .collect();
    for target in targets {
        cost.instant(&target, ACCESS_EXCLUSIVE);
    }
    let standing = cost
        .moment
        .catalog
        .item::<Table>(id)
        .and_then(|t| t.column(column));
    let identity = standing
        .filter(|c| c.identity.is_some())
        .map(|c| identity_sequence(id, c));
    let generated = standing.is_some_and(|c| c.generated.is_some());
    let known = standing.is_some();
    identity
        .iter()
        .for_each(|s| cost.instant(s, ACCESS_EXCLUSIVE));
    for sequence in apply::owned_sequences(&cost.moment.catalog, id, Some(column)) {
        cost.instant(&sequence, ACCESS_EXCLUSIVE);
    }
    if all {
        cascade(&part, cost);
    }
    if known && !cost.is_fresh(id) && !generated && !cost.moment.copied.contains(id) {
        cost.loss("D0202", &part, format!("the values of {part}"));
        cost.irreversible("the values of a dropped column do not come back");
    }
}

fn column(id: &ObjectId, name: &Name, clause: &ColumnClause, cost: &mut Cost) {
    match clause {
        ColumnClause::Type {
            ty,
            collation,
            using,
        } => retyped(id, name, ty, collation.as_deref(), using.as_ref(), cost),
        ColumnClause::Foreign(_) => cost.instant(id, ACCESS_EXCLUSIVE),
        ColumnClause::NotNull(true) => {
            let mut open: Vec<ObjectId> = naming::descendants(&cost.moment.catalog, id);
            open.push(id.clone());
            let proven = open
                .iter()
                .all(|t| is_proven_not_null(t, name, cost.moment));
            let held = if proven { Held::Instant } else { Held::Scan };
            cost.lock_tree(id, ACCESS_EXCLUSIVE, held);
            if !proven {
                open.iter().for_each(|t| cost.scan(t));
                if !cost.is_fresh(id) {
                    cost.hazard(format!("fails if a row of {id} has no {name}"));
                }
            }
        }
        ColumnClause::Default(_) | ColumnClause::NotNull(false) | ColumnClause::Storage(_) => {
            cost.lock_tree(id, ACCESS_EXCLUSIVE, Held::Instant);
        }
        ColumnClause::Compression(_) => cost.instant(id, ACCESS_EXCLUSIVE),
        ColumnClause::Statistics(_) | ColumnClause::Options(_) => cost.instant(id, SHARE_UPDATE),
        ColumnClause::Identity(to) => identity(id, name, to.is_some(), cost),
        ColumnClause::Expression(Some(_)) => {
            let column = cost.moment.catalog.item::<Table>(id);
            let column = column.and_then(|t| t.column(name));
            let generated = column.and_then(|c| c.generated.as_ref());
            let stored = generated.is_none_or(|g| g.stored);
            let held = match (stored, column.is_some_and(|c| c.not_null)) {
                (true, _) => Held::Rewrite,
                (false, true) => Held::Scan,
                (false, false) => Held::Instant,
            };
            cost.lock_tree(id, ACCESS_EXCLUSIVE, held);
            match held {
                Held::Rewrite => cost.rewrite(id),
                Held::Scan => cost.scan(id),
                Held::Instant => {}
            }
        }
        ColumnClause::Expression(None) => cost.lock_tree(id, ACCESS_EXCLUSIVE, Held::Instant),
    }
}

fn identity(id: &ObjectId, name: &Name, stays: bool, cost: &mut Cost) {
    cost.instant(id, ACCESS_EXCLUSIVE);
    let standing = cost
        .moment
        .catalog
        .item::<Table>(id)
        .and_then(|t| t.column(name))
        .filter(|c| c.identity.is_some())
        .map(|c| identity_sequence(id, c));
    if let Some(sequence) = standing {
        cost.instant(&sequence, if stays { SHARE_ROW } else { ACCESS_EXCLUSIVE });
    }
}

/// Whether no row can hold a null there: the column says so, or a validated check.
pub(in crate::row) fn is_proven_not_null(table: &ObjectId, column: &Name, moment: &Moment) -> bool {
    let stands = moment
        .catalog
        .item::<Table>(table)
        .and_then(|t| t.column(column))
        .is_some_and(|c| c.not_null);
    stands
        || partition::proven(table, moment).iter().any(|t| {
            matches!(t, Tree::Op(op, args) if op == "is not null"
                && matches!(args.as_slice(), [Tree::Column(path)] if path.last().is_some_and(|i| i.text == column.as_str())))
        })
}

fn retyped(
    id: &ObjectId,
    name: &Name,
    ty: &TypeRef,
    collation: Option<&str>,
    using: Option<&SqlText>,
    cost: &mut Cost,
) {
    let ty = naming::type_of(ty, cost.moment).unwrap_or_else(|_| ty.clone());
    let catalog = &cost.moment.catalog;
    let standing = catalog.item::<Table>(id).and_then(|t| t.column(name));
    let before = standing.map(|c| c.ty.clone()).unwrap_or_default();
    let collation = collation.filter(|c| c.trim_start_matches("pg_catalog.") != "\"default\"");
    let recollated = standing.is_some_and(|c| c.collation.as_deref() != collation);
    let work = retype::work(name.as_str(), &before, &ty, using, catalog);
    let narrows = retype::narrows(&before, &ty, catalog);
    let rewrites = matches!(work, Work::Rewrite | Work::Zone);
    let reads = rewrites
        || rebuilds(
            id,
            name,
            matches!(work, Work::Free(true)) || recollated,
            before != ty,
            catalog,
        );
    let held = match (rewrites, reads) {
        (true, _) => Held::Rewrite,
        (false, true) => Held::Scan,
        (false, false) => Held::Instant,
    };
    cost.lock_tree(id, ACCESS_EXCLUSIVE, held);
    let mut all = naming::descendants(&cost.moment.catalog, id);
    all.push(id.clone());
    for t in &all {
        if rewrites {
            cost.rewrite(t);
        } else if reads {
            cost.scan(t);
        }
    }
    if work == Work::Zone {
        cost.hazard("rewrites the table unless the session's TimeZone is UTC, and its values are read in that zone");
    }
    for other in linked(id, name, &cost.moment.catalog) {
        cost.lock(&other, ACCESS_EXCLUSIVE, held);
        if rewrites {
            cost.scan(&other);
        }
    }
    let part = id.member(name);
    if narrows && !cost.is_fresh(id) && !is_moved(&before, &ty) {
        cost.loss(
            "D0203",
            &part,
            format!("values of {part} that {} cannot hold", ty.text),
        );
        cost.irreversible("values that were cut or rounded do not come back");
    }
}

/// From the type that a replacement left behind to the new one: the enum says what is lost.
fn is_moved(before: &TypeRef, after: &TypeRef) -> bool {
    match (&before.target, &after.target) {
        (Some(b), Some(a)) => {
            b.kind == a.kind && b.name.as_str() == naming::joined(a.name.as_str(), None, "before")
        }
        _ => false,
    }
}

/// Whether an index or check on the column is computed again though the rows stay.
fn rebuilds(
    id: &ObjectId,
    column: &Name,
    plain_too: bool,
    changes: bool,
    catalog: &Catalog,
) -> bool {
    let part = id.member(column);
    let reads = |text: &SqlText| text.parts().any(|p| *p == part);
    let indexes = catalog.using::<Index>(id).filter(|(_, i)| i.table == *id);
    for (_, i) in indexes {
        let plain = i
            .keys
            .iter()
            .any(|k| matches!(&k.expr, KeyExpr::Column(c) if c == column));
        let inside = i.filter.as_ref().is_some_and(reads)
            || i.keys
                .iter()
                .any(|k| matches!(&k.expr, KeyExpr::Expr(e) if reads(e)));
        if (plain && plain_too) || (inside && (changes || plain_too)) {
            return true;
        }
    }
    catalog
        .owned(id)
        .any(|(_, o)| match o.get::<Constraint>().map(|c| &c.body) {
            Some(ConstraintBody::Check(c)) => changes && reads(&c.expr),
            Some(ConstraintBody::PrimaryKey(k) | ConstraintBody::Unique(k)) => {
                plain_too && k.columns.iter().any(|c| c.column == *column)
            }
            Some(ConstraintBody::Exclude(_)) => changes,
            _ => false,
        })
}

/// The tables on the other side of foreign keys with the column.
fn linked(id: &ObjectId, column: &Name, catalog: &Catalog) -> Vec<ObjectId> {
    let mut out: Vec<ObjectId> = Vec::new();
    for (_, c) in catalog.using::<Constraint>(id) {
        let Some(f) = c.foreign_key() else { continue };
        if c.table == *id && f.columns.contains(column) {
            out.push(f.target.clone());
        }
        if f.target == *id && f.target_columns.contains(column) {
            out.push(c.table.clone());
        }
    }
    out.retain(|t| t != id);
    out.sort();
    out.dedup();
    out
}
