//! From the YAML tree to a [`Config`]: every key known, every value of its type, all mistakes in one run.
//!
//! Neighbours: `driftless_sql::yaml` gives the tree, `config` the types. Invariant: whatever is not understood is an error with its
//! place; nothing is skipped.

use std::time::Duration;

use driftless_sql::yaml::{Entry, Node, Value};
use driftless_sql::{Diagnostic, Place};

use super::{Config, Environment, Late, Located, Manage, OnDrift, Scratch, Undeclared};
use crate::args::Aspect;
use crate::dialect::{Dialect, Product};
use crate::suggest::nearest;

const KEYS: [&str; 10] = [
    "dialect",
    "schema",
    "migrations",
    "late",
    "on_drift",
    "manage",
    "environments",
    "default_environment",
    "scratch",
    "server",
];
const MANAGE: [&str; 7] = [
    "schemas",
    "include",
    "exclude",
    "undeclared",
    "aspects",
    "names",
    "partitions",
];
const ENVIRONMENT: [&str; 5] = ["url", "role", "schema", "protect", "lock_timeout"];
const SERVER: [&str; 4] = ["charset", "collation", "sql_mode", "lower_case_table_names"];

/// The keys that are known: of the file, of `manage`, of an environment, of `server`.
#[cfg(test)]
pub fn keys() -> [&'static [&'static str]; 4] {
    [&KEYS, &MANAGE, &ENVIRONMENT, &SERVER]
}

pub struct Decoder {
    pub problems: Vec<Diagnostic>,
}

impl Decoder {
    pub fn config(&mut self, root: &Node, config: &mut Config) {
        for entry in self.entries(root, "the file", Some(&KEYS)) {
            let node = &*entry.value;
            match entry.key.as_str() {
                "dialect" => config.dialect = self.dialect(node),
                "schema" => config.schema = self.texts(node, "schema"),
                "migrations" => config.migrations = self.text(node, "migrations"),
                "late" => {
                    let found = self.choice(node, "late", &["refuse", "run"]);
                    if found.is_some_and(|text| text.value == "run") {
                        config.late = Late::Run;
                    }
                }
                "on_drift" => {
                    let found = self.choice(node, "on_drift", &["stop", "warn"]);
                    if found.is_some_and(|text| text.value == "warn") {
                        config.on_drift = OnDrift::Warn;
                    }
                }
                "manage" => config.manage = self.manage(node),
                "environments" => config.environments = self.environments(node),
                "default_environment" => {
                    config.default_environment = self.text(node, "default_environment");
                }
                "scratch" => config.scratch = self.scratch(node),
                "server" => config.server = self.server(node),
                _ => {}
            }
        }
        self.one_schema(config);
        if let Some(name) = &config.default_environment {
            let names: Vec<&str> = config.environments.iter().map(|e| &*e.name).collect();
            if !names.contains(&name.value.as_str()) {
                let problem = super::unknown_environment(&name.value, &names);
                self.problems.push(problem.at(name.place));
            }
        }
    }

    /// Names can be left unsaid only where they are all of one schema, and that has another name in an environment only
    /// where its name is left unsaid.
    fn one_schema(&mut self, config: &Config) {
        let manage = &config.manage;
        let public = matches!(manage.schemas.as_slice(), [one] if one.value == "public");
        let lite = config
            .dialect
            .as_ref()
            .is_some_and(|d| d.value.product == Product::Sqlite);
        if let Some(place) = manage.unqualified.filter(|_| lite || !public) {
            let problem = Diagnostic::error(
                "D0511",
                "`names: unqualified` is for one schema of PostgreSQL",
            );
            let problem = problem
                .at(place)
                .note("what is written is unqualified, so it goes where the search path leads");
            self.problems.push(problem.help("say `schemas: public` beside it: the files' own schema, whatever its name in an environment"));
        }
        for schema in config.environments.iter().filter_map(|e| e.schema.as_ref()) {
            if manage.unqualified.is_none() {
                let problem = Diagnostic::error(
                    "D0511",
                    "`schema` of an environment needs `names: unqualified`",
                );
                let problem = problem
                    .at(schema.place)
                    .note("migrations that name the schema can only run in that one");
                self.problems
                    .push(problem.help("add to manage: schemas: public, names: unqualified"));
            }
        }
    }

