//! Which engines a test may use here, and what happens when one is missing.
//!
//! Neighbours: `server` starts what is asked for; `xtask test` reads the record of skips that `note` writes. Invariant:
//! a missing engine is either reported by the test's name or, where `DRIFTLESS_TEST_ENGINES` requires it, a failure.

use crate::server::{Mariadb, Postgres, Server};
use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::sync::{Mutex, OnceLock, PoisonError};

/// The variable that lists the engines that must not be skipped: `sqlite,postgres` or `postgres@16`.
pub const REQUIRED: &str = "DRIFTLESS_TEST_ENGINES";
/// The variable that names the file to which skips and live runs are appended, one `word<TAB>test<TAB>text` a line.
pub const RECORD: &str = "DRIFTLESS_TEST_RECORD";

/// An engine that a test may use.
#[derive(Clone, Copy, Debug)]
pub enum Engine {
    /// In process: nothing to start.
    Sqlite,
    /// One server for the whole test process.
    Postgres(&'static Server),
    /// One server for the whole test process, of MariaDB or MySQL.
    Mariadb(&'static Mariadb),
}

/// Why a test cannot run here.
#[derive(Clone, Debug)]
pub struct Skipped {
    pub engine: String,
    pub why: String,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not to be had: {}", self.engine, self.why)
    }
}

impl std::error::Error for Skipped {}

/// The engine of that name (`sqlite`, `postgres`, `postgres@16`), started when it is first asked for.
///
/// # Panics
/// Where `DRIFTLESS_TEST_ENGINES` requires the engine and it is missing: the calling test fails.
pub fn engine(name: &str) -> Result<Engine, Skipped> {
    available(name).inspect_err(|skipped| {
        assert!(!required(name), "{skipped}, and {REQUIRED} requires it");
        note("skipped", &skipped.to_string());
    })
}

/// The same, but a missing engine is only returned: nothing is reported, and nothing fails.
pub fn available(name: &str) -> Result<Engine, Skipped> {
    let (product, major) = match name.split_once('@') {
        Some((product, version)) => (product, version.parse().ok()),
        None => (name, None),
    };
    let found = match product {
        "sqlite" => Ok(Engine::Sqlite),
        "postgres" if major.is_some() || !name.contains('@') => shared(major).map(Engine::Postgres),
        "mariadb" if major.is_none() => shared_mariadb().map(Engine::Mariadb),
        "mysql" if major.is_none() => shared_mysql().map(Engine::Mariadb),
        _ => Err("no such engine is known here".to_owned()),
    };
    found.map_err(|why| Skipped {
        engine: name.to_owned(),
        why,
    })
}

/// The shared PostgreSQL server of this process, of any version.
pub fn postgres() -> Result<&'static Server, Skipped> {
    match engine("postgres")? {
        Engine::Postgres(server) => Ok(server),
        _ => Err(Skipped {
            engine: "postgres".into(),
            why: "another was given".into(),
        }),
    }
}

/// The shared MariaDB server of this process.
pub fn mariadb() -> Result<&'static Mariadb, Skipped> {
    match engine("mariadb")? {
        Engine::Mariadb(server) => Ok(server),
        _ => Err(Skipped {
            engine: "mariadb".into(),
            why: "another was given".into(),
        }),
    }
}

/// As PostgreSQL's, until the process ends.
fn shared_mariadb() -> Result<&'static Mariadb, String> {
    static STARTED: OnceLock<Result<&'static Mariadb, String>> = OnceLock::new();
    STARTED
        .get_or_init(|| match Mariadb::start() {
            Ok(server) => Ok(Box::leak(Box::new(server))),
            Err(error) => Err(format!("{error:#}")),
        })
        .clone()
}

fn shared_mysql() -> Result<&'static Mariadb, String> {
    static STARTED: OnceLock<Result<&'static Mariadb, String>> = OnceLock::new();
    STARTED
        .get_or_init(|| match Mariadb::start_mysql() {
            Ok(server) => Ok(Box::leak(Box::new(server))),
            Err(error) => Err(format!("{error:#}")),
        })
        .clone()
}

/// Whether `DRIFTLESS_TEST_ENGINES` lists this engine.
pub fn required(name: &str) -> bool {
    std::env::var(REQUIRED).is_ok_and(|list| list.split(',').any(|entry| entry.trim() == name))
}

/// Says that the current test did something on a live engine, for the count that `xtask test` prints.
pub fn ran_live(what: &str) {
    record("live", what);
}

/// Prints past the test harness (which hides what passing tests print), and records.
fn note(word: &str, text: &str) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("?");
    let _ = writeln!(std::io::stderr(), "{word}: {test}: {text}");
    record(word, text);
}

fn record(word: &str, text: &str) {
    let Some(path) = std::env::var_os(RECORD) else {
        return;
    };
    let thread = std::thread::current();
    let line = format!(
        "{word}\t{}\t{}\n",
        thread.name().unwrap_or("?"),
        text.replace('\n', " ")
    );
    if let Ok(mut file) = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
    {
        let _ = file.write_all(line.as_bytes());
    }
}

/// Servers live until the process ends (their watchers stop them then), so a reference may be handed out for ever.
fn shared(major: Option<u16>) -> Result<&'static Server, String> {
    type Started = BTreeMap<Option<u16>, Result<&'static Server, String>>;
    static STARTED: OnceLock<Mutex<Started>> = OnceLock::new();
    let started = STARTED.get_or_init(Default::default);
    let mut started = started.lock().unwrap_or_else(PoisonError::into_inner);
    started
        .entry(major)
        .or_insert_with(|| match Postgres::start(major) {
            Ok(server) => Ok(Box::leak(Box::new(server))),
            Err(error) => Err(format!("{error:#}")),
        })
        .clone()
}
