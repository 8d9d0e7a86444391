//! The query and its parameters, from the body: `{"query": "SELECT ...", "params": {"name": value}}`.

use axum::extract::{FromRequest, Request};
use clearspan_query::{SqlParam, SqlRequest};
use serde_json::Value;

use crate::error::ApiError;
use crate::params::{self, bad, number_text, unknown_hint, wrong_type};
use crate::state::Api;

const FIELDS: [&str; 2] = ["query", "params"];

/// What a request asks with.
#[derive(Debug)]
pub(crate) struct SqlBody {
    pub(crate) request: SqlRequest,
    /// A sentence for each field of the body that does not exist.
    pub(crate) hints: Vec<String>,
}

impl FromRequest<Api> for SqlBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &Api) -> Result<Self, ApiError> {
        SqlBody::new(params::json_body(request).await?)
    }
}

impl SqlBody {
    fn new(body: Vec<(String, Value)>) -> Result<Self, ApiError> {
        let (mut query, mut params, mut hints) = (None, None, Vec::new());
        for (name, value) in body {
            let slot = match name.as_str() {
                "query" => &mut query,
                "params" => &mut params,
                _ => {
                    hints.push(unknown_hint(&name, &FIELDS));
                    continue;
                }
            };
            if slot.replace(value).is_some() {
                return Err(ApiError::Repeated { name });
            }
        }
        hints.truncate(FIELDS.len());
        let query = match query {
            Some(Value::String(query)) => query,
            None | Some(Value::Null) => {
                return Err(bad("bad_parameter", "query", "", "a SELECT"));
            }
            Some(other) => return Err(wrong_type("query", kind(&other), "a string")),
        };
        let params = match params {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Object(params)) => params
                .into_iter()
                .map(|(name, value)| Ok((name, param(value)?)))
                .collect::<Result<_, ApiError>>()?,
            Some(other) => return Err(wrong_type("params", kind(&other), "an object")),
        };
        Ok(SqlBody {
            request: SqlRequest { query, params },
            hints,
        })
    }
}

fn param(value: Value) -> Result<SqlParam, ApiError> {
    Ok(match value {
        Value::String(text) => SqlParam::Text(text),
        Value::Number(number) => SqlParam::Number(number_text(&number)),
        Value::Bool(bool) => SqlParam::Bool(bool),
        Value::Null => SqlParam::Null,
        other => {
            let expected = "an object whose values are strings, numbers, booleans or null";
            return Err(wrong_type("params", kind(&other), expected));
        }
    })
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn read(body: Value) -> Result<SqlBody, ApiError> {
        let Value::Object(body) = body else {
            return SqlBody::new(Vec::new());
        };
        SqlBody::new(body.into_iter().collect())
    }

    #[test]
    fn a_query_with_parameters() {
        let body = read(json!({"query": "SELECT $a", "params": {
            "a": "x", "b": 1.5, "c": true, "d": null, "e": 18_446_744_073_709_551_615_u64
        }, "parms": {}}))
        .unwrap();
        let expected = [
            ("a", SqlParam::Text("x".into())),
            ("b", SqlParam::Number("1.5".into())),
            ("c", SqlParam::Bool(true)),
            ("d", SqlParam::Null),
            ("e", SqlParam::Number("18446744073709551615".into())),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value));
        assert_eq!(body.request.params, expected);
        assert!(body.hints[0].contains("`params`"), "{:?}", body.hints);
        assert!(read(json!({"query": "SELECT 1", "params": null})).is_ok());
    }

    #[test]
    fn what_is_no_query() {
        for body in [
            json!({}),
            json!({"query": null}),
            json!({"query": 1}),
            json!({"query": ["SELECT 1"]}),
            json!({"query": "SELECT 1", "params": []}),
            json!({"query": "SELECT 1", "params": {"a": [1]}}),
            json!({"query": "SELECT 1", "params": {"a": {}}}),
        ] {
            assert!(read(body.clone()).is_err(), "{body}");
        }
        let twice = ["query", "query"].map(|name| (name.to_owned(), json!("SELECT 1")));
        assert!(SqlBody::new(twice.into()).is_err());
    }
}
