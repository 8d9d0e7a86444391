//! Texts: where a word stands, which form a whole has, and what is the same but for case.

use regex::Regex;

/// A word or phrase, to be looked for.
pub(super) struct Standing {
    pattern: Regex,
    /// Whether a word may not go on before it, and after it.
    closed: (bool, bool),
}

impl Standing {
    pub(super) fn new(text: &str, open_start: bool, open_end: bool) -> Self {
        let closed = (
            !open_start && text.starts_with(is_of_word),
            !open_end && text.ends_with(is_of_word),
        );
        let pattern = pattern(&regex::escape(text), true);
        Standing { pattern, closed }
    }

    pub(super) fn stands_in(&self, text: &str) -> bool {
        let mut from = 0;
        while let Some(found) = self.pattern.find_at(text, from) {
            let goes_on_before = text[..found.start()].ends_with(is_of_word);
            let goes_on_after = text[found.end()..].starts_with(is_of_word);
            if !(self.closed.0 && goes_on_before || self.closed.1 && goes_on_after) {
                return true;
            }
            let Some(first) = text[found.start()..].chars().next() else {
                return false;
            };
            from = found.start() + first.len_utf8();
        }
        false
    }
}

/// Texts that are the pieces with anything between them.
pub(super) fn of_form(pieces: &[String], ignores_case: bool) -> Regex {
    let pieces: Vec<String> = pieces.iter().map(|piece| regex::escape(piece)).collect();
    pattern(&format!("^(?:{})$", pieces.join(".*")), ignores_case)
}

fn pattern(source: &str, ignores_case: bool) -> Regex {
    let flags = if ignores_case { "(?si)" } else { "(?s)" };
    Regex::new(&format!("{flags}{source}")).unwrap()
}

fn is_of_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}
