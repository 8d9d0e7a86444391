//! Traces as points of start and duration: all that match, or a fair sample of them.
//!
//! 1. Walk the traces of the range that match.
//! 2. Keep those with the least rank, as many as there are points: traces with an error before all others, then by a hash of their ids.
//! 3. Put them in the order of their starts.
//!
//! A hash has nothing to do with when a trace was, how long it took, or how senders made their ids or sampled by them. So of the traces with an error each is kept
//! with the same likelihood, and so is each of the others. The same traces give the same sample, in whatever segments they lie, and fewer
//! points are a part of more.

use std::collections::BinaryHeap;

use clearspan_schema::{Signal, TraceId};
use clearspan_storage::scan::{MissingSegment, ScanStats};

use super::by_root::AskedRoot;
use super::directories::MergedTrace;
use super::matching::Asked;
use super::walk::{Conditions, Walk};
use crate::engine::Session;
use crate::exec::ScanTally;
use crate::language::Query;
use crate::limits::{LIMIT_MAX, check_within};
use crate::{AskedRange, QueryError};

/// What is drawn of traces.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScatterRequest {
    /// A query of the search language; empty for every trace.
    pub query: String,
    /// The range, over the starts of traces.
    pub range: AskedRange,
    /// The shortest duration, inclusive, in nanoseconds.
    pub min_duration_ns: Option<i128>,
    /// The longest duration, inclusive, in nanoseconds.
    pub max_duration_ns: Option<i128>,
    /// What the root has to be.
    pub root: AskedRoot,
    /// How many points there may be, from 1 to [`crate::limits::LIMIT_MAX`].
    pub points: usize,
}

/// Traces as points.
#[derive(Debug)]
pub struct ScatterAnswer {
    /// The points by start, then by trace id. Traces without a start stand where they are placed.
    pub points: Vec<ScatterPoint>,
    /// Traces that match.
    pub matched: u64,
    /// Those of them with an error.
    pub matched_errors: u64,
    /// What was read.
    pub stats: ScanStats,
    /// Segments that could not be read and may hold spans of matching traces. Not empty: the answer is partial.
    pub missing: Vec<MissingSegment>,
    /// What may help whoever asked, as sentences.
    pub hints: Vec<String>,
}

/// One trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScatterPoint {
    /// The trace.
    pub trace_id: TraceId,
    /// The earliest start as sent, in nanoseconds since 1970; `None` when no span has one.
    pub start_ns: Option<u64>,
    /// The latest end less the earliest start; `None` when either is unknown.
    pub duration_ns: Option<i128>,
    /// Its number of spans.
    pub span_count: u64,
    /// Whether some span has status ERROR.
    pub error: bool,
}

pub(crate) async fn scatter(
    session: Session,
    request: ScatterRequest,
) -> Result<ScatterAnswer, QueryError> {
    check_within("points", request.points, LIMIT_MAX)?;
    let query = Query::parse(&request.query, Signal::Spans)?;
    let range = request.range.resolve(session.now_ns)?;
    let conditions = Conditions {
        durations: (request.min_duration_ns, request.max_duration_ns),
        root: request.root,
    };
    let mut tally = ScanTally::default();
    let walk = Walk::new(&session, Asked::new(&query), conditions, &mut tally).await?;
    let mut sample = Sample::new(request.points);
    let (mut matched, mut matched_errors) = (0, 0);
    let mut take = |trace: &MergedTrace| {
        matched += 1;
        matched_errors += u64::from(trace.errors > 0);
        sample.offer(trace.placed_time, ScatterPoint::from(trace));
    };
    walk.all(range, &mut tally, &mut take).await?;
    Ok(ScatterAnswer {
        points: sample.finish(),
        matched,
        matched_errors,
        stats: session.stats(&tally.stats),
        hints: walk.hints(&query, range, Some(matched)).await?,
        missing: walk.unread(range, tally.faults),
    })
}

impl From<&MergedTrace> for ScatterPoint {
    fn from(trace: &MergedTrace) -> Self {
        ScatterPoint {
            trace_id: trace.trace_id,
            start_ns: trace.start(),
            duration_ns: trace.duration(),
            span_count: trace.spans,
            error: trace.errors > 0,
        }
    }
}

/// What decides whether a trace is kept: the least ranks are.
type Rank = (bool, u64, TraceId);

/// Keeps the traces with the least ranks.
#[derive(Debug)]
struct Sample {
    points: usize,
    /// The largest rank is on top.
    kept: BinaryHeap<Ranked>,
}

#[derive(Debug)]
struct Ranked {
    rank: Rank,
    placed_time: i64,
    point: ScatterPoint,
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.rank == other.rank
    }
}

