//! One page of rows, in the order in which they are read, with the places of the pages around it; how many match, where the rows did not wait for it.

use axum::response::Response;
use clearspan_query::{LogRows, LogsAnswer, LogsRequest};

use super::place::Place;
use super::question::LogsView;
use crate::error::ApiError;
use crate::pages::asked::{Asked, Question, page};
use crate::pages::frame::Here;
use crate::pages::matched::Counted;
use crate::state::Api;

/// Rows of a page.
pub(super) const PAGE_ROWS: usize = 100;

/// A page of rows.
#[derive(Debug)]
pub(super) struct Page {
    /// What the engine found; where the page goes back, the last row comes first.
    pub(super) answer: LogsAnswer,
    /// How many match, where that is known by now.
    pub(super) matched: Option<u64>,
    pub(super) goes_back: bool,
    /// Rows before the first, where that is known.
    pub(super) rows_before: Option<u64>,
    pub(super) before: Option<Place>,
    pub(super) behind: Option<Place>,
}

/// A page of rows. `count` says that it waits until it is known how many match.
pub(super) async fn search(
    api: &Api,
    view: &LogsView,
    limit: usize,
    count: bool,
) -> Result<Page, ApiError> {
    let request = request(view, limit, count);
    let answer = api.engine()?.search_logs(&api.tenant(), request).await?;
    Page::new(view.place.as_ref(), answer)
}

/// `/logs/matched`: how many match alone, for a page whose rows were there before it.
pub(crate) async fn matched(asked: Asked) -> Response {
    asked.answer(Here::Logs, count).await
}

async fn count(question: Question) -> Result<Response, ApiError> {
    let Question {
        api, params, frame, ..
    } = question;
    let view = LogsView::read(&params, frame)?;
    let answer = api
        .engine()?
        .search_logs(&api.tenant(), request(&view, 1, true))
        .await;
    page(&Counted::new(answer.and_then(|answer| answer.counted()))?)
}

fn request(view: &LogsView, limit: usize, count: bool) -> LogsRequest {
    let goes_back = view.place.as_ref().is_some_and(|place| place.goes_back);
    let order = if goes_back {
        view.order.reversed()
    } else {
        view.order
    };
    LogsRequest {
        query: view.frame.query().to_owned(),
        range: view.frame.range.asked,
        order,
        limit,
        cursor: view.place.as_ref().map(|place| place.cursor.clone()),
        count,
    }
}

impl Page {
    fn new(place: Option<&Place>, answer: LogsAnswer) -> Result<Self, ApiError> {
        let goes_back = place.is_some_and(|place| place.goes_back);
        let rows = answer.rows.len() as u64;
        let told = place.map_or(Some(0), |place| place.rows_before);
        let rows_before = if goes_back {
            told.map(|told| told.saturating_sub(rows))
        } else {
            told
        };
        let (before, behind) = if goes_back {
            (&answer.next_cursor, &answer.prev_cursor)
        } else {
            (&answer.prev_cursor, &answer.next_cursor)
        };
        let before = before.as_ref().map(|cursor| Place {
            rows_before,
            last_ns: None,
            goes_back: true,
            cursor: cursor.clone(),
        });
        let last_ns = last_ns(&answer.rows, goes_back)?;
        let behind = behind.as_ref().map(|cursor| Place {
            rows_before: rows_before.and_then(|before| before.checked_add(rows)),
            last_ns,
            goes_back: false,
            cursor: cursor.clone(),
        });
        Ok(Page {
            matched: answer.matched,
            goes_back,
            rows_before,
            before,
            behind,
            answer,
        })
    }

    /// How many rows there are.
    pub(super) fn rows(&self) -> usize {
        self.answer.rows.len()
    }
}

/// When the last row of the page is, as it is read.
fn last_ns(rows: &LogRows, goes_back: bool) -> Result<Option<i64>, ApiError> {
    let records = rows.records().map_err(clearspan_query::QueryError::from)?;
    let mut records = records.iter();
    let last = if goes_back {
        records.next()
    } else {
        records.last()
    };
    Ok(last.map(|record| record.id.placed_time))
}
