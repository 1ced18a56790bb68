//! What `inspect --format json` prints: a whole catalog.

use super::{
    Field, list, mark, may, must, number, object, one_of, reference, said, some, sql, text, whole,
};
use driftless_model::Kind;
use serde_json::{Value, json};

/// The schema of [`crate::schema_json`].
pub fn catalog_schema() -> Value {
    let lists = [
        "schema",
        "extension",
        "enum",
        "domain",
        "composite",
        "sequence",
        "function",
        "aggregate",
        "table",
        "virtual_table",
        "view",
        "materialized_view",
        "default_privilege",
    ];
    let mut fields = vec![
        must("version", json!({ "const": 1 })),
        must("dialect", one_of(&["postgres", "sqlite"])),
        must("server", said("whose SQL it is: 16, 16.9, 3.37")),
    ];
    let plurals = [
        "schemas",
        "extensions",
        "enums",
        "domains",
        "composites",
        "sequences",
        "functions",
        "aggregates",
        "tables",
        "virtual_tables",
        "views",
        "materialized_views",
        "default_privileges",
    ];
    for (plural, singular) in plurals.into_iter().zip(lists) {
        fields.push(may(plural, some(reference(singular))));
    }
    for (_, list) in Kind::DEFINED {
        fields.push(may(list, some(reference("definition"))));
    }
    let outside = object(named("name").into_iter().chain(members()));
    fields.push(may("outside", some(outside)));
    let unmodelled = object([
        must("what", text()),
        must("name", text()),
        may("on", text()),
    ]);
    fields.push(may("unmodelled", some(unmodelled)));
    fields.push(may("taint", some(said("why nothing certain can be said"))));
    whole(
        "driftless:catalog.schema.json",
        "driftless catalog",
        "A database schema. What is default is left out: the schema `public`, names that the engine gives by itself, \
         empty lists, false flags.",
        fields,
        defs(),
    )
}

fn defs() -> Vec<(&'static str, Value)> {
    vec![
        ("schema", whole_object([])),
        (
            "extension",
            whole_object([
                may("version", text()),
                may("into", said("the schema of its members")),
            ]),
        ),
        ("enum", whole_object([may("values", some(text()))])),
        ("domain", domain()),
        ("composite", composite()),
        (
            "sequence",
            whole_object(
                [may("type", text()), may("unlogged", mark("not logged"))]
                    .into_iter()
                    .chain(sequence_options())
                    .chain([may("owned_by", owned_by())]),
            ),
        ),
        ("function", function()),
        ("aggregate", aggregate()),
        ("default_privilege", whole_object([may("role", text())])),
        ("table", table()),
        ("column", column()),
        (
            "virtual_table",
            whole_object(
                [must("module", text()), may("arguments", text())]
                    .into_iter()
                    .chain(members()),
            ),
        ),
        ("view", whole_object(view_fields().chain(members()))),
        (
            "materialized_view",
            whole_object(
                view_fields()
                    .chain([
                        may("without_data", mark("it was never filled")),
                        may("method", text()),
                        may("tablespace", text()),
                    ])
                    .chain(members()),
            ),
        ),
        ("key", key()),
        ("check", check()),
        ("foreign_key", foreign_key()),
        ("exclude", exclude()),
        ("not_null", not_null()),
        ("index", index()),
        (
            "definition",
            object(
                [may("schema", text()), may("name", text())]
                    .into_iter()
                    .chain(spine())
                    .chain([must("definition", said("what CREATE says behind the name"))]),
            ),
        ),
        ("trigger", trigger()),
        ("policy", policy()),
        ("rule", rule()),
        ("statistics", statistics()),
        (
            "grant",
            object([
                must("role", text()),
                must("privilege", text()),
                may("column", text()),
                may("grantable", mark("with grant option")),
            ]),
        ),
        ("options", options()),
    ]
}

/// `schema` where it is not the default one, and the name.
fn named(key: &'static str) -> [Field; 2] {
    [may("schema", text()), must(key, text())]
}

/// What every object can have.
fn spine() -> [Field; 5] {
    [
        may("comment", text()),
        may("comments", reference("options")),
        may("owner", text()),
        may("grants", some(reference("grant"))),
        may("implied", mark("something else made it be there")),
    ]
}

fn whole_object(fields: impl IntoIterator<Item = Field>) -> Value {
    object(named("name").into_iter().chain(spine()).chain(fields))
}

/// An object inside of its relation: its name is left out where the engine gives it.
fn member(fields: impl IntoIterator<Item = Field>) -> Value {
    object(
        [may("name", text())]
            .into_iter()
            .chain(spine())
            .chain(fields),
    )
}

