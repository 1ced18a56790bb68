//! Which collation a column has: its own, its table's, or the database's.
//!
//! Invariant: a column's collation in the model is resolved where its table's is known; `None` is the database's.

use crate::features::default_collation;
use crate::grammar::is_text;
use driftless_model::{Catalog, Column, Server, Table};
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
        return;
    }
    column.collation = match column.collation.take() {
        Some(read) => Some(resolved(&read, own, server)),
        None => own.map(str::to_owned),
    };
    if column.collation.as_deref() == Some("binary") {
        column.ty.text = bytes(&column.ty.text);
        if !is_text(&column.ty.text) {
            column.collation = None;
        }
    }
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
    if own.is_some() && column.collation.as_ref() == own {
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

/// The collation that a column has in the end; `None`: it holds no characters.
pub fn effective(column: &Column, _table: &Table, side: &Catalog, cx: &Cx) -> Option<String> {
    if !is_text(&column.ty.text) {
        return None;
    }
    let own = column.collation.clone();
    Some(own.unwrap_or_else(|| of_database(side, cx)))
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
