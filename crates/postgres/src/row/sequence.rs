//! Sequences.

use super::lock::{ACCESS_EXCLUSIVE, ACCESS_SHARE, Cost, SHARE_ROW};
use super::{general, naming};
use crate::print::{part, qualified};
use driftless_model::{Catalog, Object, ObjectId, Origin, Part, Sequence, Server, Table, Verdict};
use driftless_planner::{
    Action, Alter, Clause, Create, Cx, Draft, Facts, Fault, Hit, KindOps, Moment, Printed,
    SequenceClause, bare,
};

pub(super) struct Sequences;

fn limits(ty: &str) -> (i64, i64) {
    match ty {
        "smallint" => (i64::from(i16::MIN), i64::from(i16::MAX)),
        "integer" => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    }
}

/// What the server takes where nothing is said.
pub(super) fn defaults(ty: &str, increment: i64) -> Sequence {
    let (low, high) = limits(ty);
    let (min, max) = if increment < 0 { (low, -1) } else { (1, high) };
    Sequence {
        ty: ty.to_owned(),
        start: Some(if increment < 0 { max } else { min }),
        increment: Some(increment),
        min: Some(min),
        max: Some(max),
        cache: Some(1),
        ..Sequence::default()
    }
}

/// Every bound resolved.
pub(super) fn resolved(sequence: &Sequence, ty: Option<&str>) -> Sequence {
    let own = if sequence.ty.is_empty() {
        "bigint"
    } else {
        &sequence.ty
    };
    let by_default = defaults(ty.unwrap_or(own), sequence.increment.unwrap_or(1));
    let (min, max) = (
        sequence.min.or(by_default.min),
        sequence.max.or(by_default.max),
    );
    let first = if by_default.increment < Some(0) {
        max
    } else {
        min
    };
    Sequence {
        ty: by_default.ty,
        increment: by_default.increment,
        min,
        max,
        start: sequence.start.or(first),
        cache: sequence.cache.or(by_default.cache),
        ..sequence.clone()
    }
}

/// The options that differ from what the server takes by itself.
pub(super) fn options(sequence: &Sequence, ty: Option<&str>) -> Vec<String> {
    let s = resolved(sequence, ty);
    let d = defaults(&s.ty, s.increment.unwrap_or(1));
    let mut out = Vec::new();
    if ty.is_none() && s.ty != "bigint" {
        out.push(format!("AS {}", s.ty));
    }
    let mut say = |word: &str, value: Option<i64>, default: Option<i64>| {
        if let Some(value) = value.filter(|v| Some(*v) != default) {
            out.push(format!("{word} {value}"));
        }
    };
    let first = if d.increment < Some(0) { s.max } else { s.min };
    say("INCREMENT BY", s.increment, Some(1));
    say("MINVALUE", s.min, d.min);
    say("MAXVALUE", s.max, d.max);
    say("START WITH", s.start, first);
    say("CACHE", s.cache, Some(1));
    if s.cycle {
        out.push("CYCLE".into());
    }
    out
}

/// All options, as ALTER states them.
pub(super) fn all_options(sequence: &Sequence, typed: bool) -> Vec<String> {
    let mut out = Vec::new();
    if typed && !sequence.ty.is_empty() {
        out.push(format!("AS {}", sequence.ty));
    }
    let mut say = |word: &str, value: Option<i64>| {
        if let Some(value) = value {
            out.push(format!("{word} {value}"));
        }
    };
    say("INCREMENT BY", sequence.increment);
    say("MINVALUE", sequence.min);
    say("MAXVALUE", sequence.max);
    say("START WITH", sequence.start);
    say("CACHE", sequence.cache);
    out.push(if sequence.cycle {
        "CYCLE".into()
    } else {
        "NO CYCLE".into()
    });
    out
}

/// The type of column that `serial` and its like make, with the word for it.
pub(super) const SERIALS: [(&str, &str); 3] = [
    ("serial", "integer"),
    ("bigserial", "bigint"),
    ("smallserial", "smallint"),
];

/// The word and the sequence, where a column is what `serial` makes of it.
pub(super) fn serial_of(
    table: &ObjectId,
    column: &driftless_model::Column,
    catalog: &Catalog,
) -> Option<(&'static str, ObjectId)> {
    let (word, _) = SERIALS.iter().find(|(_, ty)| column.ty.text == *ty)?;
    let name = naming::joined(table.name.as_str(), Some(column.name.as_str()), "seq");
    let id = ObjectId::new(
        driftless_model::Kind::Sequence,
        table.schema.clone(),
        driftless_model::Name::exact(name),
    );
    let object = catalog.get(&id)?;
    let sequence = object.get::<Sequence>()?;
    let default = column.default.as_ref()?;
    let unlogged = catalog
        .item::<Table>(table)
        .and_then(Table::pg)
        .is_some_and(|pg| pg.unlogged);
    let plain = Sequence {
        owned_by: Some(table.member(&column.name)),
        unlogged,
        ..defaults(&column.ty.text, 1)
    };
    let calls = default.written.trim_start().starts_with("nextval(")
        || default
            .written
            .trim_start()
            .starts_with("pg_catalog.nextval(");
    let whole = calls
        && column.not_null
        && column.identity.is_none()
        && default.parts().any(|p| p.object == id)
        && resolved(sequence, None) == plain;
    whole.then_some((*word, id))
}

