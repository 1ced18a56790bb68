//! What `--format json` of `plan` and `diff` prints.

use super::{Field, count, flag, list, must, object, or_null, reference, said, sql, text, whole};
use serde_json::{Value, json};

/// The schema of [`crate::plan_json`].
pub fn plan_schema() -> Value {
    let fields = vec![
        must("version", json!({ "const": 1 })),
        must("before", said("the state that is there")),
        must("after", said("the state that is wanted")),
        must("dialect", said("postgres@16")),
        must("summary", summary()),
        must("changes", list(group())),
        must("frame", frame()),
        must("segments", list(segment())),
        must("unproven", list(unproven())),
        must("refused", list(refused())),
        must("kept", list(thing())),
        must("unmodelled", list(unmodelled())),
        must("likely_renames", list(rename())),
        must(
            "outside",
            json!({ "type": "integer", "minimum": 0, "description": "objects outside of `manage`, left alone" }),
        ),
        must("sizes", list(size())),
    ];
    let defs = vec![(
        "held",
        json!({
            "enum": ["instant", "scan", "rewrite"],
            "description": "how long: a moment, a scan of the table or the building of an index, a rewrite of the table",
        }),
    )];
    whole(
        "driftless:plan.schema.json",
        "driftless plan",
        "What leads from one state to another: changes for people, statements for programs.",
        fields,
        defs,
    )
}

/// A relation that is read or written whole, or loses something; estimated, and only where a live database told it.
fn size() -> Value {
    object(
        named()
            .into_iter()
            .chain([must("rows", count()), must("bytes", count())]),
    )
}

fn summary() -> Value {
    object([
        must("changes", count()),
        must("steps", count()),
        must("transactions", count()),
        must("losses", count()),
        must("reversible", flag()),
    ])
}

fn named() -> [Field; 2] {
    [
        must("kind", said("table, view, enum …")),
        must(
            "object",
            said("as people write it; the schema `public` is unsaid"),
        ),
    ]
}

fn thing() -> Value {
    object(named())
}

fn group() -> Value {
    let line = object([
        must(
            "mark",
            json!({
                "enum": ["+", "~", "-", ">", "="],
                "description": "made, altered, dropped, renamed, made anew",
            }),
        ),
        must(
            "what",
            said("the thing itself; empty: the object of the group"),
        ),
        must("detail", text()),
        must("cost", reference("held")),
        must("loses", list(text())),
        must("because", or_null("string")),
    ]);
    object(named().into_iter().chain([must("lines", list(line))]))
}

fn frame() -> Value {
    let statements = |description: &str| json!({ "type": "array", "items": { "type": "string" }, "description": description });
    object([
        must(
            "client",
            statements("lines for the engine's own client alone, in front of the whole"),
        ),
        must("head", statements("statements in front of the whole")),
        must("begin", statements("in front of each transaction")),
        must("commit", statements("behind each transaction")),
        must("tail", statements("behind the whole")),
    ])
}

fn segment() -> Value {
    let lock = object([
        must("on", text()),
        must("mode", said("the engine's own name of it")),
        must("blocks_reads", flag()),
        must("blocks_writes", flag()),
        must("held", reference("held")),
    ]);
    let loss = object([
        must("code", code()),
        must("object", text()),
        must("what", text()),
    ]);
    let step = object([
        must("sql", sql("one statement without its semicolon")),
        must("because", or_null("string")),
        must("locks", list(lock)),
        must("rewrite", flag()),
        must("scan", flag()),
        must("losses", list(loss)),
        must("hazards", list(text())),
        must(
            "irreversible",
            json!({ "type": ["string", "null"], "description": "why the way back cannot restore everything" }),
        ),
    ]);
    object([
        must(
            "transaction",
            json!({ "type": "boolean", "description": "false: its one statement cannot run in a transaction" }),
        ),
        must("steps", list(step)),
    ])
}

fn code() -> Value {
    json!({ "type": "string", "pattern": "^D[0-9]{4}$" })
}

fn unproven() -> Value {
    let planned = json!({ "type": "boolean", "description": "it became a step, by consent" });
    object(named().into_iter().chain([must("planned", planned)]))
}

fn refused() -> Value {
    object([
        must("code", code()),
        must("object", said("what consent names")),
        must("loses", text()),
    ])
}

fn unmodelled() -> Value {
    object([
        must("what", text()),
        must("name", text()),
        must("on", or_null("string")),
    ])
}

fn rename() -> Value {
    object([must("from", text()), must("to", text())])
}
