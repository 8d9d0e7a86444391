//! The severities of logs. A row has its text, and its number by the name of the band; case is ignored.

use arrow::array::RecordBatch;
use clearspan_schema::{columns, logs};

use super::budget::Budget;
use super::distinct::{Distinct, Origin};
use super::remembered::{Found, Remembered};
use crate::QueryError;
use crate::language::fields::{SEVERITIES, severity_band};

/// Counts severities.
#[derive(Debug, Default)]
pub(super) struct Severities {
    texts: Remembered<Found>,
    /// The names of the bands.
    bands: [Option<Found>; SEVERITIES.len()],
}

impl Severities {
    /// Counts the rows of `batch`; a number without a band by itself.
    pub(super) fn add(
        &mut self,
        batch: &RecordBatch,
        distinct: &mut Distinct,
        budget: &mut Budget,
    ) -> Result<(), QueryError> {
        let numbers = columns::int32(batch, logs::SEVERITY_NUMBER)?;
        let texts = columns::text_dictionary(batch, logs::SEVERITY_TEXT)?;
        let answers = self.texts.of(texts.values());
        let rows: Vec<usize> = (0..batch.num_rows()).collect();
        let is_alike = |&a: &usize, &b: &usize| {
            numbers.value(a) == numbers.value(b) && texts.key(a) == texts.key(b)
        };
        // Most neighbours are alike.
        for run in rows.chunk_by(is_alike) {
            let row = run[0];
            let number = numbers.value(row);
            // Both are found before the first is pushed: finding takes the row's values.
            let band = band(number, &mut self.bands, distinct, budget)?;
            if let Some(key) = texts.key(row) {
                let found = answers.get(key, || {
                    let text = texts.values().value(key);
                    if !text.is_empty() {
                        distinct.push_text(text, Origin::Sent, budget)?;
                    }
                    Ok(distinct.take_found())
                })?;
                distinct.push_found(found);
            }
            match band {
                Some(found) => distinct.push_found(found),
                None if number != 0 => distinct.push_int(number.into(), false, budget)?,
                None => {}
            }
            distinct.count_rows(run.len() as u64);
        }
        Ok(())
    }
}

/// The name of the band that `number` lies in, for counting; `None` where it lies in none.
fn band<'f>(
    number: i32,
    known: &'f mut [Option<Found>; SEVERITIES.len()],
    distinct: &mut Distinct,
    budget: &mut Budget,
) -> Result<Option<&'f Found>, QueryError> {
    let Some(name) = severity_band(number) else {
        return Ok(None);
    };
    let place = SEVERITIES.iter().position(|&of| of == name);
    let Some(place) = place.and_then(|at| known.get_mut(at)) else {
        return Ok(None);
    };
    if place.is_none() {
        distinct.push_text(name, Origin::Name, budget)?;
        *place = Some(distinct.take_found());
    }
    Ok(place.as_ref())
}
