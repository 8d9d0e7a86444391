//! The shop's telemetry, held to what OpenTelemetry and a reader of traces expect of it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

mod errors;
mod logs;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

use clearspan_schema::any::AnyRef;
use clearspan_schema::{SpanId, TraceId};

use super::*;
use crate::demo::telemetry::{Attributes, Kind, Span};

/// A Thursday in 2025, as a slice's number.
const FIRST_SLICE: u64 = 1_760_000_000 / 5;

/// 15 minutes of it.
const SLICES: u64 = 180;

fn quarter(seed: u64, from: u64) -> Records {
    let shop = Shop::new(seed, 4.0);
    let mut records = Records::default();
    for number in from..from + SLICES {
        records.append(shop.slice(number));
    }
    records
}

/// What most tests look at.
static QUARTER: LazyLock<Records> = LazyLock::new(|| quarter(1, FIRST_SLICE));

fn traces(records: &Records) -> HashMap<TraceId, Vec<&Span>> {
    let mut traces: HashMap<_, Vec<_>> = HashMap::new();
    for span in &records.spans {
        traces.entry(span.trace_id).or_default().push(span);
    }
    traces
}

fn text<'a>(attributes: &'a Attributes, key: &str) -> Option<&'a str> {
    match attributes.key_values().get(key) {
        Some(AnyRef::String(text)) => Some(text),
        _ => None,
    }
}

fn int(attributes: &Attributes, key: &str) -> Option<i64> {
    match attributes.key_values().get(key) {
        Some(AnyRef::Int(number)) => Some(number),
        _ => None,
    }
}

/// A span's times by a clock that is right.
fn true_times(span: &Span) -> (u64, u64) {
    let back = |at_ns: u64| at_ns.saturating_add_signed(-span.instance.clock_skew_ns);
    (back(span.start_ns), back(span.end_ns))
}

#[test]
fn a_seed_and_a_time_make_the_same_records() {
    for number in [FIRST_SLICE, FIRST_SLICE + 36, 0] {
        let slice = |seed, rate| Shop::new(seed, rate).slice(number);
        assert!(slice(1, 8.0) == slice(1, 8.0), "slice {number} differs");
        assert!(slice(1, 8.0) != slice(2, 8.0), "the seed does nothing");
    }
    let shop = Shop::new(1, 8.0);
    let (later, sooner) = (shop.slice(FIRST_SLICE + 1), shop.slice(FIRST_SLICE));
    assert!(
        sooner == shop.slice(FIRST_SLICE),
        "the order of asking matters"
    );
    assert!(sooner != later, "time does nothing");
}

#[test]
fn the_rate_is_kept() {
    let visits = traces(&QUARTER).len();
    assert!((3_200..4_200).contains(&visits), "{visits} traces in 900 s");
    let mean_spans = QUARTER.spans.len() / visits;
    assert!(
        (12..40).contains(&mean_spans),
        "{mean_spans} spans per trace"
    );
    let logs_per_trace = QUARTER.logs.len() as f64 / visits as f64;
    assert!((3.0..6.0).contains(&logs_per_trace), "{logs_per_trace}");
}

#[test]
fn every_trace_is_a_tree_within_its_parents_times() {
    let mut rootless = 0;
    for (trace_id, spans) in traces(&QUARTER) {
        let by_id: HashMap<SpanId, &Span> =
            spans.iter().map(|span| (span.span_id, *span)).collect();
        assert_eq!(by_id.len(), spans.len(), "{trace_id:?} repeats a span id");
        let mut tops = 0;
        for span in &spans {
            assert!(span.start_ns <= span.end_ns, "{span:?}");
            let Some(parent) = span.parent.and_then(|id| by_id.get(&id)) else {
                rootless += usize::from(span.parent.is_some());
                tops += 1;
                continue;
            };
            let ((start, end), outer) = (true_times(span), true_times(parent));
            if span.kind == Kind::Consumer {
                assert!(start >= outer.1, "read before it was sent: {span:?}");
            } else {
                assert!(
                    outer.0 <= start && end <= outer.1,
                    "outside its parent: {span:?}"
                );
            }
        }
        assert_eq!(tops, 1, "{trace_id:?} has {tops} tops");
    }
    // Those of the app, whose own span is never sent.
    assert!(rootless > 20, "{rootless}");
    assert!(rootless * 10 < traces(&QUARTER).len(), "{rootless}");
}

