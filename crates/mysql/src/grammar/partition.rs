//! PARTITION BY and the clauses about single partitions.
//!
//! Invariant: values are kept as one text each, with single spaces; the function over columns is an expression.

use super::{column_name, option};
use crate::text::quoted_list;
use driftless_model::{Name, Options, PartitionDef, Partitioning, SqlText};
use driftless_sql::{Cursor, Diagnostic, TokenKind};

/// What follows PARTITION BY.
pub fn by(cur: &mut Cursor) -> Result<Partitioning, Diagnostic> {
    let mut out = Partitioning {
        by: method(cur)?,
        ..Partitioning::default()
    };
    if cur.eat("partitions") {
        out.count = Some(number(cur)?);
    }
    if cur.eat_seq(&["subpartition", "by"]) {
        out.sub = Some(method(cur)?);
        if cur.eat("subpartitions") {
            out.sub_count = Some(number(cur)?);
        }
    }
    // The order of the two is free in old dumps.
    if cur.eat("partitions") {
        out.count = Some(number(cur)?);
    }
    if cur.at_symbol("(") {
        out.parts = definitions(cur)?;
    }
    Ok(out)
}

fn number(cur: &mut Cursor) -> Result<u32, Diagnostic> {
    let n = cur.integer("a number")?;
    u32::try_from(n).map_err(|_| cur.unexpected("a number of partitions"))
}

/// `RANGE (…)`, `LIST COLUMNS(…)`, `LINEAR HASH (…)`, `KEY ALGORITHM = 1 (…)`, `SYSTEM_TIME …`: words in upper case, a
/// list of columns in backticks.
fn method(cur: &mut Cursor) -> Result<SqlText, Diagnostic> {
    let from = cur.pos();
    let mut words: Vec<String> = Vec::new();
    if cur.eat("linear") {
        words.push("LINEAR".into());
    }
    let Some(kind) = cur.word() else {
        return Err(cur.unexpected("RANGE, LIST, HASH or KEY"));
    };
    match kind.as_str() {
        "range" | "list" => {
            cur.bump();
            words.push(kind.to_uppercase());
            if cur.eat("columns") {
                words.push(format!(" COLUMNS{}", columns(cur)?));
                return Ok(placed(cur, from, words.join("")));
            }
        }
        "hash" => {
            cur.bump();
            words.push("HASH".into());
        }
        "key" => {
            cur.bump();
            words.push("KEY".into());
            if cur.eat("algorithm") {
                cur.eat_symbol("=");
                let token = cur.bump();
                let how = token.map(|t| cur.text(t.span)).unwrap_or_default();
                if how != "2" {
                    words.push(format!("ALGORITHM = {how}"));
                }
            }
            words.push(columns(cur)?);
            return Ok(placed(cur, from, words.join(" ")));
        }
        "system_time" => {
            cur.bump();
            words.push("SYSTEM_TIME".into());
            while !cur.done() && !cur.at_symbol("(") && !cur.at("partitions") {
                if let Some(token) = cur.bump() {
                    words.push(cur.text(token.span).to_uppercase());
                }
            }
            return Ok(placed(cur, from, words.join(" ")));
        }
        _ => return Err(cur.unexpected("RANGE, LIST, HASH or KEY")),
    }
    let span = cur.group()?;
    let expr = cur.text(span).trim();
    Ok(placed(cur, from, format!("{} ({expr})", words.join(" "))))
}

fn placed(cur: &Cursor, from: usize, text: String) -> SqlText {
    let place = cur.place(cur.span_from(from));
    SqlText::new(text).at(place)
}

/// `(a, b)`, or `()`.
fn columns(cur: &mut Cursor) -> Result<String, Diagnostic> {
    let mut inner = cur.group_cursor()?;
    let mut names: Vec<Name> = Vec::new();
    while !inner.done() {
        names.push(column_name(inner.ident("a column name")?));
        if !inner.eat_symbol(",") {
            break;
        }
    }
    inner.finish()?;
    Ok(quoted_list(&names))
}

/// `(PARTITION p0 VALUES LESS THAN (10), …)`
pub fn definitions(cur: &mut Cursor) -> Result<Vec<PartitionDef>, Diagnostic> {
    let mut inner = cur.group_cursor()?;
    let mut out = Vec::new();
    loop {
        inner.expect("partition")?;
        out.push(definition(&mut inner)?);
        if !inner.eat_symbol(",") {
            break;
        }
    }
    inner.finish()?;
    Ok(out)
}

fn definition(cur: &mut Cursor) -> Result<PartitionDef, Diagnostic> {
    let mut out = PartitionDef {
        name: column_name(cur.ident("a partition's name")?),
        ..PartitionDef::default()
    };
    if cur.eat("values") {
        if cur.eat_seq(&["less", "than"]) {
            out.values = match cur.eat("maxvalue") {
                true => "LESS THAN MAXVALUE".into(),
                false => format!("LESS THAN {}", values(cur)?),
            };
            if out.values.eq_ignore_ascii_case("LESS THAN (MAXVALUE)") {
                out.values = "LESS THAN MAXVALUE".into();
            }
        } else {
            cur.expect("in")?;
            out.values = format!("IN {}", values(cur)?);
        }
    } else if cur.eat("current") {
        out.values = "CURRENT".into();
    } else if cur.eat("history") {
        out.values = "HISTORY".into();
    } else if cur.eat("default") {
        out.values = "DEFAULT".into();
    }
    options(cur, &mut out.options)?;
    if cur.at_symbol("(") {
        let mut inner = cur.group_cursor()?;
        loop {
            inner.expect("subpartition")?;
            let mut sub = PartitionDef {
                name: column_name(inner.ident("a subpartition's name")?),
                ..PartitionDef::default()
            };
            options(&mut inner, &mut sub.options)?;
            out.parts.push(sub);
            if !inner.eat_symbol(",") {
                break;
            }
        }
        inner.finish()?;
    }
    Ok(out)
}

/// The values in one spelling: tokens with a comma between values and no blanks.
fn values(cur: &mut Cursor) -> Result<String, Diagnostic> {
    let mut inner = cur.group_cursor()?;
    let mut out = String::from("(");
    let mut wordy = false;
    while let Some(token) = inner.bump() {
        let raw = inner.text(token.span);
        let word = matches!(
            token.kind,
            TokenKind::Word | TokenKind::Number | TokenKind::Quoted
        );
        if word && wordy {
            out.push(' ');
        }
        match token.kind {
            TokenKind::Word if raw.starts_with('_') => {}
            TokenKind::Word if raw.eq_ignore_ascii_case("maxvalue") => out.push_str("MAXVALUE"),
            TokenKind::Word => out.push_str(&raw.to_ascii_lowercase()),
            _ => out.push_str(raw),
        }
        wordy = word;
    }
    out.push(')');
    Ok(out)
}

fn options(cur: &mut Cursor, out: &mut Options) -> Result<(), Diagnostic> {
    loop {
        cur.eat("storage");
        if cur.eat("nodegroup") {
            cur.eat_symbol("=");
            cur.number_text("a node group")?;
            continue;
        }
        match option::read(cur)? {
            Some((name, Some(value))) => {
                out.insert(name, value);
            }
            Some((name, None)) => {
                out.remove(&name);
            }
            None => return Ok(()),
        }
    }
}

/// `p0, p1`
pub fn names(cur: &mut Cursor) -> Result<Vec<Name>, Diagnostic> {
    let mut out = vec![column_name(cur.ident("a partition's name")?)];
    while cur.eat_symbol(",") {
        out.push(column_name(cur.ident("a partition's name")?));
    }
    Ok(out)
}
