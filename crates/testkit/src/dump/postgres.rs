//! PostgreSQL's oracle: what pg_dump prints, as a sorted list of statements.
//!
//! Neighbours: `token`. Invariant: only what carries no meaning is dropped or sorted: comments, session settings, the
//! order of statements, and the order of a table's columns (which PostgreSQL cannot change).

use super::token::{Kind, Token, bracket, split, tokens};
use crate::server::{Database, Server};
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::process::Command;

/// The statements of `pg_dump --schema-only --no-owner` of a database of that server.
pub fn pg_dump(server: &Server, database: &str) -> Result<Vec<String>> {
    let program = server
        .pg_dump_path()
        .with_context(|| format!("no pg_dump that can read PostgreSQL {}", server.major()))?;
    let output = Command::new(program)
        .args([
            "--schema-only",
            "--no-owner",
            "--dbname",
            &server.database_url(database),
        ])
        .output()
        .context("cannot run pg_dump")?;
    if !output.status.success() {
        bail!(
            "pg_dump: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(normalise(&String::from_utf8_lossy(&output.stdout)))
}

/// Every table's rows as sorted lines of JSON, whose keys are in order: columns are compared by name.
pub fn postgres_rows(database: &Database) -> Result<BTreeMap<String, Vec<String>>> {
    let tables = database.query(
        "SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_catalog.pg_class c \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' \
         AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'",
    )?;
    let mut out = BTreeMap::new();
    for table in tables.into_iter().flatten().flatten() {
        let rows = database.query(&format!("SELECT to_jsonb(t)::text FROM ONLY {table} t"))?;
        let mut lines: Vec<String> = rows.into_iter().flatten().flatten().collect();
        lines.sort();
        out.insert(table, lines);
    }
    Ok(out)
}

/// The statements of a dump's text.
pub fn normalise(dump: &str) -> Vec<String> {
    // Meta-commands (`\restrict`) stand in lines of their own, and never inside of a statement in pg_dump's print; but a
    // line of a function's body may begin alike, so only those outside of tokens that hold text are removed.
    let all = tokens(dump, false);
    let mut kept: Vec<Token<'_>> = Vec::with_capacity(all.len());
    let mut meta = false;
    for token in all {
        let line_start = kept.last().is_none_or(|last| last.text.ends_with('\n'));
        meta = if meta {
            !token.text.contains('\n')
        } else {
            token.is("\\") && line_start
        };
        if !meta && token.kind != Kind::Comment {
            kept.push(token);
        }
    }
    let mut statements: Vec<String> = statements(&kept)
        .into_iter()
        .map(trim)
        .filter(|statement| !statement.is_empty() && !is_setting(statement))
        .map(print)
        .collect();
    statements.sort();
    statements
}

/// Cuts at semicolons, but not inside of a function's `BEGIN ATOMIC … END`.
fn statements<'a, 'b>(tokens: &'b [Token<'a>]) -> Vec<&'b [Token<'a>]> {
    let mut out = Vec::new();
    let (mut start, mut depth, mut block) = (0, 0_i32, 0_i32);
    let mut before = "";
    for (index, token) in tokens.iter().enumerate().filter(|(_, token)| token.solid()) {
        if token.is("(") {
            depth += 1;
        } else if token.is(")") {
            depth -= 1;
        } else if block == 0 && token.is("ATOMIC") && before.eq_ignore_ascii_case("BEGIN")
            || block > 0 && token.is("CASE")
        {
            block += 1;
        } else if block > 0 && token.is("END") {
            block -= 1;
        } else if token.is(";") && depth == 0 && block == 0 {
            out.push(&tokens[start..index]);
            start = index + 1;
        }
        before = token.text;
    }
    out.push(&tokens[start..]);
    out
}

fn trim<'a, 'b>(tokens: &'b [Token<'a>]) -> &'b [Token<'a>] {
    let Some(first) = tokens.iter().position(Token::solid) else {
        return &[];
    };
    let last = tokens.iter().rposition(Token::solid).unwrap_or(first);
    &tokens[first..=last]
}

fn is_setting(statement: &[Token<'_>]) -> bool {
    let text: String = statement.iter().take(6).map(|token| token.text).collect();
    text.starts_with("SET ") || text.starts_with("SELECT pg_catalog.set_config")
}

fn print(statement: &[Token<'_>]) -> String {
    let text = |tokens: &[Token<'_>]| -> String { tokens.iter().map(|token| token.text).collect() };
    let head: Vec<_> = statement
        .iter()
        .filter(|token| token.solid())
        .take(3)
        .collect();
    let is_table = head.first().is_some_and(|token| token.is("CREATE"))
        && head
            .iter()
            .skip(1)
            .any(|token| token.is("TABLE") || token.is("FOREIGN"));
    let body = if is_table {
        bracket(statement, 0)
    } else {
        None
    };
    let Some((open, close)) = body else {
        return text(statement);
    };
    let mut lines: Vec<String> = split(&statement[open + 1..close], ",")
        .into_iter()
        .map(|item| text(trim(item)))
        .collect();
    lines.sort();
    format!(
        "{}(\n    {}\n{}",
        text(&statement[..open]),
        lines.join(",\n    "),
        text(&statement[close..])
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_noise_do_not_count() {
        let one = "\\restrict abc\n\n-- a comment; here\nSET x = 1;\nSELECT pg_catalog.set_config('search_path', '', false);\n\
                   CREATE TABLE public.t (\n    a integer,\n    b numeric(10,2) DEFAULT 'x;y'\n);\n\nCREATE INDEX i ON t (a);\n\\unrestrict abc\n";
        let other = "CREATE INDEX i ON t (a);\nCREATE TABLE public.t (\n    b numeric(10,2) DEFAULT 'x;y',\n    a integer\n);";
        assert_eq!(normalise(one), normalise(other));
        assert_eq!(normalise(one).len(), 2);
        assert_ne!(normalise(one), normalise(&other.replace("x;y", "x")));
    }

    #[test]
    fn bodies_stay_whole() {
        let dump =
            "CREATE FUNCTION f() RETURNS void\n    AS $_$\n-- kept\n\\kept\nSET x = 1;\n$_$;\n";
        let statements = normalise(dump);
        assert_eq!(statements.len(), 1);
        assert!(
            statements[0].contains("-- kept\n\\kept\nSET x = 1;"),
            "{statements:?}"
        );
    }

    #[test]
    fn a_body_of_sql_statements_is_not_cut() {
        let dump = "CREATE FUNCTION f() RETURNS integer\n    BEGIN ATOMIC\n SELECT 1;\nEND;\nCREATE TABLE t (\n);\n";
        assert_eq!(normalise(dump).len(), 2, "{:?}", normalise(dump));
    }
}
