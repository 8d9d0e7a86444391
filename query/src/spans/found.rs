//! The rows of an answer, as spans.

use std::sync::Arc;

use arrow::array::RecordBatch;
use clearspan_schema::spans::SpansReader;
use clearspan_schema::{SEQ, SchemaError, columns};
use datafusion::execution::memory_pool::MemoryReservation;

use crate::exec::{Plans, page_memory};
use crate::{QueryError, SpanRecord};

/// The spans of a page, in order.
#[derive(Debug, Clone)]
pub struct FoundSpans {
    batch: RecordBatch,
    /// What was taken for them, given back with the last clone.
    _memory: Arc<MemoryReservation>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundSpan<'a> {
    /// The span with all it has.
    pub record: SpanRecord<'a>,
    /// End less start; `None` where either is unknown or cannot be stored as a time.
    pub duration_ns: Option<i64>,
}

impl FoundSpans {
    /// A page, for which memory is taken.
    pub(super) fn new(batch: RecordBatch, plans: &Plans) -> Result<Self, QueryError> {
        let _memory = Arc::new(page_memory(&batch, plans)?);
        Ok(FoundSpans { batch, _memory })
    }

    /// The number of spans.
    pub fn len(&self) -> usize {
        self.batch.num_rows()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Calls `see` with each span, in order.
    pub fn each(&self, mut see: impl FnMut(FoundSpan<'_>)) -> Result<(), SchemaError> {
        let seq = columns::uint64(&self.batch, SEQ)?;
        let reader = SpansReader::new(&self.batch)?;
        for row in 0..reader.rows() {
            see(FoundSpan {
                record: SpanRecord::new(&reader, row, seq.value(row)),
                duration_ns: reader.duration_ns(row),
            });
        }
        Ok(())
    }
}
