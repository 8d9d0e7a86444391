//! What spans hold: their fields, and the values of each, held against the spans as they were generated.

use std::collections::{BTreeMap, BTreeSet};

use clearspan_query::{
    AskedRange, AskedRoot, CountedRows, FacetsRequest, FieldType, FieldValues, TracesRequest,
    ValueCount, ValuesRequest,
};
use clearspan_schema::any::{AnyWriter, KeyValues};
use clearspan_schema::group::{ResourceRef, ScopeRef};
use clearspan_schema::ids::hex;
use clearspan_schema::nested::EventRef;
use clearspan_schema::spans::{SpanRow, SpansBuilder};
use clearspan_schema::{Signal, SpanId, TraceId};
use clearspan_storage::{Incoming, TenantId};

use crate::random::Random;
use crate::spans::START;
use crate::store::{ARRIVAL_NS, Store};

const SERVICES: [Option<&str>; 4] = [Some("cart"), Some("pay"), Some(""), None];
const NAMES: [&str; 4] = ["GET /cart", "POST /pay", "", "tick"];
const EVENTS: [&str; 3] = ["exception", "retry", ""];
const FIELDS: [&str; 13] = [
    "service",
    "name",
    "kind",
    "status",
    "duration",
    "trace_id",
    "span_id",
    "event.name",
    "route",
    "attributes.kind",
    "body",
    "host",
    "nothing",
];

#[derive(Debug, Clone)]
struct Span {
    trace: u8,
    number: u64,
    service: Option<&'static str>,
    name: &'static str,
    kind: i32,
    status: Option<i32>,
    ends: bool,
    events: Vec<&'static str>,
    /// By key: `route` and `body` of both levels, `kind` of the record, `event.name` of the resource.
    attributes: Vec<(&'static str, &'static str)>,
    resource: Vec<(&'static str, &'static str)>,
}

/// The values that a filter on a field tells apart. A number stands by its digits.
type Values = BTreeSet<String>;

impl Span {
    fn random(number: u64, random: &mut Random) -> Self {
        let some = |key, values: [&'static str; 2], one_in, random: &mut Random| {
            random.one_in(one_in).then(|| (key, random.pick(&values)))
        };
        Span {
            trace: random.below(20) as u8,
            number,
            service: random.pick(&SERVICES),
            name: random.pick(&NAMES),
            kind: random.pick(&[0, 1, 2, 3, 4, 5, 6, -1]),
            status: random.pick(&[None, Some(0), Some(1), Some(2), Some(9)]),
            ends: !random.one_in(4),
            events: (0..random.below(3).saturating_sub(random.below(2)))
                .map(|_| random.pick(&EVENTS))
                .collect(),
            attributes: [
                some("route", ["/a", "/b"], 2, random),
                some("kind", ["Own", "own"], 3, random),
                some("body", ["text", "200"], 3, random),
            ]
            .into_iter()
            .flatten()
            .collect(),
            resource: [
                some("host", ["h1", "h2"], 2, random),
                some("route", ["/a", "/of-resource"], 2, random),
                some("event.name", ["retry", "other"], 5, random),
            ]
            .into_iter()
            .flatten()
            .collect(),
        }
    }

    fn end(&self) -> u64 {
        match self.ends {
            true => START + self.number + self.number % 7,
            false => 0,
        }
    }

    fn ids(&self) -> (TraceId, SpanId) {
        ([self.trace + 1; 16], (self.number + 1).to_be_bytes())
    }

    /// Of the record, else of its resource.
    fn attribute(&self, key: &str) -> Option<String> {
        let all = self.attributes.iter().chain(&self.resource);
        let mut of_key = all.filter(|(own, _)| *own == key);
        of_key.next().map(|(_, value)| (*value).to_owned())
    }

