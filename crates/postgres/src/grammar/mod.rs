//! The grammar: one statement of text into Actions, written by hand over `driftless_sql::Cursor`.
//!
//! Neighbours: `Dialect::read` calls [`read`]; rows resolve what is read here (names, types, automatic names). One
//! file per statement family. Invariant: every token of a statement is consumed or the statement is an error with a
//! place; expressions, queries and bodies stay exact slices of the source.

mod aggregate;
mod alter_column;
mod alter_table;
mod block;
mod column;
mod comment;
mod constraint;
mod data_type;
mod definition;
mod drop;
mod extension;
mod function;
mod grant;
mod index;
mod misc;
mod name;
mod option;
mod policy;
mod rule;
mod schema;
mod sequence;
mod statistics;
mod table;
mod trigger;
mod types;
mod unknown;
mod unmodelled;
mod view;

#[cfg(test)]
mod tests;

use crate::features::{Feature, require};
use driftless_model::{Body, Name, Object, ObjectId, Part, Server, SqlText, Unmodelled};
use driftless_planner::{Action, Create, Parsed};
use driftless_sql::{
    Cursor, Diagnostic, RawStatement, SourceId, Span, StatementKind, Syntax, TokenKind,
};
use std::ops::{Deref, DerefMut};

type Read<T> = Result<T, Diagnostic>;

/// Reads one statement.
pub fn read(
    statement: &RawStatement,
    text: &str,
    source: SourceId,
    server: Server,
) -> Result<Parsed, Diagnostic> {
    let cursor = Cursor::new(text, &statement.tokens, source, Syntax::Postgres);
    if statement.kind == StatementKind::Meta {
        return misc::meta(statement.span, &cursor);
    }
    let mut reader = Reader {
        cursor,
        source_text: text,
        server,
        out: Parsed::default(),
    };
    reader.statement()?;
    reader.finish()?;
    Ok(reader.out)
}

/// The object of one CREATE as a server prints it; `None`: it is another statement.
pub(crate) fn printed<T: driftless_model::Item + Clone>(text: &str, server: Server) -> Option<T> {
    identified(text, server).map(|(_, item)| item)
}

/// As [`printed`], with the id that the statement gives.
pub(crate) fn identified<T: driftless_model::Item + Clone>(
    text: &str,
    server: Server,
) -> Option<(ObjectId, T)> {
    let source = SourceId(u32::MAX);
    let (statements, _) = driftless_sql::split(text, Syntax::Postgres, source);
    let parsed = read(statements.first()?, text, source, server).ok()?;
    match parsed.actions.first()? {
        Action::Create(create) => Some((create.id.clone(), create.object.get::<T>()?.clone())),
        _ => None,
    }
}

/// A cursor with what the statement has given so far.
struct Reader<'t> {
    cursor: Cursor<'t>,
    /// The source that the spans speak of.
    source_text: &'t str,
    server: Server,
    out: Parsed,
}

impl<'t> Deref for Reader<'t> {
    type Target = Cursor<'t>;
    fn deref(&self) -> &Cursor<'t> {
        &self.cursor
    }
}

impl DerefMut for Reader<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.cursor
    }
}

/// What CREATE OR REPLACE can make.
const REPLACEABLE: &[&str] = &[
    "aggregate",
    "constraint",
    "function",
    "language",
    "procedural",
    "procedure",
    "recursive",
    "rule",
    "transform",
    "trigger",
    "trusted",
    "view",
];

/// How a CREATE was introduced.
#[derive(Debug, Clone, Copy, Default)]
struct Mode {
    or_replace: bool,
    if_not_exists: bool,
    concurrently: bool,
}

impl<'t> Reader<'t> {
    fn statement(&mut self) -> Read<()> {
        match self.word().as_deref() {
            Some("create") => self.create_statement(),
            Some("alter") => self.alter_statement(),
            Some("drop") => drop::read(self),
            Some("comment") => comment::read(self),
            Some("grant" | "revoke") => grant::read(self),
            Some("refresh") => view::refresh(self),
            _ => misc::read(self),
        }
    }

