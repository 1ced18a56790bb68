//! Renames come first: what was declared, what is only spelled otherwise, and what lives in a table under another name.
//!
//! Invariant: a table or a column is renamed only where a user said so. A constraint, index, trigger, policy or owned
//! sequence whose definition is the same but for the name is renamed instead of being dropped and made anew: the end
//! is the same state, and nothing is built again.

use crate::action::Action;
use crate::apply::apply;
use crate::dialect::Dialect;
use crate::former::former;
use crate::moment::{Fault, Moment};
use crate::ops::Cx;
use driftless_model::{
    Body, Catalog, Grant, Hints, Kind, Name, Object, ObjectId, Scope, Users, Verdict,
};
use driftless_sql::{Diagnostic, Problems};
use std::collections::BTreeMap;

/// What the renames made of the before-state.
pub(crate) struct Renamed {
    pub actions: Vec<Action>,
    pub before: Catalog,
    /// What was taken down for them, as it would be now, and why.
    pub away: BTreeMap<ObjectId, (Object, &'static str)>,
}

/// Applies the declared renames to the before-state, so that the rest is planned under the names of now.
pub(crate) fn rename(
    dialect: &dyn Dialect,
    before: Catalog,
    after: &Catalog,
    hints: &Hints,
    scope: &Scope,
) -> Result<Renamed, Problems> {
    let mut problems = Problems::default();
    let mut actions = Vec::new();
    let in_the_way = dialect.away_for_renames(&before);
    let mut moment = Moment::new(before, Vec::new());
    // Whole objects first (the map's order puts an object before its members): members are renamed under the name of now.
    for (part, (from, place)) in &hints.renames {
        if part.member.is_none() && !dialect.renames(part.object.kind) {
            continue;
        }
        let exists = |c: &Catalog, name: &Name| match &part.member {
            None => c.contains(&part.object.named(name.clone())),
            Some(_) => has_member(c, &part.object, name),
        };
        let now = part.member.as_ref().unwrap_or(&part.object.name);
        let (was, is) = (exists(&moment.catalog, from), exists(&moment.catalog, now));
        if !was || !exists(after, now) {
            continue;
        }
        if is {
            let mut d = Diagnostic::error(
                "D0306",
                format!("`{part}` is declared as renamed from `{from}`, and both exist"),
            )
            .label("renamed-from is said here")
            .help("drop one of the two by hand, or remove the directive");
            d.place = *place;
            problems.push(d);
            continue;
        }
        let source = match &part.member {
            None => part.object.named(from.clone()).part(),
            Some(_) => part.object.member(from),
        };
        let action = Action::Rename {
            part: source,
            to: now.clone(),
        };
        for action in with_grants(dialect, action, &moment.catalog) {
            if let Err(Fault::Wrong(d)) = apply(dialect, &action, &mut moment) {
                problems.push(*d);
            }
            actions.push(action);
        }
    }
    problems.0.extend(former(dialect, hints, &actions));
    let mut further = respelled(dialect, &moment.catalog, after);
    for pass in 0..2 {
        if pass == 1 {
            further = alike(dialect, &moment.catalog, after, scope);
        }
        for action in std::mem::take(&mut further) {
            for action in with_grants(dialect, action, &moment.catalog) {
                if let Err(Fault::Wrong(d)) = apply(dialect, &action, &mut moment) {
                    problems.push(*d);
                }
                actions.push(action);
            }
        }
    }
    let mut away = BTreeMap::new();
    if !actions.is_empty() {
        let mut drops = Vec::new();
        let standing = moment.catalog.clone();
        for (id, why) in in_the_way {
            if !moment.catalog.contains(&id) {
                continue;
            }
            let action = Action::drop(id);
            if let Err(Fault::Wrong(d)) = apply(dialect, &action, &mut moment) {
                problems.push(*d);
            }
            // With what hangs on it.
            for (id, object) in &standing.objects {
                if !moment.catalog.contains(id) && !away.contains_key(id) {
                    away.insert(id.clone(), (object.clone(), why));
                }
            }
            drops.push(action);
        }
        drops.append(&mut actions);
        actions = drops;
    }
    if problems.has_errors() {
        return Err(problems);
    }
    Ok(Renamed {
        actions,
        before: moment.catalog,
        away,
    })
}

/// A rename, with what is granted where that would stay under the old name: it is taken there and granted here.
fn with_grants(dialect: &dyn Dialect, rename: Action, before: &Catalog) -> Vec<Action> {
    let Action::Rename { part, to } = &rename else {
        return vec![rename];
    };
    let id = &part.object;
    let grants = match dialect.grants_stay(id.kind) {
        true => before.get(id).and_then(|o| o.grants.clone()),
        false => None,
    };
    let mut concerned = grants.unwrap_or_default();
    concerned.retain(|g| part.member.is_none() || g.column == part.member);
    let say = |id: &ObjectId, grant: Grant, revoke: bool| Action::Grant {
        id: id.clone(),
        grant,
        revoke,
    };
    let mut out: Vec<Action> = concerned
        .iter()
        .map(|grant| say(id, grant.clone(), true))
        .collect();
    let given = concerned.into_iter().map(|grant| match &part.member {
        None => say(&id.named(to.clone()), grant, false),
        Some(_) => {
            let column = Some(to.clone());
            say(id, Grant { column, ..grant }, false)
        }
    });
    let given: Vec<Action> = given.collect();
    out.push(rename);
    out.extend(given);
    out
}

/// Tables and columns whose names are equal to the engine and spelled otherwise.
fn respelled(dialect: &dyn Dialect, before: &Catalog, after: &Catalog) -> Vec<Action> {
    let mut out = Vec::new();
    let spelled = dialect.spells_tables(before);
    for (id, table) in after.of::<driftless_model::Table>() {
        let Some((standing, object)) = before.objects.get_key_value(id) else {
            continue;
        };
        if spelled && standing.name.as_str() != id.name.as_str() {
            out.push(Action::Rename {
                part: standing.part(),
                to: id.name.clone(),
            });
        }
        let columns = object.get::<driftless_model::Table>();
        for column in &table.columns {
            if let Some(was) = columns.and_then(|t| t.column(&column.name))
                && was.name.as_str() != column.name.as_str()
            {
                out.push(Action::Rename {
                    part: id.member(&was.name),
                    to: column.name.clone(),
                });
            }
        }
    }
    out
}

fn has_member(catalog: &Catalog, id: &ObjectId, name: &Name) -> bool {
    match catalog.get(id).map(|o| &o.body) {
        Some(driftless_model::Body::Table(t)) => t.column(name).is_some(),
        Some(driftless_model::Body::Enum(e)) => e.values.iter().any(|v| v == name.as_str()),
        Some(driftless_model::Body::Composite(c)) => c.attributes.iter().any(|a| a.name == *name),
        _ => false,
    }
}

/// Objects of one relation that differ in nothing but the name, one to one.
fn alike(dialect: &dyn Dialect, before: &Catalog, after: &Catalog, scope: &Scope) -> Vec<Action> {
    type Home = (Kind, ObjectId);
    let homes = |side: &Catalog, other: &Catalog| {
        let mut out: BTreeMap<Home, Vec<ObjectId>> = BTreeMap::new();
        let sides = side.objects.beside(&other.objects);
        let alone = sides.filter_map(|(here, there)| here.filter(|_| there.is_none()));
        for (id, object) in alone {
            let home = match &object.body {
                Body::Sequence(s) => s.owned_by.as_ref().map(|p| &p.object),
                _ => object.owner_relation(),
            };
            if let Some(home) = home.filter(|_| dialect.renames(id.kind)) {
                out.entry((id.kind, home.clone()))
                    .or_default()
                    .push(id.clone());
            }
        }
        out
    };
    let (gone, new) = (homes(before, after), homes(after, before));
    let (users, hints) = (Users::default(), Hints::default());
    let cx = Cx {
        before,
        after,
        users: &users,
        hints: &hints,
        scope,
        server: after.server,
    };
    let mut out = Vec::new();
    for (home, gone) in &gone {
        let Some(new) = new.get(home) else { continue };
        let same =
            |b: &ObjectId, a: &ObjectId| match (dialect.row(b.kind), before.get(b), after.get(a)) {
                (Some(row), Some(x), Some(y)) => {
                    b.schema == a.schema && row.same(x, y, &cx) == Verdict::Same
                }
                _ => false,
            };
        for b in gone {
            let mut fits = new.iter().filter(|a| same(b, a));
            let (Some(a), None) = (fits.next(), fits.next()) else {
                continue;
            };
            let unique = gone.iter().filter(|other| same(other, a)).count() == 1;
            if unique {
                out.push(Action::Rename {
                    part: b.part(),
                    to: a.name.clone(),
                });
            }
        }
    }
    out
}
