//! What `--format json` of `verify` prints.

use super::{count, flag, list, must, object, one_of, or_null, said, text, whole};
use serde_json::{Value, json};

/// The schema of [`crate::verify_json`].
pub fn verify_schema() -> Value {
    let fields = vec![
        must("version", json!({ "const": 1 })),
        must("clean", flag()),
        must("files", count()),
        must("findings", list(finding())),
        must("notes", list(text())),
        must("rehearsed", or_null("string")),
    ];
    whole(
        "driftless:verify.schema.json",
        "driftless verify",
        "What was found in the migrations folder; clean: nothing of it is an error.",
        fields,
        Vec::new(),
    )
}

fn finding() -> Value {
    object([
        must("code", said("its page: driftless explain CODE")),
        must("severity", one_of(&["error", "warning", "note"])),
        must("message", text()),
        must("file", or_null("string")),
        must("line", or_null("integer")),
        must("column", or_null("integer")),
        must("notes", list(text())),
        must("help", or_null("string")),
    ])
}
