//! Attributes to columns.
//!
//! 1. Go through a row's entries, and find for each the column of its key and kind, if it has one that the row has not used yet.
//! 2. The row's order names these columns and counts the entries between them.
//! 3. Values go to the columns; the other entries, as they are encoded, one behind the other to the residual column.
//!
//! A row that cannot be written so (its bytes are no list of entries, or there are too many orders) goes to the residual column as it is, and
//! has no order.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryArray, BinaryBuilder, BooleanBuilder, Float64Builder, Int64Builder,
    StringBuilder, StringDictionaryBuilder,
};
use clearspan_schema::any::{AnyRef, KeyValues};
use clearspan_schema::dictionary::Key;

use super::ShapeError;
use super::attribute::{AttributeKind, is_as_written, short_name};
use super::keys::KeyCounter;
use super::orders::{Orders, Place};
use super::plan::AttributeColumn;

/// A batch's attributes in columns.
#[derive(Debug)]
pub(super) struct Shredded {
    pub(super) orders: ArrayRef,
    pub(super) columns: Vec<ArrayRef>,
    pub(super) residual: ArrayRef,
}

/// Puts the attributes of a segment's rows into columns, and counts them.
#[derive(Debug)]
pub(super) struct Shredder {
    pub(super) keys: KeyCounter,
    columns: Vec<AttributeColumn>,
    names: Vec<String>,
    /// By the number of a pinned key and kind: its column.
    by_key: Vec<[Option<u16>; 4]>,
    orders: Orders,
    /// By column, the last row that used it; by pinned key, the last row that had it.
    column_row: Vec<u64>,
    key_row: Vec<u64>,
    row: u64,
    /// By pinned key: how often it is in the residual, or in another column of the same row.
    key_elsewhere: Vec<u32>,
    /// Rows that are in the residual column as a whole, and with some of their entries.
    pub(super) whole_rows: u32,
    pub(super) residual_rows: u32,
    order: Vec<Place>,
}

/// An entry of the row at hand.
struct Entry<'a> {
    column: Option<u16>,
    value: AnyRef<'a>,
    encoded: &'a [u8],
}

impl Shredder {
    pub(super) fn new(columns: &[AttributeColumn]) -> Self {
        let mut keys: Vec<&str> = Vec::new();
        let mut by_key: Vec<[Option<u16>; 4]> = Vec::new();
        for (number, column) in (0..).zip(columns) {
            let key = match keys.iter().position(|key| *key == column.key) {
                Some(key) => key,
                None => {
                    keys.push(&column.key);
                    by_key.push([None; 4]);
                    keys.len() - 1
                }
            };
            by_key[key][column.kind as usize] = Some(number);
        }
        let names = columns.iter();
        let names = names.map(|column| short_name(&column.key, column.kind));
        Shredder {
            names: names.collect(),
            columns: columns.to_vec(),
            orders: Orders::default(),
            column_row: vec![0; columns.len()],
            key_row: vec![0; keys.len()],
            key_elsewhere: vec![0; keys.len()],
            row: 0,
            whole_rows: 0,
            residual_rows: 0,
            order: Vec::new(),
            keys: KeyCounter::with_pinned(keys),
            by_key,
        }
    }

    /// Puts a batch's attributes into columns.
    pub(super) fn shred(&mut self, attributes: &BinaryArray) -> Result<Shredded, ShapeError> {
        let columns = self.columns.iter();
        let mut columns: Vec<ColumnBuilder> = columns.map(ColumnBuilder::new).collect();
        let mut codes = Vec::with_capacity(attributes.len());
        let mut residual = BinaryBuilder::new();
        let (mut entries, mut left) = (Vec::new(), Vec::new());
        for row in 0..attributes.len() {
            let encoded = attributes.value(row);
            let code = self.read_row(encoded, &mut entries);
            codes.push(code);
            if code.is_none() {
                residual.append_value(encoded);
                self.whole_rows = self.whole_rows.saturating_add(1);
                continue;
            }
            left.clear();
            for entry in &entries {
                match entry.column {
                    Some(column) => columns[usize::from(column)].set(row, &entry.value)?,
                    None => left.extend_from_slice(entry.encoded),
                }
            }
            match left.is_empty() {
                true => residual.append_null(),
                false => {
                    residual.append_value(&left);
                    self.residual_rows = self.residual_rows.saturating_add(1);
                }
            }
        }
        let rows = attributes.len();
        Ok(Shredded {
            orders: self.orders.column(&codes)?,
            columns: columns.into_iter().map(|c| c.finish(rows)).collect(),
            residual: Arc::new(residual.finish()),
        })
    }

