//! Why a request gets no answer, and how that is told: `{"error":{"code","message","hint"}}`.
//!
//! | status | codes |
//! |---|---|
//! | 400 | `bad_request`, `bad_encoding`, `bad_body`, `bad_content_type`, `repeated_parameter`, `bad_parameter`, `bad_time`, `bad_duration`, `bad_limit`, `bad_range`, `bad_id`, `bad_cursor`, `bad_query`, `bad_sql`, `bad_accept` |
//! | 403 | `host_not_allowed`, `origin_not_allowed` |
//! | 404 | `unknown_path`, `unknown_trace`, `unknown_log` |
//! | 405 | `method_not_allowed` |
//! | 413, 414 | `body_too_large`, `url_too_long` |
//! | 422 | `row_limit`, `time_limit`, `memory_limit` |
//! | 429 | `overloaded` |
//! | 503 | `not_ready`, `demo_trace`, `internal` |

mod query;

use axum::response::{IntoResponse, Response};
use clearspan_query::{QueryError, SqlParamError};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use serde::Serialize;

use crate::limits::{BODY_BYTES_MAX, SHOWN_CHARS_MAX, URL_BYTES_MAX};

/// A request that is not answered. Texts from the request are shortened by [`shown`] before they get here.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    #[error("the request is no valid HTTP")]
    BadRequest,
    #[error("{what} is not percent-encoded UTF-8")]
    BadEncoding { what: String },
    #[error("the body's content type is `{given}`, must be application/json")]
    BadContentType { given: String },
    #[error("the answer is wanted as `{given}`, which it cannot be")]
    NotAcceptable { given: String },
    #[error("the body is no JSON object with parameters: {reason}")]
    BadBody { reason: String },
    #[error("`{name}` is given more than once")]
    Repeated { name: String },
    #[error("`{name}` is {given}, must be {expected}")]
    BadParameter {
        code: &'static str,
        name: &'static str,
        given: String,
        expected: &'static str,
    },
    #[error("`{given}` is no trace id")]
    BadTraceId { given: String },
    #[error("requests to the host `{host}` are not answered")]
    HostNotAllowed { host: String },
    #[error("requests from pages of `{origin}` are not answered")]
    OriginNotAllowed { origin: String },
    #[error("there is nothing at `{path}`")]
    UnknownPath { path: String },
    #[error("this path does not answer {method}")]
    MethodNotAllowed { method: String },
    #[error("the body has more than {BODY_BYTES_MAX} bytes")]
    BodyTooLarge,
    #[error("the URL has more than {URL_BYTES_MAX} bytes")]
    UrlTooLong,
    #[error("the server is {doing}")]
    NotReady { doing: &'static str },
    #[error(transparent)]
    Query(#[from] QueryError),
    #[error("the demo trace was not taken: {reason}")]
    DemoTrace { reason: String },
    #[error("the answer could not be made")]
    Internal,
}

/// `text` as it may be repeated in a message.
pub(crate) fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

impl ApiError {
    pub(crate) fn status(&self) -> StatusCode {
        self.kind().0
    }

    /// Status, code, and what the caller can do.
    fn kind(&self) -> (StatusCode, &'static str, String) {
        let bad = |code, hint: &str| (StatusCode::BAD_REQUEST, code, hint.to_owned());
        match self {
            Self::BadRequest => bad("bad_request", "send a request line and headers of HTTP/1.1"),
            Self::BadEncoding { .. } => bad(
                "bad_encoding",
                "write each byte that is no letter or digit as %XX, in UTF-8",
            ),
            Self::BadContentType { .. } => bad(
                "bad_content_type",
                "send the header `content-type: application/json`",
            ),
            Self::NotAcceptable { .. } => bad(
                "bad_accept",
                "accept application/json, text/csv or application/vnd.apache.arrow.stream",
            ),
            Self::BadBody { .. } => bad(
                "bad_body",
                r#"send an object such as {"q":"error","limit":10}; {} has no parameters"#,
            ),
            Self::Repeated { .. } => bad(
                "repeated_parameter",
                "give each parameter once, in the URL or in the body",
            ),
            Self::BadParameter { code, .. } => bad(code, parameter_hint(code)),
            Self::BadTraceId { .. } => bad("bad_id", "a trace id has 32 hexadecimal digits"),
            Self::HostNotAllowed { .. } => forbidden(
                "host_not_allowed",
                "ask by the server's address or by localhost",
            ),
            Self::OriginNotAllowed { .. } => forbidden(
                "origin_not_allowed",
                "ask from a page of this server, or without a browser",
            ),
            Self::UnknownPath { .. } => (
                StatusCode::NOT_FOUND,
                "unknown_path",
                "the calls are listed in docs/api.md".to_owned(),
            ),
            Self::MethodNotAllowed { .. } => (
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "the `allow` header lists what it answers".to_owned(),
            ),
            Self::BodyTooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "body_too_large",
                "shorten the query".to_owned(),
            ),
            Self::UrlTooLong => (
                StatusCode::URI_TOO_LONG,
                "url_too_long",
                "send the parameters as a JSON body by POST on the same path".to_owned(),
            ),
            Self::NotReady { .. } => (
                StatusCode::SERVICE_UNAVAILABLE,
                "not_ready",
                "ask again when /readyz answers 200".to_owned(),
            ),
            Self::DemoTrace { .. } => (
                StatusCode::SERVICE_UNAVAILABLE,
                "demo_trace",
                "the server's log says more".to_owned(),
            ),
            Self::Query(error) => query::kind(error),
            Self::Internal => internal(),
        }
    }

    /// What went wrong, in words for whoever asked.
    pub(crate) fn message(&self) -> String {
        match self {
            // What went wrong inside is for the log.
            Self::Query(QueryError::Internal(_)) => Self::Internal.to_string(),
            other => other.to_string(),
        }
    }

    /// What the caller can do.
    pub(crate) fn hint(&self) -> String {
        self.kind().2
    }

    /// Whether it is the server's own fault.
    pub(crate) fn is_internal(&self) -> bool {
        self.kind().1 == "internal"
    }

    /// The body, as it is sent.
    pub(crate) fn to_json(&self) -> String {
        let (_, code, hint) = self.kind();
        let message = self.message();
        let mut error = ErrorView {
            code,
            message: &message,
            hint: &hint,
            position: None,
            expected: None,
        };
        match self {
            Self::Query(QueryError::BadQuery(mistake)) => {
                (error.position, error.expected) =
                    (Some(mistake.position), Some(mistake.expected.as_slice()));
            }
            Self::Query(QueryError::BadSql(mistake)) => error.position = mistake.position,
            Self::Query(QueryError::SqlParam(SqlParamError::Unbound { position, .. })) => {
                error.position = *position;
            }
            _ => {}
        }
        serde_json::to_string(&Envelope { error }).unwrap_or_default()
    }

    fn is_passing(&self) -> bool {
        matches!(
            self.status(),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
        )
    }
}

