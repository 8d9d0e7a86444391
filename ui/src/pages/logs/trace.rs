//! The trace that a record was written in: its spans in a few lines, and its other records.

use askama::Template;
use axum::response::Response;
use clearspan_query::{
    LogRows, LogsAnswer, QueryError, Skeleton, SkeletonSpan, SpanFlags, SpanId, TraceId,
};

use super::beside::{Beside, GRACE, Soon};
use super::message::{Marked, Style};
use super::question::{LogsView, PAGE, TRACE};
use super::rows::record_text;
use super::severity::Severity;
use crate::error::ApiError;
use crate::pages::asked::{Asked, Question, page};
use crate::pages::chart::{SpanBar, Svg, spans};
use crate::pages::format;
use crate::pages::frame::Here;
use crate::pages::marks::Marks;
use crate::pages::view::{Link, View};
use crate::state::Api;

/// Spans that are drawn, and records that are listed.
const SPANS_MAX: usize = 60;
const RECORDS_MAX: usize = 100;

/// `/logs/trace?sel=&trace=&span=`: what a panel shows of the trace, where that was not there with the record.
pub(crate) async fn trace(asked: Asked) -> Response {
    asked.answer(Here::Logs, answer).await
}

async fn answer(question: Question) -> Result<Response, ApiError> {
    let Question {
        api, params, frame, ..
    } = question;
    let view = LogsView::read(&params, frame)?;
    let moment = Moment::of_view(&view)?;
    let (skeleton, records) = moment.ask(&api)?;
    let (skeleton, records) = (skeleton.whole().await?, records.whole().await?);
    let marks = Marks::read(&api)?;
    let mut in_trace = InTrace::new(
        &view,
        &moment,
        Soon::Here(skeleton),
        Soon::Here(records),
        &marks,
    )?;
    in_trace.is_part = true;
    page(&in_trace)
}

/// The trace, span and time of a record.
struct Moment {
    trace: TraceId,
    span: Option<SpanId>,
    ns: i64,
}

impl Moment {
    /// As the panel's script asks for it.
    fn of_view(view: &LogsView) -> Result<Self, ApiError> {
        let given = view.get("trace");
        let mut trace = TraceId::default();
        hex::decode_to_slice(given, &mut trace).map_err(|_| ApiError::BadTraceId {
            given: crate::error::shown(given),
        })?;
        let mut span = SpanId::default();
        let has_span = hex::decode_to_slice(view.get("span"), &mut span).is_ok();
        let id = clearspan_query::LogId::parse(view.get("sel"));
        Ok(Moment {
            trace,
            span: has_span.then_some(span),
            ns: id.map_or(0, |id| id.placed_time),
        })
    }

    fn ask(&self, api: &Api) -> Result<(Beside<Option<Skeleton>>, Beside<LogsAnswer>), ApiError> {
        let trace = self.trace;
        let (engine, tenant) = (api.engine()?.clone(), api.tenant());
        let (also, same) = (engine.clone(), tenant.clone());
        let skeleton = Beside::ask(async move {
            match engine.skeleton(&tenant, trace).await {
                // A record may name a trace whose spans went elsewhere.
                Err(QueryError::UnknownTrace { .. }) => Ok(None),
                known => known.map(Some),
            }
        });
        let records = Beside::ask(async move { also.trace_logs(&same, trace).await });
        Ok((skeleton, records))
    }

    fn page(&self) -> View {
        let page = View::at(format!("/trace/{}", hex::encode(self.trace)));
        page.with("span", &self.span.map(hex::encode).unwrap_or_default())
    }
}

/// What a panel shows of a trace.
#[derive(Template)]
#[template(path = "logs_trace.html")]
pub(super) struct InTrace {
    /// The trace's page.
    page: Link,
    /// Where what is not here can be asked for.
    part: Link,
    /// It stands alone, so that the list comes with it.
    is_part: bool,
    drawn: Soon<Option<Drawn>>,
    /// The records of the trace, for a place of their own.
    pub(super) list: List,
}

/// The records of the trace.
#[derive(Template)]
#[template(path = "logs_trace_list.html")]
pub(super) struct List {
    /// The log page with them.
    logs: Link,
    records: Soon<Records>,
}

struct Drawn {
    svg: Svg,
    spans: String,
    shown: String,
    is_cut: bool,
    duration: String,
    errors: usize,
}

struct Records {
    count: String,
    rows: Vec<Row>,
    left: u64,
}

struct Row {
    severity: Severity,
    clock: String,
    datetime: String,
    text: Marked,
    link: Link,
    is_this: bool,
}

