//! Comparison forms: the normal tokens of text that was not understood, and one rendering of trees.
//!
//! Invariant: two trees render the same only if they are equal; the rendering is for comparing, hashing and showing,
//! it is never sent to an engine.

use std::fmt::Write;

use crate::Syntax;
use crate::lexer::{TokenKind, lex};
use crate::literal::token_name;
use crate::quote::{is_bare, quote_text};
use crate::source::SourceId;
use crate::tree::{Alias, From, Ident, Query, Select, SetExpr, SortKey, Tree, Window};

/// The tokens of a text, one space between them: comments dropped, words in lower case, names bare where they can be.
pub fn normal_tokens(text: &str, syntax: Syntax) -> String {
    let (tokens, _, _) = lex(text, syntax, SourceId(0));
    let mut out = String::with_capacity(text.len());
    for token in tokens {
        if !out.is_empty() {
            out.push(' ');
        }
        let raw = token.span.of(text);
        match token.kind {
            TokenKind::Word => out.push_str(&raw.to_ascii_lowercase()),
            TokenKind::Quoted => {
                let mut name = token_name(&token, text, syntax);
                if syntax == Syntax::Sqlite {
                    name.make_ascii_lowercase();
                }
                quoted(&mut out, &name, syntax);
            }
            _ => out.push_str(raw),
        }
    }
    out
}

fn quoted(out: &mut String, name: &str, syntax: Syntax) {
    if is_bare(name, syntax) {
        out.push_str(name);
    } else {
        let _ = write!(out, "\"{}\"", name.replace('"', "\"\""));
    }
}

/// `a."B c".d`; every part that is not a plain lower-case word is quoted.
pub fn name_text(name: &[Ident]) -> String {
    let mut out = String::new();
    put_name(&mut out, name);
    out
}

pub fn tree_text(tree: &Tree) -> String {
    let mut out = String::new();
    put_tree(&mut out, tree);
    out
}

pub fn query_text(query: &Query) -> String {
    let mut out = String::new();
    put_query(&mut out, query);
    out
}

fn put_name(out: &mut String, name: &[Ident]) {
    for (i, part) in name.iter().enumerate() {
        if i > 0 {
            out.push('.');
        }
        // No keyword list: a name is told from the rest by its place.
        let plain = part
            .text
            .starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && part
                .text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$'));
        if plain {
            out.push_str(&part.text);
        } else {
            let _ = write!(out, "\"{}\"", part.text.replace('"', "\"\""));
        }
    }
}

fn put_ident(out: &mut String, ident: &Ident) {
    put_name(out, std::slice::from_ref(ident));
}

/// `(head a b)`
fn put_list<'t>(out: &mut String, head: &str, trees: impl IntoIterator<Item = &'t Tree>) {
    out.push('(');
    out.push_str(head);
    for tree in trees {
        out.push(' ');
        put_tree(out, tree);
    }
    out.push(')');
}

fn put_idents(out: &mut String, idents: &[Ident]) {
    out.push('[');
    for (i, ident) in idents.iter().enumerate() {
        if i > 0 {
            out.push(' ');
        }
        put_ident(out, ident);
    }
    out.push(']');
}

