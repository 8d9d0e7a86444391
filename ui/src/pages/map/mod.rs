//! `/map`: who calls whom in a range, how often, how fast, and with how many errors.
//!
//! The map is drawn here, as links, and complete without a script: a script only adds walking with the arrow keys. Below 768 pixels, where
//! it would not be readable, its table takes its place unless the map is asked for.
//!
//! What is looked at stands in the URL:
//!
//! | parameter | what it says |
//! |---|---|
//! | `q` | part of the names that are looked for; the others step back |
//! | `focus`, `hops` | a node, and how far around it is drawn: `1`, `2`, `3` or `all` |
//! | `sel`, `callee` | the chosen node, or the caller and the callee of the chosen edge |
//! | `than=before` | compares with the range before, which is as long |
//! | `view`, `sort`, `page` | `map` or `table`; the order and the page of the table |
//! | `zoom` | per cent of full size, or `fit` |
//!
//! | file | what it holds |
//! |---|---|
//! | `graph.rs`, `figures.rs`, `change.rs` | the calls as nodes and edges; their figures in a range; what has changed since the one before |
//! | `key.rs`, `named.rs` | nodes in URLs; nodes by name |
//! | `focus.rs` | which part is drawn |
//! | `layout/` | where it stands |
//! | `drawing.rs`, `label.rs`, `shape.rs` | the drawing: nodes and edges, words, shapes |
//! | `panel.rs` | what is chosen |
//! | `table.rs` | the map as a table |
//! | `said.rs` | what its bars say |
//! | `zoom.rs` | its size on the page |

mod change;
mod drawing;
mod figures;
mod focus;
mod graph;
mod key;
mod label;
mod layout;
mod named;
mod panel;
mod said;
mod shape;
mod table;
mod zoom;

use std::collections::HashSet;

use askama::Template;
use axum::response::Response;
use clearspan_query::{
    AskedRange, DependenciesRequest, QueryEngine, QueryError, ServicesRequest, TenantId,
};

use self::drawing::Scene;
use self::figures::Answers;
use self::focus::{Drawn, Hops};
use self::graph::Graph;
use self::key::{Chosen, Key};
use self::panel::{About, Panel};
use self::said::{Compare, Hop, Nothing, Said, hops};
use self::table::{Sort, Table};
use self::zoom::Zoom;
use super::asked::{Asked, Question, page};
use super::chart::Svg;
use super::frame::{Frame, Here};
use super::marks::Marks;
use super::paging::{self, PAGE};
use super::view::{Link, View};
use crate::answer::made;
use crate::error::ApiError;
use crate::time::range_of;

pub(super) use key::ends_of;
pub(super) use named::Named;

/// Bars of a service's calls over time.
const BARS: usize = 30;

pub(crate) async fn map(asked: Asked) -> Response {
    asked.answer(Here::Map, answer).await
}

async fn answer(question: Question) -> Result<Response, ApiError> {
    let Question {
        api, params, frame, ..
    } = question;
    let timer = api.timer();
    let asked = Wanted {
        part: focus::Asked {
            focus: Key::parse(frame.view.get("focus")),
            hops: params.word("hops", Hops::EXPECTED, Hops::parse)?,
            words: frame.query().to_owned(),
        },
        chosen: Chosen::read(&frame.view),
        shape: params
            .word("view", Shape::EXPECTED, Shape::parse)?
            .unwrap_or(Shape::ByWidth),
        sort: params
            .word("sort", Sort::EXPECTED, Sort::parse)?
            .unwrap_or_default(),
        zoom: params
            .word("zoom", Zoom::EXPECTED, Zoom::parse)?
            .unwrap_or_default(),
        page: paging::asked(&frame.view)?.unwrap_or(1),
    };
    let before = match params.word("than", "before", |word| (word == "before").then_some(()))? {
        Some(()) => range_before(&frame)?,
        None => None,
    };
    let (engine, tenant) = (api.engine()?, api.tenant());
    let range = frame.range.asked;
    let now = answers(engine, &tenant, range, Some(BARS)).await?;
    let before = match before {
        Some(range) => Some(answers(engine, &tenant, range, None).await?),
        None => None,
    };
    let status = api.status().await?;
    let found = Found {
        now,
        before,
        marks: Marks::read(&api)?,
        has_spans: status.spans.rows > 0,
        newest_ns: status.spans.newest_ns,
        elapsed_ms: timer.elapsed_ms(),
    };
    made(move || page(&Map::new(frame, &asked, &found))).await
}

