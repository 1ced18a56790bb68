//! A view's query, resolved as the server stores it: every column by its relation, stars expanded, every result named.
//!
//! Invariant: certain only where every name was resolved.

use super::relation::{find, references};
use super::{fold, lower, tokens, unintroduced};
use driftless_model::{Canon, Catalog, Name, SqlText, Table, View};
use driftless_sql::{
    From, Ident, Item, Query, Select, SetExpr, SourceId, Syntax, TokenKind, Tree, lex, read_query,
};

/// Settles the query of a view with these column names (none: its own). Gives the names of what it returns, where they
/// are known.
pub fn settle_query(text: &mut SqlText, columns: &[Name], catalog: &Catalog) -> Vec<Name> {
    let syntax = catalog.server.dialect.syntax();
    text.refs = references(&text.written, catalog);
    let Ok(mut query) = read_query(&unintroduced(&text.written, syntax), syntax) else {
        text.certain = false;
        text.canon = Canon::Opaque(tokens(&text.written, syntax));
        return columns.to_vec();
    };
    let mut resolver = Resolver {
        catalog,
        certain: true,
    };
    let names = item_texts(&text.written, syntax);
    resolver.query(&mut query, &[], Some(&names));
    let mut out = output(&query);
    if columns.len() == out.len() && !columns.is_empty() {
        rename(&mut query.body, columns);
        out = columns.to_vec();
    }
    text.certain = resolver.certain;
    text.canon = Canon::Query(Box::new(query));
    out
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

fn output(query: &Query) -> Vec<Name> {
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

fn rename(body: &mut SetExpr, columns: &[Name]) {
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

/// A relation in force, by its alias, with its columns where they are known.
type Scope = Vec<(String, Option<Vec<String>>)>;

struct Resolver<'c> {
    catalog: &'c Catalog,
    certain: bool,
}

impl Resolver<'_> {
    /// `with`: common table expressions in force, by name.
    fn query(
        &mut self,
        query: &mut Query,
        with: &[(String, Option<Vec<String>>)],
        names: Option<&[String]>,
    ) {
        let mut with: Scope = with.to_vec();
        for cte in &mut query.with {
            let name = cte.name.text.to_ascii_lowercase();
            cte.name.text = name.clone();
            lower(&mut cte.columns);
            let mut inner = with.clone();
            let listed: Vec<String> = cte.columns.iter().map(|c| c.text.clone()).collect();
            inner.push((name.clone(), (!listed.is_empty()).then(|| listed.clone())));
            self.query(&mut cte.query, &inner, None);
            let out: Vec<String> = output(&cte.query)
                .iter()
                .map(|n| n.key().to_owned())
                .collect();
            let columns = match (listed.is_empty(), out.is_empty()) {
                (false, _) => Some(listed),
                (true, false) => Some(out),
                _ => None,
            };
            with.push((name, columns));
        }
        let scope = self.set(&mut query.body, &with, names);
        let items: Vec<(String, Tree)> = match &query.body {
            SetExpr::Select(select) => select
                .items
                .iter()
                .filter_map(|i| Some((i.alias.as_ref()?.text.clone(), i.expr.clone())))
                .collect(),
            _ => Vec::new(),
        };
        let outputs = output(query)
            .into_iter()
            .map(|n| n.key().to_owned())
            .collect::<Vec<_>>();
        for key in &mut query.order_by {
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
            match named.and_then(|n| {
                items
                    .iter()
                    .find(|(alias, _)| *alias == n)
                    .map(|(_, e)| e.clone())
            }) {
                Some(expr) => key.expr = expr,
                None => self.expr(&mut key.expr, &scope, &with),
            }
            // Ascending and NULLs first are as usual.
            key.nulls_first = None;
        }
    }

    fn set(&mut self, body: &mut SetExpr, with: &Scope, names: Option<&[String]>) -> Scope {
        match body {
            SetExpr::Select(select) => self.select(select, with, names),
            SetExpr::Set(_, left, right) => {
                self.set(left, with, names);
                self.set(right, with, None);
                Scope::new()
            }
            SetExpr::Query(query) => {
                self.query(query, with, names);
                Scope::new()
            }
            SetExpr::Values(_) => {
                self.certain = false;
                Scope::new()
            }
        }
    }

    fn select(&mut self, select: &mut Select, with: &Scope, names: Option<&[String]>) -> Scope {
        let mut scope = Scope::new();
        for from in &mut select.from {
            self.relation(from, with, &mut scope);
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
        for from in &mut select.from {
            self.conditions(from, &scope, with);
        }
        self.items(select, &scope, with, names);
        let aliases: Vec<(String, Tree)> = select
            .items
            .iter()
            .filter_map(|i| Some((i.alias.as_ref()?.text.clone(), i.expr.clone())))
            .collect();
        for expr in select.filter.iter_mut().chain(&mut select.having) {
            self.expr(expr, &scope, with);
        }
        for expr in &mut select.group_by {
            let place = match expr {
                Tree::Number(n) => n
                    .parse::<usize>()
                    .ok()
                    .and_then(|n| aliases.get(n.checked_sub(1)?)),
                Tree::Column(path) if path.len() == 1 && !known(&scope, &path[0].text) => {
                    let name = path[0].text.to_ascii_lowercase();
                    aliases.iter().find(|(a, _)| *a == name)
                }
                _ => None,
            };
            match place {
                Some((_, tree)) => *expr = tree.clone(),
                None => self.expr(expr, &scope, with),
            }
        }
        scope
    }

    fn items(
        &mut self,
        select: &mut Select,
        scope: &Scope,
        with: &Scope,
        names: Option<&[String]>,
    ) {
        let items = std::mem::take(&mut select.items);
        for (at, mut item) in items.into_iter().enumerate() {
            if let Tree::Star(path) = &item.expr {
                let wanted = path.last().map(|p| p.text.to_ascii_lowercase());
                for (alias, columns) in scope {
                    if wanted.as_ref().is_some_and(|w| w != alias) {
                        continue;
                    }
                    let Some(columns) = columns else {
                        self.certain = false;
                        continue;
                    };
                    select.items.extend(columns.iter().map(|c| Item {
                        expr: Tree::Column(vec![Ident::new(alias.clone()), Ident::new(c.clone())]),
                        alias: Some(Ident::new(c.clone())),
                    }));
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
            if named.is_none() {
                self.certain = false;
            }
            item.alias = named.map(Ident::new);
            self.expr(&mut item.expr, scope, with);
            select.items.push(item);
        }
    }

    fn relation(&mut self, from: &mut From, with: &Scope, scope: &mut Scope) {
        match from {
            From::Table { name, alias, .. } => {
                lower(name);
                let Some(last) = name.last().map(|n| n.text.clone()) else {
                    return;
                };
                if last == "dual" && name.len() == 1 {
                    return;
                }
                if let Some(alias) = alias {
                    alias.name.text.make_ascii_lowercase();
                }
                let shown = alias.as_ref().map_or(last.clone(), |a| a.name.text.clone());
                // The relation's own name is no alias.
                if alias
                    .as_ref()
                    .is_some_and(|a| a.name.text == last && a.columns.is_empty())
                {
                    *alias = None;
                }
                let columns = match with.iter().rev().find(|(n, _)| *n == last) {
                    Some((_, columns)) if name.len() == 1 => columns.clone(),
                    _ => self.columns(name),
                };
                if columns.is_none() {
                    self.certain = false;
                }
                scope.push((shown, columns));
            }
            From::Query { query, alias, .. } => {
                self.query(query, with, None);
                let columns: Vec<String> = match alias {
                    Some(a) if !a.columns.is_empty() => a
                        .columns
                        .iter()
                        .map(|c| c.text.to_ascii_lowercase())
                        .collect(),
                    _ => output(query).iter().map(|n| n.key().to_owned()).collect(),
                };
                if let Some(alias) = alias {
                    alias.name.text.make_ascii_lowercase();
                    lower(&mut alias.columns);
                    let known = (!columns.is_empty()).then_some(columns);
                    scope.push((alias.name.text.clone(), known));
                }
            }
            From::Call { .. } => self.certain = false,
            From::Join {
                kind,
                left,
                right,
                using,
                ..
            } => {
                lower(using);
                if kind == "cross" {
                    *kind = "inner".into();
                }
                if kind.starts_with("natural") || !using.is_empty() {
                    // The server writes the condition out.
                    self.certain = false;
                }
                self.relation(left, with, scope);
                self.relation(right, with, scope);
            }
        }
    }

    fn columns(&self, name: &[Ident]) -> Option<Vec<String>> {
        if name.len() != 1 {
            return None;
        }
        let id = find(self.catalog, &Name::folded(name[0].text.clone()))?;
        if let Some(table) = self.catalog.item::<Table>(&id) {
            let seen = |c: &&driftless_model::Column| c.my.as_ref().is_none_or(|m| !m.invisible);
            return Some(
                table
                    .columns
                    .iter()
                    .filter(seen)
                    .map(|c| c.name.key().to_owned())
                    .collect(),
            );
        }
        let view = self.catalog.item::<View>(&id)?;
        let names: Vec<String> = view
            .output
            .iter()
            .map(|(n, _)| n.key().to_owned())
            .collect();
        (!names.is_empty()).then_some(names)
    }

    fn conditions(&mut self, from: &mut From, scope: &Scope, with: &Scope) {
        if let From::Join {
            left, right, on, ..
        } = from
        {
            self.conditions(left, scope, with);
            self.conditions(right, scope, with);
            if let Some(on) = on {
                self.expr(on, scope, with);
            }
        }
    }

    fn expr(&mut self, tree: &mut Tree, scope: &Scope, with: &Scope) {
        // Queries inside see what is around them.
        let mut unsure = false;
        tree.map(&mut |node| {
            fold(node, None);
            match node {
                Tree::Column(path) if path.len() == 1 => {
                    let name = path[0].text.clone();
                    let mut owners = scope
                        .iter()
                        .filter(|(_, columns)| columns.as_ref().is_some_and(|c| c.contains(&name)));
                    match (owners.next(), owners.next()) {
                        (Some((alias, _)), None) => path.insert(0, Ident::new(alias.clone())),
                        _ => unsure = true,
                    }
                }
                // The database's own name before a table says nothing.
                Tree::Column(path) if path.len() == 3 => {
                    path.remove(0);
                }
                Tree::Query(_) | Tree::ArrayQuery(_) => unsure = true,
                _ => {}
            }
        });
        if unsure {
            let _ = with;
            self.certain = false;
        }
    }
}

fn known(scope: &Scope, name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    scope
        .iter()
        .any(|(_, columns)| columns.as_ref().is_some_and(|c| c.contains(&name)))
}
