//! The rows: one file per kind.
