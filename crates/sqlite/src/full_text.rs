//! Full-text tables that index the rows of another table (FTS4 and FTS5, `content=`): they hold no rows of their own, and
//! are right only as long as those rows are what they were.
//!
//! Neighbours: `rebuild` and the row of virtual tables ask. Invariant: an index is made again from its content wherever a
//! plan makes it anew or changes what it was made of; triggers that people wrote for that do not hear of a rebuild.

use crate::canon::columns_of;
use crate::module::{Argument, arguments};
use crate::text::{id, quoted};
use driftless_model::{Catalog, Kind, Name, ObjectId, View, VirtualTable};
use driftless_planner::{Action, Data};

/// What a full-text table with external content indexes.
#[derive(Debug, PartialEq, Eq)]
pub struct External {
    pub content: Name,
    pub columns: Vec<Name>,
}

/// `None`: no full-text table, or one with rows of its own, or one without any content.
pub fn external(table: &VirtualTable) -> Option<External> {
    if !["fts4", "fts5"].contains(&table.module.to_ascii_lowercase().as_str()) {
        return None;
    }
    let mut content = None;
    let mut columns = Vec::new();
    for argument in arguments(table) {
        match argument {
            Argument::Option { key, value } if key == "content" => content = Some(value),
            Argument::Option { .. } => {}
            Argument::Column(name) => columns.push(name),
        }
    }
    Some(External {
        content: Name::folded(content.filter(|c| !c.is_empty())?),
        columns,
    })
}

/// Makes the index again from its content.
pub fn again(table: &ObjectId) -> Action {
    let name = quoted(&table.name);
    Action::Data(Data::Other {
        tables: vec![id(Kind::Table, table.name.as_str())],
        text: format!("INSERT INTO {name} ({name}) VALUES ('rebuild')"),
    })
}

/// The relation that is indexed, where it has what the index reads.
pub fn content(external: &External, catalog: &Catalog) -> Option<ObjectId> {
    let kinds = [Kind::Table, Kind::View];
    let found = catalog.find(&kinds, &Name::default(), &external.content)?;
    let known = columns_of(catalog, &found)?;
    let all = external.columns.iter().all(|c| known.contains(c));
    all.then_some(found)
}

/// The full-text tables that stand through a plan and index the table, with the columns that they read of it; all of
/// them, where a view stands between.
pub fn over<'c>(
    table: &'c ObjectId,
    before: &'c Catalog,
    after: &'c Catalog,
) -> impl Iterator<Item = (&'c ObjectId, Option<Vec<Name>>)> {
    after.of::<VirtualTable>().filter_map(move |(id, item)| {
        let stays = before
            .item::<VirtualTable>(id)
            .is_some_and(|b| b.canon == item.canon);
        let external = external(item).filter(|_| stays)?;
        let content = content(&external, after)?;
        if content == *table {
            return Some((id, Some(external.columns)));
        }
        let view = after.item::<View>(&content)?;
        let reads = view.query.parts().any(|p| p.object == *table);
        reads.then_some((id, None))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_tell_what_is_indexed() {
        let of = |module: &str, arguments: &str| {
            external(&VirtualTable {
                module: module.into(),
                arguments: Some(arguments.into()),
                canon: String::new(),
            })
        };
        let found = of(
            "FTS5",
            "a, \"b c\" UNINDEXED, tokenize = 'porter ascii', content = 'my t', prefix='2,3'",
        )
        .expect("external content");
        assert_eq!(found.content.as_str(), "my t");
        let names: Vec<&str> = found.columns.iter().map(Name::as_str).collect();
        assert_eq!(names, ["a", "b c"]);
        assert!(of("fts4", "a, content=t").is_some());
        assert_eq!(of("fts5", "a, content=''"), None);
        assert_eq!(of("fts5", "a, b"), None);
        assert_eq!(of("rtree", "id, a, content=t"), None);
    }
}
