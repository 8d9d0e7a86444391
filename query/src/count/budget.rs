//! What counting may hold: a number of distinct values, and bytes of the memory that all plans share.

use std::fmt;

use datafusion::execution::memory_pool::MemoryReservation;

use crate::QueryError;
use crate::exec::Plans;
use crate::limits::{DISTINCT_BYTES_MAX, DISTINCT_MAX};

/// What a distinct value costs beside its text: its places in tables that are half empty.
const VALUE_BYTES: usize = 96;

/// Memory is taken from the pool in steps of so many bytes, because all questions share its lock.
const STEP_BYTES: usize = 64 * 1024;

/// What one question has taken so far. It is given back when dropped.
pub(crate) struct Budget {
    plans: Plans,
    reservation: MemoryReservation,
    values: usize,
    bytes: usize,
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Budget")
            .field("values", &self.values)
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

impl Budget {
    pub(crate) fn new(plans: &Plans) -> Self {
        Budget {
            plans: plans.clone(),
            reservation: plans.reservation("distinct values"),
            values: 0,
            bytes: 0,
        }
    }

    /// Takes room for one more distinct value with `text_bytes` of text.
    pub(crate) fn take(&mut self, text_bytes: usize) -> Result<(), QueryError> {
        self.values += 1;
        self.bytes += VALUE_BYTES + text_bytes;
        if self.values > DISTINCT_MAX {
            return Err(limit(DISTINCT_MAX, "distinct values"));
        }
        if self.bytes > DISTINCT_BYTES_MAX {
            return Err(limit(DISTINCT_BYTES_MAX, "bytes of distinct values"));
        }
        let lacking = self.bytes.saturating_sub(self.reservation.size());
        if lacking > 0 {
            self.reservation
                .try_grow(lacking.max(STEP_BYTES))
                .map_err(|error| self.plans.query_error(&error))?;
        }
        Ok(())
    }
}

fn limit(limit: usize, unit: &'static str) -> QueryError {
    QueryError::MemoryLimit {
        limit: limit as u64,
        unit,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn taken(budget: &mut Budget, text_bytes: usize) -> (usize, QueryError) {
        let mut taken = 0;
        loop {
            match budget.take(text_bytes) {
                Ok(()) => taken += 1,
                Err(error) => return (taken, error),
            }
        }
    }

    #[test]
    fn each_limit_ends_it() {
        let plans = Plans::of_bytes(1, 1 << 30).unwrap();
        let (values, error) = taken(&mut Budget::new(&plans), 0);
        assert_eq!(values, DISTINCT_MAX);
        assert!(matches!(error, QueryError::MemoryLimit { limit, .. } if limit == 1_000_000));
        let (values, _) = taken(&mut Budget::new(&plans), 1 << 20);
        assert_eq!(values, DISTINCT_BYTES_MAX / ((1 << 20) + VALUE_BYTES));
    }

    #[test]
    fn all_questions_share_one_memory() {
        let plans = Plans::of_bytes(1, 1_000_000).unwrap();
        let mut first = Budget::new(&plans);
        let (values, error) = taken(&mut first, 1_000);
        assert!((800..1_000).contains(&values), "{values}");
        assert!(
            matches!(error, QueryError::MemoryLimit { limit, unit } if (limit, unit) == (1_000_000, "bytes"))
        );
        assert_eq!(taken(&mut Budget::new(&plans), 1_000).0, 0);
        drop(first);
        assert_eq!(taken(&mut Budget::new(&plans), 1_000).0, values);
    }
}
