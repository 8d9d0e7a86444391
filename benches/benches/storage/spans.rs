//! Spans from a seed: traces of one to some sixty spans, each span the child of an earlier one of its trace.

use clearspan_schema::any::{AnyWriter, KeyValues};
use clearspan_schema::group::{ResourceRef, ScopeRef};
use clearspan_schema::nested::EventRef;
use clearspan_schema::spans::{STATUS_ERROR, SpanRow, SpansBuilder};
use clearspan_schema::{SpanId, SpansBatch, TraceId};
use fastrand::Rng;

use crate::logs::SERVICES;
use crate::store::HOUR_NS;

/// Spans that are made, at least: the last trace is whole.
pub(crate) const ROWS: usize = 200_000;
/// Rows of one append, at least.
const BATCH_ROWS: usize = 5_000;
const SEED: u64 = 6;
/// The traces' starts are spread over so much of their hour.
const SPREAD_NS: u64 = 3_500_000_000_000;
const OPERATIONS: [&str; 8] = [
    "GET /api/v1/orders/{id}",
    "POST /api/v1/orders",
    "SELECT orders",
    "INSERT orders",
    "reserve",
    "GET /api/v1/seats",
    "publish order.created",
    "charge",
];
/// One in so many spans has failed, with an event that says how.
const FAILED_ONE_IN: u32 = 100;

/// All spans, traces in order of their start, in batches.
pub(crate) fn batches() -> Vec<SpansBatch> {
    let mut random = Rng::with_seed(SEED);
    let (mut batches, mut rows) = (Vec::new(), 0);
    while rows < ROWS {
        let batch = batch(&mut random, rows);
        rows += batch.rows();
        batches.push(batch);
    }
    batches
}

fn batch(random: &mut Rng, before: usize) -> SpansBatch {
    let mut builder = SpansBuilder::new(BATCH_ROWS, HOUR_NS as i64);
    let mut rows = 0;
    while rows < BATCH_ROWS {
        let start = HOUR_NS + SPREAD_NS / ROWS as u64 * (before + rows) as u64;
        rows += push_trace(random, &mut builder, start);
    }
    builder.finish().unwrap()
}

/// Appends a trace; gives its spans.
fn push_trace(random: &mut Rng, builder: &mut SpansBuilder, start: u64) -> usize {
    let trace = random.u128(1..).to_be_bytes();
    // The lower of two: short traces are the commonest.
    let spans = random.usize(1..64).min(random.usize(1..64));
    let mut earlier: Vec<(SpanId, u64)> = Vec::new();
    for _ in 0..spans {
        let parent = (!earlier.is_empty()).then(|| earlier[random.usize(..earlier.len())]);
        let start = parent.map_or(start, |(_, start)| start) + random.u64(..20_000_000);
        let span = random.u64(1..).to_be_bytes();
        push(
            random,
            builder,
            (trace, span, parent.map(|(id, _)| id)),
            start,
        );
        earlier.push((span, start));
    }
    spans
}

fn push(
    random: &mut Rng,
    builder: &mut SpansBuilder,
    (trace_id, span_id, parent_span_id): (TraceId, SpanId, Option<SpanId>),
    start_time: u64,
) {
    let service = random.usize(..SERVICES.len());
    group(random, builder, SERVICES[service]);
    let failed = random.u32(..FAILED_ONE_IN) == 0;
    let mut attributes = Vec::new();
    let mut writer = AnyWriter::new(&mut attributes);
    writer
        .key("server.address")
        .string(SERVICES[random.usize(..SERVICES.len())]);
    writer.key("server.port").int(8080);
    writer
        .key("http.response.status_code")
        .int(if failed { 500 } else { 200 });
    writer
        .key("order.id")
        .string(&format!("order-{}", random.u32(..100_000)));
    if failed {
        builder.event(&EventRef {
            time: start_time + 1_000,
            name: "exception",
            attributes: KeyValues::new(&[]),
            dropped_attributes_count: 0,
        });
    }
    let row = SpanRow {
        trace_id,
        span_id,
        parent_span_id,
        trace_state: "",
        flags: 1,
        // A service has few operations.
        name: OPERATIONS[(service + random.usize(..3)) % OPERATIONS.len()],
        kind: random.i32(1..4),
        start_time,
        end_time: start_time + random.u64(10_000..80_000_000),
        status: failed.then_some((STATUS_ERROR, "")),
        attributes: KeyValues::new(&attributes),
        dropped_attributes_count: 0,
        dropped_events_count: 0,
        dropped_links_count: 0,
    };
    builder.push(&row).unwrap();
}

fn group(random: &mut Rng, builder: &mut SpansBuilder, service: &str) {
    let mut encoded = Vec::new();
    let mut writer = AnyWriter::new(&mut encoded);
    writer.key("service.name").string(service);
    writer
        .key("service.instance.id")
        .string(&format!("{service}-{}", random.u8(..3)));
    let resource = ResourceRef {
        present: true,
        attributes: KeyValues::new(&encoded),
        ..ResourceRef::default()
    };
    builder.group(&resource, &ScopeRef::default(), Some(service));
}
