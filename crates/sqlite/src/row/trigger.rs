//! Triggers, of tables and views.

use super::{after_home, no_clause, relation};
use crate::canon::{same_option, settle_body};
use crate::print;
use driftless_model::{
    Catalog, Kind, Object, ObjectId, Server, Table, Trigger, TriggerEvent, Verdict,
};
use driftless_planner::{
    Action, Alter, Clause, Create, Cx, Draft, Facts, Fault, Hit, KindOps, Moment, Printed, bare,
};
use driftless_sql::Diagnostic;

pub struct Triggers;

fn same(before: &Trigger, after: &Trigger) -> bool {
    // Without a word it is BEFORE, and FOR EACH ROW is all there is (lang_createtrigger, 2).
    let timing = |t: &Trigger| match t.timing.as_str() {
        "" => "before".to_owned(),
        other => other.to_owned(),
    };
    before.table.name == after.table.name
        && timing(before) == timing(after)
        && before.events == after.events
        && same_option(&before.when, &after.when)
        && same_option(&before.body, &after.body)
}

impl KindOps for Triggers {
    type Item = Trigger;

    fn settle(&self, _id: &ObjectId, item: &mut Trigger, catalog: &Catalog) {
        let table = item.table.clone();
        for text in item.when.iter_mut().chain(&mut item.body) {
            settle_body(text, &table, catalog);
        }
    }

    fn same(&self, before: &Trigger, after: &Trigger, _cx: &Cx) -> Verdict {
        Verdict::of(same(before, after))
    }

    fn create(&self, id: &ObjectId, object: &Object, item: &Trigger, cx: &Cx) -> Vec<Draft> {
        let was = cx.before.item::<Trigger>(id).map(|t| &t.table);
        let draft = cx.draft(Action::create(id.clone(), bare(object)));
        vec![after_home(draft, was, &item.table, cx)]
    }

    fn alter(
        &self,
        _id: &ObjectId,
        before: &Trigger,
        after: &Trigger,
        hits: &[Hit],
        _cx: &Cx,
    ) -> Alter {
        // The table is rebuilt: its triggers go with the table that is dropped.
        if hits.iter().any(|h| h.part == before.table.part()) {
            return Alter::Dies;
        }
        if same(before, after) {
            return Alter::Drafts(Vec::new());
        }
        Alter::Recreate("SQLite cannot alter a trigger".into())
    }

    fn resolve(&self, create: &mut Create, moment: &mut Moment) -> Result<(), Fault> {
        let id = create.id.clone();
        let Some(trigger) = create.object.get_mut::<Trigger>() else {
            return Ok(());
        };
        let Some(on) = relation(&moment.catalog, &trigger.table.name) else {
            return Err(Fault::missing("table", &trigger.table));
        };
        let wrong = match (on.kind, trigger.timing.as_str()) {
            (Kind::VirtualTable, _) => Some("a virtual table cannot have triggers"),
            (Kind::Table, "instead of") => Some("INSTEAD OF is for triggers of views"),
            (Kind::View, timing) if timing != "instead of" => {
                Some("a view can have INSTEAD OF triggers only")
            }
            _ => None,
        };
        if let Some(why) = wrong.filter(|_| !moment.lenient) {
            return Err(Diagnostic::error("D0305", format!("trigger `{id}`: {why}"))
                .help("mend the trigger's timing or its table")
                .into());
        }
        if let Some(table) = moment
            .catalog
            .item::<Table>(&on)
            .filter(|_| !moment.lenient)
        {
            for event in &trigger.events {
                if let TriggerEvent::Update(columns) = event
                    && let Some(name) = columns.iter().find(|n| table.column(n).is_none())
                {
                    return Err(Fault::missing("column", on.member(name)));
                }
            }
        }
        trigger.table = on;
        Ok(())
    }

    fn clause(&self, id: &ObjectId, clause: &Clause, _moment: &mut Moment) -> Result<(), Fault> {
        no_clause(id, clause)
    }

    fn facts(&self, _action: &Action, _moment: &Moment) -> Facts {
        Facts::default()
    }

    fn print(&self, action: &Action, _inside: Option<&Action>, _server: Server) -> Printed {
        Printed::plain(print::single(action))
    }
}
