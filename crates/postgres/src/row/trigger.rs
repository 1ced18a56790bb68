//! Triggers, also constraint triggers.

use super::lock::{ACCESS_EXCLUSIVE, Cost, SHARE_ROW};
use super::{general, ground, naming};
use crate::print::{bracketed, literal, name, names, qualified, timing};
use driftless_model::{
    Catalog, Kind, Name, Object, ObjectId, Server, SqlText, Trigger, TriggerEvent, Verdict,
};
use driftless_planner::{
    Action, Alter, Clause, Create, Cx, Draft, Facts, Fault, Held, Hit, KindOps, Moment, Printed,
    bare,
};

pub(super) struct Triggers;

fn sorted(events: &[TriggerEvent]) -> Vec<TriggerEvent> {
    let mut out: Vec<TriggerEvent> = events
        .iter()
        .map(|e| match e {
            TriggerEvent::Update(columns) => {
                let mut columns = columns.clone();
                columns.sort();
                TriggerEvent::Update(columns)
            }
            other => other.clone(),
        })
        .collect();
    out.sort();
    out
}

/// Everything but whether it is enabled.
fn definition(before: &Trigger, after: &Trigger) -> Verdict {
    let plain = before.timing == after.timing
        && sorted(&before.events) == sorted(&after.events)
        && before.each_row == after.each_row
        && before.function == after.function
        && before.arguments == after.arguments
        && before.constraint == after.constraint
        && (before.deferrable, before.initially_deferred)
            == (after.deferrable, after.initially_deferred)
        && before.from == after.from
        && before.transition == after.transition;
    Verdict::of(plain).and(SqlText::compare_option(&before.when, &after.when))
}

fn event(e: &TriggerEvent) -> String {
    match e {
        TriggerEvent::Insert => "INSERT".into(),
        TriggerEvent::Update(columns) if columns.is_empty() => "UPDATE".into(),
        TriggerEvent::Update(columns) => format!("UPDATE OF {}", names(columns)),
        TriggerEvent::Delete => "DELETE".into(),
        TriggerEvent::Truncate => "TRUNCATE".into(),
    }
}

fn text(c: &Create, t: &Trigger) -> String {
    let replace = if c.or_replace { "OR REPLACE " } else { "" };
    let constraint = if t.constraint { "CONSTRAINT " } else { "" };
    let events: Vec<String> = t.events.iter().map(event).collect();
    let mut lines = vec![
        format!("CREATE {replace}{constraint}TRIGGER {}", name(&c.id.name)),
        format!(
            "{} {} ON {}",
            t.timing.to_ascii_uppercase(),
            events.join(" OR "),
            qualified(&t.table)
        ),
    ];
    if let Some(from) = &t.from {
        lines.push(format!("FROM {}", qualified(from)));
    }
    if t.constraint {
        let timing = timing(t.deferrable, t.initially_deferred).trim();
        if !timing.is_empty() {
            lines.push(timing.to_owned());
        }
    }
    let mut transition = Vec::new();
    if let Some(n) = &t.transition.0 {
        transition.push(format!("OLD TABLE AS {}", name(n)));
    }
    if let Some(n) = &t.transition.1 {
        transition.push(format!("NEW TABLE AS {}", name(n)));
    }
    if !transition.is_empty() {
        lines.push(format!("REFERENCING {}", transition.join(" ")));
    }
    lines.push(if t.each_row {
        "FOR EACH ROW".into()
    } else {
        "FOR EACH STATEMENT".into()
    });
    if let Some(when) = &t.when {
        lines.push(format!("WHEN {}", bracketed(when)));
    }
    let arguments: Vec<String> = t.arguments.iter().map(|a| literal(a)).collect();
    let function = t.function.as_ref().map_or(String::new(), qualified);
    lines.push(format!(
        "EXECUTE FUNCTION {function}({})",
        arguments.join(", ")
    ));
    lines.join("\n    ")
}

/// Trigger functions that the server itself has.
fn is_own(function: &ObjectId) -> bool {
    const OWN: [&str; 3] = [
        "tsvector_update_trigger",
        "tsvector_update_trigger_column",
        "suppress_redundant_updates_trigger",
    ];
    let schema = function.schema.as_str();
    matches!(schema, "" | "pg_catalog") && OWN.contains(&function.name.as_str())
}

fn enabling(id: &ObjectId, enabled: char, cx: &Cx) -> Draft {
    cx.draft(Action::alter(id, Clause::Trigger { enabled }))
}

/// CREATE leaves every trigger enabled for origin.
fn made(object: &Object) -> Object {
    let mut out = bare(object);
    if let Some(t) = out.get_mut::<Trigger>() {
        t.enabled = 'O';
    }
    out
}

