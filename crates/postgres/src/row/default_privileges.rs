//! Default privileges: what the new objects of a role let others do.
//!
//! Neighbours: the planner writes their grants as it does those of any object; `general` prints them. Invariant: no
//! statement makes or drops them but those grants.

use super::general;
use driftless_model::{Catalog, DefaultPrivileges, Object, ObjectId, Server, Verdict};
use driftless_planner::{
    Action, Alter, Clause, Create, Cx, Draft, Facts, Fault, Hit, KindOps, Moment, Printed,
};

pub(super) struct Defaults;

impl KindOps for Defaults {
    type Item = DefaultPrivileges;

    fn settle(&self, _: &ObjectId, _: &mut DefaultPrivileges, _: &Catalog) {}

    fn same(&self, _: &DefaultPrivileges, _: &DefaultPrivileges, _: &Cx) -> Verdict {
        Verdict::Same
    }

    fn create(&self, _: &ObjectId, _: &Object, _: &DefaultPrivileges, _: &Cx) -> Vec<Draft> {
        Vec::new()
    }

    fn drop(&self, _: &ObjectId, _: &DefaultPrivileges, _: &Cx) -> Vec<Draft> {
        Vec::new()
    }

    fn alter(
        &self,
        _: &ObjectId,
        _: &DefaultPrivileges,
        _: &DefaultPrivileges,
        _: &[Hit],
        _: &Cx,
    ) -> Alter {
        Alter::Drafts(Vec::new())
    }

    fn resolve(&self, _: &mut Create, _: &mut Moment) -> Result<(), Fault> {
        Ok(())
    }

    fn clause(&self, id: &ObjectId, _: &Clause, _: &mut Moment) -> Result<(), Fault> {
        Err(general::foreign(id))
    }

    fn facts(&self, _: &Action, _: &Moment) -> Facts {
        Facts::default()
    }

    fn print(&self, action: &Action, _: Option<&Action>, _: Server) -> Printed {
        general::print(action)
    }
}
