//! Why there are no rows: the kinds of nothing, each with the way to something.

use std::time::Duration;

use clearspan_query::{LogsRequest, Order};

use super::beside::Beside;
use super::question::LogsView;
use crate::error::ApiError;
use crate::pages::view::Link;
use crate::pages::{clauses, format};
use crate::state::Api;
use crate::status::Status;

/// Conditions that are left out one by one, and how long their counts may take.
const CLAUSES_MAX: usize = 6;
const COUNTS_TIME: Duration = Duration::from_millis(400);

/// Why there are no rows.
pub(super) enum Nothing {
    /// There are rows.
    NotSo,
    /// Neither spans nor records have ever arrived.
    Ever,
    /// Spans have, records have not.
    OfLogs,
    /// Records have, none of them in this range.
    InRange(Option<Newest>),
    /// The range has records, none of which matches.
    Found(Vec<Narrower>),
    /// The rows behind this place are gone.
    Here(Link),
}

/// The last record of all.
pub(super) struct Newest {
    pub(super) around: Link,
    pub(super) at: String,
}

/// The query without one of its conditions.
pub(super) struct Narrower {
    pub(super) clause: String,
    pub(super) link: Link,
    /// How many records that finds, if it is known soon.
    pub(super) count: Option<String>,
}

impl Nothing {
    /// Of a page without rows; `total` is how many records the range has.
    pub(super) async fn ask(
        api: &Api,
        view: &LogsView,
        matched: Option<u64>,
        total: Option<u64>,
        status: &Status,
    ) -> Result<Self, ApiError> {
        if matched != Some(0) {
            return Ok(Nothing::Here(view.at(None)));
        }
        if status.logs.rows == 0 {
            return Ok(if status.spans.rows == 0 {
                Nothing::Ever
            } else {
                Nothing::OfLogs
            });
        }
        if view.query.is_all() || total == Some(0) {
            return Ok(Nothing::InRange(
                status.logs.newest_ns.map(|ns| Newest::new(view, ns)),
            ));
        }
        Ok(Nothing::Found(narrower(api, view).await?))
    }
}

impl Newest {
    fn new(view: &LogsView, ns: i64) -> Self {
        Newest {
            around: view.frame.around(ns),
            at: format!(
                "{} {} UTC",
                format::day(ns, view.frame.range.now_ns),
                format::clock_ms(ns)
            ),
        }
    }
}

/// The query without each of its conditions, counted all at once.
async fn narrower(api: &Api, view: &LogsView) -> Result<Vec<Narrower>, ApiError> {
    let query = view.frame.query();
    let mut asked = Vec::new();
    for (at, clause) in clauses::split(query)
        .into_iter()
        .enumerate()
        .take(CLAUSES_MAX)
    {
        let without = clauses::without(query, at);
        asked.push((clause, view.asking(&without), count(api, view, without)?));
    }
    let counts =
        futures::future::join_all(asked.into_iter().map(|(clause, link, count)| async move {
            // A count that fails or takes long is left out: the link says enough.
            let count = count.soon(COUNTS_TIME).await.and_then(Result::ok);
            Narrower {
                clause,
                link,
                count: count.map(format::count),
            }
        }));
    Ok(counts.await)
}

/// How many records of the range a query finds.
pub(super) fn count(api: &Api, view: &LogsView, query: String) -> Result<Beside<u64>, ApiError> {
    let (engine, tenant) = (api.engine()?.clone(), api.tenant());
    let request = LogsRequest {
        query,
        range: view.counted().range,
        order: Order::default(),
        limit: 1,
        cursor: None,
        count: true,
    };
    Ok(Beside::ask(async move {
        engine.search_logs(&tenant, request).await?.counted()
    }))
}
