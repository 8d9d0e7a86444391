//! A dictionary's templates as searches want them: folded.

use std::ops::Range;

use memchr::memmem::Finder;

use super::{Alphabet, Judge, SharedTexts, TemplateText, Verdict};
use crate::text::fold::fold_into;
use crate::text::is_word;

/// Folded templates by their ids. To be kept as long as the segment is open, for folding takes longer than a verdict.
#[derive(Debug, Clone, Default)]
pub struct FoldedTemplates {
    texts: Vec<TemplateText>,
    alphabets: Vec<Alphabet>,
    checksum: u32,
    /// Whether bodies were split into them by another rule, so that their variables may be of a kind that is not known here.
    other_rule: bool,
}

impl FoldedTemplates {
    /// Folds the templates. With each comes what is known of its variables. The texts are those of `shared`.
    pub(crate) fn new<'a>(
        templates: impl IntoIterator<Item = (&'a str, Alphabet)>,
        shared: &SharedTexts,
    ) -> Self {
        let mut folded = Self::default();
        let mut text = String::new();
        for (template, alphabet) in templates {
            folded.checksum = checksum_with(folded.checksum, template);
            folded.alphabets.push(alphabet);
            text.clear();
            fold_into(template, &mut text);
            folded.texts.push(shared.share(&text));
        }
        folded
    }

    /// The same, of bodies that were split by another rule: they decide nothing.
    #[must_use]
    pub(crate) fn of_other_rule(self) -> Self {
        let other_rule = true;
        Self { other_rule, ..self }
    }

    /// Whether they decide nothing.
    pub(crate) fn have_other_rule(&self) -> bool {
        self.other_rule
    }

    /// What `judge` says of a template of these.
    pub(crate) fn verdict(&self, judge: &Judge, folded: &str, alphabet: Alphabet) -> Verdict {
        match self.other_rule {
            true => Verdict::Depends,
            false => judge.verdict(folded, alphabet),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// What [`checksum`] says of the templates as they are stored.
    pub(crate) fn checksum(&self) -> u32 {
        self.checksum
    }

    /// The templates in whose static text some word fits, ascending. `part` stands in every word that fits; an empty one in all.
    pub(crate) fn with_word(&self, part: &str, fits: impl Fn(&str) -> bool) -> Vec<u32> {
        let finder = Finder::new(part);
        let each = (0..).zip(&self.texts);
        let found = each.filter(|(_, text)| part.is_empty() || has_word(text, &finder, &fits));
        found.map(|(id, _)| id).collect()
    }

    /// The folded templates in the order of their ids.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&TemplateText, Alphabet)> {
        self.texts.iter().zip(self.alphabets.iter().copied())
    }

    /// Bytes held on the heap, without the texts, which their store counts.
    pub fn heap_bytes(&self) -> usize {
        self.texts.capacity() * size_of::<TemplateText>()
            + self.alphabets.capacity() * size_of::<Alphabet>()
    }
}

/// Whether some word of `text` fits, which has what `finder` looks for. A word that has it is looked at once, whole, so the time is linear.
fn has_word(text: &str, finder: &Finder<'_>, fits: impl Fn(&str) -> bool) -> bool {
    let mut from = 0;
    while let Some(at) = finder.find(&text.as_bytes()[from..]) {
        let word = word_around(text, from + at);
        if fits(&text[word.clone()]) {
            return true;
        }
        // What begins with no word character is no part of a word, but has to be passed all the same.
        let first = text[from + at..].chars().next().map_or(1, char::len_utf8);
        from = word.end.max(from + at + first);
    }
    false
}

/// The run of word characters around a place in a template.
fn word_around(text: &str, at: usize) -> Range<usize> {
    let start = text[..at].trim_end_matches(is_word).len();
    let behind = &text[at..];
    let end = behind.len() - behind.trim_start_matches(is_word).len();
    start..at + end
}

/// A checksum over templates in the order of their ids, by which an index knows whether it was made for these.
pub(crate) fn checksum<'a>(templates: impl IntoIterator<Item = &'a str>) -> u32 {
    templates.into_iter().fold(0, checksum_with)
}

fn checksum_with(checksum: u32, template: &str) -> u32 {
    // The byte stands in no text, so that none can go over into the next.
    crc32c::crc32c_append(
        crc32c::crc32c_append(checksum, template.as_bytes()),
        &[0xff],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_whole_within_their_template() {
        let texts = [
            "Route ID: \u{1} ok",
            "",
            "route",
            "table routes\u{1}table",
            "\u{c9}t\u{e9} tables",
            "ta ble",
        ];
        let templates = FoldedTemplates::new(
            texts.map(|text| (text, Alphabet::ALL)),
            &SharedTexts::default(),
        );
        let whole = |word: &str| templates.with_word(word, |found| found == word);
        assert_eq!(whole("route"), [0, 2]);
        assert_eq!(whole("table"), [3]);
        assert_eq!(whole("routetable"), [0_u32; 0]);
        assert_eq!(whole("\u{e9}t\u{e9}"), [0_u32; 0]);
        assert_eq!(whole("\u{c9}t\u{c9}"), [4]);
        assert_eq!(whole("route id"), [0_u32; 0]);
        assert_eq!(whole(": "), [0_u32; 0]);
        let with = |part: &str| templates.with_word(part, |found| found.contains(part));
        assert_eq!(with("out"), [0, 2, 3]);
        assert_eq!(with("abl"), [3, 4]);
        assert_eq!(with(""), [0, 1, 2, 3, 4, 5]);
        let ending = templates.with_word("e", |found| found.ends_with('e'));
        assert_eq!(ending, [0, 2, 3, 5]);
        assert!(
            FoldedTemplates::default()
                .with_word("a", |_| true)
                .is_empty()
        );
    }

    #[test]
    fn checksums_tell_order_and_bounds() {
        let of = |texts: &[&'static str]| {
            let pairs = texts.iter().map(|text| (*text, Alphabet::ALL));
            let folded = FoldedTemplates::new(pairs, &SharedTexts::default()).checksum();
            assert_eq!(folded, checksum(texts.iter().copied()));
            folded
        };
        let all = [
            of(&["a", "b"]),
            of(&["b", "a"]),
            of(&["ab"]),
            of(&["a", "B"]),
            of(&["a"]),
        ];
        for (i, one) in all.iter().enumerate() {
            assert!(!all[..i].contains(one));
        }
    }
}
