//! `format_duration(ns)`: a duration in nanoseconds as pages show it, with an ordinary blank before the unit.

use std::sync::Arc;

use arrow::array::{AsArray, StringViewBuilder};
use arrow::datatypes::{DataType, Int64Type};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use crate::duration::duration_text;

/// The function.
pub(super) fn function() -> Arc<ScalarUDF> {
    Arc::new(ScalarUDF::new_from_impl(FormatDuration {
        signature: Signature::exact(vec![DataType::Int64], Volatility::Immutable),
    }))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct FormatDuration {
    signature: Signature,
}

impl ScalarUDFImpl for FormatDuration {
    fn name(&self) -> &str {
        "format_duration"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8View)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [durations] = args.args.as_slice() else {
            return exec_err!("format_duration takes one argument");
        };
        let durations = durations.to_array(args.number_rows)?;
        let mut texts = StringViewBuilder::new();
        for ns in durations.as_primitive::<Int64Type>() {
            texts.append_option(ns.map(|ns| duration_text(ns, ' ')));
        }
        Ok(ColumnarValue::Array(Arc::new(texts.finish())))
    }
}
