//! The facts of every statement that is read, held against locks measured on PostgreSQL 15.
//!
//! `fixtures/oracle/pg15-locks.json` says how it was measured. Invariant: no lock, rewrite or scan is wrong; what is
//! left out is left out by name.

use driftless_model::{Catalog, Server, Version};
use driftless_planner::{Action, Dialect, Facts, Moment, apply};
use driftless_postgres::POSTGRES;
use driftless_sql::{SourceId, Syntax, split};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

const SERVER: Server = Server {
    dialect: driftless_model::Dialect::Postgres,
    version: Version::new(15, 18),
};

/// Measured with TimeZone at UTC, which a statement does not tell: a rewrite is claimed, and a hazard says when there
/// is none. (The cases of other zones are compared as all others.)
const IN_UTC: [&str; 5] = [
    "type:ts->timestamptz",
    "type:ts->timestamptz@EtcUTC",
    "type:tstz->timestamp@EtcUTC",
    "alter-type-index-tstz",
    "using-ts-tstz",
];

#[derive(Debug)]
enum Read {
    Actions(Vec<Action>),
    /// Not a statement of the model: rows, maintenance, kinds that are not modelled.
    Left(String),
}

fn read(sql: &str) -> Read {
    let (statements, problems) = split(sql, Syntax::Postgres, SourceId(0));
    if let Some(p) = problems.first() {
        return Read::Left(p.to_string());
    }
    let mut actions = Vec::new();
    for s in &statements {
        match POSTGRES.read(s, sql, SourceId(0), SERVER) {
            Ok(parsed) => {
                if let Some(u) = parsed.unmodelled.first() {
                    return Read::Left(format!("not modelled: {u}"));
                }
                if let Some(why) = parsed.ignored {
                    return Read::Left(why.to_owned());
                }
                actions.extend(parsed.actions);
            }
            Err(d) => return Read::Left(d.to_string()),
        }
    }
    Read::Actions(actions)
}

fn run(sql: &str, moment: &mut Moment) -> Result<(), String> {
    match read(sql) {
        Read::Actions(actions) => {
            for action in &actions {
                apply(&POSTGRES, action, moment).map_err(|f| format!("{sql}: {f:?}"))?;
            }
            Ok(())
        }
        Read::Left(why) => Err(format!("{sql}: {why}")),
    }
}

/// Statements that change rows or what is not modelled: they do not matter to locks.
fn is_no_matter(sql: &str) -> bool {
    let first = sql.split_whitespace().next().unwrap_or("");
    ["insert", "update", "delete", "vacuum", "analyze"].contains(&first)
}

fn facts(sql: &str, moment: &mut Moment) -> Result<Facts, String> {
    let Read::Actions(actions) = read(sql) else {
        return Err("not read".into());
    };
    let mut out = Facts::default();
    for action in &actions {
        if let Some(row) = action.target().and_then(|id| POSTGRES.row(id.kind)) {
            out.join(row.facts(action, moment), &|m| POSTGRES.strength(m));
        }
        apply(&POSTGRES, action, moment).map_err(|f| format!("{f:?}"))?;
    }
    Ok(out)
}

fn measured(case: &Value) -> BTreeMap<String, String> {
    let locks = case["locks"].as_object().cloned().unwrap_or_default();
    locks
        .into_iter()
        .map(|(k, v)| (k, v.as_str().unwrap_or("").to_uppercase()))
        .collect()
}

fn claimed(facts: &Facts) -> BTreeMap<String, String> {
    facts
        .locks
        .iter()
        .map(|l| (l.on.to_string(), l.mode.replace(' ', "")))
        .collect()
}

fn compare(case: &Value, facts: &Facts) -> Vec<String> {
    let id = case["id"].as_str().unwrap_or("");
    let mut wrong = Vec::new();
    let (m, c) = (measured(case), claimed(facts));
    if m != c {
        wrong.push(format!("{id}: locks are {m:?}, claimed {c:?}"));
    }
    if case["rewrite"].as_bool() != Some(facts.rewrite) {
        wrong.push(format!(
            "{id}: rewrite is {}, claimed {}",
            case["rewrite"], facts.rewrite
        ));
    }
    if case["scan"].as_bool() != Some(facts.scan) {
        wrong.push(format!(
            "{id}: scan is {}, claimed {}",
            case["scan"], facts.scan
        ));
    }
    wrong
}

