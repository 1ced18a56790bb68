//! Opens one environment: picks it, expands `${VAR}` from the process and from `.env`, and only then has a URL.
//!
//! Neighbours: `commands` asks for it, the drivers get its URL. Invariant: variables of other environments are never
//! read, and no value of a variable is ever shown.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use driftless_runtime::{Secret, url_secrets};
use driftless_sql::Diagnostic;

use super::{Config, Environment, Located, unknown_environment};

/// An environment that can be connected to.
#[derive(Debug)]
pub struct OpenEnvironment {
    pub name: String,
    pub url: Secret,
    pub role: Option<String>,
    /// The schema that stands for the project's own, where names are left unsaid.
    pub schema: Option<String>,
    pub protect: bool,
    pub lock_timeout: Option<Duration>,
}

/// What `${VAR}` may stand for: the process's own environment first, then `.env`.
pub struct Variables {
    file: BTreeMap<String, String>,
    process: fn(&str) -> Option<String>,
}

impl Variables {
    /// The process and the `.env` of a folder; a missing one is empty.
    pub fn of(dir: &Path) -> Result<Variables, Diagnostic> {
        let path = dir.join(".env");
        let file = match std::fs::read_to_string(&path) {
            Ok(text) => parse_dotenv(&text).map_err(|line| {
                // No snippet: the line may hold a password.
                Diagnostic::error(
                    "D0604",
                    format!("line {line} of `{}` is not KEY=VALUE", path.display()),
                )
                .help("write KEY=VALUE, quote values with spaces, and begin comments with #")
            })?,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(e) => {
                let message = format!("cannot read `{}`: {}", path.display(), e.kind());
                return Err(Diagnostic::error("D0604", message)
                    .help("check that it is UTF-8 text which you may read"));
            }
        };
        Ok(Variables {
            file,
            process: |name| std::env::var(name).ok(),
        })
    }

    #[cfg(test)]
    pub fn fixed(file: &str) -> Variables {
        Variables {
            file: parse_dotenv(file).expect("a .env"),
            process: |_| None,
        }
    }

    fn get(&self, name: &str) -> Option<String> {
        (self.process)(name).or_else(|| self.file.get(name).cloned())
    }

    /// A URL with its variables read; the credentials found join `secrets`.
    pub fn opened(&self, text: &str, secrets: &mut Vec<Secret>) -> Result<Secret, Diagnostic> {
        let url = self.expanded(text)?;
        secrets.extend(url_secrets(&url));
        Ok(Secret::new(url))
    }

    fn expand(&self, text: &Located<String>) -> Result<String, Diagnostic> {
        self.expanded(&text.value).map_err(|d| d.at(text.place))
    }

    /// `${VAR}` and `${VAR:-default}`; every other `$` stays.
    fn expanded(&self, text: &str) -> Result<String, Diagnostic> {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once("${") {
            out.push_str(before);
            let Some((inside, behind)) = behind.split_once('}') else {
                return Err(Diagnostic::error("D0604", "a `${` is not closed")
                    .help("write ${VAR} or ${VAR:-default}"));
            };
            let (name, default) = match inside.split_once(":-") {
                Some((name, default)) => (name, Some(default)),
                None => (inside, None),
            };
            let value = self
                .get(name)
                .filter(|value| default.is_none() || !value.is_empty())
                .or_else(|| default.map(str::to_string));
            match value {
                Some(value) => out.push_str(&value),
                None => {
                    return Err(Diagnostic::error(
                        "D0604",
                        format!("the variable `{name}` is not set"),
                    )
                    .help(format!(
                        "export {name}, or put it into .env beside driftless.yaml"
                    )));
                }
            }
            rest = behind;
        }
        out.push_str(rest);
        Ok(out)
    }
}

/// `KEY=VALUE` lines, with `export`, quotes and comments; else the number of the line that is none.
fn parse_dotenv(text: &str) -> Result<BTreeMap<String, String>, usize> {
    let mut found = BTreeMap::new();
    for (i, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line);
        let (key, value) = line.split_once('=').ok_or(i + 1)?;
        let key = key.trim();
        if key.is_empty() || key.contains(char::is_whitespace) {
            return Err(i + 1);
        }
        let value = dotenv_value(value.trim()).ok_or(i + 1)?;
        found.insert(key.to_string(), value);
    }
    Ok(found)
}

