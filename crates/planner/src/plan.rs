//! The road from two catalogs to a plan: scope, renames, diff, closure, order, fusing, segments, proof.
//!
//! Invariant: no plan leaves here whose printed text, read back and applied to the before-state, does not give the
//! after-state (with what is unproven, kept or out of scope taken from before).

use crate::action::{Action, Session};
use crate::close::{Answer, close};
use crate::describe::Group;
use crate::dialect::{Dialect, Frame};
use crate::diff::{Change, Op, diff};
use crate::doubt;
use crate::draft::{Draft, Fuse};
use crate::facts::{Facts, Loss};
use crate::ops::{Cx, Tx};
use crate::order::order;
use crate::prove;
use crate::rename::{Renamed, rename};
use driftless_model::{
    Catalog, DefaultPrivileges, Hints, Name, ObjectId, Part, Scope, Server, Unmodelled, Users,
    leave_foreign,
};
use driftless_sql::{Diagnostic, Problems};
use std::collections::{BTreeMap, BTreeSet};

/// One statement.
#[derive(Debug, Clone, Default)]
pub struct Step {
    /// Without the semicolon.
    pub text: String,
    /// As read back from the text.
    pub actions: Vec<Action>,
    /// Why it is there, where it is not the change itself.
    pub because: Option<String>,
    pub facts: Facts,
    /// The facts of each action alone, before they were joined.
    pub each: Vec<Facts>,
}

/// What commits together.
#[derive(Debug, Clone)]
pub struct Segment {
    /// False: its one statement cannot run in a transaction.
    pub transaction: bool,
    pub steps: Vec<Step>,
}

/// A difference that nothing here can decide.
#[derive(Debug, Clone)]
pub struct Unproven {
    pub id: ObjectId,
    /// It became a step, by consent.
    pub planned: bool,
}

#[derive(Debug)]
pub struct Plan {
    pub server: Server,
    pub segments: Vec<Segment>,
    /// What changes, for people: grouped by object.
    pub groups: Vec<Group>,
    /// Counted as a person counts: one per object or column that differs.
    pub changes: usize,
    pub unproven: Vec<Unproven>,
    /// In the database, not declared, left alone by `undeclared: keep`.
    pub kept: Vec<ObjectId>,
    /// Objects outside of the scope, on the before side.
    pub outside: usize,
    pub unmodelled: Vec<Unmodelled>,
    /// Renames that look likely and are not declared: from, to.
    pub likely_renames: Vec<(Part, Part)>,
    /// What is lost and was not allowed.
    pub refused: Vec<Loss>,
    pub frame: Frame,
    /// Estimated rows and bytes per relation, where a live before-side told them; for whoever reads the plan.
    pub sizes: BTreeMap<ObjectId, (u64, u64)>,
}

impl Plan {
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.segments.iter().flat_map(|s| &s.steps)
    }
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }
    /// Something differs, planned or not.
    pub fn differs(&self) -> bool {
        !self.is_empty() || !self.unproven.is_empty()
    }
}

/// What was allowed.
#[derive(Debug, Clone, Default)]
pub struct Consent {
    pub all: bool,
    /// Codes, each for every object or for one by name.
    pub codes: Vec<(String, Option<String>)>,
}

impl Consent {
    pub fn allows(&self, code: &str, object: &str) -> bool {
        self.all
            || self
                .codes
                .iter()
                .any(|(c, o)| c == code && o.as_ref().is_none_or(|o| o == object))
    }
}

/// The code of consent for an unproven difference.
pub const UNPROVEN: &str = "D0403";

pub struct Request<'a> {
    pub dialect: &'a dyn Dialect,
    pub before: Catalog,
    pub after: Catalog,
    pub hints: Hints,
    pub scope: &'a Scope,
    pub consent: &'a Consent,
}

/// Where privileges are not managed, new objects are made under the default ones that are there.
fn keep_default_privileges(before: &Catalog, after: &mut Catalog) {
    let of = |c: &Catalog| -> Vec<ObjectId> {
        let found = c.of::<DefaultPrivileges>();
        found.map(|(id, _)| id.clone()).collect()
    };
    for id in of(after) {
        after.objects.remove(&id);
    }
    for id in of(before) {
        if let Some(object) = before.get(&id) {
            after.objects.insert(id, object.clone());
        }
    }
}

