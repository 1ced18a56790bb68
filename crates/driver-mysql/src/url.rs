//! `mysql://user:password@host:port/database?ssl-mode=…`, the environment and the `[client]` section of `~/.my.cnf`.
//!
//! Invariant: what a URL says wins over the environment, that over the option file; an unknown setting is an error.

use std::fmt;
use std::path::PathBuf;

use driftless_runtime::{DbError, DbErrorKind};
use percent_encoding::percent_decode_str;

/// A password: shown by nobody.
#[derive(Clone, Default, PartialEq)]
pub struct Secret(String);

impl Secret {
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SslMode {
    Disabled,
    #[default]
    Preferred,
    Required,
    VerifyCa,
    VerifyIdentity,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settings {
    pub user: String,
    pub password: Option<Secret>,
    pub host: String,
    pub port: u16,
    pub socket: Option<String>,
    pub database: Option<String>,
    pub ssl_mode: SslMode,
    pub ssl_ca: Option<PathBuf>,
}

const KNOWN: &[&str] = &[
    "ssl-mode", "ssl-ca", "socket", "user", "password", "host", "port",
];

impl Settings {
    pub fn read(url: &str) -> Result<Settings, DbError> {
        let file = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".my.cnf"));
        let text = file.and_then(|f| std::fs::read_to_string(f).ok());
        Settings::of(url, text.as_deref().unwrap_or(""), &|name| {
            std::env::var(name).ok().filter(|v| !v.is_empty())
        })
    }

    fn of(
        url: &str,
        file: &str,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Settings, DbError> {
        let rest = url
            .split_once("://")
            .map(|(_, rest)| rest)
            .ok_or_else(|| malformed("it does not begin with mysql://"))?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        let (login, address) = match authority.rsplit_once('@') {
            Some((login, address)) => (Some(login), address),
            None => (None, authority),
        };
        let mut out = Settings::below(file, environment)?;
        if let Some(login) = login {
            let (user, password) = match login.split_once(':') {
                Some((user, password)) => (user, Some(password)),
                None => (login, None),
            };
            if !user.is_empty() {
                out.user = decoded(user)?;
            }
            if let Some(password) = password {
                out.password = Some(Secret(decoded(password)?));
            }
        }
        out.address(address)?;
        if !database.is_empty() {
            out.database = Some(decoded(database)?);
        }
        for pair in query.split('&').filter(|p| !p.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            out.set(&name.replace('_', "-"), &decoded(value)?)?;
        }
        Ok(out)
    }

    /// What stands where the URL says nothing.
    fn below(
        file: &str,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Settings, DbError> {
        let mut out = Settings {
            user: whoami::username().unwrap_or_else(|_| "root".into()),
            host: "localhost".into(),
            port: 3306,
            ..Settings::default()
        };
        let mut client = false;
        for line in file.lines().map(str::trim) {
            if line.starts_with('[') {
                client = line == "[client]";
            } else if client && let Some((name, value)) = line.split_once('=') {
                let value = value.trim().trim_matches(['"', '\'']);
                // What other clients alone understand is theirs.
                if KNOWN.contains(&name.trim()) {
                    out.set(name.trim(), value)?;
                }
            }
        }
        for (variable, name) in [
            ("MYSQL_HOST", "host"),
            ("MYSQL_TCP_PORT", "port"),
            ("MYSQL_UNIX_PORT", "socket"),
            ("MYSQL_PWD", "password"),
        ] {
            if let Some(value) = environment(variable) {
                out.set(name, &value)?;
            }
        }
        Ok(out)
    }

    fn address(&mut self, address: &str) -> Result<(), DbError> {
        if address.is_empty() {
            return Ok(());
        }
        let (host, port) = match address.strip_prefix('[').and_then(|a| a.split_once(']')) {
            Some((host, rest)) => (host, rest.strip_prefix(':')),
            None => match address.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (address, None),
            },
        };
        if !host.is_empty() {
            self.host = decoded(host)?;
            self.socket = None;
        }
        if let Some(port) = port {
            self.set("port", port)?;
        }
        Ok(())
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), DbError> {
        match name {
            "user" => self.user = value.into(),
            "password" => self.password = Some(Secret(value.into())),
            "host" => self.host = value.into(),
            "socket" => self.socket = Some(value.into()),
            "ssl-ca" => self.ssl_ca = Some(value.into()),
            "port" => {
                self.port = value
                    .parse()
                    .map_err(|_| malformed(&format!("`{value}` is no port")))?;
            }
            "ssl-mode" => {
                self.ssl_mode = match value.to_ascii_uppercase().replace('-', "_").as_str() {
                    "DISABLED" => SslMode::Disabled,
                    "PREFERRED" => SslMode::Preferred,
                    "REQUIRED" => SslMode::Required,
                    "VERIFY_CA" => SslMode::VerifyCa,
                    "VERIFY_IDENTITY" => SslMode::VerifyIdentity,
                    _ => {
                        return Err(malformed(&format!("there is no ssl-mode `{value}`")).help(
                            "write DISABLED, PREFERRED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY",
                        ));
                    }
                };
            }
            other => {
                let near = KNOWN
                    .iter()
                    .min_by_key(|k| strsim::levenshtein(k, other))
                    .filter(|k| strsim::levenshtein(k, other) <= 3);
                let error = malformed(&format!("it has an unknown setting `{other}`"));
                return Err(match near {
                    Some(near) => error.help(format!("did you mean `{near}`?")),
                    None => error.help(format!("known are {}", KNOWN.join(", "))),
                });
            }
        }
        Ok(())
    }

    /// As people may see it.
    pub fn place(&self) -> String {
        let at = match &self.socket {
            Some(socket) => socket.clone(),
            None => format!("{}:{}", self.host, self.port),
        };
        let database = self.database.as_deref().unwrap_or("");
        format!("mysql://{}@{at}/{database}", self.user)
    }
}

fn malformed(why: &str) -> DbError {
    DbError::new(
        DbErrorKind::Url,
        format!("the URL cannot be followed: {why}"),
    )
    .help("write it like mysql://user@host:3306/database")
}

fn decoded(text: &str) -> Result<String, DbError> {
    percent_decode_str(text)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| malformed("it holds bytes that are no UTF-8"))
}

