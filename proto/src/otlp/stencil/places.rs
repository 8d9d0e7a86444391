//! Finding the places in an encoded request where ids, times and numbers stand.
//!
//! The request was encoded here a moment ago, so it is well-formed; bytes that are not end the walk. The field numbers are
//! those of `opentelemetry/proto/{trace,logs,common}/v1`.

use std::ops::Range;

use super::super::WireSignal;
use super::NUMBER_BYTES;

/// What stands at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PlaceKind {
    /// Eight bytes, little-endian.
    Time,
    TraceId,
    SpanId,
    /// An id as hexadecimal digits in a log's body.
    TraceText,
    SpanText,
    /// A varint of fixed length.
    Number,
}

/// Where a copy differs from its original. A request is shorter than 4 GiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    at: u32,
    pub(super) kind: PlaceKind,
}

impl Place {
    pub(super) fn range(self) -> Range<usize> {
        let length = match self.kind {
            PlaceKind::Time => 8,
            PlaceKind::TraceId => TRACE_ID_BYTES,
            PlaceKind::SpanId => SPAN_ID_BYTES,
            PlaceKind::TraceText => 2 * TRACE_ID_BYTES,
            PlaceKind::SpanText => 2 * SPAN_ID_BYTES,
            PlaceKind::Number => NUMBER_BYTES,
        };
        let start = self.at as usize;
        start..start + length
    }

    fn overlaps(self, other: Self) -> bool {
        let (own, other) = (self.range(), other.range());
        own.start < other.end && other.start < own.end
    }

    /// The time that stands there.
    pub(super) fn time(self, body: &[u8]) -> Option<u64> {
        let bytes = (self.kind == PlaceKind::Time).then(|| body.get(self.range()))??;
        Some(u64::from_le_bytes(bytes.try_into().ok()?))
    }
}

const TRACE_ID_BYTES: usize = 16;
const SPAN_ID_BYTES: usize = 8;

/// The places of a request, record after record.
pub(super) fn of(body: &[u8], signal: WireSignal, number_key: &str) -> Vec<Place> {
    let mut walk = Walk {
        body,
        number_key: number_key.as_bytes(),
        places: Vec::new(),
        record_from: 0,
    };
    for group in walk.messages(0..body.len(), 1) {
        for scope in walk.messages(group, 2) {
            for record in walk.messages(scope, 2) {
                walk.record_from = walk.places.len();
                match signal {
                    WireSignal::Traces => walk.span(record),
                    WireSignal::Logs => walk.log(record),
                    WireSignal::Metrics => {}
                }
            }
        }
    }
    walk.places
}

struct Walk<'a> {
    body: &'a [u8],
    number_key: &'a [u8],
    places: Vec<Place>,
    /// The first place of the record that is looked at.
    record_from: usize,
}

