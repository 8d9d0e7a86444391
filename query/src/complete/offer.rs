//! What is offered at a place.

use clearspan_schema::Signal;
use clearspan_storage::text::fold::fold;

use super::CompletionItem;
use crate::ValueCount;
use crate::language::fields::known_names;
use crate::language::{Completion, Field};

/// The choices so far.
pub(super) struct Offer<'a> {
    completion: &'a Completion,
    /// What was typed, folded.
    typed: String,
    limit: usize,
    pub(super) items: Vec<CompletionItem>,
}

impl<'a> Offer<'a> {
    pub(super) fn new(completion: &'a Completion, limit: usize) -> Self {
        Offer {
            completion,
            typed: fold(&completion.typed),
            limit,
            items: Vec::new(),
        }
    }

    pub(super) fn operators(&mut self) {
        for operator in ["AND", "OR"] {
            // Only upper-case ones are operators.
            if operator.starts_with(&self.completion.typed) {
                self.push(operator, None, |_| operator.to_owned());
            }
        }
    }

    /// `fields` are those that rows have, the most frequent first. Those that the language knows besides stand behind them.
    pub(super) fn fields(&mut self, mut fields: Vec<(String, u64)>, signal: Signal) {
        for name in known_names(signal) {
            let rows_of = |name: &str| fields.iter().find(|(own, _)| own == name);
            if rows_of(name).is_some() {
                continue;
            }
            // Another name of a field that is listed by its own.
            let listed = Field::named(name, signal).to_string();
            let rows = rows_of(&listed).map_or(0, |(_, rows)| *rows);
            let behind = fields.partition_point(|(_, of_other)| *of_other >= rows);
            fields.insert(behind, (name.to_owned(), rows));
        }
        for (name, rows) in fields {
            self.push(&name, Some(rows), |completion| completion.field_text(&name));
        }
    }

    /// `values` are those that rows have, the most frequent first.
    pub(super) fn values(&mut self, values: &[ValueCount]) {
        for ValueCount { value, count } in values {
            self.push(&value.text(), Some(*count), |completion| {
                completion.value_text(&value.value())
            });
        }
    }

    fn push(
        &mut self,
        label: &str,
        count: Option<u64>,
        written: impl FnOnce(&Completion) -> String,
    ) {
        let is_meant = self.typed.is_empty() || fold(label).starts_with(&self.typed);
        if is_meant && self.items.len() < self.limit {
            self.items.push(CompletionItem {
                insert: written(self.completion),
                label: label.to_owned(),
                count,
            });
        }
    }
}
