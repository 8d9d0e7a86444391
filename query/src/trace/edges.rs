//! Who calls whom, by the spans of one trace.
//!
//! 1. A child is called by the service of its parent, when that is another one. Within a service it is a call only from CLIENT to SERVER or from
//!    PRODUCER to CONSUMER.
//! 2. Where no parent made it a call, the spans that it links to are taken for parents, each by the same rule.
//! 3. A span that no other service has a child of calls the peer that its attributes name.
//!
//! Spans may share their id. One that several of them could be the parent of is called by each of their services, once; and those that share their id are one
//! call of an edge: an error if one of them is, with the longest of their durations.
//! Parents are looked up by id alone, so a cycle is no more than its edges.

use clearspan_schema::SpanId;

use crate::limits::CALLERS_MAX;

/// `SpanKind` SERVER, CLIENT, PRODUCER, CONSUMER.
const SERVER: i32 = 2;
pub(super) const CLIENT: i32 = 3;
pub(super) const PRODUCER: i32 = 4;
const CONSUMER: i32 = 5;

/// One end of a possible call: which service, by number, and `SpanKind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct End {
    pub(crate) service: u32,
    pub(crate) kind: i32,
}

/// What is known of a span. Services and peers are numbered by whoever asks.
#[derive(Debug, Clone)]
pub(crate) struct CallingSpan<L> {
    pub(crate) id: SpanId,
    pub(crate) parent: Option<SpanId>,
    pub(crate) end: End,
    /// Whether it counts. One that does not may be a parent or a child.
    pub(crate) in_range: bool,
    pub(crate) is_error: bool,
    pub(crate) duration: Option<i64>,
    pub(crate) peer: Option<u32>,
    /// What it links to.
    pub(crate) links: L,
}

/// One call, by the numbers of who calls and who is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Call {
    pub(crate) caller: u32,
    pub(crate) callee: u32,
    pub(crate) is_error: bool,
    pub(crate) duration: Option<i64>,
}

/// Whether a child with one end is a call from a parent with the other.
fn is_call(parent: End, child: End) -> bool {
    parent.service != child.service
        || matches!(
            (parent.kind, child.kind),
            (CLIENT, SERVER) | (PRODUCER, CONSUMER)
        )
}

/// The distinct callers of one span, the first so many.
#[derive(Debug, Default)]
pub(crate) struct Callers(Vec<u32>);

impl Callers {
    /// Takes `parent` for one if it is.
    pub(crate) fn offer(&mut self, parent: End, child: End) {
        if is_call(parent, child) && self.0.len() < CALLERS_MAX && !self.0.contains(&parent.service)
        {
            self.0.push(parent.service);
        }
    }
}

/// All calls of a trace, whose spans are put in order. `linked` offers what a span's links lead to.
pub(crate) fn calls<L>(
    spans: &mut [CallingSpan<L>],
    linked: impl Fn(&L, End, &mut Callers),
    mut emit: impl FnMut(Call),
) {
    spans.sort_unstable_by_key(|span| (span.id, span.end));
    let spans = &*spans;
    let children = Children::of(spans);
    let mut of_id = Vec::new();
    for same in spans.chunk_by(|a, b| a.id == b.id) {
        for span in same.iter().filter(|span| span.in_range) {
            let call = |caller, callee| Call {
                caller,
                callee,
                is_error: span.is_error,
                duration: span.duration,
            };
            let callers = callers(span, spans, &linked);
            of_id.extend(
                callers
                    .0
                    .into_iter()
                    .map(|from| call(from, span.end.service)),
            );
            let peer = span.peer.filter(|_| !children.elsewhere(span));
            of_id.extend(peer.map(|peer| call(span.end.service, peer)));
        }
        once(&mut of_id, &mut emit);
    }
}

fn callers<L>(
    span: &CallingSpan<L>,
    spans: &[CallingSpan<L>],
    linked: impl Fn(&L, End, &mut Callers),
) -> Callers {
    let mut callers = Callers::default();
    if let Some(parent) = span.parent {
        let first = spans.partition_point(|other| other.id < parent);
        let mut before = None;
        for other in spans[first..].iter().take_while(|other| other.id == parent) {
            if before != Some(other.end) {
                callers.offer(other.end, span.end);
            }
            before = Some(other.end);
            if callers.0.len() == CALLERS_MAX {
                break;
            }
        }
    }
    if callers.0.is_empty() {
        linked(&span.links, span.end, &mut callers);
    }
    callers
}

/// Calls of spans that share their id, each edge once.
fn once(calls: &mut Vec<Call>, emit: &mut impl FnMut(Call)) {
    calls.sort_unstable();
    for same in calls.chunk_by(|a, b| (a.caller, a.callee) == (b.caller, b.callee)) {
        emit(Call {
            is_error: same.iter().any(|call| call.is_error),
            duration: same.iter().filter_map(|call| call.duration).max(),
            ..same[0]
        });
    }
    calls.clear();
}

/// By the id of a parent, the least and the greatest number of a service with a child of it: whether there is one beside a given service follows from these two.
struct Children(Vec<(SpanId, u32, u32)>);

impl Children {
    fn of<L>(spans: &[CallingSpan<L>]) -> Self {
        let with_parent = spans.iter().filter_map(|span| {
            let service = span.end.service;
            Some((span.parent?, service, service))
        });
        let mut children: Vec<_> = with_parent.collect();
        children.sort_unstable();
        children.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.2 = kept.2.max(next.2);
            }
            same
        });
        Children(children)
    }

    /// Whether another service has a child of this span.
    fn elsewhere<L>(&self, span: &CallingSpan<L>) -> bool {
        let found = self.0.binary_search_by_key(&span.id, |child| child.0);
        let child = found.ok().map(|at| self.0[at]);
        child.is_some_and(|(_, least, greatest)| {
            least != span.end.service || greatest != span.end.service
        })
    }
}

#[cfg(test)]
mod tests;
