//! Normal form: expressions and queries as trees, folded by SQLite's rules; what is not understood as tokens.
//!
//! Neighbours: `scan` finds what a text refers to. Invariant: settling derives `canon`, `refs` and `certain` from
//! `written` and the catalog alone; it adds nothing.

mod output;
mod scan;

pub use output::output;
pub use scan::{Missing, columns_of, missing_columns, missing_relations};

use crate::text::{SYNTAX, normal, unqualified, unwrapped};
use driftless_model::{Canon, Catalog, Name, ObjectId, SqlText};
use driftless_sql::{Ident, Query, Tree, read_expr, read_query, tree_text};

/// Names that a row has besides its columns.
pub const ROWID: &[&str] = &["rowid", "_rowid_", "oid"];

/// An expression over one table's columns: a check, a generated column, an index key or its filter.
pub fn settle_expr(text: &mut SqlText, table: &ObjectId, catalog: &Catalog) {
    let columns = columns_of(catalog, table).unwrap_or_default();
    let found = scan::scan(&text.written, catalog, Some(table), scan::Mode::Expr);
    text.refs = found.refs;
    text.certain = true;
    text.canon = match read_expr(&text.written, SYNTAX) {
        Ok(mut tree) => {
            let written = text.written.as_str();
            tree.map(&mut |node| fold(node, written, &columns, Some(&table.name)));
            Canon::Tree(tree)
        }
        Err(_) => Canon::Tokens(normal(unwrapped(&text.written))),
    };
}

/// The expression in one spelling, whatever its table's columns are.
pub fn spelling(written: &str, table: &Name) -> String {
    match read_expr(written, SYNTAX) {
        Ok(mut tree) => {
            // Without text no name is taken for a string.
            tree.map(&mut |node| fold(node, "", &[], Some(table)));
            tree_text(&tree)
        }
        Err(_) => normal(unwrapped(&unqualified(written, table))),
    }
}

/// A default: it reads no columns.
pub fn settle_default(text: &mut SqlText) {
    text.refs.clear();
    text.certain = true;
    text.canon = Canon::Tokens(normal(unwrapped(&text.written)));
}

/// A view's query. Gives the tree, where it was understood.
pub fn settle_query(text: &mut SqlText, catalog: &Catalog) -> Option<Query> {
    let found = scan::scan(&text.written, catalog, None, scan::Mode::Query);
    text.certain = found.missing.is_empty();
    let columns: Vec<Option<Vec<Name>>> = found
        .relations
        .iter()
        .map(|r| columns_of(catalog, r))
        .collect();
    let closed = !found.foreign && columns.iter().all(Option::is_some);
    let known: Vec<Name> = columns
        .into_iter()
        .flatten()
        .flatten()
        .chain(found.aliases)
        .collect();
    text.refs = found.refs;
    match read_query(&text.written, SYNTAX) {
        Ok(mut query) => {
            let raw = query.clone();
            text.certain &= !(closed && names_nothing(&mut query, &known));
            let written = text.written.as_str();
            query.map(&mut |node| fold(node, written, &known, None));
            text.canon = Canon::Query(Box::new(query));
            Some(raw)
        }
        Err(_) => {
            text.canon = Canon::Tokens(normal(&text.written));
            None
        }
    }
}

/// A plain name in the query is no column of any relation that it reads, nor a name that the query itself gives.
fn names_nothing(query: &mut Query, known: &[Name]) -> bool {
    let mut out = false;
    query.map(&mut |node| {
        if let Tree::Column(path) = node
            && let [name] = path.as_slice()
        {
            let key = name.text.to_ascii_lowercase();
            out |= !name.quoted
                && !ROWID.contains(&key.as_str())
                && !known.iter().any(|k| k.key() == key);
        }
    });
    out
}

/// A trigger's condition or statements.
pub fn settle_body(text: &mut SqlText, table: &ObjectId, catalog: &Catalog) {
    let found = scan::scan(&text.written, catalog, Some(table), scan::Mode::Body);
    text.refs = found.refs;
    text.certain = found.missing.is_empty();
    text.canon = Canon::Tokens(normal(unwrapped(&text.written)));
}

/// SQLite keeps the text of everything, so two texts that differ in their normal form differ for certain.
pub fn same_text(before: &SqlText, after: &SqlText) -> bool {
    before.written == after.written || (before.canon != Canon::Raw && before.canon == after.canon)
}

pub fn same_option(before: &Option<SqlText>, after: &Option<SqlText>) -> bool {
    match (before, after) {
        (None, None) => true,
        (Some(b), Some(a)) => same_text(b, a),
        _ => false,
    }
}

/// Folds one node whose children are folded.
fn fold(node: &mut Tree, written: &str, columns: &[Name], own: Option<&Name>) {
    match node {
        Tree::Column(path) => {
            if let [qualifier, _] = path.as_slice()
                && own.is_some_and(|t| t.key() == qualifier.text.to_ascii_lowercase())
            {
                path.remove(0);
            }
            if let [name] = path.as_slice()
                && is_string(name, written, columns)
            {
                *node = Tree::Text(name.text.clone());
                return;
            }
            lower(path);
        }
        Tree::Star(path) | Tree::Collate(_, path) => lower(path),
        Tree::Call { name, .. } => lower(name),
        Tree::Cast(_, ty) => ty.text.make_ascii_lowercase(),
        Tree::Number(digits) => digits.make_ascii_lowercase(),
        _ => {}
    }
}

fn lower(path: &mut [Ident]) {
    for part in path {
        part.text.make_ascii_lowercase();
    }
}

/// `"x"` that names nothing is a string (SQLite's quirks page, "Double-quoted String Literals Are Accepted").
fn is_string(name: &Ident, written: &str, columns: &[Name]) -> bool {
    let key = name.text.to_ascii_lowercase();
    name.quoted
        && name.span.of(written).starts_with('"')
        && !ROWID.contains(&key.as_str())
        && !columns.iter().any(|c| c.key() == key)
}
