//! A schema as people and programs read it: one text in SQL or YAML, or JSON.
//!
//! Neighbours: `files` cuts the same statements into one file per object. Invariant: what is printed is desired state:
//! it reads back as the same catalog, and what the model does not hold is named in it.

use crate::safe::one_line;
use crate::script::terminated;
use driftless_model::{Catalog, Kind, ObjectId, Unmodelled, desired, document};
use driftless_planner::{Action, Clause, Plan, SequenceClause, Step};
use serde_json::Value;
use std::collections::BTreeMap;

/// The catalog by `schema/catalog.schema.json`.
pub fn schema_json(catalog: &Catalog) -> String {
    let mut text = serde_json::to_string_pretty(&document(catalog)).unwrap_or_default();
    text.push('\n');
    text
}

/// The catalog as a desired state in YAML, by `schema/schema.schema.json`.
pub fn schema_yaml(catalog: &Catalog) -> String {
    let mut out = String::new();
    for u in &catalog.unmodelled {
        out.push_str(&format!("# not modelled: {}\n", one_line(&u.to_string())));
    }
    let document = desired(catalog);
    // A document without a key would be `{}`: an empty file says the same.
    if document.as_object().is_some_and(|root| !root.is_empty()) {
        let mut document = document;
        let marked = mark_merges(&mut document);
        let text = serde_yaml::to_string(&document).unwrap_or_default();
        out.push_str(&if marked {
            text.replace("\"\\x01<<\"", "\"<<\"")
        } else {
            text
        });
    }
    out
}

/// A name `<<` must stand in quotes, or readers take it for a merge: a sign before it makes the writer quote it.
fn mark_merges(value: &mut Value) -> bool {
    match value {
        Value::Array(items) => items.iter_mut().fold(false, |any, v| mark_merges(v) | any),
        Value::Object(fields) => {
            let mut any = false;
            if fields.contains_key("<<") {
                any = true;
                *fields = std::mem::take(fields)
                    .into_iter()
                    .map(|(k, v)| (if k == "<<" { "\u{1}<<".to_owned() } else { k }, v))
                    .collect();
            }
            fields.values_mut().fold(any, |any, v| mark_merges(v) | any)
        }
        _ => false,
    }
}

/// The same with the line by which editors find the JSON Schema, which stands beside it as [`crate::DESIRED_SCHEMA`].
pub fn schema_yaml_with_hint(catalog: &Catalog) -> String {
    format!(
        "# yaml-language-server: $schema={}\n{}",
        crate::DESIRED_SCHEMA,
        schema_yaml(catalog)
    )
}

/// The plan that builds a schema from `empty`, as a file to commit: no transactions, no settings.
pub fn schema_sql(build: &Plan) -> String {
    let homes = Homes::of(build);
    let mut out = String::new();
    for u in &build.unmodelled {
        out.push_str(&not_modelled(u));
    }
    let mut last: Option<(&Step, Option<&ObjectId>)> = None;
    for step in build.steps() {
        let home = homes.of_step(step);
        let apart = last.is_none_or(|(before, known)| {
            home.is_none() || home != known || stands_apart(before, step)
        });
        if apart && !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&terminated(&step.text, build.server.dialect));
        last = Some((step, home));
    }
    out
}

/// Within a group: statements of many lines about different objects.
pub(crate) fn stands_apart(before: &Step, step: &Step) -> bool {
    let target = |s: &Step| s.actions.iter().find_map(Action::target).cloned();
    let long = |s: &Step| s.text.contains('\n');
    target(before) != target(step) && (long(before) || long(step))
}

/// `-- not modelled: publication pub_orders`
pub(crate) fn not_modelled(u: &Unmodelled) -> String {
    format!("-- not modelled: {}\n", one_line(&u.to_string()))
}

/// Under which object a statement belongs: the relation that owns what it is about, else that object itself.
pub(crate) struct Homes(BTreeMap<ObjectId, ObjectId>);

impl Homes {
    pub(crate) fn of(build: &Plan) -> Homes {
        let mut homes = BTreeMap::new();
        for action in build.steps().flat_map(|s| &s.actions) {
            match action {
                Action::Create(c) => {
                    let owner = c.object.owner_relation().cloned();
                    let sequence = c
                        .object
                        .get::<driftless_model::Sequence>()
                        .and_then(|s| s.owned_by.as_ref().map(|p| p.object.clone()));
                    let home = owner
                        .or(sequence)
                        .or_else(|| homes.get(&c.id).cloned())
                        .unwrap_or_else(|| c.id.clone());
                    homes.insert(c.id.clone(), home);
                }
                Action::Alter {
                    id,
                    clause: Clause::Sequence(SequenceClause::OwnedBy(Some(part))),
                } => {
                    homes.insert(id.clone(), part.object.clone());
                }
                _ => {}
            }
        }
        Homes(homes)
    }

    pub(crate) fn of_id<'a>(&'a self, id: &'a ObjectId) -> &'a ObjectId {
        match self.0.get(id) {
            Some(home) => home,
            None => id,
        }
    }

    /// `None`: a statement about nothing in particular.
    pub(crate) fn of_step<'a>(&'a self, step: &'a Step) -> Option<&'a ObjectId> {
        let first = step.actions.iter().find_map(Action::target)?;
        if first.owner.is_some() && !self.0.contains_key(first) {
            return self.by_name(first).or(Some(first));
        }
        Some(self.of_id(first))
    }

    /// The relation whose namespace the name lives in, where only that name is known.
    fn by_name(&self, id: &ObjectId) -> Option<&ObjectId> {
        let owner = id.owner.as_ref()?;
        self.0.keys().find(|k| {
            k.owner.is_none()
                && k.schema == id.schema
                && k.name == *owner
                && (k.kind.is_relation() || k.kind == Kind::Domain)
        })
    }
}
