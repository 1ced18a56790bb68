//! What steps demand of the rows that are there, as a sentence and as a query that counts those that do not fit.
//!
//! Neighbours: the facts of tables and indexes. Invariant: a row that is counted makes the step fail; where that cannot
//! be said for certain from the state before the step, there is no query.

use crate::rebuild::{constraints, rowid_alias};
use crate::row::constraint::same as same_constraint;
use crate::text::{is_simple_default, quoted};
use driftless_model::{
    Check, Column, Constraint, ConstraintBody, ForeignKey, Index, Key, KeyExpr, Name, ObjectId,
    Table,
};
use driftless_planner::{Demand, Moment};

const MEND: &str = "mend the rows first";

/// A copy of a table's rows into a new one.
struct Copy<'a> {
    from: &'a ObjectId,
    source: &'a Table,
    target: &'a Table,
    columns: &'a [(Name, String)],
}

/// What copying rows demands: values for NOT NULL columns, of the type where it is strict, and what new constraints say.
pub fn of_copy(
    from: &ObjectId,
    to: &ObjectId,
    columns: &[(Name, String)],
    moment: &Moment,
) -> Vec<Demand> {
    let (Some(source), Some(target)) = (
        moment.catalog.item::<Table>(from),
        moment.catalog.item::<Table>(to),
    ) else {
        return Vec::new();
    };
    let copy = Copy {
        from,
        source,
        target,
        columns,
    };
    let mut out: Vec<Demand> = target
        .columns
        .iter()
        .filter(|c| c.generated.is_none())
        .flat_map(|c| copy.of_column(c))
        .collect();
    let before: Vec<(&ObjectId, &Constraint)> = constraints(&moment.catalog, from).collect();
    let after: Vec<&Constraint> = constraints(&moment.catalog, to).map(|(_, c)| c).collect();
    out.extend(copy.of_alias(&before, &after));
    for (id, constraint) in constraints(&moment.catalog, to) {
        let known = before
            .iter()
            .any(|(b, c)| b.name == id.name && same_constraint(c, constraint));
        if !known {
            out.push(copy.of_constraint(constraint));
        }
    }
    out
}

