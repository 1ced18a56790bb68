//! Constraints as SQL text.

use super::not_null;
use crate::print::{bare, bracketed, name, names, options, qualified, timing};
use crate::row::index::key_text;
use driftless_model::{Constraint, ConstraintBody, ForeignKey, Key, Name, ObjectId};
use driftless_planner::ConstraintClause;

fn key(word: &str, k: &Key) -> String {
    let nulls = if k.nulls_not_distinct {
        " NULLS NOT DISTINCT"
    } else {
        ""
    };
    let columns: Vec<String> = k.columns.iter().map(|c| name(&c.column)).collect();
    let period = if k.without_overlaps {
        " WITHOUT OVERLAPS"
    } else {
        ""
    };
    let mut out = format!("{word}{nulls} ({}{period})", columns.join(", "));
    if !k.include.is_empty() {
        out.push_str(&format!(" INCLUDE ({})", names(&k.include)));
    }
    if !k.options.is_empty() {
        out.push_str(&format!(" WITH ({})", options(&k.options)));
    }
    if let Some(space) = &k.tablespace {
        out.push_str(&format!(" USING INDEX TABLESPACE {}", bare(space)));
    }
    out
}

/// The columns of one side of a foreign key; the last may be a period.
fn covered(columns: &[Name], period: bool) -> String {
    let mut out: Vec<String> = columns.iter().map(name).collect();
    if let Some(last) = out.last_mut().filter(|_| period) {
        last.insert_str(0, "PERIOD ");
    }
    out.join(", ")
}

fn foreign_key(f: &ForeignKey) -> String {
    let mut out = format!(
        "FOREIGN KEY ({}) REFERENCES {} ({})",
        covered(&f.columns, f.period),
        qualified(&f.target),
        covered(&f.target_columns, f.period)
    );
    if f.match_kind == "full" {
        out.push_str(" MATCH FULL");
    }
    if f.on_update != "no action" && !f.on_update.is_empty() {
        out.push_str(&format!(" ON UPDATE {}", f.on_update.to_ascii_uppercase()));
    }
    if f.on_delete != "no action" && !f.on_delete.is_empty() {
        out.push_str(&format!(" ON DELETE {}", f.on_delete.to_ascii_uppercase()));
        if !f.set_columns.is_empty() {
            out.push_str(&format!(" ({})", names(&f.set_columns)));
        }
    }
    out
}

/// `CONSTRAINT name …`, as it stands in CREATE TABLE and behind ADD.
pub(super) fn definition(id: &ObjectId, item: &Constraint) -> String {
    let body = match &item.body {
        ConstraintBody::PrimaryKey(k) => key("PRIMARY KEY", k),
        ConstraintBody::Unique(k) => key("UNIQUE", k),
        ConstraintBody::Check(c) => format!("CHECK {}", bracketed(&c.expr)),
        ConstraintBody::ForeignKey(f) => foreign_key(f),
        ConstraintBody::Exclude(e) => {
            let items: Vec<String> = e
                .items
                .iter()
                .map(|i| format!("{} WITH {}", key_text(&i.key), i.operator))
                .collect();
            let mut out = format!("EXCLUDE USING {} ({})", bare(&e.method), items.join(", "));
            if !e.include.is_empty() {
                out.push_str(&format!(" INCLUDE ({})", names(&e.include)));
            }
            if !e.options.is_empty() {
                out.push_str(&format!(" WITH ({})", options(&e.options)));
            }
            if let Some(filter) = &e.filter {
                out.push_str(&format!(" WHERE {}", bracketed(filter)));
            }
            out
        }
        ConstraintBody::NotNull(column) => not_null::definition(column),
    };
    let inherits = matches!(
        item.body,
        ConstraintBody::Check(_) | ConstraintBody::NotNull(_)
    );
    let inherit = if item.no_inherit && inherits {
        " NO INHERIT"
    } else {
        ""
    };
    // What is not enforced is not valid either, and need not say so.
    let valid = match (item.enforced, item.validated) {
        (false, _) => " NOT ENFORCED",
        (true, false) => " NOT VALID",
        (true, true) => "",
    };
    format!(
        "CONSTRAINT {} {body}{inherit}{}{valid}",
        name(&id.name),
        timing(item.deferrable, item.initially_deferred)
    )
}

/// `ALTER CONSTRAINT name`
pub(super) fn altered(id: &ObjectId) -> String {
    format!("ALTER CONSTRAINT {}", name(&id.name))
}

pub(super) fn clause(id: &ObjectId, clause: &ConstraintClause) -> String {
    match clause {
        ConstraintClause::Enforced(on) => {
            let not = if *on { "" } else { "NOT " };
            format!("{} {not}ENFORCED", altered(id))
        }
        ConstraintClause::Inherit(on) => not_null::inherit_text(id, *on),
        ConstraintClause::Validate => format!("VALIDATE CONSTRAINT {}", name(&id.name)),
        ConstraintClause::Timing {
            deferrable,
            initially_deferred,
        } => {
            let to = match timing(*deferrable, *initially_deferred) {
                "" => " NOT DEFERRABLE",
                " DEFERRABLE" => " DEFERRABLE INITIALLY IMMEDIATE",
                other => other,
            };
            format!("{}{to}", altered(id))
        }
    }
}
