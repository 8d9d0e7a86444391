//! Looking into attributes: by key as text, as a number, as a boolean, and whole as JSON text.
//!
//! A key that is not there, and one whose value is unset, is null; of a repeated key the last counts. As
//! text a string is itself, a number its digits, and everything else its JSON text.

use std::any::Any;
use std::sync::{Arc, LazyLock};

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanBuilder, Float64Builder, StringArray, StringViewBuilder,
};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use clearspan_schema::any::{AnyRef, KeyValues};
use clearspan_schema::json::{push_json, push_json_object};
use datafusion::common::{Result, exec_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::super::attributes::{AttributesView, is_attributes};
use super::super::limits::ATTRIBUTES_BYTES_MAX;
use super::bounded::check_bytes;

/// What is made of the attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum As {
    Text,
    Number,
    Boolean,
    Json,
}

/// `attributes['k']`.
pub(super) fn text() -> Arc<ScalarUDF> {
    static FUNCTION: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| function(As::Text));
    Arc::clone(&FUNCTION)
}

/// `attributes_num(attributes, 'k')`.
pub(super) fn number() -> Arc<ScalarUDF> {
    function(As::Number)
}

/// `attributes_bool(attributes, 'k')`.
pub(super) fn boolean() -> Arc<ScalarUDF> {
    function(As::Boolean)
}

/// `attributes_json(attributes)`, which is also what becomes of attributes where text is wanted.
pub(super) fn json() -> Arc<ScalarUDF> {
    static FUNCTION: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| function(As::Json));
    Arc::clone(&FUNCTION)
}

/// The column that an expression looks a key up in, and the key, where that is all that it does.
pub(crate) fn looked_up(expr: &Expr) -> Option<(&str, &str)> {
    let Expr::ScalarFunction(call) = expr else {
        return None;
    };
    let of_attributes = (call.func.inner().as_ref() as &dyn Any).downcast_ref::<Attributes>();
    match (of_attributes?.to, call.args.as_slice()) {
        (As::Text | As::Number | As::Boolean, [Expr::Column(column), Expr::Literal(key, _)]) => {
            Some((&column.name, key.try_as_str().flatten()?))
        }
        _ => None,
    }
}

