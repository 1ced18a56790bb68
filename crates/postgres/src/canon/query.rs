//! Queries: SELECT, VALUES, set operations, WITH.
//!
//! Neighbours: `from` opens the scope, `name` names what comes out. Invariant: stars are expanded, positions and output
//! names in GROUP BY and ORDER BY are replaced by what they stand for; only the outermost names are kept.

use super::expr::sort_key;
use super::name;
use super::scope::{Named, Scope};
use super::settler::{Settler, Typed};
use crate::features::{Feature, has};
use crate::types::Type;
use driftless_sql::{Cte, Ident, Item, Query, Select, SetExpr, SortKey, Tree};

/// Names and types of what comes out; `None` where a star could not be expanded.
pub(super) type Output = Option<Vec<(String, Option<Type>)>>;

impl Settler<'_> {
    /// `named`: the names of the columns are part of what the query means.
    pub(super) fn query(&mut self, query: &Query, named: bool) -> (Query, Output) {
        let ctes = self.ctes.len();
        let with = query
            .with
            .iter()
            .map(|c| self.cte(c, query.recursive))
            .collect();
        self.scopes.push(Scope::default());
        let (mut body, output) = self.body(&query.body, true);
        let order_by = query
            .order_by
            .iter()
            .map(|key| self.order_key(key, &body, &output))
            .collect();
        if !named {
            forget_names(&mut body);
        }
        let locks = self.locks(&query.locks);
        let (limit, offset) = (
            self.count(query.limit.as_ref()),
            self.count(query.offset.as_ref()),
        );
        self.scopes.pop();
        self.ctes.truncate(ctes);
        let query = Query {
            recursive: query.recursive,
            with,
            body,
            order_by,
            limit,
            offset,
            locks,
        };
        (query, output)
    }

    /// One lock for each FROM item that it is for; without OF for all.
    fn locks(&mut self, written: &[String]) -> Vec<String> {
        let mut out = Vec::new();
        for lock in written {
            let mut words: Vec<&str> = lock.split(' ').collect();
            let of = words.iter().position(|w| *w == "of");
            let alias = of.map(|at| {
                words.remove(at);
                words.remove(at)
            });
            let lock = words.join(" ");
            let frames = self.scope().frames.iter();
            out.extend(
                frames
                    .filter(|f| {
                        alias.is_none_or(|a| super::infer::split_name(a).last() == Some(&f.alias))
                    })
                    .map(|f| format!("{lock} of {}", f.prefix)),
            );
        }
        out.sort();
        out
    }

    fn count(&mut self, tree: Option<&Tree>) -> Option<Tree> {
        let value = self.expr(tree?);
        Some(self.coerce(value, "int8"))
    }

    fn cte(&mut self, cte: &Cte, recursive: bool) -> Cte {
        let rename = |output: Output| -> Output {
            let mut columns = output?;
            for (column, name) in columns.iter_mut().zip(&cte.columns) {
                column.0 = name.text.clone();
            }
            Some(columns)
        };
        let own = cte.name.text.clone();
        let hidden = std::mem::take(&mut self.scopes);
        // The first arm says what a recursive one gives; its frames are counted again with the whole.
        let first = match &cte.query.body {
            SetExpr::Set(_, left, _) if recursive => {
                let (frames, refs) = (self.frames, self.refs.len());
                self.scopes.push(Scope::default());
                let (_, output) = self.body(left, true);
                self.scopes.pop();
                self.frames = frames;
                self.refs.truncate(refs);
                Some(output)
            }
            _ => None,
        };
        let before = self.ctes.len();
        if let Some(columns) = first {
            self.ctes.push(Named {
                name: own.clone(),
                columns: rename(columns),
            });
        }
        let (query, output) = self.query(&cte.query, false);
        self.ctes.truncate(before);
        self.scopes = hidden;
        self.ctes.push(Named {
            name: own,
            columns: rename(output),
        });
        Cte {
            name: cte.name.clone(),
            columns: Vec::new(),
            materialized: cte.materialized,
            query,
        }
    }

    /// `top`: nothing around it says what its bare literals are.
    fn body(&mut self, body: &SetExpr, top: bool) -> (SetExpr, Output) {
        match body {
            SetExpr::Select(select) => {
                let (select, output) = self.select(select, top);
                (SetExpr::Select(Box::new(select)), output)
            }
            SetExpr::Values(rows) => self.values(rows),
            SetExpr::Query(query) => {
                let (query, output) = self.query(query, true);
                let plain = query.with.is_empty()
                    && query.order_by.is_empty()
                    && query.limit.is_none()
                    && query.offset.is_none()
                    && query.locks.is_empty();
                // Brackets around a query mean nothing.
                (
                    if plain {
                        query.body
                    } else {
                        SetExpr::Query(Box::new(query))
                    },
                    output,
                )
            }
            SetExpr::Set(name, left, right) => {
                let (mut left, a) = self.arm(left);
                let (mut right, b) = self.arm(right);
                let output = self.set_output(a, b, &mut left, &mut right);
                let tree = SetExpr::Set(name.clone(), Box::new(left), Box::new(right));
                (tree, output)
            }
        }
    }

    fn arm(&mut self, body: &SetExpr) -> (SetExpr, Output) {
        self.scopes.push(Scope::default());
        let arm = self.body(body, false);
        self.scopes.pop();
        arm
    }

    fn set_output(
        &mut self,
        a: Output,
        b: Output,
        left: &mut SetExpr,
        right: &mut SetExpr,
    ) -> Output {
        let (Some(a), Some(b)) = (a, b) else {
            self.sure = false;
            return None;
        };
        let mut output = Vec::with_capacity(a.len());
        for (i, ((name, l), (_, r))) in a.into_iter().zip(b).enumerate() {
            let common = match (&l, &r) {
                (Some(l), Some(r)) => self.infer.common(&[&l.name, &r.name]).map(|name| {
                    let modifier = if l.modifier == r.modifier {
                        l.modifier.clone()
                    } else {
                        String::new()
                    };
                    Type { name, modifier }
                }),
                _ => None,
            };
            match &common {
                Some(ty) => {
                    self.fix(left, i, ty);
                    self.fix(right, i, ty);
                }
                None => self.sure = false,
            }
            output.push((name, common));
        }
        Some(output)
    }

    /// Gives a bare literal in a column of a set operation's arm its type.
    fn fix(&mut self, body: &mut SetExpr, column: usize, ty: &Type) {
        let give = |this: &mut Self, tree: &mut Tree| {
            if matches!(tree, Tree::Text(_) | Tree::Null) {
                let value = Typed::new(std::mem::replace(tree, Tree::Null), "unknown");
                *tree = this.convert(value, &ty.plain(), false).tree;
            }
        };
        match body {
            SetExpr::Select(select) => {
                if let Some(item) = select.items.get_mut(column) {
                    give(self, &mut item.expr);
                }
            }
            SetExpr::Set(_, left, right) => {
                self.fix(left, column, ty);
                self.fix(right, column, ty);
            }
            SetExpr::Values(rows) => {
                for tree in rows.iter_mut().filter_map(|r| r.get_mut(column)) {
                    give(self, tree);
                }
            }
            SetExpr::Query(query) => self.fix(&mut query.body, column, ty),
        }
    }

    fn values(&mut self, rows: &[Vec<Tree>]) -> (SetExpr, Output) {
        let width = rows.first().map_or(0, Vec::len);
        let mut columns: Vec<Vec<Tree>> = Vec::with_capacity(width);
        let mut output = Vec::with_capacity(width);
        for i in 0..width {
            let values = rows
                .iter()
                .filter_map(|r| r.get(i))
                .map(|t| self.expr(t))
                .collect();
            let (trees, ty) = self.meet(values);
            columns.push(trees);
            output.push((format!("column{}", i + 1), ty));
        }
        let rows = (0..rows.len())
            .map(|r| columns.iter().filter_map(|c| c.get(r).cloned()).collect())
            .collect();
        (SetExpr::Values(rows), Some(output))
    }

    fn select(&mut self, select: &Select, top: bool) -> (Select, Output) {
        let from = self.from(&select.from);
        let filter = select.filter.as_ref().map(|f| self.condition(f));
        let (items, output) = self.items(&select.items, top);
        let group_by = select
            .group_by
            .iter()
            .map(|g| self.grouped(g, &items))
            .collect();
        let distinct_on = select
            .distinct_on
            .iter()
            .map(|d| self.output_or_expr(d, &items))
            .collect();
        let having = select.having.as_ref().map(|h| self.condition(h));
        let windows = select
            .windows
            .iter()
            .map(|(name, window)| (name.clone(), self.window(window)))
            .collect();
        let out = Select {
            distinct: select.distinct,
            distinct_on,
            items,
            from,
            filter,
            group_by,
            having,
            windows,
        };
        (out, output)
    }

    fn items(&mut self, items: &[Item], top: bool) -> (Vec<Item>, Output) {
        let mut out = Vec::with_capacity(items.len());
        let mut output = Some(Vec::with_capacity(items.len()));
        let mut push = |name: String, typed: Typed| {
            if let Some(output) = &mut output {
                output.push((name.clone(), typed.ty));
            }
            out.push(Item {
                expr: typed.tree,
                alias: Some(Ident::new(name)),
            });
        };
        let mut lost = false;
        for item in items {
            if let Tree::Star(qualifier) = &item.expr {
                match self.star_columns(qualifier) {
                    Some(columns) => {
                        for col in columns {
                            self.refs.extend(col.part.map(|part| driftless_model::Ref {
                                part,
                                span: None,
                                qualify: false,
                            }));
                            push(
                                col.name,
                                Typed {
                                    tree: col.tree,
                                    ty: col.ty,
                                },
                            );
                        }
                    }
                    None => {
                        lost = true;
                        push("*".to_owned(), Typed::lost(item.expr.clone()));
                    }
                }
                continue;
            }
            let value = self.expr(&item.expr);
            let value = if top { self.settled(value) } else { value };
            let name = match &item.alias {
                Some(alias) => alias.text.clone(),
                None => {
                    let labels = name::Labels {
                        of_type: &|t| self.type_label(t),
                        booleans: !has(self.catalog().server, Feature::BooleanConstants),
                    };
                    name::of(&item.expr, &labels)
                }
            };
            push(name, value);
        }
        if lost {
            self.sure = false;
            output = None;
        }
        (out, output)
    }

    fn star_columns(&mut self, qualifier: &[Ident]) -> Option<Vec<super::scope::Col>> {
        match qualifier.last() {
            None => {
                let scope = self.scope();
                scope.open().next().is_none().then(|| scope.visible.clone())
            }
            Some(frame) => self.frame(&frame.text)?.columns.clone(),
        }
    }

    /// The server's own name of a type, as columns are named after casts.
    fn type_label(&self, written: &str) -> Option<String> {
        let (ty, _) = crate::types::read(written, self.path, self.catalog()).ok()?;
        let name = ty
            .name
            .trim_end_matches("[]")
            .trim_start_matches('@')
            .to_owned();
        super::infer::split_name(&name).pop()
    }

    /// What stands at a position, or under an output name.
    fn output_item(tree: &Tree, items: &[Item], by_name: bool) -> Option<Tree> {
        match tree {
            Tree::Number(n) => {
                let at: usize = n.parse().ok()?;
                Some(items.get(at.checked_sub(1)?)?.expr.clone())
            }
            Tree::Column(parts) if by_name => {
                let [only] = parts.as_slice() else {
                    return None;
                };
                let mut hits = items.iter().filter(|i| i.alias.as_ref() == Some(only));
                Some(hits.next()?.expr.clone())
            }
            _ => None,
        }
    }

    /// GROUP BY: a column in reach goes before an output name.
    fn grouped(&mut self, tree: &Tree, items: &[Item]) -> Tree {
        if let Tree::Op(name, args) = tree
            && matches!(name.as_str(), "grouping sets" | "cube" | "rollup")
        {
            let args = args.iter().map(|a| self.grouped(a, items)).collect();
            return Tree::Op(name.clone(), args);
        }
        if let Tree::Row(parts) = tree {
            return Tree::Row(parts.iter().map(|p| self.grouped(p, items)).collect());
        }
        let in_reach = match tree {
            Tree::Column(parts) => match parts.as_slice() {
                [only] => self.scope().visible.iter().any(|c| c.name == only.text),
                _ => true,
            },
            _ => false,
        };
        match Self::output_item(tree, items, !in_reach) {
            Some(tree) => tree,
            None => self.expr(tree).tree,
        }
    }

    fn output_or_expr(&mut self, tree: &Tree, items: &[Item]) -> Tree {
        match Self::output_item(tree, items, true) {
            Some(tree) => tree,
            None => {
                let value = self.expr(tree);
                self.settled(value).tree
            }
        }
    }

    fn order_key(&mut self, key: &SortKey, body: &SetExpr, output: &Output) -> SortKey {
        if let SetExpr::Select(select) = body {
            let expr = self.output_or_expr(&key.expr, &select.items);
            return sort_key(expr, key);
        }
        // Of a set operation only output columns can be sorted by: their positions.
        let position = match &key.expr {
            Tree::Column(parts) => match (parts.as_slice(), output) {
                ([only], Some(output)) => output.iter().position(|(n, _)| *n == only.text),
                _ => None,
            },
            Tree::Number(n) => n.parse::<usize>().ok().and_then(|n| n.checked_sub(1)),
            _ => None,
        };
        match position {
            Some(at) => sort_key(Tree::Number((at + 1).to_string()), key),
            None => {
                self.sure = false;
                sort_key(key.expr.clone(), key)
            }
        }
    }
}

/// Takes away the names that nobody outside can see.
fn forget_names(body: &mut SetExpr) {
    match body {
        SetExpr::Select(select) => {
            for item in &mut select.items {
                item.alias = None;
            }
        }
        SetExpr::Set(_, left, right) => {
            forget_names(left);
            forget_names(right);
        }
        SetExpr::Query(query) => forget_names(&mut query.body),
        SetExpr::Values(_) => {}
    }
}

/// Names the columns of the outermost query, and takes them away from the arms that have no say.
pub(super) fn keep_first_names(body: &mut SetExpr, names: &[(String, Option<Type>)]) {
    match body {
        SetExpr::Select(select) => {
            for (item, (name, _)) in select.items.iter_mut().zip(names) {
                item.alias = Some(Ident::new(name.clone()));
            }
        }
        SetExpr::Set(_, left, right) => {
            keep_first_names(left, names);
            forget_names(right);
        }
        SetExpr::Query(query) => keep_first_names(&mut query.body, names),
        SetExpr::Values(_) => {}
    }
}
