//! A plan in a person's words: what changes per object, what it costs, what it may lose.
//!
//! Neighbours: `report` renders the groups. Invariant: made from the proved steps, so nothing is told that does not run.

use crate::action::{
    Action, Clause, ColumnClause, ConstraintClause, DomainClause, Edit, EnumClause, How,
    PartitionClause, Position, SequenceClause, TableClause,
};
use crate::facts::{Facts, Held, Loss};
use crate::plan::{Drafted, Step};
use driftless_model::{
    Body, Catalog, Column, Constraint, ConstraintBody, Index, KeyExpr, Kind, Name, Object,
    ObjectId, Part, PartitionDef, Table, Value,
};
use std::collections::BTreeMap;

/// How a line starts: `+` made, `~` altered, `-` dropped, `>` renamed, `=` made anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    Add,
    Change,
    Drop,
    Rename,
    Remake,
}

impl Mark {
    pub fn sign(self) -> char {
        match self {
            Mark::Add => '+',
            Mark::Change => '~',
            Mark::Drop => '-',
            Mark::Rename => '>',
            Mark::Remake => '=',
        }
    }
}

/// One thing that happens.
#[derive(Debug, Clone)]
pub struct Line {
    pub mark: Mark,
    /// `column status`, `index orders_state_idx → orders_status_idx`; empty: the object of the group itself.
    pub what: String,
    /// `order_status, not null`; `varchar(200) → text`.
    pub detail: String,
    pub held: Held,
    /// What it loses.
    pub losses: Vec<String>,
    /// Why, where it is a consequence.
    pub because: Option<String>,
    pub part: Part,
}

/// The lines of one relation, or of an object that stands alone.
#[derive(Debug, Clone)]
pub struct Group {
    pub object: ObjectId,
    pub lines: Vec<Line>,
}

impl Group {
    /// Changes as a person counts them: consequences are none.
    pub fn count(&self) -> usize {
        self.lines
            .iter()
            .filter(|l| l.mark != Mark::Remake || l.because.is_none())
            .count()
    }
}

/// The steps in a person's words.
pub(crate) fn groups(
    statements: &[Drafted],
    steps: &[Step],
    before: &Catalog,
    after: &Catalog,
    recreated: &BTreeMap<ObjectId, String>,
) -> Vec<Group> {
    let mut out: BTreeMap<ObjectId, Vec<Line>> = BTreeMap::new();
    let mut keeps: BTreeMap<ObjectId, Keeps> = BTreeMap::new();
    for mut line in lines(statements, steps, (before, after), recreated, &mut keeps) {
        let id = line.part.object.clone();
        if let Some(why) = recreated.get(&id)
            && line.part.member.is_none()
        {
            line.mark = Mark::Remake;
            line.because = Some(why.clone());
            if line.what.is_empty() {
                line.detail = keeps.get(&id).map_or_else(String::new, Keeps::words);
            }
        }
        let lines = out.entry(home(&id, before, after)).or_default();
        match lines
            .iter_mut()
            .find(|l| l.part == line.part && (l.what == line.what || both_remade(l, &line)))
        {
            // Taken down and made again, or altered in several statements: one line.
            Some(known) => join(known, line),
            None => lines.push(line),
        }
    }
    let mut out: Vec<Group> = out
        .into_iter()
        .map(|(object, lines)| Group { object, lines })
        .collect();
    out.iter_mut().for_each(shorten);
    // What is asked for needs no reason.
    let asked = |l: &&mut Line| l.mark != Mark::Remake;
    let lines = out.iter_mut().flat_map(|g| &mut g.lines);
    lines.filter(asked).for_each(|l| l.because = None);
    out.sort_by(|a, b| (a.object.kind, &a.object).cmp(&(b.object.kind, &b.object)));
    out
}

/// What an object that is taken down and made again has beside its definition, and gets back.
#[derive(Default)]
struct Keeps {
    comment: bool,
    owner: bool,
    grants: usize,
}

