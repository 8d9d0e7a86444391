//! `/api/v1/traces/scatter`: the traces that match as points of start and duration, or a fair sample of them.

use axum::extract::State;
use axum::response::Response;
use clearspan_query::{ScatterPoint, ScatterRequest};
use serde::Serialize;

use super::traces_search::root;
use crate::answer::{self, CountEnd, made};
use crate::error::ApiError;
use crate::limits::POINTS_DEFAULT;
use crate::params::Params;
use crate::state::Api;
use crate::time::{duration_ns, range};

const PARAMETERS: [&str; 8] = [
    "q",
    "from",
    "to",
    "min_duration",
    "max_duration",
    "root_service",
    "root_name",
    "points",
];

#[derive(Serialize)]
struct ScatterView {
    points: Vec<PointView>,
    matched: u64,
    matched_errors: u64,
    #[serde(flatten)]
    end: CountEnd,
}

#[derive(Serialize)]
struct PointView {
    start_ns: Option<String>,
    duration_ns: Option<String>,
    span_count: u64,
    error: bool,
    trace_id: String,
}

pub(crate) async fn scatter(State(api): State<Api>, params: Params) -> Result<Response, ApiError> {
    let timer = api.timer();
    let request = ScatterRequest {
        query: params.query()?,
        range: range(&params)?,
        min_duration_ns: duration_ns(&params, "min_duration")?,
        max_duration_ns: duration_ns(&params, "max_duration")?,
        root: root(&params)?,
        points: params.limited("points", POINTS_DEFAULT)?,
    };
    let engine = api.engine()?;
    let answer = engine.scatter_traces(&api.tenant(), request).await?;
    let hints = [answer.hints, params.hints(&PARAMETERS)].concat();
    let elapsed_ms = timer.elapsed_ms();
    let end = CountEnd::of(elapsed_ms, &answer.stats, answer.missing, hints);
    let (matched, matched_errors) = (answer.matched, answer.matched_errors);
    let points = answer.points;
    made(move || {
        answer::json(&ScatterView {
            points: points.into_iter().map(PointView::from).collect(),
            matched,
            matched_errors,
            end,
        })
    })
    .await
}

impl From<ScatterPoint> for PointView {
    fn from(point: ScatterPoint) -> Self {
        PointView {
            start_ns: point.start_ns.map(|start| start.to_string()),
            duration_ns: point.duration_ns.map(|duration| duration.to_string()),
            span_count: point.span_count,
            error: point.error,
            trace_id: hex::encode(point.trace_id),
        }
    }
}
