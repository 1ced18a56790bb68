//! The document of a drift: where each environment stands, and what differs from what its version should be.
//!
//! Neighbours: the runtime inspects and fills it in, `report` renders it. Invariant: drift, pending and ignored are
//! told apart, and what could not be reached is unknown, never clean.

use crate::event::{What, members};
use crate::ground::Ground;
use crate::line::one_line;
use driftless_model::{Body, Catalog, Object, ObjectId, Verdict};
use driftless_planner::{Op, differences, summary};
use serde::Serialize;

/// Which side has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// The database has it, and nothing says that it should.
    OnlyThere,
    /// It should be there, and is not.
    Missing,
    /// Both have it, and they differ.
    Differs,
    /// Both have it, and nothing at hand can tell whether they differ.
    Unproven,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    pub kind: &'static str,
    pub object: String,
    pub direction: Direction,
    /// Its parts that differ: `+ column note`, `~ column total: integer → text`; seen from what should be.
    pub details: Vec<String>,
}

/// A migration by its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Migrated {
    pub version: u64,
    pub name: String,
}

/// Where an environment stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Standing {
    /// Its history says so.
    At { version: u64, name: String },
    /// It has no history; the state of this version is the one it has, or comes nearest to.
    Like {
        version: u64,
        name: String,
        exactly: bool,
    },
    /// It has neither history nor objects.
    Empty,
    /// It could not be reached or read.
    Unknown { why: String },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Environment {
    pub name: String,
    /// Without credentials.
    pub place: String,
    pub standing: Standing,
    pub drift: Vec<Difference>,
    pub pending: Vec<Migrated>,
    /// Differences that the scope leaves alone.
    pub ignored: Vec<Difference>,
    /// Lower-case sentences.
    pub notes: Vec<String>,
}

/// How two environments differ, seen from the first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Between {
    pub first: String,
    pub second: String,
    pub differences: Vec<Difference>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Drift {
    pub environments: Vec<Environment>,
    pub between: Vec<Between>,
}

impl Drift {
    /// Nothing drifted and everything was reached.
    pub fn is_clean(&self) -> bool {
        self.environments
            .iter()
            .all(|e| e.drift.is_empty() && !matches!(e.standing, Standing::Unknown { .. }))
    }
}

/// How a state differs from what it should be, in scope.
pub fn compare(ground: &Ground, should: &Catalog, is: &Catalog) -> Vec<Difference> {
    let (should, is) = (ground.managed(should), ground.managed(is));
    differences(ground.dialect, &should, &is, ground.scope)
        .into_iter()
        .map(|change| {
            let direction = match (change.op, change.verdict) {
                (Op::Create, _) => Direction::OnlyThere,
                (Op::Drop, _) => Direction::Missing,
                (Op::Alter, Verdict::Unproven) => Direction::Unproven,
                (Op::Alter, _) => Direction::Differs,
            };
            let details = match (should.get(&change.id), is.get(&change.id)) {
                (Some(s), Some(i)) => members(&change.id, s, i)
                    .into_iter()
                    .map(|(part, what, detail)| sentence(&part, &what, &detail))
                    .collect(),
                _ => Vec::new(),
            };
            let object = should.get(&change.id).or(is.get(&change.id));
            named(&change.id, object, direction, details)
        })
        .collect()
}

/// A constraint is called by what it is; one that has no name by its table and by what it says.
fn named(
    id: &ObjectId,
    object: Option<&Object>,
    direction: Direction,
    mut details: Vec<String>,
) -> Difference {
    let (mut kind, mut called) = (id.kind.noun(), id.to_string());
    if let Some(Body::Constraint(c)) = object.map(|o| &o.body) {
        kind = c.noun();
        if !c.named {
            called = c.table.to_string();
            details.extend(object.map(|o| one_line(&summary(&o.body))));
            details.retain(|d| !d.is_empty());
        }
    }
    Difference {
        kind,
        object: called,
        direction,
        details,
    }
}

fn sentence(part: &driftless_model::Part, what: &What, detail: &str) -> String {
    let name = match &part.member {
        Some(member) if part.object.kind == driftless_model::Kind::Enum => {
            format!("value '{member}'")
        }
        Some(member) => format!("column {member}"),
        None => return detail.to_string(),
    };
    match detail.is_empty() {
        true => format!("{} {name}", what.sign()),
        false => format!("{} {name}: {detail}", what.sign()),
    }
}
