//! Compaction: the many small segments that flushes leave become few.
//!
//! # Which segments are merged
//!
//! The rule (`choice.rs`) looks at one partition at a time; `odd` is a partition like any other. A segment's `level`
//! says how often its rows were rewritten: 0 fresh from a flush, then 1, at most 2.
//!
//! 1. The fresh segments of a partition are merged once, when no flush has written to it for two flush intervals and
//!    its hour has been over for as long. So a row of an ordinary hour is written twice in its life: by its flush, and
//!    by the one compaction of its hour.
//! 2. Before that only when many have piled up: 16, or as many as the partition has merged segments (at most 64), or
//!    the rows of a full segment.
//! 3. Late rows, fewer than one in 64 of what was merged before, wait for such a pile too, a day at most. The large
//!    segment is not touched for them.
//! 4. Small segments of level 1 (less than a quarter of a full one) are merged among themselves when there are 16, none
//!    of them larger than the smaller ones together, and if no more than a quarter of the partition's rows is then of
//!    level 2. Those of level 2 stay.
//!
//! 5. When a day has been over for a day, its small merged segments (what four records a second make in an hour) become one, in the partition of
//!    the day (`days.rs`): else a month of little would be thousands of files.
//!
//! So, days of little apart, rewritten rows are at most 1.25 times those that were flushed, late ones included, and no row is rewritten more
//! than twice. The number of segments grows with the square root of the number of flushes that wrote to the hour.
//!
//! # One compaction
//!
//! 1. The order of the rows is worked out (`order.rs`): of spans from the trace directories, before a row is read.
//! 2. The inputs are merged row by row (`row_merge.rs`), a record batch or two of each at a time, into segments that
//!    are planned to be equally large (`output.rs`, `job.rs`). Nothing is deduplicated: no two live segments hold the
//!    same row. Rows that come out of order, and counts that do not agree, fail the compaction.
//! 3. One catalog transaction puts the new segments in the place of the old (`publication.rs`), then memory follows in
//!    one step, under the lock of the table's state. A flush may add segments at any time: both change the list as it
//!    then is.
//! 4. The old folders are removed when no snapshot holds their segments any more (`doomed.rs`).
//!
//! A crash before 3 leaves folders that the catalog does not name, one after it the old folders, which it names no
//! longer; both go at the next start. All of it is done in small turns (`table/compaction_step.rs`), between which the
//! loop can be stopped: what was begun is then given up.
//!
//! | file | what it holds |
//! |---|---|
//! | `choice.rs` | the rule: a pure function over catalog rows and the time |
//! | `days.rs` | the rule for small hours of a day |
//! | `order.rs` | in which order the rows of several segments become one |
//! | `input.rs` | a segment that is read in order, a few record batches kept |
//! | `row_merge.rs` | the merge of rows |
//! | `plan.rs` | how merged rows shall lie |
//! | `output.rs` | a segment that is being made |
//! | `job.rs` | one compaction, a batch at a time |
//! | `publication.rs` | the catalog transaction, and what to do when its answer is lost |
//! | `doomed.rs` | replaced segments that wait for their last reader |
//! | `set_aside.rs` | segments that could not be merged and are left out |
//! | `error.rs` | [`CompactionError`] |

mod choice;
mod days;
mod doomed;
mod error;
mod input;
mod job;
mod order;
mod output;
mod plan;
mod publication;
mod row_merge;
mod set_aside;

pub use error::CompactionError;

pub(crate) use choice::{Merge, When, choose};
pub(crate) use doomed::Doomed;
pub(crate) use job::{Job, Place};
pub(crate) use publication::{Outcome, Publication};
pub(crate) use set_aside::SetAside;
