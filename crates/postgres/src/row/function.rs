//! Functions, procedures and aggregates, whole definitions.

use super::lock::Cost;
use super::{aggregate, definition, general, ground, naming};
use crate::print::{dollar, expression, literal, name, qualified};
use driftless_model::{
    Argument, Catalog, Function, Kind, Object, ObjectId, Server, SqlText, TypeRef, Verdict,
};
use driftless_planner::{
    Action, Alter, Clause, Create, Cx, Draft, Facts, Fault, Hit, KindOps, Moment, Printed,
};

pub(super) struct Routines;

/// The types that tell one routine from another of its name.
pub(crate) fn identity(arguments: &[Argument]) -> String {
    arguments
        .iter()
        .filter(|a| matches!(a.mode, "in" | "inout" | "variadic"))
        .map(|a| a.ty.text.as_str())
        .collect::<Vec<_>>()
        .join(", ")
}

pub(super) fn argument(a: &Argument) -> String {
    let mut words = Vec::new();
    match a.mode {
        "in" | "table" => {}
        mode => words.push(mode.to_ascii_uppercase()),
    }
    words.extend(a.name.as_ref().filter(|n| !n.is_empty()).map(name));
    words.push(a.ty.text.clone());
    if let Some(default) = &a.default {
        words.push(format!("DEFAULT {}", expression(default)));
    }
    words.join(" ")
}

fn returns(f: &Function) -> Option<String> {
    let table: Vec<String> = f
        .arguments
        .iter()
        .filter(|a| a.mode == "table")
        .map(argument)
        .collect();
    if !table.is_empty() {
        return Some(format!("TABLE({})", table.join(", ")));
    }
    let set = if f.returns_set { "SETOF " } else { "" };
    f.returns.as_ref().map(|t| format!("{set}{}", t.text))
}

/// Everything but the body and the return type, in the manual's order.
fn attributes(f: &Function) -> Vec<String> {
    let mut out = vec![format!("LANGUAGE {}", crate::print::bare(&f.language))];
    let mut flag = |on: bool, word: &str| {
        if on {
            out.push(word.to_owned());
        }
    };
    flag(f.window, "WINDOW");
    flag(f.volatility == "immutable", "IMMUTABLE");
    flag(f.volatility == "stable", "STABLE");
    flag(f.leakproof, "LEAKPROOF");
    flag(f.strict, "STRICT");
    flag(f.security_definer, "SECURITY DEFINER");
    flag(f.parallel == "safe", "PARALLEL SAFE");
    flag(f.parallel == "restricted", "PARALLEL RESTRICTED");
    out.extend(f.cost.as_ref().map(|c| format!("COST {c}")));
    out.extend(f.rows.as_ref().map(|r| format!("ROWS {r}")));
    out.extend(f.support.as_ref().map(|s| format!("SUPPORT {s}")));
    out
}

fn body(f: &Function) -> String {
    if let Some(atomic) = &f.atomic {
        return expression(atomic);
    }
    match (f.language.as_str(), f.body.split_once('\n')) {
        ("c", Some((file, symbol))) => format!("AS {}, {}", literal(file), literal(symbol)),
        ("c" | "internal", _) => format!("AS {}", literal(&f.body)),
        _ => format!("AS {}", dollar(&f.body)),
    }
}

/// A list of names as SET reads it: the catalog keeps an empty one as `""`, which is no identifier.
fn listed(value: &str) -> String {
    let mut quoted = false;
    let items = value.split(|c: char| {
        quoted ^= c == '"';
        c == ',' && !quoted
    });
    items
        .map(|item| match item.trim() {
            "\"\"" => "''",
            item => item,
        })
        .collect::<Vec<_>>()
        .join(", ")
}

/// A setting's value: lists stay lists.
fn setting(key: &str, value: &str) -> String {
    const LISTS: [&str; 5] = [
        "search_path",
        "temp_tablespaces",
        "session_preload_libraries",
        "shared_preload_libraries",
        "local_preload_libraries",
    ];
    let key_text = key
        .split('.')
        .map(crate::print::bare)
        .collect::<Vec<_>>()
        .join(".");
    if LISTS.contains(&key) {
        return format!("SET {key_text} TO {}", listed(value));
    }
    let quoted = value.len() > 1 && value.starts_with('\'') && value.ends_with('\'');
    let number = value.parse::<f64>().is_ok();
    let text = if quoted || number {
        value.to_owned()
    } else {
        literal(value)
    };
    format!("SET {key_text} TO {text}")
}

