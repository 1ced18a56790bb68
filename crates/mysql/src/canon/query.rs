//! A view's query, resolved as the server stores it: every column by its relation, stars expanded, every result named.
//!
//! Invariant: certain only where every name was resolved.

use super::relation::references;
use super::scope::{Scope, With};
use super::shape::{bare, distinct, not_in, rotate, unname, unwrap};
use super::truth::truth;
use super::{fold, lower, prepared, tokens};
use driftless_model::{Canon, Catalog, Name, SqlText};
use driftless_sql::{
    ChildMut, From, Ident, Item, Query, Select, SetExpr, SourceId, Syntax, TokenKind, Tree, Window,
    lex, read_query, token_text,
};

/// Settles the query of a view with these column names (none: its own), made by a connection with that character set
/// (none: one like ours). Gives the names of what it returns, where they are known.
pub fn settle_query(
    text: &mut SqlText,
    columns: &[Name],
    client: Option<&str>,
    catalog: &Catalog,
) -> Vec<Name> {
    let syntax = catalog.server.dialect.syntax();
    text.refs = references(&text.written, catalog);
    let Ok(mut query) = read_query(&prepared(&text.written, syntax), syntax) else {
        text.certain = false;
        text.canon = Canon::Opaque(tokens(&text.written, syntax));
        return columns.to_vec();
    };
    let mut resolver = Resolver {
        catalog,
        syntax,
        certain: true,
    };
    if let Some(client) = client {
        unsay(&mut query, client);
    }
    let names = item_texts(&text.written, syntax);
    resolver.query(&mut query, &[], &[], Some(&names));
    let mut out = output(&query);
    if columns.len() == out.len() && !columns.is_empty() {
        rename(&mut query.body, columns);
        out = columns.to_vec();
    }
    text.certain = resolver.certain;
    text.canon = Canon::Query(Box::new(query));
    out
}

/// Casts to texts in the character set of the connection say nothing about it.
fn unsay(query: &mut Query, client: &str) {
    let said = format!(" charset {client}");
    query.map(&mut |node| {
        if let Tree::Cast(_, ty) = node
            && let Some(plain) = ty.text.strip_suffix(&said)
        {
            ty.text = plain.to_owned();
        }
    });
}

/// The texts between the commas of the first select list, which name results that have no name of their own.
fn item_texts(written: &str, syntax: Syntax) -> Vec<String> {
    let (all, _, _) = lex(written, syntax, SourceId(0));
    let word = |at: usize| -> String {
        all.get(at)
            .filter(|t| t.kind == TokenKind::Word)
            .map_or(String::new(), |t| t.span.of(written).to_ascii_lowercase())
    };
    let Some(mut at) = (0..all.len()).find(|at| word(*at) == "select") else {
        return Vec::new();
    };
    at += 1;
    while matches!(
        word(at).as_str(),
        "distinct" | "all" | "distinctrow" | "straight_join" | "sql_no_cache"
    ) {
        at += 1;
    }
    let mut out = Vec::new();
    let (mut depth, mut from) = (0usize, at);
    let piece = |from: usize, to: usize| match (
        all.get(from),
        to.checked_sub(1).and_then(|t| all.get(t)),
    ) {
        // A string names its column by its letters.
        (Some(a), Some(_)) if from + 1 == to && a.kind == TokenKind::Text => {
            token_text(a, written, syntax)
        }
        (Some(a), Some(b)) if from < to => written
            .get(a.span.start..b.span.end)
            .unwrap_or("")
            .to_owned(),
        _ => String::new(),
    };
    while at < all.len() {
        match all[at].span.of(written) {
            "(" => depth += 1,
            ")" if depth == 0 => break,
            ")" => depth -= 1,
            "," if depth == 0 => {
                out.push(piece(from, at));
                from = at + 1;
            }
            _ if depth == 0
                && matches!(word(at).as_str(), "from" | "union" | "limit" | "order") =>
            {
                break;
            }
            _ => {}
        }
        at += 1;
    }
    out.push(piece(from, at));
    out
}

