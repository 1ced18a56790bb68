//! From settings to a session: host by host, with and without TLS as `sslmode` allows.
//!
//! Neighbours: `settings` and `tls` say how, `session` is what comes out. Invariant: where several attempts fail, the
//! error is the one of the attempt that was wanted most.

use std::time::Duration;

use driftless_runtime::{ConnectOptions, Connection, DbError, DbErrorKind};
use tokio_postgres::Config;
use tokio_postgres::config::{ChannelBinding, SslMode as Negotiation};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::endpoint::{Endpoint, Host};
use crate::environment::Environment;
use crate::passfile::{self, Wanted};
use crate::session::Session;
use crate::settings::{Binding, Secret, Settings, SslMode, Target};
use crate::{fault, tls};

pub async fn connect(
    settings: &Settings,
    environment: &Environment,
    options: &ConnectOptions,
) -> Result<Session, DbError> {
    let rounds: &[Target] = match settings.target {
        Target::PreferStandby => &[Target::Standby, Target::Any],
        _ => &[settings.target],
    };
    let mut failures: Vec<DbError> = Vec::new();
    for target in rounds {
        failures.clear();
        for endpoint in &settings.endpoints {
            let attempt = Attempt {
                settings,
                environment,
                options,
                endpoint,
            };
            match attempt.session(*target).await {
                Ok(session) => return Ok(session),
                // Another host would say the same.
                Err(error) if !passes_on(&error) => return Err(error),
                Err(error) => failures.push(error),
            }
        }
    }
    let mut failures = failures.into_iter();
    let first = failures
        .next()
        .unwrap_or_else(|| DbError::new(DbErrorKind::Url, "no host is named"));
    let others: Vec<String> = failures.map(|error| error.message).collect();
    Err(match others.is_empty() {
        true => first,
        false => first.detail(others.join("\n")),
    })
}

fn passes_on(error: &DbError) -> bool {
    use DbErrorKind::*;
    matches!(
        error.kind,
        Refused | Dns | Timeout | Tls | Lost | Io | ReadOnly
    )
}

struct Attempt<'a> {
    settings: &'a Settings,
    environment: &'a Environment,
    options: &'a ConnectOptions,
    endpoint: &'a Endpoint,
}

