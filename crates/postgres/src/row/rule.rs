//! Rewrite rules.

use super::lock::{ACCESS_EXCLUSIVE, ACCESS_SHARE, Cost, ROW_EXCLUSIVE};
use super::{general, ground, naming};
use crate::canon;
use crate::print::{bracketed, expression, name, owner};
use driftless_model::{Catalog, Kind, Object, ObjectId, Rule, Server, SqlText, Verdict};
use driftless_planner::{
    Action, Alter, Clause, Create, Cx, Draft, Facts, Fault, Hit, KindOps, Moment, Printed, bare,
};

pub(super) struct Rules;

/// Everything but whether it is enabled.
fn definition(before: &Rule, after: &Rule) -> Verdict {
    let plain = before.event == after.event
        && before.instead == after.instead
        && before.actions.len() == after.actions.len();
    let condition = SqlText::compare_option(&before.condition, &after.condition);
    let actions = before.actions.iter().zip(&after.actions);
    actions.fold(Verdict::of(plain).and(condition), |verdict, (b, a)| {
        verdict.and(b.compare(a))
    })
}

fn enabling(id: &ObjectId, enabled: char, cx: &Cx) -> Draft {
    cx.draft(Action::alter(id, Clause::Trigger { enabled }))
}

/// CREATE leaves a new rule enabled for origin.
fn made(object: &Object) -> Object {
    let mut out = bare(object);
    if let Some(rule) = out.get_mut::<Rule>() {
        rule.enabled = 'O';
    }
    out
}

fn text(c: &Create, rule: &Rule) -> String {
    let replace = if c.or_replace { "OR REPLACE " } else { "" };
    let mut lines = vec![
        format!("CREATE {replace}RULE {} AS", name(&c.id.name)),
        format!("ON {} TO {}", rule.event.to_ascii_uppercase(), owner(&c.id)),
    ];
    if let Some(condition) = &rule.condition {
        lines.push(format!("WHERE {}", bracketed(condition)));
    }
    let how = if rule.instead { "INSTEAD" } else { "ALSO" };
    let actions: Vec<String> = rule.actions.iter().map(expression).collect();
    lines.push(match actions.as_slice() {
        [] => format!("DO {how} NOTHING"),
        [only] => format!("DO {how} {only}"),
        several => format!("DO {how} ({})", several.join("; ")),
    });
    lines.join("\n    ")
}

impl KindOps for Rules {
    type Item = Rule;

    fn settle(&self, _: &ObjectId, item: &mut Rule, catalog: &Catalog) {
        let table = item.table.clone();
        if let Some(condition) = &mut item.condition {
            ground::settle(condition, &ground::trigger(&table), catalog);
        }
        for action in &mut item.actions {
            canon::command(action, &table, catalog);
        }
    }

    fn same(&self, before: &Rule, after: &Rule, _: &Cx) -> Verdict {
        definition(before, after).and(Verdict::of(before.enabled == after.enabled))
    }

    fn create(&self, id: &ObjectId, object: &Object, item: &Rule, cx: &Cx) -> Vec<Draft> {
        let mut drafts = vec![cx.draft(Action::create(id.clone(), made(object)))];
        if item.enabled != 'O' {
            drafts.push(enabling(id, item.enabled, cx));
        }
        drafts
    }

    fn alter(&self, id: &ObjectId, before: &Rule, after: &Rule, hits: &[Hit], cx: &Cx) -> Alter {
        if let Some(hit) = hits.first() {
            return Alter::Recreate(format!("it uses {}", hit.part));
        }
        let mut drafts = Vec::new();
        if definition(before, after) != Verdict::Same
            && let Some(object) = cx.after.get(id)
        {
            drafts.push(cx.draft(Action::replace(id.clone(), bare(object))));
        }
        // Replacing leaves it as enabled as it was.
        if before.enabled != after.enabled {
            drafts.push(enabling(id, after.enabled, cx));
        }
        Alter::Drafts(drafts)
    }

    fn resolve(&self, create: &mut Create, moment: &mut Moment) -> Result<(), Fault> {
        let own = create.id.clone();
        let Some(item) = create.object.get_mut::<Rule>() else {
            return Ok(());
        };
        let kinds = [Kind::Table, Kind::View];
        item.table = naming::relation(&item.table, &kinds, moment)?;
        if let Some(condition) = &item.condition {
            ground::check(condition, &ground::trigger(&item.table), moment)?;
        }
        for action in &item.actions {
            ground::check_command(action, moment)?;
        }
        let table = item.table.clone();
        if create.or_replace
            && let Some(standing) =
                moment
                    .catalog
                    .item::<Rule>(&ObjectId::owned(Kind::Rule, &table, own.name.clone()))
        {
            let enabled = standing.enabled;
            if let Some(item) = create.object.get_mut::<Rule>() {
                item.enabled = enabled;
            }
        }
        naming::adopt(create, &table);
        Ok(())
    }

    fn clause(&self, id: &ObjectId, clause: &Clause, moment: &mut Moment) -> Result<(), Fault> {
        let (Clause::Trigger { enabled }, Some(item)) =
            (clause, moment.catalog.item_mut::<Rule>(id))
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
                if let Some(rule) = c.object.get::<Rule>() {
                    let on = cost.find(&rule.table);
                    cost.instant(&on, ACCESS_EXCLUSIVE);
                    let used = rule.actions.iter().flat_map(|a| ground::used(a, moment));
                    for (relation, written) in used {
                        let mode = if written { ROW_EXCLUSIVE } else { ACCESS_SHARE };
                        cost.instant(&relation, mode);
                    }
                }
            }
            Action::Alter { id, .. } => {
                let on = cost.find(&general::relation_of(id));
                cost.instant(&on, ACCESS_EXCLUSIVE);
            }
            Action::Drop(d) => {
                let on = cost.find(&general::relation_of(&d.id));
                cost.instant(&on, ACCESS_EXCLUSIVE);
            }
            other => general::cost(other, &mut cost),
        }
        cost.done()
    }

    fn print(&self, action: &Action, _: Option<&Action>, _: Server) -> Printed {
        match action {
            Action::Create(c) => c
                .object
                .get::<Rule>()
                .map_or_else(Printed::default, |rule| Printed::plain(text(c, rule))),
            Action::Alter {
                id,
                clause: Clause::Trigger { enabled },
            } => general::switched(id, *enabled),
            other => general::print(other),
        }
    }
}
