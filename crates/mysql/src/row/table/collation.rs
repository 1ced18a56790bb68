//! Which collation a column has: its own, its table's, or the database's.
//!
//! Invariant: a column's collation in the model is resolved where its table's is known; `None` is the database's.

use crate::features::default_collation;
use crate::grammar::{SAID, is_text};
use driftless_model::{Catalog, Column, Dialect, Server, Table};
use driftless_planner::Cx;

/// A collation from what the grammar read: `charset:latin1` is that character set's own, `binary:` the binary one of
/// the character set in force.
pub fn resolved(read: &str, own: Option<&str>, server: Server) -> String {
    if let Some(charset) = read.strip_prefix("charset:") {
        return default_collation(server, charset);
    }
    if read == "binary:" {
        let charset = own.and_then(|c| c.split('_').next()).unwrap_or("utf8mb4");
        return format!("{charset}_bin");
    }
    if read.starts_with("uca1400_") {
        let charset = own.map_or("utf8mb4", charset);
        return format!("{charset}_{read}");
    }
    read.to_owned()
}

/// Gives a column of a table with the collation `own` the one that is meant.
pub fn settle(column: &mut Column, own: Option<&str>, server: Server) {
    if !is_text(&column.ty.text) {
        column.collation = None;
        say(column, false, server);
        return;
    }
    column.collation = match column.collation.take() {
        Some(read) => Some(resolved(&read, own, server)),
        None => own.map(str::to_owned),
    };
    // One that differs from the table's is said in any case.
    let said = says(column) && own.is_none_or(|own| column.collation.as_deref() == Some(own));
    say(column, said, server);
    if column.collation.as_deref() == Some("binary") {
        column.ty.text = bytes(&column.ty.text);
        if !is_text(&column.ty.text) {
            column.collation = None;
            say(column, false, server);
        }
    }
}

/// Notes that it says what it would have anyway, where the product keeps that.
fn say(column: &mut Column, said: bool, server: Server) {
    if said && server.dialect == Dialect::Mysql {
        let my = column.my.get_or_insert_default();
        my.options.insert(SAID.into(), "yes".into());
    } else if let Some(my) = &mut column.my {
        my.options.remove(SAID);
    }
}

/// The table has another default collation than `old`: what differed from that was said.
pub fn new_default(table: &mut Table, old: Option<&str>, server: Server) {
    let Some(new) = table.my().and_then(|m| m.collation.clone()) else {
        return;
    };
    for column in table.columns.iter_mut().filter(|c| is_text(&c.ty.text)) {
        let own = column.collation.as_deref();
        let said = own == Some(&new) && (says(column) || old.is_some_and(|old| own != Some(old)));
        say(column, said, server);
    }
}

/// CONVERT TO gives a column another collation; whether it says one stays.
pub fn convert(column: &mut Column, old: Option<&str>, to: &str, server: Server) {
    let own = column.collation.as_deref();
    let said = says(column) || old.is_some_and(|old| own != Some(old));
    column.collation = Some(to.to_owned());
    say(column, said, server);
}

fn says(column: &Column) -> bool {
    let my = column.my.as_ref();
    my.is_some_and(|my| my.options.contains_key(SAID))
}

/// Text in the binary character set is bytes.
fn bytes(ty: &str) -> String {
    for (text, bytes) in [("varchar", "varbinary"), ("char", "binary")] {
        if let Some(rest) = ty.strip_prefix(text) {
            return format!("{bytes}{rest}");
        }
    }
    match ty.strip_suffix("text") {
        Some(size) => format!("{size}blob"),
        None => ty.to_owned(),
    }
}

/// Leaves out what the table says already.
pub fn unsaid(column: &mut Column, table: &Table) {
    let own = table.my().and_then(|m| m.collation.as_ref());
    if own.is_some() && column.collation.as_ref() == own && !says(column) {
        column.collation = None;
    }
}

/// That of the database on one side; where that is not known, the other side's, else the server's usual.
pub fn of_database(side: &Catalog, cx: &Cx) -> String {
    side.collation
        .clone()
        .or_else(|| cx.before.collation.clone())
        .or_else(|| cx.after.collation.clone())
        .or_else(|| cx.scope.expects.get("collation").cloned())
        .unwrap_or_else(|| {
            let charset = cx.scope.expects.get("charset");
            default_collation(cx.server, charset.map_or("utf8mb4", String::as_str))
        })
}

pub fn of_table(table: &Table, side: &Catalog, cx: &Cx) -> String {
    table
        .my()
        .and_then(|m| m.collation.clone())
        .unwrap_or_else(|| of_database(side, cx))
}

/// What a column is collated by in the end.
#[derive(PartialEq)]
pub struct Effective {
    pub collation: String,
    /// It is said, not its table's, where the product keeps that.
    said: bool,
}

/// `None`: the column holds no characters.
pub fn effective(column: &Column, table: &Table, side: &Catalog, cx: &Cx) -> Option<Effective> {
    if !is_text(&column.ty.text) {
        return None;
    }
    let own = column.collation.clone();
    let collation = own.unwrap_or_else(|| of_database(side, cx));
    let keeps = cx.server.dialect == Dialect::Mysql;
    let said = keeps && (says(column) || collation != of_table(table, side, cx));
    Some(Effective { collation, said })
}

/// `latin1` of `latin1_swedish_ci`.
pub fn charset(collation: &str) -> &str {
    collation.split('_').next().unwrap_or(collation)
}

/// As [`effective`], of a column as a statement says it, at its moment; `table` is as it is before.
pub fn effective_at(column: &Column, table: Option<&Table>, catalog: &Catalog) -> Option<String> {
    if !is_text(&column.ty.text) {
        return None;
    }
    let server = catalog.server;
    let own = table
        .and_then(Table::my)
        .and_then(|m| m.collation.clone())
        .or_else(|| catalog.collation.clone())
        .unwrap_or_else(|| default_collation(server, "utf8mb4"));
    Some(match &column.collation {
        Some(read) => resolved(read, Some(&own), server),
        None => own,
    })
}
