//! Tables with their columns.
//!
//! Neighbours: constraints, indexes, triggers and policies have rows of their own. Invariant: what a parent table does
//! to its children is done by the parent's clauses only.

mod apply;
mod bound;
mod change;
mod column;
mod cost;
mod heritage;
mod instant;
mod like;
mod partition;
mod resolve;
mod retype;
mod spread;
mod typed;

use super::{copies, general, ground, naming, sequence};
use crate::print::{name, option_clauses, options, qualified};
use driftless_model::{
    Canon, Catalog, Column, Generated, Identity, Kind, Object, ObjectId, PgTable, Server, SqlText,
    Table, TableExt, Verdict,
};
use driftless_planner::{
    Action, Alter, Clause, Create, Cx, Data, Draft, Facts, Fault, Hit, KindOps, Moment, Printed,
    TableClause, Tx,
};
use driftless_sql::Tree;

pub(super) use apply::set_not_null;
pub(super) use change::{clustered_again, filled, is_made};
pub(super) use cost::{cascade as cost_cascade, drop as cost_drop, is_proven_not_null};
pub(super) use heritage::{becomes, remains};
pub(super) use like::hand_on;

pub(super) use bound::contradictions;

pub(super) struct Tables;

/// What PostgreSQL keeps of a table besides its columns.
fn pg(table: &Table) -> PgTable {
    table.pg().cloned().unwrap_or_default()
}

/// The same to change; there after resolving and decoding alike.
fn pg_mut(table: &mut Table) -> Option<&mut PgTable> {
    if table.pg().is_none() {
        table.ext = TableExt::Postgres(Box::default());
    }
    table.pg_mut()
}

fn same_generated(before: &Option<Box<Generated>>, after: &Option<Box<Generated>>) -> Verdict {
    match (before, after) {
        (None, None) => Verdict::Same,
        (Some(b), Some(a)) => b
            .expr
            .compare(&a.expr)
            .and(Verdict::of(b.stored == a.stored)),
        _ => Verdict::Different,
    }
}

fn same_identity(before: &Option<Box<Identity>>, after: &Option<Box<Identity>>) -> bool {
    match (before, after) {
        (Some(b), Some(a)) => {
            let plain = |i: &Identity| driftless_model::Sequence {
                owned_by: None,
                unlogged: false,
                ..i.sequence.clone()
            };
            b.always == a.always && plain(b) == plain(a)
        }
        (None, None) => true,
        _ => false,
    }
}

/// A default, as the server keeps it: `'now'` and its like are the moment at which they were declared, so a standing
/// constant is what became of them.
fn same_default(before: &Column, after: &Column) -> Verdict {
    let verdict = SqlText::compare_option(&before.default, &after.default);
    let timed = after.ty.text == "date" || after.ty.text.starts_with("time");
    if verdict == Verdict::Same || !timed || before.ty != after.ty {
        return verdict;
    }
    match (constant(&before.default), constant(&after.default)) {
        (Some(b), Some(a)) if is_moving(b) != is_moving(a) => Verdict::Same,
        _ => verdict,
    }
}

/// The string that a default is.
fn constant(text: &Option<SqlText>) -> Option<&str> {
    let Canon::Tree(tree) = text.as_ref().map(|t| &t.canon)? else {
        return None;
    };
    let mut tree = tree;
    while let Tree::Cast(inner, _) = tree {
        tree = inner;
    }
    match tree {
        Tree::Text(value) => Some(value),
        _ => None,
    }
}

/// Whether the server reads a time of day of now into the string.
fn is_moving(value: &str) -> bool {
    let word = value.trim().trim_end_matches("()").to_ascii_lowercase();
    matches!(word.as_str(), "now" | "today" | "tomorrow" | "yesterday")
}

fn same_column(before: &Column, after: &Column) -> Verdict {
    let plain = before.ty == after.ty
        && before.not_null == after.not_null
        && before.collation == after.collation
        && before.storage == after.storage
        && before.compression == after.compression
        && before.statistics == after.statistics
        && before.attributes == after.attributes
        && before.foreign == after.foreign
        && same_identity(&before.identity, &after.identity);
    Verdict::of(plain)
        .and(same_default(before, after))
        .and(same_generated(&before.generated, &after.generated))
}

fn same_partition(before: &PgTable, after: &PgTable) -> Verdict {
    match (&before.partition_of, &after.partition_of) {
        (None, None) => Verdict::Same,
        (Some(b), Some(a)) => {
            Verdict::of(b.parent == a.parent).and(partition::same_bound(&b.bound, &a.bound))
        }
        _ => Verdict::Different,
    }
}

