//! Which part of the graph is drawn: all of it, or what lies within some steps of a few nodes.
//!
//! Above [`MAP_WHOLE_NODES_MAX`] nodes the map begins at the node that needs a look most. Whatever is asked, at most
//! [`MAP_NODES_MAX`] nodes and [`MAP_EDGES_MAX`] edges are drawn, the busiest; the page says so, and the table has all.

use std::cmp::Reverse;

use super::graph::Graph;
use super::key::{Chosen, Key};
use crate::limits::{MAP_EDGES_MAX, MAP_NODES_MAX, MAP_WHOLE_NODES_MAX};

/// How far from its focus the map goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hops {
    All,
    /// So many steps.
    Within(usize),
}

impl Hops {
    pub(super) const EXPECTED: &'static str = "all, 1, 2 or 3";

    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "all" => Some(Hops::All),
            "1" | "2" | "3" => text.parse().ok().map(Hops::Within),
            _ => None,
        }
    }
}

/// Around what the map is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    /// The node that `focus` names.
    pub(super) focus: Option<Key>,
    pub(super) hops: Option<Hops>,
    /// Part of a name, from the query bar.
    pub(super) words: String,
}

/// What is drawn.
#[derive(Debug, Default)]
pub(super) struct Drawn {
    /// Nodes and edges of the graph, in its order.
    pub(super) nodes: Vec<usize>,
    pub(super) edges: Vec<usize>,
    /// The nodes around which it is drawn; empty for the whole.
    pub(super) centres: Vec<usize>,
    pub(super) hops: Option<usize>,
    /// The focus was chosen for the reader.
    pub(super) is_by_itself: bool,
    /// Nodes whose names have the words; `None` when nothing was looked for.
    pub(super) found: Option<Vec<usize>>,
    /// Nodes and edges that lie within, and are too many to be drawn.
    pub(super) nodes_left: usize,
    pub(super) edges_left: usize,
}

impl Drawn {
    pub(super) fn new(graph: &Graph, asked: &Asked, chosen: &Chosen) -> Self {
        let free: Vec<usize> = (0..graph.nodes.len())
            .filter(|&node| graph.nodes[node].owner.is_none())
            .collect();
        let mut drawn = Drawn {
            found: found(graph, &asked.words),
            ..Drawn::default()
        };
        let is_large = free.len() > MAP_WHOLE_NODES_MAX;
        let named = asked.focus.as_ref().and_then(|key| graph.find(key));
        drawn.centres = match (named, &drawn.found, asked.hops) {
            (_, _, Some(Hops::All)) => Vec::new(),
            (Some(node), _, _) => vec![graph.nodes[node].owner.unwrap_or(node)],
            (None, Some(found), hops) if !found.is_empty() && (is_large || hops.is_some()) => {
                found.clone()
            }
            (None, _, hops) if is_large || hops.is_some() => {
                drawn.is_by_itself = true;
                start(graph, &free, chosen).into_iter().collect()
            }
            _ => Vec::new(),
        };
        let reached = if drawn.centres.is_empty() {
            free
        } else {
            let hops = match asked.hops {
                Some(Hops::Within(hops)) => hops,
                _ => 1,
            };
            drawn.hops = Some(hops);
            within(graph, &drawn.centres, hops)
        };
        drawn.take(graph, reached, chosen);
        drawn
    }

    /// Takes of what is reached as much as can be drawn: what comes first, and the busiest edges.
    fn take(&mut self, graph: &Graph, mut reached: Vec<usize>, chosen: &Chosen) {
        if self.centres.is_empty() {
            reached.sort_by_key(|&node| Reverse(graph.nodes[node].figures.calls));
        }
        self.nodes_left = reached.len().saturating_sub(MAP_NODES_MAX);
        reached.truncate(MAP_NODES_MAX);
        reached.sort_unstable();
        let mut is_drawn = vec![false; graph.nodes.len()];
        for &node in &reached {
            is_drawn[node] = true;
        }
        let chosen = chosen_nodes(graph, chosen);
        let mut edges: Vec<usize> = (0..graph.edges.len())
            .filter(|&at| is_drawn[graph.edges[at].from] && is_drawn[graph.edges[at].to])
            .collect();
        edges.sort_by_key(|&at| {
            let edge = &graph.edges[at];
            let is_chosen = chosen.contains(&edge.from) || chosen.contains(&edge.to);
            Reverse((is_chosen, edge.figures.calls))
        });
        self.edges_left = edges.len().saturating_sub(MAP_EDGES_MAX);
        edges.truncate(MAP_EDGES_MAX);
        edges.sort_unstable();
        (self.nodes, self.edges) = (reached, edges);
    }
}

/// Nodes with `words` in their name, ignoring case.
fn found(graph: &Graph, words: &str) -> Option<Vec<usize>> {
    let words = words.trim().to_lowercase();
    if words.is_empty() {
        return None;
    }
    let nodes = graph.nodes.iter().enumerate();
    let mut found: Vec<usize> = nodes
        .filter(|(_, node)| node.key.name.to_lowercase().contains(&words))
        .map(|(at, node)| node.owner.unwrap_or(at))
        .collect();
    found.sort_unstable();
    found.dedup();
    Some(found)
}

