//! `duration('500ms')`: nanoseconds of a duration as the search language writes it.

use std::sync::Arc;

use arrow::array::{AsArray, Int64Builder};
use arrow::datatypes::DataType;
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use crate::language::number::parse_duration_ns;

/// The function.
pub(super) fn function() -> Arc<ScalarUDF> {
    Arc::new(ScalarUDF::new_from_impl(Duration {
        signature: Signature::exact(vec![DataType::Utf8View], Volatility::Immutable),
    }))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Duration {
    signature: Signature,
}

impl ScalarUDFImpl for Duration {
    fn name(&self) -> &str {
        "duration"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [texts] = args.args.as_slice() else {
            return exec_err!("duration takes one argument");
        };
        let texts = texts.to_array(args.number_rows)?;
        let mut durations = Int64Builder::with_capacity(texts.len());
        for text in texts.as_string_view() {
            durations.append_option(text.map(nanoseconds).transpose()?);
        }
        Ok(ColumnarValue::Array(Arc::new(durations.finish())))
    }
}

fn nanoseconds(text: &str) -> Result<i64> {
    match parse_duration_ns(text).and_then(|ns| i64::try_from(ns).ok()) {
        Some(ns) => Ok(ns),
        None => {
            let shown: String = text.chars().take(40).collect();
            exec_err!("`{shown}` is no duration, such as 500ms, 1.5s or 2h")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_the_units_of_the_search_language() {
        let check = |text: &str, expected: Option<i64>| {
            assert_eq!(nanoseconds(text).ok(), expected, "{text}");
        };
        check("500ms", Some(500_000_000));
        check("1.5s", Some(1_500_000_000));
        check("2h", Some(7_200_000_000_000));
        check("7", Some(7));
        check("1kB", None);
        check("soon", None);
        check("", None);
        check("1000000d", None);
    }
}
