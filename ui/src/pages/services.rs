//! `/`: the services of a range, worst first; while no span has ever arrived, how to point an exporter here.

use askama::Template;
use axum::response::Response;
use clearspan_query::{ServiceRow, ServicesAnswer, ServicesRequest};

use super::asked::{Asked, Question, page};
use super::chart::{LatencyScale, Svg, spark};
use super::frame::{Frame, Here};
use super::marks::{Mark, Marks};
use super::paging::{self, Paging};
use super::service::service_link;
use super::table::{Head, Sorted};
use super::view::{Link, View};
use super::{format, setup};
use crate::answer::made;
use crate::error::ApiError;
use crate::limits::SERVICES_TABLE_ROWS;

/// Bars of a row's calls over time.
const BARS: usize = 30;

pub(crate) async fn services(asked: Asked) -> Response {
    asked.answer(Here::Services, answer).await
}

async fn answer(question: Question) -> Result<Response, ApiError> {
    let status = question.api.status().await?;
    if status.spans.rows == 0 {
        return setup::card(question, status.logs.rows > 0);
    }
    let Question {
        api, params, frame, ..
    } = question;
    let timer = api.timer();
    let sort = params.word("sort", SORTS, Sort::parse)?.unwrap_or_default();
    let request = ServicesRequest {
        range: frame.range.asked,
        series: Some(BARS),
    };
    let answer = api.engine()?.services(&api.tenant(), request).await?;
    let found = Found {
        marks: Marks::read(&api)?,
        sort,
        page: paging::asked(&frame.view)?.unwrap_or(1),
        newest_ns: status.spans.newest_ns,
        answer,
        elapsed_ms: timer.elapsed_ms(),
    };
    made(move || page(&Services::new(frame, found))).await
}

/// What the page is made of.
struct Found {
    answer: ServicesAnswer,
    marks: Marks,
    sort: Sort,
    page: usize,
    newest_ns: Option<i64>,
    elapsed_ms: u64,
}

#[derive(Template)]
#[template(path = "services.html")]
struct Services {
    frame: Frame,
    heads: Vec<Head>,
    axis: Svg,
    rows: Vec<Row>,
    nothing: Nothing,
    total: usize,
    with_errors: usize,
    said: Said,
    paging: Paging,
    /// Not all services have what was asked for in their name.
    is_filtered: bool,
    missing: usize,
    elapsed_ms: u64,
}

impl Services {
    fn new(frame: Frame, found: Found) -> Self {
        let mut services = found.answer.services;
        let total = services.len();
        let wanted = frame.query().to_lowercase();
        services.retain(|service| service.name.to_lowercase().contains(&wanted));
        found.sort.apply(&mut services);
        // One scale for all pages, so that they compare.
        let latencies = services.iter().flat_map(|row| [row.p50_ns, row.p99_ns]);
        let scale = LatencyScale::of(latencies.flatten());
        let with_errors = services.iter().filter(|row| row.errors > 0).count();
        let paging = Paging::new(&frame.view, found.page, SERVICES_TABLE_ROWS, services.len());
        let rows = services[paging.rows.clone()].iter();
        Services {
            heads: heads(&frame.view, found.sort),
            nothing: Nothing::of(&frame, found.newest_ns, total),
            axis: scale.head(),
            rows: rows
                .map(|row| Row::new(row, &frame, &found.marks, scale))
                .collect(),
            total,
            with_errors,
            said: Said::new(services.len(), total, with_errors),
            paging,
            is_filtered: services.len() != total,
            missing: found.answer.missing.len(),
            elapsed_ms: found.elapsed_ms,
            frame,
        }
    }
}

/// Counts in words.
struct Said {
    rows: String,
    total: String,
    with_errors: String,
}

impl Said {
    fn new(rows: usize, total: usize, with_errors: usize) -> Self {
        let count = |n: usize| format::count(n as u64);
        Said {
            rows: count(rows),
            total: count(total),
            with_errors: count(with_errors),
        }
    }
}

struct Row {
    mark: Mark,
    page: Link,
    errors: u64,
    error_percent: String,
    rate: String,
    spark: Svg,
    p50: String,
    p95: String,
    p99: String,
    latency: Option<Svg>,
    last_seen: String,
    last_seen_at: String,
}

impl Row {
    fn new(row: &ServiceRow, frame: &Frame, marks: &Marks, scale: LatencyScale) -> Self {
        let latency = row.p50_ns.zip(row.p95_ns).zip(row.p99_ns);
        Row {
            mark: marks.of(&row.name),
            page: service_link(&row.name, frame),
            errors: row.errors,
            error_percent: format::percent(row.errors, row.calls),
            rate: format::rate(row.rate_per_s),
            spark: spark(&row.series),
            p50: format::duration_or_none(row.p50_ns),
            p95: format::duration_or_none(row.p95_ns),
            p99: format::duration_or_none(row.p99_ns),
            latency: latency.map(|((p50, p95), p99)| scale.glyph(p50, p95, p99)),
            last_seen: format::ago(row.last_seen_ns, frame.range.now_ns),
            last_seen_at: format::rfc3339(row.last_seen_ns),
        }
    }
}

