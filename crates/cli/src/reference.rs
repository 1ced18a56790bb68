//! The pages of `docs/reference` that are made of the command line and of the JSON Schemas, and the test that they are
//! those of the code. `UPDATE=1 cargo test -p driftless-cli --bins` writes them.
//!
//! Neighbours: `args`, `config::schema`, `explain`, and the schemas of crate `report`.

use clap::{Arg, Command, CommandFactory};
use driftless_testkit::{assert_file, workspace};
use serde_json::Value;

use crate::args::Cli;
use crate::config::{CONFIG_SCHEMA, config_schema};
use crate::explain::PAGES;

const HEAD: &str = "| key | value | |\n|-|-|-|\n";
const MADE: &str = "<!-- made by `UPDATE=1 cargo test -p driftless-cli --bins`: do not edit -->\n";

#[test]
fn the_pages_are_those_of_the_code() {
    for (name, text) in [
        ("commands.md", commands()),
        (
            "configuration.md",
            page("driftless.yaml", &config_schema(), CONFIG_SCHEMA),
        ),
        ("yaml.md", yaml()),
        ("documents.md", documents()),
        ("diagnostics.md", diagnostics()),
    ] {
        let path = workspace::root().join("docs/reference").join(name);
        assert_file(&path, &text);
    }
    let text = format!("{:#}\n", config_schema());
    assert_file(&workspace::root().join("schema").join(CONFIG_SCHEMA), &text);
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
        .replace('\n', " ")
        .replace('<', "&lt;")
}

fn commands() -> String {
    let mut cli = Cli::command();
    cli.build();
    let mut out = format!("# Commands\n\n{MADE}\n{}.\n", about(&cli));
    out.push_str("\n| command | does |\n|-|-|\n");
    let shown: Vec<&Command> = cli
        .get_subcommands()
        .filter(|c| !c.is_hide_set() && c.get_name() != "help")
        .collect();
    for command in &shown {
        let name = command.get_name();
        out.push_str(&format!(
            "| [`{name}`](#{name}) | {} |\n",
            cell(&about(command))
        ));
    }
    out.push_str("\nWith every command:\n\n");
    arguments(&mut out, cli.get_arguments());
    out.push_str("\n## Exit codes\n\n| code | means |\n|-|-|\n| 0 | success; also where changes are pending |\n| 1 | an error |\n| 2 | with `--exit-code`: there are changes; `verify` and `drift`: something was found |\n| 3 | refused: a consent is missing, or a state is not the one that it should be |\n| 64 | the command was called wrongly |\n| 130 | interrupted |\n");
    for command in shown {
        out.push_str(&format!(
            "\n## {}\n\n{}.\n\n```\n{}\n```\n\n",
            command.get_name(),
            about(command),
            usage(command)
        ));
        let own = command.get_arguments().filter(|a| !a.is_global_set());
        arguments(&mut out, own);
    }
    out
}

fn about(command: &Command) -> String {
    command
        .get_about()
        .map(ToString::to_string)
        .unwrap_or_default()
}

fn usage(command: &Command) -> String {
    let text = command.clone().render_usage().to_string();
    text.trim_start_matches("Usage: ").to_string()
}

fn arguments<'a>(out: &mut String, all: impl Iterator<Item = &'a Arg>) {
    let shown: Vec<&Arg> = all
        .filter(|a| !a.is_hide_set() && a.get_id() != "help" && a.get_id() != "version")
        .collect();
    if shown.is_empty() {
        out.push_str("It takes no argument of its own.\n");
        return;
    }
    out.push_str("| argument | does |\n|-|-|\n");
    for argument in shown {
        out.push_str(&format!(
            "| {} | {} |\n",
            cell(&called(argument)),
            cell(&does(argument))
        ));
    }
}

fn called(argument: &Arg) -> String {
    let names = argument.get_value_names().unwrap_or_default();
    let value = names.first().map(ToString::to_string).unwrap_or_default();
    let takes = argument.get_action().takes_values();
    let Some(long) = argument.get_long() else {
        return format!("`{value}`");
    };
    let short = argument
        .get_short()
        .map(|s| format!("`-{s}`, "))
        .unwrap_or_default();
    match takes {
        true => format!("{short}`--{long} {value}`"),
        false => format!("{short}`--{long}`"),
    }
}

fn does(argument: &Arg) -> String {
    let mut out = argument
        .get_help()
        .map(ToString::to_string)
        .unwrap_or_default();
    let values: Vec<String> = match argument.get_action().takes_values() {
        true => argument
            .get_possible_values()
            .iter()
            .filter(|v| !v.is_hide_set())
            .map(|v| format!("`{}`", v.get_name()))
            .collect(),
        false => Vec::new(),
    };
    if !values.is_empty() {
        out.push_str(&format!(": {}", values.join(", ")));
    }
    let defaults: Vec<String> = argument
        .get_default_values()
        .iter()
        .map(|v| v.to_string_lossy().into_owned())
        .collect();
    if argument.get_action().takes_values() && !defaults.is_empty() {
        out.push_str(&format!(" (without it `{}`)", defaults.join(",")));
    }
    out
}

fn yaml() -> String {
    let schema = driftless_report::desired_schema();
    page(
        "Desired states in YAML",
        &schema,
        driftless_report::DESIRED_SCHEMA,
    )
}

