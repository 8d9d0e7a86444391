//! What a question that cannot be answered means over HTTP.

use clearspan_query::{QueryError, SqlParamError};
use http::StatusCode;

use super::{internal, parameter_hint};

/// Status, code and hint.
pub(super) fn kind(error: &QueryError) -> (StatusCode, &'static str, String) {
    let (status, code, hint) = match error {
        QueryError::BadQuery(mistake) => {
            return (
                StatusCode::BAD_REQUEST,
                "bad_query",
                format!("expected {}", mistake.expected_text()),
            );
        }
        QueryError::BadSql(mistake) => {
            let hint = mistake.hint.clone();
            let hint =
                hint.unwrap_or_else(|| "docs/api.md lists the tables and functions".to_owned());
            return (StatusCode::BAD_REQUEST, "bad_sql", hint);
        }
        QueryError::SqlParam(SqlParamError::NoTime { .. }) => (
            StatusCode::BAD_REQUEST,
            "bad_time",
            parameter_hint("bad_time"),
        ),
        QueryError::SqlParam(_) => (
            StatusCode::BAD_REQUEST,
            "bad_parameter",
            "each `$name` of the query needs its value in `params`, and each value its `$name`",
        ),
        QueryError::RowLimit { .. } => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "row_limit",
            "add LIMIT, or group the rows",
        ),
        QueryError::UnknownTrace {
            unreadable_segments,
            ..
        } => {
            return (
                StatusCode::NOT_FOUND,
                "unknown_trace",
                unknown_trace_hint(*unreadable_segments),
            );
        }
        QueryError::UnknownLog {
            unreadable_segments,
            ..
        } => {
            return (
                StatusCode::NOT_FOUND,
                "unknown_log",
                unknown_log_hint(*unreadable_segments),
            );
        }
        QueryError::BadCursor => (
            StatusCode::BAD_REQUEST,
            "bad_cursor",
            "repeat the request that gave the cursor unchanged, or start again without one",
        ),
        QueryError::LimitOutOfRange { .. } => (
            StatusCode::BAD_REQUEST,
            "bad_limit",
            parameter_hint("bad_limit"),
        ),
        QueryError::RangeReversed => (
            StatusCode::BAD_REQUEST,
            "bad_range",
            "`from` must not lie after `to`",
        ),
        QueryError::TimeLimit { .. } => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "time_limit",
            "narrow the time range or the query",
        ),
        QueryError::MemoryLimit { .. } => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "memory_limit",
            "narrow the time range or the query",
        ),
        QueryError::Overloaded { .. } => (
            StatusCode::TOO_MANY_REQUESTS,
            "overloaded",
            "ask again in a second",
        ),
        QueryError::TooManyExports { .. } => (
            StatusCode::TOO_MANY_REQUESTS,
            "overloaded",
            "ask again when another export has ended",
        ),
        QueryError::TooManyTails { .. } => (
            StatusCode::TOO_MANY_REQUESTS,
            "overloaded",
            "ask again when another tail has ended",
        ),
        QueryError::UnknownTenant(_) | QueryError::Damaged { .. } | QueryError::Internal(_) => {
            return internal();
        }
    };
    (status, code, hint.to_owned())
}

fn unknown_trace_hint(unreadable_segments: usize) -> String {
    match unreadable_segments {
        0 => "it may not have arrived yet".to_owned(),
        count => format!("segments that cannot be read: {count}; its spans may be in one of them"),
    }
}

fn unknown_log_hint(unreadable_segments: usize) -> String {
    match unreadable_segments {
        0 => {
            "it may have been older than is kept; log search gives the ids of those that are there"
                .to_owned()
        }
        count => format!("segments that cannot be read: {count}; it may be in one of them"),
    }
}
