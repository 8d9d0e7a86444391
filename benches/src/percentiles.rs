//! Nearest rank, as everywhere in the product.

use std::fmt;
use std::time::Duration;

/// Durations, sorted.
#[derive(Debug)]
pub(crate) struct Percentiles(Vec<Duration>);

impl Percentiles {
    pub(crate) fn of(mut durations: Vec<Duration>) -> Self {
        durations.sort_unstable();
        Self(durations)
    }

    /// The value at position `ceil(n * percent / 100)`, from 1; zero when there is none.
    fn at(&self, percent: usize) -> Duration {
        let rank = (self.0.len() * percent).div_ceil(100);
        let at = rank.checked_sub(1);
        at.and_then(|at| self.0.get(at))
            .copied()
            .unwrap_or_default()
    }
}

impl fmt::Display for Percentiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |percent| self.at(percent).as_secs_f64() * 1e3;
        write!(
            f,
            "p50 {:.2} ms, p99 {:.2} ms, max {:.2} ms",
            ms(50),
            ms(99),
            ms(100)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_nearest() {
        let of = |n: u64| Percentiles::of((1..=n).rev().map(Duration::from_millis).collect());
        assert_eq!(of(0).at(50), Duration::ZERO);
        assert_eq!(of(1).at(50), Duration::from_millis(1));
        assert_eq!(of(3).at(50), Duration::from_millis(2));
        assert_eq!(of(101).at(99), Duration::from_millis(100));
        assert_eq!(of(101).at(100), Duration::from_millis(101));
    }
}
