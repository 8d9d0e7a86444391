//! What every request passes before its route and every answer after it.

use std::panic::AssertUnwindSafe;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, HeaderName, ORIGIN, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Method, Uri};

use crate::error::{ApiError, shown};
use crate::limits::URL_BYTES_MAX;
use crate::params::percent_decoded;
use crate::state::Api;

/// 1. Refuse what no route should see. 2. Run the route; a panic in it is this request's fault alone.
/// 3. Keep browsers from guessing types, from running what is not ours, and from keeping answers that are old a
///    moment later.
pub(crate) async fn guard(State(api): State<Api>, request: Request, next: Next) -> Response {
    let mut response = match refusal(&api, &request) {
        Some(error) => error.into_response(),
        None => AssertUnwindSafe(next.run(request))
            .catch_unwind()
            .await
            .unwrap_or_else(|_| {
                tracing::error!("a route panicked");
                ApiError::Internal.into_response()
            }),
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Assets say themselves that they may be kept.
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

const HEADERS: [(HeaderName, &str); 3] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "same-origin"),
    (CONTENT_SECURITY_POLICY, POLICY),
];

/// Nothing but this server's own files: no inline script or style, no eval, no frame, no foreign form.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

fn refusal(api: &Api, request: &Request) -> Option<ApiError> {
    let url = request
        .uri()
        .path_and_query()
        .map_or("", |url| url.as_str());
    if url.len() > URL_BYTES_MAX {
        return Some(ApiError::UrlTooLong);
    }
    // A router takes `%` without digits as it stands; then a path would mean something that nobody wrote.
    if percent_decoded(request.uri().path()).is_none() {
        return Some(ApiError::BadEncoding {
            what: "the path".into(),
        });
    }
    let host = host(request.uri(), request.headers());
    if let Some(host) = &host
        && !api.config().hosts.allow(host)
    {
        return Some(ApiError::HostNotAllowed { host: shown(host) });
    }
    foreign_origin(request, host.as_deref())
}

/// A page of another site may send a browser here by POST with the person's own credentials. The
/// browser then says from where.
fn foreign_origin(request: &Request, host: Option<&str>) -> Option<ApiError> {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return None;
    }
    let origin = text(request.headers(), &ORIGIN)?;
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    let is_own = authority.is_some()
        && authority
            .zip(host)
            .is_some_and(|(a, b)| a.eq_ignore_ascii_case(b));
    (!is_own).then(|| ApiError::OriginNotAllowed {
        origin: shown(&origin),
    })
}

/// The host that a request is for, with its port. HTTP/2 carries it in the URL, HTTP/1.0 perhaps nowhere: such a client is no browser.
pub(crate) fn host(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let authority = uri
        .authority()
        .map(|authority| authority.as_str().to_owned());
    authority.or_else(|| text(headers, &HOST))
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers
        .get(name)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}
