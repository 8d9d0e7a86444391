//! How a request is written: its protocol, its compression and headers that a server wants besides.

use std::io::{self, Write};

use bytes::Bytes;
use clearspan_proto::otlp::{Encoding, WireSignal};
use flate2::write::GzEncoder;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, TE};
use http::{Method, Request, Uri, request};

/// Level of both compressions: senders choose the cheap end of them.
const LEVEL: u32 = 1;

/// Bytes before a message of gRPC: whether it is compressed, and its length.
const HEAD_BYTES: usize = 5;

/// How OTLP travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Protocol {
    #[default]
    Http,
    Grpc,
}

/// How bodies are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Compression {
    #[default]
    None,
    Gzip,
    Zstd,
}

impl Compression {
    /// Its name in headers.
    pub(crate) fn name(self) -> Option<&'static str> {
        match self {
            Compression::None => None,
            Compression::Gzip => Some("gzip"),
            Compression::Zstd => Some("zstd"),
        }
    }

    fn apply(self, body: Vec<u8>) -> io::Result<Vec<u8>> {
        match self {
            Compression::None => Ok(body),
            Compression::Gzip => {
                let level = flate2::Compression::new(LEVEL);
                let mut encoder = GzEncoder::new(Vec::new(), level);
                encoder.write_all(&body)?;
                encoder.finish()
            }
            Compression::Zstd => zstd::bulk::compress(&body, LEVEL.cast_signed()),
        }
    }
}

/// The form of all requests to one server.
#[derive(Debug, Clone, Default)]
pub(crate) struct Form {
    pub(crate) protocol: Protocol,
    /// Of bodies that [`Form::pack`] made.
    pub(crate) compression: Compression,
    pub(crate) headers: HeaderMap,
}

impl Form {
    /// The body that carries an encoded request.
    pub(crate) fn pack(&self, encoded: Vec<u8>) -> io::Result<Bytes> {
        let packed = self.compression.apply(encoded)?;
        Ok(match self.protocol {
            Protocol::Http => packed.into(),
            Protocol::Grpc => {
                let length = u32::try_from(packed.len()).map_err(io::Error::other)?;
                let mut framed = Vec::with_capacity(HEAD_BYTES + packed.len());
                framed.push(u8::from(self.compression != Compression::None));
                framed.extend_from_slice(&length.to_be_bytes());
                framed.extend_from_slice(&packed);
                framed.into()
            }
        })
    }

    /// Where a signal is taken, below the server's base URL.
    pub(super) fn path(&self, signal: WireSignal) -> &'static str {
        match (self.protocol, signal) {
            (Protocol::Http, WireSignal::Traces) => "/v1/traces",
            (Protocol::Http, WireSignal::Logs) => "/v1/logs",
            (Protocol::Http, WireSignal::Metrics) => "/v1/metrics",
            (Protocol::Grpc, WireSignal::Traces) => {
                "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
            }
            (Protocol::Grpc, WireSignal::Logs) => {
                "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
            }
            (Protocol::Grpc, WireSignal::Metrics) => {
                "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
            }
        }
    }

    /// A request without its body.
    pub(super) fn request(&self, url: &Uri, encoding: Encoding) -> request::Builder {
        let mut request = Request::builder().method(Method::POST).uri(url);
        if let Some(headers) = request.headers_mut() {
            headers.extend(self.headers.clone());
        }
        match self.protocol {
            Protocol::Http => {
                let request = request.header(CONTENT_TYPE, content_type(encoding));
                match self.compression.name() {
                    Some(name) => request.header(CONTENT_ENCODING, name),
                    None => request,
                }
            }
            Protocol::Grpc => {
                let request = request.header(CONTENT_TYPE, "application/grpc");
                let request = request.header(TE, "trailers");
                match self.compression.name() {
                    Some(name) => request.header("grpc-encoding", name),
                    None => request,
                }
            }
        }
    }
}

/// The content type of an encoding.
fn content_type(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Json => "application/json",
        Encoding::Protobuf => "application/x-protobuf",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use std::io::Read;

    use super::*;

    fn packed(protocol: Protocol, compression: Compression) -> Bytes {
        let form = Form {
            protocol,
            compression,
            ..Form::default()
        };
        form.pack(vec![7; 300]).unwrap()
    }

    #[test]
    fn a_body_is_what_was_packed() {
        assert_eq!(packed(Protocol::Http, Compression::None), vec![7; 300]);
        let gzip = packed(Protocol::Http, Compression::Gzip);
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(&gzip[..])
            .read_to_end(&mut plain)
            .unwrap();
        assert_eq!(plain, [7; 300]);
        let packed = packed(Protocol::Http, Compression::Zstd);
        assert_eq!(zstd::decode_all(&packed[..]).unwrap(), [7; 300]);
    }

    #[test]
    fn a_message_of_grpc_stands_in_its_frame() {
        let plain = packed(Protocol::Grpc, Compression::None);
        assert_eq!(plain[..HEAD_BYTES], [0, 0, 0, 1, 44]);
        assert_eq!(plain[HEAD_BYTES..], [7; 300]);
        let packed = packed(Protocol::Grpc, Compression::Zstd);
        assert_eq!(packed[0], 1);
        assert_eq!(usize::from(packed[4]), packed.len() - HEAD_BYTES);
    }
}
