//! Normal form: expressions and queries as trees, folded by MySQL's rules; what is not understood as tokens.
//!
//! Neighbours: rows settle their texts through this; `default` and `query` have their own files. Invariant: settling
//! derives `canon`, `refs` and `certain` from `written` and the catalog alone; it adds nothing.

mod default;
mod query;
mod relation;

pub use default::settle_default;
pub use query::settle_query;
pub use relation::missing_relation;

use driftless_model::{Canon, Catalog, ObjectId, Ref, SqlText, Table};
use driftless_sql::{
    Ident, SourceId, Syntax, TokenKind, Tree, lex, read_expr, token_name, token_text,
};

/// An expression over one table's columns: a check, a generated column, an index key, a partition's.
pub fn settle_expr(text: &mut SqlText, table: &ObjectId, catalog: &Catalog) {
    let syntax = catalog.server.dialect.syntax();
    text.certain = true;
    text.refs = columns_of(&text.written, table, catalog, syntax);
    text.canon = match read_expr(&unintroduced(&text.written, syntax), syntax) {
        Ok(mut tree) => {
            let own = table.name.key().to_owned();
            tree.map(&mut |node| fold(node, Some(&own)));
            Canon::Tree(tree)
        }
        // Other tokens may mean the same.
        Err(_) => Canon::Opaque(tokens(&text.written, syntax)),
    };
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
    for (at, token) in tokens.iter().enumerate() {
        let raw = token.span.of(text);
        let introduces = CHARSETS.iter().any(|c| raw.eq_ignore_ascii_case(c))
            && tokens
                .get(at + 1)
                .is_some_and(|t| t.kind == TokenKind::Text);
        if token.kind == TokenKind::Word && introduces {
            continue;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        match token.kind {
            TokenKind::Word | TokenKind::Number => out.push_str(&raw.to_ascii_lowercase()),
            TokenKind::Quoted => {
                out.push_str(&token_name(token, text, syntax).to_ascii_lowercase());
            }
            TokenKind::Text => out.push_str(&format!("'{}'", token_text(token, text, syntax))),
            _ => out.push_str(match raw {
                "!=" => "<>",
                raw => raw,
            }),
        }
    }
    for (called, word) in WORDS {
        if out.contains(called) {
            out = out.replace(called, word);
        }
    }
    out
}

/// Functions that are also words.
const WORDS: &[(&str, &str)] = &[
    ("curdate ( )", "current_date"),
    ("current_date ( )", "current_date"),
    ("curtime ( )", "current_time"),
    ("current_time ( )", "current_time"),
    ("now ( )", "current_timestamp"),
    ("current_timestamp ( )", "current_timestamp"),
];

/// The character sets in which connections send their strings; another one says something.
const CHARSETS: &[&str] = &["_utf8mb4", "_utf8mb3", "_utf8", "_latin1"];

/// The text without the character sets before its strings (`_utf8mb4'a'`), which the server writes to each.
pub fn unintroduced(text: &str, syntax: Syntax) -> String {
    let (tokens, _, _) = lex(text, syntax, SourceId(0));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for pair in tokens.windows(2) {
        let raw = pair[0].span.of(text);
        let introduces = pair[0].kind == TokenKind::Word
            && CHARSETS.iter().any(|c| raw.eq_ignore_ascii_case(c))
            && pair[1].kind == TokenKind::Text;
        if introduces {
            out.push_str(text.get(at..pair[0].span.start).unwrap_or(""));
            at = pair[1].span.start;
        }
    }
    out.push_str(text.get(at..).unwrap_or(""));
    out
}

/// Functions with several names, each with the one that stands for all (manual, Functions and Operators).
const SYNONYMS: &[(&str, &str)] = &[
    ("now", "current_timestamp"),
    ("localtime", "current_timestamp"),
    ("localtimestamp", "current_timestamp"),
    ("curdate", "current_date"),
    ("curtime", "current_time"),
    ("lcase", "lower"),
    ("ucase", "upper"),
    ("ceil", "ceiling"),
    ("pow", "power"),
    ("substr", "substring"),
    ("mid", "substring"),
    ("character_length", "char_length"),
    ("day", "dayofmonth"),
    ("sha", "sha1"),
    ("schema", "database"),
    ("octet_length", "length"),
    ("stddev_pop", "std"),
    ("stddev", "std"),
    ("var_pop", "variance"),
    ("adddate", "date_add"),
    ("subdate", "date_sub"),
];

/// Folds one node whose children are folded; `own` is the table whose name before a column says nothing.
pub fn fold(node: &mut Tree, own: Option<&str>) {
    match node {
        Tree::Column(path) => {
            lower(path);
            if let ([qualifier, _], Some(own)) = (path.as_slice(), own)
                && qualifier.text == own
            {
                path.remove(0);
            }
        }
        Tree::Star(path) | Tree::Collate(_, path) => lower(path),
        Tree::Bool(value) => *node = Tree::Number(if *value { "1" } else { "0" }.into()),
        Tree::Number(digits) => digits.make_ascii_lowercase(),
        Tree::Call {
            name,
            args,
            bare,
            keyworded,
            ..
        } => {
            lower(name);
            // `mod(a, b)` is the operator.
            if args.len() == 2 && matches!(name.as_slice(), [one] if one.text == "mod") {
                *node = Tree::Op("%".into(), std::mem::take(args));
                return;
            }
            *bare = false;
            *keyworded = false;
            if let [one] = name.as_mut_slice() {
                if let Some((_, same)) = SYNONYMS.iter().find(|(from, _)| *from == one.text) {
                    one.text = (*same).to_owned();
                }
                // The next and the last row are one away.
                if matches!(one.text.as_str(), "lead" | "lag") && args.len() == 1 {
                    args.push(Tree::Number("1".into()));
                }
                // The server counts rows by a constant.
                if one.text == "count" && matches!(args.as_slice(), [Tree::Star(_)]) {
                    *args = vec![Tree::Number("0".into())];
                }
            }
        }
        Tree::Cast(_, ty) => ty.text.make_ascii_lowercase(),
        Tree::Op(op, args) => fold_op(op, args),
        _ => {}
    }
    if let Tree::Op(op, args) = node
        && op == "regexp"
    {
        *node = call("regexp_like", std::mem::take(args));
    }
    // A bracket around one value is none; -1 is a number.
    if let Tree::Op(op, args) = node
        && op == "-"
        && let [Tree::Number(digits)] = args.as_slice()
    {
        *node = Tree::Number(format!("-{digits}"));
    }
    if let Tree::Op(op, args) = node
        && op == "->>"
        && args.len() == 2
    {
        let inner = call("json_extract", std::mem::take(args));
        *node = call("json_unquote", vec![inner]);
    } else if let Tree::Op(op, args) = node
        && op == "->"
        && args.len() == 2
    {
        *node = call("json_extract", std::mem::take(args));
    }
}

fn fold_op(op: &mut String, args: &mut Vec<Tree>) {
    match op.as_str() {
        "mod" => *op = "%".into(),
        "rlike" => *op = "regexp".into(),
        "not rlike" => *op = "not regexp".into(),
        "&&" => *op = "and".into(),
        // PIPES_AS_CONCAT is off.
        "||" => *op = "or".into(),
        "!" => *op = "not".into(),
        // A list of one is a comparison.
        "in" if args.len() == 2 => *op = "=".into(),
        "not in" if args.len() == 2 => *op = "<>".into(),
        _ => {}
    }
    if matches!(op.as_str(), "and" | "or") {
        let mut flat = Vec::with_capacity(args.len());
        for arg in args.drain(..) {
            match arg {
                Tree::Op(inner, mut more) if inner == *op => flat.append(&mut more),
                other => flat.push(other),
            }
        }
        *args = flat;
    }
}

fn call(name: &str, args: Vec<Tree>) -> Tree {
    Tree::Call {
        name: vec![Ident::new(name)],
        args,
        bare: false,
        keyworded: false,
        distinct: false,
        order_by: Vec::new(),
        within_group: Vec::new(),
        filter: None,
        over: None,
    }
}

pub fn lower(path: &mut [Ident]) {
    for part in path {
        part.text.make_ascii_lowercase();
    }
}
