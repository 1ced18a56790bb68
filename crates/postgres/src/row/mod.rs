//! The rows of PostgreSQL: one file per kind.
//!
//! Neighbours: `dialect` hands them to the planner; `naming`, `lock`, `general` and `ground` serve all of them.
//! Invariant: what a row prints is read back by the grammar to the same Action.

mod aggregate;
mod composite;
mod constraint;
mod copies;
mod definition;
mod domain;
mod enumeration;
mod extension;
mod function;
mod general;
mod ground;
mod index;
mod lock;
mod naming;
mod policy;
mod replace;
mod rule;
mod schema;
mod sequence;
mod statistics;
mod stored;
mod table;
mod trigger;
mod view;

use driftless_model::Kind;
use driftless_planner::{OnlyGrants, Row, Tx};

pub(crate) use constraint::not_null;
pub(crate) use copies::lacking;
pub(crate) use function::identity;
pub(crate) use lock::strength;
pub(crate) use naming::{retext, without_modifier};
pub(crate) use table::{data_text, is_only};

/// What objects say against each other.
pub(crate) fn contradictions(
    catalog: &driftless_model::Catalog,
) -> Vec<(driftless_model::ObjectId, driftless_sql::Diagnostic)> {
    table::contradictions(catalog)
}

/// What a server tells of a kind that is made of clauses, as if a file had said it.
pub(crate) fn described(
    id: &driftless_model::ObjectId,
    item: &mut driftless_model::Definition,
    types: &dyn Fn(&str) -> driftless_model::TypeRef,
) {
    let args = id.args.as_deref().unwrap_or_default();
    let (source, target) = args.split_once(" AS ").unwrap_or_default();
    definition::described(id, item, [types(source), types(target)]);
}

/// The row of a kind.
pub(crate) fn of(kind: Kind) -> Option<&'static dyn Row> {
    Some(match kind {
        Kind::Schema => &schema::Schemas,
        Kind::Extension => &extension::Extensions,
        Kind::Enum => &enumeration::Enums,
        Kind::Composite => &composite::Composites,
        Kind::Domain => &domain::Domains,
        Kind::Sequence => &sequence::Sequences,
        Kind::Function | Kind::Procedure | Kind::Aggregate => &function::Routines,
        Kind::Table => &table::Tables,
        Kind::Constraint => &constraint::Constraints,
        Kind::Index => &index::Indexes,
        Kind::View => &view::Views,
        Kind::MaterializedView => &view::MaterializedViews,
        Kind::Trigger => &trigger::Triggers,
        Kind::Policy => &policy::Policies,
        Kind::Rule => &rule::Rules,
        Kind::Statistics => &statistics::All,
        Kind::DefaultPrivileges => &OnlyGrants {
            tx: Tx::Inside,
            print: |action, _| general::print(action),
        },
        Kind::VirtualTable | Kind::Event => return None,
        // All of the kinds that are made of clauses alone.
        _ => &definition::Definitions,
    })
}
