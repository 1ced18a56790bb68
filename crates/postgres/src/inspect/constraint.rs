//! Constraints of tables.
//!
//! Invariant: copies that partitions and children inherit are left out: their parent's constraint implies them.

use super::Decoder;
use super::answer::{Line, Read, Sheet};
use super::directory::{Oid, text};
use super::fragment::{OWN_SCHEMA, comment};
use super::index;
use crate::features::{Feature, has};
use driftless_model::{
    Check, Constraint, ConstraintBody, Exclude, ExcludeItem, ForeignKey, Key, KeyPart, Kind, Name,
    Object, ObjectId, Server,
};

pub(super) fn query(server: Server) -> String {
    let set_columns = if has(server, Feature::SetNullColumns) {
        "to_json(k.confdelsetcols)::text"
    } else {
        "NULL"
    };
    let (period, enforced) = if has(server, Feature::TemporalKeys) {
        ("k.conperiod", "k.conenforced")
    } else {
        ("false", "true")
    };
    format!(
        "SELECT k.oid, k.conrelid AS relation, k.conname AS name, k.contype AS kind, k.condeferrable AS deferrable, \
         k.condeferred AS deferred, k.convalidated AS validated, k.connoinherit AS no_inherit, \
         to_json(k.conkey)::text AS columns, k.conindid AS index, k.confrelid AS target, \
         to_json(k.confkey)::text AS target_columns, k.confupdtype AS on_update, k.confdeltype AS on_delete, \
         k.confmatchtype AS match, {set_columns} AS set_columns, {period} AS period, {enforced} AS enforced,
  CASE k.contype WHEN 'c' THEN pg_get_expr(k.conbin, k.conrelid) END AS expr, d.description AS comment,
  CASE k.contype WHEN 'x' THEN (SELECT json_agg(CASE ons.nspname WHEN 'pg_catalog' THEN o.oprname::text \
         ELSE 'OPERATOR(' || quote_ident(ons.nspname) || '.' || o.oprname || ')' END ORDER BY e.n)
    FROM unnest(k.conexclop) WITH ORDINALITY e(operator, n) JOIN pg_operator o ON o.oid = e.operator
    JOIN pg_namespace ons ON ons.oid = o.oprnamespace)::text END AS operators
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace {}
WHERE k.contype IN ('p', 'u', 'c', 'f', 'x', 'n') AND k.conparentid = 0 AND (k.conislocal OR k.coninhcount = 0)
  AND c.relkind IN ('r', 'p') AND {OWN_SCHEMA}",
        comment("pg_constraint", "k.oid")
    )
}

pub(super) fn decode(d: &mut Decoder, sheet: &Sheet) -> Read<()> {
    for line in sheet.lines() {
        let relation: Oid = line.number("relation")?;
        let Some(table) = d.directory.relation(relation).cloned() else {
            continue;
        };
        let name = line.text("name")?;
        let id = ObjectId::owned(Kind::Constraint, &table, Name::exact(name));
        let columns = names(d, relation, line.list("columns")?);
        let body = match line.letter("kind")? {
            'n' => {
                not_null(d, &line, &table, &columns)?;
                continue;
            }
            'c' => ConstraintBody::Check(Check {
                expr: text(line.text("expr")?),
                conflict: None,
            }),
            'f' => ConstraintBody::ForeignKey(foreign_key(d, &line, relation, columns)?),
            'x' => ConstraintBody::Exclude(exclude(d, &line, &table)?),
            'p' => ConstraintBody::PrimaryKey(key(d, &line, columns)?),
            _ => ConstraintBody::Unique(key(d, &line, columns)?),
        };
        let is_check = matches!(body, ConstraintBody::Check(_));
        let mut constraint = Constraint::new(table.clone(), body);
        constraint.deferrable = line.flag("deferrable")?;
        constraint.initially_deferred = line.flag("deferred")?;
        constraint.validated = line.flag("validated")?;
        // Elsewhere the catalog's mark has no meaning (true on a partitioned primary key).
        constraint.no_inherit = is_check && line.flag("no_inherit")?;
        extras(d, &line, &id)?;
        d.directory
            .constraints
            .insert(line.number("oid")?, id.clone());
        let mut object = Object::new(constraint);
        object.comment = line.owned("comment")?;
        d.catalog.objects.insert(id, object);
    }
    Ok(())
}

fn names(d: &Decoder, relation: Oid, numbers: Vec<i32>) -> Vec<Name> {
    numbers
        .into_iter()
        .filter_map(|n| d.directory.column(relation, n))
        .collect()
}

