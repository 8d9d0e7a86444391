//! `a || b`: null where either is null, and bounded, which the planner's own operator is not.

use std::sync::Arc;

use arrow::array::{Array, AsArray, StringViewBuilder};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use datafusion::common::{Result, exec_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::bounded::{check_bytes, sum};

/// The function behind the operator. It has no name of its own in SQL.
pub(super) fn function(bytes_max: usize) -> Arc<ScalarUDF> {
    Arc::new(ScalarUDF::new_from_impl(Concat {
        bytes_max,
        signature: Signature::user_defined(Volatility::Immutable),
    }))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Concat {
    bytes_max: usize,
    signature: Signature,
}

impl ScalarUDFImpl for Concat {
    fn name(&self) -> &str {
        "||"
    }

    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        let names: Vec<String> = args
            .iter()
            .map(|arg| arg.schema_name().to_string())
            .collect();
        Ok(names.join(" || "))
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let is_joined = |data_type: &DataType| {
            data_type.is_string()
                || data_type.is_numeric()
                || data_type.is_temporal()
                || matches!(data_type, DataType::Null | DataType::Boolean)
        };
        match types.iter().find(|data_type| !is_joined(data_type)) {
            None => Ok(vec![DataType::Utf8View; types.len()]),
            Some(other) => plan_err!("`||` joins texts, not {other}"),
        }
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8View)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        check_bytes(sum(&args.args, args.number_rows as u64), self.bytes_max)?;
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let [left, right] = arrays.as_slice() else {
            return exec_err!("`||` joins two texts");
        };
        let (left, right) = (
            cast(left, &DataType::Utf8View)?,
            cast(right, &DataType::Utf8View)?,
        );
        let (left, right) = (left.as_string_view(), right.as_string_view());
        let mut joined = StringViewBuilder::with_capacity(left.len());
        let mut text = String::new();
        for (left, right) in left.iter().zip(right) {
            match left.zip(right) {
                Some((left, right)) => {
                    text.clear();
                    text.push_str(left);
                    text.push_str(right);
                    joined.append_value(&text);
                }
                None => joined.append_null(),
            }
        }
        Ok(ColumnarValue::Array(Arc::new(joined.finish())))
    }
}
