//! Rows as an Arrow IPC file with zstd: the cheapest to write, the quickest for one granule, and
//! readable by anything that knows Arrow (`pyarrow.ipc.open_file`, Polars, DuckDB).
//!
//! The reader does not trust the file: each message is held against the checksum in `meta.json`
//! before Arrow sees it, and a panic inside Arrow's decoder becomes an error.

use std::collections::HashMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::buffer::Buffer;
use arrow::datatypes::{Schema, SchemaRef};
use arrow_ipc::convert::fb_to_schema;
use arrow_ipc::reader::{RecordBatchDecoder, read_dictionary, read_footer_length};
use arrow_ipc::writer::{DictionaryTracker, FileWriter, IpcDataGenerator, IpcWriteOptions};
use arrow_ipc::{Block, CompressionType, Message};
use clearspan_schema::concat::concat;

use super::SegmentError;
use super::container::{RowFile, keys_only};
use super::meta::{BlockMeta, SegmentMeta};
use crate::limits::ZSTD_LEVEL;
use crate::vfs::{Vfs, VfsRead};

/// What [`write`] makes.
pub(crate) struct Written {
    pub(crate) bytes: Vec<u8>,
    pub(crate) dictionaries: Vec<BlockMeta>,
    /// The record batches.
    pub(crate) messages: Vec<BlockMeta>,
}

/// `rows` as a file, in record batches of these lengths, which add up to them. Its dictionaries must hold nothing needless (see
/// `schema::concat::compact`).
pub(crate) fn write(rows: &RecordBatch, lengths: &[usize]) -> Result<Written, SegmentError> {
    let options = IpcWriteOptions::default()
        .try_with_compression(Some(CompressionType::ZSTD))?
        .try_with_compression_level(Some(ZSTD_LEVEL))?;
    let mut writer = FileWriter::try_new_with_options(Vec::new(), &rows.schema(), options)?;
    let mut first = 0;
    for &length in lengths {
        writer.write(&rows.slice(first, length))?;
        first += length;
    }
    writer.finish()?;
    let bytes = writer.into_inner()?;
    let (dictionaries, messages) = blocks(&bytes).ok_or(SegmentError::Encoding {
        what: "arrow footer",
    })?;
    if messages.len() != lengths.len() {
        return Err(SegmentError::Encoding {
            what: "one arrow block per batch",
        });
    }
    Ok(Written {
        bytes,
        dictionaries,
        messages,
    })
}

/// Where the writer put dictionaries and record batches, from the footer it wrote.
fn blocks(file: &[u8]) -> Option<(Vec<BlockMeta>, Vec<BlockMeta>)> {
    let trailer: [u8; 10] = *file.last_chunk::<10>()?;
    let length = read_footer_length(trailer).ok()?;
    let end = file.len() - trailer.len();
    let footer = arrow_ipc::root_as_footer(file.get(end.checked_sub(length)?..end)?).ok()?;
    let dictionaries = footer.dictionaries().into_iter().flatten();
    let batches = footer.recordBatches().into_iter().flatten();
    let meta = |block: &Block| block_meta(file, block);
    Some((
        dictionaries.map(meta).collect::<Option<_>>()?,
        batches.map(meta).collect::<Option<_>>()?,
    ))
}

fn block_meta(file: &[u8], block: &Block) -> Option<BlockMeta> {
    let offset = usize::try_from(block.offset()).ok()?;
    let header_bytes = u32::try_from(block.metaDataLength()).ok()?;
    let body_bytes = u64::try_from(block.bodyLength()).ok()?;
    let length = header_bytes as usize + usize::try_from(body_bytes).ok()?;
    let content = file.get(offset..offset.checked_add(length)?)?;
    Some(BlockMeta {
        offset: offset as u64,
        header_bytes,
        body_bytes,
        crc32c: crc32c::crc32c(content),
    })
}

/// An opened Arrow file.
#[derive(Debug)]
pub(crate) struct ArrowFile {
    path: PathBuf,
    file: Box<dyn VfsRead>,
    schema: SchemaRef,
    dictionaries: HashMap<i64, ArrayRef>,
    batches: Vec<BlockMeta>,
}

impl ArrowFile {
    /// Opens `path` and reads its dictionaries.
    pub(crate) fn open(
        vfs: &dyn Vfs,
        path: &Path,
        schema: &Schema,
        meta: &SegmentMeta,
    ) -> Result<Self, SegmentError> {
        let io = |source| SegmentError::Io {
            path: path.to_path_buf(),
            source,
        };
        let file = vfs.open_read(path).map_err(io)?;
        let schema = Arc::new(schema_as_written(schema)?);
        let mut opened = ArrowFile {
            path: path.into(),
            file,
            schema,
            dictionaries: HashMap::new(),
            batches: meta
                .batches
                .iter()
                .filter_map(|batch| batch.block)
                .collect(),
        };
        for block in &meta.dictionaries {
            opened.add_dictionary(block)?;
        }
        Ok(opened)
    }

    fn add_dictionary(&mut self, block: &BlockMeta) -> Result<(), SegmentError> {
        let content = self.block(block)?;
        let mut dictionaries = std::mem::take(&mut self.dictionaries);
        let schema = Arc::clone(&self.schema);
        let read = self.guarded("dictionary", || {
            let message = message(&content)?;
            let batch = message.header_as_dictionary_batch()?;
            let body = content.slice(block.header_bytes as usize);
            Some(read_dictionary(
                &body,
                batch,
                &schema,
                &mut dictionaries,
                &message.version(),
            ))
        });
        self.dictionaries = dictionaries;
        Ok(read??)
    }

