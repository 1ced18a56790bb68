//! The shape of a query without what says nothing: brackets, names that no one sees, DISTINCT that comes again later.
//!
//! Neighbour: `query` calls it on its way. Invariant: the rows of the query stay the same ones.

use driftless_sql::{Query, SetExpr, Tree};

pub fn not_in(tree: &mut Tree) {
    if let Tree::Op(op, args) = tree
        && op == "is false"
        && let [Tree::Op(inner, more)] = args.as_mut_slice()
        && inner == "in query"
    {
        *tree = Tree::Op("not in query".into(), std::mem::take(more));
    }
}

/// Brackets around the whole of a query say nothing.
pub fn unwrap(query: &mut Query) {
    while query.with.is_empty()
        && query.order_by.is_empty()
        && query.limit.is_none()
        && query.offset.is_none()
        && query.locks.is_empty()
        && let SetExpr::Query(inner) = &mut query.body
    {
        let inner = std::mem::replace(inner.as_mut(), empty());
        *query = inner;
    }
}

fn empty() -> Query {
    Query {
        recursive: false,
        with: Vec::new(),
        body: SetExpr::Values(Vec::new()),
        order_by: Vec::new(),
        limit: None,
        offset: None,
        locks: Vec::new(),
    }
}

/// A part of a union in brackets that do nothing.
pub fn bare(body: &mut SetExpr) {
    while let SetExpr::Query(query) = body
        && query.with.is_empty()
        && query.order_by.is_empty()
        && query.limit.is_none()
        && query.offset.is_none()
        && query.locks.is_empty()
    {
        *body = std::mem::replace(&mut query.body, SetExpr::Values(Vec::new()));
    }
}

pub fn unname(body: &mut SetExpr) {
    match body {
        SetExpr::Select(select) => select.items.iter_mut().for_each(|i| i.alias = None),
        SetExpr::Set(_, left, right) => {
            unname(left);
            unname(right);
        }
        SetExpr::Query(query) => unname(&mut query.body),
        SetExpr::Values(_) => {}
    }
}

pub fn distinct(body: &mut SetExpr) {
    if let SetExpr::Set(op, left, right) = body
        && op.starts_with("union")
    {
        *op = "union".into();
        distinct(left);
        distinct(right);
    }
}

/// `a UNION (b UNION c)` is `a UNION b UNION c`.
pub fn rotate(left: &mut Box<SetExpr>, right: &mut Box<SetExpr>) {
    while let SetExpr::Set(op, first, second) = right.as_mut()
        && op == "union"
    {
        let none = || SetExpr::Values(Vec::new());
        let (first, second) = (
            std::mem::replace(first.as_mut(), none()),
            std::mem::replace(second.as_mut(), none()),
        );
        let before = std::mem::replace(left.as_mut(), none());
        let mut before = Box::new(before);
        let mut middle = Box::new(first);
        rotate(&mut before, &mut middle);
        **left = SetExpr::Set("union".into(), before, middle);
        **right = second;
    }
}
