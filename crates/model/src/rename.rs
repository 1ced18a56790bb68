//! Following a rename through a catalog: keys, references and texts.
//!
//! Invariant: after it nothing refers to the part under its former name.

use crate::catalog::Catalog;
use crate::constraint::ConstraintBody;
use crate::id::{Kind, Name, ObjectId, Part};
use crate::index::KeyExpr;
use crate::object::{Body, Object};
use crate::program::TriggerEvent;
use crate::table::Table;
use crate::text::{Ref, SqlText};
use crate::types::Extension;
use std::collections::BTreeSet;

/// Every piece of SQL inside an object, to read or (`mut`) to write.
macro_rules! texts {
    ($object:expr, $iter:ident, $as:ident, $texts:ident $(, $mut:tt)?) => {
        match &$($mut)? $object.body {
            Body::Schema(_) | Body::Enum(_) | Body::VirtualTable(_) | Body::Extension(_) => {
                Vec::new()
            }
            Body::Composite(_) | Body::Sequence(_) | Body::DefaultPrivileges(_) => Vec::new(),
            Body::Domain(d) => {
                let checks = d.checks.$iter().map(|c| &$($mut)? c.expr);
                d.default.$iter().chain(checks).collect()
            }
            Body::Function(f) => {
                let defaults = f.arguments.$iter().filter_map(|a| a.default.$as());
                defaults.chain(f.atomic.$as()).collect()
            }
            Body::Table(t) => {
                let mut out = Vec::new();
                for c in &$($mut)? t.columns {
                    out.extend(c.default.$as());
                    out.extend(c.generated.$as().map(|g| &$($mut)? g.expr));
                    out.extend(c.my.$as().and_then(|m| m.check.$as()));
                }
                match &$($mut)? t.ext {
                    crate::table::TableExt::Postgres(pg) => {
                        out.extend(pg.partition_by.$as());
                        out.extend(pg.partition_of.$as().map(|p| &$($mut)? p.bound));
                    }
                    crate::table::TableExt::Mysql(my) => {
                        for p in my.partitioning.$iter() {
                            out.push(&$($mut)? p.by);
                            out.extend(p.sub.$as());
                        }
                    }
                    crate::table::TableExt::Sqlite(_) => {}
                }
                out
            }
            Body::Constraint(c) => match &$($mut)? c.body {
                ConstraintBody::Check(k) => vec![&$($mut)? k.expr],
                ConstraintBody::Exclude(e) => {
                    let keys = e.items.$iter().filter_map(|i| match &$($mut)? i.key.expr {
                        KeyExpr::Expr(e) => Some(e),
                        KeyExpr::Column(_) => None,
                    });
                    keys.chain(e.filter.$as()).collect()
                }
                _ => Vec::new(),
            },
            Body::Index(i) => {
                let keys = i.keys.$iter().filter_map(|k| match &$($mut)? k.expr {
                    KeyExpr::Expr(e) => Some(e),
                    KeyExpr::Column(_) => None,
                });
                keys.chain(i.filter.$as()).collect()
            }
            Body::View(v) => vec![&$($mut)? v.query],
            Body::Trigger(t) => t.when.$iter().chain(t.body.$as()).collect(),
            Body::Policy(p) => p.using.$iter().chain(p.check.$as()).collect(),
            Body::Statistics(s) => s.keys.$iter().collect(),
            Body::Definition(d) => d.$texts(),
            Body::Rule(r) => r.condition.$iter().chain(r.actions.$iter()).collect(),
            Body::Event(e) => vec![&$($mut)? e.body],
        }
    };
}

impl Object {
    /// Every id of another object inside, but those of texts' refs.
    pub fn ids_mut(&mut self) -> Vec<&mut ObjectId> {
        match &mut self.body {
            Body::Schema(_)
            | Body::Enum(_)
            | Body::VirtualTable(_)
            | Body::View(_)
            | Body::DefaultPrivileges(_)
            | Body::Event(_)
            | Body::Extension(_) => Vec::new(),
            Body::Composite(c) => c
                .attributes
                .iter_mut()
                .filter_map(|a| a.ty.target.as_mut())
                .collect(),
            Body::Domain(d) => d.base.target.iter_mut().collect(),
            Body::Sequence(s) => s.owned_by.iter_mut().map(|p| &mut p.object).collect(),
            Body::Function(f) => {
                let mut out: Vec<&mut ObjectId> = f
                    .arguments
                    .iter_mut()
                    .filter_map(|a| a.ty.target.as_mut())
                    .collect();
                out.extend(f.returns.iter_mut().filter_map(|t| t.target.as_mut()));
                if let Some(a) = &mut f.aggregate {
                    out.extend(a.functions.values_mut());
                    let types = std::iter::once(&mut a.state).chain(&mut a.moving_state);
                    out.extend(types.filter_map(|t| t.target.as_mut()));
                }
                out
            }
            Body::Table(t) => {
                let mut out: Vec<&mut ObjectId> = t
                    .columns
                    .iter_mut()
                    .filter_map(|c| c.ty.target.as_mut())
                    .collect();
                if let crate::table::TableExt::Postgres(pg) = &mut t.ext {
                    out.extend(pg.inherits.iter_mut());
                    out.extend(pg.foreign.iter_mut().map(|f| &mut f.server));
                    out.extend(pg.of_type.iter_mut());
                    out.extend(pg.partition_of.iter_mut().map(|p| &mut p.parent));
                    out.extend(pg.copies.iter_mut().map(|c| &mut c.of));
                }
                out
            }
            Body::Constraint(c) => {
                let mut out = vec![&mut c.table];
                if let ConstraintBody::ForeignKey(f) = &mut c.body {
                    out.push(&mut f.target);
                }
                out
            }
            Body::Index(i) => vec![&mut i.table],
            Body::Trigger(t) => {
                let mut out = vec![&mut t.table];
                out.extend(t.function.iter_mut());
                out.extend(t.from.iter_mut());
                out
            }
            Body::Policy(p) => vec![&mut p.table],
            Body::Rule(r) => vec![&mut r.table],
            Body::Statistics(s) => vec![&mut s.table],
            Body::Definition(d) => d.ids_mut(),
        }
    }

