//! `/logs`: the records of a range, newest first.
//!
//! One search gives the rows and how many match. The counts over time, and how many records the range has at all, are asked at
//! the same time and stand on the page if they come shortly after the rows. Values beside the rows are asked by the page itself,
//! or here where `facets=1` says so.

use askama::Template;
use axum::response::Response;
use clearspan_query::{LogId, Order, QueryError};

use super::beside::{Beside, GRACE, Soon};
use super::chart::{self, Chart, Counted};
use super::choices::{self, Column, Format};
use super::facets::{self, Facets};
use super::nothing::{self, Nothing};
use super::place::Place;
use super::question::{FIELDS, LogsView, MATCHED};
use super::record::{Neighbours, Panel};
use super::rows::{Rows, behind_word};
use super::search::{PAGE_ROWS, Page, search};
use crate::answer::made;
use crate::error::ApiError;
use crate::pages::asked::{Asked, Question, page, see_other};
use crate::pages::format;
use crate::pages::frame::{Frame, Here};
use crate::pages::marks::Marks;
use crate::pages::matched::{self, Matched};
use crate::pages::view::Link;
use crate::state::Api;

/// `/logs`.
pub(crate) async fn logs(asked: Asked) -> Response {
    asked.answer(Here::Logs, answer).await
}

async fn answer(question: Question) -> Result<Response, ApiError> {
    let Question {
        api, params, frame, ..
    } = question;
    let timer = api.timer();
    let view = LogsView::read(&params, frame)?;
    if view.has("add") {
        return Ok(see_other(view.adding(view.get("add")).as_str()));
    }
    let stored = api.status().await?;
    let counted = chart::ask(&api, &view, stored.logs.newest_ns)?;
    let total = if view.query.is_all() {
        None
    } else {
        Some(nothing::count(&api, &view, String::new())?)
    };
    let found = search(&api, &view, PAGE_ROWS, view.has(matched::PARAMETER)).await?;
    let elapsed_ms = timer.elapsed_ms();
    let panel = panel(&api, &view, &found).await?;
    let facets = if view.has("facets") {
        Some(Facets::ask(&api, &view).await?)
    } else {
        None
    };
    let chart = Chart::new(&view, histogram(&view, counted).await?, false);
    let total = match total {
        Some(total) => total.soon(GRACE).await.and_then(Result::ok),
        None => None,
    };
    let rows_before = found.rows_before;
    let matched = found.matched;
    let logs = Logs {
        matched: of(&view, &found),
        total: total.map(format::count),
        controls: Controls::new(&view),
        around: Around::new(&view, &found),
        status: status(&view, &found, rows_before, elapsed_ms),
        row_count: matched.map_or(-1, |matched| i128::from(matched) + 1),
        missing: found.answer.missing.len(),
        nothing: if found.rows() == 0 {
            Nothing::ask(&api, &view, matched, total, &stored).await?
        } else {
            Nothing::NotSo
        },
        hints: found.answer.hints.clone(),
        rows: rows(&api, &view, found).await?,
        columns: choices::columns(&view),
        facet_links: facets::links(&view),
        facets,
        chart,
        panel,
        frame: view.frame,
    };
    page(&logs)
}

fn of(view: &LogsView, found: &Page) -> Matched {
    // What goes on is of the same range, in either direction.
    let place = found.behind.as_ref().or(found.before.as_ref());
    let cursor = place.map(Place::to_string).unwrap_or_default();
    Matched::new(found.matched, view.same(), MATCHED, &cursor)
}

async fn histogram(view: &LogsView, counted: Beside<Counted>) -> Result<Soon<Counted>, ApiError> {
    if view.has("chart") {
        return Ok(Soon::Here(counted.whole().await?));
    }
    Ok(Soon::of(counted.soon(GRACE).await))
}

async fn rows(api: &Api, view: &LogsView, found: Page) -> Result<Rows, ApiError> {
    let (view, marks) = (view.clone(), Marks::read(api)?);
    made(move || Rows::new(&view, &found, marks)).await
}

