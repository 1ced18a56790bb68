//! Enums. Values are appended or put between; a value removed or moved makes the type anew.

use super::general;
use super::lock::Cost;
use super::{naming, replace};
use crate::print::{literal, qualified};
use driftless_model::{Catalog, Enum, Name, Object, ObjectId, Server, Verdict};
use driftless_planner::{
    Action, Alter, Clause, Create, Cx, EnumClause, Facts, Fault, Hit, KindOps, Moment, Printed, Tx,
};

pub(super) struct Enums;

/// Whether `after` only has more values than `before`.
pub(super) fn grows(before: &Enum, after: &Enum) -> bool {
    let mut left = after.values.iter();
    before.values.iter().all(|v| left.any(|a| a == v))
}

fn additions(id: &ObjectId, before: &Enum, after: &Enum, cx: &Cx) -> Vec<driftless_planner::Draft> {
    let mut out = Vec::new();
    for (i, value) in after.values.iter().enumerate() {
        if before.values.contains(value) {
            continue;
        }
        // Behind its predecessor, which is there by then; the first goes before the first that was there.
        let later = after.values[i + 1..]
            .iter()
            .any(|v| before.values.contains(v));
        let (front, behind) = match i.checked_sub(1).and_then(|p| after.values.get(p)) {
            Some(previous) if later => (None, Some(previous.clone())),
            Some(_) => (None, None),
            None => (before.values.first().cloned(), None),
        };
        let clause = EnumClause::Add {
            value: value.clone(),
            before: front,
            after: behind,
            if_not_exists: false,
        };
        out.push(cx.draft(Action::alter(id, Clause::Enum(clause))));
    }
    out
}

impl KindOps for Enums {
    type Item = Enum;

    fn settle(&self, _: &ObjectId, _: &mut Enum, _: &Catalog) {}

    fn same(&self, before: &Enum, after: &Enum, _: &Cx) -> Verdict {
        Verdict::of(before == after)
    }

    fn alter(&self, id: &ObjectId, before: &Enum, after: &Enum, _: &[Hit], cx: &Cx) -> Alter {
        if grows(before, after) {
            return Alter::Drafts(additions(id, before, after, cx));
        }
        let object = cx
            .after
            .get(id)
            .cloned()
            .unwrap_or_else(|| Object::new(after.clone()));
        Alter::Drafts(vec![replace::draft(id, &object, "text", cx)])
    }

    fn resolve(&self, create: &mut Create, moment: &mut Moment) -> Result<(), Fault> {
        naming::place(create, moment)?;
        if let Some(e) = create.object.get::<Enum>() {
            for (i, value) in e.values.iter().enumerate() {
                if e.values[..i].contains(value) {
                    let message = format!("the enum `{}` has the value `{value}` twice", create.id);
                    return Err(naming::wrong("D0304", message, moment));
                }
            }
        }
        Ok(())
    }

    fn clause(&self, id: &ObjectId, clause: &Clause, moment: &mut Moment) -> Result<(), Fault> {
        let Clause::Enum(EnumClause::Add {
            value,
            before,
            after,
            if_not_exists,
        }) = clause
        else {
            return Err(general::foreign(id));
        };
        let Some(e) = moment.catalog.item_mut::<Enum>(id) else {
            return Err(general::foreign(id));
        };
        if e.values.contains(value) {
            if *if_not_exists {
                return Ok(());
            }
            let message = format!("the enum `{id}` has the value `{value}` already");
            return Err(naming::wrong("D0304", message, moment));
        }
        let near = |v: &String| e.values.iter().position(|x| x == v);
        let at = match (before, after) {
            (Some(v), _) => near(v),
            (None, Some(v)) => near(v).map(|i| i + 1),
            (None, None) => Some(e.values.len()),
        };
        let Some(at) = at else {
            let neighbour = before
                .as_ref()
                .or(after.as_ref())
                .cloned()
                .unwrap_or_default();
            return Err(Fault::missing("value", id.member(&Name::exact(neighbour))));
        };
        e.values.insert(at, value.clone());
        Ok(())
    }

    fn tx(&self, action: &Action) -> Tx {
        match action {
            Action::Alter { .. } => Tx::UsableAfterCommit,
            _ => Tx::Inside,
        }
    }

    fn facts(&self, action: &Action, moment: &Moment) -> Facts {
        let mut cost = Cost::new(moment);
        match action {
            Action::Alter { .. } => {
                cost.irreversible("a value of an enum is removed only by making the type anew");
            }
            Action::Drop(d) => self.dropped(&d.id, &mut cost),
            other => general::cost(other, &mut cost),
        }
        cost.done()
    }

    fn print(&self, action: &Action, _: Option<&Action>, _: Server) -> Printed {
        match action {
            Action::Create(c) => {
                let values: Vec<String> = c
                    .object
                    .get::<Enum>()
                    .map_or_else(Vec::new, |e| e.values.iter().map(|v| literal(v)).collect());
                Printed::plain(format!(
                    "CREATE TYPE {} AS ENUM ({})",
                    qualified(&c.id),
                    values.join(", ")
                ))
            }
            Action::Alter {
                id,
                clause:
                    Clause::Enum(EnumClause::Add {
                        value,
                        before,
                        after,
                        if_not_exists,
                    }),
            } => {
                let exists = if *if_not_exists { "IF NOT EXISTS " } else { "" };
                let at = match (before, after) {
                    (Some(v), _) => format!(" BEFORE {}", literal(v)),
                    (None, Some(v)) => format!(" AFTER {}", literal(v)),
                    (None, None) => String::new(),
                };
                Printed::plain(format!(
                    "ALTER TYPE {} ADD VALUE {exists}{}{at}",
                    qualified(id),
                    literal(value)
                ))
            }
            other => general::print(other),
        }
    }
}

impl Enums {
    /// The type that a replacement leaves behind: its values that the new one does not have are lost.
    fn dropped(&self, id: &ObjectId, cost: &mut Cost) {
        let Some(former) = id.name.as_str().strip_suffix("_before") else {
            return;
        };
        let now = id.named(Name::exact(former));
        let catalog = &cost.moment.catalog;
        let (Some(before), Some(after)) = (catalog.item::<Enum>(id), catalog.item::<Enum>(&now))
        else {
            return;
        };
        let gone: Vec<String> = before
            .values
            .iter()
            .filter(|v| !after.values.contains(v))
            .cloned()
            .collect();
        for value in gone {
            cost.loss(
                "D0205",
                format!("{now}.{value}"),
                format!("the value `{value}` of {now}"),
            );
            cost.hazard(format!("fails if a row still holds `{value}` of {now}"));
        }
    }
}
