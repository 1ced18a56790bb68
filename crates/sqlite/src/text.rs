//! Names and pieces of SQL as SQLite writes and compares them.
//!
//! Neighbours: `grammar` reads, `print` writes, `canon` folds. Invariant: two texts with one normal form are stored
//! by SQLite as the same tokens.

use driftless_model::{Kind, Name, ObjectId};
use driftless_sql::{Syntax, Token, TokenKind, lex, quote_name, token_name};

pub const SYNTAX: Syntax = Syntax::Sqlite;

/// The name as it is written in SQL.
pub fn quoted(name: &Name) -> String {
    quote_name(name.as_str(), SYNTAX)
}

/// `(a, b)`
pub fn quoted_list<'n>(names: impl IntoIterator<Item = &'n Name>) -> String {
    let list: Vec<String> = names.into_iter().map(quoted).collect();
    format!("({})", list.join(", "))
}

pub fn id(kind: Kind, name: impl Into<String>) -> ObjectId {
    ObjectId::new(kind, Name::default(), Name::folded(name))
}

/// Tokens of a text that was read once already: problems in it were reported then.
pub fn tokens(text: &str) -> Vec<Token> {
    lex(text, SYNTAX, driftless_sql::SourceId(0)).0
}

/// The tokens joined by single spaces: words in lower case, names bare, comments gone. What stands in `"` may be a
/// string by SQLite's misfeature, so its case stays.
pub fn normal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for token in tokens(text) {
        if !out.is_empty() {
            out.push(' ');
        }
        let raw = token.span.of(text);
        match token.kind {
            TokenKind::Word | TokenKind::Number => out.push_str(&raw.to_ascii_lowercase()),
            TokenKind::Quoted => {
                let name = token_name(&token, text, SYNTAX);
                if raw.starts_with('"') {
                    out.push_str(&name);
                } else {
                    out.push_str(&name.to_ascii_lowercase());
                }
            }
            _ => out.push_str(match raw {
                "==" => "=",
                "!=" => "<>",
                raw => raw,
            }),
        }
    }
    out
}

/// The text without brackets around the whole of it.
pub fn unwrapped(text: &str) -> &str {
    let tokens = tokens(text);
    let mut closes = vec![usize::MAX; tokens.len()];
    let mut open = Vec::new();
    for (i, token) in tokens.iter().enumerate() {
        if token.kind != TokenKind::Symbol {
            continue;
        }
        match token.span.of(text) {
            "(" => open.push(i),
            ")" => {
                if let Some(from) = open.pop() {
                    closes[from] = i;
                }
            }
            _ => {}
        }
    }
    let (mut first, mut last) = (0, tokens.len().saturating_sub(1));
    while first + 1 < last && closes[first] == last {
        first += 1;
        last -= 1;
    }
    match (tokens.get(first), tokens.get(last)) {
        (Some(f), Some(l)) => text.get(f.span.start..l.span.end).unwrap_or(text),
        _ => text.trim(),
    }
}

/// The text without `table.` before its columns.
pub fn unqualified(written: &str, table: &Name) -> String {
    let all = tokens(written);
    let mut out = String::with_capacity(written.len());
    let mut at = 0;
    for pair in all.windows(2) {
        let (name, dot) = (pair[0], pair[1]);
        let own = matches!(name.kind, TokenKind::Word | TokenKind::Quoted)
            && Name::folded(token_name(&name, written, SYNTAX)) == *table;
        if own && dot.span.of(written) == "." && name.span.start >= at {
            out.push_str(written.get(at..name.span.start).unwrap_or(""));
            at = dot.span.end;
        }
    }
    out.push_str(written.get(at..).unwrap_or(""));
    out
}

/// Whether a default may stand without brackets: one token, or a signed number.
pub fn is_simple_default(text: &str) -> bool {
    match tokens(text).as_slice() {
        [t] => t.kind != TokenKind::Symbol && t.kind != TokenKind::Param,
        [sign, t] => matches!(sign.span.of(text), "-" | "+") && t.kind == TokenKind::Number,
        _ => false,
    }
}

/// A type's name: its tokens, single spaces between words, none around brackets.
pub fn type_text(text: &str) -> String {
    let mut out = String::new();
    let mut glue = true;
    for token in tokens(text) {
        let raw = token.span.of(text);
        let tight = matches!(raw, "(" | ")" | ",") && token.kind == TokenKind::Symbol;
        if !out.is_empty() && !tight && !glue {
            out.push(' ');
        }
        out.push_str(raw);
        glue = matches!(raw, "(" | "," | "-" | "+") && token.kind == TokenKind::Symbol;
    }
    out
}

/// A column's affinity, by the rules of the datatype page (3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Affinity {
    Integer,
    Text,
    Blob,
    Real,
    Numeric,
}

pub fn affinity(ty: &str, strict: bool) -> Affinity {
    let ty = ty.to_ascii_uppercase();
    let has = |part: &str| ty.contains(part);
    if strict && ty == "ANY" {
        Affinity::Blob
    } else if has("INT") {
        Affinity::Integer
    } else if has("CHAR") || has("CLOB") || has("TEXT") {
        Affinity::Text
    } else if has("BLOB") || ty.is_empty() {
        Affinity::Blob
    } else if has("REAL") || has("FLOA") || has("DOUB") {
        Affinity::Real
    } else {
        Affinity::Numeric
    }
}

/// Values may change on the way from one affinity to the other.
pub fn is_lossy(from: Affinity, to: Affinity) -> bool {
    use Affinity::{Blob, Integer, Numeric, Real, Text};
    match (from, to) {
        // '007' becomes 7, a long number loses digits.
        (Text | Blob, Integer | Numeric | Real) => true,
        (Integer | Numeric, Real) | (Real | Numeric, Text) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_form() {
        assert_eq!(normal("A == [B] /* x */ != 'C'"), "a = b <> 'C'");
        assert_eq!(unwrapped("((a) + (b))"), "(a) + (b)");
        assert_eq!(unwrapped("((1))"), "1");
        assert_eq!(
            type_text("UNSIGNED  BIG INT ( 10 , -2 )"),
            "UNSIGNED BIG INT(10,-2)"
        );
        assert!(is_simple_default("-1") && is_simple_default("'a b'"));
        assert!(!is_simple_default("1+1"));
    }
}
