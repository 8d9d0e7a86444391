//! `/service/{name}`: how one service answers: rate, errors and durations on one axis, the heatmap of its calls, its operations, its exceptions,
//! who calls it and whom it calls.
//!
//! The page is whole without a script: every bucket is a link that moves the cursor, every cell and percentile one to a trace. A script
//! moves the cursor with the pointer and makes a box on the heatmap a search for its traces.
//!
//! What is looked at stands in the URL:
//!
//! | parameter | what it says |
//! |---|---|
//! | `operation`, `kind` | only spans of this name and kind in the charts; without them SERVER and CONSUMER spans |
//! | `at` | the instant under the cursor; without it the bucket with most errors, else the last with calls |
//! | `page` | the page of the operations |
//! | `min_duration`, `max_duration` | leads on to the traces with calls of these durations |
//! | `name` | the service, where its name cannot stand in a path |
//!
//! | file | what it holds |
//! |---|---|
//! | `times.rs`, `charts.rs`, `ends.rs`, `heat.rs` | calls over time; their drawings; the names of lines; the heatmap |
//! | `readings.rs` | what stands at the cursor, and the charts as a table |
//! | `find.rs` | from the charts to traces of some durations |
//! | `operations.rs` | operations by impact |
//! | `exceptions.rs`, `relations.rs` | exceptions; callers and callees |
//! | `listed.rs` | parts that can be done without |
//! | `link.rs` | where a service's page is |

mod charts;
mod ends;
mod exceptions;
mod find;
mod heat;
mod link;
mod listed;
mod operations;
mod readings;
mod relations;
mod times;

use askama::Template;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::response::{IntoResponse, Redirect, Response};
use clearspan_query::{
    DependenciesRequest, Edge, ExceptionRow, LatencyAnswer, LatencyRequest, OperationRow,
};

use self::charts::{Charts, Pencil};
use self::heat::Heat;
use self::listed::{Listed, listed};
use self::operations::{Operations, kind_number, kind_word};
use self::readings::{Reading, Summary};
use self::relations::Relation;
use self::times::Times;
use super::asked::{Asked, Question, page};
use super::filters;
use super::format;
use super::frame::{Frame, Here};
use super::map::map_link;
use super::marks::{Mark, Marks};
use super::paging;
use super::view::{Link, View};
use crate::answer::made;
use crate::error::ApiError;
use crate::limits::{SERVICE_EXCEPTIONS_MAX, SERVICE_RELATIONS_MAX};

pub(super) use link::service_link;

/// Buckets of the charts: what a page of 1440 pixels shows as cells of about 12 pixels.
const BUCKETS: usize = 60;

/// `/service/{name}`.
pub(crate) async fn service(asked: Asked, name: Result<Path<String>, PathRejection>) -> Response {
    let answer = |question| answer(question, name.map(|Path(name)| name));
    asked.answer(Here::Service, answer).await
}

/// `/service?name=`: for names that cannot stand in a path.
pub(crate) async fn by_parameter(asked: Asked) -> Response {
    let answer = |question: Question| {
        let name = question.frame.view.get("name").to_owned();
        answer(question, Ok(name))
    };
    asked.answer(Here::Service, answer).await
}

