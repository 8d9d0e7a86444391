//! Counts over time, above the rows: the drawing, the same as a table, and the totals by severity.

use askama::Template;
use axum::response::Response;
use clearspan_query::{
    AskedRange, AskedTime, CountedRows, HistogramAnswer, HistogramBucket, LogsRequest, Order,
    QueryEngine, QueryError, TenantId,
};

use super::beside::{Beside, Soon};
use super::question::{CHART, LogsView};
use super::severity::Severity;
use crate::error::ApiError;
use crate::pages::asked::{Asked, Question, page};
use crate::pages::chart::{Bucket, Histogram};
use crate::pages::format;
use crate::pages::frame::Here;
use crate::pages::view::Link;
use crate::state::Api;

/// About as many bars as a page has room for.
const BUCKETS: usize = 90;

/// `/logs/chart`: the chart alone, for a page whose rows were there before it.
pub(crate) async fn chart(asked: Asked) -> Response {
    asked.answer(Here::Logs, answer).await
}

async fn answer(question: Question) -> Result<Response, ApiError> {
    let Question {
        api, params, frame, ..
    } = question;
    let view = LogsView::read(&params, frame)?;
    let newest_ns = api.status().await?.logs.newest_ns;
    let answer = ask(&api, &view, newest_ns)?.whole().await?;
    page(&Chart::new(&view, Soon::Here(answer), true))
}

/// The counts over time, and what lies behind them.
#[derive(Debug)]
pub(super) struct Counted {
    answer: HistogramAnswer,
    later: Option<Later>,
}

/// Records of an open range that the chart does not draw, because they lie behind its end.
#[derive(Debug)]
struct Later {
    count: u64,
    /// Of these, by severity.
    rows: [u64; 7],
    from_ns: i64,
    newest_ns: i64,
}

/// Counts the records over time. `newest_ns` is when the newest record of all is.
pub(super) fn ask(
    api: &Api,
    view: &LogsView,
    newest_ns: Option<i64>,
) -> Result<Beside<Counted>, ApiError> {
    let (engine, tenant, mut logs) = (api.engine()?.clone(), api.tenant(), view.counted());
    let range = &view.frame.range;
    let end = match logs.range.to {
        Some(_) => None,
        None => end(range.from_ns, range.now_ns, newest_ns),
    };
    if let Some(end) = end {
        logs.range.to = Some(AskedTime::At(end.into()));
    }
    let behind = end.filter(|&end| newest_ns.is_some_and(|newest| newest >= end));
    Ok(Beside::ask(async move {
        let later = match behind {
            Some(from_ns) => later(&engine, &tenant, &logs, from_ns).await?,
            None => None,
        };
        let answer = engine.logs_histogram(&tenant, logs, BUCKETS).await?;
        Ok(Counted { answer, later })
    }))
}

async fn later(
    engine: &QueryEngine,
    tenant: &TenantId,
    logs: &CountedRows,
    from_ns: i64,
) -> Result<Option<Later>, QueryError> {
    let newest = newest_from(logs.query.clone(), from_ns);
    let range = newest.range;
    let found = engine.search_logs(tenant, newest).await?;
    let records = found.rows.records().map_err(QueryError::from)?;
    let Some(newest) = records.iter().next() else {
        return Ok(None);
    };
    let mut logs = logs.clone();
    logs.range = range;
    let counted = engine.logs_histogram(tenant, logs, 1).await?;
    Ok(Some(Later {
        count: found.counted()?,
        rows: by_severity(&counted),
        from_ns,
        newest_ns: newest.id.placed_time,
    }))
}

fn by_severity(answer: &HistogramAnswer) -> [u64; 7] {
    let mut rows = [0; 7];
    for bucket in &answer.buckets {
        for (sum, count) in rows.iter_mut().zip(bucket.rows) {
            *sum += count;
        }
    }
    rows
}

/// Asks for the newest record from an instant on, and for how many there are.
fn newest_from(query: String, from_ns: i64) -> LogsRequest {
    LogsRequest {
        query,
        range: AskedRange {
            from: Some(AskedTime::At(from_ns.into())),
            to: None,
        },
        order: Order::Descending,
        limit: 1,
        cursor: None,
        count: true,
    }
}

/// Where the chart of an open range ends: at this moment, or behind the newest record where clocks are a little ahead, by no more
/// than the range is long. A record from further in the future does not squeeze the others: it is told in words.
fn end(from_ns: Option<i64>, now_ns: i64, newest_ns: Option<i64>) -> Option<i64> {
    let from = from_ns.filter(|&from| from < now_ns)?;
    let Some(ahead) = newest_ns.filter(|&newest| newest >= now_ns) else {
        return Some(now_ns);
    };
    let is_near = ahead.saturating_sub(now_ns) < now_ns.saturating_sub(from);
    Some(if is_near {
        ahead.saturating_add(1)
    } else {
        now_ns
    })
}

#[derive(Template)]
#[template(path = "logs_chart.html")]
pub(super) struct Chart {
    /// Where it can be asked for, and the page that waits for it.
    part: Link,
    page: Link,
    /// It stands alone, so that the totals come with it.
    is_part: bool,
    drawn: Soon<Drawn>,
}

struct Drawn {
    histogram: Histogram,
    rows: Vec<Counts>,
    totals: Totals,
    zoom_out: Option<Link>,
    /// How many records lie behind the end, until when, and the page of them.
    later: Option<(String, String, Link)>,
    /// How long a bar is.
    width: String,
    is_empty: bool,
    missing: usize,
}

