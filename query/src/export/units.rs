//! Record batches that are kept decoded. Rows in order may go to and fro between segments that overlap in
//! time; each of these would otherwise be decoded once for every row.

use std::ops::Range;

use arrow::array::{Array, ArrayRef, Int32Array, RecordBatch, UInt32Array};
use clearspan_schema::dictionary::{BinaryDictionary, TextDictionary};
use clearspan_storage::scan::{Part, PartError, RowSelection, ScanStats};

use crate::exec::own_bytes;
use crate::limits::EXPORT_UNITS_BYTES_MAX;

/// The units that were used last, up to a number of bytes; the latest stands last.
#[derive(Debug, Default)]
pub(super) struct Units {
    kept: Vec<Unit>,
}

/// Rows that were decoded together.
#[derive(Debug)]
pub(super) struct Unit {
    part: u32,
    rows: Range<u32>,
    batch: RecordBatch,
    /// Columns whose values many rows may share.
    shared: Vec<SharedLengths>,
    /// What a row of it takes, on average; at least 1.
    pub(super) row_bytes: usize,
    /// Bytes that are held for it: a memtable chunk lies in memory anyway.
    held_bytes: usize,
}

impl Units {
    /// The unit of `part`, the snapshot's part number `index`, in which `row` stands.
    pub(super) fn get(&mut self, part: &Part, index: u32, row: u32) -> Result<&Unit, PartError> {
        let is_it = |unit: &Unit| unit.part == index && unit.rows.contains(&row);
        let unit = match self.kept.iter().position(is_it) {
            Some(at) => self.kept.remove(at),
            None => Unit::read(part, index, row)?,
        };
        let mut bytes = unit.held_bytes;
        // From the latest on, as many as still fit.
        let kept = self.kept.iter().rev();
        let fitting = kept.take_while(|unit| {
            bytes = bytes.saturating_add(unit.held_bytes);
            bytes <= EXPORT_UNITS_BYTES_MAX
        });
        let leaving = self.kept.len() - fitting.count();
        self.kept.drain(..leaving);
        self.kept.push(unit);
        self.kept.last().ok_or(PartError::NoSuchRow)
    }
}

impl Unit {
    fn read(part: &Part, index: u32, row: u32) -> Result<Self, PartError> {
        let rows = part.unit_of(row);
        let mut selection = RowSelection::none();
        selection.push(rows.clone());
        let columns = part.signal().stored_columns();
        let mut stats = ScanStats::default();
        let read = part.read(columns, &selection, &mut stats).next();
        let batch = read.ok_or(PartError::NoSuchRow)??.batch;
        let bytes = own_bytes(&batch);
        Ok(Unit {
            part: index,
            rows,
            row_bytes: (bytes / batch.num_rows().max(1)).max(1),
            shared: batch
                .columns()
                .iter()
                .filter_map(SharedLengths::of)
                .collect(),
            held_bytes: if part.is_segment() { bytes } else { 0 },
            batch,
        })
    }

    /// Whether it is of part number `index` and holds `row`.
    pub(super) fn holds(&self, index: u32, row: u32) -> bool {
        self.part == index && self.rows.contains(&row)
    }

    /// What `row`, which must stand in this unit, takes where it is written by itself, with all that it shares with others.
    pub(super) fn written_bytes(&self, row: u32) -> usize {
        let row = (row - self.rows.start) as usize;
        let shared = self.shared.iter().map(|column| column.of_row(row));
        self.row_bytes + shared.sum::<usize>()
    }

    /// The rows, in that order; each must stand in this unit. Rows that follow each other are not copied.
    pub(super) fn take(&self, rows: &[u32]) -> Result<RecordBatch, PartError> {
        let follow = rows
            .windows(2)
            .all(|pair| pair[0].checked_add(1) == Some(pair[1]));
        match rows.first() {
            Some(first) if follow => {
                let at = (first - self.rows.start) as usize;
                Ok(self.batch.slice(at, rows.len()))
            }
            _ => {
                let inside = rows.iter().map(|row| row - self.rows.start);
                let inside = UInt32Array::from_iter_values(inside);
                Ok(arrow::compute::take_record_batch(&self.batch, &inside)?)
            }
        }
    }
}

/// How long the values of a dictionary column are.
#[derive(Debug)]
struct SharedLengths {
    keys: Int32Array,
    lengths: Vec<usize>,
}

impl SharedLengths {
    /// `None` for a column that is no dictionary.
    fn of(column: &ArrayRef) -> Option<Self> {
        let lengths = |ends: &[i32]| {
            let pairs = ends.windows(2);
            pairs
                .map(|ends| usize::try_from(ends[1] - ends[0]).unwrap_or(0))
                .collect()
        };
        let (keys, lengths) = if let Some(texts) = TextDictionary::new(column) {
            (texts.keys(), lengths(texts.values().value_offsets()))
        } else {
            let values = BinaryDictionary::new(column)?;
            (values.keys(), lengths(values.values().value_offsets()))
        };
        Some(SharedLengths {
            keys: keys.clone(),
            lengths,
        })
    }

    fn of_row(&self, row: usize) -> usize {
        if self.keys.is_null(row) {
            return 0;
        }
        let key = usize::try_from(self.keys.value(row)).unwrap_or(usize::MAX);
        self.lengths.get(key).copied().unwrap_or(0)
    }
}
