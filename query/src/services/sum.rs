//! All services of a range, while their spans come in, one by one or added up.

use std::collections::HashMap;

use arrow::array::{Array, RecordBatch};
use clearspan_schema::dictionary::TextDictionary;
use clearspan_schema::{SEQ, columns, spans};
use clearspan_storage::scan::TimeRange;

use super::series::Series;
use super::{CALLS, ServiceRow, seconds};
use crate::QueryError;
use crate::derived::{Durations, MINUTE_NS, Minutes, Origin, PackedDurations, SpanSums};
use crate::exec::{Pace, RowKey};
use crate::limits::{DURATIONS_MAX, SERVICES_MAX};

/// All services of the range.
#[derive(Debug, Default)]
pub(super) struct AllServices {
    known: HashMap<String, usize>,
    services: Vec<Service>,
    /// How many are held one by one.
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
    durations: Durations,
    series: Vec<(u32, u32)>,
    newest: Option<RowKey>,
    /// The newest span's row in the current batch, when it is there.
    newest_row: Option<usize>,
    /// The newest span's.
    origin: Origin,
}

impl AllServices {
    pub(super) fn new(series: Option<Series>) -> Self {
        AllServices {
            series,
            ..AllServices::default()
        }
    }

    /// Spans that were added up lie between these times.
    pub(super) fn have_seen(&mut self, times: Option<(i64, i64)>) {
        let both = [self.seen, times].into_iter().flatten();
        self.seen = both.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
    }

    /// Spans one by one.
    pub(super) fn add(&mut self, batch: &RecordBatch) -> Result<(), QueryError> {
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
            self.have_seen(Some((key.placed_time, key.placed_time)));
            let service = &mut self.services[slot];
            service.spans += 1;
            if service.is_newest(key) {
                service.newest_row = Some(row);
            }
            if CALLS.contains(&kinds.value(row)) {
                let is_error = statuses.is_valid(row) && statuses.value(row) == spans::STATUS_ERROR;
                let call = Calls {
                    time: key.placed_time,
                    calls: 1,
                    errors: u64::from(is_error),
                };
                service.count(&call, self.series.as_ref());
                if durations.is_valid(row) {
                    service.durations.push(durations.value(row));
                    self.durations += 1;
                }
            }
        }
        self.keep_origins(batch)?;
        self.keep_few();
        Ok(())
    }

    /// Spans added up, of whole minutes.
    pub(super) fn add_sums(
        &mut self,
        sums: &RecordBatch,
        minutes: &Minutes,
    ) -> Result<(), QueryError> {
        let mut durations = PackedDurations::new(sums)?;
        let sums = SpanSums::new(sums)?;
        let mut slots = Slots::new(&sums.services);
        for row in (0..sums.minutes.len()).filter(|&row| minutes.is_whole(sums.minutes[row])) {
            let slot = slots.of_row(row, self)?;
            let service = &mut self.services[slot];
            service.spans += sums.counts[row];
            if sums
                .newest(row)
                .is_some_and(|newest| service.is_newest(newest))
            {
                service.newest_row = None;
                service.origin = sums.origin(row);
            }
            if CALLS.contains(&sums.kinds[row]) {
                let calls = Calls {
                    // All of the minute is in one part of the series.
                    time: sums.minutes[row].saturating_mul(MINUTE_NS),
                    calls: sums.counts[row],
                    errors: sums.errors[row],
                };
                service.count(&calls, self.series.as_ref());
                self.durations += durations.add_to(row, &mut service.durations)?;
            }
        }
        self.keep_few();
        Ok(())
    }

    /// Decodes the newest spans' resources once per batch, not once per newer span.
    fn keep_origins(&mut self, batch: &RecordBatch) -> Result<(), QueryError> {
        let resources = columns::binary_dictionary(batch, spans::RESOURCE)?;
        for service in &mut self.services {
            if let Some(row) = service.newest_row.take() {
                service.origin = Origin::of(resources.value(row).unwrap_or_default());
            }
        }
        Ok(())
    }

    /// Bytes held, about.
    pub(super) fn bytes(&self) -> usize {
        let bytes = |service: &Service| {
            let texts = [&service.origin.namespace, &service.origin.environment];
            let texts: usize = texts.into_iter().flatten().map(String::len).sum();
            // The name stands in the table too.
            let fixed = size_of::<Service>() + size_of::<(String, usize)>();
            let series = service.series.len() * size_of::<(u32, u32)>();
            fixed + 2 * service.name.len() + texts + series + service.durations.bytes()
        };
        self.services.iter().map(bytes).sum()
    }

    /// Too many durations become sketches.
    fn keep_few(&mut self) {
        if self.durations > DURATIONS_MAX {
            let services = self.services.iter_mut();
            services.for_each(|service| service.durations.become_sketch());
        }
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
    pub(super) async fn rows(self, range: TimeRange) -> Vec<ServiceRow> {
        let seconds = seconds(range, self.seen.unwrap_or_default());
        let mut rows = Vec::with_capacity(self.services.len());
        let mut pace = Pace::new();
        for service in self.services {
            rows.push(service.row(seconds));
            pace.step().await;
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

/// Some calls at one time.
struct Calls {
    time: i64,
    calls: u64,
    errors: u64,
}

impl Service {
    /// Whether the span with this key is the newest so far; then it is that.
    fn is_newest(&mut self, key: RowKey) -> bool {
        let is_newest = self.newest.is_none_or(|newest| key > newest);
        if is_newest {
            self.newest = Some(key);
        }
        is_newest
    }

    fn count(&mut self, calls: &Calls, series: Option<&Series>) {
        self.calls += calls.calls;
        self.errors += calls.errors;
        if let Some(series) = series {
            series.count(&mut self.series, calls.time, calls.calls, calls.errors);
        }
    }

    fn row(mut self, seconds: f64) -> ServiceRow {
        ServiceRow {
            namespace: self.origin.namespace,
            environment: self.origin.environment,
            spans: self.spans,
            calls: self.calls,
            errors: self.errors,
            p50_ns: self.durations.percentile(50),
            p95_ns: self.durations.percentile(95),
            p99_ns: self.durations.percentile(99),
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
