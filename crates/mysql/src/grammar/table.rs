//! CREATE TABLE → a table, its keys and constraints.
//!
//! Neighbours: `column`, `index`, `option`, `partition`. Invariant: the order of the actions is the order of the text.

use super::index::{self, Found};
use super::{Lead, column, column_name, if_not_exists, named, option, partition, unsupported};
use driftless_model::{Kind, MyTable, Object, Part, Period, Server, Table, TableExt};
use driftless_planner::{Action, Create, Parsed};
use driftless_sql::{Cursor, Diagnostic, Span};

pub fn create(cur: &mut Cursor, lead: Lead, server: Server) -> Result<Parsed, Diagnostic> {
    cur.expect("table")?;
    let if_not_exists = if_not_exists(cur);
    let (id, span) = named(cur, Kind::Table, "a table name")?;
    let bracketed_like = cur.at_symbol("(")
        && cur
            .peek_nth(1)
            .is_some_and(|t| cur.text(t.span).eq_ignore_ascii_case("like"));
    if cur.at("like") || bracketed_like {
        let mut inner = match bracketed_like {
            true => cur.group_cursor()?,
            false => cur.clone(),
        };
        inner.expect("like")?;
        let (source, _) = named(&mut inner, Kind::Table, "a table name")?;
        inner.finish()?;
        cur.rest();
        let my = MyTable {
            like: Some(source),
            ..MyTable::default()
        };
        let table = Table {
            columns: Vec::new(),
            ext: TableExt::Mysql(Box::new(my)),
        };
        return Ok(Parsed {
            parts: vec![(id.part(), span)],
            actions: vec![Action::Create(Box::new(Create {
                id,
                object: Object::new(table),
                if_not_exists,
                or_replace: lead.or_replace,
                concurrently: false,
            }))],
            ..Parsed::default()
        });
    }
    if cur.at("as") || cur.at("select") {
        return Err(unsupported(cur, "`CREATE TABLE … AS SELECT`"));
    }
    let mut parts: Vec<(Part, Span)> = vec![(id.part(), span)];
    let mut table = Table::default();
    let mut my = MyTable::default();
    let mut found: Vec<Found> = Vec::new();
    let mut inner = cur.group_cursor()?;
    loop {
        if inner.at_seq(&["period", "for"]) {
            my.periods.push(period(&mut inner)?);
        } else if index::begins(&inner) {
            found.push(index::read(&mut inner, &id)?);
        } else {
            let definition = column::read(&mut inner, &id, server)?;
            if table.column(&definition.column.name).is_some() {
                return Err(Diagnostic::error(
                    "D0304",
                    format!("column `{}` is declared twice", definition.column.name),
                )
                .at(inner.place(definition.span))
                .label("declared again here")
                .help("remove one of the two"));
            }
            parts.push((id.member(&definition.column.name), definition.span));
            table.columns.push(definition.column);
            found.extend(definition.found);
        }
        if !inner.eat_symbol(",") {
            break;
        }
    }
    inner.finish()?;
    options(cur, &mut my)?;
    table.ext = TableExt::Mysql(Box::new(my));
    let mut actions = vec![Action::Create(Box::new(Create {
        id,
        object: Object::new(table),
        if_not_exists,
        or_replace: lead.or_replace,
        concurrently: false,
    }))];
    actions.extend(in_order(found).into_iter().map(Found::create));
    for action in actions.iter_mut().skip(1) {
        if let Action::Create(create) = action {
            create.if_not_exists |= if_not_exists;
        }
    }
    Ok(Parsed {
        actions,
        parts,
        ..Parsed::default()
    })
}

/// Keys first: a foreign key makes an index only where none serves it.
fn in_order(mut found: Vec<Found>) -> Vec<Found> {
    let class = |f: &Found| match f.object.get::<driftless_model::Constraint>() {
        Some(c) if c.foreign_key().is_some() => 2,
        Some(c) if c.key().is_some() => 0,
        Some(_) => 3,
        None => 1,
    };
    found.sort_by_key(class);
    found
}

/// `PERIOD FOR name (from, to)`
pub fn period(cur: &mut Cursor) -> Result<Period, Diagnostic> {
    cur.expect_seq(&["period", "for"])?;
    let name = column_name(cur.ident("a period's name")?);
    let columns = cur.ident_list("a column name")?;
    let mut columns = columns.into_iter().map(column_name);
    match (columns.next(), columns.next(), columns.next()) {
        (Some(from), Some(to), None) => Ok(Period { name, from, to }),
        _ => Err(cur.unexpected("two columns")),
    }
}

fn options(cur: &mut Cursor, my: &mut MyTable) -> Result<(), Diagnostic> {
    loop {
        cur.eat_symbol(",");
        if cur.eat_seq(&["with", "system", "versioning"]) {
            my.versioned = true;
        } else if cur.eat_seq(&["partition", "by"]) {
            my.partitioning = Some(Box::new(partition::by(cur)?));
        } else if cur.done() {
            return Ok(());
        } else if cur.at_any(&["as", "select", "ignore", "replace"]) {
            return Err(unsupported(cur, "`CREATE TABLE … SELECT`"));
        } else {
            let Some((name, value)) = option::read(cur)? else {
                return Err(cur.unexpected("a table option"));
            };
            set(my, &name, value);
        }
    }
}

/// Puts one option where it belongs.
pub fn set(my: &mut MyTable, name: &str, value: Option<String>) {
    match (name, value) {
        ("engine", value) => my.engine = value,
        ("charset", Some(charset)) => {
            if my
                .collation
                .as_ref()
                .is_none_or(|c| c.starts_with("charset:"))
            {
                my.collation = Some(format!("charset:{charset}"));
            }
        }
        ("collate", Some(collation)) => my.collation = Some(collation),
        ("auto_increment", value) => my.auto_increment = value.and_then(|v| v.parse().ok()),
        // Aria's usual state, which MariaDB always shows.
        ("page_checksum", Some(value)) if value == "1" => {
            my.options.remove("page_checksum");
        }
        (name, Some(value)) => {
            my.options.insert(name.to_owned(), value);
        }
        (name, None) => {
            my.options.remove(name);
        }
    }
}
