//! Procedures and functions: bodies are compared as they stand, for the server keeps them so.

use super::{no_clause, same_options};
use crate::canon::same_body;
use crate::features::{Feature, has};
use crate::kept;
use crate::print_program::single;
use driftless_model::{Catalog, Function, Name, Object, ObjectId, Options, Server, Verdict};
use driftless_planner::{
    Action, Alter, Clause, Create, Cx, Draft, Facts, Fault, Hit, KindOps, Moment, Printed, Tx, bare,
};

pub struct Routines;

fn same(before: &Function, after: &Function, cx: &Cx) -> bool {
    let arguments = |f: &Function| -> Vec<(&'static str, Option<Name>, String)> {
        let each = f.arguments.iter();
        each.map(|a| (a.mode, a.name.clone(), a.ty.text.clone()))
            .collect()
    };
    arguments(before) == arguments(after)
        && returned(before, after)
        && before.security_definer == after.security_definer
        && same_options(&before.options, &after.options, cx)
        && same_body(&before.body, &after.body, cx.server.dialect.syntax())
}

/// What ALTER says, where nothing else differs: the routine itself stays.
fn beside(before: &Function, after: &Function, cx: &Cx) -> Option<Clause> {
    const SAID: [&str; 2] = ["data access", "comment"];
    let mut rest = after.clone();
    rest.security_definer = before.security_definer;
    let mut out: Options<Option<String>> = Options::new();
    if before.security_definer != after.security_definer {
        let invoker = (!after.security_definer).then(|| "invoker".to_owned());
        out.insert("security".into(), invoker);
    }
    for name in SAID {
        let (was, is) = (before.options.get(name), after.options.get(name));
        if was != is {
            out.insert(name.into(), is.cloned());
        }
        rest.options.remove(name);
        if let Some(was) = was {
            rest.options.insert(name.into(), was.clone());
        }
    }
    (!out.is_empty() && same(before, &rest, cx)).then_some(Clause::Routine(out))
}

/// The server adds the database's character set to a type that says none.
fn returned(before: &Function, after: &Function) -> bool {
    let (Some(b), Some(a)) = (&before.returns, &after.returns) else {
        return before.returns.is_some() == after.returns.is_some();
    };
    let said = |t: &str| t.contains(" CHARSET ");
    let bare = |t: &str| t.split(" CHARSET ").next().unwrap_or(t).to_owned();
    match said(&b.text) == said(&a.text) {
        true => b.text == a.text,
        false => bare(&b.text) == bare(&a.text),
    }
}

impl KindOps for Routines {
    type Item = Function;

    fn settle(&self, _id: &ObjectId, _item: &mut Function, _catalog: &Catalog) {}

    fn same(&self, before: &Function, after: &Function, cx: &Cx) -> Verdict {
        Verdict::of(same(before, after, cx))
    }

    fn create(&self, id: &ObjectId, object: &Object, _item: &Function, cx: &Cx) -> Vec<Draft> {
        let draft = cx.draft(Action::create(id.clone(), bare(object)));
        vec![kept::created(draft, id, object, cx)]
    }

    fn alter(
        &self,
        id: &ObjectId,
        before: &Function,
        after: &Function,
        _hits: &[Hit],
        cx: &Cx,
    ) -> Alter {
        if same(before, after, cx) {
            return Alter::Drafts(Vec::new());
        }
        if let Some(clause) = beside(before, after, cx) {
            let action = Action::Alter {
                id: id.clone(),
                clause,
            };
            return Alter::Drafts(vec![cx.draft(action)]);
        }
        match has(cx.server, Feature::OrReplace) {
            true => {
                let action = Action::replace(id.clone(), Object::new(after.clone()));
                Alter::Drafts(vec![kept::framed(cx.draft(action), id, &after.options, cx)])
            }
            false => Alter::Recreate("the product cannot replace a routine".into()),
        }
    }

    fn resolve(&self, _create: &mut Create, _moment: &mut Moment) -> Result<(), Fault> {
        Ok(())
    }

    fn clause(&self, id: &ObjectId, clause: &Clause, moment: &mut Moment) -> Result<(), Fault> {
        let (Clause::Routine(options), Some(function)) =
            (clause, moment.catalog.item_mut::<Function>(id))
        else {
            return no_clause(id, clause);
        };
        for (name, value) in options {
            match (name.as_str(), value) {
                ("security", value) => function.security_definer = value.is_none(),
                (_, Some(value)) => {
                    function.options.insert(name.clone(), value.clone());
                }
                (_, None) => {
                    function.options.remove(name);
                }
            }
        }
        Ok(())
    }

    fn tx(&self, _action: &Action) -> Tx {
        Tx::Outside
    }

    fn facts(&self, _action: &Action, _moment: &Moment) -> Facts {
        Facts::default()
    }

    fn print(&self, action: &Action, _inside: Option<&Action>, server: Server) -> Printed {
        Printed::plain(single(action, server))
    }
}
