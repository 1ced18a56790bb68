//! Rehearsal: a migration runs on an empty copy in a scratch engine, forth and back, and what is there is compared
//! with what the model says.
//!
//! Neighbours: `generate` and `verify` ask; `scratch` gives the engine. Invariant: it touches no database of the user;
//! only what really ran is claimed.

use driftless_migrations::{
    Difference, DriftDirection, Files, Meta, Migration, Mode, Stage, compare, walk, without_mark,
    write,
};
use driftless_model::Catalog;
use driftless_planner::replay as replay_text;
use driftless_runtime::{Connection, DbError, DbErrorKind, frame};
use driftless_sql::{Diagnostic, Problems, SourceId};

use super::folder::Project;
use super::scratch::Place;
use super::{Comparison, block_on, generate, planner_dialect};
use crate::dialect::Product;

/// What a rehearsal showed.
#[derive(Debug, PartialEq, Eq)]
pub enum Rehearsal {
    /// `sqlite 3.50.4 (up, down)`
    Held(String),
    /// The scratch engine lacks something that the schema needs.
    Lacking(String),
}

/// Differences that one message names.
const NAMED: usize = 12;

/// Rehearses one migration that leads from one state to another.
pub fn rehearse(
    project: &Project,
    place: &Place,
    before: &Catalog,
    files: &Files,
    after: &Catalog,
) -> Result<Rehearsal, Problems> {
    let build = generate::build(project, before)?;
    block_on(async {
        let mut scratch = place.open(project.dialect, &[before, after]).await?;
        let engine = &mut *scratch.connection;
        let mut ran = driftless_runtime::apply(engine, &build, &mut |_, _| {}).await;
        // The tables of statistics, which its rebuilds speak of.
        if !before.statistics.is_empty()
            && ran.is_ok()
            && let Err(e) = engine.batch("ANALYZE").await
        {
            ran = Err(e.diagnostic());
        }
        let outcome = match ran {
            Err(problem) => Ok(Rehearsal::Lacking(problem.message)),
            Ok(_) => {
                let up = Leg {
                    path: files.up_path(),
                    text: &files.up,
                    from: before,
                    to: after,
                    certain: true,
                };
                let down = files.down.as_ref().map(|text| Leg {
                    path: files.down_path(),
                    text,
                    from: after,
                    to: before,
                    certain: true,
                });
                there_and_back(project, engine, &up, down.as_ref()).await
            }
        };
        scratch.close().await;
        outcome
    })
}

/// Rehearses a plan that starts from a live database: on a copy of what is managed of it, without its rows. `None`: it
/// needs a consent that is not given, or has no step.
pub fn rehearse_plan(
    project: &mut Project,
    place: &Place,
    comparison: &Comparison,
) -> Result<Option<Rehearsal>, Problems> {
    let Some(before) = &comparison.before else {
        return Ok(None);
    };
    if !comparison.plan.refused.is_empty() || !comparison.has_steps() {
        return Ok(None);
    }
    // The server itself says which version it is.
    project.dialect.major = comparison.server().version.major;
    project.dialect.minor = comparison.server().version.minor;
    let ground = project.ground();
    let meta = Meta {
        version: 1,
        name: "plan".into(),
        ..Meta::default()
    };
    let files = write(&ground, before, &comparison.plan, None, &meta)?;
    let reached = replay_text(
        ground.dialect,
        before.clone(),
        ground.dialect.path(),
        &files.up,
        SourceId(0),
        ground.server,
    );
    rehearse(project, place, before, &files, &reached.catalog).map(Some)
}

/// One file of the folder, with the states around it.
struct Act {
    up: (String, String),
    down: Option<(String, String)>,
    before: Catalog,
    after: Catalog,
    versioned: bool,
    /// The states before and after it are known for certain.
    certain: (bool, bool),
}

impl Act {
    fn all(project: &Project) -> Vec<Act> {
        let mut acts: Vec<Act> = Vec::new();
        let mut known = true;
        let mut visit = |stage: &Stage| {
            let down = stage.versioned.and_then(|v| v.down.as_ref());
            acts.push(Act {
                up: (stage.file.path.clone(), stage.file.text.clone()),
                down: down.map(|d| (d.path.clone(), d.text.clone())),
                before: stage.before.clone(),
                after: stage.replay.catalog.clone(),
                versioned: stage.versioned.is_some(),
                certain: (known, !stage.tainted),
            });
            known = !stage.tainted;
        };
        walk(&project.folder, &project.ground(), None, &mut visit);
        acts
    }

