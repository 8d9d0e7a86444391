//! Rows as JSON: `{"columns":[{name,type}],"rows":[[...]]`, to which what all answers have is added.

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Schema};
use arrow::error::ArrowError;
use clearspan_query::json::push_json_string;

use super::value::Column;

/// Everything up to the end of the rows; the object is still open.
pub(super) fn rows(schema: &Schema, batches: &[RecordBatch]) -> Result<String, ArrowError> {
    let mut out = String::from("{\"columns\":[");
    for (at, field) in schema.fields().iter().enumerate() {
        out.push_str(if at > 0 { ",{\"name\":" } else { "{\"name\":" });
        push_json_string(field.name(), &mut out);
        out.push_str(",\"type\":");
        push_json_string(&type_name(field.data_type()), &mut out);
        out.push('}');
    }
    out.push_str("],\"rows\":[");
    let mut is_first = true;
    for batch in batches {
        let fields = schema.fields().iter().zip(batch.columns());
        let columns: Vec<Column<'_>> = fields
            .map(|(field, array)| Column::new(field, array))
            .collect::<Result<_, _>>()?;
        for row in 0..batch.num_rows() {
            out.push_str(if is_first { "[" } else { ",[" });
            is_first = false;
            for (at, column) in columns.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                column.push_json(row, &mut out)?;
            }
            out.push(']');
        }
    }
    out.push(']');
    Ok(out)
}

/// Arrow's name of a type, in lower case and without quotes: `timestamp(ns, utc)`.
fn type_name(data_type: &DataType) -> String {
    data_type.to_string().to_lowercase().replace('"', "")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, RecordBatchOptions, StringArray};
    use arrow::datatypes::{Field, TimeUnit};

    use super::*;

    #[test]
    fn types_have_arrows_names() {
        let check =
            |data_type: DataType, expected: &str| assert_eq!(type_name(&data_type), expected);
        check(DataType::Utf8, "utf8");
        check(DataType::Int64, "int64");
        check(DataType::Float64, "float64");
        check(DataType::Boolean, "boolean");
        check(DataType::Null, "null");
        check(
            DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())),
            "timestamp(ns, utc)",
        );
        check(DataType::Timestamp(TimeUnit::Second, None), "timestamp(s)");
        check(DataType::Decimal128(10, 2), "decimal128(10, 2)");
    }

    #[test]
    fn rows_follow_each_other_over_batches_and_names_may_repeat() {
        let schema = Arc::new(Schema::new(vec![
            Field::new("a", DataType::Int64, true),
            Field::new("a", DataType::Utf8, true),
        ]));
        let batch = |numbers: Vec<Option<i64>>, texts: Vec<Option<&str>>| {
            let columns: Vec<ArrayRef> = vec![
                Arc::new(Int64Array::from(numbers)),
                Arc::new(StringArray::from(texts)),
            ];
            RecordBatch::try_new(Arc::clone(&schema), columns).unwrap()
        };
        let batches = [
            batch(vec![Some(1), None], vec![Some("x\""), None]),
            batch(vec![], vec![]),
            batch(vec![Some(i64::MAX)], vec![Some("")]),
        ];
        assert_eq!(
            rows(&schema, &batches).unwrap(),
            r#"{"columns":[{"name":"a","type":"int64"},{"name":"a","type":"utf8"}],"rows":[[1,"x\""],[null,null],["9223372036854775807",""]]"#
        );
    }

    #[test]
    fn rows_without_columns() {
        let schema = Arc::new(Schema::empty());
        let options = RecordBatchOptions::new().with_row_count(Some(2));
        let batch =
            RecordBatch::try_new_with_options(Arc::clone(&schema), vec![], &options).unwrap();
        assert_eq!(
            rows(&schema, &[batch]).unwrap(),
            r#"{"columns":[],"rows":[[],[]]"#
        );
    }
}
