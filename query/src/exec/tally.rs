//! What a scan counted, and which segments it could not read.

use clearspan_storage::scan::{MissingSegment, Part, PartError, ScanStats, Snapshot, TimeRange};

use crate::QueryError;

/// What all partitions of a scan counted together.
#[derive(Debug, Clone, Default)]
pub struct ScanTally {
    /// Rows that matched.
    pub matched: u64,
    /// What was read.
    pub stats: ScanStats,
    /// Segments that turned out to be damaged; their rows are missing from the answer, at least in part.
    pub faults: Vec<MissingSegment>,
}

impl ScanTally {
    /// Adds what another scan of the same snapshot counted, but not what it matched.
    pub(crate) fn add_reading(&mut self, other: ScanTally) {
        self.stats.add(&other.stats);
        self.faults.extend(other.faults);
    }

    /// The same of one that looked at rows which a pass before looked at too, or will look at again.
    pub(crate) fn add_pass(&mut self, other: ScanTally) {
        self.stats.add_pass(&other.stats);
        self.faults.extend(other.faults);
    }
}

/// The segment that could not be read, which the status tells from now on. A memtable chunk has no file that could be damaged: there an
/// error is a defect of this program.
pub(crate) fn fault(part: &Part, error: &PartError) -> Result<MissingSegment, QueryError> {
    if !part.is_segment() {
        return Err(QueryError::Internal(error.to_string()));
    }
    let (min_time_ns, max_time_ns) = part.time_range();
    let path = folder(error).unwrap_or_else(|| format!("{:?}", part.id()));
    tracing::warn!(segment = %path, %error, "answering without a segment that cannot be read");
    let fault = MissingSegment {
        path,
        fault: error.to_string(),
        rows: u64::from(part.rows()),
        min_time_ns,
        max_time_ns,
    };
    part.note_fault(fault.clone());
    Ok(fault)
}

/// The segment's folder, from the path of the file that is damaged: relative to the data folder, whose
/// first level is `tenants`.
fn folder(error: &PartError) -> Option<String> {
    let PartError::Segment(error) = error else {
        return None;
    };
    let folder = error.path()?.parent()?;
    let inside: std::path::PathBuf = folder
        .components()
        .skip_while(|part| part.as_os_str() != "tenants")
        .collect();
    let shown = if inside.as_os_str().is_empty() {
        folder
    } else {
        &inside
    };
    Some(shown.display().to_string())
}

/// What an answer over `range` lacks: segments that were quarantined before, and those found damaged
/// on the way. Each once.
pub(crate) fn unread(
    snapshot: &Snapshot,
    range: TimeRange,
    faults: Vec<MissingSegment>,
) -> Vec<MissingSegment> {
    let concerns =
        |missing: &&MissingSegment| range.overlaps(missing.min_time_ns, missing.max_time_ns);
    let mut unread: Vec<MissingSegment> = snapshot
        .missing()
        .iter()
        .filter(concerns)
        .cloned()
        .collect();
    for fault in faults {
        if !unread.iter().any(|known| known.path == fault.path) {
            unread.push(fault);
        }
    }
    unread
}
