//! Distinct texts by number.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, DictionaryArray, Int32Array, StringArray};
use clearspan_schema::SchemaError;
use clearspan_schema::dictionary::{Key, TextDictionary};
use foldhash::HashMap;

/// Texts, each once, by number.
#[derive(Debug, Default)]
pub(super) struct Texts {
    numbers: HashMap<Box<str>, u32>,
    bytes: usize,
}

impl Texts {
    pub(super) fn number(&mut self, text: &str) -> u32 {
        if let Some(&number) = self.numbers.get(text) {
            return number;
        }
        let number = self.numbers.len() as u32;
        self.bytes += text.len();
        self.numbers.insert(text.into(), number);
        number
    }

    /// Bytes of all texts.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The texts in their own order, whatever the order in which they came.
    pub(super) fn sorted(self) -> SortedTexts {
        let mut texts: Vec<(Box<str>, u32)> = self.numbers.into_iter().collect();
        texts.sort_unstable();
        let mut places = vec![0; texts.len()];
        for (place, &(_, number)) in texts.iter().enumerate() {
            places[number as usize] = place as i32;
        }
        SortedTexts {
            values: Arc::new(StringArray::from_iter_values(
                texts.into_iter().map(|(text, _)| text),
            )),
            places,
        }
    }
}

/// Texts in their order.
#[derive(Debug)]
pub(super) struct SortedTexts {
    values: ArrayRef,
    /// Of each number.
    places: Vec<i32>,
}

impl SortedTexts {
    /// Where the text of this number stands in the order.
    pub(super) fn place(&self, number: Option<u32>) -> Option<i32> {
        self.places.get(number? as usize).copied()
    }

    /// A column of these numbers' texts.
    pub(super) fn column(
        &self,
        numbers: impl Iterator<Item = Option<u32>>,
    ) -> Result<ArrayRef, SchemaError> {
        let keys: Int32Array = numbers.map(|number| self.place(number)).collect();
        Ok(Arc::new(DictionaryArray::<Key>::try_new(
            keys,
            Arc::clone(&self.values),
        )?))
    }
}

/// A dictionary column whose values get numbers when a row first has them.
pub(super) struct Numbered<'a> {
    column: TextDictionary<'a>,
    numbers: Vec<Option<u32>>,
}

impl<'a> Numbered<'a> {
    pub(super) fn new(column: TextDictionary<'a>) -> Self {
        let numbers = vec![None; column.values().len()];
        Numbered { column, numbers }
    }

    pub(super) fn of_row(&mut self, row: usize, texts: &mut Texts) -> Option<u32> {
        let key = self.column.key(row)?;
        let number = self.numbers.get_mut(key)?;
        Some(*number.get_or_insert_with(|| texts.number(self.column.values().value(key))))
    }
}