/// One row of the table.
struct Counts {
    label: String,
    datetime: String,
    link: Link,
    errors: u64,
    warnings: u64,
    others: u64,
}

impl Chart {
    pub(super) fn new(view: &LogsView, answer: Soon<Counted>, is_part: bool) -> Self {
        Chart {
            part: view.part(CHART).without(&["cursor", "sel"]).link(),
            page: view.with("chart", "1"),
            is_part,
            drawn: answer.map(|counted| Drawn::new(view, &counted)),
        }
    }

    /// The totals by severity; nothing while they are not there.
    pub(super) fn totals(&self) -> Option<&Totals> {
        self.drawn.here().map(|drawn| &drawn.totals)
    }
}

impl Drawn {
    fn new(view: &LogsView, counted: &Counted) -> Self {
        let answer = &counted.answer;
        let buckets: Vec<Bucket> = answer
            .buckets
            .iter()
            .map(|bucket| of_bucket(view, answer, bucket))
            .collect();
        let width = i64::try_from(answer.bucket_ns).unwrap_or(i64::MAX);
        Drawn {
            histogram: Histogram::new(&buckets),
            totals: Totals::new(view, counted),
            zoom_out: zoom_out(view, answer),
            later: counted.later.as_ref().map(|later| later.told(view)),
            width: format::duration(width),
            is_empty: answer.counted.matched == 0,
            missing: answer.counted.missing.len(),
            rows: buckets.into_iter().map(Counts::from).collect(),
        }
    }
}

impl Later {
    fn told(&self, view: &LogsView) -> (String, String, Link) {
        let day = format::day(self.newest_ns, view.frame.range.now_ns);
        let until = format!("{day} {} UTC", format::clock_ms(self.newest_ns));
        let behind = self.newest_ns.saturating_add(1);
        let (from, to) = (format::rfc3339(self.from_ns), format::rfc3339(behind));
        let link = view.in_range(&from, &to);
        (format::count(self.count), until, link)
    }
}

impl From<Bucket> for Counts {
    fn from(bucket: Bucket) -> Self {
        Counts {
            label: bucket.label(),
            datetime: format::rfc3339(bucket.from_ns),
            link: bucket.link,
            errors: bucket.errors,
            warnings: bucket.warnings,
            others: bucket.others,
        }
    }
}

/// A bucket with its link, cut to the range so that the link finds what was counted.
fn of_bucket(view: &LogsView, answer: &HistogramAnswer, bucket: &HistogramBucket) -> Bucket {
    let (start, end) = (
        bucket.start_ns,
        bucket.start_ns.saturating_add(answer.bucket_ns),
    );
    let from = answer.from_ns.map_or(start, |from| from.max(start));
    let to = answer.to_ns.map_or(end, |to| to.min(end));
    let mut counts = Bucket {
        from_ns: stored(start),
        to_ns: stored(end),
        others: 0,
        warnings: 0,
        errors: 0,
        link: view.in_range(&format::rfc3339(stored(from)), &format::rfc3339(stored(to))),
    };
    for (severity, rows) in Severity::counted(&bucket.rows) {
        match severity {
            Severity::Warn => counts.warnings += rows,
            severity if severity.is_error() => counts.errors += rows,
            _ => counts.others += rows,
        }
    }
    counts
}

/// A time as far as one can be stored.
fn stored(ns: i128) -> i64 {
    i64::try_from(ns).unwrap_or(if ns < 0 { i64::MIN } else { i64::MAX })
}

/// Three times as long a range around this one.
fn zoom_out(view: &LogsView, answer: &HistogramAnswer) -> Option<Link> {
    let (from, to) = (
        answer.from_ns?,
        answer.to_ns.unwrap_or(view.frame.range.now_ns.into()),
    );
    let length = (to - from).max(1);
    let earliest = stored(from.saturating_sub(length));
    let latest = stored(to.saturating_add(length));
    Some(view.in_range(&format::rfc3339(earliest), &format::rfc3339(latest)))
}

/// Records by severity, the gravest first, each a link to them.
#[derive(Template)]
#[template(path = "logs_totals.html")]
pub(super) struct Totals {
    counts: Vec<Total>,
}

struct Total {
    severity: Severity,
    count: String,
    link: Option<Link>,
}

impl Totals {
    /// Of all records, those that the chart does not draw among them.
    fn new(view: &LogsView, counted: &Counted) -> Self {
        let mut rows = by_severity(&counted.answer);
        let later = counted.later.iter().flat_map(|later| later.rows);
        rows.iter_mut()
            .zip(later)
            .for_each(|(sum, count)| *sum += count);
        let counts = Severity::counted(&rows).filter(|&(_, count)| count > 0);
        let counts = counts.map(|(severity, count)| Total {
            severity,
            count: format::count(count),
            link: severity.clause().map(|clause| view.adding(&clause)),
        });
        Totals {
            counts: counts.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_chart_ends_now_unless_clocks_are_ahead() {
        assert_eq!(end(Some(0), 100, Some(50)), Some(100));
        assert_eq!(end(Some(0), 100, None), Some(100));
        assert_eq!(end(Some(0), 100, Some(100)), Some(101));
        assert_eq!(end(Some(0), 100, Some(150)), Some(151));
        assert_eq!(end(Some(0), 100, Some(i64::MAX)), Some(100));
        assert_eq!(end(None, 100, Some(50)), None);
        assert_eq!(end(Some(200), 100, Some(300)), None);
    }
}
