//! `status`: which migrations an environment has, file by file.

use driftless_report as report;

use super::side;
use crate::args::{ReportFormat, StatusArgs};
use crate::context::Context;
use crate::engine::{Project, work};
use crate::exit::{Exit, Failure};

pub fn run(context: &mut Context, args: &StatusArgs) -> Result<Exit, Failure> {
    let project = Project::open(context, None, &args.scope)?;
    context.tell(&project.problems);
    let side = side::environment(context, args.env.as_deref())?;
    let status = work::status(&project, &side)?;
    let text = match args.format {
        ReportFormat::Text => report::status_text(&status, context.colour_out),
        ReportFormat::Json => report::status_json(&status),
        ReportFormat::Markdown => report::status_markdown(&status),
    };
    context.print(&text)?;
    Ok(match args.exit_code && !status.is_settled() {
        true => Exit::Changes,
        false => Exit::Ok,
    })
}
