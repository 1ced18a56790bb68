//! How a run ends: the exit codes, in this one place, and failures that carry one.
//!
//! Invariant: no other number leaves the process, save what a signal makes of it.

use std::process::ExitCode;

use driftless_sql::{Diagnostic, Problems};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Ok = 0,
    Error = 1,
    /// There are changes, and `--exit-code` asks for them.
    Changes = 2,
    /// Consent is missing, or a state is not certain enough.
    Refused = 3,
    Usage = 64,
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// Why a command ends early.
#[derive(Debug)]
pub struct Failure {
    pub exit: Exit,
    pub problems: Problems,
}

impl Failure {
    pub fn with(exit: Exit, problem: Diagnostic) -> Failure {
        Failure {
            exit,
            problems: problem.into(),
        }
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Failure {
        Failure {
            exit: Exit::Error,
            problems,
        }
    }
}

impl From<Diagnostic> for Failure {
    fn from(problem: Diagnostic) -> Failure {
        Failure::with(Exit::Error, problem)
    }
}
