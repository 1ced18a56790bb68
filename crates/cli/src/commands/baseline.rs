//! `baseline`: records that a database has a version already.

use super::side;
use crate::args::BaselineArgs;
use crate::context::Context;
use crate::engine::{Project, work};
use crate::exit::{Exit, Failure};

pub fn run(context: &mut Context, args: &BaselineArgs) -> Result<Exit, Failure> {
    let project = Project::open(context, None, &args.scope)?;
    project.sound()?;
    let side = side::environment(context, args.env.as_deref())?;
    let told = work::baseline(
        context,
        &project,
        &side,
        args.version,
        args.force,
        args.wait.lock_wait,
    )?;
    context.print(&told)?;
    Ok(Exit::Ok)
}
