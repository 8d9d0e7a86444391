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
    let (mut of_id, mut are_full) = (Vec::new(), false);
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
        }
        once(&mut of_id, &mut emit);
    }
    are_full
}

fn callers<L>(
    span: &CallingSpan<L>,
    by_id: &ById,
    linked: impl Fn(&L, End, &mut Callers),
) -> Callers {
    let mut callers = Callers::default();
    let mut before = None;
    for parent in by_id.parents(span.parent) {
        if before != Some(parent.end) {
            callers.offer(parent.end, span.end);
        }
        before = Some(parent.end);
        if callers.0.len() == CALLERS_MAX {
            break;
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
        // In order: the last is the longest.
        let longest = same[same.len() - 1];
        let minute = same.iter().map(|call| call.minute).max();
        emit(Call {
            minute: minute.unwrap_or(longest.minute),
            is_error: same.iter().any(|call| call.is_error),
            is_split: same.iter().any(|call| call.minute != longest.minute),
            ..longest
        });
    }
    calls.clear();
}

/// The spans of a trace in the order of their ids.
struct ById {
    keys: Vec<Key>,
    /// Of each distinct id where its keys begin, and which services have children of it.
    ids: Vec<(u64, u32, Children)>,
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
        let mut ids: Vec<(u64, u32, Children)> = Vec::with_capacity(keys.len());
        for (first, key) in (0..).zip(&keys) {
            if ids.last().is_none_or(|(id, ..)| *id != key.id) {
                ids.push((key.id, first, Children::default()));
            }
        }
        for span in spans {
            let parent = span.parent.and_then(|parent| place_of(&ids, parent));
            if let Some(at) = parent {
                ids[at].2.add(span.end.service);
            }
        }
        ById { keys, ids }
    }

    fn spans_of_each(&self) -> impl Iterator<Item = (&[Key], Children)> {
        self.ids
            .iter()
            .enumerate()
            .map(|(at, (_, _, children))| (self.keys_at(at), *children))
    }

    /// The spans with this id, those with equal ends beside each other.
    fn parents(&self, id: Option<u64>) -> &[Key] {
        let at = id.and_then(|id| place_of(&self.ids, id));
        at.map_or(&[], |at| self.keys_at(at))
    }

    fn keys_at(&self, at: usize) -> &[Key] {
        let first = self.ids[at].1 as usize;
        let end = self
            .ids
            .get(at + 1)
            .map_or(self.keys.len(), |next| next.1 as usize);
        &self.keys[first..end]
    }
}

fn place_of(ids: &[(u64, u32, Children)], id: u64) -> Option<usize> {
    ids.binary_search_by_key(&id, |(id, ..)| *id).ok()
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
