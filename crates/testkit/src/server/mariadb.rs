//! A private MariaDB, or one by URL from the environment.
//!
//! Neighbours: `watch` ends it; `dump` reads its databases. Invariant: everything goes through the engine's own client,
//! so that what judges a state is no code of driftless.

use super::account::Account;
use super::watch::Process;
use crate::workspace;
use anyhow::{Context, Result, bail};
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// The variable with the URL of an administrator on a running server: `mysql://root@127.0.0.1:3306`.
pub const MARIADB_URL: &str = "DRIFTLESS_TEST_MARIADB_URL";

/// The same for MySQL; without it there is the server that `cargo xtask engines mysql` got, or none.
pub const MYSQL_URL: &str = "DRIFTLESS_TEST_MYSQL_URL";

/// A server that answers.
#[derive(Debug)]
pub struct Mariadb {
    /// Without a database and without a slash at the end.
    url: String,
    host: String,
    port: String,
    user: String,
    client: PathBuf,
    _process: Option<Process>,
}

/// A program of the server, on `PATH` or where distributions put it.
fn program(names: &[&str]) -> Option<PathBuf> {
    let places = ["/usr/sbin", "/usr/libexec", "/usr/bin"];
    names.iter().find_map(|name| {
        workspace::program(name).or_else(|| {
            let mut files = places.iter().map(|place| Path::new(place).join(name));
            files.find(|file| file.is_file())
        })
    })
}

/// A new folder for a server, where the one that may be everywhere is reached.
fn home(reached: bool) -> Result<tempfile::TempDir> {
    // Short, since the path of a unix socket may have 107 bytes only.
    let place = match reached {
        true => std::env::temp_dir(),
        false => PathBuf::from("/tmp"),
    };
    Ok(tempfile::Builder::new()
        .prefix("dl-my-")
        .tempdir_in(place)?)
}

/// Whether a server can be started here, or is named.
pub fn has_mariadb() -> bool {
    std::env::var(MARIADB_URL).is_ok_and(|url| !url.is_empty())
        || program(&["mariadbd"]).is_some() && program(&["mariadb-install-db"]).is_some()
}

impl Mariadb {
    pub fn start() -> Result<Mariadb> {
        let client = program(&["mariadb", "mysql"]).context("no client of MariaDB")?;
        if let Some(server) = Mariadb::named(MARIADB_URL)? {
            return Ok(server);
        }
        let (Some(server), Some(install)) =
            (program(&["mariadbd"]), program(&["mariadb-install-db"]))
        else {
            bail!(
                "no server programs of MariaDB; install the package `mariadb-server`, or set {MARIADB_URL}"
            );
        };
        let account = Account::choose()?;
        let process = Process::watch(home(account.reaches(&std::env::temp_dir().join("x")))?)?;
        let folder = process.folder().to_path_buf();
        account.own(&folder)?;
        let data = folder.join("data");
        let made = account
            .command(&install)
            .arg("--no-defaults")
            .arg(format!("--datadir={}", data.display()))
            .arg("--auth-root-authentication-method=normal")
            .arg("--skip-test-db")
            .current_dir("/")
            .output()
            .context("cannot run mariadb-install-db")?;
        if !made.status.success() {
            bail!(
                "mariadb-install-db: {}",
                String::from_utf8_lossy(&made.stderr).trim()
            );
        }
        let mut command = account.command(&server);
        command.arg("--no-defaults");
        Mariadb::launch(process, client, command)
    }

    /// A private MySQL, of those that `cargo xtask engines mysql` got.
    pub fn start_mysql() -> Result<Mariadb> {
        if let Some(server) = Mariadb::named(MYSQL_URL)? {
            return Ok(server);
        }
        let client = program(&["mariadb", "mysql"]).context("no client of MariaDB or MySQL")?;
        let root = workspace::engines().join("mysql");
        let places = [
            "usr/lib64/ld-linux-x86-64.so.2",
            "usr/lib/ld-linux-aarch64.so.1",
        ];
        let Some(loader) = places.iter().map(|p| root.join(p)).find(|p| p.is_file()) else {
            bail!("no MySQL; `cargo xtask engines mysql` gets one, or set {MYSQL_URL}");
        };
        let process = Process::watch(home(true)?)?;
        let data = process.folder().join("data");
        // With the libraries that it was built for: those of the machine may be older.
        let libraries = root.join(format!("usr/lib/{}-linux-gnu", std::env::consts::ARCH));
        let mysqld = || {
            let mut command = Command::new(&loader);
            command
                .arg("--library-path")
                .arg(&libraries)
                .arg(root.join("usr/sbin/mysqld"))
                .args(["--no-defaults", "--user=root"])
                .arg(format!("--basedir={}", root.join("usr").display()))
                .arg(format!(
                    "--lc-messages-dir={}",
                    root.join("usr/share/mysql").display()
                ));
            command
        };
        let made = mysqld()
            .arg("--initialize-insecure")
            .arg(format!("--datadir={}", data.display()))
            .output()
            .context("cannot run mysqld")?;
        if !made.status.success() {
            bail!("mysqld: {}", String::from_utf8_lossy(&made.stderr).trim());
        }
        let mut command = mysqld();
        command.args(["--mysqlx=OFF", "--secure-file-priv=NULL"]);
        Mariadb::launch(process, client, command)
    }

