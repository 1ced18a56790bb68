//! Value expressions: the parser's `Expr` → [`Tree`].

use sqlparser::ast::{
    AccessExpr, BinaryOperator, CastKind, DataType, Expr, Ident as TheirIdent, ObjectName,
    ObjectNamePart, Subscript, TrimWhereField, Value,
};

use super::types::STAND_IN;
use super::{Lowerer, Opaque, opaque};
use crate::Syntax;
use crate::source::Span;
use crate::tree::{Ident, Tree, TypeName};

type Lowered = Result<Tree, Opaque>;

/// Functions that are called without brackets.
const BARE: &[&str] = words!(
    current_catalog current_date current_role current_schema current_time current_timestamp current_user
    localtime localtimestamp session_user system_user user
);

pub(super) fn op(name: impl Into<String>, args: Vec<Tree>) -> Tree {
    Tree::Op(name.into(), args)
}

impl Lowerer {
    pub(super) fn expr(&mut self, expr: &Expr) -> Lowered {
        self.deeper(|this| this.any(expr))
    }

    pub(super) fn exprs(&mut self, list: &[Expr]) -> Result<Vec<Tree>, Opaque> {
        list.iter().map(|e| self.expr(e)).collect()
    }

    pub(super) fn option(&mut self, expr: Option<&Expr>) -> Result<Option<Tree>, Opaque> {
        expr.map(|e| self.expr(e)).transpose()
    }

    pub(super) fn ident(&self, ident: &TheirIdent) -> Ident {
        let byte = |column: u64| (column as usize).saturating_sub(1);
        Ident {
            text: ident.value.clone(),
            quoted: ident.quote_style.is_some(),
            span: Span::new(byte(ident.span.start.column), byte(ident.span.end.column)),
        }
    }

    pub(super) fn name(&self, name: &ObjectName) -> Result<Vec<Ident>, Opaque> {
        name.0
            .iter()
            .map(|part| match part {
                ObjectNamePart::Identifier(ident) => Ok(self.ident(ident)),
                ObjectNamePart::Function(_) => opaque("a function as a part of a name"),
            })
            .collect()
    }

