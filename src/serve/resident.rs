//! Memory that nobody uses goes back to the system at once when there is much of it.
//!
//! The allocator keeps what was freed for some seconds, because the next request takes it again. After a burst of large requests that can be more
//! than the whole memory budget. So where the process is larger than what the budget counts, by more than what is there besides, the
//! allocator is asked for what it keeps. Where that is little, the rest is in use, and it is asked less often.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use clearspan_storage::memory::MemoryBudget;
use tokio::time;

use crate::allocator;

/// How often it is looked: a burst takes tens of milliseconds to fill a gigabyte.
const LOOK_MIN: Duration = Duration::from_millis(100);
/// The same where the allocator has had little.
const LOOK_MAX: Duration = Duration::from_secs(5);
/// Bytes that a process may have beside what is counted: stacks, opened files, a compaction, and what the allocator keeps for the next requests.
const BESIDE_BYTES: u64 = 256 << 20;
/// Bytes that are worth the asking.
const GAIN_BYTES_MIN: u64 = 32 << 20;

/// Watches until it is dropped. `budget` is there once the store is open; until then nothing is counted.
pub(super) async fn watch(budget: Arc<OnceLock<MemoryBudget>>) {
    let mut look = LOOK_MIN;
    loop {
        time::sleep(look).await;
        let counted = budget
            .get()
            .map_or(0, |budget| budget.status().used_bytes());
        let Some(before) = resident_bytes() else {
            return;
        };
        if before <= counted as u64 + BESIDE_BYTES {
            look = LOOK_MIN;
            continue;
        }
        // It may take some hundred milliseconds.
        if tokio::task::spawn_blocking(allocator::give_back)
            .await
            .is_err()
        {
            return;
        }
        let after = resident_bytes().unwrap_or(before);
        look = next_look(look, before.saturating_sub(after));
    }
}

fn next_look(look: Duration, gained: u64) -> Duration {
    match gained >= GAIN_BYTES_MIN {
        true => LOOK_MIN,
        false => (look * 2).min(LOOK_MAX),
    }
}

/// As the system counts it.
fn resident_bytes() -> Option<u64> {
    let pages = procfs::process::Process::myself().ok()?.statm().ok()?;
    Some(pages.resident * procfs::page_size())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_use_is_asked_for_less_and_less_often() {
        let mut look = LOOK_MIN;
        for _ in 0..10 {
            look = next_look(look, GAIN_BYTES_MIN - 1);
        }
        assert_eq!(look, LOOK_MAX);
        assert_eq!(next_look(look, GAIN_BYTES_MIN), LOOK_MIN);
    }

    #[test]
    fn the_system_tells_how_large_the_process_is() {
        assert!(resident_bytes().is_some_and(|bytes| bytes > 1 << 20));
    }
}
