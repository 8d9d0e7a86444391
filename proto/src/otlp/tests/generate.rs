//! Requests with everything that OTLP can carry, and much that it should not.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, EntityRef, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// Any text: empty, with control characters, quotes, characters beyond the basic plane.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        select(vec![
            "a",
            "GET /",
            "\"\\\u{0}\u{1f}\n",
            "é😀\u{2028}\u{feff}"
        ])
        .prop_map_into(),
        vec(any::<char>(), 0..6).prop_map(|chars| chars.into_iter().collect()),
    ]
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => select(vec!["service.name", "a", "b", ""]).prop_map_into(),
        1 => text(),
    ]
}

fn value() -> impl Strategy<Value = AnyValue> {
    let leaf = prop_oneof![
        Just(None),
        text().prop_map(|text| Some(Value::StringValue(text))),
        any::<bool>().prop_map(|value| Some(Value::BoolValue(value))),
        any::<i64>().prop_map(|value| Some(Value::IntValue(value))),
        double().prop_map(|value| Some(Value::DoubleValue(value))),
        vec(any::<u8>(), 0..5).prop_map(|bytes| Some(Value::BytesValue(bytes))),
        any::<i32>().prop_map(|index| Some(Value::StringValueStrindex(index))),
    ];
    let leaf = leaf.prop_map(|value| AnyValue { value });
    leaf.prop_recursive(4, 16, 4, |inner| {
        let values = vec(inner.clone(), 0..4);
        let entries = vec((key(), option::of(inner)), 0..4);
        prop_oneof![
            values.prop_map(|values| Value::ArrayValue(ArrayValue { values })),
            entries.prop_map(|entries| {
                let values = entries.into_iter().map(entry).collect();
                Value::KvlistValue(KeyValueList { values })
            }),
        ]
        .prop_map(|value| AnyValue { value: Some(value) })
    })
}

fn double() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits),
        select(vec![
            0.0,
            -0.0,
            1.5,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::MAX,
            5e-324
        ]),
    ]
}

fn entry((key, value): (String, Option<AnyValue>)) -> KeyValue {
    KeyValue {
        key,
        value,
        key_strindex: 0,
    }
}

fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    vec((key(), option::of(value())).prop_map(entry), 0..4)
}

fn time() -> impl Strategy<Value = u64> {
    prop_oneof![
        select(vec![0, 1, i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX]),
        1_600_000_000_000_000_000..1_700_000_000_000_000_000u64,
    ]
}

/// Mostly valid ids of `length` bytes from a small set, so that they repeat; else every kind of bad one.
fn id(length: usize) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        6 => (1u8..9).prop_map(move |last| [vec![0xab; length - 1], vec![last]].concat()),
        1 => vec(any::<u8>(), length),
        1 => select(vec![0, 1, length - 1, length + 1, 24]).prop_map(|length| vec![7; length]),
        1 => Just(vec![0; length]),
    ]
}

fn number() -> impl Strategy<Value = u32> {
    select(vec![0, 1, 257, u32::MAX])
}

/// Known and unknown enum values.
fn enumeration() -> impl Strategy<Value = i32> {
    prop_oneof![0..26i32, any::<i32>()]
}