fn text(c: &Create, f: &Function) -> String {
    let replace = if c.or_replace { "OR REPLACE " } else { "" };
    let word = if c.id.kind == Kind::Procedure {
        "PROCEDURE"
    } else {
        "FUNCTION"
    };
    let inputs: Vec<String> = f
        .arguments
        .iter()
        .filter(|a| a.mode != "table")
        .map(argument)
        .collect();
    let mut lines = vec![format!(
        "CREATE {replace}{word} {}({})",
        qualified(&c.id),
        inputs.join(", ")
    )];
    if c.id.kind == Kind::Function {
        lines.extend(returns(f).map(|r| format!("RETURNS {r}")));
    }
    lines.push(attributes(f).join(" "));
    lines.extend(f.settings.iter().map(|(k, v)| setting(k, v)));
    lines.push(body(f));
    lines.join("\n")
}

/// Whether CREATE OR REPLACE may put `after` in the place of `before`.
fn is_replaceable(before: &Function, after: &Function) -> bool {
    let kept = before.arguments.len() == after.arguments.len()
        && before.arguments.iter().zip(&after.arguments).all(|(b, a)| {
            let unnamed = b.name.as_ref().is_none_or(|n| n.is_empty());
            b.mode == a.mode
                && b.ty == a.ty
                && (unnamed || b.name == a.name)
                && (b.default.is_none() || a.default.is_some())
        });
    kept && before.returns == after.returns
        && before.returns_set == after.returns_set
        && before.window == after.window
}

impl KindOps for Routines {
    type Item = Function;

    fn settle(&self, id: &ObjectId, item: &mut Function, catalog: &Catalog) {
        for a in &mut item.arguments {
            naming::retext(&mut a.ty);
            if let Some(default) = &mut a.default {
                ground::settle(default, &ground::default(&a.ty), catalog);
            }
        }
        item.returns.iter_mut().for_each(naming::retext);
        if let Some(aggregate) = &mut item.aggregate {
            naming::retext(&mut aggregate.state);
            aggregate.moving_state.iter_mut().for_each(naming::retext);
        }
        if let Some(atomic) = &mut item.atomic {
            let ground = crate::canon::Ground {
                arguments: &item.arguments,
                routine: Some(&id.name),
                target: item
                    .returns
                    .as_ref()
                    .filter(|_| !item.returns_set)
                    .map(|t| t.text.as_str()),
                ..crate::canon::Ground::default()
            };
            crate::canon::routine(atomic, &ground, catalog);
        }
    }

    fn same(&self, before: &Function, after: &Function, _: &Cx) -> Verdict {
        if let (Some(b), Some(a)) = (&before.aggregate, &after.aggregate) {
            let named = |f: &Function| -> Vec<_> {
                let arguments = f.arguments.iter();
                arguments
                    .map(|a| (a.mode, a.name.clone(), a.ty.text.clone()))
                    .collect()
            };
            return Verdict::of(named(before) == named(after) && aggregate::same(b, a));
        }
        let plain = |f: &Function| {
            (
                (f.language.clone(), f.volatility.clone(), f.parallel.clone()),
                (
                    f.strict,
                    f.leakproof,
                    f.security_definer,
                    f.window,
                    f.returns_set,
                ),
                (
                    f.cost.clone(),
                    f.rows.clone(),
                    f.support.clone(),
                    f.settings.clone(),
                ),
            )
        };
        let mut verdict = Verdict::of(plain(before) == plain(after))
            .and(Verdict::of(before.returns == after.returns))
            .and(Verdict::of(before.body == after.body))
            .and(Verdict::of(before.arguments.len() == after.arguments.len()))
            .and(SqlText::compare_option(&before.atomic, &after.atomic));
        for (b, a) in before.arguments.iter().zip(&after.arguments) {
            verdict = verdict
                .and(Verdict::of(
                    b.mode == a.mode && b.name == a.name && b.ty == a.ty,
                ))
                .and(SqlText::compare_option(&b.default, &a.default));
        }
        verdict
    }

    fn create(&self, id: &ObjectId, object: &Object, _: &Function, cx: &Cx) -> Vec<Draft> {
        let mut draft = cx.draft(Action::create(id.clone(), driftless_planner::bare(object)));
        // Beside an overload that is on its way out calls could be ambiguous.
        let first = id.without_args();
        let leaving = cx
            .before
            .objects
            .from(&first)
            .map(|(i, _)| i)
            .take_while(|i| i.kind == id.kind && i.name == id.name && i.schema == id.schema)
            .filter(|i| *i != id && !cx.after.contains(i));
        draft.reach.gives.extend(leaving.map(ObjectId::part));
        // What a base type reads and writes with is made beside its shell.
        for part in &mut draft.reach.needs {
            if definition::is_made_with(&part.object, id, cx.after) {
                *part = definition::shell(&part.object).part();
            }
        }
        vec![draft]
    }

