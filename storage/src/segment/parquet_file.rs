//! A Parquet file of rows, opened for reading.
//!
//! The footer and the offset index, which says where each page lies and which rows it holds, are
//! read once and kept. A read then asks for the pages of its rows and columns alone. Bytes come through
//! `checked_read.rs`, and a panic inside the decoder becomes an error.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, DictionaryArray, Int32Array, RecordBatch, RecordBatchOptions,
};
use arrow::datatypes::SchemaRef;
use clearspan_schema::concat::{compact, concat};
use clearspan_schema::dictionary::Key;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, RowSelection, RowSelector,
};
use parquet::arrow::{ProjectionMask, parquet_to_arrow_field_levels};
use parquet::errors::ParquetError;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData};
use parquet::schema::types::SchemaDescriptor;

use super::SegmentError;
use super::checked_read::{CheckedFile, CheckedRead};
use super::container::{RowFile, keys_only};
use super::decompressors::Decompressors;
use super::meta::{BatchMeta, SegmentMeta};
use super::parquet_pages::{RowGroupPages, declare_unpacked};

/// An opened Parquet file.
#[derive(Debug)]
pub(super) struct ParquetFile {
    file: Arc<CheckedFile>,
    schema: SchemaRef,
    metadata: Arc<ParquetMetaData>,
    batches: Vec<Place>,
    decompressors: Arc<Decompressors>,
}

/// Where rows stand.
#[derive(Debug, Clone, Copy)]
struct Place {
    row_group: usize,
    /// Rows of the row group before them.
    before: usize,
    rows: usize,
}

impl ParquetFile {
    /// Opens `path` and reads its footer and index.
    pub(super) fn open(
        vfs: &dyn crate::vfs::Vfs,
        path: &Path,
        schema: &SchemaRef,
        meta: &SegmentMeta,
        decompressors: &Arc<Decompressors>,
    ) -> Result<Self, SegmentError> {
        let malformed = |what| SegmentError::Malformed {
            path: path.into(),
            what,
        };
        let length = meta.files.get(meta.container.file_name());
        let (Some(length), Some(sums)) = (length, &meta.blocks) else {
            return Err(malformed("checksums of blocks"));
        };
        let file = Arc::new(CheckedFile::open(vfs, path, length.bytes, sums.clone())?);
        let metadata = guarded(&file, "parquet footer", |read| {
            let options = ArrowReaderOptions::new()
                .with_schema(Arc::clone(schema))
                .with_column_index_policy(PageIndexPolicy::Skip)
                .with_offset_index_policy(PageIndexPolicy::Required);
            // It also holds the columns against the schema.
            let metadata = ArrowReaderMetadata::load(read, options)?;
            declare_unpacked(metadata.metadata().as_ref().clone())
        })?;
        let metadata = metadata.ok_or_else(|| malformed("compression"))?;
        let groups = metadata.row_groups().iter();
        let groups = groups.map(|group| usize::try_from(group.num_rows()).ok());
        let groups: Option<Vec<usize>> = groups.collect();
        let batches = groups.and_then(|groups| places(&meta.batches, &groups));
        Ok(ParquetFile {
            schema: Arc::clone(schema),
            batches: batches.ok_or_else(|| malformed("rows of row groups"))?,
            metadata: Arc::new(metadata),
            decompressors: Arc::clone(decompressors),
            file,
        })
    }

    /// The rows at `place` with the schema's columns at `columns`.
    fn decode(
        &self,
        place: Place,
        columns: &[usize],
        keys_of: Option<usize>,
    ) -> Result<RecordBatch, SegmentError> {
        let all = RowSelection::from(vec![
            RowSelector::skip(place.before),
            RowSelector::select(place.rows),
        ]);
        self.decode_selected(place, all, columns, keys_of)
    }