    /// Dispatch by family, so that no one frame of the recursion is large.
    fn any(&mut self, expr: &Expr) -> Lowered {
        match expr {
            Expr::Nested(inner) => self.expr(inner),
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right),
            Expr::Identifier(ident) => Ok(self.column(ident)),
            Expr::CompoundIdentifier(parts) => {
                Ok(Tree::Column(parts.iter().map(|i| self.ident(i)).collect()))
            }
            Expr::Value(value) => self.value(&value.value),
            Expr::Cast { .. } => self.cast(expr),
            Expr::Function(function) => self.function(function),
            Expr::Case { .. } => self.case(expr),
            Expr::CompoundFieldAccess { root, access_chain } => self.access(root, access_chain),
            Expr::Subquery(query) => Ok(Tree::Query(Box::new(self.query(query)?))),
            Expr::Tuple(items) => Ok(Tree::Row(self.exprs(items)?)),
            Expr::Array(array) => Ok(Tree::Array(self.exprs(&array.elem)?)),
            Expr::Collate { expr, collation } => Ok(Tree::Collate(
                Box::new(self.expr(expr)?),
                self.name(collation)?,
            )),
            Expr::UnaryOp { op: sign, expr } => {
                let sign = sign.to_string().to_lowercase();
                Ok(op(sign, vec![self.expr(expr)?]))
            }
            Expr::Wildcard(_) => Ok(Tree::Star(Vec::new())),
            Expr::QualifiedWildcard(name, _) => Ok(Tree::Star(self.name(name)?)),
            Expr::GroupingSets(sets) => self.sets("grouping sets", sets),
            Expr::Cube(sets) => self.sets("cube", sets),
            Expr::Rollup(sets) => self.sets("rollup", sets),
            _ => self.predicate(expr),
        }
    }

    fn sets(&mut self, name: &str, sets: &[Vec<Expr>]) -> Lowered {
        let rows: Result<Vec<Tree>, Opaque> = sets
            .iter()
            .map(|set| Ok(Tree::Row(self.exprs(set)?)))
            .collect();
        Ok(op(name, rows?))
    }

    fn column(&self, ident: &TheirIdent) -> Tree {
        let name = self.ident(ident);
        let bare = match self.syntax {
            Syntax::Postgres => BARE.contains(&name.text.as_str()),
            _ => matches!(
                name.text.to_ascii_lowercase().as_str(),
                "current_date" | "current_time" | "current_timestamp"
            ),
        };
        if !bare || name.quoted {
            return Tree::Column(vec![name]);
        }
        let lower = name.text.to_ascii_lowercase();
        let mut call = super::call::plain(
            Ident {
                text: lower,
                ..name
            },
            Vec::new(),
        );
        if let Tree::Call { bare, .. } = &mut call {
            *bare = true;
        }
        call
    }

    fn value(&mut self, value: &Value) -> Lowered {
        Ok(match value {
            Value::Null => Tree::Null,
            Value::Boolean(b) => Tree::Bool(*b),
            Value::Number(text, false) => Tree::Number(text.clone()),
            Value::SingleQuotedString(text) => Tree::Text(text.clone()),
            Value::SingleQuotedByteStringLiteral(digits) => Tree::Bits('b', digits.clone()),
            Value::HexStringLiteral(digits) => Tree::Bits('x', digits.clone()),
            Value::Placeholder(text) => Tree::Param(text.clone()),
            other => return opaque(format!("the literal {other}")),
        })
    }

    /// Chains of `and` and of `or` are flattened where they nest to the left, as the server's parser does.
    fn binary(&mut self, left: &Expr, sign: &BinaryOperator, right: &Expr) -> Lowered {
        let name = match sign {
            BinaryOperator::And | BinaryOperator::Or => return self.chain(left, sign, right),
            BinaryOperator::PGCustomBinaryOperator(_)
            | BinaryOperator::Assignment
            | BinaryOperator::DuckIntegerDivide => return opaque(format!("the operator {sign}")),
            // MySQL's; no other engine's text gives them.
            BinaryOperator::Xor | BinaryOperator::Spaceship | BinaryOperator::MyIntegerDivide
                if !self.syntax.is_mysql() =>
            {
                return opaque(format!("the operator {sign}"));
            }
            BinaryOperator::Custom(name) => name.clone(),
            other => other.to_string().to_lowercase(),
        };
        let args = vec![self.expr(left)?, self.expr(right)?];
        Ok(op(name, args))
    }

    fn chain(&mut self, left: &Expr, sign: &BinaryOperator, right: &Expr) -> Lowered {
        let mut parts = vec![right];
        let mut head = left;
        loop {
            match head {
                Expr::Nested(inner) => head = inner,
                Expr::BinaryOp { left, op, right } if op == sign => {
                    parts.push(right);
                    head = left;
                }
                _ => break,
            }
        }
        parts.push(head);
        let args: Result<Vec<Tree>, Opaque> =
            parts.into_iter().rev().map(|e| self.expr(e)).collect();
        Ok(op(sign.to_string().to_lowercase(), args?))
    }

    fn cast(&mut self, expr: &Expr) -> Lowered {
        let Expr::Cast {
            kind,
            expr,
            data_type,
            format,
        } = expr
        else {
            return opaque("a cast");
        };
        if !matches!(kind, CastKind::Cast | CastKind::DoubleColon) || format.is_some() {
            return opaque("a cast with a format");
        }
        let name = self.type_name(data_type)?;
        Ok(Tree::Cast(Box::new(self.expr(expr)?), name))
    }

    fn type_name(&self, data_type: &DataType) -> Result<TypeName, Opaque> {
        if let DataType::Custom(name, modifiers) = data_type
            && let ([ObjectNamePart::Identifier(ident)], []) =
                (name.0.as_slice(), modifiers.as_slice())
            && let Some(number) = ident.value.strip_prefix(STAND_IN)
            && let Some(text) = number.parse().ok().and_then(|i: usize| self.types.get(i))
        {
            return Ok(TypeName { text: text.clone() });
        }
        opaque(format!("the type {data_type}"))
    }

    fn case(&mut self, expr: &Expr) -> Lowered {
        let Expr::Case {
            operand,
            conditions,
            else_result,
            case_token: _,
            end_token: _,
        } = expr
        else {
            return opaque("a CASE");
        };
        let operand = self.option(operand.as_deref())?.map(Box::new);
        let mut whens = Vec::with_capacity(conditions.len());
        for when in conditions {
            whens.push((self.expr(&when.condition)?, self.expr(&when.result)?));
        }
        let otherwise = self.option(else_result.as_deref())?.map(Box::new);
        Ok(Tree::Case {
            operand,
            whens,
            otherwise,
        })
    }

    /// `a.b[1]`, `(x).y`
    fn access(&mut self, root: &Expr, chain: &[AccessExpr]) -> Lowered {
        let mut tree = self.expr(root)?;
        let mut named = matches!(root, Expr::Identifier(_) | Expr::CompoundIdentifier(_));
        for step in chain {
            tree = match (step, tree) {
                (AccessExpr::Dot(Expr::Identifier(field)), Tree::Column(mut parts)) if named => {
                    parts.push(self.ident(field));
                    Tree::Column(parts)
                }
                (AccessExpr::Dot(Expr::Identifier(field)), base) => {
                    Tree::Field(Box::new(base), self.ident(field))
                }
                (AccessExpr::Dot(other), _) => return opaque(format!("the access .{other}")),
                (AccessExpr::Subscript(subscript), base) => {
                    named = false;
                    let part = self.subscript(subscript)?;
                    match base {
                        Tree::Subscript(inner, mut parts) => {
                            parts.push(part);
                            Tree::Subscript(inner, parts)
                        }
                        other => Tree::Subscript(Box::new(other), vec![part]),
                    }
                }
            };
        }
        Ok(tree)
    }

    fn subscript(
        &mut self,
        subscript: &Subscript,
    ) -> Result<(Option<Tree>, Option<Tree>, bool), Opaque> {
        match subscript {
            Subscript::Index { index } => Ok((Some(self.expr(index)?), None, false)),
            Subscript::Slice {
                lower_bound,
                upper_bound,
                stride: None,
            } => Ok((
                self.option(lower_bound.as_ref())?,
                self.option(upper_bound.as_ref())?,
                true,
            )),
            Subscript::Slice { .. } => opaque("a slice with a stride"),
        }
    }

    fn predicate(&mut self, expr: &Expr) -> Lowered {
        let one = |this: &mut Self, name: &str, x: &Expr| Ok(op(name, vec![this.expr(x)?]));
        match expr {
            Expr::IsNull(x) => one(self, "is null", x),
            Expr::IsNotNull(x) => one(self, "is not null", x),
            Expr::IsTrue(x) => one(self, "is true", x),
            Expr::IsNotTrue(x) => one(self, "is not true", x),
            Expr::IsFalse(x) => one(self, "is false", x),
            Expr::IsNotFalse(x) => one(self, "is not false", x),
            Expr::IsUnknown(x) => one(self, "is unknown", x),
            Expr::IsNotUnknown(x) => one(self, "is not unknown", x),
            Expr::IsDistinctFrom(a, b) => self.two("is distinct from", a, b),
            Expr::IsNotDistinctFrom(a, b) => self.two("is not distinct from", a, b),
            Expr::AtTimeZone {
                timestamp,
                time_zone,
            } => self.two("at time zone", timestamp, time_zone),
            Expr::Exists { subquery, negated } => {
                let exists = op("exists", vec![Tree::Query(Box::new(self.query(subquery)?))]);
                Ok(if *negated {
                    op("not", vec![exists])
                } else {
                    exists
                })
            }
            Expr::AnyOp {
                left,
                compare_op,
                right,
                is_some: _,
            } => self.two(&format!("{} any", sign(compare_op)), left, right),
            Expr::AllOp {
                left,
                compare_op,
                right,
            } => self.two(&format!("{} all", sign(compare_op)), left, right),
            Expr::Between { .. } | Expr::InList { .. } | Expr::InSubquery { .. } => {
                self.membership(expr)
            }
            Expr::RLike {
                negated,
                expr,
                pattern,
                ..
            } if self.syntax.is_mysql() => {
                let name = if *negated { "not regexp" } else { "regexp" };
                self.two(name, expr, pattern)
            }
            Expr::Like { .. } | Expr::ILike { .. } | Expr::SimilarTo { .. } => self.pattern(expr),
            Expr::MemberOf(member) => self.two("member of", &member.value, &member.array),
            _ => self.keyword_call(expr),
        }
    }

    fn two(&mut self, name: &str, a: &Expr, b: &Expr) -> Lowered {
        Ok(op(name, vec![self.expr(a)?, self.expr(b)?]))
    }

    fn membership(&mut self, expr: &Expr) -> Lowered {
        match expr {
            Expr::Between {
                expr,
                negated,
                low,
                high,
            } => {
                let args = vec![self.expr(expr)?, self.expr(low)?, self.expr(high)?];
                Ok(op(not(*negated, "between"), args))
            }
            Expr::InList {
                expr,
                list,
                negated,
            } => {
                let mut args = vec![self.expr(expr)?];
                args.extend(self.exprs(list)?);
                Ok(op(not(*negated, "in"), args))
            }
            Expr::InSubquery {
                expr,
                subquery,
                negated,
            } => {
                let args = vec![
                    self.expr(expr)?,
                    Tree::Query(Box::new(self.query(subquery)?)),
                ];
                Ok(op(not(*negated, "in query"), args))
            }
            _ => opaque("a membership"),
        }
    }

    fn pattern(&mut self, expr: &Expr) -> Lowered {
        let (name, negated, any, expr, pattern, escape) = match expr {
            Expr::Like {
                negated,
                any,
                expr,
                pattern,
                escape_char,
            } => ("like", negated, *any, expr, pattern, escape_char),
            Expr::ILike {
                negated,
                any,
                expr,
                pattern,
                escape_char,
            } => ("ilike", negated, *any, expr, pattern, escape_char),
            Expr::SimilarTo {
                negated,
                expr,
                pattern,
                escape_char,
            } => ("similar to", negated, false, expr, pattern, escape_char),
            _ => return opaque("a pattern"),
        };
        let mut args = vec![self.expr(expr)?, self.expr(pattern)?];
        args.extend(self.option(escape.as_deref())?);
        let name = not(*negated, name);
        Ok(op(if any { format!("{name} any") } else { name }, args))
    }

    /// Functions with a grammar of their own, under their plain names.
    fn keyword_call(&mut self, expr: &Expr) -> Lowered {
        // SQLite has plain calls only.
        let mut keyworded = self.syntax == Syntax::Postgres;
        let (name, args) = match expr {
            Expr::Extract {
                field,
                syntax: _,
                expr,
            } => {
                let field = Tree::Text(field.to_string().trim_matches('\'').to_lowercase());
                ("extract", vec![field, self.expr(expr)?])
            }
            Expr::Position { expr, r#in } => ("position", vec![self.expr(r#in)?, self.expr(expr)?]),
            Expr::Substring {
                expr,
                substring_from,
                substring_for,
                special,
                shorthand: _,
            } => {
                keyworded &= !special;
                let mut args = vec![self.expr(expr)?];
                match (substring_from, substring_for) {
                    (None, Some(length)) => {
                        args.push(Tree::Number("1".to_owned()));
                        args.push(self.expr(length)?);
                    }
                    (from, length) => {
                        args.extend(self.option(from.as_deref())?);
                        args.extend(self.option(length.as_deref())?);
                    }
                }
                ("substring", args)
            }
            Expr::Trim {
                trim_where,
                trim_what,
                expr,
                trim_characters,
            } => {
                let mut args = vec![self.expr(expr)?];
                args.extend(self.option(trim_what.as_deref())?);
                args.extend(self.exprs(trim_characters.as_deref().unwrap_or_default())?);
                let name = match trim_where {
                    None | Some(TrimWhereField::Both) => "btrim",
                    Some(TrimWhereField::Leading) => "ltrim",
                    Some(TrimWhereField::Trailing) => "rtrim",
                };
                (name, args)
            }
            Expr::Overlay {
                expr,
                overlay_what,
                overlay_from,
                overlay_for,
            } => {
                let mut args = vec![
                    self.expr(expr)?,
                    self.expr(overlay_what)?,
                    self.expr(overlay_from)?,
                ];
                args.extend(self.option(overlay_for.as_deref())?);
                ("overlay", args)
            }
            other => {
                let shown: String = other.to_string().chars().take(60).collect();
                return opaque(format!("the form {shown}"));
            }
        };
        let mut call = super::call::plain(Ident::new(name), args);
        if let Tree::Call { keyworded: how, .. } = &mut call {
            *how = keyworded;
        }
        Ok(call)
    }
}

fn sign(op: &BinaryOperator) -> String {
    match op {
        BinaryOperator::Custom(name) => name.clone(),
        other => other.to_string().to_lowercase(),
    }
}

fn not(negated: bool, name: &str) -> String {
    if negated {
        return format!("not {name}");
    }
    name.to_owned()
}
