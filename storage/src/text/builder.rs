//! Gathers the tokens of rows, then makes a segment's two files or a chunk's tokens of them.

use super::chunk::ChunkTokens;
use super::error::TextError;
use super::filter::{self, FilterBits, KeyCollector};
use super::frame::Layout;
use super::templates::TemplateGranules;
use super::terms;
use super::token::{IdKind, TokenSink, Tokenizer};
use super::words::WordCollector;
use crate::template::TemplateDictionary;

/// Reads rows in the order in which they will be stored.
///
/// For each row: [`add_text`](Self::add_text) and [`add_id`](Self::add_id) any number of times, then [`end_row`](Self::end_row). Of a row
/// with a template: [`add_template`](Self::add_template), and if that said so its variables as a text, each reference by
/// [`add_reference`](Self::add_reference).
#[derive(Debug, Clone)]
pub struct TextIndexBuilder {
    tokenizer: Tokenizer,
    tokens: Tokens,
    templates: TemplateGranules,
    layout: Layout,
}

/// The bytes of a segment's two files.
#[derive(Debug, Clone)]
pub struct TextFiles {
    /// `text.idx`.
    pub terms: Vec<u8>,
    /// `filters.bin`.
    pub filters: Vec<u8>,
}

impl TextIndexBuilder {
    /// Starts without rows; `granule_rows` is at least 1. No row has a template.
    pub fn new(granule_rows: usize) -> Self {
        Self::with_templates(granule_rows, &TemplateDictionary::default())
    }

    /// Starts without rows that may have templates of a dictionary.
    pub fn with_templates(granule_rows: usize, templates: &TemplateDictionary) -> Self {
        Self {
            templates: TemplateGranules::new(templates),
            tokenizer: Tokenizer::default(),
            tokens: Tokens {
                words: WordCollector::new(),
                keys: KeyCollector::new(),
                kinds: [false; IdKind::ALL.len()],
            },
            layout: Layout {
                granule_rows: granule_rows.max(1),
                rows: 0,
            },
        }
    }

    /// Adds a text of the current row.
    pub fn add_text(&mut self, text: &str) {
        self.tokenizer.feed(text, &mut self.tokens);
    }

    /// Adds the current row's template by its id in the dictionary. `false` when the words of its rows do not follow from template and
    /// variables (or there is no such template): nothing was added, and the row's whole text has to be.
    #[must_use]
    #[inline]
    pub fn add_template(&mut self, id: u32) -> bool {
        // The frame refuses more granules than a u32 counts.
        let granule = (self.layout.rows / self.layout.granule_rows) as u32;
        self.templates.add(id, granule)
    }

    /// Adds an id of the record, by its key, that stands in the current row's text as hexadecimal without being part of a text that
    /// was added.
    #[inline]
    pub fn add_reference(&mut self, key: u64) {
        self.tokens.id(IdKind::Number, key);
    }

    /// Adds an id of the current row that is not part of its text (see [`id_key`](super::id_key)).
    pub fn add_id(&mut self, key: u64) {
        self.tokens.keys.add(key);
    }

    /// Ends the current row.
    pub fn end_row(&mut self) {
        self.layout.rows += 1;
        if self.layout.rows.is_multiple_of(self.layout.granule_rows) {
            self.tokens.end_granule();
        }
    }

    /// Makes a segment's files.
    pub fn finish(self, bits: FilterBits) -> Result<TextFiles, TextError> {
        let (tokens, templates, layout) = self.end();
        Ok(TextFiles {
            terms: terms::write(&tokens.words.into_postings(), &templates, layout)?,
            filters: filter::write(tokens.keys, layout, bits)?,
        })
    }

    /// Makes a chunk's tokens. A chunk's bodies are whole, so what was said of templates is left out.
    pub fn finish_chunk(self) -> ChunkTokens {
        let (tokens, _, layout) = self.end();
        ChunkTokens::new(tokens.words.into_postings(), &tokens.keys, layout)
    }

    fn end(mut self) -> (Tokens, TemplateGranules, Layout) {
        if !self.layout.rows.is_multiple_of(self.layout.granule_rows) {
            self.tokens.end_granule();
        }
        (self.tokens, self.templates, self.layout)
    }
}

/// What was gathered, granule by granule.
#[derive(Debug, Clone)]
struct Tokens {
    words: WordCollector,
    keys: KeyCollector,
    /// The kinds of ids in the current granule's texts.
    kinds: [bool; IdKind::ALL.len()],
}

impl Tokens {
    fn end_granule(&mut self) {
        for kind in IdKind::ALL {
            if std::mem::take(&mut self.kinds[kind as usize]) {
                self.words.add(kind.marker());
            }
        }
        self.words.end_granule();
        self.keys.end_granule();
    }
}

impl TokenSink for Tokens {
    #[inline]
    fn word(&mut self, word: &str) {
        self.words.add(word);
    }

    #[inline]
    fn id(&mut self, kind: IdKind, key: u64) {
        self.kinds[kind as usize] = true;
        self.keys.add(key);
    }
}
