//! The spans of a trace as they are sent, and as batches.

use clearspan_schema::any::{AnyWriter, KeyValues};
use clearspan_schema::group::{ResourceRef, ScopeRef};
use clearspan_schema::nested::{EventRef, LinkRef};
use clearspan_schema::spans::{SpanRow, SpansBuilder};
use clearspan_schema::{SpanId, TraceId};
use clearspan_storage::Incoming;

use crate::random::Random;
use crate::store::ARRIVAL_NS;

pub(crate) const TRACE: TraceId = [0x5a; 16];
pub(super) const START: u64 = 1_690_000_000_000_000_000;

#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) trace: TraceId,
    pub(crate) id: u64,
    pub(crate) parent: Option<u64>,
    pub(crate) name: String,
    pub(crate) service: Option<&'static str>,
    pub(crate) kind: i32,
    pub(crate) status: Option<i32>,
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) events: Vec<u64>,
    pub(crate) links: usize,
}

pub(crate) fn span_id(id: u64) -> SpanId {
    id.to_be_bytes()
}

impl Sent {
    pub(crate) fn new(id: u64, parent: Option<u64>, start: u64, end: u64) -> Self {
        Sent {
            trace: TRACE,
            id,
            parent,
            name: "work".into(),
            service: Some("shop"),
            kind: 1,
            status: None,
            start: START + start,
            end: START + end,
            events: Vec::new(),
            links: 0,
        }
    }

    /// Few ids, so that they repeat, are absent and form cycles.
    pub(super) fn random(at: usize, random: &mut Random) -> Self {
        let start = match random.below(12) {
            0 => 0,
            1 => u64::MAX - random.below(3),
            _ => START + random.below(60),
        };
        let end = match random.below(10) {
            0 => 0,
            1 => start.saturating_sub(random.below(20)),
            _ => start.saturating_add(random.below(40)),
        };
        let events = (0..random.below(4))
            .map(|_| random.pick(&[0, START - 5, START + 7, start, u64::MAX]))
            .collect();
        Sent {
            id: 1 + random.below(25),
            parent: (!random.one_in(6)).then(|| 1 + random.below(28)),
            // The number keeps apart what would otherwise be a repeat of the same span.
            name: format!("{} {at}", random.pick(&["GET /", "", "été"])),
            service: random.pick(&[Some("shop"), Some("pay"), Some(""), None]),
            kind: random.below(8) as i32 - 1,
            status: random.pick(&[None, Some(0), Some(1), Some(2), Some(9)]),
            events,
            links: random.below(2) as usize,
            ..Sent::new(0, None, 0, 0)
        }
        .at(start, end)
    }

    pub(super) fn at(self, start: u64, end: u64) -> Self {
        Sent { start, end, ..self }
    }
}

pub(crate) fn batch(spans: &[Sent]) -> Incoming {
    let mut builder = SpansBuilder::new(spans.len(), ARRIVAL_NS);
    let none = KeyValues::new(&[]);
    for span in spans {
        let mut resource = Vec::new();
        if let Some(service) = span.service {
            AnyWriter::new(&mut resource)
                .key("service.name")
                .string(service);
        }
        let resource = ResourceRef {
            present: true,
            attributes: KeyValues::new(&resource),
            ..ResourceRef::default()
        };
        builder.group(&resource, &ScopeRef::default(), span.service);
        for &time in &span.events {
            builder.event(&EventRef {
                time,
                name: "event",
                attributes: none,
                dropped_attributes_count: 0,
            });
        }
        for _ in 0..span.links {
            let link = LinkRef {
                trace_id: [1; 16],
                span_id: [2; 8],
                trace_state: "",
                attributes: none,
                dropped_attributes_count: 0,
                flags: 0,
            };
            builder.link(&link).unwrap();
        }
        let mut attributes = Vec::new();
        AnyWriter::new(&mut attributes)
            .key("name")
            .string(&span.name);
        let row = SpanRow {
            trace_id: span.trace,
            span_id: span_id(span.id),
            parent_span_id: span.parent.map(span_id),
            trace_state: "",
            flags: 0,
            name: &span.name,
            kind: span.kind,
            start_time: span.start,
            end_time: span.end,
            status: span.status.map(|code| (code, "")),
            attributes: KeyValues::new(&attributes),
            dropped_attributes_count: 0,
            dropped_events_count: 0,
            dropped_links_count: 0,
        };
        builder.push(&row).unwrap();
    }
    Incoming::Spans(builder.finish().unwrap())
}
