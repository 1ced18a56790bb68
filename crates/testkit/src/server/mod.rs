//! Private database servers for tests.
//!
//! Neighbours: `engine` shares one per process; `dump` reads their databases through pg_dump. Invariants: nothing is
//! created outside the temporary folder and the target folder; a server ends with the process that started it, even
//! when that process is killed.

mod account;
mod database;
mod install;
mod launch;
mod mariadb;
mod session;
mod template;
mod watch;

pub use database::Database;
pub use install::{Install, newest_major};
pub use mariadb::{MARIADB_URL, MYSQL_URL, Mariadb, MariadbDatabase, has_mariadb};
pub use session::Rows;

use anyhow::{Context, Result, bail};
use std::fmt;
use std::path::PathBuf;
use std::process::Command;

/// The variable with the URL of a superuser on a running server, which is then used instead of a private one.
pub const URL: &str = "DRIFTLESS_TEST_POSTGRES_URL";

/// How PostgreSQL servers are had.
pub struct Postgres;

impl Postgres {
    /// A server of that major, or the first that is found: by URL from the environment, from `cargo xtask engines`,
    /// from `PATH`, from the distribution's folders.
    pub fn start(major: Option<u16>) -> Result<Server> {
        if let Ok(url) = std::env::var(URL)
            && !url.is_empty()
        {
            return Server::running(url, major);
        }
        let install = Install::find(major)?;
        launch::start(install)
    }
}

/// A server that answers.
pub struct Server {
    url: String,
    major: u16,
    version: String,
    install: Option<Install>,
    /// Only what was started here is stopped here.
    process: Option<watch::Process>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Server(postgres {}, {})",
            self.version,
            if self.process.is_some() {
                "private"
            } else {
                "by URL"
            }
        )
    }
}

impl Server {
    fn running(url: String, wanted: Option<u16>) -> Result<Self> {
        let server =
            Self::connect(url, None, None).with_context(|| format!("the server of {URL}"))?;
        if wanted.is_some_and(|wanted| wanted != server.major) {
            bail!(
                "{URL} names a server of version {}, another was asked for",
                server.version
            );
        }
        Ok(server)
    }

    fn connect(
        url: String,
        install: Option<Install>,
        process: Option<watch::Process>,
    ) -> Result<Self> {
        let rows = session::run(&url, "SHOW server_version; SHOW server_version_num")?;
        let cell = |index: usize| {
            rows.get(index)
                .and_then(|row| row.first().cloned().flatten())
                .unwrap_or_default()
        };
        let number: u32 = cell(1).parse().context("the server tells no version")?;
        let version = cell(0).split(' ').next().unwrap_or_default().to_owned();
        Ok(Self {
            url,
            major: (number / 10_000) as u16,
            version,
            install,
            process,
        })
    }

    /// A superuser's URL of the database `postgres` (or of the one that the environment's URL names).
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The URL of another database of this server.
    pub fn database_url(&self, database: &str) -> String {
        session::with_database(&self.url, database)
    }

    pub fn major(&self) -> u16 {
        self.major
    }

    /// As the server says it: `15.14`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The folder of the unix socket, where the server is private.
    pub fn socket_folder(&self) -> Option<PathBuf> {
        self.process
            .as_ref()
            .map(|process| process.folder().to_path_buf())
    }

    /// A new, empty database, dropped with the value.
    pub fn fresh_database(&self, name_hint: &str) -> Result<Database> {
        Database::create(self, name_hint)
    }

    /// Runs statements on the superuser's database and returns their rows as text.
    pub fn query(&self, sql: &str) -> Result<Rows> {
        session::run(&self.url, sql)
    }

    /// Runs SQL through the psql client and returns what it printed; `None` where the machine has no psql.
    pub fn psql(&self, sql: &str) -> Option<Result<String>> {
        psql(&self.psql_path()?, &self.url, sql).into()
    }

    pub fn psql_path(&self) -> Option<PathBuf> {
        install::client("psql", self.install.as_ref(), 0)
    }

    /// A pg_dump that can read this server: not older than it.
    pub fn pg_dump_path(&self) -> Option<PathBuf> {
        install::client("pg_dump", self.install.as_ref(), self.major)
    }
}

fn psql(client: &std::path::Path, url: &str, sql: &str) -> Result<String> {
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), sql)?;
    let output = Command::new(client)
        .args([
            "--no-psqlrc",
            "--quiet",
            "--no-align",
            "--tuples-only",
            "--set=ON_ERROR_STOP=1",
            "--dbname",
            url,
        ])
        .arg("--file")
        .arg(file.path())
        .output()
        .context("cannot run psql")?;
    if !output.status.success() {
        bail!("psql: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