fn same_ext(before: &PgTable, after: &PgTable) -> Verdict {
    let inherits = before.inherits.len() == after.inherits.len()
        && before.inherits.iter().all(|p| after.inherits.contains(p));
    let plain = before.unlogged == after.unlogged
        && before.options == after.options
        && inherits
        && before.row_security == after.row_security
        && before.force_row_security == after.force_row_security
        && before.replica_identity == after.replica_identity
        && before.of_type == after.of_type
        && before.cluster == after.cluster
        && before.foreign == after.foreign
        && before.method == after.method
        && (after.tablespace.is_none() || before.tablespace == after.tablespace);
    Verdict::of(plain)
        .and(SqlText::compare_option(
            &before.partition_by,
            &after.partition_by,
        ))
        .and(same_partition(before, after))
}

impl KindOps for Tables {
    type Item = Table;

    fn settle(&self, id: &ObjectId, item: &mut Table, catalog: &Catalog) {
        for column in &mut item.columns {
            settle_column(id, column, catalog);
        }
        if let Some(pg) = pg_mut(item) {
            pg.partition_by.iter_mut().for_each(partition::settle_key);
            if let Some(of) = &mut pg.partition_of {
                partition::settle_bound(&mut of.bound);
            }
            copies::settle(id, &mut pg.copies, catalog);
        }
    }

    /// Columns are compared by name: their order is the server's own affair.
    fn same(&self, before: &Table, after: &Table, cx: &Cx) -> Verdict {
        let mut verdict = Verdict::of(before.columns.len() == after.columns.len());
        for a in &after.columns {
            verdict = verdict.and(match before.column(&a.name) {
                Some(b) => same_column(b, a),
                None => Verdict::Different,
            });
        }
        let (b, a) = (pg(before), pg(after));
        let copies = copies::same(&b.copies, &a.copies, cx);
        verdict.and(same_ext(&b, &a)).and(Verdict::of(copies))
    }

    fn create(&self, id: &ObjectId, object: &Object, item: &Table, cx: &Cx) -> Vec<Draft> {
        change::create(id, object, item, cx)
    }

    /// Its partitions go with it, and their foreign keys let go of the keys that they stand on.
    fn drop(&self, id: &ObjectId, item: &Table, cx: &Cx) -> Vec<Draft> {
        let spoken = match pg(item).foreign {
            Some(_) => id.of_kind(Kind::ForeignTable),
            None => id.clone(),
        };
        let mut draft = cx.draft(Action::drop(spoken));
        let mut dying = vec![id.clone()];
        let mut at = 0;
        while let Some(table) = dying.get(at).cloned() {
            draft.reach.removes.extend(names_freed(&table, cx));
            let partitions = naming::partitions(cx.before, &table).into_iter();
            dying.extend(partitions.filter(|p| !naming::leaves(p, cx)));
            at += 1;
        }
        let keys = super::constraint::supports(id, cx.before);
        draft.reach.frees.extend(keys.iter().map(ObjectId::part));
        // A key of a partition that leads elsewhere goes by itself: what it leads to may be in the way of the whole.
        let mut drafts: Vec<Draft> = Vec::new();
        for partition in dying.iter().skip(1) {
            drafts.extend(super::constraint::cut(partition, &dying, cx));
        }
        if let Some(detach) = partition::let_go(id, cx) {
            draft.statements.insert(0, vec![detach]);
        }
        // Those that have statements of their own go before.
        let silent = dying.iter().skip(1).filter(|t| cx.after.contains(t));
        draft.reach.removes.extend(silent.map(ObjectId::part));
        drafts.push(draft);
        drafts
    }

    fn alter(&self, id: &ObjectId, before: &Table, after: &Table, hits: &[Hit], cx: &Cx) -> Alter {
        let at = |table: &Table| pg(table).foreign.map(|f| f.server);
        if at(before) != at(after) {
            return Alter::Recreate("where a table's rows are is fixed".into());
        }
        change::alter(id, before, after, hits, cx)
    }

    fn resolve(&self, create: &mut Create, moment: &mut Moment) -> Result<(), Fault> {
        resolve::table(create, moment)
    }

    fn created(&self, id: &ObjectId, moment: &mut Moment) -> Result<(), Fault> {
        like::follow(id, moment)?;
        if naming::whole(&moment.catalog, id).is_some() {
            copies::joined(id, moment);
        }
        Ok(())
    }

    fn clause(&self, id: &ObjectId, clause: &Clause, moment: &mut Moment) -> Result<(), Fault> {
        match clause {
            Clause::Table(clause) => apply::table(id, clause, moment),
            Clause::Column {
                column,
                clause,
                only,
            } => apply::column(id, column, clause, *only, moment),
            _ => Err(general::foreign(id)),
        }
    }

