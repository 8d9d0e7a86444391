//! Columns back to attributes, byte for byte.

use foldhash::HashMap;

use arrow::array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Float64Array, Int64Array, StringArray,
};
use arrow::buffer::{Buffer, OffsetBuffer};
use clearspan_schema::any::{AnyWriter, KeyValues};
use clearspan_schema::dictionary::TextDictionary;

use super::ShapeError;
use super::attribute::{AttributeKind, short_name};
use super::key_source::Columns;
use super::orders::{Place, parse};
use super::plan::AttributeColumn;

/// What of a segment's attribute columns is the same for every batch.
#[derive(Debug)]
pub(super) struct Gatherer {
    numbers: HashMap<String, u16>,
    /// By column, the encoded key.
    keys: Vec<Vec<u8>>,
}

impl Gatherer {
    pub(super) fn new(columns: &[AttributeColumn]) -> Self {
        let names = columns.iter().map(|c| short_name(&c.key, c.kind));
        let keys = columns.iter().map(|column| {
            let mut encoded = Vec::new();
            AnyWriter::new(&mut encoded).key(&column.key);
            encoded
        });
        Gatherer {
            numbers: names.zip(0..).collect(),
            keys: keys.collect(),
        }
    }

    /// Bytes held on the heap.
    pub(super) fn memory(&self) -> usize {
        let names = self.numbers.keys().map(String::capacity);
        let keys = self.keys.iter().map(Vec::capacity);
        names.chain(keys).sum::<usize>()
            + self.numbers.capacity() * (size_of::<(String, u16)>() + 1)
            + self.keys.capacity() * size_of::<Vec<u8>>()
    }

    /// What the columns have of a batch's attributes, where nothing of it stands elsewhere.
    pub(super) fn pick(
        &self,
        rows: usize,
        columns: &Columns<'_>,
    ) -> Result<BinaryArray, ShapeError> {
        if columns.0.is_empty() {
            return Ok(BinaryArray::try_new(
                OffsetBuffer::new_zeroed(rows),
                Buffer::default(),
                None,
            )?);
        }
        let mut lists = Lists::with_capacity(rows);
        for row in 0..rows {
            for (number, values) in &columns.0 {
                self.write(row, *number, values, &mut lists.bytes);
            }
            lists.end_row()?;
        }
        lists.finish()
    }

    /// Appends a row's attribute, if it has it.
    fn write(&self, row: usize, number: usize, values: &Values<'_>, out: &mut Vec<u8>) -> bool {
        let Some(key) = self.keys.get(number) else {
            return false;
        };
        let start = out.len();
        out.extend_from_slice(key);
        let has_it = values.write(row, &mut AnyWriter::new(out));
        if !has_it {
            out.truncate(start);
        }
        has_it
    }

    /// The attributes of a batch, as far as they are in the given columns; those of the residual column all. It may be left out where the
    /// segment has none.
    pub(super) fn gather(
        &self,
        orders: &ArrayRef,
        columns: &Columns<'_>,
        residual: Option<&BinaryArray>,
    ) -> Result<BinaryArray, ShapeError> {
        let orders = TextDictionary::new(orders).ok_or_else(|| ShapeError::Column {
            name: super::ATTRIBUTES_ORDER.to_owned(),
        })?;
        let mut parsed: Vec<Option<Vec<Place>>> = vec![None; orders.values().len()];
        let rows = orders.keys().len();
        let mut lists = Lists::with_capacity(rows);
        for row in 0..rows {
            let left = residual.filter(|residual| residual.is_valid(row));
            let left = left.map(|residual| residual.value(row));
            match orders.key(row) {
                None => {
                    let whole = left.ok_or(damaged("no attributes", row))?;
                    lists.bytes.extend_from_slice(whole);
                }
                Some(key) => {
                    let order = match &mut parsed[key] {
                        Some(order) => order,
                        unread => {
                            let read = parse(orders.values().value(key), &self.numbers);
                            unread.insert(read.ok_or(damaged("an unknown order", row))?)
                        }
                    };
                    let left = left.unwrap_or_default();
                    self.gather_row(row, order, columns, left, &mut lists.bytes)?;
                }
            }
            lists.end_row()?;
        }
        lists.finish()
    }

