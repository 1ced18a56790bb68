//! Function calls, their windows and sort keys.

use sqlparser::ast::{
    DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgOperator,
    FunctionArgumentClause, FunctionArguments, NamedWindowDefinition, NamedWindowExpr, OrderByExpr,
    OrderBySort, WindowFrame, WindowFrameBound, WindowSpec, WindowType,
};

use super::{Lowerer, Opaque, opaque};
use crate::canon::tree_text;
use crate::tree::{Ident, SortKey, Tree, Window};

/// A call with nothing but its arguments.
pub(super) fn plain(name: Ident, args: Vec<Tree>) -> Tree {
    plain_of(vec![name], args)
}

pub(super) fn plain_of(name: Vec<Ident>, args: Vec<Tree>) -> Tree {
    Tree::call(name, args)
}

/// MySQL's functions whose first argument is a word: a unit of time, a kind of format.
const UNITED: &[&str] = &["timestampadd", "timestampdiff", "get_format"];

/// A word that was read as a column.
fn unit(arg: Option<&mut Tree>) {
    if let Some(arg) = arg
        && let Tree::Column(path) = arg
        && let [one] = path.as_slice()
    {
        let word = one.text.to_ascii_lowercase();
        let word = word.strip_prefix("sql_tsi_").unwrap_or(&word);
        *arg = Tree::Text(word.to_owned());
    }
}

impl Lowerer {
    pub(super) fn function(&mut self, function: &Function) -> Result<Tree, Opaque> {
        let Function {
            name,
            uses_odbc_syntax: false,
            parameters: FunctionArguments::None,
            args,
            filter,
            null_treatment: None,
            over,
            within_group,
        } = function
        else {
            return opaque(format!("the call of {}", function.name));
        };
        let names = self.name(name)?;
        let keyword = match names.as_slice() {
            [one] if !one.quoted => one.text.to_lowercase(),
            _ => String::new(),
        };
        let list = match args {
            FunctionArguments::List(list) => list,
            FunctionArguments::None => return opaque(format!("{name} without brackets")),
            FunctionArguments::Subquery(query) if keyword == "array" => {
                return Ok(Tree::ArrayQuery(Box::new(self.query(query)?)));
            }
            FunctionArguments::Subquery(query) => {
                let query = Tree::Query(Box::new(self.query(query)?));
                return Ok(plain_of(names, vec![query]));
            }
        };
        let args: Result<Vec<Tree>, Opaque> = list.args.iter().map(|a| self.argument(a)).collect();
        let mut args = args?;
        if self.syntax.is_mysql() && UNITED.contains(&keyword.as_str()) {
            unit(args.first_mut());
        }
        let simple = over.is_none() && filter.is_none() && within_group.is_empty();
        if keyword == "row" && simple && list.clauses.is_empty() {
            return Ok(Tree::Row(args));
        }
        let mut order_by = Vec::new();
        for clause in &list.clauses {
            match clause {
                FunctionArgumentClause::OrderBy(keys) => order_by = self.sort_keys(keys)?,
                FunctionArgumentClause::Separator(value) => {
                    let value = self.expr(&Expr::Value(value.clone()))?;
                    args.push(Tree::Named(Ident::new("separator"), Box::new(value)));
                }
                FunctionArgumentClause::Limit(count) => {
                    let count = self.expr(count)?;
                    args.push(Tree::Named(Ident::new("limit"), Box::new(count)));
                }
                other => return opaque(format!("the clause {other}")),
            }
        }
        Ok(Tree::Call {
            name: names,
            args,
            bare: false,
            keyworded: false,
            distinct: list.duplicate_treatment == Some(DuplicateTreatment::Distinct),
            order_by,
            within_group: self.sort_keys(within_group)?,
            filter: self.option(filter.as_deref())?.map(Box::new),
            over: match over {
                None => None,
                Some(over) => Some(Box::new(self.over(over)?)),
            },
        })
    }

