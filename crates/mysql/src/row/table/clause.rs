//! ALTER TABLE's clauses about columns, options and partitions, executed on the model.

use super::super::no_clause;
use super::collation;
use crate::features::default_collation;
use crate::grammar::{is_text, set_option};
use driftless_model::{
    Column, Constraint, ConstraintBody, Index, KeyExpr, Name, ObjectId, Options, PartitionDef,
    Partitioning, Table,
};
use driftless_planner::{
    Clause, ColumnClause, Fault, Moment, PartitionClause, Position, TableClause,
};
use driftless_sql::Diagnostic;

pub fn apply(id: &ObjectId, clause: &Clause, moment: &mut Moment) -> Result<(), Fault> {
    let server = moment.catalog.server;
    let place = moment.place;
    let Some(table) = moment.catalog.item_mut::<Table>(id) else {
        return Err(Fault::missing("table", id));
    };
    let own = table.my().and_then(|m| m.collation.clone());
    match clause {
        Clause::Table(TableClause::AddColumn {
            column,
            if_not_exists,
            position,
        }) => {
            if table.column(&column.name).is_some() {
                return match if_not_exists {
                    true => Ok(()),
                    false => Err(twice(id, &column.name)),
                };
            }
            let mut column = (**column).clone();
            placed(&mut column, place);
            collation::settle(&mut column, own.as_deref(), server);
            let at = place_of(table, id, position.as_ref(), table.columns.len())?;
            table.columns.insert(at, column);
            Ok(())
        }
        Clause::Table(TableClause::ChangeColumn {
            name,
            column,
            position,
        }) => {
            let Some(at) = table.columns.iter().position(|c| c.name == *name) else {
                return Err(Fault::missing("column", id.member(name)));
            };
            let mut column = (**column).clone();
            placed(&mut column, place);
            collation::settle(&mut column, own.as_deref(), server);
            let renamed = (column.name != *name).then(|| column.name.clone());
            let key = keyed(id, name, moment);
            let Some(table) = moment.catalog.item_mut::<Table>(id) else {
                return Err(Fault::missing("table", id));
            };
            // A primary key is never null, said or not.
            column.not_null |= key;
            table.columns.remove(at);
            let to = match position {
                Some(_) => place_of(table, id, position.as_ref(), at)?,
                None => at,
            };
            let restored = Column {
                name: name.clone(),
                ..column
            };
            table.columns.insert(to, restored);
            if let Some(to) = renamed {
                let part = id.member(name);
                moment.catalog.rename(&part, &to, &|_, reference| {
                    crate::text::quoted(reference.part.member.as_ref().unwrap_or(&to))
                });
            }
            Ok(())
        }
        Clause::Table(TableClause::DropColumn {
            column, if_exists, ..
        }) => {
            if table.column(column).is_none() {
                return match if_exists {
                    true => Ok(()),
                    false => Err(Fault::missing("column", id.member(column))),
                };
            }
            table.columns.retain(|c| c.name != *column);
            shrink(id, column, moment);
            Ok(())
        }
        Clause::Table(TableClause::Options(options)) => {
            set_options(table, options, server);
            collation::new_default(table, own.as_deref(), server);
            Ok(())
        }
        Clause::Table(TableClause::Convert(to)) => {
            let to = collation::resolved(to, None, server);
            if let Some(my) = table.my_mut() {
                my.collation = Some(to.clone());
            }
            for column in table.columns.iter_mut().filter(|c| is_text(&c.ty.text)) {
                collation::convert(column, own.as_deref(), &to, server);
            }
            Ok(())
        }
        Clause::Table(TableClause::Period { period, drop }) => {
            if let Some(my) = table.my_mut() {
                my.periods.retain(|p| p.name != period.name);
                if !drop {
                    my.periods.push(period.clone());
                }
            }
            Ok(())
        }
        Clause::Table(TableClause::Pin { .. }) => Ok(()),
        Clause::Table(TableClause::Partitions(change)) => {
            let Some(my) = table.my_mut() else {
                return Ok(());
            };
            match change {
                PartitionClause::By(by) => my.partitioning.clone_from(by),
                other => {
                    if let Some(p) = &mut my.partitioning {
                        partitions(p, other);
                    }
                }
            }
            Ok(())
        }
        Clause::Column { column, clause, .. } => {
            let Some(c) = table.column_mut(column) else {
                return Err(Fault::missing("column", id.member(column)));
            };
            match clause {
                ColumnClause::Default(text) => {
                    c.default.clone_from(text);
                    if let Some(d) = &mut c.default {
                        d.place = d.place.or(place);
                    }
                    Ok(())
                }
                ColumnClause::Options(options) => {
                    let mut my = c.my.take().map(|m| *m).unwrap_or_default();
                    my.invisible = options.get("invisible").is_some_and(Option::is_some);
                    c.my = (my != Default::default()).then(|| Box::new(my));
                    Ok(())
                }
                _ => no_clause(id, &Clause::Table(TableClause::Logged(true))),
            }
        }
        other => no_clause(id, other),
    }
}

