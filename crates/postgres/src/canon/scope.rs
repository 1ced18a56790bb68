//! What names mean at one place: the FROM items in reach, their columns, CTEs.
//!
//! Neighbours: `from` fills scopes, `column` looks names up. Invariant: what a frame is called by people does not reach
//! a canonical form: columns stand there as `number.name`, so that aliases may change freely.

use crate::types::Type;
use driftless_model::{ObjectId, Part};
use driftless_sql::{Ident, Tree};

/// A column in reach.
#[derive(Debug, Clone)]
pub(super) struct Col {
    pub name: String,
    /// What it is in the canonical form.
    pub tree: Tree,
    pub ty: Option<Type>,
    pub part: Option<Part>,
}

/// One FROM item.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    /// What people call it.
    pub alias: String,
    /// What canonical columns are qualified with; empty: nothing.
    pub prefix: String,
    pub source: Option<ObjectId>,
    /// The name is the relation's own: no alias was written.
    pub unaliased: bool,
    /// `None`: not known.
    pub columns: Option<Vec<Col>>,
    /// A function that gives plain values: its name means the value.
    pub scalar: bool,
}

impl Frame {
    pub fn column(&self, name: &str) -> Option<&Col> {
        self.columns.as_ref()?.iter().find(|c| c.name == name)
    }
    pub fn column_tree(&self, name: &str) -> Tree {
        qualified(&self.prefix, name)
    }
}

pub(super) fn qualified(prefix: &str, name: &str) -> Tree {
    if prefix.is_empty() {
        return Tree::Column(vec![Ident::new(name)]);
    }
    Tree::Column(vec![Ident::new(prefix), Ident::new(name)])
}

/// One level of a query.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    pub frames: Vec<Frame>,
    /// Unqualified names, merged columns of USING once.
    pub visible: Vec<Col>,
}

impl Scope {
    pub fn frame(&self, alias: &str) -> Option<&Frame> {
        self.frames.iter().find(|f| f.alias == alias)
    }
    /// A frame whose columns are not known may have any.
    pub fn open(&self) -> impl Iterator<Item = &Frame> {
        self.frames.iter().filter(|f| f.columns.is_none())
    }
}

/// A named query.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub name: String,
    pub columns: Option<Vec<(String, Option<Type>)>>,
}
