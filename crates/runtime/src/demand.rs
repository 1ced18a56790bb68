//! Counts the rows that a plan's steps cannot take, before it runs and where it stopped.
//!
//! Neighbours: dialects say what steps demand, with a query; `apply` and `run` ask where a step failed. Invariant: what is
//! counted is what the step will find; what another step of the plan changes first is not counted.

use driftless_model::ObjectId;
use driftless_planner::{Action, Data, Demand, Facts, Plan, Step};

use crate::Connection;

/// Rows that do not fit, at least one.
#[derive(Debug, Clone)]
pub struct Unmet {
    pub demand: Demand,
    pub rows: u64,
}

/// What the rows of the state before the plan do not meet.
pub async fn unmet(connection: &mut dyn Connection, plan: &Plan) -> Vec<Unmet> {
    let steps: Vec<&Step> = plan.steps().collect();
    let actions = steps.iter().flat_map(|s| &s.actions);
    let made: Vec<&ObjectId> = actions
        .filter_map(|a| match a {
            Action::Create(create) => Some(&create.id),
            _ => None,
        })
        .collect();
    let mut out = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        for demand in &step.facts.demands {
            let own = copies(step, &demand.on);
            let changed = steps.iter().enumerate().any(|(n, other)| {
                let first = n < at && changes(other, &demand.on);
                first && !own || demand.reads.iter().any(|id| changes(other, id))
            });
            let renamed = steps.iter().any(|s| renames(s, &demand.on, &made));
            if !changed && !renamed {
                out.extend(count(connection, demand).await);
            }
        }
    }
    out
}

/// What the rows do not meet at this very moment: why a step failed.
pub async fn why(connection: &mut dyn Connection, facts: &[&Facts]) -> Vec<String> {
    let mut out = Vec::new();
    for demand in facts.iter().flat_map(|f| &f.demands) {
        let unmet = count(connection, demand).await;
        out.extend(unmet.map(|u| u.demand.said_of(u.rows)));
    }
    out
}

async fn count(connection: &mut dyn Connection, demand: &Demand) -> Option<Unmet> {
    let query = demand.count.as_ref()?;
    // A query that cannot run here has nothing to say.
    let answers = connection.batch(query).await.ok()?;
    let rows: u64 = answers.first()?.first()?.get(0)?.parse().ok()?;
    (rows > 0).then(|| Unmet {
        demand: demand.clone(),
        rows,
    })
}

/// It moves the rows of the relation into a new one.
fn copies(step: &Step, id: &ObjectId) -> bool {
    let copy = |a: &Action| matches!(a, Action::Data(Data::Copy { from, .. }) if from == id);
    step.actions.iter().any(copy)
}

/// It does something to the relation, or to a column of it.
fn changes(step: &Step, id: &ObjectId) -> bool {
    step.actions.iter().any(|action| match action {
        Action::Data(Data::Copy { from, .. }) => from == id,
        Action::Data(Data::Fill { table, .. }) => table == id,
        Action::Data(Data::Other { tables, .. }) => tables.contains(id),
        Action::Rename { part, .. } => part.object == *id,
        Action::Drop(drop) => drop.id == *id,
        Action::Create(create) => create.id == *id,
        Action::Alter { id: altered, .. } => altered == id,
        _ => false,
    })
}

/// It gives the relation or one of its columns the name that it has later; a table that the plan made may take its
/// place.
fn renames(step: &Step, id: &ObjectId, made: &[&ObjectId]) -> bool {
    step.actions.iter().any(|action| match action {
        Action::Rename { part, to } => match part.member {
            Some(_) => part.object == *id,
            None => *to == id.name && !made.contains(&&part.object),
        },
        _ => false,
    })
}
