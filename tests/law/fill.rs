//! Random rows for SQLite: one stays where the state before and the state after both take it.
//!
//! Neighbours: `rows` compares what became of them. Invariant: what is made up depends on the two schemas only.

use super::rows::{Column, alias, columns, quoted, rowid_name, tables, was_column, was_table};
use anyhow::Result;
use driftless_model::Hints;
use driftless_testkit::random::Random;
use rusqlite::Connection;
use std::path::Path;

/// A table that gets rows.
struct Filling {
    name: String,
    columns: Vec<Column>,
    /// The name of its rowid, where no column gives it.
    hidden: Option<&'static str>,
    /// The table that it will be, and which of its columns become which.
    goal: Option<(String, Vec<(usize, String)>)>,
    count: usize,
}

/// Tries random rows, until each table has so many.
pub fn fill_sqlite(path: &Path, after: &str, hints: &Hints, wanted: usize) -> Result<()> {
    let base = Connection::open(path)?;
    let goal = Connection::open_in_memory()?;
    goal.execute_batch(after)?;
    for connection in [&base, &goal] {
        connection.execute_batch("PRAGMA foreign_keys = ON")?;
    }
    base.execute_batch("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY")?;
    let deferred = after.to_uppercase().contains("DEFERRABLE");
    let mut random = Random::new(11);
    let mut all = fillings(&base, &goal, hints)?;
    for _ in 0..wanted * 3 {
        for table in all.iter_mut().filter(|t| t.count < wanted) {
            let row = row(table, wanted, &mut random);
            let taken = try_row(&base, &goal, table, &row, deferred)?;
            table.count += usize::from(taken);
        }
    }
    // Rows that went again left AUTOINCREMENT's mark above what is there. (No table counts: there is none to raise.)
    let _ = base.execute_batch("UPDATE sqlite_sequence SET seq = seq + 1000");
    Ok(())
}

fn fillings(base: &Connection, goal: &Connection, hints: &Hints) -> Result<Vec<Filling>> {
    let mut goals = Vec::new();
    for target in tables(goal)? {
        let was = was_table(&target, hints).unwrap_or_else(|| target.clone());
        goals.push((was, target));
    }
    let mut out = Vec::new();
    for name in tables(base)? {
        let columns: Vec<Column> = columns(base, &name)?
            .into_iter()
            .filter(|c| !c.computed)
            .collect();
        let hidden = match alias(base, &name)?.is_empty() {
            true => rowid_name(base, &name, &columns)?,
            false => None,
        };
        let target = goals.iter().find(|(was, _)| *was == name);
        let goal = match target {
            Some((_, target)) => Some((target.clone(), becoming(goal, target, &columns, hints)?)),
            None => None,
        };
        out.push(Filling {
            name,
            columns,
            hidden,
            goal,
            count: 0,
        });
    }
    Ok(out)
}

/// Which column here becomes which there.
fn becoming(
    goal: &Connection,
    target: &str,
    here: &[Column],
    hints: &Hints,
) -> Result<Vec<(usize, String)>> {
    let mut out = Vec::new();
    for column in columns(goal, target)?.into_iter().filter(|c| !c.computed) {
        let from = was_column(target, &column.name, hints);
        let mut names = from.iter().chain([&column.name]);
        let source = names.find_map(|name| here.iter().position(|c| c.name == *name));
        out.extend(source.map(|at| (at, column.name.clone())));
    }
    Ok(out)
}

/// Values for the columns, and for a hidden rowid now and then, so that rowids have gaps.
fn row(table: &Filling, wanted: usize, random: &mut Random) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = table
        .columns
        .iter()
        .map(|c| (c.name.clone(), value(random, &c.ty, wanted)))
        .collect();
    if let Some(hidden) = table.hidden.filter(|_| random.chance(0.3)) {
        let rowid = 1 + random.below(1_000_000);
        out.push((hidden.to_owned(), rowid.to_string()));
    }
    out
}

fn try_row(
    base: &Connection,
    goal: &Connection,
    table: &Filling,
    row: &[(String, String)],
    deferred: bool,
) -> Result<bool> {
    goal.execute_batch("SAVEPOINT one")?;
    let fits = match &table.goal {
        None => true,
        Some((target, columns)) => {
            let value = |(at, name): &(usize, String)| (name.clone(), row[*at].1.clone());
            let row: Vec<(String, String)> = columns.iter().map(value).collect();
            insert(goal, target, &row).is_ok() && holds(goal, deferred)?
        }
    };
    let taken = fits && insert(base, &table.name, row).is_ok();
    let end = match taken {
        true => "RELEASE one",
        false => "ROLLBACK TO one; RELEASE one",
    };
    // A trigger may have rolled everything back.
    let _ = goal.execute_batch(end);
    Ok(taken)
}

/// What waits for the end of the transaction is no reason for a row to fail, so it is asked for.
fn holds(goal: &Connection, deferred: bool) -> Result<bool> {
    if !deferred {
        return Ok(true);
    }
    let broken = "SELECT count(*) FROM pragma_foreign_key_check";
    Ok(goal.query_row(broken, [], |row| row.get::<_, u32>(0))? == 0)
}

fn insert(base: &Connection, table: &str, row: &[(String, String)]) -> Result<()> {
    let names: Vec<String> = row.iter().map(|(name, _)| quoted(name)).collect();
    let values: Vec<&str> = row.iter().map(|(_, value)| value.as_str()).collect();
    let text = match row.is_empty() {
        true => format!("INSERT INTO {} DEFAULT VALUES", quoted(table)),
        false => format!(
            "INSERT INTO {} ({}) VALUES ({})",
            quoted(table),
            names.join(", "),
            values.join(", ")
        ),
    };
    Ok(base.execute_batch(&text)?)
}

fn value(random: &mut Random, ty: &str, wanted: usize) -> String {
    let ty = ty.to_uppercase();
    // Small ones meet each other, in foreign keys and in checks.
    let range = if random.chance(0.5) {
        9
    } else {
        9 * wanted as u64
    };
    let n = 1 + random.below(range);
    if random.chance(0.15) {
        "NULL".into()
    } else if ty.contains("INT") {
        n.to_string()
    } else if ty.contains("CHAR") || ty.contains("TEXT") || ty.contains("CLOB") {
        format!("'v{n}'")
    } else if ty.contains("BLOB") {
        format!("x'{n:06}'")
    } else if ty.is_empty() || ty == "ANY" {
        [n.to_string(), format!("'v{n}'"), format!("x'{n:06}'")][random.below(3) as usize].clone()
    } else {
        format!("{n}.5")
    }
}