    pub(super) fn argument(&mut self, arg: &FunctionArg) -> Result<Tree, Opaque> {
        match arg {
            FunctionArg::Unnamed(arg) => self.argument_value(arg),
            FunctionArg::Named {
                name,
                arg,
                operator: FunctionArgOperator::RightArrow | FunctionArgOperator::Assignment,
            } => Ok(Tree::Named(
                self.ident(name),
                Box::new(self.argument_value(arg)?),
            )),
            FunctionArg::ExprNamed {
                name: Expr::Identifier(name),
                arg,
                operator: FunctionArgOperator::RightArrow | FunctionArgOperator::Assignment,
            } => Ok(Tree::Named(
                self.ident(name),
                Box::new(self.argument_value(arg)?),
            )),
            other => opaque(format!("the argument {other}")),
        }
    }

    fn argument_value(&mut self, arg: &FunctionArgExpr) -> Result<Tree, Opaque> {
        match arg {
            FunctionArgExpr::Expr(expr) => self.expr(expr),
            FunctionArgExpr::Wildcard => Ok(Tree::Star(Vec::new())),
            FunctionArgExpr::QualifiedWildcard(name) => Ok(Tree::Star(self.name(name)?)),
            FunctionArgExpr::WildcardWithOptions(_) => opaque("a star with options"),
        }
    }

    pub(super) fn sort_keys(&mut self, keys: &[OrderByExpr]) -> Result<Vec<SortKey>, Opaque> {
        keys.iter()
            .map(|key| {
                let descending = match (&key.options.sort, &key.with_fill) {
                    (None | Some(OrderBySort::Asc), None) => false,
                    (Some(OrderBySort::Desc), None) => true,
                    _ => return opaque("ORDER BY … USING"),
                };
                Ok(SortKey {
                    expr: self.expr(&key.expr)?,
                    descending,
                    nulls_first: key.options.nulls_first,
                })
            })
            .collect()
    }

    fn over(&mut self, over: &WindowType) -> Result<Window, Opaque> {
        match over {
            WindowType::NamedWindow(name) => Ok(named(self.ident(name))),
            WindowType::WindowSpec(spec) => self.window(spec),
        }
    }

    pub(super) fn named_window(
        &mut self,
        definition: &NamedWindowDefinition,
    ) -> Result<(Ident, Window), Opaque> {
        let NamedWindowDefinition(name, window) = definition;
        let window = match window {
            NamedWindowExpr::NamedWindow(base) => named(self.ident(base)),
            NamedWindowExpr::WindowSpec(spec) => self.window(spec)?,
        };
        Ok((self.ident(name), window))
    }

    fn window(&mut self, spec: &WindowSpec) -> Result<Window, Opaque> {
        let WindowSpec {
            window_name,
            partition_by,
            order_by,
            window_frame,
        } = spec;
        Ok(Window {
            name: window_name.as_ref().map(|n| self.ident(n)),
            partition_by: self.exprs(partition_by)?,
            order_by: self.sort_keys(order_by)?,
            frame: match window_frame {
                None => None,
                Some(frame) => Some(self.frame(frame)?),
            },
        })
    }

    fn frame(&mut self, frame: &WindowFrame) -> Result<String, Opaque> {
        let units = frame.units.to_string().to_lowercase();
        let start = self.bound(&frame.start_bound)?;
        let end = match &frame.end_bound {
            None => "current row".to_owned(),
            Some(bound) => self.bound(bound)?,
        };
        Ok(format!("{units} between {start} and {end}"))
    }

    fn bound(&mut self, bound: &WindowFrameBound) -> Result<String, Opaque> {
        let (expr, side) = match bound {
            WindowFrameBound::CurrentRow => return Ok("current row".to_owned()),
            WindowFrameBound::Preceding(expr) => (expr, "preceding"),
            WindowFrameBound::Following(expr) => (expr, "following"),
        };
        Ok(match expr {
            None => format!("unbounded {side}"),
            Some(expr) => format!("{} {side}", tree_text(&self.expr(expr)?)),
        })
    }
}

fn named(name: Ident) -> Window {
    Window {
        name: Some(name),
        partition_by: Vec::new(),
        order_by: Vec::new(),
        frame: None,
    }
}
