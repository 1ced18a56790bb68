//! Domains with their checks.

use super::lock::{Cost, SHARE};
use super::{general, ground, naming, replace};
use crate::print::{self, bracketed, expression, name, qualified};
use driftless_model::{
    Catalog, Domain, DomainCheck, Kind, Name, ObjectId, Server, SqlText, Table, TypeRef, Verdict,
};
use driftless_planner::{
    Action, Alter, Clause, Create, Cx, DomainClause, Facts, Fault, Held, Hit, KindOps, Moment,
    Printed,
};

pub(super) struct Domains;

fn check_name(id: &ObjectId, taken: &[DomainCheck]) -> Name {
    let mut label = "check".to_owned();
    let mut n = 0u32;
    loop {
        let name = Name::exact(naming::joined(id.name.as_str(), None, &label));
        if !taken.iter().any(|c| c.name == name) {
            return name;
        }
        n += 1;
        label = format!("check{n}");
    }
}

fn check_text(check: &DomainCheck) -> String {
    let valid = if check.validated { "" } else { " NOT VALID" };
    format!(
        "CONSTRAINT {} CHECK {}{valid}",
        name(&check.name),
        bracketed(&check.expr)
    )
}

/// Every table with a column of the type, also behind other domains and arrays.
pub(super) fn using_tables(catalog: &Catalog, id: &ObjectId) -> Vec<ObjectId> {
    let mut types = vec![id.clone()];
    let mut at = 0;
    while at < types.len() {
        let of = types[at].clone();
        for (other, d) in catalog.using::<Domain>(&of) {
            if d.base.target.as_ref() == Some(&of) && !types.contains(other) {
                types.push(other.clone());
            }
        }
        at += 1;
    }
    let uses = |ty: &TypeRef| ty.target.as_ref().is_some_and(|t| types.contains(t));
    let mut tables: Vec<ObjectId> = types
        .iter()
        .flat_map(|of| catalog.using::<Table>(of))
        .filter(|(_, t)| t.columns.iter().any(|c| uses(&c.ty)))
        .map(|(id, _)| id.clone())
        .collect();
    tables.sort();
    tables.dedup();
    tables
}

impl KindOps for Domains {
    type Item = Domain;

    fn settle(&self, _: &ObjectId, item: &mut Domain, catalog: &Catalog) {
        naming::retext(&mut item.base);
        let base = item.base.clone();
        if let Some(default) = &mut item.default {
            ground::settle(default, &ground::default(&base), catalog);
        }
        for check in &mut item.checks {
            ground::settle(&mut check.expr, &ground::value(&base), catalog);
        }
    }

    fn same(&self, before: &Domain, after: &Domain, _: &Cx) -> Verdict {
        let mut verdict = replace::verdict(&before.base, &after.base)
            .and(Verdict::of(before.not_null == after.not_null))
            .and(Verdict::of(before.collation == after.collation))
            .and(Verdict::of(before.checks.len() == after.checks.len()))
            .and(SqlText::compare_option(&before.default, &after.default));
        for a in &after.checks {
            verdict = verdict.and(match before.checks.iter().find(|b| b.name == a.name) {
                Some(b) => b
                    .expr
                    .compare(&a.expr)
                    .and(Verdict::of(b.validated == a.validated)),
                None => Verdict::Different,
            });
        }
        verdict
    }

