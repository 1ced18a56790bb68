//! Crate driver-sqlite.
