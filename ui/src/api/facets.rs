//! `/api/v1/logs/facets`, `/api/v1/traces/facets`: the values of several fields of the logs or spans that match, from one scan.

use std::collections::HashSet;

use axum::extract::State;
use axum::response::Response;
use clearspan_query::json::push_json_string;
use clearspan_query::{FacetsRequest, FieldValues, Signal};
use serde::Serialize;

use super::counted::counted;
use crate::answer::{self, CountEnd, made, push_end};
use crate::error::ApiError;
use crate::json::push_value_counts;
use crate::limits::FACET_VALUES_LIMIT_DEFAULT;
use crate::params::Params;
use crate::state::Api;

const PARAMETERS: [&str; 5] = ["fields", "q", "from", "to", "limit"];

/// What stands behind the facets.
#[derive(Serialize)]
struct FacetsEnd {
    matched: u64,
    #[serde(flatten)]
    end: CountEnd,
}

pub(crate) async fn of_logs(api: State<Api>, params: Params) -> Result<Response, ApiError> {
    facets(api, Signal::Logs, params).await
}

pub(crate) async fn of_spans(api: State<Api>, params: Params) -> Result<Response, ApiError> {
    facets(api, Signal::Spans, params).await
}

async fn facets(
    State(api): State<Api>,
    signal: Signal,
    params: Params,
) -> Result<Response, ApiError> {
    let timer = api.timer();
    let request = FacetsRequest {
        rows: counted(&params)?,
        fields: fields(&params)?,
        limit: params.limit(FACET_VALUES_LIMIT_DEFAULT)?,
    };
    let engine = api.engine()?;
    let answer = engine.facets(&api.tenant(), signal, request).await?;
    let elapsed_ms = timer.elapsed_ms();
    made(move || {
        let mut body = String::from("{\"facets\":[");
        for (at, facet) in answer.facets.iter().enumerate() {
            if at > 0 {
                body.push(',');
            }
            push_facet(facet, &mut body);
        }
        body.push(']');
        let end = FacetsEnd {
            matched: answer.counted.matched,
            end: CountEnd::new(elapsed_ms, answer.counted, params.hints(&PARAMETERS)),
        };
        push_end(&end, &mut body)?;
        Ok(answer::json_bytes(body))
    })
    .await
}

fn push_facet(facet: &FieldValues, out: &mut String) {
    out.push_str("{\"field\":");
    push_json_string(&facet.field, out);
    out.push_str(",\"values\":");
    push_value_counts(&facet.values, out);
    out.push_str(&format!(",\"distinct\":{}}}", facet.distinct));
}

/// `fields`, each once, in the order given. No name is empty: a query could not name it.
fn fields(params: &Params) -> Result<Vec<String>, ApiError> {
    let refused = |given: &str| ApiError::BadParameter {
        code: "bad_parameter",
        name: "fields",
        given: given.to_owned(),
        expected: "names of fields with commas between them, or an array of names in a body",
    };
    let names = params
        .texts("fields")?
        .ok_or_else(|| refused("not given"))?;
    if names.iter().any(String::is_empty) {
        return Err(refused("a list with an empty name"));
    }
    let mut seen = HashSet::new();
    let each_once = names.iter().filter(|name| seen.insert(name.as_str()));
    Ok(each_once.cloned().collect())
}
