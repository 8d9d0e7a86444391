//! The operations of one service: its spans by name and kind.
//!
//! Every span is a call of its operation. The *impact* of an operation is its share of the time that all operations of the service
//! took: the sum of its durations divided by the sum of all durations of the service, both of the range; negative durations
//! count as 0.

use std::collections::HashMap;

use arrow::array::{Array, RecordBatch};
use clearspan_schema::{columns, spans};
use clearspan_storage::scan::{MissingSegment, ScanStats};

use super::asked::{each_batch, narrow, spans_of};
use crate::derived::{Division, Durations, Minutes, PackedDurations, SpanMinutes, SpanSums};
use crate::engine::Session;
use crate::exec::{Emit, Pace, ScanTally, unread};
use crate::limits::{DURATIONS_MAX, OPERATIONS_MAX};
use crate::{AskedRange, QueryError};

/// What is read of a span.
const COLUMNS: [&str; 4] = [
    spans::NAME,
    spans::KIND,
    spans::STATUS_CODE,
    spans::DURATION_NS,
];

/// The operations of a service.
#[derive(Debug)]
pub struct OperationsAnswer {
    /// By impact, greatest first; then by calls, most first; then by name and kind.
    pub operations: Vec<OperationRow>,
    /// What was read.
    pub stats: ScanStats,
    /// Segments that could not be read and may hold spans of the range. Not empty: the answer is partial.
    pub missing: Vec<MissingSegment>,
}

/// One operation.
#[derive(Debug, Clone, PartialEq)]
pub struct OperationRow {
    /// Its spans' name.
    pub name: String,
    /// Their kind, as OTLP numbers it.
    pub kind: i32,
    /// How many they are.
    pub calls: u64,
    /// Those of them with status ERROR.
    pub errors: u64,
    /// Median of their durations, in nanoseconds; `None` when none has one. Exact or within 1%, as those of services.
    pub p50_ns: Option<i64>,
    /// 95th percentile of their durations.
    pub p95_ns: Option<i64>,
    /// 99th percentile of their durations.
    pub p99_ns: Option<i64>,
    /// Its share of all time of the service, 0 to 1: exact where percentiles are, else within 2%.
    pub impact: f64,
}

pub(crate) async fn operations(
    session: Session,
    service: String,
    range: AskedRange,
) -> Result<OperationsAnswer, QueryError> {
    let range = range.resolve(session.now_ns)?;
    let division = Division::new(&session, &SpanMinutes, range, []).await?;
    let mut all = Operations::default();
    let held = session.plans.reservation("operations");
    let take = |all: &Operations| {
        let taken = held.try_resize(all.bytes());
        taken.map_err(|_| session.plans.memory_limit())
    };
    let mut pace = Pace::new();
    for sums in &division.summed {
        all.add_sums(sums, &division.minutes, &service)?;
        take(&all)?;
        pace.step().await;
    }
    let query = spans_of(&service, None);
    let mut tally = ScanTally::default();
    for rest in division.rest {
        let add = |batch: &RecordBatch| {
            all.add(batch)?;
            take(&all)
        };
        tally.add_reading(
            each_batch(&session, &query, rest, Emit::Columns(narrow(&COLUMNS)), add).await?,
        );
    }
    Ok(OperationsAnswer {
        operations: all.rows(),
        stats: session.stats(&tally.stats),
        missing: unread(&session.snapshot, range, tally.faults),
    })
}

/// All operations, while spans come in.
#[derive(Debug, Default)]
struct Operations {
    known: HashMap<String, Vec<(i32, usize)>>,
    operations: Vec<Operation>,
    /// Bytes of all names.
    names: usize,
    /// How many durations are held one by one.
    durations: usize,
}

#[derive(Debug, Default)]
struct Operation {
    name: String,
    kind: i32,
    calls: u64,
    errors: u64,
    durations: Durations,
}