fn function(to: As) -> Arc<ScalarUDF> {
    Arc::new(ScalarUDF::new_from_impl(Attributes {
        to,
        signature: Signature::user_defined(Volatility::Immutable),
    }))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Attributes {
    to: As,
    signature: Signature,
}

impl ScalarUDFImpl for Attributes {
    fn name(&self) -> &str {
        match self.to {
            As::Text => "attributes_text",
            As::Number => "attributes_num",
            As::Boolean => "attributes_bool",
            As::Json => "attributes_json",
        }
    }

    /// A subscript is named as it is written.
    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        let names: Vec<String> = args
            .iter()
            .map(|arg| arg.schema_name().to_string())
            .collect();
        Ok(match (self.to, names.as_slice()) {
            (As::Text, [attributes, key]) => format!("{attributes}[{key}]"),
            _ => format!("{}({})", self.name(), names.join(",")),
        })
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let name = self.name();
        match (self.to, types) {
            (As::Json, [attributes]) if is_attributes(attributes) => Ok(types.to_vec()),
            (As::Json, _) => plan_err!("{name} takes attributes, resource or scope"),
            (
                _,
                [
                    attributes,
                    DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8 | DataType::Null,
                ],
            ) if is_attributes(attributes) => Ok(vec![attributes.clone(), DataType::Utf8]),
            _ => plan_err!("{name} takes attributes, resource or scope, and a key as text"),
        }
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(match self.to {
            As::Text | As::Json => DataType::Utf8View,
            As::Number => DataType::Float64,
            As::Boolean => DataType::Boolean,
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let Some(attributes) = args.args.first() else {
            return exec_err!("{} takes attributes", self.name());
        };
        let attributes = attributes.to_array(rows)?;
        let Some(view) = AttributesView::new(&attributes) else {
            return exec_err!("{} of what are no attributes", self.name());
        };
        if matches!(self.to, As::Text | As::Json) {
            let bytes: usize = (0..rows).map(|row| view.bytes_at(row)).sum();
            check_bytes(bytes as u64, ATTRIBUTES_BYTES_MAX)?;
        }
        let made = match args.args.get(1) {
            None => self.made(&view, Keys::One(None), rows),
            Some(ColumnarValue::Scalar(key)) => {
                let key = key.try_as_str().flatten();
                self.made(&view, Keys::One(key), rows)
            }
            Some(ColumnarValue::Array(keys)) => {
                let keys = cast(keys, &DataType::Utf8)?;
                self.made(&view, Keys::Each(keys.as_string()), rows)
            }
        };
        Ok(ColumnarValue::Array(made))
    }
}

/// One key for all rows, or one for each.
#[derive(Clone, Copy)]
enum Keys<'a> {
    One(Option<&'a str>),
    Each(&'a StringArray),
}

impl Attributes {
    fn made(&self, view: &AttributesView<'_>, keys: Keys<'_>, rows: usize) -> ArrayRef {
        match self.to {
            As::Json => {
                let mut texts = StringViewBuilder::with_capacity(rows);
                view.map(rows, json_text, |text| texts.append_option(text));
                Arc::new(texts.finish())
            }
            As::Text => {
                let mut texts = StringViewBuilder::with_capacity(rows);
                each(view, keys, rows, value_text, |text| {
                    texts.append_option(text)
                });
                Arc::new(texts.finish())
            }
            As::Number => {
                let mut numbers = Float64Builder::with_capacity(rows);
                each(view, keys, rows, value_number, |number| {
                    numbers.append_option(number)
                });
                Arc::new(numbers.finish())
            }
            As::Boolean => {
                let mut booleans = BooleanBuilder::with_capacity(rows);
                each(view, keys, rows, value_boolean, |boolean| {
                    booleans.append_option(boolean)
                });
                Arc::new(booleans.finish())
            }
        }
    }
}

fn each<'a, T: Clone>(
    view: &AttributesView<'a>,
    keys: Keys<'_>,
    rows: usize,
    of: fn(AnyRef<'a>) -> Option<T>,
    mut push: impl FnMut(Option<T>),
) {
    match keys {
        Keys::One(Some(key)) => {
            view.map(rows, |attributes| of(attributes.get(key)?), push);
        }
        Keys::Each(keys) => {
            for row in 0..rows {
                let value = view.slot(row).filter(|_| keys.is_valid(row));
                let value = value.and_then(|slot| view.value(slot).get(keys.value(row)));
                push(value.and_then(of));
            }
        }
        Keys::One(None) => (0..rows).for_each(|_| push(None)),
    }
}

fn json_text(attributes: KeyValues<'_>) -> Option<String> {
    let mut text = String::new();
    push_json_object(attributes, &mut text);
    Some(text)
}

fn value_text(value: AnyRef<'_>) -> Option<String> {
    Some(match value {
        AnyRef::Empty => return None,
        AnyRef::String(text) => text.to_owned(),
        // Large integers and NaN are strings in JSON: here without its quotes.
        AnyRef::Int(int) => int.to_string(),
        other => {
            let mut json = String::new();
            push_json(other, &mut json);
            match other {
                AnyRef::Double(_) => json.trim_matches('"').to_owned(),
                _ => json,
            }
        }
    })
}

fn value_number(value: AnyRef<'_>) -> Option<f64> {
    match value {
        AnyRef::Int(int) => Some(int as f64),
        AnyRef::Double(double) => Some(double),
        _ => None,
    }
}

fn value_boolean(value: AnyRef<'_>) -> Option<bool> {
    match value {
        AnyRef::Bool(bool) => Some(bool),
        _ => None,
    }
}
