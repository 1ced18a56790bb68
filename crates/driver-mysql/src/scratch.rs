//! Databases that are thrown away, and the keeper that owns them.
//!
//! Neighbours: crate `runtime` holds the pipe to the keeper. What is asked is one line, `mysql URL`, and so is the
//! answer: `ready DATABASE`, or `none WHY`. Invariant: the keeper waits only when it has made the database, and removes it
//! when the pipe ends.

use std::io::{BufRead, Write};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use driftless_runtime::{
    ConnectOptions, Connection, DbError, DbErrorKind, Keeper, Rows, Scratch, ScratchWish,
};

use crate::session;
use crate::url::Settings;

/// How a question of this engine begins.
const WORD: &str = "mysql ";

pub async fn open(wish: &ScratchWish<'_>) -> Result<Scratch, DbError> {
    let Some(url) = wish.beside else {
        return Err(DbError::new(
            DbErrorKind::NoScratch,
            "no scratch database can be had: no server is named for it",
        )
        .help(
            "write `scratch: target` (a database beside the environment's own, dropped again) or `scratch: mysql://…` in \
             driftless.yaml, or run the command without --rehearse",
        ));
    };
    if url.contains('\n') {
        let what = "the URL of a scratch database holds a line break";
        return Err(DbError::new(DbErrorKind::Url, what));
    }
    let (keeper, answer) = Keeper::start(wish.keeper, &format!("{WORD}{url}"))?;
    let Some(name) = answer.strip_prefix("ready ") else {
        let why = answer.strip_prefix("none ").unwrap_or("it cannot be told");
        let message = format!("no scratch database can be had: {why}");
        return Err(DbError::new(DbErrorKind::NoScratch, message)
            .help("the user needs the right to create and drop databases there"));
    };
    let mut settings = Settings::read(url)?;
    settings.database = Some(name.to_owned());
    let session = session::open(&settings, &ConnectOptions::default()).await?;
    Ok(Scratch::new(Box::new(session), Some(keeper)))
}

/// Whether a question to the keeper is one of this engine.
pub fn is_asked(question: &str) -> bool {
    question.starts_with(WORD)
}

/// Works as keeper: makes what is asked for, and removes it when the input ends.
pub fn keep(
    question: &str,
    input: &mut dyn BufRead,
    output: &mut dyn Write,
) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let url = question.strip_prefix(WORD).unwrap_or_default();
    let made = runtime.block_on(create(url));
    let (line, name) = match made {
        Ok(name) => (format!("ready {name}"), Some(name)),
        Err(e) => (format!("none {}", e.to_string().replace('\n', "; ")), None),
    };
    let told = writeln!(output, "{line}").and_then(|()| output.flush());
    if let Some(name) = name {
        // Nothing more is said: what ends the wait is the end.
        let mut rest = Vec::new();
        let _ = input.read_to_end(&mut rest);
        runtime.block_on(remove(url, &name));
    }
    told
}

/// With the default collation of the database beside it, which tables inherit.
async fn create(url: &str) -> Result<String, DbError> {
    let settings = Settings::read(url)?;
    let mut session = session::open(&settings, &ConnectOptions::default()).await?;
    let asked = session
        .batch("SELECT @@character_set_database, @@collation_database")
        .await?;
    let first = asked.first().and_then(Rows::first);
    let said = |n: usize| first.and_then(|r| r.get(n)).unwrap_or("utf8mb4").to_owned();
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0, |d| d.as_nanos() & 0xffff_ffff);
    let name = format!("driftless_scratch_{}_{now:x}", std::process::id());
    let collated = match first {
        Some(_) => format!(" CHARACTER SET {} COLLATE {}", said(0), said(1)),
        None => String::new(),
    };
    let made = session
        .batch(&format!("CREATE DATABASE `{name}`{collated}"))
        .await;
    Box::new(session).close().await;
    made.map(|_| name)
}

async fn remove(url: &str, name: &str) {
    // A server that has gone away in between is asked again for a while.
    for pause in [0, 1, 2, 4, 8, 15, 30] {
        tokio::time::sleep(Duration::from_secs(pause)).await;
        let Ok(settings) = Settings::read(url) else {
            return;
        };
        let Ok(mut session) = session::open(&settings, &ConnectOptions::default()).await else {
            continue;
        };
        take_back(&mut session, name).await;
        let gone = session
            .batch(&format!("DROP DATABASE IF EXISTS `{name}`"))
            .await;
        Box::new(session).close().await;
        if gone.is_ok() {
            return;
        }
    }
}

/// What was granted in the database would outlive it. Who may not look or revoke has granted nothing.
async fn take_back(session: &mut session::Session, name: &str) {
    let say = |what: &str, on: &str, from: &str| {
        let account = "IF(Host = '', QUOTE(User), CONCAT(QUOTE(User), '@', QUOTE(Host)))";
        format!(
            "SELECT CONCAT('REVOKE {what} ON `{name}`.', {on}, ' FROM ', {account}) FROM {from} AND Db = '{name}'"
        )
    };
    let table = "'`', REPLACE(Table_name, '`', '``'), '`'";
    let asked = [
        say("GRANT OPTION", "'*'", "mysql.db WHERE Grant_priv = 'Y'"),
        say("ALL PRIVILEGES", "'*'", "mysql.db WHERE TRUE"),
        say(
            "GRANT OPTION",
            table,
            "mysql.tables_priv WHERE FIND_IN_SET('Grant', Table_priv)",
        ),
        say("ALL PRIVILEGES", table, "mysql.tables_priv WHERE TRUE"),
    ];
    for answer in session.batch(&asked.join("; ")).await.unwrap_or_default() {
        for row in answer.iter() {
            if let Some(revoke) = row.get(0) {
                let _ = session.batch(revoke).await;
            }
        }
    }
}
