//! Derived rows: what a formula makes of the rows of a segment, kept beside them.
//!
//! Storage knows no semantic convention, so the formulas come from outside ([`Derive`]). It makes the derived rows when a segment
//! is sealed, keeps them in a file of the segment's folder, and deletes them with it: they cannot outlive, precede or contradict
//! the rows they were made of. They are an aid, like the indexes: without the file, or with one of another version of the formula,
//! whoever asks reads the rows themselves.
//!
//! 1. A flush or a compaction streams its rows through the writer of a segment, which shows each to every formula of the signal. A
//!    compaction so merges what its inputs had, whichever way it divides their rows into segments, and brings what an
//!    older formula made up to date.
//! 2. At the end each formula gives one batch, or declines: where there are hardly fewer derived rows than rows, they are worth nothing.
//! 3. A query asks a part of its snapshot ([`crate::scan::Part::derived`]): of a segment the file is read, of a memtable chunk
//!    the rows are made when first asked for.
//!
//! | file | what it holds |
//! |---|---|
//! | `derivations.rs` | all formulas of a signal, while the rows of a segment stream by |
//! | `file.rs` | the file |

mod derivations;
mod file;

use std::fmt::Debug;
use std::sync::Arc;

use arrow::array::RecordBatch;
use clearspan_schema::{SchemaError, Signal};

pub(crate) use derivations::Derivations;
pub(crate) use file::decode;

/// A formula for derived rows.
pub trait Derive: Debug + Send + Sync {
    /// Its name, of lower-case letters and `_`: a part of the file's name.
    fn name(&self) -> &'static str;

    /// Another number whenever it would make other rows, or other columns, of the same rows.
    fn version(&self) -> u32;

    /// Of which rows it derives.
    fn signal(&self) -> Signal;

    /// Begins with no row.
    fn begin(&self) -> Box<dyn Derivation>;
}

/// Rows being derived, in the order in which they stand: of a segment of spans those of each trace together, of a memtable chunk as they arrived. What comes out must
/// not depend on the order in which rows are shown, but for numbers of rows, nor on how they are divided into batches.
pub trait Derivation: Debug + Send {
    /// Takes rows, with all columns of the stored schema.
    fn push(&mut self, rows: &RecordBatch) -> Result<(), SchemaError>;

    /// The derived rows; `None` where they would not be worth their room, or would take too much memory.
    fn finish(self: Box<Self>) -> Result<Option<RecordBatch>, SchemaError>;
}

/// The formulas whose rows a store keeps, those of both signals. Names must be distinct.
#[derive(Debug, Clone, Default)]
pub struct Formulas(Arc<[Arc<dyn Derive>]>);

impl Formulas {
    pub(crate) fn of(&self, signal: Signal) -> impl Iterator<Item = &Arc<dyn Derive>> {
        self.0
            .iter()
            .filter(move |formula| formula.signal() == signal)
    }
}

impl FromIterator<Arc<dyn Derive>> for Formulas {
    fn from_iter<I: IntoIterator<Item = Arc<dyn Derive>>>(formulas: I) -> Self {
        Formulas(formulas.into_iter().collect())
    }
}

/// What `formula` makes of `rows` alone.
pub(crate) fn derive(
    formula: &dyn Derive,
    rows: &RecordBatch,
) -> Result<Option<RecordBatch>, SchemaError> {
    let mut derivation = formula.begin();
    derivation.push(rows)?;
    derivation.finish()
}

#[cfg(test)]
pub(crate) mod tests;
