//! A trace for each edge: that of its longest call, of several the one in the latest minute, of several the one with the least id.
//!
//! Sums know where the trace of their longest call stands, not which it is. That is looked up in the directories at the end, for the edges whose
//! longest call it is.
//!
//! A trace that was counted anew may have lost the call that a sum names: spans elsewhere have changed what it calls. Which the next longest of the sum is, nobody
//! knows; so where it might be the longest of its edge, the whole minute is counted anew.

use std::cmp::Reverse;

use clearspan_schema::TraceId;
use foldhash::HashMap;

use super::graph::{Calls, Graph};
use super::recounted::Recounted;
use crate::trace::Directories;

/// A call by its duration, minute and trace: the greatest is the exemplar.
pub(super) type Known = (Option<i64>, i64, Reverse<TraceId>);

/// The longest call of a sum.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stands {
    pub(super) longest: Option<i64>,
    pub(super) minute: i64,
    /// In which part, and a row of its trace there.
    pub(super) part: u32,
    pub(super) row: u32,
}

impl Stands {
    fn rank(&self) -> (Option<i64>, i64) {
        (self.longest, self.minute)
    }
}

/// The minutes, each with its part, that are to be counted anew so that every exemplar is known.
pub(super) fn doubtful(graph: &Graph, recounted: &Recounted) -> Vec<(u32, i64)> {
    let doubtful = |calls: &Calls| {
        let sums = || {
            let sums = calls.standing.iter();
            sums.filter(|sum| !recounted.has_minute(sum.part, sum.minute))
        };
        let counted = |sum: &Stands| recounted.trace_at(sum.part, sum.row);
        let held = sums().filter(|sum| counted(sum).is_none());
        let held = held.map(Stands::rank).max();
        // What else the sum has comes after the call that it names, and so after what comes before that.
        let may_be_first = |sum: &Stands, trace: TraceId| {
            let named = (sum.longest, sum.minute, Reverse(trace));
            calls.known < Some(named) && held <= Some(sum.rank())
        };
        let lost = sums().filter_map(|sum| Some((sum, counted(sum)?)));
        let lost = lost.filter(|(sum, trace)| may_be_first(sum, *trace));
        let lost = lost.max_by_key(|(sum, _)| sum.rank());
        lost.map(|(sum, _)| (sum.part, sum.minute))
    };
    let mut minutes: Vec<_> = graph.edges().filter_map(doubtful).collect();
    minutes.sort_unstable();
    minutes.dedup();
    minutes
}

/// Looks up the exemplars that are known only by where they stand, once none is [`doubtful`].
pub(super) fn look_up(graph: &mut Graph, recounted: &Recounted, directories: &Directories) {
    let mut wanted: HashMap<u32, Vec<u32>> = HashMap::default();
    for calls in graph.edges_mut() {
        calls.keep_longest(recounted);
        for sum in &calls.standing {
            wanted.entry(sum.part).or_default().push(sum.row);
        }
    }
    let mut found: HashMap<(u32, u32), TraceId> = HashMap::default();
    for (part, mut rows) in wanted {
        rows.sort_unstable();
        rows.dedup();
        let directory = directories.of_part(part);
        let traces = directory
            .map(|directory| directory.traces_at(&rows))
            .into_iter()
            .flatten();
        found.extend(traces.map(|(row, trace)| ((part, row), trace)));
    }
    for calls in graph.edges_mut() {
        for sum in std::mem::take(&mut calls.standing) {
            let trace = found.get(&(sum.part, sum.row));
            let known = trace.map(|trace| (sum.longest, sum.minute, Reverse(*trace)));
            calls.known = calls.known.max(known);
        }
    }
}

impl Calls {
    /// Of the sums only those whose longest call may be the exemplar.
    fn keep_longest(&mut self, recounted: &Recounted) {
        let holds = |sum: &Stands| recounted.trace_at(sum.part, sum.row).is_none();
        let known = self.known.map(|(longest, minute, _)| (longest, minute));
        let longest = self
            .standing
            .iter()
            .filter(|sum| holds(sum))
            .map(Stands::rank)
            .max();
        self.standing
            .retain(|sum| Some(sum.rank()) == longest && longest >= known && holds(sum));
    }
}