    fn tx(&self, action: &Action) -> Tx {
        match action {
            Action::Alter {
                clause:
                    Clause::Table(TableClause::Detach {
                        concurrently: true, ..
                    }),
                ..
            } => Tx::Outside,
            _ => Tx::Inside,
        }
    }

    fn facts(&self, action: &Action, moment: &Moment) -> Facts {
        cost::facts(action, moment)
    }

    fn print(&self, action: &Action, _: Option<&Action>, _: Server) -> Printed {
        match action {
            Action::Create(c) => c
                .object
                .get::<Table>()
                .map_or_else(Printed::default, |t| create_text(c, t)),
            Action::Alter { id, clause } => {
                let only = if is_only(clause) { "ONLY " } else { "" };
                let head = format!("ALTER TABLE {only}{}", qualified(id));
                match clause {
                    Clause::Table(clause) => Printed {
                        head,
                        items: clause_text(clause),
                        ..Printed::default()
                    },
                    Clause::Column { column, clause, .. } => Printed {
                        head,
                        items: column::clause_text(column, clause),
                        ..Printed::default()
                    },
                    _ => Printed::default(),
                }
            }
            Action::Data(data) => Printed::plain(data_text(data)),
            other => general::print(other),
        }
    }
}

/// The names of relations that go with a table and that something else takes.
fn names_freed(table: &ObjectId, cx: &Cx) -> Vec<driftless_model::Part> {
    let keys = cx.before.owned(table).filter_map(|(id, o)| {
        super::constraint::relation_name(id, o.get::<driftless_model::Constraint>()?)
    });
    let indexes = cx
        .before
        .using::<driftless_model::Index>(table)
        .filter(|(_, i)| i.table == *table)
        .map(|(id, _)| id.part());
    let sequences = apply::owned_sequences(cx.before, table, None);
    keys.chain(indexes)
        .chain(sequences.iter().map(ObjectId::part))
        .collect()
}

fn settle_column(table: &ObjectId, column: &mut Column, catalog: &Catalog) {
    naming::retext(&mut column.ty);
    let ty = column.ty.clone();
    if let Some(default) = &mut column.default {
        ground::settle(default, &ground::default(&ty), catalog);
    }
    if let Some(generated) = &mut column.generated {
        ground::settle(&mut generated.expr, &ground::stored(table, &ty), catalog);
    }
    if let Some(identity) = &mut column.identity {
        identity.sequence = driftless_model::Sequence {
            owned_by: None,
            unlogged: false,
            ..sequence::resolved(&identity.sequence, Some(&ty.text))
        };
    }
    if column.collation.as_deref() == Some("\"default\"")
        || column.collation.as_deref() == Some("pg_catalog.\"default\"")
    {
        column.collation = None;
    }
    if column.storage.is_some() && column.storage.as_deref() == retype::default_storage(&ty.text) {
        column.storage = None;
    }
}

/// Whether the clause leaves the table's children alone.
pub(crate) fn is_only(clause: &Clause) -> bool {
    matches!(
        clause,
        Clause::Table(TableClause::DropColumn { only: true, .. })
            | Clause::Column { only: true, .. }
    )
}

/// CREATE TABLE, as a block.
fn create_text(c: &Create, table: &Table) -> Printed {
    let pg = pg(table);
    let unlogged = if pg.unlogged { "UNLOGGED " } else { "" };
    let exists = if c.if_not_exists {
        "IF NOT EXISTS "
    } else {
        ""
    };
    let foreign = if pg.foreign.is_some() { "FOREIGN " } else { "" };
    let mut head = format!(
        "CREATE {unlogged}{foreign}TABLE {exists}{}",
        qualified(&c.id)
    );
    let mut tail = String::new();
    if let Some(of) = &pg.partition_of {
        head.push_str(&format!(" PARTITION OF {}", qualified(&of.parent)));
        tail.push_str(&format!(" {}", of.bound.written));
    }
    if !pg.inherits.is_empty() {
        let parents: Vec<String> = pg.inherits.iter().map(qualified).collect();
        tail.push_str(&format!(" INHERITS ({})", parents.join(", ")));
    }
    if let Some(by) = &pg.partition_by {
        tail.push_str(&format!(" PARTITION BY {}", by.written));
    }
    if let Some(method) = &pg.method {
        tail.push_str(&format!(" USING {}", crate::print::bare(method)));
    }
    if !pg.options.is_empty() {
        tail.push_str(&format!(" WITH ({})", options(&pg.options)));
    }
    if let Some(space) = &pg.tablespace {
        tail.push_str(&format!(" TABLESPACE {}", crate::print::bare(space)));
    }
    if let Some(foreign) = &pg.foreign {
        tail.push_str(&format!(" SERVER {}", name(&foreign.server.name)));
        tail.push_str(&crate::definition::told(&foreign.options));
    }
    Printed {
        head,
        items: table.columns.iter().map(column::definition).collect(),
        tail,
        block: pg.partition_of.is_none() || !table.columns.is_empty(),
    }
}