prop_compose! {
    fn entity()(schema_url in text(), r#type in text(), id_keys in vec(text(), 0..3),
                description_keys in vec(text(), 0..3)) -> EntityRef {
        EntityRef { schema_url, r#type, id_keys, description_keys }
    }
}

prop_compose! {
    fn any_resource()(attributes in attributes(), dropped_attributes_count in number(),
                      entity_refs in vec(entity(), 0..2)) -> Resource {
        Resource { attributes, dropped_attributes_count, entity_refs }
    }
}

/// Absent, empty, one of a few that repeat, or any.
fn resource() -> impl Strategy<Value = Option<Resource>> {
    let named = |name: &str| Resource {
        attributes: vec![entry((
            "service.name".into(),
            Some(AnyValue {
                value: Some(Value::StringValue(name.into())),
            }),
        ))],
        ..Resource::default()
    };
    prop_oneof![
        Just(None),
        Just(Some(Resource::default())),
        select(vec![named("cart"), named("checkout")]).prop_map(Some),
        any_resource().prop_map(Some),
    ]
}

prop_compose! {
    fn any_scope()(name in text(), version in text(), attributes in attributes(),
                   dropped_attributes_count in number()) -> InstrumentationScope {
        InstrumentationScope { name, version, attributes, dropped_attributes_count }
    }
}

/// Absent, empty or any.
fn scope() -> impl Strategy<Value = Option<InstrumentationScope>> {
    prop_oneof![
        Just(None),
        Just(Some(InstrumentationScope::default())),
        any_scope().prop_map(Some),
    ]
}

prop_compose! {
    fn event()(time_unix_nano in time(), name in text(), attributes in attributes(),
               dropped_attributes_count in number()) -> Event {
        Event { time_unix_nano, name, attributes, dropped_attributes_count }
    }
}

prop_compose! {
    fn link()(trace_id in id(16), span_id in id(8), trace_state in text(), attributes in attributes(),
              dropped_attributes_count in number(), flags in number()) -> Link {
        Link { trace_id, span_id, trace_state, attributes, dropped_attributes_count, flags }
    }
}

prop_compose! {
    fn span()(
        (trace_id, span_id, parent_span_id) in (id(16), id(8), id(8)),
        (trace_state, name) in (text(), text()),
        (flags, dropped_attributes_count, dropped_events_count, dropped_links_count) in
            (number(), number(), number(), number()),
        kind in enumeration(),
        (start_time_unix_nano, end_time_unix_nano) in (time(), time()),
        attributes in attributes(),
        events in vec(event(), 0..3),
        links in vec(link(), 0..3),
        status in option::of((text(), enumeration()).prop_map(|(message, code)| Status { message, code })),
    ) -> Span {
        Span {
            trace_id, span_id, trace_state, parent_span_id, flags, name, kind, start_time_unix_nano,
            end_time_unix_nano, attributes, dropped_attributes_count, events, dropped_events_count, links,
            dropped_links_count, status,
        }
    }
}

prop_compose! {
    fn record()(
        (trace_id, span_id) in (id(16), id(8)),
        (time_unix_nano, observed_time_unix_nano) in (time(), time()),
        severity_number in enumeration(),
        (severity_text, event_name) in (text(), text()),
        body in option::of(value()),
        attributes in attributes(),
        (dropped_attributes_count, flags) in (number(), number()),
    ) -> LogRecord {
        LogRecord {
            time_unix_nano, observed_time_unix_nano, severity_number, severity_text, body, attributes,
            dropped_attributes_count, flags, trace_id, span_id, event_name,
        }
    }
}

prop_compose! {
    fn scope_spans()(scope in scope(), spans in vec(span(), 0..4), schema_url in text()) -> ScopeSpans {
        ScopeSpans { scope, spans, schema_url }
    }
}

prop_compose! {
    fn resource_spans()(resource in resource(), scope_spans in vec(scope_spans(), 0..3),
                        schema_url in text()) -> ResourceSpans {
        ResourceSpans { resource, scope_spans, schema_url }
    }
}

prop_compose! {
    /// A trace request.
    pub(crate) fn traces()(resource_spans in vec(resource_spans(), 0..4)) -> ExportTraceServiceRequest {
        ExportTraceServiceRequest { resource_spans }
    }
}

prop_compose! {
    fn scope_logs()(scope in scope(), log_records in vec(record(), 0..4), schema_url in text()) -> ScopeLogs {
        ScopeLogs { scope, log_records, schema_url }
    }
}

prop_compose! {
    fn resource_logs()(resource in resource(), scope_logs in vec(scope_logs(), 0..3),
                       schema_url in text()) -> ResourceLogs {
        ResourceLogs { resource, scope_logs, schema_url }
    }
}

prop_compose! {
    /// A log request.
    pub(crate) fn logs()(resource_logs in vec(resource_logs(), 0..4)) -> ExportLogsServiceRequest {
        ExportLogsServiceRequest { resource_logs }
    }
}
