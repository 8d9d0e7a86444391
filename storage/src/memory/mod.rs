//! One budget of bytes for requests in flight, memtables, caches and queries together.
//!
//! Who holds memory has an [`Account`] for a [`Purpose`], and takes bytes before it fills them. Each account has bytes that are guaranteed to it: they
//! are its own, whatever others do. The rest of the total is for all, in the order in which they come. So
//!
//! 1. a request and the memtables find what they need to go on (that is what is guaranteed), and no question can hold up an acknowledgement;
//! 2. questions have nothing guaranteed: they take what the others leave, and end with an error where that is not enough;
//! 3. the cache has no right to memory either, and gives way: what is idle in it goes as soon as anybody else finds too little.
//!
//! Nothing waits here. Whoever is refused gives back what it has, or is asked to come again: to wait with a part in hand could make all
//! wait for each other. Counting takes no lock (but for the cache's, when that has to give way), so that a thread of low priority that is put aside in the
//! middle of it holds up nobody.
//!
//! The total is exceeded only by what is there whatever is counted: rows that are acknowledged and turn out larger than they were taken for, pieces of
//! segments that are being read when there is no room for them, and what a plan's operator has taken already when it says so. Until that is back nobody
//! else gets of the part that is for all; and the cache gives it back as soon as somebody asks.
//!
//! | file | what it holds |
//! |---|---|
//! | `mod.rs` | [`MemoryBudget`]: the total and its part for all |
//! | `account.rs` | [`Account`]: what one room may take |
//! | `hold.rs` | [`Hold`]: what one request, memtable or answer has taken |

mod account;
mod hold;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};

use parking_lot::Mutex;

pub use account::Account;
use account::State;
pub use hold::Hold;

use crate::limits::WAYS_MADE;

/// What memory is held for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Requests of senders: bodies, what they inflate to, rows until they are in a memtable.
    Requests,
    /// Rows that are committed and not yet in a segment.
    Memtables,
    /// Opened segments.
    Cache,
    /// Questions: sorting, joining, counting, and the rows of answers.
    Queries,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Purpose; 4] = [
        Purpose::Requests,
        Purpose::Memtables,
        Purpose::Cache,
        Purpose::Queries,
    ];

    /// Its name in figures.
    pub fn name(self) -> &'static str {
        match self {
            Purpose::Requests => "requests",
            Purpose::Memtables => "memtables",
            Purpose::Cache => "cache",
            Purpose::Queries => "queries",
        }
    }
}

/// There are not as many bytes as were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the memory for it is used up")]
pub struct NoRoom;

/// What lets go of memory that it can do without.
pub(crate) trait GivesWay: fmt::Debug + Send + Sync {
    /// Lets go of `bytes` or more, if it can, and gives them back; says how many it has given back.
    fn give_way(&self, bytes: usize) -> usize;
}

/// The budget. Clones are the same.
#[derive(Debug, Clone)]
pub struct MemoryBudget(Arc<Budget>);

#[derive(Debug)]
struct Budget {
    total: usize,
    /// What is guaranteed to nobody, and how much of it is lent.
    common: AtomicUsize,
    lent: AtomicUsize,
    accounts: Mutex<Vec<Weak<State>>>,
    /// By purpose, since the start.
    refused: [AtomicU64; Purpose::ALL.len()],
    gives_way: OnceLock<Weak<dyn GivesWay>>,
}

/// Figures of a budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryStatus {
    /// All bytes that may be held.
    pub total_bytes: usize,
    /// What is held for each purpose, in the order of [`Purpose::ALL`].
    pub purposes: Vec<(Purpose, PurposeStatus)>,
}

impl MemoryStatus {
    /// Bytes that are held for all purposes together.
    pub fn used_bytes(&self) -> usize {
        self.purposes
            .iter()
            .map(|(_, purpose)| purpose.used_bytes)
            .sum()
    }
}

/// Figures of what memory is held for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PurposeStatus {
    /// Bytes held now.
    pub used_bytes: usize,
    /// Bytes that are guaranteed.
    pub guaranteed_bytes: usize,
    /// Bytes that may be held when nobody else needs them.
    pub limit_bytes: usize,
    /// How often something was refused since the start.
    pub refused: u64,
}

