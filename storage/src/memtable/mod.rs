//! The memtable: committed rows that are not yet in a segment, searchable at once.
//!
//! It keeps chunks. A committed batch becomes a chunk; small neighbours are joined until a chunk has
//! some thousands of rows, so that a full memtable has few, however small the requests were. A chunk
//! offers what a segment offers (word index, id lookup, trace directory), made when first asked for:
//! ingest does not pay for indexes that nobody uses before the flush makes the lasting ones.
//!
//! | file | what it holds |
//! |---|---|
//! | `chunk.rs` | [`Chunk`] |
//! | `keys.rs` | span keys, to find repeats |
//! | `duplicates.rs` | dropping spans that are stored already |

mod chunk;
mod duplicates;
mod keys;

use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use clearspan_schema::concat::concat;
use clearspan_schema::{SchemaError, Signal};

pub(crate) use chunk::{Chunk, bytes_of};
pub(crate) use duplicates::Repeats;
use keys::SpanKeys;

use crate::background::Now;
use crate::limits::CHUNK_ROWS;

/// Rows of one signal, in order of sequence number.
#[derive(Debug)]
pub(crate) struct Memtable {
    signal: Signal,
    chunks: Vec<Arc<Chunk>>,
    keys: SpanKeys,
    rows: usize,
    bytes: usize,
    since: Option<Duration>,
    arrival_ns: Option<(i64, i64)>,
    duplicates: u64,
    /// All rows below this were committed to this memtable or to an earlier one.
    end_seq: u64,
}

impl Memtable {
    /// Empty, behind `end_seq`.
    pub(crate) fn new(signal: Signal, end_seq: u64) -> Self {
        Memtable {
            signal,
            chunks: Vec::new(),
            keys: SpanKeys::default(),
            rows: 0,
            bytes: 0,
            since: None,
            arrival_ns: None,
            duplicates: 0,
            end_seq,
        }
    }

    /// Takes committed rows (stored schema) whose repeats are already dropped. `end_seq` lies behind
    /// the last sequence number of the commit, dropped rows included.
    pub(crate) fn push(&mut self, commit: Committed, now: Now) -> Result<(), SchemaError> {
        self.end_seq = self.end_seq.max(commit.end_seq);
        self.duplicates += commit.duplicates;
        self.since.get_or_insert(now.monotonic);
        let (first, last) = self
            .arrival_ns
            .unwrap_or((commit.arrival_ns, commit.arrival_ns));
        self.arrival_ns = Some((first.min(commit.arrival_ns), last.max(commit.arrival_ns)));
        if commit.rows.num_rows() == 0 {
            return Ok(());
        }
        if self.signal == Signal::Spans {
            self.keys.add(&commit.rows)?;
        }
        self.rows += commit.rows.num_rows();
        let chunk = Chunk::new(self.signal, commit.rows)?;
        self.bytes += chunk.bytes();
        self.chunks.push(Arc::new(chunk));
        self.join_small()
    }

    /// Joins the last chunks while the older of two is not much larger, so that a row is copied a
    /// number of times that is logarithmic in the size of a chunk.
    fn join_small(&mut self) -> Result<(), SchemaError> {
        while let [.., older, newer] = self.chunks.as_slice() {
            let rows = (older.rows() + newer.rows()) as usize;
            if rows > CHUNK_ROWS || older.rows() > 2 * newer.rows() {
                break;
            }
            let joined = concat(
                &self.signal.stored_schema(),
                &[older.batch().clone(), newer.batch().clone()],
            )?;
            let before = older.bytes() + newer.bytes();
            let joined = Chunk::new(self.signal, joined)?;
            self.bytes = (self.bytes + joined.bytes()).saturating_sub(before);
            self.chunks.truncate(self.chunks.len() - 2);
            self.chunks.push(Arc::new(joined));
        }
        Ok(())
    }

    /// The chunks, by ascending sequence number.
    pub(crate) fn chunks(&self) -> &[Arc<Chunk>] {
        &self.chunks
    }

    /// Sequence numbers of the rows that may be the span with this key.
    pub(crate) fn spans_with_key(&self, key: u64) -> impl Iterator<Item = u64> + '_ {
        self.keys.get(key)
    }

    /// The row with this sequence number.
    pub(crate) fn find(&self, seq: u64) -> Option<(&Chunk, usize)> {
        let at = self.chunks.partition_point(|chunk| chunk.last_seq() < seq);
        let chunk = self.chunks.get(at)?;
        Some((chunk, chunk.row_of(seq)?))
    }

    /// Whether nothing was committed to it, dropped rows included.
    pub(crate) fn is_untouched(&self) -> bool {
        self.since.is_none()
    }

    /// The number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Bytes of the rows.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes + self.keys.bytes()
    }

    /// When the first commit came, on the monotonic clock.
    pub(crate) fn since(&self) -> Option<Duration> {
        self.since
    }

    /// Earliest and latest arrival; `None` while untouched.
    pub(crate) fn arrival_ns(&self) -> Option<(i64, i64)> {
        self.arrival_ns
    }

    /// Rows that were dropped as repeats.
    pub(crate) fn duplicates(&self) -> u64 {
        self.duplicates
    }

    /// Behind the last sequence number that was committed to it.
    pub(crate) fn end_seq(&self) -> u64 {
        self.end_seq
    }
}

/// Rows of one commit, ready for the memtable.
#[derive(Debug)]
pub(crate) struct Committed {
    /// Stored schema, ascending sequence numbers.
    pub(crate) rows: RecordBatch,
    /// Behind the last sequence number of the commit.
    pub(crate) end_seq: u64,
    /// When the rows arrived, in nanoseconds since 1970.
    pub(crate) arrival_ns: i64,
    /// Rows of the commit that were dropped as repeats.
    pub(crate) duplicates: u64,
}
