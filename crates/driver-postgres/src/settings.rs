//! The settings of a connection, layered as libpq does: URL, then service file, then environment, then defaults.
//!
//! Neighbours: `url` and `service` give pairs, `endpoint` makes hosts of them, `connect` and `tls` follow the result.
//! Invariant: a setting that cannot be followed is an error that names it and where it stands, never a silence.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use driftless_runtime::{DbError, DbErrorKind};

use crate::endpoint::{self, Endpoint};
use crate::environment::Environment;
use crate::keyword::{self, FOLLOWED, UNFOLLOWED};
use crate::{service, url};

/// A password. It has no `Display`, and `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: String) -> Self {
        Secret(text)
    }
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SslMode {
    Disable,
    Allow,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

/// Which servers among several hosts will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    PreferStandby,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binding {
    Disable,
    Prefer,
    Require,
}

#[derive(Debug)]
pub struct Settings {
    pub endpoints: Vec<Endpoint>,
    pub user: String,
    pub database: String,
    pub password: Option<Secret>,
    pub passfile: Option<PathBuf>,
    pub application: String,
    pub options: Option<String>,
    /// `Some(ZERO)` is no limit.
    pub connect_timeout: Option<Duration>,
    pub sslmode: SslMode,
    pub sslrootcert: Option<String>,
    pub sslcert: Option<String>,
    pub sslkey: Option<String>,
    pub target: Target,
    pub binding: Binding,
    pub keepalives: Option<bool>,
    pub keepalives_idle: Option<u32>,
    pub keepalives_interval: Option<u32>,
    pub keepalives_count: Option<u32>,
    /// Milliseconds.
    pub tcp_user_timeout: Option<u32>,
}

struct Given {
    value: String,
    /// `the URL`, `PGPORT`, `the service x`.
    origin: String,
}

/// What was given for each keyword, by the first layer that had it.
#[derive(Default)]
struct Layers(BTreeMap<String, Given>);

impl Layers {
    /// Pairs of one layer: the last of a keyword wins within it, an earlier layer wins over it.
    fn add(&mut self, pairs: Vec<(String, String)>, origin: &str) -> Result<(), DbError> {
        let mut layer = BTreeMap::new();
        for (key, value) in pairs {
            keyword::check(&key, &value, origin)?;
            layer.insert(key, value);
        }
        for (key, value) in layer {
            if !value.is_empty() {
                let origin = origin.to_owned();
                self.0.entry(key).or_insert(Given { value, origin });
            }
        }
        Ok(())
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(|given| given.value.as_str())
    }

    fn owned(&self, key: &str) -> Option<String> {
        self.get(key).map(str::to_owned)
    }

    fn wrong(&self, key: &str, expected: &str) -> DbError {
        let (value, origin) = self
            .0
            .get(key)
            .map_or(("", "the URL"), |given| (&given.value, &given.origin));
        wrong(format!("`{value}` is no {key} (from {origin})")).help(expected)
    }

    fn number<T: FromStr>(&self, key: &str) -> Result<Option<T>, DbError> {
        self.get(key)
            .map(|text| {
                let read = text.trim().parse();
                read.map_err(|_| self.wrong(key, "write a whole number"))
            })
            .transpose()
    }

    fn choice<T: Copy>(&self, key: &str, choices: &[(&str, T)], default: T) -> Result<T, DbError> {
        let Some(written) = self.get(key) else {
            return Ok(default);
        };
        match choices.iter().find(|(name, _)| *name == written) {
            Some((_, choice)) => Ok(*choice),
            None => {
                let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
                Err(self.wrong(key, &format!("choose one of: {}", names.join(", "))))
            }
        }
    }
}

impl Settings {
    pub fn read(url: &str, environment: &Environment) -> Result<Settings, DbError> {
        let mut layers = Layers::default();
        layers.add(url::parse(url)?, "the URL")?;
        let named = layers.get("service").or(environment.get("PGSERVICE"));
        if let Some(name) = named.map(str::to_owned) {
            let pairs = service::service(&name, environment)?;
            layers.add(pairs, &format!("the service {name}"))?;
        }
        let variables = FOLLOWED
            .iter()
            .map(|(key, variable)| (*key, *variable))
            .chain(
                UNFOLLOWED
                    .iter()
                    .map(|(key, variable, _)| (*key, *variable)),
            );
        for (key, variable) in variables.filter(|(_, variable)| !variable.is_empty()) {
            if let Some(value) = environment.get(variable) {
                layers.add(vec![(key.to_owned(), value.to_owned())], variable)?;
            }
        }
        Settings::typed(&layers, environment)
    }

