//! Dates and times in partition bounds, as far as they can be compared without a server.
//!
//! Invariant: what is not written as year, month, day (and hour, minute, second, zone) is no moment here.

use std::cmp::Ordering;

/// Microseconds since 1970 by the clock on the wall, and how many seconds that clock is ahead of UTC, where it is said.
struct Instant {
    wall: i64,
    ahead: Option<i64>,
}

/// Whether two literals mean one moment. A server writes in the zone of the session, and reads there what says none: so
/// one that says none is compared by the clock on the wall.
pub(super) fn is_same(a: &str, b: &str) -> bool {
    let (Some(a), Some(b)) = (read(a), read(b)) else {
        return false;
    };
    match (a.ahead, b.ahead) {
        (Some(_), Some(_)) => a.utc() == b.utc(),
        _ => a.wall == b.wall,
    }
}

/// The order of two literals of one kind.
pub(super) fn order(a: &str, b: &str) -> Option<Ordering> {
    let (a, b) = (read(a)?, read(b)?);
    (a.ahead.is_some() == b.ahead.is_some()).then(|| a.utc().cmp(&b.utc()))
}

impl Instant {
    fn utc(&self) -> i64 {
        self.wall - self.ahead.unwrap_or_default() * 1_000_000
    }
}

/// `2024-01-31`, `2024-01-31 12:00:00.5+02:30`, `2024-01-31T12:00Z`.
fn read(text: &str) -> Option<Instant> {
    let text = text.trim();
    let (date, rest) = (text.get(..10)?, text.get(10..)?);
    let mut parts = date.split('-');
    let year = whole(parts.next()?, 4)?;
    let (month, day) = (whole(parts.next()?, 2)?, whole(parts.next()?, 2)?);
    if parts.next().is_some() || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let midnight = days(year, month, day) * 86_400 * 1_000_000;
    let Some(rest) = rest.strip_prefix([' ', 'T']) else {
        return rest.is_empty().then_some(Instant {
            wall: midnight,
            ahead: None,
        });
    };
    let end = rest.find(['+', '-', 'Z', ' ']).unwrap_or(rest.len());
    let (time, zone) = rest.split_at(end);
    Some(Instant {
        wall: midnight + clock(time)?,
        ahead: match zone.trim() {
            "" => None,
            "Z" => Some(0),
            zone => Some(offset(zone)?),
        },
    })
}

fn whole(text: &str, digits: usize) -> Option<i64> {
    let plain = text.len() == digits && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}

/// Microseconds since midnight of `12:00`, `12:00:00`, `12:00:00.25`.
fn clock(text: &str) -> Option<i64> {
    let (text, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = text.split(':');
    let (hours, minutes) = (whole(parts.next()?, 2)?, whole(parts.next()?, 2)?);
    let seconds = parts.next().map_or(Some(0), |s| whole(s, 2))?;
    if parts.next().is_some() || fraction.len() > 6 {
        return None;
    }
    let micros = format!("{fraction:0<6}");
    Some(((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + whole(&micros, 6)?)
}

/// Seconds of `+02`, `-05:30`, `+00:00:30`.
fn offset(text: &str) -> Option<i64> {
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let mut seconds = 0;
    let mut unit = 3600;
    for part in text.get(1..)?.split(':') {
        seconds += whole(part, 2)? * unit;
        unit /= 60;
    }
    Some(sign * seconds)
}

/// Days since 1970-01-01 in the Gregorian calendar, by years that begin in March.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year * 365 + year / 4 - year / 100 + year / 400 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_the_same_in_any_zone() {
        for (a, b, same) in [
            ("2026-04-01", "2026-04-01 00:00:00+00", true),
            ("2026-04-01", "2026-04-01 00:00:00+02", true),
            ("2026-04-01 00:00:00+02", "2026-03-31 22:00:00+00", true),
            ("2026-04-01T00:00Z", "2026-03-31 18:30:00-05:30", true),
            ("2026-04-01 00:00:00+02", "2026-04-01 00:00:00+00", false),
            ("2024-03-01 00:00:00+00", "2024-02-29 24:00:00+00", true),
            ("2026-04-01 00:00:00.5", "2026-04-01 00:00:00.500000", true),
            ("2026-04-01", "2026-04-02", false),
            ("2026-13-01", "2026-13-01", false),
            ("now", "now", false),
            ("2026-04-01 noon", "2026-04-01 noon", false),
            ("äöüäöüäöüä", "2026-04-01", false),
        ] {
            assert_eq!(is_same(a, b), same, "{a} {b}");
        }
        assert_eq!(days(1970, 1, 1), 0);
        assert_eq!(days(2000, 3, 1), 11_017);
    }
}