    /// A message's bytes, checked.
    fn block(&self, block: &BlockMeta) -> Result<Buffer, SegmentError> {
        let length = usize::try_from(block.body_bytes)
            .ok()
            .and_then(|body| body.checked_add(block.header_bytes as usize));
        let length = length.ok_or_else(|| self.malformed("block length"))?;
        let io = |source| SegmentError::Io {
            path: self.path.clone(),
            source,
        };
        let size = self.file.size().map_err(io)?;
        let end = block
            .offset
            .checked_add(length as u64)
            .ok_or_else(|| self.malformed("block offset"))?;
        if end > size {
            return Err(SegmentError::Length {
                path: self.path.clone(),
                expected: end,
                actual: size,
            });
        }
        let mut content = vec![0; length];
        self.file
            .read_exact_at(block.offset, &mut content)
            .map_err(io)?;
        let actual = crc32c::crc32c(&content);
        if actual != block.crc32c {
            return Err(SegmentError::Checksum {
                path: self.path.clone(),
                expected: block.crc32c,
                actual,
            });
        }
        Ok(Buffer::from_vec(content))
    }

    /// Runs a decoder; its panic, or `None` from it, is a malformed file.
    fn guarded<T>(
        &self,
        what: &'static str,
        decode: impl FnOnce() -> Option<T>,
    ) -> Result<T, SegmentError> {
        let decoded = catch_unwind(AssertUnwindSafe(decode)).ok().flatten();
        decoded.ok_or_else(|| self.malformed(what))
    }

    fn malformed(&self, what: &'static str) -> SegmentError {
        SegmentError::Malformed {
            path: self.path.clone(),
            what,
        }
    }
}

impl RowFile for ArrowFile {
    fn read(
        &self,
        index: usize,
        columns: &[usize],
        keys_of: Option<usize>,
    ) -> Result<RecordBatch, SegmentError> {
        let block = self
            .batches
            .get(index)
            .ok_or_else(|| self.malformed("batch number"))?;
        let content = self.block(block)?;
        let batch = self.guarded("record batch", || {
            let message = message(&content)?;
            let batch = message.header_as_record_batch()?;
            let body = content.slice(block.header_bytes as usize);
            let schema = Arc::clone(&self.schema);
            let version = message.version();
            let decoder =
                RecordBatchDecoder::try_new(&body, batch, schema, &self.dictionaries, &version);
            Some(
                decoder
                    .and_then(|decoder| decoder.with_projection(Some(columns)).read_record_batch()),
            )
        })?;
        keys_only(batch?, columns, keys_of).ok_or_else(|| self.malformed("dictionary column"))
    }

    fn read_run(
        &self,
        batches: Range<usize>,
        columns: &[usize],
    ) -> Result<RecordBatch, SegmentError> {
        let each = batches.map(|index| self.read(index, columns, None));
        let each: Vec<RecordBatch> = each.collect::<Result<_, _>>()?;
        Ok(concat(&Arc::new(self.schema.project(columns)?), &each)?)
    }

    fn dictionary_of(&self, _: usize) -> usize {
        0
    }

    fn dictionaries(&self) -> usize {
        1
    }

    fn dictionary_values(&self, _: usize, column: usize) -> Result<ArrayRef, SegmentError> {
        let batch = self.read(0, &[column], None)?;
        let dictionary = batch.column(0).as_any_dictionary_opt();
        let values = dictionary.map(|dictionary| Arc::clone(dictionary.values()));
        values.ok_or_else(|| self.malformed("dictionary column"))
    }

    fn dictionary(&self, column: usize) -> Result<RecordBatch, SegmentError> {
        self.read(0, &[column], None)
    }

    fn memory(&self) -> usize {
        let dictionaries = self.dictionaries.values();
        let dictionaries = dictionaries.map(|values| values.get_array_memory_size());
        size_of::<Self>()
            + dictionaries.sum::<usize>()
            + self.dictionaries.capacity() * (size_of::<(i64, ArrayRef)>() + 1)
            + self.schema.fields().size()
            + self.batches.capacity() * size_of::<BlockMeta>()
    }
}

/// `schema` with the dictionary ids that the writer gave its fields: they are not part of Arrow's own
/// schema, only of its serialised form.
fn schema_as_written(schema: &Schema) -> Result<Schema, SegmentError> {
    let mut tracker = DictionaryTracker::new(true);
    let options = IpcWriteOptions::default();
    let generator = IpcDataGenerator::default();
    let encoded = generator.schema_to_bytes_with_dictionary_tracker(schema, &mut tracker, &options);
    let message = arrow_ipc::root_as_message(&encoded.ipc_message).ok();
    let ipc_schema = message.and_then(|message| message.header_as_schema());
    ipc_schema.map(fb_to_schema).ok_or(SegmentError::Encoding {
        what: "arrow schema",
    })
}

/// The message at the start of a block, behind its continuation marker and length.
fn message(block: &[u8]) -> Option<Message<'_>> {
    const CONTINUATION: [u8; 4] = [0xff; 4];
    let header = if block.starts_with(&CONTINUATION) {
        block.get(8..)?
    } else {
        block.get(4..)?
    };
    arrow_ipc::root_as_message(header).ok()
}
