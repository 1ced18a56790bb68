//! `driftless.yaml` as a JSON Schema: for editors, and for the page of the reference that is made of it.
//!
//! Neighbours: `decode` reads the same keys; a test holds the two against each other.

use serde_json::{Value, json};

use crate::args::Aspect;

/// The name of its file under `schema/`.
pub const CONFIG_SCHEMA: &str = "config.schema.json";

/// The schema of the configuration.
pub fn config_schema() -> Value {
    let aspects: Vec<&str> = Aspect::ALL.iter().map(|a| a.name()).collect();
    let mut out = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("driftless:{CONFIG_SCHEMA}"),
        "title": "driftless.yaml",
        "description": "What a project works on. The nearest file upwards counts, or the one that --config names.",
    });
    let root = closed(
        json!({
            "dialect": said("whose SQL it is: sqlite or postgres, with a version like postgres@16"),
            "schema": texts("the desired state: files, folders and globs, or one cmd: or git: state"),
            "migrations": said("the folder of the migrations; without it migrations/, where that has a driftless.sum"),
            "late": word(&["refuse", "run"], "what is done with a migration that arrives below what an environment has and does not commute with it; without it refuse"),
            "on_drift": word(&["stop", "warn"], "what apply does where an environment is not in the state that its history says; without it stop"),
            "manage": closed(json!({
                "schemas": texts("only these schemas; patterns with * and ?"),
                "include": texts("only objects that match kind:schema.name"),
                "exclude": texts("no objects that match kind:schema.name"),
                "undeclared": word(&["drop", "keep"], "what is done with what a database has and the files do not; without it drop, which needs consent"),
                "names": word(&["qualified", "unqualified"], "whether what is written names its schema; unqualified needs `schemas: public`, and lets each environment say which of its schemas that is; without it qualified"),
                "partitions": word(&["declared", "external"], "MySQL and MariaDB: external leaves partitions by RANGE and LIST to whoever adds and drops them; without it declared"),
                "aspects": {
                    "description": "what differs between environments, and is managed only where somebody says so",
                    "type": "array",
                    "items": { "enum": aspects },
                },
            }), "what is managed"),
            "environments": {
                "description": "the databases, by name; ${VAR} and ${VAR:-default} are read when the environment is used, also from .env",
                "type": "object",
                "additionalProperties": closed(json!({
                    "url": said("postgres://… or sqlite:PATH"),
                    "role": said("the role to work as"),
                    "schema": said("the schema that stands for the project's own, where names are unqualified; without it public"),
                    "protect": { "type": "boolean", "description": "neither rollback nor apply --declarative" },
                    "lock_timeout": said("how long a statement waits for a lock, like 3s"),
                }), "one database"),
            },
            "default_environment": said("the one that is meant where none is named; without it the only one"),
            "scratch": said("where a database may be made that is thrown away: auto (SQLite in memory, PostgreSQL by this machine's programs), off, target (beside the default environment), or the URL of a server; without it auto"),
            "server": closed(json!({
                "charset": said("the default character set of the databases: a live one must have it, and offline it is taken for it"),
                "collation": said("the default collation of the databases, alike"),
                "sql_mode": texts("the words of the servers' sql_mode: a server with others is refused"),
                "lower_case_table_names": said("0, 1 or 2, as the servers have it"),
            }), "a server's defaults that change what SQL means"),
        }),
        "",
    );
    if let (Value::Object(out), Value::Object(root)) = (&mut out, root) {
        out.extend(root.into_iter().filter(|(key, _)| key != "description"));
    }
    out
}

fn closed(properties: Value, description: &str) -> Value {
    json!({
        "description": description,
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    })
}

fn said(description: &str) -> Value {
    json!({ "type": "string", "description": description })
}

fn word(words: &[&str], description: &str) -> Value {
    json!({ "enum": words, "description": description })
}

/// One text, or several.
fn texts(description: &str) -> Value {
    json!({
        "description": description,
        "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }],
    })
}
