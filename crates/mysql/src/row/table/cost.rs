//! What a step on a table loses, and where it fails; `online` says how the server goes about it.

use super::super::{instant, lock, online};
use driftless_model::{Column, Name, ObjectId, Table};
use driftless_planner::{
    Action, Clause, Data, Facts, Held, Loss, Moment, PartitionClause, TableClause,
};

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
        Action::Rename { part, .. }
            if part.member.is_none() && !moment.fresh.contains(&part.object) =>
        {
            instant(&part.object)
        }
        Action::Rename { .. } => online::alone(action, moment),
        Action::Alter { id, clause } if !moment.fresh.contains(id) => {
            let mut out = online::alone(action, moment);
            lost(id, clause, moment, &mut out);
            out
        }
        Action::Data(Data::Fill { table, .. }) => Facts {
            locks: vec![lock(table, "ROWS", Held::Scan)],
            scan: true,
            ..Facts::default()
        },
        _ => Facts::default(),
    }
}

/// What is lost by a clause, and where it fails.
fn lost(id: &ObjectId, clause: &Clause, moment: &Moment, out: &mut Facts) {
    let table = moment.catalog.item::<Table>(id);
    match clause {
        Clause::Table(TableClause::AddColumn { column, .. }) => {
            let counts = column.my.as_ref().is_some_and(|m| m.auto_increment);
            let given = column.default.is_some() || column.generated.is_some() || counts;
            if column.not_null && !given {
                out.hazards.push(format!(
                    "rows that are there get the zero of its type (0, '') in {id}.{}; `backfill` gives them a value",
                    column.name
                ));
            }
        }
        Clause::Table(TableClause::DropColumn { column, .. }) => {
            let stored = table
                .and_then(|t| t.column(column))
                .is_none_or(|c| c.generated.is_none());
            if stored {
                out.losses.push(column_loss(id, column, "the values of"));
                out.irreversible = Some(format!("the values of {id}.{column} are gone"));
            }
        }
        Clause::Table(TableClause::ChangeColumn { name, column, .. }) => {
            if let Some(was) = table.and_then(|t| t.column(name)) {
                changed(id, was, column, out);
            }
        }
        Clause::Table(TableClause::Partitions(PartitionClause::Drop(names))) => {
            for name in names {
                out.losses.push(Loss {
                    code: "D0201",
                    object: format!("{id}.{name}"),
                    what: format!("the rows of partition {name} of {id}"),
                });
            }
            out.irreversible = Some(format!("rows of {id} are gone with their partition"));
        }
        _ => {}
    }
}

fn column_loss(id: &ObjectId, column: &Name, what: &str) -> Loss {
    Loss {
        code: "D0202",
        object: format!("{id}.{column}"),
        what: format!("{what} {id}.{column}"),
    }
}

fn changed(id: &ObjectId, was: &Column, now: &Column, out: &mut Facts) {
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
