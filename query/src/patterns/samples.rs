//! One body of each pattern that is shown: that of its newest row.

use arrow::array::RecordBatch;
use clearspan_schema::logs;
use clearspan_storage::scan::{RowAddress, ScanStats};
use datafusion::execution::memory_pool::MemoryReservation;

use crate::QueryError;
use crate::engine::Session;
use crate::exec::{ScanTally, fault, own_bytes};
use crate::limits::SAMPLES_PER_READ;

const COLUMNS: [&str; 2] = [logs::BODY, logs::BODY_VALUE];

/// The bodies, and where each is.
#[derive(Debug)]
pub(super) struct Samples {
    pub(super) batches: Vec<RecordBatch>,
    /// Of each address the batch and the row; `None` where it cannot be read.
    pub(super) places: Vec<Option<(usize, usize)>>,
    /// Given back when dropped.
    pub(super) memory: MemoryReservation,
}

/// What is shown, and the same again as text.
const COPIES: usize = 2;

/// The bodies at `addresses`, beside which `bytes` are shown.
pub(super) async fn samples(
    session: &Session,
    addresses: &[RowAddress],
    bytes: usize,
    tally: &mut ScanTally,
) -> Result<Samples, QueryError> {
    let mut samples = Samples {
        batches: Vec::new(),
        places: vec![None; addresses.len()],
        memory: session.plans.reservation("patterns that are shown"),
    };
    samples.take(session, bytes)?;
    // By where they lie, so that rows which are decoded together are so once.
    let mut order: Vec<usize> = (0..addresses.len()).collect();
    order.sort_unstable_by_key(|&at| addresses[at]);
    for of_part in order.chunk_by(|&a, &b| addresses[a].part == addresses[b].part) {
        for some in of_part.chunks(SAMPLES_PER_READ) {
            let rows: Vec<RowAddress> = some.iter().map(|&at| addresses[at]).collect();
            match session.snapshot.take(&rows, &COLUMNS) {
                Ok(batch) => samples.add(session, some, batch)?,
                Err(error) => {
                    let part = rows.first().map(|row| row.part as usize);
                    let part = part.and_then(|part| session.snapshot.parts().get(part));
                    let part = part.ok_or_else(|| QueryError::Internal(error.to_string()))?;
                    tally.faults.push(fault(part, &error)?);
                }
            }
            tally.stats.add(&ScanStats {
                rows_decoded: rows.len() as u64,
                ..ScanStats::default()
            });
            tokio::task::yield_now().await;
        }
    }
    Ok(samples)
}

impl Samples {
    fn add(
        &mut self,
        session: &Session,
        of: &[usize],
        batch: RecordBatch,
    ) -> Result<(), QueryError> {
        self.take(session, own_bytes(&batch))?;
        for (row, &at) in of.iter().enumerate() {
            self.places[at] = Some((self.batches.len(), row));
        }
        self.batches.push(batch);
        Ok(())
    }

    fn take(&mut self, session: &Session, bytes: usize) -> Result<(), QueryError> {
        let taken = self.memory.try_grow(bytes * COPIES);
        taken.map_err(|error| session.plans.query_error(&error))
    }
}
