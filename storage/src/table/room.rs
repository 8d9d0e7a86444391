//! Memory for rows that come: taken before they are committed, for what is acknowledged must have its place.

use std::sync::atomic::Ordering;
use std::time::Duration;

use arrow::array::RecordBatch;

use super::{RETRY_AFTER, Table};
use crate::memory::Hold;
use crate::memtable::bytes_of;
use crate::{AppendError, limits};

/// `request` as large as the rows really are, which is known once they are decoded. Those that alone are more than all requests may hold are
/// taken when there are no others.
pub(super) fn counted(bytes: usize, request: Option<Hold>) -> Result<Option<Hold>, AppendError> {
    let Some(mut hold) = request else {
        return Ok(None);
    };
    let retry_after = RETRY_AFTER;
    hold.resize(bytes.min(hold.account().max()))
        .map_err(|_| AppendError::Overloaded { retry_after })?;
    Ok(Some(hold))
}

/// Bytes that the rows of `batch` will take in the memtable, where each has a number.
pub(super) fn bytes_in_memtable(batch: &RecordBatch) -> usize {
    bytes_of(batch) + batch.num_rows() * size_of::<u64>()
}

impl Table {
    /// Takes memory for rows of so many bytes in the memtable, when a flush has made room if need be.
    pub(super) async fn wait_for_room(&self, bytes: usize) -> Result<Hold, AppendError> {
        let wait = async {
            loop {
                let room_made = self.room_made.notified();
                if let Some(hold) = self.room_for(bytes) {
                    return hold;
                }
                room_made.await;
            }
        };
        let limit = Duration::from_millis(limits::APPEND_WAIT_MS);
        tokio::time::timeout(limit, wait)
            .await
            .map_err(|_| AppendError::Overloaded {
                retry_after: RETRY_AFTER,
            })
    }

    /// Two full memtables may be there, and whatever batch comes before they are. Up to there memory is guaranteed; a batch that goes beyond it
    /// takes what is free, or is preceded by a flush.
    fn room_for(&self, bytes: usize) -> Option<Hold> {
        if self.memory.used() >= self.room.config.memtable_bytes() {
            return None;
        }
        let mut hold = self.memory.hold();
        if hold.grow(bytes).is_ok() {
            return Some(hold);
        }
        // With the memtables empty there is room for it.
        if bytes <= self.room.config.memtable_bytes() {
            self.lacks_memory.store(true, Ordering::Release);
            self.flush_waker.wake();
        }
        None
    }
}
