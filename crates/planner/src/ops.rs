//! The rows of a dialect: one per kind, each typed on its kind's own struct.
//!
//! `KindOps` is what a row file implements; `Row` is the same behind the kind, narrowed in one place. A missing row
//! is `None`: a typed "not modelled", never a panic.

use crate::action::{Action, Clause, Create};
use crate::draft::{Alter, Draft, Hit, Sides};
use crate::facts::Facts;
use crate::moment::{Fault, Moment};
use driftless_model::{Catalog, Hints, Item, Object, ObjectId, Scope, Server, Users, Verdict};

/// How a statement stands to transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tx {
    Inside,
    /// Runs inside, but what it gives can be used only after the commit.
    UsableAfterCommit,
    Outside,
}

/// What a row is told besides its object.
#[derive(Clone, Copy)]
pub struct Cx<'a> {
    /// The before-state, renames applied.
    pub before: &'a Catalog,
    pub after: &'a Catalog,
    pub users: &'a Users<'a>,
    pub hints: &'a Hints,
    pub scope: &'a Scope,
    pub server: Server,
}

impl<'a> Cx<'a> {
    pub fn sides(&self) -> Sides<'a> {
        Sides {
            before: self.before,
            after: self.after,
        }
    }
    pub fn draft(&self, action: Action) -> Draft {
        Draft::of(action, self.sides())
    }
    /// The object is made by this very plan.
    pub fn is_new(&self, id: &ObjectId) -> bool {
        !self.before.contains(id)
    }
}

/// The text of one action: fused ones share head and tail.
#[derive(Debug, Clone, Default)]
pub struct Printed {
    /// `ALTER TABLE t`, `CREATE TABLE t`.
    pub head: String,
    /// Clauses; joined by commas.
    pub items: Vec<String>,
    pub tail: String,
    /// Items stand in brackets, one a line.
    pub block: bool,
}

impl Printed {
    pub fn plain(text: impl Into<String>) -> Printed {
        Printed {
            head: text.into(),
            ..Default::default()
        }
    }
    pub fn clause(head: impl Into<String>, item: impl Into<String>) -> Printed {
        Printed {
            head: head.into(),
            items: vec![item.into()],
            ..Default::default()
        }
    }
    /// The statement, without its semicolon.
    pub fn text(&self) -> String {
        let mut out = self.head.clone();
        if self.block {
            if self.items.is_empty() {
                out.push_str(" ()");
            } else {
                out.push_str(" (\n    ");
                out.push_str(&self.items.join(",\n    "));
                out.push_str("\n)");
            }
        } else if !self.items.is_empty() {
            let glue = if self.items.len() > 1 { "\n    " } else { " " };
            out.push_str(glue);
            out.push_str(&self.items.join(",\n    "));
        }
        out.push_str(&self.tail);
        out
    }
}

/// One kind on one engine.
pub trait KindOps: Sync {
    type Item: Item;

    /// Derives canonical forms and references from what is written; adds nothing.
    fn settle(&self, id: &ObjectId, item: &mut Self::Item, catalog: &Catalog);

    fn same(&self, before: &Self::Item, after: &Self::Item, cx: &Cx) -> Verdict;

    fn create(&self, id: &ObjectId, object: &Object, _item: &Self::Item, cx: &Cx) -> Vec<Draft> {
        vec![cx.draft(Action::create(id.clone(), bare(object)))]
    }

    fn drop(&self, id: &ObjectId, _item: &Self::Item, cx: &Cx) -> Vec<Draft> {
        vec![cx.draft(Action::drop(id.clone()))]
    }

    /// Answers a difference (`before` and `after` differ) or hits on an object that is the same on both sides.
    fn alter(
        &self,
        id: &ObjectId,
        before: &Self::Item,
        after: &Self::Item,
        hits: &[Hit],
        cx: &Cx,
    ) -> Alter;

    /// Resolves the names of an object that is about to be created, gives what is unnamed its name.
    fn resolve(&self, create: &mut Create, moment: &mut Moment) -> Result<(), Fault>;

    /// Adds what the engine makes along with it.
    fn created(&self, _id: &ObjectId, _moment: &mut Moment) -> Result<(), Fault> {
        Ok(())
    }

    /// Takes away what goes along with it.
    fn dropped(&self, _id: &ObjectId, _item: &Self::Item, _moment: &mut Moment) {}

    /// Executes an ALTER clause on the model.
    fn clause(&self, id: &ObjectId, clause: &Clause, moment: &mut Moment) -> Result<(), Fault>;

