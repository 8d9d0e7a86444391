//! Which logical columns have anything in them.
//!
//! A column whose rows are all *blank* is not in the file. What blank means follows from the schema alone, so that a file that lacks a column
//! says all the same what was in it: null where the column may be null, otherwise zero, empty text or an empty list.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, Int32Array, ListArray, PrimitiveArray, RecordBatch, StringArray,
    TimestampNanosecondArray, UInt32Array, new_null_array,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{ArrowPrimitiveType, DataType, Field, Int32Type};
use clearspan_schema::dictionary::TextDictionary;
use clearspan_schema::{Signal, columns, logs, spans};

use super::ShapeError;
use super::times::{NO_TIME, end_of, observed_of, place_of};

/// What was found in the columns of counted rows. Of two sets of rows together it is the union.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Usage(u64);

impl Usage {
    /// Some row has no time of its own, and may be placed by its observed time.
    pub(super) const OWN_TIME_MISSING: Self = Self(1 << 60);
    /// Some row is placed elsewhere than by its times.
    pub(super) const PLACED_KEPT: Self = Self(1 << 61);
    /// Some time does not follow from others: a span's end from start and duration, a log's observed time from its own.
    pub(super) const OTHER_KEPT: Self = Self(1 << 62);
    /// Some of those times is the one that stands for none, which no builder makes.
    pub(super) const OTHER_ODD: Self = Self(1 << 63);

    pub(super) fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    pub(super) fn bits(self) -> u64 {
        self.0
    }

    #[must_use]
    pub(super) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn has(self, trait_: Self) -> bool {
        self.0 & trait_.0 != 0
    }

    /// Whether some row of a logical column is not blank.
    pub(super) fn of_column(self, logical: usize) -> bool {
        self.0 & (1 << logical) != 0
    }

    /// Whether everything found in `other` was found here too.
    pub(super) fn covers(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    fn add(&mut self, what: Self, if_so: bool) {
        if if_so {
            self.0 |= what.0;
        }
    }

    /// Looks at stored rows.
    pub(super) fn of(signal: Signal, rows: &RecordBatch) -> Result<Self, ShapeError> {
        let mut usage = Self::default();
        let schema = signal.stored_schema();
        for (logical, field) in schema.fields().iter().enumerate() {
            let column = rows.column_by_name(field.name()).ok_or(column(field))?;
            usage.add(Self(1 << logical), has_content(field, column));
        }
        let own = columns::time(rows, own_time(signal))?;
        let fallback = match signal {
            Signal::Logs => Some(columns::time(rows, logs::OBSERVED_TIME)?),
            Signal::Spans => None,
        };
        usage.add(Self::OWN_TIME_MISSING, own.null_count() > 0);
        let placed = columns::time(rows, logs::PLACED_TIME)?;
        let mut all = 0..rows.num_rows();
        let kept = all.any(|row| place_of(Some(own), fallback, row) != Some(placed.value(row)));
        usage.add(Self::PLACED_KEPT, kept);
        match fallback {
            Some(observed) => usage.look_at(observed, |row| observed_of(Some(own), row)),
            None => {
                let duration = columns::int64(rows, spans::DURATION_NS)?;
                let end = columns::time(rows, spans::END_TIME)?;
                usage.look_at(end, |row| end_of(Some(own), Some(duration), row));
            }
        }
        Ok(usage)
    }

    fn look_at(&mut self, times: &TimestampNanosecondArray, given: impl Fn(usize) -> Option<i64>) {
        for (row, time) in times.iter().enumerate() {
            self.add(Self::OTHER_KEPT, time != given(row));
            self.add(Self::OTHER_ODD, time == Some(NO_TIME));
        }
    }
}

/// The time by which a record is placed if it has one.
pub(super) fn own_time(signal: Signal) -> &'static str {
    match signal {
        Signal::Logs => logs::TIME,
        Signal::Spans => spans::START_TIME,
    }
}

fn column(field: &Field) -> ShapeError {
    ShapeError::Column {
        name: field.name().clone(),
    }
}

fn has_content(field: &Field, column: &ArrayRef) -> bool {
    if field.is_nullable() {
        return column.null_count() < column.len();
    }
    match field.data_type() {
        DataType::Int32 => not_zero::<Int32Type>(column),
        DataType::UInt32 => not_zero::<arrow::datatypes::UInt32Type>(column),
        DataType::Dictionary(..) => match TextDictionary::new(column) {
            Some(texts) => (0..column.len()).any(|row| texts.value(row) != Some("")),
            None => true,
        },
        DataType::List(_) => match column.as_any().downcast_ref::<ListArray>() {
            Some(list) => list.value_offsets().first() != list.value_offsets().last(),
            None => true,
        },
        DataType::Binary => match column.as_any().downcast_ref::<arrow::array::BinaryArray>() {
            Some(binary) => binary.value_offsets().first() != binary.value_offsets().last(),
            None => true,
        },
        _ => true,
    }
}

fn not_zero<T: ArrowPrimitiveType<Native: Default + PartialEq>>(column: &ArrayRef) -> bool {
    match column.as_any().downcast_ref::<PrimitiveArray<T>>() {
        Some(numbers) => numbers.values().iter().any(|n| *n != T::Native::default()),
        None => true,
    }
}

/// A column of blank rows.
pub(super) fn blank(field: &Field, rows: usize) -> Result<ArrayRef, ShapeError> {
    if field.is_nullable() {
        return Ok(new_null_array(field.data_type(), rows));
    }
    Ok(match field.data_type() {
        DataType::Int32 => Arc::new(Int32Array::from(vec![0; rows])),
        DataType::UInt32 => Arc::new(UInt32Array::from(vec![0; rows])),
        DataType::Binary => Arc::new(arrow::array::BinaryArray::from_iter_values(
            std::iter::repeat_n(b"", rows),
        )),
        DataType::Dictionary(_, values) if **values == DataType::Utf8 => {
            Arc::new(arrow::array::DictionaryArray::<Int32Type>::try_new(
                Int32Array::from(vec![0; rows]),
                Arc::new(StringArray::from(vec![""])),
            )?)
        }
        DataType::List(item) => {
            let items = arrow::array::new_empty_array(item.data_type());
            let offsets = OffsetBuffer::new_zeroed(rows);
            Arc::new(ListArray::try_new(Arc::clone(item), offsets, items, None)?)
        }
        _ => return Err(column(field)),
    })
}
