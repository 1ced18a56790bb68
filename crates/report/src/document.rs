//! The JSON Schemas of the documents that are printed or read: what stands under `schema/`.
//!
//! Neighbours: `json` and the model's `document` write what is described here; a test holds real output and the
//! committed files against it. Invariant: closed (`additionalProperties: false`), so that a field which nobody
//! described cannot appear.

mod catalog;
mod desired;
mod drift;
mod history;
mod plan;
mod verify;

pub use catalog::catalog_schema;
pub use desired::{DESIRED_SCHEMA, desired_schema, desired_schema_text};
pub use drift::{drift_schema, status_schema};
pub use history::history_schema;
pub use plan::plan_schema;
use serde_json::{Map, Value, json};
pub use verify::verify_schema;

/// The dialect of JSON Schema that all of them are written in.
const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// One property: its name, its schema, and whether it is always there.
type Field = (&'static str, bool, Value);

fn must(name: &'static str, schema: Value) -> Field {
    (name, true, schema)
}

fn may(name: &'static str, schema: Value) -> Field {
    (name, false, schema)
}

/// A closed object.
fn object(fields: impl IntoIterator<Item = Field>) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (name, always, schema) in fields {
        if always {
            required.push(name);
        }
        properties.insert(name.to_string(), schema);
    }
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn said(description: &str) -> Value {
    json!({ "type": "string", "description": description })
}

fn sql(description: &str) -> Value {
    said(&format!("{description}, as SQL text"))
}

fn flag() -> Value {
    json!({ "type": "boolean" })
}

/// Only there where it is true.
fn mark(description: &str) -> Value {
    json!({ "const": true, "description": description })
}

fn count() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

fn number() -> Value {
    json!({ "type": "integer" })
}

fn one_of(words: &[&str]) -> Value {
    json!({ "enum": words })
}

fn list(items: Value) -> Value {
    json!({ "type": "array", "items": items })
}

/// A list that is left out where it is empty.
fn some(items: Value) -> Value {
    json!({ "type": "array", "items": items, "minItems": 1 })
}

fn or_null(ty: &str) -> Value {
    json!({ "type": [ty, "null"] })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

/// A whole schema: its head, its root's fields and what they share.
fn whole(
    id: &str,
    title: &str,
    description: &str,
    fields: Vec<Field>,
    defs: Vec<(&str, Value)>,
) -> Value {
    let mut out = Map::new();
    out.insert("$schema".into(), json!(DRAFT));
    out.insert("$id".into(), json!(id));
    out.insert("title".into(), json!(title));
    out.insert("description".into(), json!(description));
    if let Value::Object(root) = object(fields) {
        out.extend(root);
    }
    let defs: Map<String, Value> = defs.into_iter().map(|(k, v)| (k.to_string(), v)).collect();
    if !defs.is_empty() {
        out.insert("$defs".into(), Value::Object(defs));
    }
    Value::Object(out)
}