    fn typed(layers: &Layers, environment: &Environment) -> Result<Settings, DbError> {
        let user = layers
            .owned("user")
            .or_else(|| environment.user.clone())
            .ok_or_else(|| {
                wrong("no user is named, and the operating system does not tell who runs this")
                    .help("write the user into the URL: postgres://user@host/database")
            })?;
        let (sslmode, sslrootcert) = ssl(layers)?;
        let timeout: Option<i64> = layers.number("connect_timeout")?;
        Ok(Settings {
            endpoints: endpoint::endpoints(
                layers.get("host"),
                layers.get("hostaddr"),
                layers.get("port"),
            )?,
            database: layers.owned("dbname").unwrap_or_else(|| user.clone()),
            user,
            password: layers.owned("password").map(Secret::new),
            passfile: layers.get("passfile").map(PathBuf::from).or_else(|| {
                let home = environment.home.as_ref()?;
                Some(home.join(".pgpass"))
            }),
            application: layers
                .owned("application_name")
                .or_else(|| layers.owned("fallback_application_name"))
                .unwrap_or_else(|| "driftless".to_owned()),
            options: layers.owned("options"),
            connect_timeout: timeout.map(|seconds| match u64::try_from(seconds) {
                // As with libpq: one second is too short for a name to be resolved.
                Ok(1) => Duration::from_secs(2),
                Ok(seconds) => Duration::from_secs(seconds),
                Err(_) => Duration::ZERO,
            }),
            sslmode,
            sslrootcert,
            sslcert: layers.owned("sslcert"),
            sslkey: layers.owned("sslkey"),
            target: target(layers)?,
            binding: binding(layers)?,
            keepalives: layers.number::<i32>("keepalives")?.map(|on| on != 0),
            keepalives_idle: layers.number("keepalives_idle")?,
            keepalives_interval: layers.number("keepalives_interval")?,
            keepalives_count: layers.number("keepalives_count")?,
            tcp_user_timeout: layers.number("tcp_user_timeout")?,
        })
    }
}

/// `sslrootcert=system` asks for `verify-full`, and nothing weaker goes with it.
fn ssl(layers: &Layers) -> Result<(SslMode, Option<String>), DbError> {
    let root = layers.owned("sslrootcert");
    let system = root.as_deref() == Some("system");
    let default = match system {
        true => SslMode::VerifyFull,
        false => SslMode::Prefer,
    };
    let choices = [
        ("disable", SslMode::Disable),
        ("allow", SslMode::Allow),
        ("prefer", SslMode::Prefer),
        ("require", SslMode::Require),
        ("verify-ca", SslMode::VerifyCa),
        ("verify-full", SslMode::VerifyFull),
    ];
    let mode = layers.choice("sslmode", &choices, default)?;
    if system && mode != SslMode::VerifyFull {
        return Err(wrong(
            "sslrootcert=system trusts every public authority, so it needs sslmode=verify-full",
        )
        .help("write sslmode=verify-full, or leave sslmode out"));
    }
    Ok((mode, root))
}

fn target(layers: &Layers) -> Result<Target, DbError> {
    let choices = [
        ("any", Target::Any),
        ("read-write", Target::ReadWrite),
        ("read-only", Target::ReadOnly),
        ("primary", Target::Primary),
        ("standby", Target::Standby),
        ("prefer-standby", Target::PreferStandby),
    ];
    layers.choice("target_session_attrs", &choices, Target::Any)
}

fn binding(layers: &Layers) -> Result<Binding, DbError> {
    let choices = [
        ("disable", Binding::Disable),
        ("prefer", Binding::Prefer),
        ("require", Binding::Require),
    ];
    layers.choice("channel_binding", &choices, Binding::Prefer)
}

