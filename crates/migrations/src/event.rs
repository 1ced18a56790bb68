//! What one migration changes, object by object and column by column, by its states before and after.
//!
//! Neighbours: the head's `changes` line and the history are both told from here. Invariant: what is told is what
//! differs between two catalogs; a rename is followed where a statement renamed, never guessed.

use crate::ground::Ground;
use crate::line::{capped, one_line};
use driftless_model::{
    Body, Catalog, Column, Constraint, Kind, Object, ObjectId, Part, SqlText, Table, Verdict,
};
use driftless_planner::{Action, Moment, Op, Replay, Session, apply, differences, located};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    Added,
    Changed,
    Dropped,
    /// From that part.
    Renamed(Part),
}

impl What {
    pub fn sign(&self) -> char {
        match self {
            What::Added => '+',
            What::Changed => '~',
            What::Dropped => '-',
            What::Renamed(_) => '>',
        }
    }
    pub fn word(&self) -> &'static str {
        match self {
            What::Added => "added",
            What::Changed => "changed",
            What::Dropped => "dropped",
            What::Renamed(_) => "renamed",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Under its name afterwards; a dropped one under its last.
    pub part: Part,
    /// The relation that it belongs to, or the object itself.
    pub home: ObjectId,
    /// As people call it below its home: `status`, `index orders_status_idx`; empty: the home itself.
    pub called: String,
    pub what: What,
    /// `varchar(200) → text`
    pub detail: String,
    /// It came or went with its relation.
    pub along: bool,
}

/// What happened, and the state before under the names of afterwards.
pub struct Events<'c> {
    pub list: Vec<Event>,
    pub renamed: Cow<'c, Catalog>,
}

/// Compares the states around a replay, in scope.
pub fn events<'c>(ground: &Ground, before: &'c Catalog, replay: &Replay) -> Events<'c> {
    let mut list = Vec::new();
    let renamed = follow(ground, before, replay, &mut list);
    let shown = ground.managed(&renamed);
    let (before, after) = (shown.as_ref(), ground.managed(&replay.catalog));
    let after = after.as_ref();
    for change in differences(ground.dialect, before, after, ground.scope) {
        let (was, is) = (before.get(&change.id), after.get(&change.id));
        if change.verdict == Verdict::Unproven && change.op == Op::Alter {
            // It runs as written: whether it differs is not this file's question.
            let same = was
                .zip(is)
                .is_some_and(|(b, a)| members(&change.id, b, a).is_empty());
            if same {
                continue;
            }
        }
        let homes = Homes { before, after };
        match (was, is) {
            (None, Some(is)) => whole(&change.id, is, What::Added, &homes, &mut list),
            (Some(was), None) => whole(&change.id, was, What::Dropped, &homes, &mut list),
            (Some(was), Some(is)) => altered(&change.id, was, is, &homes, &mut list),
            (None, None) => {}
        }
    }
    list.retain(|e| ground.scope.holds(&e.home));
    drop(shown);
    Events { list, renamed }
}

/// Applies the renames of the text to the state before it, so that both sides speak of the same names.
fn follow<'c>(
    ground: &Ground,
    before: &'c Catalog,
    replay: &Replay,
    out: &mut Vec<Event>,
) -> Cow<'c, Catalog> {
    let moves = |a: &Action| matches!(a, Action::Rename { .. } | Action::Move { .. });
    if !replay.statements.iter().flat_map(|s| &s.actions).any(moves) {
        return Cow::Borrowed(before);
    }
    let mut moment = Moment::new(before.clone(), ground.dialect.path());
    moment.lenient = true;
    for action in replay.statements.iter().flat_map(|s| &s.actions) {
        match action {
            Action::Session(Session::SearchPath(path)) => moment.path.clone_from(path),
            Action::Rename { part, to } => {
                let Ok(object) = located(&part.object, &moment) else {
                    continue;
                };
                let from = Part {
                    object,
                    member: part.member.clone(),
                };
                let mut now = from.clone();
                match &mut now.member {
                    Some(member) => *member = to.clone(),
                    None => now.object.name = to.clone(),
                }
                if from.member.is_none() && now != from && moment.catalog.contains(&now.object) {
                    // What had the name must have been dropped before.
                    if let Some(gone) = moment.catalog.get(&now.object).cloned() {
                        let homes = Homes {
                            before: &moment.catalog,
                            after: &moment.catalog,
                        };
                        whole(&now.object, &gone, What::Dropped, &homes, out);
                    }
                    moment.remove(&now.object);
                }
                move_one(ground, action, from, now, &mut moment, out);
            }
            Action::Move { id, schema } => {
                let Ok(found) = located(id, &moment) else {
                    continue;
                };
                let now = found.in_schema(schema.clone());
                move_one(ground, action, found.part(), now.part(), &mut moment, out);
            }
            _ => {}
        }
    }
    Cow::Owned(moment.catalog)
}

