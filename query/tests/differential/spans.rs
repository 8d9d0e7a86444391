//! Random traces, as generated and as batches.

use clearspan_schema::any::{AnyWriter, KeyValues};
use clearspan_schema::group::{ResourceRef, ScopeRef};
use clearspan_schema::spans::{SpanRow, SpansBuilder};
use clearspan_schema::{SpanId, TraceId};
use clearspan_storage::Incoming;

use crate::random::Random;
use crate::store::ARRIVAL_NS;

pub(crate) const START: u64 = 1_690_000_000_000_000_000;
pub(crate) const HOUR: u64 = 3_600_000_000_000;
const SERVICES: [Option<&str>; 5] = [Some("cart"), Some("pay"), Some("web"), Some("a b"), None];
const NAMES: [&str; 4] = ["GET /cart", "POST /pay", "query", "tick"];

#[derive(Debug, Clone)]
pub(crate) struct Span {
    pub(crate) number: u64,
    pub(crate) trace: u8,
    pub(crate) parent: Option<u64>,
    pub(crate) name: &'static str,
    pub(crate) service: Option<&'static str>,
    pub(crate) environment: Option<(&'static str, &'static str)>,
    pub(crate) kind: i32,
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) status: Option<i32>,
}

pub(crate) fn trace_id(trace: u8) -> TraceId {
    [trace + 1; 16]
}

pub(crate) fn span_id(number: u64) -> SpanId {
    (number + 1).to_be_bytes()
}

impl Span {
    /// A span of one of `traces` traces; its parent is one of the `number` spans before it, one that
    /// was never sent, or none.
    pub(crate) fn random(number: u64, traces: u64, random: &mut Random) -> Self {
        let trace = random.below(traces) as u8;
        let base = START + u64::from(trace % 5) * HOUR;
        let start = match random.below(20) {
            0 => 0,
            1 => u64::MAX - random.below(3),
            2..6 => base,
            _ => base + random.below(HOUR),
        };
        let end = match random.below(12) {
            0 => 0,
            1 => u64::MAX,
            2 => start.saturating_sub(random.below(1_000)),
            _ => start.saturating_add(random.below(5_000_000)),
        };
        let has_root = trace.is_multiple_of(3);
        let parent = match random.below(4) {
            0 if has_root => None,
            1 => Some(1_000_000 + random.below(1_000)),
            _ => Some(random.below(number + 1)),
        };
        Span {
            number,
            trace,
            parent,
            name: random.pick(&NAMES),
            service: random.pick(&SERVICES),
            environment: random.pick(&[
                None,
                Some(("deployment.environment.name", "prod")),
                Some(("deployment.environment", "test")),
            ]),
            kind: random.below(7) as i32,
            start,
            end,
            status: random.pick(&[None, Some(0), Some(1), Some(2)]),
        }
    }

    pub(crate) fn placed(&self) -> i64 {
        match i64::try_from(self.start) {
            Ok(0) | Err(_) => ARRIVAL_NS,
            Ok(start) => start,
        }
    }

    pub(crate) fn is_error(&self) -> bool {
        self.status == Some(2)
    }

    pub(crate) fn is_call(&self) -> bool {
        self.kind == 2 || self.kind == 5
    }

    /// End less start, where both are known and lie before 2262.
    pub(crate) fn duration(&self) -> Option<i64> {
        let known = |time: u64| i64::try_from(time).ok().filter(|&time| time != 0);
        Some(known(self.end)? - known(self.start)?)
    }
}

pub(crate) fn batch(spans: &[Span]) -> Incoming {
    let mut builder = SpansBuilder::new(spans.len(), ARRIVAL_NS);
    for span in spans {
        let mut resource = Vec::new();
        let mut attributes = AnyWriter::new(&mut resource);
        if let Some(service) = span.service {
            attributes.key("service.name").string(service);
            attributes
                .key("service.namespace")
                .string(&format!("ns-{}", span.number % 3));
        }
        if let Some((key, value)) = span.environment {
            attributes.key(key).string(value);
        }
        let resource = ResourceRef {
            present: true,
            attributes: KeyValues::new(&resource),
            ..ResourceRef::default()
        };
        builder.group(&resource, &ScopeRef::default(), span.service);
        let row = SpanRow {
            trace_id: trace_id(span.trace),
            span_id: span_id(span.number),
            parent_span_id: span.parent.map(span_id),
            trace_state: "",
            flags: 0,
            name: span.name,
            kind: span.kind,
            start_time: span.start,
            end_time: span.end,
            status: span.status.map(|code| (code, "")),
            attributes: KeyValues::new(&[]),
            dropped_attributes_count: 0,
            dropped_events_count: 0,
            dropped_links_count: 0,
        };
        builder.push(&row).unwrap();
    }
    Incoming::Spans(builder.finish().unwrap())
}