/// The URL without its password, however malformed it is.
pub fn redact(url: &str) -> String {
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), url),
    };
    let (main, query) = match rest.split_once('?') {
        Some((main, query)) => (main, Some(query)),
        None => (rest, None),
    };
    let main = match main.rsplit_once('@') {
        Some((login, address)) => {
            let user = login.split(':').next().unwrap_or_default();
            let hidden = if login.contains(':') { ":***" } else { "" };
            format!("{user}{hidden}@{address}")
        }
        None => main.to_owned(),
    };
    let query = query.map(|q| {
        let each = q.split('&').map(|pair| match pair.split_once('=') {
            Some((name, _)) if name.eq_ignore_ascii_case("password") => format!("{name}=***"),
            _ => pair.to_owned(),
        });
        format!("?{}", each.collect::<Vec<_>>().join("&"))
    });
    format!("{scheme}{main}{}", query.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing(_: &str) -> Option<String> {
        None
    }

    #[test]
    fn a_url_says_all() {
        let url = "mysql://app:p%40ss@db.example:3307/shop?ssl-mode=required&ssl_ca=/ca.pem";
        let read = Settings::of(url, "", &nothing).expect("it reads");
        assert_eq!((read.user.as_str(), read.port), ("app", 3307));
        assert_eq!(read.password.as_ref().map(Secret::reveal), Some("p@ss"));
        assert_eq!(read.database.as_deref(), Some("shop"));
        assert_eq!(read.ssl_mode, SslMode::Required);
        assert!(!format!("{read:?}").contains("p@ss"));
        assert_eq!(read.place(), "mysql://app@db.example:3307/shop");
    }

    #[test]
    fn what_it_leaves_out_comes_from_elsewhere() {
        let file = "[mysqld]\nport=1\n[client]\nuser = me\npassword=\"x y\"\nport=3308\nprompt=p\n";
        let env = |name: &str| (name == "MYSQL_HOST").then(|| "h".to_owned());
        let read = Settings::of("mysql:///d", file, &env).expect("it reads");
        assert_eq!(
            (read.user.as_str(), read.host.as_str(), read.port),
            ("me", "h", 3308)
        );
        assert_eq!(read.password.as_ref().map(Secret::reveal), Some("x y"));
    }

    #[test]
    fn mistakes_are_named() {
        let error = Settings::of("mysql://h/d?ssl-mod=x", "", &nothing).expect_err("unknown");
        assert_eq!(error.help.as_deref(), Some("did you mean `ssl-mode`?"));
        assert!(Settings::of("mysql://h:x/d", "", &nothing).is_err());
        assert!(Settings::of("mysql", "", &nothing).is_err());
    }

    #[test]
    fn passwords_are_hidden() {
        assert_eq!(
            redact("mysql://a:b@c/d?password=e&x=1"),
            "mysql://a:***@c/d?password=***&x=1"
        );
        assert_eq!(redact("mysql://a@c/d"), "mysql://a@c/d");
    }
}
