//! The parts of a snapshot, read or remembered.
//!
//! What all rows of a segment come to does not change, and is remembered by minute. A question that takes all rows of a segment, and has
//! whole minutes for buckets, adds that up; any other reads the rows that match, in long steps.

use std::sync::Arc;

use clearspan_storage::scan::{Part, ScanStats};
use tokio::task::JoinSet;

use super::Stopped;
use super::columns::projection;
use super::room::Room;
use super::runs::Wanted;
use super::sums::{PartRows, Sums};
use crate::QueryError;
use crate::count::{Grid, Scanned};
use crate::derived::MINUTE_NS;
use crate::engine::Session;
use crate::exec::{Emit, Plans, ScanTally, SegmentScan, SegmentScanExec, fault};
use crate::limits::{PATTERNS_BYTES_MAX, PATTERNS_REMEMBERED_ONE_IN};

/// Patterns of a segment that are few, however small it is.
const FEW_PATTERNS: u64 = 64;

/// The name under which sums are remembered.
const REMEMBERED: &str = "patterns";

/// The sums of all rows of a segment, if they are remembered.
pub(super) fn remembered(part: &Part) -> Option<Arc<Sums>> {
    part.remembered(REMEMBERED)
}

/// What was counted, settled, in the memory that it takes.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) sums: Sums,
    pub(super) tally: ScanTally,
    room: Room,
}

/// Counts the patterns of the rows that match.
pub(super) async fn read(
    session: &Session,
    scanned: &Scanned,
    grid: Grid,
) -> Result<Read, QueryError> {
    let scan = SegmentScan::new(
        Arc::clone(&session.snapshot),
        scanned.query.clone(),
        scanned.range,
        Emit::Columns(projection()),
    )?;
    let outside = scan.outside();
    let leaf = Arc::new(SegmentScanExec::new(scan, session.plans.partitions()));
    let mut readers = JoinSet::new();
    for parts in leaf.partitions() {
        let reader = Reader::new(Arc::clone(&leaf), parts.clone(), &session.plans, grid);
        readers.spawn(reader.read());
    }
    let mut all = Read {
        sums: Sums::new(grid),
        tally: ScanTally::default(),
        room: Room::new(&session.plans, "patterns", PATTERNS_BYTES_MAX),
    };
    all.tally.stats.add(&outside);
    while let Some(read) = readers.join_next().await {
        let read = read.map_err(|error| QueryError::Internal(error.to_string()))??;
        all.add(read)?;
        tokio::task::yield_now().await;
    }
    Ok(all)
}

impl Read {
    fn add(&mut self, other: Read) -> Result<(), QueryError> {
        self.tally.matched += other.tally.matched;
        self.tally.add_reading(other.tally);
        if self.sums.is_empty() {
            (self.sums, self.room) = (other.sums, other.room);
            return Ok(());
        }
        self.sums.merge(&other.sums, None, &mut self.room)
    }
}

/// Reads some parts, one after the other.
struct Reader {
    leaf: Arc<SegmentScanExec>,
    /// Indices into the snapshot's parts.
    parts: Vec<u32>,
    plans: Plans,
    read: Read,
}

impl Reader {
    fn new(leaf: Arc<SegmentScanExec>, parts: Vec<u32>, plans: &Plans, grid: Grid) -> Self {
        Reader {
            leaf,
            parts,
            plans: plans.clone(),
            read: Read {
                sums: Sums::new(grid),
                tally: ScanTally::default(),
                room: Room::new(plans, "patterns", PATTERNS_BYTES_MAX),
            },
        }
    }

    async fn read(mut self) -> Result<Read, QueryError> {
        let leaf = Arc::clone(&self.leaf);
        for index in self.parts.clone() {
            let part = leaf.scan().snapshot().parts().get(index as usize);
            let part = part.ok_or_else(|| QueryError::Internal(format!("no part {index}")))?;
            match self.part(leaf.scan(), index, part).await {
                Ok(()) => {}
                Err(Stopped::Question(error)) => return Err(error),
                // What was read of it counts, as in every scan.
                Err(Stopped::Part(error)) => self.read.tally.faults.push(fault(part, &error)?),
            }
        }
        self.read.sums.settle(&mut self.read.room)?;
        Ok(self.read)
    }

    async fn part(&mut self, scan: &SegmentScan, index: u32, part: &Part) -> Result<(), Stopped> {
        let grid = self.read.sums.grid;
        let in_minutes = grid.width % i128::from(MINUTE_NS) == 0;
        if !(in_minutes && part.is_segment() && scan.takes_all(part)) {
            return self.rows(scan, index, part).await;
        }
        let whole = match remembered(part) {
            Some(known) => {
                self.read.tally.stats.add(&ScanStats {
                    segments_skipped_by_templates: 1,
                    granules_skipped_by_templates: u64::from(part.granules()),
                    ..ScanStats::default()
                });
                known
            }
            None => match self.whole(scan, index, part).await? {
                Some(whole) => whole,
                None => return self.rows(scan, index, part).await,
            },
        };
        self.read.tally.matched += u64::from(part.rows());
        let Read { sums, room, .. } = &mut self.read;
        sums.merge(&whole, Some(index), room)?;
        tokio::task::yield_now().await;
        Ok(())
    }

