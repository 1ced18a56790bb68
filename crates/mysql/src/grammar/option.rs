//! Table options, behind CREATE TABLE's brackets and in ALTER TABLE.
//!
//! Invariant: an option that is as usual (`DEFAULT`, zero) is none; names are the manual's in lower case.

use super::types::word_or_text;
use driftless_sql::{Cursor, Diagnostic, TokenKind};

/// One option as read: its name, and its value; `None`: reset to what is usual.
pub type Read = (String, Option<String>);

/// Options whose value is a string.
const TEXTS: &[&str] = &[
    "comment",
    "compression",
    "connection",
    "data directory",
    "index directory",
    "encryption",
    "engine_attribute",
    "secondary_engine_attribute",
    "password",
];

/// Options whose value is a word or a number.
const WORDS: &[&str] = &[
    "row_format",
    "key_block_size",
    "stats_persistent",
    "stats_auto_recalc",
    "stats_sample_pages",
    "avg_row_length",
    "checksum",
    "delay_key_write",
    "insert_method",
    "max_rows",
    "min_rows",
    "pack_keys",
    "page_checksum",
    "page_compressed",
    "page_compression_level",
    "encrypted",
    "encryption_key_id",
    "ietf_quotes",
    "sequence",
    "transactional",
    "autoextend_size",
    "secondary_engine",
    "table_checksum",
];

/// One option, where one begins.
pub fn read(cur: &mut Cursor) -> Result<Option<Read>, Diagnostic> {
    let start = cur.pos();
    cur.eat("default");
    if cur.eat("charset") || cur.eat_seq(&["character", "set"]) || cur.eat_seq(&["char", "set"]) {
        cur.eat_symbol("=");
        let charset = word_or_text(cur, "a character set")?;
        return Ok(Some(("charset".into(), Some(charset))));
    }
    if cur.eat("collate") {
        cur.eat_symbol("=");
        let collation = word_or_text(cur, "a collation")?;
        return Ok(Some(("collate".into(), Some(collation))));
    }
    cur.reset(start);
    for two in ["data directory", "index directory"] {
        let words: Vec<&str> = two.split(' ').collect();
        if cur.eat_seq(&words) {
            cur.eat_symbol("=");
            let text = cur.string("a folder")?;
            return Ok(Some((two.into(), Some(text))));
        }
    }
    // MariaDB quotes the names of an engine's own options.
    let quoted = cur
        .peek()
        .filter(|t| t.kind == TokenKind::Quoted)
        .map(|t| cur.text(t.span).trim_matches('`').to_ascii_lowercase());
    let Some(word) = cur.word().or(quoted) else {
        return Ok(None);
    };
    if word == "engine"
        || word == "type" && cur.peek_nth(1).is_some_and(|t| cur.text(t.span) == "=")
    {
        cur.bump();
        cur.eat_symbol("=");
        let engine = match cur.string("an engine") {
            Ok(text) => text,
            Err(_) => cur.ident("an engine")?.text,
        };
        return Ok(Some(("engine".into(), Some(engine))));
    }
    if word == "auto_increment" {
        cur.bump();
        cur.eat_symbol("=");
        let number = cur.number_text("a number")?;
        return Ok(Some((word, Some(number))));
    }
    if word == "union" {
        cur.bump();
        cur.eat_symbol("=");
        let span = cur.group()?;
        return Ok(Some((word, Some(cur.text(span).to_owned()))));
    }
    if word == "tablespace" {
        cur.bump();
        cur.eat_symbol("=");
        let name = cur.ident("a tablespace")?.text;
        return Ok(Some((word, Some(name))));
    }
    if TEXTS.contains(&word.as_str()) {
        cur.bump();
        cur.eat_symbol("=");
        let text = cur.string("a value in quotes")?;
        return Ok(Some((word, (!text.is_empty()).then_some(text))));
    }
    if WORDS.contains(&word.as_str()) {
        cur.bump();
        cur.eat_symbol("=");
        let value = value(cur)?;
        let usual = value == "default" || value == "0" && ZERO_IS_USUAL.contains(&word.as_str());
        return Ok(Some((word, (!usual).then_some(value))));
    }
    cur.reset(start);
    Ok(None)
}

/// Zero says nothing there.
const ZERO_IS_USUAL: &[&str] = &[
    "key_block_size",
    "avg_row_length",
    "checksum",
    "table_checksum",
    "delay_key_write",
    "max_rows",
    "min_rows",
    "page_checksum",
    "autoextend_size",
];

fn value(cur: &mut Cursor) -> Result<String, Diagnostic> {
    Ok(match cur.peek().map(|t| t.kind) {
        Some(TokenKind::Number) => {
            let number = cur.number_text("a value")?;
            // `4M`
            match cur.peek() {
                Some(t) if t.kind == TokenKind::Word && cur.text(t.span).len() == 1 => {
                    cur.bump();
                    format!("{number}{}", cur.text(t.span))
                }
                _ => number,
            }
        }
        Some(TokenKind::Text) => cur.string("a value")?,
        _ => cur.ident("a value")?.text.to_ascii_lowercase(),
    })
}