impl MemoryBudget {
    /// A budget of `total` bytes, of which none is taken or guaranteed.
    pub fn new(total: usize) -> Self {
        Self(Arc::new(Budget {
            total,
            common: AtomicUsize::new(total),
            lent: AtomicUsize::new(0),
            accounts: Mutex::default(),
            refused: Default::default(),
            gives_way: OnceLock::new(),
        }))
    }

    /// An account that may hold `max` bytes, of which `guaranteed` are its own from now on, until it is dropped. Fails where so many
    /// are not there: what is guaranteed to all must fit in the total.
    pub fn account(
        &self,
        purpose: Purpose,
        guaranteed: usize,
        max: usize,
    ) -> Result<Account, NoRoom> {
        let less = |common: usize| common.checked_sub(guaranteed);
        let common = &self.0.common;
        common
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, less)
            .map_err(|_| NoRoom)?;
        let account = Account::new(
            Arc::clone(&self.0),
            purpose,
            guaranteed,
            max.max(guaranteed),
        );
        let mut accounts = self.0.accounts.lock();
        accounts.retain(|account| account.strong_count() > 0);
        accounts.push(account.downgraded());
        Ok(account)
    }

    /// Figures at this moment.
    pub fn status(&self) -> MemoryStatus {
        let accounts: Vec<_> = self
            .0
            .accounts
            .lock()
            .iter()
            .filter_map(Weak::upgrade)
            .collect();
        let common = self.0.common.load(Ordering::SeqCst);
        let of = |purpose: Purpose| {
            let mut status = PurposeStatus {
                refused: self.0.refused(purpose).load(Ordering::SeqCst),
                ..PurposeStatus::default()
            };
            let mut max = 0_usize;
            for account in accounts.iter().filter(|account| account.purpose == purpose) {
                status.used_bytes += account.used.load(Ordering::SeqCst);
                status.guaranteed_bytes += account.guaranteed;
                max = max.saturating_add(account.max);
            }
            status.limit_bytes = max.min(status.guaranteed_bytes + common);
            (purpose, status)
        };
        MemoryStatus {
            total_bytes: self.0.total,
            purposes: Purpose::ALL.map(of).to_vec(),
        }
    }

    /// From now on `cache` is asked to give way when others find too little. Only the first is.
    pub(crate) fn takes_back_from(&self, cache: Weak<dyn GivesWay>) {
        let _already_has_one = self.0.gives_way.set(cache);
    }
}

impl Budget {
    /// Lends `bytes` of what is for all.
    fn lend(&self, purpose: Purpose, bytes: usize) -> Result<(), NoRoom> {
        for _ in 0..WAYS_MADE {
            let common = self.common.load(Ordering::SeqCst);
            let more = |lent: usize| lent.checked_add(bytes).filter(|lent| *lent <= common);
            let lent = match self
                .lent
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, more)
            {
                Ok(_) => return Ok(()),
                Err(lent) => lent,
            };
            let lacking = lent.saturating_add(bytes).saturating_sub(common);
            if !self.make_way(purpose, lacking) {
                break;
            }
        }
        Err(NoRoom)
    }

    /// Lends `bytes` that are taken already.
    fn lend_anyway(&self, purpose: Purpose, bytes: usize) {
        let lent = self.lent.fetch_add(bytes, Ordering::SeqCst) + bytes;
        let beyond = lent.saturating_sub(self.common.load(Ordering::SeqCst));
        if beyond > 0 {
            self.make_way(purpose, beyond);
        }
    }

    fn take_back(&self, bytes: usize) {
        self.lent.fetch_sub(bytes, Ordering::SeqCst);
    }

    /// Whether the cache has let go of something. It makes no way for itself.
    fn make_way(&self, purpose: Purpose, bytes: usize) -> bool {
        let cache = self.gives_way.get().and_then(Weak::upgrade);
        purpose != Purpose::Cache && cache.is_some_and(|cache| cache.give_way(bytes) > 0)
    }

    fn refused(&self, purpose: Purpose) -> &AtomicU64 {
        match purpose {
            Purpose::Requests => &self.refused[0],
            Purpose::Memtables => &self.refused[1],
            Purpose::Cache => &self.refused[2],
            Purpose::Queries => &self.refused[3],
        }
    }
}
