//! Nodes and edges, while calls come in.

use std::cmp::Reverse;

use clearspan_schema::TraceId;
use foldhash::{HashMap, HashMapExt};

use super::{Edge, Node, NodeKind};
use crate::derived::Durations;
use crate::limits::{DURATIONS_MAX, EDGES_MAX};
use crate::trace::Call;
use crate::{QueryError, ServiceRow};

/// The nodes that were named, and the edges.
#[derive(Debug, Default)]
pub(super) struct Graph {
    numbers: HashMap<NodeKind, HashMap<Box<str>, u32>>,
    names: Vec<(NodeKind, Box<str>)>,
    name_bytes: usize,
    edges: HashMap<(u32, u32), Calls>,
    /// Durations that are held one by one.
    durations: usize,
}

/// The calls of an edge.
#[derive(Debug, Default)]
struct Calls {
    calls: u64,
    errors: u64,
    durations: Durations,
    /// The longest so far, and among equals that of the least trace.
    exemplar: Option<(Option<i64>, Reverse<TraceId>)>,
}

impl Graph {
    /// The number of a node.
    pub(super) fn number(&mut self, kind: NodeKind, name: &str) -> u32 {
        let numbers = self.numbers.entry(kind).or_default();
        if let Some(&number) = numbers.get(name) {
            return number;
        }
        let number = self.names.len() as u32;
        numbers.insert(name.into(), number);
        self.names.push((kind, name.into()));
        self.name_bytes += 2 * name.len();
        number
    }

    pub(super) fn add(&mut self, trace: TraceId, call: Call) {
        let calls = self.edges.entry((call.caller, call.callee)).or_default();
        calls.calls += 1;
        calls.errors += u64::from(call.is_error);
        if let Some(duration) = call.duration {
            calls.durations.push(duration);
            self.durations += 1;
        }
        calls.exemplar = calls.exemplar.max(Some((call.duration, Reverse(trace))));
    }

    /// Too many durations become sketches, too many edges an error.
    pub(super) fn keep_within_limits(&mut self) -> Result<(), QueryError> {
        if self.durations > DURATIONS_MAX {
            let edges = self.edges.values_mut();
            edges.for_each(|calls| calls.durations.become_sketch());
            self.durations = 0;
        }
        if self.edges.len() > EDGES_MAX {
            return Err(QueryError::MemoryLimit {
                limit: EDGES_MAX as u64,
                unit: "edges",
            });
        }
        Ok(())
    }

    /// Bytes held, about.
    pub(super) fn bytes(&self) -> usize {
        let names = self.names.len() * 2 * size_of::<(NodeKind, Box<str>)>() + self.name_bytes;
        let edges = self.edges.capacity() * size_of::<((u32, u32), Calls)>();
        let durations = self.edges.values().map(|calls| calls.durations.bytes());
        names + edges + durations.sum::<usize>()
    }

    /// The answer's nodes and edges, in their order.
    pub(super) async fn finish(self, services: Vec<ServiceRow>) -> (Vec<Node>, Vec<Edge>) {
        let mut nodes: HashMap<(NodeKind, String), (u64, u64)> = HashMap::new();
        for row in services {
            nodes.insert((NodeKind::Service, row.name), (row.calls, row.errors));
        }
        let mut edges = Vec::with_capacity(self.edges.len());
        for ((caller, callee), calls) in self.edges {
            let (caller, callee) = (&self.names[caller as usize], &self.names[callee as usize]);
            let end = |(kind, name): &(NodeKind, Box<str>)| (*kind, name.to_string());
            nodes.entry(end(caller)).or_default();
            let reached = nodes.entry(end(callee)).or_default();
            if callee.0 != NodeKind::Service {
                reached.0 += calls.calls;
                reached.1 += calls.errors;
            }
            edges.push(calls.edge(caller, callee));
            tokio::task::yield_now().await;
        }
        edges.sort_unstable_by(|a: &Edge, b: &Edge| key(a).cmp(&key(b)));
        (in_order(nodes), edges)
    }
}

fn key(edge: &Edge) -> (&str, &str, NodeKind, NodeKind) {
    (
        &edge.caller,
        &edge.callee,
        edge.caller_kind,
        edge.callee_kind,
    )
}

fn in_order(nodes: HashMap<(NodeKind, String), (u64, u64)>) -> Vec<Node> {
    let each = nodes.into_iter();
    let each = each.map(|((kind, name), (calls, errors))| Node {
        name,
        kind,
        calls,
        errors,
    });
    let mut nodes: Vec<Node> = each.collect();
    nodes.sort_unstable_by(|a, b| (&a.name, a.kind).cmp(&(&b.name, b.kind)));
    nodes
}

impl Calls {
    fn edge(mut self, caller: &(NodeKind, Box<str>), callee: &(NodeKind, Box<str>)) -> Edge {
        Edge {
            caller: caller.1.to_string(),
            caller_kind: caller.0,
            callee: callee.1.to_string(),
            callee_kind: callee.0,
            calls: self.calls,
            errors: self.errors,
            p50_ns: self.durations.percentile(50),
            p95_ns: self.durations.percentile(95),
            p99_ns: self.durations.percentile(99),
            exemplar_trace_id: self.exemplar.map(|(_, Reverse(trace))| trace),
        }
    }
}