    fn gather_row(
        &self,
        row: usize,
        order: &[Place],
        columns: &Columns<'_>,
        left: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), ShapeError> {
        let mut left = KeyValues::new(left);
        for place in order {
            match *place {
                Place::Column(column) => {
                    let number = usize::from(column);
                    if let Some(values) = columns.get(number)
                        && !self.write(row, number, values, out)
                    {
                        return Err(damaged("an attribute without a value", row));
                    }
                }
                Place::Residual(entries) => {
                    let before = left.encoded();
                    for _ in 0..entries {
                        left.next()
                            .ok_or(damaged("too few residual entries", row))?;
                    }
                    out.extend_from_slice(&before[..before.len() - left.encoded().len()]);
                }
            }
        }
        match left.is_empty() {
            true => Ok(()),
            false => Err(damaged("too many residual entries", row)),
        }
    }
}

/// Encoded lists of attributes, one behind the other.
struct Lists {
    bytes: Vec<u8>,
    ends: Vec<i32>,
}

impl Lists {
    fn with_capacity(rows: usize) -> Self {
        let mut ends = Vec::with_capacity(rows + 1);
        ends.push(0);
        Lists {
            bytes: Vec::new(),
            ends,
        }
    }

    fn end_row(&mut self) -> Result<(), ShapeError> {
        let end = i32::try_from(self.bytes.len()).map_err(|_| ShapeError::TooLarge {
            what: "the attributes of a batch",
        })?;
        self.ends.push(end);
        Ok(())
    }

    fn finish(self) -> Result<BinaryArray, ShapeError> {
        let ends = OffsetBuffer::new(self.ends.into());
        let bytes = Buffer::from_vec(self.bytes);
        Ok(BinaryArray::try_new(ends, bytes, None)?)
    }
}

fn damaged(what: &'static str, row: usize) -> ShapeError {
    ShapeError::Rows { what, row }
}

/// An attribute column of a batch.
#[derive(Debug)]
pub(super) enum Values<'a> {
    Text(&'a StringArray),
    Dictionary(TextDictionary<'a>),
    Int(&'a Int64Array),
    Double(&'a Float64Array),
    Bool(&'a BooleanArray),
}

impl<'a> Values<'a> {
    /// `None` when the array is not of the column's type.
    pub(super) fn new(column: &AttributeColumn, array: &'a ArrayRef) -> Option<Self> {
        let any = array.as_any();
        match column.kind {
            AttributeKind::String if column.dictionary => {
                TextDictionary::new(array).map(Self::Dictionary)
            }
            AttributeKind::String => any.downcast_ref().map(Self::Text),
            AttributeKind::Int => any.downcast_ref().map(Self::Int),
            AttributeKind::Double => any.downcast_ref().map(Self::Double),
            AttributeKind::Bool => any.downcast_ref().map(Self::Bool),
        }
    }

    /// Appends the row's value, if it has one.
    fn write(&self, row: usize, to: &mut AnyWriter<'_>) -> bool {
        match self {
            Self::Text(texts) if texts.is_valid(row) => to.string(texts.value(row)),
            Self::Dictionary(texts) => match texts.value(row) {
                Some(text) => to.string(text),
                None => return false,
            },
            Self::Int(numbers) if numbers.is_valid(row) => to.int(numbers.value(row)),
            Self::Double(numbers) if numbers.is_valid(row) => to.double(numbers.value(row)),
            Self::Bool(values) if values.is_valid(row) => to.bool(values.value(row)),
            _ => return false,
        }
        true
    }
}