impl KindOps for Triggers {
    type Item = Trigger;

    fn settle(&self, _: &ObjectId, item: &mut Trigger, catalog: &Catalog) {
        let table = item.table.clone();
        if let Some(when) = &mut item.when {
            ground::settle(when, &ground::trigger(&table), catalog);
        }
    }

    fn same(&self, before: &Trigger, after: &Trigger, _: &Cx) -> Verdict {
        definition(before, after).and(Verdict::of(before.enabled == after.enabled))
    }

    fn create(&self, id: &ObjectId, object: &Object, item: &Trigger, cx: &Cx) -> Vec<Draft> {
        let mut drafts = vec![cx.draft(Action::create(id.clone(), made(object)))];
        if item.enabled != 'O' {
            drafts.push(enabling(id, item.enabled, cx));
        }
        drafts
    }

    fn alter(
        &self,
        id: &ObjectId,
        before: &Trigger,
        after: &Trigger,
        hits: &[Hit],
        cx: &Cx,
    ) -> Alter {
        if let Some(hit) = hits.first() {
            return Alter::Recreate(format!("it uses {}", hit.part));
        }
        if definition(before, after) == Verdict::Same {
            return Alter::Drafts(vec![enabling(id, after.enabled, cx)]);
        }
        if before.constraint || after.constraint {
            return Alter::Recreate("a constraint trigger cannot be replaced in place".into());
        }
        let Some(object) = cx.after.get(id) else {
            return Alter::Drafts(Vec::new());
        };
        let mut drafts = vec![cx.draft(Action::replace(id.clone(), made(object)))];
        if after.enabled != 'O' {
            drafts.push(enabling(id, after.enabled, cx));
        }
        Alter::Drafts(drafts)
    }

    fn resolve(&self, create: &mut Create, moment: &mut Moment) -> Result<(), Fault> {
        let Some(item) = create.object.get_mut::<Trigger>() else {
            return Ok(());
        };
        let kinds = [Kind::Table, Kind::View];
        item.table = naming::relation(&item.table, &kinds, moment)?;
        let mut columns = Vec::new();
        for e in &item.events {
            if let TriggerEvent::Update(list) = e {
                columns.extend(list.iter().cloned());
            }
        }
        if item.table.kind == Kind::Table {
            for column in &columns {
                naming::has_column(&item.table, column, moment)?;
            }
        }
        if let Some(function) = &item.function {
            let mut wanted = function.clone();
            wanted.args = Some(String::new());
            wanted.name = naming::clip(&wanted.name);
            item.function = Some(match driftless_planner::located(&wanted, moment) {
                Err(_) if is_own(&wanted) => wanted.in_schema(Name::exact("pg_catalog")),
                found => found?,
            });
        }
        if let Some(from) = &item.from {
            item.from = Some(naming::relation(from, &naming::TABLES, moment)?);
        }
        if let Some(when) = &item.when {
            ground::check(when, &ground::trigger(&item.table), moment)?;
        }
        let table = item.table.clone();
        naming::adopt(create, &table);
        Ok(())
    }

    fn clause(&self, id: &ObjectId, clause: &Clause, moment: &mut Moment) -> Result<(), Fault> {
        let (Clause::Trigger { enabled }, Some(item)) =
            (clause, moment.catalog.item_mut::<Trigger>(id))
        else {
            return Err(general::foreign(id));
        };
        item.enabled = *enabled;
        Ok(())
    }

    fn facts(&self, action: &Action, moment: &Moment) -> Facts {
        let mut cost = Cost::new(moment);
        match action {
            Action::Create(c) => {
                if let Some(t) = c.object.get::<Trigger>() {
                    let on = cost.find(&t.table);
                    cost.lock_tree(&on, SHARE_ROW, Held::Instant);
                }
            }
            Action::Alter { id, .. } => {
                let on = cost.find(&general::relation_of(id));
                cost.lock_tree(&on, SHARE_ROW, Held::Instant);
            }
            Action::Drop(d) => {
                let on = cost.find(&general::relation_of(&d.id));
                cost.lock_tree(&on, ACCESS_EXCLUSIVE, Held::Instant);
            }
            other => general::cost(other, &mut cost),
        }
        cost.done()
    }

    fn print(&self, action: &Action, _: Option<&Action>, _: Server) -> Printed {
        match action {
            Action::Create(c) => c
                .object
                .get::<Trigger>()
                .map_or_else(Printed::default, |t| Printed::plain(text(c, t))),
            Action::Alter {
                id,
                clause: Clause::Trigger { enabled },
            } => general::switched(id, *enabled),
            other => general::print(other),
        }
    }
}
