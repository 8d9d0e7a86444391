//! What of a row the text index and the filters take in: its text, and its ids.

use arrow::array::{Array, BinaryArray, FixedSizeBinaryArray, RecordBatch, StringArray};
use clearspan_schema::any::AnyRef;
use clearspan_schema::dictionary::TextDictionary;
use clearspan_schema::json::push_text;
use clearspan_schema::logs::{Body, body_at};
use clearspan_schema::{Signal, columns, logs, spans};

use super::SegmentError;
use super::shape::SplitRows;
use crate::template::{SPAN_REFERENCE, TRACE_REFERENCE};
use crate::text::{TextIndexBuilder, id_key_of_bytes};

/// Feeds a builder row by row: each row's text, and its trace and span ids.
pub(crate) fn index_rows(
    signal: Signal,
    rows: &RecordBatch,
    builder: &mut TextIndexBuilder,
) -> Result<(), SegmentError> {
    index_stored(signal, rows, None, builder)
}

/// Likewise for rows of a segment that is being written, whose bodies may have been split: of a body with a template, the template's
/// id and the variables. `builder` knows the templates.
pub(crate) fn index_stored(
    signal: Signal,
    rows: &RecordBatch,
    split: Option<SplitRows<'_>>,
    builder: &mut TextIndexBuilder,
) -> Result<(), SegmentError> {
    let texts = RowTexts::new(signal, rows)?;
    let ids = RowIds::new(signal, rows)?;
    let mut scratch = String::new();
    for row in 0..rows.num_rows() {
        let keys = ids.keys(row);
        for key in keys.each() {
            builder.add_id(key);
        }
        let templated = split.and_then(|split| split.row(row));
        match templated {
            Some((id, variables)) if builder.add_template(id) => {
                add_variables(variables, keys, builder);
            }
            _ => {
                if let Some(text) = texts.row(row, &mut scratch) {
                    builder.add_text(text);
                }
            }
        }
        builder.end_row();
    }
    Ok(())
}

/// Feeds the variables of a body. The characters between them belong to no word.
fn add_variables(variables: &str, keys: RowKeys, builder: &mut TextIndexBuilder) {
    builder.add_text(variables);
    let has = |reference: char| memchr::memchr(reference as u8, variables.as_bytes()).is_some();
    let references = [(keys.trace, TRACE_REFERENCE), (keys.span, SPAN_REFERENCE)];
    for (key, reference) in references {
        if let Some(key) = key.filter(|_| has(reference)) {
            builder.add_reference(key);
        }
    }
}

/// The columns of a record's own ids.
struct RowIds<'a> {
    traces: &'a FixedSizeBinaryArray,
    spans: &'a FixedSizeBinaryArray,
}

/// The keys of a record's own ids.
#[derive(Clone, Copy)]
struct RowKeys {
    trace: Option<u64>,
    span: Option<u64>,
}

impl<'a> RowIds<'a> {
    fn new(signal: Signal, rows: &'a RecordBatch) -> Result<Self, SegmentError> {
        let (trace, span) = match signal {
            Signal::Logs => (logs::TRACE_ID, logs::SPAN_ID),
            Signal::Spans => (spans::TRACE_ID, spans::SPAN_ID),
        };
        Ok(RowIds {
            traces: columns::id(rows, trace)?,
            spans: columns::id(rows, span)?,
        })
    }

    fn keys(&self, row: usize) -> RowKeys {
        let key =
            |ids: &FixedSizeBinaryArray| ids.is_valid(row).then(|| id_key_of_bytes(ids.value(row)));
        RowKeys {
            trace: key(self.traces),
            span: key(self.spans),
        }
    }
}

impl RowKeys {
    fn each(self) -> impl Iterator<Item = u64> {
        [self.trace, self.span].into_iter().flatten()
    }
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

#[cfg(test)]
mod tests;
