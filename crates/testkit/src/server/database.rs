//! A database of its own for one test.
//!
//! Neighbours: `Server` makes them. Invariant: it is dropped with the value, whoever is still connected.

use super::{Rows, Server, session};
use anyhow::Result;
use std::sync::atomic::{AtomicU32, Ordering};

/// Dropped when it goes out of scope.
#[derive(Debug)]
pub struct Database {
    name: String,
    url: String,
    server_url: String,
    psql: Option<std::path::PathBuf>,
}

impl Database {
    pub(super) fn create(server: &Server, hint: &str) -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let hint: String = hint
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() {
                    c.to_ascii_lowercase()
                } else {
                    '_'
                }
            })
            .take(32)
            .collect();
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        // The process id keeps test processes apart that share a server by URL.
        let name = format!("dl_{hint}_{}_{count}", std::process::id());
        session::run(
            server.url(),
            &format!("CREATE DATABASE {name} TEMPLATE template0"),
        )?;
        Ok(Self {
            url: server.database_url(&name),
            name,
            server_url: server.url().to_owned(),
            psql: server.psql_path(),
        })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Runs statements and returns their rows as text. One simple-query message: several statements are one
    /// transaction, unless they say otherwise.
    pub fn query(&self, sql: &str) -> Result<Rows> {
        session::run(&self.url, sql)
    }

    /// Runs SQL through the psql client; `None` where the machine has none.
    pub fn psql(&self, sql: &str) -> Option<Result<String>> {
        Some(super::psql(self.psql.as_ref()?, &self.url, sql))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // The whole server may be gone already; a private one is thrown away anyhow.
        let _ = session::run(
            &self.server_url,
            &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name),
        );
    }
}
