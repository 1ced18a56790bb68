//! Row security policies.

use super::lock::{ACCESS_EXCLUSIVE, Cost};
use super::{domain::with_path, general, ground, naming};
use crate::print::{bracketed, name, owner, role};
use driftless_model::{Catalog, ObjectId, Policy, Server, SqlText, Verdict};
use driftless_planner::{
    Action, Alter, Clause, Create, Cx, Facts, Fault, Hit, KindOps, Moment, Printed,
};

pub(super) struct Policies;

fn roles(p: &Policy) -> String {
    p.roles
        .iter()
        .map(|r| role(r))
        .collect::<Vec<_>>()
        .join(", ")
}

fn conditions(p: &Policy) -> Vec<String> {
    let mut out = Vec::new();
    out.extend(p.using.as_ref().map(|e| format!("USING {}", bracketed(e))));
    out.extend(
        p.check
            .as_ref()
            .map(|e| format!("WITH CHECK {}", bracketed(e))),
    );
    out
}

fn tidy(p: &mut Policy) {
    for r in &mut p.roles {
        if r.is_empty() {
            *r = "public".into();
        }
    }
    if p.roles.is_empty() || p.roles.iter().any(|r| r == "public") {
        p.roles = vec!["public".into()];
    }
    p.roles.sort();
    p.roles.dedup();
    if p.command.is_empty() {
        p.command = "all".into();
    }
}

impl KindOps for Policies {
    type Item = Policy;

    fn settle(&self, _: &ObjectId, item: &mut Policy, catalog: &Catalog) {
        let table = item.table.clone();
        for text in item.using.iter_mut().chain(&mut item.check) {
            ground::settle(text, &ground::row(&table), catalog);
        }
    }

    fn same(&self, before: &Policy, after: &Policy, _: &Cx) -> Verdict {
        let plain = before.command == after.command
            && before.permissive == after.permissive
            && before.roles == after.roles;
        Verdict::of(plain)
            .and(SqlText::compare_option(&before.using, &after.using))
            .and(SqlText::compare_option(&before.check, &after.check))
    }

    fn alter(
        &self,
        id: &ObjectId,
        before: &Policy,
        after: &Policy,
        hits: &[Hit],
        cx: &Cx,
    ) -> Alter {
        if let Some(hit) = hits.first() {
            return Alter::Recreate(format!("it uses {}", hit.part));
        }
        if before.command != after.command || before.permissive != after.permissive {
            return Alter::Recreate("a policy's command and mode are fixed".into());
        }
        let goes = |b: &Option<SqlText>, a: &Option<SqlText>| b.is_some() && a.is_none();
        if goes(&before.using, &after.using) || goes(&before.check, &after.check) {
            return Alter::Recreate("a policy's condition can be replaced but not removed".into());
        }
        Alter::Drafts(vec![
            cx.draft(Action::alter(id, Clause::Policy(Box::new(after.clone())))),
        ])
    }

    fn resolve(&self, create: &mut Create, moment: &mut Moment) -> Result<(), Fault> {
        let Some(item) = create.object.get_mut::<Policy>() else {
            return Ok(());
        };
        item.table = naming::relation(&item.table, &naming::TABLES, moment)?;
        tidy(item);
        for text in item.using.iter().chain(&item.check) {
            ground::check(text, &ground::row(&item.table), moment)?;
        }
        let table = item.table.clone();
        naming::adopt(create, &table);
        Ok(())
    }

    fn clause(&self, id: &ObjectId, clause: &Clause, moment: &mut Moment) -> Result<(), Fault> {
        let (Clause::Policy(becomes), Some(item)) = (clause, moment.catalog.item::<Policy>(id))
        else {
            return Err(general::foreign(id));
        };
        let mut item = item.clone();
        if !becomes.roles.is_empty() {
            item.roles.clone_from(&becomes.roles);
        }
        if let Some(text) = &becomes.using {
            item.using = Some(with_path(text.clone(), moment));
        }
        if let Some(text) = &becomes.check {
            item.check = Some(with_path(text.clone(), moment));
        }
        for text in item.using.iter().chain(&item.check) {
            ground::check(text, &ground::row(&item.table), moment)?;
        }
        tidy(&mut item);
        if let Some(standing) = moment.catalog.item_mut::<Policy>(id) {
            *standing = item;
        }
        Ok(())
    }

    fn facts(&self, action: &Action, moment: &Moment) -> Facts {
        let mut cost = Cost::new(moment);
        match action {
            Action::Create(c) => {
                if let Some(p) = c.object.get::<Policy>() {
                    let on = cost.find(&p.table);
                    cost.instant(&on, ACCESS_EXCLUSIVE);
                }
            }
            Action::Alter { id, .. } | Action::Drop(driftless_planner::Drop { id, .. }) => {
                let on = cost.find(&general::relation_of(id));
                cost.instant(&on, ACCESS_EXCLUSIVE);
            }
            other => general::cost(other, &mut cost),
        }
        cost.done()
    }

    fn print(&self, action: &Action, _: Option<&Action>, _: Server) -> Printed {
        match action {
            Action::Create(c) => {
                let Some(p) = c.object.get::<Policy>() else {
                    return Printed::default();
                };
                let mut lines = vec![format!(
                    "CREATE POLICY {} ON {}",
                    name(&c.id.name),
                    owner(&c.id)
                )];
                if !p.permissive {
                    lines.push("AS RESTRICTIVE".into());
                }
                if p.command != "all" {
                    lines.push(format!("FOR {}", p.command.to_ascii_uppercase()));
                }
                if p.roles != ["public"] {
                    lines.push(format!("TO {}", roles(p)));
                }
                lines.extend(conditions(p));
                Printed::plain(lines.join("\n    "))
            }
            Action::Alter {
                id,
                clause: Clause::Policy(p),
            } => {
                let mut lines = vec![
                    format!("ALTER POLICY {} ON {}", name(&id.name), owner(id)),
                    format!("TO {}", roles(p)),
                ];
                lines.extend(conditions(p));
                Printed::plain(lines.join("\n    "))
            }
            other => general::print(other),
        }
    }
}