    fn alter(
        &self,
        id: &ObjectId,
        before: &Domain,
        after: &Domain,
        hits: &[Hit],
        cx: &Cx,
    ) -> Alter {
        if replace::is_replaced(cx, id) {
            let Some(object) = cx.after.get(id) else {
                return Alter::Drafts(Vec::new());
            };
            let through = through(after, cx);
            return Alter::Drafts(vec![replace::draft(id, object, &through, cx)]);
        }
        let clause = |c| cx.draft(Action::alter(id, Clause::Domain(c)));
        let gone = |check: &DomainCheck| {
            hits.iter()
                .any(|h| check.expr.parts().any(|p| *p == h.part))
        };
        let mut drafts = Vec::new();
        for b in &before.checks {
            let kept = after.checks.iter().find(|a| a.name == b.name);
            let differs = kept.is_none_or(|a| b.expr.compare(&a.expr) != Verdict::Same)
                || kept.is_some_and(|a| b.validated && !a.validated);
            if differs || gone(b) {
                let comment = cx
                    .after
                    .get(id)
                    .and_then(|o| o.member_comments.get(&b.name));
                drafts.push(clause(DomainClause::DropCheck {
                    name: b.name.clone(),
                    if_exists: false,
                }));
                if let Some(a) = kept {
                    drafts.push(clause(DomainClause::AddCheck(Box::new(a.clone()))));
                    // It went with the former check; one that changes is the planner's to write.
                    let was = cx
                        .before
                        .get(id)
                        .and_then(|o| o.member_comments.get(&b.name));
                    drafts.extend(comment.filter(|c| was == Some(*c)).map(|text| {
                        cx.draft(Action::Comment {
                            part: id.member(&b.name),
                            text: Some(text.clone()),
                        })
                    }));
                }
            } else if kept.is_some_and(|a| a.validated && !b.validated) {
                drafts.push(clause(DomainClause::ValidateCheck(b.name.clone())));
            }
        }
        for a in &after.checks {
            if !before.checks.iter().any(|b| b.name == a.name) {
                drafts.push(clause(DomainClause::AddCheck(Box::new(a.clone()))));
            }
        }
        if SqlText::compare_option(&before.default, &after.default) != Verdict::Same {
            let mut draft = clause(DomainClause::Default(after.default.clone()));
            if let Some(b) = &before.default {
                draft.reach.frees.extend(b.parts().cloned());
            }
            drafts.push(draft);
        }
        if before.not_null != after.not_null {
            drafts.push(clause(DomainClause::NotNull(after.not_null)));
        }
        Alter::Drafts(drafts)
    }

    fn resolve(&self, create: &mut Create, moment: &mut Moment) -> Result<(), Fault> {
        naming::place(create, moment)?;
        let id = create.id.clone();
        let Some(item) = create.object.get_mut::<Domain>() else {
            return Ok(());
        };
        item.base = naming::type_of(&item.base, moment)?;
        naming::qualify(Kind::Collation, &mut item.collation, None, moment);
        if let Some(default) = &item.default {
            ground::check(default, &ground::default(&item.base), moment)?;
        }
        for i in 0..item.checks.len() {
            ground::check(&item.checks[i].expr, &ground::value(&item.base), moment)?;
            if item.checks[i].name.is_empty() {
                item.checks[i].name = check_name(&id, &item.checks);
            } else if item.checks[..i]
                .iter()
                .any(|c| c.name == item.checks[i].name)
            {
                let message = format!(
                    "the domain `{id}` has the check `{}` twice",
                    item.checks[i].name
                );
                return Err(naming::wrong("D0304", message, moment));
            }
        }
        Ok(())
    }

    fn clause(&self, id: &ObjectId, clause: &Clause, moment: &mut Moment) -> Result<(), Fault> {
        let (Clause::Domain(clause), Some(item)) = (clause, moment.catalog.item::<Domain>(id))
        else {
            return Err(general::foreign(id));
        };
        let mut item = item.clone();
        match clause {
            DomainClause::Default(text) => {
                item.default = text.clone().map(|t| with_path(t, moment));
                if let Some(t) = &item.default {
                    ground::check(t, &ground::default(&item.base), moment)?;
                }
            }
            DomainClause::NotNull(on) => item.not_null = *on,
            DomainClause::AddCheck(check) => {
                let mut check = (**check).clone();
                check.expr = with_path(check.expr, moment);
                ground::check(&check.expr, &ground::value(&item.base), moment)?;
                if check.name.is_empty() {
                    check.name = check_name(id, &item.checks);
                } else if item.checks.iter().any(|c| c.name == check.name) {
                    let message =
                        format!("the domain `{id}` has the check `{}` already", check.name);
                    return Err(naming::wrong("D0304", message, moment));
                }
                item.checks.push(check);
            }
            DomainClause::DropCheck { name, if_exists } => {
                let count = item.checks.len();
                item.checks.retain(|c| c.name != *name);
                if item.checks.len() == count && !*if_exists {
                    return Err(Fault::missing("constraint", id.member(name)));
                }
            }
            DomainClause::ValidateCheck(name) => {
                match item.checks.iter_mut().find(|c| c.name == *name) {
                    Some(c) => c.validated = true,
                    None => return Err(Fault::missing("constraint", id.member(name))),
                }
            }
        }
        let gone = match clause {
            DomainClause::DropCheck { name, .. } => Some(name),
            _ => None,
        };
        if let Some(object) = moment.catalog.objects.get_mut(id) {
            object.body = item.into();
            gone.map(|name| object.member_comments.remove(name));
        }
        Ok(())
    }

