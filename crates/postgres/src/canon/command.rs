//! What rules and SQL-standard routines do: INSERT, UPDATE and DELETE, with a rule's `old` and `new` in reach.
//!
//! Neighbours: `query` settles the rows. Invariant: the columns of an INSERT are said, and a bare literal has the type of
//! the column it goes into, as servers print it.

use super::settler::{Settler, Typed};
use super::{Ground, body, finish, query_on, readable};
use crate::types::Type;
use driftless_model::{Canon, Catalog, Name, ObjectId, Ref, SqlText};
use driftless_sql::{Command, From, Ident, Item, Query, SetExpr, Syntax, Tree, read_command};

/// Derives the canonical form and the references of one command of a rule on `relation`.
pub fn command(text: &mut SqlText, relation: &ObjectId, catalog: &Catalog) {
    let ground = Ground {
        relation: Some(relation),
        row_names: true,
        ..Ground::default()
    };
    command_on(text, &ground, catalog);
}

/// The same for one command on any ground.
pub(super) fn command_on(text: &mut SqlText, ground: &Ground, catalog: &Catalog) {
    let Ok(read) = read_command(&readable(&text.written, catalog), Syntax::Postgres) else {
        let first = text.written.split_whitespace().next().unwrap_or_default();
        match ["select", "values", "with"].contains(&first.to_ascii_lowercase().as_str()) {
            true => {
                query_on(text, &[], ground, catalog);
            }
            false => body(text, catalog),
        }
        return;
    };
    let path = std::mem::take(&mut text.path);
    let mut settler = Settler::new(catalog, &path);
    settler.stand_on(ground);
    let tree = settler.command(read);
    finish(text, Canon::Tree(tree), &mut settler);
    text.path = path;
}

impl Settler<'_> {
    fn command(&mut self, command: Command) -> Tree {
        let Command {
            verb,
            target,
            mut columns,
            mut source,
            returning,
        } = command;
        let table = self.put_into(&target);
        let returned = returning_query(&target, &source, returning, verb);
        let written = source.body.clone();
        without_defaults(&mut source.body);
        let (mut source, output) = self.query(&source, false);
        let known = table.as_ref().and_then(|id| self.relation_columns(id, ""));
        if columns.is_empty() && verb == "insert" {
            let width = output.map_or(0, |o| o.len());
            match &known {
                Some(known) if width > 0 => {
                    columns.extend(known.iter().take(width).map(|c| Ident::new(&c.name)));
                }
                _ => self.sure = false,
            }
        }
        for (at, column) in columns.iter().enumerate() {
            let found = known.iter().flatten().find(|c| c.name == column.text);
            if let Some(ty) = found.and_then(|c| c.ty.clone()) {
                self.assigned(&written, &mut source.body, at, &ty);
            }
            if let Some(id) = &table
                && column.span.end > column.span.start
            {
                self.refs.push(Ref {
                    part: id.member(&Name::exact(&column.text)),
                    span: Some(column.span),
                    qualify: false,
                });
            }
        }
        let returned = returned.map(|q| Tree::Query(Box::new(self.query(&q, false).0)));
        let spelled = match (&table, &target) {
            (Some(id), _) => vec![Ident::new(id.schema.as_str()), Ident::new(id.name.as_str())],
            (None, From::Table { name, .. }) => name.clone(),
            _ => Vec::new(),
        };
        let columns = columns.into_iter().map(|c| Tree::Column(vec![c])).collect();
        let mut parts = vec![
            Tree::Column(spelled),
            Tree::Row(columns),
            Tree::Query(Box::new(source)),
        ];
        parts.extend(returned);
        Tree::Op(verb.to_owned(), parts)
    }

    /// A bare literal is of the type of the column that it goes into.
    fn assigned(&mut self, written: &SetExpr, settled: &mut SetExpr, at: usize, ty: &Type) {
        let pairs: Vec<(&Tree, &mut Tree)> = match (written, settled) {
            (SetExpr::Select(written), SetExpr::Select(settled)) => {
                let settled = settled.items.get_mut(at).map(|i| &mut i.expr);
                let written = written.items.get(at).map(|i| &i.expr);
                written.zip(settled).into_iter().collect()
            }
            (SetExpr::Values(written), SetExpr::Values(settled)) => {
                let rows = written.iter().zip(settled);
                rows.filter_map(|(w, s)| w.get(at).zip(s.get_mut(at)))
                    .collect()
            }
            _ => Vec::new(),
        };
        for (written, settled) in pairs {
            if matches!(written, Tree::Text(_) | Tree::Null) {
                let bare = Typed::new(written.clone(), "unknown");
                *settled = self.convert(bare, &ty.plain(), false).tree;
            } else if is_default(written) {
                *settled = Tree::Op("default".to_owned(), Vec::new());
            }
        }
    }

    /// The table that is written to.
    fn put_into(&mut self, target: &From) -> Option<ObjectId> {
        let From::Table { name, .. } = target else {
            self.sure = false;
            return None;
        };
        let names: Vec<String> = name.iter().map(|n| n.text.clone()).collect();
        let found = self.relation(&names);
        match (&found, name.first(), name.last()) {
            (Some(id), Some(first), Some(last)) => self.refs.push(Ref {
                part: id.part(),
                span: Some(first.span.to(last.span)),
                qualify: true,
            }),
            _ => self.sure = false,
        }
        found
    }
}

/// The keyword, which reads as a name.
fn is_default(tree: &Tree) -> bool {
    matches!(tree, Tree::Column(name) if matches!(name.as_slice(), [only] if only.text == "default" && !only.quoted))
}

/// DEFAULT is no name to be looked for.
fn without_defaults(body: &mut SetExpr) {
    let clear = |tree: &mut Tree| {
        if is_default(tree) {
            *tree = Tree::Null;
        }
    };
    match body {
        SetExpr::Values(rows) => rows.iter_mut().flatten().for_each(clear),
        SetExpr::Select(select) => select.items.iter_mut().for_each(|i| clear(&mut i.expr)),
        _ => {}
    }
}

/// What RETURNING gives, over what the command sees.
fn returning_query(target: &From, source: &Query, items: Vec<Item>, verb: &str) -> Option<Query> {
    let from = match &source.body {
        SetExpr::Select(select) if verb != "insert" => select.from.clone(),
        _ => vec![target.clone()],
    };
    let some = !items.is_empty();
    some.then(|| Query::plain(items, from, None))
}
