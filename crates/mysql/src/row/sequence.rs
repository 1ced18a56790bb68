//! Sequences (MariaDB).

use super::no_clause;
use crate::print_program::single;
use driftless_model::{Catalog, ObjectId, Sequence, Server, Verdict};
use driftless_planner::{
    Action, Alter, Clause, Create, Cx, Facts, Fault, Hit, KindOps, Moment, Printed, SequenceClause,
    Tx,
};

pub struct Sequences;

impl KindOps for Sequences {
    type Item = Sequence;

    fn settle(&self, _id: &ObjectId, _item: &mut Sequence, _catalog: &Catalog) {}

    fn same(&self, before: &Sequence, after: &Sequence, _cx: &Cx) -> Verdict {
        Verdict::of(before == after)
    }

    fn alter(
        &self,
        id: &ObjectId,
        before: &Sequence,
        after: &Sequence,
        _hits: &[Hit],
        cx: &Cx,
    ) -> Alter {
        if before == after {
            return Alter::Drafts(Vec::new());
        }
        let set = SequenceClause::Set(after.clone());
        Alter::Drafts(vec![cx.draft(Action::alter(id, Clause::Sequence(set)))])
    }

    fn resolve(&self, _create: &mut Create, _moment: &mut Moment) -> Result<(), Fault> {
        Ok(())
    }

    fn clause(&self, id: &ObjectId, clause: &Clause, moment: &mut Moment) -> Result<(), Fault> {
        let Clause::Sequence(SequenceClause::Set(now)) = clause else {
            return no_clause(id, clause);
        };
        if let Some(own) = moment.catalog.item_mut::<Sequence>(id) {
            *own = now.clone();
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
