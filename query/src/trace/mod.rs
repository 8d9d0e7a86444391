//! Traces: search, summaries, and one trace whole.
//!
//! A trace is placed by its earliest span and lies in a range when that span does. Its duration is its
//! latest end less its earliest start; its root the earliest span without a parent, else the earliest
//! whose parent is absent; an error is a span with status ERROR, nothing else.
//!
//! | file | what it holds |
//! |---|---|
//! | `search.rs` | the search: the page, the count |
//! | `scatter.rs` | traces as points, or a fair sample of them |
//! | `walk.rs` | the traces of a range that match |
//! | `matching.rs` | which traces have spans that match |
//! | `told.rs` | conditions that a trace directory decides without a span |
//! | `by_root.rs` | what is asked of a trace's root, and what directories say to it |
//! | `torn.rs` | traces whose root the rows alone tell |
//! | `directories.rs` | the parts' trace directories, merged trace by trace |
//! | `page.rs` | the first traces in order, behind a cursor |
//! | `summary.rs` | what a page shows of one trace |
//! | `root.rs` | the root of a trace that no single part can name |
//! | `reading.rs` | the rows of one trace, from every part |
//! | `whole.rs` | one trace with all its spans; its logs, and those of one span |
//! | `span.rs` | one span with everything it has |
//! | `skeleton.rs`, `skeleton/` | what the waterfall draws of a trace, and its bytes |
//! | `calling.rs` | spans as `edges.rs` wants them, from rows |
//! | `edges.rs` | who calls whom, by the spans of one trace |
//! | `nodes.rs` | those that call and are called, by number |
//! | `peers.rs` | what a span without a child elsewhere calls: a database, a queue, something outside |
//! | `tree.rs` | the spans of a trace as a tree |
//! | `self_time.rs` | self times |

mod by_root;
mod calling;
mod directories;
mod edges;
mod matching;
mod nodes;
mod page;
mod peers;
mod reading;
mod root;
mod scatter;
mod search;
mod self_time;
mod skeleton;
mod span;
mod summary;
mod told;
mod torn;
mod tree;
mod walk;
mod whole;

use arrow::array::RecordBatch;
use clearspan_schema::TraceId;
use clearspan_storage::scan::{MissingSegment, ScanStats};
use datafusion::execution::memory_pool::MemoryReservation;

pub use by_root::AskedRoot;
pub use nodes::NodeKind;
pub use scatter::{ScatterAnswer, ScatterPoint, ScatterRequest};
pub use skeleton::{Skeleton, SkeletonEvent, SkeletonSpan, SpanFlags};
pub use span::{SpanRecord, SpanRows};

pub(crate) use calling::{CALLING_COLUMNS, CallingRows, END_COLUMNS, EndRows};
pub(crate) use directories::Directories;
pub(crate) use edges::{Call, Callers, CallingSpan, End, calls};
pub(crate) use matching::{Asked, Matching};
pub(crate) use nodes::Nodes;
pub(crate) use page::TraceKey;
pub(crate) use peers::peer;
pub(crate) use scatter::scatter;
pub(crate) use search::search;
pub(crate) use skeleton::skeleton;
pub(crate) use span::span;
pub(crate) use whole::{logs, span_logs, spans};

use crate::logs::uncounted;
use crate::{AskedRange, QueryError};

/// What traces are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TraceSortKey {
    /// Where the trace is placed.
    #[default]
    Start,
    /// Its duration; traces without one are below all others.
    Duration,
    /// Its number of spans.
    SpanCount,
    /// Its number of spans with status ERROR.
    ErrorCount,
}

/// The order of traces. Ties are broken by trace id, in the same direction, so that it is total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceSort {
    /// What to sort by.
    pub by: TraceSortKey,
    /// Largest first.
    pub descending: bool,
}

/// Newest first.
impl Default for TraceSort {
    fn default() -> Self {
        TraceSort {
            by: TraceSortKey::Start,
            descending: true,
        }
    }
}

impl TraceSort {
    /// `start`, `duration`, `span_count` or `error_count`; a `-` before it for largest first.
    pub fn parse(text: &str) -> Option<TraceSort> {
        let (name, descending) = text
            .strip_prefix('-')
            .map_or((text, false), |name| (name, true));
        let by = match name {
            "start" => TraceSortKey::Start,
            "duration" => TraceSortKey::Duration,
            "span_count" => TraceSortKey::SpanCount,
            "error_count" => TraceSortKey::ErrorCount,
            _ => return None,
        };
        Some(TraceSort { by, descending })
    }
}

/// A search for traces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TracesRequest {
    /// A query of the search language; empty for every trace.
    pub query: String,
    /// The range, over the starts of traces.
    pub range: AskedRange,
    /// The shortest duration, inclusive, in nanoseconds.
    pub min_duration_ns: Option<i128>,
    /// The longest duration, inclusive, in nanoseconds.
    pub max_duration_ns: Option<i128>,
    /// What the root has to be.
    pub root: AskedRoot,
    /// The order.
    pub sort: TraceSort,
    /// Traces of one page, from 1 to [`crate::limits::LIMIT_MAX`].
    pub limit: usize,
    /// `next_cursor` of the page before this one; the rest of the request must be the same as then.
    pub cursor: Option<String>,
    /// Whether the answer waits for [`TracesAnswer::matched`], however long that takes.
    pub count: bool,
}

/// A page of traces.
#[derive(Debug)]
pub struct TracesAnswer {
    /// The traces, in the order asked for.
    pub traces: Vec<TraceSummary>,
    /// Where the next page starts; `None` when this one is the last.
    pub next_cursor: Option<String>,
    /// Traces that match, in the whole range, on whatever page. `None` where that would take longer than the page, and
    /// [`TracesRequest::count`] does not ask for it; the same request knows it when it is asked again.
    pub matched: Option<u64>,
    /// What was read.
    pub stats: ScanStats,
    /// Segments that could not be read and may hold spans of matching traces. Not empty: the answer is partial.
    pub missing: Vec<MissingSegment>,
    /// What may help whoever asked, as sentences.
    pub hints: Vec<String>,
}

impl TracesAnswer {
    /// How many match, for who asked for the count.
    pub fn counted(&self) -> Result<u64, QueryError> {
        self.matched.ok_or_else(uncounted)
    }
}

/// What a search shows of a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceSummary {
    /// The trace.
    pub trace_id: TraceId,
    /// Its root; `None` where parents form a cycle.
    pub root: Option<RootSpan>,
    /// The earliest start as sent, in nanoseconds since 1970; `None` when no span has one.
    pub start_ns: Option<u64>,
    /// The latest end less the earliest start; negative where the end lies before; `None` when either is unknown.
    pub duration_ns: Option<i128>,
    /// Its number of spans.
    pub span_count: u64,
    /// Spans with status ERROR.
    pub error_count: u64,
    /// Spans per service, most spans first, then by name.
    pub services: Vec<ServiceSpans>,
}

/// The root of a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootSpan {
    /// Its name.
    pub name: String,
    /// Its service; `None` where the sender named none.
    pub service: Option<String>,
}

/// How many spans of a trace a service has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceSpans {
    /// The service's name; empty for spans whose sender named none.
    pub name: String,
    /// Its spans.
    pub spans: u64,
}

/// One trace with all its spans.
#[derive(Debug)]
pub struct TraceSpans {
    /// The spans with all stored columns, in no particular order.
    pub batches: Vec<RecordBatch>,
    /// Segments that could not be read and may hold more of its spans.
    pub missing: Vec<MissingSegment>,
    /// Memory of the spans, given back when this is dropped.
    pub(crate) _memory: MemoryReservation,
}
