//! What a column of a query is called where nobody says (the server's `FigureColname`).
//!
//! Neighbours: `query` asks with the tree as written. Invariant: needs no types except the names of written ones.

use driftless_sql::{SetExpr, Tree};

/// The name of an output column.
pub(super) fn of(tree: &Tree, label: &dyn Fn(&str) -> Option<String>) -> String {
    figure(tree, label).map_or_else(|| "?column?".to_owned(), |(name, _)| name)
}

/// The name, and whether it is a strong one (a type's name is not).
fn figure(tree: &Tree, label: &dyn Fn(&str) -> Option<String>) -> Option<(String, bool)> {
    let strong = |name: &str| Some((name.to_owned(), true));
    match tree {
        Tree::Column(parts) => strong(&parts.last()?.text),
        Tree::Field(_, field) => strong(&field.text),
        Tree::Subscript(base, _) | Tree::Collate(base, _) => figure(base, label),
        Tree::Call { name, .. } => strong(&name.last()?.text),
        Tree::Cast(inner, ty) => match figure(inner, label) {
            Some((name, true)) => Some((name, true)),
            weak => label(&ty.text).map(|name| (name, false)).or(weak),
        },
        Tree::Case { otherwise, .. } => {
            let name = otherwise
                .as_ref()
                .and_then(|o| figure(o, label))
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
        Tree::Query(query) => first(&query.body, label),
        _ => None,
    }
}

/// A scalar subquery is called like its column.
fn first(body: &SetExpr, label: &dyn Fn(&str) -> Option<String>) -> Option<(String, bool)> {
    match body {
        SetExpr::Select(select) => {
            let item = select.items.first()?;
            match &item.alias {
                Some(alias) => Some((alias.text.clone(), true)),
                None => figure(&item.expr, label),
            }
        }
        SetExpr::Set(_, left, _) => first(left, label),
        SetExpr::Query(query) => first(&query.body, label),
        SetExpr::Values(_) => Some(("column1".to_owned(), true)),
    }
}
