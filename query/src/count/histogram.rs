//! Rows over time, by severity.
//!
//! 1. Where an end of the range is absent, the metadata of the parts says how far rows may reach there, and
//!    the buckets cover that.
//! 2. Each row is counted in its bucket. Where buckets are whole minutes, and the query asks for nothing but service and severity, sums that
//!    are kept with the segments are added up, and only what lies in a part of a minute is read (`derived/`); else one scan reads all.
//! 3. An absent end lies, for the answer, at the first or last row that matched. If these are so close
//!    together that the buckets are far too wide for them, the rows are counted again in narrower ones: the
//!    second count is over that short stretch alone.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::buffer::BooleanBuffer;
use clearspan_schema::{columns, logs};
use clearspan_storage::scan::{AttributeKeys, Projection, Snapshot, TimeRange};

use super::grid::Grid;
use super::remembered::Remembered;
use super::{Counted, CountedRows, Scanned};
use crate::derived::{
    COUNT, Division, FIRST_NS, LAST_NS, LOG_KEYS, LogMinutes, MINUTE, MINUTE_NS, Minutes,
};
use crate::engine::Session;
use crate::exec::{Pace, ScanTally};
use crate::language::Matcher;
use crate::language::fields::severity_number;
use crate::limits::{LIMIT_MAX, check_within};
use crate::{AskedRange, QueryError};

/// What rows are told apart by: the bands of severity, and rows without one.
pub const SEVERITY_NAMES: [&str; 7] = ["trace", "debug", "info", "warn", "error", "fatal", "unset"];

pub(crate) const UNSET: usize = SEVERITY_NAMES.len() - 1;

/// How many times too wide the buckets may be: below it a second scan would read too much of the same again.
pub(crate) const TOO_WIDE: i128 = 4;

/// Counts over time.
#[derive(Debug)]
pub struct HistogramAnswer {
    /// One after the other without a gap. The first holds the range's start or, where that is absent, the
    /// first row. Where the end is absent, the last holds the last row.
    pub buckets: Vec<HistogramBucket>,
    /// Nanoseconds of each bucket.
    pub bucket_ns: i128,
    /// Where the range starts; the time of the first row, where it was asked for without a start.
    pub from_ns: Option<i128>,
    /// Where the range ends; one nanosecond after the last row, where it was asked for without an end.
    pub to_ns: Option<i128>,
    /// Rows of all buckets: what was counted.
    pub counted: Counted,
}

/// One bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistogramBucket {
    /// Its start, in nanoseconds since 1970.
    pub start_ns: i128,
    /// Its rows, in the order of [`SEVERITY_NAMES`].
    pub rows: [u64; SEVERITY_NAMES.len()],
}

impl HistogramBucket {
    /// The severities that it has rows of, with how many.
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        let named = SEVERITY_NAMES.into_iter().zip(self.rows);
        named.filter(|&(_, rows)| rows > 0)
    }
}

pub(crate) async fn histogram(
    session: Session,
    logs: CountedRows,
    buckets_max: usize,
) -> Result<HistogramAnswer, QueryError> {
    check_within("buckets", buckets_max, LIMIT_MAX)?;
    let mut scanned = Scanned::new(&session, &logs)?;
    let range = scanned.range;
    let ends = Ends::new(logs.range, session.now_ns);
    let (first, last) = ends.reach(&session.snapshot, range);
    let mut counts = Counts::new(Grid::over(first, last, buckets_max));
    let mut tally = counts.count(&scanned, &session).await?;
    if let Some((first, last)) = ends.of_rows(counts.seen) {
        let narrow = Grid::over(first, last, buckets_max);
        if narrow.width * TOO_WIDE <= counts.grid.width {
            counts = Counts::new(narrow);
            scanned.range = between(range, first, last);
            tally.add_reading(counts.count(&scanned, &session).await?);
        }
    }
    Ok(HistogramAnswer {
        bucket_ns: counts.grid.width,
        from_ns: ends.from.or(counts.seen.map(|(first, _)| first.into())),
        to_ns: ends
            .to
            .or(counts.seen.map(|(_, last)| i128::from(last) + 1)),
        buckets: counts.buckets(ends),
        counted: Counted::new(&session, &scanned.query, range, tally).await?,
    })
}

/// The range's ends as they were asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ends {
    pub(crate) from: Option<i128>,
    pub(crate) to: Option<i128>,
}

impl Ends {
    /// Of `range`, at `now_ns`.
    pub(crate) fn new(range: AskedRange, now_ns: i64) -> Self {
        Ends {
            from: range.start_ns(now_ns),
            to: range.end_ns(now_ns),
        }
    }

