//! In which order the rows of several segments become one.
//!
//! Logs are one group: all rows, by time. Spans are a group per trace, and the groups stand by the earliest start that
//! the trace has in any input, newest first, so that a trace whose spans came in several flushes stands together. The
//! trace directories tell all of that before a row is read, at the price of one [`Run`] per trace and input.

use std::cmp::Reverse;
use std::sync::Arc;

use clearspan_schema::{Signal, TraceId};

use super::error::CompactionError;
use crate::names;
use crate::segment::{Segment, SegmentError};

/// Neighbouring rows of one input that belong to one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    /// Where the group starts in time; 0 for logs.
    start: i64,
    /// All zero for logs.
    pub(super) trace: TraceId,
    /// Which input.
    pub(super) input: u32,
    pub(super) first: u32,
    pub(super) rows: u32,
}

/// The groups of a merge, one behind the other.
#[derive(Debug)]
pub(super) struct Order {
    runs: Vec<Run>,
    next: usize,
}

impl Order {
    pub(super) fn new(signal: Signal, inputs: &[Arc<Segment>]) -> Result<Self, CompactionError> {
        let mut runs = Vec::new();
        for (input, segment) in inputs.iter().enumerate() {
            let of_one = match signal {
                Signal::Logs => vec![whole(input as u32, segment)],
                Signal::Spans => {
                    traces(input as u32, segment).map_err(|source| CompactionError::Input {
                        segment: segment.id(),
                        source,
                    })?
                }
            };
            runs.extend(of_one);
        }
        sort(&mut runs);
        Ok(Order { runs, next: 0 })
    }

    /// The runs of the next group, by input; none when all groups were given.
    pub(super) fn next_group(&mut self) -> &[Run] {
        let rest = &self.runs[self.next..];
        let group = rest.chunk_by(|a, b| a.trace == b.trace).next();
        let group = group.unwrap_or_default();
        self.next += group.len();
        group
    }
}

/// Gives each run the start of its group, and sorts them by group.
fn sort(runs: &mut [Run]) {
    runs.sort_unstable_by_key(|run| run.trace);
    for group in runs.chunk_by_mut(|a, b| a.trace == b.trace) {
        let start = group.iter().map(|run| run.start).min().unwrap_or(0);
        group.iter_mut().for_each(|run| run.start = start);
    }
    runs.sort_unstable_by_key(|run| (Reverse(run.start), run.trace, run.input));
}

fn whole(input: u32, segment: &Segment) -> Run {
    Run {
        start: 0,
        trace: TraceId::default(),
        input,
        first: 0,
        rows: segment.rows(),
    }
}

/// A run per trace of a segment of spans. Together they must be all of its rows, each once: a directory that says
/// otherwise would lose rows or double them.
fn traces(input: u32, segment: &Segment) -> Result<Vec<Run>, SegmentError> {
    let malformed = || SegmentError::Malformed {
        path: segment.dir().join(names::TRACES),
        what: "rows of a trace",
    };
    let directory = segment.trace_directory()?;
    let mut runs = Vec::with_capacity(directory.len());
    for entry in directory.entries() {
        let mut rows = directory.rows_of(entry.trace_id());
        let first = rows.next().ok_or_else(malformed)?;
        let together = rows.zip(first + 1..).all(|(row, expected)| row == expected);
        if !together {
            return Err(malformed());
        }
        runs.push(Run {
            start: entry.placed_time(),
            trace: entry.trace_id(),
            input,
            first,
            rows: entry.spans(),
        });
    }
    runs.sort_unstable_by_key(|run| run.first);
    let mut next = 0u32;
    let follow = runs.iter().all(|run| {
        let follows = run.first == next;
        next = next.saturating_add(run.rows);
        follows
    });
    if follow && next == segment.rows() {
        Ok(runs)
    } else {
        Err(malformed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(trace: u8, input: u32, start: i64) -> Run {
        Run {
            start,
            trace: [trace; 16],
            input,
            first: 0,
            rows: 1,
        }
    }

    #[test]
    fn a_trace_stands_where_its_earliest_span_of_all_inputs_stands() {
        let mut order = Order {
            runs: vec![
                run(1, 0, 90),
                run(2, 0, 80),
                run(3, 0, 70),
                run(4, 1, 80),
                run(1, 1, 75),
                run(3, 2, 95),
            ],
            next: 0,
        };
        sort(&mut order.runs);
        let mut groups = Vec::new();
        loop {
            let group = order.next_group();
            if group.is_empty() {
                break;
            }
            let inputs: Vec<u32> = group.iter().map(|run| run.input).collect();
            groups.push((group[0].trace[0], inputs));
        }
        let expected = [(2, vec![0]), (4, vec![1]), (1, vec![0, 1]), (3, vec![0, 2])];
        assert_eq!(groups, expected);
    }
}
