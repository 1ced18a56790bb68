//! The one notation for a schema: `postgres://…`, `env:NAME`, files, `-`, `cmd:…`, `migrations:…`, `git:…`, `empty`.
//!
//! Neighbours: `files` reads those that are text, a connection those that are live, `cli` looks up environments.
//! Invariant: parsing looks at nothing but the text; a [`StateSpec`] shows itself without credentials.

use driftless_sql::Diagnostic;

use crate::secret::redact_url;

/// Where a schema is asked for, this is what was meant.
#[derive(Clone, PartialEq, Eq)]
pub enum StateSpec {
    Live {
        url: String,
    },
    Env(String),
    /// Files, folders and globs, in the order given.
    Files(Vec<String>),
    Stdin,
    /// A program and its arguments.
    Command(Vec<String>),
    Migrations {
        dir: String,
        version: Option<String>,
    },
    Git {
        rev: String,
        path: String,
    },
    Empty,
}

/// What may stand before the first colon.
const SCHEMES: [&str; 9] = [
    "postgres",
    "postgresql",
    "mysql",
    "mariadb",
    "sqlite",
    "env",
    "cmd",
    "migrations",
    "git",
];

impl StateSpec {
    pub fn parse(text: &str) -> Result<StateSpec, Diagnostic> {
        match text {
            "" => {
                return Err(
                    Diagnostic::error("D0107", "a state is asked for, and none is given")
                        .help("name a file, a folder or a database, or write `empty`"),
                );
            }
            "-" => return Ok(StateSpec::Stdin),
            "empty" => return Ok(StateSpec::Empty),
            _ => {}
        }
        let Some((scheme, rest)) = split_scheme(text) else {
            return Ok(StateSpec::Files(vec![text.to_string()]));
        };
        match scheme.to_ascii_lowercase().as_str() {
            "postgres" | "postgresql" | "mysql" | "mariadb" => server_url(text, rest),
            "sqlite" if rest.is_empty() || rest == "//" => Err(url_error(
                text,
                "it names no file",
                "write `sqlite:PATH`, or `sqlite::memory:`",
            )),
            "sqlite" => Ok(StateSpec::Live {
                url: text.to_string(),
            }),
            "env" => Ok(StateSpec::Env(named(text, rest, "env:NAME")?)),
            "cmd" => command(text, rest),
            "migrations" => migrations(text, rest),
            "git" => git(text, rest),
            _ => Err(unknown_scheme(text, scheme)),
        }
    }
}

/// As it was written, without credentials.
impl std::fmt::Display for StateSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StateSpec::Live { url } => f.write_str(&redact_url(url)),
            StateSpec::Env(name) => write!(f, "env:{name}"),
            StateSpec::Files(patterns) => f.write_str(&patterns.join(" ")),
            StateSpec::Stdin => f.write_str("-"),
            StateSpec::Command(words) => {
                write!(f, "cmd:{}", words.first().map_or("", String::as_str))
            }
            StateSpec::Migrations { dir, version: None } => write!(f, "migrations:{dir}"),
            StateSpec::Migrations {
                dir,
                version: Some(version),
            } => write!(f, "migrations:{dir}@{version}"),
            StateSpec::Git { rev, path } => write!(f, "git:{rev}:{path}"),
            StateSpec::Empty => f.write_str("empty"),
        }
    }
}

/// Credentials may stand in URLs and in the arguments of programs.
impl std::fmt::Debug for StateSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StateSpec({self})")
    }
}

/// `scheme:rest`, where the scheme looks like one; `./a:b.sql` is a path.
fn split_scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let mut chars = scheme.chars();
    let looks = chars.next()?.is_ascii_alphabetic()
        && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '_'));
    looks.then_some((scheme, rest))
}

fn url_error(url: &str, why: &str, help: &str) -> Diagnostic {
    Diagnostic::error("D0501", format!("`{}` is no database URL", redact_url(url)))
        .note(why)
        .help(help)
}

