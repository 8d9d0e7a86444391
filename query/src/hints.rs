//! What an answer adds when it is empty.

mod fields;
mod nearest;
mod roots;

use clearspan_storage::scan::{Snapshot, TimeRange};

pub(crate) use nearest::nearest;
pub(crate) use roots::of_roots;

use crate::QueryError;
use crate::engine::Session;
use crate::language::Query;

/// When `query` found nothing in `range`: fields that no record has, and when the newest record was if that lies outside.
pub(crate) async fn of_nothing(
    session: &Session,
    query: &Query,
    range: TimeRange,
    matched: Option<u64>,
) -> Result<Vec<String>, QueryError> {
    // What was not counted has a page at least.
    if matched != Some(0) {
        return Ok(Vec::new());
    }
    let mut hints = fields::unknown(session, query).await?;
    hints.extend(for_empty(&session.snapshot, range));
    Ok(hints)
}

/// When even the newest record lies outside of the range: when that record was.
fn for_empty(snapshot: &Snapshot, range: TimeRange) -> Option<String> {
    let newest = snapshot
        .parts()
        .iter()
        .map(|part| part.time_range().1)
        .max();
    let outside = newest.filter(|&newest| !range.contains(newest));
    outside.map(|newest| format!("the newest record is of {}", shown(newest)))
}

/// When no trace can be as long as was asked for.
pub(crate) fn for_durations((shortest, longest): (Option<i128>, Option<i128>)) -> Vec<String> {
    let excluded = shortest.zip(longest).is_some_and(|(min, max)| min > max);
    let hint = "`min_duration` is longer than `max_duration`, so that no trace can match";
    excluded.then(|| hint.to_owned()).into_iter().collect()
}

fn shown(time_ns: i64) -> String {
    let time = jiff::Timestamp::from_nanosecond(i128::from(time_ns));
    time.map_or_else(|_| format!("{time_ns} ns"), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_that_exclude_each_other_are_told() {
        assert_eq!(for_durations((Some(2), Some(1))).len(), 1);
        for fine in [(Some(1), Some(1)), (Some(2), None), (None, Some(1))] {
            assert_eq!(for_durations(fine), Vec::<String>::new());
        }
    }

    #[test]
    fn every_stored_time_can_be_shown() {
        assert_eq!(
            shown(1_674_981_729_487_160_534),
            "2023-01-29T08:42:09.487160534Z"
        );
        assert_eq!(shown(i64::MAX), "2262-04-11T23:47:16.854775807Z");
        assert_eq!(shown(i64::MIN), "1677-09-21T00:12:43.145224192Z");
    }
}
