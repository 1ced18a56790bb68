//! Type names among tokens: found where casts and typed strings stand, and replaced by one stand-in word each.
//!
//! Neighbours: `token` calls this while it prepares a text for the parser, which so never sees a type; `expr` looks the
//! stand-ins up. Invariant: a type's text has single spaces, none around brackets, commas and dots.

use crate::Syntax;
use crate::lexer::{Token, TokenKind};
use crate::literal::token_name;
use crate::quote::quote_name;

/// First character of a stand-in word; cannot be typed by anyone.
pub(super) const STAND_IN: char = '\u{1}';

fn word<'t>(tokens: &[Token], text: &'t str, at: usize) -> Option<&'t str> {
    let token = tokens.get(at).filter(|t| t.kind == TokenKind::Word)?;
    Some(token.span.of(text))
}

fn is_word(tokens: &[Token], text: &str, at: usize, wanted: &[&str]) -> bool {
    word(tokens, text, at).is_some_and(|w| wanted.iter().any(|x| w.eq_ignore_ascii_case(x)))
}

fn symbol(tokens: &[Token], text: &str, at: usize, wanted: &str) -> bool {
    tokens
        .get(at)
        .is_some_and(|t| t.kind == TokenKind::Symbol && t.span.of(text) == wanted)
}

/// Where the PostgreSQL type that starts at `at` ends.
pub(super) fn type_end(tokens: &[Token], text: &str, at: usize) -> Option<usize> {
    let is = |at: usize, wanted: &[&str]| is_word(tokens, text, at, wanted);
    let named = |at: usize| {
        tokens
            .get(at)
            .is_some_and(|t| matches!(t.kind, TokenKind::Word | TokenKind::Quoted))
    };
    if !named(at) {
        return None;
    }
    let mut end = at + 1;
    if is(at, &["double"]) && is(end, &["precision"]) {
        end += 1;
    } else if is(at, &["national"]) && is(end, &["char", "character"]) {
        end += 1;
        end += usize::from(is(end, &["varying"]));
    } else if is(at, &["char", "character", "bit", "nchar"]) && is(end, &["varying"]) {
        end += 1;
    } else if is(at, &["timestamp", "time"]) {
        end = typmod_end(tokens, text, end);
        if is(end, &["with", "without"]) && is(end + 1, &["time"]) && is(end + 2, &["zone"]) {
            end += 3;
        }
    } else if is(at, &["interval"]) {
        end = interval_fields_end(tokens, text, end);
    } else {
        while symbol(tokens, text, end, ".") && named(end + 1) {
            end += 2;
        }
    }
    end = typmod_end(tokens, text, end);
    if is(end, &["array"]) {
        end += 1;
    }
    while symbol(tokens, text, end, "[") {
        let close = end + 1 + usize::from(tokens.get(end + 1)?.kind == TokenKind::Number);
        if !symbol(tokens, text, close, "]") {
            break;
        }
        end = close + 1;
    }
    Some(end)
}

/// `(10, 2)`
fn typmod_end(tokens: &[Token], text: &str, at: usize) -> usize {
    if !symbol(tokens, text, at, "(") {
        return at;
    }
    let close = (at..tokens.len()).find(|i| symbol(tokens, text, *i, ")"));
    close.map_or(at, |i| i + 1)
}

fn interval_fields_end(tokens: &[Token], text: &str, at: usize) -> usize {
    const FIELDS: &[&str] = &["year", "month", "day", "hour", "minute", "second"];
    if !is_word(tokens, text, at, FIELDS) {
        return at;
    }
    let mut end = at + 1;
    if is_word(tokens, text, end, &["to"]) && is_word(tokens, text, end + 1, FIELDS) {
        end += 2;
    }
    end
}

/// `date '…'`: the end of the type where the type of a typed string starts at `at`; the string follows.
pub(super) fn typed_string(tokens: &[Token], text: &str, at: usize) -> Option<usize> {
    if !is_word(tokens, text, at, LITERAL_TYPES) {
        return None;
    }
    // A field list would come behind the string: `interval '1' day`.
    let end = if is_word(tokens, text, at, &["interval"]) {
        typmod_end(tokens, text, at + 1)
    } else {
        type_end(tokens, text, at)?
    };
    (tokens.get(end)?.kind == TokenKind::Text).then_some(end)
}

/// Where the fields behind the string of `interval '…'` end.
pub(super) fn interval_tail(tokens: &[Token], text: &str, at: usize) -> usize {
    let end = interval_fields_end(tokens, text, at);
    if end > at {
        return typmod_end(tokens, text, end);
    }
    end
}

/// The types people write before a string.
const LITERAL_TYPES: &[&str] = words!(
    date time timestamp timestamptz timetz interval numeric decimal int integer int2 int4 int8 bigint smallint
    float4 float8 real double bool boolean text varchar char character bpchar name json jsonb uuid inet cidr
    macaddr point box circle line lseg polygon bytea xml bit money regclass regproc regprocedure regtype oid
    tsvector tsquery int4range int8range numrange daterange tsrange tstzrange pg_lsn jsonpath
);

/// The text of a type: on PostgreSQL words folded, names quoted only where they need it.
pub(super) fn type_text(tokens: &[Token], text: &str, syntax: Syntax) -> String {
    let mut out = String::new();
    let mut glued = true;
    for token in tokens {
        let raw = token.span.of(text);
        let piece = match (token.kind, syntax) {
            (TokenKind::Quoted, Syntax::Postgres) => {
                let name = token_name(token, text, syntax);
                // A quoted "char" or "time" is not the type that the keyword names.
                if RESPELLED.contains(&name.as_str()) {
                    format!("\"{name}\"")
                } else {
                    quote_name(&name, syntax)
                }
            }
            (TokenKind::Word, Syntax::Postgres) => raw.to_ascii_lowercase(),
            _ => raw.to_owned(),
        };
        let tight = matches!(piece.as_str(), "(" | ")" | "," | "." | "[" | "]");
        if !glued && !tight {
            out.push(' ');
        }
        glued = matches!(piece.as_str(), "(" | "." | "," | "[");
        out.push_str(&piece);
    }
    out
}

/// Keywords that name another type than the same name in quotes.
const RESPELLED: &[&str] = words!(
    bigint bit boolean char character dec decimal double float int integer interval nchar national numeric
    real smallint time timestamp varchar
);
