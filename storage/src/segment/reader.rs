//! A segment folder, opened lazily.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use clearspan_schema::Signal;

use super::batch_texts::BatchTexts;
use super::cache::{Piece, SegmentCache};
use super::meta::{BatchMeta, FileMeta, SegmentMeta};
use super::shape::Shape;
use super::trace_builder::{self, TraceDirectoryBuilder};
use super::trace_directory::TraceDirectory;
use super::{SegmentError, trace_codec};
use crate::names;
use crate::scan::{AttributeKeys, MissingSegment};
use crate::template::FoldedTemplates;
use crate::text::{Layout, TextIndex};
use crate::vfs::Vfs;

/// One segment. Only its metadata is held; files are opened when they are asked for and kept in a
/// cache that all segments share.
#[derive(Debug)]
pub struct Segment {
    pub(super) signal: Signal,
    pub(super) dir: PathBuf,
    pub(super) meta: SegmentMeta,
    pub(super) vfs: Arc<dyn Vfs>,
    pub(super) cache: Arc<SegmentCache>,
    /// What somebody found wrong with it who read it.
    pub(super) fault: OnceLock<MissingSegment>,
    pub(super) scopes_have_attributes: OnceLock<bool>,
}

impl Segment {
    /// Reads `meta.json` in `dir`, whose checksum the catalog knows.
    pub(crate) fn open(
        signal: Signal,
        dir: PathBuf,
        meta_crc32c: u32,
        vfs: Arc<dyn Vfs>,
        cache: Arc<SegmentCache>,
    ) -> Result<Self, SegmentError> {
        let path = dir.join(names::META);
        let content = vfs.read(&path).map_err(|source| SegmentError::Io {
            path: path.clone(),
            source,
        })?;
        let actual = crc32c::crc32c(&content);
        if actual != meta_crc32c {
            return Err(SegmentError::Checksum {
                path,
                expected: meta_crc32c,
                actual,
            });
        }
        let meta: Option<SegmentMeta> = serde_json::from_slice(&content)
            .ok()
            .filter(SegmentMeta::is_consistent);
        let meta = meta.ok_or(SegmentError::Malformed {
            path,
            what: "segment metadata",
        })?;
        let segment = Segment {
            signal,
            dir,
            meta,
            vfs,
            cache,
            fault: OnceLock::new(),
            scopes_have_attributes: OnceLock::new(),
        };
        segment.check_length(segment.meta.container.file_name())?;
        Ok(segment)
    }

    /// The row file must be there whole; what is in it is checked when it is read.
    pub(super) fn check_length(&self, name: &str) -> Result<(), SegmentError> {
        let path = self.dir.join(name);
        let io = |source| SegmentError::Io {
            path: path.clone(),
            source,
        };
        let actual = self
            .vfs
            .open_read(&path)
            .and_then(|file| file.size())
            .map_err(io)?;
        let expected = self.file_meta(name)?.bytes;
        if actual == expected {
            Ok(())
        } else {
            Err(SegmentError::Length {
                path,
                expected,
                actual,
            })
        }
    }

    /// Its id.
    pub fn id(&self) -> u64 {
        self.meta.id
    }

    /// What `meta.json` says.
    pub fn meta(&self) -> &SegmentMeta {
        &self.meta
    }

    /// Its folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The number of rows.
    pub fn rows(&self) -> u32 {
        self.meta.rows
    }

    /// The earliest and the latest time at which a row is placed.
    pub fn time_range(&self) -> (i64, i64) {
        (self.meta.min_time_ns, self.meta.max_time_ns)
    }

