//! Databases of the laws: loaded, filled and dumped by the engine's own means, inspected and changed by driftless.
//!
//! Neighbours: testkit's servers and oracles. Invariant: what judges a state (load, dump, rows) goes through no code of
//! driftless.

use super::Engine;
use super::fill;
use super::rows::{self, Contents};
use anyhow::{Context, Result, anyhow};
use driftless_driver_mysql::MysqlDriver;
use driftless_driver_postgres::PostgresDriver;
use driftless_driver_sqlite::SqliteDriver;
use driftless_model::{Catalog, Hints};
use driftless_planner::Plan;
use driftless_runtime::{ConnectOptions, Connection, Driver};
use driftless_testkit::server::MariadbDatabase;
use driftless_testkit::{Database, Server, dump, engine};
use std::path::PathBuf;

/// A script as a driver can run it: lines that only psql or the sqlite3 shell understand are left out.
pub fn without_client_lines(script: &str) -> String {
    let client = |line: &&str| !line.starts_with('.') && !line.starts_with('\\');
    script.lines().filter(client).collect::<Vec<_>>().join("\n")
}

/// One empty database, gone with the value.
pub enum Base {
    Postgres {
        server: &'static Server,
        database: Database,
    },
    Mariadb {
        database: MariadbDatabase,
    },
    Sqlite {
        path: PathBuf,
        _folder: tempfile::TempDir,
    },
}

impl Base {
    pub fn new(of: &Engine, hint: &str) -> Result<Option<Base>> {
        Ok(match engine(of.name) {
            Err(_) => None,
            Ok(driftless_testkit::Engine::Sqlite) => {
                let folder = tempfile::tempdir()?;
                let path = folder.path().join("base.db");
                rusqlite::Connection::open(&path)?.execute_batch("VACUUM")?;
                Some(Base::Sqlite {
                    path,
                    _folder: folder,
                })
            }
            Ok(driftless_testkit::Engine::Mariadb(server)) => Some(Base::Mariadb {
                database: server.fresh_database(hint)?,
            }),
            Ok(driftless_testkit::Engine::Postgres(server)) => Some(Base::Postgres {
                server,
                database: server.fresh_database(hint)?,
            }),
        })
    }

    pub fn load(&self, sql: &str) -> Result<()> {
        match self {
            Base::Postgres { database, .. } => database.query(sql).map(drop),
            Base::Mariadb { database } => database.run(sql).map(drop),
            Base::Sqlite { path, .. } => Ok(rusqlite::Connection::open(path)?.execute_batch(sql)?),
        }
    }

    /// As `psql -f` and `sqlite3 -bail` would run it.
    pub fn run_script(&self, script: &str) -> Result<()> {
        match self {
            Base::Postgres { database, .. } => match database.psql(script) {
                Some(outcome) => outcome.map(drop),
                None => database.query(&without_client_lines(script)).map(drop),
            },
            Base::Mariadb { .. } => self.load(script),
            Base::Sqlite { .. } => self.load(&without_client_lines(script)),
        }
    }

    pub fn dump(&self) -> Result<String> {
        match self {
            Base::Postgres { server, database } => {
                Ok(dump::pg_dump(server, database.name())?.join(";\n") + "\n")
            }
            Base::Mariadb { database } => dump::mariadb_state(database),
            Base::Sqlite { path, .. } => dump::sqlite_state(path),
        }
    }

    pub fn rows(&self) -> Result<Contents> {
        match self {
            Base::Postgres { database, .. } => rows::of_postgres(database),
            Base::Mariadb { .. } => Ok(Contents::new()),
            Base::Sqlite { path, .. } => rows::of_sqlite(path),
        }
    }

    /// Random rows that both states take.
    pub fn fill(&self, after: &str, hints: &Hints, rows: usize) -> Result<()> {
        match self {
            Base::Postgres { .. } | Base::Mariadb { .. } => Ok(()),
            Base::Sqlite { path, .. } => fill::fill_sqlite(path, after, hints, rows),
        }
    }

    /// The way back may not take the rows that the way there did.
    pub fn clear_rows(&self) -> Result<()> {
        match self {
            Base::Postgres { database, .. } => rows::clear_postgres(database),
            Base::Mariadb { .. } => Ok(()),
            Base::Sqlite { path, .. } => rows::clear_sqlite(path),
        }
    }

    pub fn inspect(&self, of: &Engine) -> Result<Catalog> {
        block_on(async {
            let mut connection = self.connect(true).await?;
            let declared = matches!(self, Base::Sqlite { .. }).then_some(of.server);
            let inspected = driftless_runtime::inspect(
                of.dialect,
                &mut *connection,
                &super::managed(),
                declared,
            )
            .await;
            connection.close().await;
            Ok(inspected.context("cannot be inspected")?.catalog)
        })
    }

    pub fn apply(&self, plan: &Plan) -> Result<()> {
        block_on(async {
            let mut connection = self.connect(false).await?;
            let applied = driftless_runtime::apply(&mut *connection, plan, &mut |_, _| {}).await;
            connection.close().await;
            applied
                .map(drop)
                .map_err(|d| anyhow!("{d}: {}", d.notes.join("; ")))
        })
    }

    async fn connect(&self, read_only: bool) -> Result<Box<dyn Connection>> {
        let options = ConnectOptions {
            read_only,
            ..ConnectOptions::default()
        };
        Ok(match self {
            Base::Postgres { database, .. } => {
                PostgresDriver.connect(database.url(), &options).await?
            }
            Base::Mariadb { database } => MysqlDriver.connect(&database.url(), &options).await?,
            Base::Sqlite { path, .. } => {
                SqliteDriver
                    .connect(&format!("sqlite:{}", path.display()), &options)
                    .await?
            }
        })
    }
}

fn block_on<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(future)
}
