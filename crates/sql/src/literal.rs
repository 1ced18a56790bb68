//! What names and strings mean: the decoders of what `lexer` found.
//!
//! Invariant: total: a damaged or unterminated token decodes to as much as can be read of it.

use crate::Syntax;
use crate::lexer::{Token, TokenKind, continuation, dollar_tag, uescape_end};

/// The name that a Word or a Quoted token stands for; a word is folded to lower case on PostgreSQL.
pub fn token_name(token: &Token, text: &str, syntax: Syntax) -> String {
    let raw = token.span.of(text);
    match (token.kind, syntax) {
        (TokenKind::Word, Syntax::Postgres) => raw.to_ascii_lowercase(),
        (TokenKind::Quoted, _) => quoted_name(raw),
        (TokenKind::Text, _) => token_text(token, text, syntax),
        _ => raw.to_owned(),
    }
}

fn quoted_name(raw: &str) -> String {
    match raw.as_bytes().first() {
        Some(b'[') => {
            let inner = &raw[1..];
            inner.strip_suffix(']').unwrap_or(inner).to_owned()
        }
        Some(b'`') => segment(raw, '`').0,
        Some(b'"') => segment(raw, '"').0,
        _ => {
            let inner = raw.get(2..).unwrap_or("");
            let (name, end) = segment(inner, '"');
            decode_unicode(&name, escape_of(inner, end))
        }
    }
}

/// The decoded value of a string literal; the digits of a bit string.
pub fn token_text(token: &Token, text: &str, syntax: Syntax) -> String {
    let raw = token.span.of(text);
    if syntax.is_mysql() {
        return mysql_text(raw);
    }
    if syntax == Syntax::Sqlite {
        return segment(raw.trim_start_matches(['x', 'X']), '\'').0;
    }
    match raw.as_bytes() {
        [b'$', ..] => dollar_body(raw).to_owned(),
        [b'e' | b'E', ..] => decode_backslash(&raw[1..]),
        [b'b' | b'B' | b'x' | b'X', ..] => joined(&raw[1..]).0,
        [b'u' | b'U', b'&', ..] => {
            let (value, end) = joined(&raw[2..]);
            decode_unicode(&value, escape_of(&raw[2..], end))
        }
        _ => joined(raw).0,
    }
}

/// Backslashes escape, save before `%` and `_` (manual, String Literals); the digits of a bit string.
fn mysql_text(raw: &str) -> String {
    let raw = raw.trim_start_matches(['x', 'X', 'b', 'B', 'n', 'N']);
    let Some(quote) = raw.chars().next() else {
        return String::new();
    };
    let mut out = String::with_capacity(raw.len());
    let mut chars = raw.chars().skip(1).peekable();
    while let Some(c) = chars.next() {
        if c == quote {
            if chars.next_if_eq(&quote).is_none() {
                break;
            }
            out.push(quote);
        } else if c == '\\' {
            match chars.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('r') => out.push('\r'),
                Some('0') => out.push('\0'),
                Some('b') => out.push('\u{8}'),
                Some('Z') => out.push('\u{1a}'),
                Some(like @ ('%' | '_')) => {
                    out.push('\\');
                    out.push(like);
                }
                Some(other) => out.push(other),
                None => {}
            }
        } else {
            out.push(c);
        }
    }
    out
}

fn dollar_body(raw: &str) -> &str {
    let Some(tag) = dollar_tag(raw, 0) else {
        return raw;
    };
    let inner = &raw[tag.len()..];
    inner.strip_suffix(tag).unwrap_or(inner)
}

/// The content of one quoted segment at the start of `raw`, and where it ends.
fn segment(raw: &str, quote: char) -> (String, usize) {
    let mut out = String::with_capacity(raw.len());
    let mut chars = raw.char_indices().skip(1).peekable();
    while let Some((i, c)) = chars.next() {
        if c != quote {
            out.push(c);
        } else if chars.next_if(|(_, n)| *n == quote).is_some() {
            out.push(quote);
        } else {
            return (out, i + 1);
        }
    }
    (out, raw.len())
}

/// All segments of a continued string, and where the last ends.
fn joined(raw: &str) -> (String, usize) {
    let (mut out, mut end) = segment(raw, '\'');
    while let Some(next) = continuation(raw.as_bytes(), end) {
        let (more, length) = segment(&raw[next..], '\'');
        out.push_str(&more);
        end = next + length;
    }
    (out, end)
}

