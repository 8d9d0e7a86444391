//! What one room may take.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use super::{Budget, Hold, NoRoom, Purpose};

/// The right to take memory for one purpose. Clones are the same account.
#[derive(Debug, Clone)]
pub struct Account(Arc<State>);

/// What is held is `own`, of what is guaranteed, and `lent`, of what is for all. They change one after the other: together they are
/// never less than what is held, and as much once nothing is under way.
#[derive(Debug)]
pub(super) struct State {
    budget: Arc<Budget>,
    pub(super) purpose: Purpose,
    pub(super) guaranteed: usize,
    pub(super) max: usize,
    pub(super) used: AtomicUsize,
    own: AtomicUsize,
    lent: AtomicUsize,
}

impl Account {
    pub(super) fn new(
        budget: Arc<Budget>,
        purpose: Purpose,
        guaranteed: usize,
        max: usize,
    ) -> Self {
        Self(Arc::new(State {
            budget,
            purpose,
            guaranteed,
            max,
            used: AtomicUsize::new(0),
            own: AtomicUsize::new(0),
            lent: AtomicUsize::new(0),
        }))
    }

    pub(super) fn downgraded(&self) -> Weak<State> {
        Arc::downgrade(&self.0)
    }

    pub(super) fn is(&self, other: &Account) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Bytes that may be held when nobody else needs them.
    pub fn max(&self) -> usize {
        self.0.max
    }

    /// Bytes held now.
    pub fn used(&self) -> usize {
        self.0.used.load(Ordering::SeqCst)
    }

    /// Nothing yet; to be grown.
    pub fn hold(&self) -> Hold {
        Hold::new(self.clone())
    }

    /// Takes `bytes`, all or none:
    ///
    /// 1. as far as the account's own bound allows;
    /// 2. first of what is guaranteed, which always goes;
    /// 3. the rest of what is for all. Where that is used up the cache gives way.
    ///
    /// What is taken so must be [given](Self::give) back; a [`Hold`] does it by itself.
    pub fn take(&self, bytes: usize) -> Result<(), NoRoom> {
        let taken = self.try_take(bytes);
        if taken.is_err() {
            self.0
                .budget
                .refused(self.0.purpose)
                .fetch_add(1, Ordering::SeqCst);
        }
        taken
    }

    fn try_take(&self, bytes: usize) -> Result<(), NoRoom> {
        let state = &*self.0;
        let more = |used: usize| used.checked_add(bytes).filter(|used| *used <= state.max);
        state
            .used
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, more)
            .map_err(|_| NoRoom)?;
        let own = state.take_own(bytes);
        let lent = bytes - own;
        if lent > 0 && state.budget.lend(state.purpose, lent).is_err() {
            state.own.fetch_sub(own, Ordering::SeqCst);
            state.used.fetch_sub(bytes, Ordering::SeqCst);
            return Err(NoRoom);
        }
        state.lent.fetch_add(lent, Ordering::SeqCst);
        Ok(())
    }

    /// Takes `bytes` that are there already, whether that is too much or not.
    pub fn take_anyway(&self, bytes: usize) {
        let state = &*self.0;
        state.used.fetch_add(bytes, Ordering::SeqCst);
        let lent = bytes - state.take_own(bytes);
        if lent > 0 {
            // In this order, so that whoever gives back meanwhile finds it lent.
            state.budget.lend_anyway(state.purpose, lent);
            state.lent.fetch_add(lent, Ordering::SeqCst);
        }
    }

    /// Gives `bytes` back that were taken: first what is lent, since others wait for that.
    pub fn give(&self, bytes: usize) {
        let state = &*self.0;
        let less = |lent: usize| Some(lent.saturating_sub(bytes));
        let before = state
            .lent
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, less);
        let lent = before.unwrap_or_default().min(bytes);
        state.budget.take_back(lent);
        state.own.fetch_sub(bytes - lent, Ordering::SeqCst);
        state.used.fetch_sub(bytes, Ordering::SeqCst);
    }
}

impl State {
    /// Takes as many of `bytes` as are left of what is guaranteed, and says how many.
    fn take_own(&self, bytes: usize) -> usize {
        let more = |own: usize| Some(own + bytes.min(self.guaranteed.saturating_sub(own)));
        let before = self
            .own
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, more);
        bytes.min(self.guaranteed.saturating_sub(before.unwrap_or_default()))
    }
}

impl Drop for State {
    fn drop(&mut self) {
        self.budget
            .common
            .fetch_add(self.guaranteed, Ordering::SeqCst);
    }
}
