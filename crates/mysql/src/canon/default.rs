//! A column's default in one spelling for its type, as the server stores it.

use super::{fold, tokens, unintroduced};
use driftless_model::{Canon, Catalog, SqlText};
use driftless_sql::{SourceId, Syntax, TokenKind, lex, read_expr, token_text, tree_text};

/// The default of a column of that type.
pub fn settle_default(text: &mut SqlText, ty: &str, catalog: &Catalog) {
    let syntax = catalog.server.dialect.syntax();
    text.refs.clear();
    text.certain = true;
    text.canon = Canon::Tokens(canonical(&text.written, ty, syntax));
}

fn canonical(written: &str, ty: &str, syntax: Syntax) -> String {
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
            TokenKind::Text => Some(token_text(token, written, syntax)),
            TokenKind::Number => Some(hexed(raw).unwrap_or_else(|| number(sign, raw))),
            TokenKind::Bits => bits(raw, &token_text(token, written, syntax)),
            TokenKind::Word if raw.eq_ignore_ascii_case("true") => Some("1".into()),
            TokenKind::Word if raw.eq_ignore_ascii_case("false") => Some("0".into()),
            _ => None,
        };
        if let Some(value) = value {
            return valued(&value, ty);
        }
    }
    let said = now(&tokens(written, syntax));
    if said.starts_with("current_timestamp") {
        return said;
    }
    match read_expr(&unintroduced(written, syntax), syntax) {
        Ok(mut tree) => {
            tree.map(&mut |node| fold(node, None));
            tree_text(&tree)
        }
        Err(_) => said,
    }
}

/// Zeros before a whole number are none.
fn number(sign: &str, raw: &str) -> String {
    match raw.parse::<i128>() {
        Ok(number) => format!("{sign}{number}"),
        Err(_) => format!("{sign}{raw}"),
    }
}

/// `0x41` is text.
fn hexed(raw: &str) -> Option<String> {
    let digits = raw.strip_prefix("0x").or_else(|| raw.strip_prefix("0X"))?;
    decoded(digits)
}

fn decoded(digits: &str) -> Option<String> {
    let digits = match digits.len() % 2 {
        0 => digits.to_owned(),
        _ => format!("0{digits}"),
    };
    let bytes: Option<Vec<u8>> = digits
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    String::from_utf8(bytes?).ok()
}

fn bits(raw: &str, digits: &str) -> Option<String> {
    match raw.as_bytes().first() {
        Some(b'x' | b'X') => decoded(digits),
        _ => {
            let number = u128::from_str_radix(digits, 2).ok()?;
            Some(number.to_string())
        }
    }
}

/// A value as its type shows it.
fn valued(value: &str, ty: &str) -> String {
    let head = ty.split(['(', ' ']).next().unwrap_or_default();
    match head {
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "year" | "bit" => {
            match value.trim().parse::<i128>() {
                Ok(number) => number.to_string(),
                Err(_) => value.trim().parse::<f64>().map_or_else(
                    |_| format!("'{value}'"),
                    |number| format!("{:.0}", number.round()),
                ),
            }
        }
        "decimal" => decimal(value, ty).unwrap_or_else(|| format!("'{value}'")),
        "float" | "double" => value
            .trim()
            .parse::<f64>()
            .map_or_else(|_| format!("'{value}'"), |number| number.to_string()),
        "datetime" | "timestamp" => {
            let whole = match value.len() {
                10 => format!("{value} 00:00:00"),
                _ => value.to_owned(),
            };
            format!("'{}'", fraction(&whole, ty))
        }
        "time" => format!("'{}'", fraction(value, ty)),
        // The server fills them up.
        "binary" => {
            let length: usize = ty
                .split_once('(')
                .and_then(|(_, rest)| rest.trim_end_matches(')').parse().ok())
                .unwrap_or(1);
            let mut value = value.to_owned();
            while value.len() < length {
                value.push('\0');
            }
            format!("'{value}'")
        }
        "enum" | "set" => format!("'{}'", value.trim_end_matches(' ').to_lowercase()),
        _ => format!("'{value}'"),
    }
}

/// The fraction of a second, as long as the type keeps it.
fn fraction(value: &str, ty: &str) -> String {
    let digits: usize = ty
        .split_once('(')
        .and_then(|(_, rest)| rest.trim_end_matches(')').parse().ok())
        .unwrap_or(0);
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    match digits {
        0 => whole.to_owned(),
        digits => {
            let kept: String = fraction.chars().take(digits).collect();
            format!("{whole}.{kept:0<digits$}")
        }
    }
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
    if !plain(whole) || !plain(fraction) || fraction.len() > scale {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    Some(match scale {
        0 => format!("{sign}{whole}"),
        scale => format!("{sign}{whole}.{fraction:0<scale$}"),
    })
}

/// The time of the statement, by one of its names.
fn now(tokens: &str) -> String {
    for name in ["now", "current_timestamp", "localtime", "localtimestamp"] {
        if let Some(rest) = tokens.strip_prefix(name)
            && (rest.is_empty() || rest.starts_with(" ("))
        {
            let precision: String = rest.chars().filter(char::is_ascii_digit).collect();
            return match precision.as_str() {
                "" | "0" => "current_timestamp".into(),
                p => format!("current_timestamp({p})"),
            };
        }
    }
    tokens.to_owned()
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