/// Why the table is empty, when it is.
enum Nothing {
    NotSo,
    /// Spans have arrived, none of them in the range.
    InRange {
        newest: Option<NewestSpan>,
    },
    /// The range has services, but none of this name.
    OfThisName {
        without: Link,
    },
}

struct NewestSpan {
    around: Link,
    at: String,
}

impl Nothing {
    fn of(frame: &Frame, newest_ns: Option<i64>, total: usize) -> Self {
        if total == 0 {
            let newest = newest_ns.map(|ns| NewestSpan {
                around: frame.around(ns),
                at: format!(
                    "{} {} UTC",
                    format::day(ns, frame.range.now_ns),
                    format::clock_ms(ns)
                ),
            });
            return Nothing::InRange { newest };
        }
        let without = frame.view.without(&["q"]).link();
        if frame.query().is_empty() {
            Nothing::NotSo
        } else {
            Nothing::OfThisName { without }
        }
    }
}

const SORTS: &str = "name, errors, error_rate, rate, p50, p95, p99 or last_seen, with a - before it for largest first";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sort {
    key: Key,
    is_descending: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Name,
    Errors,
    ErrorRate,
    Rate,
    P50,
    P95,
    P99,
    LastSeen,
}

impl Default for Sort {
    fn default() -> Self {
        Sort {
            key: Key::ErrorRate,
            is_descending: true,
        }
    }
}

impl Key {
    const ALL: [(Key, &'static str); 8] = [
        (Key::Name, "name"),
        (Key::Errors, "errors"),
        (Key::ErrorRate, "error_rate"),
        (Key::Rate, "rate"),
        (Key::P50, "p50"),
        (Key::P95, "p95"),
        (Key::P99, "p99"),
        (Key::LastSeen, "last_seen"),
    ];

    fn word(self) -> &'static str {
        Key::ALL
            .iter()
            .find(|(key, _)| *key == self)
            .map_or("", |(_, word)| word)
    }
}

impl Sort {
    fn parse(text: &str) -> Option<Self> {
        let is_descending = text.starts_with('-');
        let word = text.strip_prefix('-').unwrap_or(text);
        let (key, _) = Key::ALL.into_iter().find(|(_, known)| *known == word)?;
        Some(Sort { key, is_descending })
    }

    fn apply(self, rows: &mut [ServiceRow]) {
        // Equal rows: the busier one first, then by name, as they come.
        rows.sort_by_key(|row| std::cmp::Reverse(row.calls));
        rows.sort_by(|a, b| {
            let order = self.order(a, b);
            if self.is_descending {
                order.reverse()
            } else {
                order
            }
        });
    }

    fn order(self, a: &ServiceRow, b: &ServiceRow) -> std::cmp::Ordering {
        let share = |row: &ServiceRow| row.errors as f64 / row.calls.max(1) as f64;
        match self.key {
            Key::Name => a.name.cmp(&b.name),
            Key::Errors => a.errors.cmp(&b.errors),
            Key::ErrorRate => share(a).total_cmp(&share(b)),
            Key::Rate => a.rate_per_s.total_cmp(&b.rate_per_s),
            Key::P50 => a.p50_ns.cmp(&b.p50_ns),
            Key::P95 => a.p95_ns.cmp(&b.p95_ns),
            Key::P99 => a.p99_ns.cmp(&b.p99_ns),
            Key::LastSeen => a.last_seen_ns.cmp(&b.last_seen_ns),
        }
    }
}

fn heads(view: &View, sort: Sort) -> Vec<Head> {
    let now = Sorted {
        by: sort.key.word(),
        is_descending: sort.is_descending,
    };
    let head = |key: Key, words, class| {
        let is_worst_first = key != Key::Name;
        Head::sorting(key.word(), words, class, (view, now), is_worst_first)
    };
    vec![
        head(Key::Name, "Service", "first"),
        head(Key::Errors, "Errors", "r hide-s"),
        head(Key::ErrorRate, "Error %", "r"),
        head(Key::Rate, "Calls/s", "r hide-s"),
        head(Key::P50, "p50", "r hide-s"),
        head(Key::P95, "p95", "r"),
        head(Key::P99, "p99", "r hide-m"),
        head(Key::LastSeen, "Last seen", "r hide-m"),
    ]
}
