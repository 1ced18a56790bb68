//! A live database → a catalog: the server's own print through the grammar, leniently.
//!
//! Neighbours: `dialect` asks. Why SHOW CREATE and not information_schema: only the print has all of it (how an index
//! was written, a partition's options, a check's text). It is one round trip: the names first, then one text that asks
//! for all of them (and one more where views read other databases). Invariant: what a file declares and what the server built from it give the same model; what the
//! grammar does not understand is named as not modelled.

use crate::dialect::of;
use crate::grammar::SAID;
use crate::home::view_at_home;
use crate::inspect_grants;
use crate::kept;
use crate::text::{id, literal, quoted};
use driftless_model::{Catalog, Kind, Name, Observed, Server, Table, Unmodelled};
use driftless_planner::{Action, Inspected, Moment, Patience, Rows};
use driftless_sql::modes::plain;
use driftless_sql::{Problems, SourceId, Syntax, split};
use std::collections::BTreeSet;

/// The database's collation, then the names of everything, in the order in which it is made.
pub const QUERY: &str = "SELECT DEFAULT_COLLATION_NAME, DATABASE(), DEFAULT_CHARACTER_SET_NAME, @@global.sql_mode, \
     @@lower_case_table_names, @@global.time_zone, \
     @@character_set_client, @@collation_connection FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = DATABASE();\n\
     SELECT TABLE_NAME, TABLE_TYPE, TABLE_ROWS, DATA_LENGTH + INDEX_LENGTH FROM information_schema.TABLES \
     WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_TYPE = 'VIEW', TABLE_NAME;\n\
     SELECT ROUTINE_NAME, ROUTINE_TYPE FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE() \
     ORDER BY ROUTINE_NAME;\n\
     SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE() \
     ORDER BY EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER;\n\
     SELECT EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE() ORDER BY EVENT_NAME;";

/// How many answers those are, with the one about privileges.
const FIRST: usize = 6;

/// One thing to be shown: the word behind SHOW CREATE, its kind, its name, and which column of the answer has the text.
struct Shown<'a> {
    word: &'static str,
    kind: Kind,
    name: &'a str,
    column: usize,
}

fn all(answers: &[Rows]) -> Vec<Shown<'_>> {
    let rows = |n: usize| answers.get(n).into_iter().flat_map(Rows::iter);
    let tables = rows(1).filter_map(|r| {
        let (word, kind) = match r.get(1)? {
            "VIEW" | "SYSTEM VIEW" => ("VIEW", Kind::View),
            "SEQUENCE" => ("SEQUENCE", Kind::Sequence),
            _ => ("TABLE", Kind::Table),
        };
        Some(Shown {
            word,
            kind,
            name: r.get(0)?,
            column: 1,
        })
    });
    let routines = rows(2).filter_map(|r| {
        let (word, kind) = match r.get(1)? {
            "PROCEDURE" => ("PROCEDURE", Kind::Procedure),
            "FUNCTION" => ("FUNCTION", Kind::Function),
            // Packages of MariaDB's Oracle mode.
            _ => return None,
        };
        Some(Shown {
            word,
            kind,
            name: r.get(0)?,
            column: 2,
        })
    });
    let named = |n: usize, word: &'static str, kind: Kind, column: usize| {
        rows(n).filter_map(move |r| {
            Some(Shown {
                word,
                kind,
                name: r.get(0)?,
                column,
            })
        })
    };
    tables
        .chain(routines)
        .chain(named(3, "TRIGGER", Kind::Trigger, 2))
        .chain(named(4, "EVENT", Kind::Event, 3))
        .collect()
}

/// One text that shows all of it; then one for the columns of other databases' relations that views read.
pub fn follow_up(answers: &[Rows], server: Syntax) -> Vec<String> {
    let shown = all(answers);
    let texts: Vec<String> = match answers.len() {
        FIRST => shown
            .iter()
            .map(|s| {
                let name = quoted(&Name::exact(s.name));
                format!("SHOW CREATE {} {name}", s.word)
            })
            .collect(),
        n if n == FIRST + shown.len() => outside(answers, &shown, server)
            .into_iter()
            .map(|(database, relation)| {
                let (d, r) = (literal(&database), literal(&relation));
                format!(
                    "SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME FROM information_schema.COLUMNS \
                     WHERE TABLE_SCHEMA = {d} AND TABLE_NAME = {r} ORDER BY ORDINAL_POSITION"
                )
            })
            .collect(),
        _ => Vec::new(),
    };
    match texts.is_empty() {
        true => Vec::new(),
        false => vec![texts.join(";\n")],
    }
}

/// The relations of other databases in the texts of views.
fn outside(answers: &[Rows], shown: &[Shown], syntax: Syntax) -> BTreeSet<(String, String)> {
    let own = answers.first().and_then(Rows::first);
    let own = own.and_then(|r| r.get(1));
    let views = shown
        .iter()
        .enumerate()
        .filter(|(_, s)| s.kind == Kind::View);
    let texts = views.filter_map(|(at, s)| answers.get(FIRST + at)?.first()?.get(s.column));
    texts
        .flat_map(|text| crate::canon::foreign(text, own, syntax))
        .collect()
}

