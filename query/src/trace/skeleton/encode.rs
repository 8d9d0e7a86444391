//! The bytes of a skeleton: a header, then one column behind the other, so that a browser lays a typed
//! array over each and copies nothing. `docs/formats.md` has the layout.

use super::{Skeleton, SkeletonSpan};

const MAGIC: &[u8; 4] = b"CSSK";
const VERSION: u32 = 1;
/// Length of the header.
const HEADER_BYTES: usize = 64;
/// Every section starts at a multiple of this, the width of the widest number.
const ALIGNMENT: usize = 8;
/// In the columns of parents and slots.
const NONE: u32 = u32::MAX;

const IS_PARTIAL: u32 = 1;
const EVENTS_ARE_CUT: u32 = 1 << 1;

/// Bytes of a span over all columns, for the first allocation.
const SPAN_BYTES: usize = 52;

impl Skeleton {
    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        let capacity = HEADER_BYTES + self.spans.len() * SPAN_BYTES + self.events.len() * 12;
        let mut to = Sections(Vec::with_capacity(capacity + 4096));
        self.header(&mut to);
        self.columns(&mut to);
        to.u64s(self.events.iter().map(|event| event.offset_ns));
        to.u32s(self.events.iter().map(|event| event.span));
        to.u32s(self.slots.iter().copied());
        let mut end = 0;
        for texts in [&self.services, &self.names] {
            to.u32s(texts.iter().map(|text| {
                end += text.len() as u32;
                end
            }));
        }
        to.bytes(self.texts().flat_map(str::bytes));
        to.0
    }

    fn header(&self, to: &mut Sections) {
        let partial = if self.missing.is_empty() {
            0
        } else {
            IS_PARTIAL
        };
        let cut = if self.events_are_cut {
            EVENTS_ARE_CUT
        } else {
            0
        };
        let string_bytes: usize = self.texts().map(str::len).sum();
        to.bytes(MAGIC.iter().copied().chain(VERSION.to_le_bytes()));
        to.u32s(
            [
                self.spans.len() as u32,
                self.services.len() as u32,
                self.names.len() as u32,
                self.events.len() as u32,
                partial | cut,
                0,
            ]
            .into_iter(),
        );
        to.u64s([self.start_ns.unwrap_or(0), self.duration_ns].into_iter());
        to.u32s([string_bytes as u32, 0, 0, 0].into_iter());
        debug_assert_eq!(to.0.len(), HEADER_BYTES, "length of the header");
    }

    fn columns(&self, to: &mut Sections) {
        let column = |of: fn(&SkeletonSpan) -> u64| self.spans.iter().map(of);
        to.u64s(column(|span| span.start_offset_ns));
        to.u64s(column(|span| span.duration_ns));
        to.u64s(column(|span| span.self_ns));
        to.bytes(self.spans.iter().flat_map(|span| span.span_id));
        let column = |of: fn(&SkeletonSpan) -> u32| self.spans.iter().map(of);
        to.u32s(column(|span| span.parent.unwrap_or(NONE)));
        to.u32s(column(|span| span.depth));
        to.u32s(column(|span| span.service));
        to.u32s(column(|span| span.name));
        to.u32s(column(|span| span.flags.bits()));
    }

    fn texts(&self) -> impl Iterator<Item = &str> {
        let all = self.services.iter().chain(&self.names);
        all.map(String::as_str)
    }
}

/// Sections of little-endian numbers, each filled up with zeros.
struct Sections(Vec<u8>);

impl Sections {
    fn u64s(&mut self, values: impl Iterator<Item = u64>) {
        values.for_each(|value| self.0.extend_from_slice(&value.to_le_bytes()));
        self.fill();
    }

    fn u32s(&mut self, values: impl Iterator<Item = u32>) {
        values.for_each(|value| self.0.extend_from_slice(&value.to_le_bytes()));
        self.fill();
    }

    fn bytes(&mut self, bytes: impl Iterator<Item = u8>) {
        self.0.extend(bytes);
        self.fill();
    }

    fn fill(&mut self) {
        let end = self.0.len().next_multiple_of(ALIGNMENT);
        self.0.resize(end, 0);
    }
}