/// What the model cannot say of a constraint.
fn extras(d: &mut Decoder, line: &Line, id: &ObjectId) -> Read<()> {
    let mut said = Vec::new();
    if line.flag("period")? {
        said.push("period of a key");
    }
    if !line.flag("enforced")? {
        said.push("not enforced constraint");
    }
    if let Some(found) = d.directory.indexes.get(&line.number("index")?)
        && line.letter("kind")? != 'f'
        && found.comment.is_some()
    {
        said.push("comment on a constraint's index");
    }
    for what in said {
        d.unmodelled(what, id.to_string(), Some(id.clone()));
    }
    Ok(())
}

/// 18 keeps NOT NULL as rows: what they say beyond the column's own mark is named.
fn not_null(d: &mut Decoder, line: &Line, table: &ObjectId, columns: &[Name]) -> Read<()> {
    let name = line.text("name")?;
    let said = match () {
        () if !line.flag("validated")? => Some("not null constraint that is not valid"),
        () if line.flag("no_inherit")? => Some("not null constraint without inheritance"),
        () if line.maybe("comment")?.is_some() => Some("comment on constraint"),
        () => columns
            .first()
            .is_some_and(|c| !is_automatic(name, table.name.as_str(), c.as_str()))
            .then_some("not null constraint"),
    };
    if let Some(what) = said {
        d.unmodelled(what, name, Some(table.clone()));
    }
    Ok(())
}

/// `table_column_not_null`, shortened in turns to 63 bytes, with a number where the name was taken.
fn is_automatic(name: &str, table: &str, column: &str) -> bool {
    let base = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let Some(front) = base.strip_suffix("_not_null") else {
        return false;
    };
    if front == format!("{table}_{column}") {
        return true;
    }
    // Shortened: beginnings of both parts, and as long as a name may be.
    name.len() >= 59
        && front
            .match_indices('_')
            .any(|(i, _)| table.starts_with(&front[..i]) && column.starts_with(&front[i + 1..]))
}

fn key(d: &mut Decoder, line: &Line, columns: Vec<Name>) -> Read<Key> {
    let mut key = Key {
        columns: columns.into_iter().map(KeyPart::plain).collect(),
        ..Key::default()
    };
    if let Some(found) = d.directory.indexes.get(&line.number("index")?) {
        key.include = index::include(d, found);
        key.nulls_not_distinct = found.nulls_not_distinct;
        key.options.clone_from(&found.options);
        key.tablespace.clone_from(&found.tablespace);
    }
    Ok(key)
}

fn foreign_key(d: &Decoder, line: &Line, relation: Oid, columns: Vec<Name>) -> Read<ForeignKey> {
    let target: Oid = line.number("target")?;
    Ok(ForeignKey {
        columns,
        target: d
            .directory
            .known(target)
            .cloned()
            .ok_or_else(|| line.wrong("target", "is no table that was listed"))?,
        target_columns: names(d, target, line.list("target_columns")?),
        on_delete: action(line.letter("on_delete")?).to_owned(),
        on_update: action(line.letter("on_update")?).to_owned(),
        match_kind: match line.letter("match")? {
            'f' => "full",
            'p' => "partial",
            _ => "simple",
        }
        .to_owned(),
        set_columns: names(d, relation, line.list("set_columns")?),
    })
}

fn action(letter: char) -> &'static str {
    match letter {
        'r' => "restrict",
        'c' => "cascade",
        'n' => "set null",
        'd' => "set default",
        _ => "no action",
    }
}

fn exclude(d: &mut Decoder, line: &Line, table: &ObjectId) -> Read<Exclude> {
    let oid: Oid = line.number("index")?;
    let found = d
        .directory
        .indexes
        .get(&oid)
        .ok_or_else(|| line.wrong("index", "is no index that was listed"))?;
    let operators: Vec<String> = line.list("operators")?;
    let keys = index::keys(d, oid, found);
    if keys.len() != operators.len() {
        return Err(line.wrong("operators", "does not fit the index"));
    }
    let exclude = Exclude {
        method: found.method.clone(),
        items: keys
            .into_iter()
            .zip(operators)
            .map(|(key, operator)| ExcludeItem { key, operator })
            .collect(),
        include: index::include(d, found),
        filter: found.filter.clone(),
        options: found.options.clone(),
    };
    if let Some(tablespace) = found.tablespace.clone() {
        d.unmodelled(
            "tablespace of an exclusion",
            tablespace,
            Some(table.clone()),
        );
    }
    Ok(exclude)
}
