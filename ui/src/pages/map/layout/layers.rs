//! The layer of each node, and the bends of edges that pass layers.
//!
//! A node stands one layer behind the last of those that reach it. An edge over several layers is a chain of bends, one in each layer between,
//! which are ordered and get heights as nodes do. The busiest edges get theirs first.

use std::cmp::Reverse;

use super::{BENDS_MAX, CallGraph};

/// Nodes and bends by layer. Both are numbered in one row: nodes first, as in the graph.
pub(super) struct Layers {
    /// Of each layer what stands in it, from the top.
    pub(super) rows: Vec<Vec<usize>>,
    /// Of each node and bend.
    pub(super) layer_of: Vec<usize>,
    /// The bends of each edge of the graph, from the left.
    pub(super) bends: Vec<Vec<usize>>,
    /// Neighbours in the layer to the left and to the right of each node and bend, and the weight of what joins them.
    pub(super) left: Vec<Vec<Joint>>,
    pub(super) right: Vec<Vec<Joint>>,
    /// Nodes that no edge joins to another node.
    pub(super) is_lone: Vec<bool>,
    pub(super) nodes: usize,
}

/// A neighbour, and how strongly it pulls.
#[derive(Debug, Clone, Copy)]
pub(super) struct Joint {
    pub(super) to: usize,
    pub(super) pull: f64,
}

impl Layers {
    pub(super) fn new(graph: &CallGraph, directions: &[bool]) -> Self {
        let edges: Vec<(usize, usize)> = (graph.edges.iter().zip(directions))
            .map(|(edge, &is_forward)| {
                if is_forward {
                    (edge.from, edge.to)
                } else {
                    (edge.to, edge.from)
                }
            })
            .collect();
        let mut is_lone = vec![true; graph.nodes];
        for (from, to) in edges.iter().filter(|(from, to)| from != to) {
            (is_lone[*from], is_lone[*to]) = (false, false);
        }
        let mut layers = Layers {
            rows: Vec::new(),
            layer_of: layer_of(graph.nodes, &edges),
            bends: vec![Vec::new(); edges.len()],
            left: vec![Vec::new(); graph.nodes],
            right: vec![Vec::new(); graph.nodes],
            is_lone,
            nodes: graph.nodes,
        };
        layers.fill_rows();
        layers.chain(graph, &edges);
        layers
    }

    fn fill_rows(&mut self) {
        for node in (0..self.nodes).filter(|&node| !self.is_lone[node]) {
            let layer = self.layer_of[node];
            if self.rows.len() <= layer {
                self.rows.resize(layer + 1, Vec::new());
            }
            self.rows[layer].push(node);
        }
    }

    /// Joins what edges join, by bends where there is a layer between.
    fn chain(&mut self, graph: &CallGraph, edges: &[(usize, usize)]) {
        let most = graph.edges.iter().map(|edge| edge.weight).max();
        let most = most.unwrap_or(1).max(1) as f64;
        let mut by_weight: Vec<usize> = (0..edges.len()).collect();
        by_weight.sort_by_key(|&at| Reverse(graph.edges[at].weight));
        let mut free = BENDS_MAX;
        for at in by_weight {
            let (from, to) = edges[at];
            if from == to {
                continue;
            }
            let between = self.layer_of[to].saturating_sub(self.layer_of[from] + 1);
            if between > free {
                continue;
            }
            free -= between;
            // Thin edges pull too, or their ends would stand anywhere.
            let pull = 0.25 + (graph.edges[at].weight as f64 / most).sqrt();
            let mut last = from;
            for layer in self.layer_of[from] + 1..self.layer_of[to] {
                let bend = self.bend(layer);
                self.bends[at].push(bend);
                self.join(last, bend, pull);
                last = bend;
            }
            self.join(last, to, pull);
        }
    }

    fn bend(&mut self, layer: usize) -> usize {
        let bend = self.layer_of.len();
        self.layer_of.push(layer);
        self.left.push(Vec::new());
        self.right.push(Vec::new());
        self.rows[layer].push(bend);
        bend
    }

    fn join(&mut self, from: usize, to: usize, pull: f64) {
        // Between two bends four times as hard: a long edge is easier to follow straight.
        let is_long = from >= self.nodes && to >= self.nodes;
        let pull = if is_long { 4.0 * pull } else { pull };
        self.right[from].push(Joint { to, pull });
        self.left[to].push(Joint { to: from, pull });
    }
}

/// One more than the greatest of those that reach a node. The edges have no circle but those of one node.
fn layer_of(nodes: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut waits_for = vec![0_usize; nodes];
    let mut out = vec![Vec::new(); nodes];
    for &(from, to) in edges.iter().filter(|(from, to)| from != to) {
        waits_for[to] += 1;
        out[from].push(to);
    }
    let mut layer = vec![0; nodes];
    let mut ready: Vec<usize> = (0..nodes).filter(|&node| waits_for[node] == 0).collect();
    while let Some(node) = ready.pop() {
        for &to in &out[node] {
            layer[to] = layer[to].max(layer[node] + 1);
            waits_for[to] -= 1;
            if waits_for[to] == 0 {
                ready.push(to);
            }
        }
    }
    layer
}
