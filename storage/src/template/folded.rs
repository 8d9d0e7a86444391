//! A dictionary's templates as verdicts want them: folded, one behind the other.

use crate::text::fold::fold_into;

/// Folded templates by their ids. To be kept as long as the segment is open, for folding takes longer than a verdict.
#[derive(Debug, Clone, Default)]
pub struct FoldedTemplates {
    text: String,
    ends: Vec<usize>,
}

impl FoldedTemplates {
    /// Folds the templates.
    pub fn new<'a>(templates: impl IntoIterator<Item = &'a str>) -> Self {
        let mut folded = Self::default();
        for template in templates {
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
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .map(|(start, end)| &self.text[start..*end])
    }

    /// Bytes held on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.text.capacity() + self.ends.capacity() * size_of::<usize>()
    }
}
