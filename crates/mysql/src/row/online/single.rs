//! One clause of an ALTER TABLE by itself.

use super::column::{added, changed};
use super::{
    Action, Algorithm, COPY, Clause, Constraint, Feature, Ground, INSTANT, Index, Online,
    PartitionClause, REBUILD, TableClause, Wait, has, of,
};
use crate::row::table::engine;
use driftless_model::{ConstraintBody, KeyExpr, Name, Options};
use driftless_planner::{ColumnClause, ConstraintClause, IndexClause};

pub fn of_action(action: &Action, ground: &Ground) -> Online {
    match action {
        Action::Create(c) => match (c.object.get::<Index>(), c.object.get::<Constraint>()) {
            (Some(index), _) => index_made(index, ground),
            (_, Some(constraint)) => constraint_made(constraint),
            _ => COPY,
        },
        Action::Drop(d) => match ground.catalog.item::<Constraint>(&d.id) {
            Some(constraint) => constraint_dropped(constraint, ground),
            None => match ground.catalog.item::<Index>(&d.id) {
                Some(index) => index_dropped(index, ground),
                None => COPY,
            },
        },
        Action::Rename { part, .. } => match part.member {
            Some(_) if has(ground.server, Feature::InstantRename) => INSTANT,
            Some(_) => of(Algorithm::Inplace, Wait::None, false),
            None => ground.light(),
        },
        Action::Alter { clause, .. } => altered(clause, ground),
        _ => COPY,
    }
}

fn altered(clause: &Clause, ground: &Ground) -> Online {
    match clause {
        Clause::Table(TableClause::AddColumn {
            column, position, ..
        }) => added(column, position.is_some(), ground),
        Clause::Table(TableClause::DropColumn { column, .. }) => dropped(column, ground),
        Clause::Table(TableClause::ChangeColumn {
            name,
            column,
            position,
        }) => {
            let mut out = match ground.column(name) {
                Some(was) => changed(was, column, ground),
                None => COPY,
            };
            if position.is_some() {
                let moved = if has(ground.server, Feature::InstantMove) {
                    INSTANT
                } else {
                    REBUILD
                };
                out = out.and(moved);
                out.layout = true;
                out.shifts = ground.has_generated(false);
            }
            out
        }
        Clause::Table(TableClause::Options(options)) => optioned(options, ground),
        Clause::Table(TableClause::Partitions(p)) => Online {
            partitions: true,
            ..partitioned(p, ground)
        },
        Clause::Table(TableClause::Pin { .. }) => INSTANT,
        Clause::Column {
            clause: ColumnClause::Default(_) | ColumnClause::Options(_),
            ..
        } => INSTANT,
        Clause::Index(IndexClause::Options(_)) => ground.light(),
        Clause::Constraint(ConstraintClause::Enforced(false)) => INSTANT,
        _ => COPY,
    }
}

fn dropped(column: &Name, ground: &Ground) -> Online {
    let generated = ground.column(column).and_then(|c| c.generated.as_ref());
    if generated.is_some_and(|g| !g.stored) {
        return Online {
            virtual_dropped: true,
            ..INSTANT
        };
    }
    let out = if !has(ground.server, Feature::InstantAnywhere) {
        REBUILD
    } else if ground.is_indexed(column) {
        match ground.mariadb {
            true => ground.index_work(Wait::None),
            false => REBUILD,
        }
    } else {
        INSTANT
    };
    let columns = ground.table.into_iter().flat_map(|t| &t.columns);
    let mut behind = columns.skip_while(|c| c.name != *column);
    Online {
        layout: true,
        shifts: behind.any(|c| c.generated.as_ref().is_some_and(|g| !g.stored)),
        ..out
    }
}

/// Options after which InnoDB writes the table anew.
const REBUILDS: &[&str] = &[
    "row_format",
    "key_block_size",
    "page_compressed",
    "page_compression_level",
    "encrypted",
    "encryption_key_id",
];

fn optioned(options: &Options<Option<String>>, ground: &Ground) -> Online {
    let engine = ground.table.and_then(|t| t.my()).map(engine);
    let each = options.iter().map(|(name, value)| match name.as_str() {
        "engine" if value.as_ref().map(|v| v.to_ascii_lowercase()) == engine => REBUILD,
        "encryption" if value == &Some("N".to_owned()) && ground.option("encryption").is_none() => {
            ground.light()
        }
        "engine" | "system_versioning" | "encryption" | "compression" | "data directory" => COPY,
        name if REBUILDS.contains(&name) => REBUILD,
        _ => ground.light(),
    });
    each.reduce(Online::and).unwrap_or(INSTANT)
}

fn partitioned(clause: &PartitionClause, ground: &Ground) -> Online {
    match clause {
        // No algorithm can be asked of MariaDB here.
        PartitionClause::Drop(_) | PartitionClause::Add(_) if ground.mariadb => INSTANT,
        PartitionClause::Drop(_) => REBUILD,
        PartitionClause::Add(_) => of(Algorithm::Inplace, Wait::None, false),
        PartitionClause::Reorganize { .. } if !ground.mariadb => {
            of(Algorithm::Inplace, Wait::Shared, true)
        }
        _ => COPY,
    }
}

fn computed(index: &Index) -> bool {
    let mut keys = index.keys.iter();
    keys.any(|k| matches!(k.expr, KeyExpr::Expr(_)))
}

fn index_dropped(index: &Index, ground: &Ground) -> Online {
    let computed = computed(index);
    // It may be what the rows are kept by.
    let kept_by = index.unique && ground.primary().is_none();
    if kept_by || computed && (index.unique || index.keys.len() > 1) {
        return COPY;
    }
    Online {
        hidden: computed,
        ..ground.index_work(Wait::None)
    }
}

fn index_made(index: &Index, ground: &Ground) -> Online {
    let computed = computed(index);
    let out = match index.method.as_str() {
        "vector" => COPY,
        // The first one gives every row a number.
        "fulltext" if !ground.has_index("fulltext") => of(Algorithm::Inplace, Wait::Shared, true),
        "fulltext" => ground.index_work(Wait::Shared),
        "spatial" => of(Algorithm::Inplace, Wait::Shared, false),
        _ if computed && (index.unique || index.keys.len() > 1) => COPY,
        _ if computed => ground.index_work(Wait::Shared),
        _ => ground.index_work(Wait::None),
    };
    Online {
        makes_index: true,
        full_texts: usize::from(index.method == "fulltext"),
        hidden: computed,
        ..out
    }
}

fn constraint_made(constraint: &Constraint) -> Online {
    match &constraint.body {
        ConstraintBody::PrimaryKey(_) => Online {
            makes_primary: true,
            ..REBUILD
        },
        ConstraintBody::Check(_) if !constraint.enforced => INSTANT,
        // The server looks at every row, and copies for it.
        _ => COPY,
    }
}

fn constraint_dropped(constraint: &Constraint, ground: &Ground) -> Online {
    match &constraint.body {
        ConstraintBody::PrimaryKey(_) => Online {
            drops_primary: true,
            ..INSTANT
        },
        ConstraintBody::Check(_) => INSTANT,
        _ => ground.light(),
    }
}
