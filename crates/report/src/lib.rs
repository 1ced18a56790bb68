//! Pure renderings of what driftless found: diagnostics, plans and catalogs.
//!
//! Neighbours: crate `cli` prints what comes out of here. Invariant: no IO, no clock; the same data gives the same bytes.

mod diagnostic;
mod document;
mod drift;
mod files;
mod history;
mod json;
mod markdown;
mod mermaid;
mod safe;
mod schema;
mod script;
mod status;
mod summary;
mod text;
mod verify;

pub use diagnostic::render;
pub use document::{
    DESIRED_SCHEMA, catalog_schema, desired_schema, desired_schema_text, drift_schema,
    history_schema, plan_schema, status_schema, verify_schema,
};
pub use drift::{drift_json, drift_markdown, drift_text};
pub use files::schema_files;
pub use history::{Origin, Run, ToldHistory, history_json, history_markdown, history_text};
pub use json::plan_json;
pub use markdown::plan_markdown;
pub use mermaid::schema_mermaid;
pub use safe::counted;
pub use schema::{schema_json, schema_sql, schema_yaml, schema_yaml_with_hint};
pub use script::script;
pub use status::{status_json, status_markdown, status_text};
pub use text::{Heading, plan_text};
pub use verify::{Verification, verify_github, verify_json, verify_markdown, verify_text};
