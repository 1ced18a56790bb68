//! Where in the text types and strings stand that the tree holds without a place; and texts that were not read at all.
//!
//! Neighbours: `mod` adds what is found here to a text's refs. Invariant: a span covers a whole dotted name, or the
//! inside of a string's quotes.

use super::settler::RELATIONS;
use driftless_model::{Catalog, Kind, Name, ObjectId, Ref};
use driftless_sql::{SourceId, Span, Syntax, Token, TokenKind, lex, token_name, token_text};
use std::borrow::Cow;

/// A dotted name among the tokens.
struct Dotted {
    names: Vec<String>,
    span: Span,
    /// Token positions: of its first, and behind its last.
    from: usize,
    to: usize,
}

fn dotted(tokens: &[Token], text: &str) -> Vec<Dotted> {
    let named = |i: usize| {
        tokens
            .get(i)
            .is_some_and(|t| matches!(t.kind, TokenKind::Word | TokenKind::Quoted))
    };
    let dot = |i: usize| tokens.get(i).is_some_and(|t| t.span.of(text) == ".");
    let mut out = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if !named(at) {
            at += 1;
            continue;
        }
        let from = at;
        while dot(at + 1) && named(at + 2) {
            at += 2;
        }
        let names = (from..=at)
            .step_by(2)
            .map(|i| token_name(&tokens[i], text, Syntax::Postgres))
            .collect();
        out.push(Dotted {
            names,
            span: tokens[from].span.to(tokens[at].span),
            from,
            to: at + 1,
        });
        at += 1;
    }
    out
}

/// The places of types (by their ids) and of relations in strings.
pub(super) fn places(
    text: &str,
    types: &[(String, ObjectId)],
    strings: &[(String, ObjectId)],
) -> Vec<Ref> {
    if types.is_empty() && strings.is_empty() {
        return Vec::new();
    }
    let (tokens, _, _) = lex(text, Syntax::Postgres, SourceId(0));
    let mut out = Vec::new();
    let raw = |i: Option<usize>| {
        i.and_then(|i| tokens.get(i))
            .map_or("", |t| t.span.of(text))
    };
    for name in dotted(&tokens, text) {
        let before = raw(name.from.checked_sub(1));
        let cast = before == "::" || before.eq_ignore_ascii_case("as");
        let typed = tokens
            .get(name.to)
            .is_some_and(|t| t.kind == TokenKind::Text);
        if !cast && !typed {
            continue;
        }
        let means = |id: &ObjectId| match name.names.as_slice() {
            [own] => id.name.as_str() == own,
            [schema, own] => id.schema.as_str() == schema && id.name.as_str() == own,
            _ => false,
        };
        if let Some((_, id)) = types.iter().find(|(_, id)| means(id)) {
            out.push(Ref {
                part: id.part(),
                span: Some(name.span),
                qualify: true,
            });
        }
    }
    for token in tokens.iter().filter(|t| t.kind == TokenKind::Text) {
        let decoded = token_text(token, text, Syntax::Postgres);
        let inside = Span::new(token.span.start + 1, token.span.end.saturating_sub(1));
        if let Some((written, id)) = strings.iter().find(|(s, _)| *s == decoded)
            && inside.of(text) == written
        {
            out.push(Ref {
                part: id.part(),
                span: Some(inside),
                qualify: true,
            });
        }
    }
    out
}