    fn create_statement(&mut self) -> Read<()> {
        let start = self.pos();
        self.bump();
        let mode = Mode {
            or_replace: self.eat_seq(&["or", "replace"]),
            ..Mode::default()
        };
        self.refuse_temporary()?;
        if mode.or_replace && !self.at_any(REPLACEABLE) {
            return Err(self.unexpected("a kind that CREATE OR REPLACE can replace"));
        }
        match self.word().as_deref() {
            Some("table") => table::create(self, false),
            Some("foreign") if self.at_seq(&["foreign", "table"]) => table::create(self, false),
            Some("unlogged") => {
                self.bump();
                if self.at("sequence") {
                    sequence::create(self, true)
                } else {
                    table::create(self, true)
                }
            }
            Some("unique" | "index") => index::create(self),
            Some("sequence") => sequence::create(self, false),
            Some("type") => types::create(self),
            Some("domain") => types::create_domain(self),
            Some("view" | "recursive") => view::create(self, mode),
            Some("materialized") => view::create_materialized(self, mode),
            Some("function" | "procedure") => function::create(self, mode),
            Some("aggregate") => aggregate::create(self, mode),
            Some("trigger") => trigger::create(self, mode),
            Some("constraint") => trigger::create(self, mode),
            Some("policy") => policy::create(self),
            Some("rule") => rule::create(self, mode),
            Some("statistics") => statistics::create(self),
            Some("schema") => schema::create(self),
            Some("extension") => extension::create(self),
            Some("role" | "group") => self.ignore("roles belong to the cluster"),
            Some("user") if !self.at_seq(&["user", "mapping"]) => {
                self.ignore("roles belong to the cluster")
            }
            _ => match definition::create(self, mode)? {
                Some(()) => Ok(()),
                None => unmodelled::create(self, start),
            },
        }
    }

    fn alter_statement(&mut self) -> Read<()> {
        let start = self.pos();
        self.bump();
        match self.word().as_deref() {
            Some("table") => alter_table::read(self),
            Some("foreign") if self.at_seq(&["foreign", "table"]) => alter_table::read(self),
            Some("index") => index::alter(self),
            Some("sequence") => sequence::alter(self),
            Some("type") => types::alter(self),
            Some("domain") => types::alter_domain(self),
            Some("view") => view::alter(self),
            Some("materialized") => view::alter(self),
            Some("function" | "procedure" | "routine" | "aggregate") => function::alter(self),
            Some("trigger") => trigger::alter(self),
            Some("policy") => policy::alter(self),
            Some("rule") => rule::alter(self),
            Some("statistics") => statistics::alter(self),
            Some("schema") => schema::alter(self),
            Some("extension") => extension::alter(self),
            Some("role" | "group") => self.ignore("roles belong to the cluster"),
            Some("user") if !self.at_seq(&["user", "mapping"]) => {
                self.ignore("roles belong to the cluster")
            }
            _ => match definition::alter(self)? {
                Some(()) => Ok(()),
                None => unmodelled::alter(self, start),
            },
        }
    }

    /// `CREATE TEMP …` makes nothing that a schema keeps.
    fn refuse_temporary(&mut self) -> Read<()> {
        let start = self.pos();
        let _ = self.eat("global") || self.eat("local");
        if self.at_any(&["temp", "temporary"]) {
            self.bump();
            let what = self.word().unwrap_or_else(|| "objects".to_owned());
            let span = self.span_from(start);
            return Err(self
                .unsupported(span, &format!("CREATE TEMPORARY {}", what.to_uppercase()))
                .note("a temporary object lives in one session and is no part of a schema")
                .help("remove the statement"));
        }
        self.reset(start);
        Ok(())
    }

    /// The statement is no declaration: left out for this reason.
    fn ignore(&mut self, why: &'static str) -> Read<()> {
        self.rest();
        self.out.ignored = Some(why);
        Ok(())
    }

    fn unsupported(&self, span: Span, what: &str) -> Diagnostic {
        Diagnostic::error("D0003", format!("{what} is not supported"))
            .at(self.place(span))
            .label("not supported here")
    }