fn forbidden(code: &'static str, hint: &str) -> (StatusCode, &'static str, String) {
    (StatusCode::FORBIDDEN, code, hint.to_owned())
}

fn internal() -> (StatusCode, &'static str, String) {
    (
        StatusCode::SERVICE_UNAVAILABLE,
        "internal",
        "this is a defect of the server; its log says more".to_owned(),
    )
}

fn parameter_hint(code: &str) -> &'static str {
    match code {
        "bad_time" => {
            "give RFC 3339 (2026-11-05T10:00:00Z), milliseconds since 1970, or a time such as now-15m"
        }
        "bad_duration" => "give a number and one of the units ns, us, ms, s, m, h",
        "bad_id" => "give the `id` of a row of log search",
        "bad_limit" => "leave it out for the default; further rows come with next_cursor",
        _ => "docs/api.md lists what each parameter takes",
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if self.is_internal() {
            tracing::error!(error = ?self, "a request could not be answered");
        }
        let mut response = (self.status(), self.to_json()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if self.is_passing() {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

#[derive(Serialize)]
struct Envelope<'a> {
    error: ErrorView<'a>,
}

#[derive(Serialize)]
struct ErrorView<'a> {
    code: &'static str,
    message: &'a str,
    hint: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<&'a [String]>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clearspan_query::language::LanguageError;

    fn check(error: impl Into<ApiError>, status: u16, json: &str) {
        let error = error.into();
        assert_eq!(error.to_json(), json);
        assert_eq!(error.into_response().status().as_u16(), status);
    }

    #[test]
    fn a_mistake_in_a_query_has_its_position() {
        let mistake = LanguageError {
            position: 7,
            expected: vec!["a value".into()],
            message: "no value".into(),
        };
        check(
            QueryError::BadQuery(mistake),
            400,
            r#"{"error":{"code":"bad_query","message":"no value at character 7","hint":"expected a value","position":7,"expected":["a value"]}}"#,
        );
    }

    #[test]
    fn what_is_repeated_is_escaped_and_short() {
        let given = shown(&format!("\"\n\u{202e}{}", "é".repeat(500)));
        assert_eq!(given.chars().count(), SHOWN_CHARS_MAX + 1);
        let json = ApiError::BadTraceId { given }.to_json();
        assert!(
            json.starts_with(r#"{"error":{"code":"bad_id","message":"`\"\n"#),
            "{json}"
        );
    }

    #[test]
    fn passing_faults_say_when_to_come_back() {
        for error in [
            ApiError::NotReady { doing: "draining" },
            QueryError::Overloaded { waiting: 3 }.into(),
        ] {
            assert_eq!(error.into_response().headers()[RETRY_AFTER], "1");
        }
        assert!(
            !ApiError::UrlTooLong
                .into_response()
                .headers()
                .contains_key(RETRY_AFTER)
        );
    }

    #[test]
    fn a_defect_is_told_without_its_inside() {
        check(
            QueryError::Internal("secret".into()),
            503,
            r#"{"error":{"code":"internal","message":"the answer could not be made","hint":"this is a defect of the server; its log says more"}}"#,
        );
    }
}
