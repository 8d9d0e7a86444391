//! OTLP/protobuf as far as a sender needs it. The file exporter's frames do not say which signal they carry, so it is told
//! from the wire types of the records' fields. Times have a fixed width and are moved in place.

use std::ops::Range;
use std::slice;

use super::request::{Contents, Signal};
use super::shift::Shift;

/// Each request, resource group and scope group holds the next level in these fields, for every signal alike.
const RESOURCE_GROUPS: u32 = 1;
const SCOPE_GROUPS: u32 = 2;
const RECORDS: u32 = 2;

/// Gauge, sum, histogram, exponential histogram and summary in a metric; each holds its points in field 1.
const METRIC_KINDS: [u32; 5] = [5, 7, 9, 10, 11];
const POINTS: u32 = 1;

/// The message is no protobuf, or none that OTLP has.
const MALFORMED: &str = "not a protobuf message";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wire {
    Varint(u64),
    Fixed64,
    Fixed32,
    Bytes,
}

/// One field; `range` is its value within the bytes that were walked.
struct Field {
    number: u32,
    wire: Wire,
    range: Range<usize>,
}

/// All fields of a message whose first byte lies at `range.start` of `bytes`, with ranges over the whole of `bytes`.
fn fields(bytes: &[u8], range: Range<usize>) -> Result<Vec<Field>, String> {
    let mut fields = Vec::new();
    let mut at = range.start;
    while at < range.end {
        let key = varint(bytes, &mut at, range.end)?;
        let number = u32::try_from(key >> 3).map_err(|_| MALFORMED)?;
        let (wire, length) = match key & 7 {
            0 => (Wire::Varint(varint(bytes, &mut at, range.end)?), 0),
            1 => (Wire::Fixed64, 8),
            2 => (Wire::Bytes, varint(bytes, &mut at, range.end)?),
            5 => (Wire::Fixed32, 4),
            _ => return Err(MALFORMED.to_owned()),
        };
        let end = usize::try_from(length)
            .ok()
            .and_then(|length| at.checked_add(length))
            .ok_or(MALFORMED)?;
        if number == 0 || end > range.end {
            return Err(MALFORMED.to_owned());
        }
        fields.push(Field {
            number,
            wire,
            range: at..end,
        });
        at = end;
    }
    Ok(fields)
}

fn varint(bytes: &[u8], at: &mut usize, end: usize) -> Result<u64, String> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = *bytes[..end].get(*at).ok_or(MALFORMED)?;
        *at += 1;
        value |= u64::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(MALFORMED.to_owned())
}

/// The ranges of the messages in field `number` of the whole message.
fn top_level(bytes: &[u8], number: u32) -> Result<Vec<Range<usize>>, String> {
    children(bytes, slice::from_ref(&(0..bytes.len())), number)
}

/// The ranges of the messages in field `number` of each of `parents`.
fn children(
    bytes: &[u8],
    parents: &[Range<usize>],
    number: u32,
) -> Result<Vec<Range<usize>>, String> {
    let mut found = Vec::new();
    for parent in parents {
        let fields = fields(bytes, parent.clone())?;
        found.extend(
            fields
                .into_iter()
                .filter(|f| f.number == number && f.wire == Wire::Bytes)
                .map(|f| f.range),
        );
    }
    Ok(found)
}

/// Spans, log records or metrics of a request.
fn records(bytes: &[u8]) -> Result<Vec<Range<usize>>, String> {
    let resources = top_level(bytes, RESOURCE_GROUPS)?;
    let scopes = children(bytes, &resources, SCOPE_GROUPS)?;
    children(bytes, &scopes, RECORDS)
}

fn points(bytes: &[u8], metrics: &[Range<usize>]) -> Result<Vec<Range<usize>>, String> {
    let mut found = Vec::new();
    for kind in METRIC_KINDS {
        found.extend(children(bytes, &children(bytes, metrics, kind)?, POINTS)?);
    }
    Ok(found)
}

/// Tells the signal by the first record that shows it; none where there is no record.
pub(super) fn detect(bytes: &[u8]) -> Result<Option<Signal>, String> {
    for record in records(bytes)? {
        if let Some(signal) = signal_of_record(&fields(bytes, record)?) {
            return Ok(Some(signal));
        }
    }
    Ok(None)
}

