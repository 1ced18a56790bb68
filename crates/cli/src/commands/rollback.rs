//! `rollback`: goes back by the stored ways back, where the environment is not protected.

use driftless_sql::Diagnostic;

use super::side;
use crate::args::RollbackArgs;
use crate::context::{Consent, Context};
use crate::engine::work::{self, Wish};
use crate::engine::{Project, State};
use crate::exit::{Exit, Failure};

pub fn run(context: &mut Context, args: &RollbackArgs) -> Result<Exit, Failure> {
    context.consent = Consent::of(&args.shared);
    let project = Project::open(context, args.shared.dialect.as_deref(), &args.shared.scope)?;
    project.sound()?;
    let side = side::environment(context, args.env.as_deref())?;
    if let State::Live(open) = &side.state
        && open.protect
        && !args.dry_run
    {
        let problem = format!("the environment `{}` is protected", open.name);
        return Err(Failure::with(
            Exit::Refused,
            Diagnostic::error("D0006", problem)
                .note("going back loses what was written since")
                .help("write a migration that undoes the change: driftless generate NAME --why …"),
        ));
    }
    let wish = Wish {
        to: args.to,
        dry_run: args.dry_run,
        yes: args.yes,
        patience: args.wait.lock_wait,
    };
    work::rollback(context, &project, &side, &wish)
}
