//! Which row goes to which hour.
//!
//! A log goes to the hour at which it is placed. A span goes to the hour of the earliest span of its
//! trace in this flush, so that a trace that runs over the hour stays together. A flush opens at most
//! [`FLUSH_PARTITIONS`] hours, those with the most rows; the rows of all others go to the partition for
//! odd times.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use clearspan_schema::columns::{self, id_at};
use clearspan_schema::{SchemaError, Signal, TraceId, logs, spans};
use foldhash::HashMap;

use crate::catalog::Partition;
use crate::limits::FLUSH_PARTITIONS;

/// An hour, in nanoseconds.
pub(crate) const HOUR_NS: i64 = 3_600_000_000_000;

/// The time by which each row goes to an hour: a log's own; a span's that of the earliest span of its trace.
pub(super) fn grouping_times(signal: Signal, rows: &RecordBatch) -> Result<Vec<i64>, SchemaError> {
    match signal {
        Signal::Logs => Ok(columns::time(rows, logs::PLACED_TIME)?.values().to_vec()),
        Signal::Spans => trace_starts(rows),
    }
}

/// The rows of each partition, ascending, where row `i` is placed by `times[i]`.
pub(super) fn divide(times: &[i64]) -> BTreeMap<Partition, Vec<u32>> {
    let mut by_hour: HashMap<i64, Vec<u32>> = HashMap::default();
    for (row, time) in times.iter().enumerate() {
        let hour = time.div_euclid(HOUR_NS);
        by_hour.entry(hour).or_default().push(row as u32);
    }
    let mut largest_first: Vec<(i64, Vec<u32>)> = by_hour.into_iter().collect();
    largest_first
        .sort_by_key(|(hour, rows)| (std::cmp::Reverse(rows.len()), std::cmp::Reverse(*hour)));
    let mut partitions: BTreeMap<Partition, Vec<u32>> = BTreeMap::new();
    for (at, (hour, rows)) in largest_first.into_iter().enumerate() {
        let partition = if at < FLUSH_PARTITIONS {
            Partition::Hour(hour)
        } else {
            Partition::Odd
        };
        partitions.entry(partition).or_default().extend(rows);
    }
    partitions
        .values_mut()
        .for_each(|rows| rows.sort_unstable());
    partitions
}

/// For each span, where the earliest span of its trace is placed.
fn trace_starts(rows: &RecordBatch) -> Result<Vec<i64>, SchemaError> {
    let times = columns::time(rows, spans::PLACED_TIME)?.values();
    let traces = columns::id(rows, spans::TRACE_ID)?;
    let mut known: HashMap<Option<TraceId>, u32> = HashMap::default();
    let mut earliest: Vec<i64> = Vec::new();
    let mut trace_of = Vec::with_capacity(rows.num_rows());
    for (row, &time) in times.iter().enumerate() {
        let next = earliest.len() as u32;
        let trace = *known.entry(id_at(traces, row)).or_insert(next);
        match earliest.get_mut(trace as usize) {
            Some(earliest) => *earliest = time.min(*earliest),
            None => earliest.push(time),
        }
        trace_of.push(trace);
    }
    let start = |trace: u32| earliest[trace as usize];
    Ok(trace_of.into_iter().map(start).collect())
}

/// The folder of a partition: `2023-01-29T08` or `2023-01-29` (UTC), or `odd`.
pub(crate) fn folder_name(partition: Partition) -> String {
    match partition {
        Partition::Odd => "odd".into(),
        Partition::Day(day) => {
            let (year, month, day) = civil_date(day);
            format!("{year:04}-{month:02}-{day:02}")
        }
        Partition::Hour(hour) => {
            let (year, month, day) = civil_date(hour.div_euclid(24));
            format!("{year:04}-{month:02}-{day:02}T{:02}", hour.rem_euclid(24))
        }
    }
}

/// Year, month and day of a day counted from 1970-01-01, in the proleptic Gregorian calendar: days are
/// counted from March 1st of a 400-year era, so that the leap day is a year's last.
fn civil_date(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_named_by_the_hour() {
        for (hour, name) in [
            (0, "1970-01-01T00"),
            (-1, "1969-12-31T23"),
            (465_224, "2023-01-27T08"),
            (951_782_400 / 3600, "2000-02-29T00"),
            (i64::MAX / HOUR_NS, "2262-04-11T23"),
            (i64::MIN.div_euclid(HOUR_NS), "1677-09-21T00"),
        ] {
            assert_eq!(folder_name(Partition::Hour(hour)), name);
        }
        assert_eq!(folder_name(Partition::Odd), "odd");
        assert_eq!(folder_name(Partition::Day(19_386)), "2023-01-29");
        assert_eq!(folder_name(Partition::Day(-1)), "1969-12-31");
    }
}
