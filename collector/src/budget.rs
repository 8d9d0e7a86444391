//! The bytes that all requests in flight may hold together.
//!
//! A request is charged for what it really holds, as that grows, so that a client which announces much and sends
//! nothing takes nothing from others. Whoever finds the budget used up is refused at once: waiting while
//! holding a part of it could make all wait for each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The budget; clones are the same.
#[derive(Debug, Clone)]
pub(crate) struct Budget(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    max: u64,
    used: AtomicU64,
}

/// What one request holds of the budget. It goes back when this is dropped.
#[derive(Debug)]
pub(crate) struct Hold {
    budget: Budget,
    bytes: u64,
}

/// The budget is used up.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NoRoom;

impl Budget {
    pub(crate) fn new(max: u64) -> Self {
        let used = AtomicU64::new(0);
        Self(Arc::new(Inner { max, used }))
    }

    /// Nothing yet.
    pub(crate) fn hold(&self) -> Hold {
        Hold {
            budget: self.clone(),
            bytes: 0,
        }
    }

    /// Bytes held now.
    pub(crate) fn used(&self) -> u64 {
        self.0.used.load(Ordering::Relaxed)
    }
}

impl Hold {
    /// Takes `bytes` more.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), NoRoom> {
        let (bytes, max) = (bytes as u64, self.budget.0.max);
        let grown = |used: u64| used.checked_add(bytes).filter(|used| *used <= max);
        let used = &self.budget.0.used;
        used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, grown)
            .map_err(|_| NoRoom)?;
        self.bytes += bytes;
        Ok(())
    }

    /// Gives `bytes` back.
    pub(crate) fn shrink(&mut self, bytes: usize) {
        let bytes = self.bytes.min(bytes as u64);
        self.budget.0.used.fetch_sub(bytes, Ordering::Relaxed);
        self.bytes -= bytes;
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.budget.0.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_holds_another_cannot_take() {
        let budget = Budget::new(100);
        let (mut one, mut other) = (budget.hold(), budget.hold());
        assert_eq!(one.grow(60), Ok(()));
        assert_eq!(other.grow(41), Err(NoRoom));
        assert_eq!(other.grow(40), Ok(()));
        one.shrink(10);
        assert_eq!(budget.used(), 90);
        one.shrink(1_000);
        assert_eq!(budget.used(), 40);
        drop(other);
        assert_eq!(budget.used(), 0);
        assert_eq!(one.grow(usize::MAX), Err(NoRoom));
    }
}
