//! The runtime's connection over tokio-postgres, with libpq's settings and TLS over rustls.
//!
//! Neighbours: implements crate `runtime`'s traits; crate `cli` hands the driver to it. `url` reads URLs; `keyword`
//! knows the settings' names, `settings` layers URL, service file, environment and defaults; `passfile` finds
//! passwords; `tls` verifies servers; `connect` tries the hosts; `session` runs statements; `fault` names what went
//! wrong. `scratch` makes databases that are thrown away, on a server of `local` programs or beside another database.
//! Invariant: passwords live in `settings::Secret` and leave it only towards the server.

mod connect;
mod endpoint;
mod environment;
mod fault;
mod keyword;
mod local;
mod passfile;
mod scratch;
mod service;
mod session;
mod settings;
mod tls;
mod url;

use async_trait::async_trait;
use driftless_runtime::{ConnectOptions, Connection, DbError, Driver, Scratch, ScratchWish};

use environment::Environment;
use settings::Settings;

pub use scratch::keep;

/// Opens `postgres:` and `postgresql:` URLs.
#[derive(Debug, Clone, Copy, Default)]
pub struct PostgresDriver;

#[async_trait]
impl Driver for PostgresDriver {
    fn schemes(&self) -> &'static [&'static str] {
        &["postgres", "postgresql"]
    }

    fn redact(&self, url: &str) -> String {
        url::redact(url)
    }

    async fn connect(
        &self,
        url: &str,
        options: &ConnectOptions,
    ) -> Result<Box<dyn Connection>, DbError> {
        let environment = Environment::of_process();
        let settings = Settings::read(url, &environment)?;
        let session = connect::connect(&settings, &environment, options).await?;
        Ok(Box::new(session))
    }
    async fn scratch(&self, wish: &ScratchWish<'_>) -> Result<Scratch, DbError> {
        scratch::open(wish).await
    }
}
