//! Every limit of group commit, with its reason.

use std::time::Duration;

/// How much may wait, and how much goes at once.
#[derive(Debug, Clone, Copy)]
pub struct CommitConfig {
    /// Bytes that may be queued or under way; further requests are refused. A few syncs' worth: more would
    /// only make them wait longer than their senders do.
    pub queue_bytes_max: usize,
    /// Bytes after which a group takes no further request: a frame is held in memory when it is replayed.
    pub group_bytes_max: usize,
    /// How long a refused sender is asked to wait.
    pub retry_after: Duration,
    /// Above this share of the disk in use everything is refused, so that flushes and the catalog still
    /// have room.
    pub disk_used_percent_max: u64,
}

impl Default for CommitConfig {
    fn default() -> Self {
        Self {
            queue_bytes_max: 128 << 20,
            group_bytes_max: 16 << 20,
            retry_after: Duration::from_secs(1),
            disk_used_percent_max: 90,
        }
    }
}

/// How long a look at the disk's fullness holds.
pub(super) const SPACE_CHECK_INTERVAL: Duration = Duration::from_secs(1);
