//! What holds for every graph: nothing overlaps, every edge can be drawn from its one end to the other, the same graph has the same places,
//! and there is an end.

#![allow(clippy::expect_used, reason = "a test may fail loudly")]

use super::*;

const SPACING: Spacing = Spacing {
    node: 56.0,
    bend: 12.0,
    lone_columns: 6,
};

/// Numbers that look like chance and are the same every time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % bound.max(1)
    }
}

fn graph(nodes: usize, edges: impl IntoIterator<Item = (usize, usize)>) -> CallGraph {
    let weighted = edges.into_iter().enumerate();
    CallGraph {
        nodes,
        edges: weighted
            .map(|(at, (from, to))| CallEdge {
                from,
                to,
                weight: 1 + (at as u64 * 7) % 100,
            })
            .collect(),
    }
}

fn random(nodes: usize, edges: usize, seed: u64) -> CallGraph {
    let mut numbers = Numbers(seed);
    graph(
        nodes,
        (0..edges)
            .map(|_| (numbers.below(nodes), numbers.below(nodes)))
            .collect::<Vec<_>>(),
    )
}

fn placed(graph: &CallGraph) -> Places {
    Layered.place(graph, SPACING, STEPS_MAX)
}

/// Everything that must hold for any graph.
fn check(graph: &CallGraph) -> Places {
    let places = placed(graph);
    assert_eq!(places.nodes.len(), graph.nodes);
    assert_eq!(places.routes.len(), graph.edges.len());
    let mut by_layer: Vec<Place> = places.nodes.clone();
    by_layer.sort_by(|a, b| {
        (a.layer, a.y)
            .partial_cmp(&(b.layer, b.y))
            .expect("heights are numbers")
    });
    for pair in by_layer
        .windows(2)
        .filter(|pair| pair[0].layer == pair[1].layer)
    {
        let gap = pair[1].y - pair[0].y;
        assert!(gap > SPACING.node - 1e-6, "two nodes {gap} apart");
    }
    for place in &places.nodes {
        assert!(place.layer < places.layers.max(1));
        assert!(place.y >= SPACING.node / 2.0 - 1e-6 && place.y <= places.height + 1e-6);
    }
    let is_short = graph.edges.len() < 1_000;
    for (edge, route) in graph.edges.iter().zip(&places.routes) {
        let (from, to) = (places.nodes[edge.from].layer, places.nodes[edge.to].layer);
        let (first, last, bends) = match route {
            Route::Loop => {
                assert_eq!(edge.from, edge.to);
                continue;
            }
            Route::Forward { bends } => (from, to, bends),
            Route::Backward { bends } => (to, from, bends),
        };
        assert!(first < last, "an edge from layer {first} to {last}");
        // One bend in each layer between, or none where there were too many.
        assert!(bends.len() == last - first - 1 || (!is_short && bends.is_empty()));
        assert!(bends.iter().all(|y| (0.0..=places.height).contains(y)));
    }
    assert_eq!(places, placed(graph), "the same graph has the same places");
    places
}

#[test]
fn a_chain_is_a_line() {
    let places = check(&graph(3, [(0, 1), (1, 2)]));
    let layers: Vec<usize> = places.nodes.iter().map(|place| place.layer).collect();
    assert_eq!(layers, [0, 1, 2]);
    assert!(
        places
            .nodes
            .iter()
            .all(|place| (place.y - 28.0).abs() < 1e-6)
    );
    assert_eq!(places.lone_from, None);
}

#[test]
fn the_busiest_direction_of_a_circle_is_forward() {
    let mut two = graph(2, [(0, 1), (1, 0)]);
    (two.edges[0].weight, two.edges[1].weight) = (1, 90);
    let places = check(&two);
    assert!(matches!(places.routes[0], Route::Backward { .. }));
    assert!(matches!(places.routes[1], Route::Forward { .. }));
}

#[test]
fn a_node_that_calls_itself_only_is_alone() {
    let places = check(&graph(3, [(0, 0), (1, 2)]));
    assert_eq!(places.routes[0], Route::Loop);
    assert!(
        places
            .lone_from
            .is_some_and(|from| places.nodes[0].y > from)
    );
}

#[test]
fn edges_that_need_not_cross_do_not() {
    // Two callers, each with callees of its own, told in an order that crosses.
    let places = check(&graph(
        8,
        [(0, 4), (1, 2), (0, 5), (1, 3), (6, 0), (6, 1), (0, 7)],
    ));
    let y = |node: usize| places.nodes[node].y;
    let callees = [(0, [4, 5, 7].as_slice()), (1, [2, 3].as_slice())];
    for (caller, own) in callees {
        for (other, others) in callees.iter().filter(|(other, _)| *other != caller) {
            for (mine, theirs) in own
                .iter()
                .flat_map(|mine| others.iter().map(move |theirs| (mine, theirs)))
            {
                assert_eq!(y(caller) < y(*other), y(*mine) < y(*theirs));
            }
        }
    }
}

#[test]
fn any_graph_has_places() {
    check(&graph(0, []));
    check(&graph(1, []));
    check(&graph(7, []));
    for seed in 0..200 {
        let mut numbers = Numbers(seed);
        let nodes = 1 + numbers.below(24);
        let edges = numbers.below(3 * nodes);
        check(&random(nodes, edges, seed));
    }
}

#[test]
fn large_graphs_have_places() {
    check(&random(300, 900, 1));
    let all = (0..300).flat_map(|from| (0..300).map(move |to| (from, to)));
    check(&graph(300, all));
    check(&graph(2_000, (0..1_999).map(|node| (node, node + 1))));
}

#[test]
fn without_steps_there_are_places_too() {
    let graph = random(40, 120, 3);
    for steps in [0, 1, 100, 10_000] {
        let places = Layered.place(&graph, SPACING, steps);
        assert_eq!(places.nodes.len(), 40);
        assert_eq!(places, Layered.place(&graph, SPACING, steps));
    }
}
