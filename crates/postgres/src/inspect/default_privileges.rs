//! Default privileges.

use super::answer::{Read, Sheet};
use super::fragment::{OWN_SCHEMA, privileges};
use super::{Decoder, grant};
use driftless_model::{DefaultPrivileges, Name, Object, Server};
use driftless_planner::Dialect;

pub(super) fn query(_: Server) -> String {
    let default =
        "CASE a.defaclnamespace WHEN 0 THEN acldefault(a.defaclobjtype, a.defaclrole) END";
    format!(
        "SELECT pg_get_userbyid(a.defaclrole) AS role, n.nspname AS schema, a.defaclobjtype AS on, {}
FROM pg_default_acl a LEFT JOIN pg_namespace n ON n.oid = a.defaclnamespace
WHERE a.defaclnamespace = 0 OR {OWN_SCHEMA}",
        privileges("a.defaclacl", default, "a.defaclrole")
    )
}

pub(super) fn decode(d: &mut Decoder, sheet: &Sheet) -> Read<()> {
    for line in sheet.lines() {
        let role = line.text("role")?;
        let schema = line.maybe("schema")?.map(Name::exact).unwrap_or_default();
        let on = match line.letter("on")? {
            'r' => "tables",
            'S' => "sequences",
            'f' => "functions",
            'T' => "types",
            'n' => "schemas",
            _ => {
                d.unmodelled("default privileges", format!("for role {role}"), None);
                continue;
            }
        };
        let id = DefaultPrivileges::id(role, &schema, on);
        let mut object = Object::new(DefaultPrivileges {});
        object.grants = grant::read(d, &line, &id)?;
        // What is all the same as the engine's own says nothing.
        let own = crate::POSTGRES.default_grants(&id, d.catalog.server);
        if object.grants.as_ref().is_some_and(|g| *g != own) {
            d.catalog.objects.insert(id, object);
        }
    }
    Ok(())
}
