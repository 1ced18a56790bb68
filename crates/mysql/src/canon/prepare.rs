//! A text made ready for the parser: the words of MySQL that it would read otherwise, or not at all.
//!
//! Neighbours: `mod`, `default` and `query` read what this gives. Invariant: what is written means the same to the
//! server; only places in the text shift.

use driftless_sql::{SourceId, Syntax, TokenKind, lex, token_text};

/// The text without the character sets before its strings that say nothing, and with the parser's own words.
pub fn prepared(text: &str, syntax: Syntax) -> String {
    let (tokens, _, _) = lex(text, syntax, SourceId(0));
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (at, token) in tokens.iter().enumerate() {
        let (start, end) = (token.span.start, token.span.end);
        if token.kind != TokenKind::Word {
            continue;
        }
        let (end, put) = match token.span.of(text).to_ascii_lowercase().as_str() {
            word if word.starts_with('_') => {
                let string = tokens.get(at + 1).filter(|t| t.kind == TokenKind::Text);
                match string {
                    Some(s) if says_nothing(word, &token_text(s, text, syntax)) => {
                        (s.span.start, "")
                    }
                    _ => continue,
                }
            }
            "distinctrow" => (end, "distinct"),
            // `= SOME (SELECT …)`
            "some" if tokens.get(at + 1).is_some_and(|t| t.span.of(text) == "(") => (end, "any"),
            _ => continue,
        };
        out.push_str(text.get(from..start).unwrap_or(""));
        out.push_str(put);
        from = end;
    }
    out.push_str(text.get(from..).unwrap_or(""));
    out
}

/// Whether a string is the same without its introducer: in another character set it may be other letters, and in
/// `binary` it compares by bytes.
pub fn says_nothing(introducer: &str, string: &str) -> bool {
    match introducer {
        "_utf8mb4" | "_utf8mb3" | "_utf8" => true,
        "_latin1" | "_ascii" => string.is_ascii(),
        _ => false,
    }
}
