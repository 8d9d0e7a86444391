//! The call graph of a range, as the page knows it: nodes by number, with what is said of them.

use std::collections::HashMap;

use clearspan_query::{ServicesAnswer, TraceId};

use super::figures::{Answers, Figures};
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
    pub(super) before: Option<Figures>,
}

#[derive(Debug, Clone)]
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) figures: Figures,
    pub(super) exemplar: Option<TraceId>,
    pub(super) before: Option<Figures>,
}

impl Graph {
    /// `seconds` is how long the range is.
    pub(super) fn new(answers: &Answers, seconds: f64) -> Self {
        let mut graph = Graph {
            seconds,
            ..Graph::default()
        };
        let told = graph.read(answers);
        for (at, figures) in told.nodes {
            graph.nodes[at].figures = figures;
        }
        for (at, figures, exemplar) in told.edges {
            graph.edges[at].figures = figures;
            graph.edges[at].exemplar = exemplar;
        }
        graph.tell_series(&answers.services);
        graph.find_owners();
        graph
    }

    /// Tells every node and edge how it was in the range before, and adds those that are gone.
    pub(super) fn tell_before(&mut self, answers: &Answers) {
        let told = self.read(answers);
        for node in &mut self.nodes {
            node.before = Some(Figures::default());
        }
        for edge in &mut self.edges {
            edge.before = Some(Figures::default());
        }
        for (at, figures) in told.nodes {
            self.nodes[at].before = Some(figures);
        }
        for (at, figures, _) in told.edges {
            self.edges[at].before = Some(figures);
        }
        self.find_owners();
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

    /// Calls over time, which the graph itself does not have.
    fn tell_series(&mut self, services: &ServicesAnswer) {
        for row in &services.services {
            if let Some(at) = self.find(&Key::service(&row.name)) {
                self.nodes[at].series.clone_from(&row.series);
            }
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
