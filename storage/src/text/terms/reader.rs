//! Answers from `text.idx`.

use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use tantivy::directory::OwnedBytes;
use tantivy::postings::{BlockSegmentPostings, TermInfo};
use tantivy::schema::IndexRecordOption;
use tantivy::termdict::TermStreamer;
use tantivy::{Index, InvertedIndexReader, SegmentReader};

use super::{FILE, TEMPLATES, WORDS, template_term};
use crate::template::FoldedTemplates;
use crate::text::bundle::Bundle;
use crate::text::error::TextError;
use crate::text::frame::{Layout, Reader};
use crate::text::granules::GranuleSet;
use crate::text::query::WordPart;
use crate::text::token::rules;

/// Words looked at for a prefix, suffix or infix before the answer is every granule: some 10 ms of work, after which reading rows is
/// no worse.
const WORDS_SCANNED_MAX: usize = 100_000;

/// How often shorter than the index its compressed form usually is, at most.
const USUAL_RATIO: usize = 4;

/// No word begins with a control character; markers do.
const FIRST_WORD: &str = "\u{2}";

/// An opened `text.idx`.
pub(crate) struct Terms {
    words: Arc<InvertedIndexReader>,
    /// `None` where no granule has a template.
    templates: Option<Arc<InvertedIndexReader>>,
    granules: usize,
    file_bytes: usize,
    /// Whether texts were cut as they are now.
    same_rules: bool,
    /// Whether the templates were given that granules are known by.
    all_given: bool,
}

impl std::fmt::Debug for Terms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let templates = self.templates.as_ref();
        f.debug_struct("Terms")
            .field("words", &self.words.terms().num_terms())
            .field(
                "templates",
                &templates.map_or(0, |field| field.terms().num_terms()),
            )
            .field("granules", &self.granules)
            .field("file_bytes", &self.file_bytes)
            .finish()
    }
}

impl Terms {
    /// Opens the file, with the templates of the segment's bodies if it has such.
    pub(crate) fn open(
        bytes: Bytes,
        layout: Layout,
        given: Option<&FoldedTemplates>,
    ) -> Result<Self, TextError> {
        let (mut reader, file_rules) = Reader::open(FILE, &bytes, layout)?;
        let (meant, files) = match reader.version() {
            1 => (None, reader.rest().to_vec()),
            _ => {
                let meant = (reader.u32()?, reader.u32()?);
                (Some(meant), unpack(&mut reader)?)
            }
        };
        drop(bytes);
        let file_bytes = files.capacity();
        let files = OwnedBytes::new(files);
        let bundle = Bundle::open(&files)?;
        let granules = layout.granules();
        let fields = catch_unwind(AssertUnwindSafe(|| open_fields(bundle, granules)))
            .map_err(|_| TextError::Panicked)??;
        let terms = Self {
            words: fields.words,
            all_given: fields.templates.is_none() || given.is_some(),
            templates: fields.templates,
            granules,
            file_bytes,
            same_rules: file_rules == rules(),
        };
        if let (Some(_), Some(given), Some(meant)) = (&terms.templates, given, meant) {
            agree("templates", given.len() as u64, meant.0)?;
            agree("templates with checksum", given.checksum().into(), meant.1)?;
        }
        Ok(terms)
    }

    /// Whether the answers are complete.
    pub(crate) fn is_usable(&self) -> bool {
        self.same_rules && self.all_given
    }

    /// Whether granules are known by templates.
    pub(crate) fn has_templates(&self) -> bool {
        self.templates.is_some()
    }

    /// The granules that have the word; every one should Tantivy fail.
    pub(crate) fn term(&self, term: &str) -> GranuleSet {
        self.guarded(|| {
            let mut found = GranuleSet::none(self.granules);
            if let Some(info) = self.words.terms().get(term)? {
                add_granules(&mut postings_of(&self.words, &info)?, &mut found);
            }
            Ok(found)
        })
    }

    /// Adds the granules that have one of the templates.
    pub(crate) fn add_templates(&self, ids: &[u32], found: &mut GranuleSet) {
        let Some(templates) = &self.templates else {
            return;
        };
        found.union_with(&self.guarded(|| {
            let mut found = GranuleSet::none(self.granules);
            for id in ids {
                if let Some(info) = templates.terms().get(template_term(*id))? {
                    add_granules(&mut postings_of(templates, &info)?, &mut found);
                }
            }
            Ok(found)
        }));
    }