    fn up(&self) -> Leg<'_> {
        Leg {
            path: self.up.0.clone(),
            text: &self.up.1,
            from: &self.before,
            to: &self.after,
            certain: self.certain.1,
        }
    }

    fn down(&self) -> Option<Leg<'_>> {
        self.down.as_ref().map(|(path, text)| Leg {
            path: path.clone(),
            text,
            from: &self.after,
            to: &self.before,
            certain: self.certain.0,
        })
    }
}

/// Rehearses every file of the folder in its order; the findings, and the engine's name.
pub fn rehearse_folder(
    project: &Project,
    place: &Place,
) -> Result<(Vec<Diagnostic>, String), Problems> {
    let acts = Act::all(project);
    let catalogs: Vec<&Catalog> = acts.iter().map(|a| &a.after).collect();
    block_on(async {
        let mut scratch = place.open(project.dialect, &catalogs).await?;
        let engine = &mut *scratch.connection;
        let name = engine_name(project, engine);
        let mut findings = Vec::new();
        for act in &acts {
            let (up, down) = (act.up(), act.down());
            match there_and_back(project, engine, &up, down.as_ref()).await {
                Ok(Rehearsal::Lacking(what)) => {
                    findings.push(lacking(&up.path, &what));
                    break;
                }
                Err(problems) => {
                    // What follows stands on a state that is not the model's.
                    findings.extend(problems.0);
                    break;
                }
                Ok(Rehearsal::Held(_)) => {}
            }
            // Up once more, for the next one.
            if down.is_some()
                && let Err(e) = run(project, engine, &up).await
            {
                findings.push(failed(&up.path, &e));
                break;
            }
        }
        scratch.close().await;
        Ok((findings, name))
    })
}

/// The state that the folder leads to, as an engine shows it: it knows also what cannot be replayed on the model.
pub fn shown(project: &Project, place: &Place, repeatable: bool) -> Result<Catalog, Problems> {
    let mut acts = Act::all(project);
    acts.retain(|act| repeatable || act.versioned);
    let catalogs: Vec<&Catalog> = acts.iter().map(|a| &a.after).collect();
    block_on(async {
        let mut scratch = place.open(project.dialect, &catalogs).await?;
        let engine = &mut *scratch.connection;
        for act in &acts {
            if let Err(e) = run(project, engine, &act.up()).await {
                let problem = match e.kind {
                    DbErrorKind::Lacking => lacking(&act.up.0, &e.message),
                    _ => failed(&act.up.0, &e),
                };
                scratch.close().await;
                return Err(problem.into());
            }
        }
        let shown = inspect(project, engine).await;
        scratch.close().await;
        shown
    })
}

/// A text, and the states that it leads from and to.
struct Leg<'a> {
    path: String,
    text: &'a str,
    from: &'a Catalog,
    to: &'a Catalog,
    /// Where it leads is known on the model, so it can be compared.
    certain: bool,
}

async fn there_and_back(
    project: &Project,
    engine: &mut dyn Connection,
    up: &Leg<'_>,
    down: Option<&Leg<'_>>,
) -> Result<Rehearsal, Problems> {
    let mut legs = "up";
    for leg in std::iter::once(up).chain(down) {
        if let Err(e) = run(project, engine, leg).await {
            // A transaction may be open; where none is, this has nothing to do.
            let _ = engine.batch("ROLLBACK").await;
            return match e.kind {
                DbErrorKind::Lacking => Ok(Rehearsal::Lacking(e.message)),
                _ => Err(failed(&leg.path, &e).into()),
            };
        }
        if !leg.certain {
            continue;
        }
        let differences = differences(project, engine, leg.to).await?;
        if !differences.is_empty() {
            return Err(elsewhere(&leg.path, &differences).into());
        }
    }
    if down.is_some() {
        legs = "up, down";
    }
    Ok(Rehearsal::Held(format!(
        "{} ({legs})",
        engine_name(project, engine)
    )))
}