fn members() -> [Field; 11] {
    [
        may("primary_key", reference("key")),
        may("uniques", some(reference("key"))),
        may("checks", some(reference("check"))),
        may("foreign_keys", some(reference("foreign_key"))),
        may("excludes", some(reference("exclude"))),
        may("not_nulls", some(reference("not_null"))),
        may("indexes", some(reference("index"))),
        may("triggers", some(reference("trigger"))),
        may("policies", some(reference("policy"))),
        may("rules", some(reference("rule"))),
        may("statistics", some(reference("statistics"))),
    ]
}

fn options() -> Value {
    json!({ "type": "object", "additionalProperties": { "type": "string" }, "minProperties": 1 })
}

fn sequence_options() -> [Field; 6] {
    [
        may("start", number()),
        may("increment", number()),
        may("min", number()),
        may("max", number()),
        may("cache", number()),
        may("cycle", mark("begins anew at its end")),
    ]
}

fn owned_by() -> Value {
    object(named("table").into_iter().chain([may("column", text())]))
}

fn domain() -> Value {
    let check = object([
        must("name", text()),
        must("expression", sql("the condition")),
        may("not_valid", mark("existing values were not checked")),
    ]);
    whole_object([
        must("type", text()),
        may("not_null", mark("null is refused")),
        may("default", sql("the value")),
        may("collation", text()),
        may("checks", some(check)),
    ])
}

fn composite() -> Value {
    let attribute = object([
        must("name", text()),
        must("type", text()),
        may("collation", text()),
    ]);
    whole_object([may("attributes", some(attribute))])
}

fn argument() -> Value {
    object([
        may("name", text()),
        may("mode", one_of(&["out", "inout", "variadic", "table"])),
        must("type", text()),
        may("default", sql("the value")),
    ])
}

fn aggregate() -> Value {
    whole_object([
        may("arguments", some(argument())),
        must("functions", reference("options")),
        must("state", text()),
        may("moving_state", text()),
        may("options", reference("options")),
    ])
}

fn function() -> Value {
    let setting = object([must("name", text()), must("value", text())]);
    whole_object([
        may("procedure", mark("it is called, and returns nothing")),
        may("arguments", some(argument())),
        may("returns", text()),
        may("returns_set", mark("many rows")),
        must("language", text()),
        may("volatility", one_of(&["stable", "immutable"])),
        may("strict", mark("null in, null out")),
        may("leakproof", mark("leakproof")),
        may("security_definer", mark("runs as its owner")),
        may("window", mark("a window function")),
        may("parallel", one_of(&["restricted", "safe"])),
        may("cost", text()),
        may("rows", text()),
        may("support", text()),
        may("settings", some(setting)),
        may("sql", sql("the body that the server parses")),
        may("body", said("the body, verbatim")),
    ])
}

fn table() -> Value {
    let parent = object(named("table"));
    let partition = object(
        named("table")
            .into_iter()
            .chain([must("bound", sql("what it holds"))]),
    );
    whole_object(
        [
            may("strict", mark("SQLite: STRICT")),
            may("without_rowid", mark("SQLite: WITHOUT ROWID")),
            may("unlogged", mark("not logged")),
            may("partition_by", sql("the partition key")),
            may("partition_of", partition),
            may("inherits", some(parent)),
            may("row_security", mark("policies hold")),
            may(
                "force_row_security",
                mark("policies hold for the owner too"),
            ),
            may("replica_identity", text()),
            may("cluster_on", text()),
            may("copies", reference("options")),
            may("method", text()),
            may("tablespace", text()),
            may("options", reference("options")),
            may("columns", some(reference("column"))),
        ]
        .into_iter()
        .chain(members()),
    )
}

fn column() -> Value {
    let generated = object([
        must("expression", sql("the value")),
        may("stored", mark("written with the row")),
    ]);
    let identity = object(
        [must("mode", one_of(&["always", "by default"]))]
            .into_iter()
            .chain(sequence_options()),
    );
    object([
        must("name", text()),
        may("type", said("none: SQLite's columns may go without")),
        may("collation", text()),
        may("not_null", mark("null is refused")),
        may("not_null_conflict", text()),
        may("default", sql("the value")),
        may("generated", generated),
        may("identity", identity),
        may("storage", text()),
        may("compression", text()),
        may("attributes", reference("options")),
        may("foreign_options", reference("options")),
        may("statistics", number()),
        may("comment", text()),
        may("inherited", mark("a parent brings it")),
    ])
}