pub fn output(query: &Query) -> Vec<Name> {
    let mut body = &query.body;
    loop {
        match body {
            SetExpr::Select(select) => {
                let names = select.items.iter().map(|i| i.alias.as_ref());
                let all: Option<Vec<Name>> = names
                    .map(|a| a.map(|a| Name::folded(a.text.clone())))
                    .collect();
                return all.unwrap_or_default();
            }
            SetExpr::Set(_, left, _) => body = left,
            SetExpr::Query(query) => body = &query.body,
            SetExpr::Values(_) => return Vec::new(),
        }
    }
}

pub fn rename(body: &mut SetExpr, columns: &[Name]) {
    match body {
        SetExpr::Select(select) => {
            for (item, name) in select.items.iter_mut().zip(columns) {
                item.alias = Some(Ident::new(name.key()));
            }
        }
        SetExpr::Set(_, left, _) => rename(left, columns),
        SetExpr::Query(query) => rename(&mut query.body, columns),
        SetExpr::Values(_) => {}
    }
}

/// The scopes around a query, the nearest last.
type Outer<'s> = &'s [&'s Scope];

pub struct Resolver<'c> {
    pub catalog: &'c Catalog,
    pub syntax: Syntax,
    pub certain: bool,
}

impl Resolver<'_> {
    /// `with`: common table expressions in force, by name; `outer`: what a query inside an expression sees besides its
    /// own relations.
    pub fn query(
        &mut self,
        query: &mut Query,
        with: &[With],
        outer: Outer,
        names: Option<&[String]>,
    ) {
        unwrap(query);
        let mut with = with.to_vec();
        for cte in &mut query.with {
            let name = cte.name.text.to_ascii_lowercase();
            cte.name.text = name.clone();
            lower(&mut cte.columns);
            let mut inner = with.clone();
            let listed: Vec<String> = cte.columns.iter().map(|c| c.text.clone()).collect();
            inner.push((name.clone(), (!listed.is_empty()).then(|| listed.clone())));
            // What a recursive one gives is known by its first part.
            if query.recursive && listed.is_empty() {
                let mut first = cte.query.clone();
                let certain = self.certain;
                self.query(&mut first, &with, outer, None);
                self.certain = certain;
                inner.pop();
                inner.push((name.clone(), known(&first)));
            }
            self.query(&mut cte.query, &inner, outer, None);
            if !listed.is_empty() && listed.len() == output(&cte.query).len() {
                let listed: Vec<Name> = listed.iter().map(Name::folded).collect();
                rename(&mut cte.query.body, &listed);
            }
            let columns = match listed.is_empty() {
                true => known(&cte.query),
                false => Some(listed),
            };
            with.push((name, columns));
        }
        let scope = self.set(&mut query.body, &with, outer, names);
        self.order(query, &scope, &with, outer);
        for bound in query.limit.iter_mut().chain(&mut query.offset) {
            self.expr(bound, &[], &with);
        }
        if self.syntax == Syntax::Mysql {
            // A view of MySQL keeps none.
            query.locks.clear();
        }
    }

    fn order(&mut self, query: &mut Query, scope: &Scope, with: &[With], outer: Outer) {
        let items: Vec<Item> = match &query.body {
            SetExpr::Select(select) => select.items.clone(),
            _ => Vec::new(),
        };
        let outputs: Vec<String> = output(query).iter().map(|n| n.key().to_owned()).collect();
        let mut keys = std::mem::take(&mut query.order_by);
        for key in &mut keys {
            // A place, or the name of a result, is what stands there.
            let named = match &key.expr {
                Tree::Number(n) => n
                    .parse::<usize>()
                    .ok()
                    .and_then(|n| outputs.get(n.checked_sub(1)?).cloned()),
                Tree::Column(path) if path.len() == 1 => {
                    let name = path[0].text.to_ascii_lowercase();
                    outputs.contains(&name).then_some(name)
                }
                _ => None,
            };
            let is = |i: &&Item, name: &str| i.alias.as_ref().is_some_and(|a| a.text == name);
            match named {
                Some(name) => {
                    let item = items.iter().find(|i| is(i, &name));
                    key.expr = match item {
                        Some(item) => item.expr.clone(),
                        None => Tree::Column(vec![Ident::new(name)]),
                    };
                }
                None => self.expr(&mut key.expr, &around(outer, scope), with),
            }
            // Ascending and NULLs first are as usual.
            key.nulls_first = None;
        }
        query.order_by = keys;
    }

    fn set(
        &mut self,
        body: &mut SetExpr,
        with: &[With],
        outer: Outer,
        names: Option<&[String]>,
    ) -> Scope {
        match body {
            SetExpr::Select(select) => return self.select(select, with, outer, names),
            SetExpr::Set(op, left, right) => {
                self.set(left, with, outer, names);
                self.set(right, with, outer, None);
                let nested = matches!(left.as_ref(), SetExpr::Query(_));
                bare(left);
                bare(right);
                // MariaDB writes an inner union as a derived table with a name of its own, MySQL adds conditions to what
                // is excepted or intersected.
                let inner = |body: &SetExpr| matches!(body, SetExpr::Set(..));
                let rewritten = match self.syntax {
                    Syntax::Mariadb => inner(right) || nested && inner(left),
                    _ => !op.starts_with("union"),
                };
                self.certain &= !rewritten;
                // Only the first part names the results.
                unname(right);
                // What is made distinct in the end was in vain before.
                if op == "union" {
                    distinct(left);
                    distinct(right);
                    rotate(left, right);
                }
            }
            SetExpr::Query(query) => self.query(query, with, outer, names),
            SetExpr::Values(_) => self.certain = false,
        }
        Scope::default()
    }

    fn select(
        &mut self,
        select: &mut Select,
        with: &[With],
        outer: Outer,
        names: Option<&[String]>,
    ) -> Scope {
        let mut scope = Scope::default();
        for from in &mut select.from {
            let stars = self.relation(from, with, outer, &mut scope);
            scope.stars.extend(stars);
        }
        // A list of relations is a join of all of them.
        let list: Vec<From> = select
            .from
            .drain(..)
            .filter(|f| !matches!(f, From::Table { name, .. } if name.len() == 1 && name[0].text == "dual"))
            .collect();
        let joined = list.into_iter().reduce(|left, right| From::Join {
            kind: "inner".into(),
            left: Box::new(left),
            right: Box::new(right),
            on: None,
            using: Vec::new(),
        });
        select.from.extend(joined);
        let scopes = around(outer, &scope);
        for from in &mut select.from {
            self.conditions(from, &scopes, with);
        }
        self.windows(select);
        self.items(select, &scopes, with, names);
        if let Some(filter) = &mut select.filter {
            self.condition(filter, &scopes, with);
        }
        let aliases: Vec<(String, Tree)> = select
            .items
            .iter()
            .filter_map(|i| Some((i.alias.as_ref()?.text.clone(), i.expr.clone())))
            .collect();
        if let Some(having) = &mut select.having {
            // The names of results are in force here.
            let results = Scope::of_results(aliases.iter().map(|(name, _)| name.clone()));
            let scopes: Vec<&Scope> = scopes.iter().copied().chain([&results]).collect();
            self.condition(having, &scopes, with);
        }
        for expr in &mut select.group_by {
            let place = match expr {
                Tree::Number(n) => n
                    .parse::<usize>()
                    .ok()
                    .and_then(|n| aliases.get(n.checked_sub(1)?)),
                Tree::Column(path)
                    if path.len() == 1
                        && (!scope.has(&path[0].text) || scope.is_merged(&path[0].text)) =>
                {
                    let name = path[0].text.to_ascii_lowercase();
                    aliases.iter().find(|(a, _)| *a == name)
                }
                _ => None,
            };
            match place {
                Some((_, tree)) => *expr = tree.clone(),
                None => self.expr(expr, &scopes, with),
            }
        }
        scope
    }

    /// A window's name stands for what it says; a window that no one names says nothing.
    fn windows(&mut self, select: &mut Select) {
        let named = std::mem::take(&mut select.windows);
        let find = |name: &Ident| -> Option<Window> {
            let same = |(n, _): &&(Ident, Window)| n.text.eq_ignore_ascii_case(&name.text);
            named.iter().find(same).map(|(_, w)| w.clone())
        };
        for item in &mut select.items {
            item.expr.map(&mut |node| {
                let Tree::Call {
                    over: Some(over), ..
                } = node
                else {
                    return;
                };
                // One may be built on another.
                for _ in 0..named.len() {
                    let Some(base) = over.name.as_ref().and_then(find) else {
                        break;
                    };
                    over.name = base.name;
                    if over.partition_by.is_empty() {
                        over.partition_by = base.partition_by;
                    }
                    if over.order_by.is_empty() {
                        over.order_by = base.order_by;
                    }
                    over.frame = over.frame.take().or(base.frame);
                }
            });
        }
    }

    fn items(
        &mut self,
        select: &mut Select,
        scopes: &[&Scope],
        with: &[With],
        names: Option<&[String]>,
    ) {
        let Some(scope) = scopes.last() else { return };
        let items = std::mem::take(&mut select.items);
        for (at, mut item) in items.into_iter().enumerate() {
            if let Tree::Star(path) = &item.expr {
                let wanted = path.last().map(|p| p.text.to_ascii_lowercase());
                self.certain &= scope.known(wanted.as_deref());
                for (alias, column) in scope.star(wanted.as_deref()) {
                    select.items.push(Item {
                        expr: Tree::Column(vec![Ident::new(alias), Ident::new(column.clone())]),
                        alias: Some(Ident::new(column)),
                    });
                }
                continue;
            }
            let named = match (&item.alias, &item.expr) {
                (Some(alias), _) => Some(alias.text.to_ascii_lowercase()),
                (None, Tree::Column(path)) => path.last().map(|p| p.text.to_ascii_lowercase()),
                (None, _) => names
                    .and_then(|n| n.get(at))
                    .map(|n| n.to_ascii_lowercase()),
            };
            item.alias = named.map(Ident::new);
            self.expr(&mut item.expr, scopes, with);
            select.items.push(item);
        }
    }

    /// An expression of which only the truth counts.
    pub fn condition(&mut self, tree: &mut Tree, scopes: &[&Scope], with: &[With]) {
        self.expr(tree, scopes, with);
        let whole = std::mem::replace(tree, Tree::Null);
        *tree = truth(whole, self.syntax);
        // Where NULL is as good as false, MySQL writes NOT IN as IS FALSE.
        match tree {
            Tree::Op(op, args) if op == "and" => args.iter_mut().for_each(not_in),
            tree => not_in(tree),
        }
    }

    pub fn expr(&mut self, tree: &mut Tree, scopes: &[&Scope], with: &[With]) {
        tree.for_each_child_mut(&mut |child| match child {
            ChildMut::Tree(tree) => self.expr(tree, scopes, with),
            ChildMut::Query(query) => {
                self.query(query, with, scopes, None);
                // Nobody sees its names.
                unname(&mut query.body);
            }
        });
        fold(tree, None, self.syntax);
        match tree {
            Tree::Column(path) if path.len() == 1 => {
                // The nearest scope that has it; one that is not wholly known might.
                for scope in scopes.iter().rev() {
                    match scope.owner(&path[0].text) {
                        Some(Some(owner)) => path.insert(0, Ident::new(owner)),
                        Some(None) => {}
                        None if scope.known(None) => continue,
                        None => self.certain = false,
                    }
                    return;
                }
                self.certain = false;
            }
            // The database's own name before a table says nothing.
            Tree::Column(path) if path.len() == 3 => {
                path.remove(0);
            }
            _ => {}
        }
    }
}

/// The scopes around, and one more.
pub fn around<'s>(outer: &[&'s Scope], scope: &'s Scope) -> Vec<&'s Scope> {
    outer.iter().copied().chain([scope]).collect()
}

/// The names of what a query gives, if it says all of them.
pub fn known(query: &Query) -> Option<Vec<String>> {
    let names: Vec<String> = output(query).iter().map(|n| n.key().to_owned()).collect();
    (!names.is_empty()).then_some(names)
}
