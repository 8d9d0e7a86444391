//! Rows in steps, each of which becomes a record batch of the row file.
//!
//! A record batch is what is decoded at once, so a step must be small, in rows and in bytes. And it must end
//! at the same row however the rows were pushed, so that equal rows give equal files.

use arrow::array::{Array, AsArray, Int32Array, RecordBatch};
use arrow::datatypes::{DataType, Int32Type, SchemaRef};
use clearspan_schema::concat::concat;

use super::SegmentError;
use crate::limits::{LONG_VALUE_BYTES, STEP_BYTES};

/// Rows of a step that is not full.
#[derive(Debug)]
pub(super) struct Steps {
    schema: SchemaRef,
    rows_max: usize,
    pending: Vec<RecordBatch>,
    rows: usize,
    bytes: usize,
}

impl Steps {
    /// Steps of at most `rows_max` rows.
    pub(super) fn new(schema: SchemaRef, rows_max: usize) -> Self {
        Steps {
            schema,
            rows_max,
            pending: Vec::new(),
            rows: 0,
            bytes: 0,
        }
    }

    /// Goes on with `rows`, and hands each step that they fill to `take`.
    pub(super) fn push(
        &mut self,
        rows: &RecordBatch,
        mut take: impl FnMut(&RecordBatch) -> Result<(), SegmentError>,
    ) -> Result<(), SegmentError> {
        let dictionaries: Vec<DictionaryColumn<'_>> = rows
            .columns()
            .iter()
            .filter_map(|column| DictionaryColumn::new(column.as_ref()))
            .collect();
        let texts: Vec<TextColumn<'_>> = rows
            .columns()
            .iter()
            .filter_map(|column| TextColumn::new(column.as_ref()))
            .collect();
        let mut first = 0;
        for row in 0..rows.num_rows() {
            self.rows += 1;
            self.bytes += texts.iter().map(|texts| texts.bytes(row)).sum::<usize>();
            let long = dictionaries.iter().map(|values| values.long_bytes(row));
            self.bytes += long.sum::<usize>();
            if self.rows >= self.rows_max || self.bytes >= STEP_BYTES {
                self.pending.push(rows.slice(first, row + 1 - first));
                take(&self.join()?)?;
                first = row + 1;
            }
        }
        if first < rows.num_rows() {
            let rest = rows.slice(first, rows.num_rows() - first);
            self.pending.push(rest);
        }
        Ok(())
    }

    /// The rows of the last step; none when the one before was full.
    pub(super) fn finish(&mut self) -> Result<Option<RecordBatch>, SegmentError> {
        if self.pending.is_empty() {
            return Ok(None);
        }
        self.join().map(Some)
    }

    fn join(&mut self) -> Result<RecordBatch, SegmentError> {
        (self.rows, self.bytes) = (0, 0);
        let pending = std::mem::take(&mut self.pending);
        Ok(match pending.as_slice() {
            [one] => one.clone(),
            several => concat(&self.schema, several)?,
        })
    }
}

/// A dictionary column. What is short in it, rows have in common.
struct DictionaryColumn<'a> {
    keys: &'a Int32Array,
    /// Where values begin and end.
    ends: &'a [i32],
}

impl<'a> DictionaryColumn<'a> {
    fn new(column: &'a dyn Array) -> Option<Self> {
        let dictionary = column.as_dictionary_opt::<Int32Type>()?;
        Some(DictionaryColumn {
            keys: dictionary.keys(),
            ends: text_offsets(dictionary.values().as_ref())?,
        })
    }

    /// Bytes of the row's value, where it is long enough to matter though every row had another.
    fn long_bytes(&self, row: usize) -> usize {
        let key = self
            .keys
            .is_valid(row)
            .then(|| self.keys.value(row) as usize);
        let ends = key.and_then(|key| Some((self.ends.get(key)?, self.ends.get(key + 1)?)));
        let bytes = ends.map_or(0, |(start, end)| (end - start) as usize);
        if bytes >= LONG_VALUE_BYTES { bytes } else { 0 }
    }
}

