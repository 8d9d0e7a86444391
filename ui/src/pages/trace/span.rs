//! What the panel says of one span.

use clearspan_query::language::fields;
use clearspan_query::{SpanRecord, json};

use super::events::{Event, LinkedSpan};
use super::origin::{FOR_TRACES_NS, around, narrow, rfc3339};
use super::pairs::{More, Pair, Pairs, cut};
use super::panel::Context;
use crate::limits::{PANEL_ENTRIES_MAX, PANEL_VALUE_BYTES_MAX};
use crate::pages::marks::Mark;
use crate::pages::view::{Link, View};
use crate::pages::{filters, format};

/// One span.
pub(super) struct Span {
    pub(super) mark: Mark,
    /// Traces of its service.
    pub(super) service: Option<Link>,
    pub(super) name: String,
    pub(super) name_more: More,
    pub(super) is_error: bool,
    /// What the status says, and what was thrown, if anything.
    pub(super) message: String,
    pub(super) message_more: More,
    pub(super) duration: String,
    pub(super) own: String,
    /// Start and end as sent: by these a script finds the span that it knows.
    pub(super) times: (u64, u64),
    pub(super) start: String,
    pub(super) at: Option<String>,
    pub(super) kind: String,
    pub(super) parent: Option<(String, Link)>,
    pub(super) is_backwards: bool,
    pub(super) facts: Vec<Pair>,
    pub(super) attributes: Pairs,
    pub(super) resource: Pairs,
    pub(super) scope_name: String,
    pub(super) scope: Pairs,
    pub(super) events: Vec<Event>,
    pub(super) events_total: usize,
    pub(super) events_dropped: u32,
    pub(super) links: Vec<LinkedSpan>,
    pub(super) links_total: usize,
    pub(super) links_dropped: u32,
}

impl Span {
    pub(super) fn new(record: &SpanRecord<'_>, context: &Context<'_>) -> Self {
        let span = &record.span;
        let search = search(record, context);
        let events = record.events.iter().take(PANEL_ENTRIES_MAX);
        let events: Vec<Event> = events
            .map(|event| Event::new(event, context.origin, &search))
            .collect();
        let links = record.links.iter().take(PANEL_ENTRIES_MAX);
        let service = record.service.unwrap_or_default();
        let service_link = || search.with("q", &filters::is("service", service)).link();
        let (mut name, mut message) = (span.name.to_owned(), message(record, &events));
        Span {
            mark: context.marks.of(service),
            service: (!service.is_empty()).then(service_link),
            name_more: cut(&mut name, PANEL_VALUE_BYTES_MAX),
            name,
            is_error: record.is_error(),
            message_more: cut(&mut message, PANEL_VALUE_BYTES_MAX),
            message,
            duration: format::duration_or_none(record.duration_ns().map(narrow)),
            own: own(record, context),
            times: (span.start_time, span.end_time),
            start: context.origin.offset(span.start_time),
            at: rfc3339(span.start_time),
            kind: kind(span.kind),
            parent: span.parent_span_id.map(|id| {
                let id = hex::encode(id);
                let link = context.page().with("span", &id).link();
                (id, link)
            }),
            is_backwards: record.duration_ns().is_some_and(|ns| ns < 0),
            facts: facts(record),
            attributes: Pairs::new(
                &json::last_of_each_key(span.attributes),
                span.dropped_attributes_count,
                "attributes",
                &search,
            ),
            resource: Pairs::new(
                &json::last_of_each_key(record.resource.attributes),
                record.resource.dropped_attributes_count,
                "resource",
                &search,
            ),
            scope_name: format!("{} {}", record.scope.name, record.scope.version)
                .trim()
                .to_owned(),
            scope: Pairs::new(
                &json::last_of_each_key(record.scope.attributes),
                record.scope.dropped_attributes_count,
                "scope",
                &search,
            ),
            events,
            events_total: record.events.len(),
            events_dropped: span.dropped_events_count,
            links: links.map(|link| LinkedSpan::new(link, &search)).collect(),
            links_total: record.links.len(),
            links_dropped: span.dropped_links_count,
        }
    }

    /// All that stands under "Attributes".
    pub(super) fn pairs_total(&self) -> usize {
        self.attributes.total
    }
}

/// The trace search in the page's range; without one in the hour around the span.
fn search(record: &SpanRecord<'_>, context: &Context<'_>) -> View {
    let view = &context.frame.view;
    if view.has("from") || view.has("to") {
        return View::at("/traces")
            .with("from", view.get("from"))
            .with("to", view.get("to"));
    }
    let (start, end) = (record.span.start_time, record.span.end_time);
    around("/traces", Some(start), Some(end), FOR_TRACES_NS)
}

/// The status' message; of an error without one what was thrown.
fn message(record: &SpanRecord<'_>, events: &[Event]) -> String {
    let message = record.span.status.map_or("", |(_, message)| message);
    if !message.is_empty() || !record.is_error() {
        return message.to_owned();
    }
    let thrown = events
        .iter()
        .rev()
        .find_map(|event| event.exception.as_ref());
    thrown.map_or(String::new(), |exception| exception.words())
}

/// The self time, where the trace was read: of the span with this id that has the same times.
fn own(record: &SpanRecord<'_>, context: &Context<'_>) -> String {
    let times = |skeleton: &clearspan_query::Skeleton| {
        let start = record.span.start_time.checked_sub(skeleton.start_ns?)?;
        let duration = u64::try_from(record.duration_ns()?).unwrap_or(0);
        let is_it = |span: &&clearspan_query::SkeletonSpan| {
            span.span_id == record.span.span_id
                && (span.start_offset_ns, span.duration_ns) == (start, duration)
        };
        skeleton.spans.iter().find(is_it).map(|span| span.self_ns)
    };
    let own = context.skeleton.and_then(times);
    format::duration_or_none(own.map(|ns| narrow(i128::from(ns))))
}

fn kind(kind: i32) -> String {
    let name = fields::kind_name(kind).map(str::to_ascii_lowercase);
    name.unwrap_or_else(|| format!("kind {kind}"))
}

/// What a span has beside its attributes.
fn facts(record: &SpanRecord<'_>) -> Vec<Pair> {
    let span = &record.span;
    let status = span.status.map_or(0, |(code, _)| code);
    let word = fields::status_name(status).map(str::to_ascii_lowercase);
    let mut facts = vec![Pair::fact(
        "status",
        &word.unwrap_or_else(|| format!("status {status}")),
    )];
    facts.push(Pair::fact("span_id", &hex::encode(span.span_id)));
    let parent = span.parent_span_id.map(hex::encode);
    facts.extend(parent.map(|id| Pair::fact("parent_id", &id)));
    if !span.trace_state.is_empty() {
        facts.push(Pair::fact("trace_state", span.trace_state));
    }
    if span.flags != 0 {
        facts.push(Pair::fact("flags", &format!("{:#x}", span.flags)));
    }
    facts
}
