//! Changes are closed to a fixpoint: whoever is hit by a neighbour's change answers for itself.
//!
//! Neighbours: rows answer; `order` sorts what they drafted. Invariant: dependence is between parts, so that an enum's
//! change never drops a table.

use crate::action::Action;
use crate::dialect::Dialect;
use crate::diff::{Change, Op, grants};
use crate::draft::{Alter, Draft, Hit};
use crate::ops::Cx;
use driftless_model::{Body, Grant, Name, Object, ObjectId, Part, Table};
use driftless_sql::{Diagnostic, Problems};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What became of one object.
#[derive(Debug, Default)]
pub struct Answer {
    pub drafts: Vec<Draft>,
    pub hits: Vec<Hit>,
    /// It is taken down and made anew, and why.
    pub recreated: Option<String>,
    /// It is gone without a statement of its own.
    pub dies: bool,
}

struct Closing<'a> {
    dialect: &'a dyn Dialect,
    cx: Cx<'a>,
    changes: BTreeMap<ObjectId, Change>,
    answers: BTreeMap<ObjectId, Answer>,
    open: VecDeque<ObjectId>,
    /// What stands in `open`.
    queued: BTreeSet<ObjectId>,
    problems: Problems,
}

/// The drafts of every object that has to do something.
pub fn close(
    dialect: &dyn Dialect,
    cx: Cx,
    changes: Vec<Change>,
) -> Result<BTreeMap<ObjectId, Answer>, Problems> {
    let mut closing = Closing {
        dialect,
        cx,
        changes: changes.into_iter().map(|c| (c.id.clone(), c)).collect(),
        answers: BTreeMap::new(),
        open: VecDeque::new(),
        queued: BTreeSet::new(),
        problems: Problems::default(),
    };
    closing.open.extend(closing.changes.keys().cloned());
    closing.queued.extend(closing.changes.keys().cloned());
    // Every object is asked again only when it got a new hit, and hits are finite.
    while let Some(id) = closing.open.pop_front() {
        closing.queued.remove(&id);
        closing.ask(&id);
    }
    if closing.problems.has_errors() {
        Err(closing.problems)
    } else {
        Ok(closing.answers)
    }
}

