//! CREATE AGGREGATE.
//!
//! Neighbours: `function` reads what ALTER does to all routines. Invariant: parameters have the words of today;
//! aggregates over ordered sets are named as not modelled.

use super::{Mode, Read, Reader, data_type, folded, list, name, value};
use driftless_model::{Aggregate, Argument, Function, Kind, ObjectId};
use driftless_sql::{Cursor, Ident};

/// From AGGREGATE on.
pub(super) fn create(r: &mut Reader, mode: Mode) -> Read<()> {
    r.expect("aggregate")?;
    let start = r.pos();
    let (id, span) = name::object(r, Kind::Aggregate, "an aggregate")?;
    let mut group = r.group_cursor()?;
    // `name (types) (definition)`, or the old `name (definition)` that says BASETYPE.
    let mut arguments = None;
    let mut definition = group.clone();
    if r.at_symbol("(") {
        let title = folded(r, start);
        definition = r.group_cursor()?;
        if group
            .remaining()
            .iter()
            .any(|t| group.text(t.span).eq_ignore_ascii_case("order"))
        {
            r.unmodelled("aggregate", title, None, span);
            return Ok(());
        }
        arguments = Some(match group.eat_symbol("*") || group.done() {
            true => Vec::new(),
            false => list(&mut group, data_type::argument)?,
        });
        group.finish()?;
    }
    let mut aggregate = Aggregate::default();
    let mut base = None;
    list(&mut definition, |c| parameter(c, &mut aggregate, &mut base))?;
    definition.finish()?;
    let arguments = match arguments {
        Some(arguments) => arguments,
        None => base.into_iter().collect(),
    };
    let types: Vec<&str> = arguments.iter().map(|a| a.ty.text.as_str()).collect();
    let id = id.with_args(types.join(", "));
    r.part(id.part(), span);
    let function = Function {
        arguments,
        aggregate: Some(Box::new(aggregate)),
        ..Function::default()
    };
    r.create(id, function, mode);
    Ok(())
}

fn parameter(c: &mut Cursor, out: &mut Aggregate, base: &mut Option<Argument>) -> Read<()> {
    let word = c
        .ident("a parameter of the aggregate")?
        .text
        .to_ascii_lowercase();
    let word = match word.as_str() {
        "sfunc1" | "stype1" | "initcond1" => word.trim_end_matches('1').to_owned(),
        _ => word,
    };
    let said = c.eat_symbol("=");
    match word.as_str() {
        "sfunc" | "finalfunc" | "combinefunc" | "serialfunc" | "deserialfunc" | "msfunc"
        | "minvfunc" | "mfinalfunc" => {
            out.functions.insert(word, function(&c.name("a function")?));
        }
        "stype" => out.state = data_type::read(c)?,
        "mstype" => out.moving_state = Some(data_type::read(c)?),
        "basetype" => {
            let any = c.at("any") || c.peek().is_some_and(|t| c.text(t.span) == "'ANY'");
            if any {
                c.bump();
            } else {
                *base = Some(Argument {
                    mode: "in",
                    name: None,
                    ty: data_type::read(c)?,
                    default: None,
                });
            }
        }
        "sortop" => {
            let from = c.pos();
            c.until(&|c| c.at_symbol(","));
            out.options.insert(word, folded(c, from));
        }
        "initcond" | "minitcond" => {
            out.options.insert(word, value(c, "a value")?);
        }
        "sspace" | "msspace" => {
            let size = value(c, "a number")?;
            if size != "0" {
                out.options.insert(word, size);
            }
        }
        "finalfunc_extra" | "mfinalfunc_extra" => {
            let on = !said || !matches!(value(c, "`true`")?.as_str(), "false" | "off" | "0");
            if on {
                out.options.insert(word, "true".to_owned());
            }
        }
        // The last is how it is where nothing is said; a moving state's too.
        "finalfunc_modify" | "mfinalfunc_modify" | "parallel" => {
            let how = value(c, "a word")?.to_ascii_uppercase();
            if !matches!(how.as_str(), "READ_ONLY" | "UNSAFE") {
                out.options.insert(word, how);
            }
        }
        _ => return Err(c.unexpected("a parameter of CREATE AGGREGATE")),
    }
    Ok(())
}

fn function(parts: &[Ident]) -> ObjectId {
    let name = |at: usize| {
        let part = parts.len().checked_sub(at).and_then(|at| parts.get(at));
        part.map(|p| name::exact(&p.text)).unwrap_or_default()
    };
    ObjectId::new(Kind::Function, name(2), name(1))
}