    /// What a filter on `field` finds the span by.
    fn values(&self, field: &str) -> Values {
        let named = |names: &[&str], number: i32| match usize::try_from(number) {
            Ok(at) if at < names.len() => names[at].to_owned(),
            _ => number.to_string(),
        };
        let kinds = [
            "UNSPECIFIED",
            "INTERNAL",
            "SERVER",
            "CLIENT",
            "PRODUCER",
            "CONSUMER",
        ];
        match field {
            "service" => self.service.map(str::to_owned).into_iter().collect(),
            "name" => Values::from([self.name.to_owned()]),
            "kind" => Values::from([named(&kinds, self.kind)]),
            "status" => Values::from([named(&["UNSET", "OK", "ERROR"], self.status.unwrap_or(0))]),
            "duration" if self.ends => Values::from([(self.number % 7).to_string()]),
            "duration" => Values::new(),
            "trace_id" => Values::from([hex(&self.ids().0)]),
            "span_id" => Values::from([hex(&self.ids().1)]),
            "event.name" if !self.events.is_empty() => {
                self.events.iter().map(|&name| name.to_owned()).collect()
            }
            "attributes.kind" => {
                let own = self.attributes.iter().find(|(key, _)| *key == "kind");
                own.map(|(_, value)| (*value).to_owned())
                    .into_iter()
                    .collect()
            }
            key => self.attribute(key).into_iter().collect(),
        }
    }

    /// Whether it has the field, as `field:*` asks: 0 is a kind and a status that was not set.
    fn has(&self, field: &str) -> bool {
        match field {
            "kind" => self.kind != 0,
            "status" => self.status.unwrap_or(0) != 0,
            other => !self.values(other).is_empty(),
        }
    }
}

