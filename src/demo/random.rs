//! Randomness that is a function of what it is for: each piece of the shop's life has a generator of its own, seeded from
//! the demo's seed and the piece's numbers. So any piece can be made alone, in any order, and comes out the same.

use std::f64::consts::TAU;

use fastrand::Rng;

/// A source of random numbers for one piece.
#[derive(Debug, Clone)]
pub(crate) struct Random(Rng);

impl Random {
    /// The generator of the piece that these numbers name.
    pub(crate) fn of(piece: &[u64]) -> Self {
        Self(Rng::with_seed(mix(piece)))
    }

    /// Uniform in [0, 1).
    pub(crate) fn unit(&mut self) -> f64 {
        self.0.f64()
    }

    /// True with this probability.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Uniform, both ends included.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        self.0.u64(low..=high)
    }

    /// One of several, each as likely.
    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.0.usize(..from.len())]
    }

    /// As latencies are: most are near the median, a few are far above. `sigma` is the deviation of the logarithm.
    pub(crate) fn log_normal(&mut self, median: f64, sigma: f64) -> f64 {
        // Box and Muller's transform; the first argument must not be 0.
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        let normal = radius * (TAU * self.unit()).cos();
        median * (sigma * normal).exp()
    }

    /// The time to the next of independent events that come at this mean distance.
    pub(crate) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.unit()).ln()
    }

    /// An id of a trace or a span: never all zero, which would be none.
    pub(crate) fn id<const N: usize>(&mut self) -> [u8; N] {
        let mut id = [0; N];
        while id == [0; N] {
            self.0.fill(&mut id);
        }
        id
    }
}

/// One number from several, by the finalising steps of splitmix64: neighbours end far apart.
pub(crate) fn mix(numbers: &[u64]) -> u64 {
    numbers.iter().fold(0x9E37_79B9_7F4A_7C15, |state, number| {
        let mut mixed = (state ^ number).wrapping_add(0x9E37_79B9_7F4A_7C15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_the_same_each_time_and_unlike_its_neighbour() {
        let first = |piece: &[u64]| Random::of(piece).between(0, u64::MAX);
        assert_eq!(first(&[1, 2, 3]), first(&[1, 2, 3]));
        assert_ne!(first(&[1, 2, 3]), first(&[1, 2, 4]));
        assert_ne!(first(&[1, 2]), first(&[2, 1]));
    }

    #[test]
    fn latencies_lie_around_their_median() {
        let mut random = Random::of(&[7]);
        let mut drawn: Vec<f64> = (0..2_001).map(|_| random.log_normal(10.0, 0.5)).collect();
        drawn.sort_by(f64::total_cmp);
        assert!((9.0..11.0).contains(&drawn[1_000]), "{}", drawn[1_000]);
        // The 99th percentile of the logarithm lies 2.33 deviations above.
        assert!((25.0..42.0).contains(&drawn[1_980]), "{}", drawn[1_980]);
        assert!(drawn[0] > 0.0);
    }

    #[test]
    fn events_come_at_their_mean_distance() {
        let mut random = Random::of(&[7]);
        let sum: f64 = (0..2_000).map(|_| random.exponential(3.0)).sum();
        assert!((2.7..3.3).contains(&(sum / 2_000.0)), "{sum}");
    }
}