    fn dialect(&mut self, node: &Node) -> Option<Located<Dialect>> {
        let text = self.text(node, "dialect")?;
        match Dialect::parse(&text.value) {
            Ok(value) => Some(Located {
                value,
                place: text.place,
            }),
            Err(problem) => {
                self.problems.push(problem.at(text.place));
                None
            }
        }
    }

    fn manage(&mut self, node: &Node) -> Manage {
        let mut manage = Manage::default();
        for entry in self.entries(node, "manage", Some(&MANAGE)) {
            let node = &*entry.value;
            match entry.key.as_str() {
                "schemas" => manage.schemas = self.texts(node, "schemas"),
                "include" => manage.include = self.texts(node, "include"),
                "exclude" => manage.exclude = self.texts(node, "exclude"),
                "undeclared" => {
                    let found = self.choice(node, "undeclared", &["drop", "keep"]);
                    if found.is_some_and(|text| text.value == "keep") {
                        manage.undeclared = Undeclared::Keep;
                    }
                }
                "names" => {
                    let found = self.choice(node, "names", &["qualified", "unqualified"]);
                    manage.unqualified =
                        found.filter(|t| t.value == "unqualified").map(|t| t.place);
                }
                "partitions" => {
                    let found = self.choice(node, "partitions", &["declared", "external"]);
                    manage.external_partitions = found.is_some_and(|t| t.value == "external");
                }
                "aspects" => {
                    for name in self.texts(node, "aspects") {
                        match name.value.parse::<Aspect>() {
                            Ok(aspect) => manage.aspects.push(aspect),
                            Err(why) => self.wrong(name.place, "aspects", &why),
                        }
                    }
                }
                _ => {}
            }
        }
        manage
    }

    fn environments(&mut self, node: &Node) -> Vec<Environment> {
        let mut found = Vec::new();
        for entry in self.entries(node, "environments", None) {
            let mut environment = Environment {
                name: entry.key.clone(),
                place: entry.key_place,
                url: None,
                role: None,
                schema: None,
                protect: false,
                lock_timeout: None,
            };
            for entry in self.entries(&entry.value, &entry.key, Some(&ENVIRONMENT)) {
                let node = &*entry.value;
                match entry.key.as_str() {
                    "url" => environment.url = self.text(node, "url"),
                    "role" => environment.role = self.text(node, "role"),
                    "schema" => environment.schema = self.text(node, "schema"),
                    "protect" => environment.protect = self.flag(node, "protect"),
                    "lock_timeout" => environment.lock_timeout = self.duration(node),
                    _ => {}
                }
            }
            found.push(environment);
        }
        found
    }

    fn scratch(&mut self, node: &Node) -> Scratch {
        let Some(text) = self.text(node, "scratch") else {
            return Scratch::Auto;
        };
        match text.value.parse() {
            Ok(scratch) => scratch,
            Err(problem) => {
                let problem: Diagnostic = problem;
                self.problems.push(problem.at(text.place));
                Scratch::Auto
            }
        }
    }

    /// What a server's defaults are matters where they change what SQL means: on MySQL and MariaDB.
    fn server(&mut self, node: &Node) -> Vec<(String, Located<String>)> {
        let mut out = Vec::new();
        for entry in self.entries(node, "server", Some(&SERVER)) {
            let node = &*entry.value;
            let said = match entry.key.as_str() {
                "sql_mode" => {
                    let words = self.texts(node, "sql_mode");
                    let place = words.first().map_or(node.place, |w| w.place);
                    let words: Vec<String> = words.into_iter().map(|w| w.value).collect();
                    Some(Located {
                        value: words.join(","),
                        place,
                    })
                }
                key => self.text(node, key),
            };
            let Some(said) = said else { continue };
            let other = said.value.to_ascii_uppercase();
            let other = [
                "ANSI_QUOTES",
                "NO_BACKSLASH_ESCAPES",
                "PIPES_AS_CONCAT",
                "ORACLE",
            ]
            .into_iter()
            .find(|word| entry.key == "sql_mode" && other.contains(word));
            if let Some(word) = other {
                self.problems.push(
                    Diagnostic::error("D0003", format!("files of sql_mode {word} are not read"))
                        .at(said.place)
                        .note("the session that reads and writes a database leaves that mode out")
                        .help("write the schema for the usual mode, and leave the word out here"),
                );
            }
            out.push((entry.key.clone(), said));
        }
        out
    }

