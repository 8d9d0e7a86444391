//! The map as a table: every edge, sorted and page by page.

use std::cmp::Ordering;

use super::change::{Change, change};
use super::graph::{Edge, Graph};
use super::key::with_edge;
use super::named::Named;
use crate::limits::{MAP_LONE_NAMES_MAX, MAP_TABLE_ROWS};
use crate::pages::format;
use crate::pages::frame::Frame;
use crate::pages::marks::Marks;
use crate::pages::paging::Paging;
use crate::pages::table::{Head, Sorted};
use crate::pages::view::{Link, View};

pub(super) struct Table {
    pub(super) heads: Vec<Head>,
    pub(super) rows: Vec<Row>,
    pub(super) paging: Paging,
    /// Services without an edge, as many as are listed, and how many are not.
    pub(super) lone: Vec<Named>,
    pub(super) lone_left: usize,
    pub(super) compares: bool,
}

pub(super) struct Row {
    pub(super) from: Named,
    pub(super) to: Named,
    pub(super) link: Link,
    pub(super) rate: String,
    pub(super) errors: u64,
    pub(super) error_percent: String,
    pub(super) p50: String,
    pub(super) p95: String,
    pub(super) p99: String,
    pub(super) before: String,
    pub(super) change: Option<Change>,
    pub(super) exemplar: Option<Link>,
}

/// What the rows are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sort {
    key: SortKey,
    is_descending: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SortKey {
    Caller,
    Callee,
    Rate,
    Errors,
    ErrorRate,
    P50,
    P95,
    P99,
}

impl Default for Sort {
    fn default() -> Self {
        Sort {
            key: SortKey::Rate,
            is_descending: true,
        }
    }
}

impl Sort {
    pub(super) const EXPECTED: &'static str = "caller, callee, rate, errors, error_rate, p50, p95 or p99, with a - before it for largest first";

    pub(super) fn parse(text: &str) -> Option<Self> {
        let is_descending = text.starts_with('-');
        let word = text.strip_prefix('-').unwrap_or(text);
        let (key, _, _, _) = SortKey::ALL
            .into_iter()
            .find(|(_, known, _, _)| *known == word)?;
        Some(Sort { key, is_descending })
    }
}

impl SortKey {
    /// With its word in the URL, and the words and the class of its column.
    const ALL: [(SortKey, &'static str, &'static str, &'static str); 8] = [
        (SortKey::Caller, "caller", "Caller", "first"),
        (SortKey::Callee, "callee", "Callee", ""),
        (SortKey::Rate, "rate", "Calls/s", "r hide-s"),
        (SortKey::Errors, "errors", "Errors", "r hide-m"),
        (SortKey::ErrorRate, "error_rate", "Error %", "r"),
        (SortKey::P50, "p50", "p50", "r hide-m"),
        (SortKey::P95, "p95", "p95", "r"),
        (SortKey::P99, "p99", "p99", "r hide-m"),
    ];

    fn order(self, graph: &Graph, a: &Edge, b: &Edge) -> Ordering {
        let name = |node: usize| &graph.nodes[node].key;
        match self {
            SortKey::Caller => name(a.from).cmp(name(b.from)),
            SortKey::Callee => name(a.to).cmp(name(b.to)),
            SortKey::Rate => a.figures.calls.cmp(&b.figures.calls),
            SortKey::Errors => a.figures.errors.cmp(&b.figures.errors),
            SortKey::ErrorRate => a.figures.error_share().total_cmp(&b.figures.error_share()),
            SortKey::P50 => a.figures.p50.cmp(&b.figures.p50),
            SortKey::P95 => a.figures.p95.cmp(&b.figures.p95),
            SortKey::P99 => a.figures.p99.cmp(&b.figures.p99),
        }
    }
}

/// What a table is made with.
#[derive(Clone, Copy)]
pub(super) struct With<'a> {
    pub(super) graph: &'a Graph,
    pub(super) marks: &'a Marks,
    pub(super) frame: &'a Frame,
    pub(super) sort: Sort,
    pub(super) page: usize,
    /// Nodes of which an edge must have one; `None` for all edges.
    pub(super) only: Option<&'a [usize]>,
    pub(super) compares: bool,
}

