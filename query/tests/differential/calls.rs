//! Random spans that call each other and what sends no spans, as generated and as batches.

use clearspan_schema::any::{AnyWriter, KeyValues};
use clearspan_schema::group::{ResourceRef, ScopeRef};
use clearspan_schema::nested::LinkRef;
use clearspan_schema::spans::{SpanRow, SpansBuilder};
use clearspan_storage::Incoming;

use crate::random::Random;
use crate::spans::{HOUR, START, span_id, trace_id};
use crate::store::ARRIVAL_NS;

const SERVICES: [Option<&str>; 5] = [Some("cart"), Some("pay"), Some("web"), Some("shop"), None];
/// A name of a service among the values, and an empty one.
const VALUES: [&str; 5] = ["orders", "cart", "queue-1", "db:5432", ""];
const KEYS: [&str; 14] = [
    "db.namespace",
    "db.name",
    "db.collection.name",
    "db.sql.table",
    "db.something.else",
    "server.address",
    "net.peer.name",
    "net.host.name",
    "messaging.destination.name",
    "messaging.destination",
    "service.peer.name",
    "peer.service",
    "http.route",
    "dbx",
];

#[derive(Debug, Clone)]
pub(crate) struct Called {
    pub(crate) trace: u8,
    pub(crate) id: u64,
    pub(crate) parent: Option<u64>,
    pub(crate) service: Option<&'static str>,
    pub(crate) kind: i32,
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) status: Option<i32>,
    pub(crate) attributes: Vec<(&'static str, &'static str)>,
    /// Trace and span.
    pub(crate) links: Vec<(u8, u64)>,
}

impl Called {
    /// A span of one of `traces` traces. Ids are few, so that some share them, and parents are any of them: the span itself, one that comes later or
    /// in a cycle, one that never does.
    pub(crate) fn random(number: u64, traces: u64, random: &mut Random) -> Self {
        const IDS: u64 = 24;
        let trace = random.below(traces) as u8;
        let start = match random.below(20) {
            0 => 0,
            _ => START + u64::from(trace % 5) * HOUR + random.below(HOUR + HOUR / 2),
        };
        // Different in each, so that none is a repeat of another.
        let length = 1 + number * 1_000 + random.below(1_000);
        let end = match random.below(12) {
            0 => start.saturating_sub(length),
            _ => start + length,
        };
        let attributes = match random.below(3) {
            0 => 0,
            _ => 1 + random.below(3),
        };
        let links = match random.below(4) {
            0 => 1 + random.below(3),
            _ => 0,
        };
        Called {
            trace,
            id: random.below(IDS),
            parent: (!random.one_in(4)).then(|| random.below(IDS + 2)),
            service: random.pick(&SERVICES),
            kind: random.below(6) as i32,
            start,
            end,
            status: random.pick(&[None, Some(0), Some(1), Some(2)]),
            attributes: (0..attributes)
                .map(|_| (random.pick(&KEYS), random.pick(&VALUES)))
                .collect(),
            links: (0..links)
                .map(|_| (random.below(traces + 2) as u8, random.below(IDS)))
                .collect(),
        }
    }

    /// One of `in_trace` spans of the trace `number / in_trace`, which follow one another by seconds: most have an id of their own and a parent in the trace, few
    /// have links.
    pub(crate) fn dense(number: u64, in_trace: u64, random: &mut Random) -> Self {
        let (trace, place) = (number / in_trace, number % in_trace);
        let any = Called::random(number, 200, random);
        let length = any.end.abs_diff(any.start).max(1);
        // Around the end of an hour, where a partition ends.
        let start = (START / HOUR + 1) * HOUR - 90_000_000_000
            + trace * 2_000_000_000
            + random.below(50_000_000_000);
        let is_odd = random.one_in(300);
        let parents = if random.one_in(20) { in_trace } else { place };
        Called {
            trace: trace as u8,
            id: if random.one_in(60) {
                random.below(in_trace)
            } else {
                place
            },
            parent: (place > 0).then(|| random.below(parents)),
            start: if is_odd { 0 } else { start },
            end: if is_odd {
                any.end
            } else {
                start + length % 3_000_000_000
            },
            attributes: if random.one_in(3) {
                any.attributes
            } else {
                Vec::new()
            },
            links: if random.one_in(600) {
                any.links
            } else {
                Vec::new()
            },
            ..any
        }
    }

    pub(crate) fn placed(&self) -> i64 {
        match self.start {
            0 => ARRIVAL_NS,
            start => start as i64,
        }
    }

    pub(crate) fn duration(&self) -> Option<i64> {
        let are_known = self.start != 0 && self.end != 0;
        are_known.then(|| self.end as i64 - self.start as i64)
    }
}

pub(crate) fn batch(spans: &[Called]) -> Incoming {
    let mut builder = SpansBuilder::new(spans.len(), ARRIVAL_NS);
    for span in spans {
        let resource = encoded(span.service.map(|name| ("service.name", name)).as_slice());
        let resource = ResourceRef {
            present: true,
            attributes: KeyValues::new(&resource),
            ..ResourceRef::default()
        };
        builder.group(&resource, &ScopeRef::default(), span.service);
        for &(trace, id) in &span.links {
            let link = LinkRef {
                trace_id: trace_id(trace),
                span_id: span_id(id),
                trace_state: "",
                attributes: KeyValues::new(&[]),
                dropped_attributes_count: 0,
                flags: 0,
            };
            builder.link(&link).unwrap();
        }
        let attributes = encoded(&span.attributes);
        let row = SpanRow {
            trace_id: trace_id(span.trace),
            span_id: span_id(span.id),
            parent_span_id: span.parent.map(span_id),
            trace_state: "",
            flags: 0,
            name: "call",
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

fn encoded(attributes: &[(&str, &str)]) -> Vec<u8> {
    let mut encoded = Vec::new();
    let mut writer = AnyWriter::new(&mut encoded);
    for (key, value) in attributes {
        writer.key(key).string(value);
    }
    encoded
}
