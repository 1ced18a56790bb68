//! Crate postgres.
