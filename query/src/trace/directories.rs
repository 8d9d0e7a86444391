//! The parts' trace directories, merged trace by trace.
//!
//! A trace lies in a range when its earliest span does, so some part that overlaps the range has an
//! entry of it; those parts are walked in the order of trace ids. The other parts are only asked for
//! the traces that are found so: their spans may be earlier, and put the trace outside, or later, and
//! make it longer.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use clearspan_schema::TraceId;
use clearspan_storage::scan::{MissingSegment, RowAddress, Snapshot, TimeRange};
use clearspan_storage::{TraceDirectory, TraceEntry};

use super::TraceSortKey;
use super::by_root::{AskedRoot, RootVerdict};
use super::told::{Told, Verdicts};
use crate::QueryError;
use crate::exec::{Pace, fault};

/// The trace directories of a snapshot.
#[derive(Debug)]
pub(crate) struct Directories {
    /// Each with the index of its part, ascending.
    all: Vec<(u32, Arc<TraceDirectory>)>,
    snapshot: Arc<Snapshot>,
    /// What each says of the conditions of a query, by the place in `all`; empty where nobody asked.
    verdicts: Vec<Verdicts>,
    /// What roots have to be.
    asked_root: AskedRoot,
}

impl Directories {
    /// Opens all. A segment whose directory can be neither read nor made from its rows is added to `faults`.
    pub(crate) async fn open(
        snapshot: &Arc<Snapshot>,
        faults: &mut Vec<MissingSegment>,
    ) -> Result<Self, QueryError> {
        let mut all = Vec::with_capacity(snapshot.parts().len());
        let mut pace = Pace::new();
        for (index, part) in (0..).zip(snapshot.parts()) {
            match part.trace_directory() {
                Ok(directory) => all.push((index, directory)),
                Err(error) => faults.push(fault(part, &error)?),
            }
            pace.step().await;
        }
        Ok(Directories {
            all,
            snapshot: Arc::clone(snapshot),
            verdicts: Vec::new(),
            asked_root: AskedRoot::default(),
        })
    }

    /// From now on [`MergedTrace::told`] says which of the conditions a trace satisfies.
    pub(crate) fn tell(&mut self, told: &Told) -> Result<(), QueryError> {
        let all = self.all.iter();
        let verdicts = all.map(|(_, directory)| told.verdicts(directory));
        self.verdicts = verdicts.collect::<Result<_, _>>()?;
        Ok(())
    }

    /// From now on [`MergedTrace::root`] says which traces have such a root.
    pub(crate) fn ask_root(&mut self, asked: &AskedRoot) {
        self.asked_root = asked.clone();
    }

    /// What the directory at that place in `all` knows of a trace.
    fn one(&self, at: usize, entry: &TraceEntry<'_>) -> MergedTrace {
        MergedTrace {
            told: self
                .verdicts
                .get(at)
                .map_or(0, |verdicts| verdicts.of(entry)),
            root: RootVerdict::of(entry, &self.asked_root),
            ..MergedTrace::of(entry)
        }
    }

    /// The snapshot.
    pub(crate) fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// What each part knows of a trace, with the part's index.
    pub(crate) fn entries(&self, id: TraceId) -> impl Iterator<Item = (u32, TraceEntry<'_>)> {
        self.all
            .iter()
            .filter_map(move |(index, directory)| Some((*index, directory.get(id)?)))
    }

    /// Where all spans of a trace stand, part by part.
    pub(crate) fn rows(&self, id: TraceId) -> impl Iterator<Item = RowAddress> {
        self.all.iter().flat_map(move |(part, directory)| {
            let part = *part;
            let rows = directory.rows_of(id);
            rows.map(move |row| RowAddress { part, row })
        })
    }

    /// All of them, each with the index of its part.
    pub(crate) fn all(&self) -> impl Iterator<Item = (u32, &TraceDirectory)> {
        self.all
            .iter()
            .map(|(part, directory)| (*part, directory.as_ref()))
    }

    /// The directory of a part.
    pub(crate) fn of_part(&self, part: u32) -> Option<&TraceDirectory> {
        let at = self.all.binary_search_by_key(&part, |(index, _)| *index);
        at.ok().map(|at| self.all[at].1.as_ref())
    }

    /// One trace, from all parts.
    pub(crate) fn merged(&self, id: TraceId) -> Option<MergedTrace> {
        let all = self.all.iter().enumerate();
        all.filter_map(|(at, (_, directory))| Some(self.one(at, &directory.get(id)?)))
            .reduce(MergedTrace::and)
    }

    /// Every trace that may lie in `range`, from all parts, by ascending id.
    pub(crate) fn merged_in(&self, range: TimeRange) -> impl Iterator<Item = MergedTrace> {
        let overlaps = |part: u32| {
            let part = self.snapshot.parts().get(part as usize);
            part.map(|part| part.time_range())
                .is_some_and(|(first, last)| range.overlaps(first, last))
        };
        let all = self.all.iter().enumerate();
        let (walked, asked): (Vec<_>, Vec<_>) = all.partition(|(_, (part, _))| overlaps(*part));
        let walked = walked.into_iter().map(|(at, (_, directory))| {
            let entries = directory.entries();
            entries.map(move |entry| self.one(at, &entry))
        });
        ById::new(walked.collect()).map(move |trace| {
            let elsewhere = asked.iter().filter_map(|(at, (_, directory))| {
                Some(self.one(*at, &directory.get(trace.trace_id)?))
            });
            elsewhere.fold(trace, MergedTrace::and)
        })
    }
}

