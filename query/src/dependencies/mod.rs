//! Dependencies: who calls whom in a range.
//!
//! What is a call, and of what, is decided in `trace/edges.rs` and `trace/peers.rs`. A call is counted where the called span starts, or the calling one
//! where the peer sends none; parents, children and linked spans are found wherever they lie.
//!
//! 1. The trace directories tell which traces have spans in parts of the range, and where all their spans stand (`traces.rs`).
//! 2. They are read some traces at a time, in the order of rows (`reading.rs`), then what they link to (`links.rs`).
//! 3. The calls of each trace are counted (`graph.rs`). What is held at a time does not grow with the range, but for the edges.
//! 4. Services, with or without a call, are those of the services' answer.
//!
//! | file | what it holds |
//! |---|---|
//! | `traces.rs` | the traces of a range, in pieces |
//! | `reading.rs` | the spans of one piece |
//! | `links.rs` | the spans that they link to |
//! | `graph.rs` | nodes and edges, while calls come in |

mod graph;
mod links;
mod reading;
mod traces;

use clearspan_schema::TraceId;
use clearspan_storage::scan::{MissingSegment, ScanStats};

use crate::engine::Session;
use crate::exec::{ScanTally, unread};
use crate::trace::{Directories, calls};
use crate::{AskedRange, QueryError, services};
use graph::Graph;
use links::Linked;
use reading::Reader;

/// Which calls.
#[derive(Debug, Clone, Copy, Default)]
pub struct DependenciesRequest {
    /// When the called spans started.
    pub range: AskedRange,
}

/// Who called whom.
#[derive(Debug)]
pub struct DependenciesAnswer {
    /// By name, then kind: the services of the range, called or not, the callers of its calls, and what they call besides.
    pub nodes: Vec<Node>,
    /// By caller, callee, and their kinds.
    pub edges: Vec<Edge>,
    /// What was read.
    pub stats: ScanStats,
    /// Segments that could not be read and may hold spans that matter. Not empty: the answer is partial.
    pub missing: Vec<MissingSegment>,
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeKind {
    /// It sends spans.
    Service,
    /// Known from spans that call it, like the others.
    Database,
    /// A queue or topic.
    Messaging,
    /// Anything else that sends no spans.
    External,
}

impl NodeKind {
    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            NodeKind::Service => "service",
            NodeKind::Database => "database",
            NodeKind::Messaging => "messaging",
            NodeKind::External => "external",
        }
    }
}

/// One that calls or is called. A name may stand for one of each kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name; empty for spans whose sender named no service.
    pub name: String,
    /// What it is.
    pub kind: NodeKind,
    /// Of a service its SERVER and CONSUMER spans, whoever called them; else the calls that reach it.
    pub calls: u64,
    /// Those of them with status ERROR.
    pub errors: u64,
}

/// All calls from one node to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// The name of the node that calls.
    pub caller: String,
    /// What that is: always a service, today.
    pub caller_kind: NodeKind,
    /// The name of the node that is called.
    pub callee: String,
    /// What that is.
    pub callee_kind: NodeKind,
    /// Spans, each once: the called ones, or the calling ones where the peer sends none.
    pub calls: u64,
    /// Those of them with status ERROR.
    pub errors: u64,
    /// Median of their durations, in nanoseconds; `None` when none has one. This and the others are exact, or within 1% of that where there are
    /// too many to be held.
    pub p50_ns: Option<i64>,
    /// 95th percentile of their durations.
    pub p95_ns: Option<i64>,
    /// 99th percentile of their durations.
    pub p99_ns: Option<i64>,
    /// A trace with such a call in the range: that of the longest, or the least id of several.
    pub exemplar_trace_id: Option<TraceId>,
}

pub(crate) async fn dependencies(
    session: Session,
    request: DependenciesRequest,
) -> Result<DependenciesAnswer, QueryError> {
    let range = request.range.resolve(session.now_ns)?;
    let services = services::services(session.clone(), request.range.into()).await?;
    let mut tally = ScanTally::default();
    let directories = Directories::open(&session.snapshot, &mut tally.faults).await?;
    let mut held = session.plans.reservation("dependencies");
    let traces = traces::in_range(&directories, range, &session, &mut held).await?;
    let mut graph = Graph::default();
    let mut reader = Reader::new(&directories, range);
    for piece in traces.pieces() {
        let mut spans = reader.spans(piece, &mut graph).await?;
        let mut linked = Linked::default();
        linked.look_up(&spans, &mut reader, &mut graph).await?;
        let bytes = traces.bytes() + spans.bytes() + linked.bytes() + graph.bytes();
        held.try_resize(bytes)
            .map_err(|_| session.plans.memory_limit())?;
        for (trace, spans) in spans.by_trace() {
            let offer = |links: &_, child, callers: &mut _| linked.offer(links, child, callers);
            calls(spans, offer, |call| graph.add(trace, call));
        }
        graph.keep_within_limits()?;
        tokio::task::yield_now().await;
    }
    tally.add_reading(reader.into_tally());
    tally.faults.extend(services.missing);
    let (nodes, edges) = graph.finish(services.services).await;
    Ok(DependenciesAnswer {
        nodes,
        edges,
        stats: session.stats(&tally.stats),
        missing: unread(&session.snapshot, range, tally.faults),
    })
}
