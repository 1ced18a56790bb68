//! A live file → a catalog: `sqlite_schema`'s own text through the same grammar, leniently.
//!
//! Invariant: what a file declares and what the database built from it says give the same model; what the grammar does
//! not understand is named as not modelled.

use crate::dialect::SQLITE;
use crate::text::{SYNTAX, id};
use driftless_model::{Catalog, Kind, Observed, Server, Unmodelled, VirtualTable};
use driftless_planner::{Action, Inspected, Moment, Patience, Rows};
use driftless_sql::{Problems, SourceId, split};
use std::collections::BTreeSet;

pub const QUERY: &str = "SELECT type, name, sql, tbl_name FROM sqlite_schema ORDER BY rowid;\n\
     SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow';\n\
     SELECT name FROM pragma_module_list;";

pub fn decode(answers: &[Rows], server: Server) -> Result<Inspected, Problems> {
    let mut moment = Moment::new(Catalog::new(server), Vec::new());
    moment.lenient = true;
    // Whoever inspects settles everything when all is there.
    moment.together = true;
    let shadows: BTreeSet<String> = answers
        .get(1)
        .into_iter()
        .flat_map(Rows::iter)
        .filter_map(|r| Some(r.get(0)?.to_ascii_lowercase()))
        .collect();
    let unknown = of_unknown_modules(answers, server);
    let mut patience = Patience::new(&SQLITE);
    for row in answers.first().into_iter().flat_map(Rows::iter) {
        let (Some(kind), Some(name), Some(sql)) = (row.get(0), row.get(1), row.get(2)) else {
            continue;
        };
        let key = name.to_ascii_lowercase();
        if key.starts_with("sqlite_stat") {
            moment.catalog.statistics.push(key);
            continue;
        }
        if key.starts_with("sqlite_") || shadows.contains(&key) {
            continue;
        }
        // Only a module can say which tables are its shadows.
        let shadow_of = unknown.iter().find(|(table, _)| {
            kind == "table"
                && key
                    .strip_prefix(table.as_str())
                    .is_some_and(|rest| rest.starts_with('_'))
        });
        if let Some((table, module)) = shadow_of {
            moment.catalog.unmodelled.push(Unmodelled {
                what: format!(
                    "table that may belong to {table}, whose module {module} is not known here:"
                ),
                name: name.to_owned(),
                on: None,
                place: None,
            });
            continue;
        }
        match actions(sql, server) {
            Some(actions) => patience.attempt(actions, &mut moment),
            None => moment.catalog.unmodelled.push(Unmodelled {
                what: format!("{kind} in a spelling that is not understood"),
                name: name.to_owned(),
                on: row
                    .get(3)
                    .filter(|_| ["trigger", "index"].contains(&kind))
                    .map(|table| id(Kind::Table, table)),
                place: None,
            }),
        }
    }
    patience.finish(&mut moment);
    for object in moment.catalog.objects.values_mut() {
        for text in object.texts_mut() {
            text.place = None;
        }
    }
    moment.catalog.places.clear();
    Ok(Inspected {
        catalog: moment.catalog,
        observed: Observed::default(),
        notes: Vec::new(),
    })
}

/// Virtual tables whose module the library does not have: their names in lower case, and the modules.
fn of_unknown_modules(answers: &[Rows], server: Server) -> Vec<(String, String)> {
    let cells = |n: usize| answers.get(n).into_iter().flat_map(Rows::iter);
    let known: BTreeSet<String> = cells(2)
        .filter_map(|r| Some(r.get(0)?.to_ascii_lowercase()))
        .collect();
    let mut out = Vec::new();
    for row in cells(0) {
        let (Some(name), Some(sql)) = (row.get(1), row.get(2)) else {
            continue;
        };
        // Parsing everything twice would be dear.
        if !sql
            .get(..15)
            .is_some_and(|s| s.eq_ignore_ascii_case("CREATE VIRTUAL "))
        {
            continue;
        }
        for action in actions(sql, server).unwrap_or_default() {
            if let Action::Create(create) = action
                && let Some(table) = create.object.get::<VirtualTable>()
                && !known.contains(&table.module.to_ascii_lowercase())
            {
                out.push((name.to_ascii_lowercase(), table.module.clone()));
            }
        }
    }
    out
}

fn actions(sql: &str, server: Server) -> Option<Vec<Action>> {
    let (statements, problems) = split(sql, SYNTAX, SourceId(0));
    if !problems.is_empty() {
        return None;
    }
    let mut out = Vec::new();
    // The file may use what is newer than the version declared for it.
    let newest = Server {
        version: driftless_model::Version::new(u32::MAX, 0),
        ..server
    };
    for statement in &statements {
        let parsed = crate::grammar::read(statement, sql, SourceId(0), newest).ok()?;
        out.extend(parsed.actions);
    }
    Some(out)
}
