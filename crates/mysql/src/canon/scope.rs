//! The relations that a query reads: their columns, what a star means, joins as the servers write them.
//!
//! Neighbour: `query` resolves names in what is found here. Invariant: a column of USING or NATURAL is that of the side
//! whose rows are all kept, as for the servers.

use super::lower;
use super::query::{Resolver, around, known};
use super::relation::find;
use driftless_model::{Name, Table, View};
use driftless_sql::{From, Ident, Query, Syntax, Tree};

/// A common table expression in force: its columns, where they are known.
pub type With = (String, Option<Vec<String>>);

/// A relation's alias and a column of it.
pub type Star = (String, String);

/// The relations in force.
#[derive(Default)]
pub struct Scope {
    /// By alias, in the order they are written.
    sources: Vec<With>,
    /// What `*` means; a column of USING is there once.
    pub stars: Vec<Star>,
    /// Invisible columns: there by name alone.
    hidden: Vec<Star>,
    /// Columns that USING or NATURAL made one of two.
    merged: Vec<String>,
    /// The names of the query's own results.
    results: Vec<String>,
}

impl Scope {
    pub fn of_results(names: impl Iterator<Item = String>) -> Scope {
        Scope {
            results: names.collect(),
            ..Scope::default()
        }
    }

    pub fn has(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        self.named().any(|(_, column)| *column == name)
    }

    /// Whether it is one of two, so that the name of a result comes first.
    pub fn is_merged(&self, name: &str) -> bool {
        self.merged.iter().any(|m| m.eq_ignore_ascii_case(name))
    }

    fn named(&self) -> impl Iterator<Item = &Star> {
        self.stars.iter().chain(&self.hidden)
    }

    /// Whose column a name is: `Some(None)` is a result of the query, or one of several; `None`: it is not here.
    pub fn owner(&self, name: &str) -> Option<Option<String>> {
        if self.results.iter().any(|r| r == name) {
            return Some(None);
        }
        let mut owners = self.named().filter(|(_, column)| column == name);
        let (alias, _) = owners.next()?;
        Some(match owners.next() {
            None => Some(alias.clone()),
            Some(_) => None,
        })
    }

    /// Whether the columns of the relation with that alias are known, or those of all.
    pub fn known(&self, alias: Option<&str>) -> bool {
        let meant = |a: &str| alias.is_none_or(|wanted| wanted == a);
        let mut sources = self.sources.iter();
        sources.all(|(a, columns)| columns.is_some() || !meant(a))
    }

    pub fn star(&self, alias: Option<&str>) -> Vec<Star> {
        let Some(alias) = alias else {
            return self.stars.clone();
        };
        let source = self.sources.iter().find(|(a, _)| a == alias);
        let columns = source.and_then(|(_, columns)| columns.clone());
        let columns = columns.unwrap_or_default().into_iter();
        columns.map(|c| (alias.to_owned(), c)).collect()
    }

    fn push(&mut self, alias: String, columns: Option<Vec<String>>) -> Vec<Star> {
        let stars = columns.iter().flatten();
        let stars = stars.map(|c| (alias.clone(), c.clone())).collect();
        self.sources.push((alias, columns));
        stars
    }
}