impl Keeps {
    /// Notes an action that only brings back what was there.
    fn takes(&mut self, action: &Action, was: &Object) -> bool {
        match action {
            Action::Comment { part, text } => {
                let kept = text.is_some() && (part.member.is_some() || was.comment == *text);
                self.comment |= kept;
                kept
            }
            Action::Owner { to, .. } => {
                let kept = was.owner.as_ref() == Some(to);
                self.owner |= kept;
                kept
            }
            Action::Grant { grant, revoke, .. } => {
                let kept = !revoke && was.grants.iter().flatten().any(|g| g == grant);
                self.grants += usize::from(kept);
                kept
            }
            _ => false,
        }
    }

    /// `keeps its comment, its owner and 2 grants`
    fn words(&self) -> String {
        let mut all: Vec<String> = Vec::new();
        all.extend(self.comment.then(|| "its comment".to_string()));
        all.extend(self.owner.then(|| "its owner".to_string()));
        match self.grants {
            0 => {}
            1 => all.push("a grant".into()),
            n => all.push(format!("{n} grants")),
        }
        match all.split_last() {
            None => String::new(),
            Some((last, [])) => format!("keeps {last}"),
            Some((last, rest)) => format!("keeps {} and {last}", rest.join(", ")),
        }
    }
}

/// A new relation's columns, keys and comments are told by its own line.
fn shorten(group: &mut Group) {
    let own = group.object.part();
    let whole = group
        .lines
        .iter()
        .any(|l| l.part == own && matches!(l.mark, Mark::Add | Mark::Drop));
    if whole {
        group.lines.retain(|l| {
            l.part == own
                || matches!(
                    l.part.object.kind,
                    Kind::Index | Kind::Trigger | Kind::Policy | Kind::Rule | Kind::Statistics
                )
        });
    }
}

/// A line for every action that means something, in the order in which they run. A unit that means something else
/// than its statements do is told by its meaning, at the cost of all its statements.
fn lines(
    statements: &[Drafted],
    steps: &[Step],
    (before, after): (&Catalog, &Catalog),
    recreated: &BTreeMap<ObjectId, String>,
    keeps: &mut BTreeMap<ObjectId, Keeps>,
) -> Vec<Line> {
    let mut out = Vec::new();
    let mut skipped = None;
    for (at, (drafted, step)) in statements.iter().zip(steps).enumerate() {
        if skipped == Some(drafted.unit) {
            continue;
        }
        match &drafted.told {
            Some(told) => {
                skipped = Some(drafted.unit);
                let mine = statements
                    .iter()
                    .zip(steps)
                    .skip(at)
                    .take_while(|(d, _)| d.unit == drafted.unit);
                let facts: Vec<&Facts> = mine.flat_map(|(_, s)| &s.each).collect();
                let fresh = told.iter().any(|a| {
                    matches!(a, Action::Create(c) if c.id.kind == Kind::Table && !before.contains(&c.id))
                });
                let held = if fresh {
                    Held::Instant
                } else {
                    facts
                        .iter()
                        .map(|f| f.held())
                        .max()
                        .unwrap_or(Held::Instant)
                };
                let losses: Vec<Loss> = facts.iter().flat_map(|f| f.losses.clone()).collect();
                out.extend(
                    told.iter().filter_map(|a| {
                        line(a, step, held, &losses, told.len() == 1, before, after)
                    }),
                );
            }
            None => {
                for (i, action) in step.actions.iter().enumerate() {
                    let id = action.target().map(|id| relation(id, before));
                    let id = id.filter(|id| recreated.contains_key(id));
                    if let Some((id, was)) = id.and_then(|id| before.get(&id).map(|o| (id, o)))
                        && keeps.entry(id.clone()).or_default().takes(action, was)
                    {
                        continue;
                    }
                    let alone = step.each.get(i).unwrap_or(&step.facts);
                    out.extend(line(
                        action,
                        step,
                        alone.held(),
                        &alone.losses,
                        true,
                        before,
                        after,
                    ));
                }
            }
        }
    }
    out
}

