//! `plan`: what would change in an environment to reach the schema that the configuration declares.

use driftless_sql::Diagnostic;

use super::{diff, side};
use crate::args::PlanArgs;
use crate::context::{Consent, Context};
use crate::exit::{Exit, Failure};

pub fn run(context: &mut Context, args: &PlanArgs) -> Result<Exit, Failure> {
    context.consent = Consent::of(&args.shared);
    if args.env.is_none() {
        no_migrations(context)?;
    }
    let after = side::desired(context)?;
    let before = side::environment(context, args.env.as_deref())?;
    let question = side::question(context, before, after, &args.shared)?;
    diff::show(context, &question, &args.show)
}

/// Where a migrations folder exists, `plan` compares with its replay, which is still to come.
fn no_migrations(context: &Context) -> Result<(), Diagnostic> {
    let config = context.required_config()?;
    let Some(migrations) = &config.migrations else {
        return Ok(());
    };
    if !std::path::Path::new(&config.resolve(&migrations.value)).is_dir() {
        return Ok(());
    }
    Err(Diagnostic::error(
        "D0003",
        "replaying a migrations folder is not supported yet",
    )
    .at(migrations.place)
    .help("compare with a database: driftless plan --env NAME"))
}
