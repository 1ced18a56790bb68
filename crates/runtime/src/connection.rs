//! A live database as the rest of driftless sees it: text in, rows of text out, one kind of error.
//!
//! Neighbours: the `driver-*` crates implement these traits, everything else in this crate uses them and names no
//! engine. Invariant: no text that leaves a connection (its place, its errors, its warnings) carries a password.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use driftless_planner::Rows;
use driftless_sql::Diagnostic;

use crate::scratch::{Scratch, ScratchWish};

/// One session of one database.
#[async_trait]
pub trait Connection: Send {
    /// Runs the statements of one text in order and stops at the first error. Gives one `Rows` for each statement that
    /// returns rows, also when there were none. A future that is dropped before its end cancels what runs.
    async fn batch(&mut self, sql: &str) -> Result<Vec<Rows>, DbError>;
    /// Runs one statement with the values of its parameters `$1`, `$2` …, each of them a text (or NULL) which the
    /// statement casts itself. Values never become part of the statement.
    async fn execute(&mut self, sql: &str, values: &[Option<&str>]) -> Result<Rows, DbError>;
    /// Takes the lock of that name for this session, where nobody has it; never waits, and leaves no transaction open.
    /// The lock goes with the session, also when its process is killed.
    async fn try_lock(&mut self, key: &str) -> Result<bool, DbError>;
    /// Gives the lock back; without effect where this session does not have it.
    async fn unlock(&mut self, key: &str) -> Result<(), DbError>;
    /// Who has the lock, for people; `None` where that cannot be known.
    async fn lock_holder(&mut self, key: &str) -> Result<Option<String>, DbError>;
    /// The database's own name for who is connected, where it has users.
    async fn user(&mut self) -> Result<Option<String>, DbError> {
        Ok(None)
    }
    /// Where this is, for people: a URL without its password.
    fn place(&self) -> &str;
    /// The server's version as it says it: `15.18`, `3.54.1`.
    fn server(&self) -> &str;
    /// The schema that stands for the project's own, as the connection was asked for it.
    fn schema(&self) -> Option<&str> {
        None
    }
    /// What a user should know about how the connection was made; sentences in lower case.
    fn warnings(&self) -> Vec<String> {
        Vec::new()
    }
    /// A handle that cancels the running statement from elsewhere (Ctrl-C).
    fn canceller(&self) -> Option<Box<dyn Canceller>> {
        None
    }
    /// Ends the session and waits until it has ended. Dropping ends it too, but does not wait.
    async fn close(self: Box<Self>);
}

/// Cancels whatever its connection runs at that moment; without effect where nothing runs.
#[async_trait]
pub trait Canceller: Send + Sync {
    async fn cancel(&self) -> Result<(), DbError>;
}

/// Opens connections for the URLs of one engine.
#[async_trait]
pub trait Driver: Send + Sync {
    /// Which URL schemes are its own, without the colon.
    fn schemes(&self) -> &'static [&'static str];
    /// The URL without anything secret; safe for malformed URLs too.
    fn redact(&self, url: &str) -> String;
    async fn connect(
        &self,
        url: &str,
        options: &ConnectOptions,
    ) -> Result<Box<dyn Connection>, DbError>;
    /// An empty database that goes with what is returned, or with this process.
    async fn scratch(&self, wish: &ScratchWish<'_>) -> Result<Scratch, DbError>;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectOptions {
    /// The session refuses to write.
    pub read_only: bool,
    /// An engine whose databases are files creates a missing one. Without it a missing file reads as empty.
    pub create: bool,
    /// The role to work as, where the engine has roles.
    pub role: Option<String>,
    /// The schema that stands for the project's own: first in the search path.
    pub schema: Option<String>,
    /// How long a statement waits for a lock; the engine's (or the driver's) default where `None`.
    pub lock_timeout: Option<Duration>,
    /// How long one attempt to connect may take where the URL says nothing.
    pub connect_timeout: Duration,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        ConnectOptions {
            read_only: false,
            create: false,
            role: None,
            schema: None,
            lock_timeout: None,
            connect_timeout: Duration::from_secs(10),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DbErrorKind {
    /// The URL, or a setting beside it, says something that cannot be followed.
    Url,
    Refused,
    Dns,
    /// Nobody answered in time.
    Timeout,
    Auth,
    Tls,
    NoDatabase,
    Permission,
    /// A lock was not to be had; trying again may help.
    Busy,
    Corrupt,
    Encrypted,
    NotADatabase,
    ReadOnly,
    /// A statement failed.
    Statement,
    /// A statement needs what this engine has not: an extension, a module, a role.
    Lacking,
    /// No database to be thrown away can be had.
    NoScratch,
    /// A statement ended because it was asked to.
    Cancelled,
    /// The connection is gone.
    Lost,
    Io,
}

impl DbErrorKind {
    pub fn code(self) -> &'static str {
        use DbErrorKind::*;
        match self {
            Url => "D0501",
            Refused | Dns | Timeout => "D0502",
            Auth => "D0503",
            Tls => "D0504",
            NoDatabase => "D0505",
            Permission => "D0506",
            Busy => "D0507",
            Corrupt | Encrypted | NotADatabase => "D0508",
            Statement | Lacking | Cancelled => "D0509",
            NoScratch => "D0738",
            ReadOnly | Lost | Io => "D0510",
        }
    }

    /// What usually helps, where the driver knows nothing better.
    fn help(self) -> Option<&'static str> {
        use DbErrorKind::*;
        Some(match self {
            Refused => "check that the server runs and that host and port are right",
            Dns => "check the host's spelling and your name resolution",
            Timeout => "check host, port and firewalls, or allow more time (`connect_timeout`)",
            Auth => "check the user and its password; passwords may also come from a password file",
            NoDatabase => "create the database first, or correct its name in the URL",
            Permission => "connect as a role that may do this, or have it granted",
            Busy => "look for what holds the lock, then run the command again",
            Lost => "run the command again once the server can be reached",
            NoScratch => {
                "name a server on which a scratch database may be made: `scratch: URL` (or `target`) in driftless.yaml"
            }
            Url | Tls | Corrupt | Encrypted | NotADatabase | ReadOnly | Statement | Lacking
            | Cancelled | Io => return None,
        })
    }
}

