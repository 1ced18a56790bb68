//! One object: what every kind has, and the body that is its kind's own.
//!
//! Invariant: `Body` is the only list of kinds with data; a new kind is a struct, a variant here and its rows.

use crate::constraint::Constraint;
use crate::definition::Definition;
use crate::id::{Kind, Name, Part};
use crate::index::{Index, Statistics};
use crate::program::{Event, Function, Policy, Rule, Trigger};
use crate::table::{Sequence, Table, VirtualTable};
use crate::types::{Composite, DefaultPrivileges, Domain, Enum, Extension, Schema};
use crate::view::View;
use std::collections::BTreeMap;

/// Who made it be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Origin {
    #[default]
    Declared,
    /// Something else implied it (serial's sequence).
    Implied,
}

/// One privilege of one role.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// Empty: PUBLIC.
    pub role: String,
    /// In upper case.
    pub privilege: String,
    pub grantable: bool,
    /// A column, for column privileges.
    pub column: Option<crate::id::Name>,
}

#[derive(Debug, Clone)]
pub struct Object {
    pub body: Body,
    pub comment: Option<String>,
    /// Comments on a view's columns, a composite type's attributes, a domain's checks. A table's columns hold theirs.
    pub member_comments: BTreeMap<Name, String>,
    /// Known where a live catalog told; compared only where the aspect is managed.
    pub owner: Option<String>,
    /// `None`: the engine's default privileges (or not read).
    pub grants: Option<Vec<Grant>>,
    pub origin: Origin,
}

#[derive(Debug, Clone)]
pub enum Body {
    Schema(Schema),
    Extension(Extension),
    Enum(Enum),
    Composite(Composite),
    Domain(Box<Domain>),
    Sequence(Box<Sequence>),
    /// Functions and procedures.
    Function(Box<Function>),
    Table(Table),
    VirtualTable(VirtualTable),
    Constraint(Box<Constraint>),
    Index(Box<Index>),
    /// Views and materialized views.
    View(Box<View>),
    Trigger(Box<Trigger>),
    Policy(Box<Policy>),
    Rule(Box<Rule>),
    Statistics(Box<Statistics>),
    DefaultPrivileges(DefaultPrivileges),
    Event(Box<Event>),
    /// All kinds of [`Kind::DEFINED`].
    Definition(Box<Definition>),
}

macro_rules! bodies {
    ($($variant:ident($ty:ty)),* $(,)?) => { $(
        impl From<$ty> for Body {
            fn from(v: $ty) -> Body { Body::$variant(v.into()) }
        }
        impl Item for $ty {
            fn of(body: &Body) -> Option<&Self> {
                match body { Body::$variant(v) => Some(v), _ => None }
            }
            fn of_mut(body: &mut Body) -> Option<&mut Self> {
                match body { Body::$variant(v) => Some(v), _ => None }
            }
        }
    )* };
}

/// A kind's own struct inside a [`Body`].
pub trait Item: Sized + Clone + Into<Body> + 'static {
    fn of(body: &Body) -> Option<&Self>;
    fn of_mut(body: &mut Body) -> Option<&mut Self>;
}

bodies! {
    Schema(Schema), Extension(Extension), Enum(Enum), Composite(Composite), Domain(Domain), Sequence(Sequence),
    Function(Function), Table(Table), VirtualTable(VirtualTable), Constraint(Constraint), Index(Index), View(View),
    Trigger(Trigger), Policy(Policy), Rule(Rule), Statistics(Statistics), DefaultPrivileges(DefaultPrivileges), Event(Event),
    Definition(Definition),
}

impl Object {
    pub fn new(body: impl Into<Body>) -> Self {
        Object {
            body: body.into(),
            comment: None,
            member_comments: BTreeMap::new(),
            owner: None,
            grants: None,
            origin: Origin::Declared,
        }
    }
    pub fn get<T: Item>(&self) -> Option<&T> {
        T::of(&self.body)
    }
    pub fn get_mut<T: Item>(&mut self) -> Option<&mut T> {
        T::of_mut(&mut self.body)
    }

