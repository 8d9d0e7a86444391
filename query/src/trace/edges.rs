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

use crate::limits::{CALLERS_MAX, CALLS_MERGED};

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
    /// Span ids as numbers, which are compared faster.
    pub(crate) id: u64,
    pub(crate) parent: Option<u64>,
    pub(crate) end: End,
    /// Whether it counts. One that does not may be a parent or a child.
    pub(crate) in_range: bool,
    pub(crate) is_error: bool,
    pub(crate) duration: Option<i64>,
    pub(crate) peer: Option<u32>,
    /// What it links to.
    pub(crate) links: L,
    /// The minute in which it starts, counted from 1970.
    pub(crate) minute: i64,
    /// Where it stands, for whoever asks.
    pub(crate) row: u32,
}

impl<L> CallingSpan<Vec<L>> {
    /// The same, as one that counts, and with whether it has links.
    pub(crate) fn with_links(&self) -> CallingSpan<bool> {
        CallingSpan {
            id: self.id,
            parent: self.parent,
            end: self.end,
            in_range: true,
            is_error: self.is_error,
            duration: self.duration,
            peer: self.peer,
            links: !self.links.is_empty(),
            minute: self.minute,
            row: self.row,
        }
    }
}

/// One call, by the numbers of who calls and who is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Call {
    pub(crate) caller: u32,
    pub(crate) callee: u32,
    pub(crate) duration: Option<i64>,
    /// Of the spans that are this call, the latest minute.
    pub(crate) minute: i64,
    pub(crate) row: u32,
    pub(crate) is_error: bool,
    /// Whether these spans start in several minutes.
    pub(crate) is_split: bool,
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

/// All calls of a trace. `linked` offers what a span's links lead to, where no parent made it a call. Returns whether some span may have had more callers than
/// count.
pub(crate) fn calls<L>(
    spans: &[CallingSpan<L>],
    linked: impl Fn(&L, End, &mut Callers),
    mut emit: impl FnMut(Call),
) -> bool {
    let by_id = ById::new(spans);
    let (mut of_id, mut merge_at) = (Vec::new(), 2 * CALLS_MERGED);
    let mut are_full = false;
    for (same, children) in by_id.spans_of_each() {
        for span in same.iter().map(|key| &spans[key.at as usize]) {
            if !span.in_range {
                continue;
            }
            let call = |caller, callee| Call {
                caller,
                callee,
                duration: span.duration,
                minute: span.minute,
                row: span.row,
                is_error: span.is_error,
                is_split: false,
            };
            let callers = callers(span, &by_id, &linked);
            are_full |= callers.0.len() == CALLERS_MAX;
            let callers = callers.0.into_iter();
            of_id.extend(callers.map(|from| call(from, span.end.service)));
            let peer = span
                .peer
                .filter(|_| !children.are_elsewhere(span.end.service));
            of_id.extend(peer.map(|peer| call(span.end.service, peer)));
            if of_id.len() >= merge_at {
                merge(&mut of_id);
                merge_at = 2 * of_id.len().max(CALLS_MERGED);
            }
        }
        merge(&mut of_id);
        of_id.drain(..).for_each(&mut emit);
    }
    are_full
}

fn callers<L>(
    span: &CallingSpan<L>,
    by_id: &ById,
    linked: impl Fn(&L, End, &mut Callers),
) -> Callers {
    let mut callers = Callers::default();
    for parent in by_id.parents(span.parent) {
        callers.offer(*parent, span.end);
        if callers.0.len() == CALLERS_MAX {
            break;
        }
    }
    if callers.0.is_empty() {
        linked(&span.links, span.end, &mut callers);
    }
    callers
}

/// Makes calls of spans that share their id one of each edge.
fn merge(calls: &mut Vec<Call>) {
    // Those of an edge in order: the last is the longest.
    calls.sort_unstable();
    calls.dedup_by(|next, kept| {
        let same = (next.caller, next.callee) == (kept.caller, kept.callee);
        if same {
            *kept = Call {
                minute: next.minute.max(kept.minute),
                is_error: next.is_error || kept.is_error,
                is_split: next.is_split || kept.is_split || next.minute != kept.minute,
                ..*next
            };
        }
        same
    });
}

/// The spans of a trace in the order of their ids.
struct ById {
    keys: Vec<Key>,
    /// The distinct ends of the spans of each id, in the order of ids.
    ends: Vec<End>,
    ids: Vec<Id>,
}

/// A distinct id.
struct Id {
    id: u64,
    /// Where its keys and its ends begin.
    first_key: u32,
    first_end: u32,
    children: Children,
}

/// What is asked of a span as a parent, and where the span is. Small, since it is moved when keys are sorted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    id: u64,
    end: End,
    at: u32,
}

/// The least and the greatest number of a service with a child of some id: whether there is one beside a given service follows from these two.
#[derive(Clone, Copy, Default)]
struct Children(Option<(u32, u32)>);

impl ById {
    fn new<L>(spans: &[CallingSpan<L>]) -> Self {
        let key = |(at, span): (u32, &CallingSpan<L>)| Key {
            id: span.id,
            end: span.end,
            at,
        };
        let mut keys: Vec<Key> = (0..).zip(spans).map(key).collect();
        keys.sort_unstable();
        let mut ids: Vec<Id> = Vec::with_capacity(keys.len());
        let mut ends: Vec<End> = Vec::with_capacity(keys.len());
        for (first_key, key) in (0..).zip(&keys) {
            let is_new = ids.last().is_none_or(|last| last.id != key.id);
            if is_new {
                ids.push(Id {
                    id: key.id,
                    first_key,
                    first_end: ends.len() as u32,
                    children: Children::default(),
                });
            }
            if is_new || ends.last() != Some(&key.end) {
                ends.push(key.end);
            }
        }
        for span in spans {
            let parent = span.parent.and_then(|parent| place_of(&ids, parent));
            if let Some(at) = parent {
                ids[at].children.add(span.end.service);
            }
        }
        ById { keys, ends, ids }
    }

    fn spans_of_each(&self) -> impl Iterator<Item = (&[Key], Children)> {
        self.ids.iter().enumerate().map(|(at, id)| {
            let end = self.ids.get(at + 1).map(|next| next.first_key as usize);
            let keys = id.first_key as usize..end.unwrap_or(self.keys.len());
            (&self.keys[keys], id.children)
        })
    }

    /// The distinct ends of the spans with this id: as many as it has services and kinds, however many its spans.
    fn parents(&self, id: Option<u64>) -> &[End] {
        let Some(at) = id.and_then(|id| place_of(&self.ids, id)) else {
            return &[];
        };
        let end = self.ids.get(at + 1).map(|next| next.first_end as usize);
        &self.ends[self.ids[at].first_end as usize..end.unwrap_or(self.ends.len())]
    }
}

fn place_of(ids: &[Id], id: u64) -> Option<usize> {
    ids.binary_search_by_key(&id, |known| known.id).ok()
}

impl Children {
    fn add(&mut self, service: u32) {
        let (least, greatest) = self.0.unwrap_or((service, service));
        self.0 = Some((least.min(service), greatest.max(service)));
    }

    /// Whether another service has one.
    fn are_elsewhere(self, service: u32) -> bool {
        self.0
            .is_some_and(|(least, greatest)| least != service || greatest != service)
    }
}

#[cfg(test)]
mod tests;
