//! Services: who sent spans in a range, how many, how fast.
//!
//! Spans are taken by their start. Calls, errors and percentiles are over SERVER and CONSUMER spans; an
//! error is a span with status ERROR. Percentiles are nearest rank: of `n` durations in ascending order
//! the one at position `ceil(p * n)`, from 1. Spans without a duration are calls, but in no percentile.
//! Spans whose resource has no `service.name` are listed under the empty name, so that the spans of
//! all services add up to the spans of the range.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, RecordBatch};
use clearspan_schema::any::{AnyRef, KeyValues};
use clearspan_schema::dictionary::TextDictionary;
use clearspan_schema::group::ResourceRef;
use clearspan_schema::json::push_text;
use clearspan_schema::{SEQ, Signal, columns, spans};
use clearspan_storage::scan::{MissingSegment, Projection, ScanStats, Snapshot, TimeRange};
use futures::StreamExt;

use crate::engine::Session;
use crate::exec::{Emit, RowKey, SegmentScan, SegmentScanExec, unread};
use crate::language::Query;
use crate::limits::{DURATIONS_MAX, SERIES_BUCKETS_MAX, SERVICES_MAX};
use crate::{AskedRange, QueryError};

/// `SpanKind` SERVER and CONSUMER: the spans that are calls.
const CALLS: [i32; 2] = [2, 5];

const COLUMNS: [&str; 7] = [
    spans::SERVICE,
    spans::KIND,
    spans::STATUS_CODE,
    spans::DURATION_NS,
    spans::PLACED_TIME,
    SEQ,
    spans::RESOURCE,
];

/// The services of a range.
#[derive(Debug)]
pub struct ServicesAnswer {
    /// By name.
    pub services: Vec<ServiceRow>,
    /// What was read.
    pub stats: ScanStats,
    /// Segments that could not be read and may hold spans of the range. Not empty: the answer is partial.
    pub missing: Vec<MissingSegment>,
}

/// One service.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceRow {
    /// Its name; empty for spans whose sender named none.
    pub name: String,
    /// `service.namespace` of its newest span.
    pub namespace: Option<String>,
    /// `deployment.environment.name`, else `deployment.environment`, of its newest span.
    pub environment: Option<String>,
    /// Its spans of any kind.
    pub spans: u64,
    /// Its SERVER and CONSUMER spans.
    pub calls: u64,
    /// Those of them with status ERROR.
    pub errors: u64,
    /// Median of their durations, in nanoseconds; `None` when none has one.
    pub p50_ns: Option<i64>,
    /// 95th percentile of their durations.
    pub p95_ns: Option<i64>,
    /// 99th percentile of their durations.
    pub p99_ns: Option<i64>,
    /// Calls per second of the range; of a range without ends, from the earliest span in it to the
    /// latest. 0 when that is no time at all.
    pub rate_per_s: f64,
    /// Start of its newest span, in nanoseconds since 1970; its arrival, when it has no start.
    pub last_seen_ns: i64,
    /// Calls and errors in each part of the range, where the request asked for parts.
    pub series: Vec<(u32, u32)>,
}

/// Which services, and how finely.
#[derive(Debug, Clone, Copy, Default)]
pub struct ServicesRequest {
    /// When their spans started.
    pub range: AskedRange,
    /// Also count calls and errors over time, in this many equal parts of the range; one without ends
    /// starts at the oldest span that is stored and ends at the newest.
    pub series: Option<usize>,
}

impl From<AskedRange> for ServicesRequest {
    fn from(range: AskedRange) -> Self {
        ServicesRequest {
            range,
            series: None,
        }
    }
}

pub(crate) async fn services(
    session: Session,
    request: ServicesRequest,
) -> Result<ServicesAnswer, QueryError> {
    let range = request.range.resolve(session.now_ns)?;
    let Session {
        snapshot, plans, ..
    } = &session;
    let emit = Emit::Columns(Projection::from(&COLUMNS));
    let scan = SegmentScan::new(Arc::clone(snapshot), Query::all(Signal::Spans), range, emit)?;
    let leaf = Arc::new(SegmentScanExec::new(scan, plans.partitions()));
    let mut batches = plans.stream(Arc::clone(&leaf) as _)?;
    let series = request
        .series
        .map(|buckets| Series::new(range, snapshot, buckets));
    let mut all = AllServices {
        series,
        ..AllServices::default()
    };
    while let Some(batch) = batches.next().await {
        all.add(&batch.map_err(|error| plans.query_error(&error))?)?;
    }
    let services = all.rows(range).await;
    let tally = leaf.tally();
    Ok(ServicesAnswer {
        services,
        stats: session.stats(&tally.stats),
        missing: unread(snapshot, range, tally.faults),
    })
}

