//! `plan`: what `generate` would write now; with `--env`, what an environment lacks, and how much of it is pending.
//!
//! Neighbours: `diff` shows a comparison. Invariant: a project with migrations is compared without any database unless
//! an environment is named.

use driftless_migrations::{Meta, Standing};

use super::generate::Rehearse;
use super::{diff, side};
use crate::args::{PlanArgs, PlanFormat};
use crate::context::{Consent, Context};
use crate::engine::{self, Comparison, Project, Rehearsal, Side, State, Wish, work};
use crate::exit::{Exit, Failure};

pub fn run(context: &mut Context, args: &PlanArgs) -> Result<Exit, Failure> {
    context.consent = Consent::of(&args.shared);
    let after = side::desired(context)?;
    let folder = side::migrations(context)?;
    let (before, grown) = match (&args.env, folder) {
        (None, Some(folder)) => {
            let question = side::question(context, folder, after, &args.shared)?;
            let (exit, _) = diff::show(context, &question, &args.show)?;
            if args.rehearse && exit != Exit::Refused {
                rehearse(context, args, &question.after)?;
            }
            return Ok(exit);
        }
        (env, folder) => (
            side::environment(context, env.as_deref())?,
            folder.is_some(),
        ),
    };
    let mut question = side::question(context, before, after, &args.shared)?;
    question.migrations = grown;
    question.rehearsed = args.rehearse;
    let (exit, comparison) = diff::show(context, &question, &args.show)?;
    if args.rehearse {
        rehearse_live(context, args, &comparison)?;
    }
    if grown {
        let told = standing(context, args, question.before, &question.after, &comparison)?;
        match args.show.format {
            PlanFormat::Text => context.print(&told)?,
            _ => context.say(&told),
        }
    }
    Ok(exit)
}

/// Runs what `generate` would write on an empty copy.
fn rehearse(context: &mut Context, args: &PlanArgs, side: &Side) -> Result<(), Failure> {
    let project = Project::open(context, args.shared.dialect.as_deref(), &args.shared.scope)?;
    let (desired, _) = engine::desired(context, &project, side)?;
    let wish = Wish {
        meta: Meta {
            version: project.folder.next_version(1),
            name: "planned".into(),
            why: Some("it is rehearsed".into()),
            ..Meta::default()
        },
        next: None,
    };
    let scratch = args.shared.scratch.as_ref();
    let rehearse = Rehearse::of(context, &project, true, scratch)?;
    let place = rehearse.place();
    let made = engine::generate(context, &project, &desired, &side.name, &wish, place)?;
    let Some(files) = &made.files else {
        if !made.refusals.is_empty() {
            context.say("not rehearsed: a consent is missing\n");
        }
        return Ok(());
    };
    let Some(place) = place else { return Ok(()) };
    match engine::rehearse(&project, place, &made.before, files, &made.after)? {
        Rehearsal::Held(by) => context.say(&format!("rehearsed: {by}\n")),
        Rehearsal::Lacking(what) => context.tell(&[engine::lacking("the plan", &what)]),
    }
    Ok(())
}

/// Runs the plan on an empty copy of the live database.
fn rehearse_live(
    context: &mut Context,
    args: &PlanArgs,
    comparison: &Comparison,
) -> Result<(), Failure> {
    let mut project = Project::open(context, args.shared.dialect.as_deref(), &args.shared.scope)?;
    let rehearse = Rehearse::of(context, &project, true, args.shared.scratch.as_ref())?;
    let Some(place) = rehearse.place() else {
        return Ok(());
    };
    match engine::rehearse_plan(&mut project, place, comparison)? {
        Some(Rehearsal::Held(by)) => context.say(&format!("rehearsed: {by}\n")),
        Some(Rehearsal::Lacking(what)) => context.tell(&[engine::lacking("the plan", &what)]),
        None if comparison.has_steps() => context.say("not rehearsed: a consent is missing\n"),
        None => {}
    }
    Ok(())
}

/// How much of the plan is pending migrations, how much not yet generated, and whether the environment has drifted.
fn standing(
    context: &mut Context,
    args: &PlanArgs,
    live: Side,
    side: &Side,
    comparison: &Comparison,
) -> Result<String, Failure> {
    let mut project = Project::open(context, args.shared.dialect.as_deref(), &args.shared.scope)?;
    // The server itself says which version it is.
    project.dialect.major = comparison.server().version.major;
    project.dialect.minor = comparison.server().version.minor;
    let state = project.replayed()?;
    let (desired, _) = engine::desired(context, &project, side)?;
    let open = project.left(&state, &desired)?;
    let State::Live(environment) = &live.state else {
        return Ok(String::new());
    };
    let name = environment.name.clone();
    let shown = live.name.clone();
    let sides = [(name.clone(), Ok(live))];
    let found = work::drift(context, &project, &sides)?;
    let Some(seen) = found.drift.environments.first() else {
        return Ok(String::new());
    };
    let drifted = match seen.drift.len() {
        0 => "no drift".to_string(),
        1 => "1 difference is drift".to_string(),
        n => format!("{n} differences are drift"),
    };
    let mut out = match &seen.standing {
        Standing::At { version, name } => format!("{shown} is at {version} {name}: {drifted}\n"),
        Standing::Like {
            version,
            name,
            exactly: true,
        } => {
            format!("{shown} has no history; its state is that of {version} {name}: {drifted}\n")
        }
        Standing::Like {
            version,
            name,
            exactly: false,
        } => {
            format!("{shown} has no history; it comes nearest to {version} {name}: {drifted}\n")
        }
        Standing::Empty if seen.drift.is_empty() => format!("{shown} is empty\n"),
        Standing::Empty => {
            format!("{shown} has no history, and comes nearest to an empty database: {drifted}\n")
        }
        Standing::Unknown { why } => format!("where {shown} stands is unknown: {why}\n"),
    };
    for note in &seen.notes {
        out.push_str(&format!("note: {note}\n"));
    }
    let pending = match seen.pending.as_slice() {
        [] => "none".to_string(),
        [one] => format!("{}_{}", one.version, one.name),
        [one, rest @ ..] => format!("{}_{} and {} more", one.version, one.name, rest.len()),
    };
    out.push_str(&format!("pending: {pending}\n"));
    let left = open.differs() || open.changes > 0;
    out.push_str(&match open.changes {
        0 if !left => "not yet generated: nothing\n".to_string(),
        1 => "not yet generated: 1 change\n".to_string(),
        n => format!("not yet generated: {n} changes\n"),
    });
    // First what must be right before anything else can be done.
    let next = match (seen.drift.is_empty(), left, seen.pending.is_empty()) {
        (false, ..) => format!("driftless drift {name}"),
        (_, true, _) => "driftless generate NAME --why \"…\"".to_string(),
        (_, _, false) => format!("driftless apply --env {name}"),
        _ => return Ok(out),
    };
    out.push_str(&format!("next: {next}\n"));
    Ok(out)
}