/// Enough of a check to tell a URL from a mistake; the driver reads the rest.
fn server_url(url: &str, rest: &str) -> Result<StateSpec, Diagnostic> {
    let shape = "the shape is `postgres://USER@HOST:PORT/DATABASE?OPTION=VALUE`";
    if !rest.starts_with("//") {
        return Err(url_error(url, "after the scheme comes `//`", shape));
    }
    if let Some(bad) = url.chars().find(|c| c.is_whitespace() || c.is_control()) {
        let why = format!("it holds {bad:?}, which a URL writes as `%XX`");
        return Err(url_error(url, &why, shape));
    }
    let shown = redact_url(url);
    let authority = shown.split("://").nth(1).unwrap_or("");
    let authority = authority.split(['/', '?', '#']).next().unwrap_or("");
    let hosts = authority.rsplit('@').next().unwrap_or("");
    for host in hosts.split(',') {
        let port = match host.rsplit_once(']') {
            Some((_, behind)) => behind.strip_prefix(':'),
            None if host.starts_with('[') => {
                return Err(url_error(url, "its address lacks the closing `]`", shape));
            }
            None => host.split_once(':').map(|(_, port)| port),
        };
        if port.is_some_and(|p| !p.is_empty() && p.parse::<u16>().is_err()) {
            let why = "its port is no number below 65536";
            let help = "write special characters of a password as %XX (`/` is %2F, `@` is %40)";
            return Err(url_error(url, why, help));
        }
    }
    Ok(StateSpec::Live {
        url: url.to_string(),
    })
}

fn malformed(text: &str, shape: &str) -> Diagnostic {
    Diagnostic::error("D0107", format!("`{text}` names no state"))
        .help(format!("the shape is `{shape}`"))
}

fn named(text: &str, name: &str, shape: &str) -> Result<String, Diagnostic> {
    if name.trim().is_empty() {
        return Err(malformed(text, shape));
    }
    Ok(name.to_string())
}

fn migrations(text: &str, rest: &str) -> Result<StateSpec, Diagnostic> {
    let shape = "migrations:DIR[@VERSION]";
    let (dir, version) = match rest.rsplit_once('@') {
        Some((dir, version)) if !version.contains('/') => (dir, Some(named(text, version, shape)?)),
        _ => (rest, None),
    };
    Ok(StateSpec::Migrations {
        dir: named(text, dir, shape)?,
        version,
    })
}

fn git(text: &str, rest: &str) -> Result<StateSpec, Diagnostic> {
    let shape = "git:REV:PATH";
    let (rev, path) = rest.split_once(':').ok_or_else(|| malformed(text, shape))?;
    Ok(StateSpec::Git {
        rev: named(text, rev, shape)?,
        path: named(text, path, shape)?,
    })
}

fn command(text: &str, rest: &str) -> Result<StateSpec, Diagnostic> {
    let words = split_words(rest).map_err(|why| {
        Diagnostic::error("D0107", "the command line of `cmd:` is not closed")
            .note(why)
            .help("close the quote; words are split like a shell does, but no shell runs")
    })?;
    if words.is_empty() {
        return Err(malformed(text, "cmd:PROGRAM ARGS"));
    }
    Ok(StateSpec::Command(words))
}

/// Splits as a POSIX shell splits words, without expanding anything.
fn split_words(text: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            c if c.is_whitespace() => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next() {
                        Some('\'') => break,
                        Some(c) => word.push(c),
                        None => return Err("a single quote is open"),
                    }
                }
            }
            '"' => double_quoted(&mut chars, word.get_or_insert_default())?,
            '\\' => match chars.next() {
                Some(c) => word.get_or_insert_default().push(c),
                None => return Err("it ends in a backslash"),
            },
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

