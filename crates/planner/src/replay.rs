//! Texts that run as written: every statement on the model, in its order, with the facts of its moment.
//!
//! Neighbours: `prove` executes a plan's statements by the same code; migrations replay whole files. Invariant: what
//! cannot be replayed is named with its place and taints what it touches; nothing is left out without a word.

use crate::action::{Action, Data, Session};
use crate::apply::{apply, is_about_given, located, settle_these};
use crate::cascade;
use crate::dialect::{Dialect, Parsed};
use crate::diff::{Change, diff};
use crate::facts::Facts;
use crate::moment::{Fault, Moment};
use crate::ops::{Cx, Tx};
use driftless_model::{Catalog, Hints, ObjectId, Scope, Server, Users};
use driftless_sql::{
    Diagnostic, Place, RawStatement, Severity, SourceId, Span, StatementKind, directives, split,
};
use std::collections::BTreeSet;

/// One statement, replayed.
#[derive(Debug, Clone)]
pub struct Replayed {
    pub span: Span,
    /// Its ids are qualified as far as they were found.
    pub actions: Vec<Action>,
    pub facts: Facts,
    pub tx: Tx,
    /// It is no declaration: why.
    pub ignored: Option<&'static str>,
    /// What it does is not known: why.
    pub taint: Option<String>,
}

/// What cannot be known any more.
#[derive(Debug, Clone, PartialEq)]
pub struct Taint {
    /// `None`: everything.
    pub object: Option<String>,
    pub why: String,
    pub place: Place,
}

/// A text, replayed.
#[derive(Debug)]
pub struct Replay {
    pub statements: Vec<Replayed>,
    /// Settled.
    pub catalog: Catalog,
    pub taints: Vec<Taint>,
    pub problems: Vec<Diagnostic>,
}

/// The word behind `driftless:touches` for a statement that changes no schema.
const NOTHING: &str = "nothing";

/// Replays a text onto a catalog. `path` is the search path that its session starts with.
pub fn replay(
    dialect: &dyn Dialect,
    catalog: Catalog,
    path: driftless_model::SearchPath,
    text: &str,
    source: SourceId,
    server: Server,
) -> Replay {
    let known: BTreeSet<ObjectId> = catalog.objects.keys().cloned().collect();
    let (statements, problems) = split(text, dialect.syntax(), source);
    let mut replayer = Replayer {
        dialect,
        server,
        text,
        source,
        tainted: !catalog.taint.is_empty(),
        moment: Moment::new(catalog, path),
        taints: Vec::new(),
        problems,
    };
    let mut done: Vec<(Replayed, Vec<Facts>)> =
        statements.iter().map(|s| replayer.statement(s)).collect();
    let mut catalog = replayer.moment.catalog;
    let actions = done.iter().flat_map(|(r, _)| &r.actions);
    let stale = stale(&catalog, &known, actions);
    settle_these(dialect, stale, &mut catalog);
    for (replayed, each) in &mut done {
        let heard = |on: &ObjectId| known.contains(on) || catalog.contains(on);
        let whole = std::mem::take(&mut replayed.facts);
        let whole = (!whole.locks.is_empty()).then_some(whole);
        replayed.facts = joined(dialect, each, whole, &heard);
    }
    Replay {
        statements: done.into_iter().map(|(r, _)| r).collect(),
        catalog,
        taints: replayer.taints,
        problems: replayer.problems,
    }
}

/// What the statements may have left unsettled: all that they made or altered, what uses that, and where something is
/// new, what was not resolved until then. Everything else is as settled as it was before.
pub(crate) fn stale<'a>(
    catalog: &Catalog,
    known: &BTreeSet<ObjectId>,
    done: impl Iterator<Item = &'a Action>,
) -> Vec<ObjectId> {
    let touched = done.filter_map(|a| match a {
        Action::Rename { part, to } if part.member.is_none() => Some(part.object.named(to.clone())),
        Action::Move { id, schema } => Some(id.in_schema(schema.clone())),
        Action::Data(_) => None,
        other => other.target().cloned(),
    });
    let mut out: BTreeSet<ObjectId> = touched.filter(|id| catalog.contains(id)).collect();
    let fresh: Vec<ObjectId> = catalog
        .objects
        .keys()
        .filter(|id| !known.contains(id))
        .cloned()
        .collect();
    if !fresh.is_empty() {
        let open = catalog.objects.iter().filter_map(|(id, object)| {
            let open = object.texts().iter().any(|t| !t.certain);
            open.then(|| id.clone())
        });
        out.extend(open);
    }
    out.extend(fresh);
    if out.is_empty() {
        return Vec::new();
    }
    let users = Users::of(catalog);
    let mut queue: Vec<ObjectId> = out.iter().cloned().collect();
    while let Some(id) = queue.pop() {
        for user in users.of_object(&id) {
            if out.insert(user.clone()) {
                queue.push(user.clone());
            }
        }
    }
    out.into_iter().collect()
}

