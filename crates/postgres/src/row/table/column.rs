//! Columns as SQL text.

use crate::print::{self, bracketed, expression, literal, name};
use crate::row::sequence;
use driftless_model::{Column, Identity, Name};
use driftless_planner::ColumnClause;

/// `name type …`, as it stands in CREATE TABLE and behind ADD COLUMN; a partition's column has no type of its own.
pub(super) fn definition(column: &Column) -> String {
    let mut out = name(&column.name);
    if !column.ty.text.is_empty() {
        out.push_str(&format!(" {}", column.ty.text));
    }
    out.push_str(&crate::definition::told(&column.foreign));
    if let Some(compression) = &column.compression {
        out.push_str(&format!(" COMPRESSION {compression}"));
    }
    if let Some(collation) = &column.collation {
        out.push_str(&format!(" COLLATE {collation}"));
    }
    if let Some(default) = &column.default {
        out.push_str(&format!(" DEFAULT {}", print::default(default)));
    }
    if let Some(generated) = &column.generated {
        let stored = if generated.stored {
            "STORED"
        } else {
            "VIRTUAL"
        };
        out.push_str(&format!(
            " GENERATED ALWAYS AS {} {stored}",
            bracketed(&generated.expr)
        ));
    }
    if let Some(identity) = &column.identity {
        let options = sequence::options(&identity.sequence, Some(&column.ty.text));
        out.push_str(&format!(" GENERATED {} AS IDENTITY", when(identity)));
        if !options.is_empty() {
            out.push_str(&format!(" ({})", options.join(" ")));
        }
    }
    if column.not_null && !is_implied(column) {
        out.push_str(" NOT NULL");
    }
    out
}

/// Serials and identities are not null by themselves.
fn is_implied(column: &Column) -> bool {
    column.identity.is_some()
        || sequence::SERIALS
            .iter()
            .any(|(word, _)| column.ty.text == *word)
}

fn when(identity: &Identity) -> &'static str {
    if identity.always {
        "ALWAYS"
    } else {
        "BY DEFAULT"
    }
}

/// The mark of an identity that is there already: SET … is printed, not ADD.
pub(super) fn is_standing(identity: &Identity) -> bool {
    identity.sequence.owned_by.is_some()
}

pub(super) fn clause_text(column: &Name, clause: &ColumnClause) -> Vec<String> {
    let what = match clause {
        ColumnClause::Type {
            ty,
            collation,
            using,
        } => {
            let mut out = format!("TYPE {}", ty.text);
            if let Some(collation) = collation {
                out.push_str(&format!(" COLLATE {collation}"));
            }
            if let Some(using) = using {
                out.push_str(&format!(" USING {}", expression(using)));
            }
            out
        }
        ColumnClause::Default(Some(text)) => format!("SET DEFAULT {}", expression(text)),
        ColumnClause::Default(None) => "DROP DEFAULT".into(),
        ColumnClause::NotNull(true) => "SET NOT NULL".into(),
        ColumnClause::NotNull(false) => "DROP NOT NULL".into(),
        ColumnClause::Identity(Some(identity)) if is_standing(identity) => {
            let options = sequence::all_options(&identity.sequence, false);
            let mut out = format!("SET GENERATED {}", when(identity));
            for option in options {
                out.push_str(&format!(" SET {option}"));
            }
            out
        }
        ColumnClause::Identity(Some(identity)) => {
            let ty = (!identity.sequence.ty.is_empty()).then_some(identity.sequence.ty.as_str());
            let options = sequence::options(&identity.sequence, ty);
            let brackets = if options.is_empty() {
                String::new()
            } else {
                format!(" ({})", options.join(" "))
            };
            format!("ADD GENERATED {} AS IDENTITY{brackets}", when(identity))
        }
        ColumnClause::Identity(None) => "DROP IDENTITY".into(),
        ColumnClause::Expression(Some(g)) => format!("SET EXPRESSION AS {}", bracketed(&g.expr)),
        ColumnClause::Expression(None) => "DROP EXPRESSION".into(),
        ColumnClause::Storage(s) => {
            let word = s
                .as_deref()
                .map_or("DEFAULT".into(), str::to_ascii_uppercase);
            format!("SET STORAGE {word}")
        }
        ColumnClause::Compression(c) => {
            format!("SET COMPRESSION {}", c.as_deref().unwrap_or("default"))
        }
        ColumnClause::Statistics(n) => format!("SET STATISTICS {}", n.unwrap_or(-1)),
        ColumnClause::Foreign(edits) => crate::definition::options(edits),
        ColumnClause::Options(changes) => {
            return changes
                .iter()
                .map(|(k, v)| match v {
                    Some(v) => format!("ALTER COLUMN {} SET ({k} = {})", name(column), value(v)),
                    None => format!("ALTER COLUMN {} RESET ({k})", name(column)),
                })
                .collect();
        }
    };
    vec![format!("ALTER COLUMN {} {what}", name(column))]
}

fn value(text: &str) -> String {
    if text.parse::<f64>().is_ok() {
        text.to_owned()
    } else {
        literal(text)
    }
}