/// Calls and services of a range; `series` is how many bars of its calls over time each service gets.
async fn answers(
    engine: &QueryEngine,
    tenant: &TenantId,
    range: AskedRange,
    series: Option<usize>,
) -> Result<Answers, QueryError> {
    let calls = engine.dependencies(tenant, DependenciesRequest { range });
    let services = engine.services(tenant, ServicesRequest { range, series });
    let (calls, services) = futures::try_join!(calls, services)?;
    Ok(Answers { calls, services })
}

/// As long a range, just before; `None` where the range has no start.
fn range_before(frame: &Frame) -> Result<Option<AskedRange>, ApiError> {
    let ends = frame.range.shifted(-1);
    ends.map(|(from, to)| range_of(&from, &to)).transpose()
}

/// What is asked of the page.
struct Wanted {
    part: focus::Asked,
    chosen: Chosen,
    shape: Shape,
    sort: Sort,
    zoom: Zoom,
    page: usize,
}

/// Map or table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// The map where there is room for it.
    ByWidth,
    Map,
    Table,
}

impl Shape {
    const EXPECTED: &'static str = "map or table";

    fn parse(text: &str) -> Option<Self> {
        match text {
            "map" => Some(Shape::Map),
            "table" => Some(Shape::Table),
            _ => None,
        }
    }
}

/// What the page is made of.
struct Found {
    now: Answers,
    before: Option<Answers>,
    marks: Marks,
    has_spans: bool,
    newest_ns: Option<i64>,
    elapsed_ms: u64,
}

#[derive(Template)]
#[template(path = "map.html")]
struct Map {
    frame: Frame,
    said: Said,
    shape: Shape,
    as_map: Link,
    as_table: Link,
    hops: Vec<Hop>,
    compare: Compare,
    drawing: Option<Svg>,
    zoom: zoom::Links,
    panel: Option<Panel>,
    table: Table,
    nothing: Nothing,
    missing: usize,
    elapsed_ms: u64,
}

impl Map {
    fn new(frame: Frame, asked: &Wanted, found: &Found) -> Self {
        let missing = missing(found);
        let mut graph = Graph::new(&found.now, seconds(&frame));
        let is_compared = found.before.is_some();
        if let Some(before) = &found.before {
            graph.tell_before(before);
        }
        let marks = &found.marks;
        let drawn = Drawn::new(&graph, &asked.part, &asked.chosen);
        let nothing = Nothing::of(&frame, &graph, &drawn, (found.has_spans, found.newest_ns));
        let is_drawn = asked.shape != Shape::Table && matches!(nothing, Nothing::NotSo);
        let drawing = is_drawn.then(|| {
            drawing::draw(Scene {
                graph: &graph,
                drawn: &drawn,
                chosen: &asked.chosen,
                marks,
                frame: &frame,
                zoom: asked.zoom.percent(),
            })
        });
        let only = drawn
            .found
            .clone()
            .or_else(|| asked.part.focus.as_ref().map(|_| drawn.centres.clone()));
        let table = Table::new(table::With {
            graph: &graph,
            marks,
            frame: &frame,
            sort: asked.sort,
            page: asked.page,
            only: only.as_deref().filter(|only| !only.is_empty()),
            compares: is_compared,
        });
        let with = panel::With {
            graph: &graph,
            marks,
            frame: &frame,
        };
        Map {
            said: Said::new(&frame, &graph, &drawn, asked.shape),
            shape: asked.shape,
            as_map: frame
                .view
                .without(&[PAGE, "sort"])
                .with("view", "map")
                .link(),
            as_table: frame.view.with("view", "table").link(),
            hops: hops(&frame, &drawn),
            compare: Compare::new(&frame, is_compared),
            panel: Panel::new(with, &asked.chosen),
            zoom: asked.zoom.links(&frame.view),
            drawing,
            table,
            nothing,
            missing,
            elapsed_ms: found.elapsed_ms,
            frame,
        }
    }
}

/// Segments that could not be read, be it for both ranges.
fn missing(found: &Found) -> usize {
    let both = [Some(&found.now), found.before.as_ref()];
    let unread = both.into_iter().flatten().flat_map(|of| &of.calls.missing);
    let segments: HashSet<_> = unread.map(|missing| &missing.path).collect();
    segments.len()
}

/// How long the range is. One without a start begins in 1970, as the services' rates have it.
fn seconds(frame: &Frame) -> f64 {
    let (from, to) = frame.range.ends();
    (i128::from(to) - i128::from(from)) as f64 / 1e9
}

/// The map around a service, in the range of a page.
pub(super) fn map_link(name: &str, frame: &Frame) -> Link {
    let key = Key::service(name).text();
    let view = View::at("/map").with("focus", &key).with("sel", &key);
    view.with("from", frame.view.get("from"))
        .with("to", frame.view.get("to"))
        .link()
}
