//! Queries: the parser's `Query` → [`Query`].

use sqlparser::ast::{
    Cte as TheirCte, CteAsMaterialized, Distinct, Fetch, GroupByExpr, GroupByWithModifier,
    JoinConstraint, JoinOperator, LimitClause, LockClause, LockType, NonBlock, OrderByKind,
    Query as TheirQuery, Select as TheirSelect, SelectFlavor, SelectItem,
    SelectItemQualifiedWildcardKind, SetExpr as TheirSetExpr, SetOperator, SetQuantifier,
    TableAlias, TableFactor, TableFunctionArgs, TableWithJoins, WildcardAdditionalOptions,
};

use super::{Lowerer, Opaque, opaque};
use crate::Syntax;
use crate::canon::name_text;
use crate::tree::{Alias, Cte, From, Ident, Item, Query, Select, SetExpr, Tree};

impl Lowerer {
    pub(super) fn query(&mut self, query: &TheirQuery) -> Result<Query, Opaque> {
        self.deeper(|this| this.whole_query(query))
    }

    fn whole_query(&mut self, query: &TheirQuery) -> Result<Query, Opaque> {
        let TheirQuery {
            with,
            body,
            order_by,
            limit_clause,
            fetch,
            locks,
            for_clause: None,
            settings: None,
            format_clause: None,
            pipe_operators,
        } = query
        else {
            return opaque("a query of another engine");
        };
        if !pipe_operators.is_empty() {
            return opaque("pipe operators");
        }
        let mut out = Query {
            recursive: with.as_ref().is_some_and(|w| w.recursive),
            with: Vec::new(),
            body: self.set_expr(body)?,
            order_by: Vec::new(),
            limit: None,
            offset: None,
            locks: Vec::new(),
        };
        for cte in with.iter().flat_map(|w| &w.cte_tables) {
            out.with.push(self.cte(cte)?);
        }
        if let Some(order_by) = order_by {
            match (&order_by.kind, &order_by.interpolate) {
                (OrderByKind::Expressions(keys), None) => out.order_by = self.sort_keys(keys)?,
                _ => return opaque("ORDER BY ALL"),
            }
        }
        self.limits(limit_clause.as_ref(), fetch.as_ref(), &mut out)?;
        for lock in locks {
            out.locks.push(self.lock(lock)?);
        }
        Ok(out)
    }

    fn limits(
        &mut self,
        clause: Option<&LimitClause>,
        fetch: Option<&Fetch>,
        out: &mut Query,
    ) -> Result<(), Opaque> {
        match clause {
            None => {}
            Some(LimitClause::LimitOffset {
                limit,
                offset,
                limit_by,
            }) if limit_by.is_empty() => {
                out.limit = self.option(limit.as_ref())?;
                out.offset = self.option(offset.as_ref().map(|o| &o.value))?;
            }
            Some(LimitClause::OffsetCommaLimit { offset, limit }) => {
                out.limit = Some(self.expr(limit)?);
                out.offset = Some(self.expr(offset)?);
            }
            Some(_) => return opaque("LIMIT BY"),
        }
        match fetch {
            None => {}
            Some(Fetch {
                with_ties: false,
                percent: false,
                quantity,
            }) if out.limit.is_none() => {
                let one = || Tree::Number("1".to_owned());
                out.limit = Some(self.option(quantity.as_ref())?.unwrap_or_else(one));
            }
            Some(_) => return opaque("FETCH … WITH TIES"),
        }
        Ok(())
    }

    fn lock(&self, lock: &LockClause) -> Result<String, Opaque> {
        let mut text = match lock.lock_type {
            LockType::Share => "for share",
            LockType::Update => "for update",
        }
        .to_owned();
        if let Some(of) = &lock.of {
            text.push_str(" of ");
            text.push_str(&name_text(&self.name(of)?));
        }
        text.push_str(match lock.nonblock {
            None => "",
            Some(NonBlock::Nowait) => " nowait",
            Some(NonBlock::SkipLocked) => " skip locked",
        });
        Ok(text)
    }

    fn cte(&mut self, cte: &TheirCte) -> Result<Cte, Opaque> {
        let TheirCte {
            alias,
            query,
            from: None,
            materialized,
            closing_paren_token: _,
        } = cte
        else {
            return opaque("WITH … FROM");
        };
        let Alias { name, columns } = self.alias(alias)?;
        Ok(Cte {
            name,
            columns,
            materialized: materialized
                .as_ref()
                .map(|m| matches!(m, CteAsMaterialized::Materialized)),
            query: self.query(query)?,
        })
    }

    fn alias(&self, alias: &TableAlias) -> Result<Alias, Opaque> {
        let TableAlias {
            explicit: _,
            name,
            columns,
            at: None,
        } = alias
        else {
            return opaque("an alias with AT");
        };
        if columns.iter().any(|c| c.data_type.is_some()) {
            return opaque("an alias with column types");
        }
        Ok(Alias {
            name: self.ident(name),
            columns: columns.iter().map(|c| self.ident(&c.name)).collect(),
        })
    }

    fn optional_alias(&self, alias: Option<&TableAlias>) -> Result<Option<Alias>, Opaque> {
        alias.map(|a| self.alias(a)).transpose()
    }

