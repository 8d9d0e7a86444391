//! Requests that were answered without saying how many match. Who sends the same again is told.
//!
//! The pages do not go this way: they show their rows and ask for the count behind them.

use std::collections::VecDeque;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use parking_lot::Mutex;

use crate::limits::UNCOUNTED_REMEMBERED;

/// The last of these requests.
#[derive(Debug, Default)]
pub(crate) struct Uncounted(Mutex<VecDeque<Request>>);

/// A request, by a hash of all that it asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Request(u64);

impl Request {
    pub(crate) fn of(asked: &impl fmt::Debug) -> Self {
        let mut hasher = DefaultHasher::new();
        format!("{asked:?}").hash(&mut hasher);
        Request(hasher.finish())
    }
}

impl Uncounted {
    /// Whether the last answer to it did not say how many match.
    pub(crate) fn knows(&self, request: Request) -> bool {
        self.0.lock().contains(&request)
    }

    /// It was answered, with `matched`.
    pub(crate) fn answered(&self, request: Request, matched: Option<u64>) {
        let mut known = self.0.lock();
        if matched.is_some() || known.contains(&request) {
            return;
        }
        if known.len() >= UNCOUNTED_REMEMBERED {
            known.pop_front();
        }
        known.push_back(request);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_requests_are_known_again() {
        let uncounted = Uncounted::default();
        let [a, b] = ["a", "b"].map(|name| Request::of(&name));
        assert!(!uncounted.knows(a));
        uncounted.answered(a, Some(1));
        assert!(!uncounted.knows(a), "it was told");
        uncounted.answered(a, None);
        uncounted.answered(a, None);
        assert!(uncounted.knows(a) && !uncounted.knows(b));
        for other in 1..UNCOUNTED_REMEMBERED {
            uncounted.answered(Request::of(&other), None);
        }
        assert!(uncounted.knows(a));
        uncounted.answered(b, None);
        assert!(!uncounted.knows(a) && uncounted.knows(b) && uncounted.knows(Request::of(&1)));
    }
}
