//! What every look at the folder stands on: whose SQL it is, for which server, and what is managed.

use driftless_model::{Catalog, Object, ObjectId, Scope, Server, fingerprint};
use driftless_planner::Dialect;
use std::borrow::Cow;

#[derive(Clone, Copy)]
pub struct Ground<'a> {
    pub dialect: &'a dyn Dialect,
    pub server: Server,
    pub scope: &'a Scope,
}

impl Ground<'_> {
    /// The fingerprint of the managed part.
    pub fn fingerprint(&self, catalog: &Catalog) -> String {
        fingerprint(&self.managed(catalog))
    }

    pub(crate) fn managed<'c>(&self, catalog: &'c Catalog) -> Cow<'c, Catalog> {
        let mut objects = catalog.objects.iter();
        let held = |(id, object): (&ObjectId, &Object)| {
            self.scope.holds(id) && object.owner_relation().is_none_or(|r| self.scope.holds(r))
        };
        if objects.all(held) {
            return Cow::Borrowed(catalog);
        }
        let mut managed = catalog.clone();
        self.scope.filter(&mut managed);
        Cow::Owned(managed)
    }

    pub(crate) fn empty(&self) -> Catalog {
        self.dialect.empty(self.server)
    }

    /// The revision of the normal form that fingerprints are made of now.
    pub(crate) fn revision(&self) -> String {
        let shown = fingerprint(&Catalog::new(self.server));
        shown
            .split_once(':')
            .map(|(revision, _)| revision.to_string())
            .unwrap_or_default()
    }
}
