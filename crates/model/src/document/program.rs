//! Entries of routines, triggers and policies.

use super::{Entry, Form};
use crate::id::{Kind, ObjectId};
use crate::index::Statistics;
use crate::options::Options;
use crate::program::{Aggregate, Argument, Event, Function, Policy, Rule, Trigger, TriggerEvent};
use driftless_sql::quote_name;

/// MySQL: the options that say of what session a program is.
const OF_SESSION: [&str; 5] = [
    "client charset",
    "client collation",
    "definer",
    "sql mode",
    "time zone",
];

/// When a trigger or rule fires at all; empty: as usual.
fn enabled(how: char) -> &'static str {
    match how {
        'D' => "disabled",
        'R' => "replica",
        'A' => "always",
        _ => "",
    }
}

impl Form {
    pub(super) fn function(self, out: &mut Entry, id: &ObjectId, function: &Function) {
        out.flag("procedure", id.kind == Kind::Procedure);
        if self.hashes() {
            out.some("signature", id.args.as_deref());
        }
        out.entries(
            "arguments",
            function.arguments.iter().map(|a| self.argument(a)),
        );
        if let Some(aggregate) = &function.aggregate {
            self.aggregate(out, aggregate);
            return;
        }
        out.some(
            "returns",
            function.returns.as_ref().map(|t| self.word(&t.text)),
        );
        out.flag("returns_set", function.returns_set);
        out.put("language", function.language.as_str());
        out.word("volatility", &function.volatility, "volatile");
        out.flag("strict", function.strict);
        out.flag("leakproof", function.leakproof);
        match self.dialect.is_mysql() {
            true => out.flag("security_invoker", !function.security_definer),
            false => out.flag("security_definer", function.security_definer),
        }
        out.flag("window", function.window);
        out.word("parallel", &function.parallel, "unsafe");
        out.some("cost", function.cost.as_deref());
        out.some("rows", function.rows.as_deref());
        out.some("support", function.support.as_deref());
        let settings = function.settings.iter().map(|(name, value)| {
            let mut entry = Entry::default();
            entry.put("name", name.as_str());
            entry.put("value", value.as_str());
            entry
        });
        out.entries("settings", settings);
        match &function.atomic {
            Some(body) => out.put("sql", self.text(body)),
            None => out.put("body", function.body.as_str()),
        }
        self.engine_options(out, &function.options);
    }

    fn aggregate(self, out: &mut Entry, aggregate: &Aggregate) {
        let name = |id: &ObjectId| {
            let own = id.schema.is_empty() || id.schema.key() == "pg_catalog";
            match own {
                true => quote_name(id.name.as_str(), self.syntax()),
                false => {
                    let schema = quote_name(id.schema.as_str(), self.syntax());
                    format!("{schema}.{}", quote_name(id.name.as_str(), self.syntax()))
                }
            }
        };
        let functions = aggregate.functions.iter();
        let functions = functions.map(|(word, id)| (word.clone(), name(id)));
        out.options("functions", &functions.collect());
        out.put("state", self.word(&aggregate.state.text));
        let moving = aggregate.moving_state.as_ref();
        out.some("moving_state", moving.map(|t| self.word(&t.text)));
        out.options("options", &aggregate.options);
    }

    fn argument(self, argument: &Argument) -> Entry {
        let mut out = Entry::default();
        out.some("name", argument.name.as_ref().map(|n| self.name(n)));
        out.word("mode", argument.mode, "in");
        out.put("type", self.word(&argument.ty.text));
        out.some("default", self.some_text(&argument.default));
        out
    }

    pub(super) fn trigger(self, out: &mut Entry, trigger: &Trigger) {
        // SQLite's default is said in a hash, so that it does not matter whether it was written.
        let timing = if self.hashes() && trigger.timing.is_empty() {
            "before"
        } else {
            &trigger.timing
        };
        out.word("timing", timing, "");
        let mut events: Vec<Entry> = Vec::new();
        let mut sorted: Vec<&TriggerEvent> = trigger.events.iter().collect();
        if self.hashes() {
            sorted.sort();
        }
        for event in sorted {
            let mut entry = Entry::default();
            let word = match event {
                TriggerEvent::Insert => "insert",
                TriggerEvent::Update(_) => "update",
                TriggerEvent::Delete => "delete",
                TriggerEvent::Truncate => "truncate",
            };
            entry.put("event", word);
            if let TriggerEvent::Update(columns) = event {
                let mut of: Vec<&str> = self.names(columns).collect();
                if self.hashes() {
                    of.sort_unstable();
                }
                entry.list("of", of.into_iter());
            }
            events.push(entry);
        }
        out.entries("events", events.into_iter());
        // SQLite has no other kind of trigger.
        out.flag("each_row", trigger.each_row && !self.is_sqlite());
        out.some("when", self.some_text(&trigger.when));
        if let Some(function) = &trigger.function {
            let mut entry = Entry::default();
            self.reference(&mut entry, "name", function);
            out.entry("function", entry);
        }
        out.list("arguments", trigger.arguments.iter().map(String::as_str));
        out.flag("constraint", trigger.constraint);
        out.flag("deferrable", trigger.deferrable);
        out.flag("initially_deferred", trigger.initially_deferred);
        if let Some(from) = &trigger.from {
            out.entry("from", self.pointer("table", from));
        }
        let (before, after) = &trigger.transition;
        out.some("rows_before", before.as_ref().map(|n| self.name(n)));
        out.some("rows_after", after.as_ref().map(|n| self.name(n)));
        out.word("enabled", enabled(trigger.enabled), "");
        out.some("body", self.some_text(&trigger.body));
        out.some("follows", trigger.follows.as_ref().map(|n| self.name(n)));
        self.engine_options(out, &trigger.options);
    }

    pub(super) fn event(self, out: &mut Entry, event: &Event) {
        out.put("schedule", event.schedule.as_str());
        out.flag("preserve", event.preserve);
        out.word("status", &event.status, "enabled");
        out.put("body", self.text(&event.body));
        self.engine_options(out, &event.options);
    }

    pub(super) fn rule(self, out: &mut Entry, rule: &Rule) {
        out.put("on", rule.event.as_str());
        out.some("when", self.some_text(&rule.condition));
        out.flag("instead", rule.instead);
        let actions: Vec<String> = rule.actions.iter().map(|a| self.text(a)).collect();
        out.list("do", actions.iter().map(String::as_str));
        out.word("enabled", enabled(rule.enabled), "");
    }

    pub(super) fn statistics(self, out: &mut Entry, id: &ObjectId, item: &Statistics) {
        if id.schema != item.table.schema {
            out.put("in_schema", id.schema.as_str());
        }
        out.list("kinds", item.kinds.iter().map(String::as_str));
        let keys: Vec<String> = item.keys.iter().map(|k| self.text(k)).collect();
        out.list("on", keys.iter().map(String::as_str));
        out.some("target", item.target);
    }

    /// Who defined it, and in what session, differs between environments.
    pub(super) fn engine_options(self, out: &mut Entry, options: &Options) {
        let mut options = options.clone();
        options.remove("parameters");
        if self.hashes() {
            OF_SESSION.iter().for_each(|name| {
                options.remove(name);
            });
        }
        out.options("options", &options);
    }

    pub(super) fn policy(self, out: &mut Entry, policy: &Policy) {
        out.word("for", &policy.command, "all");
        out.flag("restrictive", !policy.permissive);
        if policy.roles != ["public"] {
            out.list("roles", policy.roles.iter().map(String::as_str));
        }
        out.some("using", self.some_text(&policy.using));
        out.some("check", self.some_text(&policy.check));
    }
}