    /// Starts a server whose data lie in the process' folder, and waits for it.
    fn launch(mut process: Process, client: PathBuf, mut command: Command) -> Result<Mariadb> {
        let folder = process.folder().to_path_buf();
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let log = std::fs::File::create(folder.join("log"))?;
        command
            .arg(format!("--datadir={}", folder.join("data").display()))
            .arg(format!("--port={port}"))
            .arg("--bind-address=127.0.0.1")
            .arg(format!("--socket={}", folder.join("s").display()))
            .arg(format!("--pid-file={}", folder.join("pid").display()))
            .args(["--character-set-server=utf8mb4", "--skip-log-bin"])
            // Nothing of a test's data has to survive.
            .args([
                "--innodb-flush-log-at-trx-commit=0",
                "--innodb-buffer-pool-size=128M",
            ])
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0);
        process.adopt(command.spawn().context("cannot run the server")?)?;
        let url = format!("mysql://root@127.0.0.1:{port}");
        let end = Instant::now() + Duration::from_secs(60);
        let server = Mariadb::address(&url, client, Some(process))?;
        while server.run(None, "SELECT 1").is_err() {
            if Instant::now() > end {
                let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
                bail!("the server did not start: {}", log.trim());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(server)
    }

    /// The server that a variable names, of either product.
    pub fn named(variable: &str) -> Result<Option<Mariadb>> {
        let url = std::env::var(variable).unwrap_or_default();
        if url.is_empty() {
            return Ok(None);
        }
        let client = program(&["mariadb", "mysql"]).context("no client of MariaDB or MySQL")?;
        let server = Mariadb::address(&url, client, None)?;
        server
            .run(None, "SELECT 1")
            .with_context(|| format!("the server of {variable}"))?;
        Ok(Some(server))
    }

    fn address(url: &str, client: PathBuf, process: Option<Process>) -> Result<Mariadb> {
        let url = url.trim_end_matches('/').to_owned();
        let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
        let (user, address) = rest.split_once('@').unwrap_or(("root", rest));
        let (host, port) = address.split_once(':').unwrap_or((address, "3306"));
        Ok(Mariadb {
            host: host.to_owned(),
            port: port.to_owned(),
            user: user.to_owned(),
            url: url.clone(),
            client,
            _process: process,
        })
    }

    /// Runs a script by the engine's own client; what it prints, tab-separated and without heads.
    pub fn run(&self, database: Option<&str>, sql: &str) -> Result<String> {
        let mut child = Command::new(&self.client)
            .arg("--no-defaults")
            .args([
                "--host", &self.host, "--port", &self.port, "--user", &self.user,
            ])
            .args(["--default-character-set=utf8mb4", "--skip-ssl"])
            // The collation is the server's usual one, whatever the client's is.
            .arg("--init-command=SET NAMES utf8mb4")
            .args(["--batch", "--skip-column-names", "--raw", "--comments"])
            .args(database)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot run the client")?;
        // It may end before it has read all.
        if let Some(mut pipe) = child.stdin.take() {
            let _ = pipe.write_all(sql.as_bytes());
        }
        let output = child.wait_with_output()?;
        if !output.status.success() {
            bail!(
                "mariadb: {}",
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The arguments by which the engine's own programs reach it.
    pub fn way(&self) -> Vec<String> {
        let named = [
            ("host", &self.host),
            ("port", &self.port),
            ("user", &self.user),
        ];
        let named = named.map(|(name, value)| format!("--{name}={value}"));
        std::iter::once("--no-defaults".to_owned())
            .chain(named)
            .collect()
    }

    /// A new, empty database, dropped with the value.
    pub fn fresh_database(&'static self, hint: &str) -> Result<MariadbDatabase> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let hint: String = hint
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() {
                    c.to_ascii_lowercase()
                } else {
                    '_'
                }
            })
            .take(32)
            .collect();
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("dl_{hint}_{}_{count}", std::process::id());
        self.run(None, &format!("CREATE DATABASE {name}"))?;
        Ok(MariadbDatabase { server: self, name })
    }
}

/// Dropped when it goes out of scope.
#[derive(Debug)]
pub struct MariadbDatabase {
    server: &'static Mariadb,
    name: String,
}

impl MariadbDatabase {
    pub fn url(&self) -> String {
        format!("{}/{}", self.server.url, self.name)
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs a script by the engine's own client.
    pub fn run(&self, sql: &str) -> Result<String> {
        self.server.run(Some(&self.name), sql)
    }
}

impl Drop for MariadbDatabase {
    fn drop(&mut self) {
        // The whole server may be gone already.
        let _ = self
            .server
            .run(None, &format!("DROP DATABASE IF EXISTS {}", self.name));
    }
}
