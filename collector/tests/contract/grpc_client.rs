//! A gRPC client that frames by hand.

use std::net::SocketAddr;
use std::time::Duration;

use ::http::{HeaderMap, Request, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bytes::Bytes;
use clearspan_proto::otlp::WireSignal;
use http_body::Body;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use tokio::net::TcpStream;

pub const OK: i32 = 0;
pub const INVALID_ARGUMENT: i32 = 3;
pub const PERMISSION_DENIED: i32 = 7;
pub const RESOURCE_EXHAUSTED: i32 = 8;
pub const UNIMPLEMENTED: i32 = 12;
pub const UNAVAILABLE: i32 = 14;

#[derive(Debug)]
pub struct GrpcAnswer {
    pub http: StatusCode,
    /// Headers and trailers.
    pub headers: HeaderMap,
    /// The response's message, without its frame.
    pub message: Option<Bytes>,
}

#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

#[derive(Clone, PartialEq, Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<RetryDelay>,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct RetryDelay {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

impl GrpcAnswer {
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub fn code(&self) -> i32 {
        self.header("grpc-status").parse().expect("no grpc-status")
    }

    /// What the details ask for.
    pub fn retry_delay(&self) -> Option<Duration> {
        let details = self.headers.get("grpc-status-details-bin")?;
        let status = Status::decode(&STANDARD_NO_PAD.decode(details).unwrap()[..]).unwrap();
        assert_eq!(status.code, self.code());
        assert!(!status.message.is_empty());
        let detail = status.details.first()?;
        assert_eq!(detail.type_url, "type.googleapis.com/google.rpc.RetryInfo");
        let delay = RetryInfo::decode(&detail.value[..])
            .unwrap()
            .retry_delay
            .unwrap();
        Some(Duration::new(delay.seconds as u64, delay.nanos as u32))
    }
}

pub fn path(signal: WireSignal) -> &'static str {
    match signal {
        WireSignal::Traces => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        WireSignal::Logs => "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
        WireSignal::Metrics => "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
    }
}

/// A message in its frame.
pub fn frame(is_compressed: bool, message: &[u8]) -> Vec<u8> {
    let length = (message.len() as u32).to_be_bytes();
    [&[u8::from(is_compressed)], &length[..], message].concat()
}

/// Calls with a body as it stands.
pub async fn call(
    to: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> GrpcAnswer {
    call_with(to, path, headers, Full::<Bytes>::from(body)).await
}

pub async fn call_with<B>(
    to: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
    body: B,
) -> GrpcAnswer
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let stream = TcpStream::connect(to).await.unwrap();
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    let response = sender
        .send_request(request(to, path, headers, body))
        .await
        .unwrap();
    answer(response).await
}

pub fn request<B>(to: SocketAddr, path: &str, headers: &[(&str, &str)], body: B) -> Request<B> {
    let mut request = Request::builder()
        .method("POST")
        .uri(format!("http://{to}{path}"))
        .header("te", "trailers");
    if headers.iter().all(|(name, _)| *name != "content-type") {
        request = request.header("content-type", "application/grpc");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body).unwrap()
}

pub async fn answer(response: ::http::Response<hyper::body::Incoming>) -> GrpcAnswer {
    let (head, body) = response.into_parts();
    let mut headers = head.headers;
    let collected = body.collect().await.unwrap();
    headers.extend(collected.trailers().cloned().unwrap_or_default());
    let body = collected.to_bytes();
    let message = (!body.is_empty()).then(|| {
        assert_eq!(body[0], 0, "an answer is never compressed");
        let length = u32::from_be_bytes(body[1..5].try_into().unwrap()) as usize;
        assert_eq!(body.len(), 5 + length);
        body.slice(5..)
    });
    GrpcAnswer {
        http: head.status,
        headers,
        message,
    }
}
