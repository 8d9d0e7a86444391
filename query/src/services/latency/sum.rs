//! Buckets and cells, while spans come in.

use arrow::array::{Array, Int32Array, RecordBatch};
use clearspan_schema::{SEQ, TraceId, columns, spans};
use clearspan_storage::scan::{RowAddress, ScanStats};
use foldhash::HashMap;

use super::bands::{band, band_of};
use super::{LatencyAnswer, LatencyCell, LatencyPoint};
use crate::QueryError;
use crate::count::{Ends, Grid};
use crate::derived::Durations;
use crate::exec::{PART, ROW, RowKey};
use crate::limits::DURATIONS_MAX;
use crate::services::CALLS;

/// Which kinds of spans are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kinds {
    All,
    /// SERVER and CONSUMER.
    Calls,
    One(i32),
}

/// The rows of a batch that are meant.
enum Wanted<'a> {
    All,
    Calls(&'a Int32Array),
    One(&'a Int32Array, i32),
}

impl<'a> Wanted<'a> {
    fn new(kinds: Kinds, batch: &'a RecordBatch) -> Result<Self, QueryError> {
        Ok(match kinds {
            Kinds::All => Wanted::All,
            Kinds::Calls => Wanted::Calls(columns::int32(batch, spans::KIND)?),
            Kinds::One(kind) => Wanted::One(columns::int32(batch, spans::KIND)?, kind),
        })
    }

    fn has(&self, row: usize) -> bool {
        match self {
            Wanted::All => true,
            Wanted::Calls(kinds) => CALLS.contains(&kinds.value(row)),
            Wanted::One(kinds, wanted) => kinds.value(row) == *wanted,
        }
    }
}

/// All buckets and cells.
#[derive(Debug)]
pub(super) struct Latencies {
    grid: Grid,
    kinds: Kinds,
    buckets: Vec<Bucket>,
    /// By bucket and band.
    pub(super) cells: HashMap<(u32, u16), Cell>,
    /// The bucket that was met last, and its first and last time: rows near each other mostly lie in one.
    met: Option<(usize, (i64, i64))>,
    /// How many durations are held one by one.
    durations: usize,
    /// When the first and the last span started.
    pub(super) seen: Option<(i64, i64)>,
}

#[derive(Debug, Default)]
struct Bucket {
    calls: u64,
    errors: u64,
    durations: Durations,
}

#[derive(Debug)]
pub(super) struct Cell {
    count: u64,
    errors: u64,
    newest: RowKey,
    /// Where the newest stands.
    pub(super) stands: RowAddress,
    /// Its trace, once it was looked up.
    pub(super) trace_id: TraceId,
}

impl Latencies {
    pub(super) fn new(grid: Grid, kinds: Kinds) -> Self {
        let buckets = std::iter::repeat_with(Bucket::default);
        Latencies {
            grid,
            kinds,
            buckets: buckets.take(grid.buckets).collect(),
            cells: HashMap::default(),
            met: None,
            durations: 0,
            seen: None,
        }
    }

    pub(super) fn add(&mut self, batch: &RecordBatch) -> Result<(), QueryError> {
        let wanted = Wanted::new(self.kinds, batch)?;
        let statuses = columns::int32(batch, spans::STATUS_CODE)?;
        let durations = columns::int64(batch, spans::DURATION_NS)?;
        let times = columns::time(batch, spans::PLACED_TIME)?;
        let seqs = columns::uint64(batch, SEQ)?;
        let parts = columns::uint32(batch, PART)?.values();
        let rows = columns::uint32(batch, ROW)?.values();
        for row in (0..batch.num_rows()).filter(|&row| wanted.has(row)) {
            let key = RowKey {
                placed_time: times.value(row),
                seq: seqs.value(row),
            };
            let is_error = statuses.is_valid(row) && statuses.value(row) == spans::STATUS_ERROR;
            let at = self.count(key.placed_time, is_error)?;
            if durations.is_valid(row) {
                let duration = durations.value(row);
                self.buckets[at].durations.push(duration);
                self.durations += 1;
                let cell = self.cells.entry((at as u32, band_of(duration)));
                let stands = RowAddress {
                    part: parts[row],
                    row: rows[row],
                };
                cell.or_insert_with(|| Cell {
                    count: 0,
                    errors: 0,
                    newest: key,
                    stands,
                    trace_id: TraceId::default(),
                })
                .count(key, is_error, stands);
            }
        }
        if self.durations > DURATIONS_MAX {
            let buckets = self.buckets.iter_mut();
            buckets.for_each(|bucket| bucket.durations.become_sketch());
        }
        Ok(())
    }

    fn bucket_of(&mut self, time: i64) -> usize {
        if let Some((at, (first, last))) = self.met
            && (first..=last).contains(&time)
        {
            return at;
        }
        let at = self.grid.bucket_of(time);
        self.met = Some((at, self.grid.times_of(at)));
        at
    }

    /// Counts a call. Returns its bucket.
    fn count(&mut self, time: i64, is_error: bool) -> Result<usize, QueryError> {
        let at = self.bucket_of(time);
        let bucket = self.buckets.get_mut(at);
        let bucket = bucket
            .ok_or_else(|| QueryError::Internal(format!("{time} lies outside of all buckets")))?;
        bucket.calls += 1;
        bucket.errors += u64::from(is_error);
        let (first, last) = self.seen.unwrap_or((time, time));
        self.seen = Some((first.min(time), last.max(time)));
        Ok(at)
    }

    /// Bytes held, about.
    pub(super) fn bytes(&self) -> usize {
        let durations = self.buckets.iter().map(|bucket| bucket.durations.bytes());
        // A table is half empty at worst.
        let cells = self.cells.capacity() * size_of::<((u32, u16), Cell)>();
        // As many points and cells again, as the answer has them.
        let answer = self.buckets.len() * size_of::<LatencyPoint>()
            + self.cells.len() * size_of::<LatencyCell>();
        durations.sum::<usize>() + self.buckets.len() * size_of::<Bucket>() + cells + answer
    }

    /// The answer, without what was read. Where an end is open, without what is empty there.
    pub(super) fn answer(self, ends: Ends) -> LatencyAnswer {
        let holds = |bucket: &Bucket| bucket.calls > 0;
        let first = match ends.from {
            Some(_) => Some(0),
            None => self.buckets.iter().position(holds),
        };
        let last = match ends.to {
            Some(_) => self.buckets.len().checked_sub(1),
            None => self.buckets.iter().rposition(holds),
        };
        // Where nothing was found and an end is open, there is nothing to show.
        let shown = first
            .zip(last)
            .map_or(0..0, |(first, last)| first..last + 1);
        let lowest = self.cells.keys().map(|&(_, band)| band).min();
        let highest = self.cells.keys().map(|&(_, band)| band).max();
        let bands = lowest
            .zip(highest)
            .map(|(lowest, highest)| lowest..=highest);
        let cells = self
            .cells
            .iter()
            .map(|(&(bucket, band), cell)| LatencyCell {
                point: (bucket as usize).saturating_sub(shown.start),
                band: usize::from(band - lowest.unwrap_or_default()),
                count: cell.count,
                errors: cell.errors,
                exemplar_trace_id: cell.trace_id,
            });
        let mut cells: Vec<LatencyCell> = cells.collect();
        cells.sort_unstable_by_key(|cell| (cell.point, cell.band));
        let grid = self.grid;
        let buckets = self.buckets.into_iter().enumerate();
        let buckets = buckets.skip(shown.start).take(shown.len());
        LatencyAnswer {
            points: buckets
                .map(|(at, bucket)| bucket.point(grid.start_of(at)))
                .collect(),
            width_ns: grid.width,
            from_ns: ends.from.or(self.seen.map(|(first, _)| first.into())),
            to_ns: ends.to.or(self.seen.map(|(_, last)| i128::from(last) + 1)),
            bands: bands.into_iter().flatten().map(band).collect(),
            cells,
            stats: ScanStats::default(),
            missing: Vec::new(),
        }
    }
}

impl Bucket {
    fn point(mut self, start_ns: i128) -> LatencyPoint {
        LatencyPoint {
            start_ns,
            calls: self.calls,
            errors: self.errors,
            p50_ns: self.durations.percentile(50),
            p95_ns: self.durations.percentile(95),
            p99_ns: self.durations.percentile(99),
        }
    }
}

impl Cell {
    fn count(&mut self, key: RowKey, is_error: bool, stands: RowAddress) {
        self.count += 1;
        self.errors += u64::from(is_error);
        if key > self.newest {
            self.newest = key;
            self.stands = stands;
        }
    }
}
