//! CREATE TABLE in all its forms.
//!
//! Invariant: the table comes first, then one action per constraint, foreign keys last, so that each can wait for
//! what it needs apart.

use super::{Mode, Read, Reader, column, constraint, definition, list, name, option, sql};
use driftless_model::{
    Constraint, ConstraintBody, Foreign, Kind, Like, Name, ObjectId, Options, Partition, PgTable,
    SqlText, Table, TableExt,
};
use driftless_sql::{Cursor, Diagnostic};

/// What the brackets of a table held.
#[derive(Default)]
struct Elements {
    table: Table,
    constraints: Vec<(Name, Constraint)>,
    not_null: Vec<Name>,
    likes: Vec<Like>,
}

/// From TABLE on.
pub(super) fn create(r: &mut Reader, unlogged: bool) -> Read<()> {
    let start = r.pos();
    let foreign = r.eat("foreign");
    r.expect("table")?;
    let mode = Mode {
        if_not_exists: r.if_not_exists(),
        ..Mode::default()
    };
    let (id, span) = name::object(r, Kind::Table, "a table")?;
    let mut pg = PgTable {
        unlogged,
        ..PgTable::default()
    };
    let mut elements = Elements::default();
    if r.eat_seq(&["partition", "of"]) {
        let (parent, _) = name::object(r, Kind::Table, "a table")?;
        if r.at_symbol("(") {
            elements = self::elements(r, &id, true)?;
        }
        let bound = bound(r)?;
        pg.partition_of = Some(Partition { parent, bound });
    } else if r.eat("of") {
        let (ty, _) = name::object(r, Kind::Composite, "a type")?;
        pg.of_type = Some(ty);
        if r.at_symbol("(") {
            elements = self::elements(r, &id, true)?;
        }
    } else if r.at_symbol("(") && !is_query(r) {
        elements = self::elements(r, &id, false)?;
    } else {
        let span = r.span_from(start);
        return match r.at("as")
            || r.at_symbol("(")
            || r.at_any(&["with", "using", "tablespace", "on"])
        {
            true => Err(as_query(r, span)),
            false => Err(r.unexpected("`(`")),
        };
    }
    tail(r, &mut pg)?;
    if foreign {
        r.expect("server")?;
        let server = name::single(r, "a server")?;
        let options = match r.eat("options") {
            true => definition::told(r)?,
            false => Options::new(),
        };
        let server = ObjectId::new(Kind::Server, Name::default(), server);
        pg.foreign = Some(Foreign { server, options });
    }
    if r.at("as") {
        let span = r.span_from(start);
        return Err(as_query(r, span));
    }
    let mut table = elements.table;
    for name in &elements.not_null {
        if let Some(column) = table.column_mut(name) {
            column.not_null = true;
        }
    }
    pg.likes = elements.likes;
    table.ext = TableExt::Postgres(Box::new(pg));
    r.part(id.part(), span);
    r.create(id.clone(), table, mode);
    // There are no rows yet: what is written NOT VALID is valid, where it is enforced.
    for (_, constraint) in &mut elements.constraints {
        constraint.validated = constraint.enforced;
    }
    let (keys, others): (Vec<_>, Vec<_>) = without_repeated_keys(elements.constraints)
        .into_iter()
        .partition(|(_, c)| c.foreign_key().is_some());
    for (title, constraint) in others.into_iter().chain(keys) {
        r.action(constraint::create(&id, title, constraint));
    }
    Ok(())
}

/// Keys of one table that are alike are one for the server, the primary key first (parse_utilcmd.c of PostgreSQL:
/// transformIndexConstraints); it takes the name of the first that has one.
fn without_repeated_keys(constraints: Vec<(Name, Constraint)>) -> Vec<(Name, Constraint)> {
    let is_primary = |c: &Constraint| matches!(c.body, ConstraintBody::PrimaryKey(_));
    let alike = |a: &Constraint, b: &Constraint| match (a.key(), b.key()) {
        (Some(x), Some(y)) => {
            (
                &x.columns,
                &x.include,
                x.nulls_not_distinct,
                x.without_overlaps,
            ) == (
                &y.columns,
                &y.include,
                y.nulls_not_distinct,
                y.without_overlaps,
            ) && (a.deferrable, a.initially_deferred) == (b.deferrable, b.initially_deferred)
        }
        _ => false,
    };
    let mut kept: Vec<(Name, Constraint)> = Vec::with_capacity(constraints.len());
    for (name, constraint) in constraints {
        let Some(first) = kept.iter_mut().find(|(_, k)| alike(k, &constraint)) else {
            kept.push((name, constraint));
            continue;
        };
        // Two primary keys are a mistake that is told where they are made.
        match (is_primary(&first.1), is_primary(&constraint)) {
            (true, true) => kept.push((name, constraint)),
            (false, true) => {
                let title = if name.is_empty() {
                    std::mem::take(&mut first.0)
                } else {
                    name
                };
                *first = (title, constraint);
            }
            _ if first.0.is_empty() => first.0 = name,
            _ => {}
        }
    }
    kept
}

