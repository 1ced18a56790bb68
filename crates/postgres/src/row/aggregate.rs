//! What aggregates have beside their arguments.
//!
//! Neighbours: `function` has the row of all routines. Invariant: a function that the catalog does not know has no
//! arguments in its id, and is compared by its name alone.

use super::{function, naming};
use crate::print::{literal, name, qualified};
use driftless_model::{Aggregate, Function, Kind, Name, ObjectId, TypeRef};
use driftless_planner::{Create, Fault, Moment, Printed};

/// Parameters of CREATE AGGREGATE that are strings.
const STRINGS: [&str; 2] = ["initcond", "minitcond"];

pub(super) fn same(before: &Aggregate, after: &Aggregate) -> bool {
    let functions = before.functions.len() == after.functions.len()
        && before.functions.iter().all(|(word, b)| {
            let after = after.functions.get(word);
            after.is_some_and(|a| match (&b.args, &a.args) {
                (Some(_), Some(_)) => a == b,
                _ => a.name == b.name,
            })
        });
    functions
        && before.state == after.state
        && before.moving_state == after.moving_state
        && before.options == after.options
}

pub(super) fn text(c: &Create, f: &Function, a: &Aggregate) -> Printed {
    let arguments: Vec<String> = f.arguments.iter().map(function::argument).collect();
    let arguments = match arguments.is_empty() {
        true => "*".to_owned(),
        false => arguments.join(", "),
    };
    let called = |id: &ObjectId| match id.schema.is_empty() {
        true => name(&id.name),
        false => qualified(id),
    };
    let mut items = Vec::new();
    for (word, id) in &a.functions {
        items.push(format!("{} = {}", word.to_ascii_uppercase(), called(id)));
    }
    items.push(format!("STYPE = {}", a.state.text));
    items.extend(
        a.moving_state
            .iter()
            .map(|t| format!("MSTYPE = {}", t.text)),
    );
    for (word, value) in &a.options {
        let value = match STRINGS.contains(&word.as_str()) {
            true => literal(value),
            false => value.clone(),
        };
        items.push(format!("{} = {value}", word.to_ascii_uppercase()));
    }
    Printed {
        head: format!("CREATE AGGREGATE {}({arguments})", qualified(&c.id)),
        items,
        block: true,
        ..Printed::default()
    }
}

/// Finds its types and functions; says what it returns, where that can be told.
pub(super) fn resolve(item: &mut Function, moment: &Moment) -> Result<(), Fault> {
    let inputs = item.arguments.iter().map(|a| a.ty.text.clone());
    let inputs: Vec<String> = inputs.collect();
    let Some(aggregate) = &mut item.aggregate else {
        return Ok(());
    };
    let plain = |ty: &TypeRef| -> Result<TypeRef, Fault> {
        let mut found = naming::type_of(ty, moment)?;
        found.text = naming::without_modifier(&found.text);
        Ok(found)
    };
    aggregate.state = plain(&aggregate.state)?;
    if let Some(ty) = &mut aggregate.moving_state {
        *ty = plain(ty)?;
    }
    let moving = aggregate.moving_state.clone().unwrap_or_default().text;
    for (word, id) in &mut aggregate.functions {
        let state = match word.starts_with('m') {
            true => &moving,
            false => &aggregate.state.text,
        };
        let mut wanted = vec![state.clone()];
        match word.as_str() {
            "sfunc" | "msfunc" | "minvfunc" => wanted.extend(inputs.iter().cloned()),
            "combinefunc" => wanted.push(state.clone()),
            _ => {}
        }
        if let Some(found) = find(id, &wanted.join(", "), moment) {
            *id = found;
        } else if !id.schema.is_empty() && id.schema.as_str() != "pg_catalog" {
            naming::has_schema(&id.schema, moment)?;
        }
    }
    let last = aggregate.functions.get("finalfunc");
    item.returns = match last {
        None => Some(aggregate.state.clone()),
        Some(id) => moment
            .catalog
            .item::<Function>(id)
            .and_then(|f| f.returns.clone()),
    };
    Ok(())
}

/// The function with these arguments, or the only one of its name.
pub(super) fn find(id: &ObjectId, arguments: &str, moment: &Moment) -> Option<ObjectId> {
    let schemas: Vec<Name> = match id.schema.is_empty() {
        true => moment.path.iter().map(|s| Name::exact(s.clone())).collect(),
        false => vec![id.schema.clone()],
    };
    for schema in schemas {
        let first = ObjectId::new(Kind::Function, schema, id.name.clone());
        let exact = first.clone().with_args(arguments);
        if moment.catalog.contains(&exact) {
            return Some(exact);
        }
        let mut named = moment
            .catalog
            .objects
            .from(&first)
            .map(|(i, _)| i)
            .take_while(|i| {
                i.kind == first.kind && i.name == first.name && i.schema == first.schema
            });
        if let (Some(only), None) = (named.next(), named.next()) {
            return Some(only.clone());
        }
    }
    None
}