pub fn decode(answers: &[Rows], server: Server) -> Result<Inspected, Problems> {
    let mut moment = Moment::new(Catalog::new(server), Vec::new());
    moment.lenient = true;
    // Whoever inspects settles everything when all is there.
    moment.together = true;
    let first = answers.first().and_then(Rows::first);
    moment.catalog.collation = first.and_then(|r| r.get(0)).map(str::to_owned);
    moment.catalog.database = first.and_then(|r| r.get(1)).map(str::to_owned);
    for (at, name) in [
        (0, "collation"),
        (2, "charset"),
        (3, "sql_mode"),
        (4, "lower_case_table_names"),
        (5, "time_zone"),
        (6, "character_set_client"),
        (7, "collation_connection"),
    ] {
        if let Some(value) = first.and_then(|r| r.get(at)) {
            let settings = &mut moment.catalog.settings;
            settings.insert(name.to_owned(), value.to_owned());
        }
    }
    let mut notes = Vec::new();
    let mut patience = Patience::new(of(server.dialect));
    let mut sizes = Observed::default();
    for (at, shown) in all(answers).iter().enumerate() {
        let row = answers.get(FIRST + at).and_then(Rows::first);
        let Some(text) = row.and_then(|r| r.get(shown.column)) else {
            notes.push(format!(
                "the role may not read the definition of {} `{}`",
                shown.kind.noun(),
                shown.name
            ));
            unmodelled(shown, "without leave to read it", &mut moment);
            continue;
        };
        let mode = row.and_then(|r| r.get(1)).filter(|_| shown.column > 1);
        match actions(text, mode.unwrap_or_default(), server) {
            Ok(mut actions) => {
                let cell = |at: isize| row?.get(shown.column.checked_add_signed(at)?);
                for action in &mut actions {
                    let own = moment.catalog.database.as_deref();
                    view_at_home(action, own, server.dialect.syntax());
                    inherited(action);
                    kept::told(action, shown.kind, cell, &moment.catalog);
                }
                patience.attempt(actions, &mut moment);
            }
            Err(why) => unmodelled(shown, &why, &mut moment),
        }
    }
    patience.finish(&mut moment);
    if let Some(grants) = answers.get(FIRST - 1) {
        notes.extend(inspect_grants::decode(grants, server, &mut moment));
    }
    for row in answers.get(1).into_iter().flat_map(Rows::iter) {
        let number = |n: usize| row.get(n).and_then(|v| v.parse::<u64>().ok());
        if let (Some(name), Some(rows), Some(bytes)) = (row.get(0), number(2), number(3)) {
            sizes.sizes.insert(id(Kind::Table, name), (rows, bytes));
        }
    }
    let told = answers.iter().skip(FIRST + all(answers).len());
    for row in told.flat_map(Rows::iter) {
        if let (Some(database), Some(relation), Some(column)) = (row.get(0), row.get(1), row.get(2))
        {
            let key = (database.to_ascii_lowercase(), relation.to_ascii_lowercase());
            let columns = moment.catalog.outside.entry(key).or_default();
            columns.push(column.to_ascii_lowercase());
        }
    }
    for object in moment.catalog.objects.values_mut() {
        for text in object.texts_mut() {
            text.place = None;
        }
    }
    moment.catalog.places.clear();
    Ok(Inspected {
        catalog: moment.catalog,
        observed: sizes,
        notes,
    })
}

/// A collation without its character set is shown where the table's is not that one's usual: the column says none.
fn inherited(action: &mut Action) {
    let Action::Create(create) = action else {
        return;
    };
    let Some(table) = create.object.get_mut::<Table>() else {
        return;
    };
    for my in table.columns.iter_mut().filter_map(|c| c.my.as_mut()) {
        if my.options.get(SAID).is_some_and(|how| how == "collation") {
            my.options.remove(SAID);
        }
    }
}

fn unmodelled(shown: &Shown, why: &str, moment: &mut Moment) {
    moment.catalog.unmodelled.push(Unmodelled {
        what: format!("{} ({why})", shown.kind.noun()),
        name: shown.name.to_owned(),
        on: Some(id(shown.kind, shown.name)),
        place: None,
    });
}

fn actions(sql: &str, mode: &str, server: Server) -> Result<Vec<Action>, String> {
    let syntax = server.dialect.syntax();
    let sql = plain(sql, mode, syntax, SourceId(0)).map_err(|why| {
        let why = why.into_iter().next();
        why.map_or_else(String::new, |d| d.message)
    })?;
    let sql = sql.as_ref();
    // A trigger's text may end in a semicolon of its own.
    let (statements, problems) = split(sql, syntax, SourceId(0));
    if let Some(problem) = problems.first() {
        return Err(problem.message.clone());
    }
    let mut out = Vec::new();
    for statement in &statements {
        let parsed = crate::grammar::read(statement, sql, SourceId(0), server)
            .map_err(|d| format!("not understood: {}", d.message))?;
        out.extend(parsed.actions);
    }
    Ok(out)
}
