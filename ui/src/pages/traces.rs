//! `/traces`: trace search. The form and the query bar are two views of one query.

use askama::Template;
use axum::response::Response;
use clearspan_query::{
    AskedRoot, TraceSort, TraceSortKey, TraceSummary, TracesAnswer, TracesRequest,
};

use super::asked::{Asked, Question, page, see_other};
use super::chart::{Svg, composition, meter};
use super::frame::{Frame, Here};
use super::marks::{Mark, Marks};
use super::matched::{self, Counted, Matched};
use super::table::{Head, Sorted};
use super::text::plain;
use super::view::{Link, View};
use super::{clauses, format, trace_form};
use crate::answer::made;
use crate::error::ApiError;
use crate::params::Params;
use crate::time::duration_ns;

/// Traces of one page.
const LIMIT: usize = 50;

/// Services whose share is drawn; the rest of a row's services are in its number.
const SERVICES_DRAWN: usize = 24;

/// Where the count is answered alone.
const MATCHED: &str = "/traces/matched";

const SORTS: &str =
    "start, duration, span_count or error_count, with a - before it for largest first";

pub(crate) async fn traces(asked: Asked) -> Response {
    asked.answer(Here::Traces, answer).await
}

async fn answer(question: Question) -> Result<Response, ApiError> {
    let Question {
        api, params, frame, ..
    } = question;
    if let Some(link) = trace_form::in_step(&frame.view)? {
        return Ok(see_other(link.as_str()));
    }
    let timer = api.timer();
    let sort = sort(&params)?;
    let engine = api.engine()?;
    let request = TracesRequest {
        count: !frame.view.get(matched::PARAMETER).is_empty(),
        ..request(&params, &frame, sort)?
    };
    let answer = engine.search_traces(&api.tenant(), request).await?;
    let slots = engine.service_slots(&api.tenant());
    let status = api.status().await?;
    let marks = Marks::read(&api)?;
    let elapsed_ms = timer.elapsed_ms();
    made(move || {
        let names = slots.names();
        let longest = answer.traces.iter().filter_map(duration).max().unwrap_or(0);
        page(&Traces {
            form: Form::of(&frame.view, &names),
            heads: heads(&frame.view, sort),
            rows: answer
                .traces
                .iter()
                .map(|trace| Row::new(trace, &marks, longest))
                .collect(),
            matched: Matched::new(
                answer.matched,
                &frame.view,
                MATCHED,
                answer.next_cursor.as_deref().unwrap_or_default(),
            ),
            nothing: Nothing::of(&frame, status.spans.rows == 0, status.spans.newest_ns),
            next: next(&frame, &answer),
            is_first: frame.view.get("cursor").is_empty(),
            first: frame.view.without(&["cursor"]).link(),
            missing: answer.missing.len(),
            hints: answer.hints,
            sorted_by: sort_words(sort),
            work: format::work(&answer.stats),
            elapsed_ms,
            frame,
        })
    })
    .await
}

/// `/traces/matched`: how many match alone, for a page whose rows were there before it.
pub(crate) async fn matched(asked: Asked) -> Response {
    asked.answer(Here::Traces, count).await
}

async fn count(question: Question) -> Result<Response, ApiError> {
    let Question {
        api, params, frame, ..
    } = question;
    let request = TracesRequest {
        limit: 1,
        count: true,
        ..request(&params, &frame, sort(&params)?)?
    };
    let answer = api.engine()?.search_traces(&api.tenant(), request).await;
    page(&Counted::new(answer.and_then(|answer| answer.counted()))?)
}

fn sort(params: &Params) -> Result<TraceSort, ApiError> {
    let sort = params.word("sort", SORTS, TraceSort::parse)?;
    Ok(sort.unwrap_or_default())
}

fn request(params: &Params, frame: &Frame, sort: TraceSort) -> Result<TracesRequest, ApiError> {
    Ok(TracesRequest {
        query: frame.query().to_owned(),
        range: frame.range.asked,
        min_duration_ns: filled(frame, "min_duration")
            .map_or(Ok(None), |_| duration_ns(params, "min_duration"))?,
        max_duration_ns: filled(frame, "max_duration")
            .map_or(Ok(None), |_| duration_ns(params, "max_duration"))?,
        root: AskedRoot {
            service: filled(frame, "root_service").map(str::to_owned),
            name: filled(frame, "root_name").map(str::to_owned),
        },
        sort,
        limit: LIMIT,
        cursor: filled(frame, "cursor").map(str::to_owned),
        count: false,
    })
}

/// A field that a form may send empty.
fn filled<'a>(frame: &'a Frame, name: &str) -> Option<&'a str> {
    Some(frame.view.get(name)).filter(|value| !value.is_empty())
}

fn next(frame: &Frame, answer: &TracesAnswer) -> Option<Link> {
    let cursor = answer.next_cursor.as_ref()?;
    Some(frame.view.with("cursor", cursor).link())
}

fn sort_words(sort: TraceSort) -> String {
    let key = match sort.by {
        TraceSortKey::Start => "start",
        TraceSortKey::Duration => "duration",
        TraceSortKey::SpanCount => "number of spans",
        TraceSortKey::ErrorCount => "number of errors",
    };
    format!(
        "{key}, {}",
        if sort.descending {
            "largest first"
        } else {
            "smallest first"
        }
    )
}

#[derive(Template)]
#[template(path = "traces.html")]
struct Traces {
    frame: Frame,
    form: Form,
    heads: Vec<Head>,
    rows: Vec<Row>,
    nothing: Nothing,
    next: Option<Link>,
    is_first: bool,
    first: Link,
    matched: Matched,
    missing: usize,
    hints: Vec<String>,
    sorted_by: String,
    /// What was looked at.
    work: String,
    elapsed_ms: u64,
}

