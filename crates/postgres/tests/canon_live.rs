//! Canonical forms against a live server: what it prints back of a stored text has the form of the text as written,
//! also after one more round trip; and texts that mean different things have different forms.
//!
//! The cases are in `canon/*.txt`, the schema they stand on in `canon/world.sql`.

#[path = "canon/world.rs"]
mod world;

use driftless_model::{Canon, Catalog, Kind, Name, ObjectId, SqlText};
use driftless_postgres::canon::{self, Ground};
use driftless_sql::{query_text, tree_text};
use driftless_testkit::{Database, engine};

const PATH: [&str; 1] = ["public"];

/// One kind of place that a text can stand in.
struct Case<'a> {
    kind: &'a str,
    /// A default's type.
    ty: &'a str,
    text: &'a str,
}

impl<'a> Case<'a> {
    fn read(line: &'a str) -> Case<'a> {
        let (head, text) = line.split_once(" | ").expect("kind | text");
        let (kind, ty) = head.trim().split_once(' ').unwrap_or((head.trim(), ""));
        Case { kind, ty, text }
    }

    /// Stores the text and reads the server's print of it.
    fn printed(&self, database: &Database, text: &str, empty_path: bool) -> Result<String, String> {
        let path = if empty_path { "''" } else { "public" };
        let (make, read) = match self.kind {
            "check" => (
                format!("ALTER TABLE public.t ADD CONSTRAINT probe CHECK ({text})"),
                "SELECT pg_get_expr(conbin, conrelid) FROM pg_constraint WHERE conname = 'probe'",
            ),
            "default" => (
                format!("CREATE TABLE public.probe (c {} DEFAULT {text})", self.ty),
                "SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = 'public.probe'::regclass",
            ),
            "index" => (
                format!("CREATE INDEX probe ON public.t (({text}))"),
                "SELECT pg_get_expr(indexprs, indrelid) FROM pg_index WHERE indexrelid = 'public.probe'::regclass",
            ),
            "where" => (
                format!("CREATE INDEX probe ON public.t (id) WHERE {text}"),
                "SELECT pg_get_expr(indpred, indrelid) FROM pg_index WHERE indexrelid = 'public.probe'::regclass",
            ),
            _ => (
                format!("CREATE VIEW public.probe AS {text}"),
                "SELECT pg_get_viewdef('public.probe'::regclass)",
            ),
        };
        let rows = database
            .query(&format!(
                "BEGIN; SET LOCAL search_path = {path}; {make}; SET LOCAL search_path = ''; {read}; ROLLBACK"
            ))
            .map_err(|e| e.to_string())?;
        match rows
            .into_iter()
            .next()
            .and_then(|r| r.into_iter().next().flatten())
        {
            Some(text) => Ok(text.trim_end_matches(';').trim().to_owned()),
            None => Err("nothing is stored".to_owned()),
        }
    }

    fn settle(&self, catalog: &Catalog, text: &str, path: &[&str]) -> (SqlText, String) {
        let mut sql = SqlText::new(text);
        sql.path = path.iter().map(|s| (*s).to_owned()).collect();
        let table = ObjectId::new(Kind::Table, Name::exact("public"), Name::exact("t"));
        let ground = Ground {
            relation: (self.kind != "default").then_some(&table),
            target: match self.kind {
                "default" => Some(self.ty),
                "index" => None,
                _ => Some("boolean"),
            },
            ..Ground::default()
        };
        let result = match self.kind {
            "view" => {
                canon::query(&mut sql, catalog);
                Ok(())
            }
            "default" => {
                // As a row hands it over: the canonical text of the column's type.
                let moment = driftless_planner::Moment::new(catalog.clone(), sql.path.clone());
                let ty = driftless_postgres::types::resolve(
                    self.ty,
                    &driftless_planner::Moment {
                        path: ["public".into()].into(),
                        ..moment
                    },
                );
                let ty = ty.expect("a type").text;
                canon::expression(
                    &mut sql,
                    &Ground {
                        target: Some(&ty),
                        ..ground
                    },
                    catalog,
                )
            }
            _ => canon::expression(&mut sql, &ground, catalog),
        };
        let shown = match (&sql.canon, result) {
            (_, Err(fault)) => format!("{fault:?}"),
            (Canon::Tree(tree), _) => tree_text(tree),
            (Canon::Query(query), _) => query_text(query),
            (Canon::Tokens(text) | Canon::Opaque(text), _) => format!("OPAQUE {text}"),
            (Canon::Raw, _) => "RAW".to_owned(),
        };
        (sql, shown)
    }
}

fn open() -> Option<(Database, Catalog)> {
    let server = engine::postgres().ok()?;
    let database = server.fresh_database("canon").expect("a database");
    database
        .query(include_str!("canon/world.sql"))
        .expect("the world");
    let ask = |sql: &str| {
        database
            .query(&format!("SET search_path = ''; {sql}"))
            .expect("a query")
    };
    let mut catalog = world::catalog(&ask);
    world::views(&ask, &mut catalog);
    Some((database, catalog))
}

fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines()
        .filter(|l| !l.trim().is_empty() && !l.starts_with('#'))
}

