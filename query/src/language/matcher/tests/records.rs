//! Records as plain structures, random ones, and the batches that hold them.

use arrow::array::RecordBatch;
use clearspan_schema::Signal;
use clearspan_schema::any::{AnyWriter, KeyValues};
use clearspan_schema::group::{ResourceRef, ScopeRef};
use clearspan_schema::logs::{Body, LogRow, LogsBuilder};
use clearspan_schema::nested::EventRef;
use clearspan_schema::spans::{SpanRow, SpansBuilder};
use proptest::prelude::*;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Any {
    Empty,
    Text(String),
    Bool(bool),
    Int(i64),
    Double(f64),
    Bytes(Vec<u8>),
    List(Vec<Any>),
    Map(Vec<(String, Any)>),
}

pub(super) type Attributes = Vec<(String, Any)>;

/// What is the same for several rows.
#[derive(Debug, Clone, Default)]
pub(super) struct Group {
    pub(super) service: Option<String>,
    pub(super) resource: Attributes,
    pub(super) scope: Attributes,
    pub(super) scope_name: String,
}

/// A log record or a span; what the signal lacks is unused.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) group: Group,
    pub(super) attributes: Attributes,
    pub(super) body: Option<Any>,
    pub(super) name: String,
    pub(super) severity_number: i32,
    pub(super) severity_text: String,
    pub(super) event_names: Vec<String>,
    pub(super) kind: i32,
    pub(super) status: Option<i32>,
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) trace_id: Option<[u8; 16]>,
    pub(super) span_id: Option<[u8; 8]>,
}

pub(super) const TEXTS: &[&str] = &[
    "200",
    "200.0",
    "-5",
    "true",
    "True",
    "cart",
    "Cart",
    "CART",
    "cartes",
    "a b",
    "5ms",
    "10kB",
    "",
    "film-camera.jpg",
    "É",
    "é",
    "straße",
    "STRASSE",
    "\u{212a}art",
    "kart",
    "foo_bar",
    "foo bar",
    "a-a-aa",
    "aa",
    "x/y:z",
    "line\nbreak",
    "error",
    "ERROR",
    "SERVER",
    "ok",
    "quo\"te\\",
    "exception",
    "1e2",
    "9007199254740993",
];
/// Stand in records and queries so often that they meet.
pub(super) const COMMON: &[&str] = &["cart", "200", "Cart", "200", "true", "film-camera.jpg"];
pub(super) const KEYS: &[&str] = &[
    "a",
    "a",
    "a",
    "a",
    "a",
    "b.c",
    "http.status_code",
    "http.response.status_code",
    "server.port",
    "net.host.port",
    "service.name",
    "status",
    "level",
    "kind",
    "event.name",
    "name",
    "version",
    "x y",
    "attributes.a",
];
pub(super) fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        14 => prop::sample::select(COMMON).prop_map(str::to_owned),
        6 => prop::sample::select(TEXTS).prop_map(str::to_owned),
        2 => "[aA_é .\\-]{0,6}",
        2 => prop::collection::vec(prop::sample::select(TEXTS), 1..4).prop_map(|words| words.join(" ")),
    ]
}

fn any_value() -> impl Strategy<Value = Any> {
    let int = prop_oneof![
        Just(200),
        prop::sample::select(vec![
            200,
            -5,
            0,
            1,
            2,
            100,
            5_000_000,
            10_000,
            1 << 53,
            (1 << 53) + 1,
            i64::MAX,
            i64::MIN
        ]),
        -3i64..3,
    ];
    let double = prop::sample::select(vec![
        200.0,
        -5.0,
        0.5,
        -0.5,
        0.0,
        -0.0,
        100.0,
        9_007_199_254_740_992.0,
        1e300,
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        9_223_372_036_854_775_808.0,
        5e6,
        -1e300,
    ]);
    let leaf = prop_oneof![
        6 => text().prop_map(Any::Text),
        3 => int.prop_map(Any::Int),
        2 => double.prop_map(Any::Double),
        2 => any::<bool>().prop_map(Any::Bool),
        1 => prop::collection::vec(any::<u8>(), 0..2).prop_map(Any::Bytes),
        1 => Just(Any::Empty),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Any::List),
            prop::collection::vec(("[ab]", inner), 0..3).prop_map(Any::Map),
        ]
    })
}

fn attributes() -> impl Strategy<Value = Attributes> {
    prop::collection::vec(
        (
            prop::sample::select(KEYS).prop_map(str::to_owned),
            any_value(),
        ),
        0..7,
    )
}

fn group() -> impl Strategy<Value = Group> {
    let service = prop::option::of(
        prop::sample::select(vec!["cart", "Cart", "200", "200", "true", ""])
            .prop_map(str::to_owned),
    );
    (
        service,
        attributes(),
        attributes(),
        prop::sample::select(vec!["", "cart", "200"]).prop_map(str::to_owned),
    )
        .prop_map(|(service, resource, scope, scope_name)| Group {
            service,
            resource,
            scope,
            scope_name,
        })
}