    fn facts(&self, action: &Action, moment: &Moment) -> Facts {
        let mut cost = Cost::new(moment);
        match action {
            Action::Alter {
                id,
                clause: Clause::Domain(clause),
            } => {
                let scans = match clause {
                    DomainClause::AddCheck(c) => c.validated,
                    DomainClause::NotNull(on) => *on,
                    DomainClause::ValidateCheck(_) => true,
                    DomainClause::Default(_) | DomainClause::DropCheck { .. } => false,
                };
                if scans {
                    let id = driftless_planner::located(id, moment).unwrap_or_else(|_| id.clone());
                    for table in using_tables(&moment.catalog, &id) {
                        cost.lock(&table, SHARE, Held::Scan);
                        cost.scan(&table);
                    }
                }
            }
            Action::Drop(d) if d.cascade => {
                let id = driftless_planner::located(&d.id, moment).unwrap_or_else(|_| d.id.clone());
                super::table::cost_cascade(&id.part(), &mut cost);
            }
            other => general::cost(other, &mut cost),
        }
        cost.done()
    }

    fn print(&self, action: &Action, _: Option<&Action>, _: Server) -> Printed {
        match action {
            Action::Create(c) => {
                let Some(d) = c.object.get::<Domain>() else {
                    return Printed::default();
                };
                let mut text = format!("CREATE DOMAIN {} AS {}", qualified(&c.id), d.base.text);
                if let Some(collation) = &d.collation {
                    text.push_str(&format!(" COLLATE {collation}"));
                }
                if let Some(default) = &d.default {
                    text.push_str(&format!(" DEFAULT {}", print::default(default)));
                }
                if d.not_null {
                    text.push_str(" NOT NULL");
                }
                for check in &d.checks {
                    text.push_str(&format!("\n    {}", check_text(check)));
                }
                Printed::plain(text)
            }
            Action::Alter {
                id,
                clause: Clause::Domain(clause),
            } => {
                let what = match clause {
                    DomainClause::Default(Some(t)) => format!("SET DEFAULT {}", expression(t)),
                    DomainClause::Default(None) => "DROP DEFAULT".into(),
                    DomainClause::NotNull(true) => "SET NOT NULL".into(),
                    DomainClause::NotNull(false) => "DROP NOT NULL".into(),
                    DomainClause::AddCheck(c) => format!("ADD {}", check_text(c)),
                    DomainClause::DropCheck { name: n, if_exists } => {
                        let exists = if *if_exists { "IF EXISTS " } else { "" };
                        format!("DROP CONSTRAINT {exists}{}", name(n))
                    }
                    DomainClause::ValidateCheck(n) => format!("VALIDATE CONSTRAINT {}", name(n)),
                };
                Printed::plain(format!("ALTER DOMAIN {} {what}", qualified(id)))
            }
            other => general::print(other),
        }
    }
}

/// What values pass through on their way from the former domain to the new one.
fn through(after: &Domain, cx: &Cx) -> String {
    match &after.base.target {
        Some(t) if replace::is_replaced(cx, t) => format!("text::{}", after.base.text),
        _ => after.base.text.clone(),
    }
}

/// A text that an ALTER brings is read under the path in force.
pub(super) fn with_path(mut text: SqlText, moment: &Moment) -> SqlText {
    text.path.clone_from(&moment.path);
    text.place = text.place.or(moment.place);
    text
}
