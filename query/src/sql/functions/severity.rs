//! `severity_name(n)`: the name of the band that a severity number lies in.

use std::sync::Arc;

use arrow::array::{AsArray, StringViewBuilder};
use arrow::datatypes::{DataType, Int64Type};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use crate::language::fields::severity_band;

/// The function.
pub(super) fn function() -> Arc<ScalarUDF> {
    Arc::new(ScalarUDF::new_from_impl(SeverityName {
        signature: Signature::exact(vec![DataType::Int64], Volatility::Immutable),
    }))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct SeverityName {
    signature: Signature,
}

impl ScalarUDFImpl for SeverityName {
    fn name(&self) -> &str {
        "severity_name"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8View)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [numbers] = args.args.as_slice() else {
            return exec_err!("severity_name takes one argument");
        };
        let numbers = numbers.to_array(args.number_rows)?;
        let mut names = StringViewBuilder::new();
        for number in numbers.as_primitive::<Int64Type>() {
            let number = number.and_then(|number| i32::try_from(number).ok());
            names.append_option(number.and_then(severity_band));
        }
        Ok(ColumnarValue::Array(Arc::new(names.finish())))
    }
}
