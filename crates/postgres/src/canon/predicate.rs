//! Operators and predicates: keyword forms become the operators that the server stores.
//!
//! Neighbours: `infer` finds the operator. Invariant: `IN`, `BETWEEN`, `LIKE`, `SIMILAR TO`, `IS NOT DISTINCT FROM`,
//! `AT TIME ZONE` and negated forms are gone from a canonical tree.

use super::infer::Found;
use super::settler::{Settler, Typed};
use crate::types::Type;
use driftless_sql::{Ident, Tree};

pub(super) fn op(name: &str, args: Vec<Tree>) -> Tree {
    Tree::Op(name.to_owned(), args)
}

fn boolean(tree: Tree) -> Typed {
    Typed::new(tree, "bool")
}

impl Settler<'_> {
    pub(super) fn op(&mut self, name: &str, args: &[Tree]) -> Typed {
        match (name, args) {
            ("and" | "or", _) => {
                let args = args.iter().map(|a| self.condition(a)).collect();
                boolean(chain(name, args))
            }
            ("not", [arg]) => {
                let arg = self.condition(arg);
                boolean(op("not", vec![arg]))
            }
            ("is null" | "is not null", [arg]) => {
                let arg = self.expr(arg);
                boolean(op(name, vec![arg.tree]))
            }
            (
                "is true" | "is not true" | "is false" | "is not false" | "is unknown"
                | "is not unknown",
                [arg],
            ) => {
                let arg = self.condition(arg);
                boolean(op(name, vec![arg]))
            }
            ("between", [x, low, high]) => self.between("and", [">=", "<="], [x, low, high]),
            ("not between", [x, low, high]) => self.between("or", ["<", ">"], [x, low, high]),
            ("in", [x, items @ ..]) => self.in_list(x, items, false),
            ("not in", [x, items @ ..]) => self.in_list(x, items, true),
            ("in query", [x, query]) => self.in_query(x, query),
            ("not in query", [x, query]) => {
                let inside = self.in_query(x, query);
                boolean(op("not", vec![inside.tree]))
            }
            ("exists", [Tree::Query(query)]) => {
                let (query, _) = self.inner_query(query);
                boolean(op("exists", vec![Tree::Query(Box::new(query))]))
            }
            ("is distinct from" | "is not distinct from", [_, _]) => {
                let args: Vec<Typed> = args.iter().map(|a| self.expr(a)).collect();
                let (args, _) = self.operands("=", args);
                let distinct = op("is distinct from", args);
                boolean(if name == "is distinct from" {
                    distinct
                } else {
                    op("not", vec![distinct])
                })
            }
            ("at time zone", [time, zone]) => {
                self.keyworded("timezone", vec![zone.clone(), time.clone()])
            }
            ("overlaps", [Tree::Row(a), Tree::Row(b)]) => {
                self.keyworded("overlaps", a.iter().chain(b).cloned().collect())
            }
            ("-", [Tree::Number(text)]) => self.number(text, true),
            _ => self.other(name, args),
        }
    }

    pub(super) fn condition(&mut self, tree: &Tree) -> Tree {
        let value = self.expr(tree);
        self.boolean(value)
    }

    fn other(&mut self, name: &str, args: &[Tree]) -> Typed {
        if let Some(sign) = pattern_sign(name) {
            return self.pattern(name, sign, args);
        }
        if let (Some((sign, quantifier @ ("any" | "all"))), [left, right]) =
            (name.rsplit_once(' '), args)
        {
            return self.quantified(sign, quantifier, left, right);
        }
        let name = plain_sign(name);
        if let ([Tree::Row(a), Tree::Row(b)], "=" | "<>") = (args, name)
            && a.len() == b.len()
            && !a.is_empty()
        {
            let pairs = a
                .iter()
                .zip(b)
                .map(|(a, b)| self.binary(name, a, b))
                .collect();
            return boolean(chain(if name == "=" { "and" } else { "or" }, pairs));
        }
        if let [Tree::Row(a), Tree::Row(b)] = args
            && a.len() == b.len()
        {
            let (mut left, mut right) = (Vec::new(), Vec::new());
            for (a, b) in a.iter().zip(b) {
                let pair = vec![self.expr(a), self.expr(b)];
                let (mut pair, _) = self.operands(name, pair);
                right.extend(pair.pop());
                left.extend(pair.pop());
            }
            return boolean(op(name, vec![Tree::Row(left), Tree::Row(right)]));
        }
        let args: Vec<Typed> = args.iter().map(|a| self.expr(a)).collect();
        // `- 1` prints back as a constant.
        if let ("-", [only]) = (name, args.as_slice())
            && let Tree::Cast(inner, ty) = &only.tree
            && let Tree::Number(text) = inner.as_ref()
        {
            let text = match text.strip_prefix('-') {
                Some(rest) => rest.to_owned(),
                None if text == "0" => text.clone(),
                None => format!("-{text}"),
            };
            return Typed {
                tree: Tree::Cast(Box::new(Tree::Number(text)), ty.clone()),
                ty: only.ty.clone(),
            };
        }
        let (args, found) = self.operands(name, args);
        Typed {
            tree: op(name, args),
            ty: found.map(|f| Type::new(f.result)),
        }
    }

    fn binary(&mut self, name: &str, left: &Tree, right: &Tree) -> Tree {
        let args = vec![self.expr(left), self.expr(right)];
        op(name, self.operands(name, args).0)
    }

    /// The operands as the operator takes them.
    pub(super) fn operands(&mut self, name: &str, args: Vec<Typed>) -> (Vec<Tree>, Option<Found>) {
        let names: Option<Vec<String>> = args.iter().map(|a| a.name().map(str::to_owned)).collect();
        let found = names.and_then(|names| self.infer.operator(name, &names));
        match found {
            Some(found) => {
                self.extension_ref(found.extension);
                let args = args
                    .into_iter()
                    .zip(&found.args)
                    .map(|(arg, to)| self.coerce(arg, to))
                    .collect();
                (args, Some(found))
            }
            None => {
                self.sure = false;
                (args.into_iter().map(|a| a.tree).collect(), None)
            }
        }
    }

    fn between(&mut self, glue: &str, signs: [&str; 2], [x, low, high]: [&Tree; 3]) -> Typed {
        let low = self.binary(signs[0], x, low);
        let high = self.binary(signs[1], x, high);
        boolean(chain(glue, vec![low, high]))
    }

    fn in_list(&mut self, x: &Tree, items: &[Tree], negated: bool) -> Typed {
        let (sign, quantifier, glue) = if negated {
            ("<>", "all", "and")
        } else {
            ("=", "any", "or")
        };
        let (with_columns, constants): (Vec<&Tree>, Vec<&Tree>) =
            items.iter().partition(|i| has_column(i));
        let mut parts = Vec::new();
        let mut rest = with_columns;
        let row = matches!(x, Tree::Row(_));
        let mut grouped = false;
        if constants.len() > 1 && !row {
            let left = self.expr(x);
            let values: Vec<Typed> = constants.iter().map(|c| self.expr(c)).collect();
            let mut names = vec![left.name()];
            names.extend(values.iter().map(Typed::name));
            let names: Option<Vec<&str>> = names.into_iter().collect();
            if let Some(common) = names
                .and_then(|n| self.infer.common(&n))
                .filter(|c| c != "record")
            {
                let goal = Type::new(common.clone());
                let items = values
                    .into_iter()
                    .map(|v| self.convert(v, &goal, false).tree)
                    .collect();
                let array = Typed {
                    tree: Tree::Array(items),
                    ty: Some(goal.array()),
                };
                parts.push(self.compared(sign, quantifier, left, array));
                grouped = true;
            } else if left.ty.is_none() || values.iter().any(|v| v.ty.is_none()) {
                self.sure = false;
                let array = Tree::Array(values.into_iter().map(|v| v.tree).collect());
                parts.push(op(&format!("{sign} {quantifier}"), vec![left.tree, array]));
                grouped = true;
            }
        }
        if !grouped {
            rest = items.iter().collect();
        }
        for item in rest {
            let one = op(sign, vec![x.clone(), item.clone()]);
            parts.push(self.condition(&one));
        }
        boolean(chain(glue, parts))
    }

    fn in_query(&mut self, x: &Tree, query: &Tree) -> Typed {
        self.quantified("=", "any", x, query)
    }

    fn quantified(&mut self, sign: &str, quantifier: &str, left: &Tree, right: &Tree) -> Typed {
        let sign = plain_sign(sign);
        let written = left;
        let left = self.expr(left);
        if let Tree::Query(query) = right {
            let (query, columns) = self.query(query, false);
            let columns = columns.unwrap_or_default();
            let left = self.against_columns(sign, written, left, &columns);
            let query = Tree::Query(Box::new(query));
            return boolean(op(&format!("{sign} {quantifier}"), vec![left, query]));
        }
        let right = self.expr(right);
        boolean(self.compared(sign, quantifier, left, right))
    }

    /// The left side of a comparison with what a query gives.
    fn against_columns(
        &mut self,
        sign: &str,
        written: &Tree,
        left: Typed,
        columns: &[(String, Option<Type>)],
    ) -> Tree {
        let one = |this: &mut Self, value: Typed, ty: Option<&Option<Type>>| match ty {
            Some(Some(ty)) => {
                let other = Typed {
                    tree: Tree::Null,
                    ty: Some(ty.clone()),
                };
                this.operands(sign, vec![value, other]).0.swap_remove(0)
            }
            _ => {
                this.sure = false;
                value.tree
            }
        };
        let Tree::Row(items) = written else {
            return one(self, left, columns.first().map(|c| &c.1));
        };
        // Read again for the types of its items; the first reading's references stay the only ones.
        let refs = self.refs.len();
        let items = items
            .iter()
            .enumerate()
            .map(|(i, item)| {
                let value = self.expr(item);
                one(self, value, columns.get(i).map(|c| &c.1))
            })
            .collect();
        self.refs.truncate(refs);
        Tree::Row(items)
    }

    /// `left sign ANY (array)`
    fn compared(&mut self, sign: &str, quantifier: &str, left: Typed, array: Typed) -> Tree {
        let name = format!("{sign} {quantifier}");
        let element = match array.name() {
            Some("unknown") => Some("unknown".to_owned()),
            Some(n) => self.infer.base(n).strip_suffix("[]").map(str::to_owned),
            None => None,
        };
        let found = match (left.name(), element) {
            (Some(l), Some(e)) => self.infer.operator(sign, &[l.to_owned(), e]),
            _ => None,
        };
        let Some(found) = found else {
            self.sure = false;
            return op(&name, vec![left.tree, array.tree]);
        };
        let left = self.coerce(left, &found.args[0]);
        let right = self.coerce(array, &format!("{}[]", found.args[1]));
        op(&name, vec![left, right])
    }

    /// LIKE and its kin; a third argument is the escape.
    fn pattern(&mut self, name: &str, sign: &str, args: &[Tree]) -> Typed {
        let [x, pattern, escape @ ..] = args else {
            self.sure = false;
            return Typed::lost(op(name, args.to_vec()));
        };
        let similar = name.ends_with("similar to");
        let function = if similar {
            "similar_to_escape"
        } else {
            "like_escape"
        };
        let pattern = if similar || !escape.is_empty() {
            let mut list = vec![pattern.clone()];
            list.extend(escape.iter().cloned());
            call(function, list)
        } else {
            pattern.clone()
        };
        let args = [x.clone(), pattern];
        self.other(sign, &args)
    }
}