/// Runs a file statement by statement, as `apply` does. Assertions ask about rows, and there are none here.
async fn run(project: &Project, engine: &mut dyn Connection, leg: &Leg<'_>) -> Result<(), DbError> {
    for text in statements(project, leg) {
        engine.batch(&text).await?;
    }
    Ok(())
}

fn statements(project: &Project, leg: &Leg<'_>) -> Vec<String> {
    let ground = project.ground();
    let text = without_mark(leg.text);
    let (migration, _) = Migration::parse(text, ground.dialect.syntax(), SourceId(0));
    let framed =
        !migration.head.is_empty() || migration.segments.iter().any(|s| !s.begin.is_empty());
    let around = match framed {
        true => driftless_planner::Frame::default(),
        false => {
            let replay = replay_text(
                ground.dialect,
                leg.from.clone(),
                ground.dialect.path(),
                text,
                SourceId(0),
                ground.server,
            );
            frame(&ground, &replay.statements, leg.from, leg.to)
        }
    };
    let mut out: Vec<String> = match framed {
        true => migration.head.clone(),
        false => around.head.clone(),
    };
    for segment in &migration.segments {
        // The rows behind COPY change no schema.
        let steps = segment.steps.iter().filter(|s| s.data.is_none());
        let steps: Vec<&String> = steps.map(|s| &s.text).collect();
        let inside = segment.mode == Mode::Transaction && !steps.is_empty();
        let (begin, commit) = match (inside, framed) {
            (false, _) => (&[][..], &[][..]),
            (true, true) => (&segment.begin[..], &segment.commit[..]),
            (true, false) => (&around.begin[..], &around.commit[..]),
        };
        out.extend(begin.iter().chain(steps).chain(commit).cloned());
    }
    out.extend(match framed {
        true => migration.tail,
        false => around.tail,
    });
    out
}

async fn inspect(project: &Project, engine: &mut dyn Connection) -> Result<Catalog, Problems> {
    let speaks = planner_dialect(project.dialect.product);
    let declared = (project.dialect.product == Product::Sqlite).then(|| project.dialect.server());
    let is = driftless_runtime::inspect(speaks, engine, &project.scope, declared).await?;
    Ok(is.catalog)
}

async fn differences(
    project: &Project,
    engine: &mut dyn Connection,
    should: &Catalog,
) -> Result<Vec<Difference>, Problems> {
    let is = inspect(project, engine).await?;
    let mut found = compare(&project.ground(), should, &is);
    // What cannot be told apart is no proof of a difference.
    found.retain(|d| d.direction != DriftDirection::Unproven);
    Ok(found)
}

fn engine_name(project: &Project, engine: &dyn Connection) -> String {
    format!("{} {}", project.dialect.product.name(), engine.server())
}

pub fn lacking(path: &str, what: &str) -> Diagnostic {
    Diagnostic::warning("D0736", format!("`{path}` could not be rehearsed: {what}"))
        .note("the scratch engine has not all that the schema needs")
}

fn failed(path: &str, error: &DbError) -> Diagnostic {
    let mut d = Diagnostic::error(
        "D0735",
        format!("in the rehearsal `{path}` failed: {}", error.message),
    );
    if let Some(detail) = &error.detail {
        d = d.note(detail.clone());
    }
    d.help("mend the file, or the schema that it is made from")
}

fn elsewhere(path: &str, differences: &[Difference]) -> Diagnostic {
    let mut d = Diagnostic::error(
        "D0735",
        format!("in the rehearsal `{path}` led to another state than on the model"),
    );
    for difference in differences.iter().take(NAMED) {
        let word = match difference.direction {
            DriftDirection::OnlyThere => "is there and should not be",
            DriftDirection::Missing => "is missing",
            DriftDirection::Differs | DriftDirection::Unproven => "differs",
        };
        let details = match difference.details.is_empty() {
            true => String::new(),
            false => format!(": {}", difference.details.join(", ")),
        };
        d = d.note(format!(
            "{} {} {word}{details}",
            difference.kind, difference.object
        ));
    }
    if differences.len() > NAMED {
        d = d.note(format!("and {} more", differences.len() - NAMED));
    }
    d.help("if the file is right, this is a mistake of driftless: please report it")
}
