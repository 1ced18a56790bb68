//! Virtual tables: their module gives them meaning, so a change is a drop and a creation.

use super::{after_namesake, no_clause, table::drop_facts};
use crate::full_text;
use crate::grammar::virtual_canon;
use crate::print;
use driftless_model::{Catalog, Object, ObjectId, Server, Verdict, VirtualTable};
use driftless_planner::{
    Action, Alter, Clause, Create, Cx, Draft, Facts, Fault, Hit, KindOps, Moment, Printed, bare,
};

pub struct VirtualTables;

/// SQLite makes and drops a virtual table only where its module is loaded.
pub fn module_hazard(table: &VirtualTable) -> Option<String> {
    let module = &table.module;
    (!is_in_distribution(module)).then(|| format!("fails where the module {module} is not loaded"))
}

/// Modules that SQLite's own distribution builds in or offers to (vtablist).
fn is_in_distribution(module: &str) -> bool {
    const MODULES: &[&str] = &[
        "dbstat",
        "fts3",
        "fts3tokenize",
        "fts4",
        "fts4aux",
        "fts5",
        "fts5vocab",
        "geopoly",
        "rtree",
        "rtree_i32",
    ];
    MODULES.iter().any(|m| m.eq_ignore_ascii_case(module))
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
        _id: &ObjectId,
        before: &VirtualTable,
        after: &VirtualTable,
        _hits: &[Hit],
        _cx: &Cx,
    ) -> Alter {
        if before.canon == after.canon {
            return Alter::Drafts(Vec::new());
        }
        Alter::Recreate("a virtual table cannot be altered".into())
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
