//! `diff --from STATE --to STATE`, and the showing of a comparison that `plan` shares.

use driftless_runtime::StateSpec;
use driftless_sql::{Diagnostic, Severity};

use super::side;
use crate::args::{DiffArgs, PlanFormat, ShowArgs};
use crate::context::{Consent, Context};
use crate::engine::{self, Comparison, Question};
use crate::exit::{Exit, Failure};

pub fn run(context: &mut Context, args: &DiffArgs) -> Result<Exit, Failure> {
    context.consent = Consent::of(&args.shared);
    let from = StateSpec::parse(&args.from)?;
    let to = StateSpec::parse(&args.to)?;
    let before = side::of(context, &from)?;
    let after = side::of(context, &to)?;
    let question = side::question(context, before, after, &args.shared)?;
    let (exit, _) = show(context, &question, &args.show)?;
    Ok(exit)
}

/// Prints what leads from one side to the other. SQL that would lose something is not printed without consent.
pub fn show(
    context: &mut Context,
    question: &Question,
    args: &ShowArgs,
) -> Result<(Exit, Comparison), Failure> {
    let comparison = engine::compare(context, question)?;
    context.tell(comparison.notes());
    if args.format == PlanFormat::Sql && !comparison.refusals().is_empty() {
        context.tell(comparison.refusals());
        return Ok((Exit::Refused, comparison));
    }
    let stops: Vec<Diagnostic> = comparison
        .stops()
        .iter()
        .map(|stop| Diagnostic {
            severity: Severity::Warning,
            ..stop.clone()
        })
        .collect();
    context.tell(&stops);
    let colour = context.colour_out && args.format == PlanFormat::Text;
    context.print(&comparison.render(args.format, colour))?;
    let exit = match args.exit_code && comparison.has_changes() {
        true => Exit::Changes,
        false => Exit::Ok,
    };
    Ok((exit, comparison))
}
