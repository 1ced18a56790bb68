//! Crate model.
