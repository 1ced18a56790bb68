//! Privileges on the model: those that an object is born with, and what GRANT and REVOKE do to them.
//!
//! Neighbours: `apply` executes them, `close` and `diff` compare. Invariant: default privileges are an object only
//! while they differ from what the engine gives.

use crate::apply::addressed;
use crate::dialect::Dialect;
use crate::moment::{Fault, Moment};
use driftless_model::{Catalog, DefaultPrivileges, Grant, Kind, Name, Object, ObjectId};

/// What a new object lets others do: what the engine gives, but for what the maker's default privileges say.
pub(crate) fn initial(dialect: &dyn Dialect, id: &ObjectId, catalog: &Catalog) -> Vec<Grant> {
    let mut out = dialect.default_grants(id, catalog.server);
    for over in DefaultPrivileges::over(id) {
        let Some(said) = catalog.get(&over).and_then(|o| o.grants.as_ref()) else {
            continue;
        };
        // Those for every schema stand in for the engine's own; those of one schema are added.
        if over.schema.is_empty() {
            out.clear();
        }
        let others = said
            .iter()
            .filter(|g| Some(&g.role) != catalog.role.as_ref());
        out.extend(others.cloned());
    }
    out.sort();
    out.dedup();
    out
}

/// The same, where it is not what the engine gives by itself.
pub fn at_birth(dialect: &dyn Dialect, id: &ObjectId, catalog: &Catalog) -> Option<Vec<Grant>> {
    // An engine without default privileges.
    dialect.row(Kind::DefaultPrivileges)?;
    let grants = initial(dialect, id, catalog);
    (grants != dialect.default_grants(id, catalog.server)).then_some(grants)
}

/// GRANT and REVOKE; an id without a name means every object of its kind in the schema.
pub(crate) fn apply(
    dialect: &dyn Dialect,
    id: &ObjectId,
    grant: &Grant,
    revoke: bool,
    moment: &mut Moment,
) -> Result<(), Fault> {
    if id.kind == Kind::DefaultPrivileges || id.name.is_empty() {
        let schema = ObjectId::new(Kind::Schema, Name::default(), id.schema.clone());
        if !id.schema.is_empty() && !moment.catalog.contains(&schema) {
            return Err(Fault::missing("schema", &schema));
        }
    }
    if id.kind == Kind::DefaultPrivileges {
        if !moment.catalog.contains(id) {
            moment.insert(id.clone(), Object::new(DefaultPrivileges {}));
        }
        change(dialect, id, grant, revoke, moment);
        let grants = moment.catalog.get(id).and_then(|o| o.grants.clone());
        if grants.as_ref() == Some(&dialect.default_grants(id, moment.catalog.server)) {
            moment.remove(id);
        }
        return Ok(());
    }
    if id.name.is_empty() {
        let meant = |i: &&ObjectId| {
            let table = matches!(i.kind, Kind::View | Kind::MaterializedView);
            i.schema == id.schema && (i.kind == id.kind || (id.kind == Kind::Table && table))
        };
        let all: Vec<ObjectId> = moment
            .catalog
            .objects
            .keys()
            .filter(meant)
            .cloned()
            .collect();
        for one in all {
            change(dialect, &one, grant, revoke, moment);
        }
        return Ok(());
    }
    let id = addressed(id, moment)?;
    change(dialect, &id, grant, revoke, moment);
    Ok(())
}

fn change(dialect: &dyn Dialect, id: &ObjectId, grant: &Grant, revoke: bool, moment: &mut Moment) {
    let server = moment.catalog.server;
    let Some(object) = moment.catalog.objects.get_mut(id) else {
        return;
    };
    let given = || {
        let mut grants = dialect.default_grants(id, server);
        grants.sort();
        grants
    };
    let grants = object.grants.get_or_insert_with(given);
    grants.retain(|g| {
        !(g.role == grant.role && g.privilege == grant.privilege && g.column == grant.column)
    });
    if !revoke {
        grants.push(grant.clone());
        grants.sort();
    }
}
