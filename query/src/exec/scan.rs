//! What is scanned for, and which rows of a batch are it.

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, BooleanArray, RecordBatch, UInt32Array};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{filter, filter_record_batch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use clearspan_schema::time::timestamp_type;
use clearspan_schema::{SEQ, SchemaError, columns, logs};
use clearspan_storage::scan::{
    AttributeKeys, Part, PartError, Predicate, Projection, ScanStats, SelectedBatch, Snapshot,
    TextSearch, TimeRange,
};

use crate::language::{Expr, Matcher, Query, prune};

/// Both signals name this column alike.
pub(crate) const PLACED_TIME: &str = logs::PLACED_TIME;
/// `UInt32`: index of the row's part in the snapshot.
pub(crate) const PART: &str = "part";
/// `UInt32`: the row in its part.
pub(crate) const ROW: &str = "row";

static ADDRESSES: LazyLock<SchemaRef> = LazyLock::new(|| {
    Arc::new(Schema::new(vec![
        Field::new(PLACED_TIME, timestamp_type(), false),
        Field::new(SEQ, DataType::UInt64, false),
        Field::new(PART, DataType::UInt32, false),
        Field::new(ROW, DataType::UInt32, false),
    ]))
});

/// The columns of [`Emit::Addresses`].
pub(crate) fn addresses_schema() -> SchemaRef {
    Arc::clone(&ADDRESSES)
}

/// What a scan gives of each row that matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Emit {
    /// Nothing: the rows are counted.
    Count,
    /// Placed time, sequence number, and where the row lies in the snapshot.
    Addresses,
    /// These columns of the stored schema; where it wants some attributes, others may come too.
    Columns(Projection),
    /// The same, and behind them where the row lies, as in [`Emit::Addresses`].
    ColumnsAt(Projection),
}

impl Emit {
    /// What is read for it and for a matcher that needs the columns `matched` and the attributes `keys`. What is emitted stands first, so
    /// that it is the front of what is read.
    /// The time at which rows are placed is read where they are held against the range.
    fn with(&self, matched: Vec<&'static str>, keys: AttributeKeys, timed: bool) -> Projection {
        let (mut columns, keys) = match self {
            Emit::Count => (vec![], keys),
            Emit::Addresses => (vec![PLACED_TIME, SEQ], keys),
            Emit::Columns(wanted) | Emit::ColumnsAt(wanted) => {
                let columns = wanted.columns().to_vec();
                // Of attributes that are not emitted nobody wants all.
                match columns.contains(&logs::ATTRIBUTES) {
                    true => (columns, keys.union(wanted.attributes().clone())),
                    false => (columns, keys),
                }
            }
        };
        let times = timed.then_some(PLACED_TIME);
        for column in matched.into_iter().chain(times) {
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
        if columns.is_empty() {
            // Without a column nobody could say how many rows there are.
            columns.push(PLACED_TIME);
        }
        match self {
            Emit::Columns(wanted) | Emit::ColumnsAt(wanted) if wanted.in_long_steps() => {
                Projection::new(columns, keys).with_long_steps()
            }
            _ => Projection::new(columns, keys),
        }
    }
}

/// The rows of a snapshot that match a query and are placed in a range. The snapshot, the query's and
/// the hint's text, the range and [`Emit`] say all there is to say: what may be skipped and how rows are
/// matched follows from them wherever the scan runs.
#[derive(Debug)]
pub struct SegmentScan {
    snapshot: Arc<Snapshot>,
    query: Query,
    range: TimeRange,
    emit: Emit,
    matcher: Matcher,
    /// What every wanted row satisfies besides, by which storage may skip; no row is held against it here.
    hint: Query,
    predicate: Predicate,
    reads: Reads,
    schema: SchemaRef,
}

/// What is read of a part, by what is known of it before: whether texts come with its rows, whether all of them are placed in the range.
#[derive(Debug)]
struct Reads {
    plain: ByRange,
    beside_texts: ByRange,
}

#[derive(Debug)]
struct ByRange {
    covered: Projection,
    cut: Projection,
}

impl ByRange {
    fn new(emit: &Emit, matched: &[&'static str], keys: &AttributeKeys, texts: bool) -> Self {
        let read = |timed| {
            let read = emit.with(matched.to_vec(), keys.clone(), timed);
            match texts {
                true => read.with_texts(),
                false => read,
            }
        };
        ByRange {
            covered: read(false),
            cut: read(true),
        }
    }
}

impl SegmentScan {
    /// Fails when `emit` names a column that is not stored.
    pub fn new(
        snapshot: Arc<Snapshot>,
        query: Query,
        range: TimeRange,
        emit: Emit,
    ) -> Result<Self, SchemaError> {
        let matcher = Matcher::new(&query);
        let predicate = prune::predicate(&query);
        let schema = match &emit {
            Emit::Count => Arc::new(Schema::empty()),
            Emit::Addresses => addresses_schema(),
            Emit::Columns(wanted) | Emit::ColumnsAt(wanted) => {
                let stored = snapshot.signal().stored_schema();
                let wanted = project(&stored, wanted.columns())?;
                let is_located = matches!(emit, Emit::ColumnsAt(_));
                Arc::new(if is_located { located(&wanted) } else { wanted })
            }
        };
        let keys = matcher.record_keys();
        let reads = Reads {
            plain: ByRange::new(&emit, &matcher.columns(), &keys, false),
            beside_texts: ByRange::new(
                &emit,
                &matcher.columns_beside_texts(),
                &keys,
                matcher.has_texts(),
            ),
        };
        let hint = Query::all(query.signal());
        Ok(SegmentScan {
            snapshot,
            query,
            range,
            emit,
            matcher,
            hint,
            predicate,
            reads,
            schema,
        })
    }

