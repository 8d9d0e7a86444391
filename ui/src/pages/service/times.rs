//! A service's calls over time, in equal buckets.

use clearspan_query::LatencyAnswer;

/// Buckets of a range, from its start.
#[derive(Debug, Clone, Default)]
pub(super) struct Times {
    pub(super) from_ns: i64,
    pub(super) width_ns: i64,
    pub(super) points: Vec<Point>,
}

/// One bucket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) from_ns: i64,
    pub(super) calls: u64,
    pub(super) errors: u64,
    /// p50, p95 and p99; `None` where no call has a duration.
    pub(super) durations: [Option<i64>; 3],
}

impl Point {
    pub(super) fn p50(&self) -> Option<i64> {
        self.durations[0]
    }

    pub(super) fn p95(&self) -> Option<i64> {
        self.durations[1]
    }

    pub(super) fn p99(&self) -> Option<i64> {
        self.durations[2]
    }
}

impl Times {
    pub(super) fn new(answer: &LatencyAnswer) -> Self {
        let points = &answer.points;
        Times {
            from_ns: points.first().map_or(0, |first| instant(first.start_ns)),
            width_ns: instant(answer.width_ns),
            points: points
                .iter()
                .map(|point| Point {
                    from_ns: instant(point.start_ns),
                    calls: point.calls,
                    errors: point.errors,
                    durations: [point.p50_ns, point.p95_ns, point.p99_ns],
                })
                .collect(),
        }
    }

    /// The first instant behind all buckets.
    pub(super) fn to_ns(&self) -> i64 {
        let count = i64::try_from(self.points.len()).unwrap_or(i64::MAX);
        self.from_ns
            .saturating_add(self.width_ns.saturating_mul(count))
    }

    /// Calls per second, of the calls of one bucket.
    pub(super) fn rate(&self, calls: u64) -> f64 {
        calls as f64 / (self.width_ns.max(1) as f64 / 1e9)
    }

    pub(super) fn calls(&self) -> u64 {
        self.points.iter().map(|point| point.calls).sum()
    }

    pub(super) fn errors(&self) -> u64 {
        self.points.iter().map(|point| point.errors).sum()
    }

    /// The bucket that holds an instant.
    pub(super) fn at(&self, ns: i64) -> Option<usize> {
        let behind = ns.checked_sub(self.from_ns).filter(|behind| *behind >= 0)?;
        let at = usize::try_from(behind / self.width_ns.max(1)).ok()?;
        (at < self.points.len()).then_some(at)
    }

    /// Where the eye belongs first: the bucket with most errors, without errors the last one with calls.
    pub(super) fn first_look(&self) -> Option<usize> {
        let points = self.points.iter().enumerate();
        let failing = points.clone().filter(|(_, point)| point.errors > 0);
        let worst = failing.max_by_key(|(_, point)| point.errors);
        let last = || points.rev().find(|(_, point)| point.calls > 0);
        worst.or_else(last).map(|(at, _)| at)
    }
}

/// As far as a time can be shown: buckets may begin before the first instant there is.
fn instant(ns: i128) -> i64 {
    i64::try_from(ns).unwrap_or(if ns < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(counts: &[(u64, u64)]) -> Times {
        let points = counts.iter().zip(0..).map(|(&(calls, errors), at)| Point {
            from_ns: 100 + at * 10,
            calls,
            errors,
            durations: [None; 3],
        });
        Times {
            from_ns: 100,
            width_ns: 10,
            points: points.collect(),
        }
    }

    #[test]
    fn the_bucket_of_an_instant() {
        let times = times(&[(1, 0), (1, 0)]);
        let at = [99, 100, 109, 110, 119, 120, i64::MIN].map(|ns| times.at(ns));
        assert_eq!(at, [None, Some(0), Some(0), Some(1), Some(1), None, None]);
        assert_eq!(times.to_ns(), 120);
        assert_eq!(Times::default().at(0), None);
    }

    #[test]
    fn the_first_look_is_at_the_errors() {
        assert_eq!(
            times(&[(5, 0), (5, 2), (5, 1), (0, 0)]).first_look(),
            Some(1)
        );
        assert_eq!(times(&[(5, 0), (5, 0), (0, 0)]).first_look(), Some(1));
        assert_eq!(times(&[(0, 0)]).first_look(), None);
    }
}