fn wrong(message: impl Into<String>) -> DbError {
    DbError::new(DbErrorKind::Url, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment {
            variables: variables
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            home: Some(PathBuf::from("/nonexistent")),
            user: Some("me".to_owned()),
        }
    }

    fn read(url: &str, variables: &[(&str, &str)]) -> Settings {
        Settings::read(url, &environment(variables)).unwrap()
    }

    fn fails(url: &str, variables: &[(&str, &str)]) -> DbError {
        Settings::read(url, &environment(variables)).unwrap_err()
    }

    #[test]
    fn defaults() {
        let settings = read("postgres://h", &[]);
        assert_eq!((&*settings.user, &*settings.database), ("me", "me"));
        assert_eq!(settings.application, "driftless");
        assert_eq!(settings.sslmode, SslMode::Prefer);
        assert_eq!(settings.connect_timeout, None);
        assert_eq!(
            settings.passfile,
            Some(PathBuf::from("/nonexistent/.pgpass"))
        );
        assert_eq!(read("postgres://ann@h", &[]).database, "ann");
    }

    #[test]
    fn the_url_wins_over_the_environment() {
        let variables = [
            ("PGHOST", "other"),
            ("PGUSER", "bob"),
            ("PGPASSWORD", "secret"),
            ("PGDATABASE", "shop"),
            ("PGSSLMODE", "require"),
            ("PGAPPNAME", "mine"),
            ("PGCONNECT_TIMEOUT", "1"),
            ("PGOPTIONS", ""),
        ];
        let settings = read("postgres://ann@h?sslmode=disable", &variables);
        assert_eq!((&*settings.user, &*settings.database), ("ann", "shop"));
        assert_eq!(settings.sslmode, SslMode::Disable);
        assert_eq!(settings.application, "mine");
        assert_eq!(settings.connect_timeout, Some(Duration::from_secs(2)));
        assert_eq!(settings.options, None);
        let shown = format!("{settings:?}");
        assert!(
            !shown.contains("secret") && !shown.contains("other"),
            "{shown}"
        );
    }

    #[test]
    fn a_service_stands_between_url_and_environment() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("services");
        std::fs::write(&file, "[s]\nuser=bob\ndbname=shop\nport=7\n[bad]\nhots=x\n").unwrap();
        let file = file.display().to_string();
        let variables = [("PGSERVICEFILE", &*file), ("PGUSER", "carl")];
        let settings = read("postgres://h?service=s&port=8", &variables);
        assert_eq!((&*settings.user, &*settings.database), ("bob", "shop"));
        assert_eq!(settings.endpoints[0].port, 8);
        let error = fails("postgres://h?service=bad", &variables);
        assert_eq!(error.help.as_deref(), Some("did you mean `host`?"));
        let error = fails("postgres://h?service=none", &variables);
        assert!(error.message.contains("`none`"), "{error}");
    }

    #[test]
    fn what_cannot_be_followed_is_refused() {
        for (url, help) in [
            ("postgres://h?sslmod=require", "did you mean `sslmode`?"),
            ("postgres://h?user_name=x", "known are: host,"),
            ("postgres://h?sslmode=on", "choose one of: disable, allow,"),
            ("postgres://h?sslcrl=x", "leave it out"),
            (
                "postgres://h?gssencmode=require",
                "leave it out, or write gssencmode=disable",
            ),
            ("postgres://h?connect_timeout=soon", "write a whole number"),
            (
                "postgres://h?sslrootcert=system&sslmode=require",
                "write sslmode=verify-full",
            ),
            ("postgres://h:0/x", "a port is a number from 1 to 65535"),
            ("postgres://h:99999/x", "a port is a number from 1 to 65535"),
            ("postgres://a,b?port=1,2,3", "give one port"),
        ] {
            let error = fails(url, &[]);
            assert_eq!(error.kind, DbErrorKind::Url, "{url}");
            let told = error.help.unwrap_or_default();
            assert!(told.starts_with(help), "{url}: {told}");
        }
        let error = fails("postgres://h?sslpassword=secret", &[]);
        assert!(!format!("{error:?}").contains("secret"));
        let error = fails("postgres://h", &[("PGREQUIREAUTH", "scram-sha-256")]);
        assert!(error.message.contains("PGREQUIREAUTH"), "{error}");
    }

    #[test]
    fn the_system_roots_imply_full_verification() {
        let settings = read("postgres://h?sslrootcert=system", &[]);
        assert_eq!(settings.sslmode, SslMode::VerifyFull);
    }
}