    /// Skips also what `hint` rules out. Whoever reads the rows holds them against it, or against something
    /// stricter: the scan does not.
    pub(crate) fn hinted(mut self, hint: Query) -> Self {
        self.predicate = prune::predicate(&self.query).and(prune::predicate(&hint));
        self.hint = hint;
        self
    }

    /// The same scan, of the rows that match `query` besides.
    pub(crate) fn narrowed(&self, query: &Query) -> Result<Self, SchemaError> {
        let both = Expr::all_of(vec![self.query.root().clone(), query.root().clone()]);
        let scan = SegmentScan::new(
            Arc::clone(&self.snapshot),
            Query::new(self.query.signal(), both),
            self.range,
            self.emit.clone(),
        )?;
        Ok(scan.hinted(self.hint.clone()))
    }

    /// The pinned snapshot.
    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// The query.
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// The range, over the times at which rows are placed.
    pub fn range(&self) -> TimeRange {
        self.range
    }

    /// What is given of each row.
    pub fn emit(&self) -> &Emit {
        &self.emit
    }

    /// What storage may skip by besides; no row is held against it.
    pub(crate) fn hint(&self) -> &Query {
        &self.hint
    }

    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    pub(crate) fn predicate(&self) -> &Predicate {
        &self.predicate
    }

    /// What is read of `part`.
    pub(crate) fn projection(&self, part: &Part) -> &Projection {
        let reads = match part.has_texts() {
            true => &self.reads.beside_texts,
            false => &self.reads.plain,
        };
        match self.covers(part) {
            true => &reads.covered,
            false => &reads.cut,
        }
    }

    /// The parts that lie at least partly in the range.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (u32, &Part)> {
        let in_range = |part: &Part| {
            let (first, last) = part.time_range();
            self.range.overlaps(first, last)
        };
        (0..)
            .zip(self.snapshot.parts())
            .filter(move |(_, part)| in_range(part))
    }

    /// The parts that lie outside of the range, as skipped by their time.
    pub(crate) fn outside(&self) -> ScanStats {
        let mut skipped = ScanStats::default();
        for part in self.snapshot.parts() {
            let (first, last) = part.time_range();
            if !self.range.overlaps(first, last) {
                skipped.segments_skipped_by_time += u64::from(part.is_segment());
                skipped.granules_skipped_by_time += u64::from(part.granules());
            }
        }
        skipped
    }

    /// The number of rows that match, where metadata knows it.
    pub(crate) fn known_count(&self, part: &Part) -> Option<u64> {
        let whole = self.emit == Emit::Count && self.takes_all(part);
        whole.then(|| u64::from(part.rows()))
    }

    /// What the templates of `part` were found to say of its rows; `None` where none was asked.
    pub(crate) fn decided_by_templates(&self, part: &Part) -> Option<Vec<Option<bool>>> {
        self.matcher.decided_by_templates(part)
    }

