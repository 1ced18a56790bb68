//! Random schemas of both engines, as a model that is changed and then written down.
//!
//! Neighbours: `random`. Invariants: a seed gives the same pair for ever; what is written loads on the engine as it
//! stands; a change adds, alters or drops one thing and everything that hangs on it.

mod lite;
mod model;

use driftless_testkit::random::Random;
use model::Schema;

#[derive(Debug, PartialEq)]
pub struct Pair {
    pub before: String,
    pub after: String,
}

impl Pair {
    pub fn generate(engine: &str, seed: u64) -> Pair {
        let postgres = engine == "postgres";
        let mut random = Random::stream(seed, u64::from(postgres), 3);
        let mut schema = Schema::random(postgres, &mut random);
        let before = schema.written();
        for _ in 0..1 + random.below(6) {
            schema.change(&mut random);
        }
        Pair {
            before,
            after: schema.written(),
        }
    }
}
