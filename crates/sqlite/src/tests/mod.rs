//! Tables of cases: what reads back, what is the same, what is an error, what a plan says.

mod cases;
mod plan;

use crate::SQLITE;
use crate::features::DEFAULT_VERSION;
use crate::print::statement;
use driftless_model::{Catalog, Hints, Scope, Server, Users, Verdict};
use driftless_planner::{Cx, Desired, Dialect, read_desired};
use driftless_sql::{Problems, SourceId, Sources, split};

pub const SERVER: Server = Server {
    dialect: driftless_model::Dialect::Sqlite,
    version: DEFAULT_VERSION,
};

pub fn desired(text: &str) -> Result<Desired, Problems> {
    let mut sources = Sources::default();
    let id = sources.add("schema.sql", text);
    read_desired(&SQLITE, &sources, &[id], SERVER)
}

pub fn catalog(text: &str) -> Catalog {
    match desired(text) {
        Ok(d) => d.catalog,
        Err(p) => panic!("{text}\n{p}"),
    }
}

/// Every object that is not the same on both sides.
pub fn differences(before: &Catalog, after: &Catalog) -> Vec<String> {
    let (users, hints, scope) = (Users::default(), Hints::default(), Scope::default());
    let cx = Cx {
        before,
        after,
        users: &users,
        hints: &hints,
        scope: &scope,
        server: SERVER,
    };
    let mut out = Vec::new();
    for (id, object) in &before.objects {
        match after.get(id) {
            None => out.push(format!("- {id}")),
            Some(other) => {
                let row = SQLITE.row(id.kind).expect("a row");
                if row.same(object, other, &cx) != Verdict::Same {
                    out.push(format!("~ {id}"));
                }
            }
        }
    }
    let new = after.objects.keys().filter(|id| !before.contains(id));
    out.extend(new.map(|id| format!("+ {id}")));
    out
}

/// Read, printed.
pub fn printed(text: &str) -> String {
    let (statements, problems) = split(text, SQLITE.syntax(), SourceId(0));
    assert!(problems.is_empty(), "{problems:?}");
    let texts: Vec<String> = statements
        .iter()
        .map(|s| {
            let parsed = SQLITE
                .read(s, text, SourceId(0), SERVER)
                .unwrap_or_else(|d| panic!("{text}\n{d}"));
            statement(&parsed.actions)
        })
        .collect();
    texts.join(";\n")
}

#[test]
fn what_is_printed_reads_back() {
    for text in cases::ROUND_TRIPS {
        let once = printed(text);
        assert_eq!(printed(&once), once, "{text}");
        let (before, after) = (catalog(text), catalog(&once));
        assert_eq!(differences(&before, &after), Vec::<String>::new(), "{once}");
    }
}

#[test]
fn spellings_of_one_thing() {
    for (a, b) in cases::SAME {
        let left = differences(&catalog(a), &catalog(b));
        assert_eq!(left, Vec::<String>::new(), "{a}\n{b}");
    }
}

#[test]
fn what_must_not_be_the_same() {
    for (a, b) in cases::DIFFERENT {
        assert!(
            !differences(&catalog(a), &catalog(b)).is_empty(),
            "{a}\n{b}"
        );
    }
}

#[test]
fn mistakes() {
    for (text, code) in cases::MISTAKES {
        match desired(text) {
            Ok(d) => panic!("{text}: no error, {:?}", d.warnings),
            Err(p) => {
                let first = &p.0[0];
                assert_eq!(first.code, *code, "{text}: {p}");
                assert!(first.place.is_some(), "{text}: no place");
            }
        }
    }
}

#[test]
fn statements_without_a_declaration() {
    for text in cases::IGNORED {
        let d = desired(text).unwrap_or_else(|p| panic!("{text}\n{p}"));
        assert!(d.catalog.objects.is_empty(), "{text}");
        assert_eq!(d.ignored.len(), 1, "{text}");
    }
}

#[test]
fn a_foreign_key_to_nothing_is_a_warning() {
    let d = desired("CREATE TABLE c (a REFERENCES nowhere)").expect("accepted, as SQLite does");
    assert_eq!(d.warnings[0].code, "D0302");
    assert_eq!(d.catalog.objects.len(), 2);
}

#[test]
fn a_view_of_nothing_is_a_warning() {
    let d = desired("CREATE VIEW v AS SELECT * FROM nowhere").expect("accepted, as SQLite does");
    assert_eq!(d.warnings[0].code, "D0302");
    assert_eq!(d.catalog.objects.len(), 1);
}
