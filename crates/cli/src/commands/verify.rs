//! `verify`: is the folder true, and does it lead to the declared schema?
//!
//! Neighbours: crate `migrations` judges, `report` renders. Invariant: what is found goes to standard output in every
//! format; only what keeps it from being looked for is an error.

use driftless_migrations::{leads, verify};
use driftless_report as report;
use driftless_sql::Severity;

use super::generate::Rehearse;
use super::side;
use crate::args::{VerifyArgs, VerifyFormat};
use crate::context::Context;
use crate::engine::{self, Project};
use crate::exit::{Exit, Failure};

pub fn run(context: &mut Context, args: &VerifyArgs) -> Result<Exit, Failure> {
    let project = Project::open(context, args.dialect.as_deref(), &args.scope)?;
    let side = side::desired(context)?;
    let (desired, _) = engine::desired(context, &project, &side)?;
    let mut found = verify(&project.folder, &project.ground(), Some(&desired));
    let mut findings = project.problems.clone();
    findings.append(&mut found.findings);
    let sound = findings.iter().all(|d| d.severity != Severity::Error);
    let mut rehearsed = None;
    match Rehearse::of(context, &project, args.rehearse, args.scratch.as_ref())? {
        Rehearse::Asked(place) if sound => {
            let (more, engine) = engine::rehearse_folder(&project, &place)?;
            rehearsed = more.is_empty().then_some(engine);
            if found.tainted && more.is_empty() {
                // What the model cannot say, the engine has shown.
                let shown = engine::shown(&project, &place, true)?;
                findings.retain(|d| d.code != "D0716");
                findings.extend(leads(&project.ground(), &shown, &desired));
            }
            findings.extend(more);
        }
        Rehearse::Asked(_) => found
            .notes
            .push("nothing was rehearsed: what is found comes first".into()),
        _ => {}
    }
    let clean = findings.iter().all(|d| d.severity != Severity::Error);
    let verification = report::Verification {
        folder: project.title(),
        schema: side.name.clone(),
        files: project.folder.files().count(),
        findings: &findings,
        notes: &found.notes,
        rehearsed: rehearsed.as_deref(),
    };
    let sources = &context.sources;
    let text = match args.format {
        VerifyFormat::Text => report::verify_text(&verification, sources, context.colour_out),
        VerifyFormat::Json => report::verify_json(&verification, sources),
        VerifyFormat::Markdown => report::verify_markdown(&verification, sources),
        VerifyFormat::Github => report::verify_github(&verification, sources),
    };
    context.print(&text)?;
    Ok(if clean { Exit::Ok } else { Exit::Changes })
}
