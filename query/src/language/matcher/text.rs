//! Words and phrases in the text of a row. How they are found is storage's to say: its templates answer for many rows at once.

use arrow::array::{Array, RecordBatch};
use arrow::buffer::BooleanBuffer;
use clearspan_schema::any::AnyRef;
use clearspan_schema::json::push_text;
use clearspan_schema::logs::{self, Body, body_at};
use clearspan_schema::{SchemaError, Signal, columns, spans};
use clearspan_storage::scan::{PartError, RowTexts, TextSearch};

use super::memo::Memo;
use super::rows_where;
use crate::language::ast::Phrase;

/// Words and phrases in the text of a row: a log's body, a span's name.
#[derive(Debug)]
pub(crate) struct TextTest {
    signal: Signal,
    search: TextSearch,
}

impl TextTest {
    pub(crate) fn new(signal: Signal, phrase: &Phrase) -> Self {
        TextTest {
            signal,
            search: TextSearch::new([phrase.into()], true),
        }
    }

    /// Several in one test, so that a row's text is folded once. `None` when there is no phrase.
    pub(crate) fn joined<'p>(
        signal: Signal,
        phrases: impl Iterator<Item = &'p Phrase>,
        all: bool,
    ) -> Option<Self> {
        let mut phrases = phrases.map(Into::into).peekable();
        phrases.peek()?;
        Some(TextTest {
            signal,
            search: TextSearch::new(phrases, all),
        })
    }

    pub(crate) fn search(&self) -> &TextSearch {
        &self.search
    }

    pub(crate) fn columns(&self) -> Vec<&'static str> {
        match self.signal {
            Signal::Logs => vec![logs::BODY, logs::BODY_VALUE],
            Signal::Spans => vec![spans::NAME],
        }
    }

    /// Reads the texts that come with the rows, and their column where none do.
    pub(crate) fn select(
        &self,
        batch: &RecordBatch,
        texts: Option<&RowTexts>,
        mask: &BooleanBuffer,
    ) -> Result<BooleanBuffer, PartError> {
        match (texts, self.signal) {
            (Some(texts), _) => texts.matching(&self.search, mask),
            (None, Signal::Spans) => Ok(self.in_names(batch, mask)?),
            (None, Signal::Logs) => Ok(self.in_bodies(batch, mask)?),
        }
    }

    fn in_names(
        &self,
        batch: &RecordBatch,
        mask: &BooleanBuffer,
    ) -> Result<BooleanBuffer, SchemaError> {
        let names = columns::text_dictionary(batch, spans::NAME)?;
        let mut memo = Memo::new(names.values().len());
        let mut folded = String::new();
        Ok(rows_where(mask, |row| {
            names.key(row).is_some_and(|key| {
                memo.get(key, || {
                    let name = names.values().value(key);
                    self.search.stands_in(name, &mut folded)
                })
            })
        }))
    }

    fn in_bodies(
        &self,
        batch: &RecordBatch,
        mask: &BooleanBuffer,
    ) -> Result<BooleanBuffer, SchemaError> {
        let (text, value) = (
            columns::text(batch, logs::BODY)?,
            columns::binary(batch, logs::BODY_VALUE)?,
        );
        let (mut json, mut folded) = (String::new(), String::new());
        Ok(rows_where(mask, |row| match body_at(text, value, row) {
            Body::Absent => false,
            Body::Text(text) => self.search.stands_in(text, &mut folded),
            Body::Value(encoded) => {
                json.clear();
                let Some(value) = AnyRef::decode(encoded) else {
                    return false;
                };
                push_text(value, &mut json);
                self.search.stands_in(&json, &mut folded)
            }
        }))
    }
}
