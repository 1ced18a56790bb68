//! What only stored columns can have: indexes, keys, foreign keys, statistics.
//!
//! Invariant: a virtual generated column (18) is refused where the server does (indexcmds.c, tablecmds.c and
//! statscmds.c of PostgreSQL), wherever an expression reads it.

use super::{ground, naming};
use driftless_model::{Column, Index, IndexKey, KeyExpr, Name, ObjectId, SqlText, Table};
use driftless_planner::{Fault, Moment};

fn is_virtual(column: &Column) -> bool {
    column.generated.as_ref().is_some_and(|g| !g.stored)
}

/// Refuses virtual columns among these, and in what these read.
pub(super) fn only<'a>(
    table: &ObjectId,
    columns: impl IntoIterator<Item = &'a Name>,
    texts: impl IntoIterator<Item = &'a SqlText>,
    what: &str,
    moment: &Moment,
) -> Result<(), Fault> {
    let item = moment.catalog.item::<Table>(table);
    let all = item.map_or(&[][..], |t| &t.columns);
    let virtuals: Vec<&Name> = all
        .iter()
        .filter(|c| is_virtual(c))
        .map(|c| &c.name)
        .collect();
    if virtuals.is_empty() {
        return Ok(());
    }
    let mut read: Vec<Name> = columns.into_iter().cloned().collect();
    for text in texts {
        let mut text = text.clone();
        ground::settle(&mut text, &ground::row(table), &moment.catalog);
        let own = text.parts().filter(|p| p.object == *table);
        read.extend(own.filter_map(|p| p.member.clone()));
    }
    match read.iter().find(|c| virtuals.contains(c)) {
        None => Ok(()),
        Some(column) => {
            let message = format!(
                "{what} cannot use the column `{}`: it is generated and virtual",
                table.member(column)
            );
            Err(naming::wrong("D0305", message, moment))
        }
    }
}

/// The columns and the expressions of keys.
pub(super) fn read<'a>(
    keys: impl IntoIterator<Item = &'a IndexKey>,
) -> (Vec<&'a Name>, Vec<&'a SqlText>) {
    let (mut columns, mut texts) = (Vec::new(), Vec::new());
    for key in keys {
        match &key.expr {
            KeyExpr::Column(column) => columns.push(column),
            KeyExpr::Expr(text) => texts.push(text),
        }
    }
    (columns, texts)
}

/// The same of an index.
pub(super) fn index(index: &Index, moment: &Moment) -> Result<(), Fault> {
    let (columns, texts) = read(&index.keys);
    let columns = columns.into_iter().chain(&index.include);
    let texts = texts.into_iter().chain(&index.filter);
    only(&index.table, columns, texts, "an index", moment)
}
