//! Conditions: what counts as true, and the opposite of each.
//!
//! Neighbour: `fold` asks for both. Invariant: NULL stays NULL; only where the caller says that truth alone counts is a
//! number as good as its truth.

use super::fold::{flat, fold_op, op};
use driftless_sql::{Syntax, Tree};

/// Where only truth counts, `a <> 0` is `a`: the servers write it so.
pub fn truth(tree: Tree, syntax: Syntax) -> Tree {
    match tree {
        Tree::Op(name, mut args) if name == "<>" && args.len() == 2 => {
            let zero = |t: &Tree| matches!(t, Tree::Number(n) if n == "0");
            let at = match syntax {
                Syntax::Mysql => 1,
                _ => 0,
            };
            let column = matches!(args[0], Tree::Column(_)) || syntax == Syntax::Mysql;
            match column && zero(&args[1 - at]) {
                true => args.swap_remove(at),
                false => Tree::Op(name, args),
            }
        }
        other => other,
    }
}

/// The opposite, as the servers write it: comparisons turn round, AND and OR change places (De Morgan).
pub fn negated(tree: Tree, syntax: Syntax) -> Tree {
    const TURNED: &[(&str, &str)] = &[
        ("=", "<>"),
        ("<", ">="),
        (">", "<="),
        ("is null", "is not null"),
        ("is true", "is not true"),
        ("is false", "is not false"),
        ("like", "not like"),
        ("between", "not between"),
        ("in", "not in"),
        ("in query", "not in query"),
    ];
    let Tree::Op(name, mut args) = tree else {
        return op("not", vec![tree]);
    };
    let turned = TURNED.iter().find_map(|(a, b)| match name.as_str() {
        n if n == *a => Some(*b),
        n if n == *b => Some(*a),
        _ => None,
    });
    match (turned, name.as_str()) {
        (Some(turned), _) => {
            let mut tree = op(turned, args);
            // `<> 0` turned is `= 0`, which is NOT.
            fold_op(&mut tree, syntax);
            tree
        }
        (None, "and" | "or") => {
            let turned = if name == "and" { "or" } else { "and" };
            let parts = args.into_iter().map(|a| negated(truth(a, syntax), syntax));
            op(turned, flat(turned, parts.map(|p| truth(p, syntax))))
        }
        (None, "xor") if !args.is_empty() => {
            let first = args.remove(0);
            args.insert(0, truth(negated(first, syntax), syntax));
            op("xor", args)
        }
        (None, "not") if args.len() == 1 => {
            let Some(inner) = args.pop() else {
                return op("not", Vec::new());
            };
            if is_truth(&inner) {
                return inner;
            }
            let zero = Tree::Number("0".into());
            match syntax {
                Syntax::Mysql => op("<>", vec![zero, inner]),
                _ => op("<>", vec![inner, zero]),
            }
        }
        _ => op("not", vec![Tree::Op(name, args)]),
    }
}

/// It is 0, 1 or NULL whatever the row.
fn is_truth(tree: &Tree) -> bool {
    let Tree::Op(name, _) = tree else {
        return false;
    };
    const TRUTHS: &[&str] = &[
        "=",
        "<>",
        "<",
        ">",
        "<=",
        ">=",
        "and",
        "or",
        "xor",
        "not",
        "exists",
        "like",
        "not like",
        "in",
        "not in",
        "in query",
        "not in query",
        "between",
        "not between",
    ];
    TRUTHS.contains(&name.as_str()) || name.starts_with("is ")
}
