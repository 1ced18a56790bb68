//! A private server of this machine's own programs, in a temporary folder, reached by a socket in that folder only.
//!
//! Neighbours: `install` finds the programs, `account` lends a user to whoever is root; `scratch` keeps what is started
//! here. Invariant: stopping leaves no process and no file.

mod account;
mod install;

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use account::Account;
use install::Install;

/// The server's own user. There are no others, and the folder of the socket lets nobody else in.
pub const USER: &str = "postgres";

/// The path of a socket may have about a hundred bytes.
const LONGEST: usize = 60;

/// Nothing in it has to survive, and a schema of ten thousand tables takes a lock on each.
const SETTINGS: &str = "
listen_addresses = ''
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
max_connections = 20
shared_buffers = 32MB
max_locks_per_transaction = 512
max_prepared_transactions = 8
logging_collector = off
";

pub struct Local {
    install: Install,
    account: Account,
    folder: PathBuf,
}

impl Local {
    /// Starts one of that major version, or of the one that comes nearest.
    pub fn start(major: u32) -> Result<Local, String> {
        let install = Install::nearest(major).ok_or("this machine has no server programs of PostgreSQL (`initdb`, `pg_ctl`, `postgres`), neither on PATH nor where distributions put them")?;
        let account = Account::choose()?;
        let folder = folder(&account).map_err(|e| format!("no temporary folder: {e}"))?;
        let local = Local {
            install,
            account,
            folder,
        };
        // What was made so far goes in `stop`, also when this fails.
        match local.launch() {
            Ok(()) => Ok(local),
            Err(why) => {
                local.stop();
                Err(why)
            }
        }
    }

    fn launch(&self) -> Result<(), String> {
        let data = self.data();
        let mut init = self.program("initdb");
        init.arg("-D").arg(&data).args([
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
            "--username",
            USER,
        ]);
        run(init).map_err(|why| format!("initdb failed: {why}"))?;
        self.configure()
            .map_err(|e| format!("the server's configuration cannot be written: {e}"))?;
        let log = self.folder.join("log");
        let mut start = self.program("pg_ctl");
        start.arg("start").arg("-D").arg(&data).arg("-l").arg(&log);
        start.args(["-w", "-t", "60", "-s"]);
        run(start).map_err(|why| {
            let log = std::fs::read_to_string(&log).unwrap_or_default();
            let last = log.lines().rev().find(|l| l.contains("FATAL"));
            format!("the server did not start: {}", last.unwrap_or(&why))
        })
    }

    fn configure(&self) -> std::io::Result<()> {
        let mut file = OpenOptions::new()
            .append(true)
            .open(self.data().join("postgresql.conf"))?;
        let socket = self.folder.to_string_lossy().replace('\'', "''");
        write!(
            file,
            "{SETTINGS}unix_socket_directories = '{socket}'\nunix_socket_permissions = 0777\n"
        )
    }

    /// Where its socket lies.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn program(&self, name: &str) -> Command {
        let mut command = self.account.command(&self.install.bin.join(name));
        self.install.prepare(&mut command);
        command.current_dir(&self.folder);
        command
    }

    /// Ends the server and removes its folder.
    pub fn stop(&self) {
        if self.data().join("postmaster.pid").exists() {
            let mut stop = self.program("pg_ctl");
            stop.arg("stop").arg("-D").arg(self.data());
            stop.args(["-m", "immediate", "-w", "-t", "20", "-s"]);
            let _ = run(stop);
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Runs a program to its end; an error is the last line that it wrote.
fn run(mut command: Command) -> Result<(), String> {
    // A server inherits these from pg_ctl, so they must not be pipes that somebody reads to the end.
    let errors = tempfile::tempfile().map_err(|e| e.to_string())?;
    let written = errors.try_clone().map_err(|e| e.to_string())?;
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(written);
    let status = command.status().map_err(|e| e.to_string())?;
    if status.success() {
        return Ok(());
    }
    let text = std::io::Seek::rewind(&mut &errors)
        .and_then(|()| std::io::read_to_string(&errors))
        .unwrap_or_default();
    let last = text.lines().rev().find(|line| !line.trim().is_empty());
    Err(last.unwrap_or("it said nothing").trim().to_string())
}

/// A folder of our own, which only its owner may enter.
fn folder(account: &Account) -> std::io::Result<PathBuf> {
    let places = [std::env::temp_dir(), PathBuf::from("/tmp")];
    let mut failure = std::io::Error::from(std::io::ErrorKind::NotFound);
    for place in places {
        if place.as_os_str().len() > LONGEST || !account.reaches(&place) {
            continue;
        }
        for attempt in 0..16 {
            let folder = place.join(format!("driftless-pg-{}", unique(attempt)));
            match std::fs::DirBuilder::new().mode(0o700).create(&folder) {
                Ok(()) => {
                    account.own(&folder)?;
                    return Ok(folder);
                }
                Err(e) => failure = e,
            }
        }
    }
    Err(failure)
}

/// A word that no other process, and no other call, makes.
pub fn unique(attempt: u32) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0, |d| d.as_nanos() & 0xffff_ffff);
    format!("{}_{:x}", std::process::id(), now + u128::from(attempt))
}

/// Whether others may pass through a folder.
fn is_open(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o001 != 0)
}
