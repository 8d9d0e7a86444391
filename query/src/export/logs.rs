//! Where logs lie, newest first: by the time at which they are placed, then by arrival.
//!
//! 1. Parts are opened one after the other, that with the newest row first, each when the merge has come
//!    to its newest row.
//! 2. Of an open part the keys of one unit of decoding are held, some kilobytes: a segment's rows are
//!    sorted, so the next unit is read when these are used up. A memtable chunk is one unit.
//! 3. A heap has the next row of each open part; the newest of them is next.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;

use clearspan_schema::{SEQ, Signal, columns};
use clearspan_storage::scan::{
    MissingSegment, Part, PartError, RowAddress, RowSelection, ScanStats,
};

use super::{ExportRequest, Pieces, Plan, Source};
use crate::QueryError;
use crate::engine::Session;
use crate::exec::{Emit, PLACED_TIME, RowKey, SegmentScan, fault, unread};
use crate::language::Query;
use crate::limits::STEPS_PER_YIELD;

/// Settles an export of logs.
pub(crate) async fn plan(session: Session, request: ExportRequest) -> Result<Plan, QueryError> {
    let query = Query::parse(&request.query, Signal::Logs)?;
    let range = request.range.resolve(session.now_ns)?;
    let snapshot = Arc::clone(&session.snapshot);
    let missing = unread(&snapshot, range, Vec::new());
    let scan = SegmentScan::new(Arc::clone(&snapshot), query, range, Emit::Addresses)?;
    let source = Source::Logs(Box::new(LogSource::new(scan)));
    Ok(Plan {
        pieces: Pieces::new(snapshot, source),
        missing,
    })
}

/// The merge.
#[derive(Debug)]
pub(super) struct LogSource {
    scan: SegmentScan,
    /// Parts that are not yet open, that with the newest row last.
    waiting: Vec<u32>,
    heads: BinaryHeap<Head>,
    faults: Vec<MissingSegment>,
}

/// The next row of an open part.
#[derive(Debug)]
struct Head {
    key: RowKey,
    row: u32,
    rest: OpenPart,
}

/// What of an open part is still to come.
#[derive(Debug)]
struct OpenPart {
    index: u32,
    /// The rows that may match.
    selection: RowSelection,
    /// All before this one have been read.
    next_row: u32,
    /// Matching rows that have been read, the newest last.
    found: Vec<(RowKey, u32)>,
}

impl LogSource {
    fn new(scan: SegmentScan) -> Self {
        let mut waiting: Vec<u32> = scan.parts().map(|(index, _)| index).collect();
        waiting.reverse();
        LogSource {
            scan,
            waiting,
            heads: BinaryHeap::new(),
            faults: Vec::new(),
        }
    }

    pub(super) fn take_faults(&mut self) -> Vec<MissingSegment> {
        std::mem::take(&mut self.faults)
    }

    pub(super) async fn fill(
        &mut self,
        to: &mut VecDeque<RowAddress>,
        count: usize,
    ) -> Result<(), QueryError> {
        for step in 0..count {
            self.open_due().await?;
            let Some(head) = self.heads.pop() else {
                break;
            };
            to.push_back(RowAddress {
                part: head.rest.index,
                row: head.row,
            });
            self.put_back(head.rest).await?;
            if step % STEPS_PER_YIELD == 0 {
                tokio::task::yield_now().await;
            }
        }
        Ok(())
    }

    /// Opens every part that may have a row before all those that are known.
    async fn open_due(&mut self) -> Result<(), QueryError> {
        while let Some(&index) = self.waiting.last() {
            let newest = part(&self.scan, index)?.time_range().1;
            let known = self.heads.peek().map(|head| head.key.placed_time);
            if known.is_some_and(|known| known > newest) {
                break;
            }
            self.waiting.pop();
            self.open(index).await?;
        }
        Ok(())
    }

    async fn open(&mut self, index: u32) -> Result<(), QueryError> {
        let part = part(&self.scan, index)?;
        let mut stats = ScanStats::default();
        match part.select(self.scan.predicate(), self.scan.range(), &mut stats) {
            Ok(selection) => {
                let opened = OpenPart {
                    index,
                    selection,
                    next_row: 0,
                    found: Vec::new(),
                };
                self.put_back(opened).await
            }
            Err(error) => self.damaged(index, &error),
        }
    }

    /// Puts an open part among the heads, unless nothing of it is left.
    async fn put_back(&mut self, mut rest: OpenPart) -> Result<(), QueryError> {
        loop {
            if let Some((key, row)) = rest.found.pop() {
                self.heads.push(Head { key, row, rest });
                return Ok(());
            }
            match rest.read_on(&self.scan, part(&self.scan, rest.index)?) {
                Ok(true) => tokio::task::yield_now().await,
                Ok(false) => return Ok(()),
                // What is left of the segment is missing.
                Err(error) => return self.damaged(rest.index, &error),
            }
        }
    }

    fn damaged(&mut self, index: u32, error: &PartError) -> Result<(), QueryError> {
        let fault = fault(part(&self.scan, index)?, error)?;
        self.faults.push(fault);
        Ok(())
    }
}

fn part(scan: &SegmentScan, index: u32) -> Result<&Part, QueryError> {
    let part = scan.snapshot().parts().get(index as usize);
    part.ok_or_else(|| QueryError::Internal(format!("no part {index} in the snapshot")))
}

impl OpenPart {
    /// Reads the next unit in which rows may match. `false` when there is none.
    fn read_on(&mut self, scan: &SegmentScan, part: &Part) -> Result<bool, PartError> {
        let left = self.next_row..part.rows();
        let Some(first) = self.selection.within(left).next() else {
            return Ok(false);
        };
        let unit = part.unit_of(first.start);
        let mut selection = RowSelection::none();
        let inside = self.selection.within(unit.clone());
        inside.for_each(|rows| selection.push(rows));
        // A unit holds its row; were it empty, this would still come to an end.
        self.next_row = unit.end.max(first.start + 1);

        let covered = scan.covers(part);
        let mut stats = ScanStats::default();
        for selected in part.read(scan.projection(part).clone(), &selection, &mut stats) {
            let selected = selected?;
            let times = columns::time(&selected.batch, PLACED_TIME)?;
            let seqs = columns::uint64(&selected.batch, SEQ)?;
            let matching = scan.matching(&selected, covered)?;
            self.found.extend(matching.set_indices().map(|row| {
                let key = RowKey {
                    placed_time: times.value(row),
                    seq: seqs.value(row),
                };
                (key, selected.first_row + row as u32)
            }));
        }
        self.found.sort_unstable();
        Ok(true)
    }
}

impl Ord for Head {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.key, self.rest.index).cmp(&(other.key, other.rest.index))
    }
}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Head {}
