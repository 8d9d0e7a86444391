//! Rows as CSV (RFC 4180) with a header. Null and empty text look alike: nothing stands between the commas.

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use arrow::error::ArrowError;

use super::value::Column;

/// The whole document.
pub(super) fn rows(schema: &Schema, batches: &[RecordBatch]) -> Result<Vec<u8>, ArrowError> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    let failed = |error: csv::Error| ArrowError::CsvError(error.to_string());
    let names = schema.fields().iter().map(|field| field.name().as_bytes());
    writer.write_record(names).map_err(failed)?;
    let mut text = String::new();
    for batch in batches {
        let fields = schema.fields().iter().zip(batch.columns());
        let columns: Vec<Column<'_>> = fields
            .map(|(field, array)| Column::new(field, array))
            .collect::<Result<_, _>>()?;
        for row in 0..batch.num_rows() {
            for column in &columns {
                text.clear();
                column.push_text(row, &mut text)?;
                writer.write_field(&text).map_err(failed)?;
            }
            writer.write_record(None::<&[u8]>).map_err(failed)?;
        }
    }
    writer
        .into_inner()
        .map_err(|error| ArrowError::CsvError(error.to_string()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Float64Array, StringArray};
    use arrow::datatypes::{DataType, Field};

    use super::*;

    #[test]
    fn a_header_and_quoted_fields() {
        let schema = Arc::new(Schema::new(vec![
            Field::new("max(\"x\")", DataType::Float64, true),
            Field::new("t", DataType::Utf8, true),
        ]));
        let columns: Vec<ArrayRef> = vec![
            Arc::new(Float64Array::from(vec![Some(1.5), None, Some(f64::NAN)])),
            Arc::new(StringArray::from(vec![Some("a,\"b\"\r\n"), None, Some("")])),
        ];
        let batch = RecordBatch::try_new(Arc::clone(&schema), columns).unwrap();
        let expected = "\"max(\"\"x\"\")\",t\r\n1.5,\"a,\"\"b\"\"\r\n\"\r\n,\r\nNaN,\r\n";
        assert_eq!(
            String::from_utf8(rows(&schema, &[batch]).unwrap()).unwrap(),
            expected
        );
    }
}
