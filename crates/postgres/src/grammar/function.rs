//! Functions and procedures: whole definitions, and what ALTER does to them.
//!
//! Invariant: `ObjectId::args` are the input types as written, joined by `, `; attributes come in any order.

use super::{Mode, Read, Reader, data_type, folded, index, list, name, sequence, sql};
use driftless_model::{Argument, Function, Kind, ObjectId};
use driftless_sql::{Cursor, Syntax, TokenKind, quote_name};

/// From FUNCTION or PROCEDURE on.
pub(super) fn create(r: &mut Reader, mode: Mode) -> Read<()> {
    let kind = if r.eat("procedure") {
        Kind::Procedure
    } else {
        r.expect("function")?;
        Kind::Function
    };
    let (id, span) = name::object(r, kind, "a routine")?;
    let mut function = Function {
        arguments: arguments(r)?,
        volatility: "volatile".to_owned(),
        parallel: "unsafe".to_owned(),
        ..Function::default()
    };
    let id = id.with_args(identity(&function.arguments));
    if r.at("returns") && !r.at_seq(&["returns", "null"]) {
        r.bump();
        returns(r, &mut function)?;
    }
    while attribute(r, &id, &mut function)? {}
    if function.language.is_empty() {
        // A body of the SQL standard's form is always SQL (manual, CREATE FUNCTION).
        if function.atomic.is_none() {
            return Err(r.unexpected("`LANGUAGE`"));
        }
        function.language = "sql".to_owned();
    }
    if function.language == "c" && !function.body.contains('\n') {
        // The link symbol is the function's own name where none is given (manual, CREATE FUNCTION).
        function.body = format!("{}\n{}", function.body, id.name);
    }
    function.settings.sort();
    r.part(id.part(), span);
    r.create(id, function, mode);
    Ok(())
}

fn arguments(r: &mut Reader) -> Read<Vec<Argument>> {
    let mut group = r.group_cursor()?;
    let arguments = if group.done() {
        Vec::new()
    } else {
        list(&mut group, data_type::argument)?
    };
    group.finish()?;
    Ok(arguments)
}

/// The types that tell overloaded routines apart.
fn identity(arguments: &[Argument]) -> String {
    let types: Vec<&str> = arguments
        .iter()
        .filter(|a| matches!(a.mode, "in" | "inout" | "variadic"))
        .map(|a| a.ty.text.as_str())
        .collect();
    types.join(", ")
}

/// From behind RETURNS.
fn returns(r: &mut Reader, function: &mut Function) -> Read<()> {
    if r.eat("table") {
        let mut group = r.group_cursor()?;
        let columns = list(&mut group, |c| {
            Ok(Argument {
                mode: "table",
                name: Some(name::single(c, "a column")?),
                ty: data_type::read(c)?,
                default: None,
            })
        })?;
        group.finish()?;
        function.returns_set = true;
        function.arguments.extend(columns);
        return Ok(());
    }
    function.returns_set = r.eat("setof");
    function.returns = Some(data_type::read(r)?);
    Ok(())
}

