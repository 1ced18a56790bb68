//! `~/.pgpass`: lines of `host:port:database:user:password`.
//!
//! Neighbours: `endpoint` asks it for each host. Invariant: a file that others can read is ignored, and that is said.

use std::path::Path;

use crate::settings::Secret;

/// What a line must match.
pub struct Wanted<'a> {
    /// `localhost` for the default socket folder.
    pub host: &'a str,
    pub port: u16,
    pub database: &'a str,
    pub user: &'a str,
}

/// The first password that matches. `Err` is a warning; a file that is missing is none.
pub fn look_up(file: &Path, wanted: &Wanted<'_>) -> Result<Option<Secret>, String> {
    let Ok(found) = std::fs::metadata(file) else {
        return Ok(None);
    };
    if !found.is_file() {
        return Err(format!(
            "the password file {} is ignored: it is no regular file",
            file.display()
        ));
    }
    if shared(&found) {
        return Err(format!(
            "the password file {0} is ignored: others can read it (chmod 600 {0})",
            file.display()
        ));
    }
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(find(&text, wanted)),
        Err(error) => Err(format!(
            "the password file {} is ignored: {error}",
            file.display()
        )),
    }
}

#[cfg(unix)]
fn shared(file: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn shared(_: &std::fs::Metadata) -> bool {
    false
}

fn find(text: &str, wanted: &Wanted<'_>) -> Option<Secret> {
    let port = wanted.port.to_string();
    let keys = [wanted.host, &port, wanted.database, wanted.user];
    text.lines()
        .map(|line| line.strip_suffix('\r').unwrap_or(line))
        .filter(|line| !line.starts_with('#'))
        .find_map(|line| {
            let fields = fields(line);
            let (password, patterns) =
                fields.split_last().filter(|(_, p)| p.len() == keys.len())?;
            let fits = patterns
                .iter()
                .zip(keys)
                .all(|(pattern, key)| pattern.any || pattern.text == key);
            fits.then(|| Secret::new(password.text.clone()))
        })
}

#[derive(Default)]
struct Field {
    text: String,
    /// A lone star, not an escaped one.
    any: bool,
}

/// Splits at colons; a backslash takes the next letter as it is. The fifth field is the password, which ends at the
/// next bare colon as with libpq.
fn fields(line: &str) -> Vec<Field> {
    let mut fields = Vec::new();
    let mut rest = line;
    while fields.len() < 5 {
        let mut text = String::new();
        let mut letters = rest.char_indices();
        let mut end = None;
        while let Some((at, letter)) = letters.next() {
            match letter {
                ':' => {
                    end = Some(at);
                    break;
                }
                '\\' => text.push(letters.next().map_or('\\', |(_, escaped)| escaped)),
                other => text.push(other),
            }
        }
        let any = rest.get(..end.unwrap_or(rest.len())) == Some("*");
        fields.push(Field { text, any });
        match end {
            Some(end) => rest = rest.get(end + 1..).unwrap_or(""),
            None => break,
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        for (text, expected) in [
            ("db:5432:shop:ann:pw", Some("pw")),
            ("*:*:*:*:any", Some("any")),
            ("db:5432:shop:bob:no\n*:*:shop:ann:yes", Some("yes")),
            ("db:5432:shop:ann:first\n*:*:*:*:second", Some("first")),
            ("# db:5432:shop:ann:no", None),
            ("db:5433:shop:ann:no", None),
            ("\\*:5432:shop:ann:no", None),
            ("db:5432:shop:ann", None),
            ("db:5432:shop:ann:p\\:w\\\\x", Some("p:w\\x")),
            ("db:5432:shop:ann:pw:rest", Some("pw")),
            ("db:5432:shop:ann:*", Some("*")),
            ("db:5432:shop:ann:pw\r\n", Some("pw")),
            ("d\\b:5432:shop:ann:pw", Some("pw")),
            ("", None),
        ] {
            let wanted = Wanted {
                host: "db",
                port: 5432,
                database: "shop",
                user: "ann",
            };
            let found = find(text, &wanted);
            assert_eq!(found.as_ref().map(Secret::reveal), expected, "{text:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_is_ignored() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pgpass");
        let wanted = Wanted {
            host: "db",
            port: 1,
            database: "d",
            user: "u",
        };
        assert!(matches!(look_up(&file, &wanted), Ok(None)));
        std::fs::write(&file, "*:*:*:*:pw").unwrap();
        for (mode, usable) in [(0o600, true), (0o644, false), (0o640, false), (0o400, true)] {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            let found = look_up(&file, &wanted);
            assert_eq!(matches!(found, Ok(Some(_))), usable, "{mode:o}");
            if let Err(warning) = found {
                assert!(!warning.contains("pw"), "{warning}");
            }
        }
        assert!(look_up(folder.path(), &wanted).is_err());
    }
}
