//! Which traces are counted from their rows.

use std::ops::Range;

use clearspan_schema::TraceId;
use foldhash::{HashMap, HashSet};

use crate::trace::Directories;

/// The traces that were counted from their rows, and where these stand in the parts of which there are sums.
#[derive(Debug, Default)]
pub(super) struct Recounted {
    traces: HashSet<TraceId>,
    rows: HashMap<u32, Vec<(Range<u32>, TraceId)>>,
    /// Parts and minutes all of whose traces were.
    minutes: HashSet<(u32, i64)>,
}

impl Recounted {
    /// Takes traces that are to be counted so. Returns those that were not yet.
    pub(super) fn take(
        &mut self,
        traces: impl IntoIterator<Item = TraceId>,
        directories: &Directories,
        summed: &[u32],
    ) -> Vec<TraceId> {
        let traces: Vec<TraceId> = traces
            .into_iter()
            .filter(|trace| self.traces.insert(*trace))
            .collect();
        for &part in summed {
            let Some(directory) = directories.of_part(part) else {
                continue;
            };
            let ranges = self.rows.entry(part).or_default();
            let stands = |trace: &TraceId| Some((directory.range_of(*trace)?, *trace));
            ranges.extend(traces.iter().filter_map(stands));
            ranges.sort_unstable_by_key(|(rows, _)| rows.start);
        }
        traces
    }

    /// All traces with a span in this minute of a part were counted.
    pub(super) fn take_minute(&mut self, part: u32, minute: i64) {
        self.minutes.insert((part, minute));
    }

    /// Whether [`Self::take_minute`] was told so.
    pub(super) fn has_minute(&self, part: u32, minute: i64) -> bool {
        self.minutes.contains(&(part, minute))
    }

    /// The trace whose row this is, if it was counted.
    pub(super) fn trace_at(&self, part: u32, row: u32) -> Option<TraceId> {
        let ranges = self.rows.get(&part)?;
        let after = ranges.partition_point(|(rows, _)| rows.start <= row);
        let (rows, trace) = ranges.get(after.checked_sub(1)?)?;
        rows.contains(&row).then_some(*trace)
    }

    /// Bytes held, about.
    pub(super) fn bytes(&self) -> usize {
        let ranges = self.rows.values().map(Vec::capacity).sum::<usize>();
        self.traces.capacity() * 2 * size_of::<TraceId>()
            + ranges * size_of::<(Range<u32>, TraceId)>()
    }
}
