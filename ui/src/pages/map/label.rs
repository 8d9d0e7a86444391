//! What the map writes: of a node its second line, of an edge its figures or what has changed.

use std::fmt::{Result, Write};

use super::change::change;
use super::drawing::{NODE_HEIGHT, NODE_WIDTH, Pencil, Scene, TOP};
use super::graph::{Edge, Node};
use super::key::Chosen;
use super::layout::{Place, Route};
use crate::pages::format;

impl Pencil<'_> {
    /// The second line of a node.
    pub(super) fn node_words(&self, node: &Node) -> String {
        let figures = &node.figures;
        if figures.errors > 0 {
            return format!(
                "{}\u{a0}% errors",
                format::percent(figures.errors, figures.calls)
            );
        }
        if let Some(before) = node
            .before
            .filter(|before| figures.calls == 0 && before.calls > 0)
        {
            return format!(
                "gone, was {}/s",
                format::rate(self.scene.graph.rate(before.calls))
            );
        }
        let rate = format!("{}/s", format::rate(self.scene.graph.rate(figures.calls)));
        match figures.p95 {
            Some(p95) => format!("{rate} · {}", format::duration(p95)),
            None => rate,
        }
    }

    /// What is written at an edge: at the far end of one that is chosen its figures, else what has changed.
    pub(super) fn label(&self, out: &mut String, at: usize, route: &Route) -> Result {
        let Scene { graph, chosen, .. } = self.scene;
        let edge = &graph.edges[at];
        let changed = change(&edge.figures, edge.before.as_ref());
        let is_near = self.near_edges.contains(&at);
        if (!is_near && (changed.is_none() || !self.is_rest)) || matches!(route, Route::Loop) {
            return Ok(());
        }
        let is_bad = changed
            .as_ref()
            .map_or(edge.figures.errors > 0, |change| change.is_worse);
        let words = changed.map_or_else(|| self.said_briefly(edge), |change| change.words);
        // The chosen node's own end is crowded, the other one is not.
        let is_out = match chosen {
            Chosen::Node(key) => graph.nodes[edge.from].key == *key,
            _ => true,
        };
        let (far, near) = if is_out {
            (edge.to, edge.from)
        } else {
            (edge.from, edge.to)
        };
        let Place { layer, y } = self.place_of[far];
        let is_below = y > self.place_of[near].y + 4.0;
        let y = TOP
            + y
            + if is_below {
                NODE_HEIGHT / 2.0 + 12.0
            } else {
                -NODE_HEIGHT / 2.0 - 6.0
            };
        let (x, anchor) = if is_out {
            (self.x(layer), "start")
        } else {
            (self.x(layer) + NODE_WIDTH, "end")
        };
        write!(
            out,
            r#"<text class="el{}" x="{x:.1}" y="{y:.1}" text-anchor="{anchor}" aria-hidden="true">{words}</text>"#,
            if is_bad { " er" } else { "" },
        )
    }

    fn said_briefly(&self, edge: &Edge) -> String {
        let rate = format!(
            "{}/s",
            format::rate(self.scene.graph.rate(edge.figures.calls))
        );
        match edge.figures.p95 {
            Some(p95) => format!("{rate} · {}", format::duration(p95)),
            None => rate,
        }
    }

    pub(super) fn said(&self, edge: &Edge) -> String {
        let figures = &edge.figures;
        let mut said = format!("{}/s", format::rate(self.scene.graph.rate(figures.calls)));
        if let Some(p95) = figures.p95 {
            let _written = write!(said, " · {}", format::duration(p95));
        }
        if figures.errors > 0 {
            let _written = write!(
                said,
                " · {}\u{a0}% errors",
                format::percent(figures.errors, figures.calls)
            );
        }
        said
    }
}