impl Closing<'_> {
    fn ask(&mut self, id: &ObjectId) {
        let hits = self
            .answers
            .get(id)
            .map(|a| a.hits.clone())
            .unwrap_or_default();
        let mut answer = self.answer(id, &hits);
        answer.hits = hits;
        let events = events(id, &answer);
        self.answers.insert(id.clone(), answer);
        for (part, gone) in events {
            self.spread(&part, gone, id);
        }
    }

    fn answer(&mut self, id: &ObjectId, hits: &[Hit]) -> Answer {
        let Some(row) = self.dialect.row(id.kind) else {
            return Answer::default();
        };
        let (before, after) = (self.cx.before.get(id), self.cx.after.get(id));
        let op = self.changes.get(id).map(|c| (c.op, c.body));
        match (before, after) {
            (None, Some(after)) => Answer {
                drafts: self.make(id, after, None),
                ..Answer::default()
            },
            (Some(before), None) if op.is_some_and(|(op, _)| op == Op::Drop) => {
                if self.dies_with_owner(before) {
                    return Answer {
                        dies: true,
                        ..Answer::default()
                    };
                }
                let mut drafts = self.taken(id, before);
                drafts.extend(row.drop(id, before, &self.cx));
                Answer {
                    drafts,
                    ..Answer::default()
                }
            }
            (Some(before), Some(after)) => self.alter(id, before, after, op, hits),
            _ => Answer::default(),
        }
    }

    fn alter(
        &mut self,
        id: &ObjectId,
        before: &Object,
        after: &Object,
        op: Option<(Op, bool)>,
        hits: &[Hit],
    ) -> Answer {
        let Some(row) = self.dialect.row(id.kind) else {
            return Answer::default();
        };
        let owner_gone = hits.iter().any(|h| {
            h.gone && h.part.member.is_none() && before.owner_relation() == Some(&h.part.object)
        });
        let differs = op.is_some_and(|(_, body)| body);
        let answer = if owner_gone {
            Alter::Dies
        } else if differs || !hits.is_empty() {
            row.alter(id, before, after, hits, &self.cx)
        } else {
            Alter::Drafts(Vec::new())
        };
        match answer {
            Alter::Drafts(mut drafts) => {
                drafts.extend(self.meta(id, Some(before), after));
                Answer {
                    drafts,
                    ..Answer::default()
                }
            }
            Alter::Recreate(why) => {
                if let Some(problem) = self.would_lose(id, &why) {
                    self.problems.push(problem);
                    return Answer::default();
                }
                let mut drafts = self.taken(id, before);
                drafts.extend(row.drop(id, before, &self.cx));
                drafts.extend(self.make(id, after, Some(before)));
                for d in &mut drafts {
                    d.because.get_or_insert_with(|| why.clone());
                }
                Answer {
                    drafts,
                    recreated: Some(why),
                    ..Answer::default()
                }
            }
            Alter::Dies => {
                let why = hits
                    .first()
                    .map(|h| format!("it hangs on {}", h.part))
                    .unwrap_or_default();
                if let Some(problem) = self.would_lose(id, &why) {
                    self.problems.push(problem);
                    return Answer::default();
                }
                let mut drafts = self.make(id, after, Some(before));
                for d in &mut drafts {
                    d.because.get_or_insert_with(|| why.clone());
                }
                Answer {
                    drafts,
                    recreated: Some(why),
                    dies: true,
                    ..Answer::default()
                }
            }
            Alter::Refuse(problem) => {
                self.problems.push(*problem);
                Answer::default()
            }
        }
    }

    /// What is not modelled cannot be brought back on an object that is made anew.
    fn would_lose(&self, id: &ObjectId, why: &str) -> Option<Diagnostic> {
        let mut unmodelled = self.cx.before.unmodelled.iter();
        let u = unmodelled.find(|u| u.on.as_ref() == Some(id))?;
        let noun = id.kind.noun();
        let message = format!(
            "{noun} `{id}` would be made anew and lose {} {}",
            u.what, u.name
        );
        Some(
            Diagnostic::error("D0402", message)
                .note(why)
                .help("change it by hand, or leave the object out with `exclude`"),
        )
    }

    /// Creation with comments, and with what a recreation must restore.
    fn make(&self, id: &ObjectId, after: &Object, restored: Option<&Object>) -> Vec<Draft> {
        let Some(row) = self.dialect.row(id.kind) else {
            return Vec::new();
        };
        let mut drafts = row.create(id, after, &self.cx);
        drafts.extend(self.meta(id, None, after));
        if let Some(before) = restored {
            if !self.cx.scope.manages("grants") && !self.dialect.grants_stay(id.kind) {
                drafts.extend(self.together(self.regrant(id, None, before)));
            }
            if let Some(owner) = &before.owner
                && !self.cx.scope.manages("owners")
            {
                drafts.push(self.cx.draft(Action::Owner {
                    id: id.clone(),
                    to: owner.clone(),
                }));
            }
        }
        drafts
    }

    /// Comments, owners and grants from `before` (nothing, for a new object) to `after`.
    fn meta(&self, id: &ObjectId, before: Option<&Object>, after: &Object) -> Vec<Draft> {
        let mut actions = Vec::new();
        if before.and_then(|b| b.comment.as_ref()) != after.comment.as_ref() {
            actions.push(Action::Comment {
                part: self.dialect.spoken(id, after).part(),
                text: after.comment.clone(),
            });
        }
        let (was, now) = (
            before.map(Object::comments).unwrap_or_default(),
            after.comments(),
        );
        let gone = was
            .keys()
            .filter(|m| !now.contains_key(*m) && after.has_member(m));
        let new = now.iter().filter(|(m, text)| was.get(*m) != Some(text));
        let gone = gone.map(|m| (*m, None));
        let apart = |_: &(&Name, Option<String>)| self.dialect.comments_apart();
        let new = new.map(|(m, text)| (*m, Some((*text).to_owned())));
        for (member, text) in gone.chain(new).filter(apart) {
            actions.push(Action::Comment {
                part: id.member(member),
                text,
            });
        }
        if self.cx.scope.manages("owners")
            && let Some(owner) = &after.owner
            && before.and_then(|b| b.owner.as_ref()) != Some(owner)
        {
            actions.push(Action::Owner {
                id: id.clone(),
                to: owner.clone(),
            });
        }
        if self.cx.scope.manages("grants") {
            actions.extend(self.regrant(id, before, after));
        }
        self.together(actions)
    }

    /// What is granted on an object that goes, where it would stay by its name.
    fn taken(&self, id: &ObjectId, before: &Object) -> Vec<Draft> {
        if !self.cx.scope.manages("grants") || !self.dialect.grants_stay(id.kind) {
            return Vec::new();
        }
        let was = grants(self.dialect, id, before, &self.cx);
        self.together(granting(
            id,
            &was,
            &self.dialect.default_grants(id, self.cx.server),
        ))
    }

    /// Drafts of actions on one object, with those in one statement that the engine says in one.
    fn together(&self, actions: Vec<Action>) -> Vec<Draft> {
        let mut out: Vec<Draft> = Vec::new();
        for action in actions {
            let last = out.last_mut().and_then(|d| d.statements.last_mut());
            let granted = matches!(action, Action::Grant { .. });
            match last.filter(|group| granted && self.dialect.fuses(group, &action)) {
                Some(group) => group.push(action),
                None => out.push(self.cx.draft(action)),
            }
        }
        out
    }

    /// Privileges from those of `before` (those by default, for a new object) to those of `after`.
    fn regrant(&self, id: &ObjectId, before: Option<&Object>, after: &Object) -> Vec<Action> {
        let mut was = match before {
            Some(before) => grants(self.dialect, id, before, &self.cx),
            None => crate::grants::initial(self.dialect, id, self.cx.after),
        };
        if !self.dialect.grants_stay(id.kind) {
            // They go with their column.
            was.retain(|g| g.column.as_ref().is_none_or(|c| after.has_member(c)));
        }
        let now = grants(self.dialect, id, after, &self.cx);
        granting(id, &was, &now)
    }

    /// What hangs on something that is dropped for good needs no statement of its own.
    fn dies_with_owner(&self, object: &Object) -> bool {
        let dropped =
            |owner: &ObjectId| self.cx.before.contains(owner) && !self.cx.after.contains(owner);
        if object.owner_relation().is_some_and(dropped) {
            return true;
        }
        match &object.body {
            Body::Sequence(s) => s.owned_by.as_ref().is_some_and(|p| {
                dropped(&p.object)
                    || p.member.as_ref().is_some_and(|m| {
                        let column = |c: &driftless_model::Catalog| {
                            c.item::<Table>(&p.object)
                                .is_some_and(|t| t.column(m).is_some())
                        };
                        column(self.cx.before) && !column(self.cx.after)
                    })
            }),
            _ => false,
        }
    }

    /// Tells everyone who refers to the part.
    fn spread(&mut self, part: &Part, gone: bool, by: &ObjectId) {
        let users: Vec<ObjectId> = match &part.member {
            None => self
                .cx
                .users
                .of_object(&part.object)
                .into_iter()
                .cloned()
                .collect(),
            Some(_) => self.cx.users.of_part(part).into_iter().cloned().collect(),
        };
        for user in users {
            if user == *by || !self.cx.before.contains(&user) || !self.cx.after.contains(&user) {
                continue;
            }
            let hit = Hit {
                part: part.clone(),
                gone,
            };
            let answer = self.answers.entry(user.clone()).or_default();
            if !answer.hits.contains(&hit) {
                answer.hits.push(hit);
                if self.queued.insert(user.clone()) {
                    self.open.push_back(user);
                }
            }
        }
    }
}

/// What an answer does to parts that others refer to.
fn events(id: &ObjectId, answer: &Answer) -> Vec<(Part, bool)> {
    let mut out: Vec<(Part, bool)> = Vec::new();
    if answer.dies || answer.recreated.is_some() {
        out.push((id.part(), true));
    }
    for draft in &answer.drafts {
        let renames = draft.actions().any(|a| matches!(a, Action::Rename { .. }));
        out.extend(draft.reach.changes.iter().map(|p| (p.clone(), false)));
        if !renames {
            out.extend(draft.reach.removes.iter().map(|p| (p.clone(), true)));
        }
    }
    out.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)));
    out.dedup();
    out
}

/// What makes of some privileges others.
fn granting(id: &ObjectId, was: &[Grant], now: &[Grant]) -> Vec<Action> {
    let gone = was.iter().filter(|g| !now.contains(g)).map(|g| (g, true));
    let new = now.iter().filter(|g| !was.contains(g)).map(|g| (g, false));
    let each = gone.chain(new).map(|(grant, revoke)| Action::Grant {
        id: id.clone(),
        grant: grant.clone(),
        revoke,
    });
    each.collect()
}
