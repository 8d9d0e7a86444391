//! Refusing a result that would be too large, before it is made.
//!
//! `repeat('x', 1000000000)` is a short query, and `concat(x, x)` of `concat(x, x)` of ... doubles with each
//! step. Operators hold one batch at a time outside of the memory pool, so a batch must not grow without
//! bound: each function that can make much of little is asked first how much it would make, at most.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, FieldRef, Int64Type};
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
};

use crate::QueryError;

/// How much a function makes of its arguments, at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Growth {
    /// All arguments, one behind the other.
    Sum,
    /// The first argument, as often as the second says.
    Repeat,
    /// The second argument is the length, in characters of up to four bytes.
    Pad,
    /// The first argument, with the third wherever the second, or anything at all, stands.
    Replace,
    /// No more than it is given, but the second argument is a pattern that must be compiled.
    Pattern,
    /// Both of the last two.
    ReplacePattern,
}

fn growth(name: &str) -> Option<Growth> {
    Some(match name {
        "concat" | "concat_ws" | "make_array" | "array_append" | "array_prepend"
        | "array_concat" | "translate" => Growth::Sum,
        // They make no more than they are given, but of rows that may share what they are given.
        "btrim" | "initcap" | "left" | "lower" | "ltrim" | "reverse" | "right" | "rtrim"
        | "split_part" | "substr" | "substr_index" | "upper" => Growth::Sum,
        "repeat" => Growth::Repeat,
        "lpad" | "rpad" => Growth::Pad,
        "replace" => Growth::Replace,
        "regexp_replace" => Growth::ReplacePattern,
        "regexp_count" | "regexp_instr" | "regexp_like" | "regexp_match" => Growth::Pattern,
        _ => return None,
    })
}

/// `function`, bounded where it needs to be.
pub(super) fn bounded(function: Arc<ScalarUDF>, bytes_max: usize) -> Arc<ScalarUDF> {
    match growth(function.name()) {
        None => function,
        Some(growth) => Arc::new(ScalarUDF::new_from_impl(Bounded {
            inner: function,
            growth,
            bytes_max,
        })),
    }
}

#[derive(Debug)]
struct Bounded {
    inner: Arc<ScalarUDF>,
    growth: Growth,
    bytes_max: usize,
}

impl PartialEq for Bounded {
    fn eq(&self, other: &Self) -> bool {
        self.inner == other.inner
    }
}

impl Eq for Bounded {}

impl Hash for Bounded {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.inner.hash(state);
    }
}

/// Simplifications are not passed on: they would put the unbounded function into this one's place.
impl ScalarUDFImpl for Bounded {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn aliases(&self) -> &[String] {
        self.inner.aliases()
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        self.inner.inner().return_type(arg_types)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        self.inner.return_field_from_args(args)
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        self.inner.coerce_types(arg_types)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        if matches!(self.growth, Growth::Pattern | Growth::ReplacePattern) {
            check_pattern(self.name(), &args)?;
        }
        let bytes = self.growth.bytes(&args)?;
        check_bytes(bytes, self.bytes_max)?;
        self.inner.invoke_with_args(args)
    }
}

/// Refuses a result of so many bytes.
pub(super) fn check_bytes(bytes: u64, bytes_max: usize) -> Result<()> {
    if bytes <= bytes_max as u64 {
        return Ok(());
    }
    Err(DataFusionError::External(Box::new(
        QueryError::MemoryLimit {
            limit: bytes_max as u64,
            unit: "bytes",
        },
    )))
}

/// A pattern from a column would be compiled for each row.
fn check_pattern(name: &str, args: &ScalarFunctionArgs) -> Result<()> {
    let is_constant = |arg: &ColumnarValue| matches!(arg, ColumnarValue::Scalar(_));
    if args.args.get(1).is_none_or(is_constant) {
        Ok(())
    } else {
        plan_err!("the pattern of {name} must be a constant, not a column")
    }
}

