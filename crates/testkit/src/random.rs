//! A small deterministic source of numbers (SplitMix64).
//!
//! Neighbours: `generate`, random models in laws. Invariant: a seed gives the same numbers on every machine for ever,
//! so a failing seed printed by a test can be run again.

/// Not for secrets.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// An independent stream for one thing of a larger whole, so that a change of one thing moves no other.
    pub fn stream(seed: u64, thing: u64, purpose: u64) -> Self {
        let mut random = Self::new(seed ^ purpose.rotate_left(48));
        let start = random.next() ^ thing.wrapping_mul(0xd134_2543_de82_ef95);
        Self::new(start)
    }

    #[expect(
        clippy::should_implement_trait,
        reason = "an endless source is no iterator"
    )]
    pub fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end` (0 where `end` is 0).
    pub fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(end)) >> 64) as u64
    }

    /// True in that share of cases.
    pub fn chance(&mut self, share: f64) -> bool {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64 <= share && share > 0.0
    }

    /// One of them; nothing where there are none.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len() as u64) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_known_numbers() {
        // The first outputs of SplitMix64 for seed 0.
        let mut random = Random::new(0);
        assert_eq!(random.next(), 0xe220_a839_7b1d_cdaf);
        assert_eq!(random.next(), 0x6e78_9e6a_a1b9_65f4);
    }

    #[test]
    fn shares_and_bounds_hold() {
        let mut random = Random::new(7);
        let hits = (0..10_000).filter(|_| random.chance(0.7)).count();
        assert!((6_800..7_200).contains(&hits), "{hits}");
        assert!((0..1_000).all(|_| random.below(5) < 5));
        assert!((0..1_000).all(|_| !random.chance(0.0)));
        assert_eq!(random.pick::<u8>(&[]), None);
    }
}