/// Executes one action; its facts are those of the moment before.
pub(crate) fn execute(
    dialect: &dyn Dialect,
    action: &Action,
    moment: &mut Moment,
) -> (Facts, Result<(), Fault>) {
    let row = action.target().and_then(|t| dialect.row(t.kind));
    let mut facts = row.map_or_else(Facts::default, |row| row.facts(action, moment));
    cascade::losses(action, moment, &mut facts);
    (facts, apply(dialect, action, moment))
}

/// The facts of one statement: of its actions together, or what the engine does for the whole of it. What is there
/// neither before nor after (a rebuild's new table) is nobody's to wait for.
pub(crate) fn joined(
    dialect: &dyn Dialect,
    each: &mut [Facts],
    whole: Option<Facts>,
    heard: &dyn Fn(&ObjectId) -> bool,
) -> Facts {
    let known: Vec<ObjectId> = whole
        .iter()
        .flat_map(|w| &w.locks)
        .map(|l| l.on.clone())
        .collect();
    let mut facts = Facts::default();
    for alone in whole.into_iter().chain(each.iter().map(|alone| {
        let mut alone = alone.clone();
        if !known.is_empty() {
            alone.locks.retain(|l| !known.contains(&l.on));
            (alone.scan, alone.rewrite) = (false, false);
        }
        alone
    })) {
        facts.join(alone, &|m| dialect.strength(m));
    }
    facts.locks.retain(|l| heard(&l.on));
    for alone in each {
        alone.locks.retain(|l| heard(&l.on));
    }
    facts
}

/// Every object that differs between two settled catalogs.
pub fn differences(
    dialect: &dyn Dialect,
    before: &Catalog,
    after: &Catalog,
    scope: &Scope,
) -> Vec<Change> {
    let (users, hints) = (Users::default(), Hints::default());
    let cx = Cx {
        before,
        after,
        users: &users,
        hints: &hints,
        scope,
        server: after.server,
    };
    diff(dialect, &cx)
}

struct Replayer<'a> {
    dialect: &'a dyn Dialect,
    server: Server,
    text: &'a str,
    source: SourceId,
    moment: Moment,
    /// Something is not known: a miss may be its doing.
    tainted: bool,
    taints: Vec<Taint>,
    problems: Vec<Diagnostic>,
}

impl Replayer<'_> {
    fn statement(&mut self, statement: &RawStatement) -> (Replayed, Vec<Facts>) {
        let place = Place {
            source: self.source,
            span: statement.span,
        };
        let mut out = Replayed {
            span: statement.span,
            actions: Vec::new(),
            facts: Facts::default(),
            tx: Tx::Inside,
            ignored: None,
            taint: None,
        };
        let touches: Option<Vec<String>> = self.touches(statement);
        let read = self
            .dialect
            .read(statement, self.text, self.source, self.server);
        let catalog = &self.moment.catalog;
        let parsed = match read.and_then(|parsed| self.dialect.in_session(parsed, catalog)) {
            Ok(parsed) => parsed,
            Err(problem) => {
                let plain = statement.kind == StatementKind::Sql && !is_syntax(&problem);
                let why = problem.message.clone();
                if !plain || touches.is_none() {
                    self.problem(problem.at_least(Some(place)), plain);
                }
                self.taint(&mut out, why, touches, place);
                return (out, Vec::new());
            }
        };
        let each = self.parsed(parsed, &mut out, touches, place);
        (out, each)
    }

    fn parsed(
        &mut self,
        parsed: Parsed,
        out: &mut Replayed,
        touches: Option<Vec<String>>,
        place: Place,
    ) -> Vec<Facts> {
        out.ignored = parsed.ignored;
        for mut u in parsed.unmodelled {
            u.place = u.place.or(Some(place));
            self.moment.catalog.unmodelled.push(u);
        }
        let mut each = Vec::new();
        let mut unknown = parsed.taint;
        if let (Some(why), None) = (&unknown, &touches) {
            let problem =
                Diagnostic::warning("D0712", format!("a statement cannot be replayed: {why}"));
            self.problem(problem.at(place), true);
        }
        self.moment.place = Some(place);
        out.facts = self
            .dialect
            .whole(&parsed.actions, &self.moment)
            .unwrap_or_default();
        for action in parsed.actions {
            let action = qualified(self.dialect, &action, &mut self.moment);
            let (facts, outcome) = self.attempt(&action);
            let row = action.target().and_then(|t| self.dialect.row(t.kind));
            out.tx = out.tx.max(row.map_or(Tx::Inside, |row| row.tx(&action)));
            each.push(facts);
            out.actions.push(action);
            if let Err(fault) = outcome {
                let problem = refused(fault).at_least(Some(place));
                unknown = unknown.or(Some(problem.message.clone()));
                if touches.is_none() {
                    self.problem(problem, self.tainted);
                }
            }
        }
        if let Some(why) = unknown {
            self.taint(out, why, touches, place);
        }
        each
    }

    /// What the engine lets through although something is missing is let through here too.
    fn attempt(&mut self, action: &Action) -> (Facts, Result<(), Fault>) {
        let (facts, outcome) = execute(self.dialect, action, &mut self.moment);
        match outcome {
            Err(Fault::Missing { .. }) if is_about_given(self.dialect, action) => (facts, Ok(())),
            Err(Fault::Missing { .. }) if self.dialect.tolerates(action).is_some() => {
                self.moment.lenient = true;
                let outcome = apply(self.dialect, action, &mut self.moment);
                self.moment.lenient = false;
                (facts, outcome)
            }
            outcome => (facts, outcome),
        }
    }

    fn problem(&mut self, mut problem: Diagnostic, mild: bool) {
        if mild {
            problem.severity = Severity::Warning;
            problem = problem.note(
                "from here on the state is not known for certain, and no fingerprint is claimed",
            );
        }
        if problem.help.is_none() {
            problem.help = Some(
                "say what it does with `-- driftless:touches OBJECT` above it, or mend it".into(),
            );
        }
        self.problems.push(problem);
    }

    fn taint(
        &mut self,
        out: &mut Replayed,
        why: String,
        touches: Option<Vec<String>>,
        place: Place,
    ) {
        let objects: Vec<Option<String>> = match touches {
            None => vec![None],
            Some(names) => names.into_iter().map(Some).collect(),
        };
        if objects.is_empty() {
            return;
        }
        self.tainted = true;
        if objects.contains(&None) {
            self.moment.catalog.taint.push(why.clone());
        }
        out.taint = Some(why.clone());
        self.taints.extend(objects.into_iter().map(|object| Taint {
            object,
            why: why.clone(),
            place,
        }));
    }

    /// What `driftless:touches` says beside the statement; empty: it changes no schema.
    fn touches(&self, statement: &RawStatement) -> Option<Vec<String>> {
        let mut out = None;
        for directive in directives(&statement.comments, self.text) {
            if directive.key == "touches" && !directive.value.is_empty() {
                let names: &mut Vec<String> = out.get_or_insert_with(Vec::new);
                if directive.value != NOTHING {
                    names.push(directive.value);
                }
            }
        }
        out
    }
}

