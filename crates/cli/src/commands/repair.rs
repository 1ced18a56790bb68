//! `repair`: settles what failed or was interrupted, where a look at the database proves it.

use super::side;
use crate::args::RepairArgs;
use crate::context::Context;
use crate::engine::{Project, work};
use crate::exit::{Exit, Failure};

pub fn run(context: &mut Context, args: &RepairArgs) -> Result<Exit, Failure> {
    let project = Project::open(context, None, &args.scope)?;
    project.sound()?;
    let side = side::environment(context, args.env.as_deref())?;
    let repaired = work::repair(context, &project, &side, args.wait.lock_wait)?;
    let mut text = String::new();
    for line in &repaired.done {
        text.push_str(&format!("repaired  {line}\n"));
    }
    for line in &repaired.left {
        text.push_str(&format!("left      {line}\n"));
    }
    if text.is_empty() {
        text.push_str("there is nothing to repair\n");
    }
    context.print(&text)?;
    Ok(match repaired.left.is_empty() {
        true => Exit::Ok,
        false => Exit::Refused,
    })
}