/// GRANT and its like call every relation a table.
fn relation(id: &ObjectId, known: &Catalog) -> ObjectId {
    let kinds = [Kind::View, Kind::MaterializedView, Kind::Sequence];
    match id.kind == Kind::Table && !known.contains(id) {
        true => known.find(&kinds, &id.schema, &id.name),
        false => None,
    }
    .unwrap_or_else(|| id.clone())
}

/// One object, taken down under its name of before and made anew.
fn both_remade(known: &Line, line: &Line) -> bool {
    known.mark == Mark::Remake && line.mark == Mark::Remake
}

fn join(known: &mut Line, line: Line) {
    if line.what.len() > known.what.len() {
        known.what.clone_from(&line.what);
    }
    known.held = known.held.max(line.held);
    for loss in line.losses {
        if !known.losses.contains(&loss) {
            known.losses.push(loss);
        }
    }
    let remade = known.mark == Mark::Drop && line.mark == Mark::Add;
    if remade && !known.detail.is_empty() && known.detail != line.detail {
        known.detail = format!("{}, was {}", line.detail, known.detail);
    } else if !line.detail.is_empty() && !known.detail.contains(&line.detail) {
        if !known.detail.is_empty() {
            known.detail.push_str(", ");
        }
        known.detail.push_str(&line.detail);
    }
    if remade {
        known.mark = Mark::Remake;
    }
}

/// Under which heading a line stands: the relation it belongs to.
fn home(id: &ObjectId, before: &Catalog, after: &Catalog) -> ObjectId {
    let owner = |c: &Catalog| c.get(id).and_then(|o| o.owner_relation().cloned());
    if let Some(o) = owner(after).or_else(|| owner(before)) {
        return o;
    }
    let sequence = |c: &Catalog| match c.get(id).map(|o| &o.body) {
        Some(Body::Sequence(s)) => s.owned_by.as_ref().map(|p| p.object.clone()),
        _ => None,
    };
    sequence(after)
        .or_else(|| sequence(before))
        .unwrap_or_else(|| id.clone())
}

fn line(
    action: &Action,
    step: &Step,
    held: Held,
    losses: &[Loss],
    alone: bool,
    before: &Catalog,
    after: &Catalog,
) -> Option<Line> {
    let (mark, mut part, what, detail) = words(action, before, after)?;
    part.object = relation(&part.object, after);
    let losses = losses
        .iter()
        .filter(|l| alone || l.object == part.to_string())
        .map(|l| l.what.clone())
        .collect();
    Some(Line {
        mark,
        what,
        detail,
        held,
        losses,
        because: step.because.clone(),
        part,
    })
}

type Words = (Mark, Part, String, String);

