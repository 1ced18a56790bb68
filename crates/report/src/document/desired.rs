//! What a desired state in YAML may say: completion and checks for editors.
//!
//! Neighbours: made of the model's vocabulary, by which the documents are read. Invariant: what is read without an
//! error keeps to it.

use super::whole;
use driftless_model::{Field, ROOT, Shape, What};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Its name, under `schema/` and beside the files of a user.
pub const DESIRED_SCHEMA: &str = "schema.schema.json";

/// The schema of what [`crate::schema_yaml`] prints and of what people write.
pub fn desired_schema() -> Value {
    let mut shapes: BTreeMap<&str, &Shape> = BTreeMap::new();
    collect(&ROOT, &mut shapes);
    let defs = shapes
        .iter()
        .filter(|(name, _)| **name != ROOT.name)
        .map(|(name, shape)| (*name, with_short_forms(shape)))
        .collect();
    let fields = ROOT.all().map(|f| (f.key, f.must, field(f))).collect();
    whole(
        "driftless:schema.schema.json",
        "driftless desired state",
        ROOT.said,
        fields,
        defs,
    )
}

/// The same as the text of a file.
pub fn desired_schema_text() -> String {
    let mut text = serde_json::to_string_pretty(&desired_schema()).unwrap_or_default();
    text.push('\n');
    text
}

fn collect(shape: &'static Shape, out: &mut BTreeMap<&str, &Shape>) {
    if out.insert(shape.name, shape).is_some() {
        return;
    }
    for field in shape.all() {
        match field.what {
            What::One(inner)
            | What::List(inner)
            | What::Map(inner)
            | What::Names(inner)
            | What::Many(inner)
            | What::Overloads(inner)
            | What::Grants(inner) => collect(inner, out),
            _ => {}
        }
    }
}

/// The mapping, or what may stand for it.
fn with_short_forms(shape: &'static Shape) -> Value {
    let mut properties = Map::new();
    for f in shape.all() {
        properties.insert(f.key.to_owned(), field(f));
    }
    let required: Vec<&str> = shape.all().filter(|f| f.must).map(|f| f.key).collect();
    let mapping = json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    });
    let mut forms = vec![mapping];
    let short = |key: Option<&str>| key.and_then(|k| shape.field(k)).map(|f| value(f.what));
    forms.extend(short(shape.scalar));
    forms.extend(short(shape.list).filter(|_| shape.list != shape.scalar));
    if shape.empty {
        forms.push(json!({ "type": "null" }));
    }
    let mut out = any_of(forms);
    out["description"] = json!(shape.said);
    out
}

fn any_of(mut forms: Vec<Value>) -> Value {
    match forms.len() {
        1 => forms.swap_remove(0),
        _ => json!({ "anyOf": forms }),
    }
}

fn field(field: &Field) -> Value {
    let mut out = value(field.what);
    let engines: Vec<&str> = field.on.iter().map(|d| d.product()).collect();
    let engine = match engines.is_empty() {
        true => String::new(),
        false => format!("{}: ", engines.join(", ")),
    };
    let form = match field.what {
        What::Sql | What::Query => ", as SQL text",
        _ => "",
    };
    out["description"] = json!(format!("{engine}{}{form}", field.said));
    out
}

fn value(what: What) -> Value {
    let one = |shape: &Shape| json!({ "$ref": format!("#/$defs/{}", shape.name) });
    let list = |items: Value| json!({ "type": "array", "items": items });
    let or_list = |item: Value| any_of(vec![item.clone(), list(item)]);
    let map = |values: Value| json!({ "type": ["object", "null"], "additionalProperties": values });
    match what {
        What::Text | What::Name | What::Sql | What::Query => text(),
        What::Flag => json!({ "type": "boolean" }),
        What::Number => json!({ "type": "integer" }),
        What::Words(words) => json!({ "enum": words }),
        What::Texts => or_list(text()),
        What::Options => map(text()),
        // A reference has no room for a description in older drafts.
        What::One(shape) => json!({ "anyOf": [one(shape)] }),
        What::List(shape) => or_list(one(shape)),
        What::Map(shape) => map(one(shape)),
        What::Names(shape) => any_of(vec![map(one(shape)), list(text())]),
        What::Many(shape) => any_of(vec![map(one(shape)), list(one(shape))]),
        What::Overloads(shape) | What::Grants(shape) => map(or_list(one(shape))),
    }
}

/// Numbers and bools are taken as they are written.
fn text() -> Value {
    json!({ "type": ["string", "number", "boolean"] })
}