impl Table {
    pub(super) fn new(with: With) -> Self {
        let graph = with.graph;
        let is_wanted = |node: usize| with.only.is_none_or(|only| only.contains(&node));
        let mut edges: Vec<&Edge> = graph
            .edges
            .iter()
            .filter(|edge| is_wanted(edge.from) || is_wanted(edge.to))
            .collect();
        sort(graph, &mut edges, with.sort);
        let view = with.frame.view.with("view", "table");
        let paging = Paging::new(&view, with.page, MAP_TABLE_ROWS, edges.len());
        let lone = graph.nodes.iter().enumerate();
        let lone: Vec<&super::graph::Node> = lone
            .filter(|(at, node)| is_wanted(*at) && node.calls.is_empty() && node.called.is_empty())
            .map(|(_, node)| node)
            .collect();
        Table {
            heads: heads(&view, with.sort),
            rows: edges[paging.rows.clone()]
                .iter()
                .map(|edge| with.row(edge))
                .collect(),
            paging,
            lone_left: lone.len().saturating_sub(MAP_LONE_NAMES_MAX),
            lone: lone
                .iter()
                .take(MAP_LONE_NAMES_MAX)
                .map(|node| Named::new(&node.key, with.marks))
                .collect(),
            compares: with.compares,
        }
    }
}

/// Equal rows: by caller, then by callee.
fn sort(graph: &Graph, edges: &mut [&Edge], sort: Sort) {
    edges.sort_by(|a, b| {
        let order = sort.key.order(graph, a, b);
        let order = if sort.is_descending {
            order.reverse()
        } else {
            order
        };
        let by_name = || {
            SortKey::Caller
                .order(graph, a, b)
                .then_with(|| SortKey::Callee.order(graph, a, b))
        };
        order.then_with(by_name)
    });
}

impl With<'_> {
    fn row(self, edge: &Edge) -> Row {
        let figures = &edge.figures;
        let (caller, callee) = (
            &self.graph.nodes[edge.from].key,
            &self.graph.nodes[edge.to].key,
        );
        Row {
            from: Named::new(caller, self.marks),
            to: Named::new(callee, self.marks),
            link: with_edge(self.frame, caller, callee).link(),
            rate: format::rate(self.graph.rate(figures.calls)),
            errors: figures.errors,
            error_percent: format::percent(figures.errors, figures.calls),
            p50: format::duration_or_none(figures.p50),
            p95: format::duration_or_none(figures.p95),
            p99: format::duration_or_none(figures.p99),
            before: edge.before.map_or(String::new(), |before| {
                format!(
                    "{}/s · {}",
                    format::rate(self.graph.rate(before.calls)),
                    format::duration_or_none(before.p95)
                )
            }),
            change: change(figures, edge.before.as_ref()),
            exemplar: edge
                .exemplar
                .map(|id| View::at(format!("/trace/{}", hex::encode(id))).link()),
        }
    }
}

fn heads(view: &View, sort: Sort) -> Vec<Head> {
    let word = |key: SortKey| {
        SortKey::ALL
            .iter()
            .find(|(known, ..)| *known == key)
            .map_or("", |(_, word, ..)| word)
    };
    let now = Sorted {
        by: word(sort.key),
        is_descending: sort.is_descending,
    };
    let all = SortKey::ALL.into_iter();
    all.map(|(key, word, words, class)| {
        let is_worst_first = !matches!(key, SortKey::Caller | SortKey::Callee);
        Head::sorting(word, words, class, (view, now), is_worst_first)
    })
    .collect()
}