/// Whatever went wrong between us and a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DbError {
    pub kind: DbErrorKind,
    /// A sentence, in lower case where it is ours.
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
    pub sqlstate: Option<String>,
    /// Byte offset within the batch.
    pub position: Option<usize>,
    pub help: Option<String>,
}

impl DbError {
    pub fn new(kind: DbErrorKind, message: impl Into<String>) -> Self {
        DbError {
            kind,
            message: message.into(),
            detail: None,
            hint: None,
            sqlstate: None,
            position: None,
            help: None,
        }
    }
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
    pub fn at(mut self, position: usize) -> Self {
        self.position = Some(position);
        self
    }

    /// As people are told. The caller knows the text that `position` counts in, so it adds the place.
    pub fn diagnostic(&self) -> Diagnostic {
        let mut told = Diagnostic::error(self.kind.code(), decapitalized(&self.message));
        if let Some(detail) = &self.detail {
            told = told.note(detail);
        }
        if let Some(hint) = &self.hint {
            told = told.note(format!("the server hints: {hint}"));
        }
        if let Some(state) = &self.sqlstate {
            told = told.note(format!("SQLSTATE {state}"));
        }
        match self.help.as_deref().or(self.kind.help()) {
            Some(help) => told.help(help),
            None => told,
        }
    }
}

/// Lower-cases the first letter of a sentence, but leaves names and abbreviations (`FATAL`, `NOT NULL`) alone.
fn decapitalized(text: &str) -> String {
    let mut letters = text.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if first.is_uppercase() && second.is_lowercase() => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => text.to_owned(),
    }
}

impl fmt::Display for DbError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.detail {
            Some(detail) => write!(f, " ({detail})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for DbError {}

impl From<DbError> for Diagnostic {
    fn from(error: DbError) -> Self {
        error.diagnostic()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diagnostic_tells_all_that_is_known() {
        let error = DbError {
            hint: Some("Perhaps you meant b.".into()),
            sqlstate: Some("42703".into()),
            ..DbError::new(DbErrorKind::Statement, "Column a does not exist")
                .detail("in view v")
                .help("correct the name")
                .at(7)
        };
        let told = error.diagnostic();
        assert_eq!(told.code, "D0509");
        assert_eq!(told.message, "column a does not exist");
        assert_eq!(
            told.notes,
            [
                "in view v",
                "the server hints: Perhaps you meant b.",
                "SQLSTATE 42703"
            ]
        );
        assert_eq!(told.help.as_deref(), Some("correct the name"));
        assert_eq!(error.to_string(), "Column a does not exist (in view v)");
    }

    #[test]
    fn a_kind_has_a_code_and_often_a_help() {
        assert_eq!(DbErrorKind::Timeout.code(), "D0502");
        assert_eq!(DbErrorKind::Encrypted.code(), "D0508");
        let told = DbError::new(DbErrorKind::Busy, "database is locked").diagnostic();
        assert!(told.help.is_some());
        let kept = DbError::new(DbErrorKind::Statement, "NOT NULL constraint failed: t.a");
        assert_eq!(kept.diagnostic().message, "NOT NULL constraint failed: t.a");
    }
}