/// Whether it comes with the `serial` of a column that this plan makes.
fn comes_with_column(id: &ObjectId, sequence: &Sequence, cx: &Cx) -> bool {
    let Some(Part {
        object: table,
        member: Some(column),
    }) = &sequence.owned_by
    else {
        return false;
    };
    super::table::is_made(table, column, cx)
        && cx
            .after
            .item::<Table>(table)
            .and_then(|t| t.column(column))
            .and_then(|c| serial_of(table, c, cx.after))
            .is_some_and(|(_, s)| s == *id)
}

impl KindOps for Sequences {
    type Item = Sequence;

    fn settle(&self, _: &ObjectId, item: &mut Sequence, _: &Catalog) {
        *item = resolved(item, None);
    }

    fn same(&self, before: &Sequence, after: &Sequence, _: &Cx) -> Verdict {
        Verdict::of(before == after)
    }

    fn create(&self, id: &ObjectId, object: &Object, item: &Sequence, cx: &Cx) -> Vec<Draft> {
        if comes_with_column(id, item, cx) {
            return Vec::new();
        }
        let mut made = bare(object);
        if let Some(s) = made.get_mut::<Sequence>() {
            s.owned_by = None;
        }
        made.origin = Origin::Declared;
        let mut drafts = vec![cx.draft(Action::create(id.clone(), made))];
        if item.owned_by.is_some() {
            let mut draft = owned_by(id, item, cx);
            // Whoever owned a former one of that name is nothing to it.
            draft.reach.frees.clear();
            drafts.push(draft);
        }
        drafts
    }

    fn drop(&self, id: &ObjectId, item: &Sequence, cx: &Cx) -> Vec<Draft> {
        let dies = item.owned_by.as_ref().is_some_and(|p| {
            let stays = match (&p.member, cx.after.item::<Table>(&p.object)) {
                (Some(m), Some(t)) => t.column(m).is_some(),
                (None, Some(_)) => true,
                (_, None) => false,
            };
            !stays
        });
        if dies {
            return Vec::new();
        }
        let mut draft = cx.draft(Action::drop(id.clone()));
        // Its owner need not be freed: the sequence goes, not the column.
        draft
            .reach
            .frees
            .retain(|p| Some(p) != item.owned_by.as_ref());
        vec![draft]
    }

    fn alter(
        &self,
        id: &ObjectId,
        before: &Sequence,
        after: &Sequence,
        hits: &[Hit],
        cx: &Cx,
    ) -> Alter {
        // With its column or table it dies and is made again, unless another one takes it over before.
        let takes_along = |h: &Hit| {
            let owner = before.owned_by.as_ref();
            let whole = owner.is_some_and(|p| p.object == h.part.object) && h.part.member.is_none();
            h.gone && (whole || Some(&h.part) == owner)
        };
        if before.owned_by == after.owned_by && hits.iter().any(takes_along) {
            return Alter::Dies;
        }
        let mut drafts = Vec::new();
        let plain = |s: &Sequence| Sequence {
            owned_by: None,
            unlogged: false,
            ..s.clone()
        };
        if plain(before) != plain(after) {
            let set = SequenceClause::Set(plain(after));
            drafts.push(cx.draft(Action::alter(id, Clause::Sequence(set))));
        }
        if before.unlogged != after.unlogged {
            let clause = SequenceClause::Logged(!after.unlogged);
            drafts.push(cx.draft(Action::alter(id, Clause::Sequence(clause))));
        }
        if before.owned_by != after.owned_by {
            let mut draft = owned_by(id, after, cx);
            draft.reach.frees.extend(before.owned_by.clone());
            drafts.push(draft);
        }
        Alter::Drafts(drafts)
    }

    fn resolve(&self, create: &mut Create, moment: &mut Moment) -> Result<(), Fault> {
        naming::place(create, moment)?;
        let Some(item) = create.object.get_mut::<Sequence>() else {
            return Ok(());
        };
        item.ty = type_name(&item.ty, moment)?;
        if let Some(owner) = item.owned_by.take() {
            item.owned_by = Some(resolve_owner(&owner, moment)?);
        }
        Ok(())
    }

