//! Counting the distinct values of one field.
//!
//! A value counts the rows that a filter on it finds. By the language's rules that is
//! 1. of a text: the rows that have this text, or a map or bytes with this JSON; case is ignored where the
//!    field ignores it;
//! 2. of a number or boolean: the rows that have it, and those that have the text it is written as, because
//!    an unquoted `200` finds both. Numbers are told apart by their value, not by their type;
//! 3. of a list: a row counts for each element, once.
//!
//! Rows are counted per value as it stands. The texts of rule 2 are added at the end, less the rows that
//! have both: only a row with several values can, and these are looked at when they are counted.

use std::collections::HashMap;

use clearspan_schema::any::AnyRef;
use clearspan_schema::json::push_json;
use clearspan_storage::text::fold::fold;

use super::budget::Budget;
use super::remembered::Found;
use super::top::Top;
use super::value::{FieldValue, double_text};
use super::values::{FieldValues, ValueCount};
use crate::QueryError;
use crate::language::matcher::LIST_DEPTH_MAX;

/// The distinct values of a field, each with its rows.
#[derive(Debug, Default)]
pub(crate) struct Distinct {
    ignores_case: bool,
    /// Only values whose text begins so are kept; folded where case is ignored.
    prefix: String,
    texts: HashMap<Box<str>, u32>,
    ints: HashMap<i64, u32>,
    doubles: HashMap<u64, u32>,
    bools: [Option<u32>; 2],
    entries: Vec<Entry>,
    /// Where case is ignored: how a text is shown.
    spellings: HashMap<u32, Spelling>,
    /// Rows that have a number or boolean and also the text it is written as.
    also_as_text: HashMap<u32, u64>,
    /// The values of the row that is being counted.
    row: Vec<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    rows: u64,
    kind: Kind,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Text { only_json: bool },
    Bool(bool),
    Int { value: i64, only_double: bool },
    Double(f64),
}

/// Where a text comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Origin {
    /// It was sent.
    Sent,
    /// It is the name of a number that was sent.
    Name,
    /// It is the JSON of what was sent.
    Json,
}

/// A spelling as sent stands before a name, and of several the first in order is shown.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Spelling(Origin, Box<str>);

impl Distinct {
    /// `prefix` is what the texts of the values that are wanted begin with.
    pub(crate) fn new(ignores_case: bool, prefix: &str) -> Self {
        Distinct {
            ignores_case,
            prefix: if ignores_case {
                fold(prefix)
            } else {
                prefix.to_owned()
            },
            ..Distinct::default()
        }
    }

    /// Adds a value to the row, or each element of a list.
    pub(crate) fn push(
        &mut self,
        value: AnyRef<'_>,
        budget: &mut Budget,
    ) -> Result<(), QueryError> {
        self.element(value, 0, budget)
    }

    fn element(
        &mut self,
        value: AnyRef<'_>,
        depth: usize,
        budget: &mut Budget,
    ) -> Result<(), QueryError> {
        match value {
            AnyRef::Empty => Ok(()),
            AnyRef::String(text) => self.push_text(text, Origin::Sent, budget),
            AnyRef::Bool(value) => self.push_bool(value, budget),
            AnyRef::Int(value) => self.push_int(value, false, budget),
            AnyRef::Double(value) => self.push_double(value, budget),
            AnyRef::Bytes(_) | AnyRef::KeyValues(_) => self.push_as_json(value, budget),
            AnyRef::Array(_) if depth == LIST_DEPTH_MAX => Ok(()),
            AnyRef::Array(mut values) => {
                values.try_for_each(|value| self.element(value, depth + 1, budget))
            }
        }
    }

    /// Adds a value to the row by its JSON, a list too.
    pub(crate) fn push_as_json(
        &mut self,
        value: AnyRef<'_>,
        budget: &mut Budget,
    ) -> Result<(), QueryError> {
        let mut json = String::new();
        push_json(value, &mut json);
        self.push_text(&json, Origin::Json, budget)
    }

