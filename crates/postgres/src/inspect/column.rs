//! Columns: of tables, as the output of views, as attributes of composite types.
//!
//! Invariant: they come in the order of their numbers, and every number is known before an index or constraint asks.

use super::answer::{Line, Read, Sheet};
use super::directory::{Oid, text};
use super::fragment::{OWN_SCHEMA, exploded, qualified};
use super::relation::member_name;
use super::{Decoder, grant};
use crate::features::{Feature, has};
use driftless_model::{
    Attribute, Body, Column, Generated, Identity, Kind, Name, ObjectId, Sequence, Server,
};

pub(super) fn query(server: Server) -> String {
    // A partition's is its whole's, with the same sequence.
    let identity = match has(server, Feature::PartitionIdentity) {
        true => "CASE WHEN c.relispartition THEN '' ELSE a.attidentity END",
        false => "a.attidentity",
    };
    format!(
        "SELECT a.attrelid AS relation, a.attnum AS number, a.attname AS name, \
         format_type(a.atttypid, a.atttypmod) AS type, a.atttypid AS type_oid, a.attnotnull AS not_null,
  pg_get_expr(ad.adbin, ad.adrelid) AS expr, a.attgenerated AS generated, {identity} AS identity,
  CASE WHEN a.attcollation <> t.typcollation THEN {} END AS collation,
  CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage END AS storage, a.attcompression AS compression,
  nullif(a.attstattarget, -1) AS statistics, a.attislocal AS local, d.description AS comment,
  to_json(a.attoptions)::text AS options, CASE WHEN a.attfdwoptions IS NOT NULL THEN (SELECT \
         json_agg(json_build_array(o.option_name, o.option_value)) FROM pg_options_to_table(a.attfdwoptions) o)::text END AS told, CASE WHEN a.attacl IS NOT NULL THEN {} END AS acl
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_attrdef ad ON ad.adrelid = a.attrelid AND ad.adnum = a.attnum AND a.atthasdef
  LEFT JOIN pg_collation co ON co.oid = a.attcollation LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace
  LEFT JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = a.attrelid AND d.objsubid = a.attnum
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND {OWN_SCHEMA}
ORDER BY a.attrelid, a.attnum",
        qualified("cn.nspname", "co.collname"),
        exploded("a.attacl", "c.relowner")
    )
}

pub(super) fn decode(d: &mut Decoder, sheet: &Sheet) -> Read<()> {
    for line in sheet.lines() {
        let relation: Oid = line.number("relation")?;
        let name = Name::exact(line.text("name")?);
        d.directory
            .columns
            .entry(relation)
            .or_default()
            .insert(line.number("number")?, name.clone());
        let Some(id) = d.directory.relation(relation).cloned() else {
            continue;
        };
        match id.kind {
            Kind::Table => of_table(d, &line, &id, name)?,
            Kind::Composite => of_composite(d, &line, &id, name)?,
            _ => of_view(d, &line, &id, name)?,
        }
    }
    Ok(())
}

fn of_table(d: &mut Decoder, line: &Line, id: &ObjectId, name: Name) -> Read<()> {
    let mut column = Column {
        ty: d.directory.ty(line.text("type")?, line.number("type_oid")?),
        not_null: line.flag("not_null")?,
        collation: line.owned("collation")?,
        comment: line.owned("comment")?,
        storage: line.maybe("storage")?.and_then(storage),
        compression: compression(line.text("compression")?),
        statistics: line.number_or_null("statistics")?,
        inherited: !line.flag("local")?,
        name,
        ..Column::default()
    };
    let expr = line.maybe("expr")?.map(text);
    match (line.text("generated")?, expr) {
        ("", default) => column.default = default,
        (kind, Some(expr)) => {
            column.generated = Some(Box::new(Generated {
                expr,
                stored: kind == "s",
            }));
        }
        _ => {}
    }
    column.identity = match line.text("identity")? {
        "" => None,
        kind => Some(Box::new(Identity {
            always: kind == "a",
            sequence: Sequence::default(),
        })),
    };
    column.foreign = line.list::<(String, String)>("told")?.into_iter().collect();
    for option in line.list::<String>("options")? {
        if let Some((key, value)) = option.split_once('=') {
            column.attributes.insert(key.to_owned(), value.to_owned());
        }
    }
    if let Some(body) = granted(d, line, id, &column.name)?
        && let Body::Table(table) = body
    {
        table.columns.push(column);
    }
    Ok(())
}

/// The relation's body, once the column's grants stand in its object.
fn granted<'d>(
    d: &'d mut Decoder,
    line: &Line,
    id: &ObjectId,
    name: &Name,
) -> Read<Option<&'d mut Body>> {
    let grants = grant::of_column(line, name)?;
    let Some(object) = d.catalog.objects.get_mut(id) else {
        return Ok(None);
    };
    if !grants.is_empty() {
        let all = object.grants.get_or_insert_with(Vec::new);
        all.extend(grants);
        grant::tidy(all);
    }
    Ok(Some(&mut object.body))
}

fn commented(d: &mut Decoder, line: &Line, id: &ObjectId, name: &Name) -> Read<()> {
    let comment = line.owned("comment")?;
    if let Some(object) = d.catalog.objects.get_mut(id) {
        object.comment_member(name, comment);
    }
    Ok(())
}

fn of_view(d: &mut Decoder, line: &Line, id: &ObjectId, name: Name) -> Read<()> {
    let ty = line.owned("type")?;
    let mut said = Vec::new();
    commented(d, line, id, &name)?;
    if line.maybe("expr")?.is_some() {
        said.push("default of a view's column");
    }
    if line.number_or_null::<i64>("statistics")?.is_some() {
        said.push("statistics target of a view's column");
    }
    if line.maybe("storage")?.is_some() || !compression_is_default(line)? {
        said.push("storage of a view's column");
    }
    if line.maybe("options")?.is_some() {
        said.push("options of a column");
    }
    for what in said {
        d.unmodelled(what, member_name(id, name.as_str()), Some(id.clone()));
    }
    if let Some(Body::View(view)) = granted(d, line, id, &name)? {
        view.output.push((name, ty));
    }
    Ok(())
}

fn of_composite(d: &mut Decoder, line: &Line, id: &ObjectId, name: Name) -> Read<()> {
    commented(d, line, id, &name)?;
    let attribute = Attribute {
        ty: d.directory.ty(line.text("type")?, line.number("type_oid")?),
        collation: line.owned("collation")?,
        name,
    };
    if let Some(Body::Composite(composite)) = d.catalog.objects.get_mut(id).map(|o| &mut o.body) {
        composite.attributes.push(attribute);
    }
    Ok(())
}

fn storage(letter: &str) -> Option<String> {
    let word = match letter {
        "p" => "plain",
        "e" => "external",
        "x" => "extended",
        "m" => "main",
        _ => return None,
    };
    Some(word.to_owned())
}

fn compression(letter: &str) -> Option<String> {
    match letter {
        "p" => Some("pglz".to_owned()),
        "l" => Some("lz4".to_owned()),
        _ => None,
    }
}

fn compression_is_default(line: &Line) -> Read<bool> {
    Ok(compression(line.text("compression")?).is_none())
}