    fn clause(&self, id: &ObjectId, clause: &Clause, moment: &mut Moment) -> Result<(), Fault> {
        let Clause::Sequence(clause) = clause else {
            return Err(general::foreign(id));
        };
        let owner = match clause {
            SequenceClause::OwnedBy(Some(p)) => Some(resolve_owner(p, moment)?),
            _ => None,
        };
        let ty = match clause {
            SequenceClause::Set(s) if !s.ty.is_empty() => Some(type_name(&s.ty, moment)?),
            _ => None,
        };
        let Some(item) = moment.catalog.item_mut::<Sequence>(id) else {
            return Err(general::foreign(id));
        };
        match clause {
            SequenceClause::Set(set) => *item = altered(item, set, ty),
            SequenceClause::OwnedBy(_) => item.owned_by = owner,
            // The current value is data.
            SequenceClause::Restart(_) => {}
            SequenceClause::Logged(on) => item.unlogged = !on,
        }
        Ok(())
    }

    fn facts(&self, action: &Action, moment: &Moment) -> Facts {
        let mut cost = Cost::new(moment);
        match action {
            Action::Alter {
                id,
                clause: Clause::Sequence(clause),
            } => {
                let on = cost.find(id);
                cost.instant(&on, SHARE_ROW);
                if let SequenceClause::OwnedBy(Some(p)) = clause {
                    let table = cost.find(&p.object);
                    cost.instant(&table, ACCESS_SHARE);
                }
            }
            Action::Drop(d) => {
                let on = cost.find(&d.id);
                cost.instant(&on, ACCESS_EXCLUSIVE);
                if d.cascade {
                    super::table::cost_cascade(&on.part(), &mut cost);
                }
                if !cost.is_fresh(&on) {
                    cost.loss("D0201", &on, format!("the counter of {on}"));
                    cost.irreversible(
                        "the value that a dropped sequence stood at does not come back",
                    );
                }
            }
            other => general::cost(other, &mut cost),
        }
        cost.done()
    }

    fn print(&self, action: &Action, _: Option<&Action>, _: Server) -> Printed {
        match action {
            Action::Create(c) => {
                let Some(s) = c.object.get::<Sequence>() else {
                    return Printed::default();
                };
                let unlogged = if s.unlogged { "UNLOGGED " } else { "" };
                let exists = if c.if_not_exists {
                    "IF NOT EXISTS "
                } else {
                    ""
                };
                let mut words = vec![format!(
                    "CREATE {unlogged}SEQUENCE {exists}{}",
                    qualified(&c.id)
                )];
                words.extend(options(s, None));
                words.extend(s.owned_by.as_ref().map(|p| format!("OWNED BY {}", part(p))));
                Printed::plain(words.join(" "))
            }
            Action::Alter {
                id,
                clause: Clause::Sequence(clause),
            } => {
                let what = match clause {
                    SequenceClause::Set(s) => all_options(s, true).join(" "),
                    SequenceClause::OwnedBy(Some(p)) => format!("OWNED BY {}", part(p)),
                    SequenceClause::OwnedBy(None) => "OWNED BY NONE".into(),
                    SequenceClause::Restart(Some(n)) => format!("RESTART WITH {n}"),
                    SequenceClause::Restart(None) => "RESTART".into(),
                    SequenceClause::Logged(true) => "SET LOGGED".into(),
                    SequenceClause::Logged(false) => "SET UNLOGGED".into(),
                };
                Printed::plain(format!("ALTER SEQUENCE {} {what}", qualified(id)))
            }
            other => general::print(other),
        }
    }
}

fn owned_by(id: &ObjectId, item: &Sequence, cx: &Cx) -> Draft {
    let clause = SequenceClause::OwnedBy(item.owned_by.clone());
    cx.draft(Action::alter(id, Clause::Sequence(clause)))
}

/// The type's canonical name; empty stays empty (bigint).
fn type_name(written: &str, moment: &Moment) -> Result<String, Fault> {
    if written.is_empty() {
        return Ok(String::new());
    }
    let ty = crate::types::resolve(written, moment)?;
    if SERIALS.iter().any(|(_, t)| *t == ty.text) {
        return Ok(ty.text);
    }
    let message = format!("a sequence is smallint, integer or bigint, not {}", ty.text);
    Err(naming::wrong("D0305", message, moment))
}

fn resolve_owner(owner: &Part, moment: &Moment) -> Result<Part, Fault> {
    let table = naming::relation(&owner.object, &naming::TABLES, moment)?;
    if let Some(column) = &owner.member {
        naming::has_column(&table, column, moment)?;
    }
    Ok(Part {
        object: table,
        member: owner.member.clone(),
    })
}

/// A type's bounds follow it, where they were the former type's own.
fn altered(standing: &Sequence, set: &Sequence, ty: Option<String>) -> Sequence {
    let mut out = standing.clone();
    if let Some(ty) = ty.filter(|t| *t != standing.ty) {
        let (before_low, before_high) = limits(&standing.ty);
        if out.max == Some(before_high) {
            out.max = None;
        }
        if out.min == Some(before_low) {
            out.min = None;
        }
        out.ty = ty;
    }
    out.increment = set.increment.or(out.increment);
    out.min = set.min.or(out.min);
    out.max = set.max.or(out.max);
    out.start = set.start.or(out.start);
    out.cache = set.cache.or(out.cache);
    out.cycle = set.cycle;
    resolved(&out, None)
}
