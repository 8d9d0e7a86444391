//! Some thousands of rows in memory, with the indexes that a segment would have.

use std::sync::{Arc, OnceLock};

use arrow::array::{Array, RecordBatch, UInt64Array};
use clearspan_schema::logs::PLACED_TIME;
use clearspan_schema::{SEQ, SchemaError, Signal, columns};
use parking_lot::Mutex;

use crate::derived::{Derive, derive};
use crate::limits::{CHUNK_ROWS, GRANULE_ROWS};
use crate::segment::{TraceDirectory, index_rows};
use crate::text::{ChunkTokens, TextIndexBuilder};

/// Fewer rows than this are sooner read than indexed, or summed up: a chunk that may yet be joined with another would lose what was made
/// of it.
const MIN_INDEXED_ROWS: u32 = CHUNK_ROWS as u32 / 2 + 1;

/// Rows of the memtable: stored schema, ascending sequence numbers, at least one.
#[derive(Debug)]
pub(crate) struct Chunk {
    signal: Signal,
    batch: RecordBatch,
    seqs: (u64, u64),
    time_range: (i64, i64),
    bytes: usize,
    text: OnceLock<Option<ChunkTokens>>,
    traces: OnceLock<Arc<TraceDirectory>>,
    derived: Mutex<Vec<Derived>>,
}

/// A formula's name, and its rows unless it declines.
type Derived = (&'static str, Option<Arc<RecordBatch>>);

impl Chunk {
    pub(crate) fn new(signal: Signal, batch: RecordBatch) -> Result<Self, SchemaError> {
        let seq = columns::uint64(&batch, SEQ)?.values();
        let seqs = (
            seq.first().copied().unwrap_or(0),
            seq.last().copied().unwrap_or(0),
        );
        let times = columns::time(&batch, PLACED_TIME)?;
        let first = arrow::compute::min(times).unwrap_or(0);
        let last = arrow::compute::max(times).unwrap_or(0);
        let bytes = bytes_of(&batch);
        let (text, traces) = (OnceLock::new(), OnceLock::new());
        Ok(Chunk {
            signal,
            batch,
            seqs,
            time_range: (first, last),
            bytes,
            text,
            traces,
            derived: Mutex::default(),
        })
    }

    pub(crate) fn batch(&self) -> &RecordBatch {
        &self.batch
    }

    pub(crate) fn rows(&self) -> u32 {
        self.batch.num_rows() as u32
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn first_seq(&self) -> u64 {
        self.seqs.0
    }

    pub(crate) fn last_seq(&self) -> u64 {
        self.seqs.1
    }

    pub(crate) fn time_range(&self) -> (i64, i64) {
        self.time_range
    }

    /// The row with this sequence number.
    pub(crate) fn row_of(&self, seq: u64) -> Option<usize> {
        let seqs: &UInt64Array = columns::uint64(&self.batch, SEQ).ok()?;
        seqs.values().binary_search(&seq).ok()
    }

    /// Which granules may hold a word or an id; `None` where reading all rows is as quick.
    pub(crate) fn text_index(&self) -> Option<&ChunkTokens> {
        let make = || {
            if self.rows() < MIN_INDEXED_ROWS {
                return None;
            }
            let mut builder = TextIndexBuilder::new(GRANULE_ROWS as usize);
            index_rows(self.signal, &self.batch, &mut builder).ok()?;
            Some(builder.finish_chunk())
        };
        self.text.get_or_init(make).as_ref()
    }

    /// The traces whose spans this chunk holds.
    pub(crate) fn trace_directory(&self) -> Result<Arc<TraceDirectory>, SchemaError> {
        if let Some(made) = self.traces.get() {
            return Ok(Arc::clone(made));
        }
        let made = Arc::new(TraceDirectory::build(&self.batch)?);
        Ok(Arc::clone(self.traces.get_or_init(|| made)))
    }

    /// What `formula` derives from the rows; `None` where it declines, or where reading all rows is as quick.
    pub(crate) fn derived(
        &self,
        formula: &dyn Derive,
    ) -> Result<Option<Arc<RecordBatch>>, SchemaError> {
        if self.rows() < MIN_INDEXED_ROWS {
            return Ok(None);
        }
        let known = |made: &[Derived]| {
            let mut made = made.iter();
            made.find_map(|(name, rows)| (*name == formula.name()).then(|| rows.clone()))
        };
        if let Some(rows) = known(&self.derived.lock()) {
            return Ok(rows);
        }
        // Without the lock: who asks at the same time does the same work, as rarely as that is.
        let rows = derive(formula, &self.batch)?.map(Arc::new);
        let mut made = self.derived.lock();
        if known(&made).is_none() {
            made.push((formula.name(), rows.clone()));
        }
        Ok(rows)
    }
}

/// Bytes of the rows of `batch`.
pub(crate) fn bytes_of(batch: &RecordBatch) -> usize {
    let columns = batch.columns().iter();
    columns.map(|column| slice_bytes(column.as_ref())).sum()
}

/// Bytes of this array's own rows: a slice of a larger array counts its slice alone.
fn slice_bytes(array: &dyn Array) -> usize {
    array
        .to_data()
        .get_slice_memory_size()
        .unwrap_or_else(|_| array.get_array_memory_size())
}