    fn tx(&self, _action: &Action) -> Tx {
        Tx::Inside
    }

    /// Locks, scans and losses of an action about this kind, at that moment (before it runs).
    fn facts(&self, action: &Action, moment: &Moment) -> Facts;

    /// The text of an action about this kind; `inside` is the CREATE it is fused into.
    fn print(&self, action: &Action, inside: Option<&Action>, server: Server) -> Printed;
}

/// An object as its CREATE carries it: comment, owner and grants are actions of their own.
pub fn bare(object: &Object) -> Object {
    Object {
        comment: None,
        member_comments: Default::default(),
        owner: None,
        grants: None,
        ..object.clone()
    }
}

/// A row behind its kind.
pub trait Row: Sync {
    fn settle(&self, id: &ObjectId, object: &mut Object, catalog: &Catalog);
    fn same(&self, before: &Object, after: &Object, cx: &Cx) -> Verdict;
    fn create(&self, id: &ObjectId, object: &Object, cx: &Cx) -> Vec<Draft>;
    fn drop(&self, id: &ObjectId, object: &Object, cx: &Cx) -> Vec<Draft>;
    fn alter(&self, id: &ObjectId, before: &Object, after: &Object, hits: &[Hit], cx: &Cx)
    -> Alter;
    fn resolve(&self, create: &mut Create, moment: &mut Moment) -> Result<(), Fault>;
    fn created(&self, id: &ObjectId, moment: &mut Moment) -> Result<(), Fault>;
    fn dropped(&self, id: &ObjectId, object: &Object, moment: &mut Moment);
    fn clause(&self, id: &ObjectId, clause: &Clause, moment: &mut Moment) -> Result<(), Fault>;
    fn tx(&self, action: &Action) -> Tx;
    fn facts(&self, action: &Action, moment: &Moment) -> Facts;
    fn print(&self, action: &Action, inside: Option<&Action>, server: Server) -> Printed;
}

impl<T: KindOps> Row for T {
    fn settle(&self, id: &ObjectId, object: &mut Object, catalog: &Catalog) {
        if let Some(item) = object.get_mut::<T::Item>() {
            KindOps::settle(self, id, item, catalog);
        }
    }
    fn same(&self, before: &Object, after: &Object, cx: &Cx) -> Verdict {
        match (before.get::<T::Item>(), after.get::<T::Item>()) {
            (Some(b), Some(a)) => KindOps::same(self, b, a, cx),
            _ => Verdict::Different,
        }
    }
    fn create(&self, id: &ObjectId, object: &Object, cx: &Cx) -> Vec<Draft> {
        object
            .get::<T::Item>()
            .map_or_else(Vec::new, |i| KindOps::create(self, id, object, i, cx))
    }
    fn drop(&self, id: &ObjectId, object: &Object, cx: &Cx) -> Vec<Draft> {
        object
            .get::<T::Item>()
            .map_or_else(Vec::new, |i| KindOps::drop(self, id, i, cx))
    }
    fn alter(
        &self,
        id: &ObjectId,
        before: &Object,
        after: &Object,
        hits: &[Hit],
        cx: &Cx,
    ) -> Alter {
        match (before.get::<T::Item>(), after.get::<T::Item>()) {
            (Some(b), Some(a)) => KindOps::alter(self, id, b, a, hits, cx),
            _ => Alter::Recreate("it became another kind of object".into()),
        }
    }
    fn resolve(&self, create: &mut Create, moment: &mut Moment) -> Result<(), Fault> {
        KindOps::resolve(self, create, moment)
    }
    fn created(&self, id: &ObjectId, moment: &mut Moment) -> Result<(), Fault> {
        KindOps::created(self, id, moment)
    }
    fn dropped(&self, id: &ObjectId, object: &Object, moment: &mut Moment) {
        if let Some(item) = object.get::<T::Item>() {
            KindOps::dropped(self, id, item, moment);
        }
    }
    fn clause(&self, id: &ObjectId, clause: &Clause, moment: &mut Moment) -> Result<(), Fault> {
        KindOps::clause(self, id, clause, moment)
    }
    fn tx(&self, action: &Action) -> Tx {
        KindOps::tx(self, action)
    }
    fn facts(&self, action: &Action, moment: &Moment) -> Facts {
        KindOps::facts(self, action, moment)
    }
    fn print(&self, action: &Action, inside: Option<&Action>, server: Server) -> Printed {
        KindOps::print(self, action, inside, server)
    }
}
