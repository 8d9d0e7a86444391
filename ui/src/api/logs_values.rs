//! `/api/v1/logs/fields/{name}/values`: the values of one field. `/api/v1/logs/facets`: those of several,
//! from one scan.

use std::collections::HashSet;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use clearspan_query::json::push_json_string;
use clearspan_query::{FacetsRequest, FieldValues, ValuesRequest};
use serde::Serialize;

use super::logs_histogram::logs;
use crate::answer::{self, CountEnd, made, push_end};
use crate::error::ApiError;
use crate::json::push_value_counts;
use crate::limits::{FACET_VALUES_LIMIT_DEFAULT, VALUES_LIMIT_DEFAULT};
use crate::params::Params;
use crate::state::Api;

const VALUES_PARAMETERS: [&str; 5] = ["q", "from", "to", "limit", "prefix"];
const FACETS_PARAMETERS: [&str; 5] = ["fields", "q", "from", "to", "limit"];

/// What stands behind the values.
#[derive(Serialize)]
struct ValuesEnd {
    #[serde(skip_serializing_if = "Option::is_none")]
    distinct: Option<u64>,
    matched: u64,
    #[serde(flatten)]
    end: CountEnd,
}

pub(crate) async fn values(
    State(api): State<Api>,
    name: Result<Path<String>, PathRejection>,
    params: Params,
) -> Result<Response, ApiError> {
    let timer = api.timer();
    let Path(field) = name.map_err(|_| ApiError::BadEncoding {
        what: "the path".into(),
    })?;
    let request = ValuesRequest {
        logs: logs(&params)?,
        field,
        prefix: params
            .text_or_number("prefix")?
            .unwrap_or_default()
            .to_owned(),
        limit: params.limit(VALUES_LIMIT_DEFAULT)?,
    };
    let engine = api.engine()?;
    let answer = engine.log_field_values(&api.tenant(), request).await?;
    let elapsed_ms = timer.elapsed_ms();
    made(move || {
        let mut body = String::from("{\"values\":");
        push_value_counts(&answer.values.values, &mut body);
        let end = ValuesEnd {
            distinct: Some(answer.values.distinct),
            matched: answer.counted.matched,
            end: CountEnd::new(elapsed_ms, answer.counted, params.hints(&VALUES_PARAMETERS)),
        };
        push_end(&end, &mut body)?;
        Ok(answer::json_bytes(body))
    })
    .await
}

pub(crate) async fn facets(State(api): State<Api>, params: Params) -> Result<Response, ApiError> {
    let timer = api.timer();
    let request = FacetsRequest {
        logs: logs(&params)?,
        fields: fields(&params)?,
        limit: params.limit(FACET_VALUES_LIMIT_DEFAULT)?,
    };
    let answer = api.engine()?.log_facets(&api.tenant(), request).await?;
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
        let end = ValuesEnd {
            distinct: None,
            matched: answer.counted.matched,
            end: CountEnd::new(elapsed_ms, answer.counted, params.hints(&FACETS_PARAMETERS)),
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
