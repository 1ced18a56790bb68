//! Virtual tables: their module gives them meaning, so a change is a new table, which takes the rows over where the
//! module is known to hold nothing else.

use super::{after_namesake, no_clause, table::drop_facts};
use crate::full_text;
use crate::grammar::virtual_canon;
use crate::module::{self, is_in_distribution};
use crate::print;
use crate::rebuild::{put_in_place, scratch_name};
use crate::text::quoted;
use driftless_model::{Catalog, Name, Object, ObjectId, Server, Verdict, VirtualTable};
use driftless_planner::{
    Action, Alter, Clause, Create, Cx, Data, Draft, Facts, Fault, Hit, KindOps, Moment, Printed,
    bare,
};

pub struct VirtualTables;

/// SQLite makes and drops a virtual table only where its module is loaded.
pub fn module_hazard(table: &VirtualTable) -> Option<String> {
    let module = &table.module;
    (!is_in_distribution(module)).then(|| format!("fails where the module {module} is not loaded"))
}

/// A new table takes the rows over, where both have rows of their own and share a column besides the rowid.
fn rebuilt(id: &ObjectId, before: &VirtualTable, after: &VirtualTable, cx: &Cx) -> Option<Draft> {
    let full_text = |t: &VirtualTable| t.module.to_ascii_lowercase().starts_with("fts");
    if full_text(before) != full_text(after) {
        return None;
    }
    let (was, now) = (module::stored(before)?, module::stored(after)?);
    let columns: Vec<Name> = now.into_iter().filter(|c| was.contains(c)).collect();
    if columns.len() < 2 {
        return None;
    }
    let scratch = ObjectId::new(id.kind, id.schema.clone(), scratch_name(id, cx));
    let mut draft = cx.draft(Action::create(scratch.clone(), Object::new(after.clone())));
    draft.target = id.clone();
    draft.reach.gives.clear();
    draft.reach.changes.push(id.part());
    let columns = columns.into_iter().map(|c| (c.clone(), quoted(&c)));
    draft.statements.push(vec![Action::Data(Data::Copy {
        from: id.clone(),
        to: scratch.clone(),
        columns: columns.collect(),
    })]);
    draft.statements.extend(put_in_place(id, &scratch));
    let mut meant = Action::create(id.clone(), Object::new(after.clone()));
    if let Action::Create(create) = &mut meant {
        create.or_replace = true;
    }
    draft.told = Some(vec![meant]);
    Some(draft)
}

impl KindOps for VirtualTables {
    type Item = VirtualTable;

    fn settle(&self, _id: &ObjectId, item: &mut VirtualTable, _catalog: &Catalog) {
        item.canon = virtual_canon(&item.module, item.arguments.as_deref());
    }

    fn same(&self, before: &VirtualTable, after: &VirtualTable, _cx: &Cx) -> Verdict {
        Verdict::of(before.canon == after.canon)
    }

    fn create(&self, id: &ObjectId, object: &Object, item: &VirtualTable, cx: &Cx) -> Vec<Draft> {
        let draft = cx.draft(Action::create(id.clone(), bare(object)));
        let mut draft = after_namesake(draft, id, cx.before);
        if let Some(external) = full_text::external(item)
            && let Some(content) = full_text::content(&external, cx.after)
            && cx.before.contains(&content)
        {
            draft.reach.needs.push(content.part());
            draft.statements.push(vec![full_text::again(id)]);
        }
        vec![draft]
    }

    fn alter(
        &self,
        id: &ObjectId,
        before: &VirtualTable,
        after: &VirtualTable,
        _hits: &[Hit],
        cx: &Cx,
    ) -> Alter {
        if before.canon == after.canon {
            return Alter::Drafts(Vec::new());
        }
        match rebuilt(id, before, after, cx) {
            Some(draft) => Alter::Drafts(vec![draft]),
            None => Alter::Recreate("a virtual table cannot be altered".into()),
        }
    }

    fn resolve(&self, _create: &mut Create, _moment: &mut Moment) -> Result<(), Fault> {
        Ok(())
    }

    fn clause(&self, id: &ObjectId, clause: &Clause, _moment: &mut Moment) -> Result<(), Fault> {
        no_clause(id, clause)
    }

    fn facts(&self, action: &Action, moment: &Moment) -> Facts {
        match action {
            Action::Drop(d) => drop_facts(&d.id, moment),
            Action::Create(c) => Facts {
                hazards: c
                    .object
                    .get::<VirtualTable>()
                    .and_then(module_hazard)
                    .into_iter()
                    .collect(),
                ..Facts::default()
            },
            _ => Facts::default(),
        }
    }

    fn print(&self, action: &Action, _inside: Option<&Action>, _server: Server) -> Printed {
        Printed::plain(print::single(action))
    }
}
