//! Events of a span, exceptions among them.

use clearspan_query::{AnyRef, EventRef, LinkRef, json};

use super::origin::{Origin, rfc3339};
use super::pairs::{More, Pairs, cut, shortened};
use crate::limits::PANEL_STACK_BYTES_MAX;
use crate::pages::view::{Link, View};

/// The event that OpenTelemetry names for what was thrown.
const EXCEPTION: &str = "exception";
const TYPE: &str = "exception.type";
const MESSAGE: &str = "exception.message";
const STACK: &str = "exception.stacktrace";

pub(super) struct Event {
    pub(super) name: String,
    pub(super) offset: String,
    pub(super) at: Option<String>,
    pub(super) exception: Option<Exception>,
    pub(super) pairs: Pairs,
}

/// What was thrown, apart from the event's other attributes.
pub(super) struct Exception {
    pub(super) kind: String,
    pub(super) message: String,
    pub(super) stack: String,
    /// Of the stack trace.
    pub(super) more: More,
}

impl Event {
    pub(super) fn new(event: &EventRef<'_>, origin: Origin, search: &View) -> Self {
        let mut entries = json::last_of_each_key(event.attributes);
        let exception = (event.name == EXCEPTION).then(|| Exception::taken_from(&mut entries));
        Event {
            name: shortened(event.name),
            offset: origin.offset(event.time),
            at: rfc3339(event.time),
            exception,
            pairs: unsearched(&entries, event.dropped_attributes_count, search),
        }
    }
}

impl Exception {
    fn taken_from(entries: &mut Vec<(&str, AnyRef<'_>)>) -> Self {
        let mut take = |name: &str| {
            let at = entries.iter().position(|(key, _)| *key == name);
            let mut text = String::new();
            if let Some(at) = at {
                json::push_text(entries.remove(at).1, &mut text);
            }
            text
        };
        let (kind, message, mut stack) = (take(TYPE), take(MESSAGE), take(STACK));
        let (kind, message) = (shortened(&kind), shortened(&message));
        let more = cut(&mut stack, PANEL_STACK_BYTES_MAX);
        Exception {
            kind,
            message,
            stack,
            more,
        }
    }

    /// What a reader wants first: the message, else the type.
    pub(super) fn words(&self) -> String {
        match (self.kind.is_empty(), self.message.is_empty()) {
            (false, false) => format!("{}: {}", self.kind, self.message),
            (_, true) => self.kind.clone(),
            (true, _) => self.message.clone(),
        }
    }
}

/// A span of another trace, or of this one, that this span names.
pub(super) struct LinkedSpan {
    pub(super) open: Link,
    pub(super) trace_id: String,
    pub(super) span_id: String,
    pub(super) trace_state: String,
    pub(super) pairs: Pairs,
}

impl LinkedSpan {
    pub(super) fn new(link: &LinkRef<'_>, search: &View) -> Self {
        let (trace_id, span_id) = (hex::encode(link.trace_id), hex::encode(link.span_id));
        let entries = json::last_of_each_key(link.attributes);
        LinkedSpan {
            open: View::at(format!("/trace/{trace_id}"))
                .with("span", &span_id)
                .link(),
            trace_id,
            span_id,
            trace_state: link.trace_state.to_owned(),
            pairs: unsearched(&entries, link.dropped_attributes_count, search),
        }
    }
}

/// The trace search asks spans, not their events and links, so that these attributes filter nothing.
fn unsearched(entries: &[(&str, AnyRef<'_>)], dropped: u32, search: &View) -> Pairs {
    let mut pairs = Pairs::new(entries, dropped, "attributes", search);
    for pair in &mut pairs.shown {
        (pair.include, pair.exclude) = (None, None);
    }
    pairs
}