    /// Every piece of SQL inside.
    pub fn texts(&self) -> Vec<&SqlText> {
        texts!(self, iter, as_ref, texts)
    }
    /// Every piece of SQL inside, to write.
    pub fn texts_mut(&mut self) -> Vec<&mut SqlText> {
        texts!(self, iter_mut, as_mut, texts_mut, mut)
    }

    /// Every column name of `relation` that stands inside as a plain name.
    fn columns_mut(&mut self, relation: &ObjectId, is_self: bool) -> Vec<&mut Name> {
        let mut out: Vec<&mut Name> = Vec::new();
        match &mut self.body {
            Body::Table(t) if is_self => out.extend(t.columns.iter_mut().map(|c| &mut c.name)),
            Body::Composite(c) if is_self => {
                out.extend(c.attributes.iter_mut().map(|a| &mut a.name))
            }
            Body::Sequence(s) => out.extend(
                s.owned_by
                    .iter_mut()
                    .filter(|p| p.object == *relation)
                    .filter_map(|p| p.member.as_mut()),
            ),
            Body::Constraint(c) => {
                let own = c.table == *relation;
                match &mut c.body {
                    ConstraintBody::PrimaryKey(k) | ConstraintBody::Unique(k) if own => {
                        out.extend(k.columns.iter_mut().map(|c| &mut c.column));
                        out.extend(k.include.iter_mut());
                    }
                    ConstraintBody::ForeignKey(f) => {
                        if own {
                            out.extend(f.columns.iter_mut());
                            out.extend(f.set_columns.iter_mut());
                        }
                        if f.target == *relation {
                            out.extend(f.target_columns.iter_mut());
                        }
                    }
                    ConstraintBody::NotNull(column) if own => out.push(column),
                    ConstraintBody::Exclude(e) if own => {
                        out.extend(e.include.iter_mut());
                        for item in &mut e.items {
                            if let KeyExpr::Column(c) = &mut item.key.expr {
                                out.push(c);
                            }
                        }
                    }
                    _ => {}
                }
            }
            Body::Index(i) if i.table == *relation => {
                out.extend(i.include.iter_mut());
                for key in &mut i.keys {
                    if let KeyExpr::Column(c) = &mut key.expr {
                        out.push(c);
                    }
                }
            }
            Body::Trigger(t) if t.table == *relation => {
                for e in &mut t.events {
                    if let TriggerEvent::Update(columns) = e {
                        out.extend(columns.iter_mut());
                    }
                }
            }
            _ => {}
        }
        out
    }
}

impl Catalog {
    /// Renames a part and everything that refers to it. `write` gives the text for a ref under its new name, from the
    /// text that stood there. Texts become raw: settle the catalog's users afterwards.
    pub fn rename(&mut self, part: &Part, to: &Name, write: &dyn Fn(&str, &Ref) -> String) {
        let of = &part.object;
        let touched = match &part.member {
            Some(member) => {
                let touched = self.around(of);
                self.rename_member(&touched, of, member, to);
                touched
            }
            None if of.kind == Kind::Schema => {
                let extensions: Vec<ObjectId> =
                    self.of::<Extension>().map(|(id, _)| id.clone()).collect();
                for id in extensions {
                    if let Some(extension) = self.item_mut::<Extension>(&id)
                        && extension.schema.as_ref() == Some(&of.name)
                    {
                        extension.schema = Some(to.clone());
                    }
                }
                let moved = |id: &ObjectId| match id.schema == of.name {
                    true => Some(id.in_schema(to.clone())),
                    false => (id == of).then(|| renamed(id, to)),
                };
                self.rekey(self.objects.keys().cloned().collect(), &moved)
            }
            None => {
                let moved = |id: &ObjectId| match lives_in(id, of) {
                    true => Some(id.under(to.clone())),
                    false => (id == of).then(|| renamed(id, to)),
                };
                self.rekey(self.around(of), &moved)
            }
        };
        for id in &touched {
            for text in self
                .objects
                .get_mut(id)
                .into_iter()
                .flat_map(Object::texts_mut)
            {
                match of.kind == Kind::Schema && part.member.is_none() {
                    true => text.rename_schema(of, to, write),
                    false => text.rename(part, to, write),
                }
            }
        }
    }

