//! Enums, domains and composite types (whose attributes come with the columns).
//!
//! Invariant: array types, multiranges and the row types of tables are no objects.

use super::answer::{Line, Read, Sheet};
use super::directory::{Oid, text};
use super::fragment::{OWN_SCHEMA, comment, member, privileges, qualified};
use super::{Decoder, grant};
use driftless_model::{
    Body, Composite, Domain, DomainCheck, Enum, Kind, Name, Object, ObjectId, Server,
};
use serde::Deserialize;

pub(super) fn query(_: Server) -> String {
    format!(
        "SELECT t.oid, n.nspname AS schema, t.typname AS name, t.typtype AS kind, t.typarray AS array_type, \
         pg_get_userbyid(t.typowner) AS owner, d.description AS comment, {},
  CASE t.typtype WHEN 'e' THEN (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e \
         WHERE e.enumtypid = t.oid)::text END AS labels,
  CASE t.typtype WHEN 'd' THEN format_type(t.typbasetype, t.typtypmod) END AS base, t.typbasetype AS base_oid, \
         t.typnotnull AS not_null, pg_get_expr(t.typdefaultbin, 'pg_type'::regclass) AS default,
  CASE WHEN t.typtype = 'd' AND t.typcollation <> b.typcollation THEN {} END AS collation,
  CASE t.typtype WHEN 'd' THEN (SELECT json_agg(json_build_object('name', k.conname, 'expr', \
         pg_get_expr(k.conbin, 'pg_type'::regclass), 'validated', k.convalidated, 'comment', \
         obj_description(k.oid, 'pg_constraint')) ORDER BY k.conname) FROM pg_constraint k \
         WHERE k.contypid = t.oid AND k.contype = 'c')::text END AS checks
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace {}
  LEFT JOIN pg_class c ON c.oid = t.typrelid LEFT JOIN pg_type b ON b.oid = t.typbasetype
  LEFT JOIN pg_collation co ON co.oid = t.typcollation LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace
WHERE (t.typtype IN ('e', 'd') OR t.typtype = 'c' AND c.relkind = 'c') AND {OWN_SCHEMA} AND NOT {}",
        privileges("t.typacl", "acldefault('T', t.typowner)", "t.typowner"),
        qualified("cn.nspname", "co.collname"),
        comment("pg_type", "t.oid"),
        member("pg_type", "t.oid")
    )
}

#[derive(Deserialize)]
struct Check {
    name: String,
    expr: String,
    validated: bool,
    comment: Option<String>,
}

pub(super) fn decode(d: &mut Decoder, sheet: &Sheet) -> Read<()> {
    // A domain may stand on one that comes later.
    for line in sheet.lines() {
        let id = identity(&line)?;
        for column in ["oid", "array_type"] {
            d.directory
                .types
                .insert(line.number::<Oid>(column)?, id.clone());
        }
    }
    for line in sheet.lines() {
        let id = identity(&line)?;
        let body = match id.kind {
            Kind::Enum => Body::from(Enum {
                values: line.list("labels")?,
            }),
            Kind::Domain => Body::from(domain(d, &line)?),
            _ => Body::from(Composite::default()),
        };
        let mut object = Object::new(body);
        object.owner = line.owned("owner")?;
        object.comment = line.owned("comment")?;
        if id.kind == Kind::Domain {
            for check in line.list::<Check>("checks")? {
                object.comment_member(&Name::exact(check.name), check.comment);
            }
        }
        object.grants = grant::read(d, &line, &id)?;
        d.catalog.objects.insert(id, object);
    }
    Ok(())
}

fn identity(line: &Line) -> Read<ObjectId> {
    let kind = match line.letter("kind")? {
        'e' => Kind::Enum,
        'd' => Kind::Domain,
        _ => Kind::Composite,
    };
    Ok(ObjectId::new(
        kind,
        Name::exact(line.text("schema")?),
        Name::exact(line.text("name")?),
    ))
}

fn domain(d: &mut Decoder, line: &Line) -> Read<Domain> {
    let mut checks = Vec::new();
    for check in line.list::<Check>("checks")? {
        checks.push(DomainCheck {
            name: Name::exact(check.name),
            expr: text(&check.expr),
            validated: check.validated,
        });
    }
    Ok(Domain {
        base: d.directory.ty(line.text("base")?, line.number("base_oid")?),
        not_null: line.flag("not_null")?,
        default: line.maybe("default")?.map(text),
        collation: line.owned("collation")?,
        checks,
    })
}
