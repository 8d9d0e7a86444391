//! The map as SVG: what `layout/` has placed, with colours by class alone.
//!
//! Everything is a link, so that it works without a script: a node or an edge chooses itself. Edges are no stops of the tabulator, for there may be
//! a thousand; the panel of a node leads to each of its edges.

use std::collections::HashSet;
use std::fmt::Write;

use super::focus::{Drawn, start};
use super::graph::{Edge, Graph, Node};
use super::key::{Chosen, with_edge, with_node};
use super::layout::{
    CallEdge, CallGraph, Layered, Layout, Place, Places, Route, STEPS_MAX, Spacing,
};
use super::named::{self, short};
use super::shape;
use crate::pages::chart::Svg;
use crate::pages::frame::Frame;
use crate::pages::marks::Marks;
use crate::pages::text::{Line, plain};

/// Of a node.
pub(super) const NODE_WIDTH: f64 = 142.0;
pub(super) const NODE_HEIGHT: f64 = 40.0;

/// Of a node, for its name.
const NAME_ROOM: f64 = 107.0;

/// How much wider than the pages' own font another may be.
const FONTS_DIFFER: f64 = 1.18;

/// Around the whole drawing.
const EDGE: f64 = 18.0;
pub(super) const TOP: f64 = 20.0;

/// Room between two layers: so much at least that curves are seen, at most that they are short.
const GAP_MIN: f64 = 26.0;
const GAP_MAX: f64 = 110.0;

/// Widths that a page of 1440 pixels has for the map, alone and beside a panel. Wider maps scroll.
const WIDTH_ALONE: f64 = 1374.0;
const WIDTH_BESIDE: f64 = 1050.0;

const SPACING: Spacing = Spacing {
    node: 56.0,
    bend: 12.0,
    lone_columns: 6,
};

/// What is drawn, and for whom.
#[derive(Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) graph: &'a Graph,
    pub(super) drawn: &'a Drawn,
    pub(super) chosen: &'a Chosen,
    pub(super) marks: &'a Marks,
    pub(super) frame: &'a Frame,
    /// Per cent of full size; `None` to fit the page.
    pub(super) zoom: Option<u32>,
}

pub(super) fn draw(scene: Scene) -> Svg {
    let places = place(scene.graph, scene.drawn);
    let pencil = Pencil::new(scene, &places);
    let (width, height) = pencil.size();
    let size = match scene.zoom {
        Some(percent) => {
            let scaled = |length: f64| length * f64::from(percent) / 100.0;
            format!(
                r#" width="{:.0}" height="{:.0}""#,
                scaled(width),
                scaled(height)
            )
        }
        None => r#" width="100%" height="100%""#.to_owned(),
    };
    let mut out = format!(
        r#"<svg class="graph" viewBox="0 0 {width:.0} {height:.0}"{size} role="group" aria-label="Calls between services, from left to right">"#
    );
    // A String takes every write.
    let _written = pencil.write(&mut out);
    out.push_str("</svg>");
    Svg::made(out)
}

fn place(graph: &Graph, drawn: &Drawn) -> Places {
    let mut number = vec![0; graph.nodes.len()];
    for (at, &node) in drawn.nodes.iter().enumerate() {
        number[node] = at;
    }
    let edges = drawn.edges.iter().map(|&at| {
        let edge = &graph.edges[at];
        CallEdge {
            from: number[edge.from],
            to: number[edge.to],
            weight: edge
                .figures
                .calls
                .max(edge.before.map_or(0, |before| before.calls)),
        }
    });
    let calls = CallGraph {
        nodes: drawn.nodes.len(),
        edges: edges.collect(),
    };
    Layered.place(&calls, SPACING, STEPS_MAX)
}

pub(super) struct Pencil<'a> {
    pub(super) scene: Scene<'a>,
    pub(super) places: &'a Places,
    /// From one layer to the next.
    pub(super) pitch: f64,
    /// The place of each node of the graph; only those that are drawn are asked for.
    pub(super) place_of: Vec<Place>,
    /// Edges of the graph that are chosen, or whose node is.
    pub(super) near_edges: HashSet<usize>,
    /// Nodes that do not step back.
    pub(super) near_nodes: HashSet<usize>,
    pub(super) is_rest: bool,
    pub(super) calls_max: u64,
    /// The node that is in sight at first, however large the map.
    first: Option<usize>,
}