/// The three record types share field numbers but hardly a wire type:
///
/// | field | log record | span | metric |
/// |---|---|---|---|
/// | 1 | time: fixed64 | trace id: bytes | name: bytes |
/// | 2 | severity: varint | span id: bytes | description: bytes |
/// | 6 | attributes: bytes | kind: varint | - |
/// | 7 | dropped: varint | start: fixed64 | sum: bytes |
/// | 8 | flags: fixed32 | end: fixed64 | - |
/// | 11 | observed: fixed64 | events: bytes | summary: bytes |
/// | 16 | - | flags: fixed32 | - |
///
/// A span without kind, times and flags is taken for a metric unless its ids have an id's length and no name's letters. A log
/// record may have nothing but a body (field 5), which both others have too; but they never lack field 1.
fn signal_of_record(fields: &[Field]) -> Option<Signal> {
    for field in fields {
        match (field.number, field.wire) {
            (1 | 11, Wire::Fixed64)
            | (2 | 7, Wire::Varint(_))
            | (6, Wire::Bytes)
            | (8, Wire::Fixed32) => {
                return Some(Signal::Logs);
            }
            (6, Wire::Varint(_))
            | (7 | 8, Wire::Fixed64)
            | (16, Wire::Fixed32)
            | (4 | 15, Wire::Bytes) => {
                return Some(Signal::Traces);
            }
            (7, Wire::Bytes) => return Some(Signal::Metrics),
            _ => {}
        }
    }
    let length = |number| {
        fields
            .iter()
            .find(|field| field.number == number)
            .map(|field| field.range.len())
    };
    match (length(1), length(2)) {
        (Some(16), Some(8)) => Some(Signal::Traces),
        (Some(_), _) => Some(Signal::Metrics),
        (None, _) if fields.is_empty() => None,
        (None, _) => Some(Signal::Logs),
    }
}

/// Counts the records of a request.
pub(super) fn contents(bytes: &[u8], signal: Signal) -> Result<Contents, String> {
    let mut contents = Contents::default();
    let mut records = records(bytes)?;
    if signal == Signal::Metrics {
        records = points(bytes, &records)?;
    }
    for record in records {
        contents.add(signal, newest_time(bytes, &fields(bytes, record)?, signal));
    }
    Ok(contents)
}

/// The time by which a record is placed, 0 without one.
fn newest_time(bytes: &[u8], fields: &[Field], signal: Signal) -> u64 {
    let time = |number| {
        fields
            .iter()
            .filter(|f| f.number == number)
            .filter_map(|f| read_time(bytes, f))
            .next_back()
    };
    match signal {
        Signal::Logs => time(1).filter(|time| *time > 0).or_else(|| time(11)),
        Signal::Traces => time(7).max(time(8)),
        Signal::Metrics => time(3),
    }
    .unwrap_or_default()
}

fn read_time(bytes: &[u8], field: &Field) -> Option<u64> {
    let value = bytes.get(field.range.clone())?.try_into().ok()?;
    (field.wire == Wire::Fixed64).then(|| u64::from_le_bytes(value))
}

/// Moves every time of a request, in place.
pub(super) fn shift(bytes: &mut [u8], signal: Signal, shift: Shift) -> Result<(), String> {
    let records = records(bytes)?;
    match signal {
        Signal::Logs => shift_fields(bytes, &records, &[1, 11], shift),
        Signal::Traces => {
            let events = children(bytes, &records, 11)?;
            shift_fields(bytes, &events, &[1], shift)?;
            shift_fields(bytes, &records, &[7, 8], shift)
        }
        Signal::Metrics => {
            let points = points(bytes, &records)?;
            shift_fields(bytes, &points, &[2, 3], shift)
        }
    }
}

fn shift_fields(
    bytes: &mut [u8],
    messages: &[Range<usize>],
    times: &[u32],
    shift: Shift,
) -> Result<(), String> {
    for message in messages {
        for field in fields(bytes, message.clone())? {
            if times.contains(&field.number)
                && let Some(time_ns) = read_time(bytes, &field)
            {
                bytes[field.range].copy_from_slice(&shift.apply(time_ns).to_le_bytes());
            }
        }
    }
    Ok(())
}

/// The number in field 1 and the text in field 2 of `partial_success`, which is field 1 of an answer.
pub(super) fn partial_success(bytes: &[u8]) -> Result<(u64, String), String> {
    let mut rejected = 0;
    let mut message = String::new();
    for partial in top_level(bytes, 1)? {
        for field in fields(bytes, partial)? {
            match (field.number, field.wire) {
                (1, Wire::Varint(count)) => rejected = count,
                (2, Wire::Bytes) => {
                    message = String::from_utf8_lossy(&bytes[field.range]).into_owned()
                }
                _ => {}
            }
        }
    }
    Ok((rejected, message))
}

/// The message of a `google.rpc.Status`.
pub(super) fn status_message(bytes: &[u8]) -> Option<String> {
    let messages = top_level(bytes, 2).ok()?;
    messages
        .last()
        .map(|range| String::from_utf8_lossy(&bytes[range.clone()]).into_owned())
}

#[cfg(test)]
mod tests;
