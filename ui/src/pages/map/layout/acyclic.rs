//! Circles broken: which edges run from left to right, and which back.
//!
//! Nodes are put in a row (Eades, Lin and Smyth 1993, with weights): callers that nobody calls to the left end, nodes that call nobody to the
//! right end, and of what is left the one that calls most in excess of what it is called. An edge against the row is turned round.

use super::{CallGraph, Steps};

/// For each edge whether it runs from left to right. Of a node's edge to itself this says nothing.
pub(super) fn directions(graph: &CallGraph, steps: &mut Steps) -> Vec<bool> {
    let place = row(graph, steps);
    let edges = graph.edges.iter();
    edges
        .map(|edge| place[edge.from] < place[edge.to])
        .collect()
}

/// The place of each node in the row.
fn row(graph: &CallGraph, steps: &mut Steps) -> Vec<usize> {
    let mut rest = Rest::new(graph);
    let (mut left, mut right) = (Vec::new(), Vec::new());
    while rest.count > 0 {
        // Without steps the others stay in the order they came in.
        if !steps.take(graph.nodes) {
            left.extend((0..graph.nodes).filter(|&node| rest.is_there[node]));
            break;
        }
        let mut remaining = (0..graph.nodes).filter(|&node| rest.is_there[node]);
        if let Some(sink) = remaining.clone().find(|&node| rest.calls[node] == 0) {
            rest.remove(sink);
            right.push(sink);
            continue;
        }
        let source = remaining.clone().find(|&node| rest.called[node] == 0);
        let excess = |node: usize| i128::from(rest.calls[node]) - i128::from(rest.called[node]);
        // Of equals the first.
        let next = source.or_else(|| remaining.by_ref().min_by_key(|&node| -excess(node)));
        let Some(next) = next else { break };
        rest.remove(next);
        left.push(next);
    }
    let mut place = vec![0; graph.nodes];
    for (at, node) in left.into_iter().chain(right.into_iter().rev()).enumerate() {
        place[node] = at;
    }
    place
}

/// The nodes that are not in the row yet.
struct Rest<'a> {
    graph: &'a CallGraph,
    /// Edges that begin, and that end, at each node.
    out: Vec<Vec<usize>>,
    into: Vec<Vec<usize>>,
    /// Their weights, of edges to other nodes that are still there.
    calls: Vec<u64>,
    called: Vec<u64>,
    is_there: Vec<bool>,
    count: usize,
}

impl<'a> Rest<'a> {
    fn new(graph: &'a CallGraph) -> Self {
        let mut rest = Rest {
            graph,
            out: vec![Vec::new(); graph.nodes],
            into: vec![Vec::new(); graph.nodes],
            calls: vec![0; graph.nodes],
            called: vec![0; graph.nodes],
            is_there: vec![true; graph.nodes],
            count: graph.nodes,
        };
        for (at, edge) in graph.edges.iter().enumerate() {
            if edge.from != edge.to {
                rest.out[edge.from].push(at);
                rest.into[edge.to].push(at);
                rest.calls[edge.from] += weight(edge.weight);
                rest.called[edge.to] += weight(edge.weight);
            }
        }
        rest
    }

    fn remove(&mut self, node: usize) {
        self.is_there[node] = false;
        self.count -= 1;
        for &at in &self.out[node] {
            let edge = self.graph.edges[at];
            if self.is_there[edge.to] {
                self.called[edge.to] -= weight(edge.weight);
            }
        }
        for &at in &self.into[node] {
            let edge = self.graph.edges[at];
            if self.is_there[edge.from] {
                self.calls[edge.from] -= weight(edge.weight);
            }
        }
    }
}

/// At least 1, so that an edge counts, and so little that a sum of millions cannot overflow.
fn weight(weight: u64) -> u64 {
    weight.clamp(1, 1 << 32)
}