fn words(action: &Action, before: &Catalog, after: &Catalog) -> Option<Words> {
    Some(match action {
        Action::Create(c) => {
            let standing = after.get(&c.id).map_or(&c.object, |o| o);
            let mark = if c.or_replace {
                Mark::Change
            } else {
                Mark::Add
            };
            let detail = if c.or_replace {
                "new definition".to_string()
            } else {
                summary(&standing.body)
            };
            (mark, c.id.part(), titled(&c.id, &standing.body), detail)
        }
        Action::Drop(d) => {
            // DROP TABLE does not tell virtual ones apart.
            let kinds = [d.id.kind, Kind::VirtualTable];
            let found = before.find(&kinds, &d.id.schema, &d.id.name);
            let id = found.filter(|_| d.id.kind == Kind::Table);
            let id = id.as_ref().unwrap_or(&d.id);
            let body = before.get(id).map(|o| &o.body);
            let what = body.map(|b| titled(id, b)).unwrap_or_default();
            let detail = match body {
                Some(Body::Constraint(c)) => constraint_summary(c),
                Some(Body::Index(i)) => index_summary(i),
                _ => String::new(),
            };
            (Mark::Drop, id.part(), what, detail)
        }
        Action::Rename { part, to } => {
            let mut now = part.clone();
            match &mut now.member {
                Some(m) => *m = to.clone(),
                None => now.object.name = to.clone(),
            }
            let what = match (&part.member, part.object.kind) {
                (Some(m), Kind::Enum) => format!("value {m} → {to}"),
                (Some(m), _) => format!("column {m} → {to}"),
                (None, kind) => format!("{} {} → {to}", kind.noun(), part.object.name),
            };
            (Mark::Rename, now, what, String::new())
        }
        Action::Move { id, schema } => (
            Mark::Rename,
            id.part(),
            String::new(),
            format!("into schema {schema}"),
        ),
        Action::Comment { part, text } => {
            let what = match &part.member {
                Some(m) => format!("comment of {} {m}", part.object.kind.member_noun()),
                None => "comment".to_string(),
            };
            let detail = text
                .as_ref()
                .map_or("removed".to_string(), |t| format!("'{}'", shortened(t)));
            (Mark::Change, part.clone(), what, detail)
        }
        Action::Owner { id, to } => (Mark::Change, id.part(), "owner".into(), to.clone()),
        Action::Grant { id, grant, revoke } => {
            let role = if grant.role.is_empty() {
                "PUBLIC"
            } else {
                &grant.role
            };
            let mark = if *revoke { Mark::Drop } else { Mark::Add };
            (
                mark,
                id.part(),
                format!("grant {} to {role}", grant.privilege),
                String::new(),
            )
        }
        Action::Alter { id, clause } => clause_words(id, clause, before, after)?,
        Action::Data(crate::action::Data::Fill {
            table,
            column,
            value,
        }) => (
            Mark::Change,
            table.member(column),
            format!("column {column}"),
            format!("old rows get {}", value.written),
        ),
        Action::Data(_) | Action::Session(_) => return None,
    })
}