    /// Every part that it refers to outside of itself (its owner among them), possibly repeated.
    pub fn parts(&self) -> Vec<Part> {
        match &self.body {
            Body::Schema(_) | Body::Enum(_) | Body::VirtualTable(_) => Vec::new(),
            Body::DefaultPrivileges(_) => Vec::new(),
            Body::Event(e) => e.body.parts().cloned().collect(),
            Body::Extension(e) => e
                .schema
                .iter()
                .map(|s| crate::ObjectId::new(Kind::Schema, Name::default(), s.clone()).part())
                .collect(),
            Body::Composite(c) => c
                .attributes
                .iter()
                .flat_map(|a| {
                    a.ty.parts()
                        .chain(crate::types::collation(&a.collation))
                        .collect::<Vec<_>>()
                })
                .collect(),
            Body::Domain(d) => {
                let mut out: Vec<Part> = d.base.parts().collect();
                out.extend(crate::types::collation(&d.collation));
                out.extend(d.default.iter().flat_map(|t| t.parts().cloned()));
                out.extend(d.checks.iter().flat_map(|c| c.expr.parts().cloned()));
                out
            }
            Body::Sequence(s) => s.owned_by.iter().cloned().collect(),
            Body::Function(f) => f.parts(),
            Body::Table(t) => {
                let mut out: Vec<Part> = t.columns.iter().flat_map(|c| c.parts()).collect();
                if let Some(pg) = t.pg() {
                    out.extend(crate::types::method(pg.method.as_deref()));
                    out.extend(pg.foreign.iter().map(|f| f.server.part()));
                    out.extend(pg.of_type.iter().map(|t| t.part()));
                    out.extend(pg.inherits.iter().map(|p| p.part()));
                    out.extend(pg.partition_of.iter().map(|p| p.parent.part()));
                    out.extend(pg.partition_by.iter().flat_map(|p| p.parts().cloned()));
                }
                out
            }
            Body::Constraint(c) => c.parts(),
            Body::Index(i) => i.parts(),
            Body::View(v) => v.parts(),
            Body::Trigger(t) => t.parts(),
            Body::Policy(p) => p.parts(),
            Body::Rule(r) => r.parts(),
            Body::Statistics(s) => s.parts(),
            Body::Definition(d) => d.parts(),
        }
    }

    /// The comments on its columns, attributes or checks, by name.
    pub fn comments(&self) -> BTreeMap<&Name, &str> {
        let kept = self.member_comments.iter().map(|(n, c)| (n, c.as_str()));
        let columns = self.get::<Table>().into_iter().flat_map(|t| &t.columns);
        kept.chain(columns.filter_map(|c| Some((&c.name, c.comment.as_deref()?))))
            .collect()
    }

    /// Whether comments can name the member. A view whose columns are not known is given the benefit of the doubt.
    pub fn has_member(&self, member: &Name) -> bool {
        match &self.body {
            Body::Table(t) => t.column(member).is_some(),
            Body::Composite(c) => c.attributes.iter().any(|a| a.name == *member),
            Body::Domain(d) => d.checks.iter().any(|c| c.name == *member),
            Body::View(v) => v.output.is_empty() || v.output.iter().any(|(n, _)| n == member),
            _ => false,
        }
    }

    /// Comments a member, or takes its comment away.
    pub fn comment_member(&mut self, member: &Name, text: Option<String>) {
        if let Some(table) = self.get_mut::<Table>() {
            if let Some(column) = table.column_mut(member) {
                column.comment = text;
            }
            return;
        }
        match text {
            Some(text) => self.member_comments.insert(member.clone(), text),
            None => self.member_comments.remove(member),
        };
    }

    /// The relation that owns it: it dies with that one.
    pub fn owner_relation(&self) -> Option<&crate::id::ObjectId> {
        match &self.body {
            Body::Constraint(c) => Some(&c.table),
            Body::Index(i) => Some(&i.table),
            Body::Trigger(t) => Some(&t.table),
            Body::Policy(p) => Some(&p.table),
            Body::Rule(r) => Some(&r.table),
            Body::Statistics(s) => Some(&s.table),
            _ => None,
        }
    }
}

impl Body {
    /// The kinds whose objects carry this body.
    pub fn fits(&self, kind: Kind) -> bool {
        match self {
            Body::Schema(_) => kind == Kind::Schema,
            Body::Extension(_) => kind == Kind::Extension,
            Body::Enum(_) => kind == Kind::Enum,
            Body::Composite(_) => kind == Kind::Composite,
            Body::Domain(_) => kind == Kind::Domain,
            Body::Sequence(_) => kind == Kind::Sequence,
            Body::Function(_) => kind.is_routine(),
            Body::Table(_) => kind == Kind::Table,
            Body::VirtualTable(_) => kind == Kind::VirtualTable,
            Body::Constraint(_) => kind == Kind::Constraint,
            Body::Index(_) => kind == Kind::Index,
            Body::View(_) => matches!(kind, Kind::View | Kind::MaterializedView),
            Body::Trigger(_) => kind == Kind::Trigger,
            Body::Policy(_) => kind == Kind::Policy,
            Body::Rule(_) => kind == Kind::Rule,
            Body::Statistics(_) => kind == Kind::Statistics,
            Body::DefaultPrivileges(_) => kind == Kind::DefaultPrivileges,
            Body::Event(_) => kind == Kind::Event,
            Body::Definition(_) => kind.is_defined(),
        }
    }
}