pub fn plan(request: Request) -> Result<Plan, Problems> {
    let Request {
        dialect,
        before: mut whole,
        mut after,
        hints,
        scope,
        consent,
    } = request;
    let server = whole.server;
    after.server = server;
    let foreign = leave_foreign(&mut whole, &after);
    let mut before = whole.clone();
    let outside = foreign + scope.filter(&mut before);
    scope.filter(&mut after);
    let roles = [&before, &after].map(|c| c.role.clone());
    for role in roles.iter().flatten() {
        for catalog in [&mut whole, &mut before, &mut after] {
            catalog.speak_as(role);
        }
    }
    after.role.clone_from(&before.role);
    if !scope.manages("grants") {
        keep_default_privileges(&before, &mut after);
    }

    let Renamed {
        actions: renames,
        before,
        mut away,
    } = rename(dialect, before, &after, &hints, scope)?;

    let mut kept = Vec::new();
    if scope.keep_undeclared {
        let undeclared: Vec<ObjectId> = away
            .keys()
            .filter(|id| !after.contains(id))
            .cloned()
            .collect();
        for id in undeclared {
            if let Some((object, _)) = away.get(&id) {
                after.objects.insert(id.clone(), object.clone());
            }
            kept.push(id);
        }
    }
    let empty_users = Users::default();
    let cx = Cx {
        before: &before,
        after: &after,
        users: &empty_users,
        hints: &hints,
        scope,
        server,
    };
    let mut found = diff(dialect, &cx);
    if scope.keep_undeclared {
        found.retain(|c| {
            let keep = c.op == Op::Drop;
            kept.extend(keep.then(|| c.id.clone()));
            !keep
        });
    }
    // What is not planned is in the after-state as it is before.
    for id in &kept {
        if let Some(o) = before.get(id) {
            after.objects.insert(id.clone(), o.clone());
        }
    }
    let unproven = doubt::withhold(&found, &before, &mut after, consent);
    let users = Users::of(&before);
    let cx = Cx {
        before: &before,
        after: &after,
        users: &users,
        hints: &hints,
        scope,
        server,
    };
    let changes = doubt::certain(dialect, found, &unproven, &cx);
    refuse_unmodelled(&changes, &before)?;
    let differs = !changes.is_empty();
    let likely_renames = likely(&changes, &before, &after);
    let answers = close(dialect, cx, changes)?;
    away.retain(|id, _| after.contains(id));
    let recreated: BTreeMap<ObjectId, String> = answers
        .iter()
        .filter_map(|(id, a)| Some((id.clone(), a.recreated.clone()?)))
        .chain(away.into_iter().map(|(id, (_, why))| (id, why.to_owned())))
        .collect();
    let drafts: Vec<Draft> = answers
        .into_values()
        .flat_map(|a: Answer| a.drafts)
        .collect();
    let ordered = order(dialect, drafts, &cx).map_err(Problems::from)?;
    let statements = fuse(dialect, renames, ordered);

    let proof = prove::Proof {
        dialect,
        start: whole,
        after: &after,
        scope,
        server,
        differs,
    };
    let steps = proof.run(&statements)?;
    let groups = crate::describe::groups(&statements, &steps, &before, &after, &recreated);
    let refused = steps
        .iter()
        .flat_map(|s| &s.facts.losses)
        .filter(|l| !consent.allows(l.code, &l.object))
        .cloned()
        .collect();
    let segments = segment(dialect, steps);
    let all: Vec<Vec<&Action>> = segments
        .iter()
        .map(|s| s.steps.iter().flat_map(|s| &s.actions).collect())
        .collect();
    let frame = dialect.frame_between(&all, &before, &after);
    let mut unmodelled = before.unmodelled.clone();
    let named: BTreeSet<(&str, &str)> = before
        .unmodelled
        .iter()
        .map(|u| (u.what.as_str(), u.name.as_str()))
        .collect();
    let further = after.unmodelled.iter();
    unmodelled.extend(
        further
            .filter(|u| !named.contains(&(u.what.as_str(), u.name.as_str())))
            .cloned(),
    );
    let changes = groups.iter().map(Group::count).sum();
    retire([before, after]);
    Ok(Plan {
        server,
        segments,
        groups,
        changes,
        unproven,
        kept,
        outside,
        unmodelled,
        likely_renames,
        refused,
        frame,
        sizes: BTreeMap::new(),
    })
}

