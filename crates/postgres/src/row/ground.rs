//! What expressions stand on, per place where one can stand.
//!
//! Neighbours: `canon` does the settling. Invariant: resolving reports what is missing; settling never fails.

use super::naming;
use crate::canon::{self, Ground};
use driftless_model::{Catalog, Extension, Name, ObjectId, SqlText, TypeRef};
use driftless_planner::{Fault, Moment};
use driftless_sql::{From, Ident, Query, Syntax, read_command, read_query};

/// An expression over a relation's row: checks, index keys, policies, generated columns.
pub(super) fn row(relation: &ObjectId) -> Ground<'_> {
    Ground {
        relation: Some(relation),
        ..Ground::default()
    }
}

/// The same, converted to a column's type.
pub(super) fn stored<'a>(relation: &'a ObjectId, ty: &'a TypeRef) -> Ground<'a> {
    Ground {
        relation: Some(relation),
        target: Some(&ty.text),
        ..Ground::default()
    }
}

/// A default: no row, converted to a type.
pub(super) fn default(ty: &TypeRef) -> Ground<'_> {
    Ground {
        target: Some(&ty.text),
        ..Ground::default()
    }
}

/// A domain's check: `VALUE`.
pub(super) fn value(base: &TypeRef) -> Ground<'_> {
    Ground {
        value: Some(base),
        ..Ground::default()
    }
}

/// A trigger's WHEN: `OLD` and `NEW`.
pub(super) fn trigger(relation: &ObjectId) -> Ground<'_> {
    Ground {
        relation: Some(relation),
        row_names: true,
        ..Ground::default()
    }
}

pub(super) fn settle(text: &mut SqlText, ground: &Ground, catalog: &Catalog) {
    // What cannot be resolved stays as it was read: opaque and uncertain.
    let _ = canon::expression(text, ground, catalog);
}

/// Says what is missing, if anything.
pub(super) fn check(text: &SqlText, ground: &Ground, moment: &Moment) -> Result<(), Fault> {
    if is_plain(&text.written) {
        return Ok(());
    }
    canon::expression(&mut text.clone(), ground, &moment.catalog)
}

/// Constants and the commonest calls refer to nothing.
pub(super) fn is_plain(text: &str) -> bool {
    let lower = text.trim().to_ascii_lowercase();
    let known = [
        "now()",
        "current_timestamp",
        "current_date",
        "true",
        "false",
        "null",
    ];
    if known.contains(&lower.as_str()) {
        return true;
    }
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '\'' => quoted = !quoted,
            c if !quoted && (c.is_alphabetic() || matches!(c, '"' | '_' | '$' | ':' | '(')) => {
                return false;
            }
            _ => {}
        }
    }
    !quoted
}

/// Says which relation a command of a rule names that is not there yet.
pub(super) fn check_command(text: &SqlText, moment: &Moment) -> Result<(), Fault> {
    let missing = match read_command(&text.written, Syntax::Postgres) {
        Ok(command) => {
            let target = match &command.target {
                From::Table { name, .. } => unknown(name, &[], moment),
                _ => None,
            };
            target.or_else(|| unread(&command.source, moment))
        }
        Err(_) => read_query(&text.written, Syntax::Postgres)
            .ok()
            .and_then(|query| unread(&query, moment)),
    };
    match missing {
        Some(name) => Err(Fault::missing("table", name)),
        None => Ok(()),
    }
}

/// The relations that a command of a rule names, and whether it writes to them.
pub(super) fn used(text: &SqlText, moment: &Moment) -> Vec<(ObjectId, bool)> {
    let mut out = Vec::new();
    let mut note = |from: &From, written: bool| {
        let From::Table { name, .. } = from else {
            return;
        };
        let name: Vec<Name> = name.iter().map(|i| Name::exact(&i.text)).collect();
        let found = match name.as_slice() {
            [relation] => moment.find(&naming::RELATIONS, &Name::default(), relation),
            [.., schema, relation] => moment.find(&naming::RELATIONS, schema, relation),
            [] => None,
        };
        out.extend(found.map(|id| (id, written)));
    };
    let query = match read_command(&text.written, Syntax::Postgres) {
        Ok(command) => {
            note(&command.target, true);
            Ok(command.source)
        }
        Err(_) => read_query(&text.written, Syntax::Postgres),
    };
    if let Ok(query) = query {
        query.walk_from(&mut |from| note(from, false));
    }
    out
}

/// Says which relation or column a query reads that is not there yet.
pub(super) fn check_query(text: &SqlText, moment: &Moment) -> Result<(), Fault> {
    let Ok(query) = read_query(&text.written, Syntax::Postgres) else {
        return Ok(());
    };
    match unread(&query, moment) {
        Some(name) => Err(Fault::missing("table", name)),
        None => canon::check_query(text, &moment.catalog),
    }
}

/// The first relation of a query that is nowhere.
fn unread(query: &Query, moment: &Moment) -> Option<String> {
    let mut known: Vec<String> = Vec::new();
    let mut note = |q: &Query| known.extend(q.with.iter().map(|c| c.name.text.clone()));
    note(query);
    query.walk_queries(&mut note);
    let mut missing: Option<String> = None;
    query.walk_from(&mut |from| {
        if let From::Table { name, .. } = from
            && missing.is_none()
        {
            missing = unknown(name, &known, moment);
        }
    });
    missing
}

/// The name, where it means no relation; `known` are the queries that stand beside it.
fn unknown(name: &[Ident], known: &[String], moment: &Moment) -> Option<String> {
    let parts: Vec<&str> = name.iter().map(|i| i.text.as_str()).collect();
    let (schema, relation) = match parts.as_slice() {
        [relation] => ("", *relation),
        [.., schema, relation] => (*schema, *relation),
        [] => return None,
    };
    let own = matches!(schema, "pg_catalog" | "information_schema")
        || (schema.is_empty()
            && (relation.starts_with("pg_") || known.iter().any(|k| k == relation)));
    let found = moment.find(
        &naming::RELATIONS,
        &Name::exact(schema),
        &naming::clip(&Name::exact(relation)),
    );
    let nowhere = !own && found.is_none() && !is_of_extension(relation, moment);
    nowhere.then(|| parts.join("."))
}

/// Relations that an installed extension brings are not in the catalog.
fn is_of_extension(relation: &str, moment: &Moment) -> bool {
    const RELATIONS: [(&str, &str); 6] = [
        ("pg_stat_statements", "pg_stat_statements"),
        ("pg_buffercache", "pg_buffercache"),
        ("postgis", "spatial_ref_sys"),
        ("postgis", "geometry_columns"),
        ("postgis", "geography_columns"),
        ("postgis_raster", "raster_columns"),
    ];
    moment
        .catalog
        .of::<Extension>()
        .any(|(id, _)| RELATIONS.contains(&(id.name.as_str(), relation)))
}
