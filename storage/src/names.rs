//! Every name on disk, in one place.
//!
//! ```text
//! <data>/LOCK                                             held by the process that has the folder open
//! <data>/catalog.sqlite
//! <data>/tenants/<tenant>/<signal>/wal/<number>.wal
//! <data>/tenants/<tenant>/<signal>/segments/<partition>/<segment id>/
//!     meta.json  rows.arrow or rows.parquet  shape.bin  text.idx  filters.bin  traces.dir (spans only)
//!     derived.<formula>.arrow (for each formula that is kept)
//! ```

use std::path::{Path, PathBuf};

use clearspan_schema::Signal;

use crate::TenantId;

/// The file whose lock says that a process has the data folder open.
pub(crate) const LOCK: &str = "LOCK";
/// The catalog's database.
pub(crate) const CATALOG: &str = "catalog.sqlite";
/// The folder of everything that is stored, by tenant.
pub(crate) const TENANTS: &str = "tenants";
/// What a segment holds, and the checksums of its files.
pub(crate) const META: &str = "meta.json";
/// A segment's rows as an Arrow IPC file.
pub(crate) const ROWS_ARROW: &str = "rows.arrow";
/// A segment's rows as a Parquet file.
pub(crate) const ROWS_PARQUET: &str = "rows.parquet";
/// How a segment's rows follow from the columns in its row file.
pub(crate) const SHAPE: &str = "shape.bin";
/// A segment's text index.
pub(crate) const TEXT: &str = "text.idx";
/// A segment's id filters.
pub(crate) const FILTERS: &str = "filters.bin";
/// A span segment's trace directory.
pub(crate) const TRACES: &str = "traces.dir";
/// What a segment's folder is called until it is complete.
pub(crate) const TEMPORARY_SUFFIX: &str = ".tmp";

/// What a formula has derived from a segment's rows.
pub(crate) fn derived(formula: &str) -> String {
    format!("derived.{formula}.arrow")
}

/// The folder of one signal of one tenant.
pub(crate) fn signal_dir(data: &Path, tenant: &TenantId, signal: Signal) -> PathBuf {
    data.join(TENANTS).join(tenant.as_str()).join(signal.name())
}

/// The folder of its WAL files.
pub(crate) fn wal_dir(signal_dir: &Path) -> PathBuf {
    signal_dir.join("wal")
}

/// The folder of its segments, by partition.
pub(crate) fn segments_dir(signal_dir: &Path) -> PathBuf {
    signal_dir.join("segments")
}

/// The folder of a segment.
pub(crate) fn segment_dir(signal_dir: &Path, partition: &str, id: u64) -> PathBuf {
    segments_dir(signal_dir)
        .join(partition)
        .join(segment_name(id))
}

/// A segment's folder name.
pub(crate) fn segment_name(id: u64) -> String {
    format!("{id:016x}")
}