fn strings(value: &Value) -> Vec<&str> {
    value
        .as_array()
        .map_or_else(Vec::new, |a| a.iter().filter_map(Value::as_str).collect())
}

fn fixture(oracle: &Value) -> Catalog {
    let mut moment = Moment::new(POSTGRES.empty(SERVER), POSTGRES.path());
    for sql in strings(&oracle["fixture"]) {
        if !is_no_matter(sql) {
            run(sql, &mut moment).expect("the fixture is read");
        }
    }
    moment.catalog
}

#[test]
fn no_measured_lock_is_claimed_wrongly() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/oracle/pg15-locks.json");
    let text = std::fs::read_to_string(path).expect("the oracle is there");
    let oracle: Value = serde_json::from_str(&text).expect("the oracle is JSON");
    let start = fixture(&oracle);
    let (mut compared, mut left, mut wrong) = (0, Vec::new(), Vec::new());
    for case in oracle["cases"].as_array().expect("cases") {
        let (id, sql) = (
            case["id"].as_str().unwrap_or(""),
            case["sql"].as_str().unwrap_or(""),
        );
        if case.get("error").is_some() {
            continue;
        }
        if let Read::Left(why) = read(sql) {
            left.push(format!("{id}: {why}"));
            continue;
        }
        let mut moment = Moment::new(start.clone(), POSTGRES.path());
        let prepared = strings(&case["setup"])
            .into_iter()
            .chain(strings(&case["pre"]))
            .filter(|s| !is_no_matter(s))
            .try_for_each(|s| run(s, &mut moment));
        if let Err(why) = prepared {
            left.push(format!("{id}: {why}"));
            continue;
        }
        moment.fresh.clear();
        match facts(sql, &mut moment) {
            Ok(facts) if IN_UTC.contains(&id) => {
                left.push(format!("{id}: measured in UTC"));
                assert!(
                    facts.rewrite && facts.hazards.iter().any(|h| h.contains("TimeZone")),
                    "{id}"
                );
            }
            Ok(facts) => {
                compared += 1;
                wrong.extend(compare(case, &facts));
            }
            Err(why) => wrong.push(format!("{id}: {sql}: {why}")),
        }
    }
    println!("{compared} cases compared, {} left out:", left.len());
    for line in &left {
        println!("  {line}");
    }
    assert!(
        wrong.is_empty(),
        "{} wrong of {compared}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Measured on PostgreSQL 15.18 by `pg_locks`: what the oracle has no case of.
#[test]
fn rules_statistics_and_clustering_lock_as_measured() {
    const START: &str = "create table t (id int primary key, name text, n int); create table log (what text); \
         create rule r as on update to t do also insert into log values (new.name); \
         create statistics st on name, n from t";
    for (sql, locks) in [
        ("alter table t disable rule r", "t ACCESSEXCLUSIVE"),
        ("alter table t enable always rule r", "t ACCESSEXCLUSIVE"),
        (
            "create rule q as on delete to t do also insert into log values (old.name)",
            "log ROWEXCLUSIVE, t ACCESSEXCLUSIVE",
        ),
        (
            "create or replace rule r as on update to t do also delete from log where what = old.name",
            "log ROWEXCLUSIVE, t ACCESSEXCLUSIVE",
        ),
        ("drop rule r on t", "t ACCESSEXCLUSIVE"),
        ("comment on rule r on t is 'x'", "t ACCESSSHARE"),
        ("alter rule r on t rename to q", "t ACCESSEXCLUSIVE"),
        ("alter statistics st set statistics 100", ""),
        ("drop statistics st", "t SHAREUPDATEEXCLUSIVE"),
        (
            "create statistics s2 on name, id from t",
            "t SHAREUPDATEEXCLUSIVE",
        ),
        ("comment on statistics st is 'x'", ""),
        (
            "alter table t set without cluster",
            "t SHAREUPDATEEXCLUSIVE",
        ),
    ] {
        let mut moment = Moment::new(POSTGRES.empty(SERVER), POSTGRES.path());
        run(START, &mut moment).expect("the start is read");
        moment.fresh.clear();
        let facts = facts(sql, &mut moment).unwrap_or_else(|why| panic!("{sql}: {why}"));
        let claimed: Vec<String> = claimed(&facts)
            .into_iter()
            .map(|(on, mode)| format!("{on} {mode}"))
            .collect();
        assert_eq!(claimed.join(", "), locks, "{sql}");
    }
}
