//! `drift [ENV…]`: each environment against what its version should be, and against the others.

use driftless_migrations::Standing;
use driftless_report as report;

use super::side;
use crate::args::{DriftArgs, ReportFormat};
use crate::context::Context;
use crate::engine::{Project, work};
use crate::exit::{Exit, Failure};

pub fn run(context: &mut Context, args: &DriftArgs) -> Result<Exit, Failure> {
    let project = Project::open(context, None, &args.scope)?;
    project.sound()?;
    let names: Vec<String> = match args.environments.is_empty() {
        true => {
            let config = context.required_config()?;
            config.environments.iter().map(|e| e.name.clone()).collect()
        }
        false => args.environments.clone(),
    };
    let mut sides = Vec::new();
    for name in names {
        let config = context.required_config()?;
        // A name that is not there is a mistake in the call; a variable that is missing makes an unknown environment.
        config.environment(Some(&name))?;
        let side = side::environment(context, Some(&name)).map_err(|f| f.problems);
        sides.push((name, side));
    }
    let found = work::drift(context, &project, &sides)?;
    let drift = &found.drift;
    let text = match (args.sql, args.format) {
        (true, _) => found.sql.clone(),
        (_, ReportFormat::Text) => report::drift_text(drift, context.colour_out),
        (_, ReportFormat::Json) => report::drift_json(drift),
        (_, ReportFormat::Markdown) => report::drift_markdown(drift),
    };
    context.print(&text)?;
    let unknown = drift
        .environments
        .iter()
        .any(|e| matches!(e.standing, Standing::Unknown { .. }));
    let drifted = drift.environments.iter().any(|e| !e.drift.is_empty());
    Ok(match (unknown, drifted) {
        (true, _) => Exit::Error,
        (_, true) => Exit::Changes,
        _ => Exit::Ok,
    })
}
