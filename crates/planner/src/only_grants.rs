//! The row of what is nothing but grants: default privileges, and MySQL's privileges on a database.
//!
//! Neighbours: `close` writes the grants as it does those of any object; dialects say how one is printed. Invariant: no
//! statement makes or drops it but its grants.

use crate::action::{Action, Clause, Create};
use crate::draft::{Alter, Draft, Hit};
use crate::facts::Facts;
use crate::moment::{Fault, Moment};
use crate::ops::{Cx, KindOps, Printed, Tx};
use driftless_model::{Catalog, DefaultPrivileges, Object, ObjectId, Server, Verdict};
use driftless_sql::Diagnostic;

pub struct OnlyGrants {
    pub tx: Tx,
    pub print: fn(&Action, Server) -> Printed,
}

impl KindOps for OnlyGrants {
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
        let noun = id.kind.noun();
        Err(Diagnostic::error("D0003", format!("{noun} `{id}` cannot be altered")).into())
    }

    fn tx(&self, _: &Action) -> Tx {
        self.tx
    }

    fn facts(&self, _: &Action, _: &Moment) -> Facts {
        Facts::default()
    }

    fn print(&self, action: &Action, _: Option<&Action>, server: Server) -> Printed {
        (self.print)(action, server)
    }
}
