//! Events.

use super::{no_clause, same_options};
use crate::canon::{same_body, settle_body};
use crate::kept;
use crate::print_program::single;
use driftless_model::{Catalog, Event, Object, ObjectId, Server, Verdict};
use driftless_planner::{
    Action, Alter, Clause, Create, Cx, Draft, Facts, Fault, Hit, KindOps, Moment, Printed, Tx, bare,
};

pub struct Events;

fn same(before: &Event, after: &Event, cx: &Cx) -> bool {
    // Where no start is said the server takes the time of creation.
    let started = |e: &Event| e.schedule.contains(" STARTS ");
    let schedule = |e: &Event| match started(before) && started(after) {
        true => e.schedule.clone(),
        false => unstarted(&e.schedule),
    };
    schedule(before) == schedule(after)
        && before.preserve == after.preserve
        && before.status == after.status
        && same_options(&before.options, &after.options, cx)
        && same_body(
            &before.body.written,
            &after.body.written,
            cx.server.dialect.syntax(),
        )
}

/// The schedule without its STARTS.
fn unstarted(schedule: &str) -> String {
    let Some((head, rest)) = schedule.split_once(" STARTS ") else {
        return schedule.to_owned();
    };
    match rest.split_once(" ENDS ") {
        Some((_, end)) => format!("{head} ENDS {end}"),
        None => head.to_owned(),
    }
}

impl KindOps for Events {
    type Item = Event;

    fn settle(&self, _id: &ObjectId, item: &mut Event, catalog: &Catalog) {
        settle_body(&mut item.body, catalog);
    }

    fn same(&self, before: &Event, after: &Event, cx: &Cx) -> Verdict {
        Verdict::of(same(before, after, cx))
    }

    fn create(&self, id: &ObjectId, object: &Object, _item: &Event, cx: &Cx) -> Vec<Draft> {
        let draft = cx.draft(Action::create(id.clone(), bare(object)));
        vec![kept::created(draft, id, object, cx)]
    }

    fn alter(&self, id: &ObjectId, before: &Event, after: &Event, _hits: &[Hit], cx: &Cx) -> Alter {
        if same(before, after, cx) {
            return Alter::Drafts(Vec::new());
        }
        let action = Action::alter(id, Clause::Event(Box::new(after.clone())));
        Alter::Drafts(vec![kept::framed(cx.draft(action), id, &after.options, cx)])
    }

    fn resolve(&self, _create: &mut Create, _moment: &mut Moment) -> Result<(), Fault> {
        Ok(())
    }

    fn clause(&self, id: &ObjectId, clause: &Clause, moment: &mut Moment) -> Result<(), Fault> {
        let Clause::Event(event) = clause else {
            return no_clause(id, clause);
        };
        if let Some(own) = moment.catalog.item_mut::<Event>(id) {
            *own = (**event).clone();
        }
        Ok(())
    }

    fn tx(&self, _action: &Action) -> Tx {
        Tx::Outside
    }

    fn facts(&self, _action: &Action, _moment: &Moment) -> Facts {
        Facts::default()
    }

    fn print(&self, action: &Action, _inside: Option<&Action>, server: Server) -> Printed {
        Printed::plain(single(action, server))
    }
}