pub(super) fn call(name: &str, args: Vec<Tree>) -> Tree {
    Tree::call(vec![Ident::new(name)], args)
}

/// AND and OR are associative: one flat list.
pub(super) fn chain(name: &str, parts: Vec<Tree>) -> Tree {
    let mut out = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            Tree::Op(inner, args) if inner == name => out.extend(args),
            other => out.push(other),
        }
    }
    if out.len() == 1 {
        return out.swap_remove(0);
    }
    op(name, out)
}

fn pattern_sign(name: &str) -> Option<&'static str> {
    Some(match name {
        "like" => "~~",
        "not like" => "!~~",
        "ilike" => "~~*",
        "not ilike" => "!~~*",
        "similar to" => "~",
        "not similar to" => "!~",
        _ => return None,
    })
}

/// `operator(public.=)`: the sign; extensions' operators are found by it as well.
fn plain_sign(name: &str) -> &str {
    match name
        .strip_prefix("operator(")
        .and_then(|n| n.strip_suffix(')'))
    {
        Some(inside) => inside.rsplit_once('.').map_or(inside, |(_, sign)| sign),
        None if name == "!=" => "<>",
        None => name,
    }
}

fn has_column(tree: &Tree) -> bool {
    let mut found = false;
    tree.walk(&mut |t| found |= matches!(t, Tree::Column(_)));
    found
}
