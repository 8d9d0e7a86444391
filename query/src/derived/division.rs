//! Which parts of a snapshot are answered from derived rows, and what is left to be read.

use std::sync::Arc;

use arrow::array::RecordBatch;
use clearspan_storage::Derive;
use clearspan_storage::scan::{Part, Predicate, ScanStats, Snapshot, TimeRange};

use super::Minutes;
use crate::QueryError;
use crate::engine::Session;
use crate::exec::Pace;
use crate::limits::TORN_RANGES_MAX;

/// A question over a range, divided. Each row of the range is in a whole minute of `summed`, or in one of `rest`.
#[derive(Debug)]
pub(crate) struct Division {
    pub(crate) minutes: Minutes,
    /// Derived rows, of which those of whole minutes count.
    pub(crate) summed: Vec<Arc<RecordBatch>>,
    /// Which parts of the snapshot these are of, one by one.
    pub(crate) summed_parts: Vec<u32>,
    /// The earliest and the latest row that `summed` tells of.
    pub(crate) summed_times: Option<(i64, i64)>,
    /// What is to be read: some of the parts, and which times of them.
    pub(crate) rest: Vec<(Arc<Snapshot>, TimeRange)>,
}

impl Division {
    /// All of `range` is to be read.
    pub(crate) fn of_rows(session: &Session, range: TimeRange) -> Self {
        Division {
            minutes: Minutes::new(range, []),
            summed: Vec::new(),
            summed_parts: Vec::new(),
            summed_times: None,
            rest: vec![(Arc::clone(&session.snapshot), range)],
        }
    }

    /// Of `range`, also divided at each of `cuts`.
    pub(crate) async fn new(
        session: &Session,
        formula: &dyn Derive,
        range: TimeRange,
        cuts: impl IntoIterator<Item = i128>,
    ) -> Result<Self, QueryError> {
        let snapshot = &session.snapshot;
        let minutes = Minutes::new(range, cuts);
        let torn = minutes.torn_ranges();
        let in_range = |times: (i64, i64)| range.overlaps(times.0, times.1);
        let parts = snapshot.parts().iter();
        let rows = parts
            .filter(|part| in_range(part.time_range()))
            .map(|part| u64::from(part.rows()));
        if rows.sum::<u64>() <= session.read_rows_max || torn.len() > TORN_RANGES_MAX {
            return Ok(Self::of_rows(session, range));
        }
        let (mut summed, mut summed_parts, mut summed_times) = (Vec::new(), Vec::new(), None);
        let mut is_summed = vec![false; snapshot.parts().len()];
        let parts = (0..).zip(snapshot.parts()).zip(&mut is_summed);
        let mut pace = Pace::new();
        for ((number, part), is_summed) in parts {
            let times = part.time_range();
            if !in_range(times) || !is_spared(part, range, &torn) {
                continue;
            }
            let derived = part
                .derived(formula)
                .map_err(|error| QueryError::Internal(error.to_string()))?;
            if let Some(derived) = derived {
                summed.push(derived);
                summed_parts.push(number);
                let (first, last) = summed_times.unwrap_or(times);
                summed_times = Some((times.0.min(first), times.1.max(last)));
                *is_summed = true;
            }
            pace.step().await;
        }
        let of_parts =
            |wanted: bool| Arc::new(snapshot.of_parts(|at| is_summed.get(at) == Some(&wanted)));
        let (with, without) = (of_parts(true), of_parts(false));
        let torn = torn.into_iter().map(|range| (Arc::clone(&with), range));
        let rest = torn
            .chain([(without, range)])
            .filter(|(snapshot, _)| !snapshot.parts().is_empty());
        Ok(Division {
            rest: rest.collect(),
            minutes,
            summed,
            summed_parts,
            summed_times,
        })
    }
}

/// Whether most of what a scan of the range would read of `part` is spared when only the torn ranges are read. Where that cannot be
/// told, the part is read, which says why.
fn is_spared(part: &Part, range: TimeRange, torn: &[TimeRange]) -> bool {
    let (first, last) = part.time_range();
    let rows_in = |range: TimeRange| {
        let selection = part.select(&Predicate::All, range, &mut ScanStats::default());
        selection.ok().map(|selection| selection.rows())
    };
    let torn = torn.iter().filter(|torn| torn.overlaps(first, last));
    let left: Option<u64> = torn.map(|torn| rows_in(*torn)).sum();
    left.zip(rows_in(range))
        .is_some_and(|(left, all)| left * 2 <= all)
}
