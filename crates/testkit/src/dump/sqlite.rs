//! SQLite's oracle: its pragmas, and what only the text of a definition tells (checks, collations, conflict clauses).
//!
//! Neighbours: `token`. Invariant: opened read-only with a connection of its own. What carries no meaning is left out:
//! the order of columns, numbers of automatic indexes, the spelling of text.

use super::token::{Kind, Token, bracket, name, spell, split, tokens};
use anyhow::{Context, Result};
use rusqlite::{Connection, OpenFlags};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// One line per fact, sorted within each object.
pub fn sqlite_state(path: &Path) -> Result<String> {
    let base = open(path)?;
    let mut out = String::new();
    for table in tables(&base)? {
        let _ = writeln!(out, "{}", table.head);
        for line in facts(&base, &table)? {
            let _ = writeln!(out, "  {line}");
        }
    }
    let mut objects = Vec::new();
    let mut query = base.prepare(
        "SELECT type, sql FROM main.sqlite_schema WHERE sql IS NOT NULL AND type <> 'table' ORDER BY type, name",
    )?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let (kind, sql): (String, String) = (row.get(0)?, row.get(1)?);
        objects.push(format!("{kind} {}", spell(&tokens(&sql, true))));
    }
    objects.sort();
    for object in objects {
        let _ = writeln!(out, "{object}");
    }
    Ok(out)
}

/// Every table's rows as sorted lines of `column=literal`, columns by name.
pub fn sqlite_rows(path: &Path) -> Result<BTreeMap<String, Vec<String>>> {
    let base = open(path)?;
    let mut out = BTreeMap::new();
    for table in tables(&base)? {
        if table.kind != "table" {
            continue;
        }
        let mut columns = strings(
            &base,
            "SELECT name FROM pragma_table_xinfo(?1) WHERE hidden <> 1",
            &table.name,
        )?;
        columns.sort();
        let parts: Vec<String> = columns
            .iter()
            .map(|column| {
                format!(
                    "{} || quote({})",
                    text(&format!("{column}=")),
                    quote(column)
                )
            })
            .collect();
        let sql = format!(
            "SELECT {} FROM main.{}",
            parts.join(" || ' ' || "),
            quote(&table.name)
        );
        let mut query = base.prepare(&sql)?;
        let mut lines = query
            .query_map([], |row| row.get(0))?
            .collect::<Result<Vec<String>, _>>()?;
        lines.sort();
        out.insert(table.name, lines);
    }
    Ok(out)
}

struct Table {
    name: String,
    kind: String,
    head: String,
    sql: String,
}

fn open(path: &Path) -> Result<Connection> {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .with_context(|| format!("cannot open {}", path.display()))
}