fn clause_words(
    id: &ObjectId,
    clause: &Clause,
    before: &Catalog,
    after: &Catalog,
) -> Option<Words> {
    let whole = |detail: String| (Mark::Change, id.part(), String::new(), detail);
    Some(match clause {
        Clause::Table(TableClause::AddColumn { column, .. }) => {
            let known = after
                .item::<Table>(id)
                .and_then(|t| t.column(&column.name))
                .unwrap_or(column);
            (
                Mark::Add,
                id.member(&column.name),
                format!("column {}", column.name),
                column_summary(known),
            )
        }
        Clause::Table(TableClause::DropColumn { column, .. }) => (
            Mark::Drop,
            id.member(column),
            format!("column {column}"),
            String::new(),
        ),
        Clause::Table(TableClause::ChangeColumn {
            column, position, ..
        }) => {
            let side = |c| Catalog::item::<Table>(c, id).and_then(|t| t.column(&column.name));
            let told = redefined(side(before), column, position.as_ref());
            let what = format!("column {}", column.name);
            (Mark::Change, id.member(&column.name), what, told)
        }
        Clause::Table(TableClause::Pin { .. }) => return None,
        Clause::Table(t) => whole(table_words(t)),
        Clause::Column { column, clause, .. } => {
            let side = |c| Catalog::item::<Table>(c, id).and_then(|t| t.column(column));
            (
                Mark::Change,
                id.member(column),
                format!("column {column}"),
                column_words(clause, side(before), side(after)),
            )
        }
        Clause::Constraint(c) => {
            let what = after
                .get(id)
                .map(|o| titled(id, &o.body))
                .unwrap_or_default();
            let detail = match c {
                ConstraintClause::Validate => "validated",
                ConstraintClause::Inherit(true) => "for children too",
                ConstraintClause::Inherit(false) => "not for children",
                ConstraintClause::Enforced(true) => "enforced",
                ConstraintClause::Enforced(false) => "not enforced",
                ConstraintClause::Timing {
                    deferrable: true, ..
                } => "deferrable",
                ConstraintClause::Timing { .. } => "not deferrable",
            };
            (Mark::Change, id.part(), what, detail.into())
        }
        Clause::Index(_) => (
            Mark::Change,
            id.part(),
            format!("index {}", id.name),
            "options".into(),
        ),
        Clause::Sequence(SequenceClause::OwnedBy(_)) => return None,
        Clause::Sequence(_) => whole("options".into()),
        Clause::Enum(EnumClause::Add { value, .. }) => (
            Mark::Add,
            id.member(&driftless_model::Name::exact(value.clone())),
            format!("value '{value}'"),
            String::new(),
        ),
        Clause::Domain(d) => whole(match d {
            DomainClause::Default(Some(t)) => format!("default {}", t.written),
            DomainClause::Default(None) => "no default".into(),
            DomainClause::NotNull(true) => "not null".into(),
            DomainClause::NotNull(false) => "null allowed".into(),
            DomainClause::AddCheck(c) => format!("+ check {}", c.expr.written),
            DomainClause::DropCheck { name, .. } => format!("- check {name}"),
            DomainClause::ValidateCheck(name) => format!("check {name} validated"),
        }),
        Clause::Composite(_) => whole("attributes".into()),
        Clause::Define(edits) => {
            let said: Vec<String> = edits.iter().filter_map(edited).collect();
            whole(shortened(&said.join(", ")))
        }
        Clause::Statistics(_) => whole("target".into()),
        Clause::View(_) | Clause::Routine(_) => whole("options".into()),
        Clause::Trigger { enabled } => {
            let detail = match enabled {
                'D' => "disabled",
                'A' => "enabled always",
                'R' => "enabled on replicas",
                _ => "enabled",
            };
            (
                Mark::Change,
                id.part(),
                format!("trigger {}", id.name),
                detail.into(),
            )
        }
        Clause::Policy(_) => (
            Mark::Change,
            id.part(),
            format!("policy {}", id.name),
            "new definition".into(),
        ),
        Clause::Event(_) => whole("new definition".into()),
        Clause::Extension { version } => whole(format!(
            "version {}",
            version.as_deref().unwrap_or("default")
        )),
    })
}

fn table_words(clause: &TableClause) -> String {
    match clause {
        TableClause::Of(Some(ty)) => format!("of type {ty}"),
        TableClause::Of(None) => "of no type".into(),
        TableClause::Foreign(edits) => {
            let said: Vec<String> = edits.iter().filter_map(edited).collect();
            shortened(&said.join(", "))
        }
        TableClause::Options(o) => {
            let parts: Vec<String> = o
                .iter()
                .map(|(k, v)| match v.as_deref() {
                    None => format!("{k} reset"),
                    Some("") => k.clone(),
                    Some(v) => format!("{k} = {v}"),
                })
                .collect();
            parts.join(", ")
        }
        TableClause::Logged(yes) => if *yes { "logged" } else { "unlogged" }.into(),
        TableClause::RowSecurity(yes) => {
            format!("row security {}", if *yes { "on" } else { "off" })
        }
        TableClause::ForceRowSecurity(yes) => format!(
            "row security {}",
            if *yes { "forced" } else { "not forced" }
        ),
        TableClause::ReplicaIdentity(i) => {
            format!("replica identity {}", i.as_deref().unwrap_or("default"))
        }
        TableClause::Inherit { parent, stop } => format!(
            "{} {parent}",
            if *stop {
                "no longer inherits"
            } else {
                "inherits"
            }
        ),
        TableClause::Attach { partition, .. } => format!("partition {partition} attached"),
        TableClause::Detach { partition, .. } => format!("partition {partition} detached"),
        TableClause::Cluster(Some(i)) => format!("clustered on {i}"),
        TableClause::Cluster(None) => "not clustered".into(),
        TableClause::Method(m) => format!("access method {m}"),
        TableClause::Tablespace(t) => format!("tablespace {t}"),
        TableClause::Triggers { enabled, .. } => format!(
            "triggers {}",
            if *enabled == 'D' {
                "disabled"
            } else {
                "enabled"
            }
        ),
        TableClause::Convert(collation) => format!("converted to {collation}"),
        TableClause::Period { period, drop } => {
            let sign = if *drop { "no " } else { "" };
            format!("{sign}period for {}", period.name)
        }
        TableClause::Partitions(p) => partition_words(p),
        TableClause::AddColumn { .. }
        | TableClause::ChangeColumn { .. }
        | TableClause::Pin { .. }
        | TableClause::DropColumn { .. } => String::new(),
    }
}

