//! Where the nodes and edges of a call graph stand: in layers, from left to right.
//!
//! 1. Edges that close a circle are turned round (`acyclic.rs`), so that the others run left to right.
//! 2. A node stands one layer behind the last of its callers (`layers.rs`); an edge that passes layers gets a bend in each.
//! 3. Nodes and bends of a layer are put in the order with the fewest crossings that was found (`order.rs`).
//! 4. Heights are weighted means of the neighbours' heights, as far as the order leaves room (`heights.rs`).
//! 5. Nodes without edges stand in a block of their own, below (`lone.rs`).
//!
//! The same graph always gets the same places: nothing here is drawn by lot or by the clock. What may take long counts its steps
//! and stops at [`STEPS_MAX`]; what it found until then is what is drawn. `docs/adr/0022-map-layout.md` says why this is own code.
//!
//! | file | what it holds |
//! |---|---|
//! | `acyclic.rs` | circles broken |
//! | `layers.rs` | layers, and bends of edges that pass some |
//! | `order.rs`, `crossings.rs` | the order within each layer |
//! | `heights.rs` | heights |
//! | `lone.rs` | nodes without edges |

mod acyclic;
mod crossings;
mod heights;
mod layers;
mod lone;
mod order;
#[cfg(test)]
mod tests;

use layers::Layers;

/// Steps of one layout; a step looks at one edge or at one place. This many take about half a second.
pub(crate) const STEPS_MAX: usize = 60_000_000;

/// Bends of all edges of a layout. An edge for which none are left is drawn straight across: of so many nobody follows one.
const BENDS_MAX: usize = 20_000;

/// What is laid out: nodes by number, and edges between them.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallGraph {
    pub(crate) nodes: usize,
    pub(crate) edges: Vec<CallEdge>,
}

/// One edge; both ends are below [`CallGraph::nodes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CallEdge {
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// How much it matters that it is short and straight.
    pub(crate) weight: u64,
}

/// Pixels that a node and what surrounds it take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spacing {
    /// From one node's middle to the next one's, downwards.
    pub(crate) node: f64,
    /// From one bend to the next, downwards.
    pub(crate) bend: f64,
    /// Nodes without edges in one row.
    pub(crate) lone_columns: usize,
}

/// Where everything stands. Heights are of middles, in pixels from the upper edge of the first node's room.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Places {
    /// One for each node.
    pub(crate) nodes: Vec<Place>,
    /// One for each edge.
    pub(crate) routes: Vec<Route>,
    /// Layers, or columns of nodes without edges, whichever are more.
    pub(crate) layers: usize,
    pub(crate) height: f64,
    /// Where the block of nodes without edges begins; `None` when there are none.
    pub(crate) lone_from: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Place {
    pub(crate) layer: usize,
    pub(crate) y: f64,
}

/// The way of an edge.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Route {
    /// From the left to the right, by these heights in the layers between both ends.
    Forward { bends: Vec<f64> },
    /// From the right to the left: it closes a circle. The heights are told from the left.
    Backward { bends: Vec<f64> },
    /// From a node to itself.
    Loop,
}

/// A way to lay out a graph.
pub(crate) trait Layout {
    /// Places every node and routes every edge of `graph`, with at most about `steps` steps.
    fn place(&self, graph: &CallGraph, spacing: Spacing, steps: usize) -> Places;
}

/// Layers from left to right.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Layered;

impl Layout for Layered {
    fn place(&self, graph: &CallGraph, spacing: Spacing, steps: usize) -> Places {
        let mut budget = Steps { left: steps };
        let directions = acyclic::directions(graph, &mut budget);
        let mut layers = Layers::new(graph, &directions);
        order::arrange(&mut layers, &mut budget);
        let heights = heights::heights(&layers, spacing, &mut budget);
        let mut nodes: Vec<Place> = (0..graph.nodes)
            .map(|node| Place {
                layer: layers.layer_of[node],
                y: heights.of[node],
            })
            .collect();
        let block = lone::place(&mut nodes, &layers.is_lone, heights.height, spacing);
        let routes = graph.edges.iter().zip(&directions).zip(&layers.bends);
        Places {
            routes: routes
                .map(|((edge, is_forward), bends)| {
                    let bends = bends.iter().map(|&bend| heights.of[bend]).collect();
                    match (edge.from == edge.to, is_forward) {
                        (true, _) => Route::Loop,
                        (_, true) => Route::Forward { bends },
                        (_, false) => Route::Backward { bends },
                    }
                })
                .collect(),
            layers: layers.rows.len().max(block.columns),
            height: block.height,
            lone_from: block.from,
            nodes,
        }
    }
}

/// What is left to be done before an answer must be there.
#[derive(Debug)]
struct Steps {
    left: usize,
}

impl Steps {
    /// Takes `steps` of what is left; false when there are not as many.
    fn take(&mut self, steps: usize) -> bool {
        let left = self.left.checked_sub(steps);
        self.left = left.unwrap_or(0);
        left.is_some()
    }
}
