//! `/api/v1/logs/patterns`: logs that differ only in numbers and ids, counted together.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use clearspan_query::{Pattern, PatternsAnswer, PatternsRequest};
use serde::Serialize;

use super::counted::counted;
use crate::answer::{self, CountEnd, made, push_end};
use crate::error::ApiError;
use crate::json::push_body;
use crate::limits::{PATTERN_BUCKETS_DEFAULT, PATTERNS_LIMIT_DEFAULT};
use crate::params::Params;
use crate::state::Api;

const PARAMETERS: [&str; 5] = ["q", "from", "to", "limit", "buckets"];

/// A pattern, but for its sample.
#[derive(Serialize)]
struct PatternView<'a> {
    id: String,
    template: &'a str,
    count: u64,
    first_ns: String,
    last_ns: String,
    new: bool,
    severities: BTreeMap<&'static str, u64>,
    services: Vec<ServiceView<'a>>,
    series: &'a [u64],
}

#[derive(Serialize)]
struct ServiceView<'a> {
    name: &'a str,
    count: u64,
}

/// What stands behind the patterns.
#[derive(Serialize)]
struct PatternsEnd {
    distinct: u64,
    unpatterned: u64,
    matched: u64,
    start_ns: String,
    width_ns: String,
    #[serde(flatten)]
    end: CountEnd,
}

pub(crate) async fn patterns(State(api): State<Api>, params: Params) -> Result<Response, ApiError> {
    let timer = api.timer();
    let request = PatternsRequest {
        rows: counted(&params)?,
        buckets: params.limited("buckets", PATTERN_BUCKETS_DEFAULT)?,
        limit: params.limit(PATTERNS_LIMIT_DEFAULT)?,
    };
    let engine = api.engine()?;
    let answer = engine.patterns(&api.tenant(), request).await?;
    let elapsed_ms = timer.elapsed_ms();
    made(move || {
        let mut body = String::from("{\"patterns\":[");
        for (at, pattern) in answer.patterns.iter().enumerate() {
            if at > 0 {
                body.push(',');
            }
            push_pattern(pattern, &answer, &mut body)?;
        }
        body.push(']');
        let end = PatternsEnd {
            distinct: answer.distinct,
            unpatterned: answer.unpatterned,
            matched: answer.counted.matched,
            start_ns: answer.series_start_ns.to_string(),
            width_ns: answer.series_width_ns.to_string(),
            end: CountEnd::new(elapsed_ms, answer.counted, params.hints(&PARAMETERS))
                .without(PatternsAnswer::PATTERNS_MAX, answer.left_out),
        };
        push_end(&end, &mut body)?;
        Ok(answer::json_bytes(body))
    })
    .await
}

fn push_pattern(
    pattern: &Pattern,
    answer: &PatternsAnswer,
    out: &mut String,
) -> Result<(), ApiError> {
    let view = PatternView::from(pattern);
    let view = serde_json::to_string(&view).map_err(|_| ApiError::Internal)?;
    let fields = view.strip_suffix('}').ok_or(ApiError::Internal)?;
    out.push_str(fields);
    out.push_str(",\"sample\":");
    match answer.sample(pattern)? {
        Some(body) => push_body(body, out),
        None => out.push_str("null"),
    }
    out.push('}');
    Ok(())
}

impl<'a> From<&'a Pattern> for PatternView<'a> {
    fn from(pattern: &'a Pattern) -> Self {
        let services = pattern.services.iter();
        PatternView {
            id: pattern.id.to_string(),
            template: &pattern.template,
            count: pattern.count,
            first_ns: pattern.first_ns.to_string(),
            last_ns: pattern.last_ns.to_string(),
            new: pattern.is_new,
            severities: pattern.severity_counts().collect(),
            services: services
                .map(|service| ServiceView {
                    name: &service.name,
                    count: service.count,
                })
                .collect(),
            series: &pattern.series,
        }
    }
}
