//! Constraints of tables.
//!
//! Invariant: copies that partitions and children inherit are left out: their parent's constraint implies them.

use super::Decoder;
use super::answer::{Line, Read, Sheet};
use super::directory::{Oid, text};
use super::fragment::{OWN_SCHEMA, comment};
use super::index;
use crate::features::{Feature, has};
use crate::row::{lacking, not_null};
use driftless_model::{
    Check, Constraint, ConstraintBody, Copied, Exclude, ExcludeItem, ForeignKey, Key, KeyPart,
    Kind, Name, Object, ObjectId, Server, Table,
};

pub(super) fn query(server: Server) -> String {
    let set_columns = if has(server, Feature::SetNullColumns) {
        "to_json(k.confdelsetcols)::text"
    } else {
        "NULL"
    };
    let since = |feature, column, before| if has(server, feature) { column } else { before };
    let period = since(Feature::TemporalKeys, "k.conperiod", "false");
    let enforced = since(Feature::NotEnforced, "k.conenforced", "true");
    format!(
        "SELECT k.oid, k.conrelid AS relation, k.conname AS name, k.contype AS kind, k.condeferrable AS deferrable, \
         k.condeferred AS deferred, k.convalidated AS validated, k.conislocal AS local, k.connoinherit AS no_inherit, \
         to_json(k.conkey)::text AS columns, k.conindid AS index, k.confrelid AS target, \
         to_json(k.confkey)::text AS target_columns, k.confupdtype AS on_update, k.confdeltype AS on_delete, \
         k.confmatchtype AS match, {set_columns} AS set_columns, {period} AS period, {enforced} AS enforced,
  CASE k.contype WHEN 'c' THEN pg_get_expr(k.conbin, k.conrelid) END AS expr, d.description AS comment,
  CASE k.contype WHEN 'x' THEN (SELECT json_agg(CASE ons.nspname WHEN 'pg_catalog' THEN o.oprname::text \
         ELSE 'OPERATOR(' || quote_ident(ons.nspname) || '.' || o.oprname || ')' END ORDER BY e.n)
    FROM unnest(k.conexclop) WITH ORDINALITY e(operator, n) JOIN pg_operator o ON o.oid = e.operator
    JOIN pg_namespace ons ON ons.oid = o.oprnamespace)::text END AS operators
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace {}
WHERE k.contype IN ('p', 'u', 'c', 'f', 'x', 'n') AND k.conparentid = 0 AND (k.conislocal OR k.coninhcount = 0 OR k.contype = 'n')
  AND c.relkind IN ('r', 'p', 'f') AND {OWN_SCHEMA}",
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
            'n' if !line.flag("local")? => {
                inherited(d, &table, columns, name);
                continue;
            }
            'n' => match columns.into_iter().next() {
                Some(column) => ConstraintBody::NotNull(column),
                None => continue,
            },
            'c' => ConstraintBody::Check(Check {
                expr: text(line.text("expr")?),
                conflict: None,
            }),
            'f' => ConstraintBody::ForeignKey(foreign_key(d, &line, relation, columns)?),
            'x' => ConstraintBody::Exclude(exclude(d, &line, &table)?),
            'p' => ConstraintBody::PrimaryKey(key(d, &line, columns)?),
            _ => ConstraintBody::Unique(key(d, &line, columns)?),
        };
        let inherits = matches!(body, ConstraintBody::Check(_) | ConstraintBody::NotNull(_));
        let mut constraint = Constraint::new(table.clone(), body);
        constraint.deferrable = line.flag("deferrable")?;
        constraint.initially_deferred = line.flag("deferred")?;
        constraint.validated = line.flag("validated")?;
        constraint.enforced = line.flag("enforced")?;
        // Elsewhere the catalog's mark has no meaning (true on a partitioned primary key).
        constraint.no_inherit = inherits && line.flag("no_inherit")?;
        extras(d, &line, &id)?;
        d.directory
            .constraints
            .insert(line.number("oid")?, id.clone());
        if constraint.is_indexed() {
            d.directory
                .index_ids
                .insert(line.number("index")?, id.clone());
        }
        let mut object = Object::new(constraint);
        object.comment = line.owned("comment")?;
        if not_null::goes_without_saying(&id, &object) {
            continue;
        }
        d.catalog.objects.insert(id, object);
    }
    copies(d);
    Ok(())
}

/// What partitions call their copies of the indexes and keys above them.
fn copies(d: &mut Decoder) {
    for (to, table, name) in d.directory.attached.values() {
        let mut top = *to;
        while let Some((above, ..)) = d.directory.attached.get(&top) {
            top = *above;
        }
        let of = d.directory.index_ids.get(&top);
        let pg = d.catalog.item_mut::<Table>(table).and_then(Table::pg_mut);
        if let (Some(of), Some(pg)) = (of, pg) {
            pg.copies.push(Copied {
                of: of.clone(),
                name: name.clone(),
                said: false,
            });
        }
    }
    let parts = d.catalog.of::<Table>();
    let parts = parts.filter(|(_, t)| t.pg().is_some_and(|pg| pg.partition_of.is_some()));
    let parts: Vec<ObjectId> = parts.map(|(id, _)| id.clone()).collect();
    for partition in parts {
        lacking(&partition, &mut d.catalog);
    }
}

/// What the constraint is called behind a NOT NULL that comes from a parent.
fn inherited(d: &mut Decoder, table: &ObjectId, columns: Vec<Name>, name: &str) {
    if let Some(item) = d.catalog.item_mut::<Table>(table) {
        for column in columns {
            if let Some(c) = item.column_mut(&column) {
                c.not_null_as = Some(Name::exact(name));
            }
        }
    }
}

fn names(d: &Decoder, relation: Oid, numbers: Vec<i32>) -> Vec<Name> {
    numbers
        .into_iter()
        .filter_map(|n| d.directory.column(relation, n))
        .collect()
}

/// What the model cannot say of a constraint.
fn extras(d: &mut Decoder, line: &Line, id: &ObjectId) -> Read<()> {
    if let Some(found) = d.directory.indexes.get(&line.number("index")?)
        && line.letter("kind")? != 'f'
        && found.comment.is_some()
    {
        let what = "comment on a constraint's index";
        d.unmodelled(what, id.to_string(), Some(id.clone()));
    }
    Ok(())
}

fn key(d: &mut Decoder, line: &Line, columns: Vec<Name>) -> Read<Key> {
    let mut key = Key {
        columns: columns.into_iter().map(KeyPart::plain).collect(),
        without_overlaps: line.flag("period")?,
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
        period: line.flag("period")?,
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
