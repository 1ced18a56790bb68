//! Schemas, extensions and the types that users make.

use crate::id::{Name, ObjectId, Part};
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

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Schema {}

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
