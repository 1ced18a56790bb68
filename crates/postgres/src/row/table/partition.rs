//! Partition keys and bounds.
//!
//! Invariant: both are kept as written; their canonical form is what the server would print, as far as that can be
//! told without the columns' types.

use super::instant;
use driftless_model::{Canon, Constraint, ConstraintBody, ObjectId, SqlText, Table, Verdict};
use driftless_planner::{Action, Cx, Moment, TableClause};
use driftless_sql::{
    SourceId, Syntax, TokenKind, Tree, lex, normal_tokens, read_expr, token_text, tree_text,
};

/// `RANGE (a, lower(b))` reads as a call of that name.
pub(super) fn settle_key(text: &mut SqlText) {
    text.refs.clear();
    match read_expr(&text.written, Syntax::Postgres) {
        Ok(Tree::Call { name, args, .. }) => {
            let word = name
                .last()
                .map(|n| n.text.to_lowercase())
                .unwrap_or_default();
            text.certain = args.iter().all(|a| matches!(a, Tree::Column(_)));
            text.canon = Canon::Tree(Tree::Op(word, args));
        }
        _ => {
            text.certain = false;
            text.canon = Canon::Opaque(normal_tokens(&text.written, Syntax::Postgres));
        }
    }
}

/// `FOR VALUES …`: keywords folded, numbers without quotes, midnight left out.
pub(super) fn settle_bound(text: &mut SqlText) {
    text.refs.clear();
    let (tokens, _, _) = lex(&text.written, Syntax::Postgres, SourceId(0));
    let mut certain = true;
    let mut words: Vec<Tree> = Vec::new();
    for token in &tokens {
        let piece = token.span.of(&text.written);
        if token.kind == TokenKind::Text {
            let value = token_text(token, &text.written, Syntax::Postgres);
            let value = value.strip_suffix(" 00:00:00").unwrap_or(&value).to_owned();
            // A zone is printed as the session's.
            certain &= !(value.contains(':') && value.contains(['+', 'Z']));
            words.push(Tree::Text(value));
        } else if piece.chars().all(|c| c.is_ascii_digit()) {
            words.push(Tree::Text(piece.to_owned()));
        } else if piece == "-" {
            words.push(Tree::Number("-".into()));
        } else {
            words.push(Tree::Number(piece.to_lowercase()));
        }
    }
    let mut folded: Vec<Tree> = Vec::new();
    for word in words {
        match (folded.last(), &word) {
            (Some(Tree::Number(sign)), Tree::Text(digits)) if sign == "-" => {
                let value = format!("-{digits}");
                folded.pop();
                folded.push(Tree::Text(value));
            }
            _ => folded.push(word),
        }
    }
    text.certain = certain;
    text.canon = Canon::Tree(Tree::Op("bound".into(), folded));
}

/// Compares two bounds; moments in whatever zone they are written.
pub(super) fn same_bound(before: &SqlText, after: &SqlText) -> Verdict {
    let verdict = before.compare(after);
    let words = |text: &SqlText| match &text.canon {
        Canon::Tree(Tree::Op(_, words)) => words.clone(),
        _ => Vec::new(),
    };
    let (b, a) = (words(before), words(after));
    let same = |(b, a): (&Tree, &Tree)| match (b, a) {
        (Tree::Text(b), Tree::Text(a)) => b == a || instant::is_same(b, a),
        (b, a) => b == a,
    };
    let alike = !b.is_empty() && b.len() == a.len() && b.iter().zip(&a).all(same);
    if alike { Verdict::Same } else { verdict }
}

/// The two ends of a range bound of one column.
fn range(bound: &SqlText) -> Option<(String, String)> {
    let mut settled = bound.clone();
    settle_bound(&mut settled);
    let Canon::Tree(Tree::Op(_, words)) = &settled.canon else {
        return None;
    };
    let word = |t: &Tree| match t {
        Tree::Number(n) => n.clone(),
        _ => String::new(),
    };
    match words.as_slice() {
        [
            f,
            v,
            from,
            o,
            Tree::Text(low),
            c,
            to,
            o2,
            Tree::Text(high),
            c2,
        ] if word(f) == "for"
            && word(v) == "values"
            && word(from) == "from"
            && word(to) == "to"
            && [o, o2].iter().all(|t| word(t) == "(")
            && [c, c2].iter().all(|t| word(t) == ")") =>
        {
            Some((low.clone(), high.clone()))
        }
        _ => None,
    }
}