    /// Reads a row's entries, counts them, and returns the code of their order.
    fn read_row<'a>(&mut self, encoded: &'a [u8], entries: &mut Vec<Entry<'a>>) -> Option<usize> {
        self.row += 1;
        self.keys.begin_row();
        self.order.clear();
        entries.clear();
        let mut rest = KeyValues::new(encoded);
        let mut read = 0;
        loop {
            let before = rest.encoded();
            let Some((key, value)) = rest.next() else {
                break;
            };
            let entry = &before[..before.len() - rest.encoded().len()];
            read += entry.len();
            let column = self.column_of(entries.len(), key, &value, entry);
            entries.push(Entry {
                column,
                value,
                encoded: entry,
            });
            match column {
                Some(column) => self.order.push(Place::Column(column)),
                None => Place::push_residual(&mut self.order),
            }
        }
        match read == encoded.len() {
            true => self.orders.code(&self.order, &self.names),
            false => None,
        }
    }

    fn column_of(
        &mut self,
        position: usize,
        key: &str,
        value: &AnyRef<'_>,
        encoded: &[u8],
    ) -> Option<u16> {
        let number = self.keys.number(position, key)?;
        let kind = AttributeKind::of(value).filter(|_| is_as_written(key, value, encoded));
        if let Some(kind) = kind {
            count(&mut self.keys, number, kind, value);
        }
        let by_kind = self.by_key.get(number)?;
        let column = kind.and_then(|kind| by_kind[kind as usize]);
        let free = column.filter(|column| self.column_row[usize::from(*column)] != self.row);
        if let Some(column) = free {
            self.column_row[usize::from(column)] = self.row;
        }
        if free.is_none() || self.key_row[number] == self.row {
            self.key_elsewhere[number] = self.key_elsewhere[number].saturating_add(1);
        }
        self.key_row[number] = self.row;
        free
    }

    /// By column: whether its key also stands in the residual column or, in one row, in two columns.
    pub(super) fn elsewhere(&self) -> Vec<bool> {
        let mut elsewhere = vec![false; self.columns.len()];
        for (by_kind, rows) in self.by_key.iter().zip(&self.key_elsewhere) {
            let columns = by_kind.iter().flatten();
            columns.for_each(|column| elsewhere[usize::from(*column)] = *rows > 0);
        }
        elsewhere
    }

    /// How many orders there are.
    pub(super) fn orders(&self) -> usize {
        self.orders.len()
    }
}

/// Counts a batch's attributes.
pub(super) fn count_all(keys: &mut KeyCounter, attributes: &BinaryArray) {
    for row in 0..attributes.len() {
        keys.begin_row();
        let mut rest = KeyValues::new(attributes.value(row));
        let mut position = 0;
        loop {
            let before = rest.encoded();
            let Some((key, value)) = rest.next() else {
                break;
            };
            let encoded = &before[..before.len() - rest.encoded().len()];
            let kind = AttributeKind::of(&value);
            if let Some(number) = keys.number(position, key)
                && let Some(kind) = kind.filter(|_| is_as_written(key, &value, encoded))
            {
                count(keys, number, kind, &value);
            }
            position += 1;
        }
    }
}

#[inline]
fn count(keys: &mut KeyCounter, number: usize, kind: AttributeKind, value: &AnyRef<'_>) {
    let text = match value {
        AnyRef::String(text) => Some(*text),
        _ => None,
    };
    keys.count(number, kind, text);
}

/// An attribute column of a batch. Rows that lack the attribute are filled in when a later one has it.
enum ColumnBuilder {
    Text(StringBuilder),
    Dictionary(StringDictionaryBuilder<Key>),
    Int(Int64Builder),
    Double(Float64Builder),
    Bool(BooleanBuilder),
}

macro_rules! each {
    ($self:expr, $builder:ident => $what:expr) => {
        match $self {
            ColumnBuilder::Text($builder) => $what,
            ColumnBuilder::Dictionary($builder) => $what,
            ColumnBuilder::Int($builder) => $what,
            ColumnBuilder::Double($builder) => $what,
            ColumnBuilder::Bool($builder) => $what,
        }
    };
}

impl ColumnBuilder {
    fn new(column: &AttributeColumn) -> Self {
        match column.kind {
            AttributeKind::String if column.dictionary => Self::Dictionary(Default::default()),
            AttributeKind::String => Self::Text(Default::default()),
            AttributeKind::Int => Self::Int(Default::default()),
            AttributeKind::Double => Self::Double(Default::default()),
            AttributeKind::Bool => Self::Bool(Default::default()),
        }
    }

    fn fill(&mut self, rows: usize) {
        use arrow::array::ArrayBuilder;
        each!(self, builder => {
            let missing = rows.saturating_sub(builder.len());
            builder.append_nulls(missing);
        });
    }

    fn set(&mut self, row: usize, value: &AnyRef<'_>) -> Result<(), ShapeError> {
        self.fill(row);
        match (self, value) {
            (Self::Text(builder), AnyRef::String(value)) => builder.append_value(value),
            (Self::Dictionary(builder), AnyRef::String(value)) => builder.append_value(value),
            (Self::Int(builder), AnyRef::Int(value)) => builder.append_value(*value),
            (Self::Double(builder), AnyRef::Double(value)) => builder.append_value(*value),
            (Self::Bool(builder), AnyRef::Bool(value)) => builder.append_value(*value),
            _ => {
                return Err(ShapeError::Unplanned {
                    what: "an attribute of another kind than its column",
                });
            }
        }
        Ok(())
    }

    fn finish(mut self, rows: usize) -> ArrayRef {
        self.fill(rows);
        each!(&mut self, builder => Arc::new(builder.finish()))
    }
}