/// A column whose values may be long: text and bytes, in lists too.
struct TextColumn<'a> {
    /// Of a list: where each row's items begin and end.
    items: Option<&'a [i32]>,
    /// Where texts begin and end.
    texts: Vec<&'a [i32]>,
}

impl<'a> TextColumn<'a> {
    fn new(column: &'a dyn Array) -> Option<Self> {
        let Some(list) = column.as_list_opt::<i32>() else {
            return Some(TextColumn {
                items: None,
                texts: vec![text_offsets(column)?],
            });
        };
        let fields = list.values().as_struct_opt()?.columns();
        Some(TextColumn {
            items: Some(list.value_offsets()),
            texts: fields
                .iter()
                .filter_map(|field| text_offsets(field.as_ref()))
                .collect(),
        })
    }

    fn bytes(&self, row: usize) -> usize {
        let (first, last) = match self.items {
            Some(items) => (items[row] as usize, items[row + 1] as usize),
            None => (row, row + 1),
        };
        let texts = self.texts.iter();
        texts.map(|ends| (ends[last] - ends[first]) as usize).sum()
    }
}

fn text_offsets(column: &dyn Array) -> Option<&[i32]> {
    match column.data_type() {
        DataType::Utf8 => Some(column.as_string::<i32>().value_offsets()),
        DataType::Binary => Some(column.as_binary::<i32>().value_offsets()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::limits::BATCH_ROWS;
    use crate::segment::conformance::rows::random_rows;
    use crate::vfs::sim::SimRandom;
    use clearspan_schema::Signal;

    /// The rows of each step, from pushes of random sizes.
    fn steps(rows: &RecordBatch, seed: u64) -> Vec<usize> {
        let mut random = SimRandom::new(seed);
        let mut steps = Steps::new(rows.schema(), BATCH_ROWS as usize);
        let mut sizes = Vec::new();
        let mut first = 0;
        while first < rows.num_rows() {
            let length = (random.below(2_500) as usize).min(rows.num_rows() - first);
            let pushed = steps.push(&rows.slice(first, length), |step| {
                sizes.push(step.num_rows());
                Ok(())
            });
            pushed.unwrap();
            first += length;
        }
        sizes.extend(steps.finish().unwrap().map(|step| step.num_rows()));
        sizes
    }

    #[test]
    fn steps_end_at_the_same_rows_however_these_are_pushed() {
        for signal in Signal::ALL {
            let rows = random_rows(signal, 31, 5_000);
            let expected = steps(&rows, 0);
            assert_eq!(expected.iter().sum::<usize>(), 5_000);
            assert!(expected.iter().all(|&rows| rows <= BATCH_ROWS as usize));
            for seed in 1..5 {
                assert_eq!(steps(&rows, seed), expected);
            }
        }
    }

    #[test]
    fn long_rows_make_short_steps() {
        let long = "x".repeat(1 << 20);
        let rows: Vec<(u64, &str)> = (0..40).map(|at| (at + 1, long.as_str())).collect();
        let rows = crate::testing::stored_logs(&rows, 0);
        let steps = steps(&rows, 0);
        let most = STEP_BYTES.div_ceil(1 << 20);
        assert!(
            steps.len() > 1 && steps.iter().all(|&rows| rows <= most),
            "{steps:?}"
        );
    }

    #[test]
    fn long_values_of_dictionaries_make_short_steps() {
        let schema = Signal::Logs.stored_schema();
        let of_service = |service: u64| {
            let name = format!("{service}{}", "x".repeat(1 << 20));
            let logs = crate::testing::logs_of(&name, &[(service + 1, "body")]);
            clearspan_schema::concat::with_seq(&schema, logs.inner(), service).unwrap()
        };
        let rows: Vec<RecordBatch> = (0..40).map(of_service).collect();
        let steps = steps(&concat(&schema, &rows).unwrap(), 0);
        let most = STEP_BYTES.div_ceil(1 << 20);
        assert!(
            steps.len() > 1 && steps.iter().all(|&rows| rows <= most),
            "{steps:?}"
        );
    }
}
