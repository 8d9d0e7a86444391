//! Times that follow from other times: kept only where they do not.

use arrow::array::{Array, Int64Array, TimestampNanosecondArray};
use clearspan_schema::time::UTC;

use super::ShapeError;

/// Where a row is placed if nothing else is said: by its own time, else by its fallback.
pub(super) fn place_of(
    own: Option<&TimestampNanosecondArray>,
    fallback: Option<&TimestampNanosecondArray>,
    row: usize,
) -> Option<i64> {
    at(own, row).or_else(|| at(fallback, row))
}

/// When a span ends if nothing else is said: at its start and its duration.
pub(super) fn end_of(
    start: Option<&TimestampNanosecondArray>,
    duration: Option<&Int64Array>,
    row: usize,
) -> Option<i64> {
    let duration = duration.filter(|duration| duration.is_valid(row))?;
    // A start and duration that go beyond what a time can hold still give back what their difference was taken from.
    Some(at(start, row)?.wrapping_add(duration.value(row)))
}

fn at(times: Option<&TimestampNanosecondArray>, row: usize) -> Option<i64> {
    let times = times.filter(|times| times.is_valid(row))?;
    Some(times.value(row))
}

/// Of a time column what has to be kept: the times that are not `given`.
pub(super) fn kept(
    times: &TimestampNanosecondArray,
    given: impl Fn(usize) -> Option<i64>,
) -> TimestampNanosecondArray {
    let rows = times.iter().enumerate();
    let kept = rows.map(|(row, time)| time.filter(|time| Some(*time) != given(row)));
    kept.collect::<TimestampNanosecondArray>()
        .with_timezone(UTC)
}

/// And back. Null where a time is neither kept nor given.
pub(super) fn restore(
    rows: usize,
    kept: Option<&TimestampNanosecondArray>,
    given: impl Fn(usize) -> Option<i64>,
) -> TimestampNanosecondArray {
    let times = (0..rows).map(|row| at(kept, row).or_else(|| given(row)));
    times
        .collect::<TimestampNanosecondArray>()
        .with_timezone(UTC)
}

/// A restored column that may not have nulls.
pub(super) fn complete(
    times: TimestampNanosecondArray,
) -> Result<TimestampNanosecondArray, ShapeError> {
    match times.iter().position(|time| time.is_none()) {
        None => Ok(times),
        Some(row) => Err(ShapeError::Rows {
            what: "a row without a place in time",
            row,
        }),
    }
}
