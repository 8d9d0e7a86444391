//! One value of any Arrow type as JSON, by the API's rules: integers beyond 2^53, decimals, NaN and infinities
//! are strings, times are RFC 3339 in UTC with nanoseconds, bytes are `{"bytes": base64}`, lists are arrays,
//! structs and maps are objects.

use std::fmt::Write;

use arrow::array::{Array, ArrayRef, AsArray, MapArray, StringArray, StructArray};
use arrow::datatypes::{
    DataType, Field, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use clearspan_query::json::{push_json, push_json_string};
use clearspan_query::{AnyRef, is_json};

/// Integers up to this size are exact in every JSON reader.
const MAX_EXACT_INT: u64 = 1 << 53;

/// A column whose values are written one by one.
pub(super) struct Column<'a> {
    array: &'a ArrayRef,
    form: Form<'a>,
}

/// How a column's values are written.
enum Form<'a> {
    /// Text that is JSON already.
    Json(&'a StringArray),
    Text(&'a StringArray),
    Bool,
    Int(fn(&ArrayRef, usize) -> i128),
    Float(fn(&ArrayRef, usize) -> f64),
    /// Digits that a `f64` would make longer.
    Float32,
    /// Nanoseconds since 1970.
    Time(fn(&ArrayRef, usize) -> i128),
    Bytes,
    List(Box<Column<'a>>),
    Struct(Vec<(&'a str, Column<'a>)>),
    Map(Box<Column<'a>>, Box<Column<'a>>),
    /// Dates, times of day, intervals, decimals: Arrow's own text.
    Formatted(Box<ArrayFormatter<'a>>),
}

macro_rules! number {
    ($type:ty) => {
        |array, row| array.as_primitive::<$type>().value(row).into()
    };
}

macro_rules! time {
    ($type:ty, $factor:expr) => {
        |array, row| i128::from(array.as_primitive::<$type>().value(row)) * $factor
    };
}

impl<'a> Column<'a> {
    /// The values of `array`, which `field` describes.
    pub(super) fn new(field: &'a Field, array: &'a ArrayRef) -> Result<Self, ArrowError> {
        let form = match array.data_type() {
            DataType::Utf8 if is_json(field) => Form::Json(array.as_string()),
            DataType::Utf8 => Form::Text(array.as_string()),
            DataType::Boolean => Form::Bool,
            DataType::Int8 => Form::Int(number!(Int8Type)),
            DataType::Int16 => Form::Int(number!(Int16Type)),
            DataType::Int32 => Form::Int(number!(Int32Type)),
            DataType::Int64 => Form::Int(number!(Int64Type)),
            DataType::UInt8 => Form::Int(number!(UInt8Type)),
            DataType::UInt16 => Form::Int(number!(UInt16Type)),
            DataType::UInt32 => Form::Int(number!(UInt32Type)),
            DataType::UInt64 => Form::Int(number!(UInt64Type)),
            DataType::Float16 => Form::Float(number!(Float16Type)),
            DataType::Float32 => Form::Float32,
            DataType::Float64 => Form::Float(number!(Float64Type)),
            DataType::Timestamp(unit, _) => Form::Time(match unit {
                TimeUnit::Second => time!(TimestampSecondType, 1_000_000_000),
                TimeUnit::Millisecond => time!(TimestampMillisecondType, 1_000_000),
                TimeUnit::Microsecond => time!(TimestampMicrosecondType, 1_000),
                TimeUnit::Nanosecond => time!(TimestampNanosecondType, 1),
            }),
            DataType::Binary => Form::Bytes,
            DataType::List(item) => Form::List(Box::new(Column::new(
                item,
                array.as_list::<i32>().values(),
            )?)),
            DataType::Struct(_) => Form::Struct(columns(array.as_struct(), array.data_type())?),
            DataType::Map(entries, _) => {
                let (keys, values) = entry_columns(array.as_map(), entries)?;
                Form::Map(Box::new(keys), Box::new(values))
            }
            _ => {
                let options = FormatOptions::new().with_display_error(true);
                Form::Formatted(Box::new(ArrayFormatter::try_new(array.as_ref(), &options)?))
            }
        };
        Ok(Column { array, form })
    }

    /// The value at `row` as JSON.
    pub(super) fn push_json(&self, row: usize, out: &mut String) -> Result<(), ArrowError> {
        if self.array.is_null(row) || *self.array.data_type() == DataType::Null {
            out.push_str("null");
            return Ok(());
        }
        match &self.form {
            Form::Json(texts) => out.push_str(texts.value(row)),
            Form::Text(texts) => push_json_string(texts.value(row), out),
            Form::Bool => out.push_str(self.bool(row)),
            Form::Int(value) => push_int(value(self.array, row), out),
            Form::Float(value) => push_json(AnyRef::Double(value(self.array, row)), out),
            Form::Float32 => push_float32(self.float32(row), out),
            Form::Time(ns) => {
                out.push('"');
                push_time(ns(self.array, row), out);
                out.push('"');
            }
            Form::Bytes => push_json(AnyRef::Bytes(self.array.as_binary::<i32>().value(row)), out),
            Form::List(items) => push_list(self.array, items, row, out)?,
            Form::Struct(fields) => push_struct(fields, row, out)?,
            Form::Map(keys, values) => push_map(self.array.as_map(), keys, values, row, out)?,
            Form::Formatted(formatter) => {
                push_json_string(&formatter.value(row).try_to_string()?, out);
            }
        }
        Ok(())
    }

    /// The value at `row` as text: a number's digits, a text itself; what has parts as its JSON. Nothing for
    /// null.
    pub(super) fn push_text(&self, row: usize, out: &mut String) -> Result<(), ArrowError> {
        if self.array.is_null(row) || *self.array.data_type() == DataType::Null {
            return Ok(());
        }
        match &self.form {
            Form::Json(texts) | Form::Text(texts) => out.push_str(texts.value(row)),
            Form::Int(value) => {
                let _infallible = write!(out, "{}", value(self.array, row));
            }
            Form::Time(ns) => push_time(ns(self.array, row), out),
            Form::Formatted(formatter) => out.push_str(&formatter.value(row).try_to_string()?),
            Form::Float(_) | Form::Float32 => {
                let mut json = String::new();
                self.push_json(row, &mut json)?;
                out.push_str(json.trim_matches('"'));
            }
            _ => self.push_json(row, out)?,
        }
        Ok(())
    }

    fn bool(&self, row: usize) -> &'static str {
        if self.array.as_boolean().value(row) {
            "true"
        } else {
            "false"
        }
    }

    fn float32(&self, row: usize) -> f32 {
        self.array.as_primitive::<Float32Type>().value(row)
    }
}

fn columns<'a>(
    array: &'a StructArray,
    data_type: &'a DataType,
) -> Result<Vec<(&'a str, Column<'a>)>, ArrowError> {
    let DataType::Struct(fields) = data_type else {
        return Ok(Vec::new());
    };
    let fields = fields.iter().zip(array.columns());
    fields
        .map(|(field, array)| Ok((field.name().as_str(), Column::new(field, array)?)))
        .collect()
}

fn entry_columns<'a>(
    map: &'a MapArray,
    entries: &'a Field,
) -> Result<(Column<'a>, Column<'a>), ArrowError> {
    match entries.data_type() {
        DataType::Struct(fields) if fields.len() == 2 => Ok((
            Column::new(&fields[0], map.keys())?,
            Column::new(&fields[1], map.values())?,
        )),
        _ => Err(ArrowError::SchemaError("a map without entries".into())),
    }
}

