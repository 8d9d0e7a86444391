//! Turns questions into plans and answers: the search language, the tables, trace analysis.
//!
//! A question goes down once and returns: [`QueryEngine`] parses it, pins a snapshot, builds a
//! DataFusion plan whose leaf is [`exec::SegmentScanExec`], runs it on the query runtime, and fetches the
//! full rows of the page alone. This room never writes, and knows no HTTP.
//!
//! | file or folder | what it holds |
//! |---|---|
//! | `engine/` | [`QueryEngine`]: all questions, run within their limits |
//! | `language/` | the search language |
//! | `exec/` | the scan as a DataFusion plan, and how plans are run |
//! | `logs/` | log search |
//! | `complete/` | what may stand at a place of a query |
//! | `count/` | what logs hold: over time, by field, by value |
//! | `spans/` | span search |
//! | `patterns/` | logs that differ only in numbers and ids, counted together |
//! | `trace/` | trace search, one trace whole |
//! | `export/` | every match, as a stream |
//! | `tail/` | logs that match, as they are committed |
//! | `sql/` | one SELECT over both signals |
//! | `services/` | services with their percentiles; the operations, latency and exceptions of one |
//! | `dependencies/` | who calls whom |
//! | `derived/` | sums by minute, which storage keeps with its segments |
//! | `duration.rs` | durations as people read them |
//! | `cursor.rs` | where the next page starts |
//! | `hints.rs` | what an answer adds when it is empty |
//! | `time.rs` | times as they are asked for |
//! | `fuzzing.rs` | what the targets in `fuzz/` call; never part of the program |
//! | `config.rs`, `limits.rs`, `error.rs` | settings, bounds, what can go wrong |

mod complete;
mod config;
mod count;
mod cursor;
mod dependencies;
mod derived;
mod duration;
mod engine;
mod error;
pub mod exec;
mod export;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod hints;
pub mod language;
pub mod limits;
mod logs;
mod patterns;
mod services;
mod spans;
mod sql;
mod tail;
mod time;
mod trace;

pub use complete::{CompletionAnswer, CompletionItem, CompletionKind, CompletionRequest};
pub use config::Config;
pub use count::{
    Counted, CountedRows, FacetsAnswer, FacetsRequest, FieldCount, FieldType, FieldValue,
    FieldValues, FieldsAnswer, HistogramAnswer, HistogramBucket, SEVERITY_NAMES, ValueCount,
    ValuesAnswer, ValuesRequest,
};
pub use dependencies::{DependenciesAnswer, DependenciesRequest, Edge, Node};
pub use derived::formulas;
pub use duration::duration_text;
pub use engine::{Lanes, QueryEngine, QuestionsStatus};
pub use error::QueryError;
pub use export::{Export, ExportPiece, ExportRequest};
pub use language::{Completion, completion_at};
pub use logs::{ContextAnswer, ContextRequest, Same};
pub use logs::{LogId, LogRecord, LogRecords, LogRows, LogsAnswer, LogsRequest, Order};
pub use patterns::{
    Pattern, PatternId, PatternsAnswer, PatternsRequest, ServiceCount, Slot, SlotValue,
    SlotsAnswer, SlotsRequest,
};
pub use services::{
    ExceptionRow, ExceptionsAnswer, LatencyAnswer, LatencyBand, LatencyCell, LatencyPoint,
    LatencyRequest, OperationRow, OperationsAnswer, ServiceRow, ServicesAnswer, ServicesRequest,
};
pub use spans::{FoundSpan, FoundSpans, SpanSort, SpanSortKey, SpansAnswer, SpansRequest};
pub use sql::{SqlAnswer, SqlError, SqlParam, SqlParamError, SqlRequest, is_json};
pub use tail::{Tail, TailBeat, TailEvent, TailGap, TailRequest, TailRows};
pub use time::{AskedRange, AskedTime};
pub use trace::{
    AskedRoot, RootSpan, ScatterAnswer, ScatterPoint, ScatterRequest, ServiceSpans, TraceSort,
    TraceSortKey, TraceSpans, TraceSummary, TracesAnswer, TracesRequest,
};
pub use trace::{NodeKind, Skeleton, SkeletonEvent, SkeletonSpan, SpanFlags, SpanRecord, SpanRows};

// Words of the rooms below in which questions are asked and answers given, so that whoever asks can name them.
pub use clearspan_schema::any::AnyRef;
pub use clearspan_schema::logs::Body;
pub use clearspan_schema::nested::{EventRef, LinkRef};
pub use clearspan_schema::{Signal, SpanId, TraceId, json};
pub use clearspan_storage::background::{Clock, Now};
pub use clearspan_storage::scan::{MissingSegment, ScanStats};
pub use clearspan_storage::{ServiceSlot, ServiceSlots, TenantId};
