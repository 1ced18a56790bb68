//! String constants as the server would print them back: numbers, booleans, intervals, dates, JSON.
//!
//! Neighbours: `expr` asks once a constant's type is known. Invariant: what is not recognised stays as written, and
//! says so: the caller must not call two of those different for certain.

use driftless_sql::Tree;

/// A constant of a type, and whether its form is surely the server's.
pub(super) fn normal(text: &str, ty: &str, modifier: &str) -> (Tree, bool) {
    let keep = |sure: bool| (Tree::Text(text.to_owned()), sure);
    match ty {
        "int2" | "int4" | "int8" | "oid" => match text.trim().parse::<i128>() {
            Ok(n) => (Tree::Number(n.to_string()), true),
            Err(_) => keep(false),
        },
        "numeric" => match numeric(text.trim()) {
            Some(n) => (Tree::Number(n), true),
            None => keep(false),
        },
        "float4" | "float8" => match text.trim().parse::<f64>() {
            Ok(n) if n.is_finite() => (Tree::Number(format!("{n}")), true),
            _ => keep(false),
        },
        "bool" => match boolean(text) {
            Some(b) => (Tree::Bool(b), true),
            None => keep(false),
        },
        "interval" => match interval(text, modifier) {
            Some(text) => (Tree::Text(text), true),
            None => keep(false),
        },
        "money" => match money(text) {
            Some(text) => (Tree::Text(text), false),
            None => keep(false),
        },
        "jsonb" => match json(text) {
            Some(text) => (Tree::Text(text), true),
            None => keep(false),
        },
        "bytea" => match bytes(text) {
            Some(text) => (Tree::Text(text), true),
            None => keep(false),
        },
        // A host is printed without its mask as `inet`, and with it as `cidr`.
        "inet" | "cidr" => {
            let (host, mask) = text.split_once('/').unwrap_or((text, "32"));
            let whole = host.split('.').count() == 4 && host.split('.').chain([mask]).all(is_short);
            let text = match (ty, mask) {
                ("inet", "32") => host.to_owned(),
                _ => format!("{host}/{mask}"),
            };
            if whole {
                (Tree::Text(text), true)
            } else {
                keep(false)
            }
        }
        "int4range" | "int8range" | "daterange" => {
            let inner = text.strip_prefix('[').and_then(|t| t.strip_suffix(')'));
            let bounds = inner.and_then(|t| t.split_once(','));
            keep(text == "empty" || bounds.is_some_and(|(a, b)| a != b && !text.contains(' ')))
        }
        "regconfig" => {
            let name = text.strip_prefix("pg_catalog.").unwrap_or(text);
            (Tree::Text(name.to_owned()), true)
        }
        "tsquery" if !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase()) => {
            (Tree::Text(format!("'{text}'")), true)
        }
        "tsvector" if text.is_empty() => keep(true),
        "uuid" => (Tree::Text(text.to_lowercase()), text.len() == 36),
        "date" | "timestamp" | "timestamptz" if matches!(text, "infinity" | "-infinity") => {
            keep(true)
        }
        "date" => keep(is_date(text)),
        "timestamp" => match text.split_once(' ') {
            None if is_date(text) => (Tree::Text(format!("{text} 00:00:00")), true),
            Some((date, time)) => match time_text(time) {
                Some(time) if is_date(date) => (Tree::Text(format!("{date} {time}")), true),
                _ => keep(false),
            },
            None => keep(false),
        },
        "time" => match time_text(text) {
            Some(time) => (Tree::Text(time), true),
            None => keep(false),
        },
        // The session's zone takes part; sessions that read catalogs run in UTC.
        "timestamptz" => {
            let time = text.strip_suffix("+00").and_then(|t| t.split_once(' '));
            keep(time.is_some_and(|(day, time)| {
                is_date(day) && time_text(time).as_deref() == Some(time)
            }))
        }
        "timetz" => keep(false),
        "text" | "varchar" | "bpchar" | "name" | "json" | "@citext" | "char" | "bit" | "varbit" => {
            keep(true)
        }
        _ if ty.ends_with("[]") => match array(text) {
            Some(text) => (Tree::Text(text), true),
            None => keep(false),
        },
        // An enum's label, or a type of which nothing is known.
        _ => keep(ty.contains('.')),
    }
}

