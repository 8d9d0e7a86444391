//! Requests that are sent many times, each time as new records: what a load driver needs, whose own work per record must be
//! small beside the receiver's.
//!
//! A stencil is an encoded request and the places in it where ids, times and the number of a record stand. All of them have a
//! fixed length in protobuf, so a copy of the request is a copy of its bytes with other bytes at these places: nothing is
//! encoded again, and a copy is as long as its original.
//!
//! | file | what it holds |
//! |---|---|
//! | `mod.rs` | a stencil and its copies |
//! | `label.rs` | the run's name in each resource, and a number in each record |
//! | `cut.rs` | the first records of a request |
//! | `places.rs` | finding the places in the encoded request |

mod cut;
mod label;
mod places;
#[cfg(test)]
mod tests;

use prost::Message;

use super::request::{read_logs, read_traces};
use super::{DecodeError, Encoding, WireSignal};
use places::{Place, PlaceKind};

/// The numbers of records count from here: up to [`Stencil::NUMBERS_MAX`] of them a varint takes five bytes, never more or less.
const FIRST_NUMBER: u64 = 1 << 28;

/// The bytes of a record's number.
const NUMBER_BYTES: usize = 5;

/// Two texts that tell the records of a load run from all others.
#[derive(Debug, Clone, Copy)]
pub struct Label<'a> {
    /// The resource attribute that holds the run's name.
    pub run_key: &'a str,
    /// The name of the run.
    pub run: &'a str,
    /// The record attribute that holds the record's number, an integer.
    pub number_key: &'a str,
}

/// What makes one copy of a request unlike all others.
#[derive(Debug, Clone, Copy)]
pub struct Stamp {
    /// Each trace id is combined with this by exclusive or: different ids stay different, equal ones equal.
    pub trace_mask: [u8; 16],
    /// Likewise each span id.
    pub span_mask: [u8; 8],
    /// The number of the first record, from 0; the others follow it.
    pub first_number: u64,
    /// The time of the newest record, in nanoseconds since 1970. The others keep their distance from it.
    pub newest_ns: u64,
}

/// An encoded request that can be copied with fresh ids, times and numbers.
#[derive(Debug, Clone)]
pub struct Stencil {
    signal: WireSignal,
    body: Vec<u8>,
    records: u64,
    newest_ns: u64,
    oldest_ns: u64,
    places: Vec<Place>,
}

impl Stencil {
    /// There is no number for more records than these.
    pub const NUMBERS_MAX: u64 = (1 << 35) - FIRST_NUMBER;

    /// A stencil of a request of spans or log records. Its resources and records get the label's attributes, in place of those
    /// that have the same keys. A request of metrics is refused.
    pub fn new(
        body: &[u8],
        signal: WireSignal,
        encoding: Encoding,
        label: &Label<'_>,
    ) -> Result<Self, DecodeError> {
        let (body, records) = match signal {
            WireSignal::Traces => {
                let mut request = read_traces(body, encoding)?;
                label::traces(&mut request.message, label);
                (request.message.encode_to_vec(), request.records)
            }
            WireSignal::Logs => {
                let mut request = read_logs(body, encoding)?;
                label::logs(&mut request.message, label);
                (request.message.encode_to_vec(), request.records)
            }
            WireSignal::Metrics => return Err(DecodeError::protobuf("metrics have no ids")),
        };
        let places = places::of(&body, signal, label.number_key);
        let times = || places.iter().filter_map(|place| place.time(&body));
        Ok(Self {
            signal,
            records,
            newest_ns: times().max().unwrap_or_default(),
            oldest_ns: times().min().unwrap_or_default(),
            places,
            body,
        })
    }

    /// A stencil of its first records, at least one, for a request that is to be smaller than the others. `label` is the one that it was made with.
    pub fn first(&self, records: u64, label: &Label<'_>) -> Result<Self, DecodeError> {
        let (body, records) = (&self.body, records.max(1));
        let body = match self.signal {
            WireSignal::Traces => {
                let mut request = read_traces(body, Encoding::Protobuf)?.message;
                cut::traces(&mut request, records);
                request.encode_to_vec()
            }
            _ => {
                let mut request = read_logs(body, Encoding::Protobuf)?.message;
                cut::logs(&mut request, records);
                request.encode_to_vec()
            }
        };
        Self::new(&body, self.signal, Encoding::Protobuf, label)
    }

    /// What its records are.
    pub fn signal(&self) -> WireSignal {
        self.signal
    }

    /// How many records it has.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// The length of the request and of all its copies, in bytes.
    pub fn bytes(&self) -> usize {
        self.body.len()
    }

    /// From the oldest of its times to the newest, in nanoseconds.
    pub fn length_ns(&self) -> u64 {
        self.newest_ns - self.oldest_ns
    }

    /// A copy of the request, as protobuf.
    pub fn copy(&self, stamp: &Stamp) -> Vec<u8> {
        let mut body = self.body.clone();
        let mut number = FIRST_NUMBER + stamp.first_number;
        for place in &self.places {
            let Some(bytes) = body.get_mut(place.range()) else {
                continue;
            };
            match place.kind {
                PlaceKind::Time => self.write_time(bytes, stamp.newest_ns),
                PlaceKind::TraceId => mask(bytes, &stamp.trace_mask),
                PlaceKind::SpanId => mask(bytes, &stamp.span_mask),
                PlaceKind::TraceText => mask_text(bytes, &stamp.trace_mask),
                PlaceKind::SpanText => mask_text(bytes, &stamp.span_mask),
                PlaceKind::Number => {
                    write_varint(bytes, number);
                    number += 1;
                }
            }
        }
        body
    }

    fn write_time(&self, bytes: &mut [u8], newest_ns: u64) {
        let Ok(original) = <[u8; 8]>::try_from(&*bytes) else {
            return;
        };
        let age_ns = self.newest_ns - u64::from_le_bytes(original).min(self.newest_ns);
        // A time of 0 would be none.
        let time = newest_ns.saturating_sub(age_ns).max(1);
        bytes.copy_from_slice(&time.to_le_bytes());
    }
}

/// The number of a record, from 0, by the attribute that says it. `None` for one that no stencil wrote.
pub fn stencil_number(attribute: i64) -> Option<u64> {
    let number = u64::try_from(attribute).ok()?.checked_sub(FIRST_NUMBER)?;
    (number < Stencil::NUMBERS_MAX).then_some(number)
}

fn mask(id: &mut [u8], mask: &[u8]) {
    for (byte, mask) in id.iter_mut().zip(mask) {
        *byte ^= mask;
    }
}

/// As [`mask`], over an id that is written as lower-case hexadecimal digits.
fn mask_text(text: &mut [u8], mask: &[u8]) {
    for (digits, mask) in text.chunks_exact_mut(2).zip(mask) {
        if let [high, low] = digits {
            *high = digit(value(*high) ^ (mask >> 4));
            *low = digit(value(*low) ^ (mask & 0xF));
        }
    }
}

fn value(digit: u8) -> u8 {
    match digit {
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit & 0xF,
    }
}

fn digit(value: u8) -> u8 {
    match value {
        0..=9 => b'0' + value,
        _ => b'a' + value - 10,
    }
}

/// In as many bytes as there are; the number must fit.
fn write_varint(bytes: &mut [u8], mut number: u64) {
    let last = bytes.len() - 1;
    for (at, byte) in bytes.iter_mut().enumerate() {
        let more = if at == last { 0 } else { 0x80 };
        *byte = (number & 0x7F) as u8 | more;
        number >>= 7;
    }
}