impl<'a> Pencil<'a> {
    fn new(scene: Scene<'a>, places: &'a Places) -> Self {
        let Scene {
            graph,
            drawn,
            chosen,
            ..
        } = scene;
        let mut place_of = vec![Place { layer: 0, y: 0.0 }; graph.nodes.len()];
        for (&node, &place) in drawn.nodes.iter().zip(&places.nodes) {
            place_of[node] = place;
        }
        let width = if chosen.is_nothing() {
            WIDTH_ALONE
        } else {
            WIDTH_BESIDE
        };
        let gaps = places.layers.saturating_sub(1).max(1) as f64;
        let pitch = ((width - 2.0 * EDGE - NODE_WIDTH) / gaps).floor();
        let (near_nodes, near_edges) = near(graph, chosen);
        let is_found = chosen.is_nothing() && drawn.found.is_some();
        Pencil {
            scene,
            places,
            pitch: pitch.clamp(NODE_WIDTH + GAP_MIN, NODE_WIDTH + GAP_MAX),
            place_of,
            near_nodes: if is_found {
                drawn.found.iter().flatten().copied().collect()
            } else {
                near_nodes
            },
            near_edges,
            is_rest: chosen.is_nothing() && !is_found,
            calls_max: drawn
                .edges
                .iter()
                .map(|&at| graph.edges[at].figures.calls)
                .max()
                .unwrap_or(0),
            first: start(graph, &drawn.nodes, chosen),
        }
    }

    fn size(&self) -> (f64, f64) {
        let layers = self.places.layers.saturating_sub(1) as f64;
        (
            2.0 * EDGE + NODE_WIDTH + layers * self.pitch,
            self.places.height + 2.0 * TOP,
        )
    }

    pub(super) fn x(&self, layer: usize) -> f64 {
        EDGE + layer as f64 * self.pitch
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        let edges = &self.scene.drawn.edges;
        // What is chosen lies above the others.
        for is_near in [false, true] {
            for (&at, route) in edges.iter().zip(&self.places.routes) {
                if self.near_edges.contains(&at) == is_near {
                    self.edge(out, at, route)?;
                }
            }
        }
        if let Some(from) = self.places.lone_from.filter(|_| !edges.is_empty()) {
            write!(
                out,
                r#"<text class="sb" x="{EDGE}" y="{:.0}">without calls to or from others</text>"#,
                TOP + from - 6.0
            )?;
        }
        for &node in &self.scene.drawn.nodes {
            self.node(out, node)?;
        }
        for (&at, route) in edges.iter().zip(&self.places.routes) {
            self.label(out, at, route)?;
        }
        Ok(())
    }

    fn edge(&self, out: &mut String, at: usize, route: &Route) -> std::fmt::Result {
        let Scene { graph, frame, .. } = self.scene;
        let edge = &graph.edges[at];
        let (caller, callee) = (&graph.nodes[edge.from].key, &graph.nodes[edge.to].key);
        let link = with_edge(frame, caller, callee).link();
        let mut class = String::from("e");
        if edge.figures.errors > 0 {
            class.push_str(" er");
        }
        if self.near_edges.contains(&at) {
            class.push_str(" hi");
        }
        if matches!(route, Route::Backward { .. }) {
            class.push_str(" back");
        }
        if edge.figures.calls == 0 {
            class.push_str(" gone");
        }
        let width = 1.0 + 5.0 * (edge.figures.calls as f64 / self.calls_max.max(1) as f64).sqrt();
        let path = self.path(edge, route);
        let title = plain(&format!(
            "{} → {}: {}",
            name(&graph.nodes[edge.from]),
            name(&graph.nodes[edge.to]),
            self.said(edge)
        ));
        write!(
            out,
            r#"<a href="{link}" tabindex="-1" aria-hidden="true"><title>{}</title><path class="hit" d="{path}"/><path class="{class}" d="{path}" stroke-width="{width:.2}"/>"#,
            Line(&title)
        )?;
        if let Route::Backward { .. } = route {
            let Place { layer, y } = self.place_of[edge.to];
            let (x, y) = (self.x(layer) + NODE_WIDTH + 3.0, TOP + y + shape::BACK);
            write!(
                out,
                r#"<path class="{class} head" d="M{:.1} {:.1}l-6 4l6 4"/>"#,
                x + 6.0,
                y - 4.0
            )?;
        }
        out.push_str("</a>");
        Ok(())
    }

