//! An HTTP client that sends what it is told and shows all that comes back.

use std::net::SocketAddr;

use ::http::{HeaderMap, Request, StatusCode};
use bytes::Bytes;
use clearspan_proto::otlp::WireSignal;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The body as a `google.rpc.Status` in JSON: code and message.
    pub fn json_status(&self) -> (i64, String) {
        assert_eq!(self.header("content-type"), "application/json");
        let status: serde_json::Value = serde_json::from_slice(&self.body).unwrap();
        let message = status["message"].as_str().unwrap().to_owned();
        (status["code"].as_i64().unwrap(), message)
    }
}

pub fn path(signal: WireSignal) -> &'static str {
    match signal {
        WireSignal::Traces => "/v1/traces",
        WireSignal::Logs => "/v1/logs",
        WireSignal::Metrics => "/v1/metrics",
    }
}

pub async fn post(
    to: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Answer {
    send(to, "POST", path, headers, body).await
}

/// One request on a connection of its own.
pub async fn send(
    to: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Answer {
    let stream = TcpStream::connect(to).await.unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let request = request(to, method, path, headers, body.into());
    answer(sender.send_request(request).await.unwrap()).await
}

/// One request over HTTP/2, without asking first.
pub async fn post_http2(
    to: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> Answer {
    let stream = TcpStream::connect(to).await.unwrap();
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    let uri = format!("http://{to}{path}");
    let request = request(to, "POST", &uri, headers, body.into());
    answer(sender.send_request(request).await.unwrap()).await
}

pub fn request(
    to: SocketAddr,
    method: &str,
    uri: &str,
    headers: &[(&str, &str)],
    body: Bytes,
) -> Request<Full<Bytes>> {
    let mut request = Request::builder().method(method).uri(uri);
    if !uri.starts_with("http") {
        request = request.header("host", to.to_string());
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Full::new(body)).unwrap()
}

pub async fn answer(response: ::http::Response<hyper::body::Incoming>) -> Answer {
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Answer {
        status: head.status,
        headers: head.headers,
        body,
    }
}