impl Copy<'_> {
    fn table(&self) -> String {
        quoted(&self.from.name)
    }

    fn demand(&self, hazard: String, count: Option<String>, fault: String) -> Demand {
        Demand {
            on: self.from.clone(),
            hazard,
            count,
            fault,
            help: MEND.into(),
            reads: Vec::new(),
        }
    }

    fn rows_where(&self, condition: &str) -> Option<String> {
        Some(format!(
            "SELECT count(*) FROM {} WHERE {condition}",
            self.table()
        ))
    }

    fn filled(&self, name: &Name) -> Option<&str> {
        let found = self.columns.iter().find(|(n, _)| n == name);
        found.map(|(_, expr)| expr.as_str())
    }

    /// The column takes its own values as they are.
    fn is_plain(&self, name: &Name) -> bool {
        self.filled(name)
            .is_some_and(|e| e.eq_ignore_ascii_case(name.as_str()) || e == quoted(name))
    }

    /// Its values are the same in both tables, whatever they are.
    fn is_kept(&self, name: &Name) -> bool {
        let (Some(was), Some(now)) = (self.source.column(name), self.target.column(name)) else {
            return false;
        };
        self.is_plain(name) && was.ty.text.eq_ignore_ascii_case(&now.ty.text)
    }

    fn of_column(&self, column: &Column) -> Vec<Demand> {
        let name = &column.name;
        let was = self.source.column(name);
        let mut out = Vec::new();
        let strict = |t: &Table| t.lite().is_some_and(|l| l.strict);
        match (was, self.filled(name)) {
            (was, Some(expr)) if column.not_null => {
                let plain = self.is_plain(name);
                if !(plain && was.is_some_and(|w| w.not_null) || never_null(expr)) {
                    let hazard = match plain {
                        true => format!("fails where {}.{name} is null", self.from),
                        false => format!("fails where {expr} is null for a row of {}", self.from),
                    };
                    let count = self.rows_where(&format!("({expr}) IS NULL"));
                    out.push(Demand {
                        help: backfill(),
                        ..self.demand(hazard, count, format!("without a value for {name}"))
                    });
                }
            }
            (None, None) if column.not_null && column.default.is_none() => out.push(Demand {
                help: backfill(),
                ..self.demand(
                    format!(
                        "fails where {} has rows: {name} has no value for them",
                        self.from
                    ),
                    self.rows_where("true"),
                    format!("without a value for {name}"),
                )
            }),
            _ => {}
        }
        if let Some(was) = was.filter(|_| strict(self.target) && self.is_plain(name)) {
            let ty = &column.ty.text;
            let misfit = misfit(&quoted(name), ty);
            let new = !strict(self.source) || !was.ty.text.eq_ignore_ascii_case(ty);
            if let Some(misfit) = misfit.filter(|_| new) {
                out.push(Demand {
                    help: using(),
                    ..self.demand(
                        format!("fails where {}.{name} holds no {ty}", self.from),
                        self.rows_where(&misfit),
                        format!("holding no {ty} in {name}"),
                    )
                });
            }
        }
        out
    }

    /// A column becomes the rowid's alias: SQLite takes nothing but whole numbers, and gives NULL a number of its own.
    fn of_alias(
        &self,
        before: &[(&ObjectId, &Constraint)],
        after: &[&Constraint],
    ) -> Option<Demand> {
        let name = rowid_alias(self.target, after)?;
        let was: Vec<&Constraint> = before.iter().map(|(_, c)| *c).collect();
        if rowid_alias(self.source, &was) == Some(name) || !self.is_plain(name) {
            return None;
        }
        let column = quoted(name);
        let misfit = misfit(&column, "INTEGER")?;
        Some(Demand {
            help: backfill(),
            ..self.demand(
                format!(
                    "fails where {}.{name} is no whole number; where it is null, the row gets a new one",
                    self.from
                ),
                self.rows_where(&format!("{column} IS NULL OR {misfit}")),
                format!("without a whole number in {name}"),
            )
        })
    }

    fn of_constraint(&self, constraint: &Constraint) -> Demand {
        match &constraint.body {
            ConstraintBody::Check(check) => self.of_check(check, constraint),
            ConstraintBody::ForeignKey(key) => self.of_foreign_key(key),
            ConstraintBody::PrimaryKey(key) | ConstraintBody::Unique(key) => self.of_key(key),
            ConstraintBody::Exclude(_) | ConstraintBody::NotNull(_) => self.of_key(&Key::default()),
        }
    }

    fn of_check(&self, check: &Check, constraint: &Constraint) -> Demand {
        let written = &check.expr.written;
        let kept = crate::rebuild::columns_in(constraint)
            .iter()
            .all(|n| self.is_kept(n));
        let count = kept.then(|| self.rows_where(&format!("NOT ({written})")));
        self.demand(
            format!(
                "fails where a row of {} breaks CHECK ({written})",
                self.from
            ),
            count.flatten(),
            format!("breaking CHECK ({written})"),
        )
    }

    fn of_key(&self, key: &Key) -> Demand {
        let parts: Vec<(String, String)> = key
            .columns
            .iter()
            .map(|p| {
                let own = self
                    .target
                    .column(&p.column)
                    .and_then(|c| c.collation.clone());
                let collation = p.collation.clone().or(own);
                (quoted(&p.column), collation.unwrap_or("BINARY".into()))
            })
            .collect();
        let kept = key.columns.iter().all(|p| self.is_kept(&p.column));
        let count = kept.then(|| repeated(&self.table(), &parts, None));
        let names: Vec<&str> = key.columns.iter().map(|p| p.column.as_str()).collect();
        self.demand(
            format!("fails where two rows of {} have one key", self.from),
            count.flatten(),
            format!("sharing their ({}) with another", names.join(", ")),
        )
    }

    fn of_foreign_key(&self, key: &ForeignKey) -> Demand {
        let hazard = format!(
            "fails where a row of {} refers to no row of {}",
            self.from, key.target
        );
        let kept = key.columns.iter().all(|n| self.is_kept(n));
        let pairs = key.columns.iter().zip(&key.target_columns);
        let known = kept && key.columns.len() == key.target_columns.len();
        let count = known.then(|| {
            let there: Vec<String> = key
                .columns
                .iter()
                .map(|c| format!("{} IS NOT NULL", quoted(c)))
                .collect();
            let equal: Vec<String> = pairs
                .map(|(c, t)| format!("p.{} = c.{}", quoted(t), quoted(c)))
                .collect();
            format!(
                "SELECT count(*) FROM {} AS c WHERE {} AND NOT EXISTS (SELECT 1 FROM {} AS p WHERE {})",
                self.table(),
                there.join(" AND "),
                quoted(&key.target.name),
                equal.join(" AND ")
            )
        });
        let mut demand = self.demand(
            hazard,
            count,
            format!("referring to no row of {}", key.target),
        );
        demand
            .reads
            .extend((key.target != *self.from).then(|| key.target.clone()));
        demand
    }
}

fn backfill() -> String {
    format!("say what they get with `-- driftless:backfill EXPR` at the column, or {MEND}")
}

fn using() -> String {
    format!("convert them with `-- driftless:using EXPR` at the column, or {MEND}")
}

