//! Crate testkit.