impl Attempt<'_> {
    async fn session(&self, target: Target) -> Result<Session, DbError> {
        let (password, warnings) = self.password();
        let config = self.config(password.as_ref());
        let mut session = match self.reach(&config, &warnings).await {
            // An ignored password file explains a password that is missing.
            Err(error) if error.kind == DbErrorKind::Auth && !warnings.is_empty() => {
                return Err(error.detail(warnings.join("\n")));
            }
            reached => reached?,
        };
        self.fits(&mut session, target).await?;
        if let Some(role) = &self.options.role {
            let set = session.batch(&format!("SET ROLE {}", quoted(role))).await;
            set.map_err(|error| DbError {
                kind: match error.kind {
                    DbErrorKind::Statement => DbErrorKind::Permission,
                    kind => kind,
                },
                message: format!("cannot work as role {role}: {}", error.message),
                ..error
            })?;
        }
        if let Some(schema) = &self.options.schema {
            // What is shared (extensions) lies in `public` as a rule.
            let path = match schema.as_str() {
                "public" => quoted(schema),
                _ => format!("{}, public", quoted(schema)),
            };
            session.batch(&format!("SET search_path TO {path}")).await?;
            session.schema = Some(schema.clone());
        }
        Ok(session)
    }

    /// `sslmode` has no meaning on a socket. `allow` and `prefer` try the other way where the first was refused.
    async fn reach(&self, config: &Config, warnings: &[String]) -> Result<Session, DbError> {
        let mode = match self.endpoint.host {
            Host::Socket(_) => SslMode::Disable,
            Host::Tcp(_) => self.settings.sslmode,
        };
        let encrypted = || tls::connector(self.settings, self.environment);
        let open = |negotiation, tls| self.open(config, negotiation, tls, warnings);
        match mode {
            SslMode::Disable => open(Negotiation::Disable, tls::unused()?).await,
            SslMode::Allow => match open(Negotiation::Disable, tls::unused()?).await {
                Err(error) if refused_as_such(&error) => {
                    let second = open(Negotiation::Require, encrypted()?).await;
                    second.or(Err(error))
                }
                result => result,
            },
            SslMode::Prefer => match open(Negotiation::Prefer, encrypted()?).await {
                Err(error) if error.kind == DbErrorKind::Tls || refused_as_such(&error) => {
                    let second = open(Negotiation::Disable, tls::unused()?).await;
                    second.or(Err(error))
                }
                result => result,
            },
            SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => {
                open(Negotiation::Require, encrypted()?).await
            }
        }
    }

    async fn open(
        &self,
        config: &Config,
        negotiation: Negotiation,
        tls: MakeRustlsConnect,
        warnings: &[String],
    ) -> Result<Session, DbError> {
        let mut config = config.clone();
        config.ssl_mode(negotiation);
        let place = self.place();
        let limit = match self.settings.connect_timeout {
            Some(Duration::ZERO) => None,
            Some(limit) => Some(limit),
            None => Some(self.options.connect_timeout),
        };
        let connecting = config.connect(tls.clone());
        let connected = match limit {
            Some(limit) => tokio::time::timeout(limit, connecting).await.map_err(|_| {
                DbError::new(
                    DbErrorKind::Timeout,
                    format!(
                        "cannot connect to {place}: no answer within {} s",
                        limit.as_secs_f64()
                    ),
                )
            })?,
            None => connecting.await,
        };
        let (client, connection) = connected.map_err(|error| fault::connecting(&error, &place))?;
        let server = version(connection.parameter("server_version").unwrap_or("unknown"));
        let task = tokio::spawn(async move {
            // Its error reaches whoever waits for a statement.
            let _ = connection.await;
        });
        Ok(Session::new(
            place,
            server,
            warnings.to_vec(),
            client,
            task,
            tls,
        ))
    }

    fn place(&self) -> String {
        self.endpoint
            .place(&self.settings.user, &self.settings.database)
    }

    fn password(&self) -> (Option<Secret>, Vec<String>) {
        if let Some(given) = &self.settings.password {
            return (Some(given.clone()), Vec::new());
        }
        let Some(file) = &self.settings.passfile else {
            return (None, Vec::new());
        };
        let wanted = Wanted {
            host: &self.endpoint.password_host(),
            port: self.endpoint.port,
            database: &self.settings.database,
            user: &self.settings.user,
        };
        match passfile::look_up(file, &wanted) {
            Ok(found) => (found, Vec::new()),
            Err(warning) => (None, vec![warning]),
        }
    }

    fn config(&self, password: Option<&Secret>) -> Config {
        let settings = self.settings;
        let mut config = Config::new();
        config
            .user(&settings.user)
            .dbname(&settings.database)
            .application_name(&settings.application)
            .port(self.endpoint.port)
            .channel_binding(match settings.binding {
                Binding::Disable => ChannelBinding::Disable,
                Binding::Prefer => ChannelBinding::Prefer,
                Binding::Require => ChannelBinding::Require,
            });
        match &self.endpoint.host {
            Host::Tcp(name) => config.host(name),
            // tokio-postgres takes a host that begins with a slash for a socket's folder.
            Host::Socket(folder) => config.host(folder.display().to_string()),
        };
        if let Some(address) = self.endpoint.address {
            config.hostaddr(address);
        }
        if let Some(password) = password {
            config.password(password.reveal());
        }
        let options = startup_options(settings.options.as_deref(), self.options);
        if !options.is_empty() {
            config.options(options);
        }
        self.keep_alive(&mut config);
        config
    }

    fn keep_alive(&self, config: &mut Config) {
        let seconds = |seconds: u32| Duration::from_secs(seconds.into());
        if let Some(on) = self.settings.keepalives {
            config.keepalives(on);
        }
        if let Some(idle) = self.settings.keepalives_idle.filter(|idle| *idle > 0) {
            config.keepalives_idle(seconds(idle));
        }
        if let Some(interval) = self.settings.keepalives_interval.filter(|i| *i > 0) {
            config.keepalives_interval(seconds(interval));
        }
        if let Some(count) = self.settings.keepalives_count.filter(|count| *count > 0) {
            config.keepalives_retries(count);
        }
        if let Some(limit) = self.settings.tcp_user_timeout.filter(|limit| *limit > 0) {
            config.tcp_user_timeout(Duration::from_millis(limit.into()));
        }
    }

    async fn fits(&self, session: &mut Session, target: Target) -> Result<(), DbError> {
        let (question, wanted, is_not) = match target {
            Target::Any | Target::PreferStandby => return Ok(()),
            Target::ReadWrite => ("SHOW transaction_read_only", "off", "writable"),
            Target::ReadOnly => ("SHOW transaction_read_only", "on", "read-only"),
            Target::Primary => ("SELECT pg_is_in_recovery()", "f", "a primary"),
            Target::Standby => ("SELECT pg_is_in_recovery()", "t", "a standby"),
        };
        let rows = session.batch(question).await?;
        let answer = rows.first().and_then(|r| r.first()?.get(0));
        if answer == Some(wanted) {
            return Ok(());
        }
        Err(DbError::new(
            DbErrorKind::ReadOnly,
            format!("the server at {} is not {is_not}", self.place()),
        )
        .help("name the right host, or change target_session_attrs"))
    }
}

/// "no pg_hba.conf entry …, no encryption" and its like: the same user may be let in the other way.
fn refused_as_such(error: &DbError) -> bool {
    error.sqlstate.as_deref() == Some("28000")
}

/// Settings travel with the start-up message and not as SET: behind a pooler a SET would stay with a connection that
/// others get next, whereas a pooler that does not know start-up options refuses them openly.
fn startup_options(given: Option<&str>, options: &ConnectOptions) -> String {
    let mut all: Vec<String> = given.map(str::to_owned).into_iter().collect();
    if options.read_only {
        all.push("-c default_transaction_read_only=on".to_owned());
    }
    if let Some(limit) = options.lock_timeout {
        // Zero would mean to wait for ever.
        all.push(format!("-c lock_timeout={}", limit.as_millis().max(1)));
    }
    all.join(" ")
}

/// `15.18 (Debian 15.18-0+deb12u1)` has a packager's name behind the version.
fn version(text: &str) -> String {
    text.split_whitespace().next().unwrap_or(text).to_owned()
}

/// A name as it stands in a statement.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_up_options_follow_the_users_own() {
        let mut options = ConnectOptions::default();
        assert_eq!(startup_options(None, &options), "");
        options.read_only = true;
        options.lock_timeout = Some(Duration::from_secs(3));
        assert_eq!(
            startup_options(Some("-c a=b"), &options),
            "-c a=b -c default_transaction_read_only=on -c lock_timeout=3000"
        );
    }

    #[test]
    fn versions_and_names() {
        assert_eq!(version("15.18 (Debian 15.18-0+deb12u1)"), "15.18");
        assert_eq!(version("18beta1"), "18beta1");
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
    }
}
