//! Indexes, also those behind constraints.
//!
//! Neighbours: `constraint` takes keys, options and operator classes of its index from here. Invariant: keys that are
//! plain columns with everything by default are not asked for one by one: only the special ones are.

use super::Decoder;
use super::answer::{Line, Read, Sheet};
use super::directory::{Oid, text};
use super::fragment::{OWN_SCHEMA, comment, qualified};
use super::relation::options;
use crate::features::{Feature, has};
use driftless_model::{
    Index, IndexKey, KeyExpr, Kind, Name, Object, ObjectId, Options, Server, SqlText,
};
use driftless_sql::{Syntax, is_bare, quote_text};

/// A key that is an expression, or that says more than its column.
#[derive(Debug)]
pub(super) struct SpecialKey {
    number: usize,
    expr: Option<String>,
    collation: Option<String>,
    opclass: Option<String>,
    descending: bool,
    nulls_first: bool,
    statistics: Option<i64>,
}

/// An index as the catalog has it.
#[derive(Debug)]
pub(super) struct Found {
    pub relation: Oid,
    pub unique: bool,
    pub method: String,
    numbers: Vec<i32>,
    key_count: usize,
    pub filter: Option<SqlText>,
    pub nulls_not_distinct: bool,
    pub options: Options,
    pub tablespace: Option<String>,
    /// The whole definition, where an expression is in it.
    whole: Option<String>,
    pub comment: Option<String>,
}

/// An operator class is left out where it is the default of its key's very type, or a default at all and no other
/// fits that type better (`GetDefaultOpClass`).
pub(super) fn key_query(_: Server) -> String {
    let better = "(oc.opcmethod, ta.atttypid) IN (SELECT o.opcmethod, o.opcintype FROM pg_opclass o WHERE o.opcdefault)";
    let opclass = format!("(NOT oc.opcdefault OR oc.opcintype <> ta.atttypid AND {better})");
    let collation = "i.indcollation[s.n - 1] <> coalesce(ta.attcollation, 0)";
    format!(
        "SELECT i.indexrelid AS index, s.n AS number,
  CASE WHEN i.indkey[s.n - 1] = 0 THEN pg_get_indexdef(i.indexrelid, s.n::int, false) END AS expr,
  CASE WHEN {collation} THEN {} END AS collation, CASE WHEN {opclass} THEN {} END AS opclass,
  {} AS any_opclass, to_json(ia.attoptions)::text AS options, i.indoption[s.n - 1] AS flags,
  nullif(ia.attstattarget, -1) AS statistics
FROM pg_index i JOIN pg_class r ON r.oid = i.indrelid JOIN pg_namespace n ON n.oid = r.relnamespace
  CROSS JOIN LATERAL unnest(i.indclass) WITH ORDINALITY s(opclass, n)
  JOIN pg_attribute ia ON ia.attrelid = i.indexrelid AND ia.attnum = s.n
  JOIN pg_opclass oc ON oc.oid = s.opclass JOIN pg_namespace ocn ON ocn.oid = oc.opcnamespace
  LEFT JOIN pg_attribute ta ON ta.attrelid = i.indrelid AND ta.attnum = i.indkey[s.n - 1] AND ta.attnum > 0
  LEFT JOIN pg_collation co ON co.oid = i.indcollation[s.n - 1] LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace
WHERE {OWN_SCHEMA} AND (i.indkey[s.n - 1] = 0 OR {collation} OR {opclass} OR ia.attoptions IS NOT NULL
  OR i.indoption[s.n - 1] <> 0 OR nullif(ia.attstattarget, -1) IS NOT NULL)
ORDER BY i.indexrelid, s.n",
        qualified("cn.nspname", "co.collname"),
        qualified("ocn.nspname", "oc.opcname"),
        qualified("ocn.nspname", "oc.opcname")
    )
}

pub(super) fn decode_key(d: &mut Decoder, sheet: &Sheet) -> Read<()> {
    for line in sheet.lines() {
        let flags: u8 = line.number("flags")?;
        let parameters: Vec<String> = line.list("options")?;
        let mut opclass = line.owned("opclass")?;
        if !parameters.is_empty() {
            let class = opclass.map_or_else(|| line.text("any_opclass").map(str::to_owned), Ok)?;
            let told: Vec<String> = parameters.iter().map(|p| parameter(p)).collect();
            opclass = Some(format!("{class}({})", told.join(", ")));
        }
        let key = SpecialKey {
            number: line.number("number")?,
            expr: line.owned("expr")?,
            collation: line.owned("collation")?,
            opclass,
            descending: flags & 1 != 0,
            nulls_first: flags & 2 != 0,
            statistics: line.number_or_null("statistics")?,
        };
        d.directory
            .keys
            .entry(line.number("index")?)
            .or_default()
            .push(key);
    }
    Ok(())
}

/// `siglen='32'`, as the server prints it.
fn parameter(option: &str) -> String {
    match option.split_once('=') {
        Some((key, value)) if !is_bare(value, Syntax::Postgres) => {
            format!("{key}={}", quote_text(value, Syntax::Postgres))
        }
        _ => option.to_owned(),
    }
}

