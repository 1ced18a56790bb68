//! Constraints as SQL text.

use crate::print::{bare, bracketed, name, names, options, qualified, timing};
use crate::row::index::key_text;
use driftless_model::{Constraint, ConstraintBody, ForeignKey, Key, ObjectId};
use driftless_planner::ConstraintClause;

fn key(word: &str, k: &Key) -> String {
    let nulls = if k.nulls_not_distinct {
        " NULLS NOT DISTINCT"
    } else {
        ""
    };
    let columns: Vec<String> = k.columns.iter().map(|c| name(&c.column)).collect();
    let mut out = format!("{word}{nulls} ({})", columns.join(", "));
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

fn foreign_key(f: &ForeignKey) -> String {
    let mut out = format!(
        "FOREIGN KEY ({}) REFERENCES {} ({})",
        names(&f.columns),
        qualified(&f.target),
        names(&f.target_columns)
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
    };
    let inherit = if item.no_inherit && matches!(item.body, ConstraintBody::Check(_)) {
        " NO INHERIT"
    } else {
        ""
    };
    let valid = if item.validated { "" } else { " NOT VALID" };
    format!(
        "CONSTRAINT {} {body}{inherit}{}{valid}",
        name(&id.name),
        timing(item.deferrable, item.initially_deferred)
    )
}

pub(super) fn clause(id: &ObjectId, clause: &ConstraintClause) -> String {
    match clause {
        ConstraintClause::Enforced(on) => {
            let not = if *on { "" } else { "NOT " };
            format!("ALTER CONSTRAINT {} {not}ENFORCED", name(&id.name))
        }
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
            format!("ALTER CONSTRAINT {}{to}", name(&id.name))
        }
    }
}
