//! One log record by its id.

use clearspan_schema::{SEQ, columns, logs};
use clearspan_storage::scan::{
    MissingSegment, Part, PartError, Predicate, RowAddress, ScanStats, Snapshot, TimeRange,
};

use super::{LogId, LogRows};
use crate::QueryError;
use crate::engine::Session;
use crate::exec::{fault, fetch};

/// `None` when it is not there, or in a segment that cannot be read.
pub(crate) async fn log(session: Session, id: LogId) -> Result<Option<LogRows>, QueryError> {
    let mut faults = Vec::new();
    let Some(address) = find(&session.snapshot, id, &mut faults).await? else {
        return Ok(None);
    };
    let rows = LogRows::new(fetch(&session.snapshot, &[address], &mut faults)?);
    Ok((!rows.is_empty()).then_some(rows))
}

/// Where the record lies. The id says where it is placed in time, so only what lies at that instant is read: its sequence number
/// tells it from the others.
pub(super) async fn find(
    snapshot: &Snapshot,
    id: LogId,
    faults: &mut Vec<MissingSegment>,
) -> Result<Option<RowAddress>, QueryError> {
    for (index, part) in (0..).zip(snapshot.parts()) {
        match row_of(part, id) {
            Ok(None) => {}
            Ok(Some(row)) => return Ok(Some(RowAddress { part: index, row })),
            Err(error) => faults.push(fault(part, &error)?),
        }
        tokio::task::yield_now().await;
    }
    Ok(None)
}

/// The instant at which the record is placed.
pub(super) fn instant(id: LogId) -> TimeRange {
    TimeRange {
        from: Some(id.placed_time),
        // An end beyond the last representable instant is no bound.
        to: id.placed_time.checked_add(1),
    }
}

fn row_of(part: &Part, id: LogId) -> Result<Option<u32>, PartError> {
    let mut stats = ScanStats::default();
    let selection = part.select(&Predicate::All, instant(id), &mut stats)?;
    for selected in part.read(&[logs::PLACED_TIME, SEQ], &selection, &mut stats) {
        let selected = selected?;
        let times = columns::time(&selected.batch, logs::PLACED_TIME)?;
        let seqs = columns::uint64(&selected.batch, SEQ)?;
        let is_it = |&row: &usize| seqs.value(row) == id.seq && times.value(row) == id.placed_time;
        if let Some(row) = (0..selected.batch.num_rows()).find(is_it) {
            return Ok(Some(selected.first_row + row as u32));
        }
    }
    Ok(None)
}