fn as_query(r: &Reader, span: driftless_sql::Span) -> driftless_sql::Diagnostic {
    r.unsupported(span, "CREATE TABLE … AS")
        .note("what columns it gives only a server can tell")
        .help("declare the table with its columns")
}

/// `CREATE TABLE t (a, b) AS …`: names without types.
fn is_query(r: &Reader) -> bool {
    let mut ahead = r.cursor.clone();
    ahead.ident_list("").is_ok() && ahead.at("as")
}

fn elements(r: &mut Reader, id: &ObjectId, typed: bool) -> Read<Elements> {
    r.inside(|r| {
        let mut out = Elements::default();
        if r.done() {
            return Ok(out);
        }
        loop {
            element(r, id, typed, &mut out)?;
            if r.done() {
                return Ok(out);
            }
            if !r.eat_symbol(",") {
                return Err(r.unexpected("`,` or `)`"));
            }
        }
    })
}

fn element(r: &mut Reader, id: &ObjectId, typed: bool, out: &mut Elements) -> Read<()> {
    if r.eat("like") {
        let at = out.table.columns.len();
        out.likes.push(like(r, at)?);
        return Ok(());
    }
    if constraint::starts(r) {
        match constraint::table(r, id)? {
            constraint::TableConstraint::Object(title, constraint) => {
                out.not_null.extend(constraint.not_null().cloned());
                out.constraints.push((title, *constraint));
            }
            constraint::TableConstraint::NotNull(column) => out.not_null.push(column),
        }
        return Ok(());
    }
    let read = column::definition(r, id, typed)?;
    r.part(id.member(&read.column.name), read.span);
    out.table.columns.push(read.column);
    out.constraints.extend(read.constraints);
    Ok(())
}

/// Behind LIKE.
fn like(r: &mut Reader, at: usize) -> Read<Like> {
    const OPTIONS: [&str; 9] = [
        "comments",
        "compression",
        "constraints",
        "defaults",
        "generated",
        "identity",
        "indexes",
        "statistics",
        "storage",
    ];
    let (source, _) = name::object(r, Kind::Table, "a table")?;
    let mut including: Vec<&'static str> = Vec::new();
    loop {
        let takes = r.eat("including");
        if !takes && !r.eat("excluding") {
            break;
        }
        let all = r.eat("all");
        let named = OPTIONS.iter().copied().find(|o| !all && r.at(o));
        if !all && named.is_none() {
            return Err(r.unexpected("what LIKE includes"));
        }
        if !all {
            r.bump();
        }
        let meant = |o: &'static str| all || Some(o) == named;
        including.retain(|o| !meant(o));
        if takes {
            including.extend(OPTIONS.iter().copied().filter(|o| meant(o)));
        }
    }
    including.sort_unstable();
    Ok(Like {
        source,
        at,
        including,
    })
}

/// `FOR VALUES …` or `DEFAULT`.
pub(super) fn bound(c: &mut Cursor) -> Read<SqlText> {
    let from = c.pos();
    if !c.eat("default") {
        c.expect_seq(&["for", "values"])?;
        if c.eat("from") {
            c.group()?;
            c.expect("to")?;
            c.group()?;
        } else if c.eat("in") || c.eat("with") {
            c.group()?;
        } else {
            return Err(c.unexpected("`FROM`, `IN` or `WITH`"));
        }
    }
    let span = c.span_from(from);
    Ok(sql(c, span))
}

/// What follows the brackets, in any order.
fn tail(r: &mut Reader, pg: &mut PgTable) -> Read<()> {
    loop {
        if r.eat("inherits") {
            let mut group = r.group_cursor()?;
            pg.inherits = list(&mut group, |c| {
                Ok(name::object(c, Kind::Table, "a table")?.0)
            })?;
            group.finish()?;
        } else if r.eat_seq(&["partition", "by"]) {
            let from = r.pos();
            if !r.at_any(&["range", "list", "hash"]) {
                return Err(r.unexpected("`RANGE`, `LIST` or `HASH`"));
            }
            r.bump();
            r.group()?;
            let span = r.span_from(from);
            pg.partition_by = Some(sql(r, span));
        } else if r.eat("using") {
            let method = name::single(r, "an access method")?;
            pg.method = (method.as_str() != "heap").then(|| method.as_str().to_owned());
        } else if let Some(options) = option::with(r)? {
            pg.options = options;
        } else if r.eat("tablespace") {
            pg.tablespace = Some(name::single(r, "a tablespace")?.as_str().to_owned());
        } else if r.at_seq(&["on", "commit"]) {
            let span = r.here();
            return Err(
                Diagnostic::error("D0101", "ON COMMIT is for temporary tables only")
                    .at(r.place(span))
                    .label("the table is not temporary"),
            );
        } else {
            return Ok(());
        }
    }
}
