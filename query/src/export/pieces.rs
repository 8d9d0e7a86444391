//! Whole rows, piece by piece.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use arrow::array::RecordBatch;
use clearspan_storage::scan::{MissingSegment, Part, PartError, RowAddress, Snapshot};

use super::units::{Unit, Units};
use super::{ExportPiece, Source};
use crate::QueryError;
use crate::exec::fault;
use crate::limits::{
    EXPORT_PIECE_BYTES_MAX, EXPORT_PIECE_ROWS_MAX, EXPORT_PIECE_WRITTEN_BYTES_MAX,
};

/// Fetches the rows that a source points to.
#[derive(Debug)]
pub(crate) struct Pieces {
    snapshot: Arc<Snapshot>,
    source: Source,
    addresses: VecDeque<RowAddress>,
    units: Units,
    faults: Vec<MissingSegment>,
    /// Parts of which nothing more is tried.
    damaged: HashSet<u32>,
}

impl Pieces {
    pub(super) fn new(snapshot: Arc<Snapshot>, source: Source) -> Self {
        Pieces {
            snapshot,
            source,
            addresses: VecDeque::new(),
            units: Units::default(),
            faults: Vec::new(),
            damaged: HashSet::new(),
        }
    }

    /// The next rows, `None` behind the last. Fails at the end where segments were found damaged on the way.
    pub(crate) async fn next(&mut self) -> Result<Option<ExportPiece>, QueryError> {
        let (mut batches, mut rows, mut bytes) = (Vec::new(), 0, 0);
        while rows < EXPORT_PIECE_ROWS_MAX && bytes < EXPORT_PIECE_BYTES_MAX {
            if self.addresses.is_empty() {
                let source = &mut self.source;
                source
                    .fill(&mut self.addresses, EXPORT_PIECE_ROWS_MAX)
                    .await?;
            }
            let Some(first) = self.addresses.front().copied() else {
                break;
            };
            let rows_max = EXPORT_PIECE_ROWS_MAX - rows;
            if let Some(run) = self.run(first, rows_max, EXPORT_PIECE_BYTES_MAX - bytes)? {
                rows += run.batch.num_rows();
                bytes += run.bytes;
                batches.push(run.batch);
            }
            tokio::task::yield_now().await;
        }
        if batches.is_empty() {
            return self.ended().map(|()| None);
        }
        Ok(Some(ExportPiece {
            signal: self.snapshot.signal(),
            batches,
        }))
    }

    /// The rows from `first` on that stand in one unit. `None` where that cannot be read: they are left out.
    fn run(
        &mut self,
        first: RowAddress,
        rows_max: usize,
        bytes_max: usize,
    ) -> Result<Option<Run>, QueryError> {
        if self.damaged.contains(&first.part) {
            self.addresses.pop_front();
            return Ok(None);
        }
        let part = self.snapshot.parts().get(first.part as usize);
        let part = part.ok_or_else(|| QueryError::Internal("no such part".into()))?;
        match run_of(
            &mut self.units,
            part,
            &mut self.addresses,
            first,
            (rows_max, bytes_max),
        ) {
            Ok(run) => Ok(Some(run)),
            Err(error) => {
                self.faults.push(fault(part, &error)?);
                self.damaged.insert(first.part);
                Ok(None)
            }
        }
    }

    fn ended(&mut self) -> Result<(), QueryError> {
        self.faults.extend(self.source.take_faults());
        let paths: HashSet<&str> = self
            .faults
            .iter()
            .map(|fault| fault.path.as_str())
            .collect();
        match paths.len() {
            0 => Ok(()),
            segments => Err(QueryError::Damaged { segments }),
        }
    }
}

/// Rows of one unit.
struct Run {
    batch: RecordBatch,
    /// What they take, as far as the unit's average tells.
    bytes: usize,
}

fn run_of(
    units: &mut Units,
    part: &Part,
    addresses: &mut VecDeque<RowAddress>,
    first: RowAddress,
    (rows_max, bytes_max): (usize, usize),
) -> Result<Run, PartError> {
    let unit: &Unit = units.get(part, first.part, first.row)?;
    let most = rows_max.min(bytes_max / unit.row_bytes).max(1);
    let mut written = 0;
    let of_unit = addresses.iter().take(most);
    let rows: Vec<u32> = of_unit
        .take_while(|address| unit.holds(address.part, address.row))
        .map(|address| address.row)
        .take_while(|&row| {
            let is_first = written == 0;
            written += unit.written_bytes(row);
            is_first || written <= EXPORT_PIECE_WRITTEN_BYTES_MAX
        })
        .collect();
    let batch = unit.take(&rows)?;
    addresses.drain(..rows.len());
    Ok(Run {
        bytes: rows.len() * unit.row_bytes,
        batch,
    })
}
