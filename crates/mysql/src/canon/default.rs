//! A column's default in one spelling for its type, as the server stores it.

use super::moment::moment;
use super::{fold, prepared, tokens};
use driftless_model::{Canon, Catalog, SqlText};
use driftless_sql::{SourceId, Syntax, TokenKind, lex, read_expr, token_text, tree_text};

/// The default of a column of that type.
pub fn settle_default(text: &mut SqlText, ty: &str, catalog: &Catalog) {
    let syntax = catalog.server.dialect.syntax();
    text.refs.clear();
    text.certain = true;
    text.canon = match canonical(&text.written, ty, syntax) {
        Ok(said) => Canon::Tokens(said),
        Err(tokens) => Canon::Opaque(tokens),
    };
}

/// What is said, or the tokens of what was not understood.
fn canonical(written: &str, ty: &str, syntax: Syntax) -> Result<String, String> {
    let written = unwrapped(written, syntax);
    let (all, _, _) = lex(written, syntax, SourceId(0));
    // An introducer, or DATE before a string, says nothing more.
    let rest = match all.as_slice() {
        [first, second] if first.kind == TokenKind::Word && second.kind == TokenKind::Text => {
            &all[1..]
        }
        all => all,
    };
    let (sign, rest) = match rest {
        [sign, rest @ ..] if sign.span.of(written) == "-" => ("-", rest),
        [sign, rest @ ..] if sign.span.of(written) == "+" => ("", rest),
        rest => ("", rest),
    };
    if let [token] = rest {
        let raw = token.span.of(written);
        let value = match token.kind {
            TokenKind::Text => Some(Value::Text(token_text(token, written, syntax))),
            TokenKind::Number => Some(number(sign, raw)),
            TokenKind::Bits => bits(raw, &token_text(token, written, syntax)),
            TokenKind::Word if raw.eq_ignore_ascii_case("true") => Some(Value::Number("1".into())),
            TokenKind::Word if raw.eq_ignore_ascii_case("false") => Some(Value::Number("0".into())),
            _ => None,
        };
        if let Some(value) = value {
            return Ok(valued(&value, ty, syntax));
        }
    }
    let said = now(&tokens(written, syntax));
    if said == "current_timestamp" || said.starts_with("current_timestamp(") {
        return Ok(said);
    }
    match read_expr(&prepared(written, syntax), syntax) {
        Ok(mut tree) => {
            tree.map(&mut |node| fold(node, None, syntax));
            Ok(tree_text(&tree))
        }
        Err(_) => Err(said),
    }
}

/// A constant, before its type is known.
enum Value {
    Text(String),
    Number(String),
    Bytes(Vec<u8>),
}

/// Zeros before a whole number are none; `0x41` is bytes.
fn number(sign: &str, raw: &str) -> Value {
    let hex = raw.strip_prefix("0x").or_else(|| raw.strip_prefix("0X"));
    if let Some(bytes) = hex.and_then(decoded) {
        return Value::Bytes(bytes);
    }
    match raw.parse::<i128>() {
        Ok(0) => Value::Number("0".into()),
        Ok(number) => Value::Number(format!("{sign}{number}")),
        Err(_) => Value::Number(format!("{sign}{raw}")),
    }
}

