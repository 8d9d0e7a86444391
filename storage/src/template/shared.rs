//! Folded templates that several segments have, kept once: an application logs the same in every hour.

use std::collections::HashSet;
use std::sync::Arc;

use parking_lot::Mutex;

/// Texts that are kept at least, before it is looked which of them nobody has any more.
const SWEEP_AT: usize = 1024;

/// The folded templates of all open segments.
#[derive(Debug, Default)]
pub(crate) struct SharedTexts {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    texts: HashSet<Arc<str>>,
    sweep_at: usize,
}

impl SharedTexts {
    /// The text, and whether nobody had it before.
    pub(crate) fn share(&self, text: &str) -> (Arc<str>, bool) {
        let mut state = self.state.lock();
        if let Some(known) = state.texts.get(text) {
            return (Arc::clone(known), false);
        }
        if state.texts.len() >= state.sweep_at.max(SWEEP_AT) {
            state.texts.retain(|text| Arc::strong_count(text) > 1);
            state.sweep_at = state.texts.len() * 2;
        }
        let text: Arc<str> = text.into();
        state.texts.insert(Arc::clone(&text));
        (text, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_kept_once_and_no_longer_than_somebody_has_it() {
        let shared = SharedTexts::default();
        let (one, is_new) = shared.share("one");
        assert!(is_new);
        let (again, is_new) = shared.share("one");
        assert!(!is_new && Arc::ptr_eq(&one, &again));
        for number in 0..10 * SWEEP_AT {
            shared.share(&number.to_string());
        }
        assert!(shared.state.lock().texts.len() <= 2 * SWEEP_AT);
        assert!(!shared.share("one").1);
    }
}
