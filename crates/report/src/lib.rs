//! Pure renderings of what driftless found: diagnostics now; plans and catalogs beside them.
//!
//! Neighbours: crate `cli` prints what comes out of here. Invariant: no IO, no clock; the same data gives the same bytes.

mod diagnostic;

pub use diagnostic::render;
