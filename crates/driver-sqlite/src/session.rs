//! Statements over an open database, each batch on a blocking thread.
//!
//! Neighbours: `open` hands the connection over, `fault` words its errors. Invariant: a batch that nobody waits for
//! any more stops.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use driftless_runtime::{Canceller, Connection, DbError, DbErrorKind, Rows};
use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::types::ValueRef;
use rusqlite::{Batch, InterruptHandle, Statement};

use crate::fault::fault;
use crate::lock::Lock;
use crate::open::Opened;

pub struct Session {
    place: String,
    warnings: Vec<String>,
    connection: Arc<Mutex<rusqlite::Connection>>,
    stop: Stop,
    lock: Lock,
}

const IDLE: u8 = 0;
const RUNNING: u8 = 1;
const STOPPED: u8 = 2;

/// SQLite forgets an interrupt that comes between two statements; the state remembers it.
#[derive(Clone)]
struct Stop {
    state: Arc<AtomicU8>,
    interrupt: Arc<InterruptHandle>,
}

impl Stop {
    fn ask(&self) {
        let running =
            self.state
                .compare_exchange(RUNNING, STOPPED, Ordering::SeqCst, Ordering::SeqCst);
        if running.is_ok() {
            self.interrupt.interrupt();
        }
    }
    fn asked(&self) -> bool {
        self.state.load(Ordering::SeqCst) == STOPPED
    }
}

#[async_trait]
impl Canceller for Stop {
    async fn cancel(&self) -> Result<(), DbError> {
        self.ask();
        Ok(())
    }
}

/// Stops a batch whose future is dropped.
struct Guard {
    stop: Stop,
    done: bool,
}

impl Drop for Guard {
    fn drop(&mut self) {
        if !self.done {
            self.stop.ask();
        }
    }
}

impl Session {
    pub fn new(place: String, file: Option<PathBuf>, opened: Opened) -> Self {
        let stop = Stop {
            state: Arc::new(AtomicU8::new(IDLE)),
            interrupt: Arc::new(opened.connection.get_interrupt_handle()),
        };
        Session {
            place,
            warnings: opened.warnings,
            connection: Arc::new(Mutex::new(opened.connection)),
            stop,
            lock: Lock::beside(file),
        }
    }

    /// Runs on a thread of its own, and stops when nobody waits for it any more.
    async fn on_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce(&rusqlite::Connection, &Stop) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, DbError> {
        let connection = Arc::clone(&self.connection);
        let stop = self.stop.clone();
        let mut guard = Guard {
            stop: stop.clone(),
            done: false,
        };
        let work = move || {
            let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            stop.state.store(RUNNING, Ordering::SeqCst);
            let result = work(&connection, &stop);
            stop.state.store(IDLE, Ordering::SeqCst);
            result
        };
        let result = tokio::task::spawn_blocking(work).await;
        guard.done = true;
        result.map_err(|lost| vanished(&lost))?
    }
}

#[async_trait]
impl Connection for Session {
    async fn batch(&mut self, sql: &str) -> Result<Vec<Rows>, DbError> {
        let sql = sql.to_owned();
        self.on_thread(move |connection, stop| run(connection, &sql, stop))
            .await
    }

    async fn execute(&mut self, sql: &str, values: &[Option<&str>]) -> Result<Rows, DbError> {
        let sql = sql.to_owned();
        let values: Vec<Option<String>> = values.iter().map(|v| v.map(str::to_owned)).collect();
        self.on_thread(move |connection, _| bound(connection, &sql, &values))
            .await
    }

    async fn try_lock(&mut self, _key: &str) -> Result<bool, DbError> {
        self.lock.take()
    }

    async fn unlock(&mut self, _key: &str) -> Result<(), DbError> {
        self.lock.give_back();
        Ok(())
    }

    async fn lock_holder(&mut self, _key: &str) -> Result<Option<String>, DbError> {
        Ok(self.lock.holder())
    }

    fn place(&self) -> &str {
        &self.place
    }

    fn server(&self) -> &str {
        rusqlite::version()
    }

    fn warnings(&self) -> Vec<String> {
        self.warnings.clone()
    }

    fn canceller(&self) -> Option<Box<dyn Canceller>> {
        Some(Box::new(self.stop.clone()))
    }

    async fn close(self: Box<Self>) {
        let connection = self.connection;
        // Closing may checkpoint a log, which takes its time; a thread that fails has closed the file as well.
        let _ = tokio::task::spawn_blocking(move || drop(connection)).await;
    }
}

