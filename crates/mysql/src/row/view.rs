//! Views: resolved late by the server, so a change of a table under one leaves it where it is.

use super::{no_clause, same_options};
use crate::canon::{foreign, missing_relation, settle_query};
use crate::kept::{self, CLIENT_CHARSET};
use crate::print_program::single;
use driftless_model::{Catalog, Object, ObjectId, Server, Verdict, View};
use driftless_planner::{
    Action, Alter, Clause, Create, Cx, Draft, Facts, Fault, Hit, KindOps, Moment, Printed, Tx, bare,
};

pub struct Views;

fn settle(item: &mut View, catalog: &Catalog) {
    let client = item.options.get(CLIENT_CHARSET).map(String::as_str);
    let names = settle_query(&mut item.query, &item.columns, client, catalog);
    item.output = names.into_iter().map(|n| (n, None)).collect();
}

impl KindOps for Views {
    type Item = View;

    fn settle(&self, _id: &ObjectId, item: &mut View, catalog: &Catalog) {
        settle(item, catalog);
    }

    fn same(&self, before: &View, after: &View, cx: &Cx) -> Verdict {
        let plain = same_options(&before.options, &after.options, cx)
            && before.check_option == after.check_option;
        let mut verdict = before.query.compare(&after.query);
        let told = cx.before.database.is_some() && cx.after.database.is_none();
        let syntax = cx.server.dialect.syntax();
        if verdict != Verdict::Same
            && told
            && !foreign(&after.query.written, None, syntax).is_empty()
        {
            // Only the one side knows how its database is called, and what other databases hold.
            let mut meant = after.clone();
            let mut side = cx.after.clone();
            side.database.clone_from(&cx.before.database);
            side.outside.clone_from(&cx.before.outside);
            settle(&mut meant, &side);
            verdict = before.query.compare(&meant.query);
        }
        Verdict::of(plain).and(verdict)
    }

    fn create(&self, id: &ObjectId, object: &Object, _item: &View, cx: &Cx) -> Vec<Draft> {
        let draft = cx.draft(Action::create(id.clone(), bare(object)));
        vec![kept::created(draft, id, object, cx)]
    }

    fn alter(&self, id: &ObjectId, before: &View, after: &View, _hits: &[Hit], cx: &Cx) -> Alter {
        if self.same(before, after, cx) == Verdict::Same {
            return Alter::Drafts(Vec::new());
        }
        let action = Action::replace(id.clone(), Object::new(after.clone()));
        Alter::Drafts(vec![kept::framed(cx.draft(action), id, &after.options, cx)])
    }

    fn resolve(&self, create: &mut Create, moment: &mut Moment) -> Result<(), Fault> {
        let Some(view) = create.object.get::<View>().filter(|_| !moment.lenient) else {
            return Ok(());
        };
        match missing_relation(&view.query.written, &moment.catalog) {
            Some(name) => Err(Fault::missing("table", name)),
            None => Ok(()),
        }
    }

    fn clause(&self, id: &ObjectId, clause: &Clause, _moment: &mut Moment) -> Result<(), Fault> {
        no_clause(id, clause)
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
