//! Every folder of `fixtures/plan` as a named case, held against all laws; `FIXTURE=text` keeps those whose title has it,
//! `UPDATE=1` rewrites `plan.sql`.
//!
//! Neighbours: `law` has the laws, testkit reads the folders. Invariant: one run tells every case that fails, and a case
//! that ran live yesterday cannot fall silent today (`fixtures/plan/live.count`).

mod law;

use anyhow::{Context, Result, bail, ensure};
use driftless_model::{Server, Version};
use driftless_report::script;
use driftless_sql::Problems;
use driftless_testkit::{Case, engine, expect, fixture, workspace};
use law::{Engine, Pair};

/// In every table, before the plan runs.
const ROWS: usize = 1000;

#[test]
fn sqlite() {
    run(&law::SQLITE);
}

#[test]
fn postgres() {
    run(&law::POSTGRES);
}

#[test]
fn mariadb() {
    run(&law::MARIADB);
}

#[test]
fn mysql() {
    run(&law::MYSQL);
}

/// What became of a case.
#[derive(Default)]
struct Outcome {
    broken: Vec<String>,
    live: bool,
}

fn run(engine: &Engine) {
    let cases = fixture::cases(engine.name).expect("the fixtures are well-formed");
    assert!(
        !cases.is_empty() || std::env::var("FIXTURE").is_ok(),
        "there are no cases of {}",
        engine.name
    );
    let outcomes = law::each(&cases, |case| check(engine, case));
    let mut failed = Vec::new();
    let mut live = 0;
    for (case, outcome) in cases.iter().zip(outcomes) {
        let outcome = outcome.unwrap_or_else(|panic| Outcome {
            broken: vec![law::panic_text(&*panic)],
            live: false,
        });
        if outcome.live {
            live += 1;
            engine::ran_live(&case.title());
        }
        if !outcome.broken.is_empty() {
            failed.push(format!(
                "FAIL {}\n{}",
                case.title(),
                indented(&outcome.broken.join("\n"))
            ));
        }
    }
    if let Err(error) = count(engine, live) {
        failed.push(format!("{error:#}"));
    }
    assert!(
        failed.is_empty(),
        "{}\n{} of {} cases failed, {live} ran live",
        failed.join("\n"),
        failed.len(),
        cases.len()
    );
}

fn check(engine: &Engine, case: &Case) -> Outcome {
    let versions = case.meta.versions;
    let first = versions.and_then(|v| v.first.or(v.last)).map(u32::from);
    let engine = &Engine {
        server: Server {
            version: first.map_or(engine.server.version, |major| Version::new(major, 0)),
            ..engine.server
        },
        ..*engine
    };
    if let Some(code) = &case.meta.refused {
        return Outcome {
            broken: refused(engine, case, code)
                .err()
                .map(|e| format!("{e:#}"))
                .into_iter()
                .collect(),
            live: false,
        };
    }
    let pair = Pair {
        title: &case.name,
        before: &case.before,
        after: &case.after,
        loadable: (&case.before, case.loadable_after()),
        destructive: Some(case.meta.destructive),
        unproven: case.meta.unproven,
        irreversible: case.meta.irreversible,
        same: case.kind == "spelling",
        rows: ROWS,
    };
    let mut broken = engine.offline(&pair);
    broken.extend(expected(engine, case).err().map(|e| format!("{e:#}")));
    let live = match live(engine, case, &pair) {
        Ok(live) => live,
        Err(error) => {
            broken.push(format!("{error:#}"));
            true
        }
    };
    Outcome { broken, live }
}

fn expected(engine: &Engine, case: &Case) -> Result<()> {
    let (Ok(before), Ok(after)) = (engine.read(&case.before), engine.read(&case.after)) else {
        // Told already.
        return Ok(());
    };
    let Ok(plan) = engine.plan(&before.catalog, &after.catalog, &after.hints, true) else {
        return Ok(());
    };
    if case.kind == "spelling" {
        ensure!(
            !plan.differs(),
            "only the spelling differs:\n{}",
            law::shown(&plan)
        );
    }
    expect::check_file(&case.plan_file(), &script(&plan))
}

fn live(engine: &Engine, case: &Case, pair: &Pair) -> Result<bool> {
    if case.meta.offline {
        return Ok(false);
    }
    if let (Some(versions), Ok(driftless_testkit::Engine::Postgres(server))) =
        (case.meta.versions, engine::available(engine.name))
        && !versions.contains(server.major())
    {
        let base = server.fresh_database(&case.name)?;
        let both = format!("{}\n;\n{}", case.before, case.loadable_after());
        ensure!(
            base.query(&both).is_err(),
            "it loads on {} as well",
            server.major()
        );
        return Ok(true);
    }
    Ok(engine.live(pair)?.is_some())
}

fn refused(engine: &Engine, case: &Case, code: &str) -> Result<()> {
    let planned = || -> Result<String> {
        let before = engine.read(&case.before)?;
        let after = engine.read(&case.after)?;
        Ok(script(&engine.plan(
            &before.catalog,
            &after.catalog,
            &after.hints,
            true,
        )?))
    };
    match planned() {
        Ok(text) => bail!("it must be refused with {code}, and is planned:\n{text}"),
        Err(error) => {
            let problems = error.downcast_ref::<Problems>().context("no diagnostic")?;
            ensure!(
                problems
                    .0
                    .iter()
                    .any(|d| d.code == code && d.help.is_some()),
                "it must be refused with {code} and a help, and says {problems}"
            );
            Ok(())
        }
    }
}

/// Holds the number of cases that ran live against the recorded one.
fn count(engine: &Engine, live: usize) -> Result<()> {
    if std::env::var("FIXTURE").is_ok() {
        return Ok(());
    }
    let path = workspace::root().join("fixtures/plan/live.count");
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let mut counts: std::collections::BTreeMap<&str, usize> = text
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(name, n)| Some((name, n.parse().ok()?)))
        .collect();
    let recorded = counts.get(engine.name).copied().unwrap_or_default();
    if expect::updating() && live > 0 {
        counts.insert(engine.name, live);
        let lines: String = counts
            .iter()
            .map(|(name, n)| format!("{name} {n}\n"))
            .collect();
        return Ok(std::fs::write(&path, lines)?);
    }
    ensure!(
        live >= recorded || !engine::required(engine.name),
        "{live} cases ran live on {}, {recorded} did when it was recorded in fixtures/plan/live.count",
        engine.name
    );
    Ok(())
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}
