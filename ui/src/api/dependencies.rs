//! `/api/v1/dependencies`: who calls whom in a range.

use axum::extract::State;
use axum::response::Response;
use clearspan_query::{DependenciesRequest, Edge, Node, NodeKind};
use serde::Serialize;

use super::calls::CallsView;
use crate::answer::{self, CountEnd, made};
use crate::error::ApiError;
use crate::params::Params;
use crate::state::Api;
use crate::time::range;

const PARAMETERS: [&str; 2] = ["from", "to"];

#[derive(Serialize)]
struct DependenciesView {
    nodes: Vec<NodeView>,
    edges: Vec<EdgeView>,
    #[serde(flatten)]
    end: CountEnd,
}

#[derive(Serialize)]
struct NodeView {
    name: String,
    kind: &'static str,
    calls: u64,
    errors: u64,
}

#[derive(Serialize)]
struct EdgeView {
    caller: String,
    /// Left out where it is a service.
    #[serde(skip_serializing_if = "Option::is_none")]
    caller_kind: Option<&'static str>,
    callee: String,
    callee_kind: &'static str,
    #[serde(flatten)]
    figures: CallsView,
    exemplar_trace_id: Option<String>,
}

pub(crate) async fn dependencies(
    State(api): State<Api>,
    params: Params,
) -> Result<Response, ApiError> {
    let timer = api.timer();
    let request = DependenciesRequest {
        range: range(&params)?,
    };
    let answer = api.engine()?.dependencies(&api.tenant(), request).await?;
    let elapsed_ms = timer.elapsed_ms();
    // There may be a hundred thousand edges.
    made(move || {
        answer::json(&DependenciesView {
            nodes: answer.nodes.into_iter().map(NodeView::from).collect(),
            edges: answer.edges.into_iter().map(EdgeView::from).collect(),
            end: CountEnd::of(
                elapsed_ms,
                &answer.stats,
                answer.missing,
                params.hints(&PARAMETERS),
            ),
        })
    })
    .await
}

impl From<Node> for NodeView {
    fn from(node: Node) -> Self {
        NodeView {
            kind: node.kind.name(),
            name: node.name,
            calls: node.calls,
            errors: node.errors,
        }
    }
}

impl From<Edge> for EdgeView {
    fn from(edge: Edge) -> Self {
        let is_service = edge.caller_kind == NodeKind::Service;
        EdgeView {
            caller_kind: (!is_service).then(|| edge.caller_kind.name()),
            callee_kind: edge.callee_kind.name(),
            figures: CallsView::new(
                edge.calls,
                edge.errors,
                [edge.p50_ns, edge.p95_ns, edge.p99_ns],
            ),
            exemplar_trace_id: edge.exemplar_trace_id.map(hex::encode),
            caller: edge.caller,
            callee: edge.callee,
        }
    }
}