fn documents() -> String {
    let mut out = format!(
        "# Documents\n\n{MADE}\nWhat `--format json` prints. Each is described by a JSON Schema under `schema/`, and closed: a field that is not described does not appear.\n"
    );
    for (file, schema) in [
        ("plan", driftless_report::plan_schema()),
        ("verify", driftless_report::verify_schema()),
        ("status", driftless_report::status_schema()),
        ("drift", driftless_report::drift_schema()),
        ("history", driftless_report::history_schema()),
        ("catalog", driftless_report::catalog_schema()),
    ] {
        out.push_str(&format!(
            "\n## {}\n\n{} (`schema/{file}.schema.json`)\n\n",
            word(&schema["title"]),
            word(&schema["description"])
        ));
        fields(&mut out, &schema, "##");
    }
    out
}

fn page(title: &str, schema: &Value, file: &str) -> String {
    let mut out = format!(
        "# {title}\n\n{MADE}\n{} (`schema/{file}`)\n\n",
        word(&schema["description"])
    );
    fields(&mut out, schema, "#");
    out
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The keys of a schema, and of what it shares below.
fn fields(out: &mut String, schema: &Value, level: &str) {
    table(out, schema);
    for (name, shared) in schema["$defs"].as_object().into_iter().flatten() {
        out.push_str(&format!("\n{level}# {name}\n\n"));
        let said = word(&shared["description"]);
        if !said.is_empty() {
            out.push_str(&format!("{said}\n\n"));
        }
        if shared.get("properties").is_some() {
            table(out, shared);
            continue;
        }
        out.push_str(&format!("{}\n", kind(shared)));
        let mut within = String::new();
        below(&mut within, shared, "");
        if !within.is_empty() {
            out.push_str(&format!("\n{HEAD}{within}"));
        }
    }
}

fn table(out: &mut String, schema: &Value) {
    out.push_str(HEAD);
    rows(out, schema, "");
}

fn rows(out: &mut String, schema: &Value, above: &str) {
    for (name, value) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{above}{name}");
        out.push_str(&format!(
            "| `{path}` | {} | {} |\n",
            cell(&kind(value)),
            cell(word(&value["description"]))
        ));
        below(out, value, &path);
    }
}

/// Objects within, whatever they are wrapped in.
fn below(out: &mut String, value: &Value, path: &str) {
    if value.get("properties").is_some() {
        let above = if path.is_empty() {
            String::new()
        } else {
            format!("{path}.")
        };
        rows(out, value, &above);
    }
    if value.get("items").is_some() {
        below(out, &value["items"], &format!("{path}[]"));
    }
    if value["additionalProperties"].is_object() {
        below(out, &value["additionalProperties"], &format!("{path}.NAME"));
    }
    for form in value["anyOf"].as_array().into_iter().flatten() {
        below(out, form, path);
    }
}

fn kind(schema: &Value) -> String {
    let quoted = |v: &Value| {
        format!(
            "`{}`",
            v.as_str().map_or_else(|| v.to_string(), str::to_string)
        )
    };
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.trim_start_matches("#/$defs/");
        return format!("[{name}](#{})", name.to_lowercase());
    }
    if let Some(value) = schema.get("const") {
        return quoted(value);
    }
    if let Some(words) = schema["enum"].as_array() {
        return words.iter().map(quoted).collect::<Vec<_>>().join(", ");
    }
    if let Some(forms) = schema["anyOf"].as_array() {
        return forms.iter().map(kind).collect::<Vec<_>>().join(" or ");
    }
    match &schema["type"] {
        Value::Array(types) => types
            .iter()
            .map(|t| one(word(t), schema))
            .collect::<Vec<_>>()
            .join(" or "),
        simple => one(word(simple), schema),
    }
}

fn one(ty: &str, schema: &Value) -> String {
    match ty {
        "array" => format!("list of {}", kind(&schema["items"])),
        "object" if schema["additionalProperties"].is_object() => {
            format!("by name: {}", kind(&schema["additionalProperties"]))
        }
        ty => named(ty),
    }
}

fn named(word: &str) -> String {
    match word {
        "string" => "text",
        "integer" | "number" => "number",
        "boolean" => "true or false",
        "object" => "an object",
        "null" => "null",
        _ => "anything",
    }
    .to_string()
}

fn diagnostics() -> String {
    let mut out = format!(
        "# Diagnostics\n\n{MADE}\n`driftless explain CODE` prints a page.\n\n| code | |\n|-|-|\n"
    );
    for page in PAGES {
        out.push_str(&format!(
            "| [{code}](diagnostics/{code}.md) | {} |\n",
            cell(page.title()),
            code = page.code
        ));
    }
    out
}

#[test]
fn the_schema_knows_the_keys_that_are_read() {
    let schema = config_schema();
    let keys = |value: &Value| -> Vec<String> {
        value["properties"]
            .as_object()
            .map(|m| m.keys().cloned().collect())
            .unwrap_or_default()
    };
    let same = |value: &Value, read: &[&str]| {
        let mut read: Vec<String> = read.iter().map(|k| (*k).to_string()).collect();
        read.sort();
        let mut said = keys(value);
        said.sort();
        assert_eq!(said, read);
    };
    let [root, manage, environment, server] = crate::config::keys();
    same(&schema, root);
    same(&schema["properties"]["manage"], manage);
    same(
        &schema["properties"]["environments"]["additionalProperties"],
        environment,
    );
    same(&schema["properties"]["server"], server);
}
