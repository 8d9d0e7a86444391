//! The necessary condition that a scan understands.

use clearspan_schema::{SpanId, TraceId};

use crate::text::TextPattern;

/// What every matching row satisfies. A row that satisfies it need not match: the query verifies.
/// Text means the signal's text: a log's body, a span's name.
#[derive(Debug, Clone, PartialEq)]
pub enum Predicate {
    /// Any row may match.
    All,
    /// No row can match.
    Nothing,
    /// All of them hold.
    And(Vec<Predicate>),
    /// At least one of them holds.
    Or(Vec<Predicate>),
    /// The text holds this word or phrase.
    Text(TextPattern),
    /// The record has this trace id.
    TraceId(TraceId),
    /// The record has this span id.
    SpanId(SpanId),
}

impl Predicate {
    /// Both, simplified.
    pub fn and(self, other: Predicate) -> Predicate {
        match (self, other) {
            (Predicate::All, only) | (only, Predicate::All) => only,
            (Predicate::Nothing, _) | (_, Predicate::Nothing) => Predicate::Nothing,
            (Predicate::And(mut all), one) => {
                all.push(one);
                Predicate::And(all)
            }
            (one, other) => Predicate::And(vec![one, other]),
        }
    }

    /// Either, simplified.
    pub fn or(self, other: Predicate) -> Predicate {
        match (self, other) {
            (Predicate::All, _) | (_, Predicate::All) => Predicate::All,
            (Predicate::Nothing, only) | (only, Predicate::Nothing) => only,
            (Predicate::Or(mut any), one) => {
                any.push(one);
                Predicate::Or(any)
            }
            (one, other) => Predicate::Or(vec![one, other]),
        }
    }
}

/// `[from, to)` in nanoseconds since 1970, over the time at which a record is placed. An absent end
/// is unbounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TimeRange {
    /// The first instant inside.
    pub from: Option<i64>,
    /// The first instant behind.
    pub to: Option<i64>,
}

impl TimeRange {
    /// All time.
    pub const ALL: TimeRange = TimeRange {
        from: None,
        to: None,
    };

    /// Whether `time` lies inside.
    pub fn contains(self, time: i64) -> bool {
        self.from.is_none_or(|from| time >= from) && self.to.is_none_or(|to| time < to)
    }

    /// Whether some instant of `first ..= last` lies inside.
    pub fn overlaps(self, first: i64, last: i64) -> bool {
        self.from.is_none_or(|from| last >= from) && self.to.is_none_or(|to| first < to)
    }

    /// Whether all of `first ..= last` lies inside.
    pub fn covers(self, first: i64, last: i64) -> bool {
        self.contains(first) && self.contains(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_holds_its_start_and_not_its_end() {
        let range = TimeRange {
            from: Some(10),
            to: Some(20),
        };
        assert!(range.contains(10) && !range.contains(20) && !range.contains(9));
        assert!(range.overlaps(0, 10) && !range.overlaps(20, 30) && range.overlaps(0, 100));
        assert!(range.covers(10, 19) && !range.covers(10, 20));
        assert!(TimeRange::ALL.contains(i64::MIN) && TimeRange::ALL.contains(i64::MAX));
    }

    #[test]
    fn simplification_keeps_the_meaning() {
        let id = || Predicate::SpanId([1; 8]);
        assert_eq!(Predicate::All.and(id()), id());
        assert_eq!(Predicate::All.or(id()), Predicate::All);
        assert_eq!(Predicate::Nothing.and(id()), Predicate::Nothing);
        assert_eq!(Predicate::Nothing.or(id()), id());
    }
}
