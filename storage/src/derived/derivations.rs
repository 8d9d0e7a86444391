//! All formulas of a signal, while the rows of a segment stream by.

use std::sync::Arc;

use arrow::array::RecordBatch;
use clearspan_schema::{SchemaError, Signal};

use super::{Derivation, Derive, Formulas, file};
use crate::names;

/// What the formulas of a signal make of the rows of one segment.
#[derive(Debug)]
pub(crate) struct Derivations(Vec<(Arc<dyn Derive>, Box<dyn Derivation>)>);

impl Derivations {
    pub(crate) fn begin(formulas: &Formulas, signal: Signal) -> Self {
        let begun = |formula: &Arc<dyn Derive>| (Arc::clone(formula), formula.begin());
        Derivations(formulas.of(signal).map(begun).collect())
    }

    /// Shows rows to each formula. One that fails is given up: derived rows are an aid, and no reason to hold up a flush.
    pub(crate) fn push(&mut self, rows: &RecordBatch) {
        self.0.retain_mut(|(formula, derivation)| {
            let shown = derivation.push(rows);
            shown.map_err(|error| not_kept(formula, &error)).is_ok()
        });
    }

    /// The files: name and content.
    pub(crate) fn finish(self) -> Vec<(String, Vec<u8>)> {
        let file_of = |(formula, derivation): (Arc<dyn Derive>, Box<dyn Derivation>)| {
            let encoded = derivation.finish();
            let encoded = encoded.and_then(|rows| {
                rows.map(|rows| file::encode(formula.version(), &rows))
                    .transpose()
            });
            let encoded = encoded.map_err(|error| not_kept(&formula, &error)).ok()?;
            Some((names::derived(formula.name()), encoded?))
        };
        self.0.into_iter().filter_map(file_of).collect()
    }
}

fn not_kept(formula: &Arc<dyn Derive>, error: &SchemaError) {
    tracing::error!(formula = formula.name(), %error, "no derived rows are kept for a segment: its rows will be read instead");
}