    /// Refuses what the target's version lacks.
    fn require(&self, feature: Feature, span: Span) -> Read<()> {
        require(self.server, feature)
            .map_err(|d| d.at(self.place(span)).label("newer than the target"))
    }

    fn action(&mut self, action: Action) {
        self.out.actions.push(action);
    }

    fn create(&mut self, id: ObjectId, body: impl Into<Body>, mode: Mode) {
        self.action(Action::Create(Box::new(Create {
            id,
            object: Object::new(body),
            if_not_exists: mode.if_not_exists,
            or_replace: mode.or_replace,
            concurrently: mode.concurrently,
        })));
    }

    /// A directive beside `span` may mean this part.
    fn part(&mut self, part: Part, span: Span) {
        self.out.parts.push((part, span));
    }

    fn unmodelled(
        &mut self,
        what: &str,
        name: impl Into<String>,
        on: Option<ObjectId>,
        span: Span,
    ) {
        let place = Some(self.place(span));
        self.out.unmodelled.push(Unmodelled {
            what: what.to_owned(),
            name: name.into(),
            on,
            place,
        });
    }

    /// Reads what stands in brackets, to the last token.
    fn inside<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        let group = self.group_cursor()?;
        let outer = std::mem::replace(&mut self.cursor, group);
        let value = read(self).and_then(|value| self.finish().map(|()| value));
        self.cursor = outer;
        value
    }

    fn if_not_exists(&mut self) -> bool {
        self.eat_seq(&["if", "not", "exists"])
    }

    fn if_exists(&mut self) -> bool {
        self.eat_seq(&["if", "exists"])
    }
}

/// The slice as SQL text.
fn sql(c: &Cursor, span: Span) -> SqlText {
    SqlText::new(c.text(span)).at(c.place(span))
}

/// `( expression )`: what stands inside.
fn bracketed(c: &mut Cursor) -> Read<SqlText> {
    let mut group = c.group_cursor()?;
    if group.done() {
        return Err(group.unexpected("an expression"));
    }
    let span = group.rest();
    Ok(sql(&group, span))
}

/// Up to a comma outside brackets, or the end; at least one token.
fn expression(c: &mut Cursor, stop: &[&str]) -> Read<SqlText> {
    let from = c.pos();
    let span = c.until(&|c| c.at_symbol(",") || (c.pos() > from && c.at_any(stop)));
    if c.pos() == from {
        return Err(c.unexpected("an expression"));
    }
    Ok(sql(c, span))
}

/// The tokens consumed since `from`, each white space and comment between them one space.
fn folded(c: &Cursor, from: usize) -> String {
    let mut back = c.clone();
    back.reset(from);
    let tokens = back.remaining();
    let count = c.pos().saturating_sub(from).min(tokens.len());
    let mut out = String::new();
    let mut end = None;
    for token in &tokens[..count] {
        if end.is_some_and(|end| end < token.span.start) {
            out.push(' ');
        }
        out.push_str(c.text(token.span));
        end = Some(token.span.end);
    }
    out
}

/// A comma-separated list.
fn list<'t, T>(
    c: &mut Cursor<'t>,
    mut item: impl FnMut(&mut Cursor<'t>) -> Read<T>,
) -> Read<Vec<T>> {
    let mut out = vec![item(c)?];
    while c.eat_symbol(",") {
        out.push(item(c)?);
    }
    Ok(out)
}

/// `CASCADE`, `RESTRICT` or neither.
fn cascade(c: &mut Cursor) -> bool {
    let cascade = c.eat("cascade");
    if !cascade {
        c.eat("restrict");
    }
    cascade
}

/// A name, a string or a number: what stands for a setting's value.
fn value(c: &mut Cursor, what: &str) -> Read<String> {
    match c.peek().map(|t| t.kind) {
        Some(TokenKind::Text) => c.string(what),
        Some(TokenKind::Word | TokenKind::Quoted) => Ok(c.ident(what)?.text),
        _ => c.number_text(what),
    }
}

fn names(idents: Vec<driftless_sql::Ident>) -> Vec<Name> {
    idents.iter().map(|i| name::exact(&i.text)).collect()
}
