//! Extended statistics.

use super::Decoder;
use super::answer::{Read, Sheet};
use super::directory::text;
use super::fragment::{OWN_SCHEMA, comment, member};
use driftless_model::{Kind, Name, Object, ObjectId, Server, Statistics};

pub(super) fn query(_: Server) -> String {
    format!(
        "SELECT n.nspname AS schema, s.stxname AS name, s.stxrelid AS relation, pg_get_userbyid(s.stxowner) AS owner, \
         to_json(s.stxkind)::text AS kinds, s.stxstattarget AS target, to_json(pg_get_statisticsobjdef_expressions(s.oid))::text AS expressions, \
         (SELECT json_agg(quote_ident(a.attname) ORDER BY k.n)::text FROM unnest(s.stxkeys::int2[]) WITH ORDINALITY k(c, n) \
         JOIN pg_attribute a ON a.attrelid = s.stxrelid AND a.attnum = k.c) AS columns, d.description AS comment
FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace {}
WHERE {OWN_SCHEMA} AND NOT {}",
        comment("pg_statistic_ext", "s.oid"),
        member("pg_statistic_ext", "s.oid")
    )
}

pub(super) fn decode(d: &mut Decoder, sheet: &Sheet) -> Read<()> {
    for line in sheet.lines() {
        let Some(table) = d.directory.relation(line.number("relation")?).cloned() else {
            continue;
        };
        let letters: Vec<String> = line.list("kinds")?;
        let kinds = letters.iter().filter_map(|letter| match letter.as_str() {
            "d" => Some("ndistinct"),
            "f" => Some("dependencies"),
            "m" => Some("mcv"),
            // Those of the expressions themselves come with them.
            _ => None,
        });
        let mut keys: Vec<String> = line.list("columns")?;
        keys.extend(line.list::<String>("expressions")?);
        let id = ObjectId::new(
            Kind::Statistics,
            Name::exact(line.text("schema")?),
            Name::exact(line.text("name")?),
        );
        let mut object = Object::new(Statistics {
            table,
            kinds: kinds.map(str::to_owned).collect(),
            keys: keys.iter().map(|k| text(k)).collect(),
            target: line.number_or_null::<i64>("target")?.filter(|n| *n >= 0),
        });
        object.owner = line.owned("owner")?;
        object.comment = line.owned("comment")?;
        d.catalog.objects.insert(id, object);
    }
    Ok(())
}
