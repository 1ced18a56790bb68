//! States → catalogs: a live database is inspected, texts are read, a migrations folder is replayed.
//!
//! Neighbours: `engine` compares what comes out. Invariant: of two sides the declared one is read for the server that
//! the live one is.

use driftless_model::{Catalog, Hints, Observed, Scope as Managed, Server};
use driftless_planner::read_desired;
use driftless_report as report;
use driftless_runtime::{ConnectOptions, Connection};
use driftless_sql::{Diagnostic, Problems, SourceId, Sources};

use super::{Question, Side, State, block_on, driver, folder, planner_dialect};
use crate::config::OpenEnvironment;
use crate::context::Context;
use crate::dialect::{Dialect, Product};

/// A side as a catalog, with what was found on the way.
pub(super) struct Read {
    pub catalog: Catalog,
    pub hints: Hints,
    pub notes: Vec<Diagnostic>,
    pub connection: Option<Box<dyn Connection>>,
    /// How large a live database is.
    pub observed: Observed,
}

impl Read {
    /// Of a catalog alone.
    pub fn of(catalog: Catalog) -> Read {
        Read {
            catalog,
            hints: Hints::default(),
            notes: Vec::new(),
            connection: None,
            observed: Observed::default(),
        }
    }
}

pub(super) async fn connect(
    open: &OpenEnvironment,
    product: Product,
    reading: bool,
) -> Result<Box<dyn Connection>, Problems> {
    let options = ConnectOptions {
        read_only: reading,
        create: !reading,
        role: open.role.clone(),
        schema: open.schema.clone(),
        lock_timeout: open.lock_timeout,
        ..ConnectOptions::default()
    };
    driver(product)
        .connect(open.url.reveal(), &options)
        .await
        .map_err(|e| Problems::from(e.diagnostic()))
}

/// Both sides; a declared one is read while the other is. A live server says which one it is, and the other side is
/// read for it; a SQLite file tells no version.
pub(super) fn both(
    context: &mut Context,
    question: &Question,
    declared: Server,
    scope: &Managed,
) -> Result<(Read, Read), Problems> {
    let (before, after, dialect) = (&question.before, &question.after, question.dialect);
    let live = match &before.state {
        State::Live(open) if dialect.product != Product::Sqlite => {
            Some(block_on(connect(open, dialect.product, true))?)
        }
        _ => None,
    };
    let server = live
        .as_ref()
        .and_then(|live| planner_dialect(dialect.product).server(live.server()))
        .unwrap_or(declared);
    let dialect = spoken(dialect, server)?;
    let is_live = matches!(before.state, State::Live(_));
    let State::Text(ids) = &after.state else {
        if is_live {
            let before = match live {
                Some(live) => block_on(look(live, dialect, server, scope))?,
                None => block_on(read(context, before, dialect, server, scope))?,
            };
            let after = block_on(read(context, after, dialect, before.catalog.server, scope))?;
            return Ok((before, after));
        }
        let after = block_on(read(context, after, dialect, declared, scope))?;
        let before = block_on(read(context, before, dialect, after.catalog.server, scope))?;
        return Ok((before, after));
    };
    // The other side may add sources, so this one has its own list of them (their texts are shared).
    let sources = context.sources.clone();
    std::thread::scope(|threads| {
        let declaring = || text(&sources, ids, &after.name, dialect, server);
        let beside = std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(threads, declaring);
        let before = match live {
            Some(live) => block_on(look(live, dialect, server, scope)),
            None => block_on(read(context, before, dialect, server, scope)),
        };
        let after = match beside {
            Ok(thread) => thread.join().unwrap_or_else(|_| declaring()),
            Err(_) => declaring(),
        };
        // What is wrong with the side that is not live was always told first.
        match (is_live, before, after) {
            (_, Ok(before), Ok(after)) => Ok((before, after)),
            (true, Err(problems), _) | (_, _, Err(problems)) | (_, Err(problems), _) => {
                Err(problems)
            }
        }
    })
}

/// As much as the main thread has.
const STACK: usize = 8 * 1024 * 1024;

/// The dialect with the product that the server is. MySQL and MariaDB share their URLs, but not all of their SQL: whoever
/// declared the one does not get the other.
fn spoken(dialect: Dialect, server: Server) -> Result<Dialect, Problems> {
    let product = super::product(server);
    if product == dialect.product || !product.is_mysql() {
        return Ok(dialect);
    }
    if dialect.declared {
        return Err(Diagnostic::error(
            "D0607",
            format!(
                "the server is {} {}, and the project is written for {dialect}",
                server.dialect.product(),
                server.version
            ),
        )
        .help(format!(
            "write `dialect: {}@{}`",
            product.name(),
            server.version
        ))
        .into());
    }
    Ok(Dialect { product, ..dialect })
}

/// A live database.
async fn look(
    mut connection: Box<dyn Connection>,
    dialect: Dialect,
    server: Server,
    scope: &Managed,
) -> Result<Read, Problems> {
    let dialect = match planner_dialect(dialect.product).server(connection.server()) {
        Some(found) => spoken(dialect, found)?,
        None => dialect,
    };
    let speaks = planner_dialect(dialect.product);
    // A SQLite file tells no version: the declared one counts.
    let declared = (dialect.product == Product::Sqlite).then_some(server);
    let inspected = driftless_runtime::inspect(speaks, &mut *connection, scope, declared).await?;
    let notes = inspected
        .notes
        .into_iter()
        .map(|n| Diagnostic {
            severity: driftless_sql::Severity::Note,
            ..Diagnostic::warning("D0009", n)
        })
        .collect();
    Ok(Read {
        catalog: inspected.catalog,
        hints: Hints::default(),
        notes,
        connection: Some(connection),
        observed: inspected.observed,
    })
}

/// What texts declare.
fn text(
    sources: &Sources,
    ids: &[SourceId],
    name: &str,
    dialect: Dialect,
    server: Server,
) -> Result<Read, Problems> {
    let desired = read_desired(planner_dialect(dialect.product), sources, ids, server)?;
    let mut notes = desired.warnings;
    for (why, n) in desired.ignored {
        let d = Diagnostic::warning(
            "D0009",
            format!(
                "ignored in {name}: {} ({why})",
                report::counted(n, "statement")
            ),
        );
        notes.push(Diagnostic {
            severity: driftless_sql::Severity::Note,
            ..d
        });
    }
    Ok(Read {
        catalog: desired.catalog,
        hints: desired.hints,
        notes,
        connection: None,
        observed: Observed::default(),
    })
}

pub(super) async fn read(
    context: &mut Context,
    side: &Side,
    dialect: Dialect,
    server: Server,
    scope: &Managed,
) -> Result<Read, Problems> {
    match &side.state {
        State::Live(open) => {
            let connection = connect(open, dialect.product, true).await?;
            look(connection, dialect, server, scope).await
        }
        State::Text(ids) => text(&context.sources, ids, &side.name, dialect, server),
        State::Folder { dir, texts, upto } => {
            let replayed = folder::replayed(context, dialect, server, scope, (dir, texts, *upto))?;
            Ok(Read {
                catalog: replayed.catalog,
                hints: Hints::default(),
                notes: replayed.problems,
                connection: None,
                observed: Observed::default(),
            })
        }
        State::Empty => Ok(Read {
            catalog: planner_dialect(dialect.product).empty(server),
            hints: Hints::default(),
            notes: Vec::new(),
            connection: None,
            observed: Observed::default(),
        }),
    }
}
