//! Every match, as a stream: whatever its length, an export takes a bounded amount of memory.
//!
//! 1. What is exported is settled against one snapshot: the query is read, and for spans the traces that
//!    match are found. This is a question like any other, with its time limit.
//! 2. A source tells where the rows lie, in their order. Logs are merged from parts that are each sorted
//!    already; spans are told by the trace directories.
//! 3. Rows are fetched whole, some hundred at a time, as pieces. Each piece takes a turn among the questions;
//!    while the client reads, none is held, and no time limit runs.
//! 4. Where a segment turns out to be damaged, the rest is exported all the same, and the stream ends with
//!    an error: whoever reads it knows that something is missing.
//!
//! | file | what it holds |
//! |---|---|
//! | `logs.rs` | where logs lie, newest first |
//! | `traces.rs` | where the spans of traces lie |
//! | `pieces.rs` | whole rows, piece by piece |
//! | `units.rs` | record batches that are kept decoded |
//! | `stream.rs` | [`Export`]: the pieces, as they are made |

mod logs;
mod pieces;
mod stream;
mod traces;
mod units;

use std::collections::VecDeque;

use arrow::array::RecordBatch;
use clearspan_schema::Signal;
use clearspan_storage::scan::{MissingSegment, RowAddress};

pub use stream::Export;

pub(crate) use logs::plan as logs;
pub(crate) use pieces::Pieces;
pub(crate) use traces::{plan as traces, plan_of_one as trace};

use crate::{AskedRange, LogRows, QueryError};

/// What is exported.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExportRequest {
    /// A query of the search language; empty for everything.
    pub query: String,
    /// The range: over the times of logs, or over the starts of traces.
    pub range: AskedRange,
}

/// Some rows of an export, with all stored columns.
#[derive(Debug, Clone)]
pub struct ExportPiece {
    signal: Signal,
    batches: Vec<RecordBatch>,
}

impl ExportPiece {
    /// Whether these are spans or logs.
    pub fn signal(&self) -> Signal {
        self.signal
    }

    /// The rows, in order.
    pub fn batches(&self) -> &[RecordBatch] {
        &self.batches
    }

    /// The rows as logs, in order.
    pub fn log_rows(&self) -> impl Iterator<Item = LogRows> {
        self.batches.iter().cloned().map(LogRows::new)
    }
}

/// An export that is settled and not yet begun.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) pieces: Pieces,
    /// Segments that are known to be unreadable and may hold rows of it.
    pub(crate) missing: Vec<MissingSegment>,
}

/// Where the rows of an export lie, in their order.
#[derive(Debug)]
enum Source {
    Logs(Box<logs::LogSource>),
    Traces(traces::TraceSource),
}

impl Source {
    /// Appends at least `count` addresses, or all that are left.
    async fn fill(
        &mut self,
        to: &mut VecDeque<RowAddress>,
        count: usize,
    ) -> Result<(), QueryError> {
        match self {
            Source::Logs(source) => source.fill(to, count).await,
            Source::Traces(source) => {
                source.fill(to, count);
                Ok(())
            }
        }
    }

    /// Segments that could not be read on the way.
    fn take_faults(&mut self) -> Vec<MissingSegment> {
        match self {
            Source::Logs(source) => source.take_faults(),
            Source::Traces(_) => Vec::new(),
        }
    }
}
