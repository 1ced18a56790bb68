//! The `driftless` command: parses arguments, runs one command, tells what went wrong, once.
//!
//! Neighbours: `args`, `context` and `commands`. Invariant: every way out is an [`Exit`].

mod args;
mod commands;
mod config;
mod context;
mod dialect;
mod engine;
mod exit;
mod explain;
#[cfg(test)]
mod reference;
mod scope;
mod stamp;
mod suggest;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use driftless_runtime::mask_urls;
use driftless_sql::{Diagnostic, Sources};

use args::{Cli, Command};
use context::Context;
use exit::{Exit, Failure};

/// Commands of the product that are still to come.
const LATER: [&str; 2] = ["import", "lint"];

/// A catalog is a million small pieces, made and freed by several threads.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error).into(),
    };
    let mut context = Context::of(&cli.global);
    match run(&mut context, cli) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            context.tell(&failure.problems.0);
            failure.exit.into()
        }
    }
}

fn run(context: &mut Context, cli: Cli) -> Result<Exit, Failure> {
    // Help about a diagnostic must not fail on the file that it is about.
    if !matches!(
        cli.command,
        Command::Explain { .. } | Command::Completions { .. } | Command::KeepScratch
    ) {
        context.configure(cli.global.config.as_deref())?;
    }
    commands::run(context, cli.command)
}

/// Help and version are no errors; everything else here is a mistake in how driftless was called.
fn usage(error: &clap::Error) -> Exit {
    if let Some(name) = later(error) {
        let problem =
            Diagnostic::error("D0003", format!("`driftless {name}` is not supported yet"))
                .help("what there is: driftless --help");
        let text = driftless_report::render(&[problem], &Sources::default(), false);
        let _ = std::io::stderr().write_all(text.as_bytes());
        return Exit::Usage;
    }
    // Where a stream is closed there is nobody left to tell.
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let _ = error.print();
            Exit::Ok
        }
        _ => {
            // A URL in the wrong place is repeated in the message.
            let (text, _) = mask_urls(&error.render().ansi().to_string());
            let _ = anstream::stderr().write_all(text.as_bytes());
            Exit::Usage
        }
    }
}

fn later(error: &clap::Error) -> Option<&'static str> {
    if error.kind() != ErrorKind::InvalidSubcommand {
        return None;
    }
    match error.get(ContextKind::InvalidSubcommand) {
        Some(ContextValue::String(name)) => LATER.into_iter().find(|later| later == name),
        _ => None,
    }
}
