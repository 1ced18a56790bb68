//! Rows: a few random ones, and the law that no plan loses a value that it keeps a column for.
//!
//! Neighbours: `live`. Invariant: columns whose type changed, and computed ones, are not compared; all others are.

use anyhow::{Result, ensure};
use driftless_model::{Hints, Kind};
use driftless_testkit::Database;
use driftless_testkit::random::Random;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::path::Path;

/// One table's columns with their types, and its rows.
#[derive(Debug, Default)]
pub struct Table {
    columns: BTreeMap<String, String>,
    rows: Vec<BTreeMap<String, String>>,
}

pub type Contents = BTreeMap<String, Table>;

/// Every row is still there, with the values of all columns that are.
pub fn kept(before: &Contents, after: &Contents, hints: &Hints) -> Result<()> {
    if hints
        .renames
        .keys()
        .any(|part| part.object.kind == Kind::Enum)
    {
        // A renamed value is another text for the same thing.
        return Ok(());
    }
    for (name, now) in after {
        let was = match was_table(name, hints) {
            Some(was) if before.contains_key(&was) => was,
            _ => name.clone(),
        };
        let Some(old) = before.get(&was) else {
            continue;
        };
        let mut pairs = Vec::new();
        for (column, ty) in &now.columns {
            let from = match was_column(name, column, hints) {
                Some(from) if old.columns.contains_key(&from) => from,
                _ => column.clone(),
            };
            // A column that became NOT NULL gives a value to the rows that had none.
            let null = |table: &Table, name: &str| {
                let missing = |cell: Option<&String>| {
                    cell.is_none_or(|text| text.eq_ignore_ascii_case("null"))
                };
                table.rows.iter().any(|row| missing(row.get(name)))
            };
            let filled = null(old, &from) && !null(now, column);
            if old.columns.get(&from) == Some(ty) && !filled {
                pairs.push((from, column.clone()));
            }
        }
        let project = |rows: &[BTreeMap<String, String>], names: Vec<&String>| {
            let mut lines: Vec<Vec<Option<String>>> = rows
                .iter()
                .map(|row| names.iter().map(|n| row.get(*n).cloned()).collect())
                .collect();
            lines.sort();
            lines
        };
        let wanted = project(&old.rows, pairs.iter().map(|(from, _)| from).collect());
        let reached = project(&now.rows, pairs.iter().map(|(_, to)| to).collect());
        ensure!(
            wanted == reached,
            "rows of {name} changed, in the columns {:?}:\nbefore {wanted:?}\nafter  {reached:?}",
            pairs.iter().map(|(_, to)| to).collect::<Vec<_>>()
        );
    }
    Ok(())
}

fn was_table(name: &str, hints: &Hints) -> Option<String> {
    let found = hints.renames.iter().find(|(part, _)| {
        part.member.is_none() && part.object.name.as_str().eq_ignore_ascii_case(name)
    });
    found.map(|(_, (from, _))| from.as_str().to_owned())
}

fn was_column(table: &str, column: &str, hints: &Hints) -> Option<String> {
    let found = hints.renames.iter().find(|(part, _)| {
        part.object.name.as_str().eq_ignore_ascii_case(table)
            && part
                .member
                .as_ref()
                .is_some_and(|m| m.as_str().eq_ignore_ascii_case(column))
    });
    found.map(|(_, (from, _))| from.as_str().to_owned())
}

pub fn of_postgres(database: &Database) -> Result<Contents> {
    let columns = database.query(
        "SELECT c.oid::regclass::text, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod) \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
         AND a.attgenerated = '' \
         WHERE c.relkind = 'r' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'",
    )?;
    let mut out = Contents::new();
    for row in columns {
        let mut cells = row.into_iter();
        let (Some(Some(table)), column, ty) =
            (cells.next(), cells.next().flatten(), cells.next().flatten())
        else {
            continue;
        };
        let entry = out.entry(table).or_default();
        if let (Some(column), Some(ty)) = (column, ty) {
            entry.columns.insert(column, ty);
        }
    }
    for (name, table) in &mut out {
        for row in database.query(&format!("SELECT to_jsonb(t)::text FROM ONLY {name} t"))? {
            let text = row.into_iter().flatten().next().unwrap_or_default();
            let cells: BTreeMap<String, serde_json::Value> = serde_json::from_str(&text)?;
            table
                .rows
                .push(cells.into_iter().map(|(k, v)| (k, v.to_string())).collect());
        }
    }
    Ok(out)
}

pub fn of_sqlite(path: &Path) -> Result<Contents> {
    let base = Connection::open(path)?;
    let mut out = Contents::new();
    for table in tables(&base)? {
        let columns = columns(&base, &table)?;
        let mut contents = Table::default();
        let names: Vec<_> = columns
            .iter()
            .map(|c| format!("quote({})", quoted(&c.name)))
            .collect();
        let mut query = base.prepare(&format!(
            "SELECT {} FROM main.{}",
            names.join(", "),
            quoted(&table)
        ))?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            let mut cells = BTreeMap::new();
            for (index, column) in columns.iter().enumerate() {
                cells.insert(column.name.clone(), row.get::<_, String>(index)?);
            }
            contents.rows.push(cells);
        }
        contents.columns = columns
            .into_iter()
            .filter(|c| !c.computed)
            .map(|c| (c.name, c.ty.to_lowercase()))
            .collect();
        out.insert(table, contents);
    }
    Ok(out)
}