    /// Adds a text to the row.
    pub(crate) fn push_text(
        &mut self,
        text: &str,
        origin: Origin,
        budget: &mut Budget,
    ) -> Result<(), QueryError> {
        if !self.ignores_case {
            return match self.text_slot(text, origin, budget)? {
                Some(slot) => self.put(slot),
                None => Ok(()),
            };
        }
        let Some(slot) = self.text_slot(&fold(text), origin, budget)? else {
            return Ok(());
        };
        let known = self.spellings.get(&slot);
        if known.is_none_or(|Spelling(of, shown)| (origin, text) < (*of, shown.as_ref())) {
            self.spellings.insert(slot, Spelling(origin, text.into()));
        }
        self.put(slot)
    }

    /// `None` when it does not begin with the prefix.
    fn text_slot(
        &mut self,
        key: &str,
        origin: Origin,
        budget: &mut Budget,
    ) -> Result<Option<u32>, QueryError> {
        if !key.starts_with(&self.prefix) {
            return Ok(None);
        }
        let is_json = origin == Origin::Json;
        if let Some(&slot) = self.texts.get(key) {
            if let Kind::Text { only_json } = &mut self.entries[slot as usize].kind {
                *only_json &= is_json;
            }
            return Ok(Some(slot));
        }
        // A spelling is a second text.
        budget.take(key.len() * (1 + usize::from(self.ignores_case)))?;
        let slot = self.enter(Kind::Text { only_json: is_json });
        self.texts.insert(key.into(), slot);
        Ok(Some(slot))
    }

    fn push_bool(&mut self, value: bool, budget: &mut Budget) -> Result<(), QueryError> {
        let at = usize::from(value);
        let slot = match self.bools[at] {
            Some(slot) => slot,
            None if !bool_text(value).starts_with(&self.prefix) => return Ok(()),
            None => {
                budget.take(0)?;
                let slot = self.enter(Kind::Bool(value));
                self.bools[at] = Some(slot);
                slot
            }
        };
        self.put(slot)
    }

    /// Adds a whole number to the row.
    pub(crate) fn push_int(
        &mut self,
        value: i64,
        is_double: bool,
        budget: &mut Budget,
    ) -> Result<(), QueryError> {
        let slot = match self.ints.get(&value) {
            Some(&slot) => {
                if let Kind::Int { only_double, .. } = &mut self.entries[slot as usize].kind {
                    *only_double &= is_double;
                }
                slot
            }
            None if !self.wants(|| value.to_string()) => return Ok(()),
            None => {
                budget.take(0)?;
                let slot = self.enter(Kind::Int {
                    value,
                    only_double: is_double,
                });
                self.ints.insert(value, slot);
                slot
            }
        };
        self.put(slot)
    }

    /// NaN and infinities are no values: nothing equals them.
    fn push_double(&mut self, value: f64, budget: &mut Budget) -> Result<(), QueryError> {
        const TWO_63: f64 = 9_223_372_036_854_775_808.0;
        if !value.is_finite() {
            return Ok(());
        }
        if value.fract() == 0.0 && (-TWO_63..TWO_63).contains(&value) {
            return self.push_int(value as i64, true, budget);
        }
        let slot = match self.doubles.get(&value.to_bits()) {
            Some(&slot) => slot,
            None if !self.wants(|| double_text(value)) => return Ok(()),
            None => {
                budget.take(0)?;
                let slot = self.enter(Kind::Double(value));
                self.doubles.insert(value.to_bits(), slot);
                slot
            }
        };
        self.put(slot)
    }

    fn wants(&self, text: impl FnOnce() -> String) -> bool {
        self.prefix.is_empty() || text().starts_with(&self.prefix)
    }

    fn enter(&mut self, kind: Kind) -> u32 {
        // The budget allows a million.
        let slot = self.entries.len() as u32;
        self.entries.push(Entry { rows: 0, kind });
        slot
    }

    #[allow(clippy::unnecessary_wraps, reason = "ends the functions that may fail")]
    fn put(&mut self, slot: u32) -> Result<(), QueryError> {
        self.row.push(slot);
        Ok(())
    }

    /// Adds the values of `found` to the row.
    pub(crate) fn push_found(&mut self, found: &Found) {
        self.row.extend_from_slice(found.slots());
    }

