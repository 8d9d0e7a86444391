//! Group commit: many requests, one frame, one sync.
//!
//! 1. A request puts its batch into the [`CommitQueue`] and waits, without holding a thread.
//! 2. The [`Committer`], a background loop, takes whatever has queued up while the last group was being
//!    synced. That alone makes groups as large as the disk is slow; see `docs/adr/0002-wal-group-commit.md`
//!    for why it does not wait for more.
//! 3. The batches of a group are joined into one, numbered, appended to the WAL as one frame and synced.
//! 4. Every request of the group is answered.
//! 5. The group goes to the [`CommitSink`], which makes it visible, before the next one is committed.
//!
//! A group that fails is tried once more in a new WAL file. If that fails too its requests are refused, and
//! the log is as if they had never come.
//!
//! | file | what it holds |
//! |---|---|
//! | `queue.rs` | what waits to be committed, bounded in bytes |
//! | `committer.rs` | the loop |
//! | `space.rs` | refusing in good time before the disk is full |
//! | `error.rs` | why an append was refused |
//! | `limits.rs` | every limit, with its reason |

mod committer;
mod error;
mod limits;
mod queue;
mod space;

#[cfg(test)]
mod tests;

pub use committer::{CommitSink, CommittedBatch, Committer, Join};
pub use error::AppendError;
pub use limits::CommitConfig;
pub use queue::{CommitQueue, CommitStats, Committed, Memory, Pending};