fn partition_words(clause: &PartitionClause) -> String {
    let names = |names: Vec<&str>| names.join(", ");
    let defined = |parts: &[PartitionDef]| names(parts.iter().map(|p| p.name.as_str()).collect());
    match clause {
        PartitionClause::By(Some(p)) => format!("partitioned by {}", shortened(&p.by.written)),
        PartitionClause::By(None) => "no longer partitioned".into(),
        PartitionClause::Add(parts) => format!("+ partition {}", defined(parts)),
        PartitionClause::AddCount(n) => format!("{n} more partitions"),
        PartitionClause::Drop(parts) => {
            format!(
                "- partition {}",
                names(parts.iter().map(Name::as_str).collect())
            )
        }
        PartitionClause::Coalesce(n) => format!("{n} partitions fewer"),
        PartitionClause::Reorganize { from, to } => format!(
            "partition {} → {}",
            names(from.iter().map(Name::as_str).collect()),
            defined(to)
        ),
    }
}

/// What differs where a statement says all of a column anew.
fn redefined(was: Option<&Column>, now: &Column, position: Option<&Position>) -> String {
    let mut out = Vec::new();
    let mut tell = |clause: ColumnClause| out.push(column_words(&clause, was, Some(now)));
    if was.is_none_or(|w| w.ty != now.ty || w.collation != now.collation) {
        tell(ColumnClause::Type {
            ty: now.ty.clone(),
            collation: now.collation.clone(),
            using: None,
        });
    }
    if was.is_some_and(|w| w.not_null != now.not_null) {
        tell(ColumnClause::NotNull(now.not_null));
    }
    let text = |c: &Column| c.default.as_ref().map(|d| d.canon.clone());
    if was.is_some_and(|w| text(w) != text(now)) {
        tell(ColumnClause::Default(now.default.clone()));
    }
    let expr = |c: &Column| {
        c.generated
            .as_ref()
            .map(|g| (g.expr.canon.clone(), g.stored))
    };
    if was.is_some_and(|w| expr(w) != expr(now)) {
        tell(ColumnClause::Expression(now.generated.clone()));
    }
    if was.is_some_and(|w| w.comment != now.comment) {
        out.push("comment".into());
    }
    if was.is_some_and(|w| w.my != now.my) {
        out.push("attributes".into());
    }
    match position {
        Some(Position::First) => out.push("first".into()),
        Some(Position::After(name)) => out.push(format!("after {name}")),
        None => {}
    }
    out.join(", ")
}