    /// The `selected` rows of a row group, which lie at `place`, with the schema's columns at `columns`.
    fn decode_selected(
        &self,
        place: Place,
        selected: RowSelection,
        columns: &[usize],
        keys_of: Option<usize>,
    ) -> Result<RecordBatch, SegmentError> {
        let rows = selected.row_count();
        let fields = self.schema.fields().len();
        if columns.iter().any(|&column| column >= fields) {
            return Err(self.malformed("column number"));
        }
        let schema = Arc::new(self.schema.project(columns)?);
        if columns.is_empty() {
            let options = RecordBatchOptions::new().with_row_count(Some(rows));
            return Ok(RecordBatch::try_new_with_options(schema, vec![], &options)?);
        }
        if rows == 0 {
            let none = keys_only(RecordBatch::new_empty(schema), columns, keys_of);
            return none.ok_or_else(|| self.malformed("dictionary column"));
        }
        // Parquet gives each column once, in the order of the schema.
        let mut given = columns.to_vec();
        given.sort_unstable();
        given.dedup();
        let batch = guarded(&self.file, "record batch", |read| {
            self.decode_pages(read, place, selected, &given, keys_of)
        })?;
        let batch = batch.filter(|batch| batch.num_rows() == rows);
        let batch = batch.ok_or_else(|| self.malformed("number of rows"))?;
        let position = |column: &usize| given.binary_search(column).ok();
        let arrays = columns.iter().map(|column| {
            let array = position(column).and_then(|at| batch.columns().get(at));
            array.cloned().ok_or_else(|| self.malformed("columns"))
        });
        let arrays: Vec<ArrayRef> = arrays.collect::<Result<_, _>>()?;
        let batch = RecordBatch::try_new(schema, arrays)?;
        keys_only(batch, columns, keys_of).ok_or_else(|| self.malformed("dictionary column"))
    }

    fn decode_pages(
        &self,
        read: &CheckedRead,
        place: Place,
        selected: RowSelection,
        columns: &[usize],
        keys_of: Option<usize>,
    ) -> Result<Option<RecordBatch>, ParquetError> {
        let descriptor = self.metadata.file_metadata().schema_descr();
        let mask = ProjectionMask::roots(descriptor, columns.iter().copied());
        let levels = parquet_to_arrow_field_levels(descriptor, mask, Some(self.schema.fields()))?;
        let keys_of = keys_of.and_then(|column| leaf_of(descriptor, column));
        let pages = RowGroupPages::new(
            read,
            &self.metadata,
            place.row_group,
            place.before..place.before + place.rows,
            keys_of,
            &self.decompressors,
        )?;
        let rows = selected.row_count();
        let mut reader = ParquetRecordBatchReader::try_new_with_row_groups(
            &levels,
            &pages,
            rows,
            Some(selected),
        )?;
        Ok(reader.next().transpose()?)
    }

    /// The values that the dictionary column at `column` has in a row group, a row each.
    fn values(&self, row_group: usize, column: usize) -> Result<RecordBatch, SegmentError> {
        let rows = self
            .batches
            .iter()
            .filter(|place| place.row_group == row_group);
        let place = Place {
            row_group,
            before: 0,
            rows: rows.map(|place| place.rows).sum(),
        };
        let used = compact(&self.decode(place, &[column], None)?)?;
        let dictionary = used.column(0).as_dictionary_opt::<Key>();
        let dictionary = dictionary.ok_or_else(|| self.malformed("dictionary column"))?;
        let keys = Int32Array::from_iter_values(0..dictionary.values().len() as i32);
        let values: ArrayRef = Arc::new(DictionaryArray::<Key>::try_new(
            keys,
            Arc::clone(dictionary.values()),
        )?);
        Ok(RecordBatch::try_new(used.schema(), vec![values])?)
    }

    fn malformed(&self, what: &'static str) -> SegmentError {
        SegmentError::Malformed {
            path: self.file.path().into(),
            what,
        }
    }
}

impl RowFile for ParquetFile {
    fn read(
        &self,
        index: usize,
        columns: &[usize],
        keys_of: Option<usize>,
    ) -> Result<RecordBatch, SegmentError> {
        let place = self.batches.get(index).copied();
        let place = place.ok_or_else(|| self.malformed("batch number"))?;
        self.decode(place, columns, keys_of)
    }

    fn read_rows(
        &self,
        index: usize,
        rows: &[u32],
        columns: &[usize],
        keys_of: Option<usize>,
    ) -> Result<RecordBatch, SegmentError> {
        let place = self.batches.get(index).copied();
        let place = place.ok_or_else(|| self.malformed("batch number"))?;
        if rows.last().is_some_and(|&last| last as usize >= place.rows) {
            return Err(self.malformed("row number"));
        }
        let runs = rows.chunk_by(|&row, &next| next == row + 1);
        let runs = runs.map(|run| {
            let first = place.before + run[0] as usize;
            first..first + run.len()
        });
        let end = place.before + place.rows;
        let selected = RowSelection::from_consecutive_ranges(runs, end);
        self.decode_selected(place, selected, columns, keys_of)
    }

