//! SQL text → [`Tree`] and [`Query`]: `sqlparser` reads, this lowers into our own trees.
//!
//! Neighbours: `lower/token` feeds the parser from our lexer, `lower/sqlite`, `lower/mysql` and
//! `lower/mysql_form` are these engines' grammars, `lower/expr` and `lower/query` lower. Invariant: nothing is lost silently: whatever is not understood makes the text [`Opaque`].

mod call;
mod command;
mod expr;
mod mysql;
mod mysql_form;
mod query;
mod shape;
mod sqlite;
mod token;
mod types;
mod vocabulary;

use sqlparser::dialect::{Dialect, PostgreSqlDialect};
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token as Theirs;

use crate::Syntax;
use crate::tree::{Command, Query, Tree};

/// A text that was not understood, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opaque {
    pub why: String,
}

impl std::fmt::Display for Opaque {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for Opaque {}

fn opaque<T>(why: impl Into<String>) -> Result<T, Opaque> {
    Err(Opaque { why: why.into() })
}

/// One value expression, the whole text.
pub fn read_expr(text: &str, syntax: Syntax) -> Result<Tree, Opaque> {
    read(
        text,
        syntax,
        &[],
        |parser| parser.parse_expr(),
        |lowerer, ast| lowerer.expr(&ast),
    )
}

/// One query, the whole text.
pub fn read_query(text: &str, syntax: Syntax) -> Result<Query, Opaque> {
    read(
        text,
        syntax,
        &[],
        |parser| parser.parse_query(),
        |lowerer, ast| lowerer.query(&ast),
    )
}

/// One INSERT, UPDATE or DELETE, the whole text.
pub fn read_command(text: &str, syntax: Syntax) -> Result<Command, Opaque> {
    read(
        text,
        syntax,
        vocabulary::COMMAND,
        |parser| parser.parse_statement(),
        |lowerer, ast| lowerer.command(&ast),
    )
}

fn read<A, T>(
    text: &str,
    syntax: Syntax,
    further: &'static [&'static str],
    parse: impl FnOnce(&mut Parser) -> Result<A, ParserError>,
    lower: impl FnOnce(&mut Lowerer, A) -> Result<T, Opaque>,
) -> Result<T, Opaque> {
    let prepared = token::prepare(text, syntax, further)?;
    let dialect: &dyn Dialect = match syntax {
        Syntax::Postgres => &PostgreSqlDialect {},
        Syntax::Sqlite => &sqlite::Sqlite,
        Syntax::Mysql | Syntax::Mariadb => &mysql::Mysql,
    };
    let mut parser = Parser::new(dialect)
        .with_recursion_limit(MAX_RECURSION)
        .with_tokens_with_locations(prepared.tokens);
    let failed = |e: ParserError| Opaque {
        why: format!("not parsed: {e}"),
    };
    let ast = parse(&mut parser).map_err(failed)?;
    let next = parser.peek_token();
    if next.token != Theirs::EOF {
        return opaque(format!("not parsed from `{}` on", next.token));
    }
    let mut lowerer = Lowerer {
        syntax,
        types: prepared.types,
        only: prepared.only,
        depth: 0,
    };
    lower(&mut lowerer, ast)
}

/// Of the parser: several of its levels make one of ours.
const MAX_RECURSION: usize = 400;
/// Deeper trees are not built, so that whoever walks one may recurse.
const MAX_DEPTH: usize = 200;
/// A level of ours takes several frames: more stack is taken where less than this is left.
const RED_ZONE: usize = 256 * 1024;
const GROWTH: usize = 2 * 1024 * 1024;

struct Lowerer {
    syntax: Syntax,
    types: Vec<String>,
    only: std::collections::BTreeSet<usize>,
    depth: usize,
}

impl Lowerer {
    /// Runs `f` one level deeper.
    fn deeper<T>(&mut self, f: impl FnOnce(&mut Self) -> Result<T, Opaque>) -> Result<T, Opaque> {
        if self.depth >= MAX_DEPTH {
            return opaque("it is nested too deeply");
        }
        self.depth += 1;
        let result = stacker::maybe_grow(RED_ZONE, GROWTH, || f(self));
        self.depth -= 1;
        result
    }
}

#[cfg(test)]
mod tests;
