//! Development tasks: `cargo xtask test | engines | gen-schema | bench`.
//!
//! Neighbours: `testkit` for servers and schemas. One file per task; nothing that ships depends on this crate.

mod bench;
mod engines;
mod machine;
mod measure;
mod table;
mod test;

use anyhow::Result;
use clap::{Parser, Subcommand};
use driftless_testkit::{Schema, generate};

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    about = "Development tasks of driftless",
    version
)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Gets what the tests need, then runs format, lints and all tests
    Test(test::Options),
    /// Installs PostgreSQL servers (pg14 … pg18) into target/engines
    Engines(engines::Options),
    /// Prints a generated schema of N tables
    GenSchema {
        /// postgres or sqlite
        engine: generate::Engine,
        tables: usize,
        /// The share of tables that are altered, in percent
        #[arg(long, default_value_t = 0.0, value_name = "PERCENT")]
        change: f64,
        #[arg(long, default_value_t = 7)]
        seed: u64,
    },
    /// Measures the release build against the engines' own tools
    Bench(bench::Options),
}

fn main() -> std::process::ExitCode {
    match run(Arguments::parse().task) {
        Ok(true) => 0.into(),
        Ok(false) => 1.into(),
        Err(error) => {
            eprintln!("error: {error:#}");
            1.into()
        }
    }
}

/// Whether the task's verdict is good.
fn run(task: Task) -> Result<bool> {
    match task {
        Task::Test(options) => test::run(&options),
        Task::Engines(options) => engines::run(&options),
        Task::GenSchema {
            engine,
            tables,
            change,
            seed,
        } => {
            use std::io::Write;
            let text = Schema::generate(engine, tables, seed, change);
            std::io::stdout().write_all(text.as_bytes())?;
            Ok(true)
        }
        Task::Bench(options) => bench::run(&options),
    }
}
