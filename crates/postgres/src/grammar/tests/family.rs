//! The two tables of cases: a statement on one line, and indented under it what reading it gives.
//!
//! Invariant: with `UPDATE=1` the tables are written anew, for a person to read over.

use super::{one, read, render, server};
use driftless_sql::{Diagnostic, SourceId, Syntax, lex, split};
use std::fmt::Write;
use std::path::Path;

#[test]
fn every_family_is_read() {
    table("cases.txt", include_str!("cases.txt"), |sql| {
        match one(sql) {
            Ok(parsed) => render::parsed(&parsed),
            Err(problem) => wrong(sql, &problem),
        }
    });
}

#[test]
fn what_is_wrong_is_said_at_its_place() {
    table("wrong.txt", include_str!("wrong.txt"), |sql| {
        match one(sql) {
            Ok(parsed) => format!("read: {}", render::parsed(&parsed)),
            Err(problem) => wrong(sql, &problem),
        }
    });
}

/// Statements with a token taken away, or cut off behind one.
#[test]
fn damage_is_an_error_with_a_place_or_another_statement() {
    let cases = include_str!("cases.txt").lines();
    for sql in cases.filter(|l| !l.starts_with([' ', '#', '\\']) && !l.is_empty()) {
        let (tokens, _, _) = lex(sql, Syntax::Postgres, SourceId(0));
        for token in &tokens {
            let without = format!("{}{}", &sql[..token.span.start], &sql[token.span.end..]);
            for text in [without.as_str(), &sql[..token.span.end]] {
                let (statements, _) = split(text, Syntax::Postgres, SourceId(0));
                for statement in &statements {
                    let outcome = read(statement, text, SourceId(0), server(17));
                    let unplaced = outcome.is_err_and(|d| d.place.is_none());
                    assert!(!unplaced, "{text}");
                }
            }
        }
    }
}

fn wrong(sql: &str, d: &Diagnostic) -> String {
    let place = d.place.map(|p| p.span).unwrap_or_default();
    let mut out = format!(
        "{} {}..{} `{}`: {}",
        d.code,
        place.start,
        place.end,
        place.of(sql),
        d.message
    );
    if !d.label.is_empty() {
        let _ = write!(out, "; {}", d.label);
    }
    if let Some(help) = &d.help {
        let _ = write!(out, "; help: {help}");
    }
    out
}

fn table(name: &str, text: &str, outcome: impl Fn(&str) -> String) {
    let mut fresh = String::new();
    let mut wrong = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let _ = writeln!(fresh, "{line}");
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let expected = lines
            .next_if(|l| l.starts_with("    "))
            .unwrap_or("")
            .trim();
        let found = outcome(line);
        let _ = writeln!(fresh, "    {found}");
        if found != expected {
            wrong.push(format!("{line}\n  expected {expected}\n  found    {found}"));
        }
    }
    if std::env::var_os("UPDATE").is_some() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("src/grammar/tests")
            .join(name);
        let written = std::fs::write(&file, fresh);
        assert!(written.is_ok(), "{}: {written:?}", file.display());
        return;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
