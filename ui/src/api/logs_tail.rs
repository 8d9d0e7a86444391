//! `/api/v1/logs/tail`: logs that match, as they are committed, as server-sent events.
//!
//! | event | `data` |
//! |---|---|
//! | `log` | a row, as in `logs/search` |
//! | `dropped` | what is not there: `{"count", "since", "unexamined"}` |
//! | `heartbeat` | `{"examined"}`: the tail stands, and how much it has looked at |
//! | `end` | `{"reason"}`: the server ends the stream |
//!
//! The `id` of each is the position behind it, which `Last-Event-ID` or `after` takes.

use std::fmt::Write;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use clearspan_query::limits::TAIL_RATE_DEFAULT;
use clearspan_query::{Tail, TailBeat, TailEvent, TailGap, TailRequest, TailRows};
use futures::{StreamExt, stream};
use http::header::HeaderName;
use http::{HeaderMap, HeaderValue};
use jiff::Timestamp;

use crate::answer::{bytes, made};
use crate::error::ApiError;
use crate::json::push_log_row;
use crate::params::Params;
use crate::state::Api;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Asks a proxy not to gather what should pass at once.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// After so many milliseconds a browser that has lost the stream asks again.
const HEAD: &str = "retry: 1000\n\n";

/// The last of a stream that the server ends.
const END: &str = "event: end\ndata: {\"reason\":\"shutting down\"}\n\n";

/// A mistake is told before the stream begins.
pub(crate) async fn tail(
    State(api): State<Api>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, ApiError> {
    let request = request(&headers, &params)?;
    let tail = api.engine()?.tail_logs(&api.tenant(), request).await?;
    let head = stream::iter([Ok(Bytes::from_static(HEAD.as_bytes()))]);
    let events = stream::unfold(Some(Running { api, tail }), Running::next);
    let body = Body::from_stream(head.chain(events));
    let mut response = bytes("text/event-stream", body);
    let headers = response.headers_mut();
    headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    Ok(response)
}

/// A browser that comes back repeats its URL, so that its header counts for more than the URL's `after`.
fn request(headers: &HeaderMap, params: &Params) -> Result<TailRequest, ApiError> {
    let last = headers
        .get(LAST_EVENT_ID)
        .map(|id| String::from_utf8_lossy(id.as_bytes()).into_owned());
    let after = match last {
        Some(id) => Some(id),
        None => params.text("after")?.map(str::to_owned),
    };
    Ok(TailRequest {
        query: params.query()?,
        after: after.filter(|id| !id.is_empty()),
        rate: params.limited("rate", TAIL_RATE_DEFAULT)?,
    })
}

struct Running {
    api: Api,
    tail: Tail,
}

impl Running {
    /// The next piece of the body, until the store or the server ends.
    async fn next(running: Option<Running>) -> Option<(Result<Bytes, ApiError>, Option<Running>)> {
        let mut running = running?;
        let event = tokio::select! {
            biased;
            () = running.api.drained() => None,
            event = running.tail.next() => event,
        };
        let Some(event) = event else {
            return Some((Ok(Bytes::from_static(END.as_bytes())), None));
        };
        match written(event).await {
            Ok(piece) => Some((Ok(piece), Some(running))),
            Err(error) => Some((Err(error), None)),
        }
    }
}

async fn written(event: TailEvent) -> Result<Bytes, ApiError> {
    match event {
        TailEvent::Rows(rows) => made(move || logs(&rows)).await.map(Bytes::from),
        TailEvent::Gap(gap) => Ok(dropped(&gap).into()),
        TailEvent::Beat(beat) => Ok(heartbeat(&beat).into()),
    }
}

fn logs(rows: &TailRows) -> Result<String, ApiError> {
    let mut out = String::new();
    let records = rows
        .rows()
        .records()
        .map_err(|error| ApiError::Query(error.into()))?;
    for record in records.iter() {
        let _infallible = write!(out, "event: log\nid: {}\ndata: ", rows.position(&record));
        // Line breaks within it are escaped, so that it is one line.
        push_log_row(&record, &mut out);
        out.push_str("\n\n");
    }
    Ok(out)
}

fn dropped(gap: &TailGap) -> String {
    let since = gap
        .since_ns
        .and_then(|ns| Timestamp::from_nanosecond(ns.into()).ok())
        .map_or("null".to_owned(), |since| format!("\"{since}\""));
    let unexamined = match gap.unexamined {
        0 => String::new(),
        rows => format!(",\"unexamined\":{rows}"),
    };
    format!(
        "event: dropped\nid: {}\ndata: {{\"count\":{},\"since\":{since}{unexamined}}}\n\n",
        gap.position, gap.count
    )
}

fn heartbeat(beat: &TailBeat) -> String {
    format!(
        ": keep-alive\nevent: heartbeat\nid: {}\ndata: {{\"examined\":{}}}\n\n",
        beat.position, beat.examined
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dropped_is_told_with_what_nobody_looked_at() {
        let mut gap = TailGap {
            count: 5,
            unexamined: 0,
            since_ns: Some(1_700_000_000_000_000_000),
            position: "7-0".into(),
        };
        let expected =
            "event: dropped\nid: 7-0\ndata: {\"count\":5,\"since\":\"2023-11-14T22:13:20Z\"}\n\n";
        assert_eq!(dropped(&gap), expected);
        (gap.unexamined, gap.since_ns) = (3, None);
        let expected =
            "event: dropped\nid: 7-0\ndata: {\"count\":5,\"since\":null,\"unexamined\":3}\n\n";
        assert_eq!(dropped(&gap), expected);
    }

    #[test]
    fn the_header_counts_for_more_than_the_url() -> Result<(), ApiError> {
        let params = Params::of_query_string("q=x&after=url&rate=7")?;
        let mut headers = HeaderMap::new();
        let asked = request(&headers, &params)?;
        assert_eq!((asked.after.as_deref(), asked.rate), (Some("url"), 7));
        headers.insert(LAST_EVENT_ID, HeaderValue::from_static("header"));
        assert_eq!(request(&headers, &params)?.after.as_deref(), Some("header"));
        headers.insert(LAST_EVENT_ID, HeaderValue::from_static(""));
        assert_eq!(request(&headers, &params)?.after, None);
        Ok(())
    }
}