async fn answer(
    question: Question,
    name: Result<String, PathRejection>,
) -> Result<Response, ApiError> {
    let Question {
        api, params, frame, ..
    } = question;
    let timer = api.timer();
    // The only other reason for a rejection would be a route without a name.
    let name = name.map_err(|_| ApiError::BadEncoding {
        what: "the path".into(),
    })?;
    let wanted = Wanted {
        operation: params
            .text("operation")?
            .filter(|text| !text.is_empty())
            .map(str::to_owned),
        kind: params.word("kind", operations::KINDS, kind_number)?,
        at: Some(frame.view.get("at"))
            .filter(|at| !at.is_empty())
            .map(str::to_owned),
        page: paging::asked(&frame.view)?.unwrap_or(1),
    };
    if let Some(link) = find::search(&params, &frame, &name, &wanted)? {
        return Ok(Redirect::to(link.as_str()).into_response());
    }
    let range = frame.range.asked;
    let (engine, tenant) = (api.engine()?, api.tenant());
    let request = LatencyRequest {
        service: name.clone(),
        operation: wanted.operation.clone(),
        kind: wanted.kind,
        range,
        buckets: BUCKETS,
    };
    let (latency, operations, exceptions, calls) = futures::try_join!(
        engine.latency(&tenant, request),
        listed(engine.operations(&tenant, name.clone(), range), |answer| (
            answer.operations,
            answer.missing.len()
        ),),
        listed(engine.exceptions(&tenant, name.clone(), range), |answer| (
            answer.exceptions,
            answer.missing.len()
        ),),
        listed(
            engine.dependencies(&tenant, DependenciesRequest { range }),
            |answer| (answer.edges, answer.missing.len()),
        ),
    )?;
    let status = api.status().await?;
    let found = Found {
        latency,
        operations,
        exceptions,
        calls,
        marks: Marks::read(&api)?,
        is_known: engine
            .service_slots(&tenant)
            .names()
            .contains(&name.as_str()),
        newest_ns: status.spans.newest_ns,
        has_spans: status.spans.rows > 0,
        elapsed_ms: timer.elapsed_ms(),
    };
    made(move || page(&Service::new(frame, &name, &wanted, found))).await
}

/// What is asked of the page.
struct Wanted {
    operation: Option<String>,
    kind: Option<i32>,
    at: Option<String>,
    page: usize,
}

/// What the page is made of.
struct Found {
    latency: LatencyAnswer,
    operations: Listed<OperationRow>,
    exceptions: Listed<ExceptionRow>,
    calls: Listed<Edge>,
    marks: Marks,
    /// Whether it sent anything, be it outside of the range.
    is_known: bool,
    newest_ns: Option<i64>,
    has_spans: bool,
    elapsed_ms: u64,
}

