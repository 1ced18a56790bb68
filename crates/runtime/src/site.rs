//! One database at which migrations are at work: its session, what is there, and its history.
//!
//! Neighbours: `run`, `status` and `drift` open it. Invariant: the lock, where one is asked for, is won before
//! anything is read.

use std::time::{Duration, Instant};

use driftless_migrations::Ground;
use driftless_model::{Catalog, Scope, Server, leave_foreign};
use driftless_planner::Dialect;
use driftless_sql::{Diagnostic, Problems};

use crate::connection::{ConnectOptions, Connection, DbError, Driver};
use crate::inspect::inspect;
use crate::ledger::{Actor, Book, Entry, append, create, find, read};
use crate::secret::Secret;

/// The name of the lock that runners of migrations take.
const LOCK: &str = "driftless migrations";
/// How long to wait between two tries for the lock.
const PAUSE: Duration = Duration::from_millis(100);

/// Which database, and how to see it.
pub struct Target<'a> {
    pub dialect: &'a dyn Dialect,
    pub driver: &'a dyn Driver,
    pub url: &'a Secret,
    pub options: ConnectOptions,
    pub scope: &'a Scope,
    /// Overrides what the server says of itself.
    pub declared: Option<Server>,
    /// The declared SQL of the history table.
    pub ledger: &'a str,
}

impl Target<'_> {
    async fn connect(&self, write: bool) -> Result<Box<dyn Connection>, DbError> {
        let options = ConnectOptions {
            read_only: !write,
            create: write,
            ..self.options.clone()
        };
        self.driver.connect(self.url.reveal(), &options).await
    }
}

/// An open database.
pub struct Site<'a> {
    pub(crate) target: &'a Target<'a>,
    pub(crate) connection: Box<dyn Connection>,
    lock: Option<Box<dyn Connection>>,
    pub server: Server,
    /// All that is there, outsiders included.
    pub live: Catalog,
    /// `None`: driftless has never worked here.
    pub book: Option<Book>,
    pub notes: Vec<String>,
    user: Option<String>,
    actor: Actor,
}

impl<'a> Site<'a> {
    /// For looking only.
    pub async fn look(target: &'a Target<'a>) -> Result<Site<'a>, Problems> {
        let connection = target
            .connect(false)
            .await
            .map_err(|e| Problems::from(e.diagnostic()))?;
        Site::of(target, connection, None, Actor::default()).await
    }

    /// For changing, once the lock is won.
    pub async fn work(
        target: &'a Target<'a>,
        actor: Actor,
        patience: Duration,
        waiting: &mut (dyn FnMut(&str) + Send),
    ) -> Result<Site<'a>, Problems> {
        let lock = won(target, patience, waiting).await?;
        let connection = target
            .connect(true)
            .await
            .map_err(|e| Problems::from(e.diagnostic()))?;
        Site::of(target, connection, Some(lock), actor).await
    }

    async fn of(
        target: &'a Target<'a>,
        mut connection: Box<dyn Connection>,
        lock: Option<Box<dyn Connection>>,
        actor: Actor,
    ) -> Result<Site<'a>, Problems> {
        let whole = Scope::default();
        let found = inspect(target.dialect, &mut *connection, &whole, target.declared).await?;
        let live = found.catalog;
        let book = read(&mut *connection, target.dialect, &live).await?;
        let user = connection
            .user()
            .await
            .map_err(|e| Problems::from(e.diagnostic()))?;
        let server = live.server;
        Ok(Site {
            target,
            connection,
            lock,
            server,
            live,
            book,
            notes: found.notes,
            user,
            actor,
        })
    }

    pub fn ground(&self) -> Ground<'a> {
        Ground {
            dialect: self.target.dialect,
            server: self.server,
            scope: self.target.scope,
        }
    }

    /// Where it is, without credentials.
    pub fn place(&self) -> &str {
        self.connection.place()
    }

    /// What is managed of all that is there. The history tables of other tools are, where `should` has them.
    pub fn managed(&self, should: &Catalog) -> Catalog {
        let mut managed = self.live.clone();
        leave_foreign(&mut managed, should);
        self.target.scope.filter(&mut managed);
        managed
    }

    /// Looks again.
    pub(crate) async fn refresh(&mut self) -> Result<(), Problems> {
        let whole = Scope::default();
        let target = self.target;
        let found = inspect(
            target.dialect,
            &mut *self.connection,
            &whole,
            target.declared,
        )
        .await?;
        self.live = found.catalog;
        Ok(())
    }

    /// Makes the history table, or brings it to its shape of now.
    pub(crate) async fn ensure_book(&mut self) -> Result<(), Problems> {
        let target = self.target;
        create(
            &mut *self.connection,
            target.dialect,
            self.server,
            &self.live,
            target.ledger,
        )
        .await?;
        if find(target.dialect, &self.live).is_none() || self.book.is_none() {
            self.book = Some(Book::default());
        }
        Ok(())
    }

    /// Appends a row, in whatever transaction the session is in.
    pub(crate) async fn append(&mut self, entry: Entry) -> Result<(), DbError> {
        let book = self.book.get_or_insert_with(Book::default);
        append(
            &mut *self.connection,
            self.target.dialect,
            book,
            &self.actor,
            self.user.as_deref(),
            entry,
        )
        .await
    }

    /// Takes back what a transaction that did not commit appended.
    pub(crate) fn forget(&mut self, rows: usize) {
        if let Some(book) = &mut self.book {
            book.records.truncate(rows);
        }
    }

    pub(crate) fn rows(&self) -> usize {
        self.book.as_ref().map_or(0, |b| b.records.len())
    }

    /// A new session in place of the one at hand, so that what one file set does not reach the next.
    pub(crate) async fn renew(&mut self) -> Result<(), DbError> {
        let fresh = self.target.connect(true).await?;
        std::mem::replace(&mut self.connection, fresh).close().await;
        Ok(())
    }

    /// Ends the session, and then gives the lock back.
    pub async fn close(self) {
        self.connection.close().await;
        if let Some(mut lock) = self.lock {
            // It goes with the session at the latest.
            let _ = lock.unlock(LOCK).await;
            lock.close().await;
        }
    }
}

/// Tries again and again, with no transaction open meanwhile: a waiter that holds a snapshot would block
/// CREATE INDEX CONCURRENTLY of the one that it waits for.
async fn won(
    target: &Target<'_>,
    patience: Duration,
    waiting: &mut (dyn FnMut(&str) + Send),
) -> Result<Box<dyn Connection>, Problems> {
    let told = |e: DbError| Problems::from(e.diagnostic());
    let mut lock = target.connect(true).await.map_err(told)?;
    let start = Instant::now();
    let mut said = false;
    loop {
        if lock.try_lock(LOCK).await.map_err(told)? {
            return Ok(lock);
        }
        let holder = lock
            .lock_holder(LOCK)
            .await
            .ok()
            .flatten()
            .unwrap_or_else(|| "another run".into());
        if start.elapsed() >= patience {
            let seconds = patience.as_secs();
            let problem = Diagnostic::error("D0801", format!("another run of migrations is under way at {}", lock.place()))
                .note(format!("{holder} has the lock; it was waited for for {seconds} s"))
                .help("wait for it to end, or allow more time with --lock-wait; the lock goes with the process that has it");
            lock.close().await;
            return Err(problem.into());
        }
        if !said {
            waiting(&holder);
            said = true;
        }
        tokio::time::sleep(PAUSE).await;
    }
}
