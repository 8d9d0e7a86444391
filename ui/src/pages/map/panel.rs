//! The panel: what is chosen, in figures, and where it leads.

use std::cmp::Reverse;

use clearspan_query::NodeKind;

use super::change::change;
use super::figures::Figures;
use super::graph::{Edge, Graph};
use super::key::{Chosen, Key, closed, with_edge};
use super::named::Named;
use crate::limits::MAP_PANEL_ROWS_MAX;
use crate::pages::chart::{Svg, spark};
use crate::pages::filters;
use crate::pages::format;
use crate::pages::frame::Frame;
use crate::pages::marks::Marks;
use crate::pages::service::service_link;
use crate::pages::view::{Link, View};

pub(super) struct Panel {
    pub(super) close: Link,
    pub(super) about: About,
}

pub(super) enum About {
    Node(NodePanel),
    Edge(EdgePanel),
    /// It is not in this range; its name.
    Missing(String),
}

/// The four figures on top, as they are written.
pub(super) struct Facts {
    pub(super) rate: String,
    pub(super) calls: String,
    pub(super) errors: u64,
    pub(super) error_percent: String,
    pub(super) p50: String,
    pub(super) p95: String,
    pub(super) p99: String,
    /// What has changed since the range before, and the figures of it.
    pub(super) before: Option<(String, String)>,
}

pub(super) struct NodePanel {
    pub(super) named: Named,
    /// The page of a service.
    pub(super) page: Option<Link>,
    pub(super) focus: Link,
    pub(super) traces: Link,
    pub(super) failing: Option<Link>,
    pub(super) logs: Option<Link>,
    pub(super) facts: Facts,
    pub(super) series: Option<Svg>,
    pub(super) called: Relations,
    pub(super) calls: Relations,
    pub(super) own: Relations,
}

/// Edges of one kind at a node, the busiest first.
pub(super) struct Relations {
    pub(super) rows: Vec<Relation>,
    /// Those that the panel has no room for.
    pub(super) left: usize,
}

pub(super) struct Relation {
    pub(super) named: Named,
    pub(super) link: Link,
    pub(super) rate: String,
    pub(super) errors: u64,
    pub(super) p95: String,
    pub(super) change: Option<super::change::Change>,
}

pub(super) struct EdgePanel {
    pub(super) from: Named,
    pub(super) to: Named,
    pub(super) from_link: Link,
    pub(super) to_link: Link,
    pub(super) facts: Facts,
    pub(super) exemplar: Option<Link>,
    pub(super) traces: Link,
    pub(super) failing: Option<Link>,
}

/// What a panel is made with.
#[derive(Clone, Copy)]
pub(super) struct With<'a> {
    pub(super) graph: &'a Graph,
    pub(super) marks: &'a Marks,
    pub(super) frame: &'a Frame,
}

impl Panel {
    pub(super) fn new(with: With, chosen: &Chosen) -> Option<Self> {
        let graph = with.graph;
        let missing = |key: &Key| About::Missing(super::named::whole(key));
        let about = match chosen {
            Chosen::Nothing => return None,
            Chosen::Node(key) => match graph.find(key) {
                Some(at) => About::Node(with.node(at)),
                None => missing(key),
            },
            Chosen::Edge(caller, callee) => match graph.find_edge(caller, callee) {
                Some(at) => About::Edge(with.edge(&graph.edges[at])),
                None => missing(callee),
            },
        };
        Some(Panel {
            close: closed(with.frame).link(),
            about,
        })
    }
}