fn view_fields() -> impl Iterator<Item = Field> {
    [
        may("columns", some(text())),
        must("query", sql("the query")),
        may("recursive", mark("WITH RECURSIVE")),
        may("check_option", one_of(&["local", "cascaded"])),
        may("options", reference("options")),
    ]
    .into_iter()
}

/// What every constraint can have.
fn constraint(fields: impl IntoIterator<Item = Field>) -> Value {
    let flags = [
        may("inherited", mark("a parent brings it")),
        may("deferrable", mark("deferrable")),
        may("initially_deferred", mark("checked at commit")),
        may("not_valid", mark("existing rows were not checked")),
        may("no_inherit", mark("children do not get it")),
        may("not_enforced", mark("rows are not checked")),
    ];
    member(fields.into_iter().chain(flags))
}

fn key() -> Value {
    let part = object([
        must("column", text()),
        may("collation", text()),
        may("desc", mark("descending")),
    ]);
    constraint([
        must("columns", some(part)),
        may("include", some(text())),
        may("nulls_not_distinct", mark("two nulls are equal")),
        may("without_overlaps", mark("the last column is a period")),
        may("conflict", text()),
        may("autoincrement", mark("SQLite: AUTOINCREMENT")),
        may("inline", mark("SQLite: in the column's own definition")),
        may("options", reference("options")),
        may("tablespace", text()),
    ])
}

fn check() -> Value {
    constraint([
        must("expression", sql("the condition")),
        may("conflict", text()),
    ])
}

fn foreign_key() -> Value {
    let target = object(
        named("table")
            .into_iter()
            .chain([may("columns", some(text()))]),
    );
    let action = || one_of(&["restrict", "cascade", "set null", "set default"]);
    constraint([
        must("columns", some(text())),
        must("references", target),
        may("on_delete", action()),
        may("on_update", action()),
        may("match", text()),
        may("set_columns", some(text())),
        may("period", mark("the last column is a period")),
    ])
}

fn not_null() -> Value {
    constraint([must("column", text())])
}

/// A column or an expression with how it is sorted.
fn index_key() -> [Field; 7] {
    [
        may("column", text()),
        may("expression", sql("the value")),
        may("collation", text()),
        may("opclass", text()),
        may("statistics", number()),
        may("desc", mark("descending")),
        may("nulls", one_of(&["first", "last"])),
    ]
}

fn exclude() -> Value {
    let item = object(index_key().into_iter().chain([must("with", text())]));
    constraint([
        must("method", text()),
        must("items", some(item)),
        may("include", some(text())),
        may("where", sql("the condition")),
        may("options", reference("options")),
    ])
}

fn index() -> Value {
    member([
        may("unique", mark("no two rows alike")),
        may("method", text()),
        must("keys", some(object(index_key()))),
        may("include", some(text())),
        may("where", sql("the condition")),
        may("nulls_not_distinct", mark("two nulls are equal")),
        may("options", reference("options")),
        may("tablespace", text()),
        may("invalid", mark("its building was interrupted")),
    ])
}

fn trigger() -> Value {
    let event = object([
        must("event", one_of(&["insert", "update", "delete", "truncate"])),
        may("of", some(text())),
    ]);
    member([
        may("timing", one_of(&["before", "after", "instead of"])),
        must("events", some(event)),
        may("each_row", mark("for each row")),
        may("when", sql("the condition")),
        may("function", object(named("name"))),
        may("arguments", list(text())),
        may("constraint", mark("a constraint trigger")),
        may("deferrable", mark("deferrable")),
        may("initially_deferred", mark("fired at commit")),
        may("from", object(named("table"))),
        may("rows_before", said("REFERENCING OLD TABLE AS")),
        may("rows_after", said("REFERENCING NEW TABLE AS")),
        may("enabled", one_of(&["disabled", "replica", "always"])),
        may("body", sql("SQLite: what it runs")),
    ])
}

fn statistics() -> Value {
    member([
        must("on", some(sql("a column or an expression"))),
        may("kinds", some(text())),
        may("target", number()),
        may("in_schema", text()),
    ])
}

fn rule() -> Value {
    member([
        must("on", one_of(&["insert", "update", "delete"])),
        may("when", sql("the rows for which it holds")),
        may("instead", mark("instead of the change")),
        may("do", some(sql("a command"))),
        may("enabled", one_of(&["disabled", "replica", "always"])),
    ])
}

fn policy() -> Value {
    member([
        may("for", one_of(&["select", "insert", "update", "delete"])),
        may("restrictive", mark("restrictive")),
        may("roles", some(text())),
        may("using", sql("rows that are seen")),
        may("check", sql("rows that may be written")),
    ])
}