fn dotenv_value(text: &str) -> Option<String> {
    let quote = match text.chars().next() {
        Some(c @ ('"' | '\'')) => c,
        _ => {
            let end = text.find(" #").unwrap_or(text.len());
            return Some(text[..end].trim_end().to_string());
        }
    };
    let mut out = String::new();
    let mut chars = text[1..].chars();
    loop {
        match chars.next()? {
            c if c == quote => break,
            '\\' if quote == '"' => match chars.next()? {
                'n' => out.push('\n'),
                c => out.push(c),
            },
            c => out.push(c),
        }
    }
    let behind = chars.as_str().trim_start();
    (behind.is_empty() || behind.starts_with('#')).then_some(out)
}

impl Config {
    /// The environment of that name, else the default one.
    pub fn environment(&self, name: Option<&str>) -> Result<&Environment, Diagnostic> {
        let names: Vec<&str> = self.environments.iter().map(|e| &*e.name).collect();
        let name = match (name, &self.default_environment, &names[..]) {
            (Some(name), _, _) => name,
            (None, Some(default), _) => &default.value,
            (None, None, [only]) => only,
            (None, None, []) => {
                return Err(Diagnostic::error(
                    "D0605",
                    format!("`{}` declares no environment", self.path.display()),
                )
                .help("declare one: environments: { dev: { url: \"postgres://localhost/shop_dev\" } }"));
            }
            (None, None, _) => {
                return Err(Diagnostic::error("D0605", "which environment is meant?")
                    .note(format!("declared are {}", names.join(", ")))
                    .help("say --env NAME, or set default_environment"));
            }
        };
        self.environments
            .iter()
            .find(|environment| environment.name == name)
            .ok_or_else(|| unknown_environment(name, &names))
    }

    /// Expands what the environment declares; the credentials found join `secrets`.
    pub fn open(
        &self,
        environment: &Environment,
        variables: &Variables,
        secrets: &mut Vec<Secret>,
    ) -> Result<OpenEnvironment, Diagnostic> {
        let name = &environment.name;
        let Some(url) = &environment.url else {
            return Err(
                Diagnostic::error("D0605", format!("the environment `{name}` has no url"))
                    .at(environment.place)
                    .help("add one: url: \"postgres://localhost/shop_dev\""),
            );
        };
        let expanded = variables.expand(url)?;
        secrets.extend(url_secrets(&expanded));
        let role = environment.role.as_ref();
        let role = role.map(|role| variables.expand(role)).transpose()?;
        let schema = environment.schema.as_ref();
        let schema = schema.map(|schema| variables.expand(schema)).transpose()?;
        Ok(OpenEnvironment {
            name: name.clone(),
            schema: self
                .manage
                .unqualified
                .map(|_| schema.unwrap_or_else(|| "public".into())),
            url: Secret::new(self.rooted(expanded)),
            role,
            protect: environment.protect,
            lock_timeout: environment.lock_timeout,
        })
    }

    /// The path of a SQLite URL is relative to the file that names it.
    fn rooted(&self, url: String) -> String {
        match url.strip_prefix("sqlite:") {
            Some(path) if !path.starts_with([':', '/']) && !self.dir().as_os_str().is_empty() => {
                format!("sqlite:{}", self.resolve(path))
            }
            _ => url,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dotenv_lines() {
        let text = "# c\nexport A=1\nB = \"x # \\\"y\\n\" # c\nC='$a b'\nD=a#b # c\nE=\n";
        let found = parse_dotenv(text).expect("a .env");
        let pairs: Vec<_> = found.iter().map(|(k, v)| (&**k, &**v)).collect();
        let wanted = [
            ("A", "1"),
            ("B", "x # \"y\n"),
            ("C", "$a b"),
            ("D", "a#b"),
            ("E", ""),
        ];
        assert_eq!(pairs, wanted);
        assert_eq!(parse_dotenv("A=1\nwrong\n"), Err(2));
        assert_eq!(parse_dotenv("A=\"open\n"), Err(1));
    }
}
