//! Conditions on the text of a row: words and phrases, and of a log's body also what the whole has to be like. How they are found is storage's to
//! say: its templates answer for many rows at once.

use std::sync::Arc;

use arrow::array::{Array, RecordBatch};
use arrow::buffer::BooleanBuffer;
use clearspan_schema::logs::{self, body_at};
use clearspan_schema::{SchemaError, Signal, columns, spans};
use clearspan_storage::scan::{
    FormCondition, PartError, RowTexts, TextCondition, TextScratch, TextSearch,
};

use super::known::BodyTest;
use super::memo::Memo;
use super::rows_where;
use crate::language::ast::{Expr, Field, Phrase, Test, Value};
use crate::language::form::form;

/// Conditions on the text of a row: a log's body, a span's name.
#[derive(Debug)]
pub(crate) struct TextTest {
    signal: Signal,
    search: TextSearch,
}

/// The condition that `expr` puts on a row's text, where it is one alone.
pub(crate) fn condition(expr: &Expr, signal: Signal) -> Option<TextCondition> {
    match expr {
        Expr::Text(phrase) => Some(words(phrase)),
        Expr::Field(field, test) => of_whole(field, test, signal),
        _ => None,
    }
}

/// A word or phrase as a condition.
pub(crate) fn words(phrase: &Phrase) -> TextCondition {
    TextCondition::Words(phrase.into())
}

/// A test of a log's whole body as a condition, where its text's form decides. The names of spans are tested as the dictionary they are.
pub(crate) fn of_whole(field: &Field, test: &Test, signal: Signal) -> Option<TextCondition> {
    if (field, signal) != (&Field::Body, Signal::Logs) {
        return None;
    }
    let condition = FormCondition::new(form(test)?, Arc::new(BodyTest::new(test)));
    Some(TextCondition::Form(match test {
        Test::Equals(Value::Number(_)) => condition.whatever_is_written(),
        _ => condition,
    }))
}

impl TextTest {
    /// One or more in one test, so that a row's text is read once: all of them, or any.
    pub(crate) fn new(signal: Signal, conditions: Vec<TextCondition>, all: bool) -> Self {
        TextTest {
            signal,
            search: TextSearch::new(conditions, all),
        }
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
        let mut scratch = TextScratch::default();
        Ok(rows_where(mask, |row| {
            names.key(row).is_some_and(|key| {
                memo.get(key, || {
                    let name = names.values().value(key);
                    self.search.stands_in(name, &mut scratch)
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
        let mut scratch = TextScratch::default();
        Ok(rows_where(mask, |row| {
            let body = body_at(text, value, row);
            self.search.stands_in_body(body, &mut scratch)
        }))
    }
}