    /// The first and the last instant, inclusive, at which a row of the range may be placed.
    pub(crate) fn reach(self, snapshot: &Arc<Snapshot>, range: TimeRange) -> (i128, i128) {
        let parts = snapshot.parts().iter().map(|part| part.time_range());
        let parts = parts.filter(|&(first, last)| range.overlaps(first, last));
        let whole = parts.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        let (first, last) = whole.unzip();
        let from = self.from.or(first.map(i128::from));
        let last = self.to.map(|to| to - 1).or(last.map(i128::from));
        let from = from.or(last).unwrap_or(0);
        (from, last.unwrap_or(from).max(from))
    }

    /// The same, now that the rows are known; `None` where nothing was open, or no row matched.
    pub(crate) fn of_rows(self, seen: Option<(i64, i64)>) -> Option<(i128, i128)> {
        let (first, last) = seen?;
        let is_open = self.from.is_none() || self.to.is_none();
        let first = self.from.unwrap_or(first.into());
        let last = self.to.map_or(i128::from(last), |to| to - 1);
        is_open.then_some((first, last))
    }
}

/// The instants from `first` to `last`, as far as they lie in `range`.
pub(crate) fn between(range: TimeRange, first: i128, last: i128) -> TimeRange {
    // Times that no row can have are no bound.
    let bound = |time: i128| i64::try_from(time).ok();
    TimeRange {
        from: range.from.or(bound(first)),
        to: range.to.or(bound(last + 1)),
    }
}

/// The counts while batches come in.
#[derive(Debug)]
struct Counts {
    grid: Grid,
    buckets: Vec<[u64; SEVERITY_NAMES.len()]>,
    /// The times of the first and the last row.
    seen: Option<(i64, i64)>,
    /// What a severity text stands for.
    texts: Remembered<usize>,
}

impl Counts {
    fn new(grid: Grid) -> Self {
        Counts {
            grid,
            buckets: vec![[0; SEVERITY_NAMES.len()]; grid.buckets],
            seen: None,
            texts: Remembered::default(),
        }
    }

    /// Counts what matches in the range.
    async fn count(
        &mut self,
        scanned: &Scanned,
        session: &Session,
    ) -> Result<ScanTally, QueryError> {
        let matcher = Matcher::new(&scanned.query);
        let columns = matcher.columns();
        let is_summed = self.grid.width % i128::from(MINUTE_NS) == 0
            && columns.iter().all(|column| LOG_KEYS.contains(column));
        let division = if is_summed {
            Division::new(session, &LogMinutes, scanned.range, []).await?
        } else {
            Division::of_rows(session, scanned.range)
        };
        let mut tally = ScanTally::default();
        let mut pace = Pace::new();
        for sums in &division.summed {
            tally.matched += self.add_sums(sums, &matcher, &division.minutes)?;
            pace.step().await;
        }
        for rest in division.rest {
            let read = self.read(scanned, session, rest).await?;
            tally.matched += read.matched;
            tally.add_reading(read);
        }
        Ok(tally)
    }

    async fn read(
        &mut self,
        scanned: &Scanned,
        session: &Session,
        rest: (Arc<Snapshot>, TimeRange),
    ) -> Result<ScanTally, QueryError> {
        let columns = vec![
            logs::PLACED_TIME,
            logs::SEVERITY_NUMBER,
            logs::SEVERITY_TEXT,
        ];
        let projection = Projection::new(columns, AttributeKeys::none());
        let add = |batch: &RecordBatch| self.add(batch);
        scanned
            .each_batch_of(rest, &session.plans, projection, add)
            .await
    }

    /// Adds sums of whole minutes. Returns how many rows those have that match.
    fn add_sums(
        &mut self,
        sums: &RecordBatch,
        matcher: &Matcher,
        minutes: &Minutes,
    ) -> Result<u64, QueryError> {
        let whole = columns::int64(sums, MINUTE)?.values();
        let is_whole =
            BooleanBuffer::collect_bool(sums.num_rows(), |row| minutes.is_whole(whole[row]));
        let matching = matcher.matches_among(sums, None, &is_whole);
        let matching = matching.map_err(|error| QueryError::Internal(error.to_string()))?;
        let numbers = columns::int32(sums, logs::SEVERITY_NUMBER)?;
        let texts = columns::text_dictionary(sums, logs::SEVERITY_TEXT)?;
        let counts = columns::uint64(sums, COUNT)?;
        let (firsts, lasts) = (
            columns::int64(sums, FIRST_NS)?,
            columns::int64(sums, LAST_NS)?,
        );
        let mut matched = 0;
        for row in matching.set_indices() {
            let severity = of_number(numbers.value(row))
                .or_else(|| texts.value(row).map(of_text))
                .unwrap_or(UNSET);
            let (first, last, rows) = (firsts.value(row), lasts.value(row), counts.value(row));
            let bucket = self.grid.bucket_of(first);
            *cell(&mut self.buckets, bucket, severity, first)? += rows;
            have_seen(&mut self.seen, first, last);
            matched += rows;
        }
        Ok(matched)
    }

