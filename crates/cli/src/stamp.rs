//! Versions from the clock: `YYYYMMDDHHMMSS` in UTC; the only place where a version comes from time.
//!
//! Neighbours: `generate`, `new` and `init` ask; `history` turns one back into a date. Invariant: a stamp is a version
//! that sorts by time.

use std::time::{SystemTime, UNIX_EPOCH};

const DAY: u64 = 86_400;

/// The stamp of now, or what was given instead.
pub fn stamp(given: Option<u64>) -> u64 {
    given.unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        of(now.map_or(0, |d| d.as_secs()))
    })
}

/// The stamp of a time in seconds since 1970.
fn of(seconds: u64) -> u64 {
    let (year, month, day) = civil(seconds / DAY);
    let rest = seconds % DAY;
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    ((((year * 100 + month) * 100 + day) * 100 + hour) * 100 + minute) * 100 + second
}

/// The date of a day since 1970, in the proleptic Gregorian calendar: years are counted from March, in eras of 400.
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let of_era = shifted % 146_097;
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, year) = match month {
        0..=9 => (month + 3, year),
        _ => (month - 9, year + 1),
    };
    (era * 400 + year, month, day)
}

/// `2026-11-22` of `20261122093000`; nothing where the version is no stamp.
pub fn date(version: u64) -> Option<String> {
    let day = version / 1_000_000;
    let (year, month, day) = (day / 10_000, day / 100 % 100, day % 100);
    let is = (1970..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    is.then(|| format!("{year:04}-{month:02}-{day:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        assert_eq!(of(0), 19_700_101_000_000);
        assert_eq!(of(951_827_696), 20_000_229_123_456);
        assert_eq!(of(4_102_444_799), 20_991_231_235_959);
        assert_eq!(stamp(Some(7)), 7);
        assert_eq!(date(20_261_122_093_000).as_deref(), Some("2026-11-22"));
        assert_eq!(date(12), None);
    }
}
