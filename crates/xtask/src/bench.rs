//! `cargo xtask bench`: driftless as a whole process against the engines' own tools, as a Markdown table.
//!
//! Neighbours: `measure` times, `testkit` generates and serves. Invariant: a comparison counts only if driftless found
//! what it should (no change where there is none, some where there are), else its row says so and is not met.

use crate::measure::{Contender, client, in_turn};
use crate::table::{self, Row};
use anyhow::{Context, Result, bail};
use driftless_testkit::server::Mariadb;
use driftless_testkit::{Postgres, Schema, Server, generate::Engine, workspace};
use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(clap::Args)]
pub struct Options {
    /// How many tables; may be given several times
    #[arg(long = "size", default_values_t = [1_000, 10_000])]
    sizes: Vec<usize>,
    /// One hundred tables only, to see that everything runs
    #[arg(long, conflicts_with = "sizes")]
    quick: bool,
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// A built driftless instead of a fresh release build
    #[arg(long)]
    binary: Option<PathBuf>,
    /// The exit code tells whether every target was met
    #[arg(long)]
    check: bool,
}

const SEED: u64 = 7;
/// The share of tables that differ between two files, in percent.
const CHANGED: f64 = 1.0;
const FILES_SECONDS: f64 = 0.3;
const MEMORY_MB: f64 = 400.0;
const START_SECONDS: f64 = 0.030;
const AGAINST_DUMP: f64 = 1.0;
const AGAINST_RAW: f64 = 5.0;
const AGAINST_MYSQLDUMP: f64 = 0.5;
/// What ten times the tables may cost: of a live PostgreSQL, of all else.
const GROWTH_LIVE: f64 = 11.0;
const GROWTH: f64 = 12.0;
const FILE: &str = "SQLite live → file, nothing to change";
const MARIADB: &str = "MariaDB live → file, nothing to change";
const LIVE: &str = "PostgreSQL live → file, nothing to change";

struct Bench<'a> {
    driftless: PathBuf,
    folder: &'a Path,
    runs: usize,
    rows: Vec<Row>,
    failures: Vec<String>,
}

pub fn run(options: &Options) -> Result<bool> {
    let sizes = if options.quick {
        vec![100]
    } else {
        options.sizes.clone()
    };
    let driftless = match &options.binary {
        Some(binary) => binary
            .canonicalize()
            .with_context(|| format!("no binary {}", binary.display()))?,
        None => build()?,
    };
    let folder = tempfile::tempdir()?;
    let mut bench = Bench {
        driftless,
        folder: folder.path(),
        runs: options.runs,
        rows: Vec::new(),
        failures: Vec::new(),
    };
    let server = match Postgres::start(None) {
        Ok(server) => Some(server),
        Err(error) => {
            bench.failures.push(format!("PostgreSQL: {error:#}"));
            None
        }
    };
    let mariadb: Option<&'static Mariadb> = match Mariadb::start() {
        // It lives until this process ends.
        Ok(server) => Some(Box::leak(Box::new(server))),
        Err(error) => {
            bench.failures.push(format!("MariaDB: {error:#}"));
            None
        }
    };
    for size in sizes {
        if let Some(server) = mariadb {
            bench.attempt(&format!("MariaDB, {size} tables"), |bench| {
                bench.mariadb(server, size)
            });
        }
        if let Some(server) = &server {
            bench.attempt(&format!("PostgreSQL, {size} tables"), |bench| {
                bench.postgres(server, size)
            });
        }
        for change in [0.0, CHANGED] {
            bench.attempt(
                &format!("files, {size} tables, {change} % changed"),
                |bench| bench.files(size, change),
            );
        }
        bench.attempt(&format!("SQLite, {size} tables"), |bench| {
            bench.sqlite(size)
        });
    }
    bench.attempt("start-up", Bench::start_up);
    bench.growth();
    table::print(&bench.rows, &bench.failures, bench.runs, server.as_ref());
    let met = bench.failures.is_empty() && bench.rows.iter().all(|row| row.met != Some(false));
    Ok(met || !options.check)
}

fn build() -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--release", "-q", "-p", "driftless-cli"])
        .current_dir(workspace::root())
        .status()
        .context("cannot run cargo")?;
    if !status.success() {
        bail!("the release build failed");
    }
    Ok(workspace::target().join("release").join("driftless"))
}