fn move_one(
    ground: &Ground,
    action: &Action,
    from: Part,
    now: Part,
    moment: &mut Moment,
    out: &mut Vec<Event>,
) {
    if apply(ground.dialect, action, moment).is_err() {
        return;
    }
    let homes = Homes {
        before: &moment.catalog,
        after: &moment.catalog,
    };
    let mut event = homes.event(now.clone(), What::Renamed(from.clone()), String::new());
    let shown = from.member.as_ref().unwrap_or(&from.object.name);
    event.detail = match from.object.schema == now.object.schema {
        true => format!("was {shown}"),
        false => format!("was {from}"),
    };
    // Renamed twice in one file: told once.
    let former = out
        .iter_mut()
        .find(|e| matches!(e.what, What::Renamed(_)) && e.part == from);
    match former {
        Some(known) => {
            known.part = event.part;
            known.home = event.home;
            known.called = event.called;
        }
        None => out.push(event),
    }
}

struct Homes<'a> {
    before: &'a Catalog,
    after: &'a Catalog,
}

impl Homes<'_> {
    fn object(&self, id: &ObjectId) -> Option<&Object> {
        self.after.get(id).or_else(|| self.before.get(id))
    }

    fn event(&self, part: Part, what: What, detail: String) -> Event {
        let object = self.object(&part.object);
        let home = object.and_then(|o| match &o.body {
            Body::Sequence(s) => s.owned_by.as_ref().map(|p| p.object.clone()),
            _ => o.owner_relation().cloned(),
        });
        let called = match (&part.member, object.map(|o| &o.body)) {
            (Some(m), Some(Body::Enum(_))) => format!("value '{m}'"),
            (Some(m), _) => m.to_string(),
            (None, Some(Body::Constraint(c))) => constraint_name(&part.object, c),
            (None, _) if home.is_some() => {
                format!("{} {}", part.object.kind.noun(), part.object.name)
            }
            _ => String::new(),
        };
        Event {
            home: home.unwrap_or_else(|| part.object.clone()),
            part,
            called,
            what,
            detail,
            along: false,
        }
    }
}

fn constraint_name(id: &ObjectId, c: &Constraint) -> String {
    match c.named {
        true => format!("{} {}", c.noun(), id.name),
        false => c.noun().to_string(),
    }
}

/// An object that came or went, its columns with it.
fn whole(id: &ObjectId, object: &Object, what: What, homes: &Homes, out: &mut Vec<Event>) {
    let mut event = homes.event(id.part(), what.clone(), described(object));
    let other = match what {
        What::Dropped => homes.after,
        _ => homes.before,
    };
    event.along = event.home != *id && !other.contains(&event.home);
    out.push(event);
    for column in object.get::<Table>().iter().flat_map(|t| &t.columns) {
        let mut event = homes.event(id.member(&column.name), what.clone(), column_words(column));
        event.along = true;
        out.push(event);
    }
}

fn altered(id: &ObjectId, was: &Object, is: &Object, homes: &Homes, out: &mut Vec<Event>) {
    let found = members(id, was, is);
    if found.is_empty() {
        out.push(homes.event(id.part(), What::Changed, "definition".into()));
    }
    for (part, what, detail) in found {
        out.push(homes.event(part, what, detail));
    }
}

/// What differs inside of an object, as far as it can be told apart.
pub(crate) fn members(id: &ObjectId, was: &Object, is: &Object) -> Vec<(Part, What, String)> {
    let mut out = match (&was.body, &is.body) {
        (Body::Table(b), Body::Table(a)) => columns(id, b, a),
        (Body::Enum(b), Body::Enum(a)) => {
            let part = |v: &String| id.member(&driftless_model::Name::exact(v.clone()));
            let gone = b.values.iter().filter(|v| !a.values.contains(v));
            let new = a.values.iter().filter(|v| !b.values.contains(v));
            let gone = gone.map(|v| (part(v), What::Dropped, String::new()));
            gone.chain(new.map(|v| (part(v), What::Added, String::new())))
                .collect()
        }
        _ => Vec::new(),
    };
    if was.comment != is.comment {
        out.push((id.part(), What::Changed, "comment".into()));
    }
    let names = was.member_comments.keys().chain(is.member_comments.keys());
    for name in names.collect::<BTreeSet<_>>() {
        if was.member_comments.get(name) != is.member_comments.get(name) {
            out.push((id.member(name), What::Changed, "comment".into()));
        }
    }
    out
}

