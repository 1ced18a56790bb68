//! Privileges on the database as a whole: the model's default privileges, which are there only while somebody has one.
//!
//! Neighbours: the planner writes grants as it does those of any object; `print_grant` prints them.

use super::no_clause;
use driftless_model::{Catalog, DefaultPrivileges, Object, ObjectId, Server, Verdict};
use driftless_planner::{
    Action, Alter, Clause, Create, Cx, Draft, Facts, Fault, Hit, KindOps, Moment, Printed, Tx,
};

pub struct Privileges;

impl KindOps for Privileges {
    type Item = DefaultPrivileges;

    fn settle(&self, _: &ObjectId, _: &mut DefaultPrivileges, _: &Catalog) {}

    fn same(&self, _: &DefaultPrivileges, _: &DefaultPrivileges, _: &Cx) -> Verdict {
        Verdict::Same
    }

    /// No statement makes or drops it but its grants.
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

    fn clause(&self, id: &ObjectId, clause: &Clause, _: &mut Moment) -> Result<(), Fault> {
        no_clause(id, clause)
    }

    fn tx(&self, _: &Action) -> Tx {
        Tx::Outside
    }

    fn facts(&self, _: &Action, _: &Moment) -> Facts {
        Facts::default()
    }

    fn print(&self, action: &Action, _: Option<&Action>, server: Server) -> Printed {
        Printed::plain(crate::print::statement(
            std::slice::from_ref(action),
            server,
        ))
    }
}