fn clause_text(clause: &TableClause) -> Vec<String> {
    let on = |on: bool| if on { "ENABLE" } else { "DISABLE" };
    vec![match clause {
        // MySQL says these.
        TableClause::ChangeColumn { .. }
        | TableClause::Partitions(_)
        | TableClause::Convert(_)
        | TableClause::Period { .. }
        | TableClause::Pin { .. } => return Vec::new(),
        TableClause::AddColumn {
            column,
            if_not_exists,
            ..
        } => {
            let exists = if *if_not_exists { "IF NOT EXISTS " } else { "" };
            format!("ADD COLUMN {exists}{}", column::definition(column))
        }
        TableClause::DropColumn {
            column,
            if_exists,
            cascade,
            ..
        } => {
            let exists = if *if_exists { "IF EXISTS " } else { "" };
            let cascade = if *cascade { " CASCADE" } else { "" };
            format!("DROP COLUMN {exists}{}{cascade}", name(column))
        }
        TableClause::Options(changes) => return option_clauses(changes),
        TableClause::Foreign(edits) => crate::definition::options(edits),
        TableClause::Of(Some(ty)) => format!("OF {}", qualified(ty)),
        TableClause::Of(None) => "NOT OF".into(),
        TableClause::Logged(true) => "SET LOGGED".into(),
        TableClause::Logged(false) => "SET UNLOGGED".into(),
        TableClause::RowSecurity(b) => format!("{} ROW LEVEL SECURITY", on(*b)),
        TableClause::ForceRowSecurity(true) => "FORCE ROW LEVEL SECURITY".into(),
        TableClause::ForceRowSecurity(false) => "NO FORCE ROW LEVEL SECURITY".into(),
        TableClause::ReplicaIdentity(to) => match to.as_deref() {
            None => "REPLICA IDENTITY DEFAULT".into(),
            Some("full") => "REPLICA IDENTITY FULL".into(),
            Some("nothing") => "REPLICA IDENTITY NOTHING".into(),
            Some(other) => {
                let index = other.strip_prefix("index ").unwrap_or(other);
                format!("REPLICA IDENTITY USING INDEX {}", crate::print::bare(index))
            }
        },
        TableClause::Inherit { parent, stop } => {
            let no = if *stop { "NO " } else { "" };
            format!("{no}INHERIT {}", qualified(parent))
        }
        TableClause::Attach { partition, bound } => {
            format!(
                "ATTACH PARTITION {} {}",
                qualified(partition),
                bound.written
            )
        }
        TableClause::Detach {
            partition,
            concurrently,
        } => {
            let concurrently = if *concurrently { " CONCURRENTLY" } else { "" };
            format!("DETACH PARTITION {}{concurrently}", qualified(partition))
        }
        TableClause::Cluster(Some(index)) => format!("CLUSTER ON {}", name(index)),
        TableClause::Cluster(None) => "SET WITHOUT CLUSTER".into(),
        TableClause::Method(m) => format!("SET ACCESS METHOD {}", crate::print::bare(m)),
        TableClause::Tablespace(t) => format!("SET TABLESPACE {}", crate::print::bare(t)),
        TableClause::Triggers { which, enabled } => {
            let word = match enabled {
                'D' => "DISABLE",
                'R' => "ENABLE REPLICA",
                'A' => "ENABLE ALWAYS",
                _ => "ENABLE",
            };
            format!("{word} TRIGGER {}", which.to_ascii_uppercase())
        }
    }]
}

/// Statements about rows.
pub(crate) fn data_text(data: &Data) -> String {
    match data {
        Data::Fill {
            table,
            column,
            value,
        } => format!(
            "UPDATE {}\nSET {column} = {}\nWHERE {column} IS NULL",
            qualified(table),
            crate::print::expression(value),
            column = name(column)
        ),
        Data::Copy { from, to, columns } => {
            let into: Vec<String> = columns.iter().map(|(c, _)| name(c)).collect();
            let values: Vec<&str> = columns.iter().map(|(_, v)| v.as_str()).collect();
            format!(
                "INSERT INTO {} ({})\nSELECT {}\nFROM {}",
                qualified(to),
                into.join(", "),
                values.join(", "),
                qualified(from)
            )
        }
        Data::Other { text, .. } | Data::Assert { text } => text.clone(),
    }
}
