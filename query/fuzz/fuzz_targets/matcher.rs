//! Any query asked of a few records with values of every kind. A row matches a query or its opposite.
#![no_main]

use std::sync::LazyLock;

use clearspan_query::Signal;
use clearspan_query::language::{Matcher, Query};
use clearspan_schema::any::{AnyWriter, KeyValues};
use clearspan_schema::group::{ResourceRef, ScopeRef};
use clearspan_schema::logs::{Body, LogRow, LogsBuilder};
use clearspan_schema::spans::{SpanRow, SpansBuilder};
use clearspan_schema::{LogsBatch, SpansBatch};
use libfuzzer_sys::fuzz_target;

static LOGS: LazyLock<LogsBatch> = LazyLock::new(logs);
static SPANS: LazyLock<SpansBatch> = LazyLock::new(spans);

fuzz_target!(|text: &str| {
    for (signal, batch) in [(Signal::Logs, LOGS.inner()), (Signal::Spans, SPANS.inner())] {
        let Ok(query) = Query::parse(text, signal) else {
            continue;
        };
        let opposite = Query::new(signal, query.root().clone().negated());
        let rows = Matcher::new(&query).matches(batch).unwrap();
        let others = Matcher::new(&opposite).matches(batch).unwrap();
        assert_eq!(rows, !&others);
    }
});

const TEXTS: [&str; 6] = [
    "",
    "connection refused",
    "GET /a 200",
    "-5",
    "ſtraße É",
    "a\"\\*\u{0}b",
];

/// A value of each kind under the keys `a` to `h`.
fn attributes(text: &str, number: i64) -> Vec<u8> {
    let mut buffer = Vec::new();
    let mut writer = AnyWriter::new(&mut buffer);
    writer.key("a").string(text);
    writer.key("b").int(number);
    writer.key("c").double(number as f64 / 3.0);
    writer.key("d").bool(number > 0);
    writer.key("e").bytes(text.as_bytes());
    writer.key("f").empty();
    writer.key("g").array(|items| {
        items.string(text);
        items.int(number);
        items.array(|inner| inner.double(f64::NAN));
    });
    writer.key("h").key_values(|map| map.key("a").string(text));
    writer.key("b").string(text);
    buffer
}

fn logs() -> LogsBatch {
    let mut builder = LogsBuilder::new(TEXTS.len() * 2, 1);
    for (index, text) in TEXTS.iter().enumerate() {
        let encoded = attributes(text, index as i64 * 100 - 5);
        let resource = ResourceRef {
            present: true,
            attributes: KeyValues::new(&encoded),
            ..ResourceRef::default()
        };
        builder.group(&resource, &ScopeRef::default(), Some(text));
        let mut value = Vec::new();
        AnyWriter::new(&mut value).array(|items| items.string(text));
        for body in [Body::Text(text), Body::Value(&value), Body::Absent] {
            let row = LogRow {
                time: index as u64,
                observed_time: 0,
                severity_number: index as i32 * 4,
                severity_text: if index % 2 == 0 { "error" } else { "" },
                event_name: text,
                body,
                trace_id: (index > 2).then_some([index as u8; 16]),
                span_id: None,
                flags: 0,
                attributes: KeyValues::new(&encoded),
                dropped_attributes_count: 0,
            };
            builder.push(&row).unwrap();
        }
    }
    builder.finish().unwrap()
}

fn spans() -> SpansBatch {
    let mut builder = SpansBuilder::new(TEXTS.len(), 1);
    for (index, text) in TEXTS.iter().enumerate() {
        let encoded = attributes(text, index as i64 * 100 - 5);
        let scope = ScopeRef {
            present: true,
            name: text,
            attributes: KeyValues::new(&encoded),
            ..ScopeRef::default()
        };
        builder.group(&ResourceRef::default(), &scope, None);
        let row = SpanRow {
            trace_id: [index as u8; 16],
            span_id: [index as u8; 8],
            parent_span_id: None,
            trace_state: "",
            flags: 0,
            name: text,
            kind: index as i32,
            start_time: 5,
            end_time: index as u64 * 1_000_000,
            status: (index > 1).then_some((index as i32, "")),
            attributes: KeyValues::new(&encoded),
            dropped_attributes_count: 0,
            dropped_events_count: 0,
            dropped_links_count: 0,
        };
        builder.push(&row).unwrap();
    }
    builder.finish().unwrap()
}
