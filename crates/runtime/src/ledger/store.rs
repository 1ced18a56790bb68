//! The table itself: made and migrated by driftless' own plan, read, appended to.
//!
//! Invariant: values are bound, never spliced; the table has exactly the shape that its declared schema gives it.

use driftless_model::{Catalog, HISTORY, Hints, Kind, Name, ObjectId, Scope, Server, Table};
use driftless_planner::{Consent, Dialect, Plan, Request, plan, read_desired};
use driftless_sql::{Problems, Sources, quote_name};

use super::{Actor, Book, COLUMNS, Entry, FORMAT, Record, edited, newer};
use crate::connection::{Connection, DbError};
use driftless_planner::Rows;

/// The table among the objects of a database.
pub(crate) fn find(dialect: &dyn Dialect, live: &Catalog) -> Option<ObjectId> {
    let schema = match dialect.path().first() {
        Some(schema) => dialect.name(schema.clone()),
        None => Name::default(),
    };
    let id = ObjectId::new(Kind::Table, schema, dialect.name(HISTORY.to_string()));
    live.contains(&id).then_some(id)
}

fn spelled(dialect: &dyn Dialect, connection: &dyn Connection) -> String {
    let syntax = dialect.syntax();
    let table = quote_name(HISTORY, syntax);
    let path = dialect.path();
    match connection.schema().or(path.first().map(String::as_str)) {
        Some(schema) => format!("{}.{table}", quote_name(schema, syntax)),
        None => table,
    }
}

/// Makes the table, or brings one of an earlier driftless to the shape of now. `schema` is its declared SQL.
pub(crate) async fn create(
    connection: &mut dyn Connection,
    dialect: &dyn Dialect,
    server: Server,
    live: &Catalog,
    schema: &str,
) -> Result<(), Problems> {
    let mut sources = Sources::default();
    let source = sources.add("driftless_history.sql", schema);
    let desired = read_desired(dialect, &sources, &[source], server)?;
    let scope = Scope {
        history: true,
        // Another schema may have its own.
        schemas: dialect.path().to_vec(),
        unqualified: connection.schema().is_some(),
        ..Scope::default()
    };
    let plan = plan(Request {
        dialect,
        before: live.clone(),
        after: desired.catalog,
        hints: Hints::default(),
        scope: &scope,
        consent: &Consent::default(),
    })?;
    if let Some(loss) = plan.refused.first() {
        return Err(edited(format!("its table would lose {}", loss.what)).into());
    }
    run(connection, &plan).await.map_err(|e| {
        Problems::from(e.diagnostic().note(format!(
            "while making the table `{HISTORY}`, in which driftless keeps what it does"
        )))
    })
}

async fn run(connection: &mut dyn Connection, plan: &Plan) -> Result<(), DbError> {
    if plan.is_empty() {
        return Ok(());
    }
    let steps = plan.steps().map(|s| &s.text);
    let texts = plan.frame.begin.iter().chain(steps);
    for text in texts.chain(&plan.frame.commit) {
        if let Err(e) = connection.batch(text).await {
            // Where the server already ended the transaction this has nothing to do.
            let _ = connection.batch("ROLLBACK").await;
            return Err(e);
        }
    }
    Ok(())
}

/// Every row, checked. `live` is the database that holds the table.
pub(crate) async fn read(
    connection: &mut dyn Connection,
    dialect: &dyn Dialect,
    live: &Catalog,
) -> Result<Option<Book>, Problems> {
    let Some(id) = find(dialect, live) else {
        return Ok(None);
    };
    if let Some(table) = live.item::<Table>(&id) {
        let unknown = table
            .columns
            .iter()
            .find(|c| COLUMNS.iter().all(|(known, _)| *known != c.name.as_str()));
        if let Some(column) = unknown {
            return Err(newer(&format!("its column `{}` is not known here", column.name)).into());
        }
    }
    let text = format!(
        "SELECT * FROM {} ORDER BY id",
        spelled(dialect, &*connection)
    );
    let rows = connection
        .batch(&text)
        .await
        .map_err(|e| Problems::from(e.diagnostic().note("while reading driftless' history")))?;
    let rows = rows.into_iter().next().unwrap_or_default();
    Ok(Some(Book::new(records(&rows)?)))
}

fn records(rows: &Rows) -> Result<Vec<Record>, Problems> {
    let at = |name: &str| rows.columns().iter().position(|c| c == name);
    let mut out: Vec<Record> = Vec::with_capacity(rows.len());
    for row in rows.iter() {
        let column = |name: &str| row.get(at(name)?).map(str::to_owned);
        let format = column("format").and_then(|f| f.parse().ok()).unwrap_or(0);
        if format > FORMAT {
            return Err(newer(&format!(
                "it has rows of format {format}, known here is {FORMAT}"
            ))
            .into());
        }
        let number = out.len() as u64 + 1;
        let record = Record::read(&column)
            .map_err(|why| Problems::from(edited(format!("in its row {number} {why}"))))?;
        if record.id != number {
            return Err(edited(format!("its row {number} is missing")).into());
        }
        let before = out.last().map_or("", |r| r.chain.as_str());
        if record.chained(before) != record.chain {
            return Err(edited(format!("its row {number} is not as it was written")).into());
        }
        out.push(record);
    }
    Ok(out)
}

/// Appends one row, in whatever transaction the session is in.
pub(crate) async fn append(
    connection: &mut dyn Connection,
    dialect: &dyn Dialect,
    book: &mut Book,
    actor: &Actor,
    db_user: Option<&str>,
    entry: Entry,
) -> Result<(), DbError> {
    let mut record = Record {
        id: book.records.len() as u64 + 1,
        format: FORMAT,
        at: crate::clock::now(),
        entry,
        db_user: db_user.map(str::to_string),
        actor: actor.clone(),
        chain: String::new(),
    };
    let before = book.records.last().map_or("", |r| r.chain.as_str());
    record.chain = record.chained(before);
    let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
    let casts = COLUMNS
        .iter()
        .enumerate()
        .map(|(at, (_, kind))| dialect.bound(&format!("${}", at + 1), kind));
    let text = format!(
        "INSERT INTO {} ({}) VALUES ({})",
        spelled(dialect, &*connection),
        names.join(", "),
        casts.collect::<Vec<_>>().join(", ")
    );
    let mut values = record.values();
    values.push(Some(record.chain.clone()));
    let values: Vec<Option<&str>> = values.iter().map(Option::as_deref).collect();
    connection.execute(&text, &values).await?;
    book.records.push(record);
    Ok(())
}