    fn path(&self, edge: &Edge, route: &Route) -> String {
        let (from, to) = (self.place_of[edge.from], self.place_of[edge.to]);
        let start =
            |place: Place, port: f64| (self.x(place.layer) + NODE_WIDTH, TOP + place.y + port);
        let end = |place: Place, port: f64| (self.x(place.layer), TOP + place.y + port);
        let (left, first, bends, last) = match route {
            Route::Loop => {
                let (x, y) = start(from, -NODE_HEIGHT / 2.0);
                return shape::own_loop(x - 34.0, y);
            }
            Route::Forward { bends } => (from.layer, start(from, 0.0), bends, end(to, 0.0)),
            Route::Backward { bends } => (
                to.layer,
                start(to, shape::BACK),
                bends,
                end(from, shape::BACK),
            ),
        };
        let bends = bends.iter().zip(left + 1..);
        let bends = bends.map(|(&y, layer)| {
            (
                self.x(layer) - 6.0,
                self.x(layer) + NODE_WIDTH + 6.0,
                TOP + y,
            )
        });
        shape::curve(first, bends, last)
    }

    fn node(&self, out: &mut String, at: usize) -> std::fmt::Result {
        let Scene {
            graph,
            marks,
            frame,
            chosen,
            ..
        } = self.scene;
        let node = &graph.nodes[at];
        let (x, y) = (self.x(self.place_of[at].layer), TOP + self.place_of[at].y);
        let is_chosen = *chosen == Chosen::Node(node.key.clone());
        let is_dim = !self.is_rest && !self.near_nodes.contains(&at);
        let (class, current) = match (is_chosen, is_dim) {
            (true, _) => ("n sel", r#" aria-current="true""#),
            (_, true) => ("n dim", ""),
            _ => ("n", ""),
        };
        let link = if is_chosen {
            super::key::closed(frame)
        } else {
            with_node(frame, &node.key)
        };
        let own = graph.own(at).count();
        let words = self.node_words(node);
        let label = plain(&format!(
            "{} {}, {}{}",
            node.key.word(),
            name(node),
            words,
            own_words(own)
        ));
        write!(
            out,
            r#"<a class="{class}{}" href="{}" aria-label="{}"{current} data-node><title>{}</title><rect class="node" x="{:.1}" y="{:.1}" width="{}" height="{NODE_HEIGHT}" rx="6"/>"#,
            if self.first == Some(at) { " first" } else { "" },
            link.link(),
            Line(&label),
            Line(&plain(&name(node))),
            x - 2.0,
            y - NODE_HEIGHT / 2.0,
            NODE_WIDTH + 4.0,
        )?;
        shape::ring(out, (x + 15.0, y), node.figures.error_share())?;
        shape::sign(out, (x + 15.0, y), &node.key, marks)?;
        let is_failing = node.figures.errors > 0;
        let short = short(&node.key, marks);
        write!(
            out,
            r#"<text class="nm" x="{:.1}" y="{:.1}"{}>{}</text><text class="sb{}" x="{:.1}" y="{:.1}">{words}</text>"#,
            x + 33.0,
            y - 3.0,
            fitted(&short),
            Line(&short),
            if is_failing { " er" } else { "" },
            x + 33.0,
            y + 12.0,
        )?;
        if own > 0 {
            // On the lower edge, where no text stands.
            shape::cylinder(out, (x + NODE_WIDTH - 18.0, y + 13.5))?;
        }
        out.push_str("</a>");
        Ok(())
    }
}

/// Nodes and edges beside what is chosen.
fn near(graph: &Graph, chosen: &Chosen) -> (HashSet<usize>, HashSet<usize>) {
    let (mut nodes, mut edges) = (HashSet::new(), HashSet::new());
    match chosen {
        Chosen::Nothing => {}
        Chosen::Node(key) => {
            if let Some(at) = graph.find(key) {
                let at = graph.nodes[at].owner.unwrap_or(at);
                nodes.insert(at);
                edges.extend(
                    graph.nodes[at]
                        .calls
                        .iter()
                        .chain(&graph.nodes[at].called)
                        .copied(),
                );
            }
        }
        Chosen::Edge(caller, callee) => edges.extend(graph.find_edge(caller, callee)),
    }
    nodes.extend(
        edges
            .iter()
            .flat_map(|&at| [graph.edges[at].from, graph.edges[at].to]),
    );
    (nodes, edges)
}

/// Holds a name that nearly fills its node to its room: a system's own font may be wider than the one that names are cut for.
fn fitted(name: &str) -> String {
    let width = named::width(name);
    if width * FONTS_DIFFER <= NAME_ROOM {
        return String::new();
    }
    let width = width.min(NAME_ROOM);
    format!(r#" textLength="{width:.0}" lengthAdjust="spacingAndGlyphs""#)
}

fn own_words(own: usize) -> &'static str {
    match own {
        0 => "",
        1 => ", with a database of its own",
        _ => ", with databases of its own",
    }
}

fn name(node: &Node) -> String {
    named::whole(&node.key)
}
