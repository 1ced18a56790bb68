//! Functions, procedures and triggers.

use super::reader::{Keys, Named, Reader, text_of};
use crate::id::{Kind, ObjectId};
use crate::program::{Aggregate, Argument, Event, Function, Trigger, TriggerEvent};
use driftless_sql::yaml::Node;

/// When a trigger or rule fires at all.
pub(super) fn enabled(keys: Keys) -> char {
    match keys.word("enabled", "origin").as_str() {
        "disabled" => 'D',
        "replica" => 'R',
        "always" => 'A',
        _ => 'O',
    }
}

const MODES: [&str; 5] = ["in", "out", "inout", "variadic", "table"];

impl Reader<'_> {
    fn signature(&mut self, entry: &Named, keys: Keys, kind: Kind) -> (ObjectId, Vec<Argument>) {
        let mut arguments = Vec::new();
        for entry in keys.named("arguments") {
            let keys = Keys::of(entry.node, Some("type"), None);
            let mode = keys.word("mode", "in");
            arguments.push(Argument {
                mode: MODES.iter().find(|m| **m == mode).copied().unwrap_or("in"),
                name: entry.name.map(|n| self.name(n)),
                ty: self.type_of(keys, "type"),
                default: self.sql(keys, "default"),
            });
        }
        let types: Vec<&str> = arguments
            .iter()
            .filter(|a| matches!(a.mode, "in" | "inout" | "variadic"))
            .map(|a| a.ty.text.as_str())
            .collect();
        let id = self.own(kind, entry.name.unwrap_or_default());
        let id = match self.dialect.is_mysql() {
            true => id,
            false => id.with_args(types.join(", ")),
        };
        (id, arguments)
    }

    pub(super) fn aggregate(&mut self, entry: &Named, node: &Node) {
        let keys = Keys::of(node, None, None);
        let (id, arguments) = self.signature(entry, keys, Kind::Aggregate);
        let mut functions = std::collections::BTreeMap::new();
        for (word, text) in keys.options("functions") {
            if let Some(id) = self.object(Kind::Function, &text, entry.place) {
                functions.insert(word, id);
            }
        }
        let aggregate = Aggregate {
            functions,
            state: self.type_of(keys, "state"),
            moving_state: keys
                .get("moving_state")
                .map(|_| self.type_of(keys, "moving_state")),
            options: keys.options("options"),
        };
        let function = Function {
            arguments,
            aggregate: Some(Box::new(aggregate)),
            ..Function::default()
        };
        self.create(id, entry.place, function, keys);
    }

    pub(super) fn function(&mut self, entry: &Named, node: &Node, kind: Kind) {
        let keys = Keys::of(node, None, None);
        let (id, arguments) = self.signature(entry, keys, kind);
        let atomic = self.body(keys, "sql");
        let language = match keys.owned("language") {
            Some(language) => language,
            // A body of the SQL standard's form is always SQL (manual, CREATE FUNCTION).
            None if atomic.is_some() || self.dialect.is_mysql() => "sql".to_owned(),
            None => {
                let message = format!("`{}` says no language", id.name);
                self.wrong("D0602", message, entry.place, "add the key `language`");
                return;
            }
        };
        let mut body = keys.owned("body").unwrap_or_default();
        if atomic.is_some() == keys.get("body").is_some() {
            let message = format!("`{}` needs one body", id.name);
            let help = "write either `body`, the text, or `sql`, a body that the server parses";
            self.wrong("D0602", message, entry.place, help);
            return;
        }
        if language == "c" && !body.contains('\n') {
            // The link symbol is the function's own name where none is given (manual, CREATE FUNCTION).
            body = format!("{body}\n{}", id.name);
        }
        let returns = keys.get("returns").map(|_| self.type_of(keys, "returns"));
        let function = Function {
            returns_set: keys.flag("returns_set") || arguments.iter().any(|a| a.mode == "table"),
            arguments,
            returns,
            language,
            body,
            atomic,
            volatility: keys.word("volatility", "volatile"),
            strict: keys.flag("strict"),
            leakproof: keys.flag("leakproof"),
            security_definer: match self.dialect.is_mysql() {
                true => !keys.flag("security_invoker"),
                false => keys.flag("security_definer"),
            },
            window: keys.flag("window"),
            parallel: keys.word("parallel", "unsafe"),
            cost: keys.owned("cost"),
            rows: keys.owned("rows"),
            support: keys.owned("support"),
            options: match self.dialect.is_mysql() {
                true => self.options_of(keys),
                false => crate::Options::new(),
            },
            settings: keys.options("settings").into_iter().collect(),
            aggregate: None,
        };
        self.create(id, entry.place, function, keys);
    }

    pub(super) fn event(&mut self, entry: &Named) {
        let keys = Keys::of(entry.node, None, None);
        let id = self.own(Kind::Event, entry.name.unwrap_or_default());
        let Some(body) = self.body(keys, "body") else {
            return;
        };
        let event = Event {
            schedule: keys.owned("schedule").unwrap_or_default(),
            preserve: keys.flag("preserve"),
            status: keys.word("status", "enabled"),
            body,
            options: self.options_of(keys),
        };
        self.create(id, entry.place, event, keys);
    }

    pub(super) fn trigger(&mut self, relation: &ObjectId, entry: &Named) {
        let keys = Keys::of(entry.node, None, None);
        let Some(name) = self.titled(entry, Kind::Trigger, entry.place) else {
            return;
        };
        let mut events = Vec::new();
        for item in keys.items("events") {
            let keys = Keys::of(item, Some("event"), None);
            events.push(match keys.word("event", "").as_str() {
                "insert" => TriggerEvent::Insert,
                "delete" => TriggerEvent::Delete,
                "truncate" => TriggerEvent::Truncate,
                _ => TriggerEvent::Update(self.columns(keys, "of")),
            });
        }
        events.sort();
        let (missing, id) = if self.is_sqlite() || self.dialect.is_mysql() {
            (
                "body",
                ObjectId::new(Kind::Trigger, relation.schema.clone(), name),
            )
        } else {
            ("function", ObjectId::owned(Kind::Trigger, relation, name))
        };
        if keys.get(missing).is_none() {
            let message = format!("the trigger `{}` does nothing", id.name);
            self.wrong(
                "D0602",
                message,
                entry.place,
                &format!("add the key `{missing}`"),
            );
            return;
        }
        let function = keys.get("function").and_then(|node| {
            let id = self.object(Kind::Function, text_of(node)?, node.place)?;
            Some(id.with_args(""))
        });
        let from = keys
            .get("from")
            .and_then(|node| self.object(Kind::Table, text_of(node)?, node.place));
        let table = |reader: &Self, key: &str| keys.text(key).map(|n| reader.name(n));
        let initially_deferred = keys.flag("initially_deferred");
        let trigger = Trigger {
            follows: keys.text("follows").map(|n| self.name(n)),
            options: match self.dialect.is_mysql() {
                true => self.options_of(keys),
                false => crate::Options::new(),
            },
            table: relation.clone(),
            timing: keys.word("timing", ""),
            events,
            each_row: keys.flag("each_row"),
            when: self.sql(keys, "when"),
            function,
            arguments: keys
                .texts("arguments")
                .iter()
                .map(|(a, _)| (*a).into())
                .collect(),
            constraint: keys.flag("constraint"),
            deferrable: keys.flag("deferrable") || initially_deferred,
            initially_deferred,
            from,
            transition: (table(self, "rows_before"), table(self, "rows_after")),
            enabled: enabled(keys),
            body: self.body(keys, "body"),
        };
        self.create(id, entry.place, trigger, keys);
    }
}