impl Operations {
    fn add(&mut self, batch: &RecordBatch) -> Result<(), QueryError> {
        let names = columns::text_dictionary(batch, spans::NAME)?;
        let kinds = columns::int32(batch, spans::KIND)?;
        let statuses = columns::int32(batch, spans::STATUS_CODE)?;
        let durations = columns::int64(batch, spans::DURATION_NS)?;
        for row in 0..batch.num_rows() {
            let slot = self.slot(names.value(row).unwrap_or(""), kinds.value(row))?;
            let operation = &mut self.operations[slot];
            operation.calls += 1;
            let is_error = statuses.is_valid(row) && statuses.value(row) == spans::STATUS_ERROR;
            operation.errors += u64::from(is_error);
            if durations.is_valid(row) {
                operation.durations.push(durations.value(row));
                self.durations += 1;
            }
        }
        self.keep_few();
        Ok(())
    }

    /// Spans added up, of whole minutes.
    fn add_sums(
        &mut self,
        sums: &RecordBatch,
        minutes: &Minutes,
        service: &str,
    ) -> Result<(), QueryError> {
        let mut durations = PackedDurations::new(sums)?;
        let sums = SpanSums::new(sums)?;
        for row in (0..sums.minutes.len()).filter(|&row| minutes.is_whole(sums.minutes[row])) {
            if sums.services.value(row).unwrap_or("") != service {
                continue;
            }
            let slot = self.slot(sums.names.value(row).unwrap_or(""), sums.kinds[row])?;
            let operation = &mut self.operations[slot];
            operation.calls += sums.counts[row];
            operation.errors += sums.errors[row];
            self.durations += durations.add_to(row, &mut operation.durations)?;
        }
        self.keep_few();
        Ok(())
    }

    /// Too many durations become sketches.
    fn keep_few(&mut self) {
        if self.durations > DURATIONS_MAX {
            let operations = self.operations.iter_mut();
            operations.for_each(|operation| operation.durations.become_sketch());
        }
    }

    fn slot(&mut self, name: &str, kind: i32) -> Result<usize, QueryError> {
        let kinds = self.known.get(name);
        let known = kinds.and_then(|kinds| kinds.iter().find(|known| known.0 == kind));
        if let Some(&(_, slot)) = known {
            return Ok(slot);
        }
        let slot = self.operations.len();
        if slot == OPERATIONS_MAX {
            return Err(QueryError::MemoryLimit {
                limit: OPERATIONS_MAX as u64,
                unit: "operations",
            });
        }
        self.names += name.len();
        let kinds = self.known.entry(name.to_owned()).or_default();
        kinds.push((kind, slot));
        self.operations.push(Operation {
            name: name.to_owned(),
            kind,
            ..Operation::default()
        });
        Ok(slot)
    }

    /// Bytes held, about.
    fn bytes(&self) -> usize {
        let durations = self.operations.iter();
        let durations: usize = durations.map(|operation| operation.durations.bytes()).sum();
        // The name stands in the table too, with a list of its own.
        let fixed = size_of::<Operation>() + size_of::<(String, Vec<(i32, usize)>)>() + 64;
        durations + self.operations.len() * fixed + 2 * self.names
    }

    /// The answer's rows, in order.
    fn rows(self) -> Vec<OperationRow> {
        let totals = self.operations.iter();
        let totals: Vec<i128> = totals
            .map(|operation| operation.durations.total())
            .collect();
        let all: i128 = totals.iter().sum();
        let impact = |total: i128| match all {
            0 => 0.0,
            _ => total as f64 / all as f64,
        };
        let rows = self.operations.into_iter().zip(totals);
        let mut rows: Vec<OperationRow> = rows
            .map(|(operation, total)| operation.row(impact(total)))
            .collect();
        rows.sort_by(|a, b| {
            let by_impact = b.impact.total_cmp(&a.impact);
            let by_name = || (&a.name, a.kind).cmp(&(&b.name, b.kind));
            by_impact.then(b.calls.cmp(&a.calls)).then_with(by_name)
        });
        rows
    }
}

impl Operation {
    fn row(mut self, impact: f64) -> OperationRow {
        OperationRow {
            kind: self.kind,
            calls: self.calls,
            errors: self.errors,
            p50_ns: self.durations.percentile(50),
            p95_ns: self.durations.percentile(95),
            p99_ns: self.durations.percentile(99),
            impact,
            name: self.name,
        }
    }
}
