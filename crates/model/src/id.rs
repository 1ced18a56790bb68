//! Names and ids: what an object is called, and which part of it is meant.
//!
//! Invariant: two names are equal when the engine would call them equal. SQLite compares without case, so a name
//! keeps a folded key beside its spelling; equality, order and hash look at the key only.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// A name with its engine's equality. Cheap to clone: names stand in every reference.
#[derive(Clone, Default)]
pub struct Name {
    key: Arc<str>,
    spelled: Option<Box<str>>,
}

impl Name {
    /// A name that is equal only to itself (PostgreSQL).
    pub fn exact(text: impl Into<String>) -> Self {
        Name {
            key: text.into().into(),
            spelled: None,
        }
    }
    /// A name that compares without ASCII case (SQLite).
    pub fn folded(text: impl Into<String>) -> Self {
        let text = text.into();
        let key = text.to_ascii_lowercase();
        let spelled = (key != text).then(|| text.into_boxed_str());
        Name {
            key: key.into(),
            spelled,
        }
    }
    /// What equality looks at.
    pub fn key(&self) -> &str {
        &self.key
    }
    /// As people wrote it.
    pub fn as_str(&self) -> &str {
        self.spelled.as_deref().unwrap_or(&self.key)
    }
    pub fn is_empty(&self) -> bool {
        self.key.is_empty()
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}
impl Eq for Name {}
impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key)
    }
}
impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

/// Every kind of object, in the order in which people like to read them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Schema,
    Extension,
    Enum,
    Composite,
    Domain,
    Range,
    BaseType,
    Sequence,
    Function,
    Procedure,
    Aggregate,
    Table,
    VirtualTable,
    Constraint,
    Index,
    View,
    MaterializedView,
    Trigger,
    Policy,
    Rule,
    Statistics,
    DefaultPrivileges,
    Event,
    Collation,
    Conversion,
    Operator,
    OperatorClass,
    OperatorFamily,
    TextSearchParser,
    TextSearchTemplate,
    TextSearchDictionary,
    TextSearchConfiguration,
    Cast,
    Transform,
    Language,
    AccessMethod,
    ForeignDataWrapper,
    Server,
    UserMapping,
    EventTrigger,
    Publication,
    Subscription,
    /// What statements call a table that a foreign server has; in a catalog it is a table.
    ForeignTable,
}

impl Kind {
    pub const ALL: [Kind; 42] = [
        Kind::Schema,
        Kind::Extension,
        Kind::Enum,
        Kind::Composite,
        Kind::Domain,
        Kind::Range,
        Kind::BaseType,
        Kind::Sequence,
        Kind::Function,
        Kind::Procedure,
        Kind::Aggregate,
        Kind::Table,
        Kind::VirtualTable,
        Kind::Constraint,
        Kind::Index,
        Kind::View,
        Kind::MaterializedView,
        Kind::Trigger,
        Kind::Policy,
        Kind::Rule,
        Kind::Statistics,
        Kind::DefaultPrivileges,
        Kind::Event,
        Kind::Collation,
        Kind::Conversion,
        Kind::Operator,
        Kind::OperatorClass,
        Kind::OperatorFamily,
        Kind::TextSearchParser,
        Kind::TextSearchTemplate,
        Kind::TextSearchDictionary,
        Kind::TextSearchConfiguration,
        Kind::Cast,
        Kind::Transform,
        Kind::Language,
        Kind::AccessMethod,
        Kind::ForeignDataWrapper,
        Kind::Server,
        Kind::UserMapping,
        Kind::EventTrigger,
        Kind::Publication,
        Kind::Subscription,
    ];

    /// Those that are made of clauses alone, each with its list in documents.
    pub const DEFINED: [(Kind, &str); 21] = [
        (Kind::Range, "range_types"),
        (Kind::BaseType, "base_types"),
        (Kind::Collation, "collations"),
        (Kind::Conversion, "conversions"),
        (Kind::Operator, "operators"),
        (Kind::OperatorClass, "operator_classes"),
        (Kind::OperatorFamily, "operator_families"),
        (Kind::TextSearchParser, "text_search_parsers"),
        (Kind::TextSearchTemplate, "text_search_templates"),
        (Kind::TextSearchDictionary, "text_search_dictionarys"),
        (Kind::TextSearchConfiguration, "text_search_configurations"),
        (Kind::Cast, "casts"),
        (Kind::Transform, "transforms"),
        (Kind::Language, "languages"),
        (Kind::AccessMethod, "access_methods"),
        (Kind::ForeignDataWrapper, "foreign_data_wrappers"),
        (Kind::Server, "servers"),
        (Kind::UserMapping, "user_mappings"),
        (Kind::EventTrigger, "event_triggers"),
        (Kind::Publication, "publications"),
        (Kind::Subscription, "subscriptions"),
    ];

