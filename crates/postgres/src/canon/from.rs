//! FROM: what each item gives, joins and their merged columns.
//!
//! Neighbours: `scope` is filled here, `query` calls. Invariant: frames are numbered in the order in which the text
//! names them, so that two spellings of one query number them alike.

use super::predicate;
use super::scope::{Col, Frame, Scope, qualified};
use super::settler::{Settler, Typed};
use crate::types::Type;
use driftless_model::{Column, Kind, Name, ObjectId, Ref, Table, View};
use driftless_sql::{Alias, From, Ident, Tree};

impl Settler<'_> {
    /// The items of one FROM; their columns come into reach one after the other.
    pub(super) fn from(&mut self, items: &[From]) -> Vec<From> {
        items
            .iter()
            .map(|item| {
                let (item, columns) = self.item_of(item);
                self.scope().visible.extend(columns);
                item
            })
            .collect()
    }

    pub(super) fn scope(&mut self) -> &mut Scope {
        if self.scopes.is_empty() {
            self.scopes.push(Scope::default());
        }
        let last = self.scopes.len() - 1;
        &mut self.scopes[last]
    }

    fn item_of(&mut self, item: &From) -> (From, Vec<Col>) {
        match item {
            From::Table { name, only, alias } => self.table_item(name, *only, alias.as_ref()),
            From::Query {
                query,
                lateral,
                alias,
            } => {
                let hidden = (!lateral).then(|| std::mem::take(self.scope()));
                let (query, columns) = self.query(query, false);
                if let Some(hidden) = hidden {
                    *self.scope() = hidden;
                }
                let name = alias.as_ref().map_or("", |a| a.name.text.as_str());
                let (alias, columns) = self.derived(name, alias.as_ref(), columns, false);
                let item = From::Query {
                    query: Box::new(query),
                    lateral: *lateral,
                    alias: Some(alias),
                };
                (item, columns)
            }
            From::Call {
                call,
                lateral: _,
                ordinality,
                alias,
            } => self.call_item(call, *ordinality, alias.as_ref()),
            From::Join {
                kind,
                left,
                right,
                on,
                using,
            } => self.join(kind, [left, right], on.as_ref(), using),
        }
    }

    fn next_frame(&mut self) -> String {
        self.frames += 1;
        self.frames.to_string()
    }

    /// A frame whose columns are counted, not named: what people call them is up to aliases.
    fn derived(
        &mut self,
        name: &str,
        alias: Option<&Alias>,
        columns: Option<Vec<(String, Option<Type>)>>,
        scalar: bool,
    ) -> (Alias, Vec<Col>) {
        let prefix = self.next_frame();
        let renamed = alias.map_or(&[][..], |a| a.columns.as_slice());
        let columns = columns.map(|columns| {
            columns
                .into_iter()
                .enumerate()
                .map(|(i, (name, ty))| Col {
                    name: renamed.get(i).map_or(name, |a| a.text.clone()),
                    tree: qualified(&prefix, &(i + 1).to_string()),
                    ty,
                    part: None,
                })
                .collect::<Vec<_>>()
        });
        self.sure &= columns.is_some();
        let frame = Frame {
            alias: name.to_owned(),
            prefix: prefix.clone(),
            source: None,
            unaliased: false,
            columns: columns.clone(),
            scalar,
        };
        self.scope().frames.push(frame);
        let alias = Alias {
            name: Ident::new(prefix),
            columns: Vec::new(),
        };
        (alias, columns.unwrap_or_default())
    }

    fn table_item(
        &mut self,
        name: &[Ident],
        only: bool,
        alias: Option<&Alias>,
    ) -> (From, Vec<Col>) {
        let shown = alias.map_or_else(
            || name.last().map_or("", |n| n.text.as_str()),
            |a| a.name.text.as_str(),
        );
        if let [own] = name
            && let Some(cte) = self.ctes.iter().rev().find(|c| c.name == own.text).cloned()
        {
            let (alias, columns) = self.derived(shown, alias, cte.columns, false);
            let item = From::Table {
                name: vec![Ident::new(cte.name)],
                only,
                alias: Some(alias),
            };
            return (item, columns);
        }
        let names: Vec<String> = name.iter().map(|n| n.text.clone()).collect();
        let found = self.relation(&names);
        let prefix = self.next_frame();
        let spelled = match &found {
            Some(id) => vec![Ident::new(id.schema.as_str()), Ident::new(id.name.as_str())],
            None => {
                self.sure = false;
                let catalog = names.len() > 1 && names[0] == "pg_catalog";
                name[usize::from(catalog)..].to_vec()
            }
        };
        if let (Some(id), Some(first), Some(last)) = (&found, name.first(), name.last()) {
            self.refs.push(Ref {
                part: id.part(),
                span: Some(first.span.to(last.span)),
                qualify: true,
            });
        }
        let mut columns = found
            .as_ref()
            .and_then(|id| self.relation_columns(id, &prefix));
        for (col, renamed) in columns
            .iter_mut()
            .flatten()
            .zip(alias.iter().flat_map(|a| &a.columns))
        {
            col.name = renamed.text.clone();
        }
        let frame = Frame {
            alias: shown.to_owned(),
            prefix: prefix.clone(),
            unaliased: alias.is_none(),
            source: found,
            columns: columns.clone(),
            scalar: false,
        };
        self.sure &= columns.is_some();
        self.scope().frames.push(frame);
        let item = From::Table {
            name: spelled,
            only,
            alias: Some(Alias {
                name: Ident::new(prefix),
                columns: Vec::new(),
            }),
        };
        (item, columns.unwrap_or_default())
    }

    /// The columns of a table or view, where they are known.
    pub(super) fn relation_columns(&self, id: &ObjectId, prefix: &str) -> Option<Vec<Col>> {
        let col = |name: &Name, ty: Option<&str>| Col {
            name: name.as_str().to_owned(),
            tree: qualified(prefix, name.as_str()),
            ty: ty.and_then(|t| self.infer.read(t)),
            part: Some(id.member(name)),
        };
        if let Some(table) = self.catalog().item::<Table>(id) {
            let one = |c: &Column| col(&c.name, Some(&c.ty.text));
            return Some(table.columns.iter().map(one).collect());
        }
        if id.kind == Kind::Sequence {
            let known = [
                ("last_value", "bigint"),
                ("log_cnt", "bigint"),
                ("is_called", "boolean"),
            ];
            let one = |(n, t): &(&str, &str)| Col {
                part: None,
                ..col(&Name::exact(*n), Some(t))
            };
            return Some(known.iter().map(one).collect());
        }
        let view = self.catalog().item::<View>(id)?;
        if view.output.is_empty() {
            return None;
        }
        Some(
            view.output
                .iter()
                .map(|(n, t)| col(n, t.as_deref()))
                .collect(),
        )
    }

    fn call_item(
        &mut self,
        call: &Tree,
        ordinality: bool,
        alias: Option<&Alias>,
    ) -> (From, Vec<Col>) {
        let (typed, found) = self.called(call);
        let function = match call {
            Tree::Call { name, .. } => name.last().map_or("", |n| n.text.as_str()),
            _ => "",
        };
        let shown = alias.map_or(function, |a| a.name.text.as_str());
        let given = found.as_ref().map_or(&[][..], |f| f.columns.as_slice());
        let scalar = given.len() < 2
            && typed
                .name()
                .is_some_and(|n| n != "record" && !self.is_row(n));
        let mut columns = if scalar {
            let name = given
                .first()
                .map_or_else(|| shown.to_owned(), |(n, _)| n.clone());
            Some(vec![(name, typed.ty.clone())])
        } else if given.is_empty() {
            None
        } else {
            let one = |(n, t): &(String, String)| (n.clone(), Some(Type::new(t.clone())));
            Some(given.iter().map(one).collect())
        };
        if ordinality && let Some(columns) = &mut columns {
            columns.push(("ordinality".to_owned(), Some(Type::new("int8"))));
        }
        let (alias, columns) = self.derived(shown, alias, columns, scalar && !ordinality);
        let item = From::Call {
            call: typed.tree,
            lateral: false,
            ordinality,
            alias: Some(alias),
        };
        (item, columns)
    }

    fn is_row(&self, name: &str) -> bool {
        self.infer.fields(name).is_some()
    }

    fn join(
        &mut self,
        kind: &str,
        [left, right]: [&From; 2],
        on: Option<&Tree>,
        using: &[Ident],
    ) -> (From, Vec<Col>) {
        let (left, left_columns) = self.item_of(left);
        let before = self.scope().visible.len();
        // A lateral right side sees the left one.
        self.scope().visible.extend(left_columns.iter().cloned());
        let (right, right_columns) = self.item_of(right);
        let (natural, kind) = match kind.strip_prefix("natural ") {
            Some(kind) => (true, kind),
            None => (false, kind),
        };
        let shared: Vec<String> = if natural {
            let both = |c: &&Col| right_columns.iter().any(|r| r.name == c.name);
            left_columns
                .iter()
                .filter(both)
                .map(|c| c.name.clone())
                .collect()
        } else {
            using.iter().map(|u| u.text.clone()).collect()
        };
        for ident in using {
            self.using_refs(ident, &left_columns, &right_columns);
        }
        let columns = self.merged(kind, &shared, left_columns, right_columns);
        self.scope().visible.truncate(before);
        let on = on.map(|on| {
            self.scope().visible.extend(columns.iter().cloned());
            let on = self.condition(on);
            self.scope().visible.truncate(before);
            on
        });
        let kind = if natural && shared.is_empty() && kind == "inner" {
            "cross"
        } else {
            kind
        };
        let item = From::Join {
            kind: kind.to_owned(),
            left: Box::new(left),
            right: Box::new(right),
            on,
            using: shared.into_iter().map(Ident::new).collect(),
        };
        (item, columns)
    }

    fn using_refs(&mut self, name: &Ident, left: &[Col], right: &[Col]) {
        for side in [left, right] {
            match side
                .iter()
                .find(|c| c.name == name.text)
                .and_then(|c| c.part.clone())
            {
                Some(part) => self.refs.push(Ref {
                    part,
                    span: Some(name.span),
                    qualify: false,
                }),
                None => self.sure &= side.iter().any(|c| c.name == name.text),
            }
        }
    }

    /// The columns of a join: the shared ones once, first.
    fn merged(
        &mut self,
        kind: &str,
        shared: &[String],
        left: Vec<Col>,
        right: Vec<Col>,
    ) -> Vec<Col> {
        let mut out = Vec::with_capacity(left.len() + right.len());
        for name in shared {
            let find = |side: &[Col]| side.iter().find(|c| c.name == *name).cloned();
            let col = match (kind, find(&left), find(&right)) {
                ("right", _, Some(col)) => col,
                ("full", Some(a), Some(b)) => {
                    let typed = |c: &Col| Typed {
                        tree: c.tree.clone(),
                        ty: c.ty.clone(),
                    };
                    let (trees, ty) = self.meet(vec![typed(&a), typed(&b)]);
                    Col {
                        tree: predicate::call("merged", trees),
                        ty,
                        ..a
                    }
                }
                (_, Some(col), _) | (_, None, Some(col)) => col,
                (_, None, None) => {
                    self.sure = false;
                    continue;
                }
            };
            out.push(col);
        }
        let own = |c: &Col| !shared.contains(&c.name);
        out.extend(left.into_iter().filter(own));
        out.extend(right.into_iter().filter(own));
        out
    }
}
