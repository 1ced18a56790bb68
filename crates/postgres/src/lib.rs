//! The PostgreSQL dialect: grammar, catalog queries and their decoding, canonical forms, one row file per kind.
//!
//! Neighbours: implements the planner's `Dialect`; the runtime asks the queries. Invariant: pure, and products and
//! versions are compared in `features.rs` only.

pub mod canon;
mod definition;
mod dialect;
mod features;
mod grammar;
mod inspect;
mod print;
mod row;
pub mod types;

pub use dialect::{POSTGRES, Postgres};