/// Inside double quotes a backslash escapes only `"`, `\`, `$` and a backquote.
fn double_quoted(chars: &mut std::str::Chars<'_>, word: &mut String) -> Result<(), &'static str> {
    loop {
        match chars.next() {
            Some('"') => return Ok(()),
            Some('\\') => match chars.next() {
                Some(c @ ('"' | '\\' | '$' | '`')) => word.push(c),
                Some(c) => word.extend(['\\', c]),
                None => return Err("a double quote is open"),
            },
            Some(c) => word.push(c),
            None => return Err("a double quote is open"),
        }
    }
}

fn unknown_scheme(text: &str, scheme: &str) -> Diagnostic {
    let near = SCHEMES
        .iter()
        .map(|known| {
            (
                strsim::damerau_levenshtein(&scheme.to_ascii_lowercase(), known),
                known,
            )
        })
        .filter(|(distance, known)| *distance <= 2 && *distance < known.len())
        .min();
    let d = Diagnostic::error("D0107", format!("`{scheme}:` is no kind of state"));
    match near {
        Some((_, known)) => d.help(format!("did you mean `{known}:`?")),
        None => d
            .note(format!(
                "known are {}",
                SCHEMES.map(|s| format!("`{s}:`")).join(", ")
            ))
            .help(format!(
                "for a file of this name write `./{}`",
                redact_url(text)
            )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(url: &str) -> StateSpec {
        StateSpec::Live { url: url.into() }
    }

    #[test]
    fn every_notation() {
        let files = |name: &str| StateSpec::Files(vec![name.into()]);
        let words =
            |list: &[&str]| StateSpec::Command(list.iter().map(|s| s.to_string()).collect());
        for (text, state) in [
            ("empty", StateSpec::Empty),
            ("-", StateSpec::Stdin),
            ("schema/", files("schema/")),
            ("./a:b.sql", files("./a:b.sql")),
            ("schema/**/*.sql", files("schema/**/*.sql")),
            ("env:prod", StateSpec::Env("prod".into())),
            (
                "postgres://a:b@h:1,[::1]:2/d?x=y",
                live("postgres://a:b@h:1,[::1]:2/d?x=y"),
            ),
            ("postgresql:///d", live("postgresql:///d")),
            ("mysql://h/d", live("mysql://h/d")),
            ("sqlite:shop.db", live("sqlite:shop.db")),
            ("sqlite:///tmp/shop.db", live("sqlite:///tmp/shop.db")),
            ("sqlite::memory:", live("sqlite::memory:")),
            (
                "cmd:rails \"db schema\" 'it''s' a\\ b \"\"",
                words(&["rails", "db schema", "its", "a b", ""]),
            ),
            (
                "migrations:db/m@3",
                StateSpec::Migrations {
                    dir: "db/m".into(),
                    version: Some("3".into()),
                },
            ),
            (
                "migrations:a@b/m",
                StateSpec::Migrations {
                    dir: "a@b/m".into(),
                    version: None,
                },
            ),
            (
                "git:HEAD~1:schema/",
                StateSpec::Git {
                    rev: "HEAD~1".into(),
                    path: "schema/".into(),
                },
            ),
        ] {
            assert_eq!(StateSpec::parse(text).as_ref(), Ok(&state), "{text}");
        }
    }

    #[test]
    fn mistakes_have_a_code_and_a_next_step() {
        for (text, code, help) in [
            ("", "D0107", "name a file"),
            ("postgers://h/d", "D0107", "did you mean `postgres:`?"),
            ("oracle://h/d", "D0107", "for a file of this name"),
            ("postgres:h/d", "D0501", "the shape is"),
            ("postgres://u:p/w@h/d d", "D0501", "the shape is"),
            ("postgres://h:99999/d", "D0501", "special characters"),
            ("postgres://[::1/d", "D0501", "the shape is"),
            ("sqlite:", "D0501", "sqlite:PATH"),
            ("env:", "D0107", "env:NAME"),
            ("git:HEAD", "D0107", "git:REV:PATH"),
            ("migrations:@2", "D0107", "migrations:DIR"),
            ("cmd:", "D0107", "cmd:PROGRAM"),
            ("cmd:a 'b", "D0107", "close the quote"),
        ] {
            let Err(d) = StateSpec::parse(text) else {
                panic!("{text} parsed");
            };
            assert_eq!(d.code, code, "{text}");
            assert!(
                d.help.as_deref().unwrap_or("").contains(help),
                "{text}: {d:?}"
            );
            assert!(!format!("{d:?}").contains("p/w"), "{d:?}");
        }
    }

    #[test]
    fn it_shows_itself_without_credentials() {
        let state = live("postgres://app:hunter2@h/d");
        assert_eq!(format!("{state} {state:?}").matches("hunter2").count(), 0);
        let state = StateSpec::Command(vec!["dump".into(), "--password=hunter2".into()]);
        assert_eq!(format!("{state} {state:?}").matches("hunter2").count(), 0);
    }
}
