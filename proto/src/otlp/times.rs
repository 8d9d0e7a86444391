//! The newest time of a request, and moving all of its times: what an import needs to make old data new.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;

use crate::json;

use super::request::{read_logs, read_traces};
use super::{DecodeError, Encoding, WireSignal};

/// The latest time of any record in the request: of spans their start and end, of log records their event and
/// observed time. Unknown times (0) and those above `i64::MAX` do not count. Metrics have none here.
pub fn newest_time(
    body: &[u8],
    signal: WireSignal,
    encoding: Encoding,
) -> Result<Option<u64>, DecodeError> {
    let mut newest = None;
    let mut see = |time: &mut u64| {
        if is_known(*time) {
            newest = newest.max(Some(*time));
        }
    };
    match signal {
        WireSignal::Traces => {
            let mut request = read_traces(body, encoding)?.message;
            each_span(&mut request, |start, end, _| {
                see(start);
                see(end);
            });
        }
        WireSignal::Logs => each_log_time(&mut read_logs(body, encoding)?.message, see),
        WireSignal::Metrics => {}
    }
    Ok(newest)
}

/// The request with `delta_ns` added to every time of its records and of the spans' events. An unknown time
/// (0) stays unknown, one above `i64::MAX` stays as it is, and no time is moved out of that range. Metrics
/// come back unchanged.
pub fn shift_times(
    body: &[u8],
    signal: WireSignal,
    encoding: Encoding,
    delta_ns: i64,
) -> Result<Vec<u8>, DecodeError> {
    match signal {
        WireSignal::Traces => {
            let mut request = read_traces(body, encoding)?.message;
            each_span(&mut request, |start, end, events| {
                shift(start, delta_ns);
                shift(end, delta_ns);
                for event in events {
                    shift(&mut event.time_unix_nano, delta_ns);
                }
            });
            Ok(write(&request, encoding, json::traces::write))
        }
        WireSignal::Logs => {
            let mut request = read_logs(body, encoding)?.message;
            each_log_time(&mut request, |time| shift(time, delta_ns));
            Ok(write(&request, encoding, json::logs::write))
        }
        WireSignal::Metrics => Ok(body.to_vec()),
    }
}

fn is_known(time: u64) -> bool {
    time != 0 && i64::try_from(time).is_ok()
}

fn shift(time: &mut u64, delta_ns: i64) {
    if is_known(*time) {
        *time = time
            .saturating_add_signed(delta_ns)
            .clamp(1, i64::MAX as u64);
    }
}

fn write<M: Message>(message: &M, encoding: Encoding, json: fn(&M, &mut Vec<u8>)) -> Vec<u8> {
    match encoding {
        Encoding::Protobuf => message.encode_to_vec(),
        Encoding::Json => {
            let mut out = Vec::new();
            json(message, &mut out);
            out
        }
    }
}

type Events = [opentelemetry_proto::tonic::trace::v1::span::Event];

fn each_span(
    request: &mut ExportTraceServiceRequest,
    mut visit: impl FnMut(&mut u64, &mut u64, &mut Events),
) {
    let groups = request.resource_spans.iter_mut();
    let scopes = groups.flat_map(|group| &mut group.scope_spans);
    for span in scopes.flat_map(|scope| &mut scope.spans) {
        visit(
            &mut span.start_time_unix_nano,
            &mut span.end_time_unix_nano,
            &mut span.events,
        );
    }
}

fn each_log_time(request: &mut ExportLogsServiceRequest, mut visit: impl FnMut(&mut u64)) {
    let groups = request.resource_logs.iter_mut();
    let scopes = groups.flat_map(|group| &mut group.scope_logs);
    for record in scopes.flat_map(|scope| &mut scope.log_records) {
        visit(&mut record.time_unix_nano);
        visit(&mut record.observed_time_unix_nano);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_known_times_move_and_stay_in_range() {
        for (time, delta, moved) in [
            (0, 5, 0),
            (7, 5, 12),
            (7, -5, 2),
            (7, -50, 1),
            (i64::MAX as u64, 5, i64::MAX as u64),
            (i64::MAX as u64 + 1, -5, i64::MAX as u64 + 1),
            (u64::MAX, 1, u64::MAX),
        ] {
            let mut time = time;
            shift(&mut time, delta);
            assert_eq!(time, moved);
        }
    }
}
