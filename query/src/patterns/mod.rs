//! Patterns of logs: rows that differ only in numbers and ids, counted together.
//!
//! A pattern is a template of storage (`clearspan_storage::template`): the body with `<*>` for each variable. The template follows from the
//! body alone, so a row has the same pattern in memory, in a fresh segment and in a merged one, and a pattern the same [`PatternId`] for good.
//!
//! 1. The rows that match are found by the same scan and matcher as in a search. Of each the template is read, not the body: a number, and
//!    what it stands for is looked up once a segment (`sums.rs`, `columns.rs`).
//! 2. What all rows of a segment come to is remembered with the segment's other parts in storage's cache, by minute. A question without a query
//!    whose buckets are whole minutes adds that up (`reading.rs`).
//! 3. For the patterns that are shown it is looked up whether they were there before the range (`seen.rs`), and one row of each is restored
//!    (`samples.rs`).
//!
//! Senders may give every body another template. So many patterns are held as there is room for; rows beyond are counted by themselves and
//! told, and whatever is shown has been counted from its first row on.
//!
//! | file | what it holds |
//! |---|---|
//! | `question.rs` | [`patterns`]: the journey; what is asked and answered |
//! | `reading.rs` | the parts of a snapshot, read or remembered |
//! | `sums.rs`, `one.rs` | what is counted of patterns, and of one |
//! | `merge.rs` | sums of sums |
//! | `columns.rs` | what of a batch's rows is counted |
//! | `series.rs` | rows over time |
//! | `seen.rs` | which patterns were there before |
//! | `samples.rs` | one body of each |
//! | `slots.rs` | [`slots`]: the values of a pattern's variables |
//! | `runs.rs` | runs of rows that match, of which no column is wanted |
//! | `id.rs` | [`PatternId`] |
//! | `room.rs` | how much may be held |

mod columns;
mod id;
mod merge;
mod one;
mod question;
mod reading;
mod room;
mod runs;
mod samples;
mod seen;
mod series;
mod slots;
mod sums;

pub use id::PatternId;
pub use question::{Pattern, PatternsAnswer, PatternsRequest, ServiceCount};
pub use slots::{Slot, SlotValue, SlotsAnswer, SlotsRequest};

pub(crate) use question::patterns;
pub(crate) use slots::slots;

use clearspan_schema::SchemaError;
use clearspan_storage::scan::PartError;

use crate::QueryError;

/// What stands for a variable where a template is shown.
const VARIABLE_SHOWN: &str = "<*>";

/// Why reading ended early: a part that cannot be read leaves the others.
#[derive(Debug)]
enum Stopped {
    Part(PartError),
    Question(QueryError),
}

impl From<PartError> for Stopped {
    fn from(error: PartError) -> Self {
        Stopped::Part(error)
    }
}

impl From<SchemaError> for Stopped {
    fn from(error: SchemaError) -> Self {
        Stopped::Part(error.into())
    }
}

impl From<QueryError> for Stopped {
    fn from(error: QueryError) -> Self {
        Stopped::Question(error)
    }
}
