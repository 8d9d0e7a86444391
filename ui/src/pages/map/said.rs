//! What the bars of the map say, and why there may be no map.

use super::focus::Drawn;
use super::graph::Graph;
use super::{Shape, named};
use crate::pages::format;
use crate::pages::frame::Frame;
use crate::pages::text::plain;
use crate::pages::view::Link;

/// A choice of how far around the focus is drawn.
pub(super) struct Hop {
    pub(super) words: &'static str,
    pub(super) link: Link,
    pub(super) is_now: bool,
}

/// The comparison with the range before.
pub(super) struct Compare {
    pub(super) is_on: bool,
    pub(super) link: Link,
    /// The range before, in words.
    pub(super) range: String,
}

/// Counts in words.
pub(super) struct Said {
    /// The services, and on a page with room the rest.
    pub(super) services: String,
    pub(super) rest: String,
    /// What is drawn of it, where that is not all.
    pub(super) part: String,
    /// The way to all of it.
    pub(super) all: Option<Link>,
    pub(super) calls: String,
}

/// Why there is no map.
pub(super) enum Nothing {
    NotSo,
    Ever,
    InRange { newest: Option<(Link, String)> },
    OfThisName { without: Link },
}

pub(super) fn hops(frame: &Frame, drawn: &Drawn) -> Vec<Hop> {
    let all = [
        ("all", "All", None),
        ("1", "1 hop", Some(1)),
        ("2", "2 hops", Some(2)),
        ("3", "3 hops", Some(3)),
    ];
    all.into_iter()
        .map(|(value, words, hops)| Hop {
            words,
            link: frame.view.with("hops", value).link(),
            is_now: drawn.hops == hops,
        })
        .collect()
}

impl Compare {
    pub(super) fn new(frame: &Frame, is_on: bool) -> Self {
        let view = &frame.view;
        Compare {
            is_on,
            link: if is_on {
                view.without(&["than"]).link()
            } else {
                view.with("than", "before").link()
            },
            range: frame.range.before(),
        }
    }
}

impl Said {
    pub(super) fn new(frame: &Frame, graph: &Graph, drawn: &Drawn, shape: Shape) -> Self {
        let mut part = Vec::new();
        if let [centre] = drawn.centres[..] {
            let name = named::whole(&graph.nodes[centre].key);
            let why = if drawn.is_by_itself {
                ", which needs a look most"
            } else {
                ""
            };
            part.push(format!("around {}{why}", plain(&name)));
        }
        if drawn.nodes_left > 0 {
            part.push(format!(
                "the busiest {} of {}",
                drawn.nodes.len(),
                count(drawn.nodes.len() + drawn.nodes_left, "node")
            ));
        }
        if drawn.edges_left > 0 {
            let all = count(drawn.edges.len() + drawn.edges_left, "connection");
            part.push(format!(
                "the busiest {} of {all}",
                format::count(drawn.edges.len() as u64)
            ));
        }
        let calls: u64 = graph.edges.iter().map(|edge| edge.figures.calls).sum();
        Said {
            services: count(graph.services(), "service"),
            rest: rest(graph, shape),
            part: part.join(", "),
            all: (!drawn.centres.is_empty())
                .then(|| frame.view.without(&["focus"]).with("hops", "all").link()),
            calls: format::count(calls),
        }
    }
}

/// What can be counted: on the map its boxes, its lines, and the databases within boxes; in the table its rows.
fn rest(graph: &Graph, shape: Shape) -> String {
    let edges = graph.edges.len();
    if shape == Shape::Table {
        return format!(", {}", count(edges, "connection"));
    }
    let own = graph
        .nodes
        .iter()
        .filter(|node| node.owner.is_some())
        .count();
    let others = graph.nodes.len() - own - graph.services();
    let mut heading = String::new();
    if others > 0 {
        heading.push_str(&format!(", {}", count(others, "other")));
    }
    // One edge leads to each of the databases within.
    heading.push_str(&format!(", {}", count(edges - own, "connection")));
    if own > 0 {
        heading.push_str(&format!(", {}", count(own, "own database")));
    }
    heading
}

fn count(n: usize, word: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{} {word}{s}", format::count(n as u64))
}

impl Nothing {
    pub(super) fn of(
        frame: &Frame,
        graph: &Graph,
        drawn: &Drawn,
        (has_spans, newest_ns): (bool, Option<i64>),
    ) -> Self {
        if !has_spans {
            return Nothing::Ever;
        }
        if graph.nodes.is_empty() {
            let newest = newest_ns.map(|ns| {
                let at = format!(
                    "{} {} UTC",
                    format::day(ns, frame.range.now_ns),
                    format::clock_ms(ns)
                );
                (frame.around(ns), at)
            });
            return Nothing::InRange { newest };
        }
        match &drawn.found {
            Some(found) if found.is_empty() => Nothing::OfThisName {
                without: frame.view.without(&["q"]).link(),
            },
            _ => Nothing::NotSo,
        }
    }
}

#[cfg(test)]
mod tests {
    use clearspan_query::NodeKind;

    use super::*;
    use crate::pages::map::key::Key;

    #[test]
    fn the_heading_counts_what_is_drawn() {
        let mut graph = Graph::default();
        let key = |name: &str, kind| Key {
            name: name.to_owned(),
            kind,
        };
        let (shop, till) = (Key::service("shop"), Key::service("till"));
        graph.edge(shop.clone(), till.clone());
        assert_eq!(rest(&graph, Shape::Map), ", 1 connection");
        graph.edge(till.clone(), key("money", NodeKind::Database));
        graph.edge(till.clone(), key("log", NodeKind::Database));
        graph.edge(till, key("mail", NodeKind::Messaging));
        graph.edge(shop, key("mail", NodeKind::Messaging));
        graph.find_owners();
        assert_eq!(
            rest(&graph, Shape::ByWidth),
            ", 1 other, 3 connections, 2 own databases"
        );
        assert_eq!(rest(&graph, Shape::Table), ", 5 connections");
    }
}
