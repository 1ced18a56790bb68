//! `sqlite:` URLs.
//!
//! Neighbours: `open` follows what is read here. Invariant: an option that is not understood is an error.

use std::path::PathBuf;

use driftless_runtime::{DbError, DbErrorKind};
use percent_encoding::percent_decode_str;

/// What a URL asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub target: Target,
    pub read_only: bool,
    /// `mode=rwc`: create a missing file even where only reading was asked for.
    pub create: bool,
    /// The file cannot change while it is open, so no locks are taken.
    pub immutable: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Memory,
    File(PathBuf),
}

const OPTIONS: [&str; 2] = ["mode", "immutable"];
const MODES: [&str; 4] = ["ro", "rw", "rwc", "memory"];

impl Address {
    pub fn parse(url: &str) -> Result<Address, DbError> {
        let rest = strip_scheme(url).ok_or_else(|| {
            wrong(format!("`{url}` is no SQLite URL"))
                .help("write sqlite:path.db, sqlite:///absolute/path.db or sqlite::memory:")
        })?;
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let path = decoded(path)?;
        let target = match path.as_str() {
            ":memory:" => Target::Memory,
            "" => {
                return Err(wrong(format!("`{url}` names no file"))
                    .help("write sqlite:path.db or sqlite::memory:"));
            }
            path => Target::File(PathBuf::from(path)),
        };
        let mut address = Address {
            target,
            read_only: false,
            create: false,
            immutable: false,
        };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            address.set(&decoded(key)?, &decoded(value)?)?;
        }
        Ok(address)
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), DbError> {
        match (key, value) {
            ("mode", "ro") => self.read_only = true,
            ("mode", "rw") => {}
            ("mode", "rwc") => self.create = true,
            ("mode", "memory") => self.target = Target::Memory,
            ("mode", other) => return Err(unknown("mode", other, &MODES)),
            ("immutable", "1" | "true") => {
                self.immutable = true;
                self.read_only = true;
            }
            ("immutable", "0" | "false") => {}
            ("immutable", other) => return Err(unknown("value of immutable", other, &["0", "1"])),
            (other, _) => return Err(unknown("option", other, &OPTIONS)),
        }
        Ok(())
    }
}

fn strip_scheme(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once(':')?;
    scheme.eq_ignore_ascii_case("sqlite").then_some(rest)
}

fn decoded(text: &str) -> Result<String, DbError> {
    let text = percent_decode_str(text)
        .decode_utf8()
        .map_err(|_| wrong(format!("`{text}` does not decode to UTF-8")))?;
    if text.contains('\0') {
        return Err(wrong("a SQLite URL cannot contain a zero byte"));
    }
    Ok(text.into_owned())
}

fn wrong(message: impl Into<String>) -> DbError {
    DbError::new(DbErrorKind::Url, message)
}

fn unknown(what: &str, written: &str, known: &[&str]) -> DbError {
    let error = wrong(format!("unknown {what} `{written}` in a SQLite URL"));
    let near = known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(known, written), known))
        .filter(|(distance, _)| *distance <= 2)
        .min();
    match near {
        Some((_, near)) => error.help(format!("did you mean `{near}`?")),
        None => error.help(format!("known are: {}", known.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str) -> Target {
        Target::File(PathBuf::from(path))
    }

    #[test]
    fn urls() {
        for (url, target) in [
            ("sqlite:shop.db", file("shop.db")),
            ("sqlite:dir/shop.db", file("dir/shop.db")),
            ("sqlite:/abs/shop.db", file("/abs/shop.db")),
            ("sqlite:///abs/shop.db", file("/abs/shop.db")),
            ("sqlite://shop.db", file("shop.db")),
            ("sqlite://./shop.db", file("./shop.db")),
            ("SQLite:shop.db", file("shop.db")),
            ("sqlite::memory:", Target::Memory),
            ("sqlite://:memory:", Target::Memory),
            ("sqlite:x.db?mode=memory", Target::Memory),
            ("sqlite:a%20b%3F%23.db", file("a b?#.db")),
            ("sqlite:100%.db", file("100%.db")),
            ("sqlite:söme.db", file("söme.db")),
        ] {
            let address = Address::parse(url).unwrap();
            assert_eq!(address.target, target, "{url}");
            assert!(!address.read_only && !address.create, "{url}");
        }
    }

    #[test]
    fn options() {
        assert!(Address::parse("sqlite:x.db?mode=ro").unwrap().read_only);
        assert!(Address::parse("sqlite:x.db?mode=rwc").unwrap().create);
        let fixed = Address::parse("sqlite:x.db?immutable=1").unwrap();
        assert!(fixed.immutable && fixed.read_only);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for (url, help) in [
            ("sqlite:x.db?mod=ro", "did you mean `mode`?"),
            ("sqlite:x.db?mode=r0", "did you mean `ro`?"),
            ("sqlite:x.db?cache=shared", "known are: mode, immutable"),
            ("sqlite:", "write sqlite:path.db or sqlite::memory:"),
        ] {
            let error = Address::parse(url).unwrap_err();
            assert_eq!(error.kind, DbErrorKind::Url, "{url}");
            assert_eq!(error.help.as_deref(), Some(help), "{url}");
        }
        assert!(Address::parse("postgres://x").is_err());
        assert!(Address::parse("sqlite:a%00b").is_err());
        assert!(Address::parse("sqlite:a%ff").is_err());
    }
}
