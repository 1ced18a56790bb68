//! The commands, one file each; here what they share: looking up states and agreeing on a dialect.
//!
//! Neighbours: `main` calls [`run`], `engine` answers what needs a planner. Invariant: a command decides its exit
//! code, and everything that it shows goes through its [`Context`].

mod apply;
mod completions;
mod diff;
mod explain;
mod inspect;
mod plan;
mod side;

use crate::args::{Command, SharedArgs};
use crate::context::{Consent, Context};
use crate::exit::{Exit, Failure};

pub fn run(context: &mut Context, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Inspect(args) => inspect::run(context, &args),
        Command::Plan(args) => plan::run(context, &args),
        Command::Diff(args) => diff::run(context, &args),
        Command::Apply(args) => apply::run(context, &args),
        Command::Explain { code } => explain::run(context, code.as_deref()),
        Command::Completions { shell } => completions::run(context, shell),
    }
}

impl Consent {
    fn of(args: &SharedArgs) -> Consent {
        Consent {
            allow: args.allow.clone(),
            destructive: args.allow_destructive,
        }
    }
}