impl Resolver<'_> {
    /// Adds a FROM item to the scope; gives what a star over it means.
    pub fn relation(
        &mut self,
        from: &mut From,
        with: &[With],
        outer: &[&Scope],
        scope: &mut Scope,
    ) -> Vec<Star> {
        match from {
            From::Table { name, alias, .. } => {
                lower(name);
                // Its own database before a relation says nothing.
                if let [database, _] = name.as_slice()
                    && self.is_own(&database.text)
                {
                    name.remove(0);
                }
                let Some(last) = name.last().map(|n| n.text.clone()) else {
                    return Vec::new();
                };
                if last == "dual" && name.len() == 1 {
                    return Vec::new();
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
                self.certain &= columns.is_some();
                if name.len() == 1 && !with.iter().any(|(n, _)| *n == last) {
                    let hidden = self.hidden(&last).into_iter();
                    scope.hidden.extend(hidden.map(|c| (shown.clone(), c)));
                }
                scope.push(shown, columns)
            }
            From::Query {
                query,
                alias,
                lateral,
            } => self.derived(query, *lateral, alias, with, outer, scope),
            From::Call { .. } => {
                self.certain = false;
                Vec::new()
            }
            From::Join { .. } => self.join(from, with, outer, scope),
        }
    }

    fn derived(
        &mut self,
        query: &mut Query,
        lateral: bool,
        alias: &mut Option<driftless_sql::Alias>,
        with: &[With],
        outer: &[&Scope],
        scope: &mut Scope,
    ) -> Vec<Star> {
        match lateral {
            true => {
                let so_far = Scope {
                    hidden: scope.hidden.clone(),
                    stars: scope.star_of_all(),
                    sources: scope.sources.clone(),
                    ..Scope::default()
                };
                self.query(query, with, &around(outer, &so_far), None);
            }
            false => self.query(query, with, outer, None),
        }
        let Some(alias) = alias else {
            return Vec::new();
        };
        alias.name.text.make_ascii_lowercase();
        lower(&mut alias.columns);
        let columns = match alias.columns.is_empty() {
            false => Some(alias.columns.iter().map(|c| c.text.clone()).collect()),
            true => known(query),
        };
        self.certain &= columns.is_some();
        scope.push(alias.name.text.clone(), columns)
    }

    fn join(
        &mut self,
        from: &mut From,
        with: &[With],
        outer: &[&Scope],
        scope: &mut Scope,
    ) -> Vec<Star> {
        let From::Join {
            kind,
            left,
            right,
            on,
            using,
        } = from
        else {
            return Vec::new();
        };
        lower(using);
        let first = scope.sources.len();
        let mut ours = self.relation(left, with, outer, scope);
        let mut theirs = self.relation(right, with, outer, scope);
        let all_known = scope.sources[first..].iter().all(|(_, c)| c.is_some());
        let natural = kind.starts_with("natural");
        if let Some(rest) = kind.strip_prefix("natural ") {
            *kind = rest.to_owned();
        }
        let turned = kind == "right";
        let merged = natural || !using.is_empty();
        if kind == "cross" || kind.is_empty() {
            *kind = "inner".into();
        }
        if merged && turned {
            std::mem::swap(&mut ours, &mut theirs);
        }
        // A RIGHT JOIN is a LEFT JOIN from the other side.
        if turned {
            *kind = "left".into();
            std::mem::swap(left, right);
        }
        if !merged || !all_known {
            self.certain &= !merged;
            if natural {
                *kind = format!("natural {kind}");
            }
            ours.extend(theirs);
            return ours;
        }
        let wanted = |name: &str| match natural {
            true => theirs.iter().any(|(_, c)| c == name),
            false => using.iter().any(|u| u.text == name),
        };
        let (mut common, ours): (Vec<Star>, Vec<Star>) =
            ours.into_iter().partition(|(_, c)| wanted(c));
        let mut parts = Vec::new();
        for (alias, column) in &common {
            let Some((other, _)) = theirs.iter().find(|(_, c)| c == column) else {
                self.certain = false;
                continue;
            };
            let path = |alias: &String| {
                Tree::Column(vec![Ident::new(alias.clone()), Ident::new(column.clone())])
            };
            let sides = match turned && self.syntax == Syntax::Mariadb {
                // It writes them in the order of the text.
                true => vec![path(other), path(alias)],
                false => vec![path(alias), path(other)],
            };
            parts.push(Tree::Op("=".into(), sides));
        }
        using.clear();
        *on = match parts.len() {
            0 => None,
            1 => parts.pop(),
            _ => Some(Tree::Op("and".into(), parts)),
        };
        scope.merged.extend(common.iter().map(|(_, c)| c.clone()));
        theirs.retain(|(_, c)| !common.iter().any(|(_, shared)| shared == c));
        common.extend(ours);
        common.extend(theirs);
        common
    }

    /// Conditions of joins see all relations of the query.
    pub fn conditions(&mut self, from: &mut From, scopes: &[&Scope], with: &[With]) {
        if let From::Join {
            left, right, on, ..
        } = from
        {
            self.conditions(left, scopes, with);
            self.conditions(right, scopes, with);
            if let Some(on) = on {
                self.condition(on, scopes, with);
            }
        }
    }

    fn is_own(&self, database: &str) -> bool {
        let own = self.catalog.database.as_deref();
        own.is_some_and(|d| d.eq_ignore_ascii_case(database))
    }

    /// A table's invisible columns.
    fn hidden(&self, name: &str) -> Vec<String> {
        let id = find(self.catalog, &Name::folded(name.to_owned()));
        let table = id.and_then(|id| self.catalog.item::<Table>(&id));
        let columns = table.into_iter().flat_map(|t| &t.columns);
        columns
            .filter(|c| c.my.as_ref().is_some_and(|m| m.invisible))
            .map(|c| c.name.key().to_owned())
            .collect()
    }

    fn columns(&self, name: &[Ident]) -> Option<Vec<String>> {
        if let [database, relation] = name {
            let key = |i: &Ident| i.text.to_ascii_lowercase();
            let key = (key(database), key(relation));
            return self.catalog.outside.get(&key).cloned();
        }
        if name.len() != 1 {
            return None;
        }
        let id = find(self.catalog, &Name::folded(name[0].text.clone()))?;
        if let Some(table) = self.catalog.item::<Table>(&id) {
            let seen = |c: &&driftless_model::Column| c.my.as_ref().is_none_or(|m| !m.invisible);
            let columns = table.columns.iter().filter(seen);
            return Some(columns.map(|c| c.name.key().to_owned()).collect());
        }
        let view = self.catalog.item::<View>(&id)?;
        let names: Vec<String> = view
            .output
            .iter()
            .map(|(n, _)| n.key().to_owned())
            .collect();
        (!names.is_empty()).then_some(names)
    }
}

impl Scope {
    fn star_of_all(&self) -> Vec<Star> {
        let all = self.sources.iter();
        all.flat_map(|(alias, _)| self.star(Some(alias))).collect()
    }
}
