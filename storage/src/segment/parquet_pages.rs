//! The pages of a row group, unpacked with one decompressor for all columns of a read.
//!
//! The Parquet crate makes a compressor and a decompressor for each column it opens, which it reads
//! whole files with. Here a read wants a page or two of each column, and four fifths of its time went to making
//! those (measured). So the crate is told that nothing is compressed, finds the pages by the offset index as it
//! does, and what it finds is unpacked on the way. The size of a page before compression stands in
//! its zstd frame.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use parquet::arrow::arrow_reader::RowGroups;
use parquet::basic::Compression;
use parquet::column::page::{Page, PageIterator, PageMetadata, PageReader};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use parquet::file::page_index::offset_index::PageLocation;
use parquet::file::serialized_reader::SerializedPageReader;
use zstd::zstd_safe::get_frame_content_size;

use super::checked_read::CheckedRead;
use super::decompressors::{Borrowed, Decompressors};
use crate::limits::READ_AHEAD_BYTES;

/// `metadata` with every column declared as it is here given to the Parquet crate: not compressed. `None`
/// when some column is compressed otherwise than with zstd.
pub(super) fn declare_unpacked(
    metadata: ParquetMetaData,
) -> Result<Option<ParquetMetaData>, ParquetError> {
    let mut builder = metadata.into_builder();
    let mut groups = builder.take_row_groups();
    for group in &mut groups {
        let mut columns = group.columns().to_vec();
        for column in &mut columns {
            if !matches!(column.compression(), Compression::ZSTD(_)) {
                return Ok(None);
            }
            let unpacked = column.clone().into_builder();
            *column = unpacked
                .set_compression(Compression::UNCOMPRESSED)
                .build()?;
        }
        *group = group
            .clone()
            .into_builder()
            .set_column_metadata(columns)
            .build()?;
    }
    Ok(Some(builder.set_row_groups(groups).build()))
}

/// One row group, for one read.
pub(super) struct RowGroupPages {
    read: CheckedRead,
    metadata: Arc<ParquetMetaData>,
    row_group: usize,
    /// Those of the row group that are wanted.
    rows: Range<usize>,
    /// A column of which the values are not wanted, only their keys.
    keys_of: Option<usize>,
    decompressor: Arc<Mutex<Borrowed>>,
}

impl RowGroupPages {
    /// `rows` of row group number `row_group`, which exists, of a file whose `metadata` went through [`declare_unpacked`].
    pub(super) fn new(
        read: &CheckedRead,
        metadata: &Arc<ParquetMetaData>,
        row_group: usize,
        rows: Range<usize>,
        keys_of: Option<usize>,
        decompressors: &Arc<Decompressors>,
    ) -> Result<Self, ParquetError> {
        Ok(RowGroupPages {
            read: read.clone(),
            metadata: Arc::clone(metadata),
            row_group,
            rows,
            keys_of,
            decompressor: Arc::new(Mutex::new(decompressors.borrow()?)),
        })
    }

    fn group(&self) -> &RowGroupMetaData {
        self.metadata.row_group(self.row_group)
    }
}

impl RowGroups for RowGroupPages {
    fn num_rows(&self) -> usize {
        usize::try_from(self.group().num_rows()).unwrap_or(0)
    }

    fn column_chunks(&self, column: usize) -> Result<Box<dyn PageIterator>, ParquetError> {
        let index = self.metadata.offset_index();
        let index = index.and_then(|index| index.get(self.row_group)?.get(column));
        let index = index.ok_or_else(|| ParquetError::General("no offset index".into()))?;
        let locations = index.page_locations();
        let chunk = self.group().column(column);
        let read = match wanted_bytes(locations, &self.rows, chunk.byte_range()) {
            Some((offset, length)) => self.read.ahead(offset, length)?,
            None => self.read.clone(),
        };
        let pages = SerializedPageReader::new(
            Arc::new(read),
            chunk,
            self.num_rows(),
            Some(locations.clone()),
        )?;
        Ok(Box::new(OneChunk(Some(Unpacking {
            pages,
            keys_only: self.keys_of == Some(column),
            decompressor: Arc::clone(&self.decompressor),
        }))))
    }

