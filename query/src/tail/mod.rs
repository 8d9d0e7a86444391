//! The live tail: records that match a query, as they are committed.
//!
//! 1. A tail subscribes to the store's feed ([`clearspan_storage::Subscription`]) and so stands behind everything that is visible by then.
//! 2. One that goes on from an earlier position is first given what was committed since and is still stored: the newest of it, and how many
//!    there were besides. Sequence numbers part the two, so that nothing is missing between them and nothing comes twice.
//! 3. Each batch is then held against the query on the threads of scans, never on those that commit, and what matches is handed to the client as
//!    far as its rate and its bounds allow.
//! 4. What is not handed over is counted: rows that matched exactly, and records at which nobody could look because the tail was too slow, which may
//!    have matched or not. Until the client was told, it is given nothing that came later.
//!
//! A *position* stands behind a record in the order of commits. It is opaque to clients, belongs to one store and stays valid over flush, compaction and
//! restart.
//!
//! | file | what it holds |
//! |---|---|
//! | `position.rs` | positions as text |
//! | `window.rs` | so many rows a second |
//! | `outlet.rs` | what a client is handed, within its bounds, and what it is not |
//! | `backlog.rs` | what was committed since a position |
//! | `follow.rs` | batch after batch |
//! | `stream.rs` | [`Tail`]: the events, as they come |

mod backlog;
mod follow;
mod outlet;
mod position;
mod stream;
#[cfg(test)]
mod tests;
mod window;

pub(crate) use backlog::Backlog;
pub(crate) use follow::follow;
pub(crate) use outlet::Outlet;
pub(crate) use position::Positions;
pub use stream::{Tail, TailBeat, TailEvent, TailGap, TailRows};

/// What is followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TailRequest {
    /// A query of the search language; empty for every record.
    pub query: String,
    /// The position of an earlier event, behind which the tail goes on. Without one it begins with what is committed next.
    pub after: Option<String>,
    /// Rows that are handed over in any second at most, from 1 to [`crate::limits::TAIL_RATE_MAX`].
    pub rate: usize,
}
