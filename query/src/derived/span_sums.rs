//! The columns of [`super::SpanMinutes`], as they are read.

use arrow::array::{Array, Int64Array, RecordBatch, UInt64Array};
use clearspan_schema::dictionary::TextDictionary;
use clearspan_schema::{columns, spans};

use super::span_minutes::{ENVIRONMENT, ERRORS, NAMESPACE, NEWEST_NS, NEWEST_SEQ};
use super::{COUNT, MINUTE, Origin};
use crate::QueryError;
use crate::exec::RowKey;

/// Derived rows, column by column; their durations are read by [`super::PackedDurations`].
#[derive(Debug)]
pub(crate) struct SpanSums<'a> {
    pub(crate) minutes: &'a [i64],
    pub(crate) services: TextDictionary<'a>,
    pub(crate) names: TextDictionary<'a>,
    pub(crate) kinds: &'a [i32],
    pub(crate) counts: &'a [u64],
    pub(crate) errors: &'a [u64],
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
}
