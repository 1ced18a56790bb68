//! A live database → its catalog: the dialect's query texts, asked; its answers, decoded and settled.
//!
//! Neighbours: dialects write and decode, drivers ask. Invariant: reads only.

use crate::connection::Connection;
use driftless_model::{Scope, Server};
use driftless_planner::{Dialect, Inspected, Rows, settle_all, stand_in};
use driftless_sql::{Diagnostic, Problems};

/// Reads everything that the scope may hold. `declared` overrides what the server says of itself (a SQLite file tells
/// no version).
pub async fn inspect(
    dialect: &dyn Dialect,
    connection: &mut dyn Connection,
    scope: &Scope,
    declared: Option<Server>,
) -> Result<Inspected, Problems> {
    let version = connection.server().to_string();
    let server = match declared.or_else(|| dialect.server(&version)) {
        Some(server) => server,
        None => {
            return Err(Diagnostic::error(
                "D0607",
                format!("the server's version `{version}` is not understood"),
            )
            .note(format!("it is {}", connection.place()))
            .help("name it with --dialect")
            .into());
        }
    };
    let (oldest, newest) = dialect.supported();
    let named = declared.is_none().then_some(server.version);
    if let Some(found) = named.filter(|v| *v < oldest || newest.is_some_and(|n| *v > n)) {
        let known = match newest {
            Some(newest) => format!("{} to {}", oldest.major, newest.major),
            None => format!("{oldest} and later"),
        };
        return Err(Diagnostic::error(
            "D0607",
            format!("{} {found} is no supported version", server.dialect),
        )
        .note(format!("it is {}", connection.place()))
        .help(format!("supported are {known}"))
        .into());
    }
    let mut answers = ask(connection, dialect.queries(&version, scope)).await?;
    loop {
        let further = dialect.follow_up(&answers);
        if further.is_empty() {
            break;
        }
        answers.extend(ask(connection, further).await?);
    }
    let mut inspected = dialect.decode(&answers, server)?;
    settle_all(dialect, &mut inspected.catalog);
    if let Some(schema) = connection.schema() {
        stand_in(dialect, &mut inspected, schema)?;
    }
    inspected.notes.extend(connection.warnings());
    Ok(inspected)
}

async fn ask(connection: &mut dyn Connection, texts: Vec<String>) -> Result<Vec<Rows>, Problems> {
    let mut answers = Vec::new();
    for text in texts {
        let rows = connection.batch(&text).await.map_err(|e| {
            Problems::from(e.diagnostic().note(format!(
                "while reading the catalog of {}",
                connection.place()
            )))
        })?;
        answers.extend(rows);
    }
    Ok(answers)
}
