//! The call graph of a range, as the page knows it: nodes by number, with what is said of them.

use std::collections::HashMap;

use clearspan_query::{DependenciesAnswer, ServicesAnswer, TraceId};

use super::change::Before;
use super::key::Key;

/// Services, what they call, and how often.
#[derive(Debug, Default)]
pub(super) struct Graph {
    /// By name, then by kind.
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<Edge>,
    /// Seconds of the range.
    pub(super) seconds: f64,
    by_key: HashMap<Key, usize>,
    by_ends: HashMap<(usize, usize), usize>,
}

#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) key: Key,
    pub(super) figures: Figures,
    /// Calls and errors over time; of services alone.
    pub(super) series: Vec<(u32, u32)>,
    /// Edges that begin, and that end, here.
    pub(super) calls: Vec<usize>,
    pub(super) called: Vec<usize>,
    /// The service that this database is drawn within: nobody else uses it.
    pub(super) owner: Option<usize>,
    pub(super) before: Option<Before>,
}

#[derive(Debug, Clone)]
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) figures: Figures,
    pub(super) exemplar: Option<TraceId>,
    pub(super) before: Option<Before>,
}

/// Calls of a range; durations are in nanoseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Figures {
    pub(super) calls: u64,
    pub(super) errors: u64,
    pub(super) p50: Option<i64>,
    pub(super) p95: Option<i64>,
    pub(super) p99: Option<i64>,
}

impl Figures {
    pub(super) fn error_share(&self) -> f64 {
        self.errors as f64 / self.calls.max(1) as f64
    }
}

impl Graph {
    pub(super) fn new(answer: DependenciesAnswer, services: &ServicesAnswer, seconds: f64) -> Self {
        let mut graph = Graph {
            seconds,
            ..Graph::default()
        };
        for node in answer.nodes {
            let at = graph.node(Key {
                name: node.name,
                kind: node.kind,
            });
            graph.nodes[at].figures.calls = node.calls;
            graph.nodes[at].figures.errors = node.errors;
        }
        for edge in answer.edges {
            let caller = Key {
                name: edge.caller,
                kind: edge.caller_kind,
            };
            let callee = Key {
                name: edge.callee,
                kind: edge.callee_kind,
            };
            let at = graph.edge(caller, callee);
            graph.edges[at].exemplar = edge.exemplar_trace_id;
            graph.edges[at].figures = Figures {
                calls: edge.calls,
                errors: edge.errors,
                p50: edge.p50_ns,
                p95: edge.p95_ns,
                p99: edge.p99_ns,
            };
        }
        graph.tell_services(services);
        graph.find_owners();
        graph
    }

    /// The number of a node, which is added if it is not there.
    pub(super) fn node(&mut self, key: Key) -> usize {
        if let Some(at) = self.by_key.get(&key) {
            return *at;
        }
        let at = self.nodes.len();
        self.by_key.insert(key.clone(), at);
        self.nodes.push(Node {
            key,
            figures: Figures::default(),
            series: Vec::new(),
            calls: Vec::new(),
            called: Vec::new(),
            owner: None,
            before: None,
        });
        at
    }

    /// The number of an edge, which is added if it is not there.
    pub(super) fn edge(&mut self, caller: Key, callee: Key) -> usize {
        let (from, to) = (self.node(caller), self.node(callee));
        if let Some(at) = self.by_ends.get(&(from, to)) {
            return *at;
        }
        let at = self.edges.len();
        self.by_ends.insert((from, to), at);
        self.nodes[from].calls.push(at);
        self.nodes[to].called.push(at);
        self.edges.push(Edge {
            from,
            to,
            figures: Figures::default(),
            exemplar: None,
            before: None,
        });
        at
    }

    pub(super) fn find(&self, key: &Key) -> Option<usize> {
        self.by_key.get(key).copied()
    }

    pub(super) fn find_edge(&self, caller: &Key, callee: &Key) -> Option<usize> {
        let ends = (self.find(caller)?, self.find(callee)?);
        self.by_ends.get(&ends).copied()
    }

    /// Durations and calls over time, which the graph itself does not have of services.
    fn tell_services(&mut self, services: &ServicesAnswer) {
        for row in &services.services {
            let Some(at) = self.find(&Key::service(&row.name)) else {
                continue;
            };
            let node = &mut self.nodes[at];
            (node.figures.p50, node.figures.p95, node.figures.p99) =
                (row.p50_ns, row.p95_ns, row.p99_ns);
            node.series.clone_from(&row.series);
        }
    }

    /// A database that one service alone uses is drawn within it: most services have one, and as nodes they would be half of the map.
    pub(super) fn find_owners(&mut self) {
        for at in 0..self.nodes.len() {
            let node = &self.nodes[at];
            let is_database = node.key.kind == clearspan_query::NodeKind::Database;
            self.nodes[at].owner = match node.called[..] {
                [edge] if is_database && node.calls.is_empty() => Some(self.edges[edge].from),
                _ => None,
            };
        }
    }

    /// Calls per second.
    pub(super) fn rate(&self, calls: u64) -> f64 {
        if self.seconds > 0.0 {
            calls as f64 / self.seconds
        } else {
            0.0
        }
    }

    /// The databases drawn within a node, as the edges to them.
    pub(super) fn own(&self, node: usize) -> impl Iterator<Item = &Edge> {
        let edges = self.nodes[node].calls.iter().map(|&at| &self.edges[at]);
        edges.filter(move |edge| self.nodes[edge.to].owner == Some(node))
    }

    pub(super) fn services(&self) -> usize {
        self.nodes
            .iter()
            .filter(|node| node.key.is_service())
            .count()
    }
}
