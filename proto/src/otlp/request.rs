//! Bodies to messages, in either encoding.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;

use crate::json;
use crate::limits::MAX_BODY_BYTES;

use super::{DecodeError, Encoding, Repairs, WireSignal, count_metric_points, parts, wire};

/// The number of records (spans, log records or metric data points) of a request, bad ones included.
pub fn count_records(
    body: &[u8],
    signal: WireSignal,
    encoding: Encoding,
) -> Result<u64, DecodeError> {
    Ok(match signal {
        WireSignal::Metrics => count_metric_points(body, encoding)?,
        WireSignal::Traces => read_traces(body, encoding)?.records,
        WireSignal::Logs => read_logs(body, encoding)?.records,
    })
}

/// A request, and what reading it found.
#[derive(Debug)]
pub(crate) struct Request<M> {
    pub(crate) message: M,
    pub(crate) records: u64,
    /// What the JSON reader had to change; nothing for protobuf.
    pub(crate) repaired: Repairs,
}

pub(crate) fn read_traces(
    body: &[u8],
    encoding: Encoding,
) -> Result<Request<ExportTraceServiceRequest>, DecodeError> {
    check_size(body)?;
    match encoding {
        Encoding::Protobuf => read_protobuf(body, WireSignal::Traces),
        Encoding::Json => json::read(body, json::traces::request),
    }
}

pub(crate) fn read_logs(
    body: &[u8],
    encoding: Encoding,
) -> Result<Request<ExportLogsServiceRequest>, DecodeError> {
    check_size(body)?;
    match encoding {
        Encoding::Protobuf => read_protobuf(body, WireSignal::Logs),
        Encoding::Json => json::read(body, json::logs::request),
    }
}

fn read_protobuf<M: Message + Default>(
    body: &[u8],
    signal: WireSignal,
) -> Result<Request<M>, DecodeError> {
    let records = wire::count_records(body)?;
    parts::check(body, signal)?;
    Ok(Request {
        message: M::decode(body).map_err(|error| DecodeError::protobuf(error.to_string()))?,
        records,
        repaired: Repairs::default(),
    })
}

pub(crate) fn check_size(body: &[u8]) -> Result<(), DecodeError> {
    if body.len() > MAX_BODY_BYTES {
        return Err(DecodeError::TooLarge { bytes: body.len() });
    }
    Ok(())
}
