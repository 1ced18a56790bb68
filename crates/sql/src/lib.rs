//! Crate sql.
