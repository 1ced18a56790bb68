//! Schemas, extensions and the types that users make.

use crate::id::{Kind, Name, ObjectId, Part};
use crate::text::SqlText;

/// A column's type in the dialect's canonical spelling, user types qualified.
#[derive(Debug, Clone, Default)]
pub struct TypeRef {
    /// As emitted and compared (`numeric(12,2)`, `public.mood[]`).
    pub text: String,
    /// The user type behind it.
    pub target: Option<ObjectId>,
}

impl PartialEq for TypeRef {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl TypeRef {
    pub fn new(text: impl Into<String>) -> Self {
        TypeRef {
            text: text.into(),
            target: None,
        }
    }
    pub fn parts(&self) -> impl Iterator<Item = Part> + '_ {
        self.target.iter().map(ObjectId::part)
    }
}

/// The collation that is named with its schema.
pub(crate) fn collation(text: &Option<String>) -> Option<Part> {
    let id = ObjectId::spelled(Kind::Collation, text.as_deref()?)?;
    Some(id.part())
}

/// The access method that a table or index says; the engine's own are no objects.
pub(crate) fn method(name: Option<&str>) -> Option<Part> {
    const OWN: [&str; 7] = ["heap", "btree", "hash", "gist", "gin", "spgist", "brin"];
    let name = name.filter(|m| !m.is_empty() && !OWN.contains(m))?;
    let id = ObjectId::new(Kind::AccessMethod, Name::default(), Name::exact(name));
    Some(id.part())
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Schema {}

/// What a role's new objects let others do. Its id says all of it: the schema (none: every one), as `name` what they
/// are (`tables`), as `args` the role that makes them; what they let do are its grants. It is there only while that
/// differs from what the engine gives.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DefaultPrivileges {}

impl DefaultPrivileges {
    /// The role that makes the objects, where none is said.
    pub const MAKER: &'static str = "current_user";

    /// Those of one role on what is called `on`, in a schema or (unnamed) everywhere.
    pub fn id(role: &str, schema: &Name, on: &str) -> ObjectId {
        let name = Name::exact(on);
        ObjectId::new(Kind::DefaultPrivileges, schema.clone(), name).with_args(role)
    }

    /// Those that a new object is made under: everywhere, and in its schema.
    pub fn over(id: &ObjectId) -> Vec<ObjectId> {
        let on = match id.kind {
            Kind::Table | Kind::View | Kind::MaterializedView => "tables",
            Kind::Sequence => "sequences",
            Kind::Function | Kind::Procedure | Kind::Aggregate => "functions",
            kind if kind.is_type() => "types",
            Kind::Schema => return vec![Self::id(Self::MAKER, &Name::default(), "schemas")],
            _ => return Vec::new(),
        };
        let schemas = [Name::default(), id.schema.clone()];
        schemas.map(|s| Self::id(Self::MAKER, &s, on)).to_vec()
    }
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Extension {
    /// Only what was stated; `None` is the default version.
    pub version: Option<String>,
    /// Where its members live.
    pub schema: Option<Name>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Enum {
    pub values: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    pub name: Name,
    pub ty: TypeRef,
    pub collation: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Composite {
    pub attributes: Vec<Attribute>,
}

#[derive(Debug, Clone)]
pub struct DomainCheck {
    pub name: Name,
    pub expr: SqlText,
    pub validated: bool,
}

#[derive(Debug, Clone, Default)]
pub struct Domain {
    pub base: TypeRef,
    pub not_null: bool,
    pub default: Option<SqlText>,
    pub collation: Option<String>,
    pub checks: Vec<DomainCheck>,
}
