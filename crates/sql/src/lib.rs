//! SQL as *text*: spans and sources, diagnostics, lexing, scripts, token cursors, quoting and expression trees.
//!
//! Neighbours: everything above uses it; it uses parsers only (`sqlparser`, for YAML `saphyr-parser`). Invariant:
//! nothing here knows what a table is; a byte offset given out here always lies on a character boundary of the source
//! it belongs to.

/// A list of plain words, packed in the source.
macro_rules! words {
    ($($word:tt)*) => { &[$(stringify!($word)),*] };
}

mod canon;
mod cursor;
mod diagnostic;
mod directive;
mod lexer;
mod literal;
mod lower;
pub mod modes;
mod quote;
mod restricted;
mod script;
mod source;
mod tree;
mod visit;
pub mod yaml;

#[cfg(test)]
mod tests;

pub use canon::{name_text, normal_tokens, query_text, tree_text};
pub use cursor::Cursor;
pub use diagnostic::{Diagnostic, Problems, Severity};
pub use directive::{Directive, directives};
pub use lexer::{Comment, Token, TokenKind, lex};
pub use literal::{token_name, token_text};
pub use lower::{Opaque, read_command, read_expr, read_query};
pub use quote::{dollar_quote, is_bare, quote_name, quote_text};
pub use restricted::needs_brackets;
pub use script::{RawStatement, Script, StatementKind, Statements, read_script, split};
pub use source::{Place, Source, SourceId, Sources, Span};
pub use tree::{
    Alias, Command, Cte, From, Ident, Item, Query, Select, SetExpr, SortKey, Tree, TypeName, Window,
};
pub use visit::{Child, ChildMut};

/// Whose lexical rules a text follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Syntax {
    /// PostgreSQL: dollar quotes, nested comments, `E''`, unquoted names fold to lower case.
    Postgres,
    /// SQLite: four ways to quote a name, names compare without case.
    Sqlite,
    /// MySQL: names in backticks, backslashes in strings, version comments that are code.
    Mysql,
    /// MariaDB: as MySQL, with version comments of its own.
    Mariadb,
}

impl Syntax {
    /// One of the two that share MySQL's lexical rules.
    pub fn is_mysql(self) -> bool {
        matches!(self, Syntax::Mysql | Syntax::Mariadb)
    }
}
