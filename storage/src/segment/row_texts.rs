//! What of a row the text index and the filters take in: its text, and its ids.

use arrow::array::{Array, BinaryArray, RecordBatch, StringArray};
use clearspan_schema::any::AnyRef;
use clearspan_schema::dictionary::TextDictionary;
use clearspan_schema::json::push_text;
use clearspan_schema::logs::{Body, body_at};
use clearspan_schema::{Signal, columns, logs, spans};

use super::SegmentError;
use crate::text::{TextIndexBuilder, id_key_of_bytes};

/// Feeds a builder row by row: each row's text, and its trace and span ids.
pub(crate) fn index_rows(
    signal: Signal,
    rows: &RecordBatch,
    builder: &mut TextIndexBuilder,
) -> Result<(), SegmentError> {
    let texts = RowTexts::new(signal, rows)?;
    let (trace, span) = match signal {
        Signal::Logs => (logs::TRACE_ID, logs::SPAN_ID),
        Signal::Spans => (spans::TRACE_ID, spans::SPAN_ID),
    };
    let ids = [columns::id(rows, trace)?, columns::id(rows, span)?];
    let mut scratch = String::new();
    for row in 0..rows.num_rows() {
        if let Some(text) = texts.row(row, &mut scratch) {
            builder.add_text(text);
        }
        for column in ids {
            if column.is_valid(row) {
                builder.add_id(id_key_of_bytes(column.value(row)));
            }
        }
        builder.end_row();
    }
    Ok(())
}

/// The text of each row that words and phrases are searched in.
enum RowTexts<'a> {
    Body(&'a StringArray, &'a BinaryArray),
    Name(TextDictionary<'a>),
}

impl<'a> RowTexts<'a> {
    fn new(signal: Signal, rows: &'a RecordBatch) -> Result<Self, SegmentError> {
        Ok(match signal {
            Signal::Logs => RowTexts::Body(
                columns::text(rows, logs::BODY)?,
                columns::binary(rows, logs::BODY_VALUE)?,
            ),
            Signal::Spans => RowTexts::Name(columns::text_dictionary(rows, spans::NAME)?),
        })
    }

    fn row<'s>(&'s self, row: usize, scratch: &'s mut String) -> Option<&'s str> {
        match self {
            RowTexts::Name(names) => names.value(row),
            RowTexts::Body(body, value) => match body_at(body, value, row) {
                Body::Absent => None,
                Body::Text(text) => Some(text),
                Body::Value(encoded) => {
                    scratch.clear();
                    push_text(AnyRef::decode(encoded)?, scratch);
                    Some(scratch)
                }
            },
        }
    }
}