fn put_tree(out: &mut String, tree: &Tree) {
    match tree {
        Tree::Null => out.push_str("null"),
        Tree::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Tree::Number(text) | Tree::Param(text) => out.push_str(text),
        Tree::Text(text) => out.push_str(&quote_text(text, Syntax::Postgres)),
        Tree::Bits(prefix, digits) => {
            let _ = write!(out, "{prefix}'{digits}'");
        }
        Tree::Column(name) => {
            out.push('@');
            put_name(out, name);
        }
        Tree::Star(name) => {
            out.push_str("@*");
            put_name(out, name);
        }
        Tree::Op(op, args) => put_list(out, &format!("{{{op}}}"), args),
        Tree::Array(items) => put_list(out, "array", items),
        Tree::Row(items) => put_list(out, "row", items),
        Tree::Call { .. } => put_call(out, tree),
        Tree::Named(name, value) => {
            out.push_str("(=> ");
            put_ident(out, name);
            out.push(' ');
            put_tree(out, value);
            out.push(')');
        }
        Tree::Cast(value, name) => {
            out.push_str("(cast ");
            put_tree(out, value);
            let _ = write!(out, " {{{}}})", name.text);
        }
        Tree::Case { .. } => put_case(out, tree),
        Tree::Collate(value, name) => {
            out.push_str("(collate ");
            put_tree(out, value);
            out.push(' ');
            put_name(out, name);
            out.push(')');
        }
        Tree::Subscript(value, parts) => put_subscript(out, value, parts),
        Tree::Field(value, name) => {
            out.push_str("(field ");
            put_tree(out, value);
            out.push(' ');
            put_ident(out, name);
            out.push(')');
        }
        Tree::Query(query) => put_query(out, query),
        Tree::ArrayQuery(query) => {
            out.push_str("(array-of ");
            put_query(out, query);
            out.push(')');
        }
    }
}

fn put_call(out: &mut String, tree: &Tree) {
    let Tree::Call {
        name,
        args,
        bare,
        keyworded,
        distinct,
        order_by,
        within_group,
        filter,
        over,
    } = tree
    else {
        return;
    };
    out.push_str("(call ");
    put_name(out, name);
    if *bare {
        out.push_str(" bare");
    }
    if *keyworded {
        out.push_str(" keyworded");
    }
    if *distinct {
        out.push_str(" distinct");
    }
    put_trees(out, "", args);
    put_keys(out, "order-by", order_by);
    put_keys(out, "within-group", within_group);
    put_optional(out, "filter", filter.as_deref());
    if let Some(over) = over {
        out.push_str(" over");
        put_window(out, over);
    }
    out.push(')');
}

fn put_case(out: &mut String, tree: &Tree) {
    let Tree::Case {
        operand,
        whens,
        otherwise,
    } = tree
    else {
        return;
    };
    out.push_str("(case");
    put_optional(out, "of", operand.as_deref());
    for (when, then) in whens {
        out.push_str(" when ");
        put_tree(out, when);
        out.push_str(" then ");
        put_tree(out, then);
    }
    put_optional(out, "else", otherwise.as_deref());
    out.push(')');
}

fn put_subscript(out: &mut String, value: &Tree, parts: &[(Option<Tree>, Option<Tree>, bool)]) {
    out.push_str("(at ");
    put_tree(out, value);
    for (from, to, slice) in parts {
        out.push_str(" [");
        if let Some(from) = from {
            put_tree(out, from);
        }
        if *slice {
            out.push(':');
        }
        if let Some(to) = to {
            put_tree(out, to);
        }
        out.push(']');
    }
    out.push(')');
}

fn put_trees(out: &mut String, label: &str, trees: &[Tree]) {
    if trees.is_empty() {
        return;
    }
    out.push(' ');
    put_list(out, label, trees);
}

fn put_optional(out: &mut String, label: &str, tree: Option<&Tree>) {
    if let Some(tree) = tree {
        let _ = write!(out, " {label} ");
        put_tree(out, tree);
    }
}

fn put_keys(out: &mut String, label: &str, keys: &[SortKey]) {
    if keys.is_empty() {
        return;
    }
    let _ = write!(out, " ({label}");
    for key in keys {
        out.push(' ');
        put_tree(out, &key.expr);
        if key.descending {
            out.push_str(" desc");
        }
        match key.nulls_first {
            Some(true) => out.push_str(" nulls-first"),
            Some(false) => out.push_str(" nulls-last"),
            None => {}
        }
    }
    out.push(')');
}

fn put_window(out: &mut String, window: &Window) {
    out.push_str(" (window");
    if let Some(name) = &window.name {
        out.push(' ');
        put_ident(out, name);
    }
    put_trees(out, "partition-by", &window.partition_by);
    put_keys(out, "order-by", &window.order_by);
    if let Some(frame) = &window.frame {
        let _ = write!(out, " {{{frame}}}");
    }
    out.push(')');
}

