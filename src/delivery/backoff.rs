//! How long to wait before a retry: twice as long each time, up to a limit, spread at random so that connections that were
//! refused together do not come back together. A server's own word (`Retry-After`, `RetryInfo`) comes first.

use std::time::Duration;

/// The first wait.
const WAIT_MIN: Duration = Duration::from_millis(100);

/// No wait of our own is longer.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// The wait before retry number `retry` (from 0). `random` is uniform; its low 16 bits place the wait between the half and
/// the whole of its length.
pub(crate) fn wait(retry: u32, after: Option<Duration>, random: u64) -> Duration {
    if let Some(after) = after {
        return after;
    }
    let whole = WAIT_MIN.saturating_mul(1 << retry.min(16)).min(WAIT_MAX);
    let spread = (random & 0xFFFF) as u32;
    whole / 2 + (whole / 2) * spread / 0xFFFF
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_limit() {
        let waits = [0, 1, 2, 6, 40].map(|retry| wait(retry, None, u64::MAX).as_millis());
        assert_eq!(waits, [100, 200, 400, 5_000, 5_000]);
        assert_eq!(wait(0, None, 0).as_millis(), 50);
    }

    #[test]
    fn the_servers_word_comes_first() {
        assert_eq!(wait(0, Some(Duration::from_secs(9)), 0).as_secs(), 9);
    }
}
