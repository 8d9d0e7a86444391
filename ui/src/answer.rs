//! What all answers have in common: how much of it is there, what it cost, what is missing.

use axum::response::{IntoResponse, Response};
use clearspan_query::{Counted, MissingSegment, QueryError, ScanStats};
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderValue, StatusCode};
use serde::Serialize;

use crate::error::ApiError;

/// Says in a header that an answer is not whole, for answers in formats of others.
pub(crate) const PARTIAL_HEADER: HeaderName = HeaderName::from_static("clearspan-partial");

/// The fields behind the rows of a page.
#[derive(Serialize)]
pub(crate) struct PageEnd {
    pub(crate) next_cursor: Option<String>,
    pub(crate) matched: Option<u64>,
    pub(crate) stats: StatsView,
    #[serde(flatten)]
    pub(crate) whole: Completeness,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) hints: Vec<String>,
}

/// The fields behind what was counted.
#[derive(Serialize)]
pub(crate) struct CountEnd {
    pub(crate) stats: StatsView,
    #[serde(flatten)]
    pub(crate) whole: Completeness,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) hints: Vec<String>,
}

impl CountEnd {
    /// `unknown` are the hints at parameters.
    pub(crate) fn new(elapsed_ms: u64, counted: Counted, unknown: Vec<String>) -> Self {
        let hints = [counted.hints, unknown].concat();
        CountEnd::of(elapsed_ms, &counted.stats, counted.missing, hints)
    }

    pub(crate) fn of(
        elapsed_ms: u64,
        stats: &ScanStats,
        missing: Vec<MissingSegment>,
        hints: Vec<String>,
    ) -> Self {
        CountEnd {
            stats: StatsView::new(elapsed_ms, stats),
            whole: Completeness::of(missing),
            hints,
        }
    }

    /// Notes that so many rows that match are not in the answer, since that holds `limit` things at most.
    pub(crate) fn without(mut self, limit: u64, rows: u64) -> Self {
        if rows > 0 {
            self.whole.partial = true;
            self.whole.missing.push(MissingView::Limit { limit, rows });
        }
        self
    }
}

/// What a scan cost: of segments, granules, templates and rows the total, what was skipped by what, and
/// what was read.
#[derive(Serialize)]
pub(crate) struct StatsView {
    elapsed_ms: u64,
    segments_total: u64,
    segments_skipped_by_time: u64,
    segments_skipped_by_index: u64,
    segments_skipped_by_templates: u64,
    segments_read: u64,
    granules_total: u64,
    granules_skipped_by_time: u64,
    granules_skipped_by_index: u64,
    granules_skipped_by_templates: u64,
    granules_read: u64,
    /// Null where the metadata of some segment do not tell.
    templates_total: Option<u64>,
    templates_tested: u64,
    templates_matched: u64,
    templates_ruled_out: u64,
    templates_undecided: u64,
    rows_total: u64,
    rows_scanned: u64,
    rows_decoded: u64,
}

impl StatsView {
    pub(crate) fn new(elapsed_ms: u64, stats: &ScanStats) -> Self {
        StatsView {
            elapsed_ms,
            segments_total: stats.segments_total,
            segments_skipped_by_time: stats.segments_skipped_by_time,
            segments_skipped_by_index: stats.segments_skipped_by_index,
            segments_skipped_by_templates: stats.segments_skipped_by_templates,
            segments_read: stats.segments_read,
            granules_total: stats.granules_total,
            granules_skipped_by_time: stats.granules_skipped_by_time,
            granules_skipped_by_index: stats.granules_skipped_by_index,
            granules_skipped_by_templates: stats.granules_skipped_by_templates,
            granules_read: stats.granules_read,
            templates_total: (!stats.templates_untold).then_some(stats.templates_total),
            templates_tested: stats.templates_tested,
            templates_matched: stats.templates_matched,
            templates_ruled_out: stats.templates_ruled_out,
            templates_undecided: stats.templates_undecided,
            rows_total: stats.rows_total,
            rows_scanned: stats.rows_scanned,
            rows_decoded: stats.rows_decoded,
        }
    }
}

/// `"partial": true, "missing": [...]`, or nothing at all where the answer is whole.
#[derive(Serialize, Default)]
pub(crate) struct Completeness {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) partial: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) missing: Vec<MissingView>,
}

/// One thing that is missing.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum MissingView {
    /// A segment that cannot be read.
    Segment {
        segment: String,
        fault: String,
        rows: u64,
        min_time_ns: String,
        max_time_ns: String,
    },
    /// Rows that match and are not in the answer.
    Limit { limit: u64, rows: u64 },
}

impl Completeness {
    pub(crate) fn of(missing: Vec<MissingSegment>) -> Self {
        let missing: Vec<_> = missing.into_iter().map(MissingView::from).collect();
        Completeness {
            partial: !missing.is_empty(),
            missing,
        }
    }

    /// Notes that of `matched` rows only `shown` are there.
    pub(crate) fn cut(mut self, shown: u64, matched: u64) -> Self {
        if shown < matched {
            self.partial = true;
            self.missing.push(MissingView::Limit {
                limit: shown,
                rows: matched - shown,
            });
        }
        self
    }
}

impl From<MissingSegment> for MissingView {
    fn from(segment: MissingSegment) -> Self {
        MissingView::Segment {
            segment: segment.path,
            fault: segment.fault,
            rows: segment.rows,
            min_time_ns: segment.min_time_ns.to_string(),
            max_time_ns: segment.max_time_ns.to_string(),
        }
    }
}

/// Appends the fields of `end` and closes the object that `out` has begun with at least one field.
pub(crate) fn push_end(end: &impl Serialize, out: &mut String) -> Result<(), ApiError> {
    let fields = serde_json::to_string(end).map_err(|_| ApiError::Internal)?;
    match fields.strip_prefix('{') {
        Some("}") => out.push('}'),
        Some(fields) => {
            out.push(',');
            out.push_str(fields);
        }
        None => return Err(ApiError::Internal),
    }
    Ok(())
}

/// Rows, which `push` writes as an array, and `end` behind them, as the answer.
pub(crate) async fn rows(
    push: impl FnOnce(&mut String) -> Result<(), QueryError> + Send + 'static,
    end: impl Serialize + Send + 'static,
) -> Result<Response, ApiError> {
    made(move || {
        let mut body = String::from("{\"rows\":");
        push(&mut body)?;
        push_end(&end, &mut body)?;
        Ok(json_bytes(body))
    })
    .await
}

/// `view` as the answer.
pub(crate) fn json(view: &impl Serialize) -> Result<Response, ApiError> {
    let body = serde_json::to_vec(view).map_err(|_| ApiError::Internal)?;
    Ok(json_bytes(body))
}

/// JSON as the answer.
pub(crate) fn json_bytes(body: impl Into<axum::body::Body>) -> Response {
    bytes("application/json", body)
}

/// Bytes of a type as the answer.
pub(crate) fn bytes(content_type: &'static str, body: impl Into<axum::body::Body>) -> Response {
    let headers = [(CONTENT_TYPE, HeaderValue::from_static(content_type))];
    (StatusCode::OK, headers, body.into()).into_response()
}

/// Makes an answer where that may take long: others that are served by the same threads must not wait for it.
pub(crate) async fn made<T: Send + 'static>(
    make: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let made = tokio::task::spawn_blocking(make).await;
    made.unwrap_or_else(|error| {
        tracing::error!(%error, "an answer could not be made");
        Err(ApiError::Internal)
    })
}
