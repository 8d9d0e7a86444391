//! Templates of bodies in the index: a granule is told which templates it has, instead of the words that each of them brings along.
//!
//! A row with a template has the words of the template's static text and those of its variables, written out (see
//! [`crate::template`]). The latter are indexed as any text. The former are the same for all rows of the template, so the
//! granule gets the template's id, and a question for a word first asks the dictionary which templates have it.
//!
//! That holds for *regular* templates, whose rows have exactly these words and ids:
//!
//! 1. No placeholder has a word character, a `-` or another placeholder beside it. So no word goes on from static text into a
//!    variable, and no UUID, which is made of word characters and `-`.
//! 2. The static text has no ids, which would have to be found by filters.
//!
//! Rows of other templates are indexed by their whole body, as rows without a template are. Nothing has to say so when the index is read: a
//! template that has no granules adds none.

use super::token::{IdKind, TokenSink, Tokenizer, is_word};
use crate::template::{PLACEHOLDER, TemplateDictionary, checksum};

/// The granules of templates, by their ids.
#[derive(Debug, Clone, Default)]
pub(crate) struct TemplateGranules {
    regular: Vec<bool>,
    /// Ascending.
    granules: Vec<Vec<u32>>,
    checksum: u32,
}

impl TemplateGranules {
    /// For the templates of a dictionary.
    pub(crate) fn new(dictionary: &TemplateDictionary) -> Self {
        let mut tokenizer = Tokenizer::default();
        let each = dictionary.templates();
        Self {
            regular: each.map(|text| is_regular(text, &mut tokenizer)).collect(),
            granules: vec![Vec::new(); dictionary.len()],
            checksum: checksum(dictionary.templates()),
        }
    }

    /// Adds a template to a granule, which is not before the last one. `false` when the template is not regular: then nothing is added.
    #[inline]
    pub(crate) fn add(&mut self, id: u32, granule: u32) -> bool {
        let id = id as usize;
        if !self.regular.get(id).is_some_and(|regular| *regular) {
            return false;
        }
        let granules = &mut self.granules[id];
        if granules.last() != Some(&granule) {
            granules.push(granule);
        }
        true
    }

    /// How many templates the dictionary has.
    pub(crate) fn count(&self) -> usize {
        self.granules.len()
    }

    /// Of the dictionary, so that no other is taken for it.
    pub(crate) fn checksum(&self) -> u32 {
        self.checksum
    }

    /// The number of all entries.
    pub(crate) fn entries(&self) -> usize {
        self.granules.iter().map(Vec::len).sum()
    }

    /// The templates that granules have, by ascending id, with these granules.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &[u32])> {
        let all = (0..).zip(self.granules.iter().map(Vec::as_slice));
        all.filter(|(_, granules)| !granules.is_empty())
    }
}

/// Whether the tokens of every row are those of the template's static text and those of its variables.
fn is_regular(template: &str, tokenizer: &mut Tokenizer) -> bool {
    let mut ids = HasIds(false);
    tokenizer.feed(template, &mut ids);
    !ids.0 && stands_apart(template)
}

/// Whether no word and no UUID can go on across the edge of a variable.
fn stands_apart(template: &str) -> bool {
    let joins = |c: char| is_word(c) || c == '-' || c == PLACEHOLDER;
    template
        .match_indices(PLACEHOLDER)
        .all(|(at, placeholder)| {
            let behind = &template[at + placeholder.len()..];
            !template[..at].ends_with(joins) && !behind.starts_with(joins)
        })
}

/// Notes whether a text has ids.
struct HasIds(bool);

impl TokenSink for HasIds {
    fn word(&mut self, _: &str) {}

    fn id(&mut self, _: IdKind, _: u64) {
        self.0 = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_templates_that_stand_apart_and_have_no_ids_are_regular() {
        let check = |template: &str, expected: bool| {
            let template = template.replace('#', "\u{1}");
            let found = is_regular(&template, &mut Tokenizer::default());
            assert_eq!(found, expected, "{template:?}");
        };
        check("", true);
        check("no variable", true);
        check("#", true);
        check("# ok # ok", true);
        check("code:# (#)", true);
        check("\u{ff1a}#\u{ff1a}", true);
        check("caf\u{e9}#", false);
        check("#\u{e9}", false);
        check("a# b", false);
        check("a #b", false);
        check("x-# b", false);
        check("x #- b", false);
        check("##", false);
        check(&"z".repeat(64), true);
        check(&format!("# {}", "z".repeat(65)), false);
        check(&format!("# {}", "\u{e9}".repeat(33)), false);
        check("deadbeefdeadbee #", true);
        check("deadbeefdeadbeef #", false);
        check("abcdefab-abcd-abcd-abcd-abcdefabcde #", true);
        check("abcdefab-abcd-abcd-abcd-abcdefabcdef #", false);
        check("x:abcdefab-abcd-abcd-abcd-abcdefabcdef:#", false);
    }
}
