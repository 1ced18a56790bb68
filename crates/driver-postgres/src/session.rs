//! Statements over an open connection, by the simple protocol: one round trip for a whole batch, safe behind poolers.
//!
//! Neighbours: `connect` hands the client over, `fault` words its errors. Invariant: what nobody waits for any more is
//! cancelled at the server before the next batch is sent.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use driftless_runtime::{Canceller, Connection, DbError, DbErrorKind, Rows};
use futures_util::StreamExt;
use tokio::task::JoinHandle;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{CancelToken, Client, Row, SimpleQueryMessage, SimpleQueryStream};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::fault;

/// How long a farewell, or the way of a cancel request, may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How late the signal of a cancel request may arrive.
const STRAGGLER: Duration = Duration::from_millis(50);

pub struct Session {
    pub schema: Option<String>,
    place: String,
    server: String,
    warnings: Vec<String>,
    client: Option<Client>,
    task: JoinHandle<()>,
    canceller: PostgresCanceller,
    /// A cancel request on its way.
    cancelling: Arc<Mutex<Option<JoinHandle<()>>>>,
}

#[derive(Clone)]
struct PostgresCanceller {
    token: CancelToken,
    tls: MakeRustlsConnect,
    /// A request was sent since the last batch began.
    asked: Arc<AtomicBool>,
}

#[async_trait]
impl Canceller for PostgresCanceller {
    async fn cancel(&self) -> Result<(), DbError> {
        self.asked.store(true, Ordering::SeqCst);
        let request = self.token.cancel_query(self.tls.clone());
        match tokio::time::timeout(PATIENCE, request).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(fault::connecting(
                &error,
                "the server to cancel a statement",
            )),
            Err(_) => Err(DbError::new(
                DbErrorKind::Timeout,
                "the server did not take the request to cancel in time",
            )),
        }
    }
}

/// Cancels a batch whose future is dropped.
struct Guard {
    canceller: PostgresCanceller,
    cancelling: Arc<Mutex<Option<JoinHandle<()>>>>,
    done: bool,
}

impl Drop for Guard {
    fn drop(&mut self) {
        let Some(runtime) = tokio::runtime::Handle::try_current()
            .ok()
            .filter(|_| !self.done)
        else {
            return;
        };
        let canceller = self.canceller.clone();
        let task = runtime.spawn(async move {
            // Whoever dropped the batch no longer asks how it went.
            let _ = canceller.cancel().await;
        });
        *self
            .cancelling
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(task);
    }
}

impl Session {
    pub fn new(
        place: String,
        server: String,
        warnings: Vec<String>,
        client: Client,
        task: JoinHandle<()>,
        tls: MakeRustlsConnect,
    ) -> Self {
        let token = client.cancel_token();
        Session {
            schema: None,
            place,
            server,
            warnings,
            client: Some(client),
            task,
            canceller: PostgresCanceller {
                token,
                tls,
                asked: Arc::default(),
            },
            cancelling: Arc::default(),
        }
    }

    /// After a request to cancel: waits until it has hit what it was meant for. The server interrupts a session twice
    /// for one request, and does not say when; only an idle session takes no notice.
    async fn settle(&self, client: &Client) {
        let under_way = self
            .cancelling
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(request) = under_way {
            // A request that failed has cancelled nothing, so there is nothing to know.
            let _ = request.await;
        }
        if self.canceller.asked.swap(false, Ordering::SeqCst) {
            // Answered once all before it has ended; a lost connection shows again in the batch itself.
            let _ = client.simple_query("").await;
            tokio::time::sleep(STRAGGLER).await;
        }
    }
}

#[async_trait]
impl Connection for Session {
    async fn batch(&mut self, sql: &str) -> Result<Vec<Rows>, DbError> {
        if let Some(zero) = sql.find('\0') {
            return Err(
                DbError::new(DbErrorKind::Statement, "the text contains a zero byte").at(zero),
            );
        }
        let Some(client) = &self.client else {
            return Err(DbError::new(DbErrorKind::Lost, "the connection is closed"));
        };
        self.settle(client).await;
        let mut guard = Guard {
            canceller: self.canceller.clone(),
            cancelling: Arc::clone(&self.cancelling),
            done: false,
        };
        let result = match client.simple_query_raw(sql).await {
            Ok(messages) => rows(messages, sql).await,
            Err(error) => Err(fault::statement(&error, sql)),
        };
        guard.done = true;
        result
    }

    async fn execute(&mut self, sql: &str, values: &[Option<&str>]) -> Result<Rows, DbError> {
        let Some(client) = &self.client else {
            return Err(DbError::new(DbErrorKind::Lost, "the connection is closed"));
        };
        self.settle(client).await;
        let mut guard = Guard {
            canceller: self.canceller.clone(),
            cancelling: Arc::clone(&self.cancelling),
            done: false,
        };
        let parameters: Vec<(&(dyn ToSql + Sync), Type)> = values
            .iter()
            .map(|value| (value as &(dyn ToSql + Sync), Type::TEXT))
            .collect();
        let result = client.query_typed(sql, &parameters).await;
        guard.done = true;
        let rows = result.map_err(|error| fault::statement(&error, sql))?;
        typed(&rows).map_err(|error| fault::statement(&error, sql))
    }