/// To free a large catalog takes as long as to compare it, and nobody needs to wait for that.
fn retire(catalogs: [Catalog; 2]) {
    const LARGE: usize = 1_000;
    if catalogs.iter().any(|c| c.objects.len() > LARGE) {
        // Where no thread can be had, they are freed here.
        let _ = std::thread::Builder::new().spawn(move || std::mem::drop(catalogs));
    }
}

/// Refused are a step that would drop an object with something unmodelled on it, and one that would create what is there
/// and could not be read.
fn refuse_unmodelled(changes: &[Change], before: &Catalog) -> Result<(), Problems> {
    let mut on: BTreeMap<&ObjectId, Vec<&Unmodelled>> = BTreeMap::new();
    for u in &before.unmodelled {
        if let Some(id) = &u.on {
            on.entry(id).or_default().push(u);
        }
    }
    let mut problems = Problems::default();
    for change in changes {
        let (noun, id) = (change.id.kind.noun(), &change.id);
        for u in on.get(id).into_iter().flatten() {
            let Unmodelled { what, name, .. } = u;
            let problem = match change.op {
                Op::Alter => continue,
                Op::Drop => Diagnostic::error(
                    "D0402",
                    format!("{noun} `{id}` cannot be dropped: {what} {name} is on it"),
                )
                .note(format!(
                    "driftless does not model a {what}, so it could not be brought back"
                ))
                .help("drop it by hand first, or leave the object out with `exclude`"),
                Op::Create => Diagnostic::error(
                    "D0402",
                    format!("{noun} `{id}` cannot be created: it is there already and not modelled, {what}"),
                )
                .help("connect as a role that may read it, or leave the object out with `exclude`"),
            };
            problems.push(problem);
        }
    }
    if problems.has_errors() {
        Err(problems)
    } else {
        Ok(())
    }
}

/// A dropped and a created object of one kind, or columns of one table, that are alike but for the name.
fn likely(changes: &[Change], before: &Catalog, after: &Catalog) -> Vec<(Part, Part)> {
    let mut out = Vec::new();
    let tables = |op: Op| {
        changes
            .iter()
            .filter(move |c| c.op == op && c.id.kind == driftless_model::Kind::Table)
    };
    let mut created: BTreeMap<_, Vec<&ObjectId>> = BTreeMap::new();
    for c in tables(Op::Create) {
        let alike = (&c.id.schema, shape(after, &c.id));
        created.entry(alike).or_default().push(&c.id);
    }
    for dropped in tables(Op::Drop) {
        let shape = (&dropped.id.schema, shape(before, &dropped.id));
        if let (Some([created]), false) =
            (created.get(&shape).map(Vec::as_slice), shape.1.is_empty())
        {
            out.push((dropped.id.part(), created.part()));
        }
    }
    for change in changes.iter().filter(|c| c.op == Op::Alter) {
        let (Some(b), Some(a)) = (
            before.item::<driftless_model::Table>(&change.id),
            after.item::<driftless_model::Table>(&change.id),
        ) else {
            continue;
        };
        let gone: Vec<_> = b
            .columns
            .iter()
            .filter(|c| a.column(&c.name).is_none())
            .collect();
        let new: Vec<_> = a
            .columns
            .iter()
            .filter(|c| b.column(&c.name).is_none())
            .collect();
        if let ([gone], [new]) = (gone.as_slice(), new.as_slice())
            && gone.ty == new.ty
        {
            out.push((change.id.member(&gone.name), change.id.member(&new.name)));
        }
    }
    out
}

fn shape<'a>(catalog: &'a Catalog, id: &ObjectId) -> Vec<(&'a Name, &'a str)> {
    let table = catalog.item::<driftless_model::Table>(id);
    let columns = table.into_iter().flat_map(|t| &t.columns);
    columns.map(|c| (&c.name, c.ty.text.as_str())).collect()
}

