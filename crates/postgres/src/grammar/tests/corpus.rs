//! A folder of real schemas through the grammar: run by hand, with the folder in `DRIFTLESS_TEST_SQL`.

use super::{read, server};
use driftless_sql::{SourceId, Syntax, split};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[test]
fn every_statement_of_a_folder_is_read() {
    let Some(folder) = std::env::var_os("DRIFTLESS_TEST_SQL") else {
        eprintln!("skipped: DRIFTLESS_TEST_SQL names no folder");
        return;
    };
    let mut files = Vec::new();
    collect(Path::new(&folder), &mut files);
    files.sort();
    let mut tally: BTreeMap<String, usize> = BTreeMap::new();
    let mut failures = Vec::new();
    for file in &files {
        let Ok(text) = std::fs::read_to_string(file) else {
            continue;
        };
        let (statements, problems) = split(&text, Syntax::Postgres, SourceId(0));
        failures.extend(problems.iter().map(|p| format!("{}: {p}", file.display())));
        for statement in &statements {
            let outcome = read(statement, &text, SourceId(0), server(18));
            let key = match &outcome {
                Ok(p) if p.taint.is_some() => "tainting",
                Ok(p) if p.ignored.is_some() => "ignored",
                Ok(p) if !p.unmodelled.is_empty() => "with something not modelled",
                Ok(_) => "read",
                Err(problem) => problem.code,
            };
            *tally.entry(key.to_owned()).or_default() += 1;
            if let Err(problem) = outcome {
                let at = problem.place.map_or(0, |p| p.span.start);
                let line = text[..at].matches('\n').count() + 1;
                failures.push(format!(
                    "{}:{line}: {problem}: {}",
                    file.display(),
                    problem.label
                ));
            }
        }
    }
    for failure in &failures {
        println!("{failure}");
    }
    println!("{} files, {tally:?}", files.len());
    let bad = |code: &str| tally.get(code).copied().unwrap_or(0);
    assert_eq!(bad("D0101") + bad("D0102"), 0);
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|e| e == "sql") {
            files.push(path);
        }
    }
}
