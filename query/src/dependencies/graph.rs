//! Nodes and edges, while calls come in and are taken away.

use std::cmp::Reverse;

use clearspan_schema::TraceId;
use foldhash::HashMap;

use super::exemplars::{Known, Stands};
use super::{Edge, Node};
use crate::derived::Durations;
use crate::limits::{DURATIONS_MAX, EDGES_MAX};
use crate::trace::{Call, NodeKind, Nodes};
use crate::{QueryError, ServiceRow};

/// The nodes that were named, and the edges.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) nodes: Nodes,
    edges: HashMap<(u32, u32), Calls>,
    /// Durations that are held one by one.
    durations: usize,
    /// Added calls whose trace is known only by where it stands.
    standing: usize,
}

/// The calls of an edge.
#[derive(Debug, Default)]
pub(super) struct Calls {
    calls: u64,
    errors: u64,
    durations: Durations,
    /// Of calls that were taken away.
    without: Vec<i64>,
    /// The longest of those that came one by one.
    pub(super) known: Option<Known>,
    /// The longest of each sum.
    pub(super) standing: Vec<Stands>,
}

impl Graph {
    /// One call.
    pub(super) fn add(&mut self, trace: TraceId, call: Call) {
        let calls = self.edges.entry((call.caller, call.callee)).or_default();
        calls.calls += 1;
        calls.errors += u64::from(call.is_error);
        if let Some(duration) = call.duration {
            calls.durations.push(duration);
            self.durations += 1;
        }
        let known = (call.duration, call.minute, Reverse(trace));
        calls.known = calls.known.max(Some(known));
    }

    /// The calls of an edge in a minute, whose durations are added by `add_durations`, which tells how many came one by one.
    pub(super) fn add_sum(
        &mut self,
        edge: (u32, u32),
        (calls, errors): (u64, u64),
        longest: Stands,
        add_durations: impl FnOnce(&mut Durations) -> Result<usize, QueryError>,
    ) -> Result<(), QueryError> {
        let sum = self.edges.entry(edge).or_default();
        sum.calls = sum.calls.saturating_add(calls);
        sum.errors = sum.errors.saturating_add(errors);
        self.durations += add_durations(&mut sum.durations)?;
        sum.standing.push(longest);
        self.standing += 1;
        Ok(())
    }

    /// Takes away a call that is in a sum.
    pub(super) fn take_away(&mut self, call: &Call) {
        let calls = self.edges.entry((call.caller, call.callee)).or_default();
        calls.calls = calls.calls.saturating_sub(1);
        calls.errors = calls.errors.saturating_sub(u64::from(call.is_error));
        calls.without.extend(call.duration);
    }

    /// The edges and their calls.
    pub(super) fn edges(&self) -> impl Iterator<Item = &Calls> {
        self.edges.values().filter(|calls| calls.calls > 0)
    }

    /// As above, to be told of their exemplars.
    pub(super) fn edges_mut(&mut self) -> impl Iterator<Item = &mut Calls> {
        self.edges.values_mut().filter(|calls| calls.calls > 0)
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
        let edges = self.edges.capacity() * size_of::<((u32, u32), Calls)>();
        let standing = 2 * self.standing * size_of::<Stands>();
        let durations =
            |calls: &Calls| calls.durations.bytes() + calls.without.capacity() * size_of::<i64>();
        let durations = self.edges.values().map(durations);
        self.nodes.bytes() + edges + standing + durations.sum::<usize>()
    }

    /// The answer's nodes and edges, in their order.
    pub(super) async fn finish(self, services: Vec<ServiceRow>) -> (Vec<Node>, Vec<Edge>) {
        let mut nodes: HashMap<(NodeKind, String), (u64, u64)> = HashMap::default();
        for row in services {
            nodes.insert((NodeKind::Service, row.name), (row.calls, row.errors));
        }
        let mut edges = Vec::with_capacity(self.edges.len());
        let called = self.edges.into_iter().filter(|(_, calls)| calls.calls > 0);
        for ((caller, callee), calls) in called {
            let (caller, callee) = (self.nodes.of_number(caller), self.nodes.of_number(callee));
            let end = |(kind, name): (NodeKind, &str)| (kind, name.to_owned());
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
    fn edge(mut self, caller: (NodeKind, &str), callee: (NodeKind, &str)) -> Edge {
        self.durations.take_away(self.without);
        Edge {
            caller: caller.1.to_owned(),
            caller_kind: caller.0,
            callee: callee.1.to_owned(),
            callee_kind: callee.0,
            calls: self.calls,
            errors: self.errors,
            p50_ns: self.durations.percentile(50),
            p95_ns: self.durations.percentile(95),
            p99_ns: self.durations.percentile(99),
            exemplar_trace_id: self.known.map(|(_, _, Reverse(trace))| trace),
        }
    }
}