#[derive(Template)]
#[template(path = "service.html")]
struct Service {
    frame: Frame,
    mark: Mark,
    ways: Ways,
    /// The operation of the charts, and the way back to all.
    operation: Option<(String, &'static str, Link)>,
    charts: Charts,
    /// The duration axis in milliseconds, for the script's box.
    ends: Option<(String, String)>,
    most: String,
    summary: Summary,
    now: Reading,
    rows: Vec<Reading>,
    width: String,
    /// What cannot be listed.
    too_many: Vec<&'static str>,
    operations: Operations,
    exceptions: exceptions::Exceptions,
    callers: Vec<Relation>,
    callees: Vec<Relation>,
    query: String,
    nothing: Nothing,
    missing: usize,
    elapsed_ms: u64,
}

/// Where the page leads.
struct Ways {
    traces: Link,
    logs: Link,
    map: Link,
    services: Link,
}

/// Why there is nothing to draw.
enum Nothing {
    NotSo,
    Ever,
    Unknown,
    /// It sent nothing in the range.
    InRange {
        newest: Option<(Link, String)>,
    },
    /// It sent spans, none of them a call.
    NoCalls,
}

impl Service {
    fn new(frame: Frame, name: &str, wanted: &Wanted, found: Found) -> Self {
        let times = Times::new(&found.latency);
        let heat = Heat::new(&found.latency);
        let asked = wanted
            .at
            .as_deref()
            .and_then(|at| readings::instant(at, &frame));
        let cursor = asked
            .and_then(|ns| times.at(ns))
            .or_else(|| times.first_look());
        let nothing = Nothing::of(&frame, &found, &times);
        let query = query(name, wanted);
        let pencil = Pencil {
            times: &times,
            frame: &frame,
            cursor,
        };
        let rows: Vec<Reading> = (0..times.points.len())
            .map(|at| Reading::new(&pencil, &heat, at, &query))
            .collect();
        let relations = |side| {
            relations::of(
                side,
                name,
                &found.calls.rows,
                &found.marks,
                &frame,
                SERVICE_RELATIONS_MAX,
            )
        };
        let missing = [
            found.latency.missing.len(),
            found.operations.missing,
            found.exceptions.missing,
            found.calls.missing,
        ];
        let too_many = [
            (found.operations.are_too_many, "operations of this service"),
            (found.exceptions.are_too_many, "kinds of exceptions"),
            (found.calls.are_too_many, "connections of all services"),
        ];
        Service {
            too_many: too_many
                .into_iter()
                .filter_map(|(are_too_many, what)| are_too_many.then_some(what))
                .collect(),
            mark: found.marks.of(name),
            ways: Ways::new(&frame, name),
            operation: wanted.operation.clone().map(|operation| {
                let all = frame.view.without(&["operation", "kind", "at"]).link();
                (operation, wanted.kind.map_or("", kind_word), all)
            }),
            charts: pencil.charts(&heat),
            ends: heat
                .ends()
                .map(|(low, high)| (readings::ms(low), readings::ms(high))),
            most: format::count(heat.most()),
            summary: Summary::new(&times, &frame),
            now: cursor
                .and_then(|at| rows.get(at).cloned())
                .unwrap_or_default(),
            width: format::duration(times.width_ns),
            rows,
            operations: Operations::new(found.operations.rows, name, wanted, &frame),
            exceptions: exceptions::Exceptions::new(
                found.exceptions.rows,
                &frame,
                SERVICE_EXCEPTIONS_MAX,
            ),
            callers: relations(relations::Side::Callers),
            callees: relations(relations::Side::Callees),
            query: encoded(&query),
            nothing,
            missing: missing.into_iter().max().unwrap_or(0),
            elapsed_ms: found.elapsed_ms,
            frame,
        }
    }
}

/// As a part of a URL: names of senders hold signs that no attribute shall have.
fn encoded(query: &str) -> String {
    let mut parameters = form_urlencoded::Serializer::new(String::new());
    parameters.append_pair("q", query).finish()
}

/// The search for the spans of the charts: without an operation, calls are spans that answer.
fn query(name: &str, wanted: &Wanted) -> String {
    let mut query = filters::is("service", name);
    if let Some(operation) = &wanted.operation {
        query.push_str(&format!(" {}", filters::is("name", operation)));
    }
    match wanted.kind {
        Some(kind) => query.push_str(&format!(" kind:{}", kind_word(kind))),
        None if wanted.operation.is_none() => query.push_str(" kind:(server OR consumer)"),
        None => {}
    }
    query
}

impl Ways {
    fn new(frame: &Frame, name: &str) -> Self {
        let on = |path: &str| {
            let view = View::at(path).with("q", &filters::is("service", name));
            view.with("from", frame.view.get("from"))
                .with("to", frame.view.get("to"))
                .link()
        };
        Ways {
            traces: on("/traces"),
            logs: on("/logs"),
            map: map_link(name, frame),
            services: frame.rail_link(&Here::Services),
        }
    }
}

impl Nothing {
    fn of(frame: &Frame, found: &Found, times: &Times) -> Self {
        if times.calls() > 0 {
            return Nothing::NotSo;
        }
        if !found.has_spans {
            return Nothing::Ever;
        }
        if !found.operations.rows.is_empty() || found.operations.are_too_many {
            return Nothing::NoCalls;
        }
        if !found.is_known {
            return Nothing::Unknown;
        }
        let newest = found.newest_ns.map(|ns| {
            let at = format!(
                "{} {} UTC",
                format::day(ns, frame.range.now_ns),
                format::clock_ms(ns)
            );
            (frame.around(ns), at)
        });
        Nothing::InRange { newest }
    }
}