/// The text with what only printers write blanked out, byte for byte: `OPERATOR(schema.=)` of the server or of an
/// extension is its sign, `f(VARIADIC ARRAY[a, b])` is `f(a, b)`, `t.*::public.t` is `t`, and `x::text COLLATE "C"` has its cast last.
pub(super) fn plain<'t>(text: &'t str, is_extension_schema: &dyn Fn(&str) -> bool) -> Cow<'t, str> {
    // Most texts hold none of these.
    let says = |word: &str| {
        let windows = text.as_bytes().windows(word.len());
        windows
            .into_iter()
            .any(|w| w.eq_ignore_ascii_case(word.as_bytes()))
    };
    let casts = text.contains("::") && (text.contains('*') || says("collate"));
    if !casts && !says("operator") && !says("variadic") {
        return Cow::Borrowed(text);
    }
    let (tokens, _, _) = lex(text, Syntax::Postgres, SourceId(0));
    let raw = |i: usize| tokens.get(i).map_or("", |t| t.span.of(text));
    let mut out = text.to_owned();
    for (i, token) in tokens.iter().enumerate() {
        if token.span.of(text) == "::"
            && let Some((collate, end)) = collation_behind(&tokens, text, i)
        {
            let cast = text[token.span.start..tokens[collate - 1].span.end].to_owned();
            let rest = text[tokens[collate].span.start..tokens[end].span.end].to_owned();
            let whole = token.span.start..tokens[end].span.end;
            let gap = " ".repeat(whole.len() - cast.len() - rest.len());
            out.replace_range(whole, &format!("{gap}{rest}{cast}"));
        }
    }
    let mut blank = |from: usize, to: usize, with: &str| {
        let (Some(a), Some(b)) = (tokens.get(from), tokens.get(to)) else {
            return;
        };
        let width = b.span.end - a.span.start;
        // Bytes, not characters: every place behind it stays where it is.
        let gap = " ".repeat(width.saturating_sub(with.len()));
        out.replace_range(a.span.start..b.span.end, &format!("{with}{gap}"));
    };
    for (i, name) in tokens.iter().enumerate() {
        if let Some(close) = spread_array(&tokens, text, i) {
            blank(i, i + 2, "");
            blank(close, close, "");
        }
        if raw(i).eq_ignore_ascii_case("operator")
            && raw(i + 1) == "("
            && raw(i + 3) == "."
            && raw(i + 5) == ")"
        {
            let schema = tokens
                .get(i + 2)
                .map(|t| token_name(t, text, Syntax::Postgres))
                .unwrap_or_default();
            if schema == "pg_catalog" || is_extension_schema(&schema) {
                blank(i, i + 5, raw(i + 4));
            }
        }
        if name.span.of(text) == "*" && i > 0 && raw(i - 1) == "." && raw(i + 1) == "::" {
            let to = if raw(i + 3) == "." { i + 4 } else { i + 2 };
            blank(i - 1, to, "");
        }
    }
    Cow::Owned(out)
}

