//! `/api/v1/services/{name}/latency`: calls, errors and durations of a service or an operation over time.

use axum::extract::State;
use axum::response::Response;
use clearspan_query::{LatencyAnswer, LatencyBand, LatencyCell, LatencyPoint, LatencyRequest};
use serde::Serialize;

use super::calls::{CallsView, ns};
use super::service::{ServiceName, hints, kind_of};
use crate::answer::{self, CountEnd, made};
use crate::error::ApiError;
use crate::limits::BUCKETS_DEFAULT;
use crate::params::Params;
use crate::state::Api;
use crate::time::range;

const PARAMETERS: [&str; 5] = ["operation", "kind", "from", "to", "buckets"];

#[derive(Serialize)]
struct LatencyView {
    points: Vec<PointView>,
    bucket_ns: String,
    from_ns: Option<String>,
    to_ns: Option<String>,
    bands: Vec<BandView>,
    cells: Vec<CellView>,
    #[serde(flatten)]
    end: CountEnd,
}

#[derive(Serialize)]
struct PointView {
    start_ns: String,
    #[serde(flatten)]
    figures: CallsView,
}

#[derive(Serialize)]
struct BandView {
    from_ns: Option<String>,
    to_ns: Option<String>,
}

#[derive(Serialize)]
struct CellView {
    point: usize,
    band: usize,
    count: u64,
    errors: u64,
    exemplar_trace_id: String,
}

pub(crate) async fn latency(
    State(api): State<Api>,
    ServiceName(service): ServiceName,
    params: Params,
) -> Result<Response, ApiError> {
    let timer = api.timer();
    let request = LatencyRequest {
        service: service.clone(),
        operation: params.text("operation")?.map(str::to_owned),
        kind: params.word("kind", "a kind of span such as SERVER", kind_of)?,
        range: range(&params)?,
        buckets: params.limited("buckets", BUCKETS_DEFAULT)?,
    };
    let answer = api.engine()?.latency(&api.tenant(), request).await?;
    let elapsed_ms = timer.elapsed_ms();
    let mut hinted = params.hints(&PARAMETERS);
    if answer.points.iter().all(|point| point.calls == 0) {
        hinted.extend(hints(&api, &service)?);
    }
    made(move || answer::json(&LatencyView::new(answer, elapsed_ms, hinted))).await
}

impl LatencyView {
    fn new(answer: LatencyAnswer, elapsed_ms: u64, hints: Vec<String>) -> Self {
        LatencyView {
            points: answer.points.into_iter().map(Into::into).collect(),
            bucket_ns: answer.width_ns.to_string(),
            from_ns: ns(answer.from_ns),
            to_ns: ns(answer.to_ns),
            bands: answer.bands.into_iter().map(Into::into).collect(),
            cells: answer.cells.into_iter().map(Into::into).collect(),
            end: CountEnd::of(elapsed_ms, &answer.stats, answer.missing, hints),
        }
    }
}

impl From<LatencyPoint> for PointView {
    fn from(point: LatencyPoint) -> Self {
        PointView {
            start_ns: point.start_ns.to_string(),
            figures: CallsView::new(
                point.calls,
                point.errors,
                [point.p50_ns, point.p95_ns, point.p99_ns],
            ),
        }
    }
}

impl From<LatencyBand> for BandView {
    fn from(band: LatencyBand) -> Self {
        BandView {
            from_ns: ns(band.from_ns),
            to_ns: ns(band.to_ns),
        }
    }
}

impl From<LatencyCell> for CellView {
    fn from(cell: LatencyCell) -> Self {
        CellView {
            point: cell.point,
            band: cell.band,
            count: cell.count,
            errors: cell.errors,
            exemplar_trace_id: hex::encode(cell.exemplar_trace_id),
        }
    }
}