/// The one column that a table is partitioned by.
fn key_column(parent: &Table) -> Option<String> {
    let by = parent.pg()?.partition_by.as_ref()?;
    let Ok(Tree::Call { name, args, .. }) = read_expr(&by.written, Syntax::Postgres) else {
        return None;
    };
    let is_range = name
        .last()
        .is_some_and(|n| n.text.eq_ignore_ascii_case("range"));
    match args.as_slice() {
        [Tree::Column(path)] if is_range => path.last().map(|i| i.text.clone()),
        _ => None,
    }
}

fn conjuncts(tree: &Tree, out: &mut Vec<Tree>) {
    match tree {
        Tree::Op(op, args) if op == "and" => args.iter().for_each(|a| conjuncts(a, out)),
        other => out.push(other.clone()),
    }
}

/// The conditions that every row of the table meets for certain.
pub(super) fn proven(table: &ObjectId, moment: &Moment) -> Vec<Tree> {
    let mut out = Vec::new();
    for (_, object) in moment.catalog.owned(table) {
        if let Some(c) = object.get::<Constraint>()
            && c.validated
            && let ConstraintBody::Check(check) = &c.body
        {
            let tree = match &check.expr.canon {
                Canon::Tree(tree) => Some(tree.clone()),
                _ => read_expr(&check.expr.written, Syntax::Postgres).ok(),
            };
            if let Some(tree) = tree {
                conjuncts(&tree, &mut out);
            }
        }
    }
    out
}

/// `column op value`, whatever casts stand around.
fn compares(tree: &Tree, column: &str, op: &str, value: &str) -> bool {
    let Tree::Op(sign, args) = tree else {
        return false;
    };
    let [left, right] = args.as_slice() else {
        return false;
    };
    let is_column =
        matches!(bare(left), Tree::Column(path) if path.last().is_some_and(|i| i.text == column));
    let is_value = match bare(right) {
        Tree::Number(n) | Tree::Text(n) => n == value,
        other => tree_text(other) == value,
    };
    sign == op && is_column && is_value
}

fn bare(tree: &Tree) -> &Tree {
    match tree {
        Tree::Cast(inner, _) => bare(inner),
        other => other,
    }
}

/// Whether no row of the candidate can lie outside of the bound.
pub(super) fn is_inside(
    parent: &Table,
    bound: &SqlText,
    candidate: &ObjectId,
    moment: &Moment,
) -> bool {
    let (Some(column), Some((low, high))) = (key_column(parent), range(bound)) else {
        return false;
    };
    let known = proven(candidate, moment);
    let name = driftless_model::Name::exact(column.clone());
    let not_null = super::cost::is_proven_not_null(candidate, &name, moment);
    not_null
        && known.iter().any(|t| compares(t, &column, ">=", &low))
        && known.iter().any(|t| compares(t, &column, "<", &high))
}

/// Whether no row of the default partition can lie inside of the bound.
pub(super) fn is_outside(
    parent: &Table,
    bound: &SqlText,
    default: &ObjectId,
    moment: &Moment,
) -> bool {
    let (Some(column), Some((low, high))) = (key_column(parent), range(bound)) else {
        return false;
    };
    proven(default, moment).iter().any(|t| {
        let Tree::Op(not, args) = t else { return false };
        let Some(inner) = args.first().filter(|_| not == "not") else {
            return false;
        };
        let mut parts = Vec::new();
        conjuncts(inner, &mut parts);
        parts.len() == 2
            && parts.iter().any(|t| compares(t, &column, ">=", &low))
            && parts.iter().any(|t| compares(t, &column, "<", &high))
    })
}

/// The default partition of a table.
pub(super) fn default_of(parent: &ObjectId, moment: &Moment) -> Option<ObjectId> {
    moment
        .catalog
        .using::<Table>(parent)
        .find(|(_, t)| {
            t.pg()
                .and_then(|pg| pg.partition_of.as_ref())
                .is_some_and(|of| {
                    of.parent == *parent && of.bound.written.trim().eq_ignore_ascii_case("default")
                })
        })
        .map(|(id, _)| id.clone())
}

/// DETACH for a partition that is dropped alone while foreign keys refer to its whole: the server drops none such.
pub(super) fn let_go(id: &ObjectId, cx: &Cx) -> Option<Action> {
    let whole = |t: &ObjectId| {
        Some(
            cx.before
                .item::<Table>(t)?
                .pg()?
                .partition_of
                .as_ref()?
                .parent
                .clone(),
        )
    };
    let parent = whole(id).filter(|p| cx.after.contains(p))?;
    let mut above = Some(parent.clone());
    while let Some(table) = above {
        let mut users = cx.before.using::<Constraint>(&table);
        if users.any(|(_, c)| c.foreign_key().is_some_and(|f| f.target == table)) {
            return Some(Action::table(
                &parent,
                TableClause::Detach {
                    partition: id.clone(),
                    concurrently: false,
                },
            ));
        }
        above = whole(&table);
    }
    None
}
