//! From the rows of a trace to its skeleton.
//!
//! 1. Rows are put in the order of their arrival, whatever parts they came from.
//! 2. The tree says where each span stands; self times follow from it.
//! 3. Names and services are written down where they first occur in that order.

use std::borrow::Cow;
use std::collections::HashMap;

use arrow::array::{
    Array, FixedSizeBinaryArray, Int32Array, ListArray, RecordBatch, TimestampNanosecondArray,
    UInt64Array,
};
use clearspan_schema::columns::{self, id_at};
use clearspan_schema::dictionary::TextDictionary;
use clearspan_schema::nested::EventsReader;
use clearspan_schema::time::sent_nanos;
use clearspan_schema::{SEQ, SchemaError, spans};

use super::{Skeleton, SkeletonEvent, SkeletonSpan, SpanFlags};
use crate::QueryError;
use crate::limits::{SKELETON_EVENTS_MAX, SKELETON_TEXT_BYTES_MAX, SKELETON_TEXTS_BYTES_MAX};
use crate::trace::self_time::{Timed, self_times};
use crate::trace::tree::{Node, Place, tree};

/// The columns that a skeleton is made of.
pub(super) const COLUMNS: &[&str] = &[
    SEQ,
    spans::SPAN_ID,
    spans::PARENT_SPAN_ID,
    spans::NAME,
    spans::KIND,
    spans::START_TIME,
    spans::START_TIME_RAW,
    spans::END_TIME,
    spans::END_TIME_RAW,
    spans::STATUS_CODE,
    spans::SERVICE,
    spans::EVENTS,
    spans::LINKS,
];

pub(super) fn build(batches: &[RecordBatch]) -> Result<Skeleton, QueryError> {
    let sources: Vec<Source<'_>> = batches.iter().map(Source::new).collect::<Result<_, _>>()?;
    let mut rows: Vec<Row<'_>> = sources.iter().flat_map(Source::rows).collect();
    rows.sort_unstable_by_key(|row| row.seq);
    let nodes: Vec<Node> = rows.iter().map(|row| row.node).collect();
    let places = tree(&nodes);

    let clock = TraceClock::of(&rows);
    let timed: Vec<Timed> = places.iter().map(|place| timed(&rows, place)).collect();
    let own = self_times(&timed);
    let (mut services, mut names) = (Texts::default(), Texts::default());
    let mut events = Events::default();
    let mut spans = Vec::with_capacity(places.len());
    for (at, place) in places.iter().enumerate() {
        let row = &rows[place.span as usize];
        spans.push(SkeletonSpan {
            start_offset_ns: clock.offset(row.first_time()),
            duration_ns: timed[at].duration(),
            self_ns: own[at],
            span_id: row.node.id,
            parent: place.parent,
            depth: place.depth,
            service: services.index(row.service),
            name: names.index(row.name),
            flags: row.flags(place),
        });
        events.push_all(row, at as u32, &clock);
    }
    check_texts(&[&services, &names])?;
    Ok(Skeleton {
        start_ns: clock.start,
        duration_ns: clock.duration(),
        spans,
        events: events.kept,
        events_are_cut: events.are_cut,
        slots: vec![Skeleton::UNKNOWN_SLOT; services.in_order.len()],
        services: services.in_order,
        names: names.in_order,
        missing: Vec::new(),
    })
}

fn timed(rows: &[Row<'_>], place: &Place) -> Timed {
    let row = &rows[place.span as usize];
    Timed::new(place.parent, row.node.start, row.end)
}

/// The columns of one batch.
struct Source<'a> {
    seq: &'a UInt64Array,
    span_id: &'a FixedSizeBinaryArray,
    parent_span_id: &'a FixedSizeBinaryArray,
    name: TextDictionary<'a>,
    kind: &'a Int32Array,
    start: (&'a TimestampNanosecondArray, &'a UInt64Array),
    end: (&'a TimestampNanosecondArray, &'a UInt64Array),
    status_code: &'a Int32Array,
    service: TextDictionary<'a>,
    events: EventsReader<'a>,
    event_lists: &'a ListArray,
    link_lists: &'a ListArray,
}

/// One span as stored.
struct Row<'a> {
    seq: u64,
    node: Node,
    end: u64,
    name: &'a str,
    service: &'a str,
    kind: i32,
    status: i32,
    events: EventsReader<'a>,
    /// Its row in the batch, where its events stand.
    at: usize,
    has_events: bool,
    has_links: bool,
}

impl<'a> Source<'a> {
    fn new(batch: &'a RecordBatch) -> Result<Self, SchemaError> {
        let event_lists = columns::list(batch, spans::EVENTS)?;
        let time = |time, raw| {
            Ok::<_, SchemaError>((columns::time(batch, time)?, columns::uint64(batch, raw)?))
        };
        Ok(Source {
            seq: columns::uint64(batch, SEQ)?,
            span_id: columns::id(batch, spans::SPAN_ID)?,
            parent_span_id: columns::id(batch, spans::PARENT_SPAN_ID)?,
            name: columns::text_dictionary(batch, spans::NAME)?,
            kind: columns::int32(batch, spans::KIND)?,
            start: time(spans::START_TIME, spans::START_TIME_RAW)?,
            end: time(spans::END_TIME, spans::END_TIME_RAW)?,
            status_code: columns::int32(batch, spans::STATUS_CODE)?,
            service: columns::text_dictionary(batch, spans::SERVICE)?,
            events: columns::events(batch)?,
            event_lists,
            link_lists: columns::list(batch, spans::LINKS)?,
        })
    }

