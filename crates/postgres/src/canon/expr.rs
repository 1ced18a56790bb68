//! Expressions: each node typed from below, operands coerced as the server coerces them.
//!
//! Neighbours: `predicate` has the forms with a grammar of their own, `call` the functions. Invariant: what comes out
//! reads the same whether a person wrote the text or the server printed it.

use super::settler::{Settler, Typed, cast};
use crate::types::Type;
use driftless_model::Ref;
use driftless_sql::{Ident, Query, SortKey, Tree, TypeName};

/// More nodes than this are left as they are written.
const MAX_STEPS: usize = 50_000;
/// What is nested deeper is left as it is written: the stack of a thread is small.
const MAX_DEPTH: usize = 80;

impl Settler<'_> {
    pub(super) fn expr(&mut self, tree: &Tree) -> Typed {
        self.steps += 1;
        if self.steps > MAX_STEPS || self.depth > MAX_DEPTH {
            self.sure = false;
            return Typed::lost(tree.clone());
        }
        self.depth += 1;
        let typed = self.any(tree);
        self.depth -= 1;
        typed
    }

    fn any(&mut self, tree: &Tree) -> Typed {
        match tree {
            Tree::Null | Tree::Text(_) => Typed::new(tree.clone(), "unknown"),
            Tree::Bool(_) => Typed::new(tree.clone(), "bool"),
            Tree::Number(text) => self.number(text, false),
            Tree::Bits(base, digits) => bits(*base, digits),
            Tree::Column(parts) => self.column(parts),
            Tree::Star(name) => self.star(name),
            Tree::Op(name, args) => self.op(name, args),
            Tree::Call { .. } => self.call(tree),
            Tree::Cast(inner, name) => self.cast(inner, name),
            Tree::Case { .. } => self.case(tree),
            Tree::Array(items) => self.array(items),
            Tree::Row(items) => {
                let items = items.iter().map(|i| self.expr(i).tree).collect();
                Typed::new(Tree::Row(items), "record")
            }
            Tree::Query(query) => self.scalar_query(query),
            Tree::ArrayQuery(query) => {
                let (query, ty) = self.inner_query(query);
                let ty = ty.map(|t| t.array());
                Typed {
                    tree: Tree::ArrayQuery(Box::new(query)),
                    ty,
                }
            }
            Tree::Collate(inner, name) => {
                let value = self.expr(inner);
                let value = self.settled(value);
                let name = match name.as_slice() {
                    [schema, name] if schema.text == "pg_catalog" => vec![name.clone()],
                    _ => name.clone(),
                };
                Typed {
                    tree: Tree::Collate(Box::new(value.tree), name),
                    ty: value.ty,
                }
            }
            Tree::Subscript(base, parts) => self.subscript(base, parts),
            Tree::Field(base, field) => self.field(base, field),
            Tree::Param(_) => {
                self.sure = false;
                Typed::lost(tree.clone())
            }
            Tree::Named(name, value) => {
                let value = self.expr(value);
                self.sure &= !value.is_unknown();
                Typed {
                    tree: Tree::Named(name.clone(), Box::new(value.tree)),
                    ty: value.ty,
                }
            }
        }
    }

    fn star(&mut self, name: &[Ident]) -> Typed {
        let [.., last] = name else {
            return Typed::new(Tree::Star(Vec::new()), "any");
        };
        match self.frame(&last.text).cloned() {
            Some(frame) => self.whole_row(&frame),
            None => {
                self.sure = false;
                Typed::lost(Tree::Star(name.to_vec()))
            }
        }
    }

    pub(super) fn number(&mut self, text: &str, negative: bool) -> Typed {
        let plain = text.replace('_', "");
        let sign = if negative { "-" } else { "" };
        let value = match plain.get(..2).map(str::to_ascii_lowercase).as_deref() {
            Some("0x") => i128::from_str_radix(&plain[2..], 16).ok(),
            Some("0o") => i128::from_str_radix(&plain[2..], 8).ok(),
            Some("0b") => i128::from_str_radix(&plain[2..], 2).ok(),
            _ => plain.parse::<i128>().ok(),
        };
        if let Some(n) = value {
            let ty = match n {
                0..=0x7fff_ffff => "int4",
                _ if i64::try_from(n).is_ok() => "int8",
                _ => "numeric",
            };
            let n = if negative { -n } else { n };
            return Typed::new(cast(Tree::Number(n.to_string()), &Type::new(ty)), ty);
        }
        let text = match super::literal::numeric(&plain) {
            Some(text) if text != "0" && negative => format!("-{text}"),
            Some(text) => text,
            None => {
                // An exponent: the server writes it out.
                self.sure = false;
                format!("{sign}{plain}")
            }
        };
        Typed::new(cast(Tree::Number(text), &Type::new("numeric")), "numeric")
    }

    fn cast(&mut self, inner: &Tree, name: &TypeName) -> Typed {
        let to = self.type_named(&name.text);
        let Some(to) = to else {
            let value = self.expr(inner);
            return Typed::lost(Tree::Cast(Box::new(value.tree), name.clone()));
        };
        // The items of ARRAY[…] get their type from the cast around it.
        if let (Tree::Array(items), Some(element)) = (inner, to.element()) {
            let mut out = Vec::with_capacity(items.len());
            for item in items {
                let goal = if matches!(item, Tree::Array(_)) {
                    &to
                } else {
                    &element
                };
                out.push(match item {
                    Tree::Array(_) => {
                        self.cast(
                            item,
                            &TypeName {
                                text: to.text(self.catalog()),
                            },
                        )
                        .tree
                    }
                    _ => {
                        let item = self.expr(item);
                        self.convert(item, goal, true).tree
                    }
                });
            }
            let tree = if out.is_empty() {
                cast(Tree::Array(out), &to)
            } else {
                Tree::Array(out)
            };
            return Typed { tree, ty: Some(to) };
        }
        let value = self.expr(inner);
        self.convert(value, &to, true)
    }

    fn case(&mut self, tree: &Tree) -> Typed {
        let Tree::Case {
            operand,
            whens,
            otherwise,
        } = tree
        else {
            return Typed::lost(tree.clone());
        };
        let operand = operand.as_ref().map(|o| {
            let value = self.expr(o);
            self.settled(value)
        });
        let mut conditions = Vec::with_capacity(whens.len());
        // The server looks at ELSE first.
        let mut results = vec![match otherwise {
            Some(o) => self.expr(o),
            None => Typed::new(Tree::Null, "unknown"),
        }];
        for (condition, result) in whens {
            let condition = self.expr(condition);
            conditions.push(match &operand {
                None => self.boolean(condition),
                Some(operand) => self
                    .operands("=", vec![operand.clone(), condition])
                    .0
                    .pop()
                    .unwrap_or(Tree::Null),
            });
            results.push(self.expr(result));
        }
        let (mut results, ty) = self.meet(results);
        let otherwise = Some(Box::new(results.remove(0)));
        Typed {
            tree: Tree::Case {
                operand: operand.map(|o| Box::new(o.tree)),
                whens: conditions.into_iter().zip(results).collect(),
                otherwise,
            },
            ty,
        }
    }

    /// Coerces all to the type that they meet in.
    pub(super) fn meet(&mut self, values: Vec<Typed>) -> (Vec<Tree>, Option<Type>) {
        let names: Option<Vec<&str>> = values.iter().map(Typed::name).collect();
        let common = names.and_then(|names| self.infer.common(&names));
        let Some(common) = common else {
            self.sure = false;
            return (values.into_iter().map(|v| v.tree).collect(), None);
        };
        // A length survives where all agree on it.
        let mut modifiers = values
            .iter()
            .filter_map(|v| v.ty.as_ref())
            .map(|t| t.modifier.as_str());
        let first = modifiers.next().unwrap_or("").to_owned();
        let modifier = if modifiers.all(|m| m == first) {
            first
        } else {
            String::new()
        };
        let trees = values
            .into_iter()
            .map(|v| self.coerce(v, &common))
            .collect();
        let ty = Type {
            name: common,
            modifier,
        };
        (trees, Some(ty))
    }

    fn array(&mut self, items: &[Tree]) -> Typed {
        let values: Vec<Typed> = items.iter().map(|i| self.expr(i)).collect();
        let nested = values
            .iter()
            .any(|v| v.name().is_some_and(|n| n.ends_with("[]")))
            && items.iter().all(|i| matches!(i, Tree::Array(_)));
        let (items, ty) = self.meet(values);
        let ty = ty.map(|t| if nested { t.plain() } else { t.plain().array() });
        Typed {
            tree: Tree::Array(items),
            ty,
        }
    }

    fn subscript(&mut self, base: &Tree, parts: &[(Option<Tree>, Option<Tree>, bool)]) -> Typed {
        let base = self.expr(base);
        let json = base.name() == Some("jsonb");
        let slice = parts.iter().any(|p| p.2);
        let goal = if json { "text" } else { "int4" };
        let mut out = Vec::with_capacity(parts.len());
        for (low, high, range) in parts {
            let mut bound = |b: &Option<Tree>| {
                b.as_ref().map(|b| {
                    let value = self.expr(b);
                    if json && !value.is_unknown() {
                        return value.tree;
                    }
                    self.coerce(value, goal)
                })
            };
            let (low, high) = (bound(low), bound(high));
            out.push((low, high, *range));
        }
        let name = base.name().map(|n| self.infer.base(n));
        let ty = match name.as_deref() {
            Some("jsonb") => Some(Type::new("jsonb")),
            Some(name) if slice => Some(Type::new(name)),
            Some(name) => name.strip_suffix("[]").map(Type::new),
            None => None,
        };
        self.sure &= ty.is_some();
        Typed {
            tree: Tree::Subscript(Box::new(base.tree), out),
            ty,
        }
    }

    fn field(&mut self, base: &Tree, field: &Ident) -> Typed {
        // `(t).a` is `t.a`.
        if let Tree::Column(parts) = base
            && let [only] = parts.as_slice()
            && self.frame(&only.text).is_some_and(|f| !f.scalar)
        {
            return self.column(&[only.clone(), field.clone()]);
        }
        let base = self.expr(base);
        let fields = base
            .name()
            .and_then(|n| self.infer.fields(&self.infer.base(n)));
        let found = fields.and_then(|f| f.into_iter().find(|(n, _)| *n == field.text));
        let ty = found.and_then(|(_, ty)| self.infer.read(&ty?));
        if let (Some(_), Some(id)) = (&ty, base.name().and_then(|n| self.infer.user(n))) {
            self.refs.push(Ref {
                part: id.member(&driftless_model::Name::exact(field.text.clone())),
                span: Some(field.span),
                qualify: false,
            });
        }
        self.sure &= ty.is_some();
        Typed {
            tree: Tree::Field(Box::new(base.tree), field.clone()),
            ty,
        }
    }

    fn scalar_query(&mut self, query: &Query) -> Typed {
        let (query, ty) = self.inner_query(query);
        Typed {
            tree: Tree::Query(Box::new(query)),
            ty,
        }
    }

    /// A query within an expression: its names do not matter; the type of its first column.
    pub(super) fn inner_query(&mut self, query: &Query) -> (Query, Option<Type>) {
        let (query, mut columns) = self.query(query, false);
        let ty = match columns.as_mut() {
            Some(columns) if !columns.is_empty() => columns.swap_remove(0).1,
            _ => None,
        };
        (query, ty)
    }

    pub(super) fn sort_keys(&mut self, keys: &[SortKey]) -> Vec<SortKey> {
        keys.iter()
            .map(|key| {
                let value = self.expr(&key.expr);
                let value = self.settled(value);
                sort_key(value.tree, key)
            })
            .collect()
    }
}

/// With the place of nulls spelled out.
pub(super) fn sort_key(expr: Tree, key: &SortKey) -> SortKey {
    SortKey {
        expr,
        descending: key.descending,
        nulls_first: Some(key.nulls_first.unwrap_or(key.descending)),
    }
}

fn bits(base: char, digits: &str) -> Typed {
    let text = match base {
        'x' => digits
            .chars()
            .map(|c| {
                c.to_digit(16)
                    .map_or_else(|| c.to_string(), |d| format!("{d:04b}"))
            })
            .collect(),
        _ => digits.to_owned(),
    };
    Typed::new(cast(Tree::Text(text), &Type::new("bit")), "bit")
}