    /// All rows of a segment, by minute, from now on remembered. `None` where they are no less for that, or cannot be read.
    async fn whole(
        &mut self,
        scan: &SegmentScan,
        index: u32,
        part: &Part,
    ) -> Result<Option<Arc<Sums>>, Stopped> {
        let few = u64::from(part.rows()) / PATTERNS_REMEMBERED_ONE_IN;
        let mut read = Read {
            sums: Sums::new(by_minute(part.time_range())),
            tally: ScanTally::default(),
            room: Room::new(&self.plans, "patterns of a segment", PATTERNS_BYTES_MAX),
        };
        let has_few = |sums: &Sums| {
            let patterns = sums.patterns.len() as u64;
            !sums.is_full && patterns <= few.max(FEW_PATTERNS)
        };
        let before = |sums: &mut Sums, _: &mut Room, _: usize| {
            Ok(match has_few(sums) {
                true => Wanted::More,
                false => Wanted::Nothing,
            })
        };
        let ended = read.rows(scan, index, part, before).await;
        self.read.tally.stats.add(&read.tally.stats);
        match ended {
            Ok(Wanted::More) if has_few(&read.sums) => {}
            // It is read a second time, and its fault found again.
            Ok(_) | Err(Stopped::Part(_)) => return Ok(None),
            Err(stopped) => return Err(stopped),
        }
        read.sums.settle(&mut read.room)?;
        let (bytes, whole) = (read.sums.heap_bytes(), Arc::new(read.sums));
        part.remember(REMEMBERED, Arc::clone(&whole), bytes);
        Ok(Some(whole))
    }

    /// The rows of a part that match.
    async fn rows(&mut self, scan: &SegmentScan, index: u32, part: &Part) -> Result<(), Stopped> {
        let leaf = Arc::clone(&self.leaf);
        let parts = leaf.scan().snapshot().parts();
        // Before there is no room for more, the templates of all parts have theirs.
        let own = &self.parts;
        let reserve = |sums: &mut Sums, room: &mut Room, rows: usize| {
            if sums.is_filling(rows, room) {
                sums.is_reserved = true;
                for part in own {
                    if let Some(part) = parts.get(*part as usize) {
                        sums.reserve(&part.template_reader()?, room)?;
                    }
                }
            }
            Ok(Wanted::More)
        };
        self.read.rows(scan, index, part, reserve).await?;
        Ok(())
    }
}

impl Read {
    /// Counts the rows of a part that match. Before each batch `before` is asked, with how many rows of it match.
    async fn rows(
        &mut self,
        scan: &SegmentScan,
        index: u32,
        part: &Part,
        before: impl FnMut(&mut Sums, &mut Room, usize) -> Result<Wanted, Stopped>,
    ) -> Result<Wanted, Stopped> {
        let mut stats = ScanStats::default();
        let ended = self.rows_of(scan, index, part, before, &mut stats).await;
        stats.add_templates(scan.decided_by_templates(part).into_iter().flatten());
        self.tally.stats.add(&stats);
        ended
    }

    async fn rows_of(
        &mut self,
        scan: &SegmentScan,
        index: u32,
        part: &Part,
        mut before: impl FnMut(&mut Sums, &mut Room, usize) -> Result<Wanted, Stopped>,
        stats: &mut ScanStats,
    ) -> Result<Wanted, Stopped> {
        let selection = part.select(scan.predicate(), scan.range(), stats)?;
        if selection.ranges().is_empty() {
            return Ok(Wanted::More);
        }
        let covered = scan.covers(part);
        let mut rows = PartRows::new(index, part.template_reader()?);
        for selected in part.read(scan.projection(part).clone(), &selection, stats) {
            let selected = selected?;
            let mask = scan.matching(&selected, covered)?;
            let found = mask.count_set_bits();
            if found > 0 {
                if before(&mut self.sums, &mut self.room, found)? == Wanted::Nothing {
                    return Ok(Wanted::Nothing);
                }
                self.sums.add(&selected, &mask, &mut rows, &mut self.room)?;
                self.tally.matched += found as u64;
            }
            tokio::task::yield_now().await;
        }
        Ok(Wanted::More)
    }
}

/// The minutes of a part, one by one.
fn by_minute((first, last): (i64, i64)) -> Grid {
    let width = i128::from(MINUTE_NS);
    let start = i128::from(first).div_euclid(width) * width;
    Grid {
        start,
        width,
        buckets: ((i128::from(last) - start) / width) as usize + 1,
    }
}
