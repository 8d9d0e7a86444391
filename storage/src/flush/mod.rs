//! Flush: a frozen memtable becomes segments.
//!
//! 1. Its rows are divided into partitions by the hour and sorted (`partition.rs`, `sort.rs`).
//! 2. Each partition becomes a durable segment folder.
//! 3. One catalog transaction names the segments and says up to where the WAL is no longer needed.
//! 4. In memory the memtable gives way to the segments, in one step.
//!
//! A crash before 3 leaves folders that nobody names, which are removed at start, and a WAL that
//! still has every row. A crash after 3 leaves WAL files that are no longer needed.
//!
//! | file | what it holds |
//! |---|---|
//! | `partition.rs` | which row goes to which hour |
//! | `rows.rs` | the rows of a memtable in that order, some at a time |
//! | `sort.rs` | in which order rows lie in a segment |

mod partition;
mod rows;
mod sort;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;
use clearspan_schema::{SchemaError, Signal};

pub(crate) use partition::{HOUR_NS, folder_name};
#[cfg(test)]
pub(crate) use sort::take_sorted;

use rows::FlushedRows;

use crate::TenantId;
use crate::catalog::{Catalog, CatalogError, Change, FlushCommit, Partition, SegmentRow, TableKey};
use crate::derived::Formulas;
use crate::memtable::Memtable;
use crate::segment::{NewSegment, SegmentError, write_segment};
use crate::vfs::Vfs;

/// Why a memtable could not become segments. It stays as it is, and the flush is tried again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FlushError {
    #[error(transparent)]
    Segment(#[from] SegmentError),
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    #[error(transparent)]
    Schema(#[from] SchemaError),
    #[error("arrow: {0}")]
    Arrow(#[from] arrow::error::ArrowError),
    #[error("the new segment {path} cannot be read: {fault}")]
    Unreadable { path: String, fault: String },
    #[error("flushing panicked")]
    Panicked,
}

/// What a flush needs to know.
#[derive(Debug)]
pub(crate) struct FlushJob<'a> {
    pub(crate) vfs: &'a Arc<dyn Vfs>,
    pub(crate) catalog: &'a dyn Catalog,
    pub(crate) tenant: &'a TenantId,
    pub(crate) signal: Signal,
    pub(crate) signal_dir: &'a Path,
    pub(crate) formulas: &'a Formulas,
    /// Behind the last sequence number that was flushed before.
    pub(crate) flushed_seq: u64,
    pub(crate) now_ns: i64,
}

/// A segment that lies on disk and that the catalog does not name yet.
#[derive(Debug)]
pub(crate) struct Unpublished {
    pub(crate) row: SegmentRow,
    pub(crate) dir: PathBuf,
}

/// Steps 1 to 3: writes `memtable`'s rows as segments and publishes them. Returns the segments.
pub(crate) fn flush(
    job: &FlushJob<'_>,
    memtable: &Memtable,
) -> Result<Vec<SegmentRow>, FlushError> {
    if let Some(landed) = landed_before(job, memtable) {
        return Ok(landed);
    }
    let mut written = Vec::new();
    let result =
        write_all(job, memtable, &mut written).and_then(|()| publish(job, memtable, &written));
    match result {
        Ok(()) => Ok(written.into_iter().map(|segment| segment.row).collect()),
        Err(error) => {
            // When the catalog's answer was lost, the segments may be published after all: they stay,
            // and the next try, or the next start, finds out.
            let in_doubt = matches!(&error, FlushError::Catalog(error) if error.is_in_doubt());
            if !in_doubt {
                remove_unpublished(job.vfs.as_ref(), &written);
            }
            Err(error)
        }
    }
}

/// The segments of an earlier try whose commit was made although its answer was lost.
fn landed_before(job: &FlushJob<'_>, memtable: &Memtable) -> Option<Vec<SegmentRow>> {
    let key = TableKey::new(job.tenant.as_str(), job.signal);
    if job.flushed_seq < memtable.end_seq() || memtable.is_untouched() {
        return None;
    }
    let catalog = job.catalog.state();
    let segments = catalog
        .segments_of(&key)
        .filter(|segment| segment.level == 0 && segment.wal_to_seq == memtable.end_seq());
    Some(segments.cloned().collect())
}

fn publish(
    job: &FlushJob<'_>,
    memtable: &Memtable,
    written: &[Unpublished],
) -> Result<(), FlushError> {
    let commit = FlushCommit {
        key: TableKey::new(job.tenant.as_str(), job.signal),
        segments: written.iter().map(|segment| segment.row.clone()).collect(),
        flushed_seq: memtable.end_seq(),
        duplicates: memtable.duplicates(),
    };
    Ok(job.catalog.commit(Change::Flush(commit))?)
}

fn write_all(
    job: &FlushJob<'_>,
    memtable: &Memtable,
    written: &mut Vec<Unpublished>,
) -> Result<(), FlushError> {
    if memtable.rows() == 0 {
        return Ok(());
    }
    let rows = FlushedRows::new(job.signal, memtable)?;
    let times = partition::grouping_times(job.signal, &rows.keys)?;
    for (partition, indices) in partition::divide(&times) {
        let sorted = sort::sorted(job.signal, &rows.keys, &times, indices)?;
        written.push(write_partition(
            job,
            memtable,
            partition,
            rows.batches(&sorted),
        )?);
    }
    Ok(())
}

fn write_partition(
    job: &FlushJob<'_>,
    memtable: &Memtable,
    partition: Partition,
    rows: impl Iterator<Item = Result<RecordBatch, SegmentError>>,
) -> Result<Unpublished, FlushError> {
    let id = job.catalog.allocate_segment_id()?;
    let arrival_ns = memtable.arrival_ns().unwrap_or((job.now_ns, job.now_ns));
    let new = NewSegment {
        id: id.0,
        tenant: job.tenant.clone(),
        signal: job.signal,
        partition: folder_name(partition),
        signal_dir: job.signal_dir.to_path_buf(),
        arrival_ns,
        formulas: job.formulas.clone(),
    };
    let written = write_segment(job.vfs, new, rows)?;
    let row = SegmentRow {
        id,
        key: TableKey::new(job.tenant.as_str(), job.signal),
        partition,
        rows: u64::from(written.meta.rows),
        bytes: written.bytes,
        min_time_ns: written.meta.min_time_ns,
        max_time_ns: written.meta.max_time_ns,
        min_seq: written.meta.min_seq,
        max_seq: written.meta.max_seq,
        min_arrival_ns: arrival_ns.0,
        max_arrival_ns: arrival_ns.1,
        wal_from_seq: job.flushed_seq,
        wal_to_seq: memtable.end_seq(),
        level: 0,
        created_ns: job.now_ns,
        meta_checksum: u64::from(written.meta_crc32c),
    };
    Ok(Unpublished {
        row,
        dir: written.dir,
    })
}

/// After a failed flush or compaction: its folders, of which the catalog knows nothing. What cannot be removed now
/// goes at the next start.
pub(crate) fn remove_unpublished(vfs: &dyn Vfs, written: &[Unpublished]) {
    for segment in written {
        if let Err(error) = vfs.remove_dir_all(&segment.dir) {
            tracing::warn!(path = %segment.dir.display(), %error, "cannot remove an unpublished segment");
        }
    }
}

/// The `Arc` form in which a frozen memtable is handed around.
pub(crate) type Frozen = Arc<Memtable>;
