//! Everything that the catalog holds and the model does not: named, so that nothing is skipped in silence.
//!
//! Neighbours: parts that meet an attribute which their own struct cannot say name it themselves. Invariant: only
//! columns that any role may read are touched (no user mapping's options, no subscription's connection).

use super::Decoder;
use super::answer::{Read, Sheet};
use super::directory::Oid;
use super::fragment::{OWN_SCHEMA, implied, member, told};
use crate::features::{Feature, has};
use driftless_model::{ObjectId, Server};

/// A kind that lives in a schema: its noun, catalog, and the columns of its name and schema.
const IN_SCHEMA: &[(&str, &str, &str, &str)] = &[
    ("operator class", "pg_opclass", "opcname", "opcnamespace"),
    ("operator family", "pg_opfamily", "opfname", "opfnamespace"),
    ("collation", "pg_collation", "collname", "collnamespace"),
    ("conversion", "pg_conversion", "conname", "connamespace"),
    (
        "text search configuration",
        "pg_ts_config",
        "cfgname",
        "cfgnamespace",
    ),
    (
        "text search dictionary",
        "pg_ts_dict",
        "dictname",
        "dictnamespace",
    ),
    (
        "text search parser",
        "pg_ts_parser",
        "prsname",
        "prsnamespace",
    ),
    (
        "text search template",
        "pg_ts_template",
        "tmplname",
        "tmplnamespace",
    ),
];

/// A kind that lives in the database: its noun, catalog, the SQL of its name.
const IN_DATABASE: &[(&str, &str, &str)] = &[
    ("publication", "pg_publication", "quote_ident(o.pubname)"),
    (
        "event trigger",
        "pg_event_trigger",
        "quote_ident(o.evtname)",
    ),
    (
        "foreign data wrapper",
        "pg_foreign_data_wrapper",
        "quote_ident(o.fdwname)",
    ),
    ("server", "pg_foreign_server", "quote_ident(o.srvname)"),
    ("language", "pg_language", "quote_ident(o.lanname)"),
    ("access method", "pg_am", "quote_ident(o.amname)"),
    (
        "cast",
        "pg_cast",
        "'(' || format_type(o.castsource, NULL) || ' AS ' || format_type(o.casttarget, NULL) || ')'",
    ),
    (
        "transform",
        "pg_transform",
        "'for ' || format_type(o.trftype, NULL) || ' language ' || (SELECT quote_ident(l.lanname) FROM pg_language l \
         WHERE l.oid = o.trflang)",
    ),
];

/// Rows of (what, name, class, oid); the last two say which object it sits on.
pub(super) fn query(server: Server) -> String {
    let mut all = vec![
        routines_and_operators(),
        types(),
        foreign(),
        on_relations(),
        triggers(),
        database(),
        links(server),
        domain_constraints(),
    ];
    for (what, class, name, schema) in IN_SCHEMA {
        // The family that an operator class brings along under its own name says nothing more.
        let more = if *class == "pg_opfamily" {
            " AND NOT EXISTS (SELECT FROM pg_opclass c WHERE c.opcfamily = o.oid AND c.opcname = o.opfname)"
        } else {
            ""
        };
        all.push(format!(
            "SELECT '{what}', {}, NULL, NULL::oid FROM {class} o JOIN pg_namespace n ON n.oid = o.{schema} \
             WHERE {OWN_SCHEMA} AND NOT {}{more}",
            told("n.nspname", &format!("o.{name}")),
            member(class, "o.oid")
        ));
    }
    for (what, class, name) in IN_DATABASE {
        // Below 16384: what initdb made.
        all.push(format!(
            "SELECT '{what}', {name}, NULL, NULL::oid FROM {class} o WHERE o.oid >= 16384 AND NOT {}",
            implied(class, "o.oid")
        ));
    }
    format!(
        "SELECT u.what, u.name, u.class, u.oid FROM (\n{}\n) u (what, name, class, oid)",
        all.join("\nUNION ALL ")
    )
}

fn routines_and_operators() -> String {
    format!(
        "SELECT 'aggregate', {} || '(' || pg_get_function_identity_arguments(p.oid) || ')', NULL, NULL::oid
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_aggregate a ON a.aggfnoid = p.oid \
         WHERE a.aggkind <> 'n' AND {OWN_SCHEMA} AND NOT {}
UNION ALL SELECT 'operator', CASE n.nspname WHEN 'public' THEN '' ELSE quote_ident(n.nspname) || '.' END || o.oprname \
         || ' (' || CASE o.oprleft WHEN 0 THEN 'NONE' ELSE format_type(o.oprleft, NULL) END || ', ' || \
         format_type(o.oprright, NULL) || ')', NULL, NULL::oid
FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace WHERE {OWN_SCHEMA} AND NOT {}",
        told("n.nspname", "p.proname"),
        member("pg_proc", "p.oid"),
        member("pg_operator", "o.oid")
    )
}

/// Ranges, base types (shells among them); arrays and multiranges come with their element.
fn types() -> String {
    format!(
        "SELECT CASE t.typtype WHEN 'r' THEN 'range type' ELSE 'base type' END, {}, NULL, NULL::oid
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE (t.typtype = 'r' OR t.typtype IN ('b', 'p') AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid))
  AND {OWN_SCHEMA} AND NOT {}",
        told("n.nspname", "t.typname"),
        implied("pg_type", "t.oid")
    )
}

/// Foreign tables, user mappings, subscriptions of this database.
fn foreign() -> String {
    format!(
        "SELECT 'foreign table', {}, NULL, NULL::oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relkind = 'f' AND {OWN_SCHEMA} AND NOT {}
UNION ALL SELECT 'user mapping', 'for ' || quote_ident(m.usename) || ' server ' || quote_ident(m.srvname), NULL, NULL::oid \
         FROM pg_user_mappings m
UNION ALL SELECT 'subscription', quote_ident(s.subname), NULL, NULL::oid FROM pg_subscription s \
         WHERE s.subdbid = (SELECT b.oid FROM pg_database b WHERE b.datname = current_database())",
        told("n.nspname", "c.relname"),
        member("pg_class", "c.oid")
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

/// What ties modelled objects to those that are not: publications of tables and schemas, extensions.
fn links(server: Server) -> String {
    let mut out = "SELECT 'publication of a table', quote_ident(p.pubname), 'pg_class', r.prrelid FROM pg_publication_rel r \
                   JOIN pg_publication p ON p.oid = r.prpubid
UNION ALL SELECT 'dependence on extension', quote_ident(e.extname), x.classid::regclass::text, x.objid FROM pg_depend x \
                   JOIN pg_extension e ON e.oid = x.refobjid WHERE x.refclassid = 'pg_extension'::regclass \
                   AND x.deptype = 'x'"
        .to_owned();
    if has(server, Feature::PublicationSchema) {
        out.push_str(
            "\nUNION ALL SELECT 'publication of a schema', quote_ident(p.pubname), 'pg_namespace', s.pnnspid \
             FROM pg_publication_namespace s JOIN pg_publication p ON p.oid = s.pnpubid",
        );
    }
    out
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
