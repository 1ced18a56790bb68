//! Starts a private server.
//!
//! Neighbours: `template` fills its data folder, `watch` ends it. Invariant: whatever fails on the way leaves no process
//! and no folder behind.

use super::account::Account;
use super::install::Install;
use super::watch::Process;
use super::{Server, template};
use anyhow::{Context, Result, bail};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// Nothing of a test's data has to survive, and a plan of ten thousand tables takes a lock on each.
const SETTINGS: &[&str] = &[
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=100",
    "max_prepared_transactions=8",
    "max_locks_per_transaction=512",
    "listen_addresses=127.0.0.1",
    "logging_collector=off",
];

const LOG: &str = "log";

pub(super) fn start(install: Install) -> Result<Server> {
    let account = Account::choose()?;
    let mut failure = String::new();
    // Another process may take the free port before the server does.
    for _ in 0..4 {
        match attempt(install.clone(), account)? {
            Ok(server) => return Ok(server),
            Err(log) => failure = log,
        }
        if !failure.contains("could not bind") {
            break;
        }
    }
    bail!("the server did not start: {}", failure.trim())
}

/// A server, or what one that did not come up has logged.
fn attempt(mut install: Install, account: Account) -> Result<Result<Server, String>> {
    // Watched from the start: the tests may be killed at any time.
    let mut process = Process::watch(temporary_folder(account)?)?;
    let folder = process.folder().to_path_buf();
    if !account.reaches(&install.bin.join("postgres")) {
        install = borrow(&install, &folder)?;
    }
    account.own(&folder)?;
    let data = folder.join("data");
    template::fill(&data, &install, account)?;
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    process.adopt(spawn(&install, account, &folder, &data, port)?)?;
    if !wait_ready(&mut process, &data)? {
        return Ok(Err(
            std::fs::read_to_string(folder.join(LOG)).unwrap_or_default()
        ));
    }
    let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
    Server::connect(url, Some(install), Some(process)).map(Ok)
}

/// Short, since the path of a unix socket may have 107 bytes only.
fn temporary_folder(account: Account) -> Result<tempfile::TempDir> {
    let mut places = vec![std::env::temp_dir(), PathBuf::from("/tmp")];
    places.retain(|place| account.reaches(&place.join("x")) && place.as_os_str().len() < 60);
    let place = places
        .first()
        .context("no temporary folder that the server's account can reach")?;
    tempfile::Builder::new()
        .prefix("dl-pg-")
        .tempdir_in(place)
        .context("cannot create a temporary folder")
}

/// A copy of programs that lie where the account cannot go (a checkout in root's home).
fn borrow(install: &Install, folder: &Path) -> Result<Install> {
    let Some(home) = install.lib.as_ref().and_then(|_| install.bin.parent()) else {
        bail!(
            "the server's account cannot reach {}",
            install.bin.display()
        );
    };
    let copy = folder.join("engine");
    template::copy_tree(home, &copy).context("cannot copy the server's programs")?;
    Ok(Install {
        bin: copy.join("bin"),
        lib: Some(copy.join("lib")),
        ..install.clone()
    })
}

fn spawn(
    install: &Install,
    account: Account,
    folder: &Path,
    data: &Path,
    port: u16,
) -> Result<Child> {
    let mut command = account.command(&install.bin.join("postgres"));
    install.prepare(&mut command);
    command.arg("-D").arg(data).arg("-p").arg(port.to_string());
    for setting in SETTINGS {
        command.args(["-c", setting]);
    }
    command
        .arg("-c")
        .arg(format!("unix_socket_directories={}", folder.display()));
    let log = std::fs::File::create(folder.join(LOG))?;
    command
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log);
    // A group of its own: Ctrl-C at the tests reaches the server through its watcher only.
    command.process_group(0);
    command.spawn().context("cannot run postgres")
}

/// The server itself writes `ready` into its pid file.
fn wait_ready(process: &mut Process, data: &Path) -> Result<bool> {
    let pid_file = data.join("postmaster.pid");
    let end = Instant::now() + Duration::from_secs(60);
    while Instant::now() < end {
        if process.ended()? {
            return Ok(false);
        }
        let text = std::fs::read_to_string(&pid_file).unwrap_or_default();
        if text
            .lines()
            .nth(7)
            .is_some_and(|line| line.trim() == "ready")
        {
            return Ok(true);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(false)
}