struct Column {
    name: String,
    ty: String,
    computed: bool,
}

/// Plain tables only: what a virtual table holds is its module's business.
fn tables(base: &Connection) -> Result<Vec<String>> {
    let mut query = base.prepare(
        "SELECT lower(l.name) FROM pragma_table_list l WHERE l.schema = 'main' AND l.type = 'table' \
         AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY 1",
    )?;
    let names = query.query_map([], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

fn columns(base: &Connection, table: &str) -> Result<Vec<Column>> {
    let mut query = base.prepare(
        "SELECT lower(name), type, hidden > 1 FROM pragma_table_xinfo(?1) WHERE hidden <> 1",
    )?;
    let found = query.query_map([table], |row| {
        Ok(Column {
            name: row.get(0)?,
            ty: row.get(1)?,
            computed: row.get(2)?,
        })
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Tries random rows; one stays where the state before and the state after both take it.
pub fn fill_sqlite(path: &Path, after: &str, hints: &Hints) -> Result<()> {
    let base = Connection::open(path)?;
    let goal = Connection::open_in_memory()?;
    goal.execute_batch(after)?;
    for connection in [&base, &goal] {
        connection.execute_batch("PRAGMA foreign_keys = ON")?;
    }
    let mut random = Random::new(11);
    let was = |name: &str| was_table(name, hints).unwrap_or_else(|| name.to_owned());
    let goals: BTreeMap<String, String> =
        tables(&goal)?.into_iter().map(|t| (was(&t), t)).collect();
    for _ in 0..4 {
        for table in tables(&base)? {
            let columns: Vec<Column> = columns(&base, &table)?
                .into_iter()
                .filter(|c| !c.computed)
                .collect();
            let values: Vec<String> = columns.iter().map(|c| value(&mut random, &c.ty)).collect();
            let names: Vec<&str> = columns.iter().map(|c| c.name.as_str()).collect();
            goal.execute_batch("SAVEPOINT one")?;
            let fits = match goals.get(&table) {
                None => true,
                Some(target) => {
                    let (names, values) = translated(&goal, target, &names, &values, hints)?;
                    insert(&goal, target, &names, &values).is_ok()
                }
            };
            let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
            let taken = fits && insert(&base, &table, &names, &values).is_ok();
            let end = if taken {
                "RELEASE one"
            } else {
                "ROLLBACK TO one; RELEASE one"
            };
            // A trigger may have rolled everything back.
            let _ = goal.execute_batch(end);
        }
    }
    Ok(())
}

fn translated(
    goal: &Connection,
    target: &str,
    names: &[&str],
    values: &[String],
    hints: &Hints,
) -> Result<(Vec<String>, Vec<String>)> {
    let mut out = (Vec::new(), Vec::new());
    for column in columns(goal, target)?.into_iter().filter(|c| !c.computed) {
        let from = was_column(target, &column.name, hints);
        let source = from
            .iter()
            .map(String::as_str)
            .chain([column.name.as_str()])
            .find_map(|name| names.iter().position(|n| *n == name));
        if let Some(value) = source.and_then(|at| values.get(at)) {
            out.0.push(column.name);
            out.1.push(value.clone());
        }
    }
    Ok(out)
}

fn insert(base: &Connection, table: &str, names: &[String], values: &[String]) -> Result<()> {
    let names: Vec<String> = names.iter().map(|n| quoted(n)).collect();
    let text = match names.is_empty() {
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

fn value(random: &mut Random, ty: &str) -> String {
    let ty = ty.to_uppercase();
    let n = 1 + random.below(9);
    if random.chance(0.15) {
        "NULL".into()
    } else if ty.contains("INT") {
        n.to_string()
    } else if ty.contains("CHAR") || ty.contains("TEXT") || ty.contains("CLOB") {
        format!("'v{n}'")
    } else if ty.contains("BLOB") {
        format!("x'0{n}'")
    } else if ty.is_empty() || ty == "ANY" {
        [n.to_string(), format!("'v{n}'"), format!("x'0{n}'")][random.below(3) as usize].clone()
    } else {
        format!("{n}.5")
    }
}

pub fn clear_sqlite(path: &Path) -> Result<()> {
    let base = Connection::open(path)?;
    base.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA recursive_triggers = OFF")?;
    for table in tables(&base)? {
        // A trigger may forbid it: then the rows stay, and the plan has to cope with them.
        let _ = base.execute_batch(&format!("DELETE FROM {}", quoted(&table)));
    }
    Ok(())
}

pub fn clear_postgres(database: &Database) -> Result<()> {
    let tables = database.query(
        "SELECT string_agg(c.oid::regclass::text, ', ') FROM pg_catalog.pg_class c \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relkind = 'r' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'",
    )?;
    if let Some(list) = tables.into_iter().flatten().flatten().next() {
        database.query(&format!("TRUNCATE {list}"))?;
    }
    Ok(())
}