#[test]
fn ids_are_unique_over_traces() {
    let ids: HashSet<_> = QUARTER.spans.iter().map(|span| span.span_id).collect();
    assert_eq!(ids.len(), QUARTER.spans.len());
}

#[test]
fn a_span_is_sent_when_it_has_ended() {
    for span in &QUARTER.spans {
        assert_eq!(span.due_ns, true_times(span).1, "{span:?}");
    }
}

#[test]
fn one_machine_has_a_late_clock_and_few_services() {
    let skewed = QUARTER
        .spans
        .iter()
        .filter(|span| span.instance.clock_skew_ns != 0);
    let services: BTreeSet<_> = skewed.map(|span| span.instance.service).collect();
    assert!((1..=4).contains(&services.len()), "{services:?}");
}

#[test]
fn every_service_appears_with_all_of_its_resource() {
    let seen: BTreeSet<_> = QUARTER
        .spans
        .iter()
        .map(|span| span.instance.service)
        .collect();
    let known: BTreeSet<_> = services::ALL.iter().map(|service| service.name).collect();
    assert_eq!(seen, known);
    for span in &QUARTER.spans {
        let resource = &span.instance.resource;
        assert_eq!(text(resource, "service.name"), Some(span.instance.service));
        assert_eq!(
            text(resource, "service.version"),
            Some(span.instance.version)
        );
        for key in [
            "service.namespace",
            "service.instance.id",
            "k8s.pod.name",
            "k8s.node.name",
            "telemetry.sdk.language",
        ] {
            assert!(text(resource, key).is_some(), "{key}");
        }
    }
    assert_eq!(
        services::by_name("checkout").map(|service| service.name),
        Some("checkout")
    );
}

#[test]
fn no_attribute_is_set_twice() {
    let check = |what: &str, attributes: &Attributes| {
        let mut keys = HashSet::new();
        for (key, _) in attributes.key_values() {
            assert!(keys.insert(key), "{what} has {key} twice");
        }
    };
    for span in &QUARTER.spans {
        check(&span.name, &span.attributes);
        span.events
            .iter()
            .for_each(|event| check(event.name, &event.attributes));
    }
    QUARTER
        .logs
        .iter()
        .for_each(|log| check(&log.scope.name, &log.attributes));
}

#[test]
fn kinds_have_the_attributes_that_they_must_have() {
    let mut kinds: BTreeMap<i32, usize> = BTreeMap::new();
    for span in &QUARTER.spans {
        *kinds.entry(span.kind as i32).or_default() += 1;
        let has = |key: &str| span.attributes.key_values().get(key).is_some();
        match span.kind {
            Kind::Internal => {}
            Kind::Server => assert!(has("http.route") || has("rpc.method"), "{span:?}"),
            Kind::Client => {
                assert!(has("server.address"), "{span:?}");
                let named = ["http.request.method", "rpc.method", "db.system.name"];
                assert_eq!(named.iter().filter(|key| has(key)).count(), 1, "{span:?}");
            }
            Kind::Producer | Kind::Consumer => {
                assert!(
                    has("messaging.system") && has("messaging.destination.name"),
                    "{span:?}"
                );
            }
        }
    }
    assert_eq!(kinds.len(), 5, "{kinds:?}");
}

#[test]
fn some_traces_are_long_and_some_link_to_others() {
    let traces = traces(&QUARTER);
    let longest = traces.values().map(Vec::len).max().unwrap();
    assert!((250..1_500).contains(&longest), "{longest}");
    let links: Vec<_> = QUARTER
        .spans
        .iter()
        .flat_map(|span| span.links.iter().map(move |link| (span, link)))
        .collect();
    assert!(links.len() > 50, "{}", links.len());
    for (span, (trace_id, span_id)) in links {
        assert_ne!(*trace_id, span.trace_id);
        let sender = traces[trace_id]
            .iter()
            .find(|sender| sender.span_id == *span_id)
            .unwrap();
        assert_eq!(sender.kind, Kind::Producer);
        assert!(sender.end_ns <= span.start_ns);
    }
}
