//! Names and pieces of SQL as MySQL writes them.
//!
//! Neighbours: `grammar` reads, `print` writes. Invariant: identifiers are quoted here and nowhere else.

use driftless_model::{Kind, Name, ObjectId};
use driftless_sql::{Syntax, quote_name, quote_text};

/// Both products quote alike.
const QUOTES: Syntax = Syntax::Mysql;

/// The name as it is written in SQL.
pub fn quoted(name: &Name) -> String {
    quote_name(name.as_str(), QUOTES)
}

/// `a`, or `other`.`a`.
pub fn qualified(id: &ObjectId) -> String {
    match id.schema.is_empty() {
        true => quoted(&id.name),
        false => format!("{}.{}", quoted(&id.schema), quoted(&id.name)),
    }
}

/// `(a, b)`
pub fn quoted_list<'n>(names: impl IntoIterator<Item = &'n Name>) -> String {
    let list: Vec<String> = names.into_iter().map(quoted).collect();
    format!("({})", list.join(", "))
}

/// A string literal.
pub fn literal(text: &str) -> String {
    quote_text(text, QUOTES)
}

pub fn id(kind: Kind, name: impl Into<String>) -> ObjectId {
    ObjectId::new(kind, Name::default(), Name::folded(name))
}