fn column_words(clause: &ColumnClause, was: Option<&Column>, now: Option<&Column>) -> String {
    match clause {
        ColumnClause::Type { ty, collation, .. } => {
            let from = was.map_or("?".into(), |c| people(&c.ty.text));
            let to = people(&ty.text);
            let collated = was.and_then(|c| c.collation.as_ref());
            let collate = match (collated, collation) {
                (_, Some(now)) => format!("collate {now}"),
                (Some(was), None) if from == to => format!("no collate {was}"),
                _ => String::new(),
            };
            if from == to && !collate.is_empty() {
                return collate;
            }
            format!("{from} → {to} {collate}").trim_end().into()
        }
        ColumnClause::Default(Some(t)) => format!("default {}", shortened(&t.written)),
        ColumnClause::Default(None) => match was.and_then(|c| c.default.as_ref()) {
            Some(was) => format!("no default, was {}", shortened(&was.written)),
            None => "no default".into(),
        },
        ColumnClause::NotNull(true) => match now.and_then(|c| c.not_null_conflict.as_ref()) {
            Some(action) => format!("not null on conflict {action}"),
            None => "not null".into(),
        },
        ColumnClause::NotNull(false) => "null allowed".into(),
        ColumnClause::Identity(Some(i)) => format!(
            "identity {}",
            if i.always { "always" } else { "by default" }
        ),
        ColumnClause::Identity(None) => "no identity".into(),
        ColumnClause::Expression(Some(g)) => {
            let stored = if g.stored { " stored" } else { "" };
            format!("generated as {}{stored}", shortened(&g.expr.written))
        }
        ColumnClause::Expression(None) => "no longer generated".into(),
        ColumnClause::Storage(s) => format!("storage {}", s.as_deref().unwrap_or("default")),
        ColumnClause::Compression(s) => {
            format!("compression {}", s.as_deref().unwrap_or("default"))
        }
        ColumnClause::Statistics(s) => format!(
            "statistics {}",
            s.map_or("default".into(), |s| s.to_string())
        ),
        ColumnClause::Foreign(_) => "options of the server".into(),
        ColumnClause::Options(_) => "options".into(),
    }
}

/// `column summary`: type and what makes it special.
fn column_summary(c: &Column) -> String {
    let mut out = people(&c.ty.text);
    if c.not_null {
        out.push_str(", not null");
    }
    if let Some(collation) = &c.collation {
        out.push_str(&format!(", collate {collation}"));
    }
    if let Some(d) = &c.default {
        out.push_str(&format!(", default {}", shortened(&d.written)));
    }
    if let Some(g) = &c.generated {
        out.push_str(&format!(", generated as {}", shortened(&g.expr.written)));
    }
    if c.identity.is_some() {
        out.push_str(", identity");
    }
    out
}

/// What becomes of a clause: `+ option host`.
fn edited(edit: &Edit) -> Option<String> {
    let mark = match edit.how {
        How::Add => "+ ",
        How::Set => "",
        How::Drop => "- ",
        How::Clear => return None,
    };
    let piece = &edit.piece;
    let name = match piece.values.first() {
        Some(Value::Object(id)) if piece.name.is_empty() => id.to_string(),
        _ => piece.name.clone(),
    };
    Some(format!("{mark}{} {name}", piece.key).trim_end().to_owned())
}

/// What an object is called below its relation's heading; empty for those that head a group.
fn titled(id: &ObjectId, body: &Body) -> String {
    match body {
        Body::Constraint(c) => match c.named {
            true => format!("{} {}", c.noun(), id.name),
            false => c.noun().to_string(),
        },
        Body::Index(i) => format!("{}index {}", if i.unique { "unique " } else { "" }, id.name),
        Body::DefaultPrivileges(_) if id.name.as_str() == "database" => {
            "privileges on the database".to_string()
        }
        Body::DefaultPrivileges(_) => format!("{} on {}", id.kind.noun(), id.name),
        Body::Trigger(_) | Body::Policy(_) | Body::Rule(_) | Body::Statistics(_) => {
            format!("{} {}", id.kind.noun(), id.name)
        }
        Body::Sequence(s) if s.owned_by.is_some() => format!("sequence {}", id.name),
        _ => String::new(),
    }
}

