//! The columns of [`super::SpanEdges`], as they are read.

use arrow::array::{Array, Int64Array, RecordBatch};
use clearspan_schema::columns;
use clearspan_schema::dictionary::TextDictionary;

use super::span_edges::{CALLEE, CALLEE_KIND, CALLER, KINDS, LONGEST_NS, ROW};
use super::span_minutes::ERRORS;
use super::{COUNT, MINUTE};
use crate::QueryError;
use crate::trace::NodeKind;

/// Derived rows, column by column; their durations are read by [`super::PackedDurations`].
#[derive(Debug)]
pub(crate) struct EdgeSums<'a> {
    minutes: &'a Int64Array,
    pub(crate) callers: TextDictionary<'a>,
    pub(crate) callees: TextDictionary<'a>,
    kinds: &'a [i32],
    pub(crate) counts: &'a [u64],
    pub(crate) errors: &'a [u64],
    longest: &'a Int64Array,
    pub(crate) rows: &'a [u32],
}

impl<'a> EdgeSums<'a> {
    /// Fails when `rows` are not what the formula makes.
    pub(crate) fn new(rows: &'a RecordBatch) -> Result<Self, QueryError> {
        Ok(EdgeSums {
            minutes: columns::int64(rows, MINUTE)?,
            callers: columns::text_dictionary(rows, CALLER)?,
            callees: columns::text_dictionary(rows, CALLEE)?,
            kinds: columns::int32(rows, CALLEE_KIND)?.values(),
            counts: columns::uint64(rows, COUNT)?.values(),
            errors: columns::uint64(rows, ERRORS)?.values(),
            longest: columns::int64(rows, LONGEST_NS)?,
            rows: columns::uint32(rows, ROW)?.values(),
        })
    }

    /// The minute of each row; `None` where it tells of a trace that is left out.
    pub(crate) fn minutes(&self) -> impl Iterator<Item = Option<i64>> + '_ {
        self.minutes.iter()
    }

    /// What is called.
    pub(crate) fn callee_kind(&self, row: usize) -> NodeKind {
        let kind = usize::try_from(self.kinds[row]).ok();
        let kind = kind.and_then(|kind| KINDS.get(kind));
        kind.copied().unwrap_or(NodeKind::External)
    }

    /// The longest call.
    pub(crate) fn longest(&self, row: usize) -> Option<i64> {
        self.longest.is_valid(row).then(|| self.longest.value(row))
    }
}