    /// Its body is a [`crate::Definition`].
    pub fn is_defined(self) -> bool {
        Kind::DEFINED.iter().any(|(kind, _)| *kind == self)
    }

    /// Whether its objects live in a schema where the engine has schemas.
    pub fn has_schema(self) -> bool {
        !matches!(
            self,
            Kind::Schema
                | Kind::Extension
                | Kind::Cast
                | Kind::Transform
                | Kind::Language
                | Kind::AccessMethod
                | Kind::ForeignDataWrapper
                | Kind::Server
                | Kind::UserMapping
                | Kind::EventTrigger
                | Kind::Publication
                | Kind::Subscription
        )
    }

    /// Types share one namespace.
    pub const TYPES: [Kind; 5] = [
        Kind::Enum,
        Kind::Composite,
        Kind::Domain,
        Kind::Range,
        Kind::BaseType,
    ];

    /// The noun that people and scope patterns use.
    pub fn noun(self) -> &'static str {
        match self {
            Kind::Schema => "schema",
            Kind::Extension => "extension",
            Kind::Enum => "enum",
            Kind::Composite => "composite type",
            Kind::Domain => "domain",
            Kind::Range => "range type",
            Kind::BaseType => "base type",
            Kind::Sequence => "sequence",
            Kind::Function => "function",
            Kind::Procedure => "procedure",
            Kind::Aggregate => "aggregate",
            Kind::Table => "table",
            Kind::VirtualTable => "virtual table",
            Kind::Constraint => "constraint",
            Kind::Index => "index",
            Kind::View => "view",
            Kind::MaterializedView => "materialized view",
            Kind::Trigger => "trigger",
            Kind::Policy => "policy",
            Kind::Rule => "rule",
            Kind::Statistics => "statistics",
            Kind::DefaultPrivileges => "default privileges",
            Kind::Event => "event",
            Kind::Collation => "collation",
            Kind::Conversion => "conversion",
            Kind::Operator => "operator",
            Kind::OperatorClass => "operator class",
            Kind::OperatorFamily => "operator family",
            Kind::TextSearchParser => "text search parser",
            Kind::TextSearchTemplate => "text search template",
            Kind::TextSearchDictionary => "text search dictionary",
            Kind::TextSearchConfiguration => "text search configuration",
            Kind::Cast => "cast",
            Kind::Transform => "transform",
            Kind::Language => "language",
            Kind::AccessMethod => "access method",
            Kind::ForeignDataWrapper => "foreign data wrapper",
            Kind::Server => "server",
            Kind::UserMapping => "user mapping",
            Kind::EventTrigger => "event trigger",
            Kind::Publication => "publication",
            Kind::Subscription => "subscription",
            Kind::ForeignTable => "foreign table",
        }
    }

    /// The noun of what it has inside.
    pub fn member_noun(self) -> &'static str {
        match self {
            Kind::Enum => "value",
            Kind::Composite => "attribute",
            Kind::Domain => "check",
            _ => "column",
        }
    }

    /// Tables, views and what else stands in a FROM clause share one namespace.
    pub fn is_relation(self) -> bool {
        matches!(
            self,
            Kind::Table | Kind::VirtualTable | Kind::View | Kind::MaterializedView | Kind::Sequence
        )
    }
    pub fn is_type(self) -> bool {
        Kind::TYPES.contains(&self)
    }
    pub fn is_routine(self) -> bool {
        matches!(self, Kind::Function | Kind::Procedure | Kind::Aggregate)
    }
}

/// Which object. Cheap to clone, for ids stand in every reference: a clone shares the identity until it is changed.
#[derive(Clone)]
pub struct ObjectId(Arc<Identity>);

/// What an id says. `schema` is empty where the engine has none (SQLite) or where a name is not resolved yet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    pub schema: Name,
    /// The relation (or domain) whose namespace the name lives in: constraints, triggers and policies.
    pub owner: Option<Name>,
    pub kind: Kind,
    pub name: Name,
    /// The identity arguments of a routine, in canonical types.
    pub args: Option<String>,
}

