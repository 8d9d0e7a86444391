//! A request for a page, up to its answer or the page that says what went wrong.

use std::convert::Infallible;

use askama::Template;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use clearspan_query::language::{Mistake as Mistaken, Query};
use clearspan_query::{QueryError, Signal};
use http::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderValue, StatusCode, Uri};

use super::frame::{Frame, Here};
use super::range::PageRange;
use super::view::{Link, View};
use crate::error::{ApiError, shown};
use crate::guard::host;
use crate::params::Params;
use crate::state::Api;

/// What a page is asked with. Never refused as such: what is wrong with it is told on the page.
pub(crate) struct Asked {
    pub(crate) api: Api,
    pub(crate) headers: HeaderMap,
    host: Option<String>,
    path: String,
    params: Result<Params, ApiError>,
}

impl FromRequestParts<Api> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Infallible> {
        Ok(Asked {
            api: api.clone(),
            headers: parts.headers.clone(),
            host: host(&parts.uri, &parts.headers),
            path: parts.uri.path().to_owned(),
            params: Params::of_query_string(parts.uri.query().unwrap_or_default()),
        })
    }
}

/// A question that can be answered: its parameters and its frame.
pub(crate) struct Question {
    pub(crate) api: Api,
    pub(crate) params: Params,
    pub(crate) frame: Frame,
    /// The host by which the browser came, with its port.
    pub(crate) host: Option<String>,
}

impl Asked {
    /// Answers with what `work` makes of the question; else with the page that says why not.
    pub(crate) async fn answer<Work, Answer>(self, here: Here, work: Work) -> Response
    where
        Work: FnOnce(Question) -> Answer,
        Answer: Future<Output = Result<Response, ApiError>>,
    {
        let now_ns = self.api.now_ns();
        let mut view = View::at(self.path.as_str());
        let params = match self.params {
            Ok(params) => params,
            Err(error) => return self::refused(here, &view, &error, &self.headers, now_ns),
        };
        view = View::new(self.path, &params);
        if let Some(link) = pasted_trace(view.get("q")) {
            return see_other(&link);
        }
        let range = match PageRange::read(&params, now_ns) {
            Ok(range) => range,
            Err(error) => return self::refused(here, &view, &error, &self.headers, now_ns),
        };
        let frame = Frame::new(here, view.clone(), range, &self.headers);
        match work(Question {
            api: self.api,
            params,
            frame,
            host: self.host,
        })
        .await
        {
            Ok(response) => response,
            Err(error) => self::refused(here, &view, &error, &self.headers, now_ns),
        }
    }
}

/// A trace id or a `traceparent` alone, also as a line of headers, in the query bar opens that trace.
fn pasted_trace(query: &str) -> Option<String> {
    let query = query.trim();
    let query = match query.split_once(':') {
        Some((header, value)) if header.trim_end().eq_ignore_ascii_case("traceparent") => {
            value.trim()
        }
        _ => query,
    };
    let is_hex =
        |text: &str, len| text.len() == len && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hex(query, 32) {
        return Some(format!("/trace/{}", query.to_ascii_lowercase()));
    }
    let parts: Vec<&str> = query.split('-').collect();
    match parts[..] {
        [version, trace, span, flags]
            if is_hex(version, 2) && is_hex(trace, 32) && is_hex(span, 16) && is_hex(flags, 2) =>
        {
            Some(format!(
                "/trace/{}?span={}",
                trace.to_ascii_lowercase(),
                span.to_ascii_lowercase()
            ))
        }
        _ => None,
    }
}

/// Sends the browser elsewhere. `url` is one that we made.
pub(crate) fn see_other(url: &str) -> Response {
    match HeaderValue::from_str(url) {
        Ok(value) => (StatusCode::SEE_OTHER, [(LOCATION, value)]).into_response(),
        Err(_) => ApiError::Internal.into_response(),
    }
}

