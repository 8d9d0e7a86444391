//! A dictionary's templates as verdicts want them: folded, one behind the other.

use super::Alphabet;
use crate::text::fold::fold_into;

/// Folded templates by their ids. To be kept as long as the segment is open, for folding takes longer than a verdict.
#[derive(Debug, Clone, Default)]
pub struct FoldedTemplates {
    text: String,
    ends: Vec<usize>,
    alphabets: Vec<Alphabet>,
}

impl FoldedTemplates {
    /// Folds the templates. With each comes what is known of its variables.
    pub fn new<'a>(templates: impl IntoIterator<Item = (&'a str, Alphabet)>) -> Self {
        let mut folded = Self::default();
        for (template, alphabet) in templates {
            folded.alphabets.push(alphabet);
            fold_into(template, &mut folded.text);
            folded.ends.push(folded.text.len());
        }
        folded
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The folded templates in the order of their ids.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, Alphabet)> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let texts = starts
            .zip(&self.ends)
            .map(|(start, end)| &self.text[start..*end]);
        texts.zip(self.alphabets.iter().copied())
    }

    /// Bytes held on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.text.capacity()
            + self.ends.capacity() * size_of::<usize>()
            + self.alphabets.capacity() * size_of::<Alphabet>()
    }
}