/// A number without exponent, leading zeros or `+`; the scale stays.
pub(super) fn numeric(text: &str) -> Option<String> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest.trim_start()),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let plain = digits.replace('_', "");
    let (whole, part) = plain.split_once('.').unwrap_or((&plain, ""));
    let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() && part.is_empty() || !all_digits(whole) || !all_digits(part) {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let zero = whole == "0" && part.bytes().all(|b| b == b'0');
    let sign = if zero { "" } else { sign };
    Some(if part.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{part}")
    })
}

fn boolean(text: &str) -> Option<bool> {
    let text = text.trim().to_lowercase();
    let prefix = |word: &str, least: usize| text.len() >= least && word.starts_with(&text);
    match text.as_str() {
        "1" => Some(true),
        "0" => Some(false),
        _ if prefix("true", 1) || prefix("yes", 1) || text == "on" => Some(true),
        _ if prefix("false", 1) || prefix("no", 1) || text == "off" || text == "of" => Some(false),
        _ => None,
    }
}

/// A decimal number without leading zeros.
fn is_short(text: &str) -> bool {
    text == "0" || !text.starts_with('0') && text.parse::<u8>().is_ok() && !text.starts_with('+')
}

fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 10
        && bytes.iter().enumerate().all(|(i, b)| match i {
            4 | 7 => *b == b'-',
            _ => b.is_ascii_digit(),
        })
}

/// `hh:mm[:ss[.f]]` as `hh:mm:ss[.f]`.
fn time_text(text: &str) -> Option<String> {
    let mut parts = text.split(':');
    let hours = two_digits(parts.next()?)?;
    let minutes = two_digits(parts.next()?)?;
    let (seconds, fraction) = match parts.next() {
        None => ("00".to_owned(), String::new()),
        Some(s) => {
            let (whole, fraction) = s.split_once('.').unwrap_or((s, ""));
            if !fraction.bytes().all(|b| b.is_ascii_digit()) || fraction.len() > 6 {
                return None;
            }
            (
                two_digits(whole)?,
                fraction.trim_end_matches('0').to_owned(),
            )
        }
    };
    if parts.next().is_some() {
        return None;
    }
    let fraction = if fraction.is_empty() {
        fraction
    } else {
        format!(".{fraction}")
    };
    Some(format!("{hours}:{minutes}:{seconds}{fraction}"))
}

fn two_digits(text: &str) -> Option<String> {
    let n: u32 = text.parse().ok()?;
    (text.len() <= 2 && n < 60).then(|| format!("{n:02}"))
}

/// Months, days and microseconds of the spellings that people use, as one text.
fn interval(text: &str, fields: &str) -> Option<String> {
    let (mut months, mut days, mut micros) = (0i64, 0i64, 0i64);
    let lower = text.trim().to_lowercase();
    let mut words = lower.split_whitespace().peekable();
    words.peek()?;
    while let Some(word) = words.next() {
        if word.contains(':') {
            micros = micros.checked_add(clock(word)?)?;
            continue;
        }
        let split = word
            .find(|c: char| c.is_ascii_alphabetic())
            .filter(|i| *i > 0);
        let (number, unit) = match split {
            Some(i) => (&word[..i], word[i..].to_owned()),
            None => match words.next() {
                Some(unit) => (word, unit.to_owned()),
                None => (word, field_unit(fields)?),
            },
        };
        add(number, &unit, &mut months, &mut days, &mut micros)?;
    }
    let (months, days, micros) = kept(fields, months, days, micros)?;
    Some(format!("{months} mons {days} days {micros} us"))
}

/// What is left once the fields of the type are applied (`AdjustIntervalForTypmod`): the smaller ones are cut off, the
/// seconds rounded.
fn kept(fields: &str, months: i64, days: i64, micros: i64) -> Option<(i64, i64, i64)> {
    let (words, precision) = match fields.trim().split_once('(') {
        Some((words, digits)) => (words, digits.strip_suffix(')')?.trim().parse::<u32>().ok()?),
        None => (fields.trim(), 6),
    };
    let whole = |n: i64, unit: i64| n / unit * unit;
    Some(match words.split_whitespace().last() {
        Some("year") => (whole(months, 12), 0, 0),
        Some("month") => (months, 0, 0),
        Some("day") => (months, days, 0),
        Some("hour") => (months, days, whole(micros, 3_600_000_000)),
        Some("minute") => (months, days, whole(micros, 60_000_000)),
        _ => {
            let unit = 10i64.pow(6u32.checked_sub(precision)?);
            let half = unit / 2 * micros.signum();
            (months, days, whole(micros.checked_add(half)?, unit))
        }
    })
}

