//! A live database → its catalog: the dialect's query texts, asked; its answers, decoded and settled.
//!
//! Neighbours: dialects write and decode, drivers ask. Invariant: reads only.

use crate::connection::{Connection, DbError, DbErrorKind};
use driftless_model::{Catalog, Scope, Server};
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
    if let Some(text) = dialect.privileged(&version, scope) {
        match connection.batch(&text).await {
            Ok(rows) => answers.extend(rows),
            Err(e) if e.kind == DbErrorKind::Permission => answers.push(Rows::new(Vec::new())),
            Err(e) => return Err(while_reading(e, connection)),
        }
    }
    loop {
        let further = dialect.follow_up(&answers);
        if further.is_empty() {
            break;
        }
        answers.extend(ask(connection, further).await?);
    }
    let mut inspected = dialect.decode(&answers, server)?;
    as_expected(&inspected.catalog, scope, connection.place())?;
    settle_all(dialect, &mut inspected.catalog);
    if let Some(schema) = connection.schema() {
        stand_in(dialect, &mut inspected, schema)?;
    }
    inspected.notes.extend(connection.warnings());
    Ok(inspected)
}

/// Defaults of the server that change what SQL means are those that the project was written for.
fn as_expected(catalog: &Catalog, scope: &Scope, place: &str) -> Result<(), Problems> {
    let words = |list: &str| -> std::collections::BTreeSet<String> {
        let words = list.split(',').map(|w| w.trim().to_uppercase());
        words.filter(|w| !w.is_empty()).collect()
    };
    for (name, wanted) in &scope.expects {
        let Some(found) = catalog.settings.get(name) else {
            continue;
        };
        if words(found) != words(wanted) {
            let found = if found.is_empty() { "empty" } else { found };
            return Err(Diagnostic::error(
                "D0607",
                format!("the server's {name} is {found}, and the project is written for {wanted}"),
            )
            .note(format!("it is {place}"))
            .help(format!(
                "set it on the server (of a database: ALTER DATABASE), or write what it is behind `server: {{ {name}: … }}`"
            ))
            .into());
        }
    }
    Ok(())
}

async fn ask(connection: &mut dyn Connection, texts: Vec<String>) -> Result<Vec<Rows>, Problems> {
    let mut answers = Vec::new();
    for text in texts {
        let rows = connection.batch(&text).await;
        answers.extend(rows.map_err(|e| while_reading(e, connection))?);
    }
    Ok(answers)
}

fn while_reading(error: DbError, connection: &dyn Connection) -> Problems {
    let place = connection.place();
    let note = format!("while reading the catalog of {place}");
    Problems::from(error.diagnostic().note(note))
}