/// What a body is, in a few words.
pub fn summary(body: &Body) -> String {
    match body {
        Body::Table(t) => match t.columns.len() {
            1 => "1 column".into(),
            n => format!("{n} columns"),
        },
        Body::Enum(e) => shortened(
            &e.values
                .iter()
                .map(|v| format!("'{v}'"))
                .collect::<Vec<_>>()
                .join(", "),
        ),
        Body::Domain(d) => people(&d.base.text),
        Body::Index(i) => index_summary(i),
        Body::Constraint(c) => constraint_summary(c),
        Body::Rule(r) => format!(
            "{} on {}",
            if r.instead { "instead" } else { "also" },
            r.event
        ),
        Body::Statistics(s) => {
            let keys: Vec<String> = s.keys.iter().map(|k| shortened(&k.written)).collect();
            format!("({})", keys.join(", "))
        }
        Body::Definition(d) => shortened(&d.text),
        Body::Function(f) => f
            .returns
            .as_ref()
            .map(|r| format!("returns {}", people(&r.text)))
            .unwrap_or_default(),
        _ => String::new(),
    }
}

fn index_summary(index: &Index) -> String {
    let keys: Vec<String> = index
        .keys
        .iter()
        .map(|k| {
            let name = match &k.expr {
                KeyExpr::Column(c) => c.to_string(),
                KeyExpr::Expr(e) => shortened(&e.written),
            };
            if k.descending {
                format!("{name} desc")
            } else {
                name
            }
        })
        .collect();
    let filter = index
        .filter
        .as_ref()
        .map(|f| format!(" where {}", shortened(&f.written)))
        .unwrap_or_default();
    format!("({}){filter}", keys.join(", "))
}

fn constraint_summary(c: &Constraint) -> String {
    let list = |names: Vec<String>| format!("({})", names.join(", "));
    let plain = |names: &[Name]| list(names.iter().map(Name::to_string).collect());
    let conflict = |action: &Option<String>| match action {
        Some(action) => format!(" on conflict {action}"),
        None => String::new(),
    };
    let mut out = match &c.body {
        ConstraintBody::PrimaryKey(k) | ConstraintBody::Unique(k) => {
            let part = |p: &driftless_model::KeyPart| {
                let collate = p.collation.as_ref().map(|c| format!(" collate {c}"));
                let order = if p.descending { " desc" } else { "" };
                format!("{}{}{order}", p.column, collate.unwrap_or_default())
            };
            let increment = if k.autoincrement {
                " autoincrement"
            } else {
                ""
            };
            let columns = list(k.columns.iter().map(part).collect());
            format!("{columns}{increment}{}", conflict(&k.conflict))
        }
        ConstraintBody::Check(k) => shortened(&k.expr.written) + &conflict(&k.conflict),
        ConstraintBody::ForeignKey(f) => {
            let mut out = format!("{} → {}", plain(&f.columns), f.target);
            if !f.target_columns.is_empty() && f.target_columns != f.columns {
                out.push_str(&format!(" {}", plain(&f.target_columns)));
            }
            for (event, action) in [("delete", &f.on_delete), ("update", &f.on_update)] {
                if action != "no action" {
                    out.push_str(&format!(" on {event} {action}"));
                }
            }
            out
        }
        ConstraintBody::Exclude(e) => format!("using {}", e.method),
        ConstraintBody::NotNull(column) => column.to_string(),
    };
    match (c.deferrable, c.initially_deferred) {
        (true, true) => out.push_str(" initially deferred"),
        (true, false) => out.push_str(" deferrable"),
        _ => {}
    }
    out
}

/// One line, at most 60 characters.
fn shortened(text: &str) -> String {
    let flat: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match flat.char_indices().nth(60) {
        Some((at, _)) => format!("{}…", &flat[..at]),
        None => flat,
    }
}

/// A type as people say it.
fn people(ty: &str) -> String {
    if ty.is_empty() {
        return "no type".into();
    }
    let short = ty
        .replace("character varying", "varchar")
        .replace("timestamp with time zone", "timestamptz")
        .replace("timestamp without time zone", "timestamp");
    short
        .strip_prefix("public.")
        .map(str::to_string)
        .unwrap_or(short)
}
