//! Everything that the catalog holds and the model does not: named, so that nothing is skipped in silence.
//!
//! Neighbours: parts that meet an attribute which their own struct cannot say name it themselves. Invariant: only
//! columns that any role may read are touched (no user mapping's options, no subscription's connection).

use super::Decoder;
use super::answer::{Read, Sheet};
use super::directory::Oid;
use super::fragment::{OWN_SCHEMA, member, told};
use driftless_model::{ObjectId, Server};

/// Rows of (what, name, class, oid); the last two say which object it sits on.
pub(super) fn query(_: Server) -> String {
    let all = [
        aggregates(),
        on_relations(),
        triggers(),
        database(),
        links(),
        super::definition::secrets(),
        domain_constraints(),
    ];
    format!(
        "SELECT u.what, u.name, u.class, u.oid FROM (\n{}\n) u (what, name, class, oid)",
        all.join("\nUNION ALL ")
    )
}

fn aggregates() -> String {
    format!(
        "SELECT 'aggregate', {} || '(' || pg_get_function_identity_arguments(p.oid) || ')', NULL, NULL::oid
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_aggregate a ON a.aggfnoid = p.oid \
         WHERE a.aggkind <> 'n' AND {OWN_SCHEMA} AND NOT {}",
        told("n.nspname", "p.proname"),
        member("pg_proc", "p.oid")
    )
}

/// Clustering on what is no object of its own or not on a table.
fn on_relations() -> String {
    format!(
        "SELECT 'cluster mark', quote_ident(i.relname), 'pg_class', x.indrelid FROM pg_index x \
         JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid \
         JOIN pg_namespace n ON n.oid = c.relnamespace WHERE x.indisclustered AND {OWN_SCHEMA} AND NOT {} AND \
         (c.relkind = 'm' OR EXISTS (SELECT FROM pg_inherits p WHERE p.inhrelid = x.indexrelid))",
        member("pg_class", "c.oid")
    )
}

/// Switched states of triggers that are no objects: a foreign key's, and a partition's copy of its parent's.
fn triggers() -> String {
    format!(
        "SELECT 'switched triggers of constraints', coalesce(k.conname, t.tgname)::text, 'pg_class', t.tgrelid
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_constraint k ON k.oid = t.tgconstraint
WHERE t.tgisinternal AND t.tgenabled <> 'O' AND t.tgparentid = 0 AND {OWN_SCHEMA}
UNION ALL SELECT 'state of a partition''s trigger', t.tgname::text, 'pg_class', t.tgrelid
FROM pg_trigger t JOIN pg_trigger p ON p.oid = t.tgparentid JOIN pg_class c ON c.oid = t.tgrelid \
         JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE t.tgenabled <> p.tgenabled AND {OWN_SCHEMA}"
    )
}

/// Large objects and labels.
fn database() -> String {
    "SELECT 'large objects', count(*)::text, NULL, NULL::oid FROM pg_largeobject_metadata HAVING count(*) > 0
UNION ALL SELECT 'security label', l.provider || ' on ' || (pg_identify_object(l.classoid, l.objoid, l.objsubid)).identity, \
     l.classoid::regclass::text, l.objoid FROM pg_seclabel l"
        .to_owned()
}

/// What an extension is needed by.
fn links() -> String {
    "SELECT 'dependence on extension', quote_ident(e.extname), x.classid::regclass::text, x.objid FROM pg_depend x \
     JOIN pg_extension e ON e.oid = x.refobjid WHERE x.refclassid = 'pg_extension'::regclass AND x.deptype = 'x'"
        .to_owned()
}

/// 17 keeps a domain's NOT NULL as a row with a name and perhaps a comment.
fn domain_constraints() -> String {
    format!(
        "SELECT 'not null constraint', quote_ident(k.conname), 'pg_type', k.contypid
FROM pg_constraint k JOIN pg_type t ON t.oid = k.contypid JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE k.contype = 'n' AND k.contypid <> 0 AND k.conname !~ '_not_null[0-9]*$' AND {OWN_SCHEMA} AND NOT {}",
        member("pg_type", "t.oid")
    )
}

pub(super) fn decode(d: &mut Decoder, sheet: &Sheet) -> Read<()> {
    for line in sheet.lines() {
        let on = match (line.maybe("class")?, line.number_or_null::<Oid>("oid")?) {
            (Some(class), Some(oid)) => found(d, class, oid),
            _ => None,
        };
        d.unmodelled(line.text("what")?, line.text("name")?, on);
    }
    Ok(())
}

fn found(d: &Decoder, class: &str, oid: Oid) -> Option<ObjectId> {
    let directory = &d.directory;
    match class {
        "pg_class" => directory
            .relation(oid)
            .or_else(|| directory.index_ids.get(&oid)),
        "pg_type" => directory.types.get(&oid),
        "pg_proc" => directory.routines.get(&oid),
        "pg_constraint" => directory.constraints.get(&oid),
        "pg_namespace" => directory.schemas.get(&oid),
        "pg_trigger" => directory.triggers.get(&oid),
        _ => None,
    }
    .cloned()
}
