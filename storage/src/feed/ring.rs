//! The newest batches, bounded in bytes.

use std::collections::VecDeque;

use super::FedBatch;
use crate::memory::Hold;
use crate::memtable::bytes_of;

/// Batches without a gap between them, the newest last. None is kept for which there is no memory.
#[derive(Debug)]
pub(super) struct Ring {
    batches: VecDeque<FedBatch>,
    hold: Hold,
}

impl Ring {
    /// Bounded by what `hold`'s account may have.
    pub(super) fn new(hold: Hold) -> Self {
        Ring {
            batches: VecDeque::new(),
            hold,
        }
    }

    /// Keeps `batch`, and lets the oldest go as far as it needs their memory.
    pub(super) fn push(&mut self, batch: FedBatch) {
        let bytes = bytes_of(&batch.rows);
        // Asked for nothing that it may not have: a refusal counts as a lack of memory.
        while self.hold.bytes() + bytes > self.hold.account().max()
            || self.hold.grow(bytes).is_err()
        {
            let Some(oldest) = self.batches.pop_front() else {
                return;
            };
            self.hold.shrink(bytes_of(&oldest.rows));
        }
        self.batches.push_back(batch);
    }

    /// The batch with this number or, if that is not kept any more, the first after it.
    pub(super) fn at_or_after(&self, number: u64) -> Option<&FedBatch> {
        let oldest = self.batches.front()?.number;
        let at = number.saturating_sub(oldest);
        self.batches.get(usize::try_from(at).ok()?)
    }
}
