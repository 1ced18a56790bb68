//! Random pairs of schemas: one grows from the other by random changes, and the laws must hold for each pair.
//!
//! Neighbours: `law`; the generator stands in `generator`. Invariant: seeds are fixed, so a pair that fails is named by
//! its number and can be run again (`PAIR=17`); `PAIRS=2000` runs so many of each engine.

mod generator;
mod law;

use generator::Pair;
use law::Engine;

const SQLITE_PAIRS: u64 = 240;
const POSTGRES_PAIRS: u64 = 100;
const MARIADB_PAIRS: u64 = 60;
/// In every table, before the plan runs.
const ROWS: usize = 30;

#[test]
fn sqlite_pairs_converge() {
    run(&law::SQLITE, SQLITE_PAIRS);
}

#[test]
fn postgres_pairs_converge() {
    run(&law::POSTGRES, POSTGRES_PAIRS);
}

#[test]
fn mariadb_pairs_converge() {
    run(&law::MARIADB, MARIADB_PAIRS);
}

#[test]
fn mysql_pairs_converge() {
    run(&law::MYSQL, MARIADB_PAIRS);
}

#[test]
fn a_seed_gives_the_same_pair() {
    for engine in [&law::SQLITE, &law::POSTGRES, &law::MARIADB, &law::MYSQL] {
        assert_eq!(
            Pair::generate(engine.name, 5),
            Pair::generate(engine.name, 5)
        );
        assert_ne!(
            Pair::generate(engine.name, 5),
            Pair::generate(engine.name, 6)
        );
    }
}

fn run(engine: &Engine, pairs: u64) {
    let only: Option<u64> = std::env::var("PAIR").ok().and_then(|n| n.parse().ok());
    let asked = std::env::var("PAIRS").ok().and_then(|n| n.parse().ok());
    let pairs = asked.unwrap_or(pairs);
    let seeds: Vec<u64> = match only {
        Some(seed) => vec![seed],
        None => (1..=pairs).collect(),
    };
    let outcomes = law::each(&seeds, |seed| check(engine, *seed));
    let mut failed = Vec::new();
    for (seed, outcome) in seeds.iter().zip(outcomes) {
        let broken = outcome.unwrap_or_else(|panic| vec![law::panic_text(&*panic)]);
        if !broken.is_empty() {
            failed.push(format!("FAIL PAIR={seed}\n{}", broken.join("\n")));
        }
    }
    if only.is_some() && !failed.is_empty() {
        let pair = Pair::generate(engine.name, seeds[0]);
        failed.push(format!(
            "-- before\n{}-- after\n{}",
            pair.before, pair.after
        ));
    }
    // All of them would be a wall: the first ones are enough to begin with.
    let count = failed.len();
    failed.truncate(8);
    assert!(
        count == 0,
        "{}\n{count} of {} pairs failed",
        failed.join("\n"),
        seeds.len()
    );
}

fn check(engine: &Engine, seed: u64) -> Vec<String> {
    let made = Pair::generate(engine.name, seed);
    let title = format!("random {seed}");
    let pair = law::Pair {
        title: &title,
        before: &made.before,
        after: &made.after,
        loadable: (&made.before, &made.after),
        destructive: None,
        unproven: false,
        irreversible: false,
        same: false,
        rows: ROWS,
    };
    let mut broken = engine.offline(&pair);
    match engine.live(&pair) {
        Ok(Some(())) => driftless_testkit::engine::ran_live(&title),
        Ok(None) => {}
        Err(error) => broken.push(format!("{error:#}")),
    }
    broken
}