/// The text itself is broken, so it would fail on any server.
fn is_syntax(problem: &Diagnostic) -> bool {
    problem.code == "D0101" || problem.code > "D0103" && problem.code < "D0201"
}

fn refused(fault: Fault) -> Diagnostic {
    match fault {
        Fault::Missing { what, name, place } => {
            let code = match what {
                "type" => "D0301",
                "column" => "D0303",
                _ => "D0302",
            };
            Diagnostic::error(code, format!("{what} `{name}` is not there at that moment"))
                .label("needed here")
                .at_least(place)
        }
        Fault::Wrong(problem) => *problem,
    }
}

/// The action under the ids that its names mean at this moment, as far as they are found: facts speak of them.
pub(crate) fn qualified(dialect: &dyn Dialect, action: &Action, moment: &mut Moment) -> Action {
    let mut out = action.clone();
    match &mut out {
        Action::Create(create) if create.id.schema.is_empty() && !moment.path.is_empty() => {
            let mut made = create.clone();
            let standing = moment.catalog.objects.clone();
            let resolved = dialect
                .row(create.id.kind)
                .is_some_and(|row| row.resolve(&mut made, moment).is_ok());
            // What is implied (a sequence) is made when it runs.
            if moment.catalog.objects.len() != standing.len() {
                let now = std::mem::replace(&mut moment.catalog.objects, standing);
                let before = &moment.catalog.objects;
                for id in now.keys().filter(|id| !before.contains_key(id)) {
                    moment.fresh.remove(id);
                    moment.catalog.places.remove(id);
                }
            }
            if resolved {
                create.id = made.id;
                for (id, found) in create
                    .object
                    .ids_mut()
                    .into_iter()
                    .zip(made.object.ids_mut())
                {
                    *id = found.clone();
                }
            }
        }
        Action::Drop(drop) => locate(&mut drop.id, moment),
        Action::Rename { part, .. } | Action::Comment { part, .. } => {
            locate(&mut part.object, moment);
        }
        Action::Move { id, .. }
        | Action::Owner { id, .. }
        | Action::Grant { id, .. }
        | Action::Alter { id, .. } => locate(id, moment),
        Action::Data(Data::Fill { table, .. }) => locate(table, moment),
        Action::Data(Data::Copy { from, to, .. }) => {
            locate(from, moment);
            locate(to, moment);
        }
        Action::Data(Data::Other { tables, .. }) => {
            tables.iter_mut().for_each(|t| locate(t, moment));
        }
        Action::Create(_)
        | Action::Data(Data::Assert { .. })
        | Action::Session(Session::SearchPath(_) | Session::Set { .. }) => {}
    }
    out
}

fn locate(id: &mut ObjectId, moment: &Moment) {
    if let Ok(found) = located(id, moment) {
        *id = found;
    }
}
