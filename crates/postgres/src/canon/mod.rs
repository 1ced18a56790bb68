//! Canonical forms of expressions and queries: names resolved, types known, what the server itself adds made explicit.
//!
//! Neighbours: crate `sql` reads the text, rows call this when they settle, `data/` says what servers know. Invariant:
//! the form is the same for a person's spelling and for the server's print of what it stored; nothing is folded where
//! a type is not known, and then the text is not `certain`. Type names in casts are the server's own (`int4`).

mod call;
mod column;
mod command;
mod expr;
mod from;
pub(crate) mod infer;
pub(crate) mod known;
mod literal;
mod name;
mod place;
mod predicate;
mod query;
mod scope;
mod select;
mod settler;

#[cfg(test)]
mod tests;

pub use command::command;
use driftless_model::{Argument, Canon, Catalog, Name, ObjectId, SqlText, TypeRef};
use driftless_planner::Fault;
use driftless_sql::{Place, Span, Syntax, normal_tokens, quote_name, read_expr, read_query};
use place::Statement;
use scope::Frame;
use settler::Settler;
use std::borrow::Cow;

/// What an expression stands on.
#[derive(Clone, Copy, Default)]
pub struct Ground<'a> {
    /// Its columns are in reach.
    pub relation: Option<&'a ObjectId>,
    /// They are in reach as `old` and `new` (a trigger's WHEN).
    pub row_names: bool,
    /// The type of VALUE (a domain's CHECK).
    pub value: Option<&'a TypeRef>,
    /// The type that the result is assigned to: a column's for its default, `boolean` for a condition.
    pub target: Option<&'a str>,
    /// The arguments of a routine, in its body.
    pub arguments: &'a [Argument],
    /// Its name, which they may be said behind.
    pub routine: Option<&'a Name>,
}

/// Derives the canonical form and the references of an expression.
///
/// Fails where it names a column that is certainly not there; the form is set all the same.
pub fn expression(text: &mut SqlText, ground: &Ground, catalog: &Catalog) -> Result<(), Fault> {
    let Ok(tree) = read_expr(&readable(&text.written, catalog), Syntax::Postgres) else {
        body(text, catalog);
        return Ok(());
    };
    let path = std::mem::take(&mut text.path);
    let mut settler = Settler::new(catalog, &path);
    settler.stand_on(ground);
    let value = settler.expr(&tree);
    let target = ground.target.and_then(|t| settler.infer.read(t));
    let tree = match target {
        // The length of the column it goes into is applied anyway.
        Some(target) => {
            let base = settler.infer.base(&target.name);
            if let Some(from) = value.name().map(str::to_owned) {
                settler.castable(&from, &base, 'a');
            }
            let value = settler.without_length(value, &target);
            settler.coerce(value, &base)
        }
        None => settler.settled(value).tree,
    };
    let missing = settler.missing.take();
    finish(text, Canon::Tree(tree), &mut settler);
    text.path = path;
    let known = || {
        ground.relation.is_none_or(|id| {
            Settler::new(catalog, &[])
                .relation_columns(id, "")
                .is_some()
        })
    };
    match missing {
        Some((name, span)) if known() => Err(Fault::Missing {
            what: "column",
            name: match ground.relation {
                Some(relation) if !name.contains('.') => format!("{relation}.{name}"),
                _ => name,
            },
            place: text.place.map(|p| placed(p, span)),
        }),
        _ => Ok(()),
    }
}

/// Derives the canonical form and the references of a query; what it gives, where that is known.
pub fn query(text: &mut SqlText, catalog: &Catalog) -> Vec<(Name, Option<String>)> {
    query_as(text, &[], catalog)
}

/// As [`query`], with the column names that stand beside it (`CREATE VIEW v (a, b) AS …`).
pub fn query_as(
    text: &mut SqlText,
    names: &[Name],
    catalog: &Catalog,
) -> Vec<(Name, Option<String>)> {
    query_on(text, names, &Ground::default(), catalog).0
}

/// Fails where a query names a column that is certainly not there.
pub fn check_query(text: &SqlText, catalog: &Catalog) -> Result<(), Fault> {
    let mut text = text.clone();
    match query_on(&mut text, &[], &Ground::default(), catalog).1 {
        Some((name, span)) => Err(Fault::Missing {
            what: "column",
            name,
            place: text.place.map(|p| placed(p, span)),
        }),
        None => Ok(()),
    }
}

/// What it gives, and the first name that is found nowhere.
type Output = (Vec<(Name, Option<String>)>, Option<(String, Span)>);