    async fn try_lock(&mut self, key: &str) -> Result<bool, DbError> {
        let number = lock_number(key).to_string();
        let rows = self
            .execute(
                "SELECT pg_try_advisory_lock(CAST($1 AS bigint))::text",
                &[Some(&number)],
            )
            .await?;
        Ok(first(&rows) == Some("true"))
    }

    async fn unlock(&mut self, key: &str) -> Result<(), DbError> {
        let number = lock_number(key).to_string();
        // Asking for a lock that is not held would make the server warn.
        let text = "SELECT pg_advisory_unlock(CAST($1 AS bigint))::text FROM pg_locks \
                    WHERE locktype = 'advisory' AND objsubid = 1 AND granted AND pid = pg_backend_pid() \
                    AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
                    AND (classid::bigint << 32) | objid::bigint = CAST($1 AS bigint)";
        self.execute(text, &[Some(&number)]).await.map(|_| ())
    }

    async fn lock_holder(&mut self, key: &str) -> Result<Option<String>, DbError> {
        let number = lock_number(key).to_string();
        let text = "SELECT concat('the session ', a.pid, ' of ', a.usename, \
                    ' (', coalesce(nullif(a.application_name, ''), 'unnamed'), ') from ', \
                    coalesce(host(a.client_addr), 'this host'), ', connected since ', \
                    to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), ' UTC') \
                    FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid \
                    WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted \
                    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
                    AND (l.classid::bigint << 32) | l.objid::bigint = CAST($1 AS bigint)";
        let rows = self.execute(text, &[Some(&number)]).await?;
        Ok(first(&rows).map(str::to_owned))
    }

    async fn user(&mut self) -> Result<Option<String>, DbError> {
        let rows = self.execute("SELECT session_user::text", &[]).await?;
        Ok(first(&rows).map(str::to_owned))
    }

    fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }
    fn place(&self) -> &str {
        &self.place
    }

    fn server(&self) -> &str {
        &self.server
    }

    fn warnings(&self) -> Vec<String> {
        self.warnings.clone()
    }

    fn canceller(&self) -> Option<Box<dyn Canceller>> {
        Some(Box::new(self.canceller.clone()))
    }

    async fn close(mut self: Box<Self>) {
        // Without its client the task says goodbye to the server and ends; dropping `self` ends it otherwise.
        drop(self.client.take());
        let _ = tokio::time::timeout(PATIENCE, &mut self.task).await;
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The key of an advisory lock: FNV-1a, which will give the same number in every version.
fn lock_number(key: &str) -> i64 {
    let hash = key.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    i64::from_ne_bytes(hash.to_ne_bytes())
}

fn first(rows: &Rows) -> Option<&str> {
    rows.first()?.get(0)
}

/// What a typed query returned; its columns must be texts.
fn typed(found: &[Row]) -> Result<Rows, tokio_postgres::Error> {
    let columns = found.first().map_or(&[][..], |row| row.columns());
    let mut out = Rows::new(columns.iter().map(|c| c.name().to_owned()).collect());
    for row in found {
        let values: Result<Vec<Option<&str>>, _> =
            (0..row.len()).map(|index| row.try_get(index)).collect();
        out.push(values?);
    }
    Ok(out)
}

/// What a batch returned, taken in as it comes.
async fn rows(messages: SimpleQueryStream, sql: &str) -> Result<Vec<Rows>, DbError> {
    let mut messages = std::pin::pin!(messages);
    let mut results: Vec<Rows> = Vec::new();
    let mut failed = None;
    while let Some(message) = messages.next().await {
        match message.map_err(|error| fault::statement(&error, sql))? {
            SimpleQueryMessage::RowDescription(columns) => results.push(Rows::new(
                columns.iter().map(|c| c.name().to_owned()).collect(),
            )),
            SimpleQueryMessage::Row(row) => {
                let values: Result<Vec<Option<&str>>, _> = (0..row.len())
                    .map(|index| {
                        let name = || row.columns().get(index).map(|c| c.name());
                        row.try_get(index).map_err(|_| not_text(name()))
                    })
                    .collect();
                match (values, results.last_mut()) {
                    (Ok(values), Some(last)) => last.push(values),
                    // The rest is still to come, and may hold a worse one.
                    (Err(error), _) => failed = Some(error),
                    (Ok(_), None) => {}
                }
            }
            _ => {}
        }
    }
    failed.map_or(Ok(results), Err)
}

/// Only a database with the encoding SQL_ASCII sends such bytes.
fn not_text(column: Option<&str>) -> DbError {
    DbError::new(
        DbErrorKind::Statement,
        format!(
            "column {} holds a text that is not UTF-8",
            column.unwrap_or("?")
        ),
    )
    .help("rewrite that text as UTF-8; the database's encoding does not ensure it")
}
