//! Documents held against our JSON Schemas.

use serde_json::Value;

/// As much of JSON Schema as ours use; a keyword that is not known here is a fault.
pub fn faults(schema: &Value, document: &Value) -> Vec<String> {
    let mut out = Vec::new();
    check(schema, schema, document, "$", &mut out);
    out
}

fn check(root: &Value, schema: &Value, value: &Value, at: &str, out: &mut Vec<String>) {
    for (keyword, rule) in schema.as_object().expect("a schema is an object") {
        let good = match keyword.as_str() {
            "$schema" | "$id" | "$defs" | "title" | "description" | "properties" => true,
            "$ref" => {
                let name = rule.as_str().and_then(|r| r.strip_prefix("#/$defs/"));
                let target = &root["$defs"][name.expect("a local reference")];
                check(root, target, value, at, out);
                true
            }
            "type" => match rule {
                Value::Array(types) => types.iter().any(|t| is_type(t, value)),
                one => is_type(one, value),
            },
            "const" => rule == value,
            "enum" => rule.as_array().is_some_and(|all| all.contains(value)),
            "minimum" => value.as_i64() >= rule.as_i64(),
            "minItems" => value.as_array().map(|v| v.len() as u64) >= rule.as_u64(),
            "minProperties" => value.as_object().map(|v| v.len() as u64) >= rule.as_u64(),
            "pattern" => value.as_str().is_some_and(is_code),
            "required" => {
                let names = rule.as_array().into_iter().flatten();
                names
                    .filter_map(Value::as_str)
                    .all(|n| value.get(n).is_some())
            }
            "anyOf" => rule.as_array().is_some_and(|forms| {
                forms.iter().any(|form| {
                    let mut inside = Vec::new();
                    check(root, form, value, at, &mut inside);
                    inside.is_empty()
                })
            }),
            "items" => {
                for (n, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, rule, item, &format!("{at}[{n}]"), out);
                }
                true
            }
            "additionalProperties" => {
                for (name, item) in value.as_object().into_iter().flatten() {
                    let at = format!("{at}.{name}");
                    match (schema["properties"].get(name), rule) {
                        (Some(known), _) => check(root, known, item, &at, out),
                        (None, Value::Bool(false)) => out.push(format!("{at}: not described")),
                        (None, other) => check(root, other, item, &at, out),
                    }
                }
                true
            }
            _ => false,
        };
        if !good {
            out.push(format!("{at}: {keyword} {rule}, found {value}"));
        }
    }
}

fn is_type(name: &Value, value: &Value) -> bool {
    match name.as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("null") => value.is_null(),
        _ => false,
    }
}

/// The one pattern: `^D[0-9]{4}$`.
fn is_code(text: &str) -> bool {
    text.strip_prefix('D')
        .is_some_and(|n| n.len() == 4 && n.bytes().all(|b| b.is_ascii_digit()))
}