/// A page, rendered.
pub(crate) fn page(template: &impl Template) -> Result<Response, ApiError> {
    let html = template.render().map_err(|error| {
        tracing::error!(%error, "a page could not be rendered");
        ApiError::Internal
    })?;
    Ok(([(CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response())
}

/// The page that says why there is no answer.
#[derive(Template)]
#[template(path = "refused.html")]
struct Refused {
    frame: Frame,
    title: &'static str,
    message: String,
    hint: String,
    mistake: Option<Mistake>,
    /// The same question without what is wrong, where that is known.
    without: Option<(&'static str, Link)>,
}

/// So many mistakes beside the first are told.
const OTHERS_MAX: usize = 5;

/// Where a query is wrong: its line, and the first place in it.
pub(crate) struct Mistake {
    pub(crate) before: String,
    pub(crate) at: String,
    pub(crate) after: String,
    pub(crate) indent: String,
    pub(crate) expected: String,
    /// What else is wrong, each with its place.
    pub(crate) others: Vec<String>,
}

impl Mistake {
    fn of(query: &str, signal: Signal, error: &ApiError) -> Option<Self> {
        let ApiError::Query(QueryError::BadQuery(mistake)) = error else {
            return None;
        };
        let line: Vec<char> = query
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let at = mistake.position.min(line.len());
        // Of a long query the part around the mistake is enough.
        let start = at.saturating_sub(60);
        let text = |chars: &[char]| chars.iter().collect::<String>();
        Some(Mistake {
            before: text(&line[start..at]),
            at: text(line.get(at..at + 1).unwrap_or_default()),
            after: text(&line[(at + 1).min(line.len())..(at + 61).min(line.len())]),
            indent: " ".repeat(at - start),
            expected: mistake.expected_text(),
            others: others(query, signal),
        })
    }
}

/// The mistakes behind the first, so that one need not mend and ask, and mend and ask.
fn others(query: &str, signal: Signal) -> Vec<String> {
    let mistakes = Query::recover(query, signal).mistakes;
    let others = mistakes.iter().skip(1).take(OTHERS_MAX);
    let told = others.map(|Mistaken { error, .. }| {
        let expected = error.expected_text();
        format!(
            "Also at character {}: {}; expected {expected}",
            error.position, error.message
        )
    });
    told.collect()
}

fn refused(
    here: Here,
    view: &View,
    error: &ApiError,
    headers: &HeaderMap,
    now_ns: i64,
) -> Response {
    if error.is_internal() {
        tracing::error!(?error, "a page could not be made");
    }
    let signal = match here {
        Here::Logs => Signal::Logs,
        _ => Signal::Spans,
    };
    let mistake = Mistake::of(view.get("q"), signal, error);
    let range = PageRange::fallback(view, now_ns);
    // What leads on from here leaves out what is wrong, the rail's links too.
    let wrong = wrong_parameters(error);
    let view = view.without(wrong.as_ref().map_or(&[], |(_, names)| names.as_slice()));
    let without = wrong.map(|(words, _)| (words, view.link()));
    let mut frame = Frame::new(here, view, range, headers);
    frame.is_mistaken = mistake.is_some();
    let status = error.status();
    let refused = Refused {
        frame,
        title: title(status, mistake.is_some()),
        message: error.message(),
        hint: error.hint(),
        mistake,
        without,
    };
    match page(&refused) {
        Ok(mut response) => {
            *response.status_mut() = status;
            response
        }
        Err(error) => error.into_response(),
    }
}

/// The parameters that an error is about, other than the query, and what to call the question without them. The place in a list
/// goes with each of them: it belongs to the question as it was.
fn wrong_parameters(error: &ApiError) -> Option<(&'static str, Vec<&'static str>)> {
    let name = match error {
        ApiError::BadParameter { name, .. } if *name != "q" => *name,
        ApiError::Query(QueryError::RangeReversed) => {
            return Some((
                "Ask again without these times",
                vec!["from", "to", "cursor"],
            ));
        }
        ApiError::Query(QueryError::BadCursor) => "cursor",
        _ => return None,
    };
    let words = match name {
        "from" => "Ask again without this start",
        "to" => "Ask again without this end",
        "min_duration" => "Ask again without the least duration",
        "max_duration" => "Ask again without the largest duration",
        "attribute" => "Ask again without this attribute",
        "sort" | "order" => "Ask again without this order",
        "cursor" => "Start again from the first page",
        _ => "Ask again without it",
    };
    Some((words, vec![name, "cursor"]))
}

fn title(status: StatusCode, is_mistaken: bool) -> &'static str {
    match status {
        _ if is_mistaken => "There is a mistake in the query",
        StatusCode::NOT_FOUND => "There is nothing here",
        StatusCode::UNPROCESSABLE_ENTITY => "That is more than may be read at once",
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => "Not at this moment",
        _ => "This cannot be answered",
    }
}

/// What does not exist: a page for browsers, JSON for others.
pub(crate) async fn not_found(State(api): State<Api>, uri: Uri, headers: HeaderMap) -> Response {
    let error = ApiError::UnknownPath {
        path: shown(uri.path()),
    };
    let accept = headers
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if uri.path().starts_with("/api/") || !accept.contains("text/html") {
        return error.into_response();
    }
    refused(
        Here::Services,
        &View::at("/"),
        &error,
        &headers,
        api.now_ns(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_id_opens_its_trace() {
        let id = "0AA33F8AC36FCDB08ECEF89BD1BFD129";
        let path = "/trace/0aa33f8ac36fcdb08ecef89bd1bfd129";
        assert_eq!(pasted_trace(&format!(" {id} ")).as_deref(), Some(path));
        let traceparent = format!("00-{id}-00feb8eb872b0a7a-01");
        assert_eq!(
            pasted_trace(&traceparent),
            Some(format!("{path}?span=00feb8eb872b0a7a"))
        );
        let header = format!("Traceparent: {traceparent}");
        assert_eq!(pasted_trace(&header), pasted_trace(&traceparent));
        for text in [
            "",
            "0aa3",
            "traceparent:",
            "traceparent: 00-x-y-01",
            "trace_id:0aa33f8ac36fcdb08ecef89bd1bfd129",
            "00-x-y-01",
        ] {
            assert_eq!(pasted_trace(text), None, "{text}");
        }
    }
}
