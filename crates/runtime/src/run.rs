//! Runs migrations: exactly once, each with its row of the history, from where an earlier run stopped.
//!
//! Neighbours: `site` is the database, `ledger` its history, crate `migrations` the files. `plan` decides, `execute`
//! runs, `undo` goes back, `record` writes down what is already so. Invariant: a row of the history commits with what
//! it tells of wherever the engine allows; nothing is told as done that is not.

mod execute;
mod expected;
mod job;
mod plan;
mod record;
mod undo;

use std::pin::Pin;

use driftless_sql::{Diagnostic, Problems};

pub(crate) use expected::Expected;
pub(crate) use job::{code, name};

pub use execute::{Outcome, Progress, execute};
pub use job::{Job, frame};
pub use plan::{Prepared, prepare};
pub use record::{Repaired, baseline, repair};
pub use undo::{Undo, undo};

/// What is done about what is not as it should be.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Up to this version.
    pub to: Option<u64>,
    /// Late files run even where the order matters.
    pub late: bool,
    /// Drift is told, and does not stop.
    pub warn_drift: bool,
}

/// Why it did not go on.
#[derive(Debug)]
pub enum Trouble {
    Failed(Problems),
    /// Consent is missing, or a state is not the one that it should be.
    Refused(Problems),
    /// Somebody asked to stop.
    Interrupted(Problems),
}

impl Trouble {
    fn failed(d: Diagnostic) -> Trouble {
        Trouble::Failed(d.into())
    }
    fn refused(d: Diagnostic) -> Trouble {
        Trouble::Refused(d.into())
    }
}

impl From<Problems> for Trouble {
    fn from(problems: Problems) -> Trouble {
        Trouble::Failed(problems)
    }
}

/// A wish to stop, once.
pub struct Stop(pub Pin<Box<dyn Future<Output = ()>>>);
