//! `/api/v1/traces/search`: a page of the traces that match, and how many do.

use axum::extract::State;
use axum::response::Response;
use clearspan_query::{AskedRoot, ServiceSpans, TraceSort, TraceSummary, TracesRequest};
use serde::Serialize;

use crate::answer::{self, Completeness, PageEnd, StatsView, made};
use crate::error::ApiError;
use crate::limits::TRACES_LIMIT_DEFAULT;
use crate::params::Params;
use crate::state::Api;
use crate::time::{duration_ns, range};

const PARAMETERS: [&str; 11] = [
    "q",
    "from",
    "to",
    "min_duration",
    "max_duration",
    "root_service",
    "root_name",
    "limit",
    "cursor",
    "sort",
    "count",
];

const SORTS: &str =
    "start, duration, span_count or error_count, with a - before it for largest first";

#[derive(Serialize)]
struct TracesView {
    traces: Vec<TraceView>,
    #[serde(flatten)]
    end: PageEnd,
}

#[derive(Serialize)]
struct TraceView {
    trace_id: String,
    root_service: Option<String>,
    root_name: Option<String>,
    start_ns: Option<String>,
    duration_ns: Option<String>,
    span_count: u64,
    error_count: u64,
    services: Vec<ServiceView>,
}

#[derive(Serialize)]
struct ServiceView {
    name: String,
    spans: u64,
}

pub(crate) async fn search(State(api): State<Api>, params: Params) -> Result<Response, ApiError> {
    let timer = api.timer();
    let request = request(&params)?;
    let engine = api.engine()?.clone();
    let answer = api.uncounted().ask(
        request,
        |request| request.count = true,
        |request| {
            let (engine, tenant) = (engine.clone(), api.tenant());
            async move { engine.search_traces(&tenant, request).await }
        },
        |answer| answer.matched,
    );
    let answer = answer.await?;
    let end = PageEnd {
        next_cursor: answer.next_cursor,
        matched: answer.matched,
        stats: StatsView::new(timer.elapsed_ms(), &answer.stats),
        whole: Completeness::of(answer.missing),
        hints: [answer.hints, params.hints(&PARAMETERS)].concat(),
    };
    let traces = answer.traces;
    made(move || {
        let traces = traces.into_iter().map(TraceView::from).collect();
        answer::json(&TracesView { traces, end })
    })
    .await
}

fn request(params: &Params) -> Result<TracesRequest, ApiError> {
    Ok(TracesRequest {
        query: params.query()?,
        range: range(params)?,
        min_duration_ns: duration_ns(params, "min_duration")?,
        max_duration_ns: duration_ns(params, "max_duration")?,
        root: root(params)?,
        sort: params
            .word("sort", SORTS, TraceSort::parse)?
            .unwrap_or_default(),
        limit: params.limit(TRACES_LIMIT_DEFAULT)?,
        cursor: params.cursor()?,
        count: params.count()?,
    })
}

/// What the root has to be. An empty service is that of spans whose sender named none.
pub(super) fn root(params: &Params) -> Result<AskedRoot, ApiError> {
    Ok(AskedRoot {
        service: params.text("root_service")?.map(str::to_owned),
        name: params.text("root_name")?.map(str::to_owned),
    })
}

impl From<TraceSummary> for TraceView {
    fn from(trace: TraceSummary) -> Self {
        let (root_name, root_service) = trace.root.map(|root| (root.name, root.service)).unzip();
        TraceView {
            trace_id: hex::encode(trace.trace_id),
            root_service: root_service.flatten(),
            root_name,
            start_ns: trace.start_ns.map(|start| start.to_string()),
            duration_ns: trace.duration_ns.map(|duration| duration.to_string()),
            span_count: trace.span_count,
            error_count: trace.error_count,
            services: trace.services.into_iter().map(ServiceView::from).collect(),
        }
    }
}

impl From<ServiceSpans> for ServiceView {
    fn from(service: ServiceSpans) -> Self {
        ServiceView {
            name: service.name,
            spans: service.spans,
        }
    }
}
