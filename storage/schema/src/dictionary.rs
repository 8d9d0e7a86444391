//! Dictionary columns: building them, and reading them value by value.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryArray, BinaryBuilder, DictionaryArray, Int32Array, StringArray,
    StringBuilder,
};
use arrow::datatypes::{DataType, Int32Type};
use foldhash::HashMap;

use crate::SchemaError;

/// The keys of every dictionary column.
pub type Key = Int32Type;

/// `Dictionary<Int32, Utf8>`.
pub fn text_type() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

/// `Dictionary<Int32, Binary>`.
pub fn binary_type() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Binary))
}

/// Builds a dictionary column whose value changes rarely from row to row: hashes once per change.
#[derive(Debug, Default)]
pub(crate) struct RunBuilder {
    distinct: HashMap<Vec<u8>, i32>,
    in_order: Vec<Vec<u8>>,
    current: Option<i32>,
    keys: Vec<Option<i32>>,
}

impl RunBuilder {
    /// The value of the rows that follow.
    pub(crate) fn set(&mut self, value: Option<&[u8]>) {
        self.current = value.map(|value| match self.distinct.get(value) {
            Some(&key) => key,
            None => {
                let key = self.in_order.len() as i32;
                self.distinct.insert(value.to_vec(), key);
                self.in_order.push(value.to_vec());
                key
            }
        });
    }

    pub(crate) fn push(&mut self) {
        self.keys.push(self.current);
    }

    pub(crate) fn finish_binary(self) -> Result<ArrayRef, SchemaError> {
        let mut values = BinaryBuilder::new();
        self.in_order
            .iter()
            .for_each(|value| values.append_value(value));
        column(self.keys, Arc::new(values.finish()))
    }

    /// The values must have been set from text.
    pub(crate) fn finish_text(self) -> Result<ArrayRef, SchemaError> {
        let mut values = StringBuilder::new();
        for value in &self.in_order {
            values.append_value(String::from_utf8_lossy(value));
        }
        column(self.keys, Arc::new(values.finish()))
    }
}

fn column(keys: Vec<Option<i32>>, values: ArrayRef) -> Result<ArrayRef, SchemaError> {
    Ok(Arc::new(DictionaryArray::<Key>::try_new(
        Int32Array::from(keys),
        values,
    )?))
}

/// A `Dictionary<Int32, Utf8>` column.
#[derive(Debug, Clone, Copy)]
pub struct TextDictionary<'a> {
    keys: &'a Int32Array,
    values: &'a StringArray,
}

/// A `Dictionary<Int32, Binary>` column.
#[derive(Debug, Clone, Copy)]
pub struct BinaryDictionary<'a> {
    keys: &'a Int32Array,
    values: &'a BinaryArray,
}

macro_rules! dictionary_view {
    ($view:ident, $values:ty, $item:ty) => {
        impl<'a> $view<'a> {
            /// `None` when `array` is of another type.
            pub fn new(array: &'a dyn Array) -> Option<Self> {
                let dictionary = array.as_any().downcast_ref::<DictionaryArray<Key>>()?;
                let values = dictionary.values().as_any().downcast_ref::<$values>()?;
                Some($view {
                    keys: dictionary.keys(),
                    values,
                })
            }

            /// The row's value; `None` where it is null.
            pub fn value(&self, row: usize) -> Option<&'a $item> {
                self.key(row).map(|key| self.values.value(key))
            }

            /// The row's key into [`Self::values`]; `None` where it is null.
            pub fn key(&self, row: usize) -> Option<usize> {
                self.keys
                    .is_valid(row)
                    .then(|| self.keys.value(row) as usize)
            }

            /// The distinct values. Some may stand in no row of this batch.
            pub fn values(&self) -> &'a $values {
                self.values
            }

            /// The keys, one a row.
            pub fn keys(&self) -> &'a Int32Array {
                self.keys
            }
        }
    };
}

dictionary_view!(TextDictionary, StringArray, str);
dictionary_view!(BinaryDictionary, BinaryArray, [u8]);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_repeated_value_has_one_entry() {
        let mut builder = RunBuilder::default();
        for value in [Some("a"), Some("b"), None, Some("a")] {
            builder.set(value.map(str::as_bytes));
            builder.push();
            builder.push();
        }
        let array = builder.finish_text().unwrap();
        let view = TextDictionary::new(&array).unwrap();
        let read: Vec<_> = (0..8).map(|row| view.value(row)).collect();
        assert_eq!(
            read,
            [
                Some("a"),
                Some("a"),
                Some("b"),
                Some("b"),
                None,
                None,
                Some("a"),
                Some("a")
            ]
        );
        assert_eq!(view.values().len(), 2);
        assert!(BinaryDictionary::new(&array).is_none());
    }
}
