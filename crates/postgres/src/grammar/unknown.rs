//! What has no rule: an error by name, with the word that may have been meant.
//!
//! Neighbours: `misc` and `unmodelled` end here. Invariant: a suggestion is at most two edits away.

use super::{Reader, definition, misc, unmodelled};
use driftless_sql::{Diagnostic, TokenKind};

/// Words that a statement can start with, or that can stand behind CREATE, ALTER or DROP.
const FIRST: &[&str] = &[
    "alter", "call", "comment", "copy", "create", "delete", "do", "drop", "grant", "import",
    "insert", "merge", "refresh", "reset", "revoke", "security", "select", "set", "truncate",
    "update", "with",
];
const NOUNS: &[&str] = &[
    "domain",
    "extension",
    "function",
    "index",
    "materialized",
    "policy",
    "procedure",
    "role",
    "schema",
    "sequence",
    "table",
    "trigger",
    "type",
    "unique",
    "unlogged",
    "user",
    "view",
];

/// The statement has no rule.
pub(super) fn statement(r: &Reader, start: usize) -> Diagnostic {
    let mut back = r.cursor.clone();
    back.reset(start);
    let first = back.word();
    let behind = matches!(first.as_deref(), Some("create" | "alter" | "drop"));
    let odd = if behind { r.word() } else { first };
    let mut words = Vec::new();
    let from = back.pos();
    while words.len() < 3 && back.peek().is_some_and(|t| t.kind == TokenKind::Word) {
        if let Some(t) = back.bump() {
            words.push(back.text(t.span));
        }
    }
    if words.is_empty() {
        back.bump();
    }
    let span = back.span_from(from);
    let shown: String = back
        .text(span)
        .lines()
        .next()
        .unwrap_or("")
        .chars()
        .take(40)
        .collect();
    let problem = Diagnostic::error(
        "D0102",
        format!("the statement `{shown} …` is not understood"),
    )
    .at(r.place(span))
    .label("no rule for this statement");
    let known: Vec<&str> = if behind {
        {
            let rest = definition::nouns().chain(unmodelled::nouns());
            NOUNS.iter().copied().chain(rest).collect()
        }
    } else {
        let quiet = misc::QUIET.iter().map(|(word, _)| *word);
        FIRST.iter().copied().chain(quiet).collect()
    };
    match odd.and_then(|odd| near(&odd, &known)) {
        Some(near) => problem.help(format!("did you mean `{}`?", near.to_ascii_uppercase())),
        None => problem.help("remove it, or keep it out of the schema's files"),
    }
}

/// The known word that is at most two edits away.
fn near<'w>(word: &str, known: &[&'w str]) -> Option<&'w str> {
    let best = known
        .iter()
        .map(|k| (edits(word, k), *k))
        .min_by_key(|(n, _)| *n)?;
    let most = if word.len() <= 3 { 1 } else { 2 };
    (best.0 > 0 && best.0 <= most).then_some(best.1)
}

/// Levenshtein's distance, a swap of neighbours counted once.
fn edits(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > 2 {
        return usize::MAX;
    }
    let mut rows = vec![vec![0usize; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            let mut best = if i == 0 || j == 0 { i + j } else { usize::MAX };
            if i > 0 && j > 0 {
                let same = usize::from(a[i - 1] != b[j - 1]);
                best = (rows[i - 1][j] + 1)
                    .min(rows[i][j - 1] + 1)
                    .min(rows[i - 1][j - 1] + same);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    best = best.min(rows[i - 2][j - 2] + 1);
                }
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}