fn columns(id: &ObjectId, was: &Table, is: &Table) -> Vec<(Part, What, String)> {
    let mut out = Vec::new();
    for column in &was.columns {
        if is.column(&column.name).is_none() {
            out.push((id.member(&column.name), What::Dropped, column_words(column)));
        }
    }
    for column in &is.columns {
        match was.column(&column.name) {
            None => out.push((id.member(&column.name), What::Added, column_words(column))),
            Some(before) => {
                let words = column_changes(before, column);
                if !words.is_empty() {
                    let detail = words.join(", ");
                    out.push((id.member(&column.name), What::Changed, detail));
                }
            }
        }
    }
    out
}

fn column_changes(was: &Column, is: &Column) -> Vec<String> {
    let mut out = Vec::new();
    if was.ty != is.ty {
        out.push(format!("{} → {}", was.ty.text, is.ty.text));
    }
    if was.not_null != is.not_null {
        out.push(
            if is.not_null {
                "not null"
            } else {
                "null allowed"
            }
            .into(),
        );
    }
    if SqlText::compare_option(&was.default, &is.default) == Verdict::Different {
        out.push(match &is.default {
            Some(d) => format!("default {}", one_line(&d.written)),
            None => "no default".into(),
        });
    }
    let expr = |c: &Column| c.generated.as_ref().map(|g| g.expr.clone());
    let stored = |c: &Column| c.generated.as_ref().map(|g| g.stored);
    if SqlText::compare_option(&expr(was), &expr(is)) == Verdict::Different
        || stored(was) != stored(is)
    {
        out.push(match &is.generated {
            Some(g) => format!("generated as {}", one_line(&g.expr.written)),
            None => "no longer generated".into(),
        });
    }
    let others = [
        (was.identity != is.identity, "identity"),
        (was.collation != is.collation, "collation"),
        (was.comment != is.comment, "comment"),
        (was.not_null_conflict != is.not_null_conflict, "on conflict"),
        (was.storage != is.storage, "storage"),
        (was.compression != is.compression, "compression"),
        (was.statistics != is.statistics, "statistics"),
    ];
    out.extend(others.iter().filter(|o| o.0).map(|o| o.1.to_string()));
    out
}

fn column_words(column: &Column) -> String {
    let mut out = column.ty.text.clone();
    if column.not_null {
        out.push_str(", not null");
    }
    if let Some(d) = &column.default {
        out.push_str(&format!(", default {}", one_line(&d.written)));
    }
    if let Some(g) = &column.generated {
        out.push_str(&format!(", generated as {}", one_line(&g.expr.written)));
    }
    out.trim_start_matches(", ").to_string()
}

fn described(object: &Object) -> String {
    match &object.body {
        Body::Table(t) => match t.columns.len() {
            1 => "1 column".into(),
            n => format!("{n} columns"),
        },
        Body::Domain(d) => d.base.text.clone(),
        Body::Constraint(_) | Body::Index(_) => one_line(&driftless_planner::summary(&object.body)),
        _ => String::new(),
    }
}

/// Objects, and what happens to each, that a head names.
const GROUPS: usize = 8;
const ITEMS: usize = 8;

/// What is said of one relation, or of an object that stands alone.
#[derive(Default)]
struct Words {
    whole: Vec<String>,
    parts: Vec<String>,
}

/// `+ type order_status · orders: + status, + index orders_status_idx`
pub(crate) fn summary(events: &[Event]) -> String {
    let mut groups: BTreeMap<(Kind, &ObjectId), Words> = BTreeMap::new();
    for event in events.iter().filter(|e| !e.along) {
        let group = groups.entry((event.home.kind, &event.home)).or_default();
        let sign = event.what.sign();
        if event.part == event.home.part() {
            group.whole.push(match &event.what {
                What::Renamed(from) => {
                    format!("> {} {from} → {}", event.home.kind.noun(), event.home)
                }
                _ => format!("{sign} {} {}", event.home.kind.noun(), event.home),
            });
            continue;
        }
        group.parts.push(match &event.what {
            What::Renamed(from) => {
                let was = from.member.as_ref().unwrap_or(&from.object.name);
                format!("> {was} → {}", event.called)
            }
            _ => format!("{sign} {}", event.called),
        });
    }
    let mut out = Vec::new();
    for ((_, home), words) in groups {
        out.extend(words.whole);
        if !words.parts.is_empty() {
            let parts = capped(words.parts, ITEMS, ", ");
            out.push(format!("{home}: {parts}"));
        }
    }
    one_line(&capped(out, GROUPS, " · "))
}
