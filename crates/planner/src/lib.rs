//! Crate planner.