impl Eq for Ranked {}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank.cmp(&other.rank)
    }
}

impl Sample {
    fn new(points: usize) -> Self {
        Sample {
            points,
            kept: BinaryHeap::new(),
        }
    }

    fn offer(&mut self, placed_time: i64, point: ScatterPoint) {
        let hash = twox_hash::XxHash3_64::oneshot(&point.trace_id);
        let rank = (!point.error, hash, point.trace_id);
        let ranked = Ranked {
            rank,
            placed_time,
            point,
        };
        if self.kept.len() < self.points {
            self.kept.push(ranked);
        } else if let Some(mut last) = self.kept.peek_mut()
            && ranked < *last
        {
            *last = ranked;
        }
    }

    fn finish(self) -> Vec<ScatterPoint> {
        let mut kept = self.kept.into_vec();
        kept.sort_unstable_by_key(|ranked| (ranked.placed_time, ranked.point.trace_id));
        kept.into_iter().map(|ranked| ranked.point).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How the trace of a number is called.
    type IdOf = fn(u64) -> TraceId;

    /// Traces that start one after the other; every 50th has an error.
    fn traces(count: u64, id_of: IdOf) -> Vec<ScatterPoint> {
        let trace = |n| ScatterPoint {
            trace_id: id_of(n),
            start_ns: Some(n),
            duration_ns: Some((n * 7 % 1_000).into()),
            span_count: 1,
            error: n.is_multiple_of(50),
        };
        (0..count).map(trace).collect()
    }

    fn sample(traces: &[ScatterPoint], points: usize) -> Vec<ScatterPoint> {
        let mut sample = Sample::new(points);
        for trace in traces {
            sample.offer(trace.start_ns.unwrap_or(0) as i64, *trace);
        }
        sample.finish()
    }

    fn counting(n: u64) -> TraceId {
        u128::from(n).to_be_bytes()
    }

    /// Of each of ten equal shares of the traces about as many are kept.
    fn check_even(kept: &[ScatterPoint], share: impl Fn(&ScatterPoint) -> u64, what: &str) {
        let kept: Vec<u64> = kept.iter().filter(|p| !p.error).map(share).collect();
        for stratum in 0..10 {
            let count = kept.iter().filter(|&&share| share == stratum).count() as f64;
            let expected = kept.len() as f64 / 10.0;
            // Five standard deviations of as many throws of a coin.
            let bound = 5.0 * (expected * 0.9).sqrt();
            assert!(
                (count - expected).abs() < bound,
                "{what} {stratum}: {count} of {expected}"
            );
        }
    }

    #[test]
    fn every_time_and_duration_is_kept_alike_and_errors_all() {
        let ids: [(&str, IdOf); 3] = [
            ("counting", counting),
            ("at the front", |n| (u128::from(n) << 64).to_be_bytes()),
            ("in steps", |n| u128::from(n * 4_096).to_le_bytes()),
        ];
        for (what, id_of) in ids {
            let traces = traces(40_000, id_of);
            let kept = sample(&traces, 2_800);
            assert_eq!(kept.len(), 2_800);
            assert_eq!(kept.iter().filter(|point| point.error).count(), 800);
            assert!(
                kept.windows(2)
                    .all(|pair| pair[0].start_ns < pair[1].start_ns)
            );
            check_even(&kept, |p| p.start_ns.unwrap_or(0) / 4_000, what);
            check_even(&kept, |p| p.duration_ns.unwrap_or(0) as u64 / 100, what);
        }
    }

    #[test]
    fn where_errors_alone_are_too_many_they_are_sampled_fairly() {
        let mut traces = traces(10_000, counting);
        for trace in &mut traces {
            trace.error |= trace.start_ns < Some(5_000);
        }
        let errors = traces.iter().filter(|trace| trace.error).count();
        let kept = sample(&traces, 1_000);
        assert!(errors > 5_000 && kept.len() == 1_000 && kept.iter().all(|point| point.error));
        let early = kept
            .iter()
            .filter(|point| point.start_ns < Some(2_500))
            .count();
        assert!((430..550).contains(&early), "{early}");
    }

    #[test]
    fn the_order_of_arrival_does_not_matter_and_fewer_are_a_part_of_more() {
        let mut traces = traces(3_000, counting);
        let kept = sample(&traces, 500);
        traces.reverse();
        assert_eq!(sample(&traces, 500), kept);
        let fewer = sample(&traces, 100);
        assert!(fewer.iter().all(|point| kept.contains(point)));
        traces.retain(|trace| kept.contains(trace));
        assert_eq!(sample(&traces, 500), kept);
        assert_eq!(sample(&traces, 1).len(), 1);
    }
}