impl Walk<'_> {
    fn span(&mut self, span: Range<usize>) {
        for (number, field) in self.fields(span) {
            match (number, field) {
                (1, Field::Delimited(at)) => self.id(at, PlaceKind::TraceId),
                (2 | 4, Field::Delimited(at)) => self.id(at, PlaceKind::SpanId),
                (7 | 8, Field::Fixed64(at)) => self.time(at),
                (9, Field::Delimited(at)) => self.attribute(at),
                (11, Field::Delimited(event)) => self.event(event),
                (13, Field::Delimited(link)) => self.link(link),
                _ => {}
            }
        }
    }

    fn event(&mut self, event: Range<usize>) {
        for (number, field) in self.fields(event) {
            if let (1, Field::Fixed64(at)) = (number, field) {
                self.time(at);
            }
        }
    }

    fn link(&mut self, link: Range<usize>) {
        for (number, field) in self.fields(link) {
            match (number, field) {
                (1, Field::Delimited(at)) => self.id(at, PlaceKind::TraceId),
                (2, Field::Delimited(at)) => self.id(at, PlaceKind::SpanId),
                _ => {}
            }
        }
    }

    /// A log's body may repeat the record's own ids, as many loggers do; there they change with the ids.
    fn log(&mut self, record: Range<usize>) {
        let fields = self.fields(record);
        let body = fields.iter().find_map(|(number, field)| match field {
            Field::Delimited(at) if *number == 5 => Some(at.clone()),
            _ => None,
        });
        let text = body.and_then(|body| self.messages(body, 1).into_iter().next());
        for (number, field) in fields {
            match (number, field) {
                (1 | 11, Field::Fixed64(at)) => self.time(at),
                (6, Field::Delimited(at)) => self.attribute(at),
                (9, Field::Delimited(id)) => {
                    self.texts(text.clone(), &id, TRACE_ID_BYTES, PlaceKind::TraceText);
                    self.id(id, PlaceKind::TraceId);
                }
                (10, Field::Delimited(id)) => {
                    self.texts(text.clone(), &id, SPAN_ID_BYTES, PlaceKind::SpanText);
                    self.id(id, PlaceKind::SpanId);
                }
                _ => {}
            }
        }
    }

    /// An unknown time, 0, is not written by encoders, and one that is out of range stays as it is.
    fn time(&mut self, at: usize) {
        let place = place(at, PlaceKind::Time);
        if place
            .time(self.body)
            .is_some_and(|time| time != 0 && i64::try_from(time).is_ok())
        {
            self.places.push(place);
        }
    }

    fn id(&mut self, at: Range<usize>, kind: PlaceKind) {
        let place = place(at.start, kind);
        if place.range() == at {
            self.places.push(place);
        }
    }

    /// Each place in `text` where the id stands as hexadecimal digits, and not within the digits of another.
    fn texts(
        &mut self,
        text: Option<Range<usize>>,
        id: &Range<usize>,
        bytes: usize,
        kind: PlaceKind,
    ) {
        let (Some(text), true) = (text, id.len() == bytes) else {
            return;
        };
        let digits: String = self.body[id.clone()]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let mut from = text.start;
        while let Some(found) = find(&self.body[from..text.end], digits.as_bytes()) {
            let found = place(from + found, kind);
            from = found.range().end;
            let of_record = &self.places[self.record_from..];
            if !of_record.iter().any(|place| place.overlaps(found)) {
                self.places.push(found);
            }
        }
    }

    fn attribute(&mut self, attribute: Range<usize>) {
        let fields = self.fields(attribute);
        let is_number = fields.iter().any(|(number, field)| match field {
            Field::Delimited(key) => *number == 1 && self.body[key.clone()] == *self.number_key,
            _ => false,
        });
        if !is_number {
            return;
        }
        for (number, field) in fields {
            if let (2, Field::Delimited(value)) = (number, field) {
                for (number, field) in self.fields(value) {
                    if let (3, Field::Varint(at)) = (number, field) {
                        self.places.push(place(at, PlaceKind::Number));
                    }
                }
            }
        }
    }

    /// The messages in the fields with one number.
    fn messages(&self, message: Range<usize>, wanted: u32) -> Vec<Range<usize>> {
        let fields = self.fields(message).into_iter();
        fields
            .filter_map(|(number, field)| match field {
                Field::Delimited(at) if number == wanted => Some(at),
                _ => None,
            })
            .collect()
    }

    fn fields(&self, message: Range<usize>) -> Vec<(u32, Field)> {
        let mut cursor = Cursor {
            body: &self.body[..message.end],
            at: message.start,
        };
        std::iter::from_fn(|| cursor.field()).collect()
    }
}

fn place(at: usize, kind: PlaceKind) -> Place {
    Place {
        at: u32::try_from(at).unwrap_or(u32::MAX),
        kind,
    }
}

fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    text.windows(needle.len()).position(|part| part == needle)
}

/// Where a field's value begins, or from where to where it reaches.
enum Field {
    Varint(usize),
    Fixed64(usize),
    Delimited(Range<usize>),
    Other,
}

struct Cursor<'a> {
    body: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    /// The next field, unless the message is over.
    fn field(&mut self) -> Option<(u32, Field)> {
        let key = self.varint()?;
        let start = self.at;
        let field = match key & 7 {
            0 => {
                self.varint()?;
                Field::Varint(start)
            }
            1 => Field::Fixed64(self.skip(8)?.start),
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                Field::Delimited(self.skip(length)?)
            }
            5 => {
                self.skip(4)?;
                Field::Other
            }
            _ => return None,
        };
        Some((u32::try_from(key >> 3).ok()?, field))
    }

    fn skip(&mut self, length: usize) -> Option<Range<usize>> {
        let end = self.at.checked_add(length)?;
        if end > self.body.len() {
            return None;
        }
        let skipped = self.at..end;
        self.at = end;
        Some(skipped)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = *self.body.get(self.at)?;
            self.at += 1;
            value |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }
}
