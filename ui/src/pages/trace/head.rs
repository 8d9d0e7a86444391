//! What stands above the waterfall: whose trace it is, its facts, and what is odd about it.

use clearspan_query::{Skeleton, SkeletonSpan, SpanFlags, TraceId};

use super::strip::Strip;
use crate::pages::format;
use crate::pages::frame::Frame;
use crate::pages::marks::{Mark, Marks};
use crate::pages::paging::PAGE;
use crate::pages::view::Link;

const SERVER: i32 = 2;

pub(super) struct Head {
    pub(super) root: Option<Named>,
    /// Where the work begins: the first server span of another service than the root's.
    pub(super) entry: Option<Named>,
    pub(super) duration: String,
    pub(super) errors: u64,
    pub(super) first_error: Option<Link>,
    pub(super) spans: String,
    pub(super) services: usize,
    /// Of the earliest start: the clock, the date, and both for machines.
    pub(super) start: Option<(String, String, String)>,
    pub(super) id: String,
    pub(super) export: String,
    pub(super) strip: Strip,
    pub(super) notes: Vec<Note>,
}

/// A span by its service and its name.
pub(super) struct Named {
    pub(super) mark: Mark,
    pub(super) name: String,
    pub(super) id: String,
    pub(super) link: Link,
}

/// Something to know before one trusts the picture, and where it is first seen.
#[derive(Debug, PartialEq)]
pub(super) struct Note {
    pub(super) words: String,
    pub(super) span: Option<Link>,
}

impl Head {
    pub(super) fn new(id: TraceId, skeleton: &Skeleton, frame: &Frame, marks: &Marks) -> Self {
        let named = |span: &SkeletonSpan| Named {
            mark: marks.of(skeleton.service_of(span)),
            name: skeleton.name_of(span).to_owned(),
            id: hex::encode(span.span_id),
            link: link(frame, span),
        };
        let root = root(skeleton);
        let errors = with(skeleton, SpanFlags::ERROR);
        let first_error = errors.clone().next();
        let id = hex::encode(id);
        let start = skeleton.start_ns.and_then(|ns| i64::try_from(ns).ok());
        Head {
            root: root.map(named),
            entry: root.and_then(|root| entry(skeleton, root)).map(named),
            duration: match skeleton.start_ns {
                Some(_) => {
                    format::duration(i64::try_from(skeleton.duration_ns).unwrap_or(i64::MAX))
                }
                None => format::NONE.to_owned(),
            },
            errors: errors.count() as u64,
            first_error: first_error.map(|span| link(frame, span)),
            spans: format::count(skeleton.spans.len() as u64),
            services: skeleton
                .services
                .iter()
                .filter(|name| !name.is_empty())
                .count(),
            start: start.map(|ns| {
                let date = format::civil(ns).strftime("%a %-d %b %Y").to_string();
                (format::clock_ms(ns), date, format::rfc3339(ns))
            }),
            export: format!("/api/v1/traces/{id}/export"),
            id,
            strip: Strip::new(skeleton, frame, marks),
            notes: notes(skeleton, frame),
        }
    }
}

/// The earliest span without a parent, else the earliest whose parent is absent.
fn root(skeleton: &Skeleton) -> Option<&SkeletonSpan> {
    let mut tops = skeleton.spans.iter().filter(|span| span.parent.is_none());
    let mut orphan = None;
    tops.find(|span| {
        let is_root = is_root(span);
        if !is_root && orphan.is_none() && span.flags.has(SpanFlags::ORPHAN) {
            orphan = Some(*span);
        }
        is_root
    })
    .or(orphan)
}

fn is_root(span: &SkeletonSpan) -> bool {
    span.parent.is_none() && !span.flags.has(SpanFlags::ORPHAN) && !span.flags.has(SpanFlags::CYCLE)
}

fn entry<'a>(skeleton: &'a Skeleton, root: &SkeletonSpan) -> Option<&'a SkeletonSpan> {
    skeleton
        .spans
        .iter()
        .find(|span| span.flags.kind() == SERVER && span.service != root.service)
}

fn with(skeleton: &Skeleton, mark: SpanFlags) -> impl Iterator<Item = &SkeletonSpan> + Clone {
    skeleton
        .spans
        .iter()
        .filter(move |span| span.flags.has(mark))
}

fn link(frame: &Frame, span: &SkeletonSpan) -> Link {
    let view = frame.view.without(&[PAGE]);
    view.with("span", &hex::encode(span.span_id)).link()
}

fn notes(skeleton: &Skeleton, frame: &Frame) -> Vec<Note> {
    let mut notes = Notes {
        skeleton,
        frame,
        notes: Vec::new(),
    };
    if !skeleton.missing.is_empty() {
        let segments = counted(skeleton.missing.len(), "segment", "segments");
        let words = format!("Partial: {segments} that may hold more of this trace cannot be read.");
        notes.push(words, None);
    }
    notes.about_roots();
    for (mark, one, many, rest) in ODD {
        notes.odd(mark, one, many, rest);
    }
    if skeleton.events_are_cut {
        let drawn = format::count(skeleton.events.len() as u64);
        notes.push(format!("Of its events {drawn} are drawn."), None);
    }
    notes.notes
}

/// Marks of spans that are told about, and the words for one, for several, and for both.
const ODD: [(SpanFlags, &str, &str, &str); 4] = [
    (
        SpanFlags::CYCLE,
        "circle",
        "circles",
        "of parents: the earliest span of each stands at the top",
    ),
    (
        SpanFlags::DUPLICATE,
        "span shares",
        "spans share",
        "an id with another",
    ),
    (
        SpanFlags::NEGATIVE,
        "span ends",
        "spans end",
        "before the start, by clock skew or by mistake",
    ),
    (
        SpanFlags::NO_TIME,
        "span has",
        "spans have",
        "no start or no end",
    ),
];

struct Notes<'a> {
    skeleton: &'a Skeleton,
    frame: &'a Frame,
    notes: Vec<Note>,
}

impl Notes<'_> {
    fn push(&mut self, words: String, span: Option<&SkeletonSpan>) {
        let span = span.map(|span| link(self.frame, span));
        self.notes.push(Note { words, span });
    }

    fn odd(&mut self, mark: SpanFlags, one: &str, many: &str, rest: &str) {
        let spans = with(self.skeleton, mark);
        let count = spans.clone().count();
        if count > 0 {
            let words = format!("{} {rest}.", counted(count, one, many));
            self.push(words, spans.clone().next());
        }
    }

    fn about_roots(&mut self) {
        const ABSENT: &str =
            "it has not arrived yet, was not sampled, or its sender does not export";
        let skeleton = self.skeleton;
        let mut roots = skeleton.spans.iter().filter(|span| is_root(span));
        let has_root = roots.next().is_some();
        let orphans = with(skeleton, SpanFlags::ORPHAN);
        let count = orphans.clone().count();
        let named = counted(count, "span names", "spans name");
        let words = match (count, has_root) {
            (0, _) => None,
            (_, false) => Some(format!(
                "The root is missing. {named} a parent that is not here: {ABSENT}."
            )),
            (_, true) => Some(format!(
                "{named} a parent that is not here, so that they stand at the top: {ABSENT}."
            )),
        };
        if let Some(words) = words {
            self.push(words, orphans.clone().next());
        }
        if let Some(second) = roots.next() {
            let others = counted(1 + roots.count(), "span is", "spans are");
            let words = format!("Beside the root {others} without a parent.");
            self.push(words, Some(second));
        }
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!(
        "{} {}",
        format::count(count as u64),
        if count == 1 { one } else { many }
    )
}
