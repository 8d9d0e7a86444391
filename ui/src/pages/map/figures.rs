//! What is said of a node or an edge in one range, and the reading of it from the engine's answers.

use std::collections::HashMap;

use clearspan_query::{DependenciesAnswer, Edge, NodeKind, ServiceRow, ServicesAnswer, TraceId};

use super::graph::Graph;
use super::key::{Key, ends_of};

/// Calls of a range; durations are in nanoseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Figures {
    pub(super) calls: u64,
    pub(super) errors: u64,
    pub(super) p50: Option<i64>,
    pub(super) p95: Option<i64>,
    pub(super) p99: Option<i64>,
}

/// What the engine answers of one range.
pub(super) struct Answers {
    pub(super) calls: DependenciesAnswer,
    pub(super) services: ServicesAnswer,
}

/// The figures of one range, by the numbers that the graph gives to nodes and edges.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) nodes: Vec<(usize, Figures)>,
    pub(super) edges: Vec<(usize, Figures, Option<TraceId>)>,
}

impl Figures {
    pub(super) fn error_share(&self) -> f64 {
        self.errors as f64 / self.calls.max(1) as f64
    }
}

impl From<&Edge> for Figures {
    fn from(edge: &Edge) -> Self {
        Figures {
            calls: edge.calls,
            errors: edge.errors,
            p50: edge.p50_ns,
            p95: edge.p95_ns,
            p99: edge.p99_ns,
        }
    }
}

impl From<&ServiceRow> for Figures {
    fn from(service: &ServiceRow) -> Self {
        Figures {
            calls: service.calls,
            errors: service.errors,
            p50: service.p50_ns,
            p95: service.p95_ns,
            p99: service.p99_ns,
        }
    }
}

impl Graph {
    /// Reads a range, and adds what the graph does not have.
    ///
    /// Nodes come without durations. Those of a service are its own, whoever called it; those of another node are known where one edge
    /// alone leads to it. Percentiles of several edges do not add up.
    pub(super) fn read(&mut self, answers: &Answers) -> Told {
        let services = answers.services.services.iter();
        let services: HashMap<&str, &ServiceRow> =
            services.map(|row| (row.name.as_str(), row)).collect();
        let nodes = answers.calls.nodes.iter();
        // Before any edge: nodes are numbered in the order of their names.
        let numbers: Vec<usize> = nodes.map(|node| self.node(Key::of(node))).collect();
        let mut told = Told::default();
        let mut only: HashMap<usize, Option<Figures>> = HashMap::new();
        for edge in &answers.calls.edges {
            let (caller, callee) = ends_of(edge);
            let (at, figures) = (self.edge(caller, callee), Figures::from(edge));
            only.entry(self.edges[at].to)
                .and_modify(|only| *only = None)
                .or_insert(Some(figures));
            told.edges.push((at, figures, edge.exemplar_trace_id));
        }
        for (node, at) in answers.calls.nodes.iter().zip(numbers) {
            let lasting = match node.kind {
                NodeKind::Service => services.get(node.name.as_str()).map(|row| (*row).into()),
                _ => only.get(&at).copied().flatten(),
            };
            let figures = Figures {
                calls: node.calls,
                errors: node.errors,
                ..lasting.unwrap_or_default()
            };
            told.nodes.push((at, figures));
        }
        told
    }
}
