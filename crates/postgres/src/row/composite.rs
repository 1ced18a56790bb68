//! Composite types.

use super::general;
use super::lock::{ACCESS_EXCLUSIVE, Cost};
use super::{naming, replace};
use crate::print::{name, qualified};
use driftless_model::{Attribute, Catalog, Composite, Kind, ObjectId, Server, Table, Verdict};
use driftless_planner::{
    Action, Alter, Clause, CompositeClause, Create, Cx, Facts, Fault, Hit, KindOps, Moment, Printed,
};

pub(super) struct Composites;

/// The server refuses ALTER ATTRIBUTE … TYPE while a column uses the type; attributes can only be appended.
pub(super) fn needs_replacing(
    id: &ObjectId,
    before: &Composite,
    after: &Composite,
    cx: &Cx,
) -> bool {
    let kept: Vec<&Attribute> = before
        .attributes
        .iter()
        .filter(|b| after.attributes.iter().any(|a| a.name == b.name))
        .collect();
    let order_holds = kept
        .iter()
        .zip(&after.attributes)
        .all(|(b, a)| b.name == a.name);
    let retyped = kept.iter().any(|b| {
        after
            .attributes
            .iter()
            .any(|a| a.name == b.name && (a.ty != b.ty || a.collation != b.collation))
    });
    !order_holds || (retyped && is_used(id, cx))
}

/// Whether a column is of the type.
fn is_used(id: &ObjectId, cx: &Cx) -> bool {
    tables(id, cx).any(|t| t.columns.iter().any(|c| c.ty.target.as_ref() == Some(id)))
}

/// Whether a typed table is made of it; it lets go of the type while that changes.
fn is_shape(id: &ObjectId, cx: &Cx) -> bool {
    tables(id, cx).any(|t| t.pg().is_some_and(|pg| pg.of_type.as_ref() == Some(id)))
}

fn tables<'c>(id: &ObjectId, cx: &'c Cx) -> impl Iterator<Item = &'c Table> {
    let users = cx.users.of_object(id).into_iter();
    users.filter_map(|user| cx.before.item::<Table>(user))
}

fn attribute(a: &Attribute) -> String {
    let collation = a
        .collation
        .as_ref()
        .map_or(String::new(), |c| format!(" COLLATE {c}"));
    format!("{} {}{collation}", name(&a.name), a.ty.text)
}

impl KindOps for Composites {
    type Item = Composite;

    fn settle(&self, _: &ObjectId, item: &mut Composite, _: &Catalog) {
        for a in &mut item.attributes {
            naming::retext(&mut a.ty);
        }
    }

    fn same(&self, before: &Composite, after: &Composite, _: &Cx) -> Verdict {
        Verdict::of(before == after)
    }

    fn alter(
        &self,
        id: &ObjectId,
        before: &Composite,
        after: &Composite,
        hits: &[Hit],
        cx: &Cx,
    ) -> Alter {
        if needs_replacing(id, before, after, cx) {
            let Some(object) = cx.after.get(id) else {
                return Alter::Drafts(Vec::new());
            };
            return Alter::Drafts(vec![replace::draft(id, object, "text", cx)]);
        }
        if hits.iter().any(replace::is_type_hit) {
            return Alter::Recreate("a type of its attributes is made anew".into());
        }
        let shapes = is_shape(id, cx);
        let clause = |c| {
            let mut draft = cx.draft(Action::alter(id, Clause::Composite(c)));
            if shapes {
                draft.reach.needs.retain(|p| *p != id.part());
                draft.reach.changes.push(id.part());
            }
            draft
        };
        let mut drafts = Vec::new();
        for b in &before.attributes {
            match after.attributes.iter().find(|a| a.name == b.name) {
                None => drafts.push(clause(CompositeClause::Drop(b.name.clone()))),
                Some(a) if a.ty != b.ty || a.collation != b.collation => {
                    drafts.push(clause(CompositeClause::Type(a.clone())));
                }
                Some(_) => {}
            }
        }
        for a in &after.attributes {
            if !before.attributes.iter().any(|b| b.name == a.name) {
                let draft = clause(CompositeClause::Add(a.clone()));
                drafts.push(a.ty.parts().fold(draft, |d, p| d.needs(p)));
            }
        }
        Alter::Drafts(drafts)
    }

