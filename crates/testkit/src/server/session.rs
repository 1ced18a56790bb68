//! SQL on a server without any client program.
//!
//! Neighbours: `Server` and `Database`. Each call is a connection of its own, in a thread of its own, so that it works
//! inside and outside of an asynchronous test alike.

use anyhow::{Context, Result, anyhow};
use tokio_postgres::{NoTls, SimpleQueryMessage};

/// Every value as text, as the server prints it.
pub type Rows = Vec<Vec<Option<String>>>;

/// Runs statements and returns the rows of all of them.
pub(super) fn run(url: &str, sql: &str) -> Result<Rows> {
    std::thread::scope(|scope| {
        scope
            .spawn(|| run_here(url, sql))
            .join()
            .map_err(|_| anyhow!("the session died"))?
    })
}

fn run_here(url: &str, sql: &str) -> Result<Rows> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, NoTls)
            .await
            .map_err(explain)
            .context("cannot connect to the test server")?;
        let connection = tokio::spawn(connection);
        let messages = client.simple_query(sql).await.map_err(explain)?;
        drop(client);
        let _ = connection.await;
        let rows = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(
                (0..row.len())
                    .map(|index| row.get(index).map(str::to_owned))
                    .collect(),
            ),
            _ => None,
        });
        Ok(rows.collect())
    })
}

/// The driver's own text says only "db error".
fn explain(error: tokio_postgres::Error) -> anyhow::Error {
    match error.as_db_error() {
        Some(inner) => anyhow!("{} ({})", inner.message(), inner.code().code()),
        None => anyhow!(error),
    }
}

/// The URL with another database; what follows a `?` stays.
pub(super) fn with_database(url: &str, database: &str) -> String {
    let (address, options) = match url.split_once('?') {
        Some((address, options)) => (address, format!("?{options}")),
        None => (url, String::new()),
    };
    let host = address.find("://").map_or(0, |at| at + 3);
    let end = address[host..]
        .find('/')
        .map_or(address.len(), |at| host + at);
    format!("{}/{database}{options}", &address[..end])
}

#[cfg(test)]
mod tests {
    use super::with_database;

    #[test]
    fn the_database_of_a_url_is_exchanged() {
        assert_eq!(
            with_database("postgres://u:p@h:1/a?x=/y", "b"),
            "postgres://u:p@h:1/b?x=/y"
        );
        assert_eq!(with_database("postgres://h", "b"), "postgres://h/b");
    }
}