/// Cases that need not be certain: the server itself decides by its settings or clock.
fn is_excused(case: &Case) -> bool {
    [
        "infinity",
        "at > '",
        "tsvector_out",
        "days =>",
        "UTC' > '20",
    ]
    .iter()
    .any(|w| case.text.contains(w))
        || matches!(
            case.ty,
            "timestamptz" | "money" | "xid" | "point" | "tsvector" | "int4range" | "inet" | "bytea"
        )
}

fn hold(case: &Case, database: &Database, catalog: &Catalog, problems: &mut Vec<String>) {
    let printed = match case.printed(database, case.text, false) {
        Ok(printed) => printed,
        Err(why) => {
            // A case that this server does not take proves nothing.
            eprintln!("not stored: {} {}: {why}", case.kind, case.text);
            return;
        }
    };
    let (sql, ours) = case.settle(catalog, case.text, &PATH);
    let (_, theirs) = case.settle(catalog, &printed, &[]);
    let mut complain = |what: &str, other: &str| {
        problems.push(format!(
            "{what}: {} {} | {}\n    printed {printed}\n    ours    {ours}\n    theirs  {other}",
            case.kind, case.ty, case.text
        ));
    };
    if ours != theirs {
        return complain("differs", &theirs);
    }
    if !sql.certain && !is_excused(case) {
        return complain("is not certain", &theirs);
    }
    if let Ok(again) = case.printed(database, &printed, true) {
        let (_, third) = case.settle(catalog, &again, &[]);
        if third != ours {
            complain("differs after one more round", &third);
        }
    }
    // Under any path, the qualified text is stored as the same.
    let safe = canon::qualified(&sql);
    // What an extension's operators mean does depend on the path: they cannot be qualified by splicing.
    if case.ty.is_empty() && !printed.contains("OPERATOR(public.") {
        match case.printed(database, &safe, true) {
            Ok(again) if again == printed => {}
            Ok(again) => complain("is stored otherwise once qualified", &again),
            // Extensions' functions and types are not qualified.
            Err(why) if why.contains("similarity") => {}
            Err(why) => complain("is not stored once qualified", &why),
        }
    }
}

fn report(problems: &[String], total: usize) {
    for problem in problems {
        eprintln!("{problem}");
    }
    assert!(problems.is_empty(), "{} of {total} cases", problems.len());
}

#[test]
fn the_servers_print_has_the_form_of_what_was_written() {
    let Some((database, catalog)) = open() else {
        return;
    };
    let mut problems = Vec::new();
    let mut total = 0;
    for line in lines(include_str!("canon/same.txt")) {
        hold(&Case::read(line), &database, &catalog, &mut problems);
        total += 1;
    }
    report(&problems, total);
    engine::ran_live("canonical expressions");
}

#[test]
fn the_servers_print_of_a_view_has_the_form_of_what_was_written() {
    let Some((database, catalog)) = open() else {
        return;
    };
    let mut problems = Vec::new();
    let mut total = 0;
    for text in lines(include_str!("canon/views.txt")) {
        let case = Case {
            kind: "view",
            ty: "",
            text,
        };
        hold(&case, &database, &catalog, &mut problems);
        total += 1;
    }
    report(&problems, total);
    engine::ran_live("canonical queries");
}

#[test]
fn different_meanings_have_different_forms() {
    let Some((_, catalog)) = open() else { return };
    let mut problems = Vec::new();
    let mut total = 0;
    for line in lines(include_str!("canon/differ.txt")) {
        let (head, other) = line.rsplit_once(" | ").expect("kind | one | other");
        let case = Case::read(head);
        let (one, shown) = case.settle(&catalog, case.text, &PATH);
        let (two, _) = case.settle(&catalog, other, &PATH);
        if one.canon == two.canon {
            problems.push(format!("equal: {line}\n    {shown}"));
        }
        total += 1;
    }
    report(&problems, total);
}