impl Bench<'_> {
    /// One contest; what fails is told below the table, and the others still run.
    fn attempt(&mut self, name: &str, contest: impl FnOnce(&mut Self) -> Result<()>) {
        eprintln!("measuring {name}");
        if let Err(error) = contest(self) {
            self.failures.push(format!("{name}: {error:#}"));
        }
    }

    fn generated(&self, engine: Engine, size: usize, change: f64) -> Result<PathBuf> {
        let path = self.folder.join(format!("{engine:?}-{size}-{change}.sql"));
        if !path.is_file() {
            std::fs::write(&path, Schema::generate(engine, size, SEED, change))?;
        }
        Ok(path)
    }

    fn driftless(&self, arguments: &[&str]) -> Contender {
        Contender::new(&self.driftless, arguments).within(self.folder)
    }

    fn postgres(&mut self, server: &Server, size: usize) -> Result<()> {
        let file = self.generated(Engine::Postgres, size, 0.0)?;
        let database = server.fresh_database("bench")?;
        let psql = server.psql_path().context("no psql on this machine")?;
        let file_text = file.to_string_lossy().into_owned();
        Contender::new(
            psql,
            &[
                "-X",
                "-q",
                "-v",
                "ON_ERROR_STOP=1",
                "-d",
                database.url(),
                "-f",
                &file_text,
            ],
        )
        .output()?;
        // A database that has been there for a while has statistics of its catalogs.
        database.query("ANALYZE")?;
        let dump = server
            .pg_dump_path()
            .context("no pg_dump for this server")?;
        let ours = self.driftless(&[
            "diff",
            "--from",
            database.url(),
            "--to",
            &file_text,
            "--format",
            "sql",
        ]);
        let note = expect_nothing(&ours.output()?);
        let costs = in_turn(
            &[ours, Contender::new(dump, &["-s", database.url()])],
            self.runs,
        )?;
        let bound = size <= 1_000;
        self.push(Row {
            what: LIVE.into(),
            size,
            cost: costs[0],
            against: Some(("pg_dump -s", costs[1])),
            target: if bound {
                format!("≤ {AGAINST_DUMP}×")
            } else {
                "–".into()
            },
            met: bound.then(|| costs[0].wall <= AGAINST_DUMP * costs[1].wall),
            note,
        });
        Ok(())
    }

    fn mariadb(&mut self, server: &'static Mariadb, size: usize) -> Result<()> {
        let file = self.generated(Engine::Mariadb, size, 0.0)?;
        let database = server.fresh_database("bench")?;
        database.run(&std::fs::read_to_string(&file)?)?;
        let (file, url) = (file.to_string_lossy().into_owned(), database.url());
        let ours = self.driftless(&["diff", "--from", &url, "--to", &file, "--format", "sql"]);
        let note = expect_nothing(&ours.output()?);
        let mut arguments = server.way();
        // To lock ten thousand tables at once takes more open files than a server is given.
        let dump = ["--no-data", "--skip-triggers", "--skip-lock-tables"];
        arguments.extend(dump.into_iter().chain([database.name()]).map(str::to_owned));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let dump = client("mariadb-dump").or_else(|_| client("mysqldump"))?;
        let costs = in_turn(&[ours, Contender::new(dump, &arguments)], self.runs)?;
        self.push(Row {
            what: MARIADB.into(),
            size,
            cost: costs[0],
            against: Some(("mysqldump --no-data", costs[1])),
            target: format!("≤ {AGAINST_MYSQLDUMP}×"),
            met: Some(costs[0].wall <= AGAINST_MYSQLDUMP * costs[1].wall),
            note,
        });
        Ok(())
    }

    fn files(&mut self, size: usize, change: f64) -> Result<()> {
        let before = self
            .generated(Engine::Postgres, size, 0.0)?
            .to_string_lossy()
            .into_owned();
        let after = self
            .generated(Engine::Postgres, size, change)?
            .to_string_lossy()
            .into_owned();
        let ours = self.driftless(&[
            "diff",
            "--from",
            &before,
            "--to",
            &after,
            "--dialect",
            "postgres",
        ]);
        let printed = ours.output()?;
        let changed = printed.contains("reviewed_by");
        let note = match (change > 0.0, changed) {
            (true, false) => "the plan lacks the changes",
            (false, true) => "the plan has changes, none was due",
            _ => "",
        };
        let cost = in_turn(&[ours], self.runs)?[0];
        let bound = size <= 1_000;
        let what = match change > 0.0 {
            true => format!("file → file, {change} % of the tables changed"),
            false => "file → file, nothing to change".to_owned(),
        };
        self.push(Row {
            what,
            size,
            cost,
            against: None,
            target: if bound {
                format!("< {FILES_SECONDS} s")
            } else {
                "–".into()
            },
            met: bound.then_some(cost.wall < FILES_SECONDS),
            note: note.into(),
        });
        Ok(())
    }

    fn sqlite(&mut self, size: usize) -> Result<()> {
        let file = self.generated(Engine::Sqlite, size, 0.0)?;
        let path = self.folder.join(format!("{size}.db"));
        let base = rusqlite::Connection::open(&path)?;
        base.execute_batch(&format!("BEGIN;{}COMMIT;", std::fs::read_to_string(&file)?))?;
        drop(base);
        let (path, file) = (
            path.to_string_lossy().into_owned(),
            file.to_string_lossy().into_owned(),
        );
        let ours = self.driftless(&[
            "diff",
            "--from",
            &format!("sqlite://{path}"),
            "--to",
            &file,
            "--format",
            "sql",
        ]);
        let note = expect_nothing(&ours.output()?);
        let theirs = Contender::new(
            client("sqlite3")?,
            &[&path, "select sql from sqlite_schema"],
        );
        let costs = in_turn(&[ours, theirs], self.runs)?;
        self.push(Row {
            what: FILE.into(),
            size,
            cost: costs[0],
            against: Some(("sqlite3 sqlite_schema", costs[1])),
            target: format!("≤ {AGAINST_RAW}×"),
            met: Some(costs[0].wall <= AGAINST_RAW * costs[1].wall),
            note,
        });
        Ok(())
    }

    fn start_up(&mut self) -> Result<()> {
        let config = workspace::root().join("fixtures/demo/driftless.yaml");
        if !config.is_file() {
            bail!("there is no demo in fixtures/demo");
        }
        let ours = self.driftless(&["plan", "--config", &config.to_string_lossy()]);
        let note = if ours.output()?.trim().is_empty() {
            "the plan is empty"
        } else {
            ""
        };
        let cost = in_turn(&[ours], self.runs.max(11))?[0];
        self.push(Row {
            what: "`plan` on the demo".into(),
            size: 0,
            cost,
            against: None,
            target: format!("< {:.0} ms", START_SECONDS * 1e3),
            met: Some(cost.wall < START_SECONDS),
            note: note.into(),
        });
        Ok(())
    }

    /// Memory has a limit in every row of ten thousand tables.
    fn push(&mut self, mut row: Row) {
        if row.size >= 10_000 {
            let fits = row.cost.memory < MEMORY_MB;
            let memory = format!("< {MEMORY_MB:.0} MB");
            row.target = match row.target.as_str() {
                "–" => memory,
                other => format!("{other}, {memory}"),
            };
            row.met = Some(row.met.unwrap_or(true) && fits);
        }
        if !row.note.is_empty() {
            row.met = Some(false);
        }
        self.rows.push(row);
    }

    /// What ten times the tables cost.
    fn growth(&mut self) {
        let mut grown = Vec::new();
        // What SQLite itself needs for its schema grows faster than the schema: there the ratio to it is the measure.
        let ours = |row: &&Row| row.size >= 10_000 && row.what != FILE;
        for large in self.rows.iter().filter(ours) {
            let small = self
                .rows
                .iter()
                .find(|row| row.what == large.what && row.size * 10 == large.size);
            let Some(small) = small else { continue };
            let bound = if large.what == LIVE {
                GROWTH_LIVE
            } else {
                GROWTH
            };
            grown.push(Row {
                what: format!("growth: {}", large.what),
                size: large.size,
                cost: large.cost,
                against: Some(("a tenth of the tables", small.cost)),
                target: format!("≤ {bound}×"),
                met: Some(large.cost.wall <= bound * small.cost.wall),
                note: String::new(),
            });
        }
        self.rows.extend(grown);
    }
}

/// A note where a plan is not empty; comments and blank lines are nothing.
fn expect_nothing(printed: &str) -> String {
    let lines = printed
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with("--"))
        .count();
    if lines == 0 {
        String::new()
    } else {
        format!("the plan has {lines} lines, none was due")
    }
}
