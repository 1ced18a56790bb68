//! Schemas and extensions.
//!
//! Invariant: `public` is always there; a schema that an extension made is not listed.

use super::answer::{Read, Sheet};
use super::fragment::{OWN_SCHEMA, comment, member, privileges};
use super::{Decoder, grant};
use driftless_model::{Extension, Kind, Name, Object, ObjectId, Schema, Server};

/// The privileges that initdb gave (`public`) count as the default ones.
pub(super) fn query(_: Server) -> String {
    let default = "coalesce((SELECT i.initprivs FROM pg_init_privs i WHERE i.classoid = 'pg_namespace'::regclass \
                   AND i.objoid = n.oid AND i.objsubid = 0), acldefault('n', n.nspowner))";
    format!(
        "SELECT n.oid, n.nspname AS name, pg_get_userbyid(n.nspowner) AS owner, d.description AS comment, \
         has_schema_privilege(n.oid, 'USAGE') AS usable, current_user AS role, {}
FROM pg_namespace n {}
WHERE {OWN_SCHEMA} AND NOT {}",
        privileges("n.nspacl", default, "n.nspowner"),
        comment("pg_namespace", "n.oid"),
        member("pg_namespace", "n.oid")
    )
}

pub(super) fn decode(d: &mut Decoder, sheet: &Sheet) -> Read<()> {
    let public = schema_id("public");
    for line in sheet.lines() {
        let name = line.text("name")?;
        let id = schema_id(name);
        d.directory.schemas.insert(line.number("oid")?, id.clone());
        let mut object = Object::new(Schema {});
        object.owner = line.owned("owner")?;
        // initdb comments on `public` (manual, 5.9.2): that is no one's declaration.
        object.comment = line
            .owned("comment")?
            .filter(|c| !(name == "public" && c == "standard public schema"));
        object.grants = grant::read(d, &line, &id)?;
        d.catalog.role = line.owned("role")?;
        if !line.flag("usable")? {
            let role = line.text("role")?;
            d.notes.push(format!(
                "the role {role} may not use the schema {name}: its objects are known from the catalog only"
            ));
        }
        d.catalog.objects.insert(id, object);
    }
    if !d.catalog.contains(&public) {
        d.catalog.objects.insert(public, Object::new(Schema {}));
    }
    Ok(())
}

fn schema_id(name: &str) -> ObjectId {
    ObjectId::new(Kind::Schema, Name::default(), Name::exact(name))
}

/// Oids below 16384 were given by initdb (`plpgsql`): a new database holds those.
pub(super) fn extension_query(_: Server) -> String {
    "SELECT e.extname AS name, e.extversion AS version, n.nspname AS schema
FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
WHERE e.oid >= 16384 AND e.extname <> 'plpgsql'"
        .to_owned()
}

pub(super) fn decode_extension(d: &mut Decoder, sheet: &Sheet) -> Read<()> {
    for line in sheet.lines() {
        let id = ObjectId::new(
            Kind::Extension,
            Name::default(),
            Name::exact(line.text("name")?),
        );
        let extension = Extension {
            version: line.owned("version")?,
            schema: Some(Name::exact(line.text("schema")?)),
        };
        d.catalog.objects.insert(id, Object::new(extension));
    }
    Ok(())
}
