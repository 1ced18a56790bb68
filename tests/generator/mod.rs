//! Random schemas of all engines, as a model that is changed and then written down.
//!
//! Neighbours: `random`. Invariants: a seed gives the same pair for ever; what is written loads on the engine as it
//! stands; a change adds, alters or drops one thing and everything that hangs on it.

mod lite;
mod model;
mod my;

use driftless_testkit::random::Random;
use model::Schema;

#[derive(Debug, PartialEq)]
pub struct Pair {
    pub before: String,
    pub after: String,
}

impl Pair {
    pub fn generate(engine: &str, seed: u64) -> Pair {
        if engine == "mysql" || engine == "mariadb" {
            let mariadb = engine == "mariadb";
            let mut random = Random::stream(seed, 2 + u64::from(mariadb), 3);
            let mut schema = my::Schema::random(mariadb, &mut random);
            let before = schema.written();
            for _ in 0..1 + random.below(8) {
                schema.change(&mut random);
            }
            return Pair {
                before,
                after: schema.written(),
            };
        }
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
