//! What `--format json` of `history` prints.

use super::{Field, list, must, object, one_of, or_null, said, text, whole};
use serde_json::{Value, json};

/// The schema of [`crate::history_json`].
pub fn history_schema() -> Value {
    let fields = vec![
        must("version", json!({ "const": 1 })),
        must("object", or_null("string")),
        must("kind", or_null("string")),
        must("entries", list(entry())),
        must("notes", list(said("what could not be told"))),
    ];
    whole(
        "driftless:history.schema.json",
        "driftless history",
        "Every change of an object by the migrations, oldest first.",
        fields,
        Vec::new(),
    )
}

fn entry() -> Value {
    object([
        must("version", or_null("integer")),
        must("name", said("of the migration")),
        must("path", said("of its file, relative to the folder")),
        must("why", or_null("string")),
        must("kind", said("table, column, index …")),
        must("object", said("under its name afterwards")),
        must("was", or_null("string")),
        must("what", one_of(&["added", "changed", "dropped", "renamed"])),
        must("detail", text()),
        must("date", or_null("string")),
        must("author", or_null("string")),
        must("commit", or_null("string")),
        must("applied", list(object(run()))),
    ])
}

fn run() -> [Field; 4] {
    [
        must("environment", text()),
        must("what", said("applied, baselined, rolled_back …")),
        must("at", said("in UTC")),
        must("took_ms", or_null("integer")),
    ]
}
