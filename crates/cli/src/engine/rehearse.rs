//! Rehearsal: a migration runs on an empty copy in a scratch engine, forth and back, and what is there is compared
//! with what the model says.
//!
//! Neighbours: `generate` and `verify` ask; drivers give the engine. Invariant: it touches no database of the user; only
//! what really ran is claimed.

use driftless_migrations::{Difference, DriftDirection, Files, Stage, compare, walk};
use driftless_model::Catalog;
use driftless_runtime::{ConnectOptions, Connection, DbError};
use driftless_sql::{Diagnostic, Problems};

use super::folder::Project;
use super::{block_on, driver, generate, planner_dialect};
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
    before: &Catalog,
    files: &Files,
    after: &Catalog,
) -> Result<Rehearsal, Problems> {
    let build = generate::build(project, before)?;
    block_on(async {
        let mut engine = scratch(project).await?;
        let ran = driftless_runtime::apply(&mut *engine, &build, &mut |_, _| {}).await;
        if let Err(problem) = ran {
            return Ok(Rehearsal::Lacking(problem.message));
        }
        let up = Leg {
            path: files.up_path(),
            text: &files.up,
            to: after,
        };
        let down = files.down.as_ref().map(|text| Leg {
            path: files.down_path(),
            text,
            to: before,
        });
        let outcome = there_and_back(project, &mut *engine, &up, down.as_ref()).await;
        engine.close().await;
        outcome
    })
}

/// Rehearses every file of the folder in its order; the findings, and what could not be rehearsed.
pub fn rehearse_folder(project: &Project) -> Result<(Vec<Diagnostic>, String), Problems> {
    struct Act {
        up: (String, String),
        down: Option<(String, String)>,
        before: Catalog,
        after: Catalog,
    }
    let mut acts: Vec<Act> = Vec::new();
    let mut tainted = false;
    walk(
        &project.folder,
        &project.ground(),
        None,
        &mut |stage: &Stage| {
            tainted |= stage.tainted;
            let down = stage.versioned.and_then(|v| v.down.as_ref());
            acts.push(Act {
                up: (stage.file.path.clone(), stage.file.text.clone()),
                down: down.map(|d| (d.path.clone(), d.text.clone())),
                before: stage.before.clone(),
                after: stage.replay.catalog.clone(),
            });
        },
    );
    block_on(async {
        let mut engine = scratch(project).await?;
        let name = engine_name(project, &*engine);
        let mut findings = Vec::new();
        for act in &acts {
            let (path, text) = &act.up;
            let up = Leg {
                path: path.clone(),
                text,
                to: &act.after,
            };
            let down = act.down.as_ref().map(|(path, text)| Leg {
                path: path.clone(),
                text,
                to: &act.before,
            });
            match there_and_back(project, &mut *engine, &up, down.as_ref()).await {
                Ok(Rehearsal::Lacking(what)) => {
                    findings.push(lacking(path, &what));
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
            if act.down.is_some()
                && let Err(e) = engine.batch(text).await
            {
                findings.push(failed(path, &e));
                break;
            }
        }
        engine.close().await;
        Ok((findings, name))
    })
}

/// A text, and where it leads.
struct Leg<'a> {
    path: String,
    text: &'a str,
    to: &'a Catalog,
}

async fn there_and_back(
    project: &Project,
    engine: &mut dyn Connection,
    up: &Leg<'_>,
    down: Option<&Leg<'_>>,
) -> Result<Rehearsal, Problems> {
    let mut legs = "up";
    for leg in std::iter::once(up).chain(down) {
        if let Err(e) = engine.batch(leg.text).await {
            // A transaction may be open; where none is, this has nothing to do.
            let _ = engine.batch("ROLLBACK").await;
            return match is_lacking(&e) {
                true => Ok(Rehearsal::Lacking(e.message)),
                false => Err(failed(&leg.path, &e).into()),
            };
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

async fn differences(
    project: &Project,
    engine: &mut dyn Connection,
    should: &Catalog,
) -> Result<Vec<Difference>, Problems> {
    let speaks = planner_dialect(project.dialect.product);
    let declared = (project.dialect.product == Product::Sqlite).then_some(should.server);
    let is = driftless_runtime::inspect(speaks, engine, &project.scope, declared).await?;
    let mut found = compare(&project.ground(), should, &is.catalog);
    // What cannot be told apart is no proof of a difference.
    found.retain(|d| d.direction != DriftDirection::Unproven);
    Ok(found)
}

fn engine_name(project: &Project, engine: &dyn Connection) -> String {
    format!("{} {}", project.dialect.product.name(), engine.server())
}

async fn scratch(project: &Project) -> Result<Box<dyn Connection>, Problems> {
    let product = project.dialect.product;
    if product != Product::Sqlite {
        return Err(Diagnostic::error(
            "D0003",
            format!("a rehearsal on {} is not supported yet", product.name()),
        )
        .note("only SQLite has a scratch engine in memory so far")
        .help("leave --rehearse out: every plan is replayed on the model before it is shown")
        .into());
    }
    let options = ConnectOptions {
        create: true,
        ..ConnectOptions::default()
    };
    driver(product)
        .connect("sqlite::memory:", &options)
        .await
        .map_err(|e| e.diagnostic().into())
}

/// Modules, functions and collations that a program registers are not there in a scratch engine.
fn is_lacking(error: &DbError) -> bool {
    ["no such module", "no such function", "no such collation"]
        .iter()
        .any(|lack| error.message.contains(lack))
}

pub fn lacking(path: &str, what: &str) -> Diagnostic {
    Diagnostic::warning("D0736", format!("`{path}` could not be rehearsed: {what}"))
        .note("a scratch engine in memory has only what is built in")
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