/// The form's fields, filled from the query and the parameters beside it.
struct Form {
    service: String,
    operation: String,
    root_service: String,
    root_name: String,
    status: String,
    min_duration: String,
    max_duration: String,
    /// For completion.
    services: Vec<String>,
}

impl Form {
    fn of(view: &View, services: &[&str]) -> Self {
        let value = |field| clauses::value_of(view.get("q"), field);
        Form {
            service: value("service"),
            operation: value("name"),
            root_service: view.get("root_service").to_owned(),
            root_name: view.get("root_name").to_owned(),
            status: value("status"),
            min_duration: view.get("min_duration").to_owned(),
            max_duration: view.get("max_duration").to_owned(),
            services: services.iter().map(|name| plain(name)).collect(),
        }
    }
}

struct Row {
    link: Link,
    root: Option<Mark>,
    name: String,
    services: Svg,
    service_count: usize,
    service_words: String,
    spans: String,
    errors: u64,
    duration: String,
    meter: Svg,
    day: String,
    clock: String,
    start: Option<String>,
}

impl Row {
    fn new(trace: &TraceSummary, marks: &Marks, longest: i64) -> Self {
        let root = trace.root.as_ref();
        let service = root.map(|root| root.service.as_deref().unwrap_or_default());
        let drawn: Vec<(String, u64)> = trace
            .services
            .iter()
            .take(SERVICES_DRAWN)
            .map(|s| (marks.of(&s.name).colour, s.spans))
            .collect();
        let words: Vec<String> = trace
            .services
            .iter()
            .take(SERVICES_DRAWN)
            .map(|s| format!("{} {}", s.name, s.spans))
            .collect();
        let start = trace.start_ns.and_then(|start| i64::try_from(start).ok());
        Row {
            link: View::at(format!("/trace/{}", hex::encode(trace.trace_id))).link(),
            root: service.map(|service| marks.of(service)),
            name: root.map_or_else(
                || "no root: its spans are each other's parents".to_owned(),
                |root| root.name.clone(),
            ),
            services: composition(drawn.iter().map(|(class, n)| (class.as_str(), *n))),
            service_count: trace.services.len(),
            service_words: plain(&words.join(", ")),
            spans: format::count(trace.span_count),
            errors: trace.error_count,
            duration: format::duration_or_none(duration(trace)),
            meter: meter(duration(trace).unwrap_or(0), longest, trace.error_count > 0),
            day: start.map_or(String::new(), format::short_day),
            clock: start.map_or_else(|| format::NONE.to_owned(), format::clock_ms),
            start: start.map(format::rfc3339),
        }
    }
}

/// As far as a bar can show it.
fn duration(trace: &TraceSummary) -> Option<i64> {
    let ns = trace.duration_ns?;
    Some(i64::try_from(ns).unwrap_or(if ns < 0 { i64::MIN } else { i64::MAX }))
}

/// Conditions that stand beside the query, and what they are called.
const BESIDE_QUERY: [(&str, &str); 4] = [
    ("root_service", "root service"),
    ("root_name", "root operation"),
    ("min_duration", "at least"),
    ("max_duration", "at most"),
];

/// Why there are no rows.
struct Nothing {
    /// No span has ever arrived.
    is_ever: bool,
    newest: Option<(Link, String)>,
    narrower: Vec<(String, Link)>,
}

impl Nothing {
    fn of(frame: &Frame, is_ever: bool, newest_ns: Option<i64>) -> Self {
        let query = frame.query();
        let clauses = clauses::split(query);
        let without = clauses.iter().enumerate().map(|(at, clause)| {
            let view = frame.view.without(&["cursor"]);
            (
                clause.clone(),
                view.with("q", &clauses::without(query, at)).link(),
            )
        });
        let beside = BESIDE_QUERY
            .into_iter()
            .filter(|(name, _)| !frame.view.get(name).is_empty());
        let beside = beside.map(|(name, words)| {
            let view = frame.view.without(&["cursor", name]);
            (format!("{words} {}", frame.view.get(name)), view.link())
        });
        Nothing {
            is_ever,
            narrower: without.chain(beside).collect(),
            newest: newest_ns.map(|ns| {
                let at = format!(
                    "{} {} UTC",
                    format::day(ns, frame.range.now_ns),
                    format::clock_ms(ns)
                );
                (frame.around(ns), at)
            }),
        }
    }
}

fn heads(view: &View, sort: TraceSort) -> Vec<Head> {
    let now = Sorted {
        by: word(sort.by),
        is_descending: sort.descending,
    };
    let head = |by, words, class| Head::sorting(word(by), words, class, (view, now), true);
    vec![
        Head::plain("Root", "first"),
        Head::plain("Services", "hide-s"),
        head(TraceSortKey::SpanCount, "Spans", "r hide-m"),
        head(TraceSortKey::ErrorCount, "Errors", "r hide-s"),
        head(TraceSortKey::Duration, "Duration", "r"),
        Head::plain("", "hide-m"),
        head(TraceSortKey::Start, "Start", "r hide-s"),
    ]
}

/// A column's word in the URL.
fn word(by: TraceSortKey) -> &'static str {
    match by {
        TraceSortKey::Start => "start",
        TraceSortKey::Duration => "duration",
        TraceSortKey::SpanCount => "span_count",
        TraceSortKey::ErrorCount => "error_count",
    }
}
