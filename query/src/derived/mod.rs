//! Sums by minute that storage keeps beside the rows: the formulas, and how a question uses what they made.
//!
//! 1. Root hands [`formulas`] to storage, which lets them see the rows of each segment it seals (`clearspan_storage::Derive`).
//! 2. A question that wants sums divides its range into whole minutes and what is left of it at its ends and cuts (`minutes.rs`), and the parts
//!    of its snapshot into those that have derived rows and those that have not (`division.rs`).
//! 3. Whole minutes of the former are added up; everything else is read from the rows, with the same scan as ever. Counts
//!    are the same as if all had been read.
//!
//! | file | what it holds |
//! |---|---|
//! | `log_minutes.rs` | [`LogMinutes`]: logs by service and severity |
//! | `span_minutes.rs` | [`SpanMinutes`]: spans by service, name, kind and status, with their durations |
//! | `span_sums.rs` | [`SpanSums`]: its columns, read |
//! | `span_edges.rs` | [`SpanEdges`]: calls by caller and callee, with their durations |
//! | `edge_sums.rs` | [`EdgeSums`]: its columns, read |
//! | `packed.rs` | [`PackedDurations`]: durations of groups as bytes |
//! | `durations.rs` | [`Durations`]: exact while they are few, a sketch when they are many |
//! | `bins.rs` | how many lie in each bin of a sketch |
//! | `origin.rs` | [`Origin`]: where a service runs, as its resource says |
//! | `minutes.rs`, `division.rs` | what is answered from sums, and what from rows |
//! | `texts.rs` | distinct texts by number |

mod bins;
mod division;
mod durations;
mod edge_sums;
mod log_minutes;
mod minutes;
mod origin;
mod packed;
mod span_edges;
mod span_minutes;
mod span_sums;
mod texts;

use std::sync::Arc;

use clearspan_storage::{Derive, Formulas};

pub(crate) use division::Division;
pub(crate) use durations::Durations;
pub(crate) use edge_sums::EdgeSums;
pub(crate) use log_minutes::{FIRST_NS, LAST_NS, LOG_KEYS, LogMinutes};
pub(crate) use minutes::{MINUTE_NS, Minutes};
pub(crate) use origin::Origin;
pub(crate) use packed::PackedDurations;
pub(crate) use span_edges::{SpanEdges, local_calls};
pub(crate) use span_minutes::SpanMinutes;
pub(crate) use span_sums::SpanSums;

/// The columns that all formulas have: which minute, counted from 1970, and how many rows.
pub(crate) const MINUTE: &str = "minute";
/// How many rows.
pub(crate) const COUNT: &str = "count";

/// The formulas for derived rows, which a store keeps so that questions need not read rows.
pub fn formulas() -> Formulas {
    let formulas: [Arc<dyn Derive>; 3] = [
        Arc::new(LogMinutes),
        Arc::new(SpanMinutes),
        Arc::new(SpanEdges),
    ];
    formulas.into_iter().collect()
}

/// Whether so many derived rows are worth their room: reading them must be much cheaper than reading the rows.
fn is_worth(derived: usize, rows: u64) -> bool {
    derived as u64 * 2 <= rows
}

#[cfg(test)]
mod tests;
