//! A segment's rows as they were stored: its row file, and the shape by which the file's columns give back the stored ones.
//!
//! Folders of format 1 have no shape: their files have the stored columns themselves.

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int32Array, RecordBatch, UInt32Array};
use arrow::compute::take_record_batch;
use clearspan_schema::Signal;
use parking_lot::Mutex;

use super::SegmentError;
use super::container::{self, RowFile};
use super::decompressors::Decompressors;
use super::meta::SegmentMeta;
use super::shape::{Shape, ShapeError};
use crate::scan::AttributeKeys;
use crate::vfs::Vfs;

/// Opened rows.
#[derive(Debug)]
pub(super) struct ShapedRows {
    path: PathBuf,
    signal: Signal,
    file: Box<dyn RowFile>,
    shape: Option<Arc<Shape>>,
    /// By dictionary of the file.
    template_ids: Mutex<HashMap<usize, Arc<[u32]>>>,
}

impl ShapedRows {
    /// Opens the row file of the segment in `dir`.
    pub(super) fn open(
        vfs: &dyn Vfs,
        dir: &Path,
        signal: Signal,
        meta: &SegmentMeta,
        shape: Option<Arc<Shape>>,
        decompressors: &Arc<Decompressors>,
    ) -> Result<Self, SegmentError> {
        let schema = match &shape {
            Some(shape) => shape.physical_schema(),
            None => signal.stored_schema(),
        };
        Ok(ShapedRows {
            path: dir.join(meta.container.file_name()),
            signal,
            file: container::open(vfs, dir, &schema, meta, decompressors)?,
            shape,
            template_ids: Mutex::default(),
        })
    }

    /// Record batch `index`, with the stored schema's columns at `columns`, in that order; of the attributes, if they are among them,
    /// those that are wanted.
    pub(super) fn read(
        &self,
        index: usize,
        columns: &[usize],
        attributes: &AttributeKeys,
    ) -> Result<RecordBatch, SegmentError> {
        let Some(shape) = &self.shape else {
            return self.file.read(index, columns, None);
        };
        let physical = shape.physical_columns(columns, attributes);
        let physical = self.physical(shape, index, None, &physical)?;
        let logical = shape.to_logical(&physical, columns, attributes);
        logical.map_err(|source| self.of_shape(source))
    }

    /// Of record batch `index` the rows at `rows`, which ascend, each once, with the stored schema's columns at `columns`, in that order.
    ///
    /// What is not asked for is not restored, but for columns whose rows are told by others: of these the whole batch is.
    pub(super) fn read_rows(
        &self,
        index: usize,
        rows: &[u32],
        columns: &[usize],
        attributes: &AttributeKeys,
    ) -> Result<RecordBatch, SegmentError> {
        let Some(shape) = &self.shape else {
            return self.file.read_rows(index, rows, columns, None);
        };
        let (alone, told): (Vec<usize>, Vec<usize>) = columns
            .iter()
            .partition(|&&column| shape.stands_alone(column));
        let physical = shape.physical_columns(&alone, attributes);
        let physical = self.physical(shape, index, Some(rows), &physical)?;
        let restored = shape.to_logical(&physical, &alone, attributes);
        let restored = restored.map_err(|source| self.of_shape(source))?;
        if told.is_empty() {
            return Ok(restored);
        }
        let whole = self.read(index, &told, attributes)?;
        let taken = take_record_batch(&whole, &UInt32Array::from(rows.to_vec()))?;
        let mut arrays = (restored.columns().iter(), taken.columns().iter());
        let arrays = columns
            .iter()
            .map(|&column| match shape.stands_alone(column) {
                true => arrays.0.next(),
                false => arrays.1.next(),
            });
        let schema = self.signal.stored_schema().project(columns)?;
        let arrays = arrays.flatten().cloned().collect();
        Ok(RecordBatch::try_new(Arc::new(schema), arrays)?)
    }

