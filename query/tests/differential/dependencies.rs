//! Who calls whom, against the words of the HTTP API's description: random spans in random order, divided at random over requests, segments and
//! merged segments, with ranges that cut traces and calls.

use std::collections::{BTreeMap, BTreeSet};

use clearspan_query::{AskedRange, DependenciesAnswer, DependenciesRequest, Edge, NodeKind};
use clearspan_schema::TraceId;
use clearspan_storage::TenantId;

use crate::calls::{Called, batch};
use crate::random::Random;
use crate::records::at;
use crate::spans::{HOUR, START, trace_id};
use crate::store::Store;

const CLIENT: i32 = 3;
const PRODUCER: i32 = 4;

type NodeName = (String, NodeKind);

/// The calls of one edge by who is counted, so that each is once.
type Counted = BTreeMap<(TraceId, u64), Counting>;

/// Whether it is an error, its duration, and in which minute it starts.
#[derive(Default, Clone)]
struct Counting {
    is_error: bool,
    duration: Option<i64>,
    minute: i64,
}

#[derive(Default)]
struct Oracle {
    nodes: BTreeMap<NodeName, (u64, u64)>,
    edges: BTreeMap<(NodeName, NodeName), Counted>,
}

fn service(span: &Called) -> String {
    span.service.unwrap_or("").to_owned()
}

fn makes_call(parent: &Called, child: &Called) -> bool {
    let kinds = (parent.kind, child.kind);
    service(parent) != service(child) || kinds == (3, 2) || kinds == (4, 5)
}

/// The first of these that is there and not empty.
fn named(span: &Called, names: &[&str]) -> Option<String> {
    let value = |name: &&str| {
        let mut all = span.attributes.iter().filter(|(key, _)| key == name);
        let value = all.next_back().map(|(_, value)| (*value).to_owned());
        value.filter(|value| !value.is_empty())
    };
    names.iter().find_map(value)
}

fn called_peer(span: &Called) -> Option<NodeName> {
    const ADDRESS: [&str; 2] = ["server.address", "net.peer.name"];
    if span
        .attributes
        .iter()
        .any(|(key, _)| key.starts_with("db."))
    {
        let name = named(span, &["db.namespace", "db.name"])
            .or_else(|| named(span, &ADDRESS))
            .or_else(|| named(span, &["db.collection.name", "db.sql.table"]));
        if let Some(name) = name {
            return Some((name, NodeKind::Database));
        }
    }
    if span.kind != CLIENT && span.kind != PRODUCER {
        return None;
    }
    if let Some(name) = named(
        span,
        &["messaging.destination.name", "messaging.destination"],
    ) {
        return Some((name, NodeKind::Messaging));
    }
    let name = named(span, &["service.peer.name", "peer.service"]);
    let name = name.or_else(|| named(span, &ADDRESS))?;
    Some((name, NodeKind::External))
}

impl Oracle {
    fn of(spans: &[Called], range: (Option<i64>, Option<i64>)) -> Self {
        let mut oracle = Oracle::default();
        let inside = |span: &&Called| {
            range.0.is_none_or(|from| span.placed() >= from)
                && range.1.is_none_or(|to| span.placed() < to)
        };
        for span in spans.iter().filter(inside) {
            oracle.take(span, spans);
        }
        oracle.count_peers();
        oracle
    }

    fn take(&mut self, span: &Called, all: &[Called]) {
        let own = (service(span), NodeKind::Service);
        let node = self.nodes.entry(own.clone()).or_default();
        if span.kind == 2 || span.kind == 5 {
            node.0 += 1;
            node.1 += u64::from(span.status == Some(2));
        }
        let of_parent = all.iter().filter(|other| {
            other.trace == span.trace && Some(other.id) == span.parent && makes_call(other, span)
        });
        let mut callers: BTreeSet<String> = of_parent.map(service).collect();
        if callers.is_empty() {
            let linked = all.iter().filter(|other| {
                span.links.contains(&(other.trace, other.id)) && makes_call(other, span)
            });
            callers = linked.map(service).collect();
        }
        for caller in callers {
            self.call((caller, NodeKind::Service), own.clone(), span);
        }
        let elsewhere = all.iter().any(|other| {
            other.trace == span.trace
                && other.parent == Some(span.id)
                && other.service != span.service
        });
        if let Some(peer) = called_peer(span).filter(|_| !elsewhere) {
            self.call(own, peer, span);
        }
    }

    fn call(&mut self, caller: NodeName, callee: NodeName, span: &Called) {
        self.nodes.entry(caller.clone()).or_default();
        self.nodes.entry(callee.clone()).or_default();
        let counted = self.edges.entry((caller, callee)).or_default();
        let call = counted
            .entry((trace_id(span.trace), span.id))
            .or_insert_with(|| Counting {
                minute: i64::MIN,
                ..Counting::default()
            });
        call.is_error |= span.status == Some(2);
        call.duration = call.duration.max(span.duration());
        call.minute = call.minute.max(span.placed().div_euclid(60_000_000_000));
    }

    fn count_peers(&mut self) {
        for ((_, callee), calls) in &self.edges {
            if callee.1 != NodeKind::Service {
                let node = self.nodes.entry(callee.clone()).or_default();
                node.0 += calls.len() as u64;
                node.1 += calls.values().filter(|call| call.is_error).count() as u64;
            }
        }
    }