fn decoded(digits: &str) -> Option<Vec<u8>> {
    let digits = match digits.len() % 2 {
        0 => digits.to_owned(),
        _ => format!("0{digits}"),
    };
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

fn bits(raw: &str, digits: &str) -> Option<Value> {
    let bytes = match raw.as_bytes().first() {
        Some(b'x' | b'X') => decoded(digits)?,
        _ => {
            let number = u128::from_str_radix(digits, 2).ok()?;
            let width = digits.len().div_ceil(8).max(1);
            number.to_be_bytes().get(16 - width.min(16)..)?.to_vec()
        }
    };
    Some(Value::Bytes(bytes))
}

fn whole(bytes: &[u8]) -> Option<u128> {
    let fits = bytes.len() <= 16;
    fits.then(|| bytes.iter().fold(0, |n, b| n << 8 | u128::from(*b)))
}

/// A value as its type shows it.
fn valued(value: &Value, ty: &str, syntax: Syntax) -> String {
    let head = ty.split(['(', ' ']).next().unwrap_or_default();
    let numeric = matches!(
        head,
        "tinyint"
            | "smallint"
            | "mediumint"
            | "int"
            | "bigint"
            | "year"
            | "decimal"
            | "float"
            | "double"
    );
    let text = match value {
        Value::Bytes(bytes) if numeric || head == "bit" => match whole(bytes) {
            Some(number) => number.to_string(),
            None => return hexadecimal(bytes),
        },
        Value::Bytes(bytes) => match String::from_utf8(bytes.clone()) {
            Ok(text) => text,
            Err(_) => return hexadecimal(bytes),
        },
        // The bits of its letters.
        Value::Text(text) if head == "bit" => match whole(text.as_bytes()) {
            Some(number) => number.to_string(),
            None => format!("'{text}'"),
        },
        Value::Text(text) => text.clone(),
        Value::Number(number) if number.contains(['e', 'E']) => match number.parse::<f64>() {
            Ok(number) if number.abs() < 1e15 => number.to_string(),
            _ => number.clone(),
        },
        Value::Number(number) => number.clone(),
    };
    let as_is = || format!("'{text}'");
    let number = || text.trim().parse::<f64>().ok();
    match head {
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "bit" => {
            match text.trim().parse::<i128>() {
                Ok(number) => number.to_string(),
                Err(_) => number().map_or_else(as_is, |n| format!("{:.0}", n.round())),
            }
        }
        // Two digits are of 1970 to 2069; a plain 0 is the year 0.
        "year" => match (text.trim().parse::<i128>(), value) {
            (Ok(0), Value::Number(_)) => "0".into(),
            (Ok(year @ 0..=69), _) if text.len() < 3 => (2000 + year).to_string(),
            (Ok(year @ 70..=99), _) => (1900 + year).to_string(),
            (Ok(year), _) => year.to_string(),
            _ => as_is(),
        },
        "decimal" => decimal(&text, ty).unwrap_or_else(as_is),
        // Six digits are kept.
        "float" => number().map_or_else(as_is, |n| {
            let short = format!("{n:.5e}").parse::<f64>().unwrap_or(n);
            (short + 0.0).to_string()
        }),
        "double" => number().map_or_else(as_is, |n| (n + 0.0).to_string()),
        "date" | "datetime" | "timestamp" | "time" => {
            format!("'{}'", moment(&text, ty, syntax).unwrap_or(text))
        }
        "char" => format!("'{}'", text.trim_end_matches(' ')),
        // The server fills them up.
        "binary" => {
            let length: usize = ty
                .split_once('(')
                .and_then(|(_, rest)| rest.trim_end_matches(')').parse().ok())
                .unwrap_or(1);
            let mut text = text;
            // 255 is the most that the type takes.
            while text.len() < length.min(255) {
                text.push('\0');
            }
            format!("'{text}'")
        }
        "enum" => format!("'{}'", member(&text, &members(ty, syntax))),
        "set" => {
            let all = members(ty, syntax);
            let said: Vec<String> = text.split(',').map(|t| member(t, &all)).collect();
            if said.iter().any(|s| !all.contains(s)) {
                return as_is();
            }
            let known = all.into_iter().filter(|m| said.contains(m));
            format!("'{}'", known.collect::<Vec<_>>().join(","))
        }
        _ => as_is(),
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|b| format!("{b:02x}")).collect();
    format!("0x{}", digits.concat())
}

/// The values of an enumeration or a set.
fn members(ty: &str, syntax: Syntax) -> Vec<String> {
    let (tokens, _, _) = lex(ty, syntax, SourceId(0));
    let texts = tokens.iter().filter(|t| t.kind == TokenKind::Text);
    texts
        .map(|t| token_text(t, ty, syntax).trim_end_matches(' ').to_owned())
        .collect()
}

/// The one that is meant: itself, else the one that differs in case only.
fn member(value: &str, all: &[String]) -> String {
    let value = value.trim_end_matches(' ');
    if all.iter().any(|m| m == value) {
        return value.to_owned();
    }
    let folded = value.to_lowercase();
    let found = all.iter().find(|m| m.to_lowercase() == folded);
    found.map_or_else(|| value.to_owned(), Clone::clone)
}

/// A decimal number with as many digits behind the point as its type has.
fn decimal(value: &str, ty: &str) -> Option<String> {
    let scale: usize = ty
        .split_once('(')
        .and_then(|(_, rest)| rest.split([')', ',']).nth(1)?.parse().ok())
        .unwrap_or(0);
    let value = value.trim();
    let (sign, digits) = match value.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", value),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    // A decimal has 65 digits at most.
    if !plain(whole) || !plain(fraction) || fraction.len() > scale || scale > 65 {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let zero = whole == "0" && fraction.bytes().all(|b| b == b'0');
    let sign = if zero { "" } else { sign };
    Some(match scale {
        0 => format!("{sign}{whole}"),
        scale => format!("{sign}{whole}.{fraction:0<scale$}"),
    })
}

/// The time of the statement, by one of its names.
fn now(tokens: &str) -> String {
    for name in ["now", "current_timestamp", "localtime", "localtimestamp"] {
        if let Some(rest) = tokens.strip_prefix(name)
            && let Some(precision) = precision(rest)
        {
            return match precision {
                "" | "0" => "current_timestamp".into(),
                p => format!("current_timestamp({p})"),
            };
        }
    }
    tokens.to_owned()
}

/// The number in brackets, if that is all there is.
fn precision(rest: &str) -> Option<&str> {
    if rest.is_empty() {
        return Some("");
    }
    let inside = rest.strip_prefix(" (")?.strip_suffix(')')?.trim();
    inside.bytes().all(|b| b.is_ascii_digit()).then_some(inside)
}

/// Without brackets around the whole of it.
fn unwrapped(text: &str, syntax: Syntax) -> &str {
    let mut text = text.trim();
    loop {
        let (tokens, _, _) = lex(text, syntax, SourceId(0));
        let [first, .., last] = tokens.as_slice() else {
            return text;
        };
        if first.span.of(text) != "(" || last.span.of(text) != ")" {
            return text;
        }
        let mut depth = 0usize;
        for (at, token) in tokens.iter().enumerate() {
            match token.span.of(text) {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 && at + 1 < tokens.len() {
                return text;
            }
        }
        text = text[first.span.end..last.span.start].trim();
    }
}

#[cfg(test)]
mod tests {
    use super::canonical;
    use driftless_sql::Syntax::Mariadb;

    #[test]
    fn spellings_of_one_default() {
        for (ty, one, other) in [
            ("int(11)", "'5'", "5"),
            ("int(11)", "-05", "-5"),
            ("tinyint(1)", "TRUE", "1"),
            ("decimal(10,2)", "1", "'1.00'"),
            ("datetime", "now()", "CURRENT_TIMESTAMP"),
            ("timestamp(3)", "current_timestamp(3)", "NOW(3)"),
            ("varchar(9)", "_utf8mb4'a'", "\"a\""),
            ("varchar(9)", "0x41", "'A'"),
            ("bit(4)", "b'101'", "5"),
            ("datetime", "'2020-01-01'", "'2020-01-01 00:00:00'"),
            ("json", "(json_array())", "JSON_ARRAY()"),
            ("double", "1.50", "1.5"),
        ] {
            assert_eq!(
                canonical(one, ty, Mariadb),
                canonical(other, ty, Mariadb),
                "{ty} {one}"
            );
        }
    }

    #[test]
    fn other_defaults_are_others() {
        for (ty, one, other) in [
            ("varchar(9)", "'5'", "'05'"),
            ("int(11)", "5", "-5"),
            ("varchar(9)", "'a'", "'A'"),
            ("varchar(40)", "'now()'", "now()"),
            ("timestamp(3)", "now(3)", "now()"),
        ] {
            assert_ne!(
                canonical(one, ty, Mariadb),
                canonical(other, ty, Mariadb),
                "{ty} {one}"
            );
        }
    }
}