impl InTrace {
    /// What is there soon; `None` of a record outside of any trace.
    pub(super) async fn ask(
        api: &Api,
        view: &LogsView,
        rows: &LogRows,
    ) -> Result<Option<Self>, ApiError> {
        let moment = {
            let records = rows.records().map_err(QueryError::from)?;
            let record = records.iter().next();
            record.and_then(|record| {
                Some(Moment {
                    trace: record.log.trace_id?,
                    span: record.log.span_id,
                    ns: record.id.placed_time,
                })
            })
        };
        let Some(moment) = moment else {
            return Ok(None);
        };
        let (skeleton, records) = moment.ask(api)?;
        let (skeleton, records) = futures::join!(skeleton.soon(GRACE), records.soon(GRACE));
        let marks = Marks::read(api)?;
        InTrace::new(view, &moment, Soon::of(skeleton), Soon::of(records), &marks).map(Some)
    }

    fn new(
        view: &LogsView,
        moment: &Moment,
        skeleton: Soon<Option<Skeleton>>,
        records: Soon<LogsAnswer>,
        marks: &Marks,
    ) -> Result<Self, ApiError> {
        let trace = hex::encode(moment.trace);
        let span = moment.span.map(hex::encode).unwrap_or_default();
        let records = match records {
            Soon::Here(answer) => Soon::Here(Records::new(view, &answer)?),
            Soon::Later => Soon::Later,
            Soon::Refused(why) => Soon::Refused(why),
        };
        let logs = View::at(PAGE)
            .with("q", &format!("trace_id:{trace}"))
            .with("from", "0");
        Ok(InTrace {
            page: moment.page().link(),
            is_part: false,
            list: List {
                logs: logs.with("order", "asc").link(),
                records,
            },
            part: view
                .part(TRACE)
                .with("trace", &trace)
                .with("span", &span)
                .link(),
            drawn: skeleton
                .map(|skeleton| skeleton.map(|skeleton| Drawn::new(&skeleton, moment, marks))),
        })
    }

    /// How many records the trace has, where that is known.
    pub(super) fn count(&self) -> &str {
        self.list
            .records
            .here()
            .map_or("", |records| &records.count)
    }
}

impl Drawn {
    fn new(skeleton: &Skeleton, moment: &Moment, marks: &Marks) -> Self {
        let chosen = chosen(skeleton, moment.span);
        let length = skeleton.duration_ns.max(1) as f64;
        let bars: Vec<SpanBar> = chosen
            .iter()
            .map(|&at| {
                let span = &skeleton.spans[at];
                let page = moment.page().with("span", &hex::encode(span.span_id));
                SpanBar {
                    start: span.start_offset_ns as f64 / length,
                    length: span.duration_ns as f64 / length,
                    colour: marks.of(skeleton.service_of(span)).colour,
                    is_error: is_error(span),
                    link: page.link(),
                }
            })
            .collect();
        let start = skeleton
            .start_ns
            .and_then(|start| i64::try_from(start).ok());
        let at = start.map(|start| (moment.ns as f64 - start as f64) / length);
        Drawn {
            svg: spans(&bars, at),
            spans: format::count(skeleton.spans.len() as u64),
            shown: format::count(chosen.len() as u64),
            is_cut: chosen.len() < skeleton.spans.len(),
            duration: format::duration(i64::try_from(skeleton.duration_ns).unwrap_or(i64::MAX)),
            errors: skeleton.spans.iter().filter(|span| is_error(span)).count(),
        }
    }
}

fn is_error(span: &SkeletonSpan) -> bool {
    span.flags.has(SpanFlags::ERROR)
}

/// The spans to draw, in the order of the tree: all, or the record's own, then those that failed, then the longest.
fn chosen(skeleton: &Skeleton, own: Option<SpanId>) -> Vec<usize> {
    let mut chosen: Vec<usize> = (0..skeleton.spans.len()).collect();
    chosen.sort_by_key(|&at| {
        let span = &skeleton.spans[at];
        let rank = (Some(span.span_id) == own, is_error(span), span.duration_ns);
        (std::cmp::Reverse(rank), at)
    });
    chosen.truncate(SPANS_MAX);
    chosen.sort_unstable();
    chosen
}

impl Records {
    fn new(view: &LogsView, answer: &LogsAnswer) -> Result<Self, ApiError> {
        let style = Style {
            is_wrapped: false,
            ..view.style()
        };
        let records = answer.rows.records().map_err(QueryError::from)?;
        let rows = records.iter().take(RECORDS_MAX).map(|record| {
            let id = record.id.to_string();
            Row {
                severity: Severity::of(record.log.severity_number, record.log.severity_text),
                clock: format::clock_ms(record.id.placed_time),
                datetime: format::rfc3339(record.id.placed_time),
                text: record_text(&record, &style),
                is_this: view.get("sel") == id,
                link: view.with("sel", &id),
            }
        });
        let rows: Vec<Row> = rows.collect();
        let matched = answer.counted()?;
        Ok(Records {
            count: format::count(matched),
            left: matched.saturating_sub(rows.len() as u64),
            rows,
        })
    }
}