/// Tables and virtual tables; views are compared by their text, shadow tables belong to their virtual table.
fn tables(base: &Connection) -> Result<Vec<Table>> {
    let mut query = base.prepare(
        "SELECT l.name, l.type, l.wr, l.strict, s.sql FROM pragma_table_list l \
         JOIN main.sqlite_schema s ON s.type = 'table' AND s.name = l.name \
         WHERE l.schema = 'main' AND l.type IN ('table', 'virtual') AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
         ORDER BY lower(l.name)",
    )?;
    let rows = query.query_map([], |row| {
        let (name, kind): (String, String) = (row.get(0)?, row.get(1)?);
        let (without_rowid, strict): (bool, bool) = (row.get(2)?, row.get(3)?);
        let head = format!(
            "{kind} {}{}{}",
            name.to_lowercase(),
            if without_rowid { " without rowid" } else { "" },
            if strict { " strict" } else { "" }
        );
        Ok(Table {
            name,
            kind,
            head,
            sql: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn facts(base: &Connection, table: &Table) -> Result<Vec<String>> {
    if table.kind == "virtual" {
        return Ok(vec![spell(&tokens(&table.sql, true))]);
    }
    let mut lines = strings(
        base,
        "SELECT 'column ' || lower(name) || ' ' || replace(replace(lower(type), ', ', ','), ' (', '(') || iif(\"notnull\", ' not null', '') \
         || iif(dflt_value IS NULL, '', ' default ' || dflt_value) || iif(pk, ' key ' || pk, '') \
         || iif(hidden, ' hidden ' || hidden, '') FROM pragma_table_xinfo(?1)",
        &table.name,
    )?;
    // Expressions have no name here; their text is in the index's own line. An automatic index has no name to keep.
    lines.extend(strings(
        base,
        "SELECT 'index ' || iif(l.origin = 'c', lower(l.name), 'by ' || l.origin) || iif(l.\"unique\", ' unique', '') \
         || iif(l.partial, ' partial', '') || ' (' || (SELECT group_concat(coalesce(lower(x.name), '<expression>') \
         || ' ' || lower(x.coll) || iif(x.desc, ' desc', ''), ', ' ORDER BY x.seqno) FROM pragma_index_xinfo(l.name) x \
         WHERE x.key) || ')' FROM pragma_index_list(?1) l",
        &table.name,
    )?);
    lines.extend(strings(
        base,
        "SELECT 'reference (' || group_concat(lower(\"from\"), ', ' ORDER BY seq) || ') to ' || lower(\"table\") || ' (' \
         || coalesce(group_concat(lower(\"to\"), ', ' ORDER BY seq), 'its key') || ') on update ' || lower(on_update) \
         || ' on delete ' || lower(on_delete) || ' match ' || lower(\"match\") \
         FROM pragma_foreign_key_list(?1) GROUP BY id",
        &table.name,
    )?);
    lines.extend(clauses(&table.sql));
    lines.sort();
    Ok(lines)
}

fn strings(base: &Connection, sql: &str, table: &str) -> Result<Vec<String>> {
    let mut query = base.prepare(sql)?;
    let rows = query.query_map([table], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What no pragma tells. Each line names the column or the key columns that it is about, so that it does not matter
/// whether the clause stood at the column or at the table.
fn clauses(sql: &str) -> Vec<String> {
    let solid: Vec<Token<'_>> = tokens(sql, true).into_iter().filter(Token::solid).collect();
    let Some((open, close)) = bracket(&solid, 0) else {
        return Vec::new();
    };
    let mut out = Vec::new();
    for item in split(&solid[open + 1..close], ",") {
        item_clauses(item, &mut out);
    }
    out
}

fn item_clauses(item: &[Token<'_>], out: &mut Vec<String>) {
    let Some(first) = item.first() else { return };
    let of_table = first.kind == Kind::Word
        && ["constraint", "primary", "unique", "check", "foreign"]
            .iter()
            .any(|word| first.is(word));
    let column = if of_table { String::new() } else { name(first) };
    let mut label = String::new();
    let mut about = String::new();
    let mut index = usize::from(!of_table);
    while let Some(token) = item.get(index) {
        let next = item.get(index + 1);
        let mut step = 1;
        if token.is("(") {
            // The brackets of a type or a default; those of clauses are stepped over below.
            step = bracket(item, index).map_or(1, |(_, end)| end + 1 - index);
        } else if token.is("constraint") {
            label = next.map(name).unwrap_or_default();
            step = 2;
        } else if token.is("check") || token.is("as") {
            if let Some((start, end)) = bracket(item, index) {
                let what = if token.is("check") {
                    format!("check {label}")
                } else {
                    format!("computed {column}")
                };
                let stored = item.get(end + 1).is_some_and(|after| after.is("stored"));
                out.push(format!(
                    "{what} {}{}",
                    spell(&item[start..=end]),
                    if stored { " stored" } else { "" }
                ));
                step = end + 1 - index;
            }
            label.clear();
        } else if token.is("primary")
            || token.is("unique")
            || token.is("foreign")
            || token.is("references")
        {
            let columns = bracket(item, index).filter(|_| of_table && !token.is("references"));
            if !(of_table && token.is("references")) {
                let what = if token.is("references") {
                    "foreign".to_owned()
                } else {
                    name(token)
                };
                let columns = columns.map_or(format!("( {column} )"), |(start, end)| {
                    spell(&item[start..=end])
                });
                about = format!("{what} {columns}");
            }
            if !label.is_empty() {
                out.push(format!("name {label} of {about}"));
                label.clear();
            }
            if let Some((_, end)) = columns {
                step = end + 1 - index;
            }
        } else if token.is("not") && next.is_some_and(|next| next.is("null")) {
            about = format!("not null ( {column} )");
            step = 2;
        } else if token.is("autoincrement") {
            out.push(format!("autoincrement {about}"));
        } else if token.is("collate") {
            out.push(format!(
                "collate {column} {}",
                next.map(name).unwrap_or_default()
            ));
            step = 2;
        } else if token.is("on") && next.is_some_and(|next| next.is("conflict")) {
            out.push(format!(
                "on conflict {} {about}",
                item.get(index + 2).map(name).unwrap_or_default()
            ));
            step = 3;
        } else if token.is("deferrable") {
            let not = index > 0 && item[index - 1].is("not");
            let late = item.get(index + 2).is_some_and(|word| word.is("deferred"));
            if !not {
                out.push(format!(
                    "deferrable{} {about}",
                    if late { " initially deferred" } else { "" }
                ));
            }
        }
        index += step;
    }
}

fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(sql: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        sqlite_state(&path).unwrap()
    }

    #[test]
    fn spelling_and_column_order_do_not_count() {
        let one = state(
            "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT NOT NULL \
             COLLATE nocase CHECK (a <> ''), p int REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED, UNIQUE (a)); \
             CREATE INDEX i ON t (lower(a)) WHERE p > 0; CREATE VIEW v AS SELECT a FROM t;",
        );
        let other = state(
            "CREATE TABLE [p] (id INTEGER PRIMARY KEY); CREATE TABLE \"T\" (p INT, a text unique not null collate NOCASE, \
             id integer primary key autoincrement, check (a <> ''), FOREIGN KEY (p) REFERENCES p (id) deferrable initially \
             deferred); CREATE INDEX i ON t (lower(a)) WHERE p > 0 /* x */; create view v as select a from t;",
        );
        assert_eq!(one, other, "{}", crate::expect::line_diff(&one, &other));
    }

    #[test]
    fn what_has_a_meaning_counts() {
        let base = "CREATE TABLE t (a TEXT NOT NULL COLLATE nocase CHECK (a <> 'x'), b INT UNIQUE ON CONFLICT IGNORE, \
                    c INT AS (b + 1) STORED, d DEFAULT 'q', CONSTRAINT u UNIQUE (a, b))";
        let start = state(base);
        for (from, to) in [
            (" COLLATE nocase", ""),
            ("'x'", "'X'"),
            ("IGNORE", "REPLACE"),
            ("b + 1", "b + 2"),
            ("STORED", "VIRTUAL"),
            ("'q'", "'r'"),
            ("CONSTRAINT u", "CONSTRAINT w"),
            ("(a, b)", "(b, a)"),
            ("NOT NULL", "NULL"),
        ] {
            assert_ne!(start, state(&base.replace(from, to)), "{from} → {to}");
        }
    }

    #[test]
    fn rows_are_compared_by_column_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let base = Connection::open(&path).unwrap();
        base.execute_batch("CREATE TABLE t (b, a); INSERT INTO t VALUES (2, 'x'), (NULL, x'00');")
            .unwrap();
        let rows = sqlite_rows(&path).unwrap();
        assert_eq!(rows["t"], ["a='x' b=2", "a=X'00' b=NULL"]);
    }
}
