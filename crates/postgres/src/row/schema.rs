//! Schemas.

use super::general;
use super::lock::Cost;
use crate::print::name;
use driftless_model::{Catalog, ObjectId, Schema, Server, Verdict};
use driftless_planner::{
    Action, Alter, Clause, Create, Cx, Facts, Fault, Hit, KindOps, Moment, Printed,
};

pub(super) struct Schemas;

impl KindOps for Schemas {
    type Item = Schema;

    fn settle(&self, _: &ObjectId, _: &mut Schema, _: &Catalog) {}

    fn same(&self, _: &Schema, _: &Schema, _: &Cx) -> Verdict {
        Verdict::Same
    }

    fn alter(&self, _: &ObjectId, _: &Schema, _: &Schema, _: &[Hit], _: &Cx) -> Alter {
        Alter::Drafts(Vec::new())
    }

    fn resolve(&self, create: &mut Create, _: &mut Moment) -> Result<(), Fault> {
        create.id.name = super::naming::clip(&create.id.name);
        Ok(())
    }

    fn clause(&self, id: &ObjectId, _: &Clause, _: &mut Moment) -> Result<(), Fault> {
        Err(general::foreign(id))
    }

    fn facts(&self, action: &Action, moment: &Moment) -> Facts {
        let mut cost = Cost::new(moment);
        match action {
            Action::Drop(d) if d.cascade => {
                let inside: Vec<ObjectId> = moment
                    .catalog
                    .objects
                    .keys()
                    .filter(|i| i.schema == d.id.name && i.kind.is_relation())
                    .cloned()
                    .collect();
                for id in inside {
                    super::table::cost_drop(&id, true, &mut cost);
                }
            }
            other => general::cost(other, &mut cost),
        }
        cost.done()
    }

    fn print(&self, action: &Action, _: Option<&Action>, _: Server) -> Printed {
        match action {
            Action::Create(c) => {
                let exists = if c.if_not_exists {
                    "IF NOT EXISTS "
                } else {
                    ""
                };
                Printed::plain(format!("CREATE SCHEMA {exists}{}", name(&c.id.name)))
            }
            other => general::print(other),
        }
    }
}
