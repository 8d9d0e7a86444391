//! Runs of rows that match, of which no column is wanted.

use arrow::buffer::BooleanBuffer;
use clearspan_storage::scan::{Part, ScanStats};

use super::Stopped;
use crate::exec::SegmentScan;

/// Gives every run of rows of a part, by its first row, with which of them match, to `take`; where all do, without reading one. Ends early
/// when `take` says that it wants no more.
pub(super) async fn each_run(
    scan: &SegmentScan,
    part: &Part,
    stats: &mut ScanStats,
    mut take: impl FnMut(u32, &BooleanBuffer) -> Result<Wanted, Stopped>,
) -> Result<(), Stopped> {
    if scan.takes_all(part) {
        stats.segments_read += u64::from(part.is_segment());
        stats.granules_read += u64::from(part.granules());
        stats.rows_scanned += u64::from(part.rows());
        let mut first = 0;
        while first < part.rows() {
            let rows = part.unit_of(first);
            let all = BooleanBuffer::new_set(rows.len());
            if rows.is_empty() || take(first, &all)? == Wanted::Nothing {
                break;
            }
            first = rows.end;
            tokio::task::yield_now().await;
        }
        return Ok(());
    }
    let selection = part.select(scan.predicate(), scan.range(), stats)?;
    let covered = scan.covers(part);
    for selected in part.read(scan.projection(part).clone(), &selection, stats) {
        let selected = selected?;
        let mask = scan.matching(&selected, covered)?;
        if mask.count_set_bits() > 0 && take(selected.first_row, &mask)? == Wanted::Nothing {
            break;
        }
        tokio::task::yield_now().await;
    }
    stats.add_templates(scan.decided_by_templates(part).into_iter().flatten());
    Ok(())
}

/// Whether more rows are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    More,
    Nothing,
}
