//! The proof of a plan: its printed text, read back and applied to the before-state, gives the after-state.
//!
//! Facts are taken on the way, from the read-back actions at their moment: hand-written SQL gets them by the same
//! code. Invariant: what is shown is what was proved, byte for byte.

use crate::action::Action;
use crate::apply::settle_these;
use crate::dialect::Dialect;
use crate::diff::{Op, diff};
use crate::moment::{Fault, Moment};
use crate::ops::Cx;
use crate::plan::{Drafted, Step};
use crate::replay::{execute, joined, qualified, stale};
use crate::stand_in::unqualified;
use driftless_model::{Catalog, Hints, ObjectId, Scope, Server, Users, Verdict};
use driftless_sql::{Diagnostic, Problems, SourceId, split};
use std::collections::BTreeSet;

pub(crate) struct Proof<'a> {
    pub dialect: &'a dyn Dialect,
    /// The whole before-state, outsiders included.
    pub start: Catalog,
    pub after: &'a Catalog,
    pub scope: &'a Scope,
    pub server: Server,
    /// Something differs for certain: it must not come to nothing.
    pub differs: bool,
}

impl Proof<'_> {
    pub fn run(mut self, statements: &[Drafted]) -> Result<Vec<Step>, Problems> {
        let known: BTreeSet<ObjectId> = self.start.objects.keys().cloned().collect();
        let mut moment = Moment::new(
            std::mem::replace(&mut self.start, Catalog::new(self.server)),
            match self.scope.unqualified {
                true => self.dialect.path(),
                false => [].into(),
            },
        );
        moment.lenient = true;
        let mut steps = Vec::with_capacity(statements.len());
        for drafted in statements {
            steps.push(self.step(drafted, &known, &mut moment)?);
        }
        if self.differs || !statements.is_empty() {
            let actions = steps.iter().flat_map(|s| &s.actions);
            let stale = stale(&moment.catalog, &known, actions);
            // What is outside still tells what it is made of: texts that read it are settled while it is there.
            settle_these(self.dialect, stale, &mut moment.catalog);
            self.compare(moment.catalog)?;
        }
        Ok(steps)
    }

    fn step(
        &self,
        drafted: &Drafted,
        known: &BTreeSet<ObjectId>,
        moment: &mut Moment,
    ) -> Result<Step, Problems> {
        let mut said = drafted.actions.clone();
        said.extend(self.dialect.pin(&said, moment));
        let mut text = self.dialect.print(&said, self.server);
        if self.scope.unqualified {
            text = unqualified(&text, self.dialect);
        }
        let mut actions = self.read_back(&text, &moment.catalog)?;
        let whole = self.dialect.whole(&actions, moment);
        let mut each = Vec::with_capacity(actions.len());
        for action in &mut actions {
            if self.scope.unqualified {
                *action = qualified(self.dialect, action, moment);
            }
            let (facts, outcome) = execute(self.dialect, action, moment);
            each.push(facts);
            outcome.map_err(|f| unproved(&text, fault(f)))?;
        }
        let heard = |on: &ObjectId| known.contains(on) || self.after.contains(on);
        let facts = joined(self.dialect, &mut each, whole, &heard);
        Ok(Step {
            text,
            actions,
            because: drafted.because.clone(),
            facts,
            each,
        })
    }

    fn read_back(&self, text: &str, catalog: &Catalog) -> Result<Vec<Action>, Problems> {
        let (statements, problems) = split(text, self.dialect.syntax(), SourceId(0));
        if let Some(p) = problems.into_iter().next() {
            return Err(unproved(text, p.to_string()));
        }
        let mut actions = Vec::new();
        for s in &statements {
            let parsed = self
                .dialect
                .read(s, text, SourceId(0), self.server)
                .and_then(|parsed| self.dialect.in_session(parsed, catalog))
                .map_err(|d| unproved(text, d.to_string()))?;
            actions.extend(parsed.actions);
        }
        Ok(actions)
    }

    fn compare(&self, mut reached: Catalog) -> Result<(), Problems> {
        self.scope.filter(&mut reached);
        let hints = Hints::default();
        let users = Users::default();
        let cx = Cx {
            before: &reached,
            after: self.after,
            users: &users,
            hints: &hints,
            scope: self.scope,
            server: self.server,
        };
        let left: Vec<String> = diff(self.dialect, &cx)
            .into_iter()
            .filter(|c| c.verdict == Verdict::Different || c.op != Op::Alter)
            .map(|c| {
                format!(
                    "{} `{}` {}",
                    c.id.kind.noun(),
                    c.id,
                    match c.op {
                        Op::Create => "would be missing",
                        Op::Drop => "would still be there",
                        Op::Alter => "would still differ",
                    }
                )
            })
            .collect();
        if left.is_empty() {
            return Ok(());
        }
        let mut d = Diagnostic::error(
            "D0404",
            "the plan does not lead to the desired state, so it is not shown",
        )
        .help("this is a bug in driftless: please report it with both schemas");
        for line in left.into_iter().take(8) {
            d = d.note(line);
        }
        Err(d.into())
    }
}

fn fault(f: Fault) -> String {
    match f {
        Fault::Missing { what, name, .. } => format!("{what} `{name}` is not there at that moment"),
        Fault::Wrong(d) => d.to_string(),
    }
}

fn unproved(text: &str, why: String) -> Problems {
    let shown: String = text.chars().take(400).collect();
    Diagnostic::error(
        "D0404",
        "a planned statement cannot be proved, so the plan is not shown",
    )
    .note(shown)
    .note(why)
    .help("this is a bug in driftless: please report it with both schemas")
    .into()
}