    /// The values of the row, which is empty then.
    pub(crate) fn take_found(&mut self) -> Found {
        self.row.sort_unstable();
        self.row.dedup();
        let found = match *self.row.as_slice() {
            [one] => Found::One(one),
            ref several => Found::Several(several.into()),
        };
        self.row.clear();
        found
    }

    /// Counts the row, which is empty then.
    pub(crate) fn count_row(&mut self) {
        self.count_rows(1);
    }

    /// Counts so many rows that are all like the row, which is empty then.
    pub(crate) fn count_rows(&mut self, rows: u64) {
        match *self.row.as_slice() {
            [] => {}
            [one] => self.entries[one as usize].rows += rows,
            // A severity's text is mostly the name of its number.
            [one, same] if one == same => self.entries[one as usize].rows += rows,
            _ => {
                let mut row = std::mem::take(&mut self.row);
                row.sort_unstable();
                row.dedup();
                self.count_several(&row, rows);
                self.row = row;
            }
        }
        self.row.clear();
    }

    /// Counts so many rows with the values of `found`.
    pub(crate) fn count(&mut self, found: &Found, rows: u64) {
        match found {
            Found::One(slot) => self.entries[*slot as usize].rows += rows,
            Found::Several(slots) => self.count_several(slots, rows),
        }
    }

    /// `slots` are ascending and each there once.
    fn count_several(&mut self, slots: &[u32], rows: u64) {
        let (mut texts, mut others) = (false, false);
        for &slot in slots {
            let entry = &mut self.entries[slot as usize];
            entry.rows += rows;
            let is_text = matches!(entry.kind, Kind::Text { .. });
            texts |= is_text;
            others |= !is_text;
        }
        if !(texts && others) {
            return;
        }
        for &slot in slots {
            let written = self.entries[slot as usize].kind.written();
            let text = written.and_then(|written| self.texts.get(written.as_str()));
            if text.is_some_and(|text| slots.binary_search(text).is_ok()) {
                *self.also_as_text.entry(slot).or_default() += rows;
            }
        }
    }

    /// The values with the most rows, and how many there are.
    pub(crate) async fn top(self, field: String, limit: usize) -> FieldValues {
        let distinct = self.entries.len() as u64;
        let mut top = Top::new(limit);
        for (slot, entry) in (0..).zip(&self.entries) {
            if let Some(value) = entry.kind.value() {
                top.offer(self.rows_of(slot, entry), || value).await;
            }
        }
        let (entries, mut spellings) = (self.entries, self.spellings);
        for (text, slot) in self.texts {
            let entry = entries[slot as usize];
            let value = || {
                let shown = spellings.remove(&slot).map(|Spelling(_, shown)| shown);
                let text = String::from(shown.unwrap_or(text));
                match entry.kind {
                    Kind::Text { only_json: true } => FieldValue::Json(text),
                    _ => FieldValue::Text(text),
                }
            };
            top.offer(entry.rows, value).await;
        }
        let values = top.in_order();
        FieldValues {
            field,
            values: values
                .map(|(count, value)| ValueCount { value, count })
                .collect(),
            distinct,
        }
    }

    /// Of a number or boolean: with the rows that have it as a text.
    fn rows_of(&self, slot: u32, entry: &Entry) -> u64 {
        let written = entry.kind.written();
        let text = written.and_then(|written| self.texts.get(written.as_str()));
        let as_text = text.map_or(0, |&text| self.entries[text as usize].rows);
        let as_both = self.also_as_text.get(&slot).copied().unwrap_or(0);
        entry.rows + as_text - as_both
    }
}

impl Kind {
    /// What is no text, as a value.
    fn value(self) -> Option<FieldValue> {
        match self {
            Kind::Text { .. } => None,
            Kind::Bool(value) => Some(FieldValue::Bool(value)),
            Kind::Int { value, only_double } => Some(FieldValue::Int { value, only_double }),
            Kind::Double(value) => Some(FieldValue::Double(value)),
        }
    }

    /// The text that an unquoted value of this kind also finds. It is the same folded.
    fn written(self) -> Option<String> {
        self.value().map(|value| value.text().into_owned())
    }
}

fn bool_text(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}
