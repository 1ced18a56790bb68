//! The names of the columns that a query gives.

use super::columns_of;
use driftless_model::{Catalog, Kind, Name};
use driftless_sql::{From, Ident, Query, Select, SetExpr, Tree, tree_text};

/// Empty where a star stands for something unknown.
pub fn output(query: &Query, catalog: &Catalog) -> Vec<Name> {
    of_query(query, catalog, &[]).unwrap_or_default()
}

type With = Vec<(String, Option<Vec<Name>>)>;

fn of_query(
    query: &Query,
    catalog: &Catalog,
    outer: &[(String, Option<Vec<Name>>)],
) -> Option<Vec<Name>> {
    let mut with: With = outer.to_vec();
    for cte in &query.with {
        let columns = if cte.columns.is_empty() {
            of_query(&cte.query, catalog, &with)
        } else {
            Some(
                cte.columns
                    .iter()
                    .map(|c| Name::folded(c.text.clone()))
                    .collect(),
            )
        };
        with.push((cte.name.text.to_ascii_lowercase(), columns));
    }
    of_set(&query.body, catalog, &with)
}

fn of_set(body: &SetExpr, catalog: &Catalog, with: &With) -> Option<Vec<Name>> {
    match body {
        SetExpr::Select(select) => of_select(select, catalog, with),
        SetExpr::Set(_, left, _) => of_set(left, catalog, with),
        SetExpr::Values(rows) => Some(
            (1..=rows.first()?.len())
                .map(|n| Name::folded(format!("column{n}")))
                .collect(),
        ),
        SetExpr::Query(query) => of_query(query, catalog, with),
    }
}

fn of_select(select: &Select, catalog: &Catalog, with: &With) -> Option<Vec<Name>> {
    let mut out = Vec::new();
    for item in &select.items {
        match (&item.alias, &item.expr) {
            (Some(alias), _) => out.push(Name::folded(alias.text.clone())),
            (None, Tree::Column(path)) => out.push(Name::folded(path.last()?.text.clone())),
            (None, Tree::Star(path)) => {
                for from in &select.from {
                    of_from(from, path.last(), catalog, with, &mut out)?;
                }
            }
            (None, other) => out.push(Name::folded(tree_text(other))),
        }
    }
    Some(out)
}

/// Adds the columns of a FROM item, or of the one in it that the qualifier means.
fn of_from(
    from: &From,
    only: Option<&Ident>,
    catalog: &Catalog,
    with: &With,
    out: &mut Vec<Name>,
) -> Option<()> {
    let meant = |name: &str| only.is_none_or(|o| o.text.eq_ignore_ascii_case(name));
    match from {
        From::Table { name, alias, .. } => {
            let last = &name.last()?.text;
            if !meant(alias.as_ref().map_or(last, |a| &a.name.text)) {
                return Some(());
            }
            if let Some((_, columns)) = with
                .iter()
                .rev()
                .find(|(n, _)| n.eq_ignore_ascii_case(last))
            {
                out.extend(columns.clone()?);
                return Some(());
            }
            let kinds = [Kind::Table, Kind::View];
            let id = catalog.find(&kinds, &Name::default(), &Name::folded(last.clone()))?;
            out.extend(columns_of(catalog, &id)?);
        }
        From::Query { query, alias, .. } => {
            if alias.as_ref().is_none_or(|a| meant(&a.name.text)) {
                out.extend(of_query(query, catalog, with)?);
            }
        }
        From::Call { .. } => return None,
        From::Join {
            left,
            right,
            kind,
            using,
            ..
        } => {
            of_from(left, only, catalog, with, out)?;
            let mut more = Vec::new();
            of_from(right, only, catalog, with, &mut more)?;
            let natural = kind.starts_with("natural");
            more.retain(|n| {
                !(using.iter().any(|u| n.key() == u.text.to_ascii_lowercase())
                    || natural && out.contains(n))
            });
            out.extend(more);
        }
    }
    Some(())
}