/// What a check demands that comes to a table as it stands.
pub fn of_added(constraint: &Constraint, moment: &Moment) -> Option<Demand> {
    let ConstraintBody::Check(check) = &constraint.body else {
        return None;
    };
    let (table, written) = (&constraint.table, &check.expr.written);
    let known = moment.catalog.item::<Table>(table).is_some_and(|t| {
        crate::rebuild::columns_in(constraint)
            .iter()
            .all(|n| t.column(n).is_some())
    });
    let count = format!(
        "SELECT count(*) FROM {} WHERE NOT ({written})",
        quoted(&table.name)
    );
    Some(Demand {
        on: table.clone(),
        hazard: format!("fails where a row of {table} breaks CHECK ({written})"),
        count: known.then_some(count),
        fault: format!("breaking CHECK ({written})"),
        help: MEND.into(),
        reads: Vec::new(),
    })
}

/// What NOT NULL demands that comes to a column as it stands.
pub fn of_not_null(table: &ObjectId, column: &Name) -> Demand {
    Demand {
        on: table.clone(),
        hazard: format!("fails where {table}.{column} is null"),
        count: Some(format!(
            "SELECT count(*) FROM {} WHERE {} IS NULL",
            quoted(&table.name),
            quoted(column)
        )),
        fault: format!("without a value for {column}"),
        help: backfill(),
        reads: Vec::new(),
    }
}

/// What a unique index demands.
pub fn of_index(name: &Name, index: &Index) -> Demand {
    let parts: Vec<(String, String)> = index
        .keys
        .iter()
        .map(|k| {
            let expr = match &k.expr {
                KeyExpr::Column(c) => quoted(c),
                KeyExpr::Expr(e) => format!("({})", e.written),
            };
            let collation = k
                .collation
                .as_ref()
                .map(|c| quoted(&Name::folded(c.clone())));
            (expr, collation.unwrap_or_default())
        })
        .collect();
    let filter = index.filter.as_ref().map(|f| f.written.as_str());
    let table = &index.table;
    Demand {
        on: table.clone(),
        hazard: format!("fails where two rows of {table} have one key"),
        count: repeated(&quoted(&table.name), &parts, filter),
        fault: format!("sharing their key of {name} with another"),
        help: MEND.into(),
        reads: Vec::new(),
    }
}

/// Counts the rows whose key another row has; keys with a NULL in them are all different.
fn repeated(table: &str, parts: &[(String, String)], filter: Option<&str>) -> Option<String> {
    if parts.is_empty() {
        return None;
    }
    let there: Vec<String> = parts
        .iter()
        .map(|(expr, _)| format!("{expr} IS NOT NULL"))
        .chain(filter.map(|f| format!("({f})")))
        .collect();
    let group: Vec<String> = parts
        .iter()
        .map(|(expr, collation)| match collation.as_str() {
            "" => expr.clone(),
            collation => format!("{expr} COLLATE {collation}"),
        })
        .collect();
    Some(format!(
        "SELECT coalesce(sum(n), 0) FROM (SELECT count(*) AS n FROM {table} WHERE {} GROUP BY {} HAVING count(*) > 1)",
        there.join(" AND "),
        group.join(", ")
    ))
}

/// True of a value that a column of a STRICT table does not take (stricttables, 2): what its affinity makes of the
/// value has another type. A comparison with a number applies the same affinity.
fn misfit(column: &str, ty: &str) -> Option<String> {
    let number = format!("{column} = CAST({column} AS NUMERIC)");
    let fits = match ty.to_ascii_uppercase().as_str() {
        "INT" | "INTEGER" => format!(
            "typeof({column}) = 'integer' OR typeof({column}) = 'real' AND {column} = CAST({column} AS INTEGER) \
             OR typeof({column}) = 'text' AND {number} AND CAST({column} AS NUMERIC) = CAST(CAST({column} AS NUMERIC) AS INTEGER)"
        ),
        "REAL" => format!(
            "typeof({column}) IN ('integer', 'real') OR typeof({column}) = 'text' AND {number}"
        ),
        "TEXT" => format!("typeof({column}) <> 'blob'"),
        "BLOB" => format!("typeof({column}) = 'blob'"),
        _ => return None,
    };
    Some(format!("{column} IS NOT NULL AND NOT ({fits})"))
}

/// A literal, or `coalesce(…, literal)`.
fn never_null(expr: &str) -> bool {
    let literal = |text: &str| is_simple_default(text) && !text.eq_ignore_ascii_case("null");
    let last = expr
        .strip_prefix("coalesce(")
        .and_then(|rest| rest.strip_suffix(')'))
        .and_then(|rest| rest.rsplit_once(", "));
    match last {
        Some((_, last)) => literal(last),
        None => {
            let bare = crate::text::unwrapped(expr);
            // A word may be a column.
            literal(bare) && !bare.starts_with(|c: char| c.is_alphabetic() || "_\"[`".contains(c))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_never_null() {
        assert!(never_null("coalesce(a, 'x')") && never_null("(0)") && never_null("-1"));
        assert!(!never_null("coalesce(a, b + 1)") && !never_null("a") && !never_null("(NULL)"));
    }
}