    fn row_groups(&self) -> Box<dyn Iterator<Item = &RowGroupMetaData> + '_> {
        Box::new(std::iter::once(self.group()))
    }

    fn metadata(&self) -> &ParquetMetaData {
        &self.metadata
    }
}

/// Where the pages with `rows` lie, if several lie one behind the other: they are then read at once, for blocks of checksums are wider
/// than most pages. A dictionary that stands before the first page comes with it.
fn wanted_bytes(
    pages: &[PageLocation],
    rows: &Range<usize>,
    (chunk, chunk_bytes): (u64, u64),
) -> Option<(u64, usize)> {
    let before = |bound: usize| {
        pages.partition_point(|page| {
            usize::try_from(page.first_row_index).is_ok_and(|row| row < bound)
        })
    };
    // The page that holds the first row begins at it or before.
    let first = before(rows.start.checked_add(1)?).checked_sub(1)?;
    let end = before(rows.end);
    let from = match first {
        0 => chunk,
        _ => u64::try_from(pages.get(first)?.offset).ok()?,
    };
    let to = match pages.get(end) {
        Some(page) => u64::try_from(page.offset).ok()?,
        None => chunk.checked_add(chunk_bytes)?,
    };
    let length = usize::try_from(to.checked_sub(from)?).ok()?;
    let several = end > first + 1 || first == 0;
    (several && length <= READ_AHEAD_BYTES).then_some((from, length))
}

/// The pages of a column in one row group.
struct OneChunk(Option<Unpacking>);

impl Iterator for OneChunk {
    type Item = Result<Box<dyn PageReader>, ParquetError>;

    fn next(&mut self) -> Option<Self::Item> {
        let pages = self.0.take()?;
        Some(Ok(Box::new(pages)))
    }
}

impl PageIterator for OneChunk {}

/// A dictionary of so many empty texts: whoever wants keys alone is spared the values.
fn blanks(count: u32) -> Bytes {
    // Each text is its length in four bytes, then its bytes.
    Bytes::from(vec![0; count as usize * 4])
}

/// The pages of a column, unpacked.
struct Unpacking {
    pages: SerializedPageReader<CheckedRead>,
    keys_only: bool,
    decompressor: Arc<Mutex<Borrowed>>,
}

impl Unpacking {
    fn unpack(&self, packed: &Bytes) -> Result<Bytes, ParquetError> {
        let size = get_frame_content_size(packed).ok().flatten();
        // Parquet counts the bytes of a page in 31 bits.
        let size = size.and_then(|size| i32::try_from(size).ok());
        let size = size.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?;
        let unpacked = self.decompressor.lock().decompress(packed, size as usize)?;
        Ok(Bytes::from(unpacked))
    }
}

impl PageReader for Unpacking {
    fn get_next_page(&mut self) -> Result<Option<Page>, ParquetError> {
        let mut page = self.pages.get_next_page()?;
        match &mut page {
            Some(Page::DictionaryPage {
                buf, num_values, ..
            }) if self.keys_only => *buf = blanks(*num_values),
            Some(Page::DataPage { buf, .. } | Page::DictionaryPage { buf, .. }) => {
                *buf = self.unpack(buf)?;
            }
            Some(Page::DataPageV2 { .. }) => {
                return Err(ParquetError::NYI("data pages of version 2".into()));
            }
            None => {}
        }
        Ok(page)
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>, ParquetError> {
        self.pages.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<(), ParquetError> {
        self.pages.skip_next_page()
    }

    fn at_record_boundary(&mut self) -> Result<bool, ParquetError> {
        self.pages.at_record_boundary()
    }
}

impl Iterator for Unpacking {
    type Item = Result<Page, ParquetError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}
