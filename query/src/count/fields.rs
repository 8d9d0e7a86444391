//! The fields that the rows have.

use std::ops::BitOrAssign;

use clearspan_schema::any::AnyRef;

use super::budget::Budget;
use super::names::FieldNames;
use super::top::Top;
use super::{Counted, CountedRows, Scanned};
use crate::QueryError;
use crate::engine::Session;
use crate::limits::check_limit;

/// The fields that the rows have.
#[derive(Debug)]
pub struct FieldsAnswer {
    /// Those in the most rows, by their rows descending, then by name.
    pub fields: Vec<FieldCount>,
    /// How many there are, exactly.
    pub distinct: u64,
    /// What was counted.
    pub counted: Counted,
}

/// A field, and how many rows have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldCount {
    /// Its name, as a query finds it.
    pub name: String,
    /// The type of its values; `None` when all of them are unset.
    pub value_type: Option<FieldType>,
    /// The rows that have it under this name.
    pub count: u64,
}

/// The type of a field's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldType {
    /// Text.
    String,
    /// Integers.
    Int,
    /// Doubles.
    Double,
    /// Booleans.
    Bool,
    /// Bytes.
    Bytes,
    /// Lists.
    Array,
    /// Key-value lists.
    Map,
    /// Several of these.
    Mixed,
}

impl FieldType {
    /// Its name in an answer.
    pub fn name(self) -> &'static str {
        match self {
            FieldType::String => "string",
            FieldType::Int => "int",
            FieldType::Double => "double",
            FieldType::Bool => "bool",
            FieldType::Bytes => "bytes",
            FieldType::Array => "array",
            FieldType::Map => "map",
            FieldType::Mixed => "mixed",
        }
    }
}

/// A set of types, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Types(u8);

/// By bit.
const TYPES: [FieldType; 7] = [
    FieldType::String,
    FieldType::Int,
    FieldType::Double,
    FieldType::Bool,
    FieldType::Bytes,
    FieldType::Array,
    FieldType::Map,
];

impl Types {
    pub(crate) const STRING: Types = Types(1);
    pub(crate) const INT: Types = Types(1 << 1);

    /// That of `value`; none of one that is unset.
    pub(crate) fn of(value: AnyRef<'_>) -> Types {
        Types(match value {
            AnyRef::Empty => 0,
            AnyRef::String(_) => 1,
            AnyRef::Int(_) => 1 << 1,
            AnyRef::Double(_) => 1 << 2,
            AnyRef::Bool(_) => 1 << 3,
            AnyRef::Bytes(_) => 1 << 4,
            AnyRef::Array(_) => 1 << 5,
            AnyRef::KeyValues(_) => 1 << 6,
        })
    }

    fn one(self) -> Option<FieldType> {
        match self.0.count_ones() {
            0 => None,
            1 => TYPES.get(self.0.trailing_zeros() as usize).copied(),
            _ => Some(FieldType::Mixed),
        }
    }
}

impl BitOrAssign for Types {
    fn bitor_assign(&mut self, other: Types) {
        self.0 |= other.0;
    }
}

pub(crate) async fn fields(
    session: Session,
    rows: CountedRows,
    limit: usize,
) -> Result<FieldsAnswer, QueryError> {
    check_limit(limit)?;
    let scanned = Scanned::new(&session, &rows)?;
    let mut budget = Budget::new(&session.plans);
    let signal = session.snapshot.signal();
    let mut names = FieldNames::new(signal);
    let projection = names.projection();
    let count = |batch: &_| names.add(batch, &mut budget);
    let tally = scanned.each_batch(&session, projection, count).await?;
    let all = names.finish();
    let distinct = all.len() as u64;
    let mut top = Top::new(limit);
    for (name, rows, types) in all {
        top.offer(rows, || (name, types)).await;
    }
    let fields = top.in_order();
    Ok(FieldsAnswer {
        fields: fields
            .map(|(count, (name, types))| FieldCount {
                name,
                value_type: types.one(),
                count,
            })
            .collect(),
        distinct,
        counted: Counted::new(&session, &scanned.query, scanned.range, tally).await?,
    })
}
