//! Triggers: each has its place in the order of those of its table, time and event.

use super::{instant, no_clause, same_options};
use crate::canon::{same_body, settle_body};
use crate::grammar::PRECEDES;
use crate::kept;
use crate::print_program::single;
use driftless_model::{Catalog, Name, Object, ObjectId, Server, Table, Trigger, Verdict};
use driftless_planner::{
    Action, Alter, Clause, Create, Cx, Draft, Facts, Fault, Hit, KindOps, Moment, Printed, Tx, bare,
};

pub struct Triggers;

fn same(before: &Trigger, after: &Trigger, cx: &Cx) -> bool {
    let body = |t: &Trigger| t.body.as_ref().map_or(String::new(), |b| b.written.clone());
    before.table == after.table
        && before.timing == after.timing
        && before.events == after.events
        && before.follows == after.follows
        && same_body(&body(before), &body(after), cx.server.dialect.syntax())
        && same_options(&before.options, &after.options, cx)
}

/// Triggers that run in one row with it.
fn beside<'c>(
    trigger: &Trigger,
    own: &ObjectId,
    catalog: &'c Catalog,
) -> Vec<(&'c ObjectId, &'c Trigger)> {
    let (table, timing, events) = (
        trigger.table.clone(),
        trigger.timing.clone(),
        trigger.events.clone(),
    );
    let own = own.clone();
    catalog
        .of::<Trigger>()
        .filter(|(id, t)| {
            **id != own && t.table == table && t.timing == timing && t.events == events
        })
        .collect()
}

impl KindOps for Triggers {
    type Item = Trigger;

    fn settle(&self, _id: &ObjectId, item: &mut Trigger, catalog: &Catalog) {
        if let Some(body) = &mut item.body {
            settle_body(body, catalog);
        }
    }

    fn same(&self, before: &Trigger, after: &Trigger, cx: &Cx) -> Verdict {
        Verdict::of(same(before, after, cx))
    }

    fn create(&self, id: &ObjectId, object: &Object, item: &Trigger, cx: &Cx) -> Vec<Draft> {
        let mut draft = cx.draft(Action::create(id.clone(), bare(object)));
        if let Some(before) = &item.follows {
            draft.reach.needs.push(id.named(before.clone()).part());
        }
        vec![kept::created(draft, id, object, cx)]
    }

    fn alter(
        &self,
        _id: &ObjectId,
        before: &Trigger,
        after: &Trigger,
        hits: &[Hit],
        cx: &Cx,
    ) -> Alter {
        if same(before, after, cx) && !hits.iter().any(|h| h.gone && h.part == before.table.part())
        {
            return Alter::Drafts(Vec::new());
        }
        Alter::Recreate("a trigger cannot be altered".into())
    }

    fn resolve(&self, create: &mut Create, moment: &mut Moment) -> Result<(), Fault> {
        let own = create.id.clone();
        let Some(trigger) = create.object.get_mut::<Trigger>() else {
            return Ok(());
        };
        if moment.catalog.item::<Table>(&trigger.table).is_none() {
            return Err(Fault::missing("table", &trigger.table));
        }
        let precedes = trigger.options.remove(PRECEDES).map(Name::folded);
        let others = beside(trigger, &own, &moment.catalog);
        let named = |name: &Name| others.iter().any(|(id, _)| id.name == *name);
        if let Some(name) = trigger.follows.iter().chain(&precedes).find(|n| !named(n)) {
            return Err(Fault::missing("trigger", name));
        }
        let successor = match (&trigger.follows, &precedes) {
            (Some(before), _) => others
                .iter()
                .find(|(_, t)| t.follows.as_ref() == Some(before))
                .map(|(id, _)| (*id).clone()),
            (None, Some(name)) => {
                let found = others.iter().find(|(id, _)| id.name == *name);
                trigger.follows = found.and_then(|(_, t)| t.follows.clone());
                found.map(|(id, _)| (*id).clone())
            }
            // The last one, whom nobody follows.
            (None, None) => {
                let followed: Vec<&Name> = others
                    .iter()
                    .filter_map(|(_, t)| t.follows.as_ref())
                    .collect();
                let last = others.iter().find(|(id, _)| !followed.contains(&&id.name));
                trigger.follows = last.map(|(id, _)| id.name.clone());
                None
            }
        };
        if let Some(next) = successor.and_then(|id| moment.catalog.item_mut::<Trigger>(&id)) {
            next.follows = Some(own.name.clone());
        }
        Ok(())
    }

    fn clause(&self, id: &ObjectId, clause: &Clause, _moment: &mut Moment) -> Result<(), Fault> {
        no_clause(id, clause)
    }

    fn tx(&self, _action: &Action) -> Tx {
        Tx::Outside
    }

    fn facts(&self, action: &Action, moment: &Moment) -> Facts {
        let table = match action {
            Action::Create(c) => c.object.get::<Trigger>().map(|t| t.table.clone()),
            Action::Drop(d) => moment
                .catalog
                .item::<Trigger>(&d.id)
                .map(|t| t.table.clone()),
            _ => None,
        };
        match table.filter(|t| !moment.fresh.contains(t)) {
            Some(table) => instant(&table),
            None => Facts::default(),
        }
    }

    fn print(&self, action: &Action, _inside: Option<&Action>, server: Server) -> Printed {
        Printed::plain(single(action, server))
    }
}
