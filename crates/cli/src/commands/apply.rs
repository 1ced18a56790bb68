//! `apply`: runs the pending migrations; with `--declarative` the plan itself, after a yes.

use driftless_migrations::SUM;
use driftless_sql::{Diagnostic, Problems};

use super::side;
use crate::args::{ApplyArgs, PlanFormat};
use crate::context::{Consent, Context};
use crate::engine::work::{self, Wish};
use crate::engine::{self, Project, Side, State};
use crate::exit::{Exit, Failure};

pub fn run(context: &mut Context, args: &ApplyArgs) -> Result<Exit, Failure> {
    context.consent = Consent::of(&args.shared);
    match args.declarative {
        true => declarative(context, args),
        false => migrations(context, args),
    }
}

fn migrations(context: &mut Context, args: &ApplyArgs) -> Result<Exit, Failure> {
    let project = Project::open(context, args.shared.dialect.as_deref(), &args.shared.scope)?;
    project.sound()?;
    sealed(&project)?;
    let side = side::environment(context, args.env.as_deref())?;
    let wish = Wish {
        to: args.to,
        dry_run: args.dry_run,
        yes: args.yes,
        patience: args.wait.lock_wait,
    };
    work::apply(context, &project, &side, &wish)
}

/// Nothing runs that is not sealed: an edit must have been meant.
fn sealed(project: &Project) -> Result<(), Failure> {
    let folder = &project.folder;
    let found = match &folder.sum {
        Some(sum) => sum.check(folder),
        None if folder.files().next().is_none() => Vec::new(),
        None => vec![
            Diagnostic::error("D0707", format!("there is no {SUM}"))
                .note("without it an edited migration is not noticed before it runs")
                .help("run `driftless seal`"),
        ],
    };
    match found.is_empty() {
        true => Ok(()),
        false => Err(Problems(found).into()),
    }
}

fn declarative(context: &mut Context, args: &ApplyArgs) -> Result<Exit, Failure> {
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
        confirm(context, "apply this to", &question.before.name)?;
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

pub fn confirm(context: &Context, what: &str, name: &str) -> Result<(), Failure> {
    let problem = match context.ask(&format!("{what} {name}?")) {
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
