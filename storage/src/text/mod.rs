//! The text index: which granules of a segment, or of a memtable chunk, may hold a word, a phrase or an id.
//!
//! A granule is a fixed number of neighbouring rows (128). The index knows granules only: it says "nothing in here matches", and
//! what it lets pass is read and checked row by row. It never leaves out a granule that holds a match. Why documents are granules,
//! why ids stay out of the dictionary and what that costs is measured in `docs/adr/0003-text-index-tokens-and-ids.md`, and what templates, compression and
//! the size of filters change in that in `docs/adr/0015-templates-in-the-text-index.md`.
//!
//! Writing: rows -> [`TextIndexBuilder`] -> [`TextFiles`] of a segment, or [`ChunkTokens`] of a chunk.
//! Reading: [`TextPattern`] -> [`TextQuery`] -> [`Candidates`] ([`TextIndex`] or [`ChunkTokens`]) -> [`GranuleSet`].
//!
//! | file | what |
//! |---|---|
//! | `fold` | which characters are the same but for case |
//! | `token` | how texts are cut, which tokens are ids, the keys of ids |
//! | `pattern` | what a word or phrase demands of a granule's tokens |
//! | `finder` | where a word or phrase stands in a text |
//! | `pieces` | texts with anything between them |
//! | `expression` | regular expressions |
//! | `form` | either of both |
//! | `needs` | what stands in every text that pieces or an expression match |
//! | `query` | that demand as a condition, and its evaluation |
//! | `builder` | from rows to files or a chunk's tokens |
//! | `templates` | templates of bodies in place of their words |
//! | `words` | words of granules to granules of words |
//! | `terms/` | `text.idx`: the dictionary, a Tantivy index |
//! | `bundle` | Tantivy's files in one |
//! | `filter` | `filters.bin`: filters for ids |
//! | `frame` | what both files begin and end with |
//! | `chunk` | the same answers from memory |
//! | `granules` | the set of granules that is the answer |

mod builder;
mod bundle;
mod chunk;
mod error;
mod expression;
mod filter;
mod finder;
pub mod fold;
mod form;
mod frame;
mod granules;
mod needs;
mod pattern;
mod pieces;
mod query;
mod templates;
mod terms;
mod token;
mod words;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use bytes::Bytes;

use crate::template::FoldedTemplates;

pub use builder::{TextFiles, TextIndexBuilder};
pub use chunk::ChunkTokens;
pub use error::TextError;
pub use expression::Expression;
pub use filter::FilterBits;
pub use finder::TextFinder;
pub use form::TextForm;
pub use frame::{FileKind, Layout};
pub use granules::GranuleSet;
pub use needs::Needs;
pub use pattern::TextPattern;
pub use pieces::Pieces;
pub(crate) use pieces::fit;
pub use query::{Candidates, TextQuery, WordPart};
pub use token::{IdKind, id_key, id_key_of_bytes, is_word};

use query::{Leaves, evaluate};

/// The opened text index of a segment. Either file may be missing; then it rules out nothing.
#[derive(Debug)]
pub struct TextIndex {
    terms: Option<terms::Terms>,
    templates: Option<Arc<FoldedTemplates>>,
    filters: Option<filter::Filters>,
    layout: Layout,
}

impl TextIndex {
    /// Opens what is there of `text.idx` and `filters.bin`. The layout is that of the segment's rows, and the files must agree with
    /// it. `templates` are those of the segment's bodies, `None` when it has none.
    ///
    /// A file that was written under other rules for cutting texts is not in error: it is used as far as those do not matter. A file that
    /// knows granules by templates rules out no words without these; with others it is in error.
    pub fn open(
        layout: Layout,
        terms: Option<Bytes>,
        filters: Option<Bytes>,
        templates: Option<Arc<FoldedTemplates>>,
    ) -> Result<Self, TextError> {
        let terms = terms
            .map(|bytes| terms::Terms::open(bytes, layout, templates.as_deref()))
            .transpose()?
            .filter(terms::Terms::is_usable);
        let filters = filters
            .map(|bytes| filter::Filters::open(&bytes, layout))
            .transpose()?;
        Ok(Self {
            terms,
            templates,
            filters,
            layout,
        })
    }