    /// A base type takes its functions along.
    fn drop(&self, id: &ObjectId, item: &Function, cx: &Cx) -> Vec<Draft> {
        let mut types = item.parts().into_iter().map(|p| p.object);
        let taken =
            types.any(|ty| definition::is_made_with(&ty, id, cx.before) && !cx.after.contains(&ty));
        match taken {
            true => Vec::new(),
            false => vec![cx.draft(Action::drop(id.clone()))],
        }
    }

    fn alter(
        &self,
        id: &ObjectId,
        before: &Function,
        after: &Function,
        hits: &[Hit],
        cx: &Cx,
    ) -> Alter {
        if let Some(hit) = hits.first() {
            return Alter::Recreate(format!("it uses {}", hit.part));
        }
        if !is_replaceable(before, after) || before.aggregate.is_some() {
            return Alter::Recreate(
                "its arguments or what it returns cannot be replaced in place".into(),
            );
        }
        let drafts: Vec<Draft> = cx
            .after
            .get(id)
            .map(|object| cx.draft(Action::replace(id.clone(), driftless_planner::bare(object))))
            .into_iter()
            .collect();
        Alter::Drafts(drafts)
    }

    fn resolve(&self, create: &mut Create, moment: &mut Moment) -> Result<(), Fault> {
        naming::place(create, moment)?;
        let Some(item) = create.object.get_mut::<Function>() else {
            return Ok(());
        };
        for a in &mut item.arguments {
            a.ty = unmodified(&a.ty, moment)?;
            if a.mode == "variadic" && !a.ty.text.ends_with("[]") && a.ty.text != "\"any\"" {
                let message = "a VARIADIC argument must be an array".to_owned();
                return Err(naming::wrong("D0305", message, moment));
            }
            if let Some(default) = &a.default {
                ground::check(default, &ground::default(&a.ty), moment)?;
            }
        }
        if item.aggregate.is_some() {
            aggregate::resolve(item, moment)?;
            create.id.args = Some(identity(&item.arguments));
            return Ok(());
        }
        if let Some(ty) = &item.returns {
            item.returns = Some(unmodified(ty, moment)?);
        } else if create.id.kind == Kind::Function {
            item.returns = implied_return(&item.arguments);
        }
        fill(item);
        create.id.args = Some(identity(&item.arguments));
        Ok(())
    }

    fn clause(&self, id: &ObjectId, _: &Clause, _: &mut Moment) -> Result<(), Fault> {
        Err(general::foreign(id))
    }

    fn facts(&self, action: &Action, moment: &Moment) -> Facts {
        let mut cost = Cost::new(moment);
        match action {
            Action::Drop(d) if d.cascade => {
                let id = driftless_planner::located(&d.id, moment).unwrap_or_else(|_| d.id.clone());
                super::table::cost_cascade(&id.part(), &mut cost);
            }
            other => general::cost(other, &mut cost),
        }
        cost.done()
    }

    fn print(&self, action: &Action, _: Option<&Action>, _: Server) -> Printed {
        match action {
            Action::Create(c) => c
                .object
                .get::<Function>()
                .map_or_else(Printed::default, |f| match &f.aggregate {
                    Some(a) => aggregate::text(c, f, a),
                    None => Printed::plain(text(c, f)),
                }),
            other => general::print(other),
        }
    }
}

fn unmodified(ty: &TypeRef, moment: &Moment) -> Result<TypeRef, Fault> {
    let mut found = naming::type_of(ty, moment)?;
    found.text = naming::without_modifier(&found.text);
    Ok(found)
}

/// OUT arguments imply what a function returns.
fn implied_return(arguments: &[Argument]) -> Option<TypeRef> {
    let mut outs = arguments
        .iter()
        .filter(|a| matches!(a.mode, "out" | "inout"));
    let first = outs.next()?;
    Some(match outs.next() {
        None => first.ty.clone(),
        Some(_) => TypeRef::new("record"),
    })
}

/// The server's defaults; what states them is as if nothing were said.
fn fill(f: &mut Function) {
    if f.volatility.is_empty() {
        f.volatility = "volatile".into();
    }
    if f.parallel.is_empty() {
        f.parallel = "unsafe".into();
    }
    if f.language.is_empty() {
        f.language = "sql".into();
    }
    let cost = if matches!(f.language.as_str(), "c" | "internal") {
        "1"
    } else {
        "100"
    };
    if f.cost.as_deref() == Some(cost) {
        f.cost = None;
    }
    if f.rows.as_deref() == Some("1000") {
        f.rows = None;
    }
    f.settings.sort();
}