fn put_query(out: &mut String, query: &Query) {
    out.push_str("(query");
    if query.recursive {
        out.push_str(" recursive");
    }
    for cte in &query.with {
        out.push_str(" (with ");
        put_ident(out, &cte.name);
        if !cte.columns.is_empty() {
            put_idents(out, &cte.columns);
        }
        match cte.materialized {
            Some(true) => out.push_str(" materialized"),
            Some(false) => out.push_str(" not-materialized"),
            None => {}
        }
        out.push(' ');
        put_query(out, &cte.query);
        out.push(')');
    }
    out.push(' ');
    put_set(out, &query.body);
    put_keys(out, "order-by", &query.order_by);
    put_optional(out, "limit", query.limit.as_ref());
    put_optional(out, "offset", query.offset.as_ref());
    for lock in &query.locks {
        let _ = write!(out, " {{{lock}}}");
    }
    out.push(')');
}

fn put_set(out: &mut String, body: &SetExpr) {
    match body {
        SetExpr::Select(select) => put_select(out, select),
        SetExpr::Set(op, left, right) => {
            let _ = write!(out, "({{{op}}} ");
            put_set(out, left);
            out.push(' ');
            put_set(out, right);
            out.push(')');
        }
        SetExpr::Values(rows) => {
            out.push_str("(values");
            for row in rows {
                out.push(' ');
                put_list(out, "row", row);
            }
            out.push(')');
        }
        SetExpr::Query(query) => put_query(out, query),
    }
}

fn put_select(out: &mut String, select: &Select) {
    out.push_str("(select");
    if select.distinct {
        out.push_str(" distinct");
    }
    put_trees(out, "distinct-on", &select.distinct_on);
    out.push_str(" (items");
    for item in &select.items {
        out.push(' ');
        put_tree(out, &item.expr);
        if let Some(alias) = &item.alias {
            out.push_str(" as ");
            put_ident(out, alias);
        }
    }
    out.push(')');
    for from in &select.from {
        out.push_str(" from ");
        put_from(out, from);
    }
    put_optional(out, "where", select.filter.as_ref());
    put_trees(out, "group-by", &select.group_by);
    put_optional(out, "having", select.having.as_ref());
    for (name, window) in &select.windows {
        out.push_str(" window ");
        put_ident(out, name);
        put_window(out, window);
    }
    out.push(')');
}

fn put_from(out: &mut String, from: &From) {
    out.push('(');
    let alias = match from {
        From::Table { name, only, alias } => {
            out.push_str(if *only { "only " } else { "table " });
            put_name(out, name);
            alias.as_ref()
        }
        From::Query {
            query,
            lateral,
            alias,
        } => {
            out.push_str(if *lateral { "lateral " } else { "from " });
            put_query(out, query);
            alias.as_ref()
        }
        From::Call {
            call,
            lateral,
            ordinality,
            alias,
        } => {
            out.push_str(if *lateral { "lateral " } else { "from " });
            put_tree(out, call);
            if *ordinality {
                out.push_str(" with-ordinality");
            }
            alias.as_ref()
        }
        From::Join { .. } => {
            put_join(out, from);
            None
        }
    };
    if let Some(Alias { name, columns }) = alias {
        out.push_str(" as ");
        put_ident(out, name);
        if !columns.is_empty() {
            put_idents(out, columns);
        }
    }
    out.push(')');
}

fn put_join(out: &mut String, from: &From) {
    let From::Join {
        kind,
        left,
        right,
        on,
        using,
    } = from
    else {
        return;
    };
    let _ = write!(out, "{{{kind}}} ");
    put_from(out, left);
    out.push(' ');
    put_from(out, right);
    put_optional(out, "on", on.as_ref());
    if !using.is_empty() {
        out.push_str(" using ");
        put_idents(out, using);
    }
}
