//! Every family through `read`: what it gives, and where it fails.
//!
//! Invariant: a case is one line of SQL and the compact rendering of all that was read.

mod corpus;
mod family;
mod render;

use super::read;
use driftless_model::{Dialect, Server, Version};
use driftless_planner::Parsed;
use driftless_sql::{Diagnostic, SourceId, Syntax, split};

fn server(major: u32) -> Server {
    Server {
        dialect: Dialect::Postgres,
        version: Version::new(major, 0),
    }
}

/// Reads the only statement of a text.
fn one(text: &str) -> Result<Parsed, Diagnostic> {
    let (statements, problems) = split(text, Syntax::Postgres, SourceId(0));
    assert!(problems.is_empty(), "{text}: {problems:?}");
    assert_eq!(statements.len(), 1, "{text}");
    read(&statements[0], text, SourceId(0), server(17))
}