    /// Moves an object (and what lives in its namespace, and a table's indexes) into another schema.
    pub fn relocate(&mut self, from: &ObjectId, schema: &Name) {
        if let Some(extension) = self.item_mut::<Extension>(from) {
            extension.schema = Some(schema.clone());
            return;
        }
        let around = self.around(from);
        let index_of = |id: &ObjectId| {
            self.item::<crate::index::Index>(id)
                .is_some_and(|i| i.table == *from)
        };
        let going: BTreeSet<ObjectId> = around
            .iter()
            .filter(|id| *id == from || lives_in(id, from) || index_of(id))
            .cloned()
            .collect();
        let moved = |id: &ObjectId| going.contains(id).then(|| id.in_schema(schema.clone()));
        for id in self.rekey(around, &moved) {
            for text in self
                .objects
                .get_mut(&id)
                .into_iter()
                .flat_map(Object::texts_mut)
            {
                if text.refs.iter().any(|r| r.part.object == *from) {
                    text.canon = crate::text::Canon::Raw;
                }
                for r in &mut text.refs {
                    if let Some(now) = moved(&r.part.object) {
                        r.part.object = now;
                    }
                }
            }
        }
    }

    /// The object, what lives in its namespace, and everyone who refers to one of these.
    pub fn around(&self, id: &ObjectId) -> BTreeSet<ObjectId> {
        let mut out: BTreeSet<ObjectId> = self.owned(id).map(|(id, _)| id.clone()).collect();
        out.retain(|owned| lives_in(owned, id));
        out.insert(id.clone());
        let users: Vec<ObjectId> = out
            .iter()
            .flat_map(|id| self.objects.users_of(id))
            .cloned()
            .collect();
        out.extend(users);
        self.below(id, &mut out);
        out
    }

    /// The partitions that have copies of what an object is or has.
    fn below(&self, id: &ObjectId, out: &mut BTreeSet<ObjectId>) {
        let owner = self.get(id).and_then(Object::owner_relation);
        let mut tables = vec![owner.unwrap_or(id)];
        while let Some(table) = tables.pop() {
            for (child, item) in self.using::<Table>(table) {
                let of = item.pg().and_then(|pg| pg.partition_of.as_ref());
                if of.is_some_and(|of| of.parent == *table) {
                    out.insert(child.clone());
                    tables.push(child);
                }
            }
        }
    }

    fn rename_member(
        &mut self,
        touched: &BTreeSet<ObjectId>,
        of: &ObjectId,
        member: &Name,
        to: &Name,
    ) {
        for id in touched {
            let Some(object) = self.objects.get_mut(id) else {
                continue;
            };
            if let Body::Enum(e) = &mut object.body
                && id == of
            {
                for v in e.values.iter_mut().filter(|v| *v == member.as_str()) {
                    *v = to.to_string();
                }
            }
            if id == of {
                if let Some(text) = object.member_comments.remove(member) {
                    object.member_comments.insert(to.clone(), text);
                }
                for g in object.grants.iter_mut().flatten() {
                    if g.column.as_ref() == Some(member) {
                        g.column = Some(to.clone());
                    }
                }
            }
            for name in object.columns_mut(of, id == of) {
                if name == member {
                    *name = to.clone();
                }
            }
        }
    }

    /// Gives objects their new ids, and follows them in all that refers to them but texts. The ids of now.
    fn rekey(
        &mut self,
        touched: BTreeSet<ObjectId>,
        moved: &dyn Fn(&ObjectId) -> Option<ObjectId>,
    ) -> BTreeSet<ObjectId> {
        let mut now = BTreeSet::new();
        let mut taken_out = Vec::new();
        for id in touched {
            let Some(mut object) = self.objects.remove(&id) else {
                continue;
            };
            for inner in object.ids_mut() {
                if let Some(new) = moved(inner) {
                    *inner = new;
                }
            }
            let place = self.places.remove(&id);
            taken_out.push((moved(&id).unwrap_or(id), object, place));
        }
        for (id, object, place) in taken_out {
            if let Some(place) = place {
                self.places.insert(id.clone(), place);
            }
            now.insert(id.clone());
            self.objects.insert(id, object);
        }
        for u in &mut self.unmodelled {
            if let Some(new) = u.on.as_ref().and_then(moved) {
                u.on = Some(new);
            }
        }
        now
    }
}

fn renamed(id: &ObjectId, to: &Name) -> ObjectId {
    id.named(to.clone())
}

/// Whether an object lives in the namespace of a relation or domain.
fn lives_in(id: &ObjectId, of: &ObjectId) -> bool {
    (of.kind.is_relation() || of.kind == Kind::Domain)
        && id.owner.as_ref() == Some(&of.name)
        && id.schema == of.schema
}
