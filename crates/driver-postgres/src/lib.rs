//! Crate driver-postgres.
