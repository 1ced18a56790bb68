//! Views. SQLite reads them only when they are used, so none needs to be away while a table under it changes.

use super::{after_namesake, no_clause, place_in};
use crate::canon::{missing_relations, output, same_text, settle_query};
use crate::print;
use driftless_model::{Catalog, Object, ObjectId, Server, Verdict, View};
use driftless_planner::{
    Action, Alter, Clause, Create, Cx, Draft, Facts, Fault, Hit, KindOps, Moment, Printed, bare,
};

pub struct Views;

pub fn same(before: &View, after: &View) -> bool {
    before.columns == after.columns && same_text(&before.query, &after.query)
}

impl KindOps for Views {
    type Item = View;

    fn settle(&self, _id: &ObjectId, item: &mut View, catalog: &Catalog) {
        let query = settle_query(&mut item.query, catalog);
        let names = if item.columns.is_empty() {
            query.map(|q| output(&q, catalog)).unwrap_or_default()
        } else {
            item.columns.clone()
        };
        item.output = names.into_iter().map(|n| (n, None)).collect();
    }

    fn same(&self, before: &View, after: &View, _cx: &Cx) -> Verdict {
        Verdict::of(same(before, after))
    }

    fn create(&self, id: &ObjectId, object: &Object, _item: &View, cx: &Cx) -> Vec<Draft> {
        let draft = cx.draft(Action::create(id.clone(), bare(object)));
        vec![after_namesake(draft, id, cx.before)]
    }

    fn alter(&self, _id: &ObjectId, before: &View, after: &View, _hits: &[Hit], _cx: &Cx) -> Alter {
        if same(before, after) {
            return Alter::Drafts(Vec::new());
        }
        Alter::Recreate("SQLite cannot alter a view".into())
    }

    fn resolve(&self, create: &mut Create, moment: &mut Moment) -> Result<(), Fault> {
        let Some(view) = create.object.get::<View>().filter(|_| !moment.lenient) else {
            return Ok(());
        };
        match missing_relations(&view.query.written, &moment.catalog).first() {
            Some(m) => Err(Fault::Missing {
                what: "table",
                name: m.name.clone(),
                place: place_in(&view.query, m),
            }),
            None => Ok(()),
        }
    }

    fn clause(&self, id: &ObjectId, clause: &Clause, _moment: &mut Moment) -> Result<(), Fault> {
        no_clause(id, clause)
    }

    fn facts(&self, _action: &Action, _moment: &Moment) -> Facts {
        Facts::default()
    }

    fn print(&self, action: &Action, _inside: Option<&Action>, _server: Server) -> Printed {
        Printed::plain(print::single(action))
    }
}