fn escape_of(raw: &str, end: usize) -> char {
    match uescape_end(raw.as_bytes(), end) {
        Some(after) => raw[..after - 1].chars().next_back().unwrap_or('\\'),
        None => '\\',
    }
}

/// `\XXXX` and `\+XXXXXX`, surrogate pairs joined.
fn decode_unicode(value: &str, escape: char) -> String {
    let mut units: Vec<u16> = Vec::new();
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        let digits = match after.strip_prefix('+') {
            Some(wide) => wide.get(..6),
            None => after.get(..4),
        };
        let code = digits.and_then(|d| u32::from_str_radix(d, 16).ok());
        if c == escape && after.starts_with(escape) {
            flush(&mut units, &mut out);
            out.push(escape);
            rest = &after[escape.len_utf8()..];
        } else if let (true, Some(code), Some(digits)) = (c == escape, code, digits) {
            match u16::try_from(code) {
                Ok(unit) => units.push(unit),
                Err(_) => {
                    flush(&mut units, &mut out);
                    out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
            }
            let used = digits.len() + usize::from(after.starts_with('+'));
            rest = &after[used..];
        } else {
            flush(&mut units, &mut out);
            out.push(c);
            rest = after;
        }
    }
    flush(&mut units, &mut out);
    out
}

fn flush(units: &mut Vec<u16>, out: &mut String) {
    out.push_str(&String::from_utf16_lossy(units));
    units.clear();
}

/// `'…'` with backslash escapes (manual, 4.1.2.2), continued or not.
fn decode_backslash(raw: &str) -> String {
    let bytes = raw.as_bytes();
    let mut out: Vec<u8> = Vec::with_capacity(raw.len());
    let mut i = 1;
    while i < bytes.len() {
        match bytes[i] {
            b'\'' if bytes.get(i + 1) == Some(&b'\'') => {
                out.push(b'\'');
                i += 2;
            }
            b'\'' => match continuation(bytes, i + 1) {
                Some(next) => i = next + 1,
                None => break,
            },
            b'\\' => i = backslash(raw, i + 1, &mut out),
            b => {
                out.push(b);
                i += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// One escape, from behind its backslash; gives where it ends.
fn backslash(raw: &str, at: usize, out: &mut Vec<u8>) -> usize {
    let bytes = raw.as_bytes();
    let run = |from: usize, most: usize, ok: fn(&u8) -> bool| {
        bytes[from.min(bytes.len())..]
            .iter()
            .take(most)
            .take_while(|b| ok(b))
            .count()
    };
    let octal: fn(&u8) -> bool = |b| (b'0'..=b'7').contains(b);
    let Some(b) = bytes.get(at) else {
        return at;
    };
    match b {
        b'b' => out.push(8),
        b'f' => out.push(12),
        b'n' => out.push(b'\n'),
        b'r' => out.push(b'\r'),
        b't' => out.push(b'\t'),
        b'v' => out.push(11),
        b'0'..=b'7' => {
            let n = run(at, 3, octal);
            out.push(u32::from_str_radix(&raw[at..at + n], 8).unwrap_or(0) as u8);
            return at + n;
        }
        b'x' if run(at + 1, 2, u8::is_ascii_hexdigit) > 0 => {
            let n = run(at + 1, 2, u8::is_ascii_hexdigit);
            out.push(u8::from_str_radix(&raw[at + 1..at + 1 + n], 16).unwrap_or(0));
            return at + 1 + n;
        }
        b'u' | b'U' => {
            let width = if *b == b'u' { 4 } else { 8 };
            if run(at + 1, width, u8::is_ascii_hexdigit) == width {
                return unicode_escape(raw, at + 1, width, out);
            }
            out.push(*b);
        }
        // A character of several bytes: its first goes here, the rest as plain ones.
        other => out.push(*other),
    }
    at + 1
}

fn unicode_escape(raw: &str, at: usize, width: usize, out: &mut Vec<u8>) -> usize {
    let value = |from: usize| {
        raw.get(from..from + width)
            .and_then(|d| u32::from_str_radix(d, 16).ok())
    };
    let code = value(at).unwrap_or(0xfffd);
    let mut end = at + width;
    let mut c = char::from_u32(code);
    if (0xd800..0xdc00).contains(&code)
        && matches!(raw.get(end..end + 2), Some("\\u" | "\\U"))
        && let Some(low) = value(end + 2).filter(|l| (0xdc00..0xe000).contains(l))
    {
        c = char::from_u32(0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00));
        end += 2 + width;
    }
    let c = c.unwrap_or(char::REPLACEMENT_CHARACTER);
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    end
}