    fn read_run(
        &self,
        batches: Range<usize>,
        columns: &[usize],
    ) -> Result<RecordBatch, SegmentError> {
        let places = self.batches.get(batches);
        let places = places.ok_or_else(|| self.malformed("batch number"))?;
        // Each row group has dictionaries of its own.
        let runs = places.chunk_by(|one, next| one.row_group == next.row_group);
        let runs = runs.map(|run| {
            let rows = run.iter().map(|place| place.rows).sum();
            self.decode(Place { rows, ..run[0] }, columns, None)
        });
        let mut runs: Vec<RecordBatch> = runs.collect::<Result<_, _>>()?;
        match runs.len() {
            1 => Ok(runs.remove(0)),
            _ => Ok(concat(&Arc::new(self.schema.project(columns)?), &runs)?),
        }
    }

    fn dictionary_of(&self, index: usize) -> usize {
        self.batches.get(index).map_or(0, |place| place.row_group)
    }

    fn dictionaries(&self) -> usize {
        self.metadata.num_row_groups()
    }

    fn dictionary_values(&self, number: usize, column: usize) -> Result<ArrayRef, SegmentError> {
        let first = self.batches.iter().find(|place| place.row_group == number);
        let first = *first.ok_or_else(|| self.malformed("number of a dictionary"))?;
        // Whatever rows are read, Parquet gives the whole dictionary.
        let batch = self.decode(first, &[column], None)?;
        let dictionary = batch.column(0).as_any_dictionary_opt();
        let values = dictionary.map(|dictionary| Arc::clone(dictionary.values()));
        values.ok_or_else(|| self.malformed("dictionary column"))
    }

    fn dictionary(&self, column: usize) -> Result<RecordBatch, SegmentError> {
        let groups = 0..self.metadata.num_row_groups();
        let values = groups.map(|group| self.values(group, column));
        let values: Vec<RecordBatch> = values.collect::<Result<_, _>>()?;
        Ok(concat(&Arc::new(self.schema.project(&[column])?), &values)?)
    }

    fn memory(&self) -> usize {
        // The schema is the shape's, and the sums of blocks are the segment's.
        size_of::<Self>()
            + self.metadata.memory_size()
            + self.batches.capacity() * size_of::<Place>()
    }
}

/// Runs the decoder over `file`. What it could not read, refused or panicked over becomes an error.
fn guarded<T>(
    file: &Arc<CheckedFile>,
    what: &'static str,
    decode: impl FnOnce(&CheckedRead) -> Result<T, ParquetError>,
) -> Result<T, SegmentError> {
    let read = CheckedRead::new(Arc::clone(file));
    let decoded = catch_unwind(AssertUnwindSafe(|| decode(&read)));
    match decoded {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(read
            .into_fault()
            .unwrap_or_else(|| SegmentError::of_parquet(file.path(), error))),
        Err(_) => Err(SegmentError::Malformed {
            path: file.path().into(),
            what,
        }),
    }
}

/// The column of the file that has the values of the flat column at `root`.
fn leaf_of(descriptor: &SchemaDescriptor, root: usize) -> Option<usize> {
    (0..descriptor.num_columns()).find(|&leaf| descriptor.get_column_root_idx(leaf) == root)
}

/// Where the batches stand in row groups of so many rows; `None` when they do not fill them one after the other.
fn places(batches: &[BatchMeta], groups: &[usize]) -> Option<Vec<Place>> {
    let mut places = Vec::with_capacity(batches.len());
    let (mut row_group, mut before) = (0, 0);
    for batch in batches {
        let rows = batch.rows as usize;
        places.push(Place {
            row_group,
            before,
            rows,
        });
        before += rows;
        let all = *groups.get(row_group)?;
        if before == all {
            (row_group, before) = (row_group + 1, 0);
        } else if before > all {
            return None;
        }
    }
    (row_group == groups.len() && before == 0).then_some(places)
}
