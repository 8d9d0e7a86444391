//! Dependencies: who calls whom in a range.
//!
//! What is a call, and of what, is decided in `trace/edges.rs` and `trace/peers.rs`. A call is counted where the called span starts, or the calling one
//! where the peer sends none; parents, children and linked spans are found wherever they lie.
//!
//! 1. Calls of whole minutes were added up when their segments were sealed (`derived/span_edges.rs`), as the traces stood in each segment alone (`sums.rs`).
//! 2. Some traces must be counted from their rows: those that stand in several parts, and some more (`traces.rs`).
//! 3. They are read some at a time, in the order of rows (`reading.rs`), then what they link to (`links.rs`). What is in the sums of them is taken away, and the calls of
//!    all their spans are added instead (`recount.rs`).
//! 4. The trace of each edge's longest call is looked up (`exemplars.rs`).
//! 5. Services, with or without a call, are those of the services' answer.
//!
//! What is held at a time does not grow with the range, but for edges, and what is known of the traces that are counted from rows.
//!
//! | file | what it holds |
//! |---|---|
//! | `sums.rs` | the calls that were added up |
//! | `traces.rs` | the traces that are counted from rows, in pieces |
//! | `recounted.rs` | which these were, and where their rows stand |
//! | `reading.rs` | the spans of one piece |
//! | `links.rs` | the spans that they link to |
//! | `recount.rs` | away with what sums have of them, and their calls instead |
//! | `exemplars.rs` | a trace for each edge |
//! | `graph.rs` | nodes and edges, while calls come in |

mod exemplars;
mod graph;
mod links;
mod reading;
mod recount;
mod recounted;
mod sums;
mod traces;

use clearspan_schema::TraceId;
use clearspan_storage::scan::{MissingSegment, ScanStats};

use crate::derived::{Division, SpanEdges};
use crate::engine::Session;
use crate::exec::unread;
use crate::trace::NodeKind;
use crate::{AskedRange, QueryError, services};
use recount::Recount;

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
    /// A trace with such a call in the range: that of the longest, of several the one in the latest minute, of several the one with the least id.
    pub exemplar_trace_id: Option<TraceId>,
}

pub(crate) async fn dependencies(
    session: Session,
    request: DependenciesRequest,
) -> Result<DependenciesAnswer, QueryError> {
    let range = request.range.resolve(session.now_ns)?;
    let services = services::services(session.clone(), request.range.into()).await?;
    let division = Division::new(&session, &SpanEdges, range, []).await?;
    let mut recount = Recount::new(&session, division, range).await?;
    recount.add_sums().await?;
    recount.count_from_rows().await?;
    let (graph, mut tally) = recount.finish().await?;
    tally.faults.extend(services.missing);
    let (nodes, edges) = graph.finish(services.services).await;
    Ok(DependenciesAnswer {
        nodes,
        edges,
        stats: session.stats(&tally.stats),
        missing: unread(&session.snapshot, range, tally.faults),
    })
}