impl Growth {
    fn bytes(self, args: &ScalarFunctionArgs) -> Result<u64> {
        let rows = args.number_rows as u64;
        let of = |at: usize| args.args.get(at).map_or(0, |arg| bytes(arg, rows));
        Ok(match self {
            Growth::Sum => sum(&args.args, rows),
            Growth::Pattern => 0,
            Growth::Repeat => {
                let counts = largest(args.args.get(1))?;
                of(0).saturating_mul(counts)
            }
            Growth::Pad => {
                let length = largest(args.args.get(1))?;
                let fill = largest_bytes(args.args.get(2)).max(4);
                rows.saturating_mul(length.saturating_mul(4).max(fill))
            }
            Growth::Replace => {
                let (from, to) = (shortest(args.args.get(1)), largest_bytes(args.args.get(2)));
                let places = of(0) / from.max(1) + rows;
                of(0).saturating_add(places.saturating_mul(to))
            }
            Growth::ReplacePattern => {
                // Each place takes the replacement, whose every second byte may stand for a group.
                let to = largest_bytes(args.args.get(2));
                of(0)
                    .saturating_mul(to.saturating_mul(2).max(1))
                    .saturating_add(rows * to)
            }
        })
    }
}

/// The bytes of all arguments together, each as long as the batch.
pub(super) fn sum(args: &[ColumnarValue], rows: u64) -> u64 {
    args.iter()
        .map(|arg| bytes(arg, rows))
        .fold(0, u64::saturating_add)
}

/// The bytes of an argument's values; of views those that they show, once for each row.
fn bytes(arg: &ColumnarValue, rows: u64) -> u64 {
    match arg {
        ColumnarValue::Scalar(scalar) => scalar_bytes(scalar).saturating_mul(rows),
        ColumnarValue::Array(array) => array_bytes(array),
    }
}

fn scalar_bytes(scalar: &ScalarValue) -> u64 {
    match scalar.try_as_str() {
        Some(text) => text.map_or(0, |text| text.len() as u64),
        None => scalar.size() as u64,
    }
}

fn array_bytes(array: &ArrayRef) -> u64 {
    match array.data_type() {
        DataType::Utf8View => views(array.as_string_view().lengths()),
        DataType::BinaryView => views(array.as_binary_view().lengths()),
        DataType::Utf8 => offsets(array.as_string::<i32>().value_offsets()),
        DataType::Struct(_) => array.as_struct().columns().iter().map(array_bytes).sum(),
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            let ends = list.value_offsets();
            let (first, last) = (ends[0] as usize, ends[ends.len() - 1] as usize);
            array_bytes(&list.values().slice(first, last - first)) + ends.len() as u64 * 4
        }
        _ => array.get_array_memory_size() as u64,
    }
}

fn views(lengths: impl Iterator<Item = u32>) -> u64 {
    lengths.map(|length| u64::from(length) + 16).sum()
}

fn offsets(ends: &[i32]) -> u64 {
    (ends[ends.len() - 1] - ends[0]) as u64 + ends.len() as u64 * 4
}

/// The largest number of an argument; 0 where it has none above.
fn largest(arg: Option<&ColumnarValue>) -> Result<u64> {
    let Some(arg) = arg else { return Ok(0) };
    let array = arg.to_array(1)?;
    let numbers = cast(&array, &DataType::Int64)?;
    let largest = numbers.as_primitive::<Int64Type>().iter().flatten().max();
    Ok(largest
        .and_then(|number| u64::try_from(number).ok())
        .unwrap_or(0))
}

fn lengths(arg: &ColumnarValue) -> Vec<u64> {
    match arg {
        ColumnarValue::Scalar(scalar) => vec![scalar_bytes(scalar)],
        ColumnarValue::Array(array) => match array.data_type() {
            DataType::Utf8View => array.as_string_view().lengths().map(u64::from).collect(),
            DataType::Utf8 => array
                .as_string::<i32>()
                .value_offsets()
                .windows(2)
                .map(|ends| (ends[1] - ends[0]) as u64)
                .collect(),
            _ => vec![0, array_bytes(array)],
        },
    }
}

fn largest_bytes(arg: Option<&ColumnarValue>) -> u64 {
    arg.and_then(|arg| lengths(arg).into_iter().max())
        .unwrap_or(0)
}

fn shortest(arg: Option<&ColumnarValue>) -> u64 {
    arg.and_then(|arg| lengths(arg).into_iter().min())
        .unwrap_or(0)
}
