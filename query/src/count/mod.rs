//! Counting: what the rows that match hold, without showing one of them. A histogram of logs over time and
//! severity; of logs or spans the fields that there are, and the values that a field has.
//!
//! Every count comes from one scan of the pinned snapshot through the same plan and the same matcher as a
//! search, so that the counts add up to what a search finds; only the columns that are counted are read.
//! Batches are counted as they come. What is kept is bounded: by the number of buckets, or by a
//! [`budget::Budget`] for distinct values, and a question that needs more is refused, never answered with a
//! part.
//!
//! | file | what it holds |
//! |---|---|
//! | `histogram.rs`, `grid.rs` | rows by time and severity; widths that are round numbers |
//! | `fields.rs`, `names.rs`, `known.rs` | the fields that rows have; counting their names, and those of columns |
//! | `values.rs` | the values of one or several fields |
//! | `newest.rs` | fields and values of the newest rows alone |
//! | `source.rs`, `attribute.rs`, `severity.rs`, `code.rs` | which values a field has in the rows of a batch |
//! | `distinct.rs`, `value.rs` | counting distinct values; one value, its order and its filter |
//! | `entries.rs` | rows by entry of a dictionary |
//! | `top.rs` | the first of what was counted |
//! | `remembered.rs` | what was found for the values of a dictionary, kept from batch to batch |
//! | `budget.rs` | what may be held |

mod attribute;
mod budget;
mod code;
mod distinct;
mod entries;
mod fields;
mod grid;
mod histogram;
mod known;
mod names;
mod newest;
mod remembered;
mod severity;
mod source;
mod top;
mod value;
mod values;

use std::sync::Arc;

use arrow::array::RecordBatch;
use clearspan_storage::scan::{MissingSegment, Projection, ScanStats, Snapshot, TimeRange};
use futures::StreamExt;

pub use fields::{FieldCount, FieldType, FieldsAnswer};
pub use histogram::{HistogramAnswer, HistogramBucket, SEVERITY_NAMES};
pub use value::FieldValue;
pub use values::{
    FacetsAnswer, FacetsRequest, FieldValues, ValueCount, ValuesAnswer, ValuesRequest,
};

pub(crate) use fields::fields;
pub(crate) use grid::Grid;
pub(crate) use histogram::{Ends, TOO_WIDE, UNSET, between, histogram, of_number, of_text};
pub(crate) use newest::{Newest, newest_fields, newest_values};
pub(crate) use remembered::Remembered;
pub(crate) use top::Top;
pub(crate) use value::double_text;
pub(crate) use values::{facets, values};

use crate::engine::Session;
use crate::exec::{Emit, Pace, Plans, ScanTally, SegmentScan, SegmentScanExec, unread};
use crate::language::Query;
use crate::{AskedRange, QueryError, hints};

/// Which rows of a signal are counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedRows {
    /// A query of the search language; empty for every row. Of spans it is asked of each span by itself, and groups are brackets.
    pub query: String,
    /// The range: logs are placed by their event time, else their observed time, spans by their start.
    pub range: AskedRange,
}

/// What every answer that counts has in common.
#[derive(Debug)]
pub struct Counted {
    /// Records that match.
    pub matched: u64,
    /// What was read.
    pub stats: ScanStats,
    /// Segments that could not be read and may hold matching rows. Not empty: the answer is partial.
    pub missing: Vec<MissingSegment>,
    /// What may help whoever asked, as sentences.
    pub hints: Vec<String>,
}

impl Counted {
    async fn new(
        session: &Session,
        query: &Query,
        range: TimeRange,
        tally: ScanTally,
    ) -> Result<Self, QueryError> {
        Ok(Counted {
            matched: tally.matched,
            stats: session.stats(&tally.stats),
            hints: hints::of_nothing(session, query, range, Some(tally.matched)).await?,
            missing: unread(&session.snapshot, range, tally.faults),
        })
    }

    /// The same, where what cannot be read within `concerned` matters too.
    pub(crate) async fn over(
        session: &Session,
        scanned: &Scanned,
        concerned: TimeRange,
        tally: ScanTally,
    ) -> Result<Self, QueryError> {
        let faults = tally.faults.clone();
        let counted = Counted::new(session, &scanned.query, scanned.range, tally).await?;
        Ok(Counted {
            missing: unread(&session.snapshot, concerned, faults),
            ..counted
        })
    }
}

/// A question that counts, as it was understood.
pub(crate) struct Scanned {
    pub(crate) query: Query,
    pub(crate) range: TimeRange,
}

impl Scanned {
    pub(crate) fn new(session: &Session, rows: &CountedRows) -> Result<Self, QueryError> {
        Ok(Scanned {
            query: Query::parse(&rows.query, session.snapshot.signal())?,
            range: rows.range.resolve(session.now_ns)?,
        })
    }

    /// Scans once and hands every batch of rows that match to `count`, as `projection` wants them.
    async fn each_batch(
        &self,
        session: &Session,
        projection: Projection,
        count: impl FnMut(&RecordBatch) -> Result<(), QueryError>,
    ) -> Result<ScanTally, QueryError> {
        let snapshot = Arc::clone(&session.snapshot);
        let scanned = (snapshot, self.range);
        self.each_batch_of(scanned, &session.plans, projection, count)
            .await
    }

    /// The same, of some parts, or of a part of the range.
    async fn each_batch_of(
        &self,
        (snapshot, range): (Arc<Snapshot>, TimeRange),
        plans: &Plans,
        projection: Projection,
        mut count: impl FnMut(&RecordBatch) -> Result<(), QueryError>,
    ) -> Result<ScanTally, QueryError> {
        let emit = Emit::Columns(projection);
        let scan = SegmentScan::new(snapshot, self.query.clone(), range, emit)?;
        let leaf = Arc::new(SegmentScanExec::new(scan, plans.partitions()));
        let mut batches = plans.stream(Arc::clone(&leaf) as _)?;
        let mut pace = Pace::new();
        while let Some(batch) = batches.next().await {
            count(&batch.map_err(|error| plans.query_error(&error))?)?;
            pace.step().await;
        }
        Ok(leaf.tally())
    }
}