impl Deref for ObjectId {
    type Target = Identity;
    fn deref(&self) -> &Identity {
        &self.0
    }
}
impl DerefMut for ObjectId {
    fn deref_mut(&mut self) -> &mut Identity {
        Arc::make_mut(&mut self.0)
    }
}
impl PartialEq for ObjectId {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}
impl Eq for ObjectId {}
impl PartialOrd for ObjectId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for ObjectId {
    fn cmp(&self, other: &Self) -> Ordering {
        match Arc::ptr_eq(&self.0, &other.0) {
            true => Ordering::Equal,
            false => self.0.cmp(&other.0),
        }
    }
}
impl Hash for ObjectId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectId")
            .field("schema", &self.schema)
            .field("owner", &self.owner)
            .field("kind", &self.kind)
            .field("name", &self.name)
            .field("args", &self.args)
            .finish()
    }
}

impl ObjectId {
    pub fn new(kind: Kind, schema: Name, name: Name) -> Self {
        ObjectId(Arc::new(Identity {
            schema,
            owner: None,
            kind,
            name,
            args: None,
        }))
    }
    /// A constraint, trigger, policy or rule of a relation.
    pub fn owned(kind: Kind, relation: &ObjectId, name: Name) -> Self {
        ObjectId::new(kind, relation.schema.clone(), name).under(relation.name.clone())
    }
    /// What `schema.name` means as the model keeps it as text (collations, operator classes); without a schema it is the
    /// engine's own, or not found yet.
    pub fn spelled(kind: Kind, text: &str) -> Option<Self> {
        let mut parts = vec![String::new()];
        let mut quoted = false;
        for c in text.chars() {
            match c {
                '"' => quoted = !quoted,
                '.' if !quoted => parts.push(String::new()),
                c => parts.last_mut()?.push(c),
            }
        }
        match parts.as_slice() {
            [schema, name] if schema != "pg_catalog" => Some(ObjectId::new(
                kind,
                Name::exact(schema.as_str()),
                Name::exact(name.as_str()),
            )),
            _ => None,
        }
    }
    pub fn with_args(&self, args: impl Into<String>) -> Self {
        self.with(|id| id.args = Some(args.into()))
    }
    pub fn without_args(&self) -> Self {
        self.with(|id| id.args = None)
    }
    pub fn named(&self, name: Name) -> Self {
        self.with(|id| id.name = name)
    }
    /// An extension's name is the database's: its schema is an attribute, not a part of the name.
    pub fn in_schema(&self, schema: Name) -> Self {
        if !self.kind.has_schema() {
            return self.clone();
        }
        self.with(|id| id.schema = schema)
    }
    /// As a catalog has it, whatever a statement calls it.
    pub fn as_kept(&self) -> Self {
        match self.kind {
            Kind::ForeignTable => self.of_kind(Kind::Table),
            _ => self.clone(),
        }
    }
    pub fn of_kind(&self, kind: Kind) -> Self {
        self.with(|id| id.kind = kind)
    }
    /// In the namespace of this relation (or domain).
    pub fn under(&self, owner: Name) -> Self {
        self.with(|id| id.owner = Some(owner))
    }
    fn with(&self, change: impl FnOnce(&mut Identity)) -> Self {
        let mut id = self.clone();
        change(&mut id);
        id
    }
    pub fn part(&self) -> Part {
        Part {
            object: self.clone(),
            member: None,
        }
    }
    pub fn member(&self, member: &Name) -> Part {
        Part {
            object: self.clone(),
            member: Some(member.clone()),
        }
    }
}

/// A name that cannot be taken for two: quoted where it holds more than letters, digits, `_` and `$`.
struct Plain<'a>(&'a Name);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.as_str();
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
        match text.chars().all(plain) {
            true => f.write_str(text),
            false => write!(f, "\"{}\"", text.replace('"', "\"\"")),
        }
    }
}

impl fmt::Display for ObjectId {
    /// `public.orders`, `orders.total_ck`, `f(integer)`: for people; the schema `public` stays unsaid.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.schema.is_empty() && self.schema.key() != "public" {
            write!(f, "{}.", Plain(&self.schema))?;
        }
        if let Some(owner) = &self.owner {
            write!(f, "{}.", Plain(owner))?;
        }
        match self.kind {
            // Signs, which nothing can be taken for.
            Kind::Operator => f.write_str(self.name.as_str())?,
            _ => write!(f, "{}", Plain(&self.name))?,
        }
        match &self.args {
            Some(args) if self.kind == Kind::OperatorClass || self.kind == Kind::OperatorFamily => {
                write!(f, " using {args}")
            }
            Some(args) => write!(f, "({args})"),
            None => Ok(()),
        }
    }
}

/// An object, or one member of it: a column, an enum value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Part {
    pub object: ObjectId,
    pub member: Option<Name>,
}

impl Part {
    pub fn whole(&self) -> Part {
        self.object.part()
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.member {
            Some(m) => write!(f, "{}.{}", self.object, Plain(m)),
            None => write!(f, "{}", self.object),
        }
    }
}