fn push_int(value: i128, out: &mut String) {
    let quote = if value.unsigned_abs() > MAX_EXACT_INT.into() {
        "\""
    } else {
        ""
    };
    let _infallible = write!(out, "{quote}{value}{quote}");
}

fn push_float32(value: f32, out: &mut String) {
    if value.is_finite() {
        let _infallible = write!(out, "{value:?}");
    } else {
        push_json(AnyRef::Double(value.into()), out);
    }
}

/// RFC 3339 with nanoseconds. What lies beyond the year 9999 has no such form: its nanoseconds instead.
fn push_time(ns: i128, out: &mut String) {
    let _infallible = match jiff::Timestamp::from_nanosecond(ns) {
        Ok(time) => write!(out, "{time:.9}"),
        Err(_) => write!(out, "{ns}"),
    };
}

fn push_list(
    array: &ArrayRef,
    items: &Column<'_>,
    row: usize,
    out: &mut String,
) -> Result<(), ArrowError> {
    let ends = array.as_list::<i32>().value_offsets();
    out.push('[');
    for at in ends[row]..ends[row + 1] {
        if at > ends[row] {
            out.push(',');
        }
        items.push_json(at as usize, out)?;
    }
    out.push(']');
    Ok(())
}

fn push_struct(
    fields: &[(&str, Column<'_>)],
    row: usize,
    out: &mut String,
) -> Result<(), ArrowError> {
    out.push('{');
    for (at, (name, column)) in fields.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        push_json_string(name, out);
        out.push(':');
        column.push_json(row, out)?;
    }
    out.push('}');
    Ok(())
}

/// Keys that are no text are written as their text.
fn push_map(
    map: &MapArray,
    keys: &Column<'_>,
    values: &Column<'_>,
    row: usize,
    out: &mut String,
) -> Result<(), ArrowError> {
    let ends = map.value_offsets();
    out.push('{');
    for at in ends[row]..ends[row + 1] {
        if at > ends[row] {
            out.push(',');
        }
        let mut key = String::new();
        keys.push_text(at as usize, &mut key)?;
        push_json_string(&key, out);
        out.push(':');
        values.push_json(at as usize, out)?;
    }
    out.push('}');
    Ok(())
}

#[cfg(test)]
mod tests;
