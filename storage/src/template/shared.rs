//! Texts of templates, as they are and folded. What several segments have is kept once: an application logs the same in every hour.
//!
//! A text knows the store it is counted in. With its last owner it goes, and what it took is taken off, so that the store never counts
//! what is no longer there, nor forgets what some other segment still has.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use twox_hash::XxHash3_64;

/// Entries up to which a store's table keeps its size.
const TABLE_MIN: usize = 1024;

/// The text of a template, as it is or folded. Clones share it.
#[derive(Debug, Clone)]
pub struct TemplateText(Arc<Text>);

#[derive(Debug)]
struct Text {
    text: Box<str>,
    /// Where it is counted, if it is.
    home: Option<Home>,
}

#[derive(Debug)]
struct Home {
    state: Arc<Mutex<State>>,
    hash: u64,
}

impl TemplateText {
    /// A text of its own, in nobody's store.
    pub fn new(text: &str) -> Self {
        Self::with_home(text, None)
    }

    fn with_home(text: &str, home: Option<Home>) -> Self {
        let text = text.into();
        Self(Arc::new(Text { text, home }))
    }

    /// Where it lies: while it is kept, no other text has this place.
    pub fn place(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    /// Bytes held on the heap that no store counts.
    pub fn own_bytes(&self) -> usize {
        match self.0.home {
            Some(_) => 0,
            None => self.0.bytes(),
        }
    }
}

impl Deref for TemplateText {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        &self.0.text
    }
}

impl PartialEq for TemplateText {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || **self == **other
    }
}

impl Eq for TemplateText {}

impl Hash for TemplateText {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.text.hash(state);
    }
}

/// So that one is found by its text.
impl Borrow<str> for TemplateText {
    fn borrow(&self) -> &str {
        &self.0.text
    }
}

impl Text {
    /// Bytes on the heap, with the counts of owners.
    fn bytes(&self) -> usize {
        self.text.len() + size_of::<Self>() + 2 * size_of::<usize>()
    }
}

impl Drop for Text {
    fn drop(&mut self) {
        if let Some(home) = &self.home {
            home.state.lock().take_off(home.hash, self.bytes());
        }
    }
}

/// The texts that open segments have.
#[derive(Debug, Default)]
pub(crate) struct SharedTexts {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// By hash. Of texts with the same hash one is found, and the others are as many as their owners.
    texts: HashMap<u64, Weak<Text>>,
    /// Of all texts that somebody has, found or not.
    bytes: usize,
}

impl SharedTexts {
    /// The text, shared with everybody who has it.
    pub(crate) fn share(&self, text: &str) -> TemplateText {
        let hash = XxHash3_64::oneshot(text.as_bytes());
        let known = self.find(hash);
        if let Some(known) = known.filter(|known| *known.text == *text) {
            return TemplateText(known);
        }
        let state = Arc::clone(&self.state);
        let text = TemplateText::with_home(text, Some(Home { state, hash }));
        self.state.lock().add(hash, &text.0);
        text
    }

    /// The lock is let go before what was found is: should that be its last owner by now, it asks for the lock itself.
    fn find(&self, hash: u64) -> Option<Arc<Text>> {
        self.state.lock().texts.get(&hash).and_then(Weak::upgrade)
    }

    #[cfg(test)]
    pub(crate) fn text_bytes(&self) -> usize {
        self.state.lock().bytes
    }

    /// Bytes of all texts that somebody has, and of the table by which they are found.
    pub(crate) fn bytes(&self) -> usize {
        let state = self.state.lock();
        state.bytes + state.texts.capacity() * (size_of::<(u64, Weak<Text>)>() + 1)
    }
}

impl State {
    fn add(&mut self, hash: u64, text: &Arc<Text>) {
        self.bytes += text.bytes();
        let known = self.texts.entry(hash).or_default();
        if known.strong_count() == 0 {
            *known = Arc::downgrade(text);
        }
    }

    /// A text of so many bytes has no owner any more.
    fn take_off(&mut self, hash: u64, bytes: usize) {
        self.bytes -= bytes;
        // Another text may have its place by now.
        if let Some(known) = self.texts.get(&hash)
            && known.strong_count() == 0
        {
            self.texts.remove(&hash);
        }
        let needed = (self.texts.len() * 2).max(TABLE_MIN);
        if self.texts.capacity() > 4 * needed {
            self.texts.shrink_to(needed);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_text_is_kept_once_and_no_longer_than_somebody_has_it() {
        let shared = SharedTexts::default();
        let one = shared.share("one");
        let again = shared.share("one");
        assert!(one.place() == again.place() && one == again);
        assert_eq!((&*one, one.own_bytes()), ("one", 0));
        let with_one = shared.text_bytes();
        assert_eq!(with_one, one.0.bytes());
        let two = shared.share("two!");
        assert_eq!(shared.text_bytes(), with_one + two.0.bytes());
        drop(one);
        assert_eq!(shared.text_bytes(), with_one + two.0.bytes());
        drop(again);
        assert_eq!(shared.text_bytes(), two.0.bytes());
        drop(two);
        assert_eq!(shared.text_bytes(), 0);
        assert!(shared.state.lock().texts.is_empty());
    }

    #[test]
    fn the_table_follows_what_there_is() {
        let shared = SharedTexts::default();
        let empty = shared.bytes();
        let many: Vec<_> = (0..50_000)
            .map(|at| shared.share(&at.to_string()))
            .collect();
        assert!(shared.bytes() > empty + 50_000 * 40);
        drop(many);
        assert_eq!(shared.text_bytes(), 0);
        assert!(shared.bytes() < empty + 16 * TABLE_MIN * 17);
    }

    #[test]
    fn texts_with_the_same_hash_are_told_apart() {
        let shared = SharedTexts::default();
        let one = shared.share("one");
        // As if "two" had the hash of "one".
        let hash = one.0.home.as_ref().unwrap().hash;
        let state = Arc::clone(&shared.state);
        let two = TemplateText::with_home("two", Some(Home { state, hash }));
        shared.state.lock().add(hash, &two.0);
        assert_eq!(shared.share("one").place(), one.place());
        drop(two);
        assert_eq!(shared.share("one").place(), one.place());
        assert_eq!(shared.text_bytes(), one.0.bytes());
        drop(one);
        assert_eq!(shared.text_bytes(), 0);
    }

    #[test]
    fn threads_share_and_let_go_at_once() {
        let shared = SharedTexts::default();
        std::thread::scope(|scope| {
            for start in 0..4 {
                let shared = &shared;
                scope.spawn(move || {
                    for at in 0..20_000 {
                        let text = ((start + at) % 7).to_string();
                        assert_eq!(&*shared.share(&text), text);
                    }
                });
            }
        });
        let state = shared.state.lock();
        assert_eq!((state.bytes, state.texts.len()), (0, 0));
    }

    #[test]
    fn a_text_outlives_its_store() {
        let shared = SharedTexts::default();
        let text = shared.share("text");
        drop(shared);
        assert_eq!(&*text, "text");
        assert!(TemplateText::new("text").own_bytes() > 4);
    }
}
