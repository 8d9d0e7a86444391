//! What was committed since a position, and is still stored.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;
use std::sync::Arc;

use clearspan_storage::scan::{RowAddress, Snapshot, TimeRange};
use futures::StreamExt;

use super::Outlet;
use super::outlet::Gone;
use crate::QueryError;
use crate::engine::Session;
use crate::exec::{Emit, SegmentScan, SegmentScanExec, fetch, read_found};
use crate::language::Query;
use crate::limits::{TAIL_BACKLOG_ROWS_MAX, TAIL_PIECE_ROWS};

/// The newest records that match among those with some sequence numbers, and how many there are besides.
#[derive(Debug)]
pub(crate) struct Backlog {
    snapshot: Arc<Snapshot>,
    seqs: Range<u64>,
    /// By sequence number.
    newest: Vec<(u64, RowAddress)>,
    older: u64,
    /// Records of segments that cannot be read.
    unread: u64,
}

impl Backlog {
    /// Looks through all parts of the snapshot that have rows with these sequence numbers.
    pub(crate) async fn find(
        session: Session,
        query: Query,
        seqs: Range<u64>,
    ) -> Result<Self, QueryError> {
        let parts = session.snapshot.parts();
        let concerned = |at: usize| {
            let (first, last) = parts[at].seq_range();
            first < seqs.end && last >= seqs.start
        };
        let snapshot = Arc::new(session.snapshot.of_parts(concerned));
        let scan = SegmentScan::new(
            Arc::clone(&snapshot),
            query,
            TimeRange::ALL,
            Emit::Addresses,
        )?;
        let leaf = Arc::new(SegmentScanExec::new(scan, session.plans.partitions()));
        let mut batches = session.plans.stream(Arc::clone(&leaf) as _)?;
        let mut newest = BinaryHeap::new();
        let (mut found, mut older) = (Vec::new(), 0);
        while let Some(batch) = batches.next().await {
            let batch = batch.map_err(|error| session.plans.query_error(&error))?;
            read_found(&batch, &mut found)?;
            for row in found.drain(..).filter(|row| seqs.contains(&row.key.seq)) {
                newest.push(Reverse((row.key.seq, row.address)));
                if newest.len() > TAIL_BACKLOG_ROWS_MAX {
                    newest.pop();
                    older += 1;
                }
            }
        }
        let mut newest: Vec<_> = newest.into_iter().map(|Reverse(row)| row).collect();
        newest.sort_unstable();
        let faults = leaf.tally().faults;
        let unread = faults.iter().map(|fault| fault.rows).sum();
        Ok(Backlog {
            snapshot,
            seqs,
            newest,
            older,
            unread,
        })
    }

    /// Tells what is left out, then hands over the rows, oldest first, as fast as the client reads.
    pub(crate) async fn hand_over(self, outlet: &mut Outlet) -> Result<(), Gone> {
        outlet.lose_earlier(self.older, self.unread);
        outlet.advance(self.newest.first().map_or(self.seqs.end, |(seq, _)| *seq));
        for rows in self.newest.chunks(TAIL_PIECE_ROWS) {
            let addresses: Vec<RowAddress> = rows.iter().map(|(_, address)| *address).collect();
            // What is damaged was told to the status on the way.
            let fetched = fetch(&self.snapshot, &addresses, &mut Vec::new());
            let fetched =
                fetched.inspect_err(|error| tracing::error!(%error, "a backlog cannot be read"));
            let end_seq = rows.last().map_or(0, |(seq, _)| seq + 1);
            let missing = match fetched {
                Ok(batch) => {
                    let missing = rows.len() - batch.num_rows();
                    outlet.send_waiting(batch, end_seq).await?;
                    missing
                }
                Err(_) => rows.len(),
            };
            outlet.lose(missing as u64, 0);
        }
        outlet.advance(self.seqs.end);
        Ok(())
    }
}
