//! Virtual tables: their module gives them meaning, so a change is a drop and a creation.

use super::{after_namesake, no_clause, table::drop_facts};
use crate::grammar::virtual_canon;
use crate::print;
use driftless_model::{Catalog, Object, ObjectId, Server, Verdict, VirtualTable};
use driftless_planner::{
    Action, Alter, Clause, Create, Cx, Draft, Facts, Fault, Hit, KindOps, Moment, Printed, bare,
};

pub struct VirtualTables;

impl KindOps for VirtualTables {
    type Item = VirtualTable;

    fn settle(&self, _id: &ObjectId, item: &mut VirtualTable, _catalog: &Catalog) {
        item.canon = virtual_canon(&item.module, item.arguments.as_deref());
    }

    fn same(&self, before: &VirtualTable, after: &VirtualTable, _cx: &Cx) -> Verdict {
        Verdict::of(before.canon == after.canon)
    }

    fn create(&self, id: &ObjectId, object: &Object, _item: &VirtualTable, cx: &Cx) -> Vec<Draft> {
        let draft = cx.draft(Action::create(id.clone(), bare(object)));
        vec![after_namesake(draft, id, cx.before)]
    }

    fn alter(
        &self,
        _id: &ObjectId,
        before: &VirtualTable,
        after: &VirtualTable,
        _hits: &[Hit],
        _cx: &Cx,
    ) -> Alter {
        if before.canon == after.canon {
            return Alter::Drafts(Vec::new());
        }
        Alter::Recreate("a virtual table cannot be altered".into())
    }

    fn resolve(&self, _create: &mut Create, _moment: &mut Moment) -> Result<(), Fault> {
        Ok(())
    }

    fn clause(&self, id: &ObjectId, clause: &Clause, _moment: &mut Moment) -> Result<(), Fault> {
        no_clause(id, clause)
    }

    fn facts(&self, action: &Action, moment: &Moment) -> Facts {
        match action {
            Action::Drop(d) => drop_facts(&d.id, moment),
            _ => Facts::default(),
        }
    }

    fn print(&self, action: &Action, _inside: Option<&Action>, _server: Server) -> Printed {
        Printed::plain(print::single(action))
    }
}
