//! How much one question may hold: things up to a number, bytes up to a bound, and of the memory that all questions share what it takes.

use std::fmt;

use datafusion::execution::memory_pool::MemoryReservation;

use crate::QueryError;
use crate::exec::Plans;

/// Memory is taken in steps of so many bytes, because all questions share its lock.
const STEP_BYTES: usize = 64 * 1024;

/// What is taken so far. It is given back when dropped.
pub(super) struct Room {
    plans: Plans,
    reservation: MemoryReservation,
    bytes_max: usize,
    bytes: usize,
}

impl fmt::Debug for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Room")
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

impl Room {
    pub(super) fn new(plans: &Plans, what: &str, bytes_max: usize) -> Self {
        Room {
            plans: plans.clone(),
            reservation: plans.reservation(what),
            bytes_max,
            bytes: 0,
        }
    }

    /// Takes so many bytes for something without which there can be no answer.
    pub(super) fn take(&mut self, bytes: usize) -> Result<(), QueryError> {
        if self.bytes + bytes > self.bytes_max {
            return Err(QueryError::MemoryLimit {
                limit: self.bytes_max as u64,
                unit: "bytes",
            });
        }
        self.grow(bytes)
    }

    /// Takes so many bytes for something that may be left out, as long as half is left for what may not. Whether it did.
    pub(super) fn offers(&mut self, bytes: usize) -> Result<bool, QueryError> {
        let fits = self.bytes + bytes <= self.bytes_max / 2;
        if fits {
            self.grow(bytes)?;
        }
        Ok(fits)
    }

    /// Whether little is left of that half.
    pub(super) fn is_filling(&self) -> bool {
        self.bytes > self.bytes_max / 4
    }

    fn grow(&mut self, bytes: usize) -> Result<(), QueryError> {
        self.bytes += bytes;
        let lacking = self.bytes.saturating_sub(self.reservation.size());
        if lacking > 0 {
            self.reservation
                .try_grow(lacking.max(STEP_BYTES))
                .map_err(|error| self.plans.query_error(&error))?;
        }
        Ok(())
    }
}
