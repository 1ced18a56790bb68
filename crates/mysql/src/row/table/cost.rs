//! What a step on a table costs: by the clause, the product and the version.
//!
//! Source: the manuals' pages on online DDL, and measurements on MariaDB 10.11 and MySQL 9.7.

use super::super::{instant, lock};
use driftless_model::{Column, Dialect, Name, ObjectId, Table};
use driftless_planner::{
    Action, Clause, ColumnClause, Data, Facts, Held, Loss, Moment, PartitionClause, TableClause,
};

/// In place beside readers and writers, for a scan or a rewrite.
fn online(id: &ObjectId, held: Held) -> Facts {
    Facts {
        locks: vec![lock(id, "NONE", held)],
        scan: held == Held::Scan,
        rewrite: held == Held::Rewrite,
        ..Facts::default()
    }
}

/// A copy of the table: writers wait.
fn copies(id: &ObjectId) -> Facts {
    Facts {
        locks: vec![lock(id, "SHARED", Held::Rewrite)],
        rewrite: true,
        ..Facts::default()
    }
}

pub fn facts(action: &Action, moment: &Moment) -> Facts {
    match action {
        Action::Drop(d) => {
            let mut out = instant(&d.id);
            if !moment.fresh.contains(&d.id) {
                out.losses.push(Loss {
                    code: "D0201",
                    object: d.id.to_string(),
                    what: format!("the rows of {}", d.id),
                });
                out.irreversible = Some(format!("the rows of {} are gone", d.id));
            }
            out
        }
        Action::Rename { part, .. } if !moment.fresh.contains(&part.object) => {
            instant(&part.object)
        }
        Action::Alter { id, clause } if !moment.fresh.contains(id) => {
            clause_facts(id, clause, moment)
        }
        Action::Data(Data::Fill { table, .. }) => Facts {
            locks: vec![lock(table, "NONE", Held::Scan)],
            scan: true,
            ..Facts::default()
        },
        _ => Facts::default(),
    }
}

fn clause_facts(id: &ObjectId, clause: &Clause, moment: &Moment) -> Facts {
    let mariadb = moment.catalog.server.dialect == Dialect::Mariadb;
    let table = moment.catalog.item::<Table>(id);
    match clause {
        Clause::Table(TableClause::AddColumn { column, .. }) => added(id, column),
        Clause::Table(TableClause::DropColumn { column, .. }) => {
            let stored = table
                .and_then(|t| t.column(column))
                .is_none_or(|c| c.generated.is_none());
            let mut out = instant(id);
            if stored {
                out.losses.push(column_loss(id, column, "the values of"));
                out.irreversible = Some(format!("the values of {id}.{column} are gone"));
            }
            out
        }
        Clause::Table(TableClause::ChangeColumn { name, column, .. }) => {
            match table.and_then(|t| t.column(name)) {
                Some(was) => changed(id, was, column, mariadb),
                None => copies(id),
            }
        }
        Clause::Table(TableClause::Options(options)) => {
            let names: Vec<&str> = options.keys().map(String::as_str).collect();
            match names.as_slice() {
                n if n.contains(&"engine") || n.contains(&"system_versioning") => copies(id),
                n if n.iter().any(|n| REBUILDS.contains(n)) => online(id, Held::Rewrite),
                _ => instant(id),
            }
        }
        Clause::Table(TableClause::Convert(_)) => copies(id),
        Clause::Table(TableClause::Partitions(p)) => match p {
            PartitionClause::Drop(names) => {
                let mut out = instant(id);
                for name in names {
                    out.losses.push(Loss {
                        code: "D0201",
                        object: format!("{id}.{name}"),
                        what: format!("the rows of partition {name} of {id}"),
                    });
                }
                out.irreversible = Some(format!("rows of {id} are gone with their partition"));
                out
            }
            PartitionClause::Add(_) => instant(id),
            _ => copies(id),
        },
        Clause::Table(TableClause::Pin { .. }) => Facts::default(),
        Clause::Column {
            clause: ColumnClause::Default(_) | ColumnClause::Options(_),
            ..
        } => instant(id),
        _ => copies(id),
    }
}

const REBUILDS: &[&str] = &[
    "row_format",
    "key_block_size",
    "page_compressed",
    "encrypted",
];

fn column_loss(id: &ObjectId, column: &Name, what: &str) -> Loss {
    Loss {
        code: "D0202",
        object: format!("{id}.{column}"),
        what: format!("{what} {id}.{column}"),
    }
}

fn added(id: &ObjectId, column: &Column) -> Facts {
    let counting = column.my.as_ref().is_some_and(|m| m.auto_increment);
    match &column.generated {
        Some(g) if g.stored => copies(id),
        _ if counting => Facts {
            locks: vec![lock(id, "SHARED", Held::Rewrite)],
            rewrite: true,
            ..Facts::default()
        },
        _ => instant(id),
    }
}

