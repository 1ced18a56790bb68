//! Normal form: expressions and queries as trees, folded by MySQL's rules; what is not understood as tokens.
//!
//! Neighbours: rows settle their texts through this; `prepare` makes texts ready for the parser, `fold` folds nodes, `default`
//! and `query` settle those. Invariant: settling
//! derives `canon`, `refs` and `certain` from `written` and the catalog alone; it adds nothing.

mod default;
mod fold;
mod moment;
mod prepare;
mod query;
mod relation;
mod scope;
mod shape;
mod truth;

use fold::fold;
use prepare::{prepared, says_nothing};

pub use default::settle_default;
pub use query::settle_query;
pub use relation::{foreign, missing_relation};

use driftless_model::{Canon, Catalog, ObjectId, Ref, SqlText, Table};
use driftless_sql::{
    Ident, SourceId, Syntax, TokenKind, Tree, lex, read_expr, token_name, token_text,
};

/// An expression over one table's columns: a check, a generated column, an index key, a partition's.
pub fn settle_expr(text: &mut SqlText, table: &ObjectId, catalog: &Catalog) {
    let syntax = catalog.server.dialect.syntax();
    text.certain = true;
    text.refs = columns_of(&text.written, table, catalog, syntax);
    text.canon = match read_expr(&prepared(&text.written, syntax), syntax) {
        Ok(mut tree) => {
            let own = table.name.key().to_owned();
            tree.map(&mut |node| fold(node, Some(&own), syntax));
            // MariaDB shows bytes, and text of another character set, as it compares them.
            tree.walk(&mut |node| {
                text.certain &= !(syntax == Syntax::Mariadb && is_bytes(node));
            });
            Canon::Tree(tree)
        }
        // Other tokens may mean the same.
        Err(_) => Canon::Opaque(tokens(&text.written, syntax)),
    };
}

fn is_bytes(node: &Tree) -> bool {
    match node {
        Tree::Bits(..) => true,
        Tree::Call { name, .. } => {
            matches!(name.as_slice(), [one] if one.text.starts_with("introduced "))
        }
        _ => false,
    }
}

/// A body that the server keeps as it was written: of a routine, a trigger, an event.
pub fn settle_body(text: &mut SqlText, catalog: &Catalog) {
    let syntax = catalog.server.dialect.syntax();
    text.certain = true;
    text.canon = Canon::Tokens(tokens(&text.written, syntax));
}

/// Whether two bodies are one but for comments and blanks: clients leave those out on their way to the server.
pub fn same_body(before: &str, after: &str, syntax: Syntax) -> bool {
    let plain = |text: &str| -> Vec<String> {
        let (tokens, _, _) = lex(text, syntax, SourceId(0));
        let raw = tokens.iter().map(|t| t.span.of(text).to_owned());
        let mut out: Vec<String> = raw.collect();
        while out.last().is_some_and(|t| t == ";") {
            out.pop();
        }
        out
    };
    before == after || plain(before) == plain(after)
}

/// The columns of its own table that an expression names, with their places.
fn columns_of(written: &str, id: &ObjectId, catalog: &Catalog, syntax: Syntax) -> Vec<Ref> {
    let Some(table) = catalog.item::<Table>(id) else {
        return Vec::new();
    };
    let (tokens, _, _) = lex(written, syntax, SourceId(0));
    let mut out = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if !matches!(token.kind, TokenKind::Word | TokenKind::Quoted) {
            continue;
        }
        let next = tokens.get(at + 1).map(|t| t.span.of(written));
        if next == Some("(") && token.kind == TokenKind::Word || next == Some(".") {
            continue;
        }
        let name = driftless_model::Name::folded(token_name(token, written, syntax));
        if table.column(&name).is_some() {
            out.push(Ref {
                part: id.member(&name),
                span: Some(token.span),
                qualify: false,
            });
        }
    }
    out
}

/// The tokens joined by single spaces: words and names in lower case and bare, strings decoded, introducers gone.
pub fn tokens(text: &str, syntax: Syntax) -> String {
    let (tokens, _, _) = lex(text, syntax, SourceId(0));
    let mut out = String::with_capacity(text.len());
    let sign = |at: usize, sign: &str| tokens.get(at).is_some_and(|t| t.span.of(text) == sign);
    let mut skipped = 0;
    for (at, token) in tokens.iter().enumerate() {
        if skipped > 0 {
            skipped -= 1;
            continue;
        }
        let raw = token.span.of(text);
        let introduces = raw.starts_with('_')
            && tokens.get(at + 1).is_some_and(|t| {
                t.kind == TokenKind::Text
                    && says_nothing(&raw.to_ascii_lowercase(), &token_text(t, text, syntax))
            });
        if token.kind == TokenKind::Word && introduces {
            continue;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        match token.kind {
            TokenKind::Word | TokenKind::Number => {
                let word = raw.to_ascii_lowercase();
                let same = word_for(&word).filter(|_| sign(at + 1, "(") && sign(at + 2, ")"));
                skipped = if same.is_some() { 2 } else { 0 };
                out.push_str(same.unwrap_or(&word));
            }
            TokenKind::Quoted => {
                out.push_str(&token_name(token, text, syntax).to_ascii_lowercase());
            }
            TokenKind::Text => {
                let string = token_text(token, text, syntax).replace('\'', "''");
                out.push_str(&format!("'{string}'"));
            }
            _ => out.push_str(match raw {
                "!=" => "<>",
                raw => raw,
            }),
        }
    }
    out
}

/// Functions that are words as well, called without arguments.
fn word_for(called: &str) -> Option<&'static str> {
    match called {
        "curdate" | "current_date" => Some("current_date"),
        "curtime" | "current_time" => Some("current_time"),
        "now" | "current_timestamp" => Some("current_timestamp"),
        _ => None,
    }
}

pub fn lower(path: &mut [Ident]) {
    for part in path {
        part.text.make_ascii_lowercase();
    }
}

#[cfg(test)]
mod tests;