    /// Record batches that follow each other as one, with the stored schema's columns at `columns`, in that order; no texts, and attributes only where
    /// none of those that are wanted are there.
    pub(super) fn read_run(
        &self,
        batches: Range<usize>,
        columns: &[usize],
    ) -> Result<RecordBatch, SegmentError> {
        let Some(shape) = &self.shape else {
            return self.file.read_run(batches, columns);
        };
        let none = AttributeKeys::none();
        let physical = shape.physical_columns(columns, &none);
        let physical = self.file.read_run(batches, &physical)?;
        let logical = shape.to_logical(&physical, columns, &none);
        logical.map_err(|source| self.of_shape(source))
    }

    /// Record batch `index`, or some rows of it, with the file's columns at `columns`; instead of the texts of templates their ids.
    pub(super) fn physical(
        &self,
        shape: &Shape,
        index: usize,
        rows: Option<&[u32]>,
        columns: &[usize],
    ) -> Result<RecordBatch, SegmentError> {
        let read = |keys_of| match rows {
            Some(rows) => self.file.read_rows(index, rows, columns, keys_of),
            None => self.file.read(index, columns, keys_of),
        };
        let template = shape.body_columns().template;
        let place = columns.iter().position(|&column| Some(column) == template);
        let Some((template, place)) = template.zip(place) else {
            return read(None);
        };
        let batch = read(Some(template))?;
        let keys: &Int32Array = batch.column(place).as_primitive();
        let ids = self.ids_of(shape, self.file.dictionary_of(index), template)?;
        // A key beyond the dictionary becomes an id that no template has, and so an error where it is used.
        let id = |key: i32| {
            usize::try_from(key)
                .ok()
                .and_then(|key| ids.get(key))
                .copied()
        };
        let known = keys
            .iter()
            .map(|key| key.map(|key| id(key).map_or(-1, |id| id as i32)));
        let known: ArrayRef = Arc::new(known.collect::<Int32Array>());
        let mut arrays = batch.columns().to_vec();
        arrays[place] = known;
        Ok(RecordBatch::try_new(batch.schema(), arrays)?)
    }

    /// The ids of templates by their keys in one of the file's dictionaries. The first is in the order that the shape knows; of further
    /// ones the texts are read once.
    fn ids_of(
        &self,
        shape: &Shape,
        dictionary: usize,
        template: usize,
    ) -> Result<Arc<[u32]>, SegmentError> {
        if let Some(known) = self.template_ids.lock().get(&dictionary) {
            return Ok(Arc::clone(known));
        }
        let ids: Arc<[u32]> = match dictionary {
            0 => shape.first_uses().into(),
            _ => {
                let values = self.file.dictionary_values(dictionary, template)?;
                let texts = values.as_string::<i32>();
                let known: HashMap<&str, u32> = shape.templates().templates().zip(0..).collect();
                let ids = texts.iter().map(|text| known.get(text?).copied());
                ids.collect::<Option<_>>()
                    .ok_or_else(|| SegmentError::Malformed {
                        path: self.path.clone(),
                        what: "template that the shape does not know",
                    })?
            }
        };
        self.template_ids
            .lock()
            .insert(dictionary, Arc::clone(&ids));
        Ok(ids)
    }

    pub(super) fn of_shape(&self, source: ShapeError) -> SegmentError {
        SegmentError::Shape {
            path: self.path.clone(),
            source,
        }
    }

    /// The dictionary column at `column` of the stored schema, for some rows. Its dictionary has every value that stands in any row of
    /// the segment.
    pub(super) fn dictionary(&self, column: usize) -> Result<RecordBatch, SegmentError> {
        match &self.shape {
            None => self.file.dictionary(column),
            Some(shape) => match shape.same_column(column) {
                Some(same) => self.file.dictionary(same),
                // Blank in every row.
                None => self.read(0, &[column], &AttributeKeys::none()),
            },
        }
    }

    /// Bytes it keeps in memory while open, the shape not among them. The ids of templates count from the start, although each dictionary's
    /// are looked up when they are needed: a dictionary has no template that the first does not have or the shape does not know.
    pub(super) fn memory(&self) -> usize {
        let ids = self.shape.as_ref().map_or(0, |shape| {
            let of_one = size_of_val(shape.first_uses());
            let entry = size_of::<(usize, Arc<[u32]>)>() + 2 * size_of::<usize>();
            self.file.dictionaries() * (of_one + entry)
        });
        size_of::<Self>() + self.file.memory() + ids
    }
}