fn query_on(text: &mut SqlText, names: &[Name], ground: &Ground, catalog: &Catalog) -> Output {
    let Ok(tree) = read_query(&readable(&text.written, catalog), Syntax::Postgres) else {
        body(text, catalog);
        return (Vec::new(), None);
    };
    let path = std::mem::take(&mut text.path);
    let mut settler = Settler::new(catalog, &path);
    settler.stand_on(ground);
    let (mut tree, output) = settler.query(&tree, true);
    let mut output = output.unwrap_or_default();
    for (column, name) in output.iter_mut().zip(names) {
        column.0 = name.as_str().to_owned();
    }
    query::keep_first_names(&mut tree.body, &output);
    let missing = settler.missing.take();
    finish(text, Canon::Query(Box::new(tree)), &mut settler);
    text.path = path;
    let output = output
        .into_iter()
        .map(|(name, ty)| (Name::exact(name), ty.map(|t| t.text(catalog))))
        .collect();
    (output, missing)
}

/// The body of a SQL-standard routine: `RETURN expression`, or `BEGIN ATOMIC` with one query or one command. What
/// its statements are otherwise is compared as text.
pub fn routine(text: &mut SqlText, ground: &Ground, catalog: &Catalog) {
    let written = text.written.clone();
    match place::only_statement(&written) {
        Some((Statement::Return, only)) => {
            text.written = only;
            // A name that is nowhere leaves the form uncertain.
            let _ = expression(text, ground, catalog);
        }
        Some((Statement::Query, only)) => {
            text.written = only;
            query_on(text, &[], ground, catalog);
        }
        Some((Statement::Command, only)) => {
            text.written = only;
            command::command_on(text, ground, catalog);
        }
        None => body(text, catalog),
    }
    text.written = written;
}

/// For what is not read as an expression or a query: compared as text, its references found by their names.
pub fn body(text: &mut SqlText, catalog: &Catalog) {
    text.canon = Canon::Opaque(normal_tokens(&text.written, Syntax::Postgres));
    text.refs = place::mentioned(&text.written, &text.path, catalog);
    text.certain = false;
    text.refused = None;
}

/// The text as written, with the names qualified that a search path could turn elsewhere.
pub fn qualified(text: &SqlText) -> String {
    if text.path.is_empty() {
        return text.written.clone();
    }
    let quoted = |name: &Name| quote_name(name.as_str(), Syntax::Postgres);
    text.splice(|r| {
        let object = &r.part.object;
        (r.qualify && !object.schema.is_empty())
            .then(|| format!("{}.{}", quoted(&object.schema), quoted(&object.name)))
    })
}

fn readable<'t>(text: &'t str, catalog: &Catalog) -> Cow<'t, str> {
    place::plain(text, &|schema| {
        known::extensions(catalog).any(|(_, s)| s == schema)
    })
}

fn placed(place: Place, span: Span) -> Place {
    Place {
        source: place.source,
        span: span.shift(place.span.start),
    }
}

fn finish(text: &mut SqlText, canon: Canon, settler: &mut Settler) {
    text.canon = canon;
    text.certain = settler.sure;
    text.refused = settler.refused.take().map(Box::new);
    text.refs = std::mem::take(&mut settler.refs);
    let found = place::places(&text.written, &settler.types, &settler.strings);
    // A reference whose place is known need not be implied as well.
    text.refs
        .retain(|r| r.span.is_some() || !found.iter().any(|f| f.part == r.part));
    text.refs.extend(found);
}

impl Settler<'_> {
    fn stand_on(&mut self, ground: &Ground) {
        self.value = ground.value.and_then(|t| self.infer.read(&t.text));
        let mut arguments = Vec::new();
        for a in ground.arguments {
            let (Some(name), "in" | "inout" | "variadic") = (&a.name, a.mode) else {
                continue;
            };
            let ty = self.infer.read(&a.ty.text);
            arguments.push(scope::Col {
                name: name.as_str().to_owned(),
                tree: driftless_sql::Tree::Param(name.as_str().to_owned()),
                ty,
                part: None,
            });
        }
        self.scope().visible.extend(arguments.iter().cloned());
        if let Some(routine) = ground.routine {
            self.scope().frames.push(Frame {
                alias: routine.as_str().to_owned(),
                prefix: String::new(),
                source: None,
                unaliased: false,
                columns: Some(arguments),
                scalar: false,
            });
        }
        let Some(id) = ground.relation else {
            return;
        };
        if ground.row_names {
            for alias in ["old", "new"] {
                let columns = self.relation_columns(id, alias);
                self.scope().frames.push(Frame {
                    alias: alias.to_owned(),
                    prefix: alias.to_owned(),
                    source: None,
                    unaliased: false,
                    columns,
                    scalar: false,
                });
            }
            return;
        }
        let columns = self.relation_columns(id, "");
        self.scope().visible = columns.clone().unwrap_or_default();
        self.scope().frames.push(Frame {
            alias: id.name.as_str().to_owned(),
            prefix: String::new(),
            source: Some(id.clone()),
            unaliased: true,
            columns,
            scalar: false,
        });
    }
}
