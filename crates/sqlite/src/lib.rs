//! Crate sqlite.
