//! Databases that are thrown away, and the keeper that owns them.
//!
//! Neighbours: `local` starts servers; crate `runtime` holds the pipe to the keeper. What is asked is one line,
//! `local MAJOR` or `beside ROLE URL`, and so is the answer: `ready DATABASE FOLDER`, or `none WHY`. Invariant: the
//! keeper reads on only when it has made all that it was asked for, so whatever it made is removed when the pipe ends.

use std::io::{BufRead, Write};
use std::path::Path;

use driftless_runtime::{
    ConnectOptions, Connection, DbError, DbErrorKind, Keeper, Scratch, ScratchWish,
};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::connect::{self, quoted};
use crate::environment::Environment;
use crate::local::{Local, USER, unique};
use crate::settings::Settings;

/// How a database is reached, but for its name.
struct Way {
    settings: Settings,
    environment: Environment,
}

impl Way {
    fn beside(url: &str) -> Result<Way, DbError> {
        let environment = Environment::of_process();
        Ok(Way {
            settings: Settings::read(url, &environment)?,
            environment,
        })
    }

    /// Only what the URL says: the user's variables are for servers of the user's.
    fn local(folder: &Path) -> Result<Way, DbError> {
        let environment = Environment::default();
        let host = utf8_percent_encode(&folder.to_string_lossy(), NON_ALPHANUMERIC).to_string();
        let url = format!("postgres://{USER}@/postgres?host={host}");
        Ok(Way {
            settings: Settings::read(&url, &environment)?,
            environment,
        })
    }

    async fn connect(&self, options: &ConnectOptions) -> Result<Box<dyn Connection>, DbError> {
        let session = connect::connect(&self.settings, &self.environment, options).await?;
        Ok(Box::new(session))
    }
}

pub async fn open(wish: &ScratchWish<'_>) -> Result<Scratch, DbError> {
    let question = match wish.beside {
        None => format!("local {}", wish.major),
        Some(url) => {
            let role = utf8_percent_encode(wish.role.unwrap_or_default(), NON_ALPHANUMERIC);
            if url.contains('\n') {
                let what = "the URL of a scratch database holds a line break";
                return Err(DbError::new(DbErrorKind::Url, what));
            }
            format!("beside {role} {url}")
        }
    };
    let (keeper, answer) = Keeper::start(wish.keeper, &question)?;
    let mut words = answer.splitn(3, ' ');
    let (name, folder) = match (words.next(), words.next(), words.next()) {
        (Some("ready"), Some(name), Some(folder)) => (name, folder),
        _ => {
            let why = answer.strip_prefix("none ").unwrap_or("it cannot be told");
            let message = format!("no scratch database can be had: {why}");
            return Err(DbError::new(DbErrorKind::NoScratch, message));
        }
    };
    let mut way = match wish.beside {
        None => Way::local(folder.as_ref())?,
        Some(url) => Way::beside(url)?,
    };
    way.settings.database = name.to_string();
    let options = ConnectOptions {
        role: wish.role.map(str::to_string),
        ..ConnectOptions::default()
    };
    let mut connection = way.connect(&options).await?;
    if wish.beside.is_none() {
        for role in wish.roles {
            // One that is there already is as good.
            let _ = connection
                .batch(&format!("CREATE ROLE {}", quoted(role)))
                .await;
        }
    }
    Ok(Scratch::new(connection, Some(keeper)))
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
    let (local, way) = match question.split_once(' ') {
        Some(("local", major)) => match Local::start(major.parse().unwrap_or(u32::MAX)) {
            Ok(local) => {
                let way = Way::local(local.folder());
                (Some(local), way)
            }
            Err(why) => return refuse(output, &why),
        },
        Some(("beside", rest)) => (None, Way::beside(rest.split_once(' ').map_or("", |r| r.1))),
        _ => return refuse(output, "the question is not known"),
    };
    let role = match question.split(' ').nth(1) {
        Some(role) if local.is_none() && !role.is_empty() => {
            Some(percent_decode_str(role).decode_utf8_lossy())
        }
        _ => None,
    };
    let made = match &way {
        Ok(way) => runtime.block_on(create(way, role.as_deref())),
        Err(e) => Err(e.clone()),
    };
    let outcome = match &made {
        Ok(name) => {
            let folder = local.as_ref().map(|l| l.folder().display().to_string());
            let folder = folder.unwrap_or_else(|| "-".into());
            let told = writeln!(output, "ready {name} {folder}").and_then(|()| output.flush());
            // Nothing more is said: what ends the wait is the end.
            let mut rest = Vec::new();
            let _ = input.read_to_end(&mut rest);
            told
        }
        Err(e) => refuse(output, &e.to_string()),
    };
    match (local, way, made) {
        (Some(local), _, _) => local.stop(),
        (None, Ok(way), Ok(name)) => runtime.block_on(remove(&way, &name)),
        _ => {}
    }
    outcome
}

fn refuse(output: &mut dyn Write, why: &str) -> std::io::Result<()> {
    writeln!(output, "none {}", why.replace('\n', "; "))?;
    output.flush()
}

async fn create(way: &Way, role: Option<&str>) -> Result<String, DbError> {
    let mut connection = way.connect(&ConnectOptions::default()).await?;
    let name = format!("driftless_scratch_{}", unique(0));
    let owner = role.map_or(String::new(), |role| format!(" OWNER {}", quoted(role)));
    let text = format!("CREATE DATABASE {name} TEMPLATE template0{owner}");
    let made = connection.batch(&text).await;
    connection.close().await;
    made.map(|_| name)
}

async fn remove(way: &Way, name: &str) {
    // A server that has gone away in between is asked again for a while.
    for pause in [0, 1, 2, 4, 8, 15, 30] {
        tokio::time::sleep(std::time::Duration::from_secs(pause)).await;
        let Ok(mut connection) = way.connect(&ConnectOptions::default()).await else {
            continue;
        };
        let text = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        let gone = connection.batch(&text).await;
        connection.close().await;
        if gone.is_ok() {
            return;
        }
    }
}
