//! `apply --declarative`: runs the plan itself on an environment, after a yes.

use driftless_sql::Diagnostic;

use super::side;
use crate::args::{ApplyArgs, PlanFormat};
use crate::context::{Consent, Context};
use crate::engine::{self, Side, State};
use crate::exit::{Exit, Failure};

pub fn run(context: &mut Context, args: &ApplyArgs) -> Result<Exit, Failure> {
    if !args.declarative {
        return Err(
            Diagnostic::error("D0003", "applying migrations is not supported yet")
                .help("run the plan itself: driftless apply --declarative")
                .into(),
        );
    }
    context.consent = Consent::of(&args.shared);
    let after = side::desired(context)?;
    let before = side::environment(context, args.env.as_deref())?;
    unprotected(&before, args)?;
    let question = side::question(context, before, after, &args.shared)?;
    let mut comparison = engine::compare(context, &question)?;
    context.tell(comparison.notes());
    let colour = context.colour_out;
    context.print(&comparison.render(PlanFormat::Text, colour))?;
    if !comparison.refusals().is_empty() {
        context.tell(comparison.refusals());
        return Ok(Exit::Refused);
    }
    if args.dry_run || !comparison.has_steps() {
        return Ok(Exit::Ok);
    }
    if !args.yes {
        confirm(context, &question.before.name)?;
    }
    let told = engine::apply(context, &question, &mut comparison)?;
    context.print(&told)?;
    Ok(Exit::Ok)
}

fn unprotected(before: &Side, args: &ApplyArgs) -> Result<(), Failure> {
    let State::Live(open) = &before.state else {
        return Ok(());
    };
    if args.dry_run || !open.protect || args.force.as_deref() == Some(&open.name) {
        return Ok(());
    }
    let problem = format!("the environment `{}` is protected", open.name);
    Err(Failure::with(
        Exit::Refused,
        Diagnostic::error("D0006", problem)
            .note("a declarative run writes no migration that somebody could review")
            .help(format!(
                "look at it with --dry-run, or insist with --force {}",
                open.name
            )),
    ))
}

fn confirm(context: &Context, name: &str) -> Result<(), Failure> {
    let problem = match context.ask(&format!("apply this to {name}?")) {
        Some(true) => return Ok(()),
        Some(false) => Diagnostic::error("D0005", "nothing was changed: the answer was no"),
        None => Diagnostic::error(
            "D0005",
            "nothing was changed: there is no terminal to ask at",
        )
        .help("answer beforehand with --yes"),
    };
    Err(Failure::with(Exit::Refused, problem))
}