/// The panel of the selected record, with the records around it where they stand on this page.
async fn panel(api: &Api, view: &LogsView, found: &Page) -> Result<Option<Panel>, ApiError> {
    if !view.has("sel") {
        return Ok(None);
    }
    let (before, behind) = neighbours(view, found)?;
    Panel::ask(api, view, Neighbours::Links(before, behind))
        .await
        .map(Some)
}

fn neighbours(view: &LogsView, found: &Page) -> Result<(Option<Link>, Option<Link>), ApiError> {
    let records = found.answer.rows.records().map_err(QueryError::from)?;
    let mut ids: Vec<LogId> = records.iter().map(|record| record.id).collect();
    if found.goes_back {
        ids.reverse();
    }
    let selected = LogId::parse(view.get("sel"));
    let Some(at) = ids.iter().position(|id| Some(*id) == selected) else {
        return Ok((None, None));
    };
    let link = |at: Option<usize>| {
        let id = ids.get(at?)?;
        Some(view.with("sel", &id.to_string()))
    };
    Ok((link(at.checked_sub(1)), link(at.checked_add(1))))
}

#[derive(Template)]
#[template(path = "logs.html")]
struct Logs {
    frame: Frame,
    matched: Matched,
    /// Records of the range, where a query narrows them.
    total: Option<String>,
    controls: Controls,
    columns: Vec<Column>,
    chart: Chart,
    facets: Option<Facets>,
    /// The part of the page, and the page with it.
    facet_links: (Link, Link),
    rows: Rows,
    /// With the head; -1 where it is not known.
    row_count: i128,
    panel: Option<Panel>,
    nothing: Nothing,
    around: Around,
    hints: Vec<String>,
    missing: usize,
    status: Status,
}

/// What stands in the bar above.
struct Controls {
    is_wrapped: bool,
    wrap: Link,
    is_newest_first: bool,
    order: Link,
    columns_text: String,
    /// What the form of columns keeps.
    kept: Vec<(String, String)>,
    /// The list of fields.
    fields: Link,
    formats: Vec<Format>,
}

impl Controls {
    fn new(view: &LogsView) -> Self {
        let kept = view.same().kept(&["cols"]).into_iter();
        let is_newest_first = view.order == Order::Descending;
        Controls {
            is_wrapped: view.is_wrapped,
            wrap: view.with("wrap", if view.is_wrapped { "" } else { "1" }),
            is_newest_first,
            order: view.turned("order", if is_newest_first { "asc" } else { "" }),
            columns_text: view.columns.text(),
            kept: kept
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            fields: view.part(FIELDS).link(),
            formats: choices::formats(view),
        }
    }
}

/// The pages before this one.
struct Around {
    first: Option<Link>,
    before: Option<Link>,
    before_word: &'static str,
    first_word: &'static str,
}

impl Around {
    fn new(view: &LogsView, found: &Page) -> Self {
        let is_first = view.place.is_none() || found.rows_before == Some(0);
        let is_older_behind = behind_word(view) == "Older";
        let (before_word, first_word) = if is_older_behind {
            ("Newer", "Newest")
        } else {
            ("Older", "Oldest")
        };
        Around {
            first: view.place.is_some().then(|| view.at(None)),
            before: found
                .before
                .as_ref()
                .filter(|_| !is_first)
                .map(|place| view.at(Some(place))),
            before_word,
            first_word,
        }
    }
}

/// The status bar.
struct Status {
    /// `1 – 100`, or how many rows there are where it is not known which.
    rows: String,
    order: &'static str,
    elapsed_ms: u64,
    /// What was looked at.
    work: String,
}

fn status(view: &LogsView, found: &Page, rows_before: Option<u64>, elapsed_ms: u64) -> Status {
    let rows = found.rows() as u64;
    let stats = &found.answer.stats;
    Status {
        rows: match rows_before.filter(|_| rows > 0) {
            Some(before) => format!(
                "{} – {}",
                format::count(before.saturating_add(1)),
                format::count(before.saturating_add(rows))
            ),
            None => format::count(rows),
        },
        order: match view.order {
            Order::Descending => "newest first",
            Order::Ascending => "oldest first",
        },
        elapsed_ms,
        work: format::work(stats),
    }
}
