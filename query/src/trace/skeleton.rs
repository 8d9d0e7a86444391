//! What the waterfall draws of a trace: of each span where it stands in the tree and in time, its name,
//! its service and its marks. Attributes are left to whoever looks at a single span, so that a trace of
//! a hundred thousand spans is some megabytes and is read from a few columns.
//!
//! | file | what it holds |
//! |---|---|
//! | `build.rs` | from the rows of a trace to its skeleton |
//! | `encode.rs` | its bytes, as `docs/formats.md` has them |

mod build;
mod encode;

use arrow::array::RecordBatch;
use clearspan_schema::{SpanId, TraceId};
use clearspan_storage::scan::MissingSegment;
use clearspan_storage::{ServiceSlot, ServiceSlots};

use super::reading;
use crate::QueryError;
use crate::engine::Session;

/// A trace, reduced to what a waterfall shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skeleton {
    /// The earliest start as sent, in nanoseconds since 1970; `None` when no span has one. Every offset
    /// counts from here, and is 0 where this is `None` or where it would lie before.
    pub start_ns: Option<u64>,
    /// The latest end less the earliest start; 0 when either is unknown or the end lies before the start.
    pub duration_ns: u64,
    /// The spans in pre-order: each before its children; siblings by start (unknown ones last), then by
    /// span id, then by arrival.
    pub spans: Vec<SkeletonSpan>,
    /// Events that have a time, in the order of their spans, then as sent; at most
    /// [`crate::limits::SKELETON_EVENTS_MAX`].
    pub events: Vec<SkeletonEvent>,
    /// Whether events were left out beyond that limit.
    pub events_are_cut: bool,
    /// The services' names in the order of their first spans; the empty name stands for none. Names longer than
    /// [`crate::limits::SKELETON_TEXT_BYTES_MAX`] are cut and end with `…`, here as in [`Skeleton::names`].
    pub services: Vec<String>,
    /// The colour slots of [`Skeleton::services`], [`Skeleton::UNKNOWN_SLOT`] where none is known.
    pub slots: Vec<u32>,
    /// The spans' names in the order of their first spans.
    pub names: Vec<String>,
    /// Segments that could not be read and may hold more of its spans.
    pub missing: Vec<MissingSegment>,
}

impl Skeleton {
    /// Says that a service has no colour slot that is known here.
    pub const UNKNOWN_SLOT: u32 = u32::MAX;

    /// The service of a span.
    pub fn service_of(&self, span: &SkeletonSpan) -> &str {
        text_at(&self.services, span.service)
    }

    /// Notes the colours of its services.
    pub(crate) fn colour(&mut self, known: &ServiceSlots) {
        let slot = |name: &String| match known.slot(name) {
            _ if name.is_empty() => Skeleton::UNKNOWN_SLOT,
            ServiceSlot { colour, round } => u32::from(colour) | u32::from(round > 0) << 8,
        };
        self.slots = self.services.iter().map(slot).collect();
    }

    /// The name of a span.
    pub fn name_of(&self, span: &SkeletonSpan) -> &str {
        text_at(&self.names, span.name)
    }
}

fn text_at(texts: &[String], at: u32) -> &str {
    texts.get(at as usize).map_or("", String::as_str)
}

/// One span of a [`Skeleton`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SkeletonSpan {
    /// Its start (where that is unknown, its end) after the start of the trace.
    pub start_offset_ns: u64,
    /// Its end less its start; 0 where either is unknown or the end lies before the start.
    pub duration_ns: u64,
    /// Its duration less the union of its direct children's intervals, cut to its own.
    pub self_ns: u64,
    /// Its id.
    pub span_id: SpanId,
    /// Where its parent stands in [`Skeleton::spans`].
    pub parent: Option<u32>,
    /// Steps to the top of the tree.
    pub depth: u32,
    /// Where its service stands in [`Skeleton::services`].
    pub service: u32,
    /// Where its name stands in [`Skeleton::names`].
    pub name: u32,
    /// Its marks.
    pub flags: SpanFlags,
}

/// One event of a [`Skeleton`]: a dot on its span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SkeletonEvent {
    /// Where its span stands in [`Skeleton::spans`].
    pub span: u32,
    /// Its time after the start of the trace.
    pub offset_ns: u64,
}

/// Marks of a span, its kind and its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SpanFlags(u32);

impl SpanFlags {
    /// Its status is ERROR.
    pub const ERROR: SpanFlags = SpanFlags(1);
    /// It names a parent that is absent.
    pub const ORPHAN: SpanFlags = SpanFlags(1 << 1);
    /// It has events.
    pub const EVENTS: SpanFlags = SpanFlags(1 << 2);
    /// It has links.
    pub const LINKS: SpanFlags = SpanFlags(1 << 3);
    /// Another span of the trace has its id.
    pub const DUPLICATE: SpanFlags = SpanFlags(1 << 4);
    /// Its end lies before its start.
    pub const NEGATIVE: SpanFlags = SpanFlags(1 << 5);
    /// Its parents form a cycle, of which it is the earliest span: it was put at the top.
    pub const CYCLE: SpanFlags = SpanFlags(1 << 6);
    /// Its start or its end is unknown.
    pub const NO_TIME: SpanFlags = SpanFlags(1 << 7);

    const KIND_SHIFT: u32 = 8;
    const STATUS_SHIFT: u32 = 12;

    /// All of them, as they are encoded.
    pub fn bits(self) -> u32 {
        self.0
    }

    /// Whether all marks of `other` are there.
    pub fn has(self, other: SpanFlags) -> bool {
        self.0 & other.0 == other.0
    }

    /// `SpanKind`, 0 to 5; 0 also where it is none that OpenTelemetry defines.
    pub fn kind(self) -> i32 {
        (self.0 >> Self::KIND_SHIFT & 15).cast_signed()
    }

    /// `StatusCode`: 0 unset, 1 OK, 2 ERROR; 3 where it is none of these.
    pub fn status(self) -> i32 {
        (self.0 >> Self::STATUS_SHIFT & 3).cast_signed()
    }

    fn of(kind: i32, status: i32) -> Self {
        let kind = u32::try_from(kind).ok().filter(|&kind| kind <= 5);
        let status = u32::try_from(status).ok().filter(|&status| status <= 2);
        let flags = SpanFlags(
            kind.unwrap_or(0) << Self::KIND_SHIFT | status.unwrap_or(3) << Self::STATUS_SHIFT,
        );
        flags.with(Self::ERROR, status == Some(2))
    }

    fn with(self, mark: SpanFlags, is_set: bool) -> Self {
        SpanFlags(self.0 | if is_set { mark.0 } else { 0 })
    }
}

pub(crate) async fn skeleton(session: Session, id: TraceId) -> Result<Skeleton, QueryError> {
    let trace = reading::read(&session, id, build::COLUMNS, 1).await?;
    let mut skeleton = built(trace.batches).await?;
    skeleton.missing = trace.missing;
    Ok(skeleton)
}

/// Built where a long computation holds up nobody: the largest trace takes a second or two.
async fn built(batches: Vec<RecordBatch>) -> Result<Skeleton, QueryError> {
    let built = tokio::task::spawn_blocking(move || build::build(&batches)).await;
    built.map_err(|error| QueryError::Internal(error.to_string()))?
}
