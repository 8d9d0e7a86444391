//! One log record by its id.

use clearspan_schema::{SEQ, columns, logs};
use clearspan_storage::scan::{Part, PartError, Predicate, RowAddress, ScanStats, TimeRange};

use super::{LogId, LogRows};
use crate::QueryError;
use crate::engine::Session;
use crate::exec::{fault, fetch};

/// The id says where the record is placed, so only what lies at that instant is read: its sequence number
/// tells it from the others. `None` when it is not there, or in a segment that cannot be read.
pub(crate) async fn log(session: Session, id: LogId) -> Result<Option<LogRows>, QueryError> {
    let mut faults = Vec::new();
    for (index, part) in (0..).zip(session.snapshot.parts()) {
        match row_of(part, id) {
            Ok(None) => {}
            Ok(Some(row)) => {
                let address = RowAddress { part: index, row };
                let rows = LogRows::new(fetch(&session.snapshot, &[address], &mut faults)?);
                return Ok((!rows.is_empty()).then_some(rows));
            }
            Err(error) => faults.push(fault(part, &error)?),
        }
        tokio::task::yield_now().await;
    }
    Ok(None)
}

fn row_of(part: &Part, id: LogId) -> Result<Option<u32>, PartError> {
    let instant = TimeRange {
        from: Some(id.placed_time),
        // An end beyond the last representable instant is no bound.
        to: id.placed_time.checked_add(1),
    };
    let mut stats = ScanStats::default();
    let selection = part.select(&Predicate::All, instant, &mut stats)?;
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