/// What the parts know of one trace together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MergedTrace {
    pub(crate) trace_id: TraceId,
    /// Where its earliest span is placed.
    pub(crate) placed_time: i64,
    /// The earliest start as sent; 0 when no span has one.
    start: u64,
    /// The latest end as sent; 0 when no span has one.
    end: u64,
    pub(crate) spans: u64,
    pub(crate) errors: u64,
    /// The conditions that it satisfies, as bits; see [`Directories::tell`].
    pub(crate) told: u32,
    /// Whether its root is as asked; see [`Directories::ask_root`].
    pub(crate) root: RootVerdict,
}

impl MergedTrace {
    pub(crate) fn of(entry: &TraceEntry<'_>) -> Self {
        MergedTrace {
            trace_id: entry.trace_id(),
            placed_time: entry.placed_time(),
            start: entry.start(),
            end: entry.end(),
            spans: u64::from(entry.spans()),
            errors: u64::from(entry.errors()),
            told: 0,
            root: RootVerdict::Torn,
        }
    }

    pub(crate) fn and(self, other: MergedTrace) -> Self {
        let start = match (self.start, other.start) {
            (0, known) | (known, 0) => known,
            (one, other) => one.min(other),
        };
        MergedTrace {
            trace_id: self.trace_id,
            placed_time: self.placed_time.min(other.placed_time),
            start,
            end: self.end.max(other.end),
            spans: self.spans + other.spans,
            errors: self.errors + other.errors,
            told: self.told | other.told,
            root: self.root.and(other.root),
        }
    }

    /// The earliest start.
    pub(crate) fn start(&self) -> Option<u64> {
        (self.start != 0).then_some(self.start)
    }

    /// The latest end less the earliest start.
    pub(crate) fn duration(&self) -> Option<i128> {
        let end = (self.end != 0).then_some(self.end)?;
        Some(i128::from(end) - i128::from(self.start()?))
    }

    /// What it is sorted by.
    pub(crate) fn sort_value(&self, by: TraceSortKey) -> Option<i128> {
        match by {
            TraceSortKey::Start => Some(self.placed_time.into()),
            TraceSortKey::Duration => self.duration(),
            TraceSortKey::SpanCount => Some(self.spans.into()),
            TraceSortKey::ErrorCount => Some(self.errors.into()),
        }
    }
}

/// What several directories know, each sorted by id, as one trace after the other.
struct ById<I: Iterator<Item = MergedTrace>> {
    rest: Vec<I>,
    heads: BinaryHeap<Reverse<(TraceId, usize)>>,
    next: Vec<Option<MergedTrace>>,
}

impl<I: Iterator<Item = MergedTrace>> ById<I> {
    fn new(rest: Vec<I>) -> Self {
        let count = rest.len();
        let mut merge = ById {
            rest,
            heads: BinaryHeap::with_capacity(count),
            next: vec![None; count],
        };
        (0..count).for_each(|source| merge.refill(source));
        merge
    }

    fn refill(&mut self, source: usize) {
        self.next[source] = self.rest[source].next();
        if let Some(trace) = &self.next[source] {
            self.heads.push(Reverse((trace.trace_id, source)));
        }
    }
}

impl<I: Iterator<Item = MergedTrace>> Iterator for ById<I> {
    type Item = MergedTrace;

    fn next(&mut self) -> Option<MergedTrace> {
        let mut trace: Option<MergedTrace> = None;
        while let Some(&Reverse((id, source))) = self.heads.peek() {
            if trace.is_some_and(|trace| trace.trace_id != id) {
                break;
            }
            self.heads.pop();
            trace = match (trace, self.next[source]) {
                (Some(trace), Some(next)) => Some(trace.and(next)),
                (trace, next) => trace.or(next),
            };
            self.refill(source);
        }
        trace
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(start: u64, end: u64, placed_time: i64) -> MergedTrace {
        MergedTrace {
            trace_id: [1; 16],
            placed_time,
            start,
            end,
            spans: 2,
            errors: 1,
            told: 0,
            root: RootVerdict::Torn,
        }
    }

    #[test]
    fn unknown_times_are_left_out_and_none_overflows() {
        let both = trace(5, 0, 5).and(trace(0, 9, 7));
        assert_eq!(
            (both.placed_time, both.start(), both.duration(), both.spans),
            (5, Some(5), Some(4), 4)
        );
        assert_eq!(trace(0, 9, 0).duration(), None);
        assert_eq!(trace(5, 0, 5).duration(), None);
        let negative = trace(u64::MAX, 1, 0).and(trace(u64::MAX, 0, 0));
        assert_eq!(negative.duration(), Some(1 - i128::from(u64::MAX)));
        assert_eq!(trace(7, 3, 7).and(trace(4, 2, 4)).duration(), Some(-1));
    }
}