pub fn vanished(lost: &tokio::task::JoinError) -> DbError {
    DbError::new(
        DbErrorKind::Lost,
        format!("the thread that used SQLite ended: {lost}"),
    )
}

fn run(connection: &rusqlite::Connection, sql: &str, stop: &Stop) -> Result<Vec<Rows>, DbError> {
    if let Some(zero) = sql.find('\0') {
        // SQLite would take it for the end and leave the rest out.
        return Err(DbError::new(DbErrorKind::Statement, "the text contains a zero byte").at(zero));
    }
    let mut results = Vec::new();
    let mut batch = Batch::new(connection, sql);
    let mut reached = 0;
    while let Some(mut statement) = batch.next().map_err(|error| fault(error, sql, None))? {
        if stop.asked() {
            return Err(DbError::new(DbErrorKind::Cancelled, "interrupted"));
        }
        if statement.parameter_count() > 0 {
            let start = reached + sql.get(reached..).map_or(0, leading_blank);
            let message = "a statement with parameters has no values for them";
            return Err(DbError::new(DbErrorKind::Statement, message).at(start));
        }
        let start = locate(&statement, sql, &mut reached);
        if let Some(rows) = execute(&mut statement, sql, start)? {
            results.push(rows);
        }
    }
    Ok(results)
}

/// One statement with the values of its parameters, in the order of their numbers.
fn bound(
    connection: &rusqlite::Connection,
    sql: &str,
    values: &[Option<String>],
) -> Result<Rows, DbError> {
    let mut statement = connection
        .prepare(sql)
        .map_err(|error| fault(error, sql, None))?;
    for (at, value) in values.iter().enumerate() {
        statement
            .raw_bind_parameter(at + 1, value)
            .map_err(|error| fault(error, sql, Some(0)))?;
    }
    Ok(execute(&mut statement, sql, Some(0))?.unwrap_or_default())
}

/// Where a statement begins in its batch. The binding does not say, but its text does.
fn locate(statement: &Statement<'_>, sql: &str, reached: &mut usize) -> Option<usize> {
    let text = statement.expanded_sql()?;
    let found = *reached + sql.get(*reached..)?.find(&text)?;
    *reached = found + text.len();
    Some(found + leading_blank(&text))
}

/// The length of what comes before a statement's first word: blanks, comments, and the empty statements that SQLite
/// counts to the next one.
fn leading_blank(text: &str) -> usize {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ';');
        let comment = if rest.starts_with("--") {
            rest.find('\n').map(|end| end + 1)
        } else if rest.starts_with("/*") {
            rest.find("*/").map(|end| end + 2)
        } else {
            None
        };
        match comment.and_then(|end| rest.get(end..)) {
            Some(after) => rest = after,
            None => return text.len() - rest.len(),
        }
    }
}

fn execute(
    statement: &mut Statement<'_>,
    sql: &str,
    start: Option<usize>,
) -> Result<Option<Rows>, DbError> {
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut result = Rows::new(columns);
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next().map_err(|error| fault(error, sql, start))? {
        let mut values = Vec::with_capacity(result.columns().len());
        for (index, column) in result.columns().iter().enumerate() {
            let value = row
                .get_ref(index)
                .map_err(|error| fault(error, sql, start))?;
            values.push(text(value, column).map_err(|error| DbError {
                position: start,
                ..error
            })?);
        }
        result.push(values.iter().map(Option::as_deref));
    }
    Ok((!result.columns().is_empty()).then_some(result))
}

fn text(value: ValueRef<'_>, column: &str) -> Result<Option<String>, DbError> {
    Ok(Some(match value {
        ValueRef::Null => return Ok(None),
        ValueRef::Integer(number) => number.to_string(),
        // With an exponent where it is shorter and always marked as a real, as SQLite prints it.
        ValueRef::Real(number) if number.is_finite() => format!("{number:?}"),
        ValueRef::Real(number) if number > 0.0 => "Inf".to_owned(),
        ValueRef::Real(_) => "-Inf".to_owned(),
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(error) => return Err(not_text(bytes, column, &error)),
        },
        ValueRef::Blob(bytes) => format!("x'{}'", hex(bytes)),
    }))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn not_text(bytes: &[u8], column: &str, error: &std::str::Utf8Error) -> DbError {
    let near: String = String::from_utf8_lossy(bytes).chars().take(60).collect();
    DbError::new(
        DbErrorKind::Statement,
        format!(
            "column {column} holds a text that is not UTF-8 (at its byte {})",
            error.valid_up_to()
        ),
    )
    .detail(format!("the text reads {near:?}"))
    .help("rewrite that text as UTF-8, or store it as a blob")
}
