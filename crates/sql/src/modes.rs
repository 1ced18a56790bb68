//! MySQL's `sql_mode`, as far as it changes how text is read (manual, Server SQL Modes).
//!
//! Neighbours: `script` splits, the reader of schema files asks for [`plain`] first; MySQL's grammar reads SET by
//! [`assignments`]. Invariant: the plain text has the length of the one it was made from, so that places stay true.

use crate::diagnostic::Diagnostic;
use crate::lexer::{Token, TokenKind};
use crate::literal::token_text;
use crate::script::{RawStatement, Splitter, is_program};
use crate::source::{Place, SourceId};
use crate::{Syntax, lex};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// How a session says which modes are in force, among its [`assignments`].
pub const SQL_MODE: &str = "sql_mode";

/// Modes that stand for several.
fn together(mode: &str, syntax: Syntax) -> &'static [&'static str] {
    match (mode, syntax) {
        ("ANSI", Syntax::Mysql) => {
            words!(REAL_AS_FLOAT PIPES_AS_CONCAT ANSI_QUOTES IGNORE_SPACE ONLY_FULL_GROUP_BY)
        }
        ("ANSI", _) => words!(REAL_AS_FLOAT PIPES_AS_CONCAT ANSI_QUOTES IGNORE_SPACE),
        ("TRADITIONAL", _) => words!(
            STRICT_TRANS_TABLES STRICT_ALL_TABLES NO_ZERO_IN_DATE NO_ZERO_DATE
            ERROR_FOR_DIVISION_BY_ZERO NO_AUTO_CREATE_USER NO_ENGINE_SUBSTITUTION
        ),
        _ => &[],
    }
}

/// Modes under which another grammar is spoken, or one in which operators bind otherwise.
const OTHER: [&str; 6] = [
    "ORACLE",
    "MSSQL",
    "DB2",
    "MAXDB",
    "POSTGRESQL",
    "HIGH_NOT_PRECEDENCE",
];

/// The modes of a list, each by its own name.
pub fn modes(list: &str, syntax: Syntax) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for word in list.split(',').map(|w| w.trim().to_ascii_uppercase()) {
        out.extend(together(&word, syntax).iter().map(|p| (*p).to_owned()));
        if !word.is_empty() {
            out.insert(word);
        }
    }
    out
}

/// `SET a = 1, @b := 2`: the names in lower case, a session's own variables by their bare names; what is written behind
/// the sign. What has no sign (`SET NAMES x`) has no value.
pub fn assignments(tokens: &[Token], text: &str) -> Vec<(String, String)> {
    let mut depth = 0_i32;
    let pieces = tokens.split(|t| {
        match t.span.of(text) {
            "(" => depth += 1,
            ")" => depth -= 1,
            "," => return depth == 0,
            _ => {}
        }
        false
    });
    pieces
        .filter_map(|piece| {
            let sign = piece
                .iter()
                .position(|t| matches!(t.span.of(text), "=" | ":="));
            let (name, value) = match sign {
                Some(at) => (&piece[..at], &piece[at + 1..]),
                None => (piece, &piece[..0]),
            };
            let written = |of: &[Token]| match (of.first(), of.last()) {
                (Some(first), Some(last)) => first.span.to(last.span).of(text).to_owned(),
                _ => String::new(),
            };
            let name = match sign {
                Some(_) => variable(&written(name)),
                None => written(name),
            };
            (!name.is_empty()).then(|| (name, written(value)))
        })
        .collect()
}

/// The name of a session's variable without the words that say so.
fn variable(written: &str) -> String {
    let lower = written.to_ascii_lowercase();
    let words: Vec<&str> = lower.split_whitespace().collect();
    match words.as_slice() {
        ["session" | "local", name] => (*name).to_owned(),
        [name] => {
            let bare = name.strip_prefix("@@").unwrap_or(name);
            let bare = bare.strip_prefix("session.").unwrap_or(bare);
            bare.strip_prefix("local.").unwrap_or(bare).to_owned()
        }
        _ => words.join(" "),
    }
}

/// Executes one assignment on what is known of a session. What a value comes to is known of texts and of other
/// variables; of anything else it is forgotten.
pub fn assign(session: &mut BTreeMap<String, String>, name: &str, value: &str, syntax: Syntax) {
    let (tokens, _, _) = lex(value, syntax, SourceId(0));
    let known = match tokens.as_slice() {
        [one] if one.kind == TokenKind::Text => Some(token_text(one, value, syntax)),
        [one] if one.kind == TokenKind::Param => session.get(&variable(value)).cloned(),
        // A mode by its name, as servers take it.
        [one] if one.kind == TokenKind::Word && !value.eq_ignore_ascii_case("default") => {
            Some(value.to_owned())
        }
        _ => None,
    };
    match known {
        Some(value) => session.insert(name.to_owned(), value),
        None => session.remove(name),
    };
}

