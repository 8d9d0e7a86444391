//! `/api/v1/logs/histogram`: the logs that match, over time and by severity.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use clearspan_query::{HistogramAnswer, HistogramBucket};
use serde::Serialize;

use super::counted::counted;
use crate::answer::{self, CountEnd, made};
use crate::error::ApiError;
use crate::limits::BUCKETS_DEFAULT;
use crate::params::Params;
use crate::state::Api;

const PARAMETERS: [&str; 4] = ["q", "from", "to", "buckets"];

#[derive(Serialize)]
struct HistogramView {
    buckets: Vec<BucketView>,
    total: u64,
    bucket_ns: String,
    from_ns: Option<String>,
    to_ns: Option<String>,
    #[serde(flatten)]
    end: CountEnd,
}

#[derive(Serialize)]
struct BucketView {
    start_ns: String,
    counts: BTreeMap<&'static str, u64>,
}

pub(crate) async fn histogram(
    State(api): State<Api>,
    params: Params,
) -> Result<Response, ApiError> {
    let timer = api.timer();
    let logs = counted(&params)?;
    let buckets = params.limited("buckets", BUCKETS_DEFAULT)?;
    let engine = api.engine()?;
    let answer = engine.logs_histogram(&api.tenant(), logs, buckets).await?;
    let elapsed_ms = timer.elapsed_ms();
    made(move || {
        answer::json(&HistogramView::new(
            answer,
            elapsed_ms,
            params.hints(&PARAMETERS),
        ))
    })
    .await
}

impl HistogramView {
    fn new(answer: HistogramAnswer, elapsed_ms: u64, unknown: Vec<String>) -> Self {
        let ns = |time: Option<i128>| time.map(|time| time.to_string());
        HistogramView {
            buckets: answer.buckets.into_iter().map(BucketView::from).collect(),
            total: answer.counted.matched,
            bucket_ns: answer.bucket_ns.to_string(),
            from_ns: ns(answer.from_ns),
            to_ns: ns(answer.to_ns),
            end: CountEnd::new(elapsed_ms, answer.counted, unknown),
        }
    }
}

impl From<HistogramBucket> for BucketView {
    fn from(bucket: HistogramBucket) -> Self {
        BucketView {
            start_ns: bucket.start_ns.to_string(),
            counts: bucket.counts().collect(),
        }
    }
}
