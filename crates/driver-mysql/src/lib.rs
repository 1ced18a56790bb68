//! The runtime's connection over mysql_async, with TLS over rustls.
//!
//! Neighbours: implements crate `runtime`'s traits; crate `cli` hands the driver to it. `url` reads URLs and the
//! client's option file, `session` runs statements, `fault` names what went wrong. Invariant: passwords leave
//! `url::Secret` only towards the server.

mod fault;
mod scratch;
mod session;
mod url;

use async_trait::async_trait;
use driftless_runtime::{ConnectOptions, Connection, DbError, Driver, Scratch, ScratchWish};

pub use scratch::{is_asked, keep};

use url::Settings;

/// Opens `mysql:` and `mariadb:` URLs.
#[derive(Debug, Clone, Copy, Default)]
pub struct MysqlDriver;

#[async_trait]
impl Driver for MysqlDriver {
    fn schemes(&self) -> &'static [&'static str] {
        &["mysql", "mariadb"]
    }

    fn redact(&self, url: &str) -> String {
        url::redact(url)
    }

    async fn connect(
        &self,
        url: &str,
        options: &ConnectOptions,
    ) -> Result<Box<dyn Connection>, DbError> {
        let settings = Settings::read(url)?;
        Ok(Box::new(session::open(&settings, options).await?))
    }

    async fn scratch(&self, wish: &ScratchWish<'_>) -> Result<Scratch, DbError> {
        scratch::open(wish).await
    }
}
