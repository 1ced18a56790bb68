//! The runtime's connection over rusqlite, with SQLite built in.
//!
//! Neighbours: implements crate `runtime`'s traits; crate `cli` hands the driver to it. `address` reads URLs, `open`
//! turns a file in any state into a connection, `session` runs statements, `lock` keeps
//! runners apart, `fault` names what went wrong.
//! Invariant: reading never creates or changes a file.

mod address;
mod fault;
mod lock;
mod open;
mod session;

use async_trait::async_trait;
use driftless_runtime::{
    ConnectOptions, Connection, DbError, DbErrorKind, Driver, Scratch, ScratchWish,
};

use address::{Address, Target};
use session::Session;

/// Opens `sqlite:` URLs.
#[derive(Debug, Clone, Copy, Default)]
pub struct SqliteDriver;

#[async_trait]
impl Driver for SqliteDriver {
    fn schemes(&self) -> &'static [&'static str] {
        &["sqlite"]
    }

    fn redact(&self, url: &str) -> String {
        // SQLite has no passwords.
        url.to_owned()
    }

    async fn connect(
        &self,
        url: &str,
        options: &ConnectOptions,
    ) -> Result<Box<dyn Connection>, DbError> {
        let address = Address::parse(url)?;
        if let Some(role) = &options.role {
            return Err(DbError::new(
                DbErrorKind::Url,
                format!("SQLite has no roles, so it cannot work as `{role}`"),
            )
            .help("remove `role` from this environment"));
        }
        let place = url.to_owned();
        let file = match &address.target {
            Target::File(path) => Some(path.clone()),
            Target::Memory => None,
        };
        let options = options.clone();
        let opened = tokio::task::spawn_blocking(move || open::open(&address, &options))
            .await
            .map_err(|lost| session::vanished(&lost))??;
        Ok(Box::new(Session::new(place, file, opened)))
    }
    /// In memory: there is nothing that could be left behind.
    async fn scratch(&self, _: &ScratchWish<'_>) -> Result<Scratch, DbError> {
        let options = ConnectOptions {
            create: true,
            ..ConnectOptions::default()
        };
        let connection = self.connect("sqlite::memory:", &options).await?;
        Ok(Scratch::new(connection, None))
    }
}
