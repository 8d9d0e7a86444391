//! What has changed since the range before, which is as long.
//!
//! What was there then and is not now stays on the map, and says so. Of a change that is told in a word the gravest is told: more errors,
//! then longer, then more or fewer calls. Few calls vary by themselves; of them nothing is told but that they came or went.

use super::figures::Figures;
use crate::pages::format;

/// Calls in either range from which a change of figures is told.
const CALLS_MIN: u64 = 20;

/// Percentage points of errors that are told.
const POINTS_MIN: f64 = 1.0;

/// Factors from which a change is told.
const SLOWER_MIN: f64 = 1.5;
const CALLS_FACTOR_MIN: f64 = 2.0;

/// How something changed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Change {
    pub(super) words: String,
    pub(super) is_worse: bool,
}

/// The gravest change that is worth a word.
pub(super) fn change(now: &Figures, before: Option<&Figures>) -> Option<Change> {
    let before = before?;
    match (now.calls, before.calls) {
        (0, 0) => return None,
        (_, 0) => {
            return Some(Change {
                words: "new".to_owned(),
                is_worse: false,
            });
        }
        (0, _) => {
            return Some(Change {
                words: "gone".to_owned(),
                is_worse: false,
            });
        }
        _ => {}
    }
    if now.calls < CALLS_MIN || before.calls < CALLS_MIN {
        return None;
    }
    errors(now, before)
        .or_else(|| slower(now, before))
        .or_else(|| calls(now, before))
}

fn errors(now: &Figures, before: &Figures) -> Option<Change> {
    let points = (now.error_share() - before.error_share()) * 100.0;
    (points.abs() >= POINTS_MIN).then(|| Change {
        words: format!(
            "errors {} → {}\u{a0}%",
            format::percent(before.errors, before.calls),
            format::percent(now.errors, now.calls)
        ),
        is_worse: points > 0.0,
    })
}

fn slower(now: &Figures, before: &Figures) -> Option<Change> {
    let (now, before) = (now.p95?, before.p95?);
    let factor = now as f64 / before.max(1) as f64;
    (factor >= SLOWER_MIN).then(|| Change {
        words: format!(
            "p95 {} → {}",
            format::duration(before),
            format::duration(now)
        ),
        is_worse: true,
    })
}

fn calls(now: &Figures, before: &Figures) -> Option<Change> {
    let factor = now.calls as f64 / before.calls as f64;
    let is_told = factor >= CALLS_FACTOR_MIN || factor <= 1.0 / CALLS_FACTOR_MIN;
    is_told.then(|| Change {
        words: if factor > 1.0 {
            format!("calls ×{factor:.1}")
        } else {
            format!("calls ÷{:.1}", 1.0 / factor)
        },
        is_worse: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(calls: u64, errors: u64, p95: i64) -> Figures {
        Figures {
            calls,
            errors,
            p95: Some(p95 * 1_000_000),
            ..Figures::default()
        }
    }

    #[test]
    fn the_gravest_change_is_told() {
        let check = |now: Figures, before: Figures, expected: Option<(&str, bool)>| {
            let found = change(&now, Some(&before));
            let found = found.map(|change| (change.words.replace('\u{a0}', " "), change.is_worse));
            assert_eq!(
                found,
                expected.map(|(words, is_worse)| (words.to_owned(), is_worse))
            );
        };
        check(figures(5, 0, 1), figures(0, 0, 1), Some(("new", false)));
        check(figures(0, 0, 1), figures(5, 0, 1), Some(("gone", false)));
        check(figures(0, 0, 1), figures(0, 0, 1), None);
        check(
            figures(100, 12, 90),
            figures(100, 0, 10),
            Some(("errors 0 → 12.0 %", true)),
        );
        check(
            figures(100, 0, 90),
            figures(100, 12, 10),
            Some(("errors 12.0 → 0 %", false)),
        );
        check(
            figures(100, 0, 90),
            figures(100, 0, 10),
            Some(("p95 10.0 ms → 90.0 ms", true)),
        );
        check(
            figures(300, 0, 10),
            figures(100, 0, 10),
            Some(("calls ×3.0", false)),
        );
        check(
            figures(100, 0, 10),
            figures(300, 0, 10),
            Some(("calls ÷3.0", false)),
        );
        check(figures(110, 0, 11), figures(100, 0, 10), None);
        // Of a few calls nothing is told.
        check(figures(3, 3, 90), figures(4, 0, 10), None);
        assert_eq!(change(&figures(3, 3, 90), None), None);
    }
}
