//! Row security policies.

use super::Decoder;
use super::answer::{Read, Sheet};
use super::directory::text;
use super::fragment::{OWN_SCHEMA, comment};
use driftless_model::{Kind, Name, Object, ObjectId, Policy, Server};

pub(super) fn query(_: Server) -> String {
    format!(
        "SELECT p.polrelid AS relation, p.polname AS name, p.polcmd AS command, p.polpermissive AS permissive,
  (SELECT json_agg(CASE r WHEN 0 THEN 'public' ELSE pg_get_userbyid(r) END) FROM unnest(p.polroles) r)::text AS roles,
  pg_get_expr(p.polqual, p.polrelid) AS using, pg_get_expr(p.polwithcheck, p.polrelid) AS check,
  d.description AS comment
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace {}
WHERE {OWN_SCHEMA}",
        comment("pg_policy", "p.oid")
    )
}

pub(super) fn decode(d: &mut Decoder, sheet: &Sheet) -> Read<()> {
    for line in sheet.lines() {
        let Some(table) = d.directory.relation(line.number("relation")?).cloned() else {
            continue;
        };
        let id = ObjectId::owned(Kind::Policy, &table, Name::exact(line.text("name")?));
        let mut roles: Vec<String> = line.list("roles")?;
        roles.sort();
        roles.dedup();
        let mut object = Object::new(Policy {
            table,
            command: match line.letter("command")? {
                'r' => "select",
                'a' => "insert",
                'w' => "update",
                'd' => "delete",
                _ => "all",
            }
            .to_owned(),
            permissive: line.flag("permissive")?,
            roles,
            using: line.maybe("using")?.map(text),
            check: line.maybe("check")?.map(text),
        });
        object.comment = line.owned("comment")?;
        d.catalog.objects.insert(id, object);
    }
    Ok(())
}
