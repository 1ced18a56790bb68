//! Oracles: the state of a database as the engine's own tools tell it, in a form that two databases can be compared by.
//!
//! Neighbours: laws and whole-program tests. Invariant: nothing here goes through code of a driftless crate.

mod mariadb;
mod postgres;
mod sqlite;
mod token;

pub use mariadb::mariadb_state;
pub use postgres::{normalise as normalise_pg_dump, pg_dump, postgres_rows};
pub use sqlite::{sqlite_rows, sqlite_state};
