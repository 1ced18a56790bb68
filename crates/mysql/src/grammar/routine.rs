//! CREATE PROCEDURE and CREATE FUNCTION.
//!
//! Invariant: the body is kept as it stands, for the server keeps it so.

use super::{Lead, column_name, if_not_exists, named, types, unsupported};
use driftless_model::{Argument, Function, Kind, Object, Options, Server, TypeRef};
use driftless_planner::{Action, Clause, Create, Parsed};
use driftless_sql::{Cursor, Diagnostic};

/// The option with the parameters as they were written.
pub const PARAMETERS: &str = "parameters";

pub fn create(cur: &mut Cursor, lead: Lead, server: Server) -> Result<Parsed, Diagnostic> {
    let kind = match cur.eat("procedure") {
        true => Kind::Procedure,
        false => {
            cur.expect("function")?;
            Kind::Function
        }
    };
    let if_not_exists = if_not_exists(cur);
    let (id, span) = named(cur, kind, "a routine's name")?;
    if cur.at("returns") && !cur.at_symbol("(") {
        return Err(unsupported(cur, "loadable functions"));
    }
    // The server keeps what stands in the brackets as it stands.
    let mut probe = cur.clone();
    let from = probe.pos();
    let said = match probe.group() {
        Ok(_) => cur.text(probe.span_from(from)),
        Err(_) => "",
    };
    let said = said.strip_prefix('(').unwrap_or(said);
    let said = said.strip_suffix(')').unwrap_or(said);
    let mut lead = lead;
    if !said.trim().is_empty() {
        lead.options.insert(PARAMETERS.into(), said.to_owned());
    }
    let mut function = Function {
        arguments: arguments(cur, server)?,
        language: "sql".into(),
        security_definer: true,
        options: lead.options,
        ..Function::default()
    };
    if let Some(security) = function.options.remove("security") {
        function.security_definer = security != "invoker";
    }
    if cur.eat("returns") {
        function.returns = Some(type_of(cur, server)?);
    }
    characteristics(cur, &mut function.options, &mut function.security_definer)?;
    let begin = cur.here();
    let body = cur.rest();
    function.body = cur.text(body).trim().to_owned();
    if function.body.is_empty() {
        return Err(
            Diagnostic::error("D0101", "the routine's statement is missing").at(cur.place(begin)),
        );
    }
    Ok(Parsed {
        parts: vec![(id.part(), span)],
        actions: vec![Action::Create(Box::new(Create {
            id,
            object: Object::new(function),
            if_not_exists,
            or_replace: lead.or_replace,
            concurrently: false,
        }))],
        ..Parsed::default()
    })
}

/// The canonical type, with its character set where one was said.
fn type_of(cur: &mut Cursor, server: Server) -> Result<TypeRef, Diagnostic> {
    let ty = types::canonical(cur, server)?;
    let mut text = ty.text;
    if let Some(charset) = ty.charset {
        text.push_str(&format!(" CHARSET {charset}"));
        let usual = crate::features::default_collation(server, &charset);
        text.push_str(&format!(" COLLATE {}", ty.collation.unwrap_or(usual)));
    } else if let Some(collation) = ty.collation {
        text.push_str(&format!(" COLLATE {collation}"));
    }
    Ok(TypeRef::new(text))
}

fn arguments(cur: &mut Cursor, server: Server) -> Result<Vec<Argument>, Diagnostic> {
    let mut inner = cur.group_cursor()?;
    let mut out = Vec::new();
    while !inner.done() {
        let mode = match inner.word().as_deref() {
            Some("in") => "in",
            Some("out") => "out",
            Some("inout") => "inout",
            _ => "",
        };
        if !mode.is_empty() {
            inner.bump();
        }
        let name = column_name(inner.ident("a parameter's name")?);
        out.push(Argument {
            mode: if mode.is_empty() { "in" } else { mode },
            name: Some(name),
            ty: type_of(&mut inner, server)?,
            default: None,
        });
        if !inner.eat_symbol(",") {
            break;
        }
    }
    inner.finish()?;
    Ok(out)
}

fn characteristics(
    cur: &mut Cursor,
    options: &mut Options,
    definer: &mut bool,
) -> Result<(), Diagnostic> {
    loop {
        if cur.eat_seq(&["language", "sql"]) || cur.eat_seq(&["not", "deterministic"]) {
            // As usual.
        } else if cur.eat("deterministic") {
            options.insert("deterministic".into(), String::new());
        } else if cur.eat_seq(&["contains", "sql"]) {
            options.remove("data access");
        } else if cur.eat_seq(&["no", "sql"]) {
            options.insert("data access".into(), "no sql".into());
        } else if cur.eat_seq(&["reads", "sql", "data"]) {
            options.insert("data access".into(), "reads sql data".into());
        } else if cur.eat_seq(&["modifies", "sql", "data"]) {
            options.insert("data access".into(), "modifies sql data".into());
        } else if cur.eat_seq(&["sql", "security"]) {
            *definer = !cur.eat("invoker");
            if *definer {
                cur.expect("definer")?;
            }
        } else if cur.eat("comment") {
            let text = cur.string("a comment")?;
            if !text.is_empty() {
                options.insert("comment".into(), text);
            }
        } else {
            return Ok(());
        }
    }
}

/// ALTER PROCEDURE and ALTER FUNCTION: what is said beside the body.
pub fn alter(cur: &mut Cursor) -> Result<Parsed, Diagnostic> {
    let kind = match cur.eat("procedure") {
        true => Kind::Procedure,
        false => {
            cur.expect("function")?;
            Kind::Function
        }
    };
    let (id, _) = named(cur, kind, "a routine's name")?;
    let mut options: Options<Option<String>> = Options::new();
    loop {
        if cur.eat_seq(&["language", "sql"]) {
            continue;
        }
        let (name, value) = if cur.eat_seq(&["contains", "sql"]) {
            ("data access", None)
        } else if cur.eat_seq(&["no", "sql"]) {
            ("data access", Some("no sql".to_owned()))
        } else if cur.eat_seq(&["reads", "sql", "data"]) {
            ("data access", Some("reads sql data".to_owned()))
        } else if cur.eat_seq(&["modifies", "sql", "data"]) {
            ("data access", Some("modifies sql data".to_owned()))
        } else if cur.eat_seq(&["sql", "security"]) {
            let invoker = cur.eat("invoker");
            if !invoker {
                cur.expect("definer")?;
            }
            ("security", invoker.then(|| "invoker".to_owned()))
        } else if cur.eat("comment") {
            let text = cur.string("a comment")?;
            ("comment", (!text.is_empty()).then_some(text))
        } else {
            break;
        };
        options.insert(name.into(), value);
    }
    Ok(Parsed {
        actions: vec![Action::Alter {
            id,
            clause: Clause::Routine(options),
        }],
        ..Parsed::default()
    })
}
