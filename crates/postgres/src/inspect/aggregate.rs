//! Aggregates, but those over ordered sets.
//!
//! Neighbours: `function` has read the functions that they call.

use super::answer::{Line, Read, Sheet};
use super::directory::Oid;
use super::fragment::{OWN_SCHEMA, comment, implied, privileges};
use super::function::{arguments, inputs};
use super::{Decoder, grant};
use driftless_model::{Aggregate, Function, Kind, Name, Object, ObjectId, Server};
use serde::Deserialize;

/// The words of CREATE AGGREGATE for functions, and their columns.
const FUNCTIONS: [(&str, &str); 8] = [
    ("sfunc", "aggtransfn"),
    ("finalfunc", "aggfinalfn"),
    ("combinefunc", "aggcombinefn"),
    ("serialfunc", "aggserialfn"),
    ("deserialfunc", "aggdeserialfn"),
    ("msfunc", "aggmtransfn"),
    ("minvfunc", "aggminvtransfn"),
    ("mfinalfunc", "aggmfinalfn"),
];

pub(super) fn query(_: Server) -> String {
    let functions = FUNCTIONS.map(|(word, column)| format!("('{word}', a.{column})"));
    format!(
        "SELECT p.oid, n.nspname AS schema, p.proname AS name, pg_get_userbyid(p.proowner) AS owner, \
         d.description AS comment, {},
  (SELECT json_agg(json_build_array(format_type(x.t, -1), x.t::text, p.proargmodes[x.n], p.proargnames[x.n], NULL) \
         ORDER BY x.n) FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) WITH ORDINALITY x(t, n))::text \
         AS arguments,
  (SELECT json_agg(json_build_array(f.word, q.oid::text, m.nspname, q.proname)) FROM (VALUES {}) f(word, oid) \
         JOIN pg_proc q ON q.oid = f.oid JOIN pg_namespace m ON m.oid = q.pronamespace)::text AS functions,
  format_type(p.prorettype, -1) AS returns, p.prorettype AS returns_oid,
  format_type(a.aggtranstype, -1) AS state, a.aggtranstype AS state_oid,
  CASE WHEN a.aggmtranstype <> 0 THEN format_type(a.aggmtranstype, -1) END AS moving, a.aggmtranstype AS moving_oid,
  a.agginitval AS initcond, a.aggminitval AS minitcond, a.aggtransspace AS sspace, a.aggmtransspace AS msspace,
  a.aggfinalextra AS extra, a.aggmfinalextra AS moving_extra, a.aggfinalmodify AS modify, \
         a.aggmfinalmodify AS moving_modify, p.proparallel AS parallel,
  (SELECT CASE s.nspname WHEN 'pg_catalog' THEN o.oprname::text ELSE 'OPERATOR(' || quote_ident(s.nspname) || '.' \
         || o.oprname || ')' END FROM pg_operator o JOIN pg_namespace s ON s.oid = o.oprnamespace \
         WHERE o.oid = a.aggsortop) AS sortop
FROM pg_aggregate a JOIN pg_proc p ON p.oid = a.aggfnoid JOIN pg_namespace n ON n.oid = p.pronamespace {}
WHERE a.aggkind = 'n' AND {OWN_SCHEMA} AND NOT {}",
        privileges("p.proacl", "acldefault('f', p.proowner)", "p.proowner"),
        functions.join(", "),
        comment("pg_proc", "p.oid"),
        implied("pg_proc", "p.oid")
    )
}

/// What it is for, its oid, schema and name.
#[derive(Deserialize)]
struct Called(String, String, String, String);

pub(super) fn decode(d: &mut Decoder, sheet: &Sheet) -> Read<()> {
    for line in sheet.lines() {
        let arguments = arguments(d, &line)?;
        let id = ObjectId::new(
            Kind::Aggregate,
            Name::exact(line.text("schema")?),
            Name::exact(line.text("name")?),
        )
        .with_args(inputs(&arguments));
        let function = Function {
            arguments,
            returns: Some(
                d.directory
                    .ty(line.text("returns")?, line.number("returns_oid")?),
            ),
            aggregate: Some(Box::new(aggregate(d, &line)?)),
            ..Function::default()
        };
        let mut object = Object::new(function);
        object.owner = line.owned("owner")?;
        object.comment = line.owned("comment")?;
        object.grants = grant::read(d, &line, &id)?;
        d.directory.routines.insert(line.number("oid")?, id.clone());
        d.catalog.objects.insert(id, object);
    }
    Ok(())
}

fn aggregate(d: &Decoder, line: &Line) -> Read<Aggregate> {
    let mut out = Aggregate {
        state: d
            .directory
            .ty(line.text("state")?, line.number("state_oid")?),
        ..Aggregate::default()
    };
    if let Some(moving) = line.maybe("moving")? {
        out.moving_state = Some(d.directory.ty(moving, line.number("moving_oid")?));
    }
    for Called(word, oid, schema, name) in line.list::<Called>("functions")? {
        let known = oid
            .parse::<Oid>()
            .ok()
            .and_then(|oid| d.directory.routines.get(&oid));
        let id = known.cloned().unwrap_or_else(|| {
            ObjectId::new(Kind::Function, Name::exact(schema), Name::exact(name))
        });
        out.functions.insert(word, id);
    }
    let mut say = |word: &str, value: Option<String>| {
        if let Some(value) = value {
            out.options.insert(word.to_owned(), value);
        }
    };
    for word in ["initcond", "minitcond", "sortop"] {
        say(word, line.owned(word)?);
    }
    for word in ["sspace", "msspace"] {
        let size: i64 = line.number(word)?;
        say(word, (size != 0).then(|| size.to_string()));
    }
    for (word, column) in [
        ("finalfunc_extra", "extra"),
        ("mfinalfunc_extra", "moving_extra"),
    ] {
        say(word, line.flag(column)?.then(|| "true".to_owned()));
    }
    for (word, column) in [
        ("finalfunc_modify", "modify"),
        ("mfinalfunc_modify", "moving_modify"),
    ] {
        let how = match line.letter(column)? {
            's' => Some("SHAREABLE"),
            'w' => Some("READ_WRITE"),
            _ => None,
        };
        say(word, how.map(str::to_owned));
    }
    let parallel = match line.letter("parallel")? {
        's' => Some("SAFE"),
        'r' => Some("RESTRICTED"),
        _ => None,
    };
    say("parallel", parallel.map(str::to_owned));
    Ok(out)
}
