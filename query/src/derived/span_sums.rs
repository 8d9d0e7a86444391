//! The columns of [`super::SpanMinutes`], as they are read.

use arrow::array::{Array, AsArray, Int64Array, RecordBatch, UInt64Array};
use arrow::datatypes::{ArrowPrimitiveType, Int16Type, Int64Type};
use clearspan_schema::dictionary::TextDictionary;
use clearspan_schema::{SchemaError, columns, spans};

use super::span_minutes::{BINS, DURATIONS, ENVIRONMENT, ERRORS, NAMESPACE, NEWEST_NS, NEWEST_SEQ};
use super::{COUNT, Durations, MINUTE, Origin};
use crate::QueryError;
use crate::exec::RowKey;

/// Derived rows, column by column.
#[derive(Debug)]
pub(crate) struct SpanSums<'a> {
    pub(crate) minutes: &'a [i64],
    pub(crate) services: TextDictionary<'a>,
    pub(crate) names: TextDictionary<'a>,
    pub(crate) kinds: &'a [i32],
    pub(crate) counts: &'a [u64],
    pub(crate) errors: &'a [u64],
    durations: Lists<'a, Int64Type>,
    bins: Lists<'a, Int16Type>,
    newest_ns: &'a Int64Array,
    newest_seqs: &'a UInt64Array,
    namespaces: TextDictionary<'a>,
    environments: TextDictionary<'a>,
}

impl<'a> SpanSums<'a> {
    /// Fails when `rows` are not what the formula makes.
    pub(crate) fn new(rows: &'a RecordBatch) -> Result<Self, QueryError> {
        Ok(SpanSums {
            minutes: columns::int64(rows, MINUTE)?.values(),
            services: columns::text_dictionary(rows, spans::SERVICE)?,
            names: columns::text_dictionary(rows, spans::NAME)?,
            kinds: columns::int32(rows, spans::KIND)?.values(),
            counts: columns::uint64(rows, COUNT)?.values(),
            errors: columns::uint64(rows, ERRORS)?.values(),
            durations: Lists::new(rows, DURATIONS, "List<Int64>")?,
            bins: Lists::new(rows, BINS, "List<Int16>")?,
            newest_ns: columns::int64(rows, NEWEST_NS)?,
            newest_seqs: columns::uint64(rows, NEWEST_SEQ)?,
            namespaces: columns::text_dictionary(rows, NAMESPACE)?,
            environments: columns::text_dictionary(rows, ENVIRONMENT)?,
        })
    }

    /// The newest span of the minute and service of a row, if the row is to tell of it.
    pub(crate) fn newest(&self, row: usize) -> Option<RowKey> {
        let is_there = self.newest_ns.is_valid(row) && self.newest_seqs.is_valid(row);
        is_there.then(|| RowKey {
            placed_time: self.newest_ns.value(row),
            seq: self.newest_seqs.value(row),
        })
    }

    /// Where that ran.
    pub(crate) fn origin(&self, row: usize) -> Origin {
        Origin {
            namespace: self.namespaces.value(row).map(str::to_owned),
            environment: self.environments.value(row).map(str::to_owned),
        }
    }

    /// Adds the durations of a row to `all`. Returns how many were added one by one.
    pub(crate) fn durations(&self, row: usize, all: &mut Durations) -> usize {
        let bins = self.bins.of(row);
        if !bins.is_empty() {
            all.add_bins(bins);
        }
        let durations = self.durations.of(row);
        durations.iter().for_each(|&duration| all.push(duration));
        durations.len()
    }
}

/// A column of lists without nulls.
#[derive(Debug)]
struct Lists<'a, T: ArrowPrimitiveType> {
    offsets: &'a [i32],
    values: &'a [T::Native],
}

impl<'a, T: ArrowPrimitiveType> Lists<'a, T> {
    fn new(
        rows: &'a RecordBatch,
        column: &'static str,
        expected: &'static str,
    ) -> Result<Self, SchemaError> {
        let lists = columns::list(rows, column)?;
        let values = lists.values().as_primitive_opt::<T>();
        let values = values.ok_or(SchemaError::Column { column, expected })?;
        Ok(Lists {
            offsets: lists.value_offsets(),
            values: values.values(),
        })
    }

    fn of(&self, row: usize) -> &'a [T::Native] {
        let (first, end) = (self.offsets[row] as usize, self.offsets[row + 1] as usize);
        &self.values[first..end]
    }
}