    fn edges(&self) -> Vec<Edge> {
        let edge = |((caller, callee), counted): (&(NodeName, NodeName), &Counted)| {
            let mut durations: Vec<i64> =
                counted.values().filter_map(|call| call.duration).collect();
            durations.sort_unstable();
            let rank = |percent: usize| {
                let at = (durations.len() * percent).div_ceil(100);
                durations.get(at.wrapping_sub(1)).copied()
            };
            let weight = |call: &Counting| (call.duration, call.minute);
            let longest = counted.values().map(weight).max().unwrap();
            let exemplar = counted.iter().find(|(_, call)| weight(call) == longest);
            Edge {
                caller: caller.0.clone(),
                caller_kind: caller.1,
                callee: callee.0.clone(),
                callee_kind: callee.1,
                calls: counted.len() as u64,
                errors: counted.values().filter(|call| call.is_error).count() as u64,
                p50_ns: rank(50),
                p95_ns: rank(95),
                p99_ns: rank(99),
                exemplar_trace_id: exemplar.map(|((trace, _), _)| *trace),
            }
        };
        self.edges.iter().map(edge).collect()
    }
}

async fn ask(store: &Store, from: Option<i64>, to: Option<i64>) -> DependenciesAnswer {
    let range = AskedRange {
        from: from.and_then(at),
        to: to.and_then(at),
    };
    let request = DependenciesRequest { range };
    let tenant = TenantId::default();
    let answer = store.engine.dependencies(&tenant, request).await;
    answer.unwrap()
}

async fn check(store: &Store, spans: &[Called], random: &mut Random, when: &str) {
    let mut ranges = vec![(None, None)];
    let start = START as i64;
    for _ in 0..6 {
        let from = start + random.below(5 * HOUR) as i64;
        let to = from + 1 + random.below(2 * HOUR) as i64;
        ranges.extend([(Some(from), Some(to)), (Some(from), None), (None, Some(to))]);
    }
    // Before everything: nothing.
    ranges.push((Some(1), Some(2)));
    for (from, to) in ranges {
        let when = format!("{when}: {from:?} to {to:?}");
        let answer = ask(store, from, to).await;
        let oracle = Oracle::of(spans, (from, to));
        let nodes = answer.nodes.into_iter();
        let nodes: Vec<_> = nodes
            .map(|node| ((node.name, node.kind), (node.calls, node.errors)))
            .collect();
        assert_eq!(
            nodes,
            oracle.nodes.clone().into_iter().collect::<Vec<_>>(),
            "{when}"
        );
        assert_eq!(answer.edges, oracle.edges(), "{when}");
        assert!(answer.missing.is_empty(), "{when}");
    }
}

fn shuffle(spans: &mut [Called], random: &mut Random) {
    for at in (1..spans.len()).rev() {
        spans.swap(at, random.below(at as u64 + 1) as usize);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn edges_are_those_of_a_plain_scan_however_spans_arrive() {
    for seed in 0..4 {
        let mut random = Random::new(100 + seed);
        let mut spans: Vec<Called> = (0..700)
            .map(|number| Called::random(number, 40, &mut random))
            .collect();
        shuffle(&mut spans, &mut random);
        let store = Store::new();
        let mut sent = 0;
        while sent < spans.len() {
            let next = (sent + 1 + random.below(200) as usize).min(spans.len());
            store.append(batch(&spans[sent..next]));
            sent = next;
            match random.below(4) {
                0 | 1 => store.flush(),
                2 => {
                    store.flush();
                    store.compact();
                }
                _ => (),
            }
        }
        check(&store, &spans, &mut random, &format!("seed {seed}")).await;
        store.flush();
        store.compact();
        let store = store.crash();
        check(&store, &spans, &mut random, &format!("seed {seed}, merged")).await;
    }
}

/// Each of 300 services calls all of them.
#[tokio::test(flavor = "multi_thread")]
async fn services_that_all_call_each_other_are_drawn_whole() {
    const COUNT: u64 = 300;
    let names: Vec<&'static str> = (0..COUNT)
        .map(|number| &*format!("s{number:03}").leak())
        .collect();
    let store = Store::new();
    for caller in 0..COUNT {
        let span = |number: u64| Called {
            trace: (caller % 200) as u8,
            id: caller * 1_000 + number,
            parent: number.checked_sub(1).map(|_| caller * 1_000),
            service: Some(names[(number.saturating_sub(1) + caller) as usize % names.len()]),
            kind: if number == 0 { 3 } else { 2 },
            start: START + number,
            end: START + number + 1_000,
            status: None,
            attributes: Vec::new(),
            links: Vec::new(),
        };
        let spans: Vec<Called> = (0..=COUNT).map(span).collect();
        store.append(batch(&spans));
        // The runtime lets one task poll so often only, and appending polls.
        tokio::task::yield_now().await;
    }
    let answer = ask(&store, None, None).await;
    assert_eq!(answer.nodes.len() as u64, COUNT);
    assert_eq!(answer.edges.len() as u64, COUNT * COUNT);
    assert!(answer.edges.iter().all(|edge| edge.calls == 1));
}