    fn add(&mut self, batch: &RecordBatch) -> Result<(), QueryError> {
        let times = columns::time(batch, logs::PLACED_TIME)?;
        let numbers = columns::int32(batch, logs::SEVERITY_NUMBER)?;
        let texts = columns::text_dictionary(batch, logs::SEVERITY_TEXT)?;
        let of_texts = self.texts.of(texts.values());
        // Rows stand in order of time, more or less, so most lie in the bucket of the row before.
        let mut bucket = 0;
        let (mut first, mut last) = (i64::MAX, i64::MIN);
        for row in 0..batch.num_rows() {
            let time = times.value(row);
            if time < first || time > last {
                bucket = self.grid.bucket_of(time);
                (first, last) = self.grid.times_of(bucket);
            }
            let severity = match (of_number(numbers.value(row)), texts.key(row)) {
                (Some(severity), _) => severity,
                (None, Some(key)) => {
                    *of_texts.get(key, || Ok(of_text(texts.values().value(key))))?
                }
                (None, None) => UNSET,
            };
            *cell(&mut self.buckets, bucket, severity, time)? += 1;
            have_seen(&mut self.seen, time, time);
        }
        Ok(())
    }

    /// Where an end is open, without what is empty there.
    fn buckets(self, ends: Ends) -> Vec<HistogramBucket> {
        let Counts { grid, buckets, .. } = self;
        let holds = |rows: &[u64; SEVERITY_NAMES.len()]| rows.iter().any(|&rows| rows > 0);
        let first = match ends.from {
            Some(_) => Some(0),
            None => buckets.iter().position(holds),
        };
        let last = match ends.to {
            Some(_) => buckets.len().checked_sub(1),
            None => buckets.iter().rposition(holds),
        };
        let Some(first) = first else {
            return Vec::new();
        };
        let last = last.unwrap_or(first);
        let all = buckets.into_iter().enumerate();
        all.take(last + 1)
            .skip(first)
            .map(|(index, rows)| HistogramBucket {
                start_ns: grid.start_of(index),
                rows,
            })
            .collect()
    }
}

fn cell(
    buckets: &mut [[u64; SEVERITY_NAMES.len()]],
    bucket: usize,
    severity: usize,
    time: i64,
) -> Result<&mut u64, QueryError> {
    let bucket = buckets.get_mut(bucket).ok_or_else(|| {
        QueryError::Internal(format!("a row at {time} lies outside of the buckets"))
    })?;
    Ok(&mut bucket[severity])
}

fn have_seen(seen: &mut Option<(i64, i64)>, first: i64, last: i64) {
    let (earliest, latest) = seen.unwrap_or((first, last));
    *seen = Some((earliest.min(first), latest.max(last)));
}

/// The place of a number's band in [`SEVERITY_NAMES`]; `None` where it lies in none.
pub(crate) fn of_number(number: i32) -> Option<usize> {
    (1..=24)
        .contains(&number)
        .then(|| (number - 1) as usize / 4)
}

/// The place of the band that `text` names.
pub(crate) fn of_text(text: &str) -> usize {
    severity_number(text).and_then(of_number).unwrap_or(UNSET)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::fields::{SEVERITIES, severity_name};

    #[test]
    fn severities_are_those_of_the_language() {
        let named = SEVERITY_NAMES[..UNSET]
            .iter()
            .map(|name| name.to_uppercase());
        assert!(named.eq(SEVERITIES));
        for number in [
            i32::MIN,
            -1,
            0,
            1,
            4,
            5,
            9,
            13,
            17,
            20,
            21,
            24,
            25,
            i32::MAX,
        ] {
            for text in ["", "warn", "Warning", "loud"] {
                let place = of_number(number).unwrap_or_else(|| of_text(text));
                let name = severity_name(number, text).unwrap_or("UNSET");
                assert_eq!(
                    SEVERITY_NAMES[place].to_uppercase(),
                    name,
                    "{number} {text}"
                );
            }
        }
    }
}
