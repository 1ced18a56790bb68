//! `pg_service.conf`: sections of settings under a name.
//!
//! Neighbours: `settings` asks for one section. Invariant: a line that is not understood is an error with its number.

use std::path::{Path, PathBuf};

use driftless_runtime::{DbError, DbErrorKind};

use crate::environment::Environment;

/// The settings of a service: of the user's file where it knows the name, else of the system's.
pub fn service(name: &str, environment: &Environment) -> Result<Vec<(String, String)>, DbError> {
    let files = files(environment);
    for (file, required) in &files {
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if *required => {
                return Err(wrong(format!(
                    "the service file {} cannot be read: {error}",
                    file.display()
                )));
            }
            Err(_) => continue,
        };
        if let Some(found) = section(&text, name, file)? {
            return Ok(found);
        }
    }
    let looked: Vec<String> = files.iter().map(|(f, _)| f.display().to_string()).collect();
    Err(wrong(format!("there is no service `{name}`"))
        .detail(format!("looked in: {}", looked.join(", ")))
        .help(format!("add a section [{name}] to one of these files")))
}

/// Where services are looked for; only a file that was named has to exist.
fn files(environment: &Environment) -> Vec<(PathBuf, bool)> {
    let mut files = Vec::new();
    match environment.get("PGSERVICEFILE") {
        Some(named) => files.push((PathBuf::from(named), true)),
        None => files.extend(
            environment
                .home
                .as_ref()
                .map(|h| (h.join(".pg_service.conf"), false)),
        ),
    }
    let system = environment
        .get("PGSYSCONFDIR")
        .unwrap_or("/etc/postgresql-common");
    files.push((Path::new(system).join("pg_service.conf"), false));
    files
}

fn section(text: &str, name: &str, file: &Path) -> Result<Option<Vec<(String, String)>>, DbError> {
    let mut found: Option<Vec<(String, String)>> = None;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(title) = line.strip_prefix('[') {
            if found.is_some() {
                break;
            }
            if title.split(']').next() == Some(name) {
                found = Some(Vec::new());
            }
            continue;
        }
        let Some(pairs) = &mut found else { continue };
        let at = format!("{}:{}", file.display(), number + 1);
        let (key, value) = line
            .split_once('=')
            .ok_or_else(|| wrong(format!("{at}: a setting is written name=value")))?;
        let key = key.trim();
        if key == "service" {
            return Err(wrong(format!(
                "{at}: a service cannot name another service"
            )));
        }
        // The first one counts.
        if !pairs.iter().any(|(known, _)| known == key) {
            pairs.push((key.to_owned(), value.trim().to_owned()));
        }
    }
    Ok(found)
}

fn wrong(message: impl Into<String>) -> DbError {
    DbError::new(DbErrorKind::Url, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# services\n[one]\nhost=a\nport = 1\nhost=b\n\n[two]\nuser=ann\nnonsense\n";

    #[test]
    fn a_section_ends_where_the_next_begins() {
        let file = Path::new("f");
        let pairs = section(TEXT, "one", file).unwrap().unwrap();
        let expected = [("host", "a"), ("port", "1")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        assert_eq!(pairs, expected);
        assert_eq!(section(TEXT, "three", file).unwrap(), None);
        let error = section(TEXT, "two", file).unwrap_err();
        assert!(error.message.starts_with("f:9: "), "{error}");
        assert!(section("[a]\nservice=b", "a", file).is_err());
    }

    #[test]
    fn a_file_that_was_named_must_exist() {
        let mut environment = Environment::default();
        environment
            .variables
            .insert("PGSERVICEFILE".into(), "/nonexistent/file".into());
        let error = service("x", &environment).unwrap_err();
        assert!(error.message.contains("cannot be read"), "{error}");
    }
}
