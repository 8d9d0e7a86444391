//! What becomes of one request in copy `c`.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, any_value::Value};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::trace::v1::Span;
use sha2::{Digest, Sha256};

/// Copies are numbered from 0; copy 0 is the original.
pub(super) const COPIES: u8 = 12;

/// Each copy is later than the one before it by eight hours.
const SHIFT_NS: u64 = 8 * 3600 * 1_000_000_000;

/// A request that can be made into its copy.
pub(super) trait Copied {
    /// Makes this original into copy `c`.
    fn copy(&mut self, c: u8);
}

impl Copied for ExportLogsServiceRequest {
    fn copy(&mut self, c: u8) {
        let groups = self.resource_logs.iter_mut();
        let scopes = groups.flat_map(|group| &mut group.scope_logs);
        scopes
            .flat_map(|scope| &mut scope.log_records)
            .for_each(|record| copy_log(record, c));
    }
}

impl Copied for ExportTraceServiceRequest {
    fn copy(&mut self, c: u8) {
        let groups = self.resource_spans.iter_mut();
        let scopes = groups.flat_map(|group| &mut group.scope_spans);
        scopes
            .flat_map(|scope| &mut scope.spans)
            .for_each(|span| copy_span(span, c));
    }
}

fn copy_log(record: &mut LogRecord, c: u8) {
    shift(&mut record.time_unix_nano, c);
    shift(&mut record.observed_time_unix_nano, c);
    let trace = replace_id(&mut record.trace_id, c);
    let span = replace_id(&mut record.span_id, c);
    if let Some(AnyValue {
        value: Some(Value::StringValue(body)),
    }) = &mut record.body
    {
        *body = replace_texts(body, &[trace, span]);
    }
}

fn copy_span(span: &mut Span, c: u8) {
    shift(&mut span.start_time_unix_nano, c);
    shift(&mut span.end_time_unix_nano, c);
    replace_id(&mut span.trace_id, c);
    replace_id(&mut span.span_id, c);
    replace_id(&mut span.parent_span_id, c);
    for event in &mut span.events {
        shift(&mut event.time_unix_nano, c);
    }
    for link in &mut span.links {
        replace_id(&mut link.trace_id, c);
        replace_id(&mut link.span_id, c);
    }
}

/// An absent time, which is 0, stays absent.
fn shift(time: &mut u64, c: u8) {
    if *time != 0 {
        *time += u64::from(c) * SHIFT_NS;
    }
}

/// Replaces `id` in copies other than the first, and says what stood there and what stands there now, as hex. An
/// absent id stays absent.
fn replace_id(id: &mut Vec<u8>, c: u8) -> (String, String) {
    let old = hex::encode(&id);
    if c != 0 && !id.is_empty() {
        let digest = Sha256::new().chain_update([c]).chain_update(&id).finalize();
        let length = id.len();
        id.copy_from_slice(&digest[..length]);
    }
    (old, hex::encode(&id))
}

/// `text` with every occurrence of a pair's first replaced by its second. What was put in is not looked at again.
fn replace_texts(text: &str, pairs: &[(String, String)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        let hits = pairs.iter().filter(|(old, _)| !old.is_empty());
        let first = hits
            .filter_map(|(old, new)| Some((rest.find(old.as_str())?, old, new)))
            .min_by_key(|(at, ..)| *at);
        let Some((at, old, new)) = first else {
            out.push_str(rest);
            return out;
        };
        out.push_str(&rest[..at]);
        out.push_str(new);
        rest = &rest[at + old.len()..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(body: &str) -> LogRecord {
        LogRecord {
            time_unix_nano: 5,
            trace_id: vec![0xAB; 16],
            span_id: vec![0xCD; 8],
            body: Some(AnyValue {
                value: Some(Value::StringValue(body.to_owned())),
            }),
            ..LogRecord::default()
        }
    }

    fn body(record: &LogRecord) -> &str {
        match record.body.as_ref().and_then(|body| body.value.as_ref()) {
            Some(Value::StringValue(text)) => text,
            _ => "",
        }
    }

    #[test]
    fn the_first_copy_is_the_original() {
        let original = log(&format!("x {}", "ab".repeat(16)));
        let mut copied = original.clone();
        copy_log(&mut copied, 0);
        assert_eq!(copied, original);
    }

    #[test]
    fn ids_are_hashed_and_their_texts_follow() {
        let (trace, span) = ("ab".repeat(16), "cd".repeat(8));
        let other = "ef".repeat(8);
        let mut copied = log(&format!("{trace}{span} {trace} {other}"));
        copy_log(&mut copied, 3);
        // sha256 of 03 and the id's bytes, cut to the id's length.
        let digest = |byte: u8, length: usize| {
            let bytes = [vec![3], vec![byte; length]].concat();
            hex::encode(&Sha256::digest(bytes)[..length])
        };
        let (new_trace, new_span) = (digest(0xAB, 16), digest(0xCD, 8));
        assert_eq!(hex::encode(&copied.trace_id), new_trace);
        assert_eq!(hex::encode(&copied.span_id), new_span);
        assert_eq!(
            body(&copied),
            format!("{new_trace}{new_span} {new_trace} {other}")
        );
        assert_eq!(copied.time_unix_nano, 5 + 24 * 3600 * 1_000_000_000);
        assert_eq!(copied.observed_time_unix_nano, 0);
    }

    #[test]
    fn a_root_stays_a_root() {
        let mut span = Span {
            trace_id: vec![1; 16],
            span_id: vec![2; 8],
            start_time_unix_nano: 7,
            ..Span::default()
        };
        copy_span(&mut span, 1);
        assert!(span.parent_span_id.is_empty());
        assert_eq!(
            (span.start_time_unix_nano, span.end_time_unix_nano),
            (7 + SHIFT_NS, 0)
        );
        assert_ne!(span.span_id, vec![2; 8]);
    }
}
