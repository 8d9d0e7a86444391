//! Attribute lists as values of SQL.
//!
//! `attributes`, `resource` and `scope` stay what they are in storage, encoded key-value lists, through the
//! whole plan: nothing is decoded that nobody looks at. Their Arrow type is a struct of one column whose
//! name says what is inside, because a type, unlike a field's metadata, survives every operator (`CASE`,
//! `GROUP BY`, a join's nulls). That column is a view of bytes, so that a join that repeats a row does
//! not copy its attributes, or a dictionary of bytes for `resource` and `scope`, of which a batch has few.
//! What leaves the plan is JSON text: see [`super::output`].

use std::sync::{Arc, LazyLock};

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BinaryViewArray, DictionaryArray, Int32Array,
    StructArray,
};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Field, Fields, Int32Type};
use clearspan_schema::SchemaError;
use clearspan_schema::any::KeyValues;
use clearspan_schema::dictionary;

/// The struct's only column.
const INSIDE: &str = "clearspan.attributes";

static OWN: LazyLock<Fields> = LazyLock::new(|| fields(DataType::BinaryView));
static SHARED: LazyLock<Fields> = LazyLock::new(|| fields(dictionary::binary_type()));

fn fields(inside: DataType) -> Fields {
    Fields::from(vec![Field::new(INSIDE, inside, true)])
}

/// The type of a record's own attributes.
pub(crate) fn own_type() -> DataType {
    DataType::Struct(OWN.clone())
}

/// The type of attributes that many records share.
pub(crate) fn shared_type() -> DataType {
    DataType::Struct(SHARED.clone())
}

/// Whether a type is that of attributes.
pub(crate) fn is_attributes(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Struct(fields) if fields.len() == 1 && fields[0].name() == INSIDE)
}

/// A record's own attributes; the bytes are shared, not copied.
pub(crate) fn own(encoded: &BinaryArray) -> Result<ArrayRef, SchemaError> {
    wrap(&OWN, Arc::new(BinaryViewArray::from(encoded)))
}

/// Attributes that many records share: `keys` of `values`.
pub(crate) fn shared(keys: Int32Array, values: BinaryArray) -> Result<ArrayRef, SchemaError> {
    let array = DictionaryArray::<Int32Type>::try_new(keys, Arc::new(values))?;
    wrap(&SHARED, Arc::new(array))
}

fn wrap(fields: &Fields, inside: ArrayRef) -> Result<ArrayRef, SchemaError> {
    Ok(Arc::new(StructArray::try_new(
        fields.clone(),
        vec![inside],
        None,
    )?))
}

/// An array of attributes, looked at value by value.
pub(crate) struct AttributesView<'a> {
    nulls: Option<&'a NullBuffer>,
    inside: Inside<'a>,
}

enum Inside<'a> {
    Own(&'a BinaryViewArray),
    Shared(&'a DictionaryArray<Int32Type>, &'a BinaryArray),
}

impl<'a> AttributesView<'a> {
    /// `None` when `array` holds no attributes.
    pub(crate) fn new(array: &'a dyn Array) -> Option<Self> {
        if !is_attributes(array.data_type()) {
            return None;
        }
        let array = array.as_struct_opt()?;
        let column = array.column(0);
        let inside = match column.as_binary_view_opt() {
            Some(own) => Inside::Own(own),
            None => {
                let shared = column.as_dictionary_opt::<Int32Type>()?;
                Inside::Shared(shared, shared.values().as_binary_opt::<i32>()?)
            }
        };
        Some(AttributesView {
            nulls: array.nulls(),
            inside,
        })
    }

    /// The number of values that rows can have between them: a row each, or those of the dictionary.
    pub(crate) fn slots(&self) -> usize {
        match self.inside {
            Inside::Own(own) => own.len(),
            Inside::Shared(_, values) => values.len(),
        }
    }

    /// Which of the values the row has; `None` where it is null.
    pub(crate) fn slot(&self, row: usize) -> Option<usize> {
        if self.nulls.is_some_and(|nulls| nulls.is_null(row)) {
            return None;
        }
        match self.inside {
            Inside::Own(own) => own.is_valid(row).then_some(row),
            Inside::Shared(shared, values) => {
                let slot = shared.key(row)?;
                values.is_valid(slot).then_some(slot)
            }
        }
    }

    /// The encoded bytes of the row's value.
    pub(crate) fn bytes_at(&self, row: usize) -> usize {
        self.slot(row)
            .map_or(0, |slot| self.value(slot).encoded().len())
    }

    /// A value.
    pub(crate) fn value(&self, slot: usize) -> KeyValues<'a> {
        KeyValues::new(match self.inside {
            Inside::Own(own) => own.value(slot),
            Inside::Shared(_, values) => values.value(slot),
        })
    }

    /// Whether rows share values, so that what is found for one is worth keeping for the others.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self.inside, Inside::Shared(..))
    }

    /// `of` each row's attributes; of those that rows share, once. Null where the row has none.
    pub(crate) fn map<T: Clone>(
        &self,
        rows: usize,
        mut of: impl FnMut(KeyValues<'a>) -> Option<T>,
        mut push: impl FnMut(Option<T>),
    ) {
        let mut known: Vec<Option<Option<T>>> =
            vec![None; if self.is_shared() { self.slots() } else { 0 }];
        for row in 0..rows {
            let Some(slot) = self.slot(row) else {
                push(None);
                continue;
            };
            match known.get_mut(slot) {
                Some(known) => push(known.get_or_insert_with(|| of(self.value(slot))).clone()),
                None => push(of(self.value(slot))),
            }
        }
    }
}
