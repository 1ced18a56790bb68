//! Functions and procedures.
//!
//! Invariant: the identity of a routine is its input types as `format_type` prints them, joined by `, `; aggregates
//! have a file of their own, constructors of range types are no objects.

use super::answer::{Line, Read, Sheet};
use super::directory::{Oid, text};
use super::fragment::{OWN_SCHEMA, comment, implied, privileges};
use super::{Decoder, grant};
use driftless_model::{Argument, Function, Kind, Name, Object, ObjectId, Server};
use serde::Deserialize;

pub(super) fn query(_: Server) -> String {
    format!(
        "SELECT p.oid, n.nspname AS schema, p.proname AS name, p.prokind AS kind, l.lanname AS language, \
         pg_get_userbyid(p.proowner) AS owner, d.description AS comment, {},
  (SELECT json_agg(json_build_array(format_type(a.t, -1), a.t::text, p.proargmodes[a.n], p.proargnames[a.n], \
         CASE WHEN p.pronargdefaults > 0 THEN pg_get_function_arg_default(p.oid, a.n::int) END) ORDER BY a.n) \
         FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) WITH ORDINALITY a(t, n))::text AS arguments,
  format_type(p.prorettype, -1) AS returns, p.prorettype AS returns_oid, p.proretset AS returns_set, \
         p.provolatile AS volatility, p.proisstrict AS strict, p.proleakproof AS leakproof, \
         p.prosecdef AS security_definer, p.proparallel AS parallel, p.procost AS cost, p.prorows AS rows,
  CASE WHEN p.prosupport <> 0 THEN p.prosupport::regproc::text END AS support, to_json(p.proconfig)::text AS settings, \
         p.prosrc AS source, p.probin AS library,
  CASE WHEN p.prosqlbody IS NOT NULL THEN pg_get_function_sqlbody(p.oid) END AS atomic,
  (SELECT string_agg(format_type(u, -1), ', ') FROM unnest(p.protrftypes) u) AS transforms
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang {}
WHERE p.prokind <> 'a' AND {OWN_SCHEMA} AND NOT {}",
        privileges("p.proacl", "acldefault('f', p.proowner)", "p.proowner"),
        comment("pg_proc", "p.oid"),
        implied("pg_proc", "p.oid")
    )
}

/// Type, its oid, mode, name, default.
#[derive(Deserialize)]
struct Raw(
    String,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
);

pub(super) fn decode(d: &mut Decoder, sheet: &Sheet) -> Read<()> {
    for line in sheet.lines() {
        let function = function(d, &line)?;
        let kind = match line.letter("kind")? {
            'p' => Kind::Procedure,
            _ => Kind::Function,
        };
        let id = ObjectId::new(
            kind,
            Name::exact(line.text("schema")?),
            Name::exact(line.text("name")?),
        )
        .with_args(inputs(&function.arguments));
        if let Some(types) = line.maybe("transforms")? {
            d.unmodelled("transform of a function", types, Some(id.clone()));
        }
        let mut object = Object::new(function);
        object.owner = line.owned("owner")?;
        object.comment = line.owned("comment")?;
        object.grants = grant::read(d, &line, &id)?;
        d.directory.routines.insert(line.number("oid")?, id.clone());
        d.catalog.objects.insert(id, object);
    }
    Ok(())
}

/// The types that tell it from others of its name.
pub(super) fn inputs(arguments: &[Argument]) -> String {
    let taken = arguments
        .iter()
        .filter(|a| matches!(a.mode, "in" | "inout" | "variadic"));
    let types: Vec<&str> = taken.map(|a| a.ty.text.as_str()).collect();
    types.join(", ")
}

fn function(d: &Decoder, line: &Line) -> Read<Function> {
    let language = line.text("language")?.to_owned();
    let arguments = arguments(d, line)?;
    let compiled = matches!(language.as_str(), "c" | "internal");
    let returns_set = line.flag("returns_set")?;
    let is_table = arguments.iter().any(|a| a.mode == "table");
    let returns = if line.letter("kind")? == 'p' || is_table {
        None
    } else {
        Some(
            d.directory
                .ty(line.text("returns")?, line.number::<Oid>("returns_oid")?),
        )
    };
    let usual_cost = if compiled { "1" } else { "100" };
    let usual_rows = if returns_set { "1000" } else { "0" };
    let atomic = line.maybe("atomic")?.map(text);
    let source = line.text("source")?;
    let body = match line.maybe("library")? {
        _ if atomic.is_some() => String::new(),
        Some(library) => format!("{library}\n{source}"),
        None => source.to_owned(),
    };
    let mut settings: Vec<(String, String)> = line
        .list::<String>("settings")?
        .iter()
        .filter_map(|s| s.split_once('='))
        // The catalog keeps some names in mixed case (`TimeZone`); they mean the same.
        .map(|(key, value)| (key.to_ascii_lowercase(), value.to_owned()))
        .collect();
    settings.sort();
    Ok(Function {
        options: driftless_model::Options::new(),
        aggregate: None,
        arguments,
        returns,
        returns_set,
        body,
        atomic,
        volatility: match line.letter("volatility")? {
            'i' => "immutable",
            's' => "stable",
            _ => "volatile",
        }
        .to_owned(),
        strict: line.flag("strict")?,
        leakproof: line.flag("leakproof")?,
        security_definer: line.flag("security_definer")?,
        window: line.letter("kind")? == 'w',
        parallel: match line.letter("parallel")? {
            's' => "safe",
            'r' => "restricted",
            _ => "unsafe",
        }
        .to_owned(),
        cost: line.owned("cost")?.filter(|c| c != usual_cost),
        rows: line.owned("rows")?.filter(|r| r != usual_rows),
        support: line.owned("support")?,
        settings,
        language,
    })
}

pub(super) fn arguments(d: &Decoder, line: &Line) -> Read<Vec<Argument>> {
    let mut out = Vec::new();
    for Raw(ty, oid, mode, name, default) in line.list("arguments")? {
        let oid: Oid = oid
            .parse()
            .map_err(|_| line.wrong("arguments", "holds no oid where one must be"))?;
        out.push(Argument {
            mode: match mode.as_deref() {
                None | Some("i") => "in",
                Some("o") => "out",
                Some("b") => "inout",
                Some("v") => "variadic",
                Some("t") => "table",
                Some(_) => return Err(line.wrong("arguments", "holds a mode that is not known")),
            },
            name: name.filter(|n| !n.is_empty()).map(Name::exact),
            ty: d.directory.ty(&ty, oid),
            default: default.as_deref().map(text),
        });
    }
    Ok(out)
}
