//! Extensions. Their members are outside of what is managed.

use super::general;
use super::lock::Cost;
use super::naming;
use crate::print::{literal, name};
use driftless_model::{Catalog, Extension, ObjectId, Server, Verdict};
use driftless_planner::{
    Action, Alter, Clause, Create, Cx, Facts, Fault, Hit, KindOps, Moment, Printed,
};

pub(super) struct Extensions;

impl KindOps for Extensions {
    type Item = Extension;

    fn settle(&self, _: &ObjectId, _: &mut Extension, _: &Catalog) {}

    /// Version and schema count only where both sides state them: without a statement they are the server's choice.
    fn same(&self, before: &Extension, after: &Extension, _: &Cx) -> Verdict {
        let version = after.version.is_none() || before.version == after.version;
        let schema =
            before.schema.is_none() || after.schema.is_none() || before.schema == after.schema;
        Verdict::of(version && schema)
    }

    fn alter(
        &self,
        id: &ObjectId,
        before: &Extension,
        after: &Extension,
        _: &[Hit],
        cx: &Cx,
    ) -> Alter {
        let mut drafts = Vec::new();
        if let Some(schema) = &after.schema
            && before.schema.is_some()
            && before.schema != after.schema
        {
            let to = ObjectId::new(
                driftless_model::Kind::Schema,
                Default::default(),
                schema.clone(),
            );
            let mut draft = cx.draft(Action::Move {
                id: id.clone(),
                schema: schema.clone(),
            });
            // It is addressed without a schema: nothing is removed or given.
            draft.reach = Default::default();
            draft.reach.frees = cx.before.requirements(id);
            drafts.push(draft.needs(to.part()));
        }
        if after.version.is_some() && before.version != after.version {
            let clause = Clause::Extension {
                version: after.version.clone(),
            };
            drafts.push(cx.draft(Action::alter(id, clause)));
        }
        Alter::Drafts(drafts)
    }

    fn resolve(&self, create: &mut Create, moment: &mut Moment) -> Result<(), Fault> {
        create.id.name = naming::clip(&create.id.name);
        let Some(extension) = create.object.get_mut::<Extension>() else {
            return Ok(());
        };
        match &extension.schema {
            Some(schema) => naming::has_schema(schema, moment),
            None => {
                extension.schema = moment.creation_schema();
                Ok(())
            }
        }
    }

    fn clause(&self, id: &ObjectId, clause: &Clause, moment: &mut Moment) -> Result<(), Fault> {
        let (Clause::Extension { version }, Some(extension)) =
            (clause, moment.catalog.item_mut::<Extension>(id))
        else {
            return Err(general::foreign(id));
        };
        extension.version.clone_from(version);
        Ok(())
    }

    fn facts(&self, action: &Action, moment: &Moment) -> Facts {
        let mut cost = Cost::new(moment);
        match action {
            Action::Alter { .. } => {
                cost.hazard("the update runs the extension's own script, whose locks are its own");
                cost.irreversible("extensions are seldom updated backwards");
            }
            Action::Drop(_) => {
                cost.hazard("what the extension itself keeps (its tables, settings) is gone")
            }
            other => general::cost(other, &mut cost),
        }
        cost.done()
    }

    fn print(&self, action: &Action, _: Option<&Action>, _: Server) -> Printed {
        match action {
            Action::Create(c) => {
                let exists = if c.if_not_exists {
                    "IF NOT EXISTS "
                } else {
                    ""
                };
                let mut text = format!("CREATE EXTENSION {exists}{}", name(&c.id.name));
                if let Some(e) = c.object.get::<Extension>() {
                    if let Some(schema) = &e.schema {
                        text.push_str(&format!(" SCHEMA {}", name(schema)));
                    }
                    if let Some(version) = &e.version {
                        text.push_str(&format!(" VERSION {}", literal(version)));
                    }
                }
                Printed::plain(text)
            }
            Action::Alter {
                id,
                clause: Clause::Extension { version },
            } => {
                let to = version
                    .as_ref()
                    .map_or(String::new(), |v| format!(" TO {}", literal(v)));
                Printed::plain(format!("ALTER EXTENSION {} UPDATE{to}", name(&id.name)))
            }
            other => general::print(other),
        }
    }
}