impl With<'_> {
    fn node(self, at: usize) -> NodePanel {
        let (graph, frame) = (self.graph, self.frame);
        let node = &graph.nodes[at];
        let key = &node.key;
        let query = spans_of(key);
        let is_own = |edge: &Edge| graph.nodes[edge.to].owner == Some(at);
        let edges = |list: &[usize]| list.iter().map(|&at| &graph.edges[at]).collect::<Vec<_>>();
        let (own, calls) = edges(&node.calls)
            .into_iter()
            .partition(|edge| is_own(edge));
        NodePanel {
            named: Named::new(key, self.marks),
            page: key.is_service().then(|| service_link(&key.name, frame)),
            focus: frame
                .view
                .without(&["q", "hops"])
                .with("focus", &key.text())
                .link(),
            traces: self.traces(&query),
            failing: (node.figures.errors > 0)
                .then(|| self.traces(&format!("{query} status:error"))),
            logs: key
                .is_service()
                .then(|| self.on("/logs", &filters::is("service", &key.name))),
            facts: self.facts(&node.figures, node.before.as_ref()),
            series: (!node.series.is_empty()).then(|| spark(&node.series)),
            called: self.relations(edges(&node.called), |edge| edge.from),
            calls: self.relations(calls, |edge| edge.to),
            own: self.relations(own, |edge| edge.to),
        }
    }

    fn edge(self, edge: &Edge) -> EdgePanel {
        let (caller, callee) = (
            &self.graph.nodes[edge.from].key,
            &self.graph.nodes[edge.to].key,
        );
        let query = calls_between(caller, callee);
        let errors = errors_between(caller, callee);
        EdgePanel {
            from: Named::new(caller, self.marks),
            to: Named::new(callee, self.marks),
            from_link: super::key::with_node(self.frame, caller).link(),
            to_link: super::key::with_node(self.frame, callee).link(),
            facts: self.facts(&edge.figures, edge.before.as_ref()),
            exemplar: edge
                .exemplar
                .map(|id| View::at(format!("/trace/{}", hex::encode(id))).link()),
            traces: self.traces(&query),
            failing: (edge.figures.errors > 0).then(|| self.traces(&errors)),
        }
    }

    fn relations<'a>(self, mut edges: Vec<&'a Edge>, other: impl Fn(&Edge) -> usize) -> Relations {
        let nodes = &self.graph.nodes;
        edges.sort_by_key(|edge| (Reverse(edge.figures.calls), &nodes[other(edge)].key));
        let left = edges.len().saturating_sub(MAP_PANEL_ROWS_MAX);
        edges.truncate(MAP_PANEL_ROWS_MAX);
        let row = |edge: &'a Edge| Relation {
            named: Named::new(&nodes[other(edge)].key, self.marks),
            link: with_edge(self.frame, &nodes[edge.from].key, &nodes[edge.to].key).link(),
            rate: format::rate(self.graph.rate(edge.figures.calls)),
            errors: edge.figures.errors,
            p95: format::duration_or_none(edge.figures.p95),
            change: change(&edge.figures, edge.before.as_ref()),
        };
        Relations {
            rows: edges.into_iter().map(row).collect(),
            left,
        }
    }

    fn facts(self, figures: &Figures, before: Option<&Figures>) -> Facts {
        let rate = |calls| format::rate(self.graph.rate(calls));
        Facts {
            rate: rate(figures.calls),
            calls: format::count(figures.calls),
            errors: figures.errors,
            error_percent: format::percent(figures.errors, figures.calls),
            p50: format::duration_or_none(figures.p50),
            p95: format::duration_or_none(figures.p95),
            p99: format::duration_or_none(figures.p99),
            before: before.map(|before| {
                let mut words = format!("{}/s", rate(before.calls));
                if before.errors > 0 {
                    words.push_str(&format!(
                        ", {}\u{a0}% errors",
                        format::percent(before.errors, before.calls)
                    ));
                }
                if let Some(p95) = before.p95 {
                    words.push_str(&format!(", p95 {}", format::duration(p95)));
                }
                let changed = change(figures, Some(before)).map(|change| change.words);
                (changed.unwrap_or_default(), words)
            }),
        }
    }

    fn traces(self, query: &str) -> Link {
        self.on("/traces", query)
    }

    fn on(self, path: &str, query: &str) -> Link {
        let view = View::at(path).with("q", query);
        view.with("from", self.frame.view.get("from"))
            .with("to", self.frame.view.get("to"))
            .link()
    }
}

/// The attributes that may have given a node its name.
fn named_by(kind: NodeKind) -> &'static [&'static str] {
    match kind {
        NodeKind::Service => &["service"],
        NodeKind::Database => &["db.namespace", "server.address", "db.collection.name"],
        NodeKind::Messaging => &["messaging.destination.name"],
        NodeKind::External => &["service.peer.name", "server.address"],
    }
}

/// A query for the spans that are a service's, or that call what is no service.
fn spans_of(key: &Key) -> String {
    let clauses: Vec<String> = named_by(key.kind)
        .iter()
        .map(|field| filters::is(field, &key.name))
        .collect();
    match &clauses[..] {
        [one] => one.clone(),
        _ => format!("({})", clauses.join(" OR ")),
    }
}

/// A query for the traces in which one calls the other: between services some span of either.
pub(super) fn calls_between(caller: &Key, callee: &Key) -> String {
    if caller.is_service() && callee.is_service() && caller != callee {
        format!("{{{}}} {{{}}}", spans_of(caller), spans_of(callee))
    } else if caller == callee {
        spans_of(caller)
    } else {
        format!("{} {}", spans_of(caller), spans_of(callee))
    }
}

fn errors_between(caller: &Key, callee: &Key) -> String {
    if caller.is_service() && callee.is_service() && caller != callee {
        format!(
            "{{{}}} {{{} status:error}}",
            spans_of(caller),
            spans_of(callee)
        )
    } else {
        format!("{} status:error", calls_between(caller, callee))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_leads_to_its_traces() {
        let (cart, price) = (Key::service("cart"), Key::service("price list"));
        assert_eq!(
            calls_between(&cart, &price),
            "{service:cart} {service:\"price list\"}"
        );
        assert_eq!(calls_between(&cart, &cart), "service:cart");
        let items = Key {
            name: "items".to_owned(),
            kind: NodeKind::Database,
        };
        assert_eq!(
            errors_between(&cart, &items),
            "service:cart (db.namespace:items OR server.address:items OR db.collection.name:items) status:error"
        );
    }
}
