//! Random schemas of all engines, as a model that is changed and then written down.
//!
//! Neighbours: `random`. Invariants: a seed gives the same pair for ever; what is written loads on the engine as it
//! stands; a change adds, alters or drops one thing and everything that hangs on it.

mod lite;
mod model;
mod my;
mod pg;

use driftless_testkit::random::Random;

#[derive(Debug, PartialEq)]
pub struct Pair {
    pub before: String,
    pub after: String,
}

/// A schema that is changed and written down.
trait Model {
    fn change(&mut self, random: &mut Random);
    fn written(&self) -> String;
}

impl Pair {
    pub fn generate(engine: &str, seed: u64) -> Pair {
        // Each engine has its own stream, and so its own pairs.
        let stream = |engine| Random::stream(seed, engine, 3);
        match engine {
            "sqlite" => Pair::grown(model::Schema::random, 6, stream(0)),
            "postgres" => Pair::grown(pg::Schema::random, 8, stream(1)),
            "mysql" => Pair::grown(|r| my::Schema::random(false, r), 8, stream(2)),
            _ => Pair::grown(|r| my::Schema::random(true, r), 8, stream(3)),
        }
    }

    fn grown<M: Model>(make: impl Fn(&mut Random) -> M, changes: u64, mut random: Random) -> Pair {
        let mut schema = make(&mut random);
        let before = schema.written();
        for _ in 0..1 + random.below(changes) {
            schema.change(&mut random);
        }
        Pair {
            before,
            after: schema.written(),
        }
    }
}