    fn rows(&self) -> impl Iterator<Item = Row<'a>> + '_ {
        (0..self.seq.len()).map(|at| self.row(at))
    }

    fn row(&self, at: usize) -> Row<'a> {
        let status_is_known = self.status_code.is_valid(at);
        Row {
            seq: self.seq.value(at),
            node: Node {
                id: id_at(self.span_id, at).unwrap_or_default(),
                parent: id_at(self.parent_span_id, at),
                start: sent_nanos(self.start.0, self.start.1, at),
            },
            end: sent_nanos(self.end.0, self.end.1, at),
            name: self.name.value(at).unwrap_or(""),
            service: self.service.value(at).unwrap_or(""),
            kind: self.kind.value(at),
            status: if status_is_known {
                self.status_code.value(at)
            } else {
                0
            },
            events: self.events,
            at,
            has_events: self.event_lists.value_length(at) > 0,
            has_links: self.link_lists.value_length(at) > 0,
        }
    }
}

impl Row<'_> {
    /// The start; where that is unknown, the end.
    fn first_time(&self) -> u64 {
        if self.node.start == 0 {
            self.end
        } else {
            self.node.start
        }
    }

    fn flags(&self, place: &Place) -> SpanFlags {
        let start = self.node.start;
        let has_times = start != 0 && self.end != 0;
        SpanFlags::of(self.kind, self.status)
            .with(SpanFlags::ORPHAN, place.marks.is_orphan)
            .with(SpanFlags::EVENTS, self.has_events)
            .with(SpanFlags::LINKS, self.has_links)
            .with(SpanFlags::DUPLICATE, place.marks.is_duplicate)
            .with(SpanFlags::NEGATIVE, has_times && self.end < start)
            .with(SpanFlags::CYCLE, place.marks.breaks_cycle)
            .with(SpanFlags::NO_TIME, !has_times)
    }
}

/// The trace's own time.
struct TraceClock {
    start: Option<u64>,
    end: Option<u64>,
}

impl TraceClock {
    fn of(rows: &[Row<'_>]) -> Self {
        let starts = rows.iter().map(|row| row.node.start);
        let ends = rows.iter().map(|row| row.end);
        TraceClock {
            start: starts.filter(|&start| start != 0).min(),
            end: ends.filter(|&end| end != 0).max(),
        }
    }

    fn duration(&self) -> u64 {
        let both = self.end.zip(self.start);
        both.map_or(0, |(end, start)| end.saturating_sub(start))
    }

    fn offset(&self, time: u64) -> u64 {
        self.start.map_or(0, |start| time.saturating_sub(start))
    }
}

/// Dots, up to a limit.
#[derive(Default)]
struct Events {
    kept: Vec<SkeletonEvent>,
    are_cut: bool,
}

impl Events {
    fn push_all(&mut self, row: &Row<'_>, span: u32, clock: &TraceClock) {
        if !row.has_events || self.are_cut {
            return;
        }
        let times = row.events.row(row.at).map(|event| event.time);
        for time in times.filter(|&time| time != 0) {
            if self.kept.len() == SKELETON_EVENTS_MAX {
                self.are_cut = true;
                return;
            }
            let offset_ns = clock.offset(time);
            self.kept.push(SkeletonEvent { span, offset_ns });
        }
    }
}

/// Texts, each once, in the order in which they came.
#[derive(Default)]
struct Texts<'a> {
    known: HashMap<&'a str, u32>,
    in_order: Vec<String>,
}

impl<'a> Texts<'a> {
    fn index(&mut self, text: &'a str) -> u32 {
        *self.known.entry(text).or_insert_with(|| {
            self.in_order.push(shortened(text).into_owned());
            self.in_order.len() as u32 - 1
        })
    }
}

/// What a row of the waterfall can show of a name; the whole stands in the span itself.
fn shortened(text: &str) -> Cow<'_, str> {
    if text.len() <= SKELETON_TEXT_BYTES_MAX {
        return Cow::Borrowed(text);
    }
    let end = text.floor_char_boundary(SKELETON_TEXT_BYTES_MAX - '…'.len_utf8());
    Cow::Owned(format!("{}…", &text[..end]))
}

/// Their positions are 32 bits wide, and a browser holds them all.
fn check_texts(all: &[&Texts<'_>]) -> Result<(), QueryError> {
    let texts = all.iter().flat_map(|texts| &texts.in_order);
    if texts.map(String::len).sum::<usize>() <= SKELETON_TEXTS_BYTES_MAX {
        return Ok(());
    }
    Err(QueryError::MemoryLimit {
        limit: SKELETON_TEXTS_BYTES_MAX as u64,
        unit: "bytes of names in one trace",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_cut_between_characters() {
        let long = "é".repeat(SKELETON_TEXT_BYTES_MAX);
        let cut = shortened(&long);
        assert!(cut.len() <= SKELETON_TEXT_BYTES_MAX && cut.ends_with("é…"));
        let whole = "x".repeat(SKELETON_TEXT_BYTES_MAX);
        assert_eq!(shortened(&whole), whole);
    }

    #[test]
    fn odd_kinds_and_statuses() {
        for (kind, status, expected) in [
            (0, 0, (0, 0)),
            (5, 2, (5, 2)),
            (6, 3, (0, 3)),
            (-1, i32::MIN, (0, 3)),
            (i32::MAX, 1, (0, 1)),
        ] {
            let flags = SpanFlags::of(kind, status);
            assert_eq!((flags.kind(), flags.status()), expected);
            assert_eq!(flags.has(SpanFlags::ERROR), status == 2);
        }
    }
}
