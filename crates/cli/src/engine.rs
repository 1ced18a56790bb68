//! The seam between commands and engines: dialect, driver and planner come in here, and nowhere else in this crate.
//!
//! Neighbours: `commands` ask, with states that are looked up and read; what they get renders itself. Invariant: a
//! question names its dialect, and both its sides speak it.

use driftless_sql::{Diagnostic, SourceId};

use crate::args::{InspectFormat, PlanFormat};
use crate::config::{OpenEnvironment, Scratch};
use crate::context::Context;
use crate::dialect::Dialect;
use crate::exit::Failure;
use crate::scope::Scope;

/// A state that was looked up: files are read, variables expanded.
#[derive(Debug)]
pub struct Side {
    /// As it may be shown.
    pub name: String,
    pub state: State,
}

#[derive(Debug)]
pub enum State {
    Live(OpenEnvironment),
    Text(Vec<SourceId>),
    Empty,
}

/// What leads from one state to another?
#[derive(Debug)]
pub struct Question {
    pub before: Side,
    pub after: Side,
    pub dialect: Dialect,
    pub scope: Scope,
    pub scratch: Scratch,
}

/// A schema, ready to be printed.
pub enum Inspection {}

impl Inspection {
    pub fn notes(&self) -> &[Diagnostic] {
        match *self {}
    }
    pub fn render(&self, _format: InspectFormat) -> String {
        match *self {}
    }
    /// One file per object: relative paths and texts.
    pub fn files(&self, _format: InspectFormat) -> Vec<(String, String)> {
        match *self {}
    }
}

/// A plan, proved and ready to be printed or run.
pub enum Comparison {}

impl Comparison {
    pub fn has_changes(&self) -> bool {
        match *self {}
    }
    /// Steps that need a consent which is not given, and differences that are unproven.
    pub fn refusals(&self) -> &[Diagnostic] {
        match *self {}
    }
    pub fn notes(&self) -> &[Diagnostic] {
        match *self {}
    }
    pub fn render(&self, _format: PlanFormat, _colour: bool) -> String {
        match *self {}
    }
}

pub fn inspect(
    _context: &mut Context,
    _side: &Side,
    dialect: Dialect,
    _scope: &Scope,
) -> Result<Inspection, Failure> {
    Err(not_wired(dialect))
}

pub fn compare(_context: &mut Context, question: &Question) -> Result<Comparison, Failure> {
    Err(not_wired(question.dialect))
}

/// Runs a plan on its live before-side, segment by segment; what it returns is told to the user.
pub fn apply(
    _context: &mut Context,
    _question: &Question,
    comparison: &Comparison,
) -> Result<String, Failure> {
    match *comparison {}
}

fn not_wired(dialect: Dialect) -> Failure {
    Diagnostic::error("D0001", format!("{dialect} is not wired into this build"))
        .help("this is a fault of driftless, please report it")
        .into()
}