    /// The granules that have a word that fits; every one when too many words have to be looked at.
    pub(crate) fn words(&self, part: &WordPart) -> GranuleSet {
        self.guarded(|| {
            let mut found = GranuleSet::none(self.granules);
            let mut words = self.range(part.prefix())?;
            let mut postings: Option<BlockSegmentPostings> = None;
            let mut scanned = 0;
            while let Some((word, info)) = words.next() {
                scanned += 1;
                if scanned > WORDS_SCANNED_MAX {
                    return Ok(GranuleSet::all(self.granules));
                }
                if !part.fits(word) {
                    continue;
                }
                match &mut postings {
                    Some(postings) => self
                        .words
                        .reset_block_postings_from_terminfo(info, postings)?,
                    None => postings = Some(postings_of(&self.words, info)?),
                }
                if let Some(postings) = &mut postings {
                    add_granules(postings, &mut found);
                }
            }
            Ok(found)
        })
    }

    /// Words that begin with the prefix, in order.
    fn range(&self, prefix: &str) -> std::io::Result<TermStreamer<'_>> {
        if prefix.is_empty() {
            return self.words.terms().range().ge(FIRST_WORD).into_stream();
        }
        let mut end = prefix.as_bytes().to_vec();
        if let Some(last) = end.last_mut() {
            // UTF-8 has no byte 0xff.
            *last += 1;
        }
        self.words.terms().range().ge(prefix).lt(end).into_stream()
    }

    /// The checksum held, so only a fault in Tantivy or a forged file leads here. Reading all rows is then still right.
    fn guarded(&self, look: impl FnOnce() -> std::io::Result<GranuleSet>) -> GranuleSet {
        match catch_unwind(AssertUnwindSafe(look)) {
            Ok(Ok(found)) => found,
            Ok(Err(error)) => {
                tracing::warn!(%error, "text index not used");
                GranuleSet::all(self.granules)
            }
            Err(_) => {
                tracing::warn!("text index not used, tantivy panicked");
                GranuleSet::all(self.granules)
            }
        }
    }

    /// Bytes held in memory.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.file_bytes
    }
}

/// The files of the index. No more is allocated than there are bytes, whatever the length says.
fn unpack(reader: &mut Reader<'_>) -> Result<Vec<u8>, TextError> {
    let len = reader.u32()? as usize;
    let packed = reader.rest();
    let mut files = Vec::with_capacity(len.min(packed.len().saturating_mul(USUAL_RATIO)));
    let read = zstd::Decoder::new(packed)
        .and_then(|decoder| decoder.take(len as u64 + 1).read_to_end(&mut files));
    match read {
        Ok(read) if read == len => Ok(files),
        _ => Err(reader.malformed("the compressed index")),
    }
}

struct Fields {
    words: Arc<InvertedIndexReader>,
    templates: Option<Arc<InvertedIndexReader>>,
}

fn open_fields(bundle: Bundle, granules: usize) -> Result<Fields, TextError> {
    let malformed = |what| TextError::Malformed { file: FILE, what };
    let index = Index::open(bundle)?;
    let segments = index.searchable_segments()?;
    let [segment] = segments.as_slice() else {
        return Err(malformed("not one tantivy segment"));
    };
    let reader = SegmentReader::open(segment)?;
    if reader.max_doc() as usize != granules {
        return Err(malformed("tantivy counts other granules"));
    }
    let words = reader.inverted_index(reader.schema().get_field(WORDS)?)?;
    let templates = match reader.schema().get_field(TEMPLATES) {
        Ok(field) => Some(reader.inverted_index(field)?),
        Err(_) => None,
    };
    Ok(Fields {
        words,
        templates: templates.filter(|field| field.terms().num_terms() > 0),
    })
}

fn agree(what: &'static str, expected: u64, found: u32) -> Result<(), TextError> {
    let found = u64::from(found);
    let file = FILE;
    match found == expected {
        true => Ok(()),
        false => Err(TextError::Layout {
            file,
            what,
            expected,
            found,
        }),
    }
}

fn postings_of(
    field: &InvertedIndexReader,
    info: &TermInfo,
) -> std::io::Result<BlockSegmentPostings> {
    field.read_block_postings_from_terminfo(info, IndexRecordOption::Basic)
}

fn add_granules(postings: &mut BlockSegmentPostings, found: &mut GranuleSet) {
    while !postings.docs().is_empty() {
        for granule in postings.docs() {
            found.insert(*granule as usize);
        }
        postings.advance();
    }
}
