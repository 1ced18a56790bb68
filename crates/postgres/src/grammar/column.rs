//! Column definitions: of CREATE TABLE, ADD COLUMN, and the options of typed tables and partitions.
//!
//! Invariant: what a column's definition says about other objects (keys, checks) comes out as constraints of the
//! table, in written order.

use super::{
    Read, Reader, bracketed, constraint, data_type, definition, expression, name, sequence,
};
use crate::features::{Feature, has};
use driftless_model::{Column, Constraint, Generated, Identity, Name, ObjectId, SqlText};
use driftless_sql::{Cursor, Span};

/// A column and the constraints written in it, each with its name or the empty one.
pub(super) struct Definition {
    pub column: Column,
    pub constraints: Vec<(Name, Constraint)>,
    pub span: Span,
}

/// What ends a DEFAULT: it is a `b_expr`, so none of these can go on with it.
const AFTER_DEFAULT: &[&str] = &[
    "check",
    "collate",
    "compression",
    "constraint",
    "deferrable",
    "enforced",
    "generated",
    "initially",
    "null",
    "primary",
    "references",
    "storage",
    "unique",
];

/// The value behind DEFAULT, also of a domain.
pub(super) fn default(c: &mut Cursor) -> Read<SqlText> {
    let from = c.pos();
    let span = c.until(&|c| {
        let not = c.at("not") && !c.at_seq(&["not", "distinct"]) && !c.at_seq(&["not", "document"]);
        c.at_symbol(",") || (c.pos() > from && (not || c.at_any(AFTER_DEFAULT)))
    });
    if c.pos() == from {
        return Err(c.unexpected("an expression"));
    }
    Ok(super::sql(c, span))
}

/// `name type …`; `typed`: the type comes from elsewhere (OF type, a partition's parent).
pub(super) fn definition(r: &mut Reader, table: &ObjectId, typed: bool) -> Read<Definition> {
    let from = r.pos();
    let name = name::single(r, "a column")?;
    let mut column = Column {
        name: name.clone(),
        ..Column::default()
    };
    if typed {
        r.eat_seq(&["with", "options"]);
    } else {
        column.ty = data_type::read(r)?;
    }
    let mut constraints: Vec<(Name, Constraint)> = Vec::new();
    loop {
        let start = r.pos();
        let title = constraint::title(r)?;
        if let Some(mut found) = constraint::column(r, table, &name)? {
            found.named = !title.is_empty();
            constraints.push((title, found));
            continue;
        }
        if let Some((_, last)) = constraints.last_mut()
            && constraint::attribute(r, last)?
        {
            continue;
        }
        if quality(r, table, &mut column, &mut constraints, &title)? {
            continue;
        }
        if !title.is_empty() {
            return Err(r.unexpected("a column constraint"));
        }
        r.reset(start);
        break;
    }
    Ok(Definition {
        column,
        constraints,
        span: r.span_from(from),
    })
}

/// One thing that is the column's own.
fn quality(
    r: &mut Reader,
    table: &ObjectId,
    column: &mut Column,
    constraints: &mut Vec<(Name, Constraint)>,
    title: &Name,
) -> Read<bool> {
    let start = r.pos();
    if r.eat_seq(&["not", "null"]) {
        column.not_null = true;
        let no_inherit = r.eat_seq(&["no", "inherit"]);
        if no_inherit {
            let span = r.span_from(start);
            r.require(Feature::NamedNotNull, span)?;
        }
        // Before 18 the server forgets the name.
        if (no_inherit || !title.is_empty()) && has(r.server, Feature::NamedNotNull) {
            let made = constraint::not_null(table, &column.name, title, no_inherit);
            constraints.push((title.clone(), made));
        }
    } else if r.eat("null") {
        column.not_null = false;
    } else if r.eat("default") {
        column.default = Some(default(r)?);
    } else if r.at("generated") {
        generated(r, table, column)?;
    } else if r.at("collate") {
        column.collation = data_type::collation(r)?;
    } else if r.eat("storage") {
        column.storage = mode(r, "a storage mode")?;
        let span = r.span_from(start);
        r.require(Feature::ColumnStorage, span)?;
    } else if r.eat("compression") {
        column.compression = mode(r, "a compression method")?;
    } else if r.eat("options") {
        column.foreign = definition::told(r)?;
    } else {
        return Ok(false);
    }
    Ok(true)
}

/// A word, or `None` for DEFAULT.
pub(super) fn mode(c: &mut Cursor, what: &str) -> Read<Option<String>> {
    let word = name::word_or_string(c, what)?.to_ascii_lowercase();
    Ok((word != "default").then_some(word))
}

/// GENERATED ALWAYS AS (…) STORED | VIRTUAL, GENERATED … AS IDENTITY (…).
fn generated(r: &mut Reader, table: &ObjectId, column: &mut Column) -> Read<()> {
    let start = r.pos();
    r.expect("generated")?;
    let always = always(r)?;
    r.expect("as")?;
    if r.at("identity") {
        column.identity = Some(Box::new(identity(r, table, &column.name, always)?));
        // An identity column is never null, said or not (manual, CREATE TABLE).
        column.not_null = true;
        return Ok(());
    }
    let expr = bracketed(r)?;
    // Since 18 a column is virtual where nothing is said.
    let stored = r.eat("stored");
    if !stored {
        r.eat("virtual");
        let span = r.span_from(start);
        r.require(Feature::VirtualColumns, span)?;
    }
    column.generated = Some(Box::new(Generated { expr, stored }));
    Ok(())
}

pub(super) fn always(c: &mut Cursor) -> Read<bool> {
    if c.eat("always") {
        return Ok(true);
    }
    if c.eat_seq(&["by", "default"]) {
        return Ok(false);
    }
    Err(c.unexpected("`ALWAYS` or `BY DEFAULT`"))
}

/// From IDENTITY on, with its sequence's options in brackets.
pub(super) fn identity(
    r: &mut Reader,
    table: &ObjectId,
    column: &Name,
    always: bool,
) -> Read<Identity> {
    r.expect("identity")?;
    let start = r.pos();
    let mut options = sequence::Options::default();
    if r.at_symbol("(") {
        let mut group = r.group_cursor()?;
        sequence::options(&mut group, &mut options, false)?;
        group.finish()?;
    }
    if let Some(sequence) = &options.name {
        let automatic = format!("{}_{}_seq", table.name, column);
        if automatic.len() <= 63 && sequence.name.as_str() != automatic {
            let span = r.span_from(start);
            r.unmodelled(
                "name of an identity's sequence",
                sequence.to_string(),
                Some(table.clone()),
                span,
            );
        }
    }
    options.sequence.unlogged = options.logged == Some(false);
    Ok(Identity {
        always,
        sequence: options.sequence,
    })
}

/// An expression that ends where the next clause of ALTER TABLE starts.
pub(super) fn clause_expression(c: &mut Cursor) -> Read<SqlText> {
    expression(c, &[])
}
