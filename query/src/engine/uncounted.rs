//! Requests that were answered without saying how many match. Who asks the same again wants to know.

use std::collections::VecDeque;
use std::fmt;

use parking_lot::Mutex;

use crate::limits::UNCOUNTED_REMEMBERED;

/// The last of these requests, each by a hash.
#[derive(Debug, Default)]
pub(super) struct Uncounted(Mutex<VecDeque<u64>>);

impl Uncounted {
    /// Whether `request` was answered so before.
    pub(super) fn knows(&self, request: &impl fmt::Debug) -> bool {
        self.0.lock().contains(&hash(request))
    }

    /// `request` was answered so.
    pub(super) fn remember(&self, request: &impl fmt::Debug) {
        let hash = hash(request);
        let mut known = self.0.lock();
        if known.contains(&hash) {
            return;
        }
        if known.len() >= UNCOUNTED_REMEMBERED {
            known.pop_front();
        }
        known.push_back(hash);
    }
}

fn hash(request: &impl fmt::Debug) -> u64 {
    twox_hash::XxHash3_64::oneshot(format!("{request:?}").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_requests_are_known_again() {
        let uncounted = Uncounted::default();
        assert!(!uncounted.knows(&"a"));
        uncounted.remember(&"a");
        uncounted.remember(&"a");
        assert!(uncounted.knows(&"a") && !uncounted.knows(&"b"));
        for other in 1..UNCOUNTED_REMEMBERED {
            uncounted.remember(&other);
        }
        assert!(uncounted.knows(&"a"));
        uncounted.remember(&"b");
        assert!(!uncounted.knows(&"a") && uncounted.knows(&"b") && uncounted.knows(&1));
    }
}
