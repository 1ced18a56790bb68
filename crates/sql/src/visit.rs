//! Walking and rewriting of trees: the children of each node, in the order they are written.
//!
//! Neighbours: the dialects resolve names with `for_each_child`, keeping their own scopes; `walk` and `map` are for
//! what needs none. Invariant: every `Tree` and every `Query` below a node is visited exactly once.

use crate::tree::{From, Query, Select, SetExpr, SortKey, Tree, Window};

/// What a node has below itself.
pub enum Child<'t> {
    Tree(&'t Tree),
    Query(&'t Query),
}

/// As [`Child`], to change.
pub enum ChildMut<'t> {
    Tree(&'t mut Tree),
    Query(&'t mut Query),
}

/// One body for both: `$r` is `&` or `&mut`.
macro_rules! visitors {
    ($child:ident, $iter:ident, $tree:ident, $query:ident, $set:ident, $select:ident, $from:ident,
     $keys:ident, $window:ident, [$($r:tt)+]) => {
        fn $keys(keys: $($r)+ [SortKey], f: &mut dyn FnMut($child<'_>)) {
            for key in keys {
                f($child::Tree($($r)+ key.expr));
            }
        }

        fn $window(window: $($r)+ Window, f: &mut dyn FnMut($child<'_>)) {
            for tree in window.partition_by.$iter() {
                f($child::Tree(tree));
            }
            $keys($($r)+ window.order_by, f);
        }

        fn $tree(tree: $($r)+ Tree, f: &mut dyn FnMut($child<'_>)) {
            match tree {
                Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) | Tree::Bits(..) | Tree::Column(_)
                | Tree::Star(_) | Tree::Param(_) => {}
                Tree::Op(_, list) | Tree::Array(list) | Tree::Row(list) => {
                    for tree in list {
                        f($child::Tree(tree));
                    }
                }
                Tree::Call { name: _, args, bare: _, keyworded: _, distinct: _, order_by, within_group, filter, over } => {
                    for tree in args {
                        f($child::Tree(tree));
                    }
                    $keys(order_by, f);
                    $keys(within_group, f);
                    if let Some(filter) = filter {
                        f($child::Tree(filter));
                    }
                    if let Some(over) = over {
                        $window(over, f);
                    }
                }
                Tree::Named(_, tree) | Tree::Cast(tree, _) | Tree::Collate(tree, _) | Tree::Field(tree, _) => {
                    f($child::Tree(tree));
                }
                Tree::Case { operand, whens, otherwise } => {
                    if let Some(operand) = operand {
                        f($child::Tree(operand));
                    }
                    for (when, then) in whens {
                        f($child::Tree(when));
                        f($child::Tree(then));
                    }
                    if let Some(otherwise) = otherwise {
                        f($child::Tree(otherwise));
                    }
                }
                Tree::Subscript(tree, parts) => {
                    f($child::Tree(tree));
                    for (from, to, _) in parts {
                        if let Some(from) = from {
                            f($child::Tree(from));
                        }
                        if let Some(to) = to {
                            f($child::Tree(to));
                        }
                    }
                }
                Tree::ArrayQuery(query) | Tree::Query(query) => f($child::Query(query)),
            }
        }

        fn $query(query: $($r)+ Query, f: &mut dyn FnMut($child<'_>)) {
            for cte in query.with.$iter() {
                f($child::Query($($r)+ cte.query));
            }
            $set($($r)+ query.body, f);
            $keys($($r)+ query.order_by, f);
            if let Some(limit) = $($r)+ query.limit {
                f($child::Tree(limit));
            }
            if let Some(offset) = $($r)+ query.offset {
                f($child::Tree(offset));
            }
        }

        fn $set(body: $($r)+ SetExpr, f: &mut dyn FnMut($child<'_>)) {
            match body {
                SetExpr::Select(select) => $select(select, f),
                SetExpr::Set(_, left, right) => {
                    $set(left, f);
                    $set(right, f);
                }
                SetExpr::Values(rows) => {
                    for tree in rows.$iter().flatten() {
                        f($child::Tree(tree));
                    }
                }
                SetExpr::Query(query) => f($child::Query(query)),
            }
        }

        fn $select(select: $($r)+ Select, f: &mut dyn FnMut($child<'_>)) {
            for tree in select.distinct_on.$iter() {
                f($child::Tree(tree));
            }
            for item in select.items.$iter() {
                f($child::Tree($($r)+ item.expr));
            }
            for from in select.from.$iter() {
                $from(from, f);
            }
            for tree in select.filter.$iter().chain(select.group_by.$iter()).chain(select.having.$iter()) {
                f($child::Tree(tree));
            }
            for (_, window) in select.windows.$iter() {
                $window(window, f);
            }
        }

        fn $from(from: $($r)+ From, f: &mut dyn FnMut($child<'_>)) {
            match from {
                From::Table { .. } => {}
                From::Query { query, .. } => f($child::Query(query)),
                From::Call { call, .. } => f($child::Tree(call)),
                From::Join { kind: _, left, right, on, using: _ } => {
                    $from(left, f);
                    $from(right, f);
                    if let Some(on) = on {
                        f($child::Tree(on));
                    }
                }
            }
        }
    };
}

visitors!(
    Child, iter, tree_children, query_children, set_children, select_children,
    from_children, keys_children, window_children, [&]
);
visitors!(
    ChildMut, iter_mut, tree_children_mut, query_children_mut, set_children_mut,
    select_children_mut, from_children_mut, keys_children_mut, window_children_mut, [&mut]
);

impl Tree {
    /// The direct children.
    pub fn for_each_child(&self, f: &mut dyn FnMut(Child<'_>)) {
        tree_children(self, f);
    }

    pub fn for_each_child_mut(&mut self, f: &mut dyn FnMut(ChildMut<'_>)) {
        tree_children_mut(self, f);
    }

    /// This node and all below it, also inside queries, parents first.
    pub fn walk(&self, f: &mut dyn FnMut(&Tree)) {
        f(self);
        self.for_each_child(&mut |child| match child {
            Child::Tree(tree) => tree.walk(f),
            Child::Query(query) => query.walk(f),
        });
    }

    /// Changes all nodes below this one, also inside queries, then this one.
    pub fn map(&mut self, f: &mut dyn FnMut(&mut Tree)) {
        self.for_each_child_mut(&mut |child| match child {
            ChildMut::Tree(tree) => tree.map(f),
            ChildMut::Query(query) => query.map(f),
        });
        f(self);
    }
}

impl Query {
    /// The expressions and queries directly in this query: CTEs, items, FROM, clauses.
    pub fn for_each_child(&self, f: &mut dyn FnMut(Child<'_>)) {
        query_children(self, f);
    }

    pub fn for_each_child_mut(&mut self, f: &mut dyn FnMut(ChildMut<'_>)) {
        query_children_mut(self, f);
    }

    /// All expressions below, also in inner queries, parents first.
    pub fn walk(&self, f: &mut dyn FnMut(&Tree)) {
        self.for_each_child(&mut |child| match child {
            Child::Tree(tree) => tree.walk(f),
            Child::Query(query) => query.walk(f),
        });
    }

    /// Changes all expressions below, also in inner queries, children first.
    pub fn map(&mut self, f: &mut dyn FnMut(&mut Tree)) {
        self.for_each_child_mut(&mut |child| match child {
            ChildMut::Tree(tree) => tree.map(f),
            ChildMut::Query(query) => query.map(f),
        });
    }

    /// This query and all inner ones, outer first.
    pub fn walk_queries(&self, f: &mut dyn FnMut(&Query)) {
        f(self);
        self.for_each_child(&mut |child| match child {
            Child::Tree(tree) => tree.walk_queries(f),
            Child::Query(query) => query.walk_queries(f),
        });
    }

    /// Every FROM item of this query and of all inner ones, joins before their sides.
    pub fn walk_from(&self, f: &mut dyn FnMut(&From)) {
        self.walk_queries(&mut |query| {
            query.for_each_select(&mut |select| {
                for from in &select.from {
                    from.walk(f);
                }
            });
        });
    }

    /// The SELECTs of this query's body; those of inner queries are not entered.
    pub fn for_each_select(&self, f: &mut dyn FnMut(&Select)) {
        selects(&self.body, f);
    }
}

fn selects(body: &SetExpr, f: &mut dyn FnMut(&Select)) {
    match body {
        SetExpr::Select(select) => f(select),
        SetExpr::Set(_, left, right) => {
            selects(left, f);
            selects(right, f);
        }
        SetExpr::Values(_) | SetExpr::Query(_) => {}
    }
}

impl Tree {
    /// All queries below, outer first.
    pub fn walk_queries(&self, f: &mut dyn FnMut(&Query)) {
        self.for_each_child(&mut |child| match child {
            Child::Tree(tree) => tree.walk_queries(f),
            Child::Query(query) => query.walk_queries(f),
        });
    }
}

impl Select {
    /// The expressions and queries directly in this SELECT.
    pub fn for_each_child(&self, f: &mut dyn FnMut(Child<'_>)) {
        select_children(self, f);
    }

    pub fn for_each_child_mut(&mut self, f: &mut dyn FnMut(ChildMut<'_>)) {
        select_children_mut(self, f);
    }
}

impl From {
    /// This item and, of a join, its sides.
    pub fn walk(&self, f: &mut dyn FnMut(&From)) {
        f(self);
        if let From::Join { left, right, .. } = self {
            left.walk(f);
            right.walk(f);
        }
    }

    /// The expressions and queries in this item and its sides.
    pub fn for_each_child(&self, f: &mut dyn FnMut(Child<'_>)) {
        from_children(self, f);
    }

    pub fn for_each_child_mut(&mut self, f: &mut dyn FnMut(ChildMut<'_>)) {
        from_children_mut(self, f);
    }
}