/// The text as it would be written without the modes that its own SET statements ask for: names in `"` get backticks.
/// What cannot be said so is refused by name. `first` are the modes in which the text begins.
pub fn plain<'t>(
    text: &'t str,
    first: &str,
    syntax: Syntax,
    source: SourceId,
) -> Result<Cow<'t, str>, Vec<Diagnostic>> {
    if !syntax.is_mysql()
        || !asks(first) && !find(text, SQL_MODE).is_some_and(|at| asks(&text[at..]))
    {
        return Ok(Cow::Borrowed(text));
    }
    let mut session = BTreeMap::from([(SQL_MODE.to_owned(), first.to_owned())]);
    let mut splitter = Splitter::new(text, syntax, source);
    splitter.under(&modes(first, syntax));
    let in_force = |session: &BTreeMap<String, String>| {
        modes(session.get(SQL_MODE).map_or("", String::as_str), syntax)
    };
    let (mut out, mut problems) = (text.to_owned(), Vec::new());
    while splitter.statement() {
        let Some(statement) = splitter.take() else {
            continue;
        };
        let place = |token: &Token| Place {
            source,
            span: token.span,
        };
        if let [set, assigned @ ..] = statement.tokens.as_slice()
            && set.span.of(text).eq_ignore_ascii_case("set")
        {
            for (name, value) in assignments(assigned, text) {
                assign(&mut session, &name, &value, syntax);
            }
            let now = in_force(&session);
            splitter.under(&now);
            continue;
        }
        let now = in_force(&session);
        if let (Some(other), Some(token)) = (
            OTHER.iter().find(|m| now.contains(**m)),
            statement.tokens.first(),
        ) {
            problems.push(
                Diagnostic::error("D0003", format!("sql_mode {other} is not supported"))
                    .at(place(token))
                    .note("SQL means something else under it")
                    .help("write the schema for the server's usual modes"),
            );
            session.remove(SQL_MODE);
        }
        translate(&statement, &now, text, &mut out, &mut |token, what| {
            problems.push(
                Diagnostic::error("D0003", format!("{what} is not supported"))
                    .at(place(token))
                    .help("write it as it would be without this sql_mode"),
            );
        });
    }
    match problems.is_empty() {
        true => Ok(Cow::Owned(out)),
        false => Err(problems),
    }
}

/// A mode that changes how text is read is named.
fn asks(text: &str) -> bool {
    const NAMED: [&str; 4] = ["ANSI", "NO_BACKSLASH", "PIPES_AS", "REAL_AS"];
    let bytes = text.as_bytes();
    let begins = |at: usize, mode: &str| {
        let there = bytes.get(at..at + mode.len());
        there.is_some_and(|b| b.eq_ignore_ascii_case(mode.as_bytes()))
    };
    // Large dumps name `sql_mode` at their head: they are gone through once.
    (0..bytes.len()).any(|at| match bytes[at].to_ascii_uppercase() {
        b'A' | b'N' | b'P' | b'R' | b'O' | b'M' | b'D' | b'H' => {
            NAMED.iter().chain(&OTHER).any(|mode| begins(at, mode))
        }
        _ => false,
    })
}

fn find(text: &str, word: &str) -> Option<usize> {
    let (text, word) = (text.as_bytes(), word.as_bytes());
    let found = text
        .windows(word.len())
        .position(|w| w.eq_ignore_ascii_case(word))?;
    Some(found)
}

fn translate(
    statement: &RawStatement,
    modes: &BTreeSet<String>,
    text: &str,
    out: &mut String,
    refuse: &mut dyn FnMut(&Token, &str),
) {
    let program = is_program(statement, text);
    let has = |mode: &str| modes.contains(mode);
    for token in &statement.tokens {
        let raw = token.span.of(text);
        match token.kind {
            TokenKind::Quoted if raw.starts_with('"') => match quoted(raw) {
                Some(name) => out.replace_range(token.span.start..token.span.end, &name),
                None => refuse(token, "a backtick in a name under ANSI_QUOTES"),
            },
            TokenKind::Text if has("NO_BACKSLASH_ESCAPES") && raw.contains('\\') => {
                refuse(token, "a backslash in a text under NO_BACKSLASH_ESCAPES");
            }
            TokenKind::Symbol if !program && has("PIPES_AS_CONCAT") && raw == "||" => {
                refuse(token, "`||` under PIPES_AS_CONCAT");
            }
            TokenKind::Word
                if !program && has("REAL_AS_FLOAT") && raw.eq_ignore_ascii_case("real") =>
            {
                refuse(token, "REAL under REAL_AS_FLOAT");
            }
            _ => {}
        }
    }
}

/// `"a""b"` in backticks, in as many bytes.
fn quoted(raw: &str) -> Option<String> {
    let inside = raw.strip_prefix('"')?.strip_suffix('"')?;
    if inside.contains('`') {
        return None;
    }
    let name = format!("`{}`", inside.replace("\"\"", "\""));
    Some(format!(
        "{name:width$}",
        width = name.chars().count() + raw.len() - name.len()
    ))
}
