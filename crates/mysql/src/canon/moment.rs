//! Dates and times in the spelling that a column stores.
//!
//! Neighbour: `default`. Invariant: what is not surely a date or time of the usual forms is left as it is.

use driftless_sql::Syntax;

/// The value in a column of that type: filled up, in its usual signs, with as many digits of a second as it keeps.
pub fn moment(value: &str, ty: &str, syntax: Syntax) -> Option<String> {
    let digits: usize = ty
        .split_once('(')
        .and_then(|(_, rest)| rest.trim_end_matches(')').parse().ok())
        .unwrap_or(0);
    // A second has six digits at most; what says more is refused elsewhere.
    if digits > 6 {
        return None;
    }
    let value = value.trim();
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let parts = numbers(whole)?;
    if ty.starts_with("time") && !ty.starts_with("timestamp") {
        let [hour, minute, second] = time(whole, &parts)?;
        let (second, shown) = seconds(second, fraction, digits, syntax)?;
        return Some(format!("{hour:02}:{minute:02}:{second:02}{shown}"));
    }
    let [year, month, day, hour, minute, second] = date(whole, &parts)?;
    let day = format!("{year:04}-{month:02}-{day:02}");
    if ty.starts_with("datetime") || ty.starts_with("timestamp") {
        let (second, shown) = seconds(second, fraction, digits, syntax)?;
        return Some(format!("{day} {hour:02}:{minute:02}:{second:02}{shown}"));
    }
    Some(day)
}

/// The numbers in a text of digits and marks.
fn numbers(text: &str) -> Option<Vec<u64>> {
    let mark = |c: char| matches!(c, '-' | ':' | '/' | ' ' | 'T');
    text.split(mark).map(|n| n.parse().ok()).collect()
}

fn date(text: &str, parts: &[u64]) -> Option<[u64; 6]> {
    let two = |year: u64| match text.find(['-', '/']) {
        Some(2) if year < 70 => 2000 + year,
        Some(2) => 1900 + year,
        _ => year,
    };
    Some(match *parts {
        [day] if text.len() == 8 => [day / 10_000, day / 100 % 100, day % 100, 0, 0, 0],
        [all] if text.len() == 14 => {
            let (day, time) = (all / 1_000_000, all % 1_000_000);
            let (hour, minute) = (time / 10_000, time / 100 % 100);
            [
                day / 10_000,
                day / 100 % 100,
                day % 100,
                hour,
                minute,
                time % 100,
            ]
        }
        [y, m, d] => [two(y), m, d, 0, 0, 0],
        [y, m, d, hour, minute] => [two(y), m, d, hour, minute, 0],
        [y, m, d, hour, minute, second] => [two(y), m, d, hour, minute, second],
        _ => return None,
    })
}

fn time(text: &str, parts: &[u64]) -> Option<[u64; 3]> {
    if text.contains(['-', ' ', '/', 'T']) {
        return None;
    }
    Some(match *parts {
        [all] => [all / 10_000, all / 100 % 100, all % 100],
        [hour, minute] => [hour, minute, 0],
        [hour, minute, second] => [hour, minute, second],
        _ => return None,
    })
}

/// The second and the digits behind it: MySQL rounds, MariaDB cuts (TIME_ROUND_FRACTIONAL is off). What would be the
/// next minute is left alone.
fn seconds(second: u64, fraction: &str, digits: usize, syntax: Syntax) -> Option<(u64, String)> {
    let kept: String = fraction.chars().take(digits).collect();
    let mut shown = format!("{kept:0<digits$}");
    let mut second = second;
    let up = fraction.as_bytes().get(digits).is_some_and(|d| *d >= b'5');
    if up && syntax == Syntax::Mysql {
        let next = format!("1{shown}").parse::<u64>().ok()? + 1;
        let next = next.to_string();
        if next.starts_with('2') {
            second += 1;
        }
        shown = next.get(1..)?.to_owned();
    }
    if second > 59 {
        return None;
    }
    Some(match digits {
        0 => (second, String::new()),
        _ => (second, format!(".{shown}")),
    })
}
