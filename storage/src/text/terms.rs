//! The term dictionary of a segment: a Tantivy index whose documents are granules.
//!
//! Document ids are granule numbers. There is one field, without positions, frequencies, norms or stored values. The words
//! arrive here sorted, with their granules, so they go straight to Tantivy's serializer; its indexing writer would hash and
//! sort them a second time. The other files that a segment must have are written empty, and the segment's id is fixed, so that the same
//! rows give the same bytes.

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use tantivy::columnar::ColumnarWriter;
use tantivy::directory::{Directory, OwnedBytes, RamDirectory, TerminatingWrite};
use tantivy::fieldnorm::FieldNormsSerializer;
use tantivy::index::{Segment, SegmentComponent, SegmentId};
use tantivy::postings::{BlockSegmentPostings, InvertedIndexSerializer, TermInfo};
use tantivy::schema::{Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::termdict::TermStreamer;
use tantivy::{Index, IndexMeta, IndexSettings, InvertedIndexReader, SegmentReader, TantivyError};

use super::bundle::{self, Bundle};
use super::error::TextError;
use super::frame::{self, FileKind, Layout, Reader};
use super::granules::GranuleSet;
use super::query::WordPart;
use super::token::rules;
use super::words::Postings;

const FILE: FileKind = FileKind::Terms;
const META: &str = "meta.json";
const SEGMENT: &str = "00000000000000000000000000000001";

/// Words looked at for a prefix, suffix or infix before the answer is every granule: some 10 ms of work, after which reading rows is
/// no worse.
const WORDS_SCANNED_MAX: usize = 100_000;

/// No word begins with a control character; markers do.
const FIRST_WORD: &str = "\u{2}";

fn schema() -> (Schema, Field) {
    let indexing = TextFieldIndexing::default()
        .set_tokenizer("raw")
        .set_fieldnorms(false)
        .set_index_option(IndexRecordOption::Basic);
    let mut schema = Schema::builder();
    let options = TextOptions::default().set_indexing_options(indexing);
    let field = schema.add_text_field("words", options);
    (schema.build(), field)
}

/// Writes `text.idx`.
pub(crate) fn write(words: &Postings, layout: Layout) -> Result<Vec<u8>, TextError> {
    let (schema, field) = schema();
    let directory = RamDirectory::create();
    let index = Index::create(directory.clone(), schema.clone(), IndexSettings::default())?;
    let id = SegmentId::from_uuid_string(SEGMENT)
        .map_err(|error| TantivyError::InvalidArgument(error.to_string()))?;
    let granules = frame::size(FILE, layout.granules(), "granules")?;
    let segment = index.segment(index.new_segment_meta(id, granules));

    write_words(&segment, field, words)?;
    write_empty_files(&segment, granules)?;
    let meta = IndexMeta {
        segments: vec![segment.meta().clone()],
        ..IndexMeta::with_schema(schema)
    };
    let meta = serde_json::to_vec(&meta).map_err(std::io::Error::from)?;
    directory.atomic_write(META.as_ref(), &meta)?;

    let mut bytes = frame::begin(FILE, rules(), layout)?;
    let mut names = COMPONENTS
        .map(|component| segment.relative_path(component))
        .to_vec();
    names.push(PathBuf::from(META));
    bundle::append(&mut bytes, &directory, names)?;
    Ok(frame::seal(bytes))
}

const COMPONENTS: [SegmentComponent; 6] = [
    SegmentComponent::Terms,
    SegmentComponent::Postings,
    SegmentComponent::Positions,
    SegmentComponent::FieldNorms,
    SegmentComponent::FastFields,
    SegmentComponent::Store,
];

fn write_words(segment: &Segment, field: Field, words: &Postings) -> Result<(), TextError> {
    let mut serializer = InvertedIndexSerializer::open(segment)?;
    let mut terms = serializer.new_field(field, words.entries() as u64, None)?;
    for n in 0..words.len() {
        let granules = words.granules(n);
        terms.new_term(words.word(n).as_bytes(), granules.len() as u32, false)?;
        for granule in granules {
            terms.write_doc(*granule, 1, &[]);
        }
        terms.close_term()?;
    }
    terms.close()?;
    serializer.close()?;
    Ok(())
}

fn write_empty_files(segment: &Segment, granules: u32) -> Result<(), TextError> {
    let open = |component| segment.open_write(component).map_err(TantivyError::from);
    FieldNormsSerializer::from_write(open(SegmentComponent::FieldNorms)?)?.close()?;
    let mut columns = open(SegmentComponent::FastFields)?;
    ColumnarWriter::default().serialize(granules, None, &mut columns)?;
    columns.terminate()?;
    let mut store = open(SegmentComponent::Store)?;
    store.flush()?;
    store.terminate()?;
    Ok(())
}

/// An opened `text.idx`.
pub(crate) struct Terms {
    words: Arc<InvertedIndexReader>,
    granules: usize,
    file_bytes: usize,
    /// Whether texts were cut as they are now.
    pub(crate) same_rules: bool,
}

impl std::fmt::Debug for Terms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Terms")
            .field("words", &self.words.terms().num_terms())
            .field("granules", &self.granules)
            .field("file_bytes", &self.file_bytes)
            .finish()
    }
}

impl Terms {
    /// Opens the file; not copied when `bytes` is its only handle.
    pub(crate) fn open(bytes: Bytes, layout: Layout) -> Result<Self, TextError> {
        let bytes = OwnedBytes::new(Vec::from(bytes));
        let (mut reader, file_rules) = Reader::open(FILE, &bytes, layout)?;
        let bundle = Bundle::open(&bytes, &mut reader)?;
        reader.end()?;
        let granules = layout.granules();
        let words = catch_unwind(AssertUnwindSafe(|| open_words(bundle, granules)))
            .map_err(|_| TextError::Panicked)??;
        Ok(Self {
            words,
            granules,
            file_bytes: bytes.len(),
            same_rules: file_rules == rules(),
        })
    }

    /// The granules that have the word; every one should Tantivy fail.
    pub(crate) fn term(&self, term: &str) -> GranuleSet {
        self.guarded(|| {
            let mut found = GranuleSet::none(self.granules);
            if let Some(info) = self.words.terms().get(term)? {
                add_granules(&mut self.postings(&info)?, &mut found);
            }
            Ok(found)
        })
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
                    None => postings = Some(self.postings(info)?),
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

    fn postings(&self, info: &TermInfo) -> std::io::Result<BlockSegmentPostings> {
        self.words
            .read_block_postings_from_terminfo(info, IndexRecordOption::Basic)
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

fn open_words(bundle: Bundle, granules: usize) -> Result<Arc<InvertedIndexReader>, TextError> {
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
    let field = reader.schema().get_field("words")?;
    Ok(reader.inverted_index(field)?)
}

fn add_granules(postings: &mut BlockSegmentPostings, found: &mut GranuleSet) {
    while !postings.docs().is_empty() {
        for granule in postings.docs() {
            found.insert(*granule as usize);
        }
        postings.advance();
    }
}
