//! What a column of a query is called where nobody says (the server's `FigureColname`).
//!
//! Neighbours: `query` asks with the tree as written. Invariant: needs no types except the names of written ones.

use driftless_sql::{SetExpr, Tree};

/// How types are called, on this server.
pub(super) struct Labels<'l> {
    /// The name of a written type.
    pub of_type: &'l dyn Fn(&str) -> Option<String>,
    /// TRUE and FALSE are casts to `bool`, and called so.
    pub booleans: bool,
}

/// The name of an output column.
pub(super) fn of(tree: &Tree, labels: &Labels) -> String {
    figure(tree, labels).map_or_else(|| "?column?".to_owned(), |(name, _)| name)
}

/// The name, and whether it is a strong one (a type's name is not).
fn figure(tree: &Tree, labels: &Labels) -> Option<(String, bool)> {
    let strong = |name: &str| Some((name.to_owned(), true));
    match tree {
        Tree::Column(parts) => strong(&parts.last()?.text),
        Tree::Field(_, field) => strong(&field.text),
        Tree::Subscript(base, _) | Tree::Collate(base, _) => figure(base, labels),
        Tree::Call { name, .. } => strong(&name.last()?.text),
        Tree::Cast(inner, ty) => match figure(inner, labels) {
            Some((name, true)) => Some((name, true)),
            weak => (labels.of_type)(&ty.text)
                .map(|name| (name, false))
                .or(weak),
        },
        Tree::Bool(_) if labels.booleans => Some(("bool".to_owned(), false)),
        Tree::Case { otherwise, .. } => {
            let name = otherwise
                .as_ref()
                .and_then(|o| figure(o, labels))
                .filter(|(_, strong)| *strong);
            name.or_else(|| Some(("case".to_owned(), false)))
        }
        Tree::Array(_) | Tree::ArrayQuery(_) => strong("array"),
        Tree::Row(_) => strong("row"),
        Tree::Op(name, _) => match name.as_str() {
            "exists" => strong("exists"),
            "at time zone" => strong("timezone"),
            _ => None,
        },
        Tree::Query(query) => first(&query.body, labels),
        _ => None,
    }
}

/// A scalar subquery is called like its column.
fn first(body: &SetExpr, labels: &Labels) -> Option<(String, bool)> {
    match body {
        SetExpr::Select(select) => {
            let item = select.items.first()?;
            match &item.alias {
                Some(alias) => Some((alias.text.clone(), true)),
                None => figure(&item.expr, labels),
            }
        }
        SetExpr::Set(_, left, _) => first(left, labels),
        SetExpr::Query(query) => first(&query.body, labels),
        SetExpr::Values(_) => Some(("column1".to_owned(), true)),
    }
}