    /// Whether every row of `part` matches.
    pub(crate) fn takes_all(&self, part: &Part) -> bool {
        self.matcher.is_all() && self.covers(part)
    }

    /// What is looked for in texts, by which the matching rows can be counted without looking at each.
    pub(crate) fn counted_text(&self) -> Option<&TextSearch> {
        self.matcher
            .text_alone()
            .filter(|_| self.emit == Emit::Count)
    }

    /// Whether all rows of `part` are placed in the range.
    pub(crate) fn covers(&self, part: &Part) -> bool {
        let (first, last) = part.time_range();
        self.range.covers(first, last)
    }

    /// The rows of `selected` that match. Rows outside of the range are never held against the query.
    pub(crate) fn matching(
        &self,
        selected: &SelectedBatch,
        covered: bool,
    ) -> Result<BooleanBuffer, PartError> {
        let batch = &selected.batch;
        let in_range = if covered {
            BooleanBuffer::new_set(batch.num_rows())
        } else {
            let times = columns::time(batch, PLACED_TIME)?;
            BooleanBuffer::collect_bool(batch.num_rows(), |row| {
                self.range.contains(times.value(row))
            })
        };
        self.matcher
            .matches_among(batch, selected.texts.as_ref(), &in_range)
    }

    /// What is given of the rows in `mask`.
    pub(crate) fn emitted(
        &self,
        part: u32,
        selected: &SelectedBatch,
        mask: BooleanBuffer,
    ) -> Result<RecordBatch, SchemaError> {
        let whole = mask.count_set_bits() == mask.len();
        match &self.emit {
            Emit::Count => Ok(RecordBatch::new_empty(Arc::clone(&self.schema))),
            Emit::Addresses => self.addresses(part, selected, mask),
            Emit::Columns(wanted) => {
                let front: Vec<usize> = (0..wanted.columns().len()).collect();
                let batch = selected
                    .batch
                    .project(&front)?
                    .with_schema(Arc::clone(&self.schema))?;
                if whole {
                    Ok(batch)
                } else {
                    Ok(filter_record_batch(&batch, &BooleanArray::new(mask, None))?)
                }
            }
            Emit::ColumnsAt(wanted) => {
                let [parts, rows] = places(part, selected, &mask);
                let columns = selected.batch.columns().iter();
                let columns = columns.take(wanted.columns().len());
                let mask = BooleanArray::new(mask, None);
                let kept = |column: &ArrayRef| match whole {
                    true => Ok(Arc::clone(column)),
                    false => filter(column, &mask),
                };
                let mut columns: Vec<ArrayRef> = columns.map(kept).collect::<Result<_, _>>()?;
                columns.extend([parts, rows]);
                Ok(RecordBatch::try_new(Arc::clone(&self.schema), columns)?)
            }
        }
    }

    fn addresses(
        &self,
        part: u32,
        selected: &SelectedBatch,
        mask: BooleanBuffer,
    ) -> Result<RecordBatch, SchemaError> {
        let [parts, rows] = places(part, selected, &mask);
        let mask = BooleanArray::new(mask, None);
        let kept = |column: usize| filter(selected.batch.column(column), &mask);
        let columns: Vec<ArrayRef> = vec![kept(0)?, kept(1)?, parts, rows];
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), columns)?)
    }
}

/// The columns [`PART`] and [`ROW`] of the rows in `mask`.
fn places(part: u32, selected: &SelectedBatch, mask: &BooleanBuffer) -> [ArrayRef; 2] {
    let rows = mask.set_indices();
    let rows = rows.map(|row| selected.first_row + row as u32);
    let rows = UInt32Array::from_iter_values(rows);
    let parts = UInt32Array::from_value(part, rows.len());
    [Arc::new(parts), Arc::new(rows)]
}

/// With the columns of a row's place.
fn located(wanted: &Schema) -> Schema {
    let place = |name| Arc::new(Field::new(name, DataType::UInt32, false));
    let fields = wanted.fields().iter().cloned();
    Schema::new(fields.chain([PART, ROW].map(place)).collect::<Vec<_>>())
}

fn project(stored: &SchemaRef, names: &[&'static str]) -> Result<Schema, SchemaError> {
    let indices: Result<Vec<usize>, _> = names.iter().map(|name| stored.index_of(name)).collect();
    Ok(stored.project(&indices?)?)
}
