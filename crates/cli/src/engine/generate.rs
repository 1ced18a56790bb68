//! A migration made of the difference between a folder and the desired state, with its way back.
//!
//! Neighbours: `folder` replays, crate `migrations` writes, `commands::generate` decides about files. Invariant: what
//! leaves here was added to the folder in memory and verified there; nothing touches the disk.

use driftless_migrations::{Files, Ground, Meta, SUM, replay, verify, write};
use driftless_model::Catalog;
use driftless_planner::{Consent, Desired, Plan, Request, plan, replay as replay_text};
use driftless_sql::{Diagnostic, Problems, Severity, SourceId, Sources};

use super::folder::Project;
use super::rehearse::shown;
use super::scratch::Place;
use super::{consent, planner_dialect, refusals, report, unmodelled};
use crate::context::Context;
use crate::exit::Failure;

/// What the plan does not know.
pub struct Wish {
    pub meta: Meta,
    /// The command that comes next.
    pub next: Option<String>,
}

/// What would be written.
pub struct Generation {
    pub plan: Plan,
    heading: report::Heading,
    pub refusals: Vec<Diagnostic>,
    pub notes: Vec<Diagnostic>,
    pub files: Option<Files>,
    /// The states that the new file leads from and to.
    pub before: Catalog,
    pub after: Catalog,
}

impl Generation {
    pub fn render(&self, colour: bool) -> String {
        report::plan_text(&self.plan, &self.heading, colour)
    }
}

/// Plans from the folder to the desired state; files are there where nothing stands against it.
pub fn generate(
    context: &Context,
    project: &Project,
    desired: &Desired,
    name: &str,
    wish: &Wish,
    place: Option<&Place>,
) -> Result<Generation, Failure> {
    let ground = project.ground();
    let mut state = project.replayed()?;
    // Repeatable files run behind the versioned ones, so a new one does not find what they make.
    let mut before = match project.folder.repeatable.is_empty() {
        true => state.catalog.clone(),
        false => replay(&project.folder, &ground, Some(u64::MAX)).catalog,
    };
    if let Some(place) = place.filter(|_| !state.taints.is_empty()) {
        // What cannot be replayed on the model, an engine shows; where it cannot either, the state stays unknown.
        let engine =
            shown(project, place, true).and_then(|all| Ok((all, shown(project, place, false)?)));
        match engine {
            Ok((all, versioned)) => {
                (state.catalog, before) = (all, versioned);
                state.taints.clear();
            }
            Err(why) => state.problems.extend(why.0.into_iter().map(|d| Diagnostic {
                severity: Severity::Warning,
                ..d
            })),
        }
    }
    let allowed = consent(context);
    let up = lead(&ground, &state.catalog, desired, &allowed)?;
    let mut tainted: Vec<String> = state
        .taints
        .iter()
        .map(|(path, t)| format!("{path}: {}", t.why))
        .collect();
    tainted.extend(desired.catalog.taint.iter().cloned());
    let mut notes = state.problems;
    notes.extend(unmodelled(&desired.catalog));
    let mut made = Generation {
        refusals: refusals(&up, &tainted, allowed.allows(super::UNCERTAIN, "")),
        heading: report::Heading {
            before: project.title(),
            after: name.to_string(),
            dialect: format!("{}@{}", up.server.dialect, up.server.version),
            next: wish.next.clone(),
        },
        notes,
        files: None,
        before,
        after: desired.catalog.clone(),
        plan: up,
    };
    if made.plan.is_empty() || !made.refusals.is_empty() {
        return Ok(made);
    }
    both_ways(&ground, desired, &wish.meta, &mut made)?;
    proved(project, desired, &made)?;
    Ok(made)
}

fn lead(
    ground: &Ground,
    before: &Catalog,
    desired: &Desired,
    consent: &Consent,
) -> Result<Plan, Problems> {
    plan(Request {
        dialect: ground.dialect,
        before: before.clone(),
        after: desired.catalog.clone(),
        hints: desired.hints.clone(),
        scope: ground.scope,
        consent,
    })
}

