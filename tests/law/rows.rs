//! Rows: the law that no plan loses a value that it keeps a column for.
//!
//! Neighbours: `live`; `fill` makes rows up. Invariant: columns whose type changed, and computed ones, are not compared; all others are. On
//! SQLite the rowid counts as a column, unless another column than before gives it, and so does AUTOINCREMENT's mark.

use anyhow::{Result, ensure};
use driftless_model::{Hints, Kind};
use driftless_testkit::Database;
use rusqlite::Connection;
use rusqlite::types::ValueRef;
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

pub(super) fn was_table(name: &str, hints: &Hints) -> Option<String> {
    let found = hints.renames.iter().find(|(part, _)| {
        part.member.is_none() && part.object.name.as_str().eq_ignore_ascii_case(name)
    });
    found.map(|(_, (from, _))| from.as_str().to_owned())
}

pub(super) fn was_column(table: &str, column: &str, hints: &Hints) -> Option<String> {
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
         WHERE c.relkind IN ('r', 'p') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'",
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
        let mut columns = columns(&base, &table)?;
        let mut contents = Table::default();
        let mut names: Vec<_> = columns
            .iter()
            .map(|c| format!("quote({})", quoted(&c.name)))
            .collect();
        if let Some(hidden) = rowid_name(&base, &table, &columns)? {
            names.push(hidden.to_owned());
            columns.push(Column {
                name: "the rowid".into(),
                ty: format!("from {}", alias(&base, &table)?),
                computed: false,
            });
        }
        let mut query = base.prepare(&format!(
            "SELECT {} FROM main.{}",
            names.join(", "),
            quoted(&table)
        ))?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            let mut cells = BTreeMap::new();
            for (index, column) in columns.iter().enumerate() {
                let text = match row.get_ref(index)? {
                    ValueRef::Integer(number) => number.to_string(),
                    other => other.as_str()?.to_owned(),
                };
                cells.insert(column.name.clone(), text);
            }
            contents.rows.push(cells);
        }
        contents.columns = columns
            .into_iter()
            .filter(|c| !c.computed)
            .map(|c| (c.name, c.ty.to_lowercase()))
            .collect();
        if let Some(mark) = mark(&base, &table)? {
            let entry = out.entry(format!("the mark of {table}")).or_default();
            entry.columns.insert("seq".into(), String::new());
            entry.rows.push(BTreeMap::from([("seq".into(), mark)]));
        }
        out.insert(table, contents);
    }
    Ok(out)
}

/// A name that the rowid can be read by.
pub(super) fn rowid_name(
    base: &Connection,
    table: &str,
    columns: &[Column],
) -> Result<Option<&'static str>> {
    let without = "SELECT wr FROM pragma_table_list WHERE schema = 'main' AND lower(name) = ?1";
    if base.query_row(without, [table], |row| row.get(0))? {
        return Ok(None);
    }
    let free = |name: &&str| columns.iter().all(|c| c.name != *name);
    Ok(["rowid", "_rowid_", "oid"].into_iter().find(free))
}

/// The column that gives the rowid, where one does: no index of its own stands for that key.
pub(super) fn alias(base: &Connection, table: &str) -> Result<String> {
    let text = "SELECT coalesce(max(lower(name)), '') FROM pragma_table_xinfo(?1) WHERE pk > 0 AND lower(type) = 'integer' \
         AND NOT EXISTS (SELECT 1 FROM pragma_index_list(?1) WHERE origin = 'pk')";
    Ok(base.query_row(text, [table], |row| row.get(0))?)
}

/// How far AUTOINCREMENT has come.
fn mark(base: &Connection, table: &str) -> Result<Option<String>> {
    let counts = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND lower(name) = ?1 AND sql LIKE '%AUTOINCREMENT%'";
    if base.query_row(counts, [table], |row| row.get::<_, u32>(0))? == 0 {
        return Ok(None);
    }
    let text = "SELECT CAST(max(seq) AS TEXT) FROM sqlite_sequence WHERE lower(name) = ?1";
    Ok(base.query_row(text, [table], |row| row.get(0))?)
}

pub(super) struct Column {
    pub(super) name: String,
    pub(super) ty: String,
    pub(super) computed: bool,
}

/// Plain tables only: what a virtual table holds is its module's business.
pub(super) fn tables(base: &Connection) -> Result<Vec<String>> {
    let mut query = base.prepare(
        "SELECT lower(l.name) FROM pragma_table_list l WHERE l.schema = 'main' AND l.type = 'table' \
         AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY 1",
    )?;
    let names = query.query_map([], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

pub(super) fn columns(base: &Connection, table: &str) -> Result<Vec<Column>> {
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

pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
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
         WHERE c.relkind IN ('r', 'p') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'",
    )?;
    if let Some(list) = tables.into_iter().flatten().flatten().next() {
        database.query(&format!("TRUNCATE {list}"))?;
    }
    Ok(())
}