fn twice(id: &ObjectId, column: &Name) -> Fault {
    Diagnostic::error(
        "D0304",
        format!("column `{}` is there already", id.member(column)),
    )
    .help("remove one of the two")
    .into()
}

fn placed(column: &mut Column, place: Option<driftless_sql::Place>) {
    let generated = column.generated.iter_mut().map(|g| &mut g.expr);
    for text in column.default.iter_mut().chain(generated) {
        text.place = text.place.or(place);
    }
}

fn place_of(
    table: &Table,
    id: &ObjectId,
    position: Option<&Position>,
    end: usize,
) -> Result<usize, Fault> {
    match position {
        None => Ok(end),
        Some(Position::First) => Ok(0),
        Some(Position::After(name)) => table
            .columns
            .iter()
            .position(|c| c.name == *name)
            .map(|at| at + 1)
            .ok_or_else(|| Fault::missing("column", id.member(name))),
    }
}

/// The column is in the primary key.
fn keyed(id: &ObjectId, column: &Name, moment: &Moment) -> bool {
    moment.catalog.owned(id).any(|(_, o)| {
        o.get::<Constraint>().is_some_and(|c| match &c.body {
            ConstraintBody::PrimaryKey(k) => k.columns.iter().any(|p| p.column == *column),
            _ => false,
        })
    })
}

/// A dropped column leaves its keys; a key without columns is gone, and so is a check of it alone.
fn shrink(id: &ObjectId, column: &Name, moment: &mut Moment) {
    let owned: Vec<ObjectId> = moment.catalog.owned(id).map(|(i, _)| i.clone()).collect();
    for part in owned {
        let mut empty = false;
        if let Some(index) = moment.catalog.item::<Index>(&part) {
            let is = |k: &driftless_model::IndexKey| matches!(&k.expr, KeyExpr::Column(c) if c == column);
            if !index.keys.iter().any(is) {
                continue;
            }
            if let Some(index) = moment.catalog.item_mut::<Index>(&part) {
                index.keys.retain(|k| !is(k));
                empty = index.keys.is_empty();
            }
        } else if let Some(c) = moment.catalog.item::<Constraint>(&part) {
            let named = c.parts().contains(&id.member(column));
            if !named {
                continue;
            }
            match moment
                .catalog
                .item_mut::<Constraint>(&part)
                .map(|c| &mut c.body)
            {
                Some(ConstraintBody::PrimaryKey(key)) => {
                    key.columns.retain(|p| p.column != *column);
                    empty = key.columns.is_empty();
                }
                Some(ConstraintBody::Check(_)) => empty = true,
                _ => {}
            }
        }
        if empty {
            moment.remove(&part);
        }
    }
}

fn set_options(
    table: &mut Table,
    options: &Options<Option<String>>,
    server: driftless_model::Server,
) {
    let Some(my) = table.my_mut() else {
        return;
    };
    if let Some(Some(charset)) = options.get("charset") {
        my.collation = Some(default_collation(server, charset));
    }
    for (name, value) in options {
        match name.as_str() {
            "charset" => {}
            "system_versioning" => my.versioned = value.is_some(),
            _ => set_option(my, name, value.clone()),
        }
    }
}

fn partitions(p: &mut Partitioning, change: &PartitionClause) {
    let numbered = |p: &Partitioning| p.parts.is_empty();
    match change {
        PartitionClause::By(_) => {}
        PartitionClause::Add(parts) => p.parts.extend(parts.iter().cloned()),
        PartitionClause::AddCount(n) => {
            if !numbered(p) {
                let have = p.parts.len();
                let more = (0..*n as usize).map(|i| PartitionDef {
                    name: Name::folded(format!("p{}", have + i)),
                    ..PartitionDef::default()
                });
                p.parts.extend(more);
            } else {
                p.count = Some(p.count.unwrap_or(1).saturating_add(*n));
            }
        }
        PartitionClause::Coalesce(n) => {
            if numbered(p) {
                p.count = Some(p.count.unwrap_or(1).saturating_sub(*n));
            } else {
                let left = p.parts.len().saturating_sub(*n as usize);
                p.parts.truncate(left);
            }
        }
        PartitionClause::Drop(names) => p.parts.retain(|d| !names.contains(&d.name)),
        PartitionClause::Reorganize { from, to } => {
            let at = p.parts.iter().position(|d| from.contains(&d.name));
            p.parts.retain(|d| !from.contains(&d.name));
            let at = at.unwrap_or(p.parts.len()).min(p.parts.len());
            p.parts.splice(at..at, to.iter().cloned());
        }
    }
}
