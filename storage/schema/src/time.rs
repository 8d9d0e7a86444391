//! OTLP counts time in unsigned nanoseconds since 1970, where 0 means "unknown". Columns hold signed
//! timestamps. A time that fits becomes the column's value, 0 becomes null, and a time above
//! `i64::MAX` (the year 2262) is kept in a `*_raw` column beside it, so that nothing is lost.

use arrow::array::{
    Array, TimestampNanosecondArray, TimestampNanosecondBuilder, UInt64Array, UInt64Builder,
};
use arrow::datatypes::{DataType, TimeUnit};

/// The time zone of every timestamp column.
pub const UTC: &str = "UTC";

/// `Timestamp(Nanosecond, "UTC")`.
pub fn timestamp_type() -> DataType {
    DataType::Timestamp(TimeUnit::Nanosecond, Some(UTC.into()))
}

/// `nanos` as a signed timestamp; `None` when it is unknown (0) or does not fit.
pub fn as_timestamp(nanos: u64) -> Option<i64> {
    i64::try_from(nanos).ok().filter(|&nanos| nanos != 0)
}

/// Where a record stands in the order of time: its own time; when that is unknown, `fallback` (a
/// log's observed time); when that is unknown too or out of range, its arrival.
pub fn place(own: u64, fallback: u64, arrival_ns: i64) -> i64 {
    let first_known = if own != 0 { own } else { fallback };
    as_timestamp(first_known).unwrap_or(arrival_ns)
}

/// Builds a time column and its `*_raw` companion.
#[derive(Debug)]
pub(crate) struct TimeBuilder {
    time: TimestampNanosecondBuilder,
    raw: UInt64Builder,
}

impl TimeBuilder {
    pub(crate) fn with_capacity(rows: usize) -> Self {
        TimeBuilder {
            time: TimestampNanosecondBuilder::with_capacity(rows).with_timezone(UTC),
            raw: UInt64Builder::with_capacity(rows),
        }
    }

    pub(crate) fn push(&mut self, nanos: u64) {
        self.time.append_option(as_timestamp(nanos));
        self.raw
            .append_option((i64::try_from(nanos).is_err()).then_some(nanos));
    }

    pub(crate) fn finish(mut self) -> (TimestampNanosecondArray, UInt64Array) {
        (self.time.finish(), self.raw.finish())
    }
}

/// The time that was sent, from a time column and its `*_raw` companion; 0 when it was unknown.
pub fn sent_nanos(time: &TimestampNanosecondArray, raw: &UInt64Array, row: usize) -> u64 {
    if raw.is_valid(row) {
        raw.value(row)
    } else if time.is_valid(row) {
        u64::try_from(time.value(row)).unwrap_or(0)
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_reads_back() {
        let times = [
            0,
            1,
            1_674_981_729_487_160_534,
            i64::MAX as u64,
            i64::MAX as u64 + 1,
            u64::MAX,
        ];
        let mut builder = TimeBuilder::with_capacity(times.len());
        times.iter().for_each(|&time| builder.push(time));
        let (time, raw) = builder.finish();
        let read: Vec<u64> = (0..times.len())
            .map(|row| sent_nanos(&time, &raw, row))
            .collect();
        assert_eq!(read, times);
        assert!(time.is_null(0) && time.is_null(4) && raw.is_null(3));
    }

    #[test]
    fn a_record_is_placed_by_its_own_time_then_observed_then_arrival() {
        assert_eq!(place(5, 7, 9), 5);
        assert_eq!(place(0, 7, 9), 7);
        assert_eq!(place(0, 0, 9), 9);
        assert_eq!(place(u64::MAX, 7, 9), 9);
        assert_eq!(place(0, u64::MAX, 9), 9);
    }
}