pub(super) fn query(server: Server) -> String {
    let nulls = if has(server, Feature::NullsNotDistinct) {
        "i.indnullsnotdistinct"
    } else {
        "false"
    };
    format!(
        "SELECT i.indexrelid AS oid, i.indrelid AS relation, n.nspname AS schema, c.relname AS name, \
         i.indisunique AS unique, am.amname AS method, to_json(i.indkey::int2[])::text AS numbers, \
         i.indnkeyatts AS key_count, pg_get_expr(i.indpred, i.indrelid) AS filter, {nulls} AS nulls_not_distinct, \
         to_json(c.reloptions)::text AS options, ts.spcname AS tablespace, \
         i.indisvalid OR c.relkind = 'I' AS valid, \
         d.description AS comment,
  CASE WHEN i.indexprs IS NOT NULL THEN pg_get_indexdef(i.indexrelid) END AS whole, k.oid IS NOT NULL AS of_constraint,
  CASE WHEN c.relispartition THEN (SELECT inhparent FROM pg_inherits WHERE inhrelid = c.oid) END AS attached
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class r ON r.oid = i.indrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_am am ON am.oid = c.relam
  LEFT JOIN pg_tablespace ts ON ts.oid = c.reltablespace
  LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x') {}
WHERE r.relkind IN ('r', 'p', 'm') AND {OWN_SCHEMA}",
        comment("pg_class", "c.oid")
    )
}

pub(super) fn decode(d: &mut Decoder, sheet: &Sheet) -> Read<()> {
    for line in sheet.lines() {
        let found = found(&line)?;
        let Some(table) = d.directory.relation(found.relation).cloned() else {
            continue;
        };
        let oid: Oid = line.number("oid")?;
        let attached: Option<Oid> = line.number_or_null("attached")?;
        if let Some(to) = attached {
            let name = Name::exact(line.text("name")?);
            d.directory.attached.insert(oid, (to, table.clone(), name));
        }
        if line.flag("of_constraint")? {
            d.directory.indexes.insert(oid, found);
            continue;
        }
        let id = ObjectId::new(
            Kind::Index,
            Name::exact(line.text("schema")?),
            Name::exact(line.text("name")?),
        );
        if attached.is_some() {
            // The parent's index implies it.
            if found.comment.is_some() {
                d.unmodelled(
                    "comment on a partition's index",
                    id.to_string(),
                    Some(table),
                );
            }
            continue;
        }
        let index = build(d, oid, &found, table, line.flag("valid")?);
        let mut object = Object::new(index);
        object.comment = found.comment.clone();
        d.directory.indexes.insert(oid, found);
        d.directory.index_ids.insert(oid, id.clone());
        d.catalog.objects.insert(id, object);
    }
    Ok(())
}

fn found(line: &Line) -> Read<Found> {
    Ok(Found {
        relation: line.number("relation")?,
        unique: line.flag("unique")?,
        method: line.text("method")?.to_owned(),
        numbers: line.list("numbers")?,
        key_count: line.number("key_count")?,
        filter: line.maybe("filter")?.map(text),
        nulls_not_distinct: line.flag("nulls_not_distinct")?,
        options: options(line, "options")?,
        tablespace: line.owned("tablespace")?,
        whole: line.owned("whole")?,
        comment: line.owned("comment")?,
    })
}

fn build(d: &Decoder, oid: Oid, found: &Found, table: ObjectId, valid: bool) -> Index {
    Index {
        table,
        unique: found.unique,
        method: found.method.clone(),
        keys: keys(d, oid, found),
        include: include(d, found),
        filter: found.filter.clone(),
        nulls_not_distinct: found.nulls_not_distinct,
        options: found.options.clone(),
        tablespace: found.tablespace.clone(),
        valid,
    }
}

/// The keys in order.
pub(super) fn keys(d: &Decoder, oid: Oid, found: &Found) -> Vec<IndexKey> {
    let special = d.directory.keys.get(&oid).map_or(&[][..], Vec::as_slice);
    let mut at = 0;
    found
        .numbers
        .iter()
        .take(found.key_count)
        .enumerate()
        .filter_map(|(i, number)| {
            let said = special.iter().find(|k| k.number == i + 1);
            let mut key = match said.and_then(|k| k.expr.as_deref()) {
                Some(expr) => IndexKey {
                    expr: KeyExpr::Expr(text(unbracketed(expr))),
                    collation: said
                        .and_then(|k| k.collation.clone())
                        .filter(|c| has_collation(found.whole.as_deref(), expr, c, &mut at)),
                    ..IndexKey::column(Name::default())
                },
                None => IndexKey {
                    collation: said.and_then(|k| k.collation.clone()),
                    ..IndexKey::column(d.directory.column(found.relation, *number)?)
                },
            };
            if let Some(said) = said {
                key.opclass.clone_from(&said.opclass);
                key.descending = said.descending;
                key.nulls_first = said.nulls_first;
                key.statistics = said.statistics;
            }
            Some(key)
        })
        .collect()
}

/// The columns that are only carried along.
pub(super) fn include(d: &Decoder, found: &Found) -> Vec<Name> {
    found
        .numbers
        .iter()
        .skip(found.key_count)
        .filter_map(|number| d.directory.column(found.relation, *number))
        .collect()
}

/// An expression that is no call stands in one more pair of brackets.
fn unbracketed(expr: &str) -> &str {
    expr.strip_prefix('(')
        .and_then(|e| e.strip_suffix(')'))
        .unwrap_or(expr)
}

/// Whether the definition says COLLATE behind the key: only the server knows an expression's own collation.
fn has_collation(whole: Option<&str>, expr: &str, collation: &str, at: &mut usize) -> bool {
    let Some(whole) = whole else {
        return false;
    };
    let Some(found) = whole.get(*at..).and_then(|rest| rest.find(expr)) else {
        return false;
    };
    *at += found + expr.len();
    whole
        .get(*at..)
        .is_some_and(|rest| rest.starts_with(&format!(" COLLATE {collation}")))
}
