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

/// When a log was observed if nothing else is said: at its own time.
pub(super) fn observed_of(own: Option<&TimestampNanosecondArray>, row: usize) -> Option<i64> {
    at(own, row)
}

fn at(times: Option<&TimestampNanosecondArray>, row: usize) -> Option<i64> {
    let times = times.filter(|times| times.is_valid(row))?;
    Some(times.value(row))
}

/// Stands in a kept column for "no time, although one is given". A known time is never that of 1970, which OTLP has for unknown ones.
pub(super) const NO_TIME: i64 = 0;

/// Of a time column what has to be kept: the times that are not `given`. Where there is none although one is given, [`NO_TIME`].
pub(super) fn kept(
    times: &TimestampNanosecondArray,
    given: impl Fn(usize) -> Option<i64>,
) -> TimestampNanosecondArray {
    let rows = times.iter().enumerate();
    let kept = rows.map(|(row, time)| match time == given(row) {
        true => None,
        false => Some(time.unwrap_or(NO_TIME)),
    });
    kept.collect::<TimestampNanosecondArray>()
        .with_timezone(UTC)
}

/// And back, of a column that may have nulls.
pub(super) fn restore(
    rows: usize,
    kept: Option<&TimestampNanosecondArray>,
    given: impl Fn(usize) -> Option<i64>,
) -> TimestampNanosecondArray {
    let times = (0..rows).map(|row| match at(kept, row) {
        Some(NO_TIME) => None,
        Some(time) => Some(time),
        None => given(row),
    });
    times
        .collect::<TimestampNanosecondArray>()
        .with_timezone(UTC)
}

/// And back, of a column without nulls.
pub(super) fn restore_all(
    rows: usize,
    kept: Option<&TimestampNanosecondArray>,
    given: impl Fn(usize) -> Option<i64>,
) -> Result<TimestampNanosecondArray, ShapeError> {
    let times = (0..rows).map(|row| {
        let time = at(kept, row).or_else(|| given(row));
        time.ok_or(ShapeError::Rows {
            what: "a row without a place in time",
            row,
        })
    });
    let times: Vec<i64> = times.collect::<Result<_, _>>()?;
    Ok(TimestampNanosecondArray::from(times).with_timezone(UTC))
}