/// Where the array ends whose items are the last arguments of a call, if `from` says VARIADIC.
fn spread_array(tokens: &[Token], text: &str, from: usize) -> Option<usize> {
    let raw = |i: usize| tokens.get(i).map_or("", |t| t.span.of(text));
    let starts = raw(from).eq_ignore_ascii_case("variadic")
        && raw(from + 1).eq_ignore_ascii_case("array")
        && raw(from + 2) == "["
        && raw(from + 3) != "]";
    if !starts {
        return None;
    }
    let mut depth = 0usize;
    let close = (from + 2..tokens.len()).find(|i| {
        match raw(*i) {
            "[" | "(" => depth += 1,
            "]" | ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    })?;
    (raw(close + 1) == ")").then_some(close)
}

/// `::type COLLATE name`: where COLLATE stands and where its name ends, if a cast at `from` is followed by one.
fn collation_behind(tokens: &[Token], text: &str, from: usize) -> Option<(usize, usize)> {
    let raw = |i: usize| tokens.get(i).map_or("", |t| t.span.of(text));
    let mut depth = 0usize;
    let mut at = from + 1;
    loop {
        let token = tokens.get(at)?;
        match (token.kind, raw(at)) {
            (TokenKind::Word, word) if word.eq_ignore_ascii_case("collate") => break,
            (TokenKind::Symbol, "(" | "[") => depth += 1,
            (TokenKind::Symbol, ")" | "]") => depth = depth.checked_sub(1)?,
            (TokenKind::Word | TokenKind::Quoted, _) | (TokenKind::Symbol, ".") => {}
            (TokenKind::Number, _) | (TokenKind::Symbol, ",") if depth > 0 => {}
            _ => return None,
        }
        at += 1;
    }
    let mut end = at + 1;
    while raw(end + 1) == "." {
        end += 2;
    }
    (at > from + 1 && end < tokens.len()).then_some((at, end))
}

/// Whatever in a text that was not read bears the name of something known.
pub(super) fn mentioned(text: &str, path: &[String], catalog: &Catalog) -> Vec<Ref> {
    let (tokens, _, _) = lex(text, Syntax::Postgres, SourceId(0));
    let mut out: Vec<Ref> = Vec::new();
    for name in dotted(&tokens, text) {
        let called = tokens.get(name.to).is_some_and(|t| t.span.of(text) == "(");
        let Some(id) = known(&name.names, called, path, catalog) else {
            continue;
        };
        out.push(Ref {
            part: id.part(),
            span: Some(name.span),
            qualify: true,
        });
    }
    out
}

fn known(names: &[String], called: bool, path: &[String], catalog: &Catalog) -> Option<ObjectId> {
    let (schemas, own): (Vec<&str>, &str) = match names {
        [own] => (path.iter().map(String::as_str).collect(), own),
        [schema, own] => (vec![schema], own),
        _ => return None,
    };
    let own = Name::exact(own);
    schemas.into_iter().find_map(|schema| {
        let schema = Name::exact(schema);
        if called {
            let named = |kind: Kind| {
                let first = ObjectId::new(kind, schema.clone(), own.clone());
                let ids = catalog.objects.from(&first).map(|(id, _)| id);
                ids.take_while(move |id| {
                    id.kind == kind && id.schema == first.schema && id.name == first.name
                })
            };
            let mut hits = named(Kind::Function).chain(named(Kind::Aggregate));
            return match (hits.next(), hits.next()) {
                (Some(id), None) => Some(id.clone()),
                _ => None,
            };
        }
        let types = Kind::TYPES;
        catalog
            .find(&RELATIONS, &schema, &own)
            .or_else(|| catalog.find(&types, &schema, &own))
    })
}

/// What the body of a SQL-standard routine does, where it does one thing.
pub(super) enum Statement {
    Return,
    Query,
    Command,
}

/// The one statement of a routine's body, with all around it blanked out, byte for byte.
pub(super) fn only_statement(text: &str) -> Option<(Statement, String)> {
    let (tokens, _, _) = lex(text, Syntax::Postgres, SourceId(0));
    let is = |i: usize, word: &str| {
        tokens.get(i).is_some_and(|t| {
            t.kind == TokenKind::Word && t.span.of(text).eq_ignore_ascii_case(word)
        })
    };
    let ends: Vec<usize> = (0..tokens.len())
        .filter(|i| tokens[*i].span.of(text) == ";")
        .collect();
    let blanked = |from: usize, to: usize| {
        let (first, last) = (tokens.get(from)?, tokens.get(to.checked_sub(1)?)?);
        let (start, end) = (first.span.start, last.span.end);
        let body = text.get(start..end)?;
        Some(format!(
            "{}{body}{}",
            " ".repeat(start),
            " ".repeat(text.len() - end)
        ))
    };
    if is(0, "return") {
        return Some((Statement::Return, blanked(1, tokens.len())?));
    }
    if !(is(0, "begin") && is(1, "atomic")) || ends.len() != 1 {
        return None;
    }
    let begins = |words: [&str; 3]| words.iter().any(|w| is(2, w));
    let whole = ends[0] + 2 == tokens.len() && is(ends[0] + 1, "end");
    let statement = match () {
        () if !whole => None,
        () if begins(["select", "with", "values"]) => Some(Statement::Query),
        () if begins(["insert", "update", "delete"]) => Some(Statement::Command),
        () => None,
    };
    Some((statement?, blanked(2, ends[0])?))
}