/// A statement before it is proved.
#[derive(Debug)]
pub(crate) struct Drafted {
    pub actions: Vec<Action>,
    pub because: Option<String>,
    /// Statements of one draft have one number.
    pub unit: usize,
    /// What the whole unit means, on its first statement, where that is not what its statements do.
    pub told: Option<Vec<Action>>,
}

/// Joins neighbours that may share a statement.
fn fuse(dialect: &dyn Dialect, renames: Vec<Action>, drafts: Vec<Draft>) -> Vec<Drafted> {
    let mut out: Vec<Drafted> = Vec::new();
    for action in renames {
        let granted = matches!(action, Action::Grant { .. });
        match out.last_mut() {
            Some(last) if granted && dialect.fuses(&last.actions, &action) => {
                last.actions.push(action);
            }
            _ => out.push(Drafted {
                actions: vec![action],
                because: None,
                unit: out.len(),
                told: None,
            }),
        }
    }
    let mut open: Option<ObjectId> = None;
    let mut set: Option<Vec<Session>> = None;
    for draft in drafts {
        let key = match &draft.fuse {
            Fuse::May(k) if draft.statements.len() == 1 => Some(k.clone()),
            _ => None,
        };
        if let (Some(k), Some(o), Some(last)) = (&key, &open, out.last_mut())
            && k == o
            && draft.actions().all(|a| dialect.fuses(&last.actions, a))
        {
            last.actions.extend(draft.statements.into_iter().flatten());
            // What stands there for several reasons says none.
            last.because = last
                .because
                .take()
                .filter(|b| Some(b) == draft.because.as_ref());
            continue;
        }
        open = key;
        let unit = out.last().map_or(0, |d| d.unit + 1);
        let mut told = draft.told;
        let mut statements = draft.statements;
        // One neighbour puts back what the other sets again: it stays as it is.
        let sets = statements.first().and_then(|s| settings(s));
        if sets.is_some() && sets == set {
            statements.remove(0);
            out.pop();
        }
        set = sets;
        for actions in statements {
            out.push(Drafted {
                actions,
                because: draft.because.clone(),
                unit,
                told: told.take(),
            });
        }
    }
    out
}

/// A statement that only sets up the session.
fn settings(actions: &[Action]) -> Option<Vec<Session>> {
    let each = actions.iter().map(|a| match a {
        Action::Session(session) => Some(session.clone()),
        _ => None,
    });
    each.collect::<Option<_>>()
        .filter(|s: &Vec<_>| !s.is_empty())
}

/// Cuts where a statement cannot run inside, and behind what must be committed before it can be used.
fn segment(dialect: &dyn Dialect, steps: Vec<Step>) -> Vec<Segment> {
    let mut out: Vec<Segment> = Vec::new();
    let mut cut = true;
    let ways: Vec<Option<Tx>> = steps.iter().map(|step| way(dialect, step)).collect();
    for (at, step) in steps.into_iter().enumerate() {
        // A setting stands with what it is made for, where no transaction is open.
        let tx = match ways[at] {
            Some(tx) => tx,
            None if cut => ways[at..].iter().find_map(|w| *w).unwrap_or(Tx::Outside),
            None => Tx::Inside,
        };
        if tx == Tx::Outside {
            out.push(Segment {
                transaction: false,
                steps: vec![step],
            });
            cut = true;
            continue;
        }
        match out.last_mut() {
            Some(last) if !cut => last.steps.push(step),
            _ => out.push(Segment {
                transaction: true,
                steps: vec![step],
            }),
        }
        cut = ways[at] == Some(Tx::UsableAfterCommit);
    }
    out
}

/// How a step runs; `None`: it only sets up the session.
fn way(dialect: &dyn Dialect, step: &Step) -> Option<Tx> {
    let row = |a: &Action| Some(dialect.row(a.target()?.kind)?.tx(a));
    let tx = step.actions.iter().filter_map(row).max();
    settings(&step.actions)
        .is_none()
        .then(|| tx.unwrap_or(Tx::Inside))
}
