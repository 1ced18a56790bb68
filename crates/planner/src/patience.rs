//! Actions that a live catalog is read as, in any order: what lacks something waits for it.
//!
//! Neighbours: the dialects whose servers show their objects as SQL read them through this. Invariant: nothing is lost:
//! what can never be applied is named as not modelled.

use crate::action::Action;
use crate::apply::apply;
use crate::dialect::Dialect;
use crate::moment::{Fault, Moment};
use driftless_model::Unmodelled;

pub struct Patience<'d> {
    dialect: &'d dyn Dialect,
    waiting: Vec<Action>,
}

impl<'d> Patience<'d> {
    pub fn new(dialect: &'d dyn Dialect) -> Self {
        Patience {
            dialect,
            waiting: Vec::new(),
        }
    }

    /// Applies what is ready; what lacks something waits.
    pub fn attempt(&mut self, actions: Vec<Action>, moment: &mut Moment) {
        for action in actions {
            match apply(self.dialect, &action, moment) {
                Ok(()) => {}
                Err(Fault::Missing { .. }) => self.waiting.push(action),
                Err(Fault::Wrong(problem)) => name_it(&action, &problem.message, moment),
            }
        }
    }

    /// Applies what waits until nothing moves; what is left over is named.
    pub fn finish(mut self, moment: &mut Moment) {
        loop {
            let waiting = std::mem::take(&mut self.waiting);
            let count = waiting.len();
            self.attempt(waiting, moment);
            if self.waiting.len() == count {
                break;
            }
        }
        for action in self.waiting {
            name_it(&action, "it hangs on something that is not there", moment);
        }
    }
}

fn name_it(action: &Action, why: &str, moment: &mut Moment) {
    if let Some(id) = action.target() {
        moment.catalog.unmodelled.push(Unmodelled {
            what: format!("{} ({why})", id.kind.noun()),
            name: id.to_string(),
            on: match action {
                Action::Create(create) => create.object.owner_relation().cloned(),
                _ => None,
            },
            place: None,
        });
    }
}