    fn resolve(&self, create: &mut Create, moment: &mut Moment) -> Result<(), Fault> {
        naming::place(create, moment)?;
        let id = create.id.clone();
        let Some(item) = create.object.get_mut::<Composite>() else {
            return Ok(());
        };
        for i in 0..item.attributes.len() {
            let a = &item.attributes[i];
            if item.attributes[..i].iter().any(|b| b.name == a.name) {
                let message = format!("the type `{id}` has the attribute `{}` twice", a.name);
                return Err(naming::wrong("D0304", message, moment));
            }
            let a = &mut item.attributes[i];
            a.ty = naming::type_of(&a.ty, moment)?;
            naming::qualify(Kind::Collation, &mut a.collation, None, moment);
        }
        Ok(())
    }

    fn clause(&self, id: &ObjectId, clause: &Clause, moment: &mut Moment) -> Result<(), Fault> {
        let Clause::Composite(clause) = clause else {
            return Err(general::foreign(id));
        };
        let resolved = |a: &Attribute| -> Result<Attribute, Fault> {
            let mut out = Attribute {
                ty: naming::type_of(&a.ty, moment)?,
                ..a.clone()
            };
            naming::qualify(Kind::Collation, &mut out.collation, None, moment);
            Ok(out)
        };
        let made = match clause {
            CompositeClause::Add(a) | CompositeClause::Type(a) => Some(resolved(a)?),
            CompositeClause::Drop(_) => None,
        };
        let Some(item) = moment.catalog.item_mut::<Composite>(id) else {
            return Err(general::foreign(id));
        };
        match (clause, made) {
            (CompositeClause::Add(a), Some(made)) => {
                if item.attributes.iter().any(|x| x.name == a.name) {
                    let message = format!("the type `{id}` has the attribute `{}` already", a.name);
                    return Err(naming::wrong("D0304", message, moment));
                }
                item.attributes.push(made);
            }
            (CompositeClause::Type(a), Some(made)) => {
                match item.attributes.iter_mut().find(|x| x.name == a.name) {
                    Some(x) => *x = made,
                    None => return Err(Fault::missing("column", id.member(&a.name))),
                }
            }
            (CompositeClause::Drop(column), _) => {
                let count = item.attributes.len();
                item.attributes.retain(|x| x.name != *column);
                if item.attributes.len() == count {
                    return Err(Fault::missing("column", id.member(column)));
                }
                if let Some(object) = moment.catalog.objects.get_mut(id) {
                    object.member_comments.remove(column);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn facts(&self, action: &Action, moment: &Moment) -> Facts {
        let mut cost = Cost::new(moment);
        match action {
            Action::Alter { id, clause } => {
                let on = cost.find(id);
                cost.instant(&on, ACCESS_EXCLUSIVE);
                if let Clause::Composite(CompositeClause::Drop(column)) = clause
                    && !cost.is_fresh(&on)
                {
                    cost.loss(
                        "D0202",
                        on.member(column),
                        format!("the values of {}", on.member(column)),
                    );
                    cost.irreversible("the values of a dropped attribute do not come back");
                }
            }
            other => general::cost(other, &mut cost),
        }
        cost.done()
    }

    fn print(&self, action: &Action, _: Option<&Action>, _: Server) -> Printed {
        match action {
            Action::Create(c) => Printed {
                head: format!("CREATE TYPE {} AS", qualified(&c.id)),
                items: c
                    .object
                    .get::<Composite>()
                    .map_or_else(Vec::new, |i| i.attributes.iter().map(attribute).collect()),
                block: true,
                ..Printed::default()
            },
            Action::Alter {
                id,
                clause: Clause::Composite(clause),
            } => {
                let what = match clause {
                    CompositeClause::Add(a) => format!("ADD ATTRIBUTE {}", attribute(a)),
                    CompositeClause::Drop(n) => format!("DROP ATTRIBUTE {}", name(n)),
                    CompositeClause::Type(a) => {
                        let collation = a
                            .collation
                            .as_ref()
                            .map_or(String::new(), |c| format!(" COLLATE {c}"));
                        format!(
                            "ALTER ATTRIBUTE {} TYPE {}{collation}",
                            name(&a.name),
                            a.ty.text
                        )
                    }
                };
                Printed::plain(format!("ALTER TYPE {} {what}", qualified(id)))
            }
            other => general::print(other),
        }
    }
}
