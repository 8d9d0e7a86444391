//! Files of length-prefixed messages, as the Collector's file exporter writes them: four bytes of length,
//! big-endian, then a request as protobuf.

use std::io::{self, Read};

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;

use clearspan_schema::ids::valid_id;

use super::{WireSignal, wire};

/// A file of frames that cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// Reading failed.
    #[error("read: {0}")]
    Io(#[from] io::Error),
    /// A frame claims to be longer than the caller allows; most likely this is no file of frames.
    #[error("frame of {length} bytes exceeds {limit}")]
    TooLong {
        /// The length that stands before the frame.
        length: u64,
        /// The caller's limit.
        limit: u64,
    },
    /// The file ends inside a frame.
    #[error("file ends {missing} bytes before the end of a frame")]
    Truncated {
        /// The bytes that are not there.
        missing: u64,
    },
}

/// Reads the next frame into `frame`, replacing what it held. `false` at the end of the file.
pub fn read_frame(
    from: &mut impl Read,
    frame: &mut Vec<u8>,
    max_bytes: u32,
) -> Result<bool, FrameError> {
    frame.clear();
    from.by_ref().take(4).read_to_end(frame)?;
    if frame.is_empty() {
        return Ok(false);
    }
    let Some(prefix) = frame.first_chunk::<4>() else {
        let missing = 4 - frame.len() as u64;
        return Err(FrameError::Truncated { missing });
    };
    let length = u64::from(u32::from_be_bytes(*prefix));
    let limit = u64::from(max_bytes);
    if length > limit {
        return Err(FrameError::TooLong { length, limit });
    }
    frame.clear();
    // Memory grows with what is really there, not with what the prefix claims.
    let read = from.by_ref().take(length).read_to_end(frame)? as u64;
    if read < length {
        let missing = length - read;
        return Err(FrameError::Truncated { missing });
    }
    Ok(true)
}

/// Which request `message` is. The bytes do not say it, but the records of the three differ enough: the
/// message is decoded as each, and of spans and metrics what every real one has is asked for, ids and a name with data.
/// `None` when it is none of them or, like an empty message, could be several.
pub fn detect_signal(message: &[u8]) -> Option<WireSignal> {
    if wire::count_records(message).ok()? == 0 {
        return None;
    }
    match (is_traces(message), is_metrics(message)) {
        (true, true) => None,
        (true, false) => Some(WireSignal::Traces),
        (false, true) => Some(WireSignal::Metrics),
        // A log record may have any of its fields or none, so it is what is left.
        (false, false) => is_logs(message).then_some(WireSignal::Logs),
    }
}

fn is_traces(message: &[u8]) -> bool {
    let Ok(request) = ExportTraceServiceRequest::decode(message) else {
        return false;
    };
    let scopes = request.resource_spans.iter().flat_map(|g| &g.scope_spans);
    let mut spans = scopes.flat_map(|scope| &scope.spans);
    spans.all(|span| {
        valid_id::<16>(&span.trace_id).is_some() && valid_id::<8>(&span.span_id).is_some()
    })
}

fn is_metrics(message: &[u8]) -> bool {
    let Ok(request) = ExportMetricsServiceRequest::decode(message) else {
        return false;
    };
    let groups = request.resource_metrics.iter();
    let scopes = groups.flat_map(|group| &group.scope_metrics);
    let mut metrics = scopes.flat_map(|scope| &scope.metrics);
    metrics.all(|metric| !metric.name.is_empty() && metric.data.is_some())
}

fn is_logs(message: &[u8]) -> bool {
    ExportLogsServiceRequest::decode(message).is_ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::jsonl;
    use crate::otlp::{Encoding, decode_logs, decode_traces};
    use crate::otlp::{encode_logs_protobuf, encode_traces_protobuf};

    fn framed(messages: &[&[u8]]) -> Vec<u8> {
        let frame = |message: &&[u8]| [&(message.len() as u32).to_be_bytes(), *message].concat();
        messages.iter().flat_map(frame).collect()
    }

    #[test]
    fn frames_are_read_to_the_end() {
        let bytes = framed(&[b"one", b"", b"three"]);
        let (mut from, mut frame, mut read) = (bytes.as_slice(), Vec::new(), Vec::new());
        while read_frame(&mut from, &mut frame, 100).unwrap() {
            read.push(frame.clone());
        }
        assert_eq!(read, [b"one".to_vec(), b"".to_vec(), b"three".to_vec()]);
    }

    #[test]
    fn a_cut_or_foreign_file_is_an_error() {
        let bytes = framed(&[b"three"]);
        for length in [1, 3, 4, 8] {
            let read = read_frame(&mut &bytes[..length], &mut Vec::new(), 100);
            assert!(matches!(read, Err(FrameError::Truncated { .. })));
        }
        let read = read_frame(
            &mut &b"{\"resourceSpans\":[]}"[..],
            &mut Vec::new(),
            1 << 26,
        );
        assert!(matches!(read, Err(FrameError::TooLong { .. })));
    }

    #[test]
    fn the_kind_of_a_request_is_told_by_its_records() {
        let span = br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c",
            "spanId":"eee19b7ec3c1b174","name":"a"}]}]}]}"#;
        let log =
            br#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"a"}}]}]}]}"#;
        let spans = decode_traces(span, Encoding::Json, 1).unwrap().batch;
        let logs = decode_logs(log, Encoding::Json, 1).unwrap().batch;
        let spans = encode_traces_protobuf(&[spans.into_inner()]).unwrap();
        let logs = encode_logs_protobuf(&[logs.into_inner()]).unwrap();
        assert_eq!(detect_signal(&spans), Some(WireSignal::Traces));
        assert_eq!(detect_signal(&logs), Some(WireSignal::Logs));
        assert_eq!(detect_signal(&[]), None);
        assert_eq!(detect_signal(b"not protobuf"), None);
        assert_eq!(jsonl::signal_of_line(span), Some(WireSignal::Traces));
    }
}
