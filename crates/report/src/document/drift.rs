//! What `--format json` of `drift` and of `status` prints.

use super::{flag, list, must, object, one_of, or_null, said, text, whole};
use serde_json::{Value, json};

/// The schema of [`crate::drift_json`].
pub fn drift_schema() -> Value {
    let fields = vec![
        must("version", json!({ "const": 1 })),
        must("clean", flag()),
        must("environments", list(environment())),
        must("between", list(between())),
    ];
    whole(
        "driftless:drift.schema.json",
        "driftless drift",
        "Each environment against what its version should be, and against the others; clean: all were reached, and none drifted.",
        fields,
        Vec::new(),
    )
}

fn environment() -> Value {
    object([
        must("name", text()),
        must("place", said("its URL without credentials")),
        must("standing", standing()),
        must("drift", list(difference())),
        must("pending", list(migrated())),
        must("ignored", list(difference())),
        must("notes", list(text())),
    ])
}

fn standing() -> Value {
    let is = |word: &str| must("is", json!({ "const": word }));
    json!({ "anyOf": [
        object([is("at"), must("version", version()), must("name", text())]),
        object([
            is("like"),
            must("version", version()),
            must("name", text()),
            must("exactly", flag()),
        ]),
        object([is("empty")]),
        object([is("unknown"), must("why", text())]),
    ] })
}

fn difference() -> Value {
    object([
        must("kind", said("table, column, index …")),
        must("object", text()),
        must(
            "direction",
            one_of(&["only-there", "missing", "differs", "unproven"]),
        ),
        must("details", list(said("a part that differs"))),
    ])
}

fn migrated() -> Value {
    object([must("version", version()), must("name", text())])
}

fn between() -> Value {
    object([
        must("first", text()),
        must("second", text()),
        must("differences", list(difference())),
    ])
}

/// The schema of [`crate::status_json`].
pub fn status_schema() -> Value {
    let fields = vec![
        must("version", json!({ "const": 1 })),
        must("settled", flag()),
        must("environment", text()),
        must("place", said("its URL without credentials")),
        must("version", or_null("integer")),
        must("known", flag()),
        must("files", list(file())),
    ];
    whole(
        "driftless:status.schema.json",
        "driftless status",
        "Which migrations an environment has; settled: nothing is to run, and nothing wants a person.",
        fields,
        Vec::new(),
    )
}

fn file() -> Value {
    let states = [
        "applied",
        "baselined",
        "adopted",
        "pending",
        "late",
        "failed",
        "interrupted",
        "edited",
        "missing",
        "changed",
    ];
    object([
        must("version", or_null("integer")),
        must("name", text()),
        must("state", one_of(&states)),
        must("at", or_null("string")),
        must("duration_ms", or_null("integer")),
        must("by", or_null("string")),
        must("commit", or_null("string")),
        must("note", or_null("string")),
    ])
}

fn version() -> Value {
    json!({ "type": "integer", "minimum": 0, "description": "mostly a stamp, YYYYMMDDHHMMSS in UTC" })
}
