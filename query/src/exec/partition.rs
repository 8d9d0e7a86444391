//! The loop over the parts of one partition.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::buffer::BooleanBuffer;
use clearspan_storage::scan::{Part, RowSelection, ScanStats, SelectedBatch};
use datafusion::error::{DataFusionError, Result};
use parking_lot::Mutex;
use tokio::sync::mpsc::Sender;

use super::figures::ScanFigures;
use super::pace::Pace;
use super::scan::{Emit, SegmentScan};
use super::tally::{ScanTally, fault};
use crate::QueryError;

/// Scans some parts of a snapshot, one after the other.
pub(crate) struct PartitionScan {
    pub(crate) scan: Arc<SegmentScan>,
    /// Indices into the snapshot's parts.
    pub(crate) parts: Vec<u32>,
    pub(crate) output: Sender<Result<RecordBatch>>,
    pub(crate) tally: Arc<Mutex<ScanTally>>,
    pub(crate) figures: ScanFigures,
}

/// Whether anybody still wants more.
#[derive(PartialEq, Eq)]
enum Wanted {
    More,
    Nothing,
}

impl PartitionScan {
    /// Sends the batches of matching rows until all parts are scanned or nobody listens. A damaged
    /// segment ends with what was read of it; the others are scanned all the same.
    pub(crate) async fn run(self) -> Result<()> {
        let mut pace = Pace::new();
        for &index in &self.parts {
            let Some(part) = self.scan.snapshot().parts().get(index as usize) else {
                return Err(internal(QueryError::Internal(format!(
                    "no part {index} in the snapshot"
                ))));
            };
            if let Some(count) = self.scan.known_count(part) {
                self.count(count);
            } else if self.scan_part(index, part, &mut pace).await? == Wanted::Nothing {
                break;
            }
        }
        self.figures.baseline.done();
        Ok(())
    }

    async fn scan_part(&self, index: u32, part: &Part, pace: &mut Pace) -> Result<Wanted> {
        let mut stats = ScanStats::default();
        let result = self.read_part(index, part, &mut stats, pace).await;
        self.tally.lock().stats.add(&stats);
        self.figures.read(&stats);
        result
    }

    async fn read_part(
        &self,
        index: u32,
        part: &Part,
        stats: &mut ScanStats,
        pace: &mut Pace,
    ) -> Result<Wanted> {
        let scan = &self.scan;
        if let Some(search) = scan.counted_text() {
            match part.count_text(search, scan.range(), stats) {
                Ok(Some(count)) => {
                    self.count(count);
                    pace.step().await;
                    return Ok(Wanted::More);
                }
                Ok(None) => {}
                Err(error) => return self.damaged(part, &error),
            }
        }
        let selection = match part.select(scan.predicate(), scan.range(), stats) {
            Ok(selection) => selection,
            Err(error) => return self.damaged(part, &error),
        };
        let result = self.read_rows(index, part, &selection, stats, pace).await;
        stats.add_templates(scan.decided_by_templates(part).into_iter().flatten());
        result
    }

    async fn read_rows(
        &self,
        index: u32,
        part: &Part,
        selection: &RowSelection,
        stats: &mut ScanStats,
        pace: &mut Pace,
    ) -> Result<Wanted> {
        let scan = &self.scan;
        let covered = scan.covers(part);
        for selected in part.read(scan.projection(part).clone(), selection, stats) {
            let selected = match selected {
                Ok(selected) => selected,
                Err(error) => return self.damaged(part, &error),
            };
            let mask = match scan.matching(&selected, covered) {
                Ok(mask) => mask,
                Err(error) => return self.damaged(part, &error),
            };
            if self.send(index, &selected, mask).await? == Wanted::Nothing {
                return Ok(Wanted::Nothing);
            }
            pace.step().await;
        }
        Ok(Wanted::More)
    }

    /// Notes rows that matched.
    fn count(&self, matched: u64) {
        self.tally.lock().matched += matched;
        self.figures.matched(matched);
    }

    /// Sends the rows in `mask`.
    async fn send(
        &self,
        index: u32,
        selected: &SelectedBatch,
        mask: BooleanBuffer,
    ) -> Result<Wanted> {
        let matched = mask.count_set_bits();
        self.count(matched as u64);
        if matched == 0 || *self.scan.emit() == Emit::Count {
            return Ok(Wanted::More);
        }
        let batch = self
            .scan
            .emitted(index, selected, mask)
            .map_err(|error| internal(error.into()))?;
        self.figures.baseline.record_output(matched);
        let is_gone = self.output.send(Ok(batch)).await.is_err();
        Ok(if is_gone {
            Wanted::Nothing
        } else {
            Wanted::More
        })
    }

    fn damaged(&self, part: &Part, error: &clearspan_storage::scan::PartError) -> Result<Wanted> {
        let fault = fault(part, error).map_err(internal)?;
        self.tally.lock().faults.push(fault);
        Ok(Wanted::More)
    }
}

fn internal(error: QueryError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}