    /// The entries of a map whose keys are known; `None` where names are free.
    fn entries<'n>(
        &mut self,
        node: &'n Node,
        what: &str,
        known: Option<&[&str]>,
    ) -> Vec<&'n Entry> {
        let entries = match &node.value {
            Value::Map(entries) => entries,
            Value::Null => return Vec::new(),
            other => {
                let label = format!("this is {}", other.kind());
                self.wrong_type(node.place, what, "a map of keys", &label);
                return Vec::new();
            }
        };
        let Some(known) = known else {
            return entries.iter().collect();
        };
        let (good, bad): (Vec<_>, Vec<_>) = entries
            .iter()
            .partition(|entry| known.contains(&entry.key.as_str()));
        for entry in bad {
            self.problems.push(unknown_key(entry, what, known));
        }
        good
    }

    fn text(&mut self, node: &Node, what: &str) -> Option<Located<String>> {
        match &node.value {
            Value::Scalar { text, .. } if !text.trim().is_empty() => Some(Located {
                value: text.clone(),
                place: node.place,
            }),
            Value::Scalar { .. } => {
                self.wrong_type(node.place, what, "a text", "this is empty");
                None
            }
            other => {
                let label = format!("this is {}", other.kind());
                self.wrong_type(node.place, what, "a text", &label);
                None
            }
        }
    }

    /// A text, or a list of them.
    fn texts(&mut self, node: &Node, what: &str) -> Vec<Located<String>> {
        match &node.value {
            Value::List(items) => items
                .iter()
                .filter_map(|item| self.text(item, what))
                .collect(),
            Value::Scalar { .. } => self.text(node, what).into_iter().collect(),
            other => {
                let label = format!("this is {}", other.kind());
                self.wrong_type(node.place, what, "a text or a list of texts", &label);
                Vec::new()
            }
        }
    }

    fn flag(&mut self, node: &Node, what: &str) -> bool {
        match &node.value {
            Value::Scalar { text, plain: true } if text == "true" => true,
            Value::Scalar { text, plain: true } if text == "false" => false,
            other => {
                let label = match other {
                    Value::Scalar { text, plain: true } => format!("this is `{text}`"),
                    Value::Scalar { .. } => "this is a quoted text".to_string(),
                    other => format!("this is {}", other.kind()),
                };
                self.wrong_type(node.place, what, "true or false", &label);
                // The safe side, should anything go on after this.
                true
            }
        }
    }

    fn choice(&mut self, node: &Node, what: &str, known: &[&str]) -> Option<Located<String>> {
        let text = self.text(node, what)?;
        if known.contains(&text.value.as_str()) {
            return Some(text);
        }
        let shape = known.join(" or ");
        let label = format!("this is `{}`", text.value);
        self.wrong_type(text.place, what, &shape, &label);
        None
    }

    fn duration(&mut self, node: &Node) -> Option<Duration> {
        let text = self.text(node, "lock_timeout")?;
        let found = parse_duration(&text.value);
        if found.is_none() {
            self.wrong_type(
                text.place,
                "lock_timeout",
                "a time like 500ms, 3s or 1min",
                "this is none",
            );
        }
        found
    }

    fn wrong_type(&mut self, place: Place, what: &str, shape: &str, label: &str) {
        let message = format!("`{what}` must be {shape}").replace("`the file`", "the file");
        self.problems.push(
            Diagnostic::error("D0602", message)
                .at(place)
                .label(label)
                .help("the keys and their shapes: driftless explain D0602"),
        );
    }

    fn wrong(&mut self, place: Place, what: &str, why: &str) {
        self.problems
            .push(Diagnostic::error("D0602", format!("`{what}`: {why}")).at(place));
    }
}

/// `500ms`, `3s`, `1min`.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let number: u64 = text[..digits].parse().ok()?;
    let unit = match text[digits..].trim() {
        "ms" => 1,
        "s" => 1000,
        "min" | "m" => 60_000,
        _ => return None,
    };
    Some(Duration::from_millis(number.checked_mul(unit)?))
}

fn unknown_key(entry: &Entry, what: &str, known: &[&str]) -> Diagnostic {
    let inside = if what == "the file" {
        String::new()
    } else {
        format!(" in `{what}`")
    };
    let d = Diagnostic::error("D0601", format!("unknown key `{}`{inside}", entry.key))
        .at(entry.key_place);
    match nearest(&entry.key, known) {
        Some(near) => d.help(format!("did you mean `{near}`?")),
        None => d.help(format!("known here are {}", known.join(", "))),
    }
}