    /// The rows of each record batch, with the earliest and the latest time in it.
    pub(crate) fn batch_times(&self) -> impl Iterator<Item = (Range<u32>, (i64, i64))> + '_ {
        self.meta
            .batches
            .iter()
            .map(|batch| (batch.row_range(), (batch.min_time_ns, batch.max_time_ns)))
    }

    /// The rows of the record batch that holds `row`; none when no batch does.
    pub(crate) fn batch_of(&self, row: u32) -> Range<u32> {
        let holding = self.meta_of(row);
        holding.map_or(row..row, BatchMeta::row_range)
    }

    /// The earliest and the latest time in the record batch that holds `row`; those of the segment when no batch does.
    pub(crate) fn times_of(&self, row: u32) -> (i64, i64) {
        let holding = self.meta_of(row);
        holding.map_or(self.time_range(), |batch| {
            (batch.min_time_ns, batch.max_time_ns)
        })
    }

    fn meta_of(&self, row: u32) -> Option<&BatchMeta> {
        let batches = &self.meta.batches;
        let behind = batches.partition_point(|batch| batch.first_row <= row);
        batches.get(behind.checked_sub(1)?)
    }

    /// How its rows lie in the row file, and what is known of them without reading it. A folder of format 1 has none.
    pub(crate) fn shape(&self) -> Result<Option<Arc<Shape>>, SegmentError> {
        if !self.meta.files.contains_key(names::SHAPE) {
            return Ok(None);
        }
        let opened = self.cache.get(self.id(), Piece::Shape, || {
            let shape = self.open_shape()?;
            let memory = shape.memory();
            Ok::<_, SegmentError>((shape, memory))
        });
        opened.map(Some)
    }

    /// Whether its texts can be searched by templates: [`Self::texts`] gives them.
    pub(crate) fn has_templates(&self) -> bool {
        self.signal == Signal::Logs && self.meta.files.contains_key(names::SHAPE)
    }

    /// How many templates its texts have, from its metadata; `None` where they do not say.
    pub(crate) fn templates_told(&self) -> Option<u64> {
        match self.has_templates() {
            true => self.meta.templates.map(u64::from),
            false => Some(0),
        }
    }

    /// The templates of its texts, folded; `None` where they cannot be searched by templates.
    pub(crate) fn folded_templates(&self) -> Result<Option<Arc<FoldedTemplates>>, SegmentError> {
        let Some(shape) = self.shape()?.filter(|_| self.has_templates()) else {
            return Ok(None);
        };
        let folded = self.cache.get(self.id(), Piece::FoldedTemplates, || {
            let templates = shape.templates();
            let alphabet = |id| templates.alphabet(id).unwrap_or_default();
            let each = (0..).zip(templates.templates());
            let each = each.map(|(id, text)| (text, alphabet(id)));
            let folded = FoldedTemplates::new(each, self.cache.texts());
            let folded = match shape.has_known_rule() {
                true => folded,
                false => folded.of_other_rule(),
            };
            let memory = folded.heap_bytes();
            Ok::<_, SegmentError>((folded, memory))
        });
        folded.map(Some)
    }

    /// The texts of the record batch that starts at `first_row`; `None` where they cannot be searched by templates. Nothing is read yet.
    pub(crate) fn texts(&self, first_row: u32) -> Result<Option<BatchTexts>, SegmentError> {
        let Some(shape) = self.shape()?.filter(|_| self.has_templates()) else {
            return Ok(None);
        };
        let index = self.batch_at(first_row)?;
        Ok(Some(BatchTexts::new(self.row_file()?, shape, index)))
    }

    fn open_shape(&self) -> Result<Shape, SegmentError> {
        let path = || self.dir.join(names::SHAPE);
        let shape = Shape::decode_sharing(&self.checked(names::SHAPE)?, self.cache.texts());
        let shape = shape.map_err(|source| SegmentError::Shape {
            path: path(),
            source,
        })?;
        if shape.signal() == self.signal && shape.row_count() == u64::from(self.rows()) {
            Ok(shape)
        } else {
            Err(SegmentError::Malformed {
                path: path(),
                what: "shape of other rows",
            })
        }
    }

    /// The text index with the id filters. A file that is missing or damaged prunes nothing, which is
    /// logged once per opening; `None` when nothing can be used.
    pub(crate) fn text_index(&self) -> Arc<Option<TextIndex>> {
        let opened = self.cache.get(self.id(), Piece::Text, || {
            let index = self.open_text();
            let memory = index.as_ref().map_or(0, TextIndex::heap_bytes);
            Ok::<_, std::convert::Infallible>((index, memory))
        });
        match opened {
            Ok(index) => index,
            Err(never) => match never {},
        }
    }

    /// Each half is tried by itself: one that is damaged must not take the sound one with it.
    fn open_text(&self) -> Option<TextIndex> {
        let layout = Layout {
            granule_rows: self.meta.granule_rows as usize,
            rows: self.meta.rows as usize,
        };
        // Without templates the index rules out no word, which is right if slow.
        let templates = self.folded_templates().unwrap_or_default();
        let sound = |words: Option<Bytes>, filters: Option<Bytes>| {
            let opened = TextIndex::open(layout, words, filters, templates.clone());
            opened
                .inspect_err(|error| tracing::warn!(segment = %self.dir.display(), %error, "index file is not used"))
                .ok()
        };
        let (words, filters) = (self.optional(names::TEXT), self.optional(names::FILTERS));
        sound(words.clone(), filters.clone())
            .or_else(|| sound(words, None))
            .or_else(|| sound(None, filters))
    }

    /// The file's bytes, or `None` where it is missing or damaged.
    pub(super) fn optional(&self, name: &str) -> Option<Bytes> {
        match self.checked(name) {
            Ok(bytes) => Some(bytes),
            Err(error) => {
                tracing::warn!(segment = %self.dir.display(), %error, "index file is not used: reading rows instead");
                None
            }
        }
    }

    /// The trace directory; made anew from the rows where its file is missing or damaged.
    pub(crate) fn trace_directory(&self) -> Result<Arc<TraceDirectory>, SegmentError> {
        self.cache.get(self.id(), Piece::Traces, || {
            let kept = self
                .optional(names::TRACES)
                .and_then(|file| trace_codec::read(&file));
            let directory = match kept {
                Some(directory) => directory,
                None => self.directory_of_rows()?,
            };
            let memory = directory.memory();
            Ok((directory, memory))
        })
    }

    /// The trace directory from the rows, a record batch at a time.
    fn directory_of_rows(&self) -> Result<TraceDirectory, SegmentError> {
        let schema = self.signal.stored_schema();
        let index = |name: &&str| schema.index_of(name);
        let columns: Vec<usize> = trace_builder::COLUMNS
            .iter()
            .map(index)
            .collect::<Result<_, _>>()?;
        let file = self.row_file()?;
        let mut builder = TraceDirectoryBuilder::default();
        for batch in 0..self.meta.batches.len() {
            builder.push(&file.read(batch, &columns, &AttributeKeys::All)?)?;
        }
        builder.finish()
    }

    /// A file's bytes, held against its length and checksum.
    fn checked(&self, name: &str) -> Result<Bytes, SegmentError> {
        let path = self.dir.join(name);
        let expected = self.file_meta(name)?;
        let content = self.vfs.read(&path).map_err(|source| SegmentError::Io {
            path: path.clone(),
            source,
        })?;
        let actual = content.len() as u64;
        if actual != expected.bytes {
            return Err(SegmentError::Length {
                path,
                expected: expected.bytes,
                actual,
            });
        }
        let actual = crc32c::crc32c(&content);
        if actual != expected.crc32c {
            return Err(SegmentError::Checksum {
                path,
                expected: expected.crc32c,
                actual,
            });
        }
        Ok(content)
    }

    pub(super) fn file_meta(&self, name: &str) -> Result<FileMeta, SegmentError> {
        let malformed = || SegmentError::Malformed {
            path: self.dir.join(names::META),
            what: "list of files",
        };
        self.meta.files.get(name).copied().ok_or_else(malformed)
    }
}