/// Hundredths, where the text can only be an amount with two decimals or none. Its sign, its separators and how many
/// decimals there are hang on `lc_monetary`, so this is never certain.
fn money(text: &str) -> Option<String> {
    let amount =
        text.trim_matches(|c: char| !c.is_ascii_digit() && c != '-' && c != '(' && c != ')');
    let negative = amount.contains(['-', '(']);
    let amount = amount.trim_matches(|c: char| !c.is_ascii_digit());
    let groups: Vec<&str> = amount.split(['.', ',']).collect();
    let digits = |s: &&str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if !groups.iter().all(digits) {
        return None;
    }
    let decimals = groups.len() > 1 && groups.last().is_some_and(|g| g.len() == 2);
    let mut cents = groups.concat();
    if !decimals {
        cents.push_str("00");
    }
    let cents: i64 = cents.parse().ok()?;
    Some((if negative { -cents } else { cents }).to_string())
}

/// The unit that a bare number takes from `interval '1' day`.
fn field_unit(fields: &str) -> Option<String> {
    let last = fields.split_whitespace().last();
    let unit = last.map_or("second", |f| f.split('(').next().unwrap_or("second"));
    Some(if unit.is_empty() {
        "second".to_owned()
    } else {
        unit.to_owned()
    })
}

fn add(number: &str, unit: &str, months: &mut i64, days: &mut i64, micros: &mut i64) -> Option<()> {
    const SECOND: i64 = 1_000_000;
    let (to, factor) = match unit.trim_end_matches('s') {
        "year" | "yr" | "y" => {
            // A fraction of a year is a number of months.
            let months_of = number.parse::<f64>().ok()? * 12.0;
            if months_of.fract() == 0.0 && months_of.abs() < 9e15 {
                *months = months.checked_add(months_of as i64)?;
                return Some(());
            }
            return None;
        }
        "month" | "mon" => (months, 1),
        "week" | "w" => (days, 7),
        "day" | "d" => (days, 1),
        "hour" | "hr" | "h" => (micros, 3600 * SECOND),
        "minute" | "min" | "m" => (micros, 60 * SECOND),
        "second" | "sec" | "" => (micros, SECOND),
        "millisecond" | "msec" | "m_sec" => (micros, 1000),
        "microsecond" | "usec" | "us" => (micros, 1),
        _ => return None,
    };
    // A fraction of a month or a day spills into the smaller fields: not followed here.
    let n = match number.parse::<i64>() {
        Ok(n) => n.checked_mul(factor)?,
        Err(_) if factor >= 1000 => {
            let n = number.parse::<f64>().ok()? * factor as f64;
            // Seconds are rounded to microseconds.
            let exact = n.fract() == 0.0 || factor == SECOND;
            (exact && n.abs() < 9e15).then_some(n.round() as i64)?
        }
        Err(_) => return None,
    };
    *to = to.checked_add(n)?;
    Some(())
}

fn clock(word: &str) -> Option<i64> {
    let (sign, word) = match word.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, word),
    };
    let mut parts = word.split(':');
    let hours: i64 = parts.next()?.parse().ok()?;
    let minutes: i64 = parts.next()?.parse().ok()?;
    let seconds: f64 = parts.next().map_or(Some(0.0), |s| s.parse().ok())?;
    if parts.next().is_some() || !(0..60).contains(&minutes) || !(0.0..60.0).contains(&seconds) {
        return None;
    }
    let micros = (seconds * 1_000_000.0).round() as i64;
    hours
        .checked_mul(3_600_000_000)?
        .checked_add(minutes * 60_000_000 + micros)?
        .checked_mul(sign)
}

fn json(text: &str) -> Option<String> {
    // Longer numbers than these would lose digits.
    let long = text
        .split(|c: char| !c.is_ascii_digit() && c != '.')
        .any(|run| run.len() > 15);
    if long {
        return None;
    }
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    let mut out = String::new();
    print_json(&value, &mut out);
    Some(out)
}

/// With sorted keys, without spaces.
fn print_json(value: &serde_json::Value, out: &mut String) {
    match value {
        serde_json::Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i > 0 { "," } else { "" });
                print_json(item, out);
            }
            out.push(']');
        }
        serde_json::Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            out.push('{');
            for (i, key) in keys.into_iter().enumerate() {
                out.push_str(if i > 0 { "," } else { "" });
                out.push_str(&serde_json::Value::String(key.clone()).to_string());
                out.push(':');
                print_json(&map[key], out);
            }
            out.push('}');
        }
        plain => out.push_str(&plain.to_string()),
    }
}