/// All services of the range, while their spans come in.
#[derive(Debug, Default)]
struct AllServices {
    known: HashMap<String, usize>,
    services: Vec<Service>,
    durations: usize,
    series: Option<Series>,
    /// The earliest and the latest start of a span.
    seen: Option<(i64, i64)>,
}

#[derive(Debug, Default)]
struct Service {
    name: String,
    spans: u64,
    calls: u64,
    errors: u64,
    durations: Vec<i64>,
    series: Vec<(u32, u32)>,
    newest: Option<RowKey>,
    /// The newest span's row in the current batch, when it is there.
    newest_row: Option<usize>,
    /// The newest span's resource, encoded.
    resource: Vec<u8>,
}

impl AllServices {
    fn add(&mut self, batch: &RecordBatch) -> Result<(), QueryError> {
        let names = columns::text_dictionary(batch, spans::SERVICE)?;
        let (kinds, statuses) = (
            columns::int32(batch, spans::KIND)?,
            columns::int32(batch, spans::STATUS_CODE)?,
        );
        let durations = columns::int64(batch, spans::DURATION_NS)?;
        let (times, seqs) = (
            columns::time(batch, spans::PLACED_TIME)?,
            columns::uint64(batch, SEQ)?,
        );
        let mut slots = Slots::new(&names);
        for row in 0..batch.num_rows() {
            let slot = slots.of_row(row, self)?;
            let key = RowKey {
                placed_time: times.value(row),
                seq: seqs.value(row),
            };
            let (first, last) = self.seen.unwrap_or((key.placed_time, key.placed_time));
            self.seen = Some((first.min(key.placed_time), last.max(key.placed_time)));
            let service = &mut self.services[slot];
            service.spans += 1;
            if service.newest.is_none_or(|newest| key > newest) {
                service.newest = Some(key);
                service.newest_row = Some(row);
            }
            if CALLS.contains(&kinds.value(row)) {
                service.calls += 1;
                let is_error = statuses.is_valid(row) && statuses.value(row) == spans::STATUS_ERROR;
                service.errors += u64::from(is_error);
                if let Some(series) = &self.series {
                    series.count(&mut service.series, key.placed_time, is_error);
                }
                if durations.is_valid(row) {
                    service.durations.push(durations.value(row));
                    self.durations += 1;
                }
            }
        }
        self.keep_resources(batch)?;
        if self.durations > DURATIONS_MAX {
            return Err(QueryError::MemoryLimit {
                limit: DURATIONS_MAX as u64,
                unit: "durations",
            });
        }
        Ok(())
    }

    /// Copies the newest spans' resources once per batch, not once per newer span.
    fn keep_resources(&mut self, batch: &RecordBatch) -> Result<(), QueryError> {
        let resources = columns::binary_dictionary(batch, spans::RESOURCE)?;
        for service in &mut self.services {
            if let Some(row) = service.newest_row.take() {
                service.resource.clear();
                service
                    .resource
                    .extend_from_slice(resources.value(row).unwrap_or_default());
            }
        }
        Ok(())
    }

    fn slot(&mut self, name: &str) -> Result<usize, QueryError> {
        if let Some(&slot) = self.known.get(name) {
            return Ok(slot);
        }
        let slot = self.services.len();
        if slot == SERVICES_MAX {
            return Err(QueryError::MemoryLimit {
                limit: SERVICES_MAX as u64,
                unit: "services",
            });
        }
        self.known.insert(name.to_owned(), slot);
        let buckets = self.series.as_ref().map_or(0, |series| series.buckets);
        self.services.push(Service {
            name: name.to_owned(),
            series: vec![(0, 0); buckets],
            ..Service::default()
        });
        Ok(slot)
    }

    /// The answer's rows, by name.
    async fn rows(self, range: TimeRange) -> Vec<ServiceRow> {
        let (first, last) = self.seen.unwrap_or_default();
        let seconds = seconds(range.from.unwrap_or(first), range.to.unwrap_or(last));
        let mut rows = Vec::with_capacity(self.services.len());
        for service in self.services {
            rows.push(service.row(seconds));
            tokio::task::yield_now().await;
        }
        rows.sort_by(|a, b| a.name.cmp(&b.name));
        rows
    }
}

