//! CREATE VIRTUAL TABLE.

use super::{if_not_exists, object_name};
use crate::text::{id, normal, tokens};
use driftless_model::{Kind, Object, VirtualTable};
use driftless_planner::{Action, Create, Parsed};
use driftless_sql::{Cursor, Diagnostic, TokenKind};

pub fn create(cur: &mut Cursor) -> Result<Parsed, Diagnostic> {
    cur.expect_seq(&["virtual", "table"])?;
    let if_not_exists = if_not_exists(cur);
    let name = object_name(cur, "a table name")?;
    cur.expect("using")?;
    let module = cur.ident("a module name")?.text;
    let mut arguments = None;
    if cur.at_symbol("(") {
        let span = cur.group()?;
        arguments = Some(cur.text(span).trim().to_owned());
    }
    let table = VirtualTable {
        canon: canon(&module, arguments.as_deref()),
        module,
        arguments,
    };
    let id = id(Kind::VirtualTable, name.text);
    Ok(Parsed {
        parts: vec![(id.part(), name.span)],
        actions: vec![Action::Create(Box::new(Create {
            id,
            object: Object::new(table),
            if_not_exists,
            or_replace: false,
            concurrently: false,
        }))],
        ..Parsed::default()
    })
}

/// The arguments one by one, as written: at the commas that stand in no brackets.
pub fn split_arguments(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let (mut from, mut depth) = (0, 0u32);
    for token in tokens(text) {
        if token.kind != TokenKind::Symbol {
            continue;
        }
        match token.span.of(text) {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            "," if depth == 0 => {
                out.extend(text.get(from..token.span.start));
                from = token.span.end;
            }
            _ => {}
        }
    }
    out.extend(text.get(from..));
    out
}

/// The whole definition for comparison.
pub fn canon(module: &str, arguments: Option<&str>) -> String {
    let text = format!(
        "{} {}",
        module.to_ascii_lowercase(),
        normal(arguments.unwrap_or(""))
    );
    text.trim_end().to_owned()
}
