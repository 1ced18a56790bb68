//! Pure renderings of what driftless found: diagnostics, plans and catalogs.
//!
//! Neighbours: crate `cli` prints what comes out of here. Invariant: no IO, no clock; the same data gives the same bytes.

mod diagnostic;
mod json;
mod markdown;
mod script;
mod text;

pub use diagnostic::render;
pub use json::plan_json;
pub use markdown::plan_markdown;
pub use script::script;
pub use text::{Heading, plan_text};
