//! A message's frame: a byte that says whether it is compressed, four bytes of length, big-endian, the message.

use axum::response::Response;
use bytes::{BufMut, Bytes, BytesMut};
use clearspan_storage::memory::Hold;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body::Body;
use http_body_util::{BodyExt, Full};

use crate::body::{Payload, next_chunk};
use crate::refusal::Refusal;

pub(super) const GRPC_ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");

const HEAD_BYTES: usize = 5;

/// The one message of a unary call.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) is_compressed: bool,
    pub(super) payload: Payload,
}

/// Reads `body`, which must hold one message and nothing else. Memory grows with what is really there, not with what the
/// head claims; a message that claims too much is refused before it is read.
pub(super) async fn read<B>(body: &mut B, limit: u64, mut hold: Hold) -> Result<Message, Refusal>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    let mut bytes = Vec::new();
    let mut head = None;
    while let Some(chunk) = next_chunk(body, &mut hold).await? {
        bytes.extend_from_slice(&chunk);
        if head.is_none() {
            head = Head::read(&bytes, limit)?;
        }
        if head.is_some_and(|head| bytes.len() > head.end()) {
            return Err(broken("more than one message"));
        }
    }
    let Some(head) = head else {
        return Err(broken("no message"));
    };
    if bytes.len() < head.end() {
        return Err(broken("it ends before its message does"));
    }
    let bytes = Bytes::from(bytes).slice(HEAD_BYTES..);
    let payload = Payload { bytes, hold };
    Ok(Message {
        is_compressed: head.is_compressed,
        payload,
    })
}

#[derive(Debug, Clone, Copy)]
struct Head {
    is_compressed: bool,
    length: usize,
}

impl Head {
    /// `None` when not all of it is there.
    fn read(bytes: &[u8], limit: u64) -> Result<Option<Self>, Refusal> {
        let Some([flag, length @ ..]) = bytes.first_chunk::<HEAD_BYTES>() else {
            return Ok(None);
        };
        let is_compressed = match flag {
            0 => false,
            1 => true,
            _ => return Err(broken("the message's flag is neither 0 nor 1")),
        };
        let length = u32::from_be_bytes(*length);
        if u64::from(length) > limit {
            return Err(Refusal::TooLarge { limit });
        }
        Ok(Some(Self {
            is_compressed,
            length: length as usize,
        }))
    }

    fn end(self) -> usize {
        HEAD_BYTES + self.length
    }
}

fn broken(how: &str) -> Refusal {
    Refusal::BrokenBody(how.to_owned())
}

/// A successful answer: one message and the status OK.
pub(super) fn response(message: &[u8]) -> Response {
    let mut framed = BytesMut::with_capacity(HEAD_BYTES + message.len());
    framed.put_u8(0);
    framed.put_u32(message.len() as u32);
    framed.put_slice(message);
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let body = Full::new(framed.freeze()).with_trailers(std::future::ready(Some(Ok(trailers))));
    let mut response = Response::new(axum::body::Body::new(body));
    let content_type = HeaderValue::from_static("application/grpc");
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}
