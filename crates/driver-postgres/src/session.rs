//! Statements over an open connection, by the simple protocol: one round trip for a whole batch, safe behind poolers.
//!
//! Neighbours: `connect` hands the client over, `fault` words its errors. Invariant: what nobody waits for any more is
//! cancelled at the server before the next batch is sent.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use driftless_runtime::{Canceller, Connection, DbError, DbErrorKind, Rows};
use tokio::task::JoinHandle;
use tokio_postgres::{CancelToken, Client, SimpleQueryMessage};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::fault;

/// How long a farewell, or the way of a cancel request, may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How late the signal of a cancel request may arrive.
const STRAGGLER: Duration = Duration::from_millis(50);

pub struct Session {
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
        let result = client.simple_query(sql).await;
        guard.done = true;
        rows(result.map_err(|error| fault::statement(&error, sql))?)
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

fn rows(messages: Vec<SimpleQueryMessage>) -> Result<Vec<Rows>, DbError> {
    let mut results: Vec<Rows> = Vec::new();
    for message in messages {
        match message {
            SimpleQueryMessage::RowDescription(columns) => results.push(Rows {
                columns: columns.iter().map(|c| c.name().to_owned()).collect(),
                rows: Vec::new(),
            }),
            SimpleQueryMessage::Row(row) => {
                let values = (0..row.len())
                    .map(|index| match row.try_get(index) {
                        Ok(value) => Ok(value.map(str::to_owned)),
                        Err(_) => Err(not_text(row.columns().get(index).map(|c| c.name()))),
                    })
                    .collect::<Result<_, _>>()?;
                if let Some(last) = results.last_mut() {
                    last.rows.push(values);
                }
            }
            _ => {}
        }
    }
    Ok(results)
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
