//! Where and when migrations were applied, as far as the environments that can be reached tell.
//!
//! Neighbours: `history` shows it; `generate --amend` and `seal` refuse by it. Invariant: it reads only, and what cannot
//! be reached is said, never taken for a "no".

use std::time::Duration;

use driftless_runtime::{Book, Event, Taken};
use driftless_sql::Diagnostic;

use super::folder::Project;
use super::{State, work};
use crate::commands::environment;
use crate::context::Context;

/// A look at what others did must not hold up whoever asks.
const PATIENCE: Duration = Duration::from_secs(3);

/// One row of a history table that concerns a migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    /// `None`: a repeatable migration.
    pub version: Option<u64>,
    pub name: String,
    pub environment: String,
    /// `applied`, `baselined`, `rolled_back` …
    pub what: &'static str,
    pub at: String,
    pub took_ms: Option<u64>,
}

/// The history table of an environment; `None` where driftless has never worked there.
fn book(context: &mut Context, project: &Project, name: &str) -> Result<Option<Book>, Diagnostic> {
    let first = |problems: driftless_sql::Problems| {
        let problem = problems.0.into_iter().next();
        problem.unwrap_or_else(|| Diagnostic::error("D0502", "it cannot be read"))
    };
    let side = environment(context, Some(name)).map_err(|f| first(f.problems))?;
    match &side.state {
        State::Live(open) => work::book(project, open, PATIENCE).map_err(first),
        _ => Ok(None),
    }
}

/// Everything that happened to the migrations, in all environments; and what could not be asked.
pub fn happened(context: &mut Context, project: &Project) -> (Vec<Happened>, Vec<String>) {
    let config = context.config.iter();
    let names: Vec<String> = config
        .flat_map(|c| &c.environments)
        .map(|e| e.name.clone())
        .collect();
    let (mut out, mut notes) = (Vec::new(), Vec::new());
    for name in names {
        let book = match book(context, project, &name) {
            Ok(Some(book)) => book,
            Ok(None) => continue,
            Err(why) => {
                notes.push(format!(
                    "what `{name}` has is not told, it cannot be asked: {}",
                    why.message
                ));
                continue;
            }
        };
        out.extend(book.records.iter().filter_map(|record| {
            let told = matches!(
                record.entry.event,
                Event::Applied
                    | Event::Failed
                    | Event::RolledBack
                    | Event::Baselined
                    | Event::Repaired
                    | Event::Adopted
            );
            told.then(|| Happened {
                version: record.entry.version,
                name: record.entry.name.clone(),
                environment: name.clone(),
                what: record.entry.event.word(),
                at: record.at.clone(),
                took_ms: record.entry.duration,
            })
        }));
    }
    (out, notes)
}

/// The versions that left something on the default environment, with its name; a note where it cannot be asked.
pub fn taken(context: &mut Context, project: &Project) -> (Vec<(u64, String)>, Option<Diagnostic>) {
    let config = context.config.as_ref();
    let default = config.and_then(|c| c.environment(None).ok());
    let Some(name) = default.map(|e| e.name.clone()) else {
        return (Vec::new(), None);
    };
    match book(context, project, &name) {
        Ok(None) => (Vec::new(), None),
        Ok(Some(book)) => {
            let held = book.held();
            let versions = held.values().filter_map(|h| {
                // What failed or was interrupted is there to be mended: a run goes on only from what it did.
                h.record.entry.version.filter(|_| h.how == Taken::In)
            });
            (versions.map(|v| (v, name.clone())).collect(), None)
        }
        Err(why) => {
            let d = Diagnostic::warning(
                "D0734",
                format!("whether `{name}` has applied it is not known"),
            )
            .note(why.message)
            .help("change no migration that an environment has: look with `driftless status`");
            (Vec::new(), Some(d))
        }
    }
}
