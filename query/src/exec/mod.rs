//! Scans as DataFusion plans, and how plans are run.
//!
//! Every plan has one kind of leaf, [`SegmentScanExec`]: the rows of one pinned snapshot that match a
//! query. A search is `SortExec(fetch) <- FilterExec(cursor) <- SegmentScanExec`, built by hand without
//! the SQL planner; it yields the addresses of the page's rows, and only those are fetched whole.
//!
//! | file | what it holds |
//! |---|---|
//! | `segment_scan.rs` | [`SegmentScanExec`], the plan node |
//! | `scan.rs` | [`SegmentScan`]: what is scanned for, and the rows of one batch that match |
//! | `sent.rs` | a scan as bytes, for other machines |
//! | `partition.rs` | the loop over the parts of one partition |
//! | `told.rs` | what a scan is asked, as plans tell it |
//! | `figures.rs` | what a leaf did, as metrics of its plan |
//! | `tally.rs` | [`ScanTally`]: what a scan counted, and which segments it could not read |
//! | `top.rs` | the first rows in order, behind a cursor |
//! | `rare.rs` | the same where perhaps few match |
//! | `windows.rs` | windows of time at one end of a range, for pages |
//! | `effort.rs` | how much there is to look at |
//! | `pace.rs` | when work gives way |
//! | `fetch.rs` | whole rows by address |
//! | `bytes.rs` | how much rows take |
//! | `plans.rs` | running plans within the memory budget |
//! | `pool.rs` | the memory budget as plans ask for it |

mod bytes;
mod effort;
mod fetch;
mod figures;
mod pace;
mod partition;
mod plans;
mod pool;
mod rare;
mod scan;
mod segment_scan;
mod sent;
mod tally;
mod told;
mod top;
mod windows;

#[cfg(test)]
mod tests;

pub use scan::{Emit, SegmentScan};
pub use segment_scan::SegmentScanExec;
pub use sent::SentScanError;
pub use tally::ScanTally;

pub(crate) use bytes::{own_bytes, page_memory};
pub(crate) use effort::is_short;
pub(crate) use fetch::{fetch, read_rows};
pub(crate) use pace::Pace;
pub(crate) use plans::Plans;
pub(crate) use rare::rare_rows;
pub(crate) use scan::{PART, PLACED_TIME, ROW};
pub(crate) use tally::{fault, unread};
pub(crate) use top::{FoundRow, RowKey, TopRows, count, read_found, top_rows};
pub(crate) use windows::{Span, WIDEN, rows_of};