/// `\x00ff`
fn bytes(text: &str) -> Option<String> {
    if let Some(digits) = text.strip_prefix("\\x") {
        let hex = digits.len() % 2 == 0 && digits.bytes().all(|b| b.is_ascii_hexdigit());
        return hex.then(|| text.to_ascii_lowercase());
    }
    // The escape format: `\\\\` is a backslash, `\\ooo` a byte in octal.
    let mut out = "\\x".to_owned();
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let (byte, left) = match (first, tail) {
            (b'\\', [b'\\', left @ ..]) => (b'\\', left),
            (b'\\', [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', left @ ..]) => {
                ((a - b'0') * 64 + (b - b'0') * 8 + (c - b'0'), left)
            }
            (b' '..0x7f, left) if *first != b'\\' => (*first, left),
            _ => return None,
        };
        out.push_str(&format!("{byte:02x}"));
        rest = left;
    }
    Some(out)
}

/// A row literal with quotes only where the server puts them: `("ab",c)` is `(ab,c)`.
pub(super) fn row(text: &str) -> Option<String> {
    let inside = text.trim().strip_prefix('(')?.strip_suffix(')')?;
    let (mut fields, mut field, mut quoted) = (Vec::new(), String::new(), false);
    let mut was_quoted = false;
    let mut chars = inside.chars().peekable();
    let mut end = |field: &mut String, was_quoted: &mut bool| {
        let special = |c: char| matches!(c, '"' | '\\' | '(' | ')' | ',') || c.is_whitespace();
        let text = std::mem::take(field);
        let quotes = text.is_empty() && *was_quoted || text.contains(special);
        *was_quoted = false;
        fields.push(match quotes {
            true => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\"\"")),
            false => text,
        });
    };
    while let Some(c) = chars.next() {
        match c {
            '\\' => field.push(chars.next()?),
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' => {
                quoted = !quoted;
                was_quoted = true;
            }
            ',' if !quoted => end(&mut field, &mut was_quoted),
            '(' | ')' if !quoted => return None,
            c => field.push(c),
        }
    }
    end(&mut field, &mut was_quoted);
    (!quoted).then(|| format!("({})", fields.join(",")))
}

/// An array literal of plain items: no spaces around them, quotes only where needed.
fn array(text: &str) -> Option<String> {
    let inside = text.trim().strip_prefix('{')?.strip_suffix('}')?;
    if inside.trim().is_empty() {
        return Some("{}".to_owned());
    }
    if inside.contains(['"', '\\', '{', '}']) {
        return None;
    }
    let items: Vec<&str> = inside.split(',').map(str::trim).collect();
    Some(format!("{{{}}}", items.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_meet() {
        let same = |a: &str, b: &str| assert_eq!(interval(a, ""), interval(b, ""), "{a} {b}");
        same("1 week", "7 days");
        same("90 minutes", "01:30:00");
        same("1 year 2 mons", "14 months");
        same("1.5 hours", "01:30:00");
        assert_ne!(interval("1 day", ""), interval("24 hours", ""));
        assert_ne!(interval("1 month", ""), interval("30 days", ""));
    }

    #[test]
    fn interval_fields_cut() {
        let same = |a: &str, fields: &str, b: &str| {
            assert_eq!(interval(a, fields), interval(b, ""), "{a} {fields} {b}")
        };
        same("1", " year", "12 months");
        same("1.5", " year", "1 year");
        same("1.5", " hour", "01:00:00");
        same("90", " minute", "01:30:00");
        same("-90 seconds", " minute", "-00:01:00");
        same("1.235", "(2)", "1.24 seconds");
        same("1.2345678 seconds", " day to second(3)", "1.235 seconds");
    }

    #[test]
    fn amounts_meet_under_any_sign() {
        assert_eq!(money("1.00"), money("$1.00"));
        assert_eq!(money("($1,234.50)"), money("-1234.50"));
        assert_eq!(money("1.234,50 EUR"), money("1234.50"));
        assert_ne!(money("1.00"), money("1.01"));
        assert_ne!(money("1"), money("-1"));
    }

    #[test]
    fn numbers_keep_their_scale() {
        assert_eq!(numeric("007.50").as_deref(), Some("7.50"));
        assert_ne!(numeric("1.5"), numeric("1.50"));
        assert_eq!(numeric("-0"), numeric("0"));
        assert_eq!(numeric("1e3"), None);
    }
}