/// One attribute of the definition; false at the end.
fn attribute(r: &mut Reader, id: &ObjectId, f: &mut Function) -> Read<bool> {
    if quality(r, f)? {
        return Ok(true);
    }
    let start = r.pos();
    match r.word().as_deref() {
        Some("language") => {
            r.bump();
            f.language = name::word_or_string(r, "a language")?;
        }
        Some("as") => {
            r.bump();
            f.body = r.string("the body as a string")?;
            if r.eat_symbol(",") {
                let symbol = r.string("a link symbol")?;
                f.body = format!("{}\n{symbol}", f.body);
            }
        }
        Some("return") => {
            r.bump();
            r.rest();
            let span = r.span_from(start);
            f.atomic = Some(sql(r, span));
        }
        Some("begin") => {
            r.expect_seq(&["begin", "atomic"])?;
            r.rest();
            let span = r.span_from(start);
            if !r.text(span).to_ascii_lowercase().ends_with("end") {
                return Err(r.unexpected("`END`"));
            }
            f.atomic = Some(sql(r, span));
        }
        Some("transform") => {
            r.bump();
            list(r, |c| {
                c.expect_seq(&["for", "type"])?;
                data_type::read(c)
            })?;
            let span = r.span_from(start);
            r.unmodelled(
                "transform of a function",
                r.text(span).to_owned(),
                Some(id.clone()),
                span,
            );
        }
        Some("set") => {
            r.bump();
            let setting = setting(r)?;
            f.settings.push(setting);
        }
        Some("with") => {
            r.bump();
            let span = r.here();
            r.group()?;
            return Err(r.unsupported(span, "WITH ( … ) of a function"));
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// One of the attributes that are words.
fn quality(r: &mut Reader, f: &mut Function) -> Read<bool> {
    if r.at_any(&["immutable", "stable", "volatile"]) {
        f.volatility = r.word().unwrap_or_default();
        r.bump();
    } else if r.eat("strict") || r.eat_seq(&["returns", "null", "on", "null", "input"]) {
        f.strict = true;
    } else if r.eat_seq(&["called", "on", "null", "input"]) {
        f.strict = false;
    } else if r.eat_seq(&["not", "leakproof"]) {
        f.leakproof = false;
    } else if r.eat("leakproof") {
        f.leakproof = true;
    } else if r.eat("window") {
        f.window = true;
    } else if r.eat_seq(&["external", "security"]) || r.eat("security") {
        f.security_definer = r.eat("definer");
        if !f.security_definer {
            r.expect("invoker")?;
        }
    } else if r.eat("parallel") {
        f.parallel = name::single(r, "`SAFE`, `RESTRICTED` or `UNSAFE`")?
            .as_str()
            .to_owned();
    } else if r.eat("cost") {
        f.cost = Some(r.number_text("a number")?);
    } else if r.eat("rows") {
        f.rows = Some(r.number_text("a number")?);
    } else if r.eat("support") {
        f.support = Some(name::spelled(r, "a function")?);
    } else {
        return Ok(false);
    }
    Ok(true)
}

/// Settings whose value is a list of names: the server keeps them quoted as such (guc.h, GUC_LIST_QUOTE).
const NAME_LISTS: &[&str] = &[
    "local_preload_libraries",
    "search_path",
    "session_preload_libraries",
    "shared_preload_libraries",
    "temp_tablespaces",
    "unix_socket_directories",
];

/// From behind SET: the value as the server keeps it.
fn setting(r: &mut Reader) -> Read<(String, String)> {
    let start = r.pos();
    let parts = r.name("a setting")?;
    let parts: Vec<String> = parts.iter().map(|p| p.text.to_ascii_lowercase()).collect();
    let key = parts.join(".");
    if r.eat_seq(&["from", "current"]) {
        let span = r.span_from(start);
        return Err(r
            .unsupported(span, "SET … FROM CURRENT")
            .note("the value depends on the session that runs it")
            .help("write the value out"));
    }
    if key == "time" && r.eat("zone") {
        return Ok(("timezone".to_owned(), super::value(r, "a time zone")?));
    }
    if !r.eat("to") {
        r.expect_symbol("=")?;
    }
    Ok((key.clone(), setting_value(r, &key)?))
}

/// The value of a setting, as `pg_proc.proconfig` and `pg_db_role_setting` hold it.
pub(super) fn setting_value(c: &mut Cursor, key: &str) -> Read<String> {
    let quoting = NAME_LISTS.contains(&key);
    let items = list(c, |c| {
        let is_number = c.peek().is_some_and(|t| {
            !matches!(
                t.kind,
                TokenKind::Text | TokenKind::Word | TokenKind::Quoted
            )
        });
        let item = super::value(c, "a value")?;
        Ok(if quoting && !is_number {
            quote_name(&item, Syntax::Postgres)
        } else {
            item
        })
    })?;
    Ok(items.join(", "))
}

/// From FUNCTION, PROCEDURE or ROUTINE on.
pub(super) fn alter(r: &mut Reader) -> Read<()> {
    let kind = match r.word().as_deref() {
        Some("procedure") => Kind::Procedure,
        Some("aggregate") => Kind::Aggregate,
        _ => Kind::Function,
    };
    r.bump();
    let (id, _) = name::routine(r, kind)?;
    if sequence::common(r, &id)? || index::depends(r, &id)? {
        return Ok(());
    }
    let start = r.pos();
    let mut changed = Function::default();
    loop {
        let more = attribute(r, &id, &mut changed)? || reset(r)?;
        if !more {
            break;
        }
    }
    if r.pos() == start {
        return Err(r.unexpected("a change of the routine"));
    }
    let written = folded(r, start);
    let span = r.span_from(start);
    r.eat("restrict");
    r.unmodelled("attribute set by ALTER", written, Some(id), span);
    Ok(())
}

fn reset(r: &mut Reader) -> Read<bool> {
    if !r.eat("reset") {
        return Ok(false);
    }
    r.name("a setting")?;
    Ok(true)
}
