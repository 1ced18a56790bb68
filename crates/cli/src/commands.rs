//! The commands, one file each; here what they share: looking up states and agreeing on a dialect.
//!
//! Neighbours: `main` calls [`run`], `engine` answers what needs a planner. Invariant: a command decides its exit
//! code, and everything that it shows goes through its [`Context`].

mod apply;
mod baseline;
mod completions;
mod diff;
mod drift;
mod explain;
mod generate;
mod history;
mod init;
mod inspect;
mod new;
mod plan;
mod repair;
mod rollback;
mod seal;
mod side;
mod status;
mod verify;

pub use apply::confirm;

use crate::args::{Command, SharedArgs};
use crate::context::{Consent, Context};
use crate::dialect::Dialect;
use crate::engine::{self, Project};
use crate::exit::{Exit, Failure};
use driftless_sql::Diagnostic;

pub use side::environment;

pub fn run(context: &mut Context, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Inspect(args) => inspect::run(context, &args),
        Command::Plan(args) => plan::run(context, &args),
        Command::Diff(args) => diff::run(context, &args),
        Command::Apply(args) => apply::run(context, &args),
        Command::Status(args) => status::run(context, &args),
        Command::Rollback(args) => rollback::run(context, &args),
        Command::Baseline(args) => baseline::run(context, &args),
        Command::Repair(args) => repair::run(context, &args),
        Command::Drift(args) => drift::run(context, &args),
        Command::Init(args) => init::run(context, &args),
        Command::Generate(args) => generate::run(context, &args),
        Command::New(args) => new::run(context, &args),
        Command::Seal(args) => seal::run(context, &args),
        Command::Verify(args) => verify::run(context, &args),
        Command::History(args) => history::run(context, &args),
        Command::Explain { code } => explain::run(context, code.as_deref()),
        Command::KeepScratch => match engine::keep_scratch() {
            Ok(()) => Ok(Exit::Ok),
            // Whoever asked reads the pipe's end.
            Err(_) => Ok(Exit::Error),
        },
        Command::Completions { shell } => completions::run(context, shell),
    }
}

/// The dialect of the project: by flag, by configuration, or by what its environments are.
pub fn dialect(context: &Context, flag: Option<&str>) -> Result<Dialect, Diagnostic> {
    side::dialect(context, flag, &[])
}

/// Refuses where one of the versions is known to be applied somewhere: its file is not to change any more.
fn unapplied(
    context: &mut Context,
    project: &Project,
    versions: &[u64],
    what: &str,
) -> Result<(), Failure> {
    if versions.is_empty() {
        return Ok(());
    }
    let (taken, unknown) = engine::taken(context, project);
    context.tell(unknown.as_slice());
    let found = taken.iter().find(|(version, _)| versions.contains(version));
    let Some((version, environment)) = found else {
        return Ok(());
    };
    let path = project
        .folder
        .get(*version)
        .map_or_else(|| version.to_string(), |v| v.up.path.clone());
    let problem = Diagnostic::error(
        "D0734",
        format!("`{path}` is applied on `{environment}`, so it cannot be {what}"),
    );
    Err(Failure::with(
        Exit::Refused,
        problem
            .note("other environments would run another text than this one did")
            .help("restore it from git, and put what is missing into a migration of its own"),
    ))
}

impl Consent {
    fn of(args: &SharedArgs) -> Consent {
        Consent {
            allow: args.allow.clone(),
            destructive: args.allow_destructive,
        }
    }
}
