//! A small HTTP client for the commands that talk to a running server.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER, USER_AGENT};
use http::{Method, Request, StatusCode, Uri};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// An answer's body beyond this is cut off with an error: no answer that we ask for is near it.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// A connection on which nothing comes for so long is asked whether it is still there.
const KEEPALIVE_AFTER: Duration = Duration::from_secs(60);

/// What requests call themselves.
const AGENT: &str = concat!("clearspan/", env!("CARGO_PKG_VERSION"));

/// The scheme, host and path prefix that requests go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BaseUrl(String);

impl BaseUrl {
    /// Accepts `http://host[:port][/prefix]`.
    pub(crate) fn parse(text: &str) -> anyhow::Result<Self> {
        let uri: Uri = text.parse().with_context(|| format!("not a URL: {text}"))?;
        match uri.scheme_str() {
            Some("http") if uri.query().is_none() => {
                Ok(Self(text.trim_end_matches('/').to_owned()))
            }
            Some("https") => {
                bail!("{text}: TLS is not supported; use http, or a proxy that adds TLS")
            }
            _ => bail!("not a base URL: {text}; expected http://HOST:PORT"),
        }
    }

    /// The URL of a path (which begins with a slash) below this base.
    pub(crate) fn join(&self, path: &str) -> anyhow::Result<Uri> {
        Ok(format!("{}{path}", self.0).parse()?)
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a server can be reached from its own machine: one that listens everywhere also listens on loopback.
pub(crate) fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// What a server answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// Those before the body, and those behind it: gRPC says there how a call ended.
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// `Retry-After` in seconds; the form with a date is not used by servers of OTLP and is ignored.
    pub(crate) fn retry_after_s(&self) -> Option<u64> {
        self.headers
            .get(RETRY_AFTER)?
            .to_str()
            .ok()?
            .trim()
            .parse()
            .ok()
    }
}

/// An answer whose body is still to come.
pub(crate) struct Arriving {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    body: UnsyncBoxBody<Bytes, anyhow::Error>,
}

impl Arriving {
    /// The next bytes; `None` behind the last. A body that ends before it should is an error.
    pub(crate) async fn chunk(&mut self) -> anyhow::Result<Option<Bytes>> {
        while let Some(frame) = self.body.frame().await {
            if let Ok(bytes) = frame?.into_data() {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }

    /// The whole of it, unless it is too long.
    pub(crate) async fn whole(self) -> anyhow::Result<Answer> {
        let body = Limited::new(self.body, ANSWER_BYTES_MAX)
            .collect()
            .await
            .map_err(|error| anyhow::anyhow!(error))?;
        let mut headers = self.headers;
        headers.extend(body.trailers().cloned().unwrap_or_default());
        Ok(Answer {
            status: self.status,
            headers,
            body: body.to_bytes(),
        })
    }
}

/// Keeps its connections open between requests.
#[derive(Clone)]
pub(crate) struct Client {
    inner: legacy::Client<HttpConnector, Full<Bytes>>,
}

impl Client {
    /// `connections` is how many requests the caller has in flight at most.
    pub(crate) fn new(connections: usize) -> Self {
        let inner = legacy::Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(connections)
            .build(connector());
        Self { inner }
    }

    /// Over HTTP/2, without TLS: one connection for any number of requests at once.
    pub(crate) fn http2() -> Self {
        let inner = legacy::Client::builder(TokioExecutor::new())
            .http2_only(true)
            .build(connector());
        Self { inner }
    }

    pub(crate) async fn get(&self, url: &Uri) -> anyhow::Result<Answer> {
        self.get_streamed(url).await?.whole().await
    }

    /// As [`Client::get`], for answers of any length.
    pub(crate) async fn get_streamed(&self, url: &Uri) -> anyhow::Result<Arriving> {
        self.request(
            Request::builder().method(Method::GET).uri(url),
            Bytes::new(),
        )
        .await
    }

    /// As [`Client::get_streamed`], with a body.
    pub(crate) async fn post_streamed(
        &self,
        url: &Uri,
        content_type: &str,
        body: Bytes,
    ) -> anyhow::Result<Arriving> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(url)
            .header(CONTENT_TYPE, content_type);
        self.request(request, body).await
    }

    /// Any request.
    pub(crate) async fn request(
        &self,
        request: http::request::Builder,
        body: Bytes,
    ) -> anyhow::Result<Arriving> {
        let request = request.header(USER_AGENT, AGENT).body(Full::new(body))?;
        let (head, body) = self.inner.request(request).await?.into_parts();
        Ok(Arriving {
            status: head.status,
            headers: head.headers,
            body: body.map_err(anyhow::Error::from).boxed_unsync(),
        })
    }
}

fn connector() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    // A server whose machine is gone says nothing, for ever.
    connector.set_keepalive(Some(KEEPALIVE_AFTER));
    connector
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::BaseUrl;

    #[test]
    fn a_base_url_keeps_its_prefix() {
        let base = BaseUrl::parse("http://host:4318/otlp/").unwrap();
        assert_eq!(
            base.join("/v1/logs").unwrap().to_string(),
            "http://host:4318/otlp/v1/logs"
        );
    }

    #[test]
    fn other_urls_are_refused() {
        for text in [
            "host:4318",
            "https://host",
            "ftp://host",
            "http://host?x=1",
            "",
        ] {
            assert!(BaseUrl::parse(text).is_err(), "{text}");
        }
    }
}
