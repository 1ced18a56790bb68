//! What sequences count, and whose they are.
//!
//! Invariant: the sequence of an identity column lives inside that column and is no object.

use super::Decoder;
use super::answer::{Line, Read, Sheet};
use super::directory::Oid;
use super::fragment::OWN_SCHEMA;
use super::relation::member_name;
use driftless_model::{Name, ObjectId, Sequence, Server, Table};

pub(super) fn query(_: Server) -> String {
    format!(
        "SELECT s.seqrelid AS oid, format_type(s.seqtypid, -1) AS type, s.seqstart AS start, s.seqincrement AS increment, \
         s.seqmin AS min, s.seqmax AS max, s.seqcache AS cache, s.seqcycle AS cycle, x.deptype AS link, \
         x.refobjid AS owner, x.refobjsubid AS owner_column
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_depend x ON x.classid = 'pg_class'::regclass AND x.objid = s.seqrelid AND x.objsubid = 0
    AND x.refclassid = 'pg_class'::regclass AND x.refobjsubid > 0 AND x.deptype IN ('a', 'i')
WHERE {OWN_SCHEMA}"
    )
}

pub(super) fn decode(d: &mut Decoder, sheet: &Sheet) -> Read<()> {
    for line in sheet.lines() {
        let Some(id) = d.directory.relation(line.number("oid")?).cloned() else {
            continue;
        };
        let Some(mut sequence) = d.catalog.item::<Sequence>(&id).cloned() else {
            continue;
        };
        fill(&mut sequence, &line)?;
        let owner = match line.number_or_null::<Oid>("owner")? {
            Some(owner) => d
                .directory
                .known(owner)
                .cloned()
                .zip(d.directory.column(owner, line.number("owner_column")?)),
            None => None,
        };
        match (line.maybe("link")?, owner) {
            (Some("i"), Some((table, column))) => {
                identity(d, &id, sequence, &table, &column);
            }
            (_, owner) => {
                sequence.owned_by = owner.map(|(table, column)| table.member(&column));
                if let Some(item) = d.catalog.item_mut::<Sequence>(&id) {
                    *item = sequence;
                }
            }
        }
    }
    Ok(())
}

fn fill(sequence: &mut Sequence, line: &Line) -> Read<()> {
    sequence.ty = line.text("type")?.to_owned();
    sequence.start = Some(line.number("start")?);
    sequence.increment = Some(line.number("increment")?);
    sequence.min = Some(line.number("min")?);
    sequence.max = Some(line.number("max")?);
    sequence.cache = Some(line.number("cache")?);
    sequence.cycle = line.flag("cycle")?;
    Ok(())
}

/// Moves the sequence into its column; what the column cannot say of it is named.
fn identity(
    d: &mut Decoder,
    id: &ObjectId,
    mut sequence: Sequence,
    table: &ObjectId,
    column: &Name,
) {
    let object = d.catalog.objects.remove(id);
    let unlogged = std::mem::take(&mut sequence.unlogged);
    let Some(item) = d.catalog.item_mut::<Table>(table) else {
        return;
    };
    let table_unlogged = item.pg().is_some_and(|pg| pg.unlogged);
    if let Some(identity) = item.column_mut(column).and_then(|c| c.identity.as_mut()) {
        identity.sequence = sequence;
    }
    let told = member_name(table, column.as_str());
    let automatic = format!("{}_{}_seq", table.name, column);
    if automatic.len() <= 63 && (id.name.as_str() != automatic || id.schema != table.schema) {
        d.unmodelled(
            "name of an identity's sequence",
            id.to_string(),
            Some(table.clone()),
        );
    }
    if unlogged && !table_unlogged {
        d.unmodelled(
            "persistence of an identity's sequence",
            told.clone(),
            Some(table.clone()),
        );
    }
    if let Some(object) = object {
        if object.comment.is_some() {
            d.unmodelled(
                "comment on an identity's sequence",
                told.clone(),
                Some(table.clone()),
            );
        }
        if object.grants.is_some() {
            d.unmodelled(
                "grants on an identity's sequence",
                told,
                Some(table.clone()),
            );
        }
    }
}