    fn set_expr(&mut self, body: &TheirSetExpr) -> Result<SetExpr, Opaque> {
        self.deeper(|this| match body {
            TheirSetExpr::Select(select) => Ok(SetExpr::Select(Box::new(this.select(select)?))),
            TheirSetExpr::Query(query) => Ok(SetExpr::Query(Box::new(this.query(query)?))),
            TheirSetExpr::SetOperation { .. } if this.syntax == Syntax::Sqlite => {
                this.left_to_right(body)
            }
            TheirSetExpr::SetOperation {
                left,
                op,
                set_quantifier,
                right,
            } => {
                let name = set_name(*op, *set_quantifier)?;
                let left = Box::new(this.set_expr(left)?);
                Ok(SetExpr::Set(name, left, Box::new(this.set_expr(right)?)))
            }
            TheirSetExpr::Values(values) if !values.explicit_row && !values.value_keyword => {
                let rows: Result<Vec<Vec<Tree>>, Opaque> =
                    values.rows.iter().map(|row| this.exprs(row)).collect();
                Ok(SetExpr::Values(rows?))
            }
            _ => opaque("a statement in place of a query"),
        })
    }

    /// SQLite has one precedence for all set operators and no brackets around their sides; the parser binds
    /// INTERSECT closer.
    fn left_to_right(&mut self, body: &TheirSetExpr) -> Result<SetExpr, Opaque> {
        let mut waiting = vec![Err(body)];
        let mut out: Option<SetExpr> = None;
        let mut name = String::new();
        while let Some(next) = waiting.pop() {
            match next {
                Ok(operator) => name = operator,
                Err(TheirSetExpr::SetOperation {
                    left,
                    op,
                    set_quantifier,
                    right,
                }) => {
                    waiting.push(Err(right));
                    waiting.push(Ok(set_name(*op, *set_quantifier)?));
                    waiting.push(Err(left));
                }
                Err(side) => {
                    let side = self.set_expr(side)?;
                    out = Some(match out {
                        None => side,
                        Some(left) => SetExpr::Set(name.clone(), Box::new(left), Box::new(side)),
                    });
                }
            }
            if waiting.len() > 2 * super::MAX_DEPTH {
                return opaque("it is nested too deeply");
            }
        }
        out.map_or_else(|| opaque("an empty query"), Ok)
    }

    fn select(&mut self, select: &TheirSelect) -> Result<Select, Opaque> {
        let TheirSelect {
            select_token: _,
            optimizer_hints,
            distinct,
            select_modifiers: None,
            top: None,
            top_before_distinct: false,
            projection,
            exclude: None,
            into: None,
            from,
            lateral_views,
            prewhere: None,
            selection,
            connect_by,
            group_by,
            cluster_by,
            distribute_by,
            sort_by,
            having,
            named_window,
            qualify: None,
            window_before_qualify: _,
            value_table_mode: None,
            flavor: SelectFlavor::Standard,
        } = select
        else {
            return opaque("a SELECT of another engine");
        };
        let empty = optimizer_hints.is_empty()
            && lateral_views.is_empty()
            && connect_by.is_empty()
            && cluster_by.is_empty()
            && distribute_by.is_empty()
            && sort_by.is_empty();
        let group_by = match group_by {
            GroupByExpr::Expressions(exprs, modifiers) if empty => {
                let mut exprs = self.exprs(exprs)?;
                match modifiers.as_slice() {
                    [] => {}
                    [GroupByWithModifier::Rollup] if self.syntax.is_mysql() => {
                        exprs.push(Tree::Op("with rollup".to_owned(), Vec::new()));
                    }
                    _ => return opaque("a GROUP BY of another engine"),
                }
                exprs
            }
            _ => return opaque("a SELECT clause of another engine"),
        };
        let items: Result<Vec<Item>, Opaque> = projection.iter().map(|i| self.item(i)).collect();
        let from: Result<Vec<From>, Opaque> = from.iter().map(|f| self.joined(f)).collect();
        let windows: Result<Vec<_>, Opaque> =
            named_window.iter().map(|w| self.named_window(w)).collect();
        Ok(Select {
            distinct: matches!(distinct, Some(Distinct::Distinct)),
            distinct_on: match distinct {
                Some(Distinct::On(exprs)) => self.exprs(exprs)?,
                _ => Vec::new(),
            },
            items: items?,
            from: from?,
            filter: self.option(selection.as_ref())?,
            group_by,
            having: self.option(having.as_ref())?,
            windows: windows?,
        })
    }

    pub(super) fn item(&mut self, item: &SelectItem) -> Result<Item, Opaque> {
        let (expr, alias) = match item {
            SelectItem::UnnamedExpr(expr) => (self.expr(expr)?, None),
            SelectItem::ExprWithAlias { expr, alias } => {
                (self.expr(expr)?, Some(self.ident(alias)))
            }
            SelectItem::Wildcard(options) if is_plain(options) => (Tree::Star(Vec::new()), None),
            SelectItem::QualifiedWildcard(
                SelectItemQualifiedWildcardKind::ObjectName(name),
                options,
            ) if is_plain(options) => (Tree::Star(self.name(name)?), None),
            other => return opaque(format!("the item {other}")),
        };
        Ok(Item { expr, alias })
    }

