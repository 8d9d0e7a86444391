//! Retention: what is deleted, and when.
//!
//! 1. Rows go by whole partitions, oldest first; of the partition for odd times, whose rows have no hour in common, by segments.
//! 2. *By age*: when the newest row of a partition, counted from the later of its event and its arrival, is older than the limit.
//! 3. *By size*: while a signal's segments have more bytes than the limit, the partition goes whose newest row arrived first. The last one
//!    stays, however large.
//! 4. A clock that runs ahead must not delete anything. When it jumps by more than a day, or leads the newest arrival by as much, deletion by age
//!    waits for a day of running ([`ClockWatch`]).
//!
//! By default nothing is deleted. The loop is `table/retention_step.rs`; what it takes out of the catalog it hands to the compaction's
//! [`Doomed`](crate::compaction::Doomed), so that a folder stays until its last reader is done.
//!
//! | file | what it holds |
//! |---|---|
//! | `rule.rs` | which segments are to go |
//! | `doubt.rs` | whether the clock can be believed: the rule |
//! | `watch.rs` | the same for a running store, kept in the catalog |

mod doubt;
mod rule;
mod watch;

pub(crate) use rule::{Expired, expired};
pub(crate) use watch::ClockWatch;

/// How long the rows of a signal are kept; by default for good.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retention {
    /// Nanoseconds after which a partition is deleted.
    pub age_ns: Option<i64>,
    /// Bytes of segments beyond which the oldest partitions are deleted.
    pub bytes: Option<u64>,
}

impl Retention {
    /// Whether everything is kept.
    pub fn keeps_all(self) -> bool {
        self == Retention::default()
    }
}