fn batch(spans: &[Span]) -> Incoming {
    let mut builder = SpansBuilder::new(spans.len(), ARRIVAL_NS);
    for span in spans {
        let encode = |pairs: &[(&'static str, &'static str)]| {
            let mut encoded = Vec::new();
            let mut writer = AnyWriter::new(&mut encoded);
            for (key, value) in pairs {
                writer.key(key).string(value);
            }
            encoded
        };
        let (attributes, resource) = (encode(&span.attributes), encode(&span.resource));
        let resource = ResourceRef {
            present: true,
            attributes: KeyValues::new(&resource),
            ..ResourceRef::default()
        };
        builder.group(&resource, &ScopeRef::default(), span.service);
        for name in &span.events {
            builder.event(&EventRef {
                time: START,
                name,
                attributes: KeyValues::new(&[]),
                dropped_attributes_count: 0,
            });
        }
        let (trace_id, span_id) = span.ids();
        let row = SpanRow {
            trace_id,
            span_id,
            parent_span_id: None,
            trace_state: "",
            flags: 0,
            name: span.name,
            kind: span.kind,
            start_time: START + span.number,
            end_time: span.end(),
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

type Wanted = fn(&Span) -> bool;

const QUERIES: [(&str, Wanted); 4] = [
    ("", |_| true),
    ("status:error", |span| span.status == Some(2)),
    ("service:cart -kind:server", |span| {
        span.service == Some("cart") && span.kind != 2
    }),
    ("pay duration>2", |span| {
        span.name == "POST /pay" && span.ends && span.number % 7 > 2
    }),
];

fn counted(query: &str) -> CountedRows {
    CountedRows {
        query: query.to_owned(),
        range: AskedRange::ALL,
    }
}

/// Texts of values with their rows, by rows descending; of equal ones the order is the API's own, so they are a set.
fn shown(values: &FieldValues) -> BTreeMap<String, u64> {
    let counts: Vec<u64> = values.values.iter().map(|value| value.count).collect();
    assert!(counts.is_sorted_by(|a, b| a >= b), "{counts:?}");
    assert_eq!(values.distinct, values.values.len() as u64);
    let text = |value: &ValueCount| (value.value.text().into_owned(), value.count);
    values.values.iter().map(text).collect()
}

fn by_value(spans: &[&Span], field: &str) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for value in spans.iter().flat_map(|span| span.values(field)) {
        *counts.entry(value).or_default() += 1;
    }
    counts
}

async fn check(store: &Store, spans: &[Span], stage: &str) {
    let tenant = TenantId::default();
    for (query, wanted) in QUERIES {
        let matching: Vec<&Span> = spans.iter().filter(|span| wanted(span)).collect();
        let request = FacetsRequest {
            rows: counted(query),
            fields: FIELDS.map(str::to_owned).into(),
            limit: 10_000,
        };
        let answer = store
            .engine
            .facets(&tenant, Signal::Spans, request)
            .await
            .unwrap();
        assert_eq!(
            answer.counted.matched,
            matching.len() as u64,
            "{stage}: {query}"
        );
        for (field, facet) in FIELDS.into_iter().zip(&answer.facets) {
            assert_eq!(facet.field, field);
            let expected = by_value(&matching, field);
            assert_eq!(shown(facet), expected, "{stage}: {field} of {query:?}");
        }
        let answer = store
            .engine
            .fields(&tenant, Signal::Spans, counted(query), 100);
        let answer = answer.await.unwrap();
        let found = answer
            .fields
            .iter()
            .map(|field| (field.name.as_str(), field.count));
        let expected = FIELDS.into_iter().map(|field| {
            let rows = matching.iter().filter(|span| span.has(field));
            (field, rows.count() as u64)
        });
        let expected = expected.filter(|&(_, rows)| rows > 0);
        assert_eq!(
            found.collect::<BTreeMap<_, _>>(),
            expected.collect(),
            "{stage}: fields of {query:?}"
        );
        for field in &answer.fields {
            let expected = match field.name.as_str() {
                "duration" => FieldType::Int,
                _ => FieldType::String,
            };
            assert_eq!(field.value_type, Some(expected), "{}", field.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_and_values_of_spans_are_those_of_a_plain_scan() {
    let mut random = Random::new(41);
    let spans: Vec<Span> = (0..900)
        .map(|number| Span::random(number, &mut random))
        .collect();
    let mut store = Store::new();
    check(&store, &[], "empty").await;
    store.append(batch(&spans[..300]));
    check(&store, &spans[..300], "memtable").await;
    store.flush();
    check(&store, &spans[..300], "segment").await;
    store.append(batch(&spans[300..600]));
    store.flush();
    store.compact();
    check(&store, &spans[..600], "merged").await;
    store.append(batch(&spans[600..]));
    check(&store, &spans, "merged and memtable").await;
    store = store.crash();
    check(&store, &spans, "crashed").await;
    store = store.restart();
    check(&store, &spans, "restarted").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_value_of_spans_is_found_by_its_filter() {
    let mut random = Random::new(43);
    let spans: Vec<Span> = (0..200)
        .map(|number| Span::random(number, &mut random))
        .collect();
    let store = Store::new();
    store.append(batch(&spans));
    let tenant = TenantId::default();
    for field in ["kind", "status", "event.name", "duration", "name", "route"] {
        let request = ValuesRequest {
            rows: counted(""),
            field: field.into(),
            prefix: String::new(),
            limit: 100,
        };
        let answer = store.engine.field_values(&tenant, Signal::Spans, request);
        for ValueCount { value, .. } in answer.await.unwrap().values.values {
            let query = value.filter(field, Signal::Spans);
            let text = value.text().into_owned();
            let with_it = spans
                .iter()
                .filter(|span| span.values(field).contains(&text));
            let traces: BTreeSet<u8> = with_it.map(|span| span.trace).collect();
            let request = TracesRequest {
                query: query.clone(),
                range: AskedRange::ALL,
                min_duration_ns: None,
                max_duration_ns: None,
                root: AskedRoot::default(),
                sort: clearspan_query::TraceSort::default(),
                limit: 100,
                cursor: None,
                count: true,
            };
            let found = store.engine.search_traces(&tenant, request).await.unwrap();
            assert_eq!(found.matched, Some(traces.len() as u64), "{query}");
        }
    }
}