    /// How the segment's rows are divided into granules.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Whether words rule out anything.
    pub fn has_terms(&self) -> bool {
        self.terms.is_some()
    }

    /// Whether ids rule out anything.
    pub fn has_filters(&self) -> bool {
        self.filters.is_some()
    }

    /// Bytes held in memory, without the templates, which are shared.
    pub fn heap_bytes(&self) -> usize {
        let terms = self.terms.as_ref().map_or(0, terms::Terms::heap_bytes);
        let filters = self.filters.as_ref().map_or(0, filter::Filters::heap_bytes);
        terms + filters
    }

    /// The granules in which the condition may be fulfilled by words that rows have besides their template's (which are all words where
    /// they have none), or by those together with the words of the templates in `spread`.
    pub fn undecided_candidates(&self, query: &TextQuery, spread: &[u32]) -> GranuleSet {
        let mut found = evaluate(query, &OwnWords(self));
        if let Some(terms) = self.terms.as_ref().filter(|_| !spread.is_empty()) {
            let mut of_templates = GranuleSet::none(self.layout.granules());
            terms.add_templates(spread, &mut of_templates);
            of_templates.intersect_with(&evaluate(query, self));
            found.union_with(&of_templates);
        }
        found
    }

    /// Adds the granules that have a template in whose static text some word fits.
    fn add_templates(
        &self,
        terms: &terms::Terms,
        part: &str,
        fits: impl Fn(&str) -> bool,
        found: &mut GranuleSet,
    ) {
        if let Some(templates) = &self.templates
            && terms.has_templates()
            && !found.is_all()
        {
            terms.add_templates(&templates.with_word(part, fits), found);
        }
    }

    fn all(&self) -> GranuleSet {
        GranuleSet::all(self.layout.granules())
    }
}

/// The index without what templates add.
struct OwnWords<'a>(&'a TextIndex);

impl Candidates for OwnWords<'_> {
    fn granules(&self) -> usize {
        self.0.granules()
    }

    fn candidates(&self, query: &TextQuery) -> GranuleSet {
        evaluate(query, self)
    }

    fn may_contain_id(&self, key: u64) -> GranuleSet {
        self.0.may_contain_id(key)
    }
}

impl Leaves for OwnWords<'_> {
    fn term(&self, term: &str) -> GranuleSet {
        let terms = self.0.terms.as_ref();
        terms.map_or_else(|| self.0.all(), |terms| terms.term(term))
    }

    fn words(&self, part: &WordPart) -> GranuleSet {
        let terms = self.0.terms.as_ref();
        terms.map_or_else(|| self.0.all(), |terms| terms.words(part))
    }

    fn has_id(&self, kind: IdKind) -> GranuleSet {
        self.0.has_id(kind)
    }

    fn id(&self, key: u64) -> GranuleSet {
        self.0.id(key)
    }
}

impl Candidates for TextIndex {
    fn granules(&self) -> usize {
        self.layout.granules()
    }

    fn candidates(&self, query: &TextQuery) -> GranuleSet {
        evaluate(query, self)
    }

    /// The keys of a row's own ids do not depend on how texts are cut, so the filters answer even under other rules.
    fn may_contain_id(&self, key: u64) -> GranuleSet {
        match &self.filters {
            Some(filters) => filters.granules(key),
            None => self.all(),
        }
    }
}

impl Leaves for TextIndex {
    fn term(&self, term: &str) -> GranuleSet {
        let Some(terms) = &self.terms else {
            return self.all();
        };
        let mut found = terms.term(term);
        self.add_templates(terms, term, |word| word == term, &mut found);
        found
    }

    fn words(&self, part: &WordPart) -> GranuleSet {
        let Some(terms) = &self.terms else {
            return self.all();
        };
        let mut found = terms.words(part);
        self.add_templates(
            terms,
            part.text(),
            |word| part.fits(word.as_bytes()),
            &mut found,
        );
        found
    }

    fn has_id(&self, kind: IdKind) -> GranuleSet {
        match &self.terms {
            Some(terms) => terms.term(kind.marker()),
            None => self.all(),
        }
    }

    fn id(&self, key: u64) -> GranuleSet {
        match &self.filters {
            Some(filters) if filters.same_rules => filters.granules(key),
            _ => self.all(),
        }
    }
}
