//! A skeleton's bytes, read as `docs/formats.md` describes them.

use std::ops::Range;

use clearspan_schema::SpanId;

/// One span as the bytes have it, with its names in place of their numbers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Drawn {
    pub(super) id: SpanId,
    pub(super) parent: Option<u32>,
    pub(super) depth: u32,
    pub(super) offset: u64,
    pub(super) duration: u64,
    pub(super) own: u64,
    pub(super) service: String,
    pub(super) name: String,
    pub(super) flags: u32,
}

#[derive(Debug, PartialEq)]
pub(super) struct Picture {
    pub(super) start: u64,
    pub(super) duration: u64,
    pub(super) is_partial: bool,
    pub(super) events_are_cut: bool,
    pub(super) spans: Vec<Drawn>,
    /// Span and offset.
    pub(super) events: Vec<(u32, u64)>,
}

/// Reads sections of the file, as `docs/formats.md` describes them.
struct Sections<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Sections<'a> {
    fn take(&mut self, length: usize) -> &'a [u8] {
        let section = &self.bytes[self.at..self.at + length];
        let end = self.at + length;
        self.at = end.next_multiple_of(8);
        assert!(
            self.bytes[end..self.at].iter().all(|&byte| byte == 0),
            "filled with zeros"
        );
        section
    }

    fn u64s(&mut self, count: usize) -> Vec<u64> {
        let (numbers, _) = self.take(count * 8).as_chunks();
        numbers
            .iter()
            .map(|&number| u64::from_le_bytes(number))
            .collect()
    }

    fn u32s(&mut self, count: usize) -> Vec<u32> {
        let (numbers, _) = self.take(count * 4).as_chunks();
        numbers
            .iter()
            .map(|&number| u32::from_le_bytes(number))
            .collect()
    }

    fn ids(&mut self, count: usize) -> Vec<SpanId> {
        self.take(count * 8).as_chunks().0.to_vec()
    }
}

fn text(blob: &[u8], ends: &[u32], at: usize) -> String {
    let start = if at == 0 { 0 } else { ends[at - 1] as usize };
    let range: Range<usize> = start..ends[at] as usize;
    String::from_utf8(blob[range].to_vec()).unwrap()
}

/// Also the services with their slots.
pub(super) fn decode(bytes: &[u8]) -> (Picture, Vec<(String, u32)>) {
    let mut sections = Sections { bytes, at: 0 };
    let head = sections.take(8);
    assert_eq!((&head[..4], &head[4..]), (&b"CSSK"[..], &[1, 0, 0, 0][..]));
    let [spans, services, names, events, flags, zero] = sections.u32s(6)[..] else {
        panic!("six numbers")
    };
    let [start, duration] = sections.u64s(2)[..] else {
        panic!("two numbers")
    };
    let rest = sections.u32s(4);
    assert_eq!((zero, &rest[1..], sections.at), (0, &[0, 0, 0][..], 64));
    let [spans, services, names, events] = [spans, services, names, events].map(|n| n as usize);

    let (offsets, durations, own) = (
        sections.u64s(spans),
        sections.u64s(spans),
        sections.u64s(spans),
    );
    let ids = sections.ids(spans);
    let (parents, depths) = (sections.u32s(spans), sections.u32s(spans));
    let (of_service, of_name, marks) = (
        sections.u32s(spans),
        sections.u32s(spans),
        sections.u32s(spans),
    );
    let (event_offsets, event_spans) = (sections.u64s(events), sections.u32s(events));
    let slots = sections.u32s(services);
    let ends = [sections.u32s(services), sections.u32s(names)].concat();
    let blob = sections.take(rest[0] as usize);
    assert_eq!(sections.at, bytes.len(), "to the end");
    assert_eq!(ends.last().copied().unwrap_or(0), rest[0]);

    let drawn = |at: usize| Drawn {
        id: ids[at],
        parent: (parents[at] != u32::MAX).then_some(parents[at]),
        depth: depths[at],
        offset: offsets[at],
        duration: durations[at],
        own: own[at],
        service: text(blob, &ends, of_service[at] as usize),
        name: text(blob, &ends, services + of_name[at] as usize),
        flags: marks[at],
    };
    let named = slots.into_iter().enumerate();
    let slots = named
        .map(|(at, slot)| (text(blob, &ends, at), slot))
        .collect();
    let picture = Picture {
        start,
        duration,
        is_partial: flags & 1 != 0,
        events_are_cut: flags & 2 != 0,
        spans: (0..spans).map(drawn).collect(),
        events: event_spans.into_iter().zip(event_offsets).collect(),
    };
    (picture, slots)
}