/// The way back starts from where the written text really leads.
fn both_ways(
    ground: &Ground,
    desired: &Desired,
    meta: &Meta,
    made: &mut Generation,
) -> Result<(), Problems> {
    let forth = write(ground, &made.before, &made.plan, None, meta)?;
    let reached = replay_text(
        ground.dialect,
        made.before.clone(),
        ground.dialect.path(),
        &forth.up,
        SourceId(0),
        ground.server,
    );
    made.after = reached.catalog;
    let back = plan(Request {
        dialect: ground.dialect,
        before: made.after.clone(),
        after: made.before.clone(),
        hints: desired.hints.inverse(),
        scope: ground.scope,
        consent: &Consent {
            all: true,
            ..Consent::default()
        },
    });
    made.files = Some(match back {
        Ok(back) => write(ground, &made.before, &made.plan, Some(&back), meta)?,
        Err(why) => {
            let mut d = Diagnostic::warning("D0737", "there is no way back for this migration");
            for problem in why.0 {
                d = d.note(problem.message);
            }
            made.notes
                .push(d.help("write one by hand under down/, then run `driftless seal`"));
            forth
        }
    });
    Ok(())
}

/// The folder with the new files is verified before anybody sees them.
fn proved(project: &Project, desired: &Desired, made: &Generation) -> Result<(), Problems> {
    let Some(files) = &made.files else {
        return Ok(());
    };
    let mut sources = Sources::default();
    let mut texts = project.texts.clone();
    let mut sum = project.folder.sum.clone().unwrap_or_default();
    for (path, text) in texts_of(files) {
        sum.set(&path, &text);
        texts.retain(|(p, _)| *p != path);
        texts.push((path, text));
    }
    texts.retain(|(p, _)| p != SUM);
    texts.push((SUM.to_string(), sum.print()));
    let whole = project.with(texts, &mut sources);
    let report = verify(&whole.folder, &whole.ground(), Some(desired));
    let mine: Vec<&Diagnostic> = report
        .findings
        .iter()
        .filter(|d| d.severity == Severity::Error && concerns(d, &sources, &files.stem))
        .collect();
    if mine.is_empty() {
        return Ok(());
    }
    let mut d = Diagnostic::error(
        "D0401",
        "the migration that would be written does not hold what it promises",
    )
    .note("this is a mistake of driftless, and nothing was written");
    for finding in mine {
        d = d.note(format!("{}: {}", finding.code, finding.message));
        for note in &finding.notes {
            d = d.note(note.clone());
        }
    }
    Err(d
        .help("please report it with the schema before and after")
        .into())
}

fn concerns(found: &Diagnostic, sources: &Sources, stem: &str) -> bool {
    match found.place.and_then(|p| sources.get(p.source)) {
        Some(source) => source.name.contains(stem),
        None => found.code == "D0716",
    }
}

/// Paths relative to the folder, and texts.
pub fn texts_of(files: &Files) -> Vec<(String, String)> {
    let up = (files.up_path(), files.up.clone());
    let down = files.down.clone().map(|text| (files.down_path(), text));
    std::iter::once(up).chain(down).collect()
}

/// The sum of a folder with files set, and others gone.
pub fn sum_with(project: &Project, set: &[(String, String)], gone: &[String]) -> String {
    let mut sum = project.folder.sum.clone().unwrap_or_default();
    for path in gone {
        sum.remove(path);
    }
    for (path, text) in set {
        sum.set(path, text);
    }
    sum.print()
}

/// The plan that builds a catalog from nothing.
pub(super) fn build(project: &Project, catalog: &Catalog) -> Result<Plan, Problems> {
    let speaks = planner_dialect(project.dialect.product);
    plan(Request {
        dialect: speaks,
        before: speaks.empty(catalog.server),
        after: catalog.clone(),
        hints: driftless_model::Hints::default(),
        scope: &driftless_model::Scope::default(),
        consent: &Consent {
            all: true,
            ..Consent::default()
        },
    })
}