fn row() -> impl Strategy<Value = Row> {
    let severity = (
        prop::sample::select(vec![0, 0, 1, 9, 12, 13, 16, 17, 20, 21, 24, 25, -1]),
        prop::sample::select(vec![
            "", "info", "WARN", "Warning", "error", "ERROR", "17", "loud",
        ])
        .prop_map(str::to_owned),
    );
    let times = (
        prop::sample::select(vec![0, 10, 5_000_010]),
        prop::sample::select(vec![0, 10, 210, 5_000_010, 9_000_000]),
    );
    let ids = (prop::option::of(1u8..4), prop::option::of(1u8..4));
    (
        (
            attributes(),
            prop::option::weighted(0.9, any_value()),
            text(),
            severity,
        ),
        (
            prop::collection::vec(text(), 0..3),
            0i32..8,
            prop::option::of(0i32..5),
            times,
            ids,
        ),
    )
        .prop_map(
            |(
                (attributes, body, name, severity),
                (event_names, kind, status, (start, end), ids),
            )| Row {
                group: Group::default(),
                attributes,
                body,
                name,
                severity_number: severity.0,
                severity_text: severity.1,
                event_names,
                kind,
                status,
                start,
                end,
                trace_id: ids.0.map(|id| [id; 16]),
                span_id: ids.1.map(|id| [id; 8]),
            },
        )
}

pub(super) fn rows(signal: Signal) -> impl Strategy<Value = Vec<Row>> {
    let rows = prop::collection::vec((row(), 0usize..3), 1..24);
    (prop::collection::vec(group(), 3), rows).prop_map(move |(groups, rows)| {
        rows.into_iter()
            .map(|(mut row, group)| {
                row.group = groups[group].clone();
                if signal == Signal::Spans {
                    row.trace_id = row.trace_id.or(Some([9; 16]));
                    row.span_id = row.span_id.or(Some([9; 8]));
                } else {
                    row.event_names.truncate(1);
                }
                row
            })
            .collect()
    })
}

fn write(value: &Any, to: &mut AnyWriter<'_>) {
    match value {
        Any::Empty => to.empty(),
        Any::Text(text) => to.string(text),
        Any::Bool(value) => to.bool(*value),
        Any::Int(value) => to.int(*value),
        Any::Double(value) => to.double(*value),
        Any::Bytes(bytes) => to.bytes(bytes),
        Any::List(values) => to.array(|to| values.iter().for_each(|value| write(value, to))),
        Any::Map(entries) => to.key_values(|to| {
            entries
                .iter()
                .for_each(|(key, value)| write(value, to.key(key)))
        }),
    }
}

fn encoded(attributes: &Attributes) -> Vec<u8> {
    let mut buffer = Vec::new();
    let mut writer = AnyWriter::new(&mut buffer);
    attributes
        .iter()
        .for_each(|(key, value)| write(value, writer.key(key)));
    buffer
}

fn with_group<R>(group: &Group, then: impl FnOnce(&ResourceRef<'_>, &ScopeRef<'_>) -> R) -> R {
    let (resource, scope) = (encoded(&group.resource), encoded(&group.scope));
    let resource = ResourceRef {
        present: true,
        attributes: KeyValues::new(&resource),
        ..ResourceRef::default()
    };
    let scope = ScopeRef {
        present: true,
        name: &group.scope_name,
        attributes: KeyValues::new(&scope),
        ..ScopeRef::default()
    };
    then(&resource, &scope)
}

pub(super) fn logs_batch(rows: &[Row]) -> RecordBatch {
    let mut builder = LogsBuilder::new(rows.len(), 1);
    for row in rows {
        with_group(&row.group, |resource, scope| {
            builder.group(resource, scope, row.group.service.as_deref())
        });
        let mut value = Vec::new();
        if let Some(body) = &row.body {
            write(body, &mut AnyWriter::new(&mut value));
        }
        let body = match &row.body {
            None => Body::Absent,
            Some(Any::Text(text)) => Body::Text(text),
            Some(_) => Body::Value(&value),
        };
        let attributes = encoded(&row.attributes);
        let row = LogRow {
            time: row.start,
            observed_time: 0,
            severity_number: row.severity_number,
            severity_text: &row.severity_text,
            event_name: row.event_names.first().map_or("", String::as_str),
            body,
            trace_id: row.trace_id,
            span_id: row.span_id,
            flags: 0,
            attributes: KeyValues::new(&attributes),
            dropped_attributes_count: 0,
        };
        builder.push(&row).unwrap();
    }
    builder.finish().unwrap().into_inner()
}

pub(super) fn spans_batch(rows: &[Row]) -> RecordBatch {
    let mut builder = SpansBuilder::new(rows.len(), 1);
    for row in rows {
        with_group(&row.group, |resource, scope| {
            builder.group(resource, scope, row.group.service.as_deref())
        });
        for name in &row.event_names {
            let attributes = KeyValues::new(&[]);
            builder.event(&EventRef {
                time: 0,
                name,
                attributes,
                dropped_attributes_count: 0,
            });
        }
        let attributes = encoded(&row.attributes);
        let row = SpanRow {
            trace_id: row.trace_id.unwrap(),
            span_id: row.span_id.unwrap(),
            parent_span_id: None,
            trace_state: "",
            flags: 0,
            name: &row.name,
            kind: row.kind,
            start_time: row.start,
            end_time: row.end,
            status: row.status.map(|code| (code, "")),
            attributes: KeyValues::new(&attributes),
            dropped_attributes_count: 0,
            dropped_events_count: 0,
            dropped_links_count: 0,
        };
        builder.push(&row).unwrap();
    }
    builder.finish().unwrap().into_inner()
}

pub(super) fn any_row() -> Row {
    Row {
        group: Group::default(),
        attributes: Vec::new(),
        body: None,
        name: String::new(),
        severity_number: 0,
        severity_text: String::new(),
        event_names: Vec::new(),
        kind: 0,
        status: None,
        start: 0,
        end: 0,
        trace_id: None,
        span_id: None,
    }
}