fn changed(id: &ObjectId, was: &Column, now: &Column, mariadb: bool) -> Facts {
    let mut out = if was.ty.text != now.ty.text {
        retyped(id, &was.ty.text, &now.ty.text)
    } else if now.collation.is_some() && was.collation != now.collation {
        copies(id)
    } else if was.not_null != now.not_null {
        online(id, Held::Rewrite)
    } else if was.generated.is_some() != now.generated.is_some()
        || was.generated.as_ref().map(|g| g.stored) != now.generated.as_ref().map(|g| g.stored)
    {
        copies(id)
    } else {
        instant(id)
    };
    let counts = |c: &Column| c.my.as_ref().is_some_and(|m| m.auto_increment);
    if counts(was) != counts(now) && mariadb {
        out = copies(id);
    }
    if narrows(&was.ty.text, &now.ty.text) {
        out.losses.push(Loss {
            code: "D0203",
            object: format!("{id}.{}", was.name),
            what: format!(
                "values of {id}.{} that do not fit {}",
                was.name, now.ty.text
            ),
        });
        out.irreversible = Some(format!("values of {id}.{} may change", was.name));
    }
    if now.not_null && !was.not_null {
        out.hazards
            .push(format!("fails where {id}.{} is null", was.name));
    }
    out
}

/// `varchar(10)` → its name and its numbers.
fn taken_apart(ty: &str) -> (&str, Vec<u64>) {
    let Some((name, rest)) = ty.split_once('(') else {
        return (ty.split(' ').next().unwrap_or(ty), Vec::new());
    };
    let inside = rest.split(')').next().unwrap_or_default();
    let numbers = inside.split(',').filter_map(|n| n.parse().ok()).collect();
    (name, numbers)
}

fn retyped(id: &ObjectId, was: &str, now: &str) -> Facts {
    let ((a, x), (b, y)) = (taken_apart(was), taken_apart(now));
    let longer = a == b
        && a.starts_with("var")
        && matches!((x.first(), y.first()), (Some(x), Some(y)) if x <= y && (*y < 64 || *x > 255));
    let appended = a == b
        && matches!(a, "enum" | "set")
        && now
            .strip_suffix(')')
            .is_some_and(|n| was.strip_suffix(')').is_some_and(|w| n.starts_with(w)));
    match longer || appended {
        true => instant(id),
        false => copies(id),
    }
}

/// Values of the one may not fit the other.
fn narrows(was: &str, now: &str) -> bool {
    if was == now {
        return false;
    }
    const WHOLE: &[&str] = &["tinyint", "smallint", "mediumint", "int", "bigint"];
    const TEXTS: &[&str] = &["tinytext", "text", "mediumtext", "longtext"];
    const BLOBS: &[&str] = &["tinyblob", "blob", "mediumblob", "longblob"];
    let ((a, x), (b, y)) = (taken_apart(was), taken_apart(now));
    let unsigned = |t: &str| t.contains("unsigned");
    for ladder in [WHOLE, TEXTS, BLOBS] {
        let rank = |n: &str| ladder.iter().position(|l| *l == n);
        if let (Some(from), Some(to)) = (rank(a), rank(b)) {
            return to < from
                || ladder == WHOLE
                    && (unsigned(was) && !unsigned(now) && to <= from
                        || !unsigned(was) && unsigned(now));
        }
    }
    if a == b && matches!(a, "enum" | "set") {
        let values = |t: &str| -> Vec<String> {
            t.trim_end_matches(')')
                .split_once('(')
                .map_or(Vec::new(), |(_, v)| {
                    v.split("','").map(str::to_owned).collect()
                })
        };
        let to = values(now);
        let clean = |v: &String| v.trim_matches('\'').to_owned();
        let to: Vec<String> = to.iter().map(clean).collect();
        return !values(was).iter().all(|v| to.contains(&clean(v)));
    }
    if a == b && (a == "decimal" || a == "float" || a == "double") {
        let whole = |n: &[u64]| {
            n.first()
                .copied()
                .unwrap_or(0)
                .saturating_sub(n.get(1).copied().unwrap_or(0))
        };
        return whole(&y) < whole(&x) || y.get(1) < x.get(1);
    }
    if a == b
        || matches!(
            (a, b),
            ("char", "varchar") | ("varchar", "char") | ("binary", "varbinary")
        )
    {
        return y.first() < x.first();
    }
    // Text of any length holds text, a wider number a narrower one.
    let into_text = TEXTS.contains(&b) && matches!(a, "char" | "varchar" | "enum" | "set");
    let into_char = matches!(b, "varchar" | "char") && WHOLE.contains(&a) && y.first() >= Some(&20);
    let wider = matches!(
        (a, b),
        ("float", "double") | ("date", "datetime") | ("timestamp", "datetime")
    );
    !(into_text || into_char || wider)
}
