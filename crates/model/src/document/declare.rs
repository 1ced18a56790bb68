//! The YAML form of a desired state → objects as a grammar gives them: names as written, texts raw, with their places.
//!
//! Neighbours: `vocabulary` lists the keys, `driftless_sql::yaml` gives the tree; the planner makes Actions of what
//! comes out and applies them among those of SQL files. Invariant: a document is first held against the vocabulary as
//! a whole, so what builds objects meets no key and no type that it does not expect.

mod check;
mod member;
mod program;
mod reader;
mod relation;

use crate::catalog::Dialect;
use crate::id::{ObjectId, Part};
use crate::object::{Grant, Object};
use crate::table::Column;
use driftless_sql::yaml::parse;
use driftless_sql::{Diagnostic, Place, SourceId};
use reader::Reader;

/// What a document declares, in its order, and what is wrong with it.
#[derive(Debug, Default)]
pub struct Document {
    pub declarations: Vec<Declaration>,
    pub hints: Vec<Hint>,
    pub problems: Vec<Diagnostic>,
}

/// What one SQL statement would say: an object, or a table with its constraints.
#[derive(Debug, Default)]
pub struct Declaration {
    /// The schema whose objects unqualified names mean first.
    pub schema: Option<String>,
    pub steps: Vec<(Step, Place)>,
    /// Names that it speaks of, and where.
    pub mentions: Vec<(String, Place)>,
}

#[derive(Debug)]
pub enum Step {
    Create(ObjectId, Object),
    /// A schema, which several documents may speak of.
    Ensure(ObjectId, Object),
    Comment(ObjectId, String),
    Owner(ObjectId, String),
    /// All that anybody may do with it.
    Grants(ObjectId, Vec<Grant>),
    OwnedBy(ObjectId, Part),
    /// The index becomes one of the partitioned index.
    Attach {
        parent: ObjectId,
        index: ObjectId,
    },
    /// What an inherited column has of its own.
    Override(ObjectId, Box<Column>),
}

/// What a diff cannot know: the directive's key, its text and where it stands.
#[derive(Debug)]
pub struct Hint {
    pub part: Part,
    pub key: &'static str,
    pub text: String,
    pub place: Place,
    pub schema: Option<String>,
}

/// Reads a document.
pub fn declare(text: &str, source: SourceId, dialect: Dialect) -> Document {
    let (root, mut problems) = match parse(text, source) {
        Ok(parsed) => parsed,
        Err(problem) => {
            return Document {
                problems: vec![problem],
                ..Document::default()
            };
        }
    };
    problems.extend(check::check(&root, dialect));
    if !problems.is_empty() {
        return Document {
            problems,
            ..Document::default()
        };
    }
    let mut reader = Reader::new(text, dialect);
    reader.root(&root);
    reader.out
}