/// The slot of each distinct name of a batch, found when a row first asks for it. The last is for
/// spans without a name.
struct Slots<'a> {
    names: &'a TextDictionary<'a>,
    slots: Vec<Option<usize>>,
}

impl<'a> Slots<'a> {
    fn new(names: &'a TextDictionary<'a>) -> Self {
        Slots {
            names,
            slots: vec![None; names.values().len() + 1],
        }
    }

    fn of_row(&mut self, row: usize, all: &mut AllServices) -> Result<usize, QueryError> {
        let key = self.names.key(row).unwrap_or(self.slots.len() - 1);
        if let Some(slot) = self.slots[key] {
            return Ok(slot);
        }
        let slot = all.slot(self.names.value(row).unwrap_or(""))?;
        self.slots[key] = Some(slot);
        Ok(slot)
    }
}

impl Service {
    fn row(mut self, seconds: f64) -> ServiceRow {
        let resource = ResourceRef::decode(&self.resource)
            .unwrap_or_default()
            .attributes;
        let environment = text_of(resource, "deployment.environment.name");
        ServiceRow {
            namespace: text_of(resource, "service.namespace"),
            environment: environment.or_else(|| text_of(resource, "deployment.environment")),
            spans: self.spans,
            calls: self.calls,
            errors: self.errors,
            p50_ns: nearest_rank(&mut self.durations, 50),
            p95_ns: nearest_rank(&mut self.durations, 95),
            p99_ns: nearest_rank(&mut self.durations, 99),
            rate_per_s: if seconds > 0.0 {
                self.calls as f64 / seconds
            } else {
                0.0
            },
            last_seen_ns: self.newest.map_or(0, |newest| newest.placed_time),
            series: self.series,
            name: self.name,
        }
    }
}

/// Equal parts of a range, in which calls are counted.
#[derive(Debug)]
struct Series {
    from: i128,
    length: i128,
    buckets: usize,
}

impl Series {
    fn new(range: TimeRange, snapshot: &Snapshot, buckets: usize) -> Self {
        let stored = snapshot.time_bounds();
        let from = range.from.or(stored.map(|(oldest, _)| oldest)).unwrap_or(0);
        // The newest span lies inside of a range that ends behind it.
        let newest = stored.map(|(_, newest)| newest.saturating_add(1));
        let to = range.to.or(newest).unwrap_or(from).max(from);
        Series {
            from: i128::from(from),
            length: (i128::from(to) - i128::from(from)).max(1),
            buckets: buckets.clamp(1, SERIES_BUCKETS_MAX),
        }
    }

    fn count(&self, series: &mut [(u32, u32)], time: i64, is_error: bool) {
        let at = (i128::from(time) - self.from) * self.buckets as i128 / self.length;
        if let Some((calls, errors)) = usize::try_from(at).ok().and_then(|at| series.get_mut(at)) {
            *calls = calls.saturating_add(1);
            *errors = errors.saturating_add(u32::from(is_error));
        }
    }
}

fn text_of(attributes: KeyValues<'_>, key: &str) -> Option<String> {
    let value = attributes
        .get(key)
        .filter(|value| *value != AnyRef::Empty)?;
    let mut text = String::new();
    push_text(value, &mut text);
    Some(text)
}

fn seconds(from: i64, to: i64) -> f64 {
    (i128::from(to) - i128::from(from)) as f64 / 1e9
}

/// The value at position `ceil(n * percent / 100)`, from 1, of the `n` values in ascending order.
fn nearest_rank(values: &mut [i64], percent: usize) -> Option<i64> {
    let rank = (values.len() * percent).div_ceil(100);
    let at = rank.checked_sub(1)?;
    Some(*values.select_nth_unstable(at).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_rank() {
        let check = |n: i64, percent: usize, expected: Option<i64>| {
            let mut values: Vec<i64> = (1..=n).rev().collect();
            assert_eq!(
                nearest_rank(&mut values, percent),
                expected,
                "{percent}% of {n}"
            );
        };
        check(0, 50, None);
        check(1, 50, Some(1));
        check(2, 50, Some(1));
        check(3, 50, Some(2));
        check(20, 95, Some(19));
        check(21, 95, Some(20));
        check(99, 99, Some(99));
        check(100, 99, Some(99));
        check(101, 99, Some(100));
        check(1, 99, Some(1));
    }

    #[test]
    fn a_range_of_all_time_has_a_length() {
        assert!(seconds(i64::MIN, i64::MAX) > 1.8e10);
        assert!(seconds(5, 5).abs() < f64::EPSILON);
    }
}
