//! The SQLite dialect: grammar, inspection, normal form, rows, the table rebuild.
//!
//! Neighbours: implements the planner's `Dialect`; the driver crate talks to files. Invariant: pure: no IO, no clock.

mod canon;
mod dialect;
mod features;
mod frame;
mod full_text;
mod grammar;
mod inspect;
mod module;
mod print;
mod rebuild;
mod row;
#[cfg(test)]
mod tests;
mod text;

pub use dialect::{SQLITE, Sqlite};
pub use features::{DEFAULT_VERSION, Feature, has, since};
