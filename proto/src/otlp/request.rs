//! Bodies to messages, in either encoding.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;

use crate::json;
use crate::limits::MAX_BODY_BYTES;

use super::wire::{self, Messages};
use super::{DecodeError, Encoding, Repairs, WireSignal, count_metric_points, parts};

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

/// A request of spans in pieces.
pub(crate) fn traces_in_pieces(
    body: &[u8],
    encoding: Encoding,
) -> Result<Pieces<'_, ExportTraceServiceRequest>, DecodeError> {
    match encoding {
        Encoding::Protobuf => Pieces::of_protobuf(body, WireSignal::Traces),
        Encoding::Json => Ok(Pieces::whole(read_traces(body, encoding)?)),
    }
}

/// A request of log records in pieces.
pub(crate) fn logs_in_pieces(
    body: &[u8],
    encoding: Encoding,
) -> Result<Pieces<'_, ExportLogsServiceRequest>, DecodeError> {
    match encoding {
        Encoding::Protobuf => Pieces::of_protobuf(body, WireSignal::Logs),
        Encoding::Json => Ok(Pieces::whole(read_logs(body, encoding)?)),
    }
}

/// A request as messages that each hold a part of it, in order: of protobuf one resource group each, so that the message of the whole, some three
/// times as large as its bytes, is never there beside them and the rows. JSON comes as a whole. The first error is the last item.
#[derive(Debug)]
pub(crate) struct Pieces<'a, M> {
    /// Of the whole request.
    pub(crate) records: u64,
    /// As of [`Request`].
    pub(crate) repaired: Repairs,
    whole: Option<M>,
    fields: Messages<'a>,
}

impl<'a, M> Pieces<'a, M> {
    fn of_protobuf(body: &'a [u8], signal: WireSignal) -> Result<Self, DecodeError> {
        check_size(body)?;
        let records = wire::count_records(body)?;
        parts::check(body, signal)?;
        Ok(Pieces {
            records,
            repaired: Repairs::default(),
            whole: None,
            fields: Messages::of(body, 0),
        })
    }

    fn whole(request: Request<M>) -> Self {
        Pieces {
            records: request.records,
            repaired: request.repaired,
            whole: Some(request.message),
            fields: Messages::of(&[], 0),
        }
    }
}

impl<M: Message + Default> Iterator for Pieces<'_, M> {
    type Item = Result<M, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(whole) = self.whole.take() {
            return Some(Ok(whole));
        }
        let piece = self.fields.next_whole()?.and_then(|field| {
            M::decode(field).map_err(|error| DecodeError::protobuf(error.to_string()))
        });
        if piece.is_err() {
            self.fields = Messages::of(&[], 0);
        }
        Some(piece)
    }
}

pub(crate) fn check_size(body: &[u8]) -> Result<(), DecodeError> {
    if body.len() > MAX_BODY_BYTES {
        return Err(DecodeError::TooLarge { bytes: body.len() });
    }
    Ok(())
}