    pub(super) fn joined(&mut self, from: &TableWithJoins) -> Result<From, Opaque> {
        let mut left = self.deeper(|this| this.factor(&from.relation))?;
        if from.joins.len() > super::MAX_DEPTH {
            return opaque("too many joins");
        }
        for join in &from.joins {
            if join.global {
                return opaque("GLOBAL JOIN");
            }
            let (kind, constraint) = match &join.join_operator {
                JoinOperator::Join(c) | JoinOperator::Inner(c) => ("inner", c),
                JoinOperator::Left(c) | JoinOperator::LeftOuter(c) => ("left", c),
                JoinOperator::Right(c) | JoinOperator::RightOuter(c) => ("right", c),
                JoinOperator::FullOuter(c) => ("full", c),
                JoinOperator::CrossJoin(c) => ("cross", c),
                JoinOperator::StraightJoin(c) if self.syntax.is_mysql() => ("straight", c),
                _ => return opaque("a join of another engine"),
            };
            let right = self.deeper(|this| this.factor(&join.relation))?;
            let mut kind = kind.to_owned();
            let (mut on, mut using) = (None, Vec::new());
            match constraint {
                JoinConstraint::On(expr) => on = Some(self.expr(expr)?),
                JoinConstraint::Using(names) => {
                    for name in names {
                        using.extend(self.name(name)?);
                    }
                }
                JoinConstraint::Natural => kind.insert_str(0, "natural "),
                JoinConstraint::None => {}
            }
            left = From::Join {
                kind,
                left: Box::new(left),
                right: Box::new(right),
                on,
                using,
            };
        }
        Ok(left)
    }

    fn factor(&mut self, factor: &TableFactor) -> Result<From, Opaque> {
        match factor {
            TableFactor::Table { .. } => self.table(factor),
            TableFactor::Derived {
                lateral,
                subquery,
                alias,
                sample: None,
            } => Ok(From::Query {
                query: Box::new(self.query(subquery)?),
                lateral: *lateral,
                alias: self.optional_alias(alias.as_ref())?,
            }),
            TableFactor::Function {
                lateral,
                name,
                args,
                with_ordinality,
                alias,
            } => {
                let args: Result<Vec<Tree>, Opaque> =
                    args.iter().map(|a| self.argument(a)).collect();
                Ok(From::Call {
                    call: call(self.name(name)?, args?),
                    lateral: *lateral,
                    ordinality: *with_ordinality,
                    alias: self.optional_alias(alias.as_ref())?,
                })
            }
            TableFactor::NestedJoin {
                table_with_joins,
                alias: None,
            } => self.joined(table_with_joins),
            _ => opaque("a FROM item of another engine"),
        }
    }

    fn table(&mut self, factor: &TableFactor) -> Result<From, Opaque> {
        let TableFactor::Table {
            name,
            alias,
            args,
            with_hints,
            version: None,
            with_ordinality,
            partitions,
            json_path: None,
            sample: None,
            index_hints,
        } = factor
        else {
            return opaque("a table with a sample or a version");
        };
        if !with_hints.is_empty() || !partitions.is_empty() || !index_hints.is_empty() {
            return opaque("a table with hints");
        }
        let name = self.name(name)?;
        let alias = self.optional_alias(alias.as_ref())?;
        match args {
            None if *with_ordinality => opaque("WITH ORDINALITY on a table"),
            None => Ok(From::Table {
                only: name
                    .first()
                    .is_some_and(|n| self.only.contains(&n.span.start)),
                name,
                alias,
            }),
            Some(TableFunctionArgs {
                args,
                settings: None,
            }) => {
                let args: Result<Vec<Tree>, Opaque> =
                    args.iter().map(|a| self.argument(a)).collect();
                Ok(From::Call {
                    call: call(name, args?),
                    lateral: false,
                    ordinality: *with_ordinality,
                    alias,
                })
            }
            Some(_) => opaque("a table function with settings"),
        }
    }
}

fn call(name: Vec<Ident>, args: Vec<Tree>) -> Tree {
    super::call::plain_of(name, args)
}

fn set_name(op: SetOperator, quantifier: SetQuantifier) -> Result<String, Opaque> {
    let name = match op {
        SetOperator::Union => "union",
        SetOperator::Except => "except",
        SetOperator::Intersect => "intersect",
        SetOperator::Minus => return opaque("MINUS"),
    };
    match quantifier {
        SetQuantifier::None | SetQuantifier::Distinct => Ok(name.to_owned()),
        SetQuantifier::All => Ok(format!("{name} all")),
        _ => opaque("UNION BY NAME"),
    }
}

fn is_plain(options: &WildcardAdditionalOptions) -> bool {
    matches!(
        options,
        WildcardAdditionalOptions {
            wildcard_token: _,
            opt_ilike: None,
            opt_exclude: None,
            opt_except: None,
            opt_replace: None,
            opt_rename: None,
            opt_alias: None,
        }
    )
}