/// The chosen node; else the one with most errors; without any the busiest.
pub(super) fn start(graph: &Graph, free: &[usize], chosen: &Chosen) -> Option<usize> {
    let chosen = chosen_nodes(graph, chosen);
    chosen.first().copied().or_else(|| {
        // Of equals the first by name.
        let needs = |node: usize| {
            let figures = graph.nodes[node].figures;
            Reverse((figures.errors, figures.calls))
        };
        free.iter().copied().min_by_key(|&node| needs(node))
    })
}

fn chosen_nodes(graph: &Graph, chosen: &Chosen) -> Vec<usize> {
    let keys: Vec<&Key> = match chosen {
        Chosen::Nothing => Vec::new(),
        Chosen::Node(key) => vec![key],
        Chosen::Edge(caller, callee) => vec![caller, callee],
    };
    let nodes = keys.into_iter().filter_map(|key| graph.find(key));
    nodes
        .map(|node| graph.nodes[node].owner.unwrap_or(node))
        .collect()
}

/// Nodes within `hops` steps of the centres, in whichever direction; the nearest come first.
fn within(graph: &Graph, centres: &[usize], hops: usize) -> Vec<usize> {
    let mut is_seen = vec![false; graph.nodes.len()];
    let mut reached: Vec<usize> = Vec::new();
    let mut edge: Vec<usize> = centres.to_vec();
    for hop in 0..=hops {
        let mut next = Vec::new();
        edge.sort_by_key(|&node| Reverse(graph.nodes[node].figures.calls));
        for node in edge {
            if std::mem::replace(&mut is_seen[node], true) || graph.nodes[node].owner.is_some() {
                continue;
            }
            reached.push(node);
            if hop < hops {
                next.extend(graph.nodes[node].calls.iter().map(|&at| graph.edges[at].to));
                next.extend(
                    graph.nodes[node]
                        .called
                        .iter()
                        .map(|&at| graph.edges[at].from),
                );
            }
        }
        edge = next;
    }
    reached
}

#[cfg(test)]
mod tests {
    use clearspan_query::NodeKind;

    use super::*;

    /// Services in a row, each calling the next, the last with a database of its own.
    fn row(services: usize) -> Graph {
        let mut graph = Graph::default();
        let service = |n: usize| Key::service(&format!("s{n:03}"));
        for n in 1..services {
            let at = graph.edge(service(n - 1), service(n));
            graph.edges[at].figures.calls = n as u64;
        }
        let database = Key {
            name: "items".to_owned(),
            kind: NodeKind::Database,
        };
        graph.edge(service(services - 1), database);
        graph.find_owners();
        graph
    }

    fn drawn(graph: &Graph, focus: Option<&str>, hops: Option<Hops>, words: &str) -> Vec<String> {
        let asked = Asked {
            focus: focus.map(Key::service),
            hops,
            words: words.to_owned(),
        };
        let drawn = Drawn::new(graph, &asked, &Chosen::Nothing);
        let nodes = drawn.nodes.iter();
        nodes
            .map(|&node| graph.nodes[node].key.name.clone())
            .collect()
    }

    #[test]
    fn a_small_map_is_drawn_whole_without_databases_of_one_service() {
        assert_eq!(
            drawn(&row(4), None, None, ""),
            ["s000", "s001", "s002", "s003"]
        );
        assert_eq!(drawn(&row(4), None, None, "S002").len(), 4);
    }

    #[test]
    fn a_focus_reaches_so_far() {
        let graph = row(9);
        let around = |hops| drawn(&graph, Some("s004"), hops, "");
        assert_eq!(around(None), ["s003", "s004", "s005"]);
        assert_eq!(around(Some(Hops::Within(2))).len(), 5);
        assert_eq!(around(Some(Hops::All)).len(), 9);
        assert_eq!(
            drawn(&graph, None, Some(Hops::Within(1)), "s007"),
            ["s006", "s007", "s008"]
        );
        // What is not there focuses nothing.
        assert_eq!(drawn(&graph, Some("gone"), None, "").len(), 9);
    }

    #[test]
    fn a_large_map_begins_where_it_fails() {
        let mut graph = row(200);
        graph.nodes[50].figures.errors = 3;
        assert_eq!(drawn(&graph, None, None, ""), ["s049", "s050", "s051"]);
        assert_eq!(drawn(&graph, None, None, "s1").len(), 101);
        assert_eq!(drawn(&graph, None, Some(Hops::All), "").len(), 200);
    }

    #[test]
    fn what_is_too_much_is_counted() {
        let mut graph = Graph::default();
        let service = |n: usize| Key::service(&format!("s{n:03}"));
        for (from, to) in
            (0..500).flat_map(|from| (0..8).map(move |step| (from, (from + step) % 500)))
        {
            graph.edge(service(from), service(to));
        }
        let asked = Asked {
            focus: None,
            hops: Some(Hops::All),
            words: String::new(),
        };
        let drawn = Drawn::new(&graph, &asked, &Chosen::Nothing);
        assert_eq!((drawn.nodes.len(), drawn.nodes_left), (MAP_NODES_MAX, 100));
        assert_eq!(drawn.edges.len(), MAP_EDGES_MAX);
        assert!(drawn.edges_left > 0);
    }
}
